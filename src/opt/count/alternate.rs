//! Loops in which a cell alternates between two values that are known: halves, and what is left of them.
//!
//! ```text
//! set [2] 5               set [2] 5
//! loop [1]                if [1]
//!   add [1] 255             set [2] 0
//!   muladd [3] [2] 255      count [1] [2] up to 1 from 2 carry [3]
//!   add [3] 5         →     muladd [4] [2] 1
//!   muladd [4] [2] 2        add [2] 5
//!   add [4] 247             loop [1]
//!   copy [2] [2] 255          ...
//!   add [2] 11              end
//! end                     end
//! ```
//! Cell 2 becomes 6, and 5 again. To cell 3 first 0 is added and then 1 less, to cell 4 first 1 and then that is taken back.

use std::num::NonZeroI8;

use super::super::paths::Start;
use super::super::polynomial::Polynomial;
use super::{Counted, Place};
use crate::ir::count::{Count, Direction, Reload};
use crate::ir::{Kind, Op};

/// What does all iterations of the loop on `counter`, in front of which cells have the values `first`; the index of its body in the
/// program is `base`.
pub(super) fn alternate(
    counter: i32,
    body: &[Op],
    base: usize,
    mask: u64,
    first: impl Fn(i32) -> Option<u64>,
) -> Option<Counted> {
    let is_turned =
        |op: &Op| matches!(op.kind, Kind::Copy { target, source, factor } if target == source && factor == mask);
    if !body.iter().all(|op| op.kind.straight_target().is_some()) || !body.iter().any(is_turned) {
        return None;
    }
    let paths = Start::new(body, base, mask, counter).follow()?;
    let ([path], []) = (paths.complete.as_slice(), paths.lost.as_slice()) else { return None };
    if !path.decisions.is_empty() || path.gain(counter) != Some(mask) {
        return None;
    }
    let sum = |cell: i32, value: &Polynomial| value.clone().plus(&Polynomial::cell(cell), 1, mask)?.as_constant();
    let (phase, sum) = path.cells.iter().find_map(|(&cell, value)| Some((cell, sum(cell, value)?)))?;
    let start = first(phase)?;
    // What is between the two values, and what is added to a cell at each of them.
    let difference = sum.wrapping_sub(start.wrapping_mul(2)) & mask;
    if difference == 0 {
        return None;
    }
    let gain = |cell: i32, value: &Polynomial, at: u64| {
        let gain = value.clone().plus(&Polynomial::cell(cell), mask, mask)?;
        gain.at(phase, &Polynomial::constant(at), mask)?.as_constant()
    };
    let distance = |cell: i32| i8::try_from(cell.checked_sub(counter)?).ok();
    let (mut carry, mut copy, mut borrows, mut halfway) = (None, None, false, Vec::new());
    for (&cell, value) in path.cells.iter().filter(|(cell, _)| ![counter, phase].contains(cell)) {
        let near = || NonZeroI8::new(distance(cell)?);
        let (once, then) = (gain(cell, value, start)?, gain(cell, value, start.wrapping_add(difference))?);
        if (once, then) == (1, 1) && copy.is_none() {
            copy = Some(near()?);
            continue;
        }
        let twice = once.wrapping_add(then) & mask;
        if twice != 0 {
            if ![1, mask].contains(&twice) || carry.is_some() {
                return None;
            }
            (carry, borrows) = (Some(near()?), twice != 1);
        }
        if once != 0 {
            halfway.push(Kind::MulAdd { target: cell, source: phase, factor: once });
        }
    }
    let count = Count {
        counter,
        phase: distance(phase)?,
        turn: 1,
        direction: Direction::Up,
        reload: Reload::Constant { period: 2, mirror: None, others: None, borrows },
        carry,
        copy,
        zeros: Default::default(),
    };
    let mut kinds = vec![Kind::If { cell: counter, end: 0 }, Kind::Set { cell: phase, value: 0 }, Kind::Count(count)];
    kinds.append(&mut halfway);
    if difference != 1 {
        kinds.push(Kind::Copy { target: phase, source: phase, factor: difference });
    }
    if start != 0 {
        kinds.push(Kind::Add { cell: phase, delta: start });
    }
    Some(Counted::new(Place::Around, kinds))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::check8;

    fn becomes(first: &str, before: &str, body: &str) {
        check8(
            "count",
            &format!("{first}/loop [1]/{body}/end"),
            &format!("{first}/if [1]/{before}/loop [1]/{body}/end/end"),
        );
    }

    #[test]
    fn halves_and_what_is_left() {
        becomes(
            "input [1]/set [2] 5",
            "set [2] 0/count [1] [2] up to 1 from 2 carry [3]/muladd [4] [2] 1/add [2] 5",
            "add [1] 255/muladd [3] [2] 1/add [3] 251/muladd [4] [2] 254/add [4] 11/copy [2] [2] 255/add [2] 11",
        );
        // Down, from the first of two iterations on, and how many there are.
        becomes(
            "input [1]/set [2] 1",
            "set [2] 0/count [1] [2] up to 1 from 2 borrow [3] copy [5]/muladd [3] [2] 255/copy [2] [2] 3/add [2] 1",
            "add [1] 255/muladd [3] [2] 171/add [3] 84/add [5] 1/copy [2] [2] 255/add [2] 5",
        );
    }

    #[test]
    fn other_loops_stay() {
        for code in [
            // Where it begins is not known, or it stays there.
            "input [1]/input [2]/loop [1]/add [1] 255/add [3] 1/copy [2] [2] 255/add [2] 11/end",
            "set [2] 5/loop [1]/add [1] 255/copy [2] [2] 255/add [2] 10/end",
            // Two cells are halved, and one by something that is not known.
            "set [2] 5/loop [1]/add [1] 255/muladd [3] [2] 1/add [3] 251/muladd [4] [2] 1/add [4] 251/copy [2] [2] 255/add [2] 11/end",
            "set [2] 5/loop [1]/add [1] 255/muladd [3] [4] 1/copy [2] [2] 255/add [2] 11/end",
            // By two.
            "set [2] 5/loop [1]/add [1] 254/muladd [3] [2] 1/add [3] 251/copy [2] [2] 255/add [2] 11/end",
        ] {
            check8("count", code, code);
        }
    }
}
