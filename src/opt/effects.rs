//! What each loop and condition may change: an analysis, for passes that follow values.

use std::ops::Range;

use crate::ir::{Kind, Program, prefetch_behind};

/// The most cells of which a loop's changes are followed; a loop that changes more ends all knowledge.
const MAX_CHANGED: usize = 64;

/// Among so many of the cells noted last a cell is looked for before it is noted again.
const RECENT: usize = 4;

/// What a loop or condition may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// These of [`Effects::cell`], of a condition none of them; the pointer ends where it began.
    Cells(Range<u32>),
    Anything,
}

/// The effects of all loops and conditions of a program.
#[derive(Default)]
pub(super) struct Effects {
    /// By the index of the head, in that order.
    rows: Vec<(u32, Effect)>,
    /// The cells of all rows.
    cells: Vec<Change>,
    /// The row that was asked for last.
    last: usize,
}

impl Effects {
    /// The effect of the loop or condition whose head is at index `head`. Heads are asked for in the order of the
    /// program.
    pub(super) fn at(&mut self, head: u32) -> Effect {
        self.last += self.rows[self.last..].iter().take_while(|row| row.0 < head).count();
        self.rows[self.last].1.clone()
    }

    /// Whether the loop or condition whose head is at index `head` may change anything.
    pub(super) fn is_anything(&self, head: u32) -> bool {
        let row = self.rows.binary_search_by_key(&head, |row| row.0);
        row.is_ok_and(|row| self.rows[row].1 == Effect::Anything)
    }

    /// A cell that is changed, as seen from the pointer at the head.
    pub(super) fn cell(&self, index: u32) -> i64 {
        i64::from(self.cells[index as usize].cell)
    }

    /// The effect of changing these cells, as seen from the pointer at the head.
    pub(super) fn of_cells(&mut self, cells: impl Iterator<Item = i64>) -> Effect {
        let first = self.cells.len() as u32;
        for cell in cells {
            let Ok(cell) = i32::try_from(cell) else { return Effect::Anything };
            self.cells.push(Change { cell, outcome: Outcome::Any });
        }
        Effect::Cells(first..self.cells.len() as u32)
    }

    /// The value that the cell has at the end of each iteration if it has it in front of the loop.
    pub(super) fn kept(&self, index: u32) -> Option<u64> {
        match self.cells[index as usize].outcome {
            Outcome::Becomes(value) | Outcome::Keeps(value) => Some(value),
            Outcome::Any => None,
        }
    }
}

/// What code does to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Behind it, it has this value.
    Becomes(u64),
    /// Behind it, it has this value if it had it before.
    Keeps(u64),
    Any,
}

impl Outcome {
    /// This one and then the other.
    fn then(self, next: Outcome) -> Outcome {
        match (self, next) {
            (Outcome::Becomes(before) | Outcome::Keeps(before), Outcome::Keeps(value)) if before == value => self,
            (_, Outcome::Becomes(_)) => next,
            (_, Outcome::Keeps(_) | Outcome::Any) => Outcome::Any,
        }
    }

    /// The same where the code may not run, or runs several times.
    fn perhaps(self) -> Outcome {
        match self {
            Outcome::Becomes(value) | Outcome::Keeps(value) => Outcome::Keeps(value),
            Outcome::Any => Outcome::Any,
        }
    }
}

/// A cell that is changed, as seen from the head of the innermost loop.
#[derive(Clone, Copy, Debug)]
struct Change {
    cell: i32,
    outcome: Outcome,
}

/// A loop or condition whose end is still to come, and the whole program.
struct Body {
    row: usize,
    /// Where its cells begin among those that were collected.
    start: usize,
    /// How many of them are sorted and different.
    sorted: usize,
    /// How far the pointer came since the head of the innermost loop, and how far it was there at the body's head.
    moved: i64,
    at_head: i64,
    /// The cell that the head tests, seen from the head of the innermost loop.
    tested: i64,
    is_anything: bool,
}

/// The cells that the open bodies change, one body's behind the other's; those of one body in the order of the program, as
/// far as they are the same cell.
#[derive(Default)]
struct Changes {
    cells: Vec<Change>,
}

impl Changes {
    fn add(&mut self, body: &mut Body, cell: i64, outcome: Outcome) {
        if body.is_anything {
            return;
        }
        let Ok(cell) = i32::try_from(cell) else {
            body.is_anything = true;
            return;
        };
        // Neighbours mostly change the same few cells: what is not noted twice need not be sorted.
        let recent = self.cells.len().saturating_sub(RECENT).max(body.start);
        match self.cells[recent..].iter_mut().rev().find(|change| change.cell == cell) {
            Some(change) => change.outcome = change.outcome.then(outcome),
            None => {
                self.cells.push(Change { cell, outcome });
                self.limit(body);
            }
        }
    }

