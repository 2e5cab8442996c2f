//! What loops did when they ran on known values: one that finds the same values again does the same again.
//!
//! A loop depends on nothing but the cells that it reads before it writes them, and on where the pointer is only as far as it
//! moves along. So a record of those cells, of what it wrote, of its text and of how far the pointer moved stands for
//! all its iterations, wherever it comes to find these values: nested loops whose inner ones always do the same take the sum
//! of their lengths instead of the product. This is memoisation, as Gosper's Hashlife has it for cellular automata.

use std::rc::Rc;

/// The most cells that a recorded loop may use.
const MAX_CELLS: usize = 64;

/// The most records, and how many of one loop.
const MAX_RECORDS: usize = 64;
const MAX_OF_LOOP: usize = 4;

/// A cell that a loop used, by its distance from where the pointer was at the head.
#[derive(Clone, Copy)]
struct Used {
    cell: i32,
    /// What was in it, if that was read.
    read: Option<u64>,
    /// What is in it now, if it was written.
    written: Option<u64>,
}

/// What a loop did.
pub(super) struct Record {
    /// The index of its head.
    head: u32,
    /// Nothing if they were too many: it counts as one that was made.
    cells: Option<Vec<Used>>,
    /// How far the pointer moved.
    pub moved: i32,
    pub text: Vec<u8>,
    /// How many steps it took.
    pub steps: usize,
}

impl Record {
    /// How many cells it takes to look at.
    pub fn size(&self) -> usize {
        self.cells.iter().flatten().count()
    }

    /// The cells that it read, and what was in them.
    pub fn reads(&self) -> impl Iterator<Item = (i32, u64)> {
        self.cells.iter().flatten().filter_map(|used| Some((used.cell, used.read?)))
    }

    /// The cells that it wrote, and what it left in them.
    pub fn writes(&self) -> impl Iterator<Item = (i32, u64)> {
        self.cells.iter().flatten().filter_map(|used| Some((used.cell, used.written?)))
    }
}

/// A loop that is running.
struct Open {
    head: u32,
    begin: Now,
    cells: Vec<Used>,
    is_large: bool,
}

impl Open {
    /// Notes a use of the cell at this place.
    fn note(&mut self, place: i32, read: Option<u64>, written: Option<u64>) {
        let cell = place - self.begin.pointer;
        if let Some(used) = self.cells.iter_mut().rev().find(|used| used.cell == cell) {
            used.written = written.or(used.written);
        } else if self.cells.len() < MAX_CELLS {
            self.cells.push(Used { cell, read, written });
        } else {
            self.is_large = true;
        }
    }
}

/// Where a run is, as far as records need to know.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub pointer: i32,
    /// The length of the text.
    pub text: usize,
    pub steps: usize,
}

/// The records of a run, and those that are being made.
#[derive(Default)]
pub(super) struct Records {
    made: Vec<Rc<Record>>,
    open: Vec<Open>,
}

impl Records {
    /// What the loop did that begins now, if it was recorded with what `value` says of the cells.
    pub fn of(&self, head: u32, value: impl Fn(i32) -> Option<u64>) -> Option<Rc<Record>> {
        let is_same = |record: &&Rc<Record>| {
            record.head == head
                && record.cells.is_some()
                && record.reads().all(|(cell, read)| value(cell) == Some(read))
        };
        self.made.iter().find(is_same).cloned()
    }

    /// A loop begins that has no record.
    pub fn begin(&mut self, head: u32, now: Now) {
        let of_loop = self.made.iter().filter(|record| record.head == head).count();
        if of_loop < MAX_OF_LOOP && self.made.len() < MAX_RECORDS {
            self.open.push(Open { head, begin: now, cells: Vec::new(), is_large: false });
        }
    }

    pub fn note_read(&mut self, place: i32, value: u64) {
        if let Some(open) = self.open.last_mut() {
            open.note(place, Some(value), None);
        }
    }

    pub fn note_write(&mut self, place: i32, value: u64) {
        if let Some(open) = self.open.last_mut() {
            open.note(place, None, Some(value));
        }
    }

    /// The loop is over; `text` is all that there is now.
    pub fn end(&mut self, head: u32, now: Now, text: &[u8]) {
        let Some(open) = self.open.pop_if(|open| open.head == head) else { return };
        // What it did the loop around it did.
        if let Some(around) = self.open.last_mut() {
            around.is_large |= open.is_large;
            for used in &open.cells {
                around.note(used.cell + open.begin.pointer, used.read, used.written);
            }
        }
        self.made.push(Rc::new(Record {
            head,
            cells: (!open.is_large).then_some(open.cells),
            moved: now.pointer - open.begin.pointer,
            text: text[open.begin.text..].to_vec(),
            steps: now.steps - open.begin.steps,
        }));
    }
}
