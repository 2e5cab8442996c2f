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
//! disappear, a loop whose cell is 0 at the end of its body becomes a condition, a condition that needs another one to hold goes
//! into that ([`threading`]), two loops of which one runs become conditions ([`joins`]), and output of known values becomes text.
//!
//! What a loop may change is unknown at its head, in every iteration, unless it is the same in front of the loop and at the
//! end of its body: the body says so ([`Effects::kept`]), or it was found out ([`super::invariants`]). An access that may be off the tape
//! is not left out, and no text passes it. Where the pointer gets lost, in a scan or a loop that drifts, all knowledge ends, unless
//! all ways through the loop lead it back ([`ways`]).

mod brackets;
mod counts;
mod joins;
mod knowledge;
mod nearby;
mod shorter;
mod still;
mod threading;
mod unroll;
mod ways;

use super::concrete;
use super::effects::{Effects, loop_effects};
use super::facts::{Fact, Facts};
use super::invariants::Invariants;
use super::tried::Tried;
use crate::ir::{Kind, Op, Program, Rewriter};
use crate::source::Span;
use brackets::{AtEntry, Before, Open};
use joins::Join;
use still::{Beginning, Stretches};
use ways::Less;

pub(super) fn run(program: Program) -> Program {
    pass(program, false, false)
}

/// The same, and loops are followed ahead ([`ways`]); what computes something that symbolic execution finds a shorter way to
/// becomes that, and so do loops that can be run on known values.
pub(super) fn run_closed(program: Program) -> Program {
    if program.ops.iter().any(|op| op.kind.is_bracket()) { pass(program, true, true) } else { program }
}

/// That without following, where counts may have made loops superfluous that got the pointer lost.
pub(super) fn run_closed_behind_counts(program: Program) -> Program {
    if program.ops.iter().any(|op| matches!(op.kind, Kind::Count(_))) { pass(program, true, false) } else { program }
}

fn pass(mut program: Program, solves: bool, follows: bool) -> Program {
    let steps_left = concrete::steps_for(program.ops.len());
    let tried = solves.then(|| Tried::new(program.ops.len()));
    let lost_steps_left = if follows { (MIN_FOLLOWED + program.ops.len()) / LOST_SHARE } else { 0 };
    let mut memory = Memory {
        tried,
        steps_left,
        lost_steps_left,
        growth_left: unroll::growth_for(program.ops.len()),
        ..Memory::default()
    };
    let rounds = if solves { MAX_ROUNDS } else { 1 };
    for _ in 0..rounds {
        let before = program.ops.len();
        let round = Values::pass_over(program, memory);
        (program, memory) = (round.program, round.memory);
        let dropped = before.saturating_sub(program.ops.len());
        if !round.has_news || before > MANY_OPS && dropped < before / MANY_OPS_SHARE {
            break;
        }
    }
    program
}

/// Where loops became conditions, or conditions and scans in loops disappeared, or where something was found to hold in all
/// iterations, the next round knows more, and looks there again ([`still`]): `closed`, in so many rounds at
/// most. `values` leaves that to it.
const MAX_ROUNDS: usize = 8;

/// In programs of more operations than this, a round that dropped less than such a share of them is the last: the next one drops at
/// most one in two hundred (four sources were measured), and takes nearly as long: a sixth of the time of all passes on 50 MB of
/// LostKng.
const MANY_OPS: usize = 20_000;
const MANY_OPS_SHARE: usize = 4;

/// The most places that are remembered not to be 0.
const MAX_NONZERO: usize = 16;

/// How many operations are followed through loops ahead of the pass in a round, for each of the program and beside that; and
/// which share of as many in vain, in all rounds.
const MAX_FOLLOWED: usize = 4;
const MIN_FOLLOWED: usize = 10_000;
const LOST_SHARE: usize = 4;

/// The longest code that is executed symbolically, in operations.
const MAX_SOLVED: usize = 64;

struct Values {
    rewriter: Rewriter,
    effects: Effects,
    mask: u64,
    facts: Facts,
    open: Vec<Open>,
    /// How many of them forget what may change in them: loops, and what may change anything.
    open_loops: usize,
    /// Places that are not 0, because a loop or condition around tested them or what they are copies of, and how many were open
    /// then.
    nonzero: Vec<(i64, usize)>,
    /// So many of those, the outermost ones, may change anything, whatever their effect says.
    lost: usize,
    /// What the open conditions changed, and what was known there before.
    journal: Vec<Before>,
    /// What was known in front of the open loops of cells that they may change.
    at_entry: Vec<AtEntry>,
    /// What will be known behind the open loops that were followed.
    behind: Vec<(i64, Fact)>,
    /// What the last round has found, and this one has.
    invariants: Invariants,
    found: Invariants,
    /// Where the next condition goes into the one before it: how many of those behind it may go into it.
    threading: Option<u32>,
    /// The loops that are joined, and whose ends are still to come.
    joins: Vec<Join>,
    /// How far the old program's pointer is from the new one's, which stays where it is in loops that are joined.
    shift: i32,
    /// How much of the rewriter's room is kept for them.
    reserved: usize,
    /// The text in the new program that can still be extended: nothing since can fail to get by.
    text: Option<u32>,
    /// Whether the next round would know more.
    has_news: bool,
    /// If loops and conditions are executed symbolically: what that was tried on in vain.
    tried: Option<Tried>,
    /// How many steps loops on known values may still take.
    steps_left: usize,
    /// How many steps the [`ways`] may still take that are followed, and how many of them in vain; the operation where that ended last.
    follow_steps_left: usize,
    lost_steps_left: usize,
    lost_at: Option<u32>,
    less: Less,
    /// By how many operations unrolling may still make the program longer.
    growth_left: usize,
    /// Where the last round had no news, and where this one has none.
    stretches: Stretches,
}

