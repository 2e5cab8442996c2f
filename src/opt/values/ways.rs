//! What is known behind code, and at the heads of its loops, where the pointer parts and comes together again.
//!
//! ```text
//! loop [9]                 cells 1 and 2 are 0 in front of the loop
//!   add [0] 1
//!   add [1] 1
//!   walk [0] 1 0 -1        two ways: cell 0 is 0, or the pointer is on cell 1, which is 0 now
//!   loop [1]               the first of them only: the second sees cell 2
//!     add [1] 255
//!     add [3] 1
//!     move 1
//!   end                    the pointer is on cell 1, on both
//!   move -1
//!   add [9] 255            cells 1 and 2 are 0: so they are in every iteration
//! end
//! ```
//! All ways through the code are followed, with what is known on each; those that come to the same operation with the pointer
//! on the same cell go on as one. Of a loop it is assumed that all holds in every iteration that holds in front of it. What does not hold at the
//! end of its body is unknown, and the body is followed again, until nothing of that is left: conditional constant
//! propagation (Wegman and Zadeck, 1991), on cells instead of variables.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::cells::Cells;
use super::super::facts::Fact;
use super::Values;
use crate::ir::{Kind, Op};

/// The most ways that are followed next to each other.
const MAX_WAYS: usize = 16;

/// So many of them at most are at the same place.
const MAX_APART: usize = 4;

/// How often the operations of a loop may be followed.
const MAX_TIMES: usize = 64;

/// So many steps of a scan are followed.
const MAX_STEPS: u8 = 2;

/// The most cells that a way may change.
const MAX_CELLS: usize = 128;

/// A way through the code, as far as it was followed. Cells and pointers are seen from where the pointer was at the start.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// The index of the next operation.
    next: u32,
    pub pointer: i32,
    /// Of the cells that were changed or tested.
    cells: Cells<Fact>,
    /// The innermost loop around.
    around: Option<usize>,
    /// How many steps of the scan that comes next were done.
    steps: u8,
}

/// A loop that is followed. Its head is come to in several ways.
#[derive(Debug)]
struct Head {
    index: u32,
    pointer: i32,
    /// What is known there, in every iteration.
    cells: Cells<Fact>,
    around: Option<usize>,
    /// Whether a way leads out of the loop again.
    is_left: bool,
}

/// A cell that a loop changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changed {
    pub place: i64,
    /// What is known of it at the head, in every iteration, and behind the loop.
    pub at_head: Fact,
    pub behind: Fact,
}

/// What following a loop has shown.
pub(super) struct Followed {
    pub changed: Vec<Changed>,
    /// Whether the pointer is behind it where it was in front of it.
    pub comes_back: bool,
}

/// Code whose ways are followed.
struct Code<'a> {
    ops: &'a [Op],
    /// The index of the first of them.
    base: u32,
    values: &'a Values,
    heads: Vec<Head>,
    ways: Vec<Way>,
    less: Less,
    steps_left: usize,
    /// The operation that could not be followed.
    lost_at: u32,
}

/// By the head's index, what was found not to hold there, seen from the pointer there: what is known in front of a loop
/// becomes less from one time to the next that it is followed.
pub(super) type Less = BTreeMap<u32, Cells<Fact>>;

impl Values {
    /// Follows the loop on `cell` whose head was just taken and whose end is at `end`.
    pub(super) fn follow_loop(&mut self, cell: i32, head: u32, end: u32) -> Option<Followed> {
        if self.lost_at.is_some_and(|lost| (head..=end).contains(&lost)) {
            return None;
        }
        if self.value(cell) == Some(0) || self.lost_steps_left == 0 {
            return None;
        }
        let steps = self.follow_steps_left.min(MAX_TIMES * (end - head) as usize);
        let less = std::mem::take(&mut self.less);
        let mut code = Code { less, steps_left: steps, ..Code::new(self, self.rewriter.taken_and_rest(), head) };
        let mut way = Way { next: head, ..Way::default() };
        let is_followed =
            code.open_loop(&mut way).and_then(|()| code.go_in(way, cell)).and_then(|()| code.follow(end + 1)).is_some();
        let followed = is_followed.then(|| code.followed());
        let Code { less, steps_left, lost_at, .. } = code;
        self.less = less;
        self.follow_steps_left -= steps - steps_left;
        if !is_followed {
            self.lost_at = Some(lost_at);
            self.lost_steps_left = self.lost_steps_left.saturating_sub(steps - steps_left);
        }
        followed
    }

