//! Runs the beginning of the program, as far as it needs no input and not much time.
//!
//! ```text
//! set [0] 72             text "Hi"
//! output [0]             set [0] 105
//! add [0] 33       →     input [1]
//! output [0]
//! input [1]
//! ```
//! The reference interpreter does it, loop by loop of the program's outermost level; what a loop has done
//! becomes text and assignments, of which nothing is left at the program's end. Left as it is: the first loop that reads
//! input, accesses a cell off the tape or behind its first [`MAX_CELLS`], or does not end within its [`Budget`], and all that follows. In front of the iteration
//! that reads input or leaves the tape, the loop's earlier ones are done too, if no more cells have to be set for it than there were
//! operations. A loop that takes too long begins anew: where the budget ends, nothing speaks for going on.

use std::ops::RangeInclusive;

use crate::dialect::{Dialect, Eof};
use crate::ir::{Entry, Kind, Program, Rewriter};
use crate::reference::{Halt, Io, Machine, Status};
use crate::source::Span;

/// What each loop of the outermost level may [cost], and all together. Around a hundred million operations are done in a
/// second.
struct Budget {
    of_loop: u64,
    total: u64,
}

/// For code that is to be kept.
const AHEAD: Budget = Budget { of_loop: 1 << 18, total: 1 << 21 };

/// What each loop may cost for code that is about to run, and is ten times faster: 0.1 to 0.5 ms.
const AT_ONCE: RangeInclusive<u64> = 8_192..=40_960;

/// As long as it is in these bounds, so much for each operation of the program: what does most of them once is over then.
const AT_ONCE_PER_OP: u64 = 9;

/// In programs with fewer operations all loops together may cost twice as much: their code is not worth its making as soon as
/// that of others, which is made before the passes that take long.
const SMALL: usize = 256;

/// The most cells that there is memory for while a program is compiled: whole pages.
const MAX_CELLS: i64 = 1 << 16;

/// The longest text that is made, in bytes.
const MAX_TEXT: usize = 1 << 16;

pub(super) fn run(program: Program) -> Program {
    shorten(program, &AHEAD)
}

pub(super) fn run_at_once(program: Program) -> Program {
    let ops = program.ops.len();
    let of_loop = (AT_ONCE_PER_OP * ops as u64).clamp(*AT_ONCE.start(), *AT_ONCE.end());
    shorten(program, &Budget { of_loop, total: if ops < SMALL { 2 * of_loop } else { of_loop } })
}

fn shorten(program: Program, budget: &Budget) -> Program {
    if program.entry == Entry::Anywhere {
        return program;
    }
    let Some(beginning) = evaluate(&program, budget) else { return program };
    let mut rewriter = Rewriter::new(program);
    let mut span = Span::default();
    while rewriter.rest().len() > beginning.left_over
        && let Some(op) = rewriter.take()
    {
        span = if span == Span::default() { op.span } else { span.to(op.span) };
    }
    if !beginning.text.is_empty() {
        rewriter.put_text(&beginning.text, span);
    }
    for (cell, value) in beginning.cells {
        rewriter.put(Kind::Set { cell, value }, span);
    }
    if beginning.pointer != 0 {
        rewriter.put(Kind::Move { delta: beginning.pointer }, span);
    }
    while rewriter.take().is_some() {
        rewriter.keep();
    }
    rewriter.finish()
}

/// What the beginning has done.
struct Beginning {
    /// How many operations of the program are still to be done.
    left_over: usize,
    text: Vec<u8>,
    /// The cells that are not 0.
    cells: Vec<(i32, u64)>,
    pointer: i32,
}

impl Beginning {
    /// Does the first `steps` once more, which went well; the operations from index `end` on are left over. Nothing if the
    /// pointer is too far away to be moved there at once.
    fn new(program: &Program, steps: u64, end: usize) -> Option<Beginning> {
        let (mut machine, mut io) = start(program);
        machine.run(&mut io, steps);
        let cells = machine.tape().iter().enumerate().filter(|&(_, &value)| value != 0);
        Some(Beginning {
            left_over: program.ops.len() - end,
            text: io.text,
            cells: cells.map(|(cell, &value)| (cell as i32, value)).collect(),
            pointer: i32::try_from(machine.pointer()).ok()?,
        })
    }

