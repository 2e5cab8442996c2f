//! What execution, symbolic or on known values, finds a shorter way to.

use std::ops::Range;

use super::super::concrete::{self, Done, Loop, Place};
use super::super::effects::Effect;
use super::super::symbolic;
use super::super::tried::Attempt;
use super::{MAX_SOLVED, Values};
use crate::ir::{Kind, Op};
use crate::source::Span;

impl Values {
    /// What the loop whose head was just taken does, without a loop.
    pub(super) fn solve(&mut self, counter: i32, end: u32) -> Option<Vec<Kind>> {
        let body = 1..1 + self.rewriter.rest_before(end).len();
        let kinds = self.tried(Attempt::Loop { counter }, body, |body, entry| {
            symbolic::solve(counter, body, end as usize - body.len(), entry)
        })?;
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

    /// What the condition whose head was just taken does in fewer operations together with the next one, or with the
    /// straight code behind it, if the next one does not need it; and the end of those.
    pub(super) fn shorten(&mut self, end: u32) -> Option<(Vec<Kind>, u32)> {
        self.tried.as_ref()?;
        let first = self.rewriter.rest_before(end).len() + 2;
        let base = end as usize + 1 - first;
        let is_alone = self.needing(end, 1) == 0;
        windows(self.rewriter.taken_and_rest(), first, base, is_alone).into_iter().flatten().find_map(|len| {
            let kinds = self.shorten_window(len, base)?;
            Some((kinds, (base + len) as u32))
        })
    }

    /// The next `len` operations in fewer; the index of the first is `base`.
    fn shorten_window(&mut self, len: usize, base: usize) -> Option<Vec<Kind>> {
        self.tried(Attempt::Window, 0..len, |window, entry| symbolic::shorten(window, base, entry))
    }

    /// What symbolic execution finds for these of the operations from the one that was taken last on, unless it was tried before
    /// on others like them.
    fn tried(
        &mut self,
        attempt: Attempt,
        ops: Range<usize>,
        execute: impl FnOnce(&[Op], &symbolic::Entry<'_>) -> Option<Vec<Kind>>,
    ) -> Option<Vec<Kind>> {
        if self.tried.is_none() || ops.len() > MAX_SOLVED {
            return None;
        }
        let ops = &self.rewriter.taken_and_rest()[ops];
        let can_be_followed = ops.iter().all(|op| symbolic::can_be_followed(op.kind));
        let mut tried = self.tried.take_if(|_| can_be_followed)?;
        let kinds = tried.find(attempt, ops, self, || execute(ops, &self.entry()));
        self.tried = Some(tried);
        kinds
    }

    /// What is known here.
    fn entry(&self) -> symbolic::Entry<'_> {
        symbolic::Entry { mask: self.mask, facts: self }
    }

    /// Puts operations that do what those skipped did.
    pub(super) fn replacement(&mut self, kinds: &[Kind], span: Span) {
        self.go_over(kinds.iter().map(|&kind| Op { kind, span }));
    }

    /// Goes over straight code and conditions that are not among those of the old program.
    pub(super) fn go_over(&mut self, mut ops: impl Iterator<Item = Op>) {
        while let Some(op) = ops.next() {
            match op.kind {
                Kind::If { cell, .. } => {
                    if self.sure_value(cell) == Some(0) {
                        let mut depth = 1;
                        while depth > 0
                            && let Some(op) = ops.next()
                        {
                            depth += i32::from(matches!(op.kind, Kind::If { .. }));
                            depth -= i32::from(matches!(op.kind, Kind::IfEnd { .. }));
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

/// How many of `ops`, which begin with a condition of `first` operations, are looked at together. The index of the first is
/// `base`. Where there is a next condition, the first one `is_alone` if that does not need it.
fn windows(ops: &[Op], first: usize, base: usize, is_alone: bool) -> [Option<usize>; 3] {
    let behind = |start: usize| {
        let straight = ops[start..].iter().take(MAX_TAIL).take_while(|op| is_straight(op.kind)).count();
        start + straight
    };
    let next = behind(first);
    let second = match ops.get(next) {
        Some(Op { kind: Kind::If { end, .. }, .. }) => (*end as usize + 1).checked_sub(base),
        Some(_) | None => None,
    };
    let lens = match second {
        Some(second) => [Some(second), Some(behind(second)).filter(|&tail| tail != second), is_alone.then_some(next)],
        None => [Some(next), None, None],
    };
    lens.map(|len| len.filter(|&len| len <= MAX_SOLVED))
}

/// The most operations behind a condition that are looked at with it.
const MAX_TAIL: usize = 8;

/// Whether the operation computes, and does nothing else.
fn is_straight(kind: Kind) -> bool {
    matches!(kind, Kind::Add { .. } | Kind::Set { .. } | Kind::MulAdd { .. } | Kind::Copy { .. } | Kind::Product { .. })
}

impl symbolic::Facts for Values {
    fn sure_value(&self, cell: i32) -> Option<u64> {
        self.sure_value(cell)
    }

    fn is_on_tape(&self, cell: i32) -> bool {
        self.facts.is_on_tape(self.place(cell))
    }
}
