//! The values of cells, as far as they are known.
//!
//! Knows places and values; nothing of operations.

use std::ops::Range;

use crate::ir::Entry;

/// What is known of the cells: a table indexed by their places, that is, the pointer's place and the offset.
pub(super) struct Facts {
    /// Each cell has its slot, by the low bits of its place; a power of two.
    slots: Vec<Slot>,
    /// Slots of an earlier epoch do not count: forgetting everything takes no time.
    epoch: u32,
    /// Cells from this place on that have no slot are 0: at the start all are.
    zero_from: i64,
    /// The pointer's place.
    pub pointer: i64,
    /// The places that are on the tape whatever was accessed: none once the pointer was lost.
    sure_cells: Range<i64>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    place: i64,
    fact: Fact,
    epoch: u32,
}

/// What is known of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fact {
    #[default]
    Unknown,
    Nonzero,
    /// It is this or 0.
    Perhaps(u64),
    Known(u64),
}

impl Fact {
    pub fn value(self) -> Option<u64> {
        match self {
            Fact::Known(value) => Some(value),
            Fact::Unknown | Fact::Nonzero | Fact::Perhaps(_) => None,
        }
    }

    pub fn is_nonzero(self) -> bool {
        match self {
            Fact::Known(value) => value != 0,
            Fact::Nonzero => true,
            Fact::Unknown | Fact::Perhaps(_) => false,
        }
    }

    /// What is known if it turns out not to be 0.
    pub fn if_nonzero(self) -> Fact {
        match self {
            Fact::Perhaps(value) => Fact::Known(value),
            Fact::Unknown => Fact::Nonzero,
            Fact::Known(_) | Fact::Nonzero => self,
        }
    }

    /// What is known if one of the two is.
    pub fn or(self, other: Fact) -> Fact {
        match (self, other) {
            _ if self == other => self,
            (Fact::Known(0), Fact::Known(value) | Fact::Perhaps(value))
            | (Fact::Known(value) | Fact::Perhaps(value), Fact::Known(0)) => Fact::Perhaps(value),
            (Fact::Known(left), Fact::Perhaps(right)) | (Fact::Perhaps(left), Fact::Known(right)) if left == right => {
                Fact::Perhaps(left)
            }
            _ if self.is_nonzero() && other.is_nonzero() => Fact::Nonzero,
            _ => Fact::Unknown,
        }
    }

    /// What is known of the function's result.
    pub fn map(self, result: impl Fn(u64) -> u64) -> Fact {
        match self {
            Fact::Known(value) => Fact::Known(result(value)),
            Fact::Perhaps(value) => Fact::Known(result(0)).or(Fact::Known(result(value))),
            Fact::Unknown | Fact::Nonzero => Fact::Unknown,
        }
    }
}

/// The most slots, and how many there are at first: two cells that share one make the table grow, and where it
/// cannot, the cell that had the slot and all left of it that have none become unknown. A program that works its way to
/// the right, however far, still finds 0 where it comes to.
const MAX_SLOTS: usize = 1 << 16;
const FIRST_SLOTS: usize = 1 << 8;

/// For [`Facts::zero_from`].
const ALL: i64 = i64::MIN;
const NONE: i64 = i64::MAX;

/// The tape is 0, and the pointer at its first cell.
impl Default for Facts {
    fn default() -> Facts {
        let slots = vec![Slot::default(); FIRST_SLOTS];
        Facts { slots, epoch: 1, zero_from: ALL, pointer: 0, sure_cells: Entry::default().sure_cells() }
    }
}

impl Facts {
    /// What is known where a program is entered. The table stays as large as it has grown.
    pub fn restart(&mut self, entry: Entry) {
        self.forget_all();
        let is_beginning = matches!(entry, Entry::Beginning { .. });
        self.zero_from = if is_beginning { ALL } else { NONE };
        self.sure_cells = entry.sure_cells();
    }

    #[inline]
    fn index(&self, place: i64) -> usize {
        place as usize & (self.slots.len() - 1)
    }

    /// The slot of the cell, if it has one.
    #[inline]
    fn slot(&self, place: i64) -> Option<&Slot> {
        let slot = &self.slots[self.index(place)];
        (slot.place == place && slot.epoch == self.epoch).then_some(slot)
    }

