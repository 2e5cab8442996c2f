//! Follows values that are known, through straight code, conditions and loops.
//!
//! ```text
//! set [0] 3              set [0] 3
//! loop [1]               if [2]
//!   ...             →      ...
//! end                    end
//! if [0]                 add [1] 6
//!   muladd [1] [0] 2     set [0] 0
//!   set [0] 0
//! end
//! ```
//! (cell 1 known to be 0, and cell 2 at the end of each iteration.) At the start every cell is 0; behind a loop
//! the cell it tests is. With that: additions to known values become assignments, assignments of what
//! is there disappear, conditions that are certain lose their test or their body, loops on 0
//! disappear, a loop whose cell is 0 at the end of its body becomes a condition, and output of known
//! values becomes text.
//!
//! What a loop may change is unknown at its head, in every iteration, unless it is the same in front of the loop and at the
//! end of its body ([`super::invariants`]). An access that may be off the tape is not left out, and no text passes it. Where the pointer gets lost, in a scan or a loop that drifts, all knowledge ends.

use super::effects::{Effect, Effects, loop_effects};
use super::facts::Facts;
use super::invariants::Invariants;
use super::symbolic;
use super::tried::{Attempt, Tried, form};
use crate::ir::count::{Count, Reload};
use crate::ir::{Kind, Op, Program, Rewriter};
use crate::source::Span;

pub(super) fn run(program: Program) -> Program {
    follow(program, false)
}

/// The same, and what computes something that symbolic execution finds a shorter way to becomes that.
pub(super) fn run_closed(program: Program) -> Program {
    if program.ops.iter().any(|op| op.kind.is_bracket()) { follow(program, true) } else { program }
}

/// That, where counts may have made loops superfluous that got the pointer lost.
pub(super) fn run_closed_behind_counts(program: Program) -> Program {
    if program.ops.iter().any(|op| matches!(op.kind, Kind::Count(_))) { follow(program, true) } else { program }
}

fn follow(mut program: Program, solves: bool) -> Program {
    let mut invariants = Invariants::default();
    let mut tried = solves.then(Tried::new);
    for _ in 0..MAX_ROUNDS {
        let round = Values::pass_over(program, invariants, tried);
        (program, invariants, tried) = (round.program, round.invariants, round.tried);
        if !round.has_news {
            break;
        }
    }
    program
}

/// Where loops became conditions, or conditions, loops and scans disappeared, or where something was found to hold in all
/// iterations, the next round knows more; so many at most.
const MAX_ROUNDS: usize = 8;

/// The most places that are remembered not to be 0.
const MAX_NONZERO: usize = 16;

/// The longest code that is executed symbolically, in operations.
const MAX_SOLVED: usize = 64;

/// A loop or condition of the old program whose end is still to come.
struct Open {
    kind: OpenKind,
    cell: i64,
    effect: Effect,
    /// Where what its body changes begins in the journal, and whether it is noted: for conditions.
    journal: usize,
    is_noting: bool,
    /// For loops: where what was known before and may change begins in [`Values::at_entry`].
    at_entry: usize,
    /// For loops: the index of the head in the old program and in the new one.
    heads: (u32, u32),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OpenKind {
    Loop,
    If,
    /// A condition that is certainly true: its head was dropped.
    Certain,
}

struct Values {
    rewriter: Rewriter,
    effects: Effects,
    mask: u64,
    facts: Facts,
    open: Vec<Open>,
    /// Places that are not 0, because a loop or condition around tested them, and how many were open then.
    nonzero: Vec<(i64, usize)>,
    /// So many of those, the outermost ones, may change anything, whatever their effect says.
    lost: usize,
    /// What the open conditions changed, and what was known there before.
    journal: Vec<(i64, Option<u64>)>,
    /// What was known in front of the open loops of cells that they may change.
    at_entry: Vec<(i64, u64)>,
    /// What the last round has found, and this one has.
    invariants: Invariants,
    found: Invariants,
    /// The text in the new program that can still be extended: nothing since can fail to get by.
    text: Option<u32>,
    has_new_shape: bool,
    has_new_invariants: bool,
    /// If loops and conditions are executed symbolically: what that was tried on in vain.
    tried: Option<Tried>,
}

/// What a round has led to.
struct Round {
    program: Program,
    invariants: Invariants,
    tried: Option<Tried>,
    /// Whether another one would know more.
    has_news: bool,
}

impl Values {
    /// Goes over the program once; the `invariants` are those of its loops.
    fn pass_over(program: Program, invariants: Invariants, tried: Option<Tried>) -> Round {
        let effects = loop_effects(&program);
        let mask = program.width.mask();
        let rewriter = Rewriter::new(program);
        let mut pass = Values {
            rewriter,
            effects,
            mask,
            nonzero: Vec::new(),
            facts: Facts::at_start(),
            open: Vec::new(),
            lost: 0,
            journal: Vec::new(),
            at_entry: Vec::new(),
            invariants,
            found: Invariants::default(),
            text: None,
            has_new_shape: false,
            has_new_invariants: false,
            tried,
        };
        while let Some(op) = pass.rewriter.take() {
            pass.op(op);
        }
        let has_news = pass.has_new_shape || pass.has_new_invariants;
        let (program, invariants) = (pass.rewriter.finish(), pass.found.sorted());
        Round { program, invariants, tried: pass.tried, has_news }
    }