    /// How many operations do the same.
    fn operations(&self) -> usize {
        self.cells.len() + usize::from(!self.text.is_empty()) + usize::from(self.pointer != 0)
    }
}

/// A machine in front of the program. Its tape is no longer than that which the program is for: no fault gets lost.
fn start(program: &Program) -> (Machine<'_>, Collected) {
    let cells = program.entry.sure_cells().end.min(MAX_CELLS) as u64;
    (Machine::new(program, &Dialect::new(program.width, Eof::Same, cells)), Collected::default())
}

/// Runs the beginning; nothing if what it has done takes no fewer operations than doing it.
fn evaluate(program: &Program, budget: &Budget) -> Option<Beginning> {
    let (mut machine, mut io) = start(program);
    let (mut end, mut steps) = (0, 0);
    let mut inside = None;
    while let Some(op) = program.ops.get(end) {
        let limit = budget.total.min(cost(&machine) + budget.of_loop);
        let (behind, outcome) = match op.kind {
            Kind::Loop { end, .. } => (end as usize + 1, run_loop(&mut machine, &mut io, limit, end as usize)),
            _ => {
                let behind = if let Kind::If { end, .. } = op.kind { end as usize + 1 } else { end + 1 };
                let is_done = run_to(&mut machine, &mut io, limit, behind) == Status::Arrived;
                (behind, if is_done { Outcome::Done } else { Outcome::Stays })
            }
        };
        match outcome {
            Outcome::Done => (end, steps) = (behind, machine.steps()),
            Outcome::Stays => break,
            Outcome::StaysFrom(steps) => {
                inside = Some(steps);
                break;
            }
        }
    }
    if end == program.ops.len() {
        // Nobody looks at the tape any more.
        let finished = Beginning { left_over: 0, text: io.text, cells: Vec::new(), pointer: 0 };
        return (usize::from(!finished.text.is_empty()) < end).then_some(finished);
    }
    let resumes = inside.and_then(|steps| Beginning::new(program, steps, end));
    let resumes = resumes.filter(|beginning| beginning.operations() <= end);
    resumes.or_else(|| Beginning::new(program, steps, end).filter(|beginning| beginning.operations() < end))
}

/// What became of an operation of the outermost level, or of a loop or condition with all that is in it.
enum Outcome {
    Done,
    /// It cannot be done beforehand.
    Stays,
    /// Nor can this loop, but for the iterations that were done after so many steps of the run.
    StaysFrom(u64),
}

/// What the run has cost: its operations, and the cells that scans passed, so many for an operation.
fn cost(machine: &Machine<'_>) -> u64 {
    const CELLS: u64 = 8;
    machine.steps() + machine.passed() / CELLS
}

/// Runs until the next operation is the one at index `stop`, or up to this cost.
fn run_to(machine: &mut Machine<'_>, io: &mut Collected, limit: u64, stop: usize) -> Status {
    // A scan may pass all cells that there are.
    const SLICE: u64 = 32;
    loop {
        let left = limit.saturating_sub(cost(machine));
        let status = machine.run_to(io, left.min(SLICE), stop);
        if left == 0 || status != Status::Paused {
            return status;
        }
    }
}

/// Runs the loop that ends at index `end`, and whose head is next.
fn run_loop(machine: &mut Machine<'_>, io: &mut Collected, limit: u64, end: usize) -> Outcome {
    let mut around = Outcome::Stays;
    while cost(machine) < limit {
        // The test, at the head or at the end.
        let body = match machine.run_to(io, 1, end + 1) {
            Status::Arrived => return Outcome::Done,
            Status::Paused => run_to(machine, io, limit, end),
            stopped => stopped,
        };
        match body {
            Status::Arrived => around = Outcome::StaysFrom(machine.steps()),
            Status::Paused => return Outcome::Stays,
            _ if io.is_full => return Outcome::Stays,
            _ => return around,
        }
    }
    Outcome::Stays
}

/// Keeps the output, and stops where there would be input.
#[derive(Default)]
struct Collected {
    text: Vec<u8>,
    /// There was more than [`MAX_TEXT`].
    is_full: bool,
}

impl Io for Collected {
    fn read(&mut self) -> Result<Option<u8>, Halt> {
        Err(Halt)
    }

