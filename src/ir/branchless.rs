//! Conditions that need no branch, in LLVM's code and in the baseline's.
//!
//! ```text
//! if [2]
//!   muladd [1] [2] 3
//!   set [2] 0
//! end
//! ```
//! does nothing where cell 2 is 0, tested or not, provided that cell 1 is on the tape: else the test is what keeps the
//! program from a fault. The tape has no gaps, so a cell between two that were accessed is on it; the loop around the
//! condition, for one, has accessed the cell it tests. In loops from record to record a cell that is accessed behind the condition
//! does as well, if nothing is seen of the program in between: it is accessed first, so where the target is off the tape the program
//! faults as it would. Whether the cell is 0 is hard to predict where it is somebody's digit: without branches Factor took 0.84
//! of the time, and Mandelbrot's executable 0.90.
//!
//! A target that may lie off the tape is replaced by the tested cell where that is 0: a 0 is added to it. That is done for
//! conditions that move a cell to one other in loops from record to record, unless a branch suits them
//! ([`transfers`](super::transfers)). In loops that stay where they are, one iteration waits for the other: there,
//! `examples/primes.bf` took 1.65 of the time. Where records shift by one, the target is what the iteration before
//! has cleared: from the second iteration on it is on the tape, and an assignment does ([`shifts`](super::shifts)).
//!
//! A count with a constant period, in a loop from record to record, needs no branch either where its cells are on the tape. How
//! often the loop that it stands for would run is somebody's digit: Mandelbrot took 0.81 of the time.

use std::ops::Range;

use super::count::{Count, Reload};
use super::shifts::Steady;
use super::transfers::{Transfer, drifting_heads, loop_drifts};
use super::{Entry, Kind, Op, Program};

/// How a condition or a count becomes code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Branch,
    /// The body is done in any case.
    Always,
    /// The same, once this cell was accessed: the program is about to.
    Behind {
        access: i32,
    },
    /// The same, with the target replaced by the tested cell if that is 0.
    Redirected,
    /// The same in the first iteration of the loop around. In those that follow the target is assigned, which is on the tape, and what is
    /// left to clear is cleared behind the loop ([`shifts`](super::shifts)). It is the form of that loop's head too: nothing is in it but
    /// assignments, additions, moves and conditions.
    Shift,
}

/// For each head of a condition, and each count, among these operations: how does it become code? Nothing is known of what
/// stands around them, and conditions whose end is not among them have a branch.
#[must_use]
pub fn find(program: &Program, range: Range<usize>) -> Vec<Form> {
    let mut forms = vec![Form::Branch; range.len()];
    let drifts = drifting_heads(program, range.clone());
    let mut reached = match program.entry {
        Entry::Beginning { .. } if range.start == 0 => Some((0, program.entry.sure_cells().end - 1)),
        Entry::Beginning { .. } | Entry::Anywhere => None,
    };
    let mut at_heads: Vec<Reached> = Vec::new();
    // In a loop that may be repeated for its first iteration.
    let mut steady: Option<Steady> = None;
    let mut depth_of_body = 0;
    let (mut drifts_to_come, mut drifts_around) = (loop_drifts(program, range.clone()).into_iter(), Vec::new());
    for (number, op) in program.ops[range.clone()].iter().enumerate() {
        match op.kind {
            Kind::Move { delta } => {
                reached = reached.map(|(left, right)| (left - i64::from(delta), right - i64::from(delta)));
                if let Some(steady) = &mut steady {
                    steady.pointer += i64::from(delta);
                }
            }
            Kind::Scan { cell, .. } | Kind::Walk { cell, .. } => reached = reach(None, cell),
            Kind::Loop { cell, end } => {
                if program.entry == Entry::Anywhere && at_heads.is_empty() {
                    reached = None;
                }
                let drift = drifts_to_come.next().flatten();
                reached = at_each_head(reach(reached, cell), cell, drift);
                at_heads.push(reached);
                drifts_around.push(drift);
                let body = range.start + number + 1..end as usize;
                steady = drift
                    .filter(|&drift| drift != 0 && body.end < range.end)
                    .and_then(|drift| Steady::of(program, cell, body, drift));
                depth_of_body = at_heads.len();
            }
            Kind::If { cell, end } => {
                reached = reach(reached, cell);
                let head = range.start + number;
                let transfer = Transfer::at(program, head as u32);
                let drift = drifts_around.last().copied().flatten();
                let body = &program.ops[head + 1..end as usize];
                let is_drifting = drift.is_some_and(|drift| drift != 0);
                let beyond = || {
                    let beyond = first_beyond(&program.ops, end as usize + 1, reached?)?;
                    is_neutral(cell, body, reach(reached, beyond)).then_some(beyond)
                };
                // In another condition it may not have cleared anything.
                let in_body = at_heads.len() == depth_of_body;
                forms[number] = match (transfer, &steady) {
                    _ if end as usize >= range.end => Form::Branch,
                    (Some(transfer), _) if transfer.moves_along(drift) => Form::Branch,
                    // An assignment waits for nothing.
                    (Some(transfer), Some(steady)) if in_body && steady.shifts(transfer) => {
                        forms[steady.body.start - 1 - range.start] = Form::Shift;
                        Form::Shift
                    }
                    _ if is_neutral(cell, body, reached) => Form::Always,
                    (transfer, _) if is_drifting => match (beyond(), transfer) {
                        (Some(beyond), _) => Form::Behind { access: beyond },
                        (None, Some(_)) => Form::Redirected,
                        (None, None) => Form::Branch,
                    },
                    _ => Form::Branch,
                };
                if let Form::Behind { access } = forms[number] {
                    reached = reach(reached, access);
                }
                at_heads.push(reached.filter(|_| !drifts[number]));
            }
            // The body may have run or not.
            Kind::LoopEnd { .. } => {
                reached = at_heads.pop().flatten();
                drifts_around.pop();
                steady = None;
            }
            Kind::IfEnd { .. } => reached = at_heads.pop().flatten(),
            Kind::Input { cell } | Kind::Output { cell } => reached = reach(reached, cell),
            Kind::Count(count) => {
                reached = reach(reached, count.counter);
                if drifts_around.last().copied().flatten().is_some_and(|drift| drift != 0) {
                    forms[number] = form_of_count(&count, program, range.start + number, reached);
                }
            }
            Kind::Ripple { digit, stride, .. } => reached = reach(reached, digit - i32::from(stride)),
            Kind::Hold { cell, unless } => reached = [cell, unless].into_iter().fold(reached, reach),
            Kind::Divide { cell, .. } => reached = reach(reached, cell),
            Kind::AddHeld { .. } | Kind::Release { .. } | Kind::Text { .. } | Kind::Dump { .. } => {}
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. } => {
                reached = op.kind.straight_cells().into_iter().flatten().fold(reached, reach);
            }
        }
    }
    forms
}