    fn op(&mut self, op: Op) {
        match op.kind {
            Kind::Add { cell, delta } => self.add(op, cell, delta),
            Kind::Set { cell, value } => {
                if self.sure_value(cell) != Some(value) {
                    self.note_access(cell);
                    self.learn(cell, Some(value));
                    self.rewriter.put(op.kind, op.span);
                }
            }
            Kind::MulAdd { target, source, factor } => self.scaled(op, target, source, factor),
            Kind::Copy { target, source, factor } => match self.sure_value(source) {
                Some(value) => {
                    let kind = Kind::Set { cell: target, value: value.wrapping_mul(factor) & self.mask };
                    self.op(Op { kind, span: op.span });
                }
                None => {
                    self.note_access(source);
                    self.note_access(target);
                    self.learn(target, None);
                    self.rewriter.put(op.kind, op.span);
                }
            },
            Kind::Product { target, left, right, factor } => {
                let (left_value, right_value) = (self.sure_value(left), self.sure_value(right));
                match left_value.map(|value| (value, right)).or(right_value.map(|value| (value, left))) {
                    Some((value, source)) => self.scaled(op, target, source, value.wrapping_mul(factor) & self.mask),
                    None => {
                        for cell in [left, right, target] {
                            self.note_access(cell);
                        }
                        self.learn(target, None);
                        self.rewriter.put(op.kind, op.span);
                    }
                }
            }
            Kind::Move { delta } => {
                self.facts.pointer += i64::from(delta);
                self.rewriter.put(op.kind, op.span);
            }
            Kind::Scan { cell, .. } | Kind::Walk { cell, .. } => {
                if self.sure_value(cell) == Some(0) {
                    self.has_new_shape = true;
                } else {
                    self.forget_everything();
                    self.learn(cell, Some(0));
                    self.text = None;
                    self.rewriter.put(op.kind, op.span);
                }
            }
            Kind::Count(count) => self.count(op, count),
            Kind::Input { cell } => {
                self.learn(cell, None);
                self.text = None;
                self.rewriter.put(op.kind, op.span);
            }
            Kind::Output { cell } => match self.sure_value(cell) {
                Some(value) => self.write(&[value as u8], op.span),
                None => {
                    self.text = None;
                    self.rewriter.put(op.kind, op.span);
                }
            },
            Kind::Text { .. } if self.text.is_none() => {
                self.text = Some(self.rewriter.next_index());
                self.rewriter.put(op.kind, op.span);
            }
            Kind::Text { start, len } => {
                let bytes = self.rewriter.old_text(start, len).to_vec();
                self.write(&bytes, op.span);
            }
            Kind::Dump { .. } => {
                self.text = None;
                self.rewriter.put(op.kind, op.span);
            }
            Kind::Loop { cell, end } => self.begin_loop(op, cell, end),
            Kind::LoopEnd { .. } => self.end_loop(op),
            Kind::If { cell, end } => self.begin_if(op, cell, end),
            Kind::IfEnd { .. } => self.end_if(op),
        }
    }

