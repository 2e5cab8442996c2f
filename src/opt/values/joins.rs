//! If and else: two loops of which exactly one runs, once, and that lead the pointer to the same cell.
//!
//! ```text
//! set [1] 1              set [1] 1
//! set [2] 0              set [2] 0
//! loop [0]               if [0]
//!   ...                    ...
//!   add [1] 255            set [1] 0
//!   move 1               end
//! end               →    if [1]
//! loop [1]                 ...
//!   ...                    set [1] 0
//!   add [1] 255          end
//!   move 1               move 1
//! end
//! ```
//! Where cell 0 is not 0 the first loop ends on cell 1, which it has made 0, and the second does not begin, since cell 2 is 0. Where it
//! is 0 the second one begins on cell 1, and ends on cell 2. That is a usual way to do one of two things, without a copy of the
//! value. The pointer gets lost in both, and all knowledge with it. As conditions they leave it where it is until both are over: what
//! is in them is put as seen from their heads.
//!
//! A first loop that does nothing else is a walk, and makes the flag its boolean not:
//!
//! ```text
//! set [1] 1              set [1] 1
//! set [2] 0              set [2] 0
//! walk [0] 1 0 -1   →    minadd [1] [0] 1 255
//! scan [1] 1             move 1
//! ```

use smallvec::SmallVec;

use super::super::effects::Effect;
use super::super::facts::Fact;
use super::Values;
use super::ways::Way;
use crate::ir::{Kind, Op};

/// Longer loops are not joined, in operations: those within others are looked at once for each.
const MAX_JOINED: usize = 2_000;

/// Two loops that are joined.
pub(super) struct Join {
    /// The index of the first one's end in the old program; those of the head and the end of the second. A scan or walk is both.
    first_end: u32,
    second: u32,
    second_end: u32,
    /// How far both lead the pointer.
    drift: i32,
    /// The value of the second one's cell if it runs: nothing has changed then.
    raised: u64,
    /// How many loops and conditions are open in the one of the two that is, and how far the pointers were apart in front of it.
    open: Option<usize>,
    shift: i32,
    /// For how many operations more room is kept for them.
    reserves: usize,
}

/// Two loops, or conditions, of which one may be the other's else.
struct Pair {
    /// The index of the first one's head, and as in [`Join`].
    head: u32,
    first_end: u32,
    second: u32,
    second_end: u32,
    /// What they test.
    tested: i32,
    flag: i32,
    /// Whether they test their cells behind their bodies too.
    first_goes_on: bool,
    second_goes_on: bool,
    raised: u64,
    /// How far the bodies lead the pointer by moves of their own, and how far scans and walks in one step.
    moves: SmallVec<[i32; 2]>,
    steps: SmallVec<[i32; 2]>,
}

impl Values {
    /// Does what there is to do with the operation that was just taken if it is an end of loops that are joined, or begins some.
    pub(super) fn joins(&mut self, op: Op) -> bool {
        let index = self.rewriter.taken() - 1;
        if let Some(&Join { first_end, second, second_end, drift, raised, open, shift, .. }) = self.joins.last() {
            if open.is_some() && (index == first_end || index == second_end) {
                self.end_joined(op, drift, shift);
                return true;
            }
            if index == second {
                self.begin_second(op, second_end, raised);
                return true;
            }
        }
        let Some(pair) = self.pair_at(op, index) else { return false };
        let Some(drift) = self.drift(&pair) else {
            // It may come to be, when others in it are.
            self.stretches.note_news();
            return false;
        };
        let Pair { first_end, second, second_end, raised, ref moves, .. } = pair;
        // What leads the pointer the rest of the way may not come to be moves: each of the two has one behind it then, and there is the
        // one behind both.
        let reserves = if moves.iter().all(|&moves| moves == drift) { 0 } else { moves.len() + 1 };
        if reserves > 0 {
            self.reserved += reserves;
            self.rewriter.make_room(self.reserved);
        }
        self.joins.push(Join { first_end, second, second_end, drift, raised, open: None, shift: 0, reserves });
        self.note_news();
        match op.kind {
            Kind::Loop { cell, end } | Kind::If { cell, end } => self.begin_joined(op, cell, end),
            // The second makes it 0 in any case.
            Kind::Walk { .. } if matches!(self.rewriter.rest()[0].kind, Kind::Walk { .. }) => {}
            Kind::Walk { cell, stride, enter, .. } => {
                let factor = i64::from(enter) as u64 & self.mask;
                self.op(Op { kind: Kind::MinAdd { target: cell + stride, source: cell, most: 1, factor }, ..op });
            }
            kind => unreachable!("{kind:?} is no first loop"),
        }
        true
    }

