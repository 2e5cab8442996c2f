//! A debugger: a run of the reference interpreter that stops where it is told to, and goes back.
//!
//! [`Debugger`] is the state of it, [`command`] what can be said to it, [`replay`] how it goes back, [`show`] what it
//! shows, and [`Debugger::obey`] ties them together: a line in, text out. A point of the run is the number of steps, which
//! are commands, made so far; whatever happened before a point happens again in the same way.
//!
//! Knows nothing of terminals and files: the [`Host`] reads and writes.

pub mod command;
pub mod replay;
pub mod show;

use std::fmt::Write as _;

use crate::dialect::Dialect;
use crate::ir::{Kind, Program};
use crate::reference::{Halt, Machine};
use crate::source::{Position, Source};

use command::{COMMANDS, Cell, Command, CommandError, Condition, Test, parse, row};
use replay::{Obstacle, Replay};

/// What the program and its debugger talk to.
pub trait Host {
    /// The next byte of the input, or `None` at its end.
    ///
    /// # Errors
    /// There is nobody to ask, or they do not want to answer: the program stops before the command.
    fn read(&mut self) -> Result<Option<u8>, Halt>;

    /// Takes a byte of output.
    ///
    /// # Errors
    /// It cannot be delivered: the program stops before the command.
    fn write(&mut self, byte: u8) -> Result<(), Halt>;

    /// Shows what a `#` shows.
    fn show(&mut self, text: &str);

    /// Whether the user asked the program to stop, since this was asked last.
    fn is_interrupted(&mut self) -> bool;
}

/// How many steps are made between two looks at whether the user wants to stop.
const STEPS_BETWEEN_LOOKS: u64 = 1 << 14;

/// How much of the output is shown, and how many of the loops around, and cells.
const SHOWN_OUTPUT: usize = 200;
const SHOWN_LOOPS: usize = 20;
const SHOWN_CELLS: u64 = 1000;

/// No operation.
const NONE: u32 = u32::MAX;

/// A reason to stop that the user gave.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Point {
    number: u64,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// Before this operation.
    Break { op: u32, only_if: Option<Condition> },
    /// When this cell has changed, or has come to pass the test.
    Watch { cell: i64, until: Option<Test> },
}

/// Why a run stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is where it was to go.
    Arrived,
    /// At the breakpoint of this number.
    Break { number: u64 },
    /// At the watch of this number; the values of the cell before and now.
    Watch { number: u64, cell: i64, before: u64, after: u64 },
    /// It cannot go back further.
    Start,
    /// It cannot go on.
    Obstacle(Obstacle),
}

/// Where a run is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    /// As far as it can.
    None,
    /// To the point after so many steps.
    Steps(u64),
    /// To before this operation.
    Op(u32),
    /// To before an operation from this one on.
    Beyond(u32),
}

/// What is said to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Text(String),
    /// The line was refused; why.
    Refused(String),
    Quit,
}

/// A program under the debugger.
#[derive(Debug)]
pub struct Debugger<'p> {
    program: &'p Program,
    source: &'p Source,
    replay: Replay<'p>,
    points: Vec<Point>,
    last_number: u64,
    /// For each operation, the head of the innermost loop that it is in, or [`NONE`].
    innermost: Vec<u32>,
    /// For each operation, whether there is a breakpoint.
    has_break: Vec<bool>,
    last_line: String,
}

