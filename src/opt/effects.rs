//! What each loop and condition may change: an analysis, for passes that follow values.

use rustc_hash::FxHashMap;

use crate::ir::{Kind, Program};

/// The most cells of which a loop's changes are followed; a loop that changes more ends all knowledge.
const MAX_CHANGED: usize = 64;

/// What a loop or condition may change: for each head, by its index.
pub(super) enum Effect {
    /// These cells, as seen from the pointer at the head; the pointer ends where it began.
    Cells(Vec<i64>),
    Anything,
}

/// The effects of all loops and conditions of `program`.
pub(super) fn loop_effects(program: &Program) -> FxHashMap<u32, Effect> {
    struct Body {
        head: u32,
        /// Sorted.
        changed: Vec<i64>,
        is_anything: bool,
        moved: i64,
    }
    impl Body {
        fn change(&mut self, cell: i64) {
            if let Err(place) = self.changed.binary_search(&cell) {
                self.changed.insert(place, cell);
            }
            self.is_anything |= self.changed.len() > MAX_CHANGED;
            if self.is_anything {
                self.changed.clear();
            }
        }
    }
    let new_body = |head| Body { head, changed: Vec::new(), is_anything: false, moved: 0 };
    let mut effects = FxHashMap::default();
    let mut bodies = vec![new_body(u32::MAX)];
    for (index, op) in program.ops.iter().enumerate() {
        let Some(body) = bodies.last_mut() else { break };
        match op.kind {
            Kind::Add { cell, .. }
            | Kind::Set { cell, .. }
            | Kind::Input { cell }
            | Kind::MulAdd { target: cell, .. }
            | Kind::Copy { target: cell, .. }
            | Kind::Product { target: cell, .. } => {
                body.change(body.moved + i64::from(cell));
            }
            Kind::Move { delta } => body.moved += i64::from(delta),
            Kind::Scan { .. } | Kind::Walk { .. } => body.is_anything = true,
            Kind::Output { .. } | Kind::Text { .. } | Kind::Dump { .. } => {}
            Kind::Loop { cell, .. } | Kind::If { cell, .. } => {
                // Behind it the cell is known: that counts as a change.
                body.change(body.moved + i64::from(cell));
                bodies.push(new_body(index as u32));
            }
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => {
                let Some(inner) = bodies.pop() else { break };
                let is_anything = inner.is_anything || inner.moved != 0;
                if let Some(outer) = bodies.last_mut() {
                    outer.is_anything |= is_anything;
                    for &cell in &inner.changed {
                        outer.change(outer.moved + cell);
                    }
                }
                let effect = if is_anything { Effect::Anything } else { Effect::Cells(inner.changed) };
                effects.insert(inner.head, effect);
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
        let effects = loop_effects(&text::parse(program).unwrap());
        assert!(matches!(&effects[&0], Effect::Cells(cells) if cells == &[1, 2, 5]));
        assert!(matches!(&effects[&3], Effect::Cells(cells) if cells == &[-1]));
        assert!(matches!(effects[&8], Effect::Anything));
    }
}
