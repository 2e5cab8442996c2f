//! What a program asks of an implementation: whether it would do the same under other conventions.
//!
//! The unoptimised program runs in a reference machine under the conventions that were chosen. As soon as a command would leave
//! something else in a cell under another convention, a second machine goes on under that one, in lockstep: up to the first
//! command that prints another byte or takes another way. Implementations differ in more than that, so it is watched as well
//! whether the program relies on cells that wrap around, reads past the end of its input, and leaves the cells that every
//! implementation has.
//!
//! Says what happens in one run, with one input. Knows the reference interpreter, and our passes, for what takes too long without
//! them; nothing of how findings are shown.

mod words;

use crate::dialect::{CellWidth, DEFAULT_TAPE_CELLS, Dialect, Eof};
use crate::ir::{Kind, Op, Program};
use crate::level::{Level, Start};
use crate::reference::{Machine, Status};
use crate::source::Span;
use words::{Printed, Words};

/// How many cells every implementation has: those of the first one.
pub const PORTABLE_CELLS: i64 = 30_000;

/// How much further to both sides the tape reaches on which a program is tried that left its tape, in cells.
const MARGIN_CELLS: u64 = 1 << 20;

/// One choice that another implementation may have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    Eof(Eof),
    Cells(CellWidth),
}

impl Convention {
    /// All that are not those of `dialect`.
    pub fn others(dialect: &Dialect) -> impl Iterator<Item = Convention> {
        let (eof, width) = (dialect.eof, dialect.width);
        let eofs = [Eof::Same, Eof::Zero, Eof::MinusOne].into_iter().filter(move |&other| other != eof);
        let widths = CellWidth::ALL.into_iter().filter(move |&other| other != width);
        eofs.map(Convention::Eof).chain(widths.map(Convention::Cells))
    }

    /// `dialect` with this choice.
    #[must_use]
    pub fn applied(self, dialect: &Dialect) -> Dialect {
        match self {
            Convention::Eof(eof) => Dialect::new(dialect.width, eof, dialect.tape_cells()),
            Convention::Cells(width) => Dialect::new(width, dialect.eof, dialect.tape_cells()),
        }
    }
}

/// A command, at a time of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub span: Span,
    /// How many commands are done before.
    pub steps: u64,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    Ended,
    Faulted {
        cell: i64,
        place: Place,
    },
    /// It was not followed further.
    CutOff,
}

/// Where a run under another convention parts from the chosen one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parting {
    pub place: Place,
    pub how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It prints another byte.
    Prints { chosen: u8, other: u8 },
    /// A bracket finds one of these in its cell, and the other is 0.
    Branches { chosen: u64, other: u64 },
}

/// A convention, and what becomes of the program under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    pub convention: Convention,
    /// Nothing if the program does the same, as far as it was followed.
    pub parting: Option<Parting>,
    /// How it ends, if it is not the same.
    pub finish: Option<Finish>,
    /// Whether a cell wraps around in it, up to its end, if it is not the same and was watched so far.
    pub wraps: Option<bool>,
    /// Whether it takes another way to the same output and an end of its own.
    pub prints_same: bool,
}

impl Variant {
    /// Whether anybody would see that the program is run under it.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.parting.is_some() && !self.prints_same
    }
}

/// In which direction a cell wraps around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrap {
    BelowZero,
    AboveMaximum,
}

/// What was seen in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// The conventions that were chosen.
    pub dialect: Dialect,
    pub finish: Finish,
    pub steps: u64,
    pub variants: Vec<Variant>,
    /// The first cell that wraps around.
    pub wrap: Option<(Wrap, Place)>,
    /// The first read past the end of the input.
    pub past_end: Option<Place>,
    /// The first access to a cell from [`PORTABLE_CELLS`] on, that cell, and the last one that is accessed at all.
    pub far: Option<(i64, Place)>,
    pub last_cell: i64,
    /// The first move to the left of cell 0, with or without an access there.
    pub left: Option<Place>,
    /// For a program that leaves its tape, how it ends on a longer one, and the cells that it accesses there.
    pub ample: Option<(Finish, i64, i64)>,
    /// Conventions under which the program comes to its end, if it does not under the chosen ones: the first that were found,
    /// those with fewer changes first.
    pub remedy: Option<Dialect>,
}

