//! Conditions that move a cell's value to another, and whether a branch suits them.
//!
//! ```text
//! loop [0]
//!   if [2]
//!     muladd [6] [2] 1
//!     set [2] 0
//!   end
//!   move 4
//! end
//! ```
//! Whether the cell is 0 tends to be unpredictable where it is somebody's digit, and such a condition is then better done
//! without a branch. Not so where the value moves along with the pointer, as here: the next iteration finds it in the cell
//! that it tests, so the answer is mostly the last one, and without a branch each iteration had to wait for the one before.
//! Built executables, without branches against with them: Collatz 0.68, Mandelbrot 0.79; Life, whose values move along, 2.7.

use std::ops::Range;

use super::{Kind, Op, Program};

/// `if [source] / muladd [target] [source] factor / set [source] 0 / end`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub source: i32,
    pub target: i32,
    pub factor: u64,
}

impl Transfer {
    /// The transfer that begins with the operation at `index`.
    #[must_use]
    pub fn at(program: &Program, index: u32) -> Option<Transfer> {
        let &[
            Op { kind: Kind::If { cell, .. }, .. },
            Op { kind: Kind::MulAdd { target, source, factor }, .. },
            Op { kind: Kind::Set { cell: cleared, value: 0 }, .. },
            Op { kind: Kind::IfEnd { .. }, .. },
            ..,
        ] = &program.ops[index as usize..]
        else {
            return None;
        };
        (source == cell && cleared == cell).then_some(Transfer { source, target, factor })
    }

    /// Whether the next iteration of the innermost loop around finds the value in the cell that it tests.
    #[must_use]
    pub fn moves_along(&self, drift: Option<i64>) -> bool {
        drift == Some(i64::from(self.target) - i64::from(self.source))
    }
}

/// By how many cells each iteration moves the pointer, for all loops with both ends among these operations, in the order of
/// their heads; `None` where iterations differ, or the end is not among them.
#[must_use]
pub fn loop_drifts(program: &Program, range: Range<usize>) -> Vec<Option<i64>> {
    let mut drifts = Vec::new();
    follow_drifts(&program.ops[range], |head| {
        if let Some(number) = head.loop_number {
            drifts.resize(drifts.len().max(number + 1), None);
            drifts[number] = head.drift;
        }
    });
    drifts
}

/// For each head among these operations: may the pointer end elsewhere than it began? Yes, where the end is not among them.
#[must_use]
pub fn drifting_heads(program: &Program, range: Range<usize>) -> Vec<bool> {
    let mut drifting = vec![true; range.len()];
    follow_drifts(&program.ops[range.clone()], |head| {
        drifting[head.index as usize - range.start] = head.drift != Some(0)
    });
    drifting
}

/// A loop or condition, at its end.
struct Drifting {
    /// The index of its head.
    index: u32,
    /// For loops: how many begin before.
    loop_number: Option<usize>,
    /// How far its body moves the pointer, if that is always as far.
    drift: Option<i64>,
}

fn follow_drifts(ops: &[Op], mut at_end: impl FnMut(Drifting)) {
    let mut loops = 0;
    // The open loops and conditions: the number of a loop, and how far the pointer came before.
    let mut open: Vec<(Option<usize>, Option<i64>)> = Vec::new();
    let mut moved = Some(0i64);
    for op in ops {
        match op.kind {
            Kind::Move { delta } => moved = moved.map(|moved| moved + i64::from(delta)),
            Kind::Scan { .. } | Kind::Walk { .. } => moved = None,
            Kind::Loop { .. } => {
                open.push((Some(loops), moved));
                loops += 1;
                moved = Some(0);
            }
            Kind::If { .. } => {
                open.push((None, moved));
                moved = Some(0);
            }
            Kind::LoopEnd { start } | Kind::IfEnd { start } => {
                moved = open.pop().and_then(|(loop_number, before)| {
                    at_end(Drifting { index: start, loop_number, drift: moved });
                    before.filter(|_| moved == Some(0))
                });
            }
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    #[test]
    fn drifts_are_sums_of_moves() {
        let code = "loop [0]/move 4/loop [1]/move 2/move -2/end/if [3]/move -1/move 1/end/move 1/end/\
                    loop [0]/loop [1]/move 1/end/end/loop [2]/scan [0] 1/end/loop [3]/if [1]/move 1/end/end";
        let program = text::parse(&format!("cells 8\n{}", code.replace('/', "\n"))).unwrap();
        let whole = 0..program.ops.len();
        assert_eq!(loop_drifts(&program, whole.clone()), [Some(5), Some(0), None, Some(1), None, None]);
        let drifting = drifting_heads(&program, whole);
        let heads = (0..drifting.len()).filter(|&index| program.ops[index].kind.is_bracket());
        let heads =
            heads.filter(|&index| !matches!(program.ops[index].kind, Kind::LoopEnd { .. } | Kind::IfEnd { .. }));
        let heads: Vec<_> = heads.map(|index| drifting[index]).collect();
        assert_eq!(heads, [true, false, false, true, true, true, true, true]);
    }

    #[test]
    fn of_loops_that_are_not_seen_whole_nothing_is_known() {
        let code = "loop [0]/loop [1]/add [0] 1/end/end/loop [2]/move 1/move -1/end/loop [3]/loop [4]/set [4] 0/end";
        let program = text::parse(&format!("cells 8\n{}/end", code).replace('/', "\n")).unwrap();
        // The second loop's head is cut off, and the last one's end.
        assert_eq!(loop_drifts(&program, 2..13), [Some(0), None, Some(0)]);
        let drifting = drifting_heads(&program, 2..13);
        assert_eq!([5, 9, 10].map(|head| drifting[head - 2]), [false, true, false]);
    }

    #[test]
    fn what_moves_along_is_found_by_the_next_iteration() {
        let program = text::parse("cells 8\nif [2]\nmuladd [6] [2] 3\nset [2] 0\nend\nif [2]\nset [2] 0\nend").unwrap();
        let transfer = Transfer::at(&program, 0).unwrap();
        assert_eq!(transfer, Transfer { source: 2, target: 6, factor: 3 });
        assert!(transfer.moves_along(Some(4)));
        assert!(!transfer.moves_along(Some(-4)) && !transfer.moves_along(None));
        assert_eq!((1..7).find_map(|index| Transfer::at(&program, index)), None);
    }
}
