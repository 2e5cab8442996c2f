//! What the reference interpreter does with the unoptimised program: what all else is compared with.

use std::time::{Duration, Instant};

use super::judge::Difference;
use super::{Bounds, Finish, Run};
use crate::dialect::Dialect;
use crate::ir::Program;
use crate::reference::{Halt, Io, Machine, Status};
use crate::source::Span;

/// A program with its input.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Unoptimised.
    pub program: &'a Program,
    pub dialect: Dialect,
    pub input: &'a [u8],
}

/// The reference's run.
#[derive(Debug)]
pub struct Base<'a> {
    case: Case<'a>,
    pub run: Run,
    pub steps: u64,
    /// Why it was cut off, if it was.
    pub cut: Option<Cut>,
    /// When it last printed something, from the start.
    pub last_output: Duration,
    /// The operation at fault.
    fault: Option<usize>,
    /// After a fault, the run on a tape that reaches [`MARGIN_CELLS`] further on both sides.
    pub ample: Option<Run>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It never ends: it came back to a state that it had been in, and printed nothing in between.
    Endless,
    Time,
    Steps,
    Output,
    Memory,
}

/// A command of the program, at a time of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub span: Span,
    /// How many commands are done before.
    pub steps: u64,
}

/// How much further the long tape reaches, in cells.
pub const MARGIN_CELLS: u64 = 1 << 20;

/// How many steps are made between two looks at the clock.
const SLICE: u64 = 1 << 16;

/// How many cells are compared with others at most to find out that a run comes back to where it was.
const MOST_COMPARED_CELLS: usize = 1 << 22;

impl<'a> Base<'a> {
    /// Runs the program.
    #[must_use]
    pub fn new(case: Case<'a>, bounds: &Bounds) -> Base<'a> {
        let machine = Machine::new(case.program, &case.dialect);
        let ran = follow(machine, case.input, bounds);
        let ample = ran.fault.map(|_| follow(case.on_ample_tape(), case.input, bounds).run);
        let Followed { run, steps, cut, last_output, fault } = ran;
        Base { case, run, steps, cut, last_output, fault, ample }
    }

    /// The command that the difference is about: it prints the byte that should be there, or is at fault.
    #[must_use]
    pub fn place_of(&self, difference: &Difference) -> Option<Place> {
        let byte = difference.byte;
        if byte < self.run.output.len() {
            return self.place_of_byte(Machine::new(self.case.program, &self.case.dialect), byte);
        }
        if self.ample.as_ref().is_some_and(|ample| byte < ample.output.len()) {
            return self.place_of_byte(self.case.on_ample_tape(), byte);
        }
        self.fault.map(|op| Place { span: self.span(op), steps: self.steps })
    }

    /// The command itself: a loop's head spans all of the loop.
    fn span(&self, op: usize) -> Span {
        let start = self.case.program.ops[op].span.start;
        Span { start, end: start + 1 }
    }

    /// Runs up to where so many bytes have been printed and another one is to be.
    fn place_of_byte(&self, mut machine: Machine<'_>, byte: usize) -> Option<Place> {
        let mut io = Collector { input: self.case.input, output: Vec::new(), room: byte };
        let status = machine.run(&mut io, u64::MAX);
        (status == Status::Halted).then(|| Place { span: self.span(machine.next()), steps: machine.steps() })
    }
}

impl<'a> Case<'a> {
    fn on_ample_tape(&self) -> Machine<'a> {
        let cells = self.dialect.tape_cells().saturating_add(2 * MARGIN_CELLS);
        let dialect = Dialect::new(self.dialect.width, self.dialect.eof, cells);
        Machine::new(self.program, &dialect).starting_at(MARGIN_CELLS as i64)
    }
}

struct Followed {
    run: Run,
    steps: u64,
    cut: Option<Cut>,
    last_output: Duration,
    fault: Option<usize>,
}

/// Runs the machine to its end or to a bound.
fn follow(mut machine: Machine<'_>, input: &[u8], bounds: &Bounds) -> Followed {
    let mut io = Collector { input, output: Vec::new(), room: bounds.output };
    let clock = Instant::now();
    let (mut last_output, mut printed) = (Duration::ZERO, 0);
    let (mut slices, mut is_endless) = (0u32, false);
    let status = loop {
        let steps = SLICE.min(bounds.steps - machine.steps());
        let status = if slices.is_power_of_two() {
            comes_back(&mut machine, &mut io, steps).unwrap_or_else(|| {
                is_endless = true;
                Status::Paused
            })
        } else {
            machine.run(&mut io, steps)
        };
        slices += 1;
        let now = clock.elapsed();
        if io.output.len() > printed {
            (last_output, printed) = (now, io.output.len());
        }
        if status != Status::Paused || is_endless || now >= bounds.time || machine.steps() >= bounds.steps {
            break status;
        }
    };
    let (finish, cut, fault) = match status {
        Status::Finished | Status::Arrived => (Finish::Ended, None, None),
        Status::Fault { cell, op } => (Finish::Faulted { cell }, None, Some(op)),
        Status::Halted => (Finish::CutOff, Some(Cut::Output), None),
        Status::OutOfMemory => (Finish::CutOff, Some(Cut::Memory), None),
        Status::Paused if is_endless => (Finish::CutOff, Some(Cut::Endless), None),
        Status::Paused if machine.steps() >= bounds.steps => (Finish::CutOff, Some(Cut::Steps), None),
        Status::Paused => (Finish::CutOff, Some(Cut::Time), None),
    };
    Followed { run: Run { finish, output: io.output }, steps: machine.steps(), cut, last_output, fault }
}