    #[inline]
    fn place(&self, cell: i32) -> i64 {
        self.facts.pointer + i64::from(cell)
    }

    #[inline]
    fn value(&self, cell: i32) -> Option<u64> {
        self.facts.get(self.place(cell))
    }

    /// The value, where the cell is on the tape for certain: the access may be left out.
    #[inline]
    fn sure_value(&self, cell: i32) -> Option<u64> {
        self.value(cell).filter(|_| self.facts.is_on_tape(self.place(cell)))
    }

    /// An access that may fault stays behind the text before it and before the text behind it.
    #[inline]
    fn note_access(&mut self, cell: i32) {
        if !self.facts.is_on_tape(self.place(cell)) {
            self.text = None;
        }
    }

    #[inline]
    fn learn(&mut self, cell: i32, value: Option<u64>) {
        self.learn_place(self.place(cell), value);
    }

    #[inline]
    fn learn_place(&mut self, place: i64, value: Option<u64>) {
        if self.nonzero.iter().any(|&(nonzero, _)| nonzero == place) {
            self.nonzero.retain(|&(nonzero, _)| nonzero != place);
        }
        if self.is_noting() {
            self.journal.push((place, self.facts.get(place)));
        }
        self.facts.set(place, value);
    }

    /// Notes that the innermost open loop or condition has found its cell not to be 0.
    fn learn_nonzero(&mut self, place: i64) {
        if self.nonzero.len() < MAX_NONZERO {
            self.nonzero.push((place, self.open.len()));
        }
    }

    /// What was found at a head counts up to its end.
    fn forget_inner_nonzero(&mut self) {
        let open = self.open.len();
        self.nonzero.retain(|&(_, depth)| depth <= open);
    }

    /// Whether the condition on `cell` certainly holds.
    fn is_nonzero(&self, cell: i32) -> bool {
        let place = self.place(cell);
        self.sure_value(cell).is_some_and(|value| value != 0) || self.nonzero.iter().any(|&(other, _)| other == place)
    }

    /// Whether a condition wants to know what changes: what changes in a loop its head has said.
    #[inline]
    fn is_noting(&self) -> bool {
        self.open.len() > self.lost && self.open.last().is_some_and(|open| open.is_noting)
    }

    /// Ends all knowledge. What was known before a condition does not matter any more.
    fn forget_everything(&mut self) {
        self.facts.forget_all();
        self.nonzero.clear();
        self.lost = self.open.len();
        self.journal.clear();
    }

    fn open(&mut self, kind: OpenKind, cell: i32, effect: Effect) {
        let is_noting = match kind {
            OpenKind::Loop => false,
            OpenKind::If => effect != Effect::Anything,
            OpenKind::Certain => self.is_noting(),
        };
        let (cell, journal, at_entry) = (self.place(cell), self.journal.len(), self.at_entry.len());
        self.open.push(Open { kind, cell, effect, journal, is_noting, at_entry, heads: (0, 0) });
    }

    /// The innermost loop or condition, which ends.
    fn close(&mut self) -> Open {
        let Some(mut open) = self.open.pop() else { unreachable!("an end follows its head") };
        if self.open.len() < self.lost {
            self.lost = self.open.len();
            open.effect = Effect::Anything;
        }
        open
    }

    #[inline]
    fn add(&mut self, op: Op, cell: i32, delta: u64) {
        self.note_access(cell);
        let kind = match self.value(cell) {
            Some(value) => {
                let value = value.wrapping_add(delta) & self.mask;
                self.learn(cell, Some(value));
                Kind::Set { cell, value }
            }
            None => {
                self.learn(cell, None);
                Kind::Add { cell, delta }
            }
        };
        self.rewriter.put(kind, op.span);
    }

    /// `tape[target] += tape[source] * factor`, where `factor` may be 0 and `source` may be `target`.
    fn scaled(&mut self, op: Op, target: i32, source: i32, factor: u64) {
        match self.sure_value(source) {
            _ if factor == 0 => {}
            Some(value) => {
                let delta = value.wrapping_mul(factor) & self.mask;
                if delta != 0 {
                    self.add(op, target, delta);
                }
            }
            None => {
                self.note_access(source);
                self.note_access(target);
                let is_zero = self.value(target) == Some(0);
                self.learn(target, None);
                let kind = if source == target {
                    match factor.wrapping_add(1) & self.mask {
                        0 => Kind::Set { cell: target, value: 0 },
                        factor => Kind::Copy { target, source, factor },
                    }
                } else if is_zero {
                    Kind::Copy { target, source, factor }
                } else {
                    Kind::MulAdd { target, source, factor }
                };
                self.rewriter.put(kind, op.span);
            }
        }
    }