/// What [`find`] said of the condition of whose body the operation at `index` of these is the first.
#[must_use]
pub fn form_around(ops: &[Op], forms: &[Form], index: usize) -> Form {
    match index.checked_sub(1) {
        Some(head) if matches!(ops[head].kind, Kind::If { .. }) => forms[head],
        Some(_) | None => Form::Branch,
    }
}

/// The leftmost and the rightmost cell, seen from the pointer, that are on the tape for certain.
pub(super) type Reached = Option<(i64, i64)>;

/// Whether `cell` is on the tape for certain.
fn is_reached(reached: Reached, cell: i32) -> bool {
    reached.is_some_and(|(left, right)| (left..=right).contains(&i64::from(cell)))
}

/// What is on the tape once `cell` was accessed.
pub(super) fn reach(reached: Reached, cell: i32) -> Reached {
    reach_from(0, reached, cell)
}

/// The same, seen from so many cells further left.
pub(super) fn reach_from(pointer: i64, reached: Reached, cell: i32) -> Reached {
    let cell = pointer + i64::from(cell);
    Some(reached.map_or((cell, cell), |(left, right)| (left.min(cell), right.max(cell))))
}

/// What is on the tape whenever the head of a loop on `cell` is come to, if this is when it is entered: in the other
/// iterations the one before has tested the cell from where it stood, if it is known from where the pointer came.
fn at_each_head(entered: Reached, cell: i32, drift: Option<i64>) -> Reached {
    let (left, right) = entered?;
    let here = i64::from(cell);
    let before = here - drift.unwrap_or(0);
    match drift {
        Some(0) => entered,
        Some(_) | None => Some((left.max(here.min(before)), right.min(here.max(before)))),
    }
}

