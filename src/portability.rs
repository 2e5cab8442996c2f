//! What a program asks of an implementation: whether it would do the same under other conventions.
//!
//! The unoptimised program runs in a reference machine under the conventions that were chosen. As soon as a command would leave
//! something else in a cell under another convention, a second machine goes on under that one, in lockstep: up to the first
//! command that prints another byte or takes another way. Implementations differ in more than that, so it is watched as well
//! whether the program relies on cells that wrap around, reads past the end of its input, and leaves the cells that every
//! implementation has.
//!
//! Says what happens in one run, with one input. Knows the reference interpreter; nothing of how findings are shown.

use crate::dialect::{CellWidth, DEFAULT_TAPE_CELLS, Dialect, Eof};
use crate::ir::{Kind, Op, Program};
use crate::reference::{Halt, Io, Machine, Status};
use crate::source::Span;

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
    /// Whether a cell wraps around in it, up to its end, if it is not the same.
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
            let end = trial.to_end(&mut fork.machine, &mut fork.io, &mut fork.watch);
            let prints_same = (finish, end) == (Finish::Ended, Finish::Ended) && fork.io.printed == printed;
            let wraps = fork.watch.wrap.is_some();
            Variant { convention, parting: fork.parting, finish: Some(end), wraps: Some(wraps), prints_same }
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
            | Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
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

/// The output of a run: its length and a hash, for it may be long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Printed {
    bytes: u64,
    hash: u64,
}

impl Printed {
    /// FNV-1a: a byte more.
    fn push(&mut self, byte: u8) {
        self.bytes += 1;
        self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

/// The input that is left, what was written last, and what was written at all.
#[derive(Clone, Copy, Debug)]
struct Words<'i> {
    input: &'i [u8],
    written: Option<u8>,
    printed: Printed,
}

impl Words<'_> {
    fn new(input: &[u8]) -> Words<'_> {
        // The start that FNV has.
        let printed = Printed { bytes: 0, hash: 0xcbf2_9ce4_8422_2325 };
        Words { input, written: None, printed }
    }
}

