//! What execution, symbolic or on known values, finds a shorter way to.

use super::super::concrete::{self, Done, Loop, Place};
use super::super::effects::Effect;
use super::super::symbolic;
use super::super::tried::{Attempt, form};
use super::{MAX_SOLVED, Values};
use crate::ir::{Kind, Op};
use crate::source::Span;

impl Values {
    /// What the loop whose head was just taken does, without a loop.
    pub(super) fn solve(&mut self, counter: i32, end: u32) -> Option<Vec<Kind>> {
        let tried = self.tried.as_ref()?;
        let body = self.rewriter.rest_before(end);
        if body.len() > MAX_SOLVED {
            return None;
        }
        let form = form(Attempt::Loop { counter }, body, self);
        if tried.has(form) {
            return None;
        }
        let kinds = symbolic::solve(counter, body, end as usize - body.len(), &self.entry());
        let Some(kinds) = kinds else {
            self.give_up(form);
            return None;
        };
        Some([&[Kind::If { cell: counter, end: 0 }], kinds.as_slice(), &[Kind::IfEnd { start: 0 }]].concat())
    }

    /// What the loop whose head was just taken does, if all its values are known.
    pub(super) fn run_loop(&mut self, cell: i32, end: u32) -> Option<Done> {
        self.tried.as_ref()?;
        let body = self.rewriter.rest_before(end);
        let (base, text) = (end as usize - body.len(), self.rewriter.old_text());
        let mut steps_left = self.steps_left;
        let place = if self.open_loops == 0 { Place::Outermost } else { Place::Inner };
        let code = Loop { cell, body, base, text, mask: self.mask, place };
        let done = concrete::run(&code, self, &mut steps_left);
        self.steps_left = steps_left;
        done
    }

    /// What the condition whose head was just taken and the next one do together, in fewer operations; and the end
    /// of those.
    pub(super) fn shorten(&mut self, end: u32) -> Option<(Vec<Kind>, u32)> {
        let tried = self.tried.as_ref()?;
        let first = self.rewriter.rest_before(end).len() + 1;
        let ops = self.rewriter.taken_and_rest();
        let base = end as usize - first;
        let next = ops.iter().take(MAX_SOLVED).skip(first + 1).position(|op| {
            !matches!(
                op.kind,
                Kind::Add { .. } | Kind::Set { .. } | Kind::MulAdd { .. } | Kind::Copy { .. } | Kind::Product { .. }
            )
        })? + first
            + 1;
        let Kind::If { end: last, .. } = ops[next].kind else { return None };
        let window = &ops[..(last as usize + 1).checked_sub(base)?];
        if window.len() > MAX_SOLVED {
            return None;
        }
        let form = form(Attempt::Window, window, self);
        if tried.has(form) {
            return None;
        }
        let Some(kinds) = symbolic::shorten(window, base, &self.entry()) else {
            self.give_up(form);
            return None;
        };
        Some((kinds, last + 1))
    }

    /// Notes that code of this form was tried in vain.
    fn give_up(&mut self, form: Option<u64>) {
        if let Some(tried) = &mut self.tried {
            tried.add(form);
        }
    }

    /// What is known here.
    fn entry(&self) -> symbolic::Entry<'_> {
        symbolic::Entry { mask: self.mask, facts: self }
    }

    /// Puts operations that do what those skipped did.
    pub(super) fn replacement(&mut self, kinds: &[Kind], span: Span) {
        let mut kinds = kinds.iter();
        while let Some(&kind) = kinds.next() {
            let op = Op { kind, span };
            match kind {
                Kind::If { cell, .. } => {
                    if self.sure_value(cell) == Some(0) {
                        let mut depth = 1;
                        while depth > 0
                            && let Some(kind) = kinds.next()
                        {
                            depth += i32::from(matches!(kind, Kind::If { .. }));
                            depth -= i32::from(matches!(kind, Kind::IfEnd { .. }));
                        }
                        continue;
                    }
                    self.open_condition(op, cell, Effect::Cells(0..0));
                }
                Kind::IfEnd { .. } => self.end_if(op),
                _ => self.op(op),
            }
        }
    }
}

impl symbolic::Facts for Values {
    fn sure_value(&self, cell: i32) -> Option<u64> {
        self.sure_value(cell)
    }

    fn is_on_tape(&self, cell: i32) -> bool {
        self.facts.is_on_tape(self.place(cell))
    }
}