/// The cell, seen from here, that is not known to be on the tape and that the operations from `index` on access first, if
/// they do so before anything is seen of them, and whatever the values of cells are.
fn first_beyond(ops: &[Op], index: usize, (left, right): (i64, i64)) -> Option<i32> {
    let mut pointer = 0;
    let mut next = index;
    for _ in 0..MAX_AHEAD {
        let op = ops.get(next)?;
        next += 1;
        let (cells, is_last) = match op.kind {
            Kind::Move { delta } => {
                pointer += i64::from(delta);
                continue;
            }
            // Whether the condition is met or not.
            Kind::IfEnd { .. } => continue,
            Kind::If { cell, end } if is_unseen(&ops[next..end as usize]) => {
                next = end as usize;
                ([cell; 3], false)
            }
            Kind::If { cell, .. } | Kind::Loop { cell, .. } | Kind::Scan { cell, .. } | Kind::Walk { cell, .. } => {
                ([cell; 3], true)
            }
            Kind::LoopEnd { start } => match ops[start as usize].kind {
                Kind::Loop { cell, .. } => ([cell; 3], true),
                _ => return None,
            },
            kind => (kind.straight_cells()?, false),
        };
        let cells = cells.into_iter().map(|cell| pointer + i64::from(cell));
        let mut beyond = cells.filter(|cell| !(left..=right).contains(cell));
        if let Some(first) = beyond.next() {
            // Which of several is accessed first is up to the engine.
            return i32::try_from(first).ok().filter(|_| beyond.all(|other| other == first));
        }
        if is_last {
            return None;
        }
    }
    None
}

/// Whether these few operations of a condition come to their end without anything being seen of them.
fn is_unseen(body: &[Op]) -> bool {
    let is_unseen =
        |kind: Kind| kind.straight_cells().is_some() || matches!(kind, Kind::If { .. } | Kind::IfEnd { .. });
    body.len() <= MAX_AHEAD && body.iter().all(|op| is_unseen(op.kind))
}

/// Whether `body` does nothing if `cell` is 0, and accesses that and only cells that are on the tape.
fn is_neutral(cell: i32, body: &[Op], reached: Reached) -> bool {
    let is_on_tape = |cell| is_reached(reached, cell);
    (1..=MAX_OPS).contains(&body.len())
        && body.iter().all(|op| match op.kind {
            Kind::MulAdd { target, source, .. } | Kind::MinAdd { target, source, .. } => {
                source == cell && is_on_tape(target)
            }
            Kind::Product { target, left, right, .. } => {
                (left == cell || right == cell) && [target, left, right].into_iter().all(is_on_tape)
            }
            Kind::Set { cell: target, value: 0 } => target == cell,
            _ => false,
        })
}

/// How the count at `index`, in a loop from record to record, becomes code: in any case, as if nothing were counted where the
/// counter is 0. Behind it that is 0, and what would go on with the counting does not begin.
fn form_of_count(count: &Count, program: &Program, index: usize, reached: Reached) -> Form {
    let is_on_tape = |cell| is_reached(reached, cell);
    let has_period =
        matches!(count.reload, Reload::Constant { period: 1.., mirror: None, others: None, borrows: false });
    let copy = count.copy.map(|copy| count.cell(copy.get()));
    // Sums have to be exact.
    let is_narrow = program.width.bits() <= 32;
    if !is_narrow || !has_period || !count.zero_cells().chain(copy).chain([count.cell(count.phase)]).all(is_on_tape) {
        return Form::Branch;
    }
    let Some(carry) = count.carry.map(|carry| count.cell(carry.get())).filter(|&carry| !is_on_tape(carry)) else {
        return Form::Always;
    };
    let next = match program.ops.get(index + 1).map(|op| op.kind) {
        Some(Kind::Loop { cell, end }) if cell == count.counter => end as usize + 1,
        _ => index + 1,
    };
    let beyond = reached.and_then(|reached| first_beyond(&program.ops, next, reached));
    match beyond.filter(|&beyond| is_reached(reach(reached, beyond), carry)) {
        Some(access) => Form::Behind { access },
        None => Form::Redirected,
    }
}

/// Longer bodies stay behind a branch, which may be cheaper than doing them for nothing.
const MAX_OPS: usize = 5;