    /// A count does not have to look at zeros that are known, and does nothing if they are known not to be 0.
    fn count(&mut self, op: Op, mut count: Count) {
        let is_over = self.sure_value(count.counter).is_some_and(|value| count.iterations(value, self.mask) == 0);
        if is_over || count.zero_cells().any(|zero| self.sure_value(zero).is_some_and(|value| value != 0)) {
            return;
        }
        let mut unknown =
            count.zeros.into_iter().flatten().filter(|zero| self.sure_value(count.cell(zero.get())).is_none());
        count.zeros = std::array::from_fn(|_| unknown.next());
        if let Reload::Complement { cell, .. } = count.reload
            && let Some(value) = self.sure_value(count.cell(cell))
        {
            count = count.with_complement(value, self.mask);
        }
        self.text = None;
        count.changed_cells().for_each(|cell| self.learn(cell, None));
        if count.is_complete() {
            self.learn(count.counter, Some(0));
        }
        self.rewriter.put(Kind::Count(count), op.span);
    }

    fn write(&mut self, bytes: &[u8], span: Span) {
        match self.text {
            Some(text) => self.rewriter.extend_text(text, bytes, span),
            None => {
                self.text = Some(self.rewriter.next_index());
                self.rewriter.put_text(bytes, span);
            }
        }
    }

    /// The index of the head that was just taken, of the loop or condition whose end is at `end` of the old program.
    fn head(&self, end: u32) -> u32 {
        end - self.rewriter.rest_before(end).len() as u32 - 1
    }

    /// The effect of the loop or condition whose end is at `end` of the old program, and whose head was just taken.
    fn effect(&mut self, end: u32) -> Effect {
        self.effects.at(self.head(end))
    }

    fn begin_loop(&mut self, op: Op, cell: i32, end: u32) {
        if self.sure_value(cell) == Some(0) {
            self.has_new_shape = true;
            self.rewriter.skip_to(end + 1);
            return;
        }
        if let Some(kinds) = self.solve(cell, end) {
            self.has_new_shape = true;
            self.rewriter.skip_to(end + 1);
            self.replacement(&kinds, op.span);
            return;
        }
        let heads = (self.head(end), self.rewriter.next_index());
        let effect = self.effects.at(heads.0);
        self.text = None;
        let at_entry = self.at_entry.len();
        self.forget(heads.0, &effect);
        self.open(OpenKind::Loop, cell, effect);
        if let Some(open) = self.open.last_mut() {
            (open.at_entry, open.heads) = (at_entry, heads);
        }
        self.learn_nonzero(self.place(cell));
        self.rewriter.put(op.kind, op.span);
    }

    /// Forgets what the loop whose head is at index `head` may change, as seen from here, unless it always is what it is
    /// now. What was known is noted.
    fn forget(&mut self, head: u32, effect: &Effect) {
        match effect {
            Effect::Anything => self.forget_everything(),
            Effect::Cells(cells) => {
                for index in cells.clone() {
                    let cell = self.effects.cell(index);
                    let place = self.facts.pointer + cell;
                    let known = self.facts.get(place).filter(|_| self.facts.is_on_tape(place));
                    self.at_entry.extend(known.map(|value| (place, value)));
                    if !known.is_some_and(|value| self.invariants.holds(head, cell, value)) {
                        self.learn_place(place, None);
                    }
                }
            }
        }
    }

    /// At the end of a loop's body: finds what is the same as in front of the loop. What was known to hold at the head
    /// still holds, and goes on to be known behind the loop.
    fn find_invariants(&mut self, open: &Open) {
        for index in open.at_entry..self.at_entry.len() {
            let (place, value) = self.at_entry[index];
            let cell = place - self.facts.pointer;
            let held = self.invariants.holds(open.heads.0, cell, value);
            if held || self.facts.get(place) == Some(value) {
                self.found.add(open.heads.1, cell, value);
                self.has_new_invariants |= !held;
            }
        }
    }