impl Io for Words<'_> {
    fn read(&mut self) -> Result<Option<u8>, Halt> {
        Ok(self.input.split_off_first().copied())
    }

    fn write(&mut self, byte: u8) -> Result<(), Halt> {
        self.written = Some(byte);
        self.printed.push(byte);
        Ok(())
    }

    fn dump(&mut self, _: &Machine<'_>, _: usize) -> Result<(), Halt> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Bang, Granularity, Hash, Options, parse};
    use crate::source::Source;

    const MAX_STEPS: u64 = 1_000_000;

    fn findings(code: &str, dialect: Dialect, input: &[u8]) -> Findings {
        let source = Source::new("t", code.as_bytes().to_vec()).unwrap();
        let (width, granularity) = (dialect.width, Granularity::Commands);
        let options = Options { width, granularity, hash: Hash::Comment, bang: Bang::Comment };
        examine(&parse(&source, &options).unwrap().program, &dialect, input, MAX_STEPS)
    }

    #[test]
    fn another_way_to_the_same_output_is_not_seen() {
        // Where the input ends it tests the cell, and prints nothing then.
        let code = ",[.,]";
        let found = findings(",+[-.[-],+]", Dialect::new(CellWidth::W8, Eof::MinusOne, 30_000), b"ab");
        assert!(found.variants.iter().any(Variant::is_seen), "with 0 it does not end: {found:?}");
        let found = findings(&format!("{code}>+[-]"), Dialect::new(CellWidth::W8, Eof::Zero, 30_000), b"");
        let of = |eof| found.variants.iter().find(|variant| variant.convention == Convention::Eof(eof)).unwrap();
        assert!(!of(Eof::Same).is_seen() && of(Eof::MinusOne).is_seen(), "{found:?}");
        // Its way there is another.
        let found = findings(",[[-]]", Dialect::new(CellWidth::W8, Eof::Zero, 30_000), b"");
        let minus_one = found.variants.iter().find(|variant| variant.convention == Convention::Eof(Eof::MinusOne));
        let minus_one = minus_one.unwrap();
        assert!(minus_one.parting.is_some() && minus_one.prints_same && !minus_one.is_seen(), "{found:?}");
        assert!(!found.depends_on_eof());
    }

    /// The conventions under which the program does something else: where and how.
    fn partings(findings: &Findings) -> Vec<(Convention, u32, How)> {
        let parted = findings.variants.iter().filter_map(|variant| variant.parting.map(|at| (variant.convention, at)));
        parted.map(|(convention, Parting { place, how })| (convention, place.span.start, how)).collect()
    }

    #[test]
    fn a_program_that_asks_for_nothing() {
        let findings = findings(",[.-]>+.", Dialect::default(), b"\x05");
        assert_eq!((findings.finish, findings.steps), (Finish::Ended, 2 + 3 * 5 + 3));
        assert_eq!(findings.variants.len(), 5);
        assert!(findings.variants.iter().all(|variant| variant.parting.is_none()));
        assert_eq!((findings.wrap, findings.past_end, findings.far, findings.left), (None, None, None, None));
        assert_eq!((findings.last_cell, findings.ample, findings.remedy), (1, None, None));
    }

    #[test]
    fn the_end_of_the_input() {
        // Reads into a 7; only the byte that is printed tells.
        let found = findings("+++++++>,<,.", Dialect::default(), b"x");
        assert_eq!(found.past_end.map(|place| place.span.start), Some(10));
        assert_eq!(
            partings(&found),
            [
                (Convention::Eof(Eof::Zero), 11, How::Prints { chosen: 7, other: 0 }),
                (Convention::Eof(Eof::MinusOne), 11, How::Prints { chosen: 7, other: 255 }),
            ]
        );
        // The cell is 0, and so 0 is the same; -1 is not.
        let found = findings(",[.,]", Dialect::new(CellWidth::W8, Eof::Zero, 1), b"");
        assert_eq!(partings(&found), [(Convention::Eof(Eof::MinusOne), 1, How::Branches { chosen: 0, other: 255 })]);
        // A width matters where all bits are set.
        let found = findings(",+[]", Dialect::new(CellWidth::W16, Eof::MinusOne, 1), b"");
        assert_eq!(found.finish, Finish::Ended);
        let eof = |eof, other| (Convention::Eof(eof), 2, How::Branches { chosen: 0, other });
        assert_eq!(partings(&found), [eof(Eof::Same, 1), eof(Eof::Zero, 1)]);
    }

    #[test]
    fn a_cat_needs_an_end_of_input() {
        let found = findings(",[.,]", Dialect::default(), b"ab");
        assert_eq!(found.finish, Finish::CutOff);
        assert_eq!(found.remedy, Some(Dialect::new(CellWidth::W8, Eof::Zero, DEFAULT_TAPE_CELLS)));
    }

    #[test]
    fn the_width_of_cells() {
        // 16 * 16 is 0 in 8 bits.
        let code = "++++++++++++++++[>++++++++++++++++<-]>[<+>[-]]<.";
        let found = findings(code, Dialect::default(), b"");
        let wide = |width| (Convention::Cells(width), 38, How::Branches { chosen: 0, other: 256 });
        assert_eq!(partings(&found), [wide(CellWidth::W16), wide(CellWidth::W32), wide(CellWidth::W64)]);
        let ends: Vec<_> = found.variants.iter().map(|variant| (variant.finish, variant.wraps)).collect();
        let wide = (Some(Finish::Ended), Some(false));
        assert_eq!(ends, [(None, None), (None, None), wide, wide, wide]);
        assert_eq!(found.wrap.map(|(wrap, place)| (wrap, place.span.start)), Some((Wrap::AboveMaximum, 33)));
        // From the other side it looks the same, but nothing wraps around.
        let found = findings(code, Dialect::new(CellWidth::W16, Eof::Same, 1), b"");
        let narrow = (Convention::Cells(CellWidth::W8), 38, How::Branches { chosen: 256, other: 0 });
        assert_eq!((partings(&found), found.wrap), (vec![narrow], None));
    }

    #[test]
    fn wrapping_around_and_back_is_no_difference() {
        let found = findings("--->+<+++[.]", Dialect::default(), b"");
        assert_eq!(partings(&found), []);
        assert_eq!(found.wrap.map(|(wrap, place)| (wrap, place.span.start)), Some((Wrap::BelowZero, 0)));
    }

    #[test]
    fn far_cells_and_moves_to_the_left() {
        let code = format!("<>{}+>+", ">".repeat(30_000));
        let found = findings(&code, Dialect::default(), b"");
        assert_eq!(found.left.map(|place| place.span.start), Some(0));
        assert_eq!(found.far.map(|(cell, place)| (cell, place.span.start)), Some((30_000, 30_002)));
        assert_eq!(found.last_cell, 30_001);
    }

    #[test]
    fn a_fault_is_tried_on_a_longer_tape() {
        let found = findings("+<+<+>>>+", Dialect::default(), b"");
        let Finish::Faulted { cell: -1, place } = found.finish else { panic!("{found:?}") };
        assert_eq!((place.span.start, place.steps), (2, 2));
        assert_eq!((found.ample, found.remedy), (Some((Finish::Ended, -2, 1)), None));
        let short = format!("{}+", ">".repeat(5000));
        let found = findings(&short, Dialect::new(CellWidth::W8, Eof::Same, 1), b"");
        assert_eq!(found.ample, Some((Finish::Ended, 0, 5000)));
    }

    #[test]
    fn two_changes_are_tried_if_one_does_not_help() {
        // Ends if the input's end is 0 and 256 is not.
        let not_zero = "++++++++++++++++[>++++++++++++++++<-]";
        let code = format!("{not_zero}+>[<->[-]]<[]>>+,[]");
        let found = findings(&code, Dialect::default(), b"");
        assert_eq!(found.finish, Finish::CutOff);
        assert_eq!(found.remedy, Some(Dialect::new(CellWidth::W16, Eof::Zero, DEFAULT_TAPE_CELLS)));
    }
}