    /// Sorts a body's cells where many came to them.
    fn limit(&mut self, body: &mut Body) {
        if self.cells.len() - body.start > body.sorted + MAX_CHANGED {
            self.sort(body);
        }
    }

    /// Sorts a body's cells and takes those together that occur twice.
    fn sort(&mut self, body: &mut Body) {
        let cells = &mut self.cells[body.start..];
        cells.sort_by_key(|change| change.cell);
        let mut different = 0;
        for index in 0..cells.len() {
            let Change { cell, outcome } = cells[index];
            if different > 0 && cells[different - 1].cell == cell {
                let before = &mut cells[different - 1].outcome;
                *before = before.then(outcome);
            } else {
                cells[different] = cells[index];
                different += 1;
            }
        }
        body.is_anything |= different > MAX_CHANGED;
        body.sorted = if body.is_anything { 0 } else { different };
        self.cells.truncate(body.start + body.sorted);
    }

    /// At the end of a condition on `tested`: its body may not have run.
    fn end_condition(&mut self, body: &Body, tested: i64) {
        let mut is_last = true;
        for change in self.cells[body.start..].iter_mut().rev() {
            if i64::from(change.cell) != tested {
                change.outcome = change.outcome.perhaps();
            } else if std::mem::take(&mut is_last) && change.outcome == Outcome::Becomes(0) {
                // Where it did not run, the cell was 0 too.
            } else {
                change.outcome = Outcome::Keeps(0);
            }
        }
    }
}