    fn end_loop(&mut self, op: Op) {
        let open = self.close();
        self.forget_inner_nonzero();
        self.text = None;
        match &open.effect {
            Effect::Cells(cells) => {
                let is_once = self.facts.get(open.cell) == Some(0);
                // The pointer is where it was at the head.
                self.find_invariants(&open);
                for index in cells.clone() {
                    self.learn_place(self.facts.pointer + self.effects.cell(index), None);
                }
                for index in open.at_entry..self.at_entry.len() {
                    let (place, value) = self.at_entry[index];
                    if self.invariants.holds(open.heads.0, place - self.facts.pointer, value) {
                        self.learn_place(place, Some(value));
                    }
                }
                self.at_entry.truncate(open.at_entry);
                self.learn_place(open.cell, Some(0));
                self.put_loop_end(op, is_once);
            }
            Effect::Anything => {
                let Some(Kind::Loop { cell, .. }) = self.rewriter.open_head() else {
                    unreachable!("the loop's head was put")
                };
                let is_once = self.value(cell) == Some(0);
                self.at_entry.truncate(open.at_entry);
                self.forget_everything();
                self.learn(cell, Some(0));
                self.put_loop_end(op, is_once);
            }
        }
    }

    /// Puts the end of a loop, or of a condition if the loop runs at most once.
    fn put_loop_end(&mut self, op: Op, is_once: bool) {
        if is_once {
            self.has_new_shape = true;
            self.rewriter.make_open_loop_an_if();
            self.rewriter.put(Kind::IfEnd { start: 0 }, op.span);
        } else {
            self.rewriter.put(op.kind, op.span);
        }
    }

    /// What the loop whose head was just taken does, without a loop.
    fn solve(&mut self, counter: i32, end: u32) -> Option<Vec<Kind>> {
        let tried = self.tried.as_ref()?;
        let body = self.rewriter.rest_before(end);
        if body.len() > MAX_SOLVED {
            return None;
        }
        let form = form(Attempt::Loop { counter }, body, self);
        if tried.has(form) {
            return None;
        }
        let kinds = symbolic::solve(counter, body, end as usize - body.len(), &self.entry());
        let Some(kinds) = kinds else {
            self.give_up(form);
            return None;
        };
        Some([&[Kind::If { cell: counter, end: 0 }], kinds.as_slice(), &[Kind::IfEnd { start: 0 }]].concat())
    }

    /// What the condition whose head was just taken and the next one do together, in fewer operations; and the end
    /// of those.
    fn shorten(&mut self, end: u32) -> Option<(Vec<Kind>, u32)> {
        let tried = self.tried.as_ref()?;
        let first = self.rewriter.rest_before(end).len() + 1;
        let ops = self.rewriter.taken_and_rest();
        let base = end as usize - first;
        let next = ops.iter().take(MAX_SOLVED).skip(first + 1).position(|op| {
            !matches!(
                op.kind,
                Kind::Add { .. } | Kind::Set { .. } | Kind::MulAdd { .. } | Kind::Copy { .. } | Kind::Product { .. }
            )
        })? + first
            + 1;
        let Kind::If { end: last, .. } = ops[next].kind else { return None };
        let window = &ops[..(last as usize + 1).checked_sub(base)?];
        if window.len() > MAX_SOLVED {
            return None;
        }
        let form = form(Attempt::Window, window, self);
        if tried.has(form) {
            return None;
        }
        let Some(kinds) = symbolic::shorten(window, base, &self.entry()) else {
            self.give_up(form);
            return None;
        };
        Some((kinds, last + 1))
    }

    /// Notes that code of this form was tried in vain.
    fn give_up(&mut self, form: Option<u64>) {
        if let Some(tried) = &mut self.tried {
            tried.add(form);
        }
    }

    /// What is known here.
    fn entry(&self) -> symbolic::Entry<'_> {
        symbolic::Entry { mask: self.mask, facts: self }
    }