    /// Moves the pointer behind loops that are joined.
    pub(super) fn end_joins(&mut self, op: Op) {
        while let Some(join) = self.joins.pop_if(|join| join.second_end < self.rewriter.taken()) {
            self.reserved -= join.reserves;
            self.go(op, join.drift);
        }
    }

    /// Moves the pointer; in loops that are joined it only goes on from their heads what is put.
    pub(super) fn go(&mut self, op: Op, delta: i32) {
        self.facts.pointer += i64::from(delta);
        if self.joins.last().is_some_and(|join| join.open == Some(self.open.len())) {
            self.shift += delta;
        } else {
            self.put(Kind::Move { delta }, op.span);
        }
    }

    /// One of two loops that are joined begins, as a condition. Its body may lose all knowledge for what it changes, so the next
    /// round has to look at where it begins.
    fn begin_joined(&mut self, op: Op, cell: i32, end: u32) {
        self.stretches.note_news();
        if self.sure_value(cell) == Some(0) {
            self.rewriter.skip_to(end + 1);
            return;
        }
        self.open_condition(Op { kind: Kind::If { cell, end }, ..op }, cell, Effect::Cells(0..0));
        let open = Some(self.open.len());
        if let Some(join) = self.joins.last_mut() {
            (join.open, join.shift) = (open, self.shift);
        }
    }

    /// It ends, behind which the pointer is where it was in front of it.
    fn end_joined(&mut self, op: Op, drift: i32, shift: i32) {
        let rest = self.shift - drift - shift;
        if rest != 0 {
            // One of two loops in it that lead there and back again was joined with another one, or drifts and stayed a loop.
            self.rewriter.put(Kind::Move { delta: rest }, op.span);
        }
        self.facts.pointer -= i64::from(drift);
        self.shift = shift;
        if let Some(join) = self.joins.last_mut() {
            join.open = None;
        }
        self.end_if(Op { kind: Kind::IfEnd { start: 0 }, ..op });
    }

    fn begin_second(&mut self, op: Op, end: u32, raised: u64) {
        match op.kind {
            Kind::Loop { cell, .. } | Kind::If { cell, .. } => {
                self.begin_joined(op, cell, end);
                if self.rewriter.taken() <= end {
                    self.learn(cell, Fact::Known(raised));
                }
            }
            // What the only step makes 0 is 0 where there is none.
            Kind::Walk { cell, .. } => self.op(Op { kind: Kind::Set { cell, value: 0 }, ..op }),
            Kind::Scan { .. } => {}
            kind => unreachable!("{kind:?} is no second loop"),
        }
    }

    /// The loop, or condition, whose head at index `head` was just taken, and the one behind it that may be its else.
    fn pair_at(&self, op: Op, head: u32) -> Option<Pair> {
        if self.threading.is_some() {
            return None;
        }
        let rest = self.rewriter.rest();
        let (tested, first_end, walked) = match op.kind {
            Kind::Loop { cell, end } | Kind::If { cell, end } => (cell, end, None),
            Kind::Walk { cell, stride, leave: 0, enter } if enter != 0 => (cell, head, Some(stride)),
            _ => return None,
        };
        let mut steps: SmallVec<[i32; 2]> = walked.into_iter().collect();
        let second = first_end + 1;
        let behind = rest.get((first_end - head) as usize)?;
        let (flag, second_end) = match behind.kind {
            Kind::Loop { cell, end } | Kind::If { cell, end } => (cell, end),
            Kind::Scan { cell, stride } => {
                steps.push(stride);
                (cell, second)
            }
            Kind::Walk { cell, stride, leave, enter: 0 }
                if walked.is_none_or(|walked| self.makes_superfluous(tested, walked, cell)) =>
            {
                let left = self.sure_value(cell)?.wrapping_add_signed(leave.into()) & self.mask;
                steps.push(stride);
                (cell, Some(second).filter(|_| left == 0)?)
            }
            _ => return None,
        };
        // Without the first, the second one runs.
        let raised = self.sure_value(flag).filter(|&value| value != 0)?;
        let body = |head: u32, end: u32| {
            rest.get((head + 1 - self.rewriter.taken()) as usize..(end - self.rewriter.taken()) as usize)
        };
        let bodies = [(head, first_end), (second, second_end)].into_iter().filter(|(head, end)| head < end);
        let leads = bodies.map(|(head, end)| lead(body(head, end)?)).collect::<Option<SmallVec<[Lead; 2]>>>()?;
        // How far some lead in any case. That has to be as far as the others.
        let mut certain =
            leads.iter().filter(|lead| lead.is_certain).map(|lead| lead.moves).chain(steps.iter().copied());
        if certain.next().is_some_and(|first| first == 0 || certain.any(|other| other != first)) {
            return None;
        }
        let moves = leads.iter().map(|lead| lead.moves).collect();
        let goes_on = |kind: Kind| !matches!(kind, Kind::If { .. });
        let (first_goes_on, second_goes_on) = (goes_on(op.kind), goes_on(behind.kind));
        Some(Pair {
            head,
            first_end,
            second,
            second_end,
            tested,
            flag,
            first_goes_on,
            second_goes_on,
            raised,
            moves,
            steps,
        })
    }

