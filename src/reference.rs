//! The reference interpreter: the definition of the language.
//!
//! What it does with the operations of an unoptimised program *is* what the program means: every
//! access is checked, every operation counted. Engines and optimisations are tested against it. It runs
//! optimised programs too, to count what they still have to do.
//!
//! Knows the operations and the dialect; nothing of the operating system, and it does not try to be fast.

use crate::dialect::{Dialect, Eof};
use crate::ir::count::{Count, Direction, Reload};
use crate::ir::{Kind, Program};

/// What a program talks to.
pub trait Io {
    /// The next byte of the input, or `None` at its end. Not called again after the end.
    ///
    /// # Errors
    /// The run has to stop.
    fn read(&mut self) -> Result<Option<u8>, Halt>;

    /// Takes a byte of output.
    ///
    /// # Errors
    /// The run has to stop.
    fn write(&mut self, byte: u8) -> Result<(), Halt>;

    /// Takes a picture of the tape (`#`); `op` is the index of the operation.
    ///
    /// # Errors
    /// The run has to stop.
    fn dump(&mut self, machine: &Machine<'_>, op: usize) -> Result<(), Halt>;
}

/// An [`Io`] asks the run to stop; it knows the reason itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halt;

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The budget is used up; the run can go on.
    Paused,
    /// The next operation is the one to stop at; the run can go on.
    Arrived,
    /// The program ended.
    Finished,
    /// Operation `op` tried to access `cell`, which is not on the tape.
    Fault { cell: i64, op: usize },
    /// The [`Io`] stopped the run.
    Halted,
    /// There is no memory for the cell that was to be accessed.
    OutOfMemory,
}

/// A program in the middle of its run.
#[derive(Clone, Debug)]
pub struct Machine<'p> {
    program: &'p Program,
    eof: Eof,
    /// The cells up to the last one that was used, and some more: the rest is 0.
    tape: Vec<u64>,
    cells: u64,
    pointer: i64,
    next: usize,
    steps: u64,
    passed: u64,
    input_ended: bool,
    /// By [`Kind::Hold`], and where the pointer was.
    held: (u64, i64),
}

/// For how many cells there is memory from the first access on.
const FIRST_CELLS: usize = 512;

/// What an operation has led to.
struct Done {
    /// The index of the next operation.
    next: usize,
    /// How many steps that was.
    steps: u64,
}

/// Why an operation did not complete.
enum Interruption {
    OffTape(i64),
    Halted,
    OutOfMemory,
}

impl From<Halt> for Interruption {
    fn from(_: Halt) -> Self {
        Interruption::Halted
    }
}

impl<'p> Machine<'p> {
    /// A machine before the first operation: cells 0, pointer at cell 0.
    #[must_use]
    pub fn new(program: &'p Program, dialect: &Dialect) -> Machine<'p> {
        debug_assert_eq!(program.width, dialect.width);
        Machine {
            program,
            eof: dialect.eof,
            tape: Vec::new(),
            cells: dialect.tape_cells(),
            pointer: 0,
            next: 0,
            steps: 0,
            passed: 0,
            input_ended: false,
            held: (0, 0),
        }
    }

    /// The same with the pointer at `cell`: for a tape with room on the left.
    #[must_use]
    pub fn starting_at(self, cell: i64) -> Machine<'p> {
        Machine { pointer: cell, ..self }
    }