/// What a round leaves to the next one.
#[derive(Default)]
struct Memory {
    invariants: Invariants,
    stretches: Stretches,
    facts: Facts,
    tried: Option<Tried>,
    steps_left: usize,
    lost_steps_left: usize,
    growth_left: usize,
}

/// What a round has led to.
struct Round {
    program: Program,
    memory: Memory,
    /// Whether another one would know more.
    has_news: bool,
}

impl Values {
    /// Goes over the program once; the memory is that of the round before.
    fn pass_over(program: Program, memory: Memory) -> Round {
        let entry = program.entry;
        let mut pass = Values {
            follow_steps_left: MIN_FOLLOWED + MAX_FOLLOWED * program.ops.len(),
            lost_steps_left: memory.lost_steps_left,
            growth_left: memory.growth_left,
            lost_at: None,
            less: Less::new(),
            effects: loop_effects(&program),
            mask: program.width.mask(),
            rewriter: Rewriter::new(program),
            nonzero: Vec::new(),
            facts: memory.facts,
            open: Vec::new(),
            lost: 0,
            journal: Vec::new(),
            at_entry: Vec::new(),
            behind: Vec::new(),
            invariants: memory.invariants,
            found: Invariants::default(),
            threading: None,
            joins: Vec::new(),
            shift: 0,
            reserved: 0,
            text: None,
            has_news: false,
            open_loops: 0,
            stretches: memory.stretches,
            tried: memory.tried,
            steps_left: memory.steps_left,
        };
        pass.facts.restart(entry);
        pass.keep_still();
        while let Some(op) = pass.rewriter.take() {
            if !pass.joins(op) {
                pass.op(op);
            }
            pass.end_joins(op);
            pass.keep_still();
        }
        let program = pass.rewriter.finish();
        let stretches = pass.stretches.next_round(program.ops.len() as u32);
        let Values { facts, tried, steps_left, lost_steps_left, growth_left, .. } = pass;
        let memory = Memory {
            invariants: pass.found.sorted(),
            stretches,
            facts,
            tried,
            steps_left,
            lost_steps_left,
            growth_left,
        };
        Round { program, memory, has_news: pass.has_news }
    }