    /// Whether nothing is left of a walk from `tested` if what it comes to is made 0 behind it: no access either.
    fn makes_superfluous(&self, tested: i32, drift: i32, flag: i32) -> bool {
        tested.checked_add(drift) == Some(flag) && self.facts.is_on_tape(self.place(tested))
    }

    /// How far both lead the pointer, if exactly one of the two runs, once: neither goes on, nor does the second begin behind
    /// the first.
    fn drift(&mut self, pair: &Pair) -> Option<i32> {
        let &Pair { head, first_end, second, second_end, tested, flag, first_goes_on, second_goes_on, .. } = pair;
        let body = |head: u32, end: u32| (if head < end { head + 1 } else { head })..end.max(head + 1);
        let first = self.ways_through(body(head, first_end), &[(tested, self.fact(tested).if_nonzero())])?;
        let second = self.ways_through(body(second, second_end), &[(tested, Fact::Known(0))])?;
        let drift = first[0].pointer;
        let (first_left, second_left) = (tested.checked_add(drift)?, flag.checked_add(drift)?);
        let is_0 = |way: &Way, cell: i32| self.fact_on(way, cell) == Fact::Known(0);
        let is_sure = |cell: i32| self.facts.is_on_tape(self.place(cell));
        let is_joined = drift != 0
            && pair.steps.iter().all(|&step| step == drift)
            && first.iter().chain(&second).all(|way| way.pointer == drift)
            && is_sure(second_left)
            && (!first_goes_on || is_sure(first_left) && first.iter().all(|way| is_0(way, first_left)))
            && first.iter().all(|way| is_0(way, flag) && is_0(way, second_left))
            && (!second_goes_on || second.iter().all(|way| is_0(way, second_left)));
        is_joined.then_some(drift)
    }
}

/// How far a body leads the pointer.
struct Lead {
    /// By moves of its own.
    moves: i32,
    /// Whether there is nothing else that could.
    is_certain: bool,
}

/// How far a body leads the pointer; nothing if it is too long.
fn lead(body: &[Op]) -> Option<Lead> {
    if body.len() > MAX_JOINED {
        return None;
    }
    let (mut lead, mut depth) = (Lead { moves: 0, is_certain: true }, 0);
    for op in body {
        match op.kind {
            Kind::Move { delta } if depth == 0 => lead.moves = lead.moves.checked_add(delta)?,
            Kind::Move { .. } | Kind::Scan { .. } | Kind::Walk { .. } | Kind::Ripple { .. } => lead.is_certain = false,
            Kind::Loop { .. } | Kind::If { .. } => depth += 1,
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => depth -= 1,
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => {}
        }
    }
    Some(lead)
}

#[cfg(test)]
mod tests {
    use crate::ir::{Kind, text};
    use crate::opt::Pass;
    use crate::opt::testing::check8;

    const FLAGS: &str = "input [9]/scan [9] 1/input [0]/set [1] 1/set [2] 0";

    #[test]
    fn if_and_else_are_two_conditions() {
        check8(
            "values",
            &format!(
                "{FLAGS}/loop [0]/output [5]/add [1] 255/move 1/end/loop [1]/output [6]/add [1] 255/move 1/end/output [0]"
            ),
            &format!("{FLAGS}/if [0]/output [5]/set [1] 0/end/if [1]/output [6]/set [1] 0/end/move 1/text \"\\x00\""),
        );
        // To the left, on a tape of zeros.
        check8(
            "values",
            "input [9]/set [8] 1/loop [9]/add [8] 255/input [3]/move -1/end/loop [8]/add [8] 255/input [4]/move -1/end/input [9]",
            "input [9]/set [8] 1/if [9]/set [8] 0/input [3]/end/if [8]/set [8] 0/input [4]/end/move -1/input [9]",
        );
        // It is known which.
        check8(
            "values",
            "set [0] 7/set [1] 1/loop [0]/input [5]/add [1] 255/move 1/end/loop [1]/input [6]/add [1] 255/move 1/end",
            "set [0] 7/set [1] 1/input [5]/set [1] 0/move 1",
        );
        check8(
            "values",
            "set [1] 1/loop [0]/input [5]/add [1] 255/move 1/end/loop [1]/input [6]/add [1] 255/move 1/end/output [-1]",
            "set [1] 1/input [6]/set [1] 0/move 1/text \"\\x00\"",
        );
    }

