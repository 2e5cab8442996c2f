//! Programs with their input, and what the definition of the language says of them.

use std::fmt::Write as _;
use std::time::Duration;

use bfllvm::dialect::Dialect;
use bfllvm::ir::{Entry, Program};
use bfllvm::level::{Level, Start};
use bfllvm::parse::{Bang, Granularity, Hash, Options, parse};
use bfllvm::reference::{Machine, MemoryIo, Status};
use bfllvm::source::Source;
use bfllvm::verify::Bounds;
use bfllvm::verify::base::{self, Base, Cut};

/// A program that does not end within so many commands is not followed further.
const STEPS: u64 = 20_000;

/// How far the long tape reaches beyond the real one on both sides, in cells; no program here gets further
/// within [`STEPS`].
const MARGIN: usize = 1 << 16;

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub end: Ended,
    pub output: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Finished,
    Faulted,
    /// It was still running.
    Unfinished,
}

/// A case: a program with its input, and what the definition of the language says of it.
pub struct Case {
    pub source: Source,
    pub dialect: Dialect,
    pub input: Vec<u8>,
    pub literal: Program,
    pub reference: Run,
    pub steps: u64,
    /// On a tape that is long enough on both sides.
    pub unbounded: Run,
}

impl Case {
    pub fn new(code: &str, input: Vec<u8>, dialect: Dialect) -> Case {
        let source = source(code);
        let literal = read(&source, &dialect, Granularity::Commands);
        let (reference, steps) = interpret(&literal, &dialect, &input);
        let unbounded = if reference.end == Ended::Faulted {
            let long = Dialect::new(dialect.width, dialect.eof, dialect.tape_cells() + 2 * MARGIN as u64);
            run_from(&literal, &long, &input, MARGIN as i64).0
        } else {
            reference.clone()
        };
        Case { source, dialect, input, literal, reference, steps, unbounded }
    }

    /// Whether the program is known to run for ever and not to print anything more at some time.
    pub fn is_endless(&self) -> bool {
        let case = base::Case { program: &self.literal, dialect: self.dialect, input: &self.input };
        let bounds = Bounds { time: Duration::MAX, compiling: Duration::ZERO, steps: 1 << 22, output: 1000 };
        Base::new(case, &bounds).cut == Some(Cut::Endless)
    }

    pub fn at(&self, level: Level) -> Program {
        self.starting(level, Start::Ahead)
    }

    pub fn starting(&self, level: Level, start: Start) -> Program {
        let program = read(&self.source, &self.dialect, level.row().granularity);
        level.passes(start).fold(program, |program, pass| pass.apply(program))
    }

    /// Whether `run` is one that the contract allows (S5).
    pub fn allows(&self, run: &Run) -> Result<(), String> {
        let expected = match self.reference.end {
            Ended::Finished => run == &self.reference,
            Ended::Faulted => {
                // Where the longer run was not followed to its end, the optimised one may have got there.
                let ends_right =
                    run.end == Ended::Faulted || run == &self.unbounded || self.unbounded.end == Ended::Unfinished;
                ends_right && run.output.starts_with(&self.reference.output) && {
                    let (shorter, longer) = if run.output.len() < self.unbounded.output.len() {
                        (&run.output, &self.unbounded.output)
                    } else {
                        (&self.unbounded.output, &run.output)
                    };
                    longer.starts_with(shorter)
                }
            }
            Ended::Unfinished => {
                run.output.starts_with(&self.reference.output) || self.reference.output.starts_with(&run.output)
            }
        };
        if expected {
            return Ok(());
        }
        let mut message = format!("got {run:?}\nreference {:?}", self.reference);
        if self.reference.end == Ended::Faulted {
            let _ = write!(message, "\non a longer tape {:?}", self.unbounded);
        }
        Err(message)
    }
}

pub fn source(code: &str) -> Source {
    Source::new("case.bf", code.as_bytes().to_vec()).unwrap()
}

pub fn read(source: &Source, dialect: &Dialect, granularity: Granularity) -> Program {
    let options = Options { width: dialect.width, granularity, hash: Hash::Comment, bang: Bang::Comment };
    let program = parse(source, &options).unwrap().program;
    Program { entry: Entry::of(dialect), ..program }
}

pub fn interpret(program: &Program, dialect: &Dialect, input: &[u8]) -> (Run, u64) {
    run_from(program, dialect, input, 0)
}

/// With the pointer at `cell`.
fn run_from(program: &Program, dialect: &Dialect, input: &[u8], cell: i64) -> (Run, u64) {
    let mut machine = Machine::new(program, dialect).starting_at(cell);
    let mut io = MemoryIo { input, ..MemoryIo::default() };
    let end = match machine.run(&mut io, STEPS) {
        Status::Finished | Status::Arrived => Ended::Finished,
        Status::Fault { .. } => Ended::Faulted,
        Status::Paused | Status::Halted | Status::OutOfMemory => Ended::Unfinished,
    };
    (Run { end, output: io.output }, machine.steps())
}