    /// How many iterations the loop on `cell` has whose head was just taken and whose end is at `end`, if that is known and not
    /// more than `most`, which is at least 1. Its body has to move the pointer by as much on all ways.
    pub(super) fn trips(&mut self, cell: i32, end: u32, most: usize) -> Option<usize> {
        let head = self.rewriter.taken() - 1;
        let mut code = Code::new(self, self.rewriter.taken_and_rest(), head);
        code.ways.push(Way { next: head + 1, ..Way::default() });
        let mut trips = 0;
        let ends = loop {
            trips += 1;
            match code.goes_on(cell, end) {
                Some(true) if trips < most => {}
                goes_on => break goes_on == Some(false),
            }
        };
        self.follow_steps_left = code.steps_left;
        ends.then_some(trips)
    }

    /// All ways through operations of which the one that was just taken may be the first, where this is known of cells beside what
    /// is known anyway.
    pub(super) fn ways_through(&mut self, ops: Range<u32>, known: &[(i32, Fact)]) -> Option<Vec<Way>> {
        let taken = self.rewriter.taken() - 1;
        let mut code = Code::new(self, self.rewriter.taken_and_rest(), taken);
        let mut way = Way { next: ops.start, ..Way::default() };
        for &(cell, fact) in known {
            way.cells.insert(cell, fact);
        }
        code.ways.push(way);
        let is_followed = code.follow(ops.end).is_some();
        let Code { ways, steps_left, .. } = code;
        self.follow_steps_left = steps_left;
        (is_followed && !ways.is_empty()).then_some(ways)
    }

    /// What is known of the cell on the way.
    pub(super) fn fact_on(&self, way: &Way, cell: i32) -> Fact {
        way.cells.get(&cell).copied().unwrap_or_else(|| self.fact(cell))
    }
}

impl Default for Way {
    fn default() -> Way {
        Way { next: 0, pointer: 0, cells: Cells::new(), around: None, steps: 0 }
    }
}

impl Way {
    /// Whether the two are at the same place.
    fn is_where(&self, other: &Way) -> bool {
        self.next == other.next
            && self.pointer == other.pointer
            && self.around == other.around
            && self.steps == other.steps
    }
}

