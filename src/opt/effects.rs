//! What each loop and condition may change: an analysis, for passes that follow values.

use std::ops::Range;

use crate::ir::{Kind, Program};

/// The most cells of which a loop's changes are followed; a loop that changes more ends all knowledge.
const MAX_CHANGED: usize = 64;

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
    cells: Vec<i32>,
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
        i64::from(self.cells[index as usize])
    }
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
    is_anything: bool,
}

/// The cells that the open bodies change, one body's behind the other's.
#[derive(Default)]
struct Changes {
    cells: Vec<i32>,
}

impl Changes {
    fn add(&mut self, body: &mut Body, cell: i64) {
        if body.is_anything {
            return;
        }
        match i32::try_from(cell) {
            Ok(cell) => self.cells.push(cell),
            Err(_) => body.is_anything = true,
        }
        self.limit(body);
    }

    /// Sorts a body's cells where many came to them.
    fn limit(&mut self, body: &mut Body) {
        if self.cells.len() - body.start > body.sorted + MAX_CHANGED {
            self.sort(body);
        }
    }

    /// Sorts a body's cells and drops those that occur twice.
    fn sort(&mut self, body: &mut Body) {
        let cells = &mut self.cells[body.start..];
        cells.sort_unstable();
        let mut different = 0;
        for index in 0..cells.len() {
            if index == 0 || cells[index] != cells[different - 1] {
                cells[different] = cells[index];
                different += 1;
            }
        }
        body.is_anything |= different > MAX_CHANGED;
        body.sorted = if body.is_anything { 0 } else { different };
        self.cells.truncate(body.start + body.sorted);
    }
}

/// The effects of all loops and conditions of `program`.
pub(super) fn loop_effects(program: &Program) -> Effects {
    let mut effects = Effects::default();
    let mut changes = Changes::default();
    let mut outer: Vec<Body> = Vec::new();
    // Nobody asks what the whole program changes.
    let mut body = Body { row: 0, start: 0, sorted: 0, moved: 0, at_head: 0, is_anything: true };
    for (index, op) in program.ops.iter().enumerate() {
        match op.kind {
            Kind::Add { cell, .. }
            | Kind::Set { cell, .. }
            | Kind::Input { cell }
            | Kind::MulAdd { target: cell, .. }
            | Kind::Copy { target: cell, .. }
            | Kind::Product { target: cell, .. } => {
                let place = body.moved + i64::from(cell);
                changes.add(&mut body, place);
            }
            Kind::Count(count) => {
                for cell in count.changed_cells() {
                    let place = body.moved + i64::from(cell);
                    changes.add(&mut body, place);
                }
            }
            Kind::Move { delta } => body.moved += i64::from(delta),
            Kind::Scan { .. } | Kind::Walk { .. } => body.is_anything = true,
            Kind::Output { .. } | Kind::Text { .. } | Kind::Dump { .. } => {}
            Kind::Loop { cell, .. } | Kind::If { cell, .. } => {
                // Behind it the cell is known: that counts as a change.
                let place = body.moved + i64::from(cell);
                changes.add(&mut body, place);
                let moved = if matches!(op.kind, Kind::Loop { .. }) { 0 } else { body.moved };
                let (row, start) = (effects.rows.len(), changes.cells.len());
                let inner = Body { row, start, sorted: 0, moved, at_head: moved, is_anything: false };
                effects.rows.push((index as u32, Effect::Anything));
                outer.push(std::mem::replace(&mut body, inner));
            }
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => {
                let Some(around) = outer.pop() else { break };
                let mut inner = std::mem::replace(&mut body, around);
                let is_loop = matches!(op.kind, Kind::LoopEnd { .. });
                // Nobody asks which cells a condition changes, unless they are too many.
                if is_loop || changes.cells.len() - inner.start > MAX_CHANGED {
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
                    for &cell in &effects.cells[first..] {
                        let place = body.moved + i64::from(cell);
                        changes.add(&mut body, place);
                    }
                } else {
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
    fn too_many_changes_are_anything() {
        for (cells, is_followed) in [(MAX_CHANGED, true), (MAX_CHANGED + 1, false)] {
            let adds: String = (0..3 * cells).map(|index| format!("add [{}] 1\n", index % cells)).collect();
            let mut effects = loop_effects(&text::parse(&format!("cells 8\nloop [0]\n{adds}end")).unwrap());
            assert_eq!(effects.at(0) != Effect::Anything, is_followed, "{cells}");
        }
    }
}