    fn op(&mut self, op: Op) {
        match op.kind {
            Kind::Add { cell, delta } => self.add(op, cell, delta),
            Kind::Set { cell, value } => {
                if self.sure_value(cell) != Some(value) {
                    self.note_access(cell);
                    self.learn(cell, Fact::Known(value));
                    self.put(op.kind, op.span);
                }
            }
            Kind::MulAdd { target, source, factor } => self.scaled(op, target, source, factor),
            Kind::Copy { target, source, factor } => match self.given_value(source) {
                Some(value) => {
                    let kind = Kind::Set { cell: target, value: value.wrapping_mul(factor) & self.mask };
                    self.op(Op { kind, span: op.span });
                }
                None => {
                    self.note_access(source);
                    self.note_access(target);
                    self.learn_computed(op.kind);
                    self.put(op.kind, op.span);
                }
            },
            Kind::Product { target, left, right, factor } => {
                let (left_value, right_value) = (self.given_value(left), self.given_value(right));
                match left_value.map(|value| (value, right)).or(right_value.map(|value| (value, left))) {
                    Some((value, source)) => self.scaled(op, target, source, value.wrapping_mul(factor) & self.mask),
                    None => {
                        for cell in [left, right, target] {
                            self.note_access(cell);
                        }
                        self.learn_computed(op.kind);
                        self.put(op.kind, op.span);
                    }
                }
            }
            Kind::MinAdd { target, source, most, factor } => match self.sure_value(source) {
                Some(value) => {
                    let delta = value.min(most.into()).wrapping_mul(factor) & self.mask;
                    if delta != 0 {
                        self.add(op, target, delta);
                    }
                }
                None => {
                    self.note_access(source);
                    self.note_access(target);
                    self.learn_computed(op.kind);
                    self.put(op.kind, op.span);
                }
            },
            Kind::Move { delta } => self.go(op, delta),
            Kind::Scan { cell, .. } | Kind::Walk { cell, .. } => {
                if self.sure_value(cell) == Some(0) {
                    self.note_lost_bracket();
                } else {
                    self.forget_everything();
                    self.learn(cell, Fact::Known(0));
                    self.text = None;
                    self.put(op.kind, op.span);
                    self.stretches.begin(self.rewriter.next_index(), Beginning::Zero(cell + self.shift));
                }
            }
            Kind::Count(count) => self.count(op, count),
            Kind::Divide { cell, divisor, quotient, unless } => {
                let is_less = self.sure_value(cell).is_some_and(|value| value < divisor.into());
                if !is_less && self.sure_value(unless).is_none_or(|value| value == 0) {
                    self.text = None;
                    self.learn(cell, Fact::Unknown);
                    self.learn(quotient, Fact::Unknown);
                    self.put(op.kind, op.span);
                }
            }
            Kind::Ripple { .. } | Kind::Hold { .. } | Kind::AddHeld { .. } | Kind::Release { .. } => {
                self.forget_everything();
                self.text = None;
                self.put(op.kind, op.span);
                self.stretches.begin(self.rewriter.next_index(), Beginning::Nothing);
            }
            Kind::Input { cell } => {
                self.learn(cell, Fact::Unknown);
                self.text = None;
                self.put(op.kind, op.span);
            }
            Kind::Output { cell } => match self.sure_value(cell) {
                Some(value) => self.write(&[value as u8], op.span),
                None => {
                    self.text = None;
                    self.put(op.kind, op.span);
                }
            },
            Kind::Text { .. } if self.text.is_none() => {
                self.text = Some(self.rewriter.next_index());
                self.put(op.kind, op.span);
            }
            Kind::Text { start, len } => {
                let bytes = self.rewriter.old_text()[start as usize..(start + len) as usize].to_vec();
                self.write(&bytes, op.span);
            }
            Kind::Dump { .. } => {
                self.text = None;
                self.put(op.kind, op.span);
            }
            Kind::Loop { cell, end } => self.begin_loop(op, cell, end),
            Kind::LoopEnd { .. } => self.end_loop(op),
            Kind::If { cell, end } => self.begin_if(op, cell, end),
            Kind::IfEnd { .. } => self.end_if(op),
        }
    }

    /// Puts an operation that is about cells as seen from where the old program has the pointer.
    #[inline]
    fn put(&mut self, kind: Kind, span: Span) {
        self.rewriter.put(if self.shift == 0 { kind } else { kind.shifted(self.shift) }, span);
    }

    #[inline]
    fn add(&mut self, op: Op, cell: i32, delta: u64) {
        self.note_access(cell);
        let fact = self.facts.get(self.place(cell)).map(|value| value.wrapping_add(delta) & self.mask);
        self.learn(cell, fact);
        let value = fact.value();
        if value.is_some() && self.open_loops > 0 {
            // What is assigned in each iteration may be known at the loop's head.
            self.note_news();
        }
        self.put(value.map_or(Kind::Add { cell, delta }, |value| Kind::Set { cell, value }), op.span);
    }

    /// `tape[target] += tape[source] * factor`, where `factor` may be 0 and `source` may be `target`.
    fn scaled(&mut self, op: Op, target: i32, source: i32, factor: u64) {
        match self.given_value(source) {
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
                self.learn_computed(Kind::MulAdd { target, source, factor });
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
                self.put(kind, op.span);
            }
        }
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
}

#[cfg(test)]
mod tests {
    use super::super::testing::check8;

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
        // Entered for certain, it is not even that: in the next round.
        check8("closed", "set [0] 1/loop [0]/input [1]/set [0] 0/end", "set [0] 1/input [1]/set [0] 0");
    }

    #[test]
    fn knowledge_does_not_go_around_a_loop() {
        // The second iteration finds another value in cell 1.
        let stays = "input [0]/loop [0]/output [1]/add [1] 1/add [0] 255/end";
        check8("values", stays, stays);
    }

    #[test]
    fn what_a_loop_in_a_condition_comes_to_know_does_not_hold_without_it() {
        // Cell 1 is 3 behind it only if it was run.
        let stays = "input [1]/input [0]/if [0]/loop [0]/set [1] 3/input [0]/end/set [1] 3/end/output [1]";
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
    fn what_only_a_condition_accesses_may_be_off_the_tape() {
        let stays = "input [0]/if [0]/set [-1] 0/set [0] 0/end/output [-1]";
        check8("values", stays, stays);
        let stays = "input [0]/if [0]/set [-1] 0/set [0] 0/end/input [0]/if [0]/copy [-1] [0] 1/set [0] 0/end";
        check8("closed", stays, stays);
        // Behind it, it is known as before.
        check8(
            "values",
            "input [0]/if [0]/set [-1] 0/set [0] 0/end/add [-1] 7/output [-1]",
            "input [0]/if [0]/set [-1] 0/set [0] 0/end/set [-1] 7/text \"\\x07\"",
        );
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
