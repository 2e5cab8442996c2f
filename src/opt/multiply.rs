//! A loop that counts its cell to 0 and adds constants to others multiplies.
//!
//! ```text
//! loop [0]               if [0]
//!   add [0] 255            muladd [1] [0] 3
//!   add [1] 3              set [2] 7
//!   set [2] 7       →      set [0] 0
//! end                    end
//! ```
//! With a step s the loop runs n times, where n * s + value = 0 modulo 2^w: for odd s always, n being
//! value times the inverse of -s. Even steps do not end for every value and stay. The condition stays too: where
//! the cell is 0 nothing else may be accessed.

use super::polynomial::inverse;
use crate::ir::{Kind, Op, Program};
use smallvec::SmallVec;

pub(super) fn run(mut program: Program) -> Program {
    let mask = program.width.mask();
    for head in 0..program.ops.len() {
        if let Kind::Loop { cell, end } = program.ops[head].kind
            && let Some(step) = counter_step(cell, &program.ops[head + 1..end as usize])
        {
            multiply(&mut program.ops[head..=end as usize], cell, step, mask);
            program.shape.settled = 0;
        }
    }
    program
}

/// Replaces the loop on `counter` that these are. As many operations take its place: an assignment of the counter for the addition
/// to it.
fn multiply(ops: &mut [Op], counter: i32, step: u64, mask: u64) {
    let iterations = inverse(step.wrapping_neg());
    let (span, last) = (ops[0].span, ops.len() - 1);
    let mut put = 1;
    for index in 1..last {
        if let Some(kind) = whole_effect(ops[index].kind, counter, iterations, mask) {
            ops[put] = Op { kind, ..ops[index] };
            put += 1;
        }
    }
    debug_assert_eq!(put, last - 1, "the counter is added to once");
    ops[put] = Op { kind: Kind::Set { cell: counter, value: 0 }, span };
    for bracket in [0, last] {
        ops[bracket].kind = match ops[bracket].kind {
            Kind::Loop { cell, end } => Kind::If { cell, end },
            Kind::LoopEnd { start } => Kind::IfEnd { start },
            other => other,
        };
    }
}

/// The sum that the loop on `counter` adds to its cell in each iteration, if it is odd and the body
/// does nothing but add to and assign different cells.
fn counter_step(counter: i32, body: &[Op]) -> Option<u64> {
    let mut step = None;
    let mut seen: SmallVec<[i32; FEW_CELLS]> = SmallVec::new();
    for op in body {
        let (Kind::Add { cell, .. } | Kind::Set { cell, .. }) = op.kind else { return None };
        if seen.len() == MAX_CELLS || seen.contains(&cell) {
            return None;
        }
        seen.push(cell);
        if cell == counter {
            let Kind::Add { delta, .. } = op.kind else { return None };
            step = Some(delta);
        }
    }
    step.filter(|step| step % 2 == 1)
}

/// The most cells a body may change: bounds the search for cells that occur twice.
const MAX_CELLS: usize = 64;

/// So many need no memory of their own: nearly all bodies have no more.
const FEW_CELLS: usize = 8;

/// What an operation of the body does in all iterations together.
fn whole_effect(kind: Kind, counter: i32, iterations: u64, mask: u64) -> Option<Kind> {
    match kind {
        Kind::Add { cell, delta } if cell != counter => {
            Some(Kind::MulAdd { target: cell, source: counter, factor: delta.wrapping_mul(iterations) & mask })
        }
        Kind::Set { .. } => Some(kind),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::CellWidth;
    use crate::opt::testing::{check, check8};

    #[test]
    fn counted_loops_multiply() {
        check8(
            "multiply",
            "loop [0]/add [0] 255/add [1] 3/set [2] 7/end",
            "if [0]/muladd [1] [0] 3/set [2] 7/set [0] 0/end",
        );
        // Counting up: 1 added value times modulo 256 is the same as 255 added 256 - value times.
        check8("multiply", "loop [2]/add [1] 1/add [2] 1/end", "if [2]/muladd [1] [2] 255/set [2] 0/end");
        // Steps of -3: 171 * 3 = 513 = 1 modulo 256.
        check8("multiply", "loop [0]/add [0] 253/add [1] 1/end", "if [0]/muladd [1] [0] 171/set [0] 0/end");
        check(
            "multiply",
            CellWidth::W16,
            "loop [0]/add [0] 65533/add [1] 1/end",
            "if [0]/muladd [1] [0] 43691/set [0] 0/end",
        );
    }

    #[test]
    fn other_loops_stay() {
        for stays in [
            "loop [0]/add [0] 254/add [1] 1/end",
            "loop [0]/add [1] 1/end",
            "loop [0]/add [0] 255/output [1]/end",
            "loop [0]/add [0] 255/move 1/end",
            "loop [0]/set [0] 3/add [1] 1/end",
            "loop [0]/add [0] 255/add [1] 1/set [1] 0/end",
        ] {
            check8("multiply", stays, stays);
        }
    }
}
