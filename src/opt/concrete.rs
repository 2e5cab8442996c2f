//! Runs a loop on values that are all known, wherever it stands, if that does not take long.
//!
//! ```text
//! input [5]              input [5]
//! set [0] 1              set [0] 1
//! set [2] 5              set [2] 5
//! loop [2]               text "\x01\x02\x04\x08\x10"
//!   output [0]           set [0] 32
//!   add [2] 255     →    set [1] 32
//!   copy [1] [0] 2       set [2] 0
//!   copy [0] [1] 1
//! end
//! ```
//! An inner loop that comes to find the values that it found before is not run again: see [`super::recorded`].
//!
//! Needs no closed form and no balance. The loop stays where it reads a cell that is not known, changes one that may be
//! off the tape, reads input, or takes more than [`MAX_STEPS`], and where its effect would take more operations than it
//! has.

use super::recorded::{Now, Records};
use super::symbolic::Facts;
use crate::ir::{Kind, Op};

/// How many steps a loop may take, a byte of its text being one more: some 10 us. One of the outermost level may take few:
/// it runs once, in machine code before it would have here.
const MAX_STEPS: usize = 1 << 10;
const MAX_STEPS_ONCE: usize = 1 << 8;

/// Where records stand for steps it may take more, so many for each of those: 0.7 ms at the most.
const STEPS_PER_SAVED: usize = 2;
const MAX_STEPS_WITH_RECORDS: usize = 1 << 14;

/// How many cells side by side a loop may use.
const MAX_CELLS: usize = 1 << 8;

/// How many steps all loops of a program of so many operations may take together: a millisecond's, and a
/// few more for each operation.
pub(super) fn steps_for(ops: usize) -> usize {
    (1 << 16) + 2 * ops
}

/// A loop in its program.
pub(super) struct Loop<'p> {
    pub cell: i32,
    pub body: &'p [Op],
    /// The index of the body.
    pub base: usize,
    /// The program's text.
    pub text: &'p [u8],
    pub mask: u64,
    pub place: Place,
}

/// Where a loop stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Outermost,
    /// In another one.
    Inner,
}

/// What a loop does.
pub(super) struct Done {
    pub text: Vec<u8>,
    /// Operations for the rest.
    pub kinds: Vec<Kind>,
}

/// Runs the loop. What that takes is taken off `steps`.
pub(super) fn run(code: &Loop<'_>, facts: &dyn Facts, steps: &mut usize) -> Option<Done> {
    facts.sure_value(code.cell)?;
    let most = match code.place {
        Place::Outermost => MAX_STEPS_ONCE,
        Place::Inner => MAX_STEPS,
    };
    let mut machine = Machine {
        code,
        first: code.cell,
        cells: Vec::new(),
        pointer: 0,
        text: Vec::new(),
        steps: 0,
        saved: 0,
        most: most.min(*steps),
        facts,
        records: Records::default(),
    };
    let end = machine.run();
    *steps = steps.saturating_sub(machine.steps);
    end?;
    machine.done()
}

/// A machine in front of the loop, whose pointer is at 0.
struct Machine<'a> {
    code: &'a Loop<'a>,
    /// The cells from `first` on.
    first: i32,
    cells: Vec<Cell>,
    pointer: i32,
    text: Vec<u8>,
    /// How many steps were taken, how many were saved, and how many may be taken.
    steps: usize,
    saved: usize,
    most: usize,
    facts: &'a dyn Facts,
    records: Records,
}

/// A cell, as far as it matters.
#[derive(Clone, Copy)]
enum Cell {
    Unused,
    /// Its value is still that in front of the loop.
    Read(u64),
    Written(u64),
}

