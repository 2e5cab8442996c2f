//! Stretches of the program in which a round had no news: the next round leaves them alone.
//!
//! ```text
//! loop [0]
//!   input [0]        all knowledge ends at the head, since the loop drifts: what the round finds out
//!   add [1] 1        in these lines, it finds out from them
//!   scan [1] 1       here it ends again
//!   ...
//! ```
//! What is known behind such a place follows from the operation there alone. A stretch that had no news, and begins and
//! ends as before, would come out as it is.

use super::Values;
use crate::ir::Kind;

/// What is known where a stretch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// What is known where the program is entered.
    Start,
    /// This cell is 0.
    Zero(i32),
    /// This cell is not.
    Nonzero(i32),
    Nothing,
    /// What was known before of cells near the pointer: no two of these are alike.
    Nearby,
}

/// Operations up to the one where knowledge ends, or to the end of the program.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: u32,
    end: u32,
    beginning: Beginning,
}

/// The stretches without news, in the order of the program.
#[derive(Debug)]
pub(super) struct Stretches {
    /// Those of the last round, and how many of them begin before the next operation.
    last: Vec<Stretch>,
    passed: usize,
    /// Those of this round.
    now: Vec<Stretch>,
    /// The one that the round is in.
    from: u32,
    beginning: Beginning,
    is_still: bool,
    /// Whether nothing of it was taken yet.
    is_new: bool,
}

impl Default for Stretches {
    fn default() -> Self {
        let (last, now) = (Vec::new(), Vec::new());
        Stretches { last, passed: 0, now, from: 0, beginning: Beginning::Start, is_still: true, is_new: true }
    }
}

impl Stretches {
    /// The next round may know more in this stretch.
    #[inline]
    pub fn note_news(&mut self) {
        self.is_still = false;
    }

    /// A stretch begins behind the first `end` operations of the new program.
    pub fn begin(&mut self, end: u32, beginning: Beginning) {
        if self.is_still && self.from < end && self.beginning != Beginning::Nearby {
            self.now.push(Stretch { from: self.from, end, beginning: self.beginning });
        }
        (self.from, self.beginning, self.is_still, self.is_new) = (end, beginning, true, true);
    }

    /// What the next round needs to know of this one; the new program has so many operations.
    pub fn next_round(mut self, ops: u32) -> Stretches {
        self.begin(ops, Beginning::Nothing);
        Stretches { last: self.now, ..Stretches::default() }
    }

    /// The stretch that begins at index `from` of the old program, if it was still, and began as it does now.
    fn still_at(&mut self, from: u32) -> Option<Stretch> {
        self.passed += self.last[self.passed..].iter().take_while(|stretch| stretch.from < from).count();
        let stretch = self.last.get(self.passed)?;
        (stretch.from == from && stretch.beginning == self.beginning).then_some(*stretch)
    }
}

impl Values {
    /// Keeps the stretches that begin here and had no news, as far as they come one behind the other. Not where the next operation is a
    /// condition that goes into the one before it: that one's end waits for it.
    #[inline]
    pub(super) fn keep_still(&mut self) {
        while self.threading.is_none()
            && std::mem::take(&mut self.stretches.is_new)
            && self.joins.is_empty()
            && let Some(stretch) = self.stretches.still_at(self.rewriter.taken())
            && self.ends_alike(&stretch)
        {
            let Stretch { from, end, .. } = stretch;
            self.found.add_moved(&self.invariants, from..end, self.rewriter.next_index());
            if self.is_last(&stretch) {
                self.rewriter.keep_to(end);
                return;
            }
            self.rewriter.keep_to(end - 1);
            self.forget_everything();
            if let Some(op) = self.rewriter.take() {
                self.op(op);
            }
        }
    }

    /// Whether nothing follows, and nothing that began before ends in the stretch, which begins here.
    fn is_last(&self, stretch: &Stretch) -> bool {
        self.open.is_empty() && self.rewriter.rest().len() == (stretch.end - stretch.from) as usize
    }

    /// Whether knowledge or the program ends with the stretch in this round too.
    fn ends_alike(&self, stretch: &Stretch) -> bool {
        let last = self.rewriter.rest()[(stretch.end - stretch.from - 1) as usize];
        match last.kind {
            _ if self.is_last(stretch) => true,
            Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. } => true,
            Kind::Loop { .. } => self.effects.is_anything(stretch.end - 1),
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => self.is_innermost_lost(),
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Move { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. }
            | Kind::If { .. } => false,
        }
    }
}
