//! What is known where the pass is, and how it ends.

use super::super::facts::Fact;
use super::brackets::Before;
use super::{MAX_NONZERO, Values};
use crate::ir::Kind;

impl Values {
    #[inline]
    pub(super) fn place(&self, cell: i32) -> i64 {
        self.facts.pointer + i64::from(cell)
    }

    #[inline]
    pub(super) fn value(&self, cell: i32) -> Option<u64> {
        self.facts.get(self.place(cell)).value()
    }

    /// What is known of the cell.
    pub(super) fn fact(&self, cell: i32) -> Fact {
        let place = self.place(cell);
        match self.facts.get(place) {
            Fact::Unknown if self.is_found_nonzero(place) => Fact::Nonzero,
            fact => fact,
        }
    }

    /// The value, where the cell is on the tape for certain: the access may be left out.
    #[inline]
    pub(super) fn sure_value(&self, cell: i32) -> Option<u64> {
        self.value(cell).filter(|_| self.facts.is_on_tape(self.place(cell)))
    }

    /// The same, unless it is known only because a head around has found the cell not to be 0: what computes with the cell also computes
    /// the right thing where it is 0, and may come to need no condition.
    pub(super) fn given_value(&self, cell: i32) -> Option<u64> {
        self.sure_value(cell).filter(|_| !self.is_found_nonzero(self.place(cell)))
    }

    /// An access that may fault stays behind the text before it and before the text behind it.
    #[inline]
    pub(super) fn note_access(&mut self, cell: i32) {
        if !self.facts.is_on_tape(self.place(cell)) {
            self.text = None;
        }
    }

    #[inline]
    pub(super) fn learn(&mut self, cell: i32, fact: Fact) {
        self.learn_place(self.place(cell), fact);
    }

    #[inline]
    pub(super) fn learn_place(&mut self, place: i64, fact: Fact) {
        self.forget_nonzero(place);
        if fact == Fact::Unknown && self.facts.get(place) == Fact::Unknown {
            return;
        }
        self.note_before(place);
        self.facts.set(place, fact);
    }

    /// A loop that begins may change the cell. What its body comes to know is not noted, so a condition around has to be
    /// told here even of a cell of which nothing was known.
    pub(super) fn forget_place(&mut self, place: i64) {
        self.forget_nonzero(place);
        self.note_before(place);
        if self.facts.get(place) != Fact::Unknown {
            self.facts.set(place, Fact::Unknown);
        }
    }

    /// If a condition wants to know what changes, notes what is known of the place now.
    #[inline]
    pub(super) fn note_before(&mut self, place: i64) {
        if self.is_noting() {
            let (fact, is_on_tape) = (self.facts.get(place), self.facts.is_on_tape(place));
            self.journal.push(Before { place, fact, is_on_tape });
        }
    }

    /// The cell may be 0 from now on.
    #[inline]
    pub(super) fn forget_nonzero(&mut self, place: i64) {
        if self.nonzero.iter().any(|&(nonzero, _)| nonzero == place) {
            self.nonzero.retain(|&(nonzero, _)| nonzero != place);
        }
    }

    /// Notes that the innermost open loop or condition has found its cell not to be 0.
    pub(super) fn learn_nonzero(&mut self, place: i64) {
        if self.nonzero.len() < MAX_NONZERO {
            self.nonzero.push((place, self.open.len()));
        }
    }

    /// What was found at a head counts up to its end.
    pub(super) fn forget_inner_nonzero(&mut self) {
        let open = self.open.len();
        self.nonzero.retain(|&(_, depth)| depth <= open);
    }

    /// Whether the condition on `cell` certainly holds.
    pub(super) fn is_nonzero(&self, cell: i32) -> bool {
        let place = self.place(cell);
        self.facts.get(place).is_nonzero() && self.facts.is_on_tape(place) || self.is_found_nonzero(place)
    }

    /// Whether a head around has found the cell not to be 0.
    fn is_found_nonzero(&self, place: i64) -> bool {
        self.nonzero.iter().any(|&(other, _)| other == place)
    }

    /// Whether a condition wants to know what changes: what changes in a loop its head has said.
    #[inline]
    pub(super) fn is_noting(&self) -> bool {
        self.open.len() > self.lost && self.open.last().is_some_and(|open| open.is_noting)
    }

    /// Ends all knowledge. What was known before a condition does not matter any more.
    pub(super) fn forget_everything(&mut self) {
        self.facts.forget_all();
        self.nonzero.clear();
        self.lost = self.open.len();
        self.journal.clear();
    }

    /// What an operation makes of its target is known as far as may be.
    pub(super) fn learn_computed(&mut self, kind: Kind) {
        if let Some((target, fact)) = self.computed(kind, |cell| self.fact(cell)) {
            self.learn(target, fact);
        }
    }

    /// What an operation that only computes makes of the cell that it changes, with what `fact` says of the others.
    pub(super) fn computed(&self, kind: Kind, fact: impl Fn(i32) -> Fact) -> Option<(i32, Fact)> {
        let mask = self.mask;
        let add = |target: Fact, delta: u64| target.map(|value| value.wrapping_add(delta) & mask);
        let add_scaled = |target: Fact, source: Fact, factor: u64| match (target, source) {
            (Fact::Known(value), source) => source.map(|source| value.wrapping_add(source.wrapping_mul(factor)) & mask),
            (target, Fact::Known(source)) => add(target, source.wrapping_mul(factor)),
            _ => Fact::Unknown,
        };
        Some(match kind {
            Kind::Add { cell, delta } => (cell, add(fact(cell), delta)),
            Kind::Set { cell, value } => (cell, Fact::Known(value)),
            Kind::MulAdd { target, source, factor } if target == source => {
                (target, fact(source).map(|value| value.wrapping_add(value.wrapping_mul(factor)) & mask))
            }
            Kind::MulAdd { target, source, factor } => (target, add_scaled(fact(target), fact(source), factor)),
            Kind::Copy { target, source, factor } => match fact(source) {
                Fact::Nonzero if factor % 2 == 1 => (target, Fact::Nonzero),
                source => (target, source.map(|value| value.wrapping_mul(factor) & mask)),
            },
            Kind::Product { target, left, right, factor } => {
                let product = match (fact(left), fact(right)) {
                    (Fact::Known(value), other) | (other, Fact::Known(value)) => {
                        other.map(|other| other.wrapping_mul(value))
                    }
                    _ => Fact::Unknown,
                };
                (target, add_scaled(fact(target), product, factor))
            }
            Kind::MinAdd { target, source, most, factor } => {
                let least = match fact(source) {
                    Fact::Unknown if most == 1 => Fact::Perhaps(1),
                    Fact::Nonzero if most == 1 => Fact::Known(1),
                    source => source.map(|source| source.min(most.into())),
                };
                (target, add_scaled(fact(target), least, factor))
            }
            Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. }
            | Kind::Loop { .. }
            | Kind::LoopEnd { .. }
            | Kind::If { .. }
            | Kind::IfEnd { .. } => return None,
        })
    }
}