    /// Puts operations that do what those skipped did.
    fn replacement(&mut self, kinds: &[Kind], span: Span) {
        let mut kinds = kinds.iter();
        while let Some(&kind) = kinds.next() {
            let op = Op { kind, span };
            match kind {
                Kind::If { cell, .. } => {
                    if self.sure_value(cell) == Some(0) {
                        let mut depth = 1;
                        while depth > 0
                            && let Some(kind) = kinds.next()
                        {
                            depth += i32::from(matches!(kind, Kind::If { .. }));
                            depth -= i32::from(matches!(kind, Kind::IfEnd { .. }));
                        }
                        continue;
                    }
                    self.open_condition(op, cell, Effect::Cells(0..0));
                }
                Kind::IfEnd { .. } => self.end_if(op),
                _ => self.op(op),
            }
        }
    }

    fn begin_if(&mut self, op: Op, cell: i32, end: u32) {
        if self.sure_value(cell).is_none()
            && let Some((kinds, behind)) = self.shorten(end)
        {
            self.has_new_shape = true;
            self.rewriter.skip_to(behind);
            self.replacement(&kinds, op.span);
            return;
        }
        let effect = self.effect(end);
        if self.sure_value(cell) == Some(0) {
            self.has_new_shape = true;
            self.rewriter.skip_to(end + 1);
            return;
        }
        self.open_condition(op, cell, effect);
    }

    /// Opens a condition whose body may run.
    fn open_condition(&mut self, op: Op, cell: i32, effect: Effect) {
        let is_certain = self.is_nonzero(cell);
        let kind = if is_certain { OpenKind::Certain } else { OpenKind::If };
        self.open(kind, cell, effect);
        if is_certain {
            self.has_new_shape = true;
        } else {
            self.text = None;
            self.learn_nonzero(self.place(cell));
            self.rewriter.put(op.kind, op.span);
        }
    }

    fn end_if(&mut self, op: Op) {
        let open = self.close();
        self.forget_inner_nonzero();
        if open.kind == OpenKind::Certain {
            return;
        }
        self.text = None;
        self.rewriter.put(op.kind, op.span);
        match open.effect {
            Effect::Anything => self.forget_everything(),
            // Either the body ran, or nothing changed and the tested cell was 0. What came first in the
            // journal was known before.
            Effect::Cells(_) => {
                let changes = &mut self.journal[open.journal..];
                changes.sort_by_key(|&(place, _)| place);
                self.journal.push((open.cell, None));
                let mut kept = open.journal;
                for index in open.journal..self.journal.len() {
                    let (place, before) = self.journal[index];
                    if kept > open.journal && self.journal[kept - 1].0 == place {
                        continue;
                    }
                    self.journal[kept] = (place, before);
                    kept += 1;
                    let before = if place == open.cell { Some(0) } else { before };
                    let after = self.facts.get(place);
                    self.facts.set(place, after.filter(|_| after == before));
                }
                // What the outer condition has to remember is from before this one.
                self.journal.truncate(if self.is_noting() { kept } else { open.journal });
            }
        }
    }
}

impl symbolic::Facts for Values {
    fn sure_value(&self, cell: i32) -> Option<u64> {
        self.sure_value(cell)
    }

    fn is_on_tape(&self, cell: i32) -> bool {
        self.facts.is_on_tape(self.place(cell))
    }
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn everything_is_0_at_the_start() {
        check8(
            "values",
            "add [0] 3/add [0] 4/loop [1]/output [0]/end/output [0]",
            "set [0] 3/set [0] 7/text \"\\x07\"",
        );
    }

    #[test]
    fn certain_conditions_lose_their_test() {
        check8(
            "values",
            "set [0] 3/if [0]/muladd [1] [0] 2/set [0] 0/end/output [1]",
            "set [0] 3/set [1] 6/set [0] 0/text \"\\x06\"",
        );
        check8("values", "input [1]/if [0]/output [1]/end", "input [1]");
    }

    #[test]
    fn what_was_tested_is_not_tested_again() {
        check8(
            "values",
            "input [0]/loop [0]/if [0]/output [0]/end/input [0]/if [0]/output [0]/end/end",
            "input [0]/loop [0]/output [0]/input [0]/if [0]/output [0]/end/end",
        );
        // Behind the condition it may be 0 again.
        let stays = "input [0]/if [0]/output [0]/end/if [0]/output [0]/end";
        check8("values", stays, stays);
    }

