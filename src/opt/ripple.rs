//! Loops that count in binary, one by one, get an operation that counts up to where a carry goes past all known digits.
//!
//! ```text
//! loop [0]                  loop [0]
//!   scan [3] 2                ripple [3] 2 until [2]
//!   if [2]             →      scan [3] 2
//!     ...                     if [2]
//!   end                         ...
//!   add [3] 1                 end
//!   walk [1] -2 -1 0          add [3] 1
//! end                         walk [1] -2 -1 0
//!                           end
//! ```
//! An iteration goes to the lowest digit that is 0, and past it to a condition on the mark beside that; where there is no mark, it
//! makes the digit 1 and goes back over the digits that it came over, each of which becomes 0 again. So the digits count, and
//! as long as the carry stays below the first mark, nothing but they change: when it gets there all digits below it are 1, after
//! a number of iterations that doubles with each digit. The operation makes them 1 at once. What happens at a mark is up to the
//! condition, which the loop still does, like all else that the operation leaves: digits that are more than 1.

use crate::ir::{Kind, Op, Program};

pub(super) fn run(program: Program) -> Program {
    let ops = &program.ops;
    let find = |(index, op): (usize, &Op)| match op.kind {
        Kind::Loop { cell, end } => {
            ripple(cell, &ops[index + 1..end as usize], index + 1).map(|kind| (index + 1, kind))
        }
        _ => None,
    };
    let found: Vec<_> = ops.iter().enumerate().filter_map(find).collect();
    program.with(&found)
}

/// The operation for a loop on `tested` with this body, whose first operation has the index `first`.
fn ripple(tested: i32, body: &[Op], first: usize) -> Option<Kind> {
    let [scan, condition, .., increment, back] = body else { return None };
    let (Kind::Scan { cell: digit, stride }, Kind::If { cell: marked, end }) = (scan.kind, condition.kind) else {
        return None;
    };
    let increment_at = body.len() - 2;
    let counts = matches!(increment.kind, Kind::Add { cell, delta: 1 } | Kind::Set { cell, value: 1 } if cell == digit);
    let before = digit.checked_sub(stride)?;
    let goes_back = back.kind == Kind::Walk { cell: before, stride: stride.checked_neg()?, leave: -1, enter: 0 };
    // The tape has no gaps: what lies between cells that the loop accesses can be accessed.
    let is_between = |cell: i32| (tested.min(digit)..=tested.max(digit)).contains(&cell) && cell != tested;
    let (stride, mark) = (i8::try_from(stride).ok()?, i8::try_from(marked.checked_sub(digit)?).ok()?);
    let is_found = end as usize + 1 == first + increment_at
        && counts
        && goes_back
        && is_between(before)
        && is_between(marked)
        && i32::from(mark) % i32::from(stride) != 0;
    is_found.then_some(Kind::Ripple { digit, stride, mark })
}

#[cfg(test)]
mod tests {
    use super::super::testing::check8;

    const REST: &str = "if [2]/output [2]/scan [3] -2/end/add [3] 1/walk [1] -2 -1 0/end";

    #[test]
    fn binary_counters_are_found() {
        check8(
            "ripple",
            &format!("loop [0]/scan [3] 2/{REST}"),
            &format!("loop [0]/ripple [3] 2 until [2]/scan [3] 2/{REST}"),
        );
        let mirrored = "scan [-5] -3/if [-4]/set [-4] 0/end/set [-5] 1/walk [-2] 3 -1 0/end";
        check8("ripple", &format!("loop [0]/{mirrored}"), &format!("loop [0]/ripple [-5] -3 until [-4]/{mirrored}"));
    }

    #[test]
    fn other_loops_stay() {
        for body in [
            // Steps of two, decrements of two, another way back, another digit.
            "scan [3] 2/if [2]/set [2] 0/end/add [3] 2/walk [1] -2 -1 0",
            "scan [3] 2/if [2]/set [2] 0/end/add [3] 1/walk [1] -2 -2 0",
            "scan [3] 2/if [2]/set [2] 0/end/add [3] 1/walk [1] -1 -1 0",
            "scan [3] 2/if [2]/set [2] 0/end/add [5] 1/walk [1] -2 -1 0",
            // The mark is a digit, or the cell in front of them; the tested cell is.
            "scan [3] 2/if [1]/set [1] 0/end/add [3] 1/walk [1] -2 -1 0",
            "scan [2] 2/if [1]/set [1] 0/end/add [2] 1/walk [0] -2 -1 0",
            // Nobody knows whether these are on the tape.
            "scan [3] 2/if [4]/set [4] 0/end/add [3] 1/walk [1] -2 -1 0",
            "scan [3] 4/if [2]/set [2] 0/end/add [3] 1/walk [-1] -4 -1 0",
            // More is done.
            "scan [3] 2/if [2]/set [2] 0/end/add [4] 1/add [3] 1/walk [1] -2 -1 0",
            "scan [3] 2/add [3] 1/walk [1] -2 -1 0",
        ] {
            let code = format!("loop [0]/{body}/end");
            check8("ripple", &code, &code);
        }
    }
}