    fn write(&mut self, byte: u8) -> Result<(), Halt> {
        if self.text.len() == MAX_TEXT {
            self.is_full = true;
            return Err(Halt);
        }
        self.text.push(byte);
        Ok(())
    }

    fn dump(&mut self, _: &Machine<'_>, _: usize) -> Result<(), Halt> {
        Err(Halt)
    }
}

#[cfg(test)]
mod tests {
    use super::MAX_CELLS;
    use crate::ir::{Entry, Program, text};
    use crate::opt::Pass;
    use crate::opt::testing::check8;

    #[test]
    fn a_program_without_input_becomes_its_output() {
        check8("evaluate", "set [0] 72/output [0]/loop [0]/add [0] 255/end/move 1/output [-1]", "text \"H\\x00\"");
    }

    #[test]
    fn the_beginning_leaves_its_cells() {
        check8(
            "evaluate",
            "add [0] 5/loop [0]/add [0] 255/add [1] 2/end/input [2]/output [2]",
            "set [1] 10/input [2]/output [2]",
        );
    }

    #[test]
    fn iterations_before_the_first_input_are_done() {
        // There is input in the second iteration.
        let rest = "loop [0]/output [1]/add [1] 255/set [2] 1/if [1]/set [2] 0/end/if [2]/input [1]/end/end";
        check8(
            "evaluate",
            &format!("set [0] 1/set [1] 2/output [0]/{rest}"),
            &format!("text \"\\x01\\x02\"/set [0] 1/set [1] 1/{rest}"),
        );
        // More would have to be set than there is now.
        let stays = format!("set [0] 1/set [1] 2/{rest}");
        check8("evaluate", &stays, &stays);
        // The one that leaves the tape.
        let rest = "loop [0]/add [0] 255/if [0]/add [1] 255/end/muladd [1] [0] 2/if [1]/add [-1] 1/end/end";
        check8("evaluate", &format!("set [0] 4/set [1] 251/{rest}"), &format!("set [0] 3/{rest}"));
        // A loop that takes long stays as it is.
        let stays = "set [0] 1/set [1] 1/loop [0]/output [0]/end";
        check8("evaluate", stays, stays);
    }

    #[test]
    fn what_takes_long_is_left_to_machine_code() {
        let code = "add [0] 100/loop [0]/add [1] 100/loop [1]/add [1] 255/add [2] 1/end/add [0] 255/end/output [2]";
        check8("evaluate-start", code, code);
        check8("evaluate", code, "text \"\\x10\"");
        check8(
            "evaluate-start",
            "add [0] 2/add [0] 3/output [0]/input [0]/output [0]",
            "text \"\\x05\"/set [0] 5/input [0]/output [0]",
        );
    }

    #[test]
    fn no_tape_is_longer_than_the_one_the_program_is_for() {
        let code = |place: i64| format!("cells 8\nmove {place}\nadd [0] 65\noutput [0]\n");
        let after = |place, tape_cells| {
            let entry = Entry::Beginning { tape_cells };
            let program = Program { entry, ..text::parse(&code(place)).unwrap() };
            text::print(&Pass::named("evaluate").unwrap().apply(program), None)
        };
        let folded = "cells 8\ntext \"A\"\n";
        assert_eq!(after(5000, 8192), folded);
        assert_eq!(after(8192, 8192), code(8192));
        assert_eq!(after(5000, 4096), code(5000));
        // There is not as much memory for it as for the run.
        assert_eq!(after(MAX_CELLS - 1, 1 << 40), folded);
        assert_eq!(after(MAX_CELLS, 1 << 40), code(MAX_CELLS));
    }

    #[test]
    fn input_faults_and_endless_loops_stay() {
        for stays in [
            "input [0]/output [0]",
            "add [-1] 1/output [0]",
            "add [0] 1/loop [0]/end/output [0]",
            "add [0] 1/loop [0]/input [0]/end/output [0]",
            "dump [0]/output [0]/output [0]",
        ] {
            check8("evaluate", stays, stays);
        }
        check8("evaluate", "output [0]/output [0]/add [-1] 1/output [0]", "text \"\\x00\\x00\"/add [-1] 1/output [0]");
    }
}