    #[test]
    fn a_loop_that_ends_on_0_is_a_condition() {
        check8(
            "values",
            "input [0]/loop [0]/output [0]/set [0] 0/end/output [0]",
            "input [0]/if [0]/output [0]/set [0] 0/end/text \"\\x00\"",
        );
        // Entered for certain, it is not even that.
        check8("values", "set [0] 1/loop [0]/input [1]/set [0] 0/end", "set [0] 1/input [1]/set [0] 0");
    }

    #[test]
    fn knowledge_does_not_go_around_a_loop() {
        // The second iteration finds another value in cell 1.
        let stays = "input [0]/loop [0]/output [1]/add [1] 1/add [0] 255/end";
        check8("values", stays, stays);
    }

    #[test]
    fn counts_lose_what_is_known_not_to_matter() {
        // Whatever cell 1 is, the period is its value: 0 stands for 256, and is not reached.
        check8(
            "values",
            "input [0]/input [1]/set [2] 1/set [4] 0/count [0] [1] down to 1 against [2] -1 not 0 carry [3] zero [4]/\
             loop [0]/add [0] 255/end/output [2]",
            "input [0]/input [1]/set [2] 1/count [0] [1] down to 1 against [2] -1 carry [3]/output [2]",
        );
        let stays = "input [0]/input [1]/set [2] 2/count [0] [1] down to 1 against [2] -1 not 0 carry [3]";
        check8("values", stays, stays);
    }

    #[test]
    fn what_holds_in_every_iteration_is_known() {
        check8(
            "values",
            "input [0]/set [2] 7/loop [0]/add [2] 1/output [2]/set [2] 7/input [0]/end/output [2]",
            "input [0]/set [2] 7/loop [0]/set [2] 8/text \"\\x08\"/set [2] 7/input [0]/end/text \"\\x07\"",
        );
        // Cell 4 is 0 in all iterations of the outer loop because it is in those of the inner one.
        check8(
            "values",
            "input [0]/loop [0]/input [1]/loop [1]/add [4] 1/input [4]/set [4] 0/input [1]/end/add [4] 2/output [4]/set [4] 0/\
             input [0]/end",
            "input [0]/loop [0]/input [1]/loop [1]/set [4] 1/input [4]/set [4] 0/input [1]/end/set [4] 2/text \"\\x02\"/\
             set [4] 0/input [0]/end",
        );
        // Not the same in front of the loop.
        let stays = "input [0]/set [2] 7/loop [0]/add [2] 1/output [2]/set [2] 8/input [0]/end/output [2]";
        check8("values", stays, stays);
        // It may lie off the tape: the loop may never touch it.
        let stays = "input [0]/loop [0]/output [0]/set [50000] 0/input [0]/end/output [50000]";
        check8("values", stays, stays);
    }

    #[test]
    fn both_ways_through_a_condition_count() {
        let stays = "input [0]/set [1] 5/if [0]/set [1] 7/end/output [1]";
        check8("values", stays, stays);
        check8(
            "values",
            "input [0]/set [1] 5/if [0]/output [0]/set [1] 7/set [1] 5/end/output [1]",
            "input [0]/set [1] 5/if [0]/output [0]/set [1] 7/set [1] 5/end/text \"\\x05\"",
        );
        let stays = "input [0]/input [2]/set [1] 5/if [0]/if [2]/set [1] 7/end/set [1] 7/end/output [1]";
        check8("values", stays, stays);
    }

    #[test]
    fn a_lost_pointer_ends_knowledge() {
        let stays = "input [0]/set [1] 1/scan [0] 1/output [1]";
        check8("values", stays, stays);
        let stays = "input [0]/set [1] 1/loop [0]/move 1/input [0]/end/output [1]";
        check8("values", stays, stays);
    }

    #[test]
    fn texts_join_unless_something_may_come_between() {
        check8(
            "values",
            "text \"a\"/input [5]/muladd [1] [5] 2/text \"b\"/set [1] 99/output [1]",
            "text \"a\"/input [5]/copy [1] [5] 2/text \"bc\"/set [1] 99",
        );
        let stays = "text \"a\"/input [0]/loop [0]/end/text \"b\"";
        check8("values", stays, stays);
    }
}