/// Does so many steps. Nothing if it comes to the state that it is in once more before that, without output, and so for ever.
/// To do that after 2^n slices, as Brent's algorithm does, finds all that come back soon.
fn comes_back(machine: &mut Machine<'_>, io: &mut Collector<'_>, steps: u64) -> Option<Status> {
    if machine.tape().len() > MOST_COMPARED_CELLS {
        return Some(machine.run(io, steps));
    }
    let (before, left, room) = (machine.clone(), io.input.len(), io.room);
    let (last, mut cells) = (machine.steps() + steps, 0);
    while machine.steps() < last && cells <= MOST_COMPARED_CELLS {
        let status = machine.run(io, 1);
        if status != Status::Paused {
            return Some(status);
        }
        let is_there = (machine.next(), machine.pointer(), io.input.len()) == (before.next(), before.pointer(), left);
        if is_there && io.room == room {
            if machine.tape() == before.tape() {
                return None;
            }
            cells += machine.tape().len();
        }
    }
    Some(machine.run(io, last - machine.steps()))
}

/// Collects the output, up to a bound.
struct Collector<'i> {
    input: &'i [u8],
    output: Vec<u8>,
    /// How many bytes more are taken.
    room: usize,
}

impl Io for Collector<'_> {
    fn read(&mut self) -> Result<Option<u8>, Halt> {
        Ok(self.input.split_off_first().copied())
    }

    fn write(&mut self, byte: u8) -> Result<(), Halt> {
        self.room = self.room.checked_sub(1).ok_or(Halt)?;
        self.output.push(byte);
        Ok(())
    }

    fn dump(&mut self, _: &Machine<'_>, _: usize) -> Result<(), Halt> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::testing::{BOUNDS, program};

    fn base(code: &str, input: &[u8], bounds: &Bounds, judge: impl Fn(&Base<'_>)) {
        let program = program(code);
        judge(&Base::new(Case { program: &program, dialect: Dialect::default(), input }, bounds));
    }

    #[test]
    fn a_run_is_followed_to_its_end() {
        base("+++.,.", b"x", &BOUNDS, |base| {
            assert_eq!(base.run, Run { finish: Finish::Ended, output: vec![3, b'x'] });
            assert_eq!((base.steps, base.cut, &base.ample), (6, None, &None));
        });
    }

    #[test]
    fn a_run_is_cut_off_at_each_bound() {
        for (code, bounds, cut, printed) in [
            ("+.[]", Bounds { steps: 1000, ..BOUNDS }, Cut::Steps, 1),
            ("+.[]", Bounds { time: Duration::ZERO, steps: u64::MAX, ..BOUNDS }, Cut::Time, 1),
            ("+[.]", Bounds { output: 5, ..BOUNDS }, Cut::Output, 5),
        ] {
            base(code, b"", &bounds, |base| {
                assert_eq!((base.run.finish, base.cut, base.run.output.len()), (Finish::CutOff, Some(cut), printed));
            });
        }
    }

    #[test]
    fn an_endless_run_is_one_that_comes_back() {
        for (code, input, cut) in [
            ("+.[]", &b""[..], Cut::Endless),
            // As long as the input lasts it goes on; at its end nothing changes any more.
            ("+[>,<]", b"ab", Cut::Endless),
            (">+[>+++[-]++[-<+>]<[->+<]>[-]<+]", b"", Cut::Endless),
            ("++[->[--]+<].", b"", Cut::Endless),
            // It prints as it goes.
            ("+[.]", b"", Cut::Output),
            // It has another state each time.
            (">+[>[>]+[<]>]", b"", Cut::Steps),
        ] {
            base(code, input, &BOUNDS, |base| assert_eq!(base.cut, Some(cut), "{code}"));
        }
        base("+[>+++++++++[>+<-]<-]+[>+++++[-]<-].", b"", &BOUNDS, |base| assert_eq!(base.cut, None));
    }

    #[test]
    fn after_a_fault_the_run_goes_on_where_there_is_room() {
        base("+.<+.>>+.", b"", &BOUNDS, |base| {
            assert_eq!(base.run, Run { finish: Finish::Faulted { cell: -1 }, output: vec![1] });
            assert_eq!(base.ample, Some(Run { finish: Finish::Ended, output: vec![1, 1, 1] }));
            let place = |byte| {
                let (expected, got) = (None, None);
                let finishes = (Finish::Ended, Finish::Ended);
                base.place_of(&Difference { byte, expected, got, finishes }).map(|place| place.span.start)
            };
            // The command that prints the byte, there or on the long tape, or else the one at fault.
            assert_eq!([place(0), place(1), place(2), place(3)], [Some(1), Some(4), Some(8), Some(3)]);
        });
    }
}