/// So many operations behind a condition are looked at.
const MAX_AHEAD: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    /// The indices of the conditions without a branch, behind a scan that loses the pointer.
    fn found(body: &str) -> Vec<usize> {
        let program = text::parse(&format!("cells 8\nscan [0] 1\n{}", body.replace('/', "\n"))).unwrap();
        with(Form::Always, &program)
    }

    /// Those that are done once another cell was accessed, and that cell.
    fn behind(body: &str) -> Vec<(usize, i32)> {
        let program = text::parse(&format!("cells 8\nscan [0] 1\n{}", body.replace('/', "\n"))).unwrap();
        let forms = find(&program, 0..program.ops.len()).into_iter().enumerate();
        forms
            .filter_map(|(index, form)| if let Form::Behind { access } = form { Some((index, access)) } else { None })
            .collect()
    }

    fn with(form: Form, program: &Program) -> Vec<usize> {
        let forms = find(program, 0..program.ops.len());
        (0..program.ops.len()).filter(|&index| forms[index] == form).collect()
    }

    #[test]
    fn targets_between_cells_that_were_accessed_need_no_test() {
        assert_eq!(found("if [2]/muladd [1] [2] 3/set [2] 0/end"), [1]);
        assert_eq!(found("add [-3] 1/move 5/if [0]/muladd [-8] [0] 3/set [0] 0/end"), [3]);
        assert_eq!(found("if [2]/product [1] [0] [2] 3/set [2] 0/end"), [1]);
        assert_eq!(found("add [1] 1/if [2]/minadd [1] [2] 9 3/minadd [2] [2] 9 255/end"), [2]);
        // In every iteration the loop tests the cell to the left, wherever it stands.
        assert_eq!(found("loop [0]/if [2]/muladd [1] [2] 3/set [2] 0/end/move 3/end"), [2]);
    }

    #[test]
    fn what_moves_along_has_one() {
        assert!(found("loop [0]/if [0]/muladd [-3] [0] 1/set [0] 0/end/move -3/end").is_empty());
        assert!(found("loop [2]/if [0]/muladd [2] [0] 1/set [0] 0/end/move 2/end").is_empty());
        assert_eq!(found("loop [2]/if [0]/muladd [2] [0] 1/set [0] 0/end/move 1/end"), [2]);
    }

    #[test]
    fn targets_beyond_need_one() {
        assert!(found("if [2]/muladd [3] [2] 3/set [2] 0/end").is_empty());
        assert!(found("if [2]/muladd [-1] [2] 3/set [2] 0/end").is_empty());
        // What an earlier iteration accessed, or a condition, or what lay around another place.
        assert!(found("loop [0]/if [1]/muladd [-1] [1] 3/set [1] 0/end/add [1] 1/move -1/end").is_empty());
        assert!(found("if [1]/add [5] 1/end/if [1]/muladd [5] [1] 3/set [1] 0/end").is_empty());
        assert!(found("add [5] 1/if [1]/move 1/end/if [1]/muladd [5] [1] 3/set [1] 0/end").is_empty());
        assert!(found("add [5] 1/scan [1] 1/if [1]/muladd [5] [1] 3/set [1] 0/end").is_empty());
    }

    #[test]
    fn cells_that_are_come_to_in_any_case_are_on_the_tape() {
        let transfer = "if [2]/muladd [5] [2] 1/end";
        for (comes_by, access) in [
            ("move 6", 6),
            ("add [5] 1/move 1", 5),
            ("if [6]/add [6] 1/end/move 1", 6),
            ("loop [9]/end/move 1", 9),
            ("if [1]/add [5] 1/if [1]/set [1] 0/end/end/move 6", 6),
        ] {
            assert_eq!(behind(&format!("loop [0]/{transfer}/{comes_by}/end")), [(2, access)], "{comes_by}");
        }
        assert_eq!(behind(&format!("loop [0]/if [1]/{transfer}/end/move 6/end")), [(3, 6)]);
        // What follows finds it accessed.
        let two = format!("loop [0]/{transfer}/add [6] 1/if [3]/muladd [4] [3] 1/end/end");
        assert!(behind(&two).is_empty(), "the pointer stays");
        let two = format!("loop [0]/{transfer}/add [6] 1/if [3]/muladd [4] [3] 1/end/move 6/end");
        assert_eq!((behind(&two), found(&two)), (vec![(2, 6)], vec![6]));
        for (why, stays) in [
            ("it falls short", "move 4"),
            ("it falls short at first", "add [3] 1/move 6"),
            ("it goes the other way", "move -6"),
            ("where it stays one iteration waits for the other", "add [5] 1"),
            ("output before the fault", "output [0]/move 6"),
            ("input before the fault", "input [0]/move 6"),
            ("it may never come there", "loop [0]/end/move 6"),
            ("it may not come there", "if [1]/add [5] 1/end"),
            ("it may end somewhere else", "if [1]/move 1/end/move 6"),
            ("output before the fault, now and then", "if [1]/output [1]/end/move 6"),
            ("one of two, of which nobody knows which is the first", "muladd [6] [7] 1/move 6"),
        ] {
            let code = format!("loop [0]/{transfer}/{stays}/end");
            assert!(behind(&code).is_empty() && found(&code).is_empty(), "{why}");
        }
    }

    #[test]
    fn counts_in_records_need_none_where_all_their_cells_are_on_the_tape() {
        let form = |count: &str, behind: &str| {
            let code = format!("cells 8/scan [0] 1/loop [0]/add [0] 1/{count}/loop [3]/end/{behind}/end");
            let program = text::parse(&code.replace('/', "\n")).unwrap();
            find(&program, 0..program.ops.len())[3]
        };
        assert_eq!(form("count [3] [1] up to 1 from 2 carry [2] copy [1] zero [0]", "move 5"), Form::Always);
        let carries = "count [3] [1] up to 1 from 2 carry [-4] zero [0]";
        assert_eq!(form(carries, "move -5"), Form::Behind { access: -5 });
        assert_eq!(form(carries, "move -3"), Form::Redirected);
        assert_eq!(form(carries, "output [0]/move -5"), Form::Redirected);
        for (count, behind) in [
            (carries, "add [-4] 1"),
            ("count [3] [4] up to 1 from 2 carry [2] zero [0]", "move 5"),
            ("count [3] [1] up to 1 from 2 zero [4]", "move 5"),
            ("count [3] [1] up to 1 from 2 copy [4]", "move 5"),
            ("count [3] [1] up to 1 from 2 mirror [2]", "move 5"),
            ("count [3] [1] up to 1 from 0 carry [2]", "move 5"),
            ("count [3] [1] up to 1 from [2]", "move 5"),
            ("count [3] [1] up to 1 leave 1", "move 5"),
        ] {
            assert_eq!(form(count, behind), Form::Branch, "{count}");
        }
    }

    #[test]
    fn from_record_to_record_all_between_was_tested() {
        let transfer = "if [-4]/muladd [-6] [-4] 1/muladd [-7] [-4] 2/end";
        let walk = |before: i32, drift: i32| found(&format!("add [{before}] 1/loop [0]/{transfer}/move {drift}/end"));
        assert_eq!(walk(-9, 9), [3]);
        assert_eq!(walk(-10, 7), [3]);
        assert!(walk(-9, 3).is_empty(), "the record before is nearer");
        assert!(walk(-9, -9).is_empty(), "it lies on the other side");
        assert!(walk(-5, 9).is_empty(), "of the first record not enough is known");
    }

    #[test]
    fn bodies_that_work_need_one() {
        for body in ["set [1] 0", "add [1] 1", "muladd [1] [0] 2", "copy [1] [2] 1", "output [1]", "set [2] 1"] {
            assert!(found(&format!("if [2]/{body}/set [2] 0/end")).is_empty(), "{body}");
        }
    }

    #[test]
    fn a_test_alone_stays_an_access() {
        assert!(found("if [2]/end").is_empty());
    }

    #[test]
    fn every_tape_has_the_first_cells() {
        let program = text::parse("cells 8\ninput [0]\nif [0]\nmuladd [9] [0] 1\nset [0] 0\nend").unwrap();
        assert_eq!(with(Form::Always, &program), [1]);
    }

    #[test]
    fn of_what_stands_around_a_range_nothing_is_known() {
        // What was reached before the range, or by the loop whose head it has, while its end may lead back from elsewhere.
        let code = "add [-3] 1/loop [0]/add [5] 1/if [2]/muladd [1] [2] 3/set [2] 0/end/move 1/end/if [2]/muladd [1] [2] 3/set [2] 0/end";
        let program = text::parse(&format!("cells 8\nscan [0] 1\n{}", code.replace('/', "\n"))).unwrap();
        let branches = |range: Range<usize>| {
            let forms = find(&program, range.clone());
            let heads = [4, 10].into_iter().filter(|head| range.contains(head));
            heads.map(|head| forms[head - range.start] == Form::Branch).collect::<Vec<_>>()
        };
        assert_eq!(branches(0..14), [false, false]);
        assert_eq!(branches(2..9), [false]);
        assert_eq!(branches(4..14), [true, true]);
        // An end that is cut off.
        assert_eq!(branches(0..7), [true]);
        assert_eq!(branches(9..14), [true]);
    }

    #[test]
    fn loops_alone_know_nothing_of_the_code_before_them() {
        let code =
            "loop [0]/if [2]/muladd [1] [2] 3/set [2] 0/end/end/loop [1]/if [3]/muladd [0] [3] 3/set [3] 0/end/end";
        let program = text::parse(&format!("cells 8\n{}", code.replace('/', "\n"))).unwrap();
        assert_eq!(with(Form::Always, &program), [1, 7]);
        let program = Program { entry: Entry::Anywhere, ..program };
        assert_eq!(with(Form::Always, &program), [1]);
        assert!(with(Form::Redirected, &program).is_empty());
        let walk = "cells 8\nloop [1]\nif [3]\nmuladd [0] [3] 3\nset [3] 0\nend\nmove 5\nend";
        let walk = Program { entry: Entry::Anywhere, ..text::parse(walk).unwrap() };
        assert_eq!(with(Form::Redirected, &walk), [1]);
    }
}