impl Machine<'_> {
    /// The place of a cell, and its index in the list; the list is made longer as needed.
    fn locate(&mut self, cell: i32) -> Option<(i32, usize)> {
        let place = self.pointer.checked_add(cell)?;
        if place < self.first {
            let more = self.first.checked_sub(place)? as usize;
            if more + self.cells.len() > MAX_CELLS {
                return None;
            }
            self.cells.splice(0..0, std::iter::repeat_n(Cell::Unused, more));
            self.first = place;
        }
        let index = place.checked_sub(self.first)? as usize;
        if index >= self.cells.len() {
            if index >= MAX_CELLS {
                return None;
            }
            self.cells.resize(index + 1, Cell::Unused);
        }
        Some((place, index))
    }

    /// The value of the cell, if it is known.
    fn read(&mut self, cell: i32) -> Option<u64> {
        let (place, index) = self.locate(cell)?;
        let value = match self.cells[index] {
            Cell::Read(value) | Cell::Written(value) => value,
            Cell::Unused => {
                let value = self.facts.sure_value(place)?;
                self.cells[index] = Cell::Read(value);
                value
            }
        };
        self.records.note_read(place, value);
        Some(value)
    }

    /// The same, of a cell that need not be used.
    fn look(&self, cell: i32) -> Option<u64> {
        let place = self.pointer.checked_add(cell)?;
        match self.cells.get(place.checked_sub(self.first)? as usize) {
            Some(Cell::Read(value) | Cell::Written(value)) => Some(*value),
            Some(Cell::Unused) | None => self.facts.sure_value(place),
        }
    }

    /// Gives the cell a value, if it is on the tape for certain.
    fn write(&mut self, cell: i32, value: u64) -> Option<()> {
        let (place, index) = self.locate(cell)?;
        if matches!(self.cells[index], Cell::Unused) && !self.facts.is_on_tape(place) {
            return None;
        }
        let value = value & self.code.mask;
        self.cells[index] = Cell::Written(value);
        self.records.note_write(place, value);
        Some(())
    }

    fn add(&mut self, cell: i32, delta: u64) -> Option<()> {
        let value = self.read(cell)?.wrapping_add(delta);
        self.write(cell, value)
    }

    fn walk(&mut self, stride: i32) -> Option<()> {
        self.pointer = self.pointer.checked_add(stride)?;
        Some(())
    }

    fn take(&mut self, steps: usize) -> Option<()> {
        self.steps += steps;
        (self.steps <= self.most).then_some(())
    }

    fn now(&self) -> Now {
        Now { pointer: self.pointer, text: self.text.len(), steps: self.steps + self.saved }
    }

    /// Does what the loop did whose head is at index `head` when it last found these values; whether it ever did.
    fn repeat(&mut self, head: u32) -> Option<bool> {
        let Some(record) = self.records.of(head, |cell| self.look(cell)) else { return Some(false) };
        let steps = 1 + record.size() + record.text.len();
        self.saved += record.steps.saturating_sub(steps);
        self.most = (self.most + STEPS_PER_SAVED * record.steps).min(MAX_STEPS_WITH_RECORDS);
        self.take(steps)?;
        for (cell, _) in record.reads() {
            self.read(cell)?;
        }
        for (cell, value) in record.writes() {
            self.write(cell, value)?;
        }
        self.walk(record.moved)?;
        self.text.extend_from_slice(&record.text);
        Some(true)
    }

    /// Runs the loop to its end.
    fn run(&mut self) -> Option<()> {
        while self.read(self.code.cell)? != 0 {
            self.take(1)?;
            self.iteration()?;
        }
        Some(())
    }

    /// Runs the body once.
    fn iteration(&mut self) -> Option<()> {
        let Loop { body, base, text, .. } = *self.code;
        let mut next = 0;
        while let Some(op) = body.get(next) {
            self.take(1)?;
            next += 1;
            match op.kind {
                Kind::Add { cell, delta } => self.add(cell, delta)?,
                Kind::Set { cell, value } => self.write(cell, value)?,
                Kind::MulAdd { target, source, factor } => {
                    let value = self.read(source)?.wrapping_mul(factor);
                    self.add(target, value)?;
                }
                Kind::Copy { target, source, factor } => {
                    let value = self.read(source)?.wrapping_mul(factor);
                    self.write(target, value)?;
                }
                Kind::Product { target, left, right, factor } => {
                    let value = self.read(left)?.wrapping_mul(self.read(right)?).wrapping_mul(factor);
                    self.add(target, value)?;
                }
                Kind::MinAdd { target, source, most, factor } => {
                    let least = self.read(source)?.min(most.into());
                    self.add(target, least.wrapping_mul(factor))?;
                }
                Kind::Move { delta } => self.walk(delta)?,
                Kind::Scan { cell, stride } => {
                    while self.read(cell)? != 0 {
                        self.take(1)?;
                        self.walk(stride)?;
                    }
                }
                Kind::Walk { cell, stride, leave, enter } => {
                    while self.read(cell)? != 0 {
                        self.take(1)?;
                        self.add(cell, i64::from(leave) as u64)?;
                        self.walk(stride)?;
                        self.add(cell, i64::from(enter) as u64)?;
                    }
                }
                Kind::Output { cell } => {
                    let value = self.read(cell)?;
                    self.text.push(value as u8);
                }
                Kind::Text { start, len } => {
                    self.take(len as usize)?;
                    self.text.extend_from_slice(&text[start as usize..(start + len) as usize]);
                }
                Kind::If { cell, end } => {
                    if self.read(cell)? == 0 {
                        next = end as usize + 1 - base;
                    }
                }
                Kind::Loop { cell, end } => {
                    let head = next as u32;
                    if self.read(cell)? == 0 || self.repeat(head)? {
                        next = end as usize + 1 - base;
                    } else {
                        self.records.begin(head, self.now());
                        self.read(cell)?;
                    }
                }
                Kind::LoopEnd { start } => {
                    let Kind::Loop { cell, .. } = body[start as usize - base].kind else {
                        unreachable!("a loop's end names its head");
                    };
                    let head = start as usize + 1 - base;
                    if self.read(cell)? == 0 {
                        self.records.end(head as u32, self.now(), &self.text);
                    } else {
                        next = head;
                    }
                }
                Kind::IfEnd { .. } => {}
                Kind::Count(_)
                | Kind::Divide { .. }
                | Kind::Ripple { .. }
                | Kind::Hold { .. }
                | Kind::AddHeld { .. }
                | Kind::Release { .. }
                | Kind::Input { .. }
                | Kind::Dump { .. } => return None,
            }
        }
        Some(())
    }

    /// What was done, if it takes no more operations than the loop has.
    fn done(self) -> Option<Done> {
        let changed = self.cells.iter().zip(self.first..).filter_map(|(state, cell)| match *state {
            Cell::Written(value) if self.facts.sure_value(cell) != Some(value) => Some(Kind::Set { cell, value }),
            Cell::Written(_) | Cell::Read(_) | Cell::Unused => None,
        });
        let mut kinds: Vec<_> = changed.collect();
        if self.pointer != 0 {
            kinds.push(Kind::Move { delta: self.pointer });
        }
        let needed = kinds.len() + usize::from(!self.text.is_empty());
        (needed <= self.code.body.len() + 2).then_some(Done { text: self.text, kinds })
    }
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn loops_on_known_values_are_run() {
        check8(
            "closed",
            "input [5]/set [0] 1/set [2] 5/loop [2]/output [0]/add [2] 255/copy [1] [0] 2/copy [0] [1] 1/end/input [6]",
            "input [5]/set [0] 1/set [2] 5/text \"\\x01\\x02\\x04\\x08\\x10\"/set [0] 32/set [1] 32/set [2] 0/input [6]",
        );
        // The pointer moves along.
        check8(
            "closed",
            "input [9]/set [0] 3/loop [0]/text \"ab\"/copy [1] [0] 1/add [1] 255/move 1/end/output [0]/output [-3]",
            "input [9]/set [0] 3/text \"ababab\\x00\\x03\"/set [1] 2/set [2] 1/move 3",
        );
        // Whatever is in it, and every time around.
        check8(
            "closed",
            "input [9]/loop [9]/set [0] 0/set [1] 2/set [2] 1/set [3] 0/loop [1]/scan [1] 1/walk [0] -1 255 0/\
             if [1]/output [1]/end/end/input [9]/end",
            "input [9]/loop [9]/set [1] 2/set [2] 1/text \"\\x01\"/set [1] 0/set [2] 0/input [9]/end",
        );
    }

    #[test]
    fn inner_loops_that_find_the_same_are_not_run_again() {
        // Three loops in each other, and each drifts, around cells that are 0 whenever it comes to them: of some
        // hundred thousand steps a few thousand are taken.
        let nest = (0..3).rev().map(|level| 10 * level).fold(String::new(), |inner, first| {
            let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|cell| first + cell);
            format!(
                "add [{a}] 1/add [{b}] 1/add [{c}] 1/add [{d}] 1/add [{e}] 2/loop [{d}]/loop [{e}]/add [{d}] 3/\
                 add [{e}] 255/{inner}end/move -1/end/set [{e}] 0/move 5/"
            )
        });
        check8(
            "closed",
            &nest,
            "set [1] 1/set [2] 1/set [3] 1/set [4] 1/set [5] 2/set [1] 202/set [2] 0/set [3] 0/set [4] 0/set [5] 0/\
             move -4/set [5] 0/move 5",
        );
    }

    #[test]
    fn other_loops_stay() {
        for stays in [
            // An unknown value; endless loops; long ones; input; a cell that may be off the tape.
            "input [0]/input [1]/set [2] 5/loop [2]/add [2] 255/muladd [1] [0] 1/muladd [0] [1] 1/end",
            "set [0] 1/loop [0]/end",
            "set [0] 1/set [1] 2/loop [0]/muladd [2] [1] 3/muladd [1] [2] 3/end",
            "set [0] 200/set [1] 2/loop [0]/set [2] 200/loop [2]/muladd [3] [1] 3/muladd [1] [3] 1/add [2] 255/end/add [0] 255/end",
            "set [0] 50/loop [0]/text \"abcdefghijklmnopqrstuvwxyz\"/add [0] 255/end",
            "set [0] 1/loop [0]/input [0]/end",
            "input [0]/set [1] 1/loop [1]/muladd [50000] [1] 1/muladd [1] [50000] 1/end",
            // More cells than operations.
            "set [0] 99/loop [0]/copy [1] [0] 1/add [1] 255/move 1/end",
        ] {
            check8("closed", stays, stays);
        }
    }
}