impl Findings {
    /// Whether the conventions about the end of the input matter.
    #[must_use]
    pub fn depends_on_eof(&self) -> bool {
        self.variants.iter().any(|variant| variant.is_seen() && matches!(variant.convention, Convention::Eof(_)))
    }

    /// Whether the width of cells matters.
    #[must_use]
    pub fn depends_on_width(&self) -> bool {
        let is_width = |variant: &Variant| matches!(variant.convention, Convention::Cells(_));
        self.variants.iter().any(|variant| variant.is_seen() && is_width(variant))
    }
}

/// Runs `program`, which must be unoptimised, with `input`, for `max_steps` commands at the most under each convention.
#[must_use]
pub fn examine(program: &Program, dialect: &Dialect, input: &[u8], max_steps: u64) -> Findings {
    let trial = Trial { programs: CellWidth::ALL.map(|width| for_width(program, width)), input, max_steps };
    let Lockstep { finish, steps, watch, printed, mut forks } = trial.lockstep(dialect);
    let variants: Vec<Variant> = Convention::others(dialect)
        .map(|convention| {
            let fork = forks.iter_mut().find(|fork| fork.convention == convention && fork.parting.is_some());
            let Some(fork) = fork else {
                return Variant { convention, parting: None, finish: None, wraps: None, prints_same: false };
            };
            let mut end = trial.to_end(&mut fork.machine, &mut fork.io, &mut fork.watch);
            let mut wraps = Some(fork.watch.wrap.is_some());
            if end == Finish::CutOff
                && let Some(all) = trial.optimised(&convention.applied(dialect))
            {
                (end, fork.io.printed) = (Finish::Ended, all);
                // Nobody watched it to its end.
                wraps = wraps.filter(|&wraps| wraps);
            }
            let prints_same = (finish, end) == (Finish::Ended, Finish::Ended) && fork.io.printed == printed;
            Variant { convention, parting: fork.parting, finish: Some(end), wraps, prints_same }
        })
        .collect();
    let (remedy, ample) = match finish {
        Finish::Ended => (None, None),
        Finish::Faulted { .. } => (trial.remedy(dialect, &variants), Some(trial.on_ample_tape(dialect))),
        Finish::CutOff => (trial.remedy(dialect, &variants), None),
    };
    let Watch { wrap, past_end, far, last_cell, left, .. } = watch;
    Findings { dialect: *dialect, finish, steps, variants, wrap, past_end, far, last_cell, left, ample, remedy }
}

/// The same commands for cells of another width.
fn for_width(program: &Program, width: CellWidth) -> Program {
    let mask = program.width.mask();
    let mut program = Program { width, ..program.clone() };
    for op in &mut program.ops {
        if let Kind::Add { delta, .. } = &mut op.kind
            && *delta == mask
        {
            *delta = width.mask();
        }
    }
    program
}

/// A program for each width of cells, with an input and a bound.
struct Trial<'i> {
    programs: [Program; CellWidth::ALL.len()],
    input: &'i [u8],
    max_steps: u64,
}

/// What came of a run with others beside it.
struct Lockstep<'t> {
    finish: Finish,
    steps: u64,
    watch: Watch,
    printed: Printed,
    forks: Vec<Fork<'t>>,
}

