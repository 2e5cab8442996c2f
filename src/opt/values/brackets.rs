//! Loops and conditions: what is known in their bodies and behind them.

use super::super::concrete::Done;
use super::super::effects::Effect;
use super::super::facts::Fact;
use super::Values;
use super::nearby::Nearby;
use super::still::Beginning;
use super::threading::Threading;
use super::ways::{Changed, Followed};
use crate::ir::{Kind, Op};

/// A loop or condition of the old program whose end is still to come.
pub(super) struct Open {
    kind: OpenKind,
    cell: i64,
    pub effect: Effect,
    /// Where what its body changes begins in the journal, and whether it is noted: for conditions, and loops that were followed.
    journal: usize,
    pub is_noting: bool,
    /// For loops: where what was known before and may change begins in [`Values::at_entry`].
    at_entry: usize,
    /// For loops that were followed: where what is known behind them begins in [`Values::behind`].
    behind: usize,
    /// For loops: the index of the head in the old program and in the new one.
    heads: (u32, u32),
    pub threading: Threading,
    /// For conditions behind which all may be lost: what is known where they do not hold.
    nearby: Nearby,
}

/// What was known of a cell in front of a condition that changed it, or before a change in it.
#[derive(Clone, Copy)]
pub(super) struct Before {
    pub place: i64,
    pub fact: Fact,
    pub is_on_tape: bool,
}

/// What was known in front of a loop of a cell that its body may change.
#[derive(Clone, Copy)]
pub(super) struct AtEntry {
    place: i64,
    value: u64,
    lasts: Lasts,
}

/// Whether a cell has the same value at the end of each iteration, and how that is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lasts {
    /// By what the body is.
    Evidently,
    /// It was found in the last round.
    Found,
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenKind {
    Loop,
    If,
    /// A condition that is certainly true: its head was dropped.
    Certain,
}

impl Values {
    fn open(&mut self, kind: OpenKind, cell: i32, effect: Effect) {
        let is_noting = match kind {
            OpenKind::Loop => false,
            OpenKind::If => effect != Effect::Anything,
            OpenKind::Certain => self.is_noting(),
        };
        self.open_loops += usize::from(kind == OpenKind::Loop || effect == Effect::Anything);
        let (cell, journal, at_entry) = (self.place(cell), self.journal.len(), self.at_entry.len());
        let behind = self.behind.len();
        let (threading, nearby) = (Threading::default(), Nearby::new());
        self.open.push(Open {
            kind,
            cell,
            effect,
            journal,
            is_noting,
            at_entry,
            behind,
            heads: (0, 0),
            threading,
            nearby,
        });
    }

    /// The innermost loop or condition, which ends.
    fn close(&mut self) -> Open {
        let Some(mut open) = self.open.pop() else { unreachable!("an end follows its head") };
        self.open_loops -= usize::from(open.kind == OpenKind::Loop || open.effect == Effect::Anything);
        if self.open.len() < self.lost {
            self.lost = self.open.len();
            open.effect = Effect::Anything;
        }
        open
    }

    /// Whether all knowledge ends with the innermost loop or condition.
    pub(super) fn is_innermost_lost(&self) -> bool {
        self.open.last().is_some_and(|open| {
            open.kind != OpenKind::Certain && (self.open.len() <= self.lost || open.effect == Effect::Anything)
        })
    }

    /// Notes that the next round may know more.
    pub(super) fn note_news(&mut self) {
        self.has_news = true;
        self.stretches.note_news();
    }