/// The effects of all loops and conditions of `program`.
pub(super) fn loop_effects(program: &Program) -> Effects {
    let mut effects = Effects::default();
    let mut changes = Changes::default();
    let mut outer: Vec<Body> = Vec::new();
    // Nobody asks what the whole program changes.
    let mut body = Body { row: 0, start: 0, sorted: 0, moved: 0, at_head: 0, tested: 0, is_anything: true };
    for (index, op) in program.ops.iter().enumerate() {
        prefetch_behind(&program.ops, index);
        match op.kind {
            Kind::Set { cell, value } => {
                let place = body.moved + i64::from(cell);
                changes.add(&mut body, place, Outcome::Becomes(value));
            }
            Kind::Add { cell, .. }
            | Kind::Input { cell }
            | Kind::MulAdd { target: cell, .. }
            | Kind::Copy { target: cell, .. }
            | Kind::Product { target: cell, .. }
            | Kind::MinAdd { target: cell, .. } => {
                let place = body.moved + i64::from(cell);
                changes.add(&mut body, place, Outcome::Any);
            }
            Kind::Count(count) => {
                for cell in count.changed_cells() {
                    let place = body.moved + i64::from(cell);
                    changes.add(&mut body, place, Outcome::Any);
                }
            }
            Kind::Divide { cell, quotient, .. } => {
                for cell in [cell, quotient] {
                    let place = body.moved + i64::from(cell);
                    changes.add(&mut body, place, Outcome::Any);
                }
            }
            Kind::Move { delta } => body.moved += i64::from(delta),
            Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. } => body.is_anything = true,
            Kind::Output { .. } | Kind::Text { .. } | Kind::Dump { .. } => {}
            Kind::Loop { cell, .. } | Kind::If { cell, .. } => {
                // Behind it the cell is known: that counts as a change.
                let place = body.moved + i64::from(cell);
                changes.add(&mut body, place, Outcome::Keeps(0));
                let moved = if matches!(op.kind, Kind::Loop { .. }) { 0 } else { body.moved };
                let (row, start) = (effects.rows.len(), changes.cells.len());
                let tested = moved + i64::from(cell);
                let inner = Body { row, start, sorted: 0, moved, at_head: moved, tested, is_anything: false };
                effects.rows.push((index as u32, Effect::Anything));
                outer.push(std::mem::replace(&mut body, inner));
            }
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => {
                let Some(around) = outer.pop() else { break };
                let mut inner = std::mem::replace(&mut body, around);
                let is_loop = matches!(op.kind, Kind::LoopEnd { .. });
                if changes.cells.len() - inner.start > 1 {
                    changes.sort(&mut inner);
                }
                if inner.is_anything || inner.moved != inner.at_head {
                    changes.cells.truncate(inner.start);
                    body.is_anything = true;
                    continue;
                }
                let first = effects.cells.len();
                if is_loop {
                    effects.cells.extend_from_slice(&changes.cells[inner.start..]);
                }
                effects.rows[inner.row].1 = Effect::Cells(first as u32..effects.cells.len() as u32);
                // Now they are the outer body's, seen from the head of its innermost loop.
                if body.is_anything {
                    changes.cells.truncate(inner.start);
                } else if is_loop {
                    changes.cells.truncate(inner.start);
                    for &Change { cell, outcome } in &effects.cells[first..] {
                        let place = body.moved + i64::from(cell);
                        changes.add(&mut body, place, outcome.perhaps());
                    }
                    let place = body.moved + inner.tested;
                    changes.add(&mut body, place, Outcome::Becomes(0));
                } else {
                    changes.end_condition(&inner, inner.tested);
                    changes.limit(&mut body);
                }
            }
        }
    }
    effects
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    #[test]
    fn changes_are_seen_from_the_head() {
        let program =
            "cells 8\nloop [1]\nmove 2\nadd [0] 1\nif [3]\nset [-1] 0\nend\nmove -2\nend\nloop [0]\nmove 1\nend";
        let mut effects = loop_effects(&text::parse(program).unwrap());
        let mut cells = |head| match effects.at(head) {
            Effect::Cells(cells) => Some(cells.map(|index| effects.cell(index)).collect::<Vec<_>>()),
            Effect::Anything => None,
        };
        assert_eq!(cells(0), Some(vec![1, 2, 5]));
        // Of the condition it is said that it changes a few, not which.
        assert_eq!(cells(3), Some(vec![]));
        assert_eq!(cells(8), None);
    }

    #[test]
    fn a_value_in_front_may_be_that_at_the_end() {
        for (body, kept) in [
            ("set [1] 7", Some(7)),
            ("add [1] 1/set [1] 7", Some(7)),
            ("set [1] 7/add [1] 1", None),
            ("set [1] 7/add [2] 1/add [3] 1/add [4] 1/add [5] 1/add [1] 1", None),
            // Perhaps assigned is kept if it was that before.
            ("if [2]/set [1] 7/end", Some(7)),
            ("add [1] 1/if [2]/set [1] 7/end", None),
            ("set [1] 7/if [2]/set [1] 7/end", Some(7)),
            ("set [1] 6/if [2]/set [1] 7/end", None),
            ("if [2]/set [1] 6/set [1] 7/end/if [2]/set [1] 7/end", Some(7)),
            ("if [2]/set [1] 6/end/if [2]/set [1] 7/end", None),
            ("if [2]/set [1] 6/add [2] 1/add [3] 1/add [4] 1/add [5] 1/set [1] 7/end", Some(7)),
            ("if [2]/if [3]/set [1] 6/end/set [1] 7/end", Some(7)),
            // The condition itself says that the cell is 0 where it does not run.
            ("if [1]/add [2] 1/set [1] 0/end", Some(0)),
            ("add [1] 1/if [1]/set [1] 0/end", Some(0)),
            ("if [1]/add [1] 1/end", Some(0)),
            ("add [1] 1/if [1]/add [1] 1/end", None),
            ("if [1]/set [1] 5/end", Some(0)),
            // Behind a loop its cell is 0, and others are what each iteration keeps.
            ("add [1] 1/loop [1]/input [1]/end", Some(0)),
            ("loop [2]/set [1] 7/input [2]/end", Some(7)),
            ("add [1] 1/loop [2]/set [1] 7/input [2]/end", None),
            ("move 3/loop [-1]/if [-2]/set [-2] 0/end/end/move -3", Some(0)),
            ("copy [1] [2] 1", None),
        ] {
            let program = format!("cells 8\nloop [0]\n{}\nend", body.replace('/', "\n"));
            let mut effects = loop_effects(&text::parse(&program).unwrap());
            let Effect::Cells(mut cells) = effects.at(0) else { panic!("{body}") };
            let index = cells.find(|&index| effects.cell(index) == 1).unwrap();
            assert_eq!(effects.kept(index), kept, "{body}");
        }
    }

    #[test]
    fn too_many_changes_are_anything() {
        for (cells, is_followed) in [(MAX_CHANGED, true), (MAX_CHANGED + 1, false)] {
            let adds: String = (0..3 * cells).map(|index| format!("add [{}] 1\n", index % cells)).collect();
            let mut effects = loop_effects(&text::parse(&format!("cells 8\nloop [0]\n{adds}end")).unwrap());
            assert_eq!(effects.at(0) != Effect::Anything, is_followed, "{cells}");
        }
    }
}
