//! The values of cells, as far as they are known.
//!
//! Knows places and values; nothing of operations.

use crate::dialect::SHORTEST_TAPE_CELLS;
use crate::ir::Entry;

/// What is known of the cells: a table indexed by their places, that is, the pointer's place and the offset.
pub(super) struct Facts {
    /// Each cell has its slot, by the low bits of its place; a power of two.
    slots: Vec<Slot>,
    /// Slots of an earlier epoch do not count: forgetting everything takes no time.
    epoch: u32,
    /// Cells that have no slot are 0: so at the start.
    rest_is_zero: bool,
    /// The pointer's place.
    pub pointer: i64,
    /// Places are cells of the tape: the pointer was never lost.
    is_absolute: bool,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    place: i64,
    value: u64,
    epoch: u32,
    is_known: bool,
}

/// The most slots, and how many there are at first: two cells that share one make the table grow, and where it
/// cannot, the cells without a slot become unknown.
const MAX_SLOTS: usize = 1 << 16;
const FIRST_SLOTS: usize = 1 << 8;

/// The tape is 0, and the pointer at its first cell.
impl Default for Facts {
    fn default() -> Facts {
        Facts { slots: vec![Slot::default(); FIRST_SLOTS], epoch: 1, rest_is_zero: true, pointer: 0, is_absolute: true }
    }
}

impl Facts {
    /// What is known where a program is entered. The table stays as large as it has grown.
    pub fn restart(&mut self, entry: Entry) {
        self.forget_all();
        let is_beginning = entry == Entry::Beginning;
        (self.rest_is_zero, self.is_absolute) = (is_beginning, is_beginning);
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

    /// The value of the cell, if it is known.
    #[inline]
    pub fn get(&self, place: i64) -> Option<u64> {
        match self.slot(place) {
            Some(slot) => slot.is_known.then_some(slot.value),
            None => self.rest_is_zero.then_some(0),
        }
    }

    /// Whether the place is on the tape for certain: it was accessed before, or every tape has it. What
    /// cannot be told must stay accessed where it is, so that a fault stays where it is.
    #[inline]
    pub fn is_on_tape(&self, place: i64) -> bool {
        (self.is_absolute && (0..SHORTEST_TAPE_CELLS).contains(&place))
            || self.slot(place).is_some_and(|slot| slot.is_known)
    }

    /// The cell has this value now, or one that is not known.
    #[inline]
    pub fn set(&mut self, place: i64, value: Option<u64>) {
        let mut index = self.index(place);
        while self.rest_is_zero && self.slots[index].epoch == self.epoch && self.slots[index].place != place {
            self.make_room();
            index = self.index(place);
        }
        let is_held = self.slots[index].place == place;
        if value.is_some() || self.rest_is_zero || is_held {
            self.slots[index] = Slot { place, value: value.unwrap_or(0), epoch: self.epoch, is_known: value.is_some() };
        }
    }

    /// Doubles the number of slots, or lets cells go without.
    #[cold]
    fn make_room(&mut self) {
        if self.slots.len() == MAX_SLOTS {
            self.rest_is_zero = false;
            return;
        }
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
        self.rest_is_zero = false;
        self.pointer = 0;
        self.is_absolute = false;
    }
}