impl Trial<'_> {
    fn program(&self, width: CellWidth) -> &Program {
        self.programs.iter().find(|program| program.width == width).expect("a program for each width")
    }

    /// Runs under `dialect`, and from where it matters on under each other convention too.
    fn lockstep(&self, dialect: &Dialect) -> Lockstep<'_> {
        let program = self.program(dialect.width);
        let mut watch = Watch::new(dialect.width);
        let mut machine = Machine::new(program, dialect);
        let mut io = Words::new(self.input);
        let mut waiting: Vec<Convention> = Convention::others(dialect).collect();
        let mut forks: Vec<Fork<'_>> = Vec::new();
        let finish = loop {
            let Some(&op) = program.ops.get(machine.next()) else { break Finish::Ended };
            if machine.steps() >= self.max_steps {
                break Finish::CutOff;
            }
            let place = place(&op, machine.steps());
            if let Some(change) = watch.look(&op, &machine, io.input.is_empty(), place) {
                waiting.retain(|&convention| {
                    let other = convention.applied(dialect);
                    let is_same = change.result(dialect) == change.result(&other);
                    if !is_same {
                        let machine = machine.under(self.program(other.width), &other);
                        // What wrapped around before did so in both; this command may not.
                        let wrap = watch.wrap.filter(|(_, at)| at.steps < place.steps);
                        let watch = Watch { width: other.width, wrap, ..watch.clone() };
                        forks.push(Fork { convention, machine, io, watch, parting: None });
                    }
                    is_same
                });
            }
            io.written = None;
            let status = machine.run(&mut io, 1);
            for fork in forks.iter_mut().filter(|fork| fork.parting.is_none()) {
                fork.watch.look(&op, &fork.machine, fork.io.input.is_empty(), place);
                fork.follow(&machine, io.written, place);
            }
            if let Some(finish) = finished(status, place) {
                break finish;
            }
        };
        Lockstep { finish, steps: machine.steps(), watch, printed: io.printed, forks }
    }

    /// Runs the machine to its end, under watch.
    fn to_end(&self, machine: &mut Machine<'_>, io: &mut Words<'_>, watch: &mut Watch) -> Finish {
        let program = self.program(watch.width);
        loop {
            let Some(op) = program.ops.get(machine.next()) else { return Finish::Ended };
            if machine.steps() >= self.max_steps {
                return Finish::CutOff;
            }
            let place = place(op, machine.steps());
            watch.look(op, machine, io.input.is_empty(), place);
            if let Some(finish) = finished(machine.run(io, 1), place) {
                return finish;
            }
        }
    }

    /// What the program prints under `dialect`, if optimised it comes to its end: a loop that counts down from -1 is one step then,
    /// however wide the cells are.
    fn optimised(&self, dialect: &Dialect) -> Option<Printed> {
        let passes = Level::O2.passes_while_reading().chain(Level::O2.passes(Start::AtOnce));
        let program = passes.fold(self.program(dialect.width).clone(), |program, pass| pass.apply(program));
        let mut io = Words::new(self.input);
        let status = Machine::new(&program, dialect).run(&mut io, self.max_steps);
        (status == Status::Finished).then_some(io.printed)
    }

    /// Runs the program from its beginning under watch, with the pointer at `start`.
    fn afresh(&self, dialect: &Dialect, start: i64) -> (Finish, Watch) {
        let mut machine = Machine::new(self.program(dialect.width), dialect).starting_at(start);
        let mut watch = Watch::new(dialect.width);
        let finish = self.to_end(&mut machine, &mut Words::new(self.input), &mut watch);
        (finish, watch)
    }

    /// Looks for conventions under which the program comes to its end: one change first, then two.
    fn remedy(&self, dialect: &Dialect, variants: &[Variant]) -> Option<Dialect> {
        let single = variants.iter().find(|variant| variant.finish == Some(Finish::Ended));
        if let Some(variant) = single {
            return Some(variant.convention.applied(dialect));
        }
        let (eofs, widths): (Vec<_>, Vec<_>) =
            Convention::others(dialect).partition(|convention| matches!(convention, Convention::Eof(_)));
        let both = eofs.iter().flat_map(|eof| widths.iter().map(|width| width.applied(&eof.applied(dialect))));
        both.into_iter().find(|other| self.afresh(other, 0).0 == Finish::Ended)
    }

    /// Runs on a tape with more room on both sides; how that ends, and the first and last cell that are accessed.
    fn on_ample_tape(&self, dialect: &Dialect) -> (Finish, i64, i64) {
        let cells = dialect.tape_cells().max(DEFAULT_TAPE_CELLS) + 2 * MARGIN_CELLS;
        let start = MARGIN_CELLS as i64;
        let (finish, watch) = self.afresh(&Dialect::new(dialect.width, dialect.eof, cells), start);
        let finish = match finish {
            Finish::Faulted { cell, place } => Finish::Faulted { cell: cell - start, place },
            Finish::Ended | Finish::CutOff => finish,
        };
        (finish, watch.first_cell.min(start) - start, watch.last_cell.max(start) - start)
    }
}

fn place(op: &Op, steps: u64) -> Place {
    // The command itself: a loop's head spans all of the loop.
    Place { span: Span { start: op.span.start, end: op.span.start + 1 }, steps }
}