    #[test]
    fn a_scan_or_a_walk_is_an_else_without_anything() {
        for (scan, set) in [("scan [1] 1", ""), ("walk [1] 1 -1 0", "/set [1] 0")] {
            check8(
                "values",
                &format!("{FLAGS}/loop [0]/add [1] 255/move 1/end/{scan}/output [-1]"),
                &format!("{FLAGS}/if [0]/set [1] 0/end{set}/move 1/output [-1]"),
            );
        }
        // A flag of 2 goes on.
        let stays = "input [9]/scan [9] 1/input [0]/set [1] 2/set [2] 0/if [0]/set [1] 0/move 1/end/walk [1] 1 -1 0";
        check8("values", stays, stays);
    }

    #[test]
    fn a_walk_that_makes_a_flag_0_is_a_boolean_not() {
        for (second, becomes) in [
            ("scan [1] 1", "minadd [1] [0] 1 255/move 1"),
            ("loop [1]/add [3] 1/add [1] 255/move 1/end", "minadd [1] [0] 1 255/if [1]/add [3] 1/set [1] 0/end/move 1"),
        ] {
            check8("values", &format!("{FLAGS}/walk [0] 1 0 -1/{second}"), &format!("{FLAGS}/{becomes}"));
        }
        check8("values", "input [0]/set [1] 1/walk [0] 1 0 -1/walk [1] 1 -1 0", "input [0]/set [1] 1/set [1] 0/move 1");
        // Cell 0 may be off the tape.
        for stays in [
            "walk [0] 1 0 -1/walk [1] 1 -1 0",
            "walk [0] 1 0 -2/scan [1] 1",
            "walk [0] 1 -1 -1/scan [1] 1",
            "walk [0] 1 0 -1/scan [1] 2",
        ] {
            let stays = format!("{FLAGS}/{stays}");
            check8("values", &stays, &stays);
        }
    }

    #[test]
    fn they_may_stand_in_each_other() {
        let inner = "set [4] 1/set [5] 0/loop [3]/output [8]/add [4] 255/move 1/end/scan [4] 1/move -1";
        let flat = "set [4] 1/if [3]/output [8]/set [4] 0/end";
        let second = "output [6]/add [1] 255";
        check8(
            "closed",
            &format!("{FLAGS}/set [5] 0/loop [0]/{inner}/add [1] 255/move 1/end/loop [1]/{second}/move 1/end"),
            &format!("{FLAGS}/set [5] 0/if [0]/{flat}/set [1] 0/end/if [1]/output [6]/set [1] 0/end/move 1"),
        );
    }

    #[test]
    fn bodies_that_change_many_cells_are_looked_at_again() {
        let adds: String = (10..80).map(|cell| format!("add [{cell}] 1/")).collect();
        let many = format!("loop [8]/{adds}add [8] 255/end");
        let way = |head: &str| format!("loop {head}/{many}/add [1] 255/move 1/end");
        let code = format!("cells 8/{FLAGS}/{}/{}/output [0]", way("[0]"), way("[1]")).replace('/', "\n");
        let after = Pass::named("closed").unwrap().apply(text::parse(&code).unwrap());
        let ifs = after.ops.iter().filter(|op| matches!(op.kind, Kind::If { .. })).count();
        assert_eq!(ifs, 2, "{}", text::print(&after, None));
    }

    #[test]
    fn others_stay() {
        let first = "loop [0]/output [5]/add [1] 255/move 1/end";
        let second = "loop [1]/output [6]/add [1] 255/move 1/end";
        for (why, flags, first, second) in [
            ("the flag may be 0", "input [1]/set [2] 0", first, second),
            ("the first may go on", "set [1] 2/set [2] 0", first, second),
            ("the second may begin behind it", "set [1] 1/input [2]", first, second),
            ("the second may go on", "set [1] 1/set [2] 0", first, "loop [1]/add [1] 255/input [2]/move 1/end"),
            ("they part", "set [1] 1/set [2] 0", first, "loop [1]/add [1] 255/move 2/end"),
            ("they go apart", "set [1] 1/set [-1] 0/set [2] 0", first, "loop [1]/add [1] 255/move -1/end"),
            ("something is between them", "set [1] 1/set [2] 0", first, "output [0]/loop [1]/add [1] 255/move 1/end"),
            ("one loses the pointer", "set [1] 1/set [2] 0", "loop [0]/scan [5] 1/add [1] 255/move 1/end", second),
            (
                "a loop in it changes the flag",
                "set [1] 1/set [2] 0",
                "loop [0]/loop [5]/input [1]/end/move 1/end",
                second,
            ),
        ] {
            let code = format!("input [9]/scan [9] 1/input [0]/{flags}/{first}/{second}");
            let program = text::parse(&format!("cells 8\n{}", code.replace('/', "\n"))).unwrap();
            let after = text::print(&Pass::named("values").unwrap().apply(program), None);
            assert_eq!(after.matches("  move ").count(), 2, "{why}: {after}");
        }
    }
}
