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
//! Where cell 0 is not 0 the first loop ends on cell 1, which it has made 0, and the second does not begin, since cell 2 is 0. Where it is 0
//! the second one begins on cell 1, and ends on cell 2. That is a usual way to do one of two things, without a copy of the value. The pointer gets lost in both, and all knowledge with it. As conditions they leave it where it is until both are over.
//!
//! A first loop that does nothing else is a walk, and makes the flag its boolean not:
//!
//! ```text
//! set [1] 1              set [1] 1
//! set [2] 0              set [2] 0
//! walk [0] 1 0 -1   →    minadd [1] [0] 1 255
//! scan [1] 1             move 1
//! ```

use std::borrow::Cow;

use super::super::effects::Effect;
use super::Values;
use crate::ir::{Kind, Op};

/// Longer loops are not joined, in operations: those within others are looked at once for each.
const MAX_JOINED: u32 = 2_000;

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
}

/// Two loops, or conditions, that lead the pointer equally far.
struct Pair<'a> {
    join: Join,
    /// What they test.
    tested: i32,
    flag: i32,
    /// Their bodies, without the last move.
    first: Cow<'a, [Op]>,
    second: &'a [Op],
}

impl Values {
    /// Does what there is to do with the operation that was just taken if it is an end of loops that are joined, or begins some.
    pub(super) fn joins(&mut self, op: Op) -> bool {
        let index = self.rewriter.taken() - 1;
        if let Some(&Join { first_end, second, second_end, raised, .. }) = self.joins.last() {
            let is_loop = second < second_end;
            match index {
                // The pointer moves behind both.
                _ if index + 1 == first_end || (is_loop && index + 1 == second_end) => return true,
                _ if index == first_end || (is_loop && index == second_end) => {
                    self.end_if(Op { kind: Kind::IfEnd { start: 0 }, ..op });
                    return true;
                }
                _ if index == second => {
                    self.begin_second(op, second_end, raised);
                    return true;
                }
                _ => {}
            }
        }
        let Some(pair) = self.pair_at(op, index) else { return false };
        if !self.is_joined(&pair) {
            // It may come to be, when others in it are.
            self.stretches.note_news();
            return false;
        }
        self.joins.push(pair.join);
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
            self.op(Op { kind: Kind::Move { delta: join.drift }, ..op });
        }
    }

    /// One of two loops that are joined begins, as a condition. Its body may lose all knowledge for what it changes, so the next
    /// round has to look at where it begins.
    fn begin_joined(&mut self, op: Op, cell: i32, end: u32) {
        self.stretches.note_news();
        if self.sure_value(cell) == Some(0) {
            self.rewriter.skip_to(end + 1);
        } else {
            self.open_condition(Op { kind: Kind::If { cell, end }, ..op }, cell, Effect::Cells(0..0));
        }
    }

    fn begin_second(&mut self, op: Op, end: u32, raised: u64) {
        match op.kind {
            Kind::Loop { cell, .. } | Kind::If { cell, .. } => {
                self.begin_joined(op, cell, end);
                if self.rewriter.taken() <= end {
                    self.learn(cell, Some(raised));
                }
            }
            // What the only step makes 0 is 0 where there is none.
            Kind::Walk { cell, .. } => self.op(Op { kind: Kind::Set { cell, value: 0 }, ..op }),
            Kind::Scan { .. } => {}
            kind => unreachable!("{kind:?} is no second loop"),
        }
    }

    /// The loop, or condition, whose head at index `head` was just taken, and the one behind it that may be its else.
    fn pair_at(&self, op: Op, head: u32) -> Option<Pair<'_>> {
        if self.threading.is_some() {
            return None;
        }
        let rest = self.rewriter.rest();
        let (tested, first_end, first, drift) = match op.kind {
            Kind::Loop { cell, end } | Kind::If { cell, end } => {
                let (body, drift) = drifting(rest, head, end)?;
                (cell, end, Cow::Borrowed(body), drift)
            }
            Kind::Walk { cell, stride, leave: 0, enter } => {
                let delta = Some(i64::from(enter) as u64 & self.mask).filter(|&delta| delta != 0)?;
                let kind = Kind::Add { cell: cell.checked_add(stride)?, delta };
                (cell, head, Cow::Owned(vec![Op { kind, ..op }]), stride)
            }
            _ => return None,
        };
        let begin = first_end + 1;
        let (flag, second_end, second) = match rest.get((first_end - head) as usize)?.kind {
            Kind::Loop { cell, end } | Kind::If { cell, end } => {
                let (body, second_drift) = drifting(&rest[(begin - head) as usize..], begin, end)?;
                (cell, end, Some(body).filter(|_| second_drift == drift)?)
            }
            Kind::Scan { cell, stride } if stride == drift => (cell, begin, [].as_slice()),
            Kind::Walk { cell, stride, leave, enter: 0 }
                if stride == drift && (first_end > head || self.makes_superfluous(tested, drift, cell)) =>
            {
                let left = self.sure_value(cell)?.wrapping_add_signed(leave.into()) & self.mask;
                (cell, begin, Some([].as_slice()).filter(|_| left == 0)?)
            }
            _ => return None,
        };
        // Without the first, the second one runs.
        let raised = self.sure_value(flag).filter(|&value| value != 0)?;
        let join = Join { first_end, second: begin, second_end, drift, raised };
        Some(Pair { join, tested, flag, first, second })
    }

    /// Whether nothing is left of a walk from `tested` if what it comes to is made 0 behind it: no access either.
    fn makes_superfluous(&self, tested: i32, drift: i32, flag: i32) -> bool {
        tested.checked_add(drift) == Some(flag) && self.facts.is_on_tape(self.place(tested))
    }

    /// Whether exactly one of the two runs, once: neither goes on, nor does the second begin behind the first.
    fn is_joined(&self, pair: &Pair<'_>) -> bool {
        let &Pair { join: Join { drift, raised, .. }, tested, flag, ref first, second } = pair;
        let (Some(first_left), Some(second_left)) = (tested.checked_add(drift), flag.checked_add(drift)) else {
            return false;
        };
        let is_sure = |cell: i32| self.facts.is_on_tape(self.place(cell));
        let before = |cell: i32| if cell == flag { Some(raised) } else { self.value(cell) };
        let is_0_behind = |body: &[Op], cell: i32| self.value_behind(body, cell, before(cell)) == Some(0);
        [first_left, second_left].into_iter().all(is_sure)
            && [first_left, flag, second_left].into_iter().all(|cell| is_0_behind(first, cell))
            && is_0_behind(second, second_left)
    }

    /// The value of `cell`, seen from the pointer in front of these operations, behind them; it is known to be `value` in front, if that
    /// is given. Nothing if they lead the pointer elsewhere.
    fn value_behind(&self, body: &[Op], cell: i32, mut value: Option<u64>) -> Option<u64> {
        let (mut pointer, cell) = (0, i64::from(cell));
        let mut open: Vec<(i64, bool)> = Vec::new();
        for op in body {
            let is_it = |other: i32| pointer + i64::from(other) == cell;
            match op.kind {
                Kind::Add { cell, delta } if is_it(cell) => {
                    value = value.filter(|_| open.is_empty()).map(|value| value.wrapping_add(delta) & self.mask);
                }
                // Whether it runs or not.
                Kind::Set { cell, value: new } if is_it(cell) => {
                    value = Some(new).filter(|_| open.is_empty() || value == Some(new));
                }
                Kind::MulAdd { target: changed, .. }
                | Kind::Copy { target: changed, .. }
                | Kind::Product { target: changed, .. }
                | Kind::MinAdd { target: changed, .. }
                | Kind::Input { cell: changed }
                    if is_it(changed) =>
                {
                    value = None;
                }
                Kind::Count(count) if count.changed_cells().any(is_it) => value = None,
                Kind::Move { delta } => pointer += i64::from(delta),
                Kind::Loop { cell, .. } => open.push((pointer, is_it(cell))),
                Kind::If { .. } => open.push((pointer, false)),
                Kind::LoopEnd { .. } | Kind::IfEnd { .. } => {
                    let (at_head, is_zero) = open.pop()?;
                    if pointer != at_head {
                        return None;
                    }
                    if is_zero && open.is_empty() {
                        value = Some(0);
                    }
                }
                Kind::Scan { .. } | Kind::Walk { .. } | Kind::Ripple { .. } => return None,
                Kind::Add { .. }
                | Kind::Set { .. }
                | Kind::MulAdd { .. }
                | Kind::Copy { .. }
                | Kind::Product { .. }
                | Kind::MinAdd { .. }
                | Kind::Input { .. }
                | Kind::Count(_)
                | Kind::Output { .. }
                | Kind::Text { .. }
                | Kind::Dump { .. } => {}
            }
        }
        value.filter(|_| pointer == 0)
    }
}

/// The body of a loop with these ends, without the move at its end, and that. `rest` begins behind its head.
fn drifting(rest: &[Op], head: u32, end: u32) -> Option<(&[Op], i32)> {
    let len = end - head - 1;
    if len > MAX_JOINED {
        return None;
    }
    let (last, body) = rest[..len as usize].split_last()?;
    match last.kind {
        Kind::Move { delta } => Some((body, delta)),
        _ => None,
    }
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
        let flat = "set [4] 1/if [3]/output [8]/set [4] 0/end/move 1/move -1";
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