/// How a run ended, if it did; `place` is that of the last command.
fn finished(status: Status, place: Place) -> Option<Finish> {
    match status {
        Status::Paused | Status::Arrived => None,
        Status::Finished => Some(Finish::Ended),
        Status::Fault { cell, .. } => Some(Finish::Faulted { cell, place }),
        Status::Halted | Status::OutOfMemory => Some(Finish::CutOff),
    }
}

/// What a command does to a cell, where conventions may differ about that.
#[derive(Clone, Copy, Debug)]
enum Change {
    Increment { value: u64 },
    Decrement { value: u64 },
    EndOfInput { value: u64 },
}

impl Change {
    /// What is in the cell then.
    fn result(self, dialect: &Dialect) -> u64 {
        let mask = dialect.width.mask();
        match (self, dialect.eof) {
            (Change::Increment { value }, _) => value.wrapping_add(1) & mask,
            (Change::Decrement { value }, _) => value.wrapping_sub(1) & mask,
            (Change::EndOfInput { value }, Eof::Same) => value,
            (Change::EndOfInput { .. }, Eof::Zero) => 0,
            (Change::EndOfInput { .. }, Eof::MinusOne) => mask,
        }
    }
}

/// What is seen of a run.
#[derive(Clone, Debug)]
struct Watch {
    width: CellWidth,
    wrap: Option<(Wrap, Place)>,
    past_end: Option<Place>,
    far: Option<(i64, Place)>,
    /// Of those that are accessed.
    first_cell: i64,
    last_cell: i64,
    left: Option<Place>,
}

impl Watch {
    fn new(width: CellWidth) -> Watch {
        Watch { width, wrap: None, past_end: None, far: None, first_cell: i64::MAX, last_cell: 0, left: None }
    }

    /// Looks at the command that the machine is about to do.
    fn look(&mut self, op: &Op, machine: &Machine<'_>, input_is_empty: bool, place: Place) -> Option<Change> {
        let pointer = machine.pointer();
        if let Kind::Move { delta } = op.kind {
            if pointer + i64::from(delta) < 0 {
                self.left.get_or_insert(place);
            }
            return None;
        }
        if pointer >= PORTABLE_CELLS {
            self.far.get_or_insert((pointer, place));
        }
        let value = machine.cell(pointer)?;
        (self.first_cell, self.last_cell) = (self.first_cell.min(pointer), self.last_cell.max(pointer));
        match op.kind {
            Kind::Add { delta: 1, .. } => {
                if value == self.width.mask() {
                    self.wrap.get_or_insert((Wrap::AboveMaximum, place));
                }
                // Only there does the width of cells matter.
                CellWidth::ALL.iter().any(|width| width.mask() == value).then_some(Change::Increment { value })
            }
            Kind::Add { .. } if value == 0 => {
                self.wrap.get_or_insert((Wrap::BelowZero, place));
                Some(Change::Decrement { value })
            }
            Kind::Input { .. } if input_is_empty => {
                self.past_end.get_or_insert(place);
                Some(Change::EndOfInput { value })
            }
            Kind::Add { .. }
            | Kind::Input { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. }
            | Kind::Loop { .. }
            | Kind::LoopEnd { .. }
            | Kind::If { .. }
            | Kind::IfEnd { .. } => None,
        }
    }
}

/// A machine that goes on under another convention.
struct Fork<'p> {
    convention: Convention,
    machine: Machine<'p>,
    io: Words<'p>,
    watch: Watch,
    parting: Option<Parting>,
}

impl Fork<'_> {
    /// Does the command that `chosen` has just done, and sees whether it leads to the same.
    fn follow(&mut self, chosen: &Machine<'_>, written: Option<u8>, place: Place) {
        self.io.written = None;
        self.machine.run(&mut self.io, 1);
        let tested = |machine: &Machine<'_>| machine.cell(machine.pointer()).unwrap_or(0);
        let how = match (written, self.io.written) {
            (Some(chosen), Some(other)) if chosen != other => Some(How::Prints { chosen, other }),
            _ if self.machine.next() != chosen.next() => {
                Some(How::Branches { chosen: tested(chosen), other: tested(&self.machine) })
            }
            _ => None,
        };
        self.parting = how.map(|how| Parting { place, how });
    }
}

#[cfg(test)]
mod tests;