    /// What is known of the cell.
    #[inline]
    pub fn get(&self, place: i64) -> Fact {
        match self.slot(place) {
            Some(slot) => slot.fact,
            None if place >= self.zero_from => Fact::Known(0),
            None => Fact::Unknown,
        }
    }

    /// Whether the place is on the tape for certain: it was accessed before, or the tape has it in any case. What
    /// cannot be told must stay accessed where it is, so that a fault stays where it is.
    #[inline]
    pub fn is_on_tape(&self, place: i64) -> bool {
        self.sure_cells.contains(&place) || self.slot(place).is_some_and(|slot| slot.fact != Fact::Unknown)
    }

    /// This is known of the cell now.
    #[inline]
    pub fn set(&mut self, place: i64, fact: Fact) {
        let mut index = self.index(place);
        while self.zero_from != NONE && self.slots[index].epoch == self.epoch && self.slots[index].place != place {
            if self.slots.len() == MAX_SLOTS {
                self.zero_from = self.zero_from.max(self.slots[index].place.saturating_add(1));
                break;
            }
            self.make_room();
            index = self.index(place);
        }
        let is_held = self.slots[index].place == place;
        if fact != Fact::Unknown || place >= self.zero_from || is_held {
            self.slots[index] = Slot { place, fact, epoch: self.epoch };
        }
    }

    /// The cell, which is 0, is as if it had never been accessed.
    pub fn forget_access(&mut self, place: i64) {
        let index = self.index(place);
        if self.slots[index].place == place {
            self.slots[index].epoch = 0;
        }
    }

    /// Doubles the number of slots.
    #[cold]
    fn make_room(&mut self) {
        let more = vec![Slot::default(); 2 * self.slots.len()];
        for slot in std::mem::replace(&mut self.slots, more) {
            if slot.epoch == self.epoch {
                let index = self.index(slot.place);
                self.slots[index] = slot;
            }
        }
    }

    /// Nothing is known any more, the pointer's place included.
    pub fn forget_all(&mut self) {
        self.epoch += 1;
        self.zero_from = NONE;
        self.pointer = 0;
        self.sure_cells = 0..0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_that_was_forgotten_does_not_say_that_the_cell_is_on_the_tape() {
        let mut facts = Facts::default();
        facts.set(-1, Fact::Known(0));
        assert!(facts.is_on_tape(-1));
        facts.forget_access(-1);
        assert!(!facts.is_on_tape(-1));
        assert_eq!(facts.get(-1), Fact::Known(0));
    }

    #[test]
    fn the_tape_ahead_is_0_however_far_the_program_has_come() {
        let mut facts = Facts::default();
        let far = 4 * MAX_SLOTS as i64;
        for place in 0..far {
            assert_eq!(facts.get(place), Fact::Known(0), "{place}");
            facts.set(place, if place % 2 == 0 { Fact::Known(7) } else { Fact::Unknown });
        }
        assert_eq!(
            (facts.get(far), facts.get(far - 1), facts.get(far - 2)),
            (Fact::Known(0), Fact::Unknown, Fact::Known(7))
        );
        assert_eq!((facts.get(1), facts.get(2)), (Fact::Unknown, Fact::Unknown), "forgotten, and not 0");
        facts.restart(Entry::default());
        assert_eq!(facts.get(1), Fact::Known(0));
        facts.restart(Entry::Anywhere);
        assert_eq!(facts.get(1), Fact::Unknown);
        facts.forget_all();
        assert_eq!(facts.get(far), Fact::Unknown);
    }

    #[test]
    fn cells_that_share_a_slot_are_never_mistaken_for_0() {
        let mut facts = Facts::default();
        let far = 4 * MAX_SLOTS as i64;
        for place in [far, 0, MAX_SLOTS as i64, far, 0] {
            facts.set(place, Fact::Known(1));
            assert_eq!(facts.get(place), Fact::Known(1));
        }
        // Of the places that share the slot all but the last are unknown, and so is what was never written left of them.
        assert_eq!(
            (facts.get(far), facts.get(MAX_SLOTS as i64), facts.get(5)),
            (Fact::Unknown, Fact::Unknown, Fact::Unknown)
        );
        assert_eq!(facts.get(far + 1), Fact::Known(0));
    }
}