impl<'p> Debugger<'p> {
    /// Before the first command of `program`, which is `source` without any optimisation.
    #[must_use]
    pub fn new(program: &'p Program, source: &'p Source, dialect: &Dialect) -> Debugger<'p> {
        let mut innermost = Vec::with_capacity(program.ops.len());
        let mut open = Vec::new();
        for (index, op) in program.ops.iter().enumerate() {
            innermost.push(open.last().copied().unwrap_or(NONE));
            match op.kind {
                Kind::Loop { .. } => open.push(index as u32),
                Kind::LoopEnd { .. } => drop(open.pop()),
                _ => {}
            }
        }
        Debugger {
            program,
            source,
            replay: Replay::new(program, dialect),
            points: Vec::new(),
            last_number: 0,
            innermost,
            has_break: vec![false; program.ops.len()],
            last_line: String::new(),
        }
    }

    fn machine(&self) -> &Machine<'p> {
        self.replay.machine()
    }

    fn steps(&self) -> u64 {
        self.machine().steps()
    }

    /// The next operation, unless the program has ended.
    fn next_op(&self) -> Option<u32> {
        let next = self.machine().next();
        (next < self.program.ops.len()).then_some(next as u32)
    }

    /// Does what `line` says; an empty one says the same as the one before, and what begins with `#` nothing.
    pub fn obey(&mut self, line: &str, host: &mut dyn Host) -> Reply {
        let line = line.trim();
        if line.starts_with('#') {
            return Reply::Text(String::new());
        }
        if !line.is_empty() {
            line.clone_into(&mut self.last_line);
        }
        if self.last_line.is_empty() {
            return Reply::Text(String::new());
        }
        match parse(&self.last_line) {
            Ok(Command::Quit) => Reply::Quit,
            Ok(command) => self.carry_out(command, host).map_or_else(Reply::Refused, Reply::Text),
            Err(error) => Reply::Refused(error.to_string()),
        }
    }

    /// Does what `command` says, and tells about it; or why not.
    fn carry_out(&mut self, command: Command, host: &mut dyn Host) -> Result<String, String> {
        let stop = match command {
            Command::Break { at, only_if } => return self.add_break(at.into(), at.column.is_some(), only_if),
            Command::Watch { cell, until } => return self.add_watch(cell, until),
            Command::Delete { number } => return self.delete(number),
            Command::Print { cells } => return self.print(&cells),
            Command::Tape { around } => {
                let around = around.unwrap_or(show::WINDOW).min(SHOWN_CELLS);
                return Ok(show::tape(self.machine(), around));
            }
            Command::List => return Ok(show::list(self.source, self.offset())),
            Command::Info => return Ok(self.info()),
            Command::Help { about } => return help(about.as_deref()).map_err(|error| error.to_string()),
            Command::Quit => return Ok(String::new()),
            Command::Step { count } => self.run(Goal::Steps(self.steps().saturating_add(count)), host),
            Command::Next { count } => self.over(count, host),
            Command::Continue => self.run(Goal::None, host),
            Command::Finish => {
                let innermost = self.loops().next().ok_or("this is outside of all loops")?;
                self.run(Goal::Op(self.behind(innermost)), host)
            }
            Command::Until { at: Some(at) } => {
                let op = self.op_from(at.into(), at.column.is_some())?;
                self.run(Goal::Op(op), host)
            }
            Command::Until { at: None } => match self.next_op() {
                Some(op) => self.run(Goal::Beyond(op + 1), host),
                None => Stop::Obstacle(Obstacle::End),
            },
            Command::Goto { step } if step > self.steps() => self.run(Goal::Steps(step), host),
            Command::Goto { step } => self.seek(step, Stop::Arrived, host),
            Command::Back { .. } if self.steps() == 0 => Stop::Start,
            Command::Back { count } => self.seek(self.steps().saturating_sub(count), Stop::Arrived, host),
            Command::ReverseContinue => self.run_back(host),
        };
        Ok(self.tell(&stop))
    }

    fn seek(&mut self, step: u64, stop: Stop, host: &mut dyn Host) -> Stop {
        match self.replay.seek(step, host) {
            Ok(()) => stop,
            Err(obstacle) => Stop::Obstacle(obstacle),
        }
    }

    /// Goes on to the goal, or to where there is a reason to stop before.
    fn run(&mut self, goal: Goal, host: &mut dyn Host) -> Stop {
        let (mut watched, mut steps_to_look) = (Vec::new(), STEPS_BETWEEN_LOOKS);
        loop {
            self.note_watched(&mut watched);
            if let Err(obstacle) = self.replay.step(host) {
                return Stop::Obstacle(obstacle);
            }
            let next = self.machine().next() as u32;
            if let Some(stop) = self.reason(&watched) {
                return stop;
            }
            let is_there = match goal {
                Goal::None => false,
                Goal::Steps(step) => self.steps() >= step,
                Goal::Op(op) => next == op,
                Goal::Beyond(op) => next >= op,
            };
            if is_there {
                return Stop::Arrived;
            }
            steps_to_look -= 1;
            if steps_to_look == 0 {
                if host.is_interrupted() {
                    return Stop::Obstacle(Obstacle::Interrupted);
                }
                steps_to_look = STEPS_BETWEEN_LOOKS;
            }
        }
    }

    /// Makes steps, of which a whole loop is one.
    fn over(&mut self, count: u64, host: &mut dyn Host) -> Stop {
        let mut stop = Stop::Arrived;
        for _ in 0..count {
            let goal = match self.next_op().map(|op| self.program.ops[op as usize].kind) {
                Some(Kind::Loop { end, .. }) => Goal::Op(end + 1),
                _ => Goal::Steps(self.steps() + 1),
            };
            stop = self.run(goal, host);
            if stop != Stop::Arrived {
                break;
            }
        }
        stop
    }

    /// Goes back to where [`Debugger::run`] would have stopped last: the steps since a snapshot are made again, those since
    /// the last one first.
    fn run_back(&mut self, host: &mut dyn Host) -> Stop {
        let from = self.steps();
        let (mut end, mut watched) = (from, Vec::new());
        while end > 1 {
            self.replay.seek_snapshot_before(end - 1);
            let begin = self.steps();
            let mut found = None;
            while self.steps() + 1 < end {
                self.note_watched(&mut watched);
                if let Err(obstacle) = self.replay.step(host) {
                    return Stop::Obstacle(obstacle);
                }
                found = self.reason(&watched).map(|stop| (self.steps(), stop)).or(found);
                if self.steps().is_multiple_of(STEPS_BETWEEN_LOOKS) && host.is_interrupted() {
                    return self.seek(from, Stop::Obstacle(Obstacle::Interrupted), host);
                }
            }
            if let Some((step, stop)) = found {
                return self.seek(step, stop, host);
            }
            // Whether `begin` is a place to stop the stretch before it tells.
            end = begin + 1;
        }
        self.seek(0, Stop::Start, host)
    }

    /// Keeps the values of all cells that are watched, in their order.
    fn note_watched(&self, watched: &mut Vec<u64>) {
        watched.clear();
        watched.extend(self.points.iter().filter_map(|point| match point.what {
            What::Watch { cell, .. } => Some(self.machine().cell(cell).unwrap_or(0)),
            What::Break { .. } => None,
        }));
    }

    /// The reason to stop here that the user gave, if there is one; `watched` is from the step before.
    fn reason(&self, watched: &[u64]) -> Option<Stop> {
        let mut watched = watched.iter();
        let next = self.machine().next();
        let mask = self.program.width.mask();
        let mut reason = None;
        if watched.len() == 0 && !self.has_break.get(next).is_some_and(|&has_break| has_break) {
            return None;
        }
        for point in &self.points {
            match point.what {
                What::Watch { cell, until } => {
                    let &before = watched.next()?;
                    let after = self.machine().cell(cell).unwrap_or(0);
                    let stops = match until {
                        None => before != after,
                        Some(test) => !test.holds(before, mask) && test.holds(after, mask),
                    };
                    if stops {
                        reason = reason.or(Some(Stop::Watch { number: point.number, cell, before, after }));
                    }
                }
                What::Break { op, only_if } => {
                    let holds = |condition: Condition| {
                        let value = self.machine().cell(self.index(condition.cell));
                        value.is_some_and(|value| condition.test.holds(value, mask))
                    };
                    if op as usize == next && only_if.is_none_or(holds) {
                        reason = reason.or(Some(Stop::Break { number: point.number }));
                    }
                }
            }
        }
        reason
    }

    fn index(&self, cell: Cell) -> i64 {
        match cell {
            Cell::At(index) => index,
            Cell::Near(offset) => self.machine().pointer().saturating_add(offset),
        }
    }

    /// The first operation at a place or behind it; with `in_line`, one in the same line.
    fn op_from(&self, place: Position, in_line: bool) -> Result<u32, String> {
        let ops = &self.program.ops;
        let op = ops.partition_point(|op| self.source.position(op.span.start) < place);
        let found = ops.get(op).map(|op| self.source.position(op.span.start));
        match found {
            Some(found) if !in_line || found.line == place.line => Ok(op as u32),
            _ if in_line => Err(format!("there is no command at {place} or behind it in the line")),
            _ => Err(format!("there is no command in line {} or behind it", place.line)),
        }
    }

    fn add_break(&mut self, place: Position, in_line: bool, only_if: Option<Condition>) -> Result<String, String> {
        let op = self.op_from(place, in_line)?;
        let span = self.program.ops[op as usize].span;
        self.add(What::Break { op, only_if });
        let text = format!("breakpoint {} at {}\n", self.last_number, self.source.position(span.start));
        Ok(text + &show::line(self.source, span.start))
    }

    fn add_watch(&mut self, cell: Cell, until: Option<Test>) -> Result<String, String> {
        let cell = self.index(cell);
        let value = self.machine().cell(cell).ok_or_else(|| format!("cell {cell} is not on the tape"))?;
        self.add(What::Watch { cell, until });
        Ok(format!("watch {}: cell {cell}, now {}\n", self.last_number, show::value(value)))
    }

    fn add(&mut self, what: What) {
        self.last_number += 1;
        self.points.push(Point { number: self.last_number, what });
        self.note_breaks();
    }

    fn delete(&mut self, number: Option<u64>) -> Result<String, String> {
        let before = self.points.len();
        self.points.retain(|point| number.is_some_and(|number| number != point.number));
        self.note_breaks();
        match number {
            Some(number) if self.points.len() == before => Err(format!("there is no breakpoint or watch {number}")),
            _ => Ok(String::new()),
        }
    }

    fn note_breaks(&mut self) {
        self.has_break.fill(false);
        for point in &self.points {
            if let What::Break { op, .. } = point.what {
                self.has_break[op as usize] = true;
            }
        }
    }

    /// The heads of the loops around the next operation, the innermost first.
    fn loops(&self) -> impl Iterator<Item = u32> {
        let around = |op: u32| self.innermost.get(op as usize).copied().filter(|&head| head != NONE);
        std::iter::successors(self.next_op().and_then(around), move |&head| around(head))
    }

    /// The operation behind the loop with this head.
    fn behind(&self, head: u32) -> u32 {
        match self.program.ops[head as usize].kind {
            Kind::Loop { end, .. } => end + 1,
            _ => head + 1,
        }
    }

    /// Where in the source the run is: at the end of the program, behind its last command.
    fn offset(&self) -> u32 {
        match (self.next_op(), self.program.ops.last()) {
            (Some(op), _) => self.program.ops[op as usize].span.start,
            (None, Some(last)) => last.span.end,
            (None, None) => 0,
        }
    }

    /// Why and where the run stopped.
    fn tell(&self, stop: &Stop) -> String {
        let why = match stop {
            Stop::Arrived => String::new(),
            Stop::Break { number } => format!("breakpoint {number}\n"),
            Stop::Watch { number, cell, before, after } => {
                format!("watch {number}: cell {cell} was {}, is {}\n", show::value(*before), show::value(*after))
            }
            Stop::Start => "this is the start of the run\n".into(),
            Stop::Obstacle(Obstacle::End) => "the program has ended\n".into(),
            Stop::Obstacle(Obstacle::Fault { cell }) => {
                format!("tape fault: the next command accesses cell {cell}, which is not on the tape\n")
            }
            Stop::Obstacle(Obstacle::Halted) => "stopped in front of input or output\n".into(),
            Stop::Obstacle(Obstacle::OutOfMemory) => "there is no memory for the tape\n".into(),
            Stop::Obstacle(Obstacle::Interrupted) => "interrupted\n".into(),
        };
        why + &self.place()
    }

    /// Where the run is.
    #[must_use]
    pub fn place(&self) -> String {
        let machine = self.machine();
        let (steps, pointer) = (machine.steps(), machine.pointer());
        let value = machine.cell(pointer).map_or("not on the tape".into(), show::value);
        let place = match self.next_op() {
            Some(_) => self.source.position(self.offset()).to_string(),
            None => "end".into(),
        };
        format!("{place}, step {steps}, cell {pointer}: {value}\n{}", show::line(self.source, self.offset()))
    }

    fn print(&self, cells: &[(Cell, Cell)]) -> Result<String, String> {
        let mut text = String::new();
        for &(first, last) in cells {
            let (first, last) = (self.index(first), self.index(last));
            if last.abs_diff(first) >= SHOWN_CELLS {
                return Err(format!("at most {SHOWN_CELLS} cells are shown at a time"));
            }
            for cell in first..=last {
                let value = self.machine().cell(cell).map_or("not on the tape".into(), show::value);
                let _ = writeln!(text, "cell {cell}: {value}");
            }
        }
        Ok(text)
    }

    fn info(&self) -> String {
        let mut text = format!("step {} of {} made so far\n", self.steps(), self.replay.frontier());
        let loops: Vec<_> = self.loops().collect();
        for &head in loops.iter().take(SHOWN_LOOPS) {
            let span = self.program.ops[head as usize].span;
            let (start, end) = (self.source.position(span.start), self.source.position(span.end - 1));
            let _ = writeln!(text, "in the loop from {start} to {end}");
        }
        match loops.len().checked_sub(SHOWN_LOOPS) {
            Some(more) if more > 0 => drop(writeln!(text, "and {more} more around it")),
            _ if loops.is_empty() => text += "outside of all loops\n",
            _ => {}
        }
        let (read, written) = self.replay.transferred();
        let _ = writeln!(text, "{read} bytes of input read, {written} bytes of output written");
        let output = self.replay.output();
        if output.len() as u64 == written && written > 0 {
            let shown = &output[output.len().saturating_sub(SHOWN_OUTPUT)..];
            let lead = if shown.len() < output.len() { "..." } else { "" };
            let _ = writeln!(text, "output: {lead}\"{}\"", shown.escape_ascii());
        }
        for point in &self.points {
            let _ = match &point.what {
                What::Break { op, only_if } => {
                    let place = self.source.position(self.program.ops[*op as usize].span.start);
                    let only_if = only_if.map_or(String::new(), |condition| {
                        let cell = match condition.cell {
                            Cell::At(cell) => cell.to_string(),
                            Cell::Near(0) => "p".into(),
                            Cell::Near(offset) => format!("p{offset:+}"),
                        };
                        format!(" if {cell} {}", condition.test)
                    });
                    writeln!(text, "breakpoint {} at {place}{only_if}", point.number)
                }
                What::Watch { cell, until } => {
                    let until = until.map_or(String::new(), |test| format!(" {test}"));
                    writeln!(text, "watch {}: cell {cell}{until}", point.number)
                }
            };
        }
        text
    }
}

fn help(about: Option<&str>) -> Result<String, CommandError> {
    let mut text = String::new();
    match about {
        Some(word) => {
            let row = row(word)?;
            let _ = writeln!(text, "{} {}\n{}", row.name, row.operands, row.summary);
        }
        None => {
            for row in COMMANDS {
                let head = format!("{} ({}) {}", row.name, row.short, row.operands);
                let _ = writeln!(text, "{}\n      {}", head.trim_end(), row.summary);
            }
            text += "An empty line says the same again.\n";
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
