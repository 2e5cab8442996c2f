//! Loops that move values from one record to the one before it: [`Form::Shift`].
//!
//! ```text
//! loop [0]
//!   if [1]
//!     muladd [10] [1] 1
//!     set [1] 0
//!   end
//!   move -9
//! end
//! ```
//! Each iteration adds to what the one before has cleared, so from the second on it can assign; and where nothing else accesses
//! those cells, none but the last iteration has to clear. That is left to be done behind the loop: Mandelbrot, which
//! spends half of its time in such loops, takes 0.92 of it.

use std::ops::Range;

use super::branchless::{Form, Reached, form_around, reach, reach_from};
use super::transfers::Transfer;
use super::{Kind, Op, Program};

/// Longer bodies are not repeated for a first iteration.
const MAX_REPEATED: usize = 40;

/// A loop whose pointer drifts, in iterations that follow another.
pub(super) struct Steady<'a> {
    ops: &'a [Op],
    /// The cell that the loop tests.
    tested: i32,
    pub body: Range<usize>,
    drift: i64,
    /// What the iteration before reached, seen from the pointer at the head.
    reached: (i64, i64),
    /// How far the pointer is from where it was at the head.
    pub pointer: i64,
}

impl Steady<'_> {
    /// A loop on `cell`; nothing if there is more in its body than [`Form::Shift`] allows, or too much to have it twice.
    pub fn of(program: &Program, cell: i32, body: Range<usize>, drift: i64) -> Option<Steady<'_>> {
        if body.len() > MAX_REPEATED {
            return None;
        }
        let (mut reached, mut pointer, mut open): (Reached, _, _) = (reach(None, cell), 0, 0);
        for op in &program.ops[body.clone()] {
            let cells = match op.kind {
                Kind::Move { delta } => {
                    pointer += i64::from(delta);
                    continue;
                }
                Kind::IfEnd { .. } => {
                    open -= 1;
                    continue;
                }
                Kind::If { cell, .. } => [cell; 3],
                kind => kind.straight_cells()?,
            };
            if open == 0 {
                reached = cells.into_iter().fold(reached, |reached, cell| reach_from(pointer, reached, cell));
            }
            open += i32::from(matches!(op.kind, Kind::If { .. }));
        }
        let (left, right) = reached?;
        let reached = (left - drift, right - drift);
        Some(Steady { ops: &program.ops, tested: cell, body, drift, reached, pointer: 0 })
    }

    /// Whether the transfer's target is what it has cleared in the iteration before, and nothing else accesses either cell.
    pub fn shifts(&self, transfer: Transfer) -> bool {
        let target = self.pointer + i64::from(transfer.target);
        let source = self.pointer + i64::from(transfer.source);
        let is_next = target + self.drift == source && i32::try_from(target).is_ok();
        if !is_next || !(self.reached.0..=self.reached.1).contains(&target) {
            return false;
        }
        let mut pointer = 0;
        let mut accesses = 0;
        let is_it = |cell: i64| cell == target || cell == source;
        for op in &self.ops[self.body.clone()] {
            let cells = match op.kind {
                Kind::If { cell, .. } => Some([cell; 3]),
                kind => kind.straight_cells(),
            };
            if let Kind::Move { delta } = op.kind {
                pointer += i64::from(delta);
            }
            accesses += u32::from(cells.into_iter().flatten().any(|cell| is_it(pointer + i64::from(cell))));
        }
        // Its own: the condition, the addition and the assignment.
        accesses == 3 && !is_it(self.tested.into())
    }
}

/// Whether the operation at `index` of these clears what its condition has moved, in a loop that shifts; the forms are theirs.
#[must_use]
pub fn is_clearing(ops: &[Op], forms: &[Form], index: usize) -> bool {
    index.checked_sub(2).is_some_and(|head| matches!(ops[head].kind, Kind::If { .. }) && forms[head] == Form::Shift)
}

/// The cells that a loop with this body has shifted from in its last iteration, seen from the pointer behind it.
#[must_use]
pub fn left_behind(body: &[Op], forms: &[Form]) -> Vec<i32> {
    let mut pointer = 0;
    let mut left = Vec::new();
    for (index, op) in body.iter().enumerate() {
        match op.kind {
            Kind::Move { delta } => pointer += i64::from(delta),
            // As far from the head as the source is from the next one.
            Kind::MulAdd { target, .. } if form_around(body, forms, index) == Form::Shift => {
                left.extend(i32::try_from(pointer + i64::from(target)));
            }
            _ => {}
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::super::{branchless, text};
    use super::*;

    /// The indices of the forms of a program behind a scan that loses the pointer, and what its loop leaves behind.
    fn shifts(code: &str) -> (Vec<usize>, Vec<i32>) {
        let program = text::parse(&format!("cells 8\nscan [0] 1\n{}", code.replace('/', "\n"))).unwrap();
        let forms = branchless::find(&program, 0..program.ops.len());
        let body = 2..program.ops.len() - 1;
        let left = left_behind(&program.ops[body.clone()], &forms[body]);
        ((0..forms.len()).filter(|&index| forms[index] == Form::Shift).collect(), left)
    }

    #[test]
    fn records_that_shift_are_assigned_from_the_second_iteration_on() {
        // The loop's head too.
        let transfer = "if [1]/muladd [10] [1] 1/set [1] 0/end";
        assert_eq!(shifts(&format!("loop [0]/{transfer}/move -9/end")), (vec![1, 2], vec![10]));
        assert_eq!(shifts(&format!("loop [-2]/move -2/{transfer}/move -7/end")), (vec![1, 3], vec![8]));
        let two = format!("loop [0]/{transfer}/if [2]/muladd [11] [2] 1/set [2] 0/end/move -9/end");
        assert_eq!(shifts(&two), (vec![1, 2, 6], vec![10, 11]));
        for (why, stays) in [
            ("another record", format!("loop [0]/{transfer}/move -8/end")),
            ("it moves along", format!("loop [0]/{transfer}/move 9/end")),
            ("what is cleared is changed", format!("loop [0]/{transfer}/add [1] 1/move -9/end")),
            ("what is cleared is read", format!("loop [0]/{transfer}/muladd [2] [1] 1/move -9/end")),
            ("what is cleared is tested", format!("loop [1]/{transfer}/move -9/end")),
            ("the target is changed", format!("loop [0]/if [2]/set [10] 3/end/{transfer}/move -9/end")),
            ("the target is read", format!("loop [0]/if [10]/set [2] 3/end/{transfer}/move -9/end")),
            ("the target is tested", format!("loop [10]/{transfer}/move -9/end")),
            ("changed under a condition", format!("loop [0]/{transfer}/if [2]/set [1] 3/end/move -9/end")),
            ("it may not be come to", format!("loop [0]/if [5]/{transfer}/set [5] 0/end/move -9/end")),
            ("a loop within", format!("loop [0]/{transfer}/loop [2]/end/move -9/end")),
            ("iterations differ", format!("loop [0]/{transfer}/move -9/if [3]/move 1/end/end")),
        ] {
            assert_eq!(shifts(&stays), (vec![], vec![]), "{why}");
        }
    }
}