    /// A machine at this point of the run that goes on under another convention. `program` has the same operations, for
    /// the width of `dialect`; no cell may hold more than fits in it.
    #[must_use]
    pub fn under<'q>(&self, program: &'q Program, dialect: &Dialect) -> Machine<'q> {
        debug_assert_eq!(program.width, dialect.width);
        debug_assert_eq!(program.ops.len(), self.program.ops.len());
        debug_assert!(self.tape.iter().all(|&value| value <= dialect.width.mask()));
        Machine { program, eof: dialect.eof, tape: self.tape.clone(), cells: dialect.tape_cells(), ..*self }
    }

    /// Runs until the program ends or `budget` more operations are done.
    pub fn run(&mut self, io: &mut dyn Io, budget: u64) -> Status {
        match self.run_to(io, budget, self.program.ops.len()) {
            Status::Arrived => Status::Finished,
            status => status,
        }
    }

    /// Runs until the next operation is the one at index `stop`, or `budget` more are done.
    pub fn run_to(&mut self, io: &mut dyn Io, budget: u64, stop: usize) -> Status {
        let end = self.steps.saturating_add(budget);
        while self.next != stop {
            let op = self.program.ops[self.next];
            if self.steps == end {
                return Status::Paused;
            }
            match self.step(op.kind, io) {
                Ok(Done { next, steps }) => {
                    self.next = next;
                    self.steps += steps;
                }
                Err(Interruption::OffTape(cell)) => return Status::Fault { cell, op: self.next },
                Err(Interruption::Halted) => return Status::Halted,
                Err(Interruption::OutOfMemory) => return Status::OutOfMemory,
            }
        }
        Status::Arrived
    }

    /// The index of the next operation; behind the last at the program's end.
    #[must_use]
    pub fn next(&self) -> usize {
        self.next
    }

    /// How many operations were done.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// How many cells scans and walks have passed, each of which is one operation.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// The cell the pointer is at; it may lie off the tape.
    #[must_use]
    pub fn pointer(&self) -> i64 {
        self.pointer
    }

    /// The values of the cells up to the last one that was used at least; all others are 0.
    #[must_use]
    pub fn tape(&self) -> &[u64] {
        &self.tape
    }

    /// The value of `cell`, or `None` off the tape.
    #[must_use]
    pub fn cell(&self, cell: i64) -> Option<u64> {
        let index = u64::try_from(cell).ok().filter(|&index| index < self.cells)?;
        Some(self.tape.get(index as usize).copied().unwrap_or(0))
    }

    /// Does one operation. A scan or walk is one step, the end of a condition none; a [`Kind::Count`], [`Kind::Divide`] or
    /// [`Kind::Ripple`] that does nothing belongs to its loop's.
    fn step(&mut self, kind: Kind, io: &mut dyn Io) -> Result<Done, Interruption> {
        let mask = self.program.width.mask();
        let mut done = Done { next: self.next + 1, steps: 1 };
        match kind {
            Kind::Add { cell, delta } => {
                let value = self.at(cell)?;
                *value = value.wrapping_add(delta) & mask;
            }
            Kind::Set { cell, value } => *self.at(cell)? = value,
            Kind::MulAdd { target, source, factor } => {
                let product = self.at(source)?.wrapping_mul(factor);
                let value = self.at(target)?;
                *value = value.wrapping_add(product) & mask;
            }
            Kind::Copy { target, source, factor } => {
                let product = self.at(source)?.wrapping_mul(factor) & mask;
                *self.at(target)? = product;
            }
            Kind::Product { target, left, right, factor } => {
                let product = self.at(left)?.wrapping_mul(*self.at(right)?).wrapping_mul(factor);
                let value = self.at(target)?;
                *value = value.wrapping_add(product) & mask;
            }
            Kind::MinAdd { target, source, most, factor } => {
                let least = (*self.at(source)?).min(most.into());
                let value = self.at(target)?;
                *value = value.wrapping_add(least.wrapping_mul(factor)) & mask;
            }
            Kind::Move { delta } => self.pointer += i64::from(delta),
            Kind::Scan { cell, stride } => {
                while *self.at(cell)? != 0 {
                    self.pointer += i64::from(stride);
                    self.passed += 1;
                }
            }
            Kind::Walk { cell, stride, leave, enter } => {
                let mut here = *self.at(cell)?;
                while here != 0 {
                    *self.at(cell)? = here.wrapping_add_signed(leave.into()) & mask;
                    self.pointer += i64::from(stride);
                    let next = self.at(cell)?;
                    *next = next.wrapping_add_signed(enter.into()) & mask;
                    here = *next;
                    self.passed += 1;
                }
            }
            Kind::Count(count) => done.steps = u64::from(self.count(&count)?),
            Kind::Divide { cell, divisor, quotient, unless } => {
                done.steps = u64::from(self.divide(cell, divisor.into(), quotient, unless)?);
            }
            Kind::Hold { cell, unless } => {
                let is_free = *self.at(unless)? == 0;
                let value = *self.at(cell)?;
                self.held = (if is_free { value.wrapping_sub(1) & mask } else { 0 }, self.pointer);
            }
            Kind::Release { beyond } => {
                if self.pointer.abs_diff(self.held.1) > beyond.into() {
                    self.held.0 = 0;
                }
            }
            Kind::AddHeld { cell, factor } => {
                let product = self.held.0.wrapping_mul(factor);
                if self.held.0 != 0 {
                    let value = self.at(cell)?;
                    *value = value.wrapping_add(product) & mask;
                }
            }
            Kind::Ripple { digit, stride, mark } => done.steps = u64::from(self.ripple(digit, stride, mark)?),
            Kind::Input { cell } => {
                self.at(cell)?;
                let byte = if self.input_ended { None } else { io.read()? };
                self.input_ended = byte.is_none();
                match (byte, self.eof) {
                    (Some(byte), _) => *self.at(cell)? = u64::from(byte),
                    (None, Eof::Same) => {}
                    (None, Eof::Zero) => *self.at(cell)? = 0,
                    (None, Eof::MinusOne) => *self.at(cell)? = mask,
                }
            }
            Kind::Output { cell } => {
                let value = *self.at(cell)?;
                io.write(value as u8)?;
            }
            Kind::Text { start, len } => {
                for &byte in &self.program.text[start as usize..(start + len) as usize] {
                    io.write(byte)?;
                }
            }
            Kind::Dump { cell } => {
                self.pointer += i64::from(cell);
                let shown = io.dump(self, self.next);
                self.pointer -= i64::from(cell);
                shown?;
            }
            Kind::Loop { cell, end } | Kind::If { cell, end } => {
                if *self.at(cell)? == 0 {
                    done.next = end as usize + 1;
                }
            }
            Kind::LoopEnd { start } => {
                let Kind::Loop { cell, .. } = self.program.ops[start as usize].kind else {
                    unreachable!("a loop's end names its head");
                };
                if *self.at(cell)? != 0 {
                    done.next = start as usize + 1;
                }
            }
            // A place, and nothing to do.
            Kind::IfEnd { .. } => done.steps = 0,
        }
        Ok(done)
    }

    /// Whether it did anything.
    fn ripple(&mut self, digit: i32, stride: i8, mark: i8) -> Result<bool, Interruption> {
        let (stride, mark) = (i32::from(stride), i32::from(mark));
        let mut has_changed = false;
        if *self.at(digit - stride)? == 0 {
            for cell in (0..Kind::RIPPLE_DIGITS as i32).map(|number| digit + number * stride) {
                if *self.at(cell)? > 1 || *self.at(cell + mark)? != 0 {
                    break;
                }
                has_changed |= std::mem::replace(self.at(cell)?, 1) == 0;
                self.passed += 1;
            }
        }
        Ok(has_changed)
    }

    /// Whether it did anything.
    fn divide(&mut self, cell: i32, divisor: u64, quotient: i32, unless: i32) -> Result<bool, Interruption> {
        let mask = self.program.width.mask();
        let value = *self.at(cell)?;
        if value < divisor || *self.at(unless)? != 0 {
            return Ok(false);
        }
        let target = self.at(quotient)?;
        *target = target.wrapping_add(value / divisor) & mask;
        *self.at(cell)? = value % divisor;
        Ok(true)
    }

    /// Whether it did anything.
    fn count(&mut self, count: &Count) -> Result<bool, Interruption> {
        let mask = self.program.width.mask();
        let iterations = count.iterations(*self.at(count.counter)?, mask);
        if iterations == 0 {
            return Ok(false);
        }
        let phase = *self.at(count.cell(count.phase))?;
        let mut complement_period = 0;
        if let Reload::Complement { cell, offset, except, .. } = count.reload {
            let sum = phase.wrapping_add(*self.at(count.cell(cell))?);
            complement_period = sum.wrapping_add_signed(offset.into()) & mask;
            if except.is_some_and(|except| complement_period == u64::from(except)) {
                return Ok(false);
            }
        }
        let left = count.left(phase, mask);
        if left == 0 && count.waits() {
            return Ok(false);
        }
        for zero in count.zero_cells() {
            if *self.at(zero)? != 0 {
                return Ok(false);
            }
        }
        let progress = count.progress(iterations, left, mask, || match count.reload {
            Reload::Never { .. } | Reload::Complement { .. } => Ok(complement_period),
            Reload::Constant { period, .. } => Ok(period.into()),
            Reload::Cell { cell } => self.at(count.cell(cell)).copied(),
        })?;
        let phase_change = match count.direction {
            Direction::Down => progress.left.wrapping_sub(left),
            Direction::Up => left.wrapping_sub(progress.left),
        };
        let mut add = |cell: i32, delta: u64| {
            let value = self.at(cell)?;
            *value = value.wrapping_add(delta) & mask;
            Ok::<(), Interruption>(())
        };
        add(count.counter, progress.iterations.wrapping_neg())?;
        add(count.cell(count.phase), phase_change)?;
        if let Some(cell) = count.opposite()
            && phase_change != 0
        {
            add(cell, phase_change.wrapping_neg())?;
        }
        if let Some(copy) = count.copy {
            add(count.cell(copy.get()), progress.iterations)?;
        }
        let counted = |times: u64| if count.borrows() { times.wrapping_neg() } else { times };
        if let Some(carry) = count.carry
            && progress.reloads != 0
        {
            add(count.cell(carry.get()), counted(progress.reloads))?;
        }
        if let Some(cell) = count.others()
            && progress.iterations != progress.reloads
        {
            add(cell, counted(progress.iterations - progress.reloads))?;
        }
        Ok(true)
    }

    fn at(&mut self, cell: i32) -> Result<&mut u64, Interruption> {
        let cell = self.pointer + i64::from(cell);
        let index = usize::try_from(cell).map_err(|_| Interruption::OffTape(cell))?;
        if index >= self.tape.len() {
            self.grow(index)?;
        }
        Ok(&mut self.tape[index])
    }

    /// Makes room for the cell `index`: twice as much as before, or a little at first.
    #[cold]
    fn grow(&mut self, index: usize) -> Result<(), Interruption> {
        if index as u64 >= self.cells {
            return Err(Interruption::OffTape(index as i64));
        }
        let wanted = (index + 1).next_power_of_two().max(FIRST_CELLS).min(self.cells as usize);
        self.tape.try_reserve_exact(wanted - self.tape.len()).map_err(|_| Interruption::OutOfMemory)?;
        self.tape.resize(wanted, 0);
        Ok(())
    }
}

