//! What was found out about loops: others may have the same bodies.

use super::super::tried::{Tried, form_of_body};
use super::Counted;
use super::recognise::count;
use crate::ir::{Kind, Op};

/// How many of the loops that count are remembered.
const MAX_REMEMBERED: usize = 16;

/// What was found out about loops so far.
pub(super) struct Seen<'p> {
    mask: u64,
    tried: Tried,
    loops: Vec<Remembered<'p>>,
}

impl<'p> Seen<'p> {
    /// For a program of so many operations.
    pub fn new(mask: u64, ops: usize) -> Seen<'p> {
        Seen { mask, tried: Tried::new(ops), loops: Vec::new() }
    }

    /// What does iterations of the loop on `tested`; the index of its body in the program is `base`.
    pub fn counted(&mut self, tested: i32, body: &'p [Op], base: usize) -> Option<Counted> {
        let known = self.loops.iter().rev().find_map(|other| other.elsewhere(tested, body));
        if known.is_some() {
            return known;
        }
        let form = form_of_body(tested, body);
        if self.tried.has(form) {
            return None;
        }
        let counted = count(tested, body, base, self.mask);
        match &counted {
            Some(counted) => {
                self.loops.drain(..(self.loops.len() + 1).saturating_sub(MAX_REMEMBERED));
                self.loops.push(Remembered { tested, body, counted: counted.clone() });
            }
            None => self.tried.add(form),
        }
        counted
    }
}

/// A loop that counts.
struct Remembered<'p> {
    tested: i32,
    body: &'p [Op],
    counted: Counted,
}

impl Remembered<'_> {
    /// What does iterations of the loop on `tested` if its body is the same on other cells.
    fn elsewhere(&self, tested: i32, body: &[Op]) -> Option<Counted> {
        let distance = tested.checked_sub(self.tested)?;
        let is_same = |(own, other): (&Op, &Op)| match (own.kind.shifted(distance), other.kind) {
            // What their partners are follows from the order.
            (Kind::If { cell: own, .. }, Kind::If { cell: other, .. })
            | (Kind::Loop { cell: own, .. }, Kind::Loop { cell: other, .. }) => own == other,
            (Kind::IfEnd { .. }, Kind::IfEnd { .. }) | (Kind::LoopEnd { .. }, Kind::LoopEnd { .. }) => true,
            (own, other) => own == other,
        };
        let is_same = self.body.len() == body.len() && self.body.iter().zip(body).all(is_same);
        is_same.then(|| self.counted.shifted(distance))
    }
}