impl<'a> Code<'a> {
    fn new(values: &'a Values, ops: &'a [Op], base: u32) -> Code<'a> {
        let steps_left = values.follow_steps_left;
        let (heads, ways, less) = (Vec::new(), Vec::new(), Less::new());
        Code { ops, base, values, heads, ways, less, steps_left, lost_at: base }
    }

    /// Follows the ways through the body of the loop on `cell` whose end is at `end`: whether they all lead on into the next
    /// iteration, if that is known of all, and no test may fault.
    fn goes_on(&mut self, cell: i32, end: u32) -> Option<bool> {
        self.follow(end)?;
        let mut goes_on = None;
        for way in &mut self.ways {
            let cell = way.pointer.checked_add(cell)?;
            let goes_on_here = match self.values.fact_on(way, cell) {
                Fact::Known(0) if self.values.facts.is_on_tape(self.values.place(cell)) => false,
                fact if fact.is_nonzero() => true,
                _ => return None,
            };
            if *goes_on.get_or_insert(goes_on_here) != goes_on_here {
                return None;
            }
            way.next = self.base + 1;
        }
        goes_on
    }

    /// Follows the ways up to the operation at index `end`, always the one that is the furthest behind: so they meet.
    fn follow(&mut self, end: u32) -> Option<()> {
        while let Some(last) = (0..self.ways.len()).min_by_key(|&way| self.ways[way].next)
            && self.ways[last].next < end
        {
            let way = self.ways.swap_remove(last);
            self.advance(way, end)?;
            if self.ways.len() > MAX_WAYS {
                return None;
            }
        }
        // What stands behind a loop without end was not followed.
        self.heads.iter().all(|head| head.is_left).then_some(())
    }

    /// Follows a way up to the operation at index `end`, or behind one where it may part or meet others.
    fn advance(&mut self, mut way: Way, end: u32) -> Option<()> {
        while way.next < end {
            self.lost_at = way.next;
            self.steps_left = self.steps_left.checked_sub(1)?;
            let kind = self.ops[(way.next - self.base) as usize].kind;
            match kind {
                Kind::Loop { cell, end } | Kind::If { cell, end } => return self.enter(way, kind, cell, end),
                Kind::LoopEnd { .. } => return self.turn(way),
                Kind::Scan { cell, stride } => return self.scan(way, cell, stride, (0, 0)),
                Kind::Walk { cell, stride, leave, enter } => return self.scan(way, cell, stride, (leave, enter)),
                Kind::MinAdd { source, most: 1, .. } if self.read(&way, source)? == Fact::Unknown => {
                    return self.part(way, kind, source);
                }
                _ => self.straight(&mut way, kind)?,
            }
            way.next += 1;
            let next = self.ops.get((way.next - self.base) as usize).map(|op| op.kind);
            let is_end = matches!(kind, Kind::IfEnd { .. });
            if is_end || matches!(next, Some(Kind::Loop { .. } | Kind::LoopEnd { .. })) {
                break;
            }
        }
        self.push(way)
    }

    /// The way goes on later, with another one if they meet.
    fn push(&mut self, mut way: Way) -> Option<()> {
        let there = self.ways.iter().filter(|other| other.is_where(&way)).count();
        let is_met = |other: &Way| other.is_where(&way) && (there >= MAX_APART || !self.part_again(other, &way));
        match self.ways.iter().position(is_met) {
            None => self.ways.push(way),
            Some(other) => {
                self.steps_left = self.steps_left.checked_sub(way.cells.len())?;
                let other = self.ways.swap_remove(other);
                let known = |fact: Option<&Fact>, cell: i32| fact.copied().unwrap_or_else(|| self.values.fact(cell));
                let both = way
                    .cells
                    .zip(&other.cells)
                    .map(|(cell, fact, other)| (cell, known(fact, cell).or(known(other, cell))));
                way.cells = both.collect();
                self.ways.push(way);
            }
        }
        Some(())
    }

    /// Whether a cell, most likely a flag, tells the two ways apart at a test that may come; of a loop, only whether they go into it.
    fn part_again(&self, way: &Way, other: &Way) -> bool {
        let tells = |left: Fact, right: Fact| {
            left == Fact::Known(0) && right.is_nonzero() || left.is_nonzero() && right == Fact::Known(0)
        };
        let next = self.ops.get((way.next - self.base) as usize).map(|op| op.kind);
        let tested = match (next, way.around) {
            (Some(Kind::Loop { cell, .. }), _) => Some(cell),
            (Some(Kind::LoopEnd { .. }), Some(head)) => self.tested(head),
            _ => None,
        };
        match tested {
            Some(cell) => {
                way.pointer.checked_add(cell).is_some_and(|cell| tells(self.at(way, cell), self.at(other, cell)))
            }
            None => way.cells.zip(&other.cells).any(|(cell, left, right)| match (left, right) {
                (Some(&left), Some(&right)) => tells(left, right),
                (Some(&fact), None) | (None, Some(&fact)) => {
                    fact != Fact::Unknown && tells(fact, self.values.fact(cell))
                }
                (None, None) => false,
            }),
        }
    }

    /// The cell that a loop tests.
    fn tested(&self, head: usize) -> Option<i32> {
        match self.ops[(self.heads[head].index - self.base) as usize].kind {
            Kind::Loop { cell, .. } => Some(cell),
            _ => None,
        }
    }

    /// What is known of a cell on the way, seen from the start.
    fn at(&self, way: &Way, cell: i32) -> Fact {
        self.values.fact_on(way, cell)
    }

    fn set(&self, way: &mut Way, cell: i32, fact: Fact) -> Option<()> {
        let place = way.pointer.checked_add(cell)?;
        way.cells.insert(place, fact);
        (way.cells.len() <= MAX_CELLS).then_some(())
    }

    fn read(&self, way: &Way, cell: i32) -> Option<Fact> {
        Some(self.at(way, way.pointer.checked_add(cell)?))
    }

    /// A head: the way parts where it is not known whether it goes into the body.
    fn enter(&mut self, mut way: Way, kind: Kind, cell: i32, end: u32) -> Option<()> {
        let tested = self.read(&way, cell)?;
        if !tested.is_nonzero() {
            let mut other = Way { next: end + 1, ..way.clone() };
            self.set(&mut other, cell, Fact::Known(0))?;
            self.push(other)?;
        }
        if tested == Fact::Known(0) {
            return Some(());
        }
        if matches!(kind, Kind::Loop { .. }) {
            self.open_loop(&mut way)?;
        }
        self.go_in(way, cell)
    }

    /// The way comes to a loop's head.
    fn open_loop(&mut self, way: &mut Way) -> Option<()> {
        let &mut Way { next: index, pointer, around, .. } = way;
        for (&cell, &fact) in self.less.get(&index).into_iter().flat_map(Cells::iter) {
            let fact = self.read(way, cell)?.or(fact);
            self.set(way, cell, fact)?;
        }
        self.steps_left = self.steps_left.checked_sub(way.cells.len())?;
        self.heads.push(Head { index, pointer, cells: way.cells.clone(), around, is_left: false });
        way.around = Some(self.heads.len() - 1);
        Some(())
    }

    /// The way goes into a body whose head tests this cell.
    fn go_in(&mut self, mut way: Way, cell: i32) -> Option<()> {
        self.take_for_nonzero(&mut way, cell)?;
        way.next += 1;
        self.push(way)
    }

    /// A boolean parts the way: it is followed for 0, and for what is not.
    fn part(&mut self, mut way: Way, kind: Kind, source: i32) -> Option<()> {
        let mut other = way.clone();
        self.set(&mut other, source, Fact::Known(0))?;
        self.take_for_nonzero(&mut way, source)?;
        for mut way in [way, other] {
            self.straight(&mut way, kind)?;
            way.next += 1;
            self.push(way)?;
        }
        Some(())
    }

    fn take_for_nonzero(&self, way: &mut Way, cell: i32) -> Option<()> {
        let tested = self.read(way, cell)?;
        if !tested.is_nonzero() {
            self.set(way, cell, tested.if_nonzero())?;
        }
        Some(())
    }

    /// A loop's end: the way goes on behind it, or its head knows less than it did, and the body is followed once more.
    fn turn(&mut self, mut way: Way) -> Option<()> {
        let head = way.around?;
        let Head { index, pointer, around, .. } = self.heads[head];
        let cell = self.tested(head)?;
        let tested = self.read(&way, cell)?;
        if !tested.is_nonzero() {
            self.heads[head].is_left = true;
            let mut other = Way { next: way.next + 1, around, ..way.clone() };
            self.set(&mut other, cell, Fact::Known(0))?;
            self.push(other)?;
        }
        if tested == Fact::Known(0) {
            return Some(());
        }
        self.take_for_nonzero(&mut way, cell)?;
        if way.pointer != pointer {
            // It moves along: the next iteration is like another loop, if it is certain. What holds in all iterations is not asked
            // of it, as of the loop that all is about.
            if !tested.is_nonzero() || index == self.base {
                return None;
            }
            self.heads[head].is_left = true;
            return self.push(Way { next: index, around, ..way });
        }
        self.steps_left = self.steps_left.checked_sub(way.cells.len())?;
        let (mut known, mut is_less) = (Vec::new(), false);
        for (cell, before, now) in self.heads[head].cells.zip(&way.cells) {
            let before = before.copied().unwrap_or_else(|| self.values.fact(cell));
            let both = now.map_or(before, |&now| before.or(now));
            if both != before {
                is_less = true;
                self.less.entry(index).or_insert_with(Cells::new).insert(cell.checked_sub(pointer)?, both);
            }
            known.push((cell, both));
        }
        let cells: Cells<Fact> = known.into_iter().collect();
        if is_less {
            let mut next = Way { next: index + 1, pointer, cells: cells.clone(), around: Some(head), steps: 0 };
            self.take_for_nonzero(&mut next, cell)?;
            self.push(next)?;
        }
        self.heads[head].cells = cells;
        Some(())
    }

    /// A scan or walk, which adds to the cells that it leaves and enters: a step, or none.
    fn scan(&mut self, mut way: Way, cell: i32, stride: i32, (leave, enter): (i32, i32)) -> Option<()> {
        let tested = self.read(&way, cell)?;
        if !tested.is_nonzero() {
            let mut other = Way { next: way.next + 1, steps: 0, ..way.clone() };
            self.set(&mut other, cell, Fact::Known(0))?;
            self.push(other)?;
        }
        if tested == Fact::Known(0) {
            return Some(());
        }
        if way.steps == MAX_STEPS {
            return None;
        }
        self.take_for_nonzero(&mut way, cell)?;
        for (cell, delta) in [(cell, leave), (cell.checked_add(stride)?, enter)] {
            if delta != 0 {
                self.straight(&mut way, Kind::Add { cell, delta: i64::from(delta) as u64 & self.values.mask })?;
            }
        }
        way.pointer = way.pointer.checked_add(stride)?;
        way.steps += 1;
        self.push(way)
    }

    /// An operation behind which the way does not part.
    fn straight(&self, way: &mut Way, kind: Kind) -> Option<()> {
        match kind {
            Kind::Move { delta } => way.pointer = way.pointer.checked_add(delta)?,
            Kind::Input { cell } => self.set(way, cell, Fact::Unknown)?,
            Kind::Count(count) => {
                for cell in count.changed_cells() {
                    self.set(way, cell, Fact::Unknown)?;
                }
            }
            Kind::Divide { cell, quotient, .. } => {
                self.set(way, cell, Fact::Unknown)?;
                self.set(way, quotient, Fact::Unknown)?;
            }
            Kind::Output { .. } | Kind::Text { .. } | Kind::Dump { .. } | Kind::IfEnd { .. } => {}
            Kind::MulAdd { .. }
            | Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. } => {
                let read = |cell: i32| self.read(way, cell).unwrap_or_default();
                let (target, fact) = self.values.computed(kind, read)?;
                self.set(way, target, fact)?;
            }
            Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Loop { .. }
            | Kind::LoopEnd { .. }
            | Kind::If { .. } => return None,
        }
        Some(())
    }

    /// What was found of the loop that all is about.
    fn followed(&self) -> Followed {
        let head = &self.heads[0];
        let ways = self.ways.iter().flat_map(|way| way.cells.iter());
        let mut cells: Vec<i32> = head.cells.iter().chain(ways).map(|(&cell, _)| cell).collect();
        cells.sort_unstable();
        cells.dedup();
        let changed = |cell: i32| Changed {
            place: self.values.place(cell),
            at_head: head.cells.get(&cell).copied().unwrap_or_else(|| self.values.fact(cell)),
            // Where it does not run, the cell is what it was.
            behind: self.ways.iter().fold(self.values.fact(cell), |fact, way| fact.or(self.at(way, cell))),
        };
        let comes_back = !self.ways.is_empty() && self.ways.iter().all(|way| way.pointer == 0);
        Followed { changed: cells.into_iter().map(changed).collect(), comes_back }
    }
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    /// Adds 1 to a number with its lower cell in 0 and its upper one in 3, if cells 1 and 2 are 0.
    const ADD: &str = "add [0] 1/add [1] 1/walk [0] 1 0 -1/loop [1]/add [1] 255/add [3] 1/move 1/end/move -1";
    const ADDED: &str = "add [0] 1/set [1] 1/minadd [1] [0] 1 255/if [1]/set [1] 0/add [3] 1/end/move 1/move -1";
    const BEGIN: &str = "input [9]/input [0]/input [3]";

    #[test]
    fn what_is_0_in_front_of_a_loop_and_always_at_its_end_is_0_in_it() {
        // And behind it.
        check8(
            "closed",
            &format!("{BEGIN}/loop [9]/{ADD}/add [9] 255/end/output [1]"),
            &format!("{BEGIN}/loop [9]/{ADDED}/add [9] 255/end/text \"\\x00\""),
        );
        // In loops in each other, of which the inner one needs what the outer one keeps.
        check8(
            "closed",
            &format!("{BEGIN}/loop [9]/input [8]/loop [8]/{ADD}/add [8] 255/end/{ADD}/add [9] 255/end"),
            &format!("{BEGIN}/loop [9]/input [8]/loop [8]/{ADDED}/add [8] 255/end/{ADDED}/add [9] 255/end"),
        );
        for (begin, end) in [
            (BEGIN, "input [2]"),
            ("input [9]/input [2]", "add [4] 1"),
            // In other cells each time.
            (BEGIN, "move 4"),
        ] {
            let stays = format!("{begin}/loop [9]/{ADD}/{end}/add [9] 255/end");
            check8("closed", &stays, &stays);
        }
    }

    #[test]
    fn what_is_not_0_may_be_0_behind_a_loop() {
        let code = |add: &str, between: &str, inner: &str| {
            format!("{BEGIN}/input [8]/if [8]/loop [9]/{add}/{between}add [9] 255/end/{inner}/end")
        };
        check8("closed", &code(ADD, "", "if [8]/output [0]/end"), &code(ADDED, "", "output [0]"));
        let inner = "if [8]/output [0]/end";
        check8("closed", &code(ADD, "input [8]/", inner), &code(ADDED, "input [8]/", inner));
    }

    #[test]
    fn a_flag_that_is_not_0_is_what_it_is_made() {
        check8(
            "values",
            "input [0]/set [1] 1/minadd [1] [0] 1 255/if [1]/output [1]/end",
            "input [0]/set [1] 1/minadd [1] [0] 1 255/if [1]/text \"\\x01\"/end",
        );
        // Not in the second iteration.
        let stays = "input [0]/if [0]/set [1] 5/end/add [1] 251/loop [1]/output [1]/input [1]/end";
        check8("values", stays, stays);
        // Behind the condition it may be 0 again, or was all the time.
        let stays = "input [0]/if [0]/set [1] 5/end/input [2]/if [1]/input [2]/end/output [1]";
        check8("values", stays, stays);
    }
}