/// An [`Io`] in memory: the input is a slice, the output is collected.
#[derive(Debug, Default)]
pub struct MemoryIo<'i> {
    pub input: &'i [u8],
    pub output: Vec<u8>,
    /// The run is stopped before the output would grow longer than this; 0 stands for no bound.
    pub max_output: usize,
    /// The values at the pointer that `#` showed.
    pub dumps: Vec<(i64, Option<u64>)>,
}

impl Io for MemoryIo<'_> {
    fn read(&mut self) -> Result<Option<u8>, Halt> {
        Ok(self.input.split_off_first().copied())
    }

    fn write(&mut self, byte: u8) -> Result<(), Halt> {
        if self.max_output != 0 && self.output.len() == self.max_output {
            return Err(Halt);
        }
        self.output.push(byte);
        Ok(())
    }

    fn dump(&mut self, machine: &Machine<'_>, _op: usize) -> Result<(), Halt> {
        self.dumps.push((machine.pointer(), machine.cell(machine.pointer())));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::CellWidth;
    use crate::parse::{Bang, Granularity, Hash, Options, parse};
    use crate::source::Source;

    fn run(code: &str, dialect: Dialect, input: &[u8], budget: u64) -> (Status, Vec<u8>, u64) {
        let source = Source::new("t", code.as_bytes().to_vec()).unwrap();
        let options = Options {
            width: dialect.width,
            granularity: Granularity::Commands,
            hash: Hash::Comment,
            bang: Bang::Comment,
        };
        let program = parse(&source, &options).unwrap().program;
        let mut machine = Machine::new(&program, &dialect);
        let mut io = MemoryIo { input, ..MemoryIo::default() };
        let status = machine.run(&mut io, budget);
        (status, io.output, machine.steps())
    }

    #[test]
    fn every_command_is_a_step() {
        // 2 `+`, then `[` once, `>+<-` twice with `]` twice, then `>` and `.`.
        let (status, output, steps) = run("++[>+<-]>.", Dialect::default(), b"", 1000);
        assert_eq!((status, output, steps), (Status::Finished, vec![2], 2 + 1 + 2 * 5 + 2));
    }

    #[test]
    fn cells_wrap_at_their_width() {
        for width in CellWidth::ALL {
            let dialect = Dialect::new(width, Eof::Same, 1);
            let (status, output, _) = run("-.+.", dialect, b"", 1000);
            assert_eq!((status, output), (Status::Finished, vec![255, 0]), "{width:?}");
        }
        // 2^8 is 0 in 8 bits only.
        let square = "++++++++++++++++[>++++++++++++++++<-]>[<++++++++[>>++++++++<<-]>[-]]>.";
        assert_eq!(run(square, Dialect::new(CellWidth::W8, Eof::Same, 1), b"", 10_000).1, [0]);
        assert_eq!(run(square, Dialect::new(CellWidth::W16, Eof::Same, 1), b"", 10_000).1, [64]);
    }

    #[test]
    fn only_accesses_fault() {
        let fault = |code: &str| match run(code, Dialect::default(), b"", 1 << 26).0 {
            Status::Fault { cell, .. } => Some(cell),
            _ => None,
        };
        assert_eq!(fault("<<<>>>+"), None);
        for command in ["+", "-", ".", ",", "[]"] {
            assert_eq!(fault(&format!("<{command}")), Some(-1), "{command}");
        }
        assert_eq!(fault("+[>+]"), Some(1 << 24));
    }

    #[test]
    fn the_end_of_the_input_is_sticky_and_follows_the_dialect() {
        for (eof, expected) in [(Eof::Same, [b'x', b'x']), (Eof::Zero, [0, 0]), (Eof::MinusOne, [255, 255])] {
            let dialect = Dialect::new(CellWidth::W8, eof, 1);
            assert_eq!(run(",,.,.", dialect, b"x", 100).1, expected);
        }
    }

    #[test]
    fn an_endless_program_pauses() {
        let (status, _, steps) = run("+[]", Dialect::default(), b"", 1000);
        assert_eq!((status, steps), (Status::Paused, 1000));
    }
}