    /// Notes that brackets disappear.
    pub(super) fn note_lost_bracket(&mut self) {
        // Only loops forget what may change in their bodies.
        if self.open_loops > 0 || self.tried.is_some() {
            self.note_news();
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

    pub(super) fn begin_loop(&mut self, op: Op, cell: i32, end: u32) {
        if self.sure_value(cell) == Some(0) {
            self.note_lost_bracket();
            self.rewriter.skip_to(end + 1);
            return;
        }
        if let Some(kinds) = self.solve(cell, end) {
            self.note_news();
            self.rewriter.skip_to(end + 1);
            self.replacement(&kinds, op.span);
            return;
        }
        if let Some(Done { text, kinds }) = self.run_loop(cell, end) {
            self.note_news();
            self.rewriter.skip_to(end + 1);
            if !text.is_empty() {
                self.write(&text, op.span);
            }
            self.replacement(&kinds, op.span);
            return;
        }
        let heads = (self.head(end), self.rewriter.next_index());
        let mut effect = self.effects.at(heads.0);
        let mut is_lost = effect == Effect::Anything;
        if is_lost && self.tried.is_some() && self.sure_value(cell).is_some() {
            // Its body may come to be one that is run.
            self.stretches.note_news();
        }
        if is_lost && self.unroll(cell, end) {
            self.note_news();
            return;
        }
        self.text = None;
        let (at_entry, behind) = (self.at_entry.len(), self.behind.len());
        let followed = if is_lost { self.follow_loop(cell, heads.0, end) } else { None };
        let is_followed = followed.is_some();
        match followed {
            Some(followed) => {
                // All may get lost in its body: then it begins in a stretch, and does not end there.
                self.stretches.note_news();
                effect = self.keep_followed(&followed);
                is_lost = false;
            }
            None => self.forget(heads.0, &effect),
        }
        // At the head it may become known to the body.
        self.note_before(self.place(cell));
        let is_noting = is_followed && effect != Effect::Anything;
        self.open(OpenKind::Loop, cell, effect);
        if let Some(open) = self.open.last_mut() {
            // What is found out where the body does not come to its end does not hold behind the loop.
            open.is_noting = is_noting;
            (open.at_entry, open.behind, open.heads) = (at_entry, behind, heads);
        }
        self.learn_tested(cell);
        self.put(op.kind, op.span);
        if is_lost {
            self.stretches.begin(self.rewriter.next_index(), Beginning::Nonzero(cell + self.shift));
        }
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
                    let known = self.facts.get(place).value().filter(|_| self.facts.is_on_tape(place));
                    let lasts = match known {
                        Some(value) if self.effects.kept(index) == Some(value) => Lasts::Evidently,
                        Some(value) if self.invariants.holds(head, cell, value) => Lasts::Found,
                        Some(_) | None => Lasts::Unknown,
                    };
                    self.at_entry.extend(known.map(|value| AtEntry { place, value, lasts }));
                    if lasts == Lasts::Unknown {
                        self.forget_place(place);
                    }
                }
            }
        }
    }

    /// The effect of a loop that was followed. What holds at its head goes on to be known.
    fn keep_followed(&mut self, followed: &Followed) -> Effect {
        for &Changed { place, at_head, behind } in &followed.changed {
            self.note_before(place);
            // What only the loop accesses may be off the tape.
            let is_on_tape = self.facts.is_on_tape(place);
            if is_on_tape && behind != Fact::Unknown {
                self.behind.push((place, behind));
            }
            if !at_head.is_nonzero() {
                self.forget_nonzero(place);
            }
            if self.facts.get(place) != at_head {
                self.facts.set(place, if is_on_tape { at_head } else { Fact::Unknown });
            }
        }
        if !followed.comes_back {
            return Effect::Anything;
        }
        self.effects.of_cells(followed.changed.iter().map(|changed| changed.place - self.facts.pointer))
    }

    /// At the end of a loop's body: finds what is the same as in front of the loop. What was known to hold at the head
    /// still holds, and goes on to be known behind the loop.
    pub(super) fn find_invariants(&mut self, open: &Open) {
        for index in open.at_entry..self.at_entry.len() {
            let AtEntry { place, value, lasts } = self.at_entry[index];
            let cell = place - self.facts.pointer + i64::from(self.shift);
            match lasts {
                Lasts::Evidently => {}
                Lasts::Found => self.found.add(open.heads.1, cell, value),
                Lasts::Unknown if self.facts.get(place) == Fact::Known(value) => {
                    self.found.add(open.heads.1, cell, value);
                    self.note_news();
                }
                Lasts::Unknown => {}
            }
        }
    }

    pub(super) fn end_loop(&mut self, op: Op) {
        let open = self.close();
        self.forget_inner_nonzero();
        self.text = None;
        match &open.effect {
            Effect::Cells(cells) => {
                let is_once = self.facts.get(open.cell) == Fact::Known(0);
                // The pointer is where it was at the head.
                self.find_invariants(&open);
                if open.is_noting {
                    self.merge_changes(&open);
                }
                for index in cells.clone() {
                    self.learn_place(self.facts.pointer + self.effects.cell(index), Fact::Unknown);
                }
                for index in open.at_entry..self.at_entry.len() {
                    let AtEntry { place, value, lasts } = self.at_entry[index];
                    if lasts != Lasts::Unknown {
                        self.learn_place(place, Fact::Known(value));
                    }
                }
                self.at_entry.truncate(open.at_entry);
                while self.behind.len() > open.behind
                    && let Some((place, fact)) = self.behind.pop()
                {
                    self.learn_place(place, fact);
                }
                self.learn_place(open.cell, Fact::Known(0));
                self.put_loop_end(op, is_once);
            }
            Effect::Anything => {
                let Some(Kind::Loop { cell, .. }) = self.rewriter.open_head() else {
                    unreachable!("the loop's head was put")
                };
                let cell = cell - self.shift;
                let is_once = self.sure_value(cell) == Some(0);
                self.at_entry.truncate(open.at_entry);
                self.behind.truncate(open.behind);
                self.forget_everything();
                self.learn(cell, Fact::Known(0));
                self.put_loop_end(op, is_once);
                self.stretches.begin(self.rewriter.next_index(), Beginning::Zero(cell + self.shift));
            }
        }
    }

    /// Puts the end of a loop, or of a condition if the loop runs at most once.
    fn put_loop_end(&mut self, op: Op, is_once: bool) {
        if is_once {
            self.note_news();
            self.rewriter.make_open_loop_an_if();
            self.put(Kind::IfEnd { start: 0 }, op.span);
        } else {
            self.put(op.kind, op.span);
        }
    }

    pub(super) fn begin_if(&mut self, op: Op, cell: i32, end: u32) {
        // Where it goes into another condition, what is behind it does not.
        let along = self.threading.take();
        if along.is_none()
            && self.sure_value(cell).is_none()
            && let Some((kinds, behind)) = self.shorten(end)
        {
            self.note_news();
            self.rewriter.skip_to(behind);
            self.replacement(&kinds, op.span);
            return;
        }
        let effect = self.effect(end);
        if self.sure_value(cell) == Some(0) {
            self.note_lost_bracket();
            self.rewriter.skip_to(end + 1);
            return;
        }
        let threading = self.threading(&effect, end, along);
        self.open_condition(op, cell, effect);
        if let Some(open) = self.open.last_mut().filter(|open| open.kind == OpenKind::If || along.is_some()) {
            open.threading = threading;
        }
    }

    /// Opens a condition whose body may run.
    pub(super) fn open_condition(&mut self, op: Op, cell: i32, effect: Effect) {
        let is_certain = self.is_nonzero(cell);
        let kind = if is_certain { OpenKind::Certain } else { OpenKind::If };
        if effect == Effect::Anything {
            // Its body may come to be one that is followed, with what stands before it.
            self.stretches.note_news();
        }
        let is_lost = effect == Effect::Anything && !is_certain;
        let nearby = if is_lost { self.nearby(cell) } else { Nearby::new() };
        self.open(kind, cell, effect);
        if let Some(open) = self.open.last_mut() {
            open.nearby = nearby;
        }
        if is_certain {
            self.note_lost_bracket();
        } else {
            self.text = None;
            self.learn_tested(cell);
            self.put(op.kind, op.span);
        }
    }

    /// The head of the innermost loop or condition finds its cell not to be 0.
    fn learn_tested(&mut self, cell: i32) {
        if let Fact::Perhaps(value) = self.facts.get(self.place(cell)) {
            self.learn(cell, Fact::Known(value));
        }
        self.learn_nonzero(self.place(cell));
    }

    /// What is known behind a condition or loop whose changes were noted: either the body ran, or nothing changed and the tested cell was 0.
    /// What came first in the journal was known before.
    fn merge_changes(&mut self, open: &Open) {
        let changes = &mut self.journal[open.journal..];
        changes.sort_by_key(|before| before.place);
        self.journal.push(Before { place: open.cell, fact: Fact::Unknown, is_on_tape: true });
        let mut kept = open.journal;
        for index in open.journal..self.journal.len() {
            let before = self.journal[index];
            if kept > open.journal && self.journal[kept - 1].place == before.place {
                continue;
            }
            self.journal[kept] = before;
            kept += 1;
            let place = before.place;
            let after = self.facts.get(place);
            match before.fact {
                _ if place == open.cell => self.facts.set(place, after.or(Fact::Known(0))),
                skipped if before.is_on_tape => self.facts.set(place, after.or(skipped)),
                // It is 0 because nothing was there; only the body has accessed it.
                skipped if after == skipped && after != Fact::Unknown => self.facts.forget_access(place),
                _ => self.facts.set(place, Fact::Unknown),
            }
        }
        // What the outer one has to remember is from before this one.
        self.journal.truncate(if self.is_noting() { kept } else { open.journal });
    }

    /// Ends the innermost condition, the end being `op`.
    pub(super) fn end_innermost_if(&mut self, op: Op) -> Threading {
        let open = self.close();
        self.forget_inner_nonzero();
        if open.kind == OpenKind::Certain {
            return open.threading;
        }
        self.text = None;
        self.put(op.kind, op.span);
        match open.effect {
            Effect::Anything => {
                let keeps_some = self.keep_nearby(open.nearby);
                if keeps_some {
                    // What comes next follows from more than the condition's end.
                    self.stretches.note_news();
                }
                let beginning = if keeps_some { Beginning::Nearby } else { Beginning::Nothing };
                self.stretches.begin(self.rewriter.next_index(), beginning);
            }
            Effect::Cells(_) => self.merge_changes(&open),
        }
        open.threading
    }
}
