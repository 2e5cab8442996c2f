//! Changes programs in their own memory.

use super::builder::Matcher;
use super::{Entry, Kind, Op, Program, Shape, prefetch_behind};
use crate::dialect::CellWidth;
use crate::source::Span;

/// Rewrites a program in its own memory: operations are taken from the front and others put in their
/// place. At no time may more have been put than taken, beside the room that was asked for.
#[derive(Debug)]
pub struct Rewriter {
    width: CellWidth,
    entry: Entry,
    ops: Vec<Op>,
    /// The text of the old and of the new program.
    old_text: Vec<u8>,
    text: Vec<u8>,
    taken: usize,
    put: usize,
    /// So much more may be put than was taken: what was not taken yet is that far behind its index.
    room: usize,
    matcher: Matcher,
    /// The passes that would change nothing, unless something was put that was not there.
    settled: u32,
    is_changed: bool,
}

/// Room is made for one in so many of the operations that are left, so that not all of them are moved often.
const ROOM_SHARE: usize = 16;

impl Rewriter {
    #[must_use]
    pub fn new(program: Program) -> Rewriter {
        Rewriter {
            width: program.width,
            entry: program.entry,
            ops: program.ops,
            old_text: program.text,
            text: Vec::new(),
            taken: 0,
            put: 0,
            room: 0,
            matcher: Matcher::default(),
            settled: program.shape.settled,
            is_changed: false,
        }
    }

    /// Takes the next operation of the old program. The index in a head still is that of the old program.
    #[inline]
    pub fn take(&mut self) -> Option<Op> {
        prefetch_behind(&self.ops, self.taken);
        let op = self.ops.get(self.taken).copied();
        self.taken += usize::from(op.is_some());
        op
    }

    /// Drops operations of the old program up to, not including, index `end`.
    pub fn skip_to(&mut self, end: u32) {
        self.taken = self.taken.max(end as usize + self.room);
    }

    /// How many operations of the old program were taken: the index of the next.
    #[must_use]
    pub fn taken(&self) -> u32 {
        (self.taken - self.room) as u32
    }

    /// Makes sure that so many operations more may be put than are taken from now on. What was taken last is not put yet.
    pub fn make_room(&mut self, wanted: usize) {
        let last = self.taken - 1;
        if last - self.put < wanted {
            let more = wanted.max(self.rest().len() / ROOM_SHARE);
            let nothing = Op { kind: Kind::Move { delta: 0 }, span: Span::default() };
            self.ops.splice(last..last, std::iter::repeat_n(nothing, more));
            self.taken += more;
            self.room += more;
        }
    }

    /// Takes the operations of the old program up to, not including, index `end`, and puts them as they are.
    pub fn keep_to(&mut self, end: u32) {
        while self.taken < end as usize + self.room && self.take().is_some() {
            self.keep();
        }
    }

    /// The operations of the old program that were not taken yet.
    #[must_use]
    pub fn rest(&self) -> &[Op] {
        &self.ops[self.taken..]
    }

    /// The operation that was taken last and those not taken yet, before anything was put for it.
    #[must_use]
    pub fn taken_and_rest(&self) -> &[Op] {
        debug_assert!(self.put < self.taken);
        &self.ops[self.taken - 1..]
    }

    /// The operations not taken yet that come before index `end` of the old program.
    #[must_use]
    pub fn rest_before(&self, end: u32) -> &[Op] {
        &self.ops[self.taken..end as usize + self.room]
    }

    /// Puts an operation. The indices in heads and ends are filled in here; what they hold is ignored.
    ///
    /// # Panics
    /// If more is put than was taken, or an end without a head: bugs of the pass.
    #[inline]
    pub fn put(&mut self, kind: Kind, span: Span) {
        // Once there was a change, more do not matter.
        self.is_changed = self.is_changed || self.put + 1 != self.taken || self.ops[self.put] != (Op { kind, span });
        if kind.is_placed() {
            self.place(kind, span);
            return;
        }
        assert!(self.put < self.taken, "a pass does not make a program longer");
        self.ops[self.put] = Op { kind, span };
        self.put += 1;
    }

    /// Puts the operation that was taken last as it is. Where nothing was dropped before it, it stays where it is.
    ///
    /// # Panics
    /// If it was put already: a bug of the pass.
    #[inline]
    pub fn keep(&mut self) {
        assert!(self.put < self.taken, "a pass does not make a program longer");
        let op = &self.ops[self.taken - 1];
        if op.kind.is_placed() {
            let Op { kind, span } = *op;
            self.place(kind, span);
            return;
        }
        if self.put != self.taken - 1 {
            self.ops[self.put] = *op;
        }
        self.put += 1;
    }

    fn place(&mut self, kind: Kind, span: Span) {
        assert!(self.put < self.taken, "a pass does not make a program longer");
        let kind = match kind {
            Kind::Text { start, len } => {
                let new_start = self.text.len() as u32;
                self.text.extend_from_slice(&self.old_text[start as usize..(start + len) as usize]);
                Kind::Text { start: new_start, len }
            }
            kind => self.matcher.place(&mut self.ops, self.put, kind),
        };
        self.ops[self.put] = Op { kind, span };
        self.put += 1;
    }

    /// Puts an operation that writes `bytes`.
    pub fn put_text(&mut self, bytes: &[u8], span: Span) {
        assert!(self.put < self.taken, "a pass does not make a program longer");
        self.is_changed = true;
        let kind = Kind::Text { start: self.text.len() as u32, len: bytes.len() as u32 };
        self.text.extend_from_slice(bytes);
        self.ops[self.put] = Op { kind, span };
        self.put += 1;
    }

    /// Adds `bytes` to the text at index `index` of the new program, which must be its last one.
    pub fn extend_text(&mut self, index: u32, bytes: &[u8], span: Span) {
        let op = &mut self.ops[index as usize];
        self.is_changed = true;
        let Kind::Text { start, len } = &mut op.kind else { unreachable!("{op:?} is no text") };
        assert_eq!((*start + *len) as usize, self.text.len(), "only the last text can be extended");
        *len += bytes.len() as u32;
        op.span = op.span.to(span);
        self.text.extend_from_slice(bytes);
    }

    /// The bytes of all texts of the old program.
    #[must_use]
    pub fn old_text(&self) -> &[u8] {
        &self.old_text
    }

    /// How many operations the new program has so far: the index of the next.
    #[must_use]
    pub fn next_index(&self) -> u32 {
        self.put as u32
    }

    /// Makes the innermost open loop of the new program, at the end of its body, a condition.
    pub fn make_open_loop_an_if(&mut self) {
        let Some(&head) = self.matcher.open.last() else { return };
        let op = &mut self.ops[head as usize];
        if let Kind::Loop { cell, end } = op.kind {
            op.kind = Kind::If { cell, end };
            self.is_changed = true;
        }
    }

    /// The operation that was put last, if it is neither head nor end; it may be changed.
    pub fn last_mut(&mut self) -> Option<&mut Op> {
        self.is_changed = true;
        let last = self.ops[..self.put].last_mut()?;
        (!last.kind.is_bracket()).then_some(last)
    }

    /// The operations of the new program from index `start` on, none of them a head or an end. They may be changed, texts excepted;
    /// behind a change comes [`Rewriter::retain_from`].
    #[inline]
    pub fn straight_from(&mut self, start: u32) -> &mut [Op] {
        &mut self.ops[start as usize..self.put]
    }

    /// Drops those of them that are not to be kept.
    pub fn retain_from(&mut self, start: u32, mut keeps: impl FnMut(Kind) -> bool) {
        let start = start as usize;
        let mut kept = start;
        for index in start..self.put {
            let op = self.ops[index];
            debug_assert!(!op.kind.is_bracket());
            if keeps(op.kind) {
                self.ops[kept] = op;
                kept += 1;
            }
        }
        self.put = kept;
        self.is_changed = true;
    }

    /// Takes back the operation that was put last, which must be neither head nor end.
    pub fn unput(&mut self) {
        debug_assert!(self.put > 0 && !self.ops[self.put - 1].kind.is_bracket());
        self.put -= 1;
    }

    /// The innermost head of the new program whose end is still to come.
    #[must_use]
    pub fn open_head(&self) -> Option<Kind> {
        self.matcher.open.last().map(|&head| self.ops[head as usize].kind)
    }

    /// The new program.
    #[must_use]
    pub fn finish(mut self) -> Program {
        debug_assert!(self.matcher.open.is_empty(), "every head has its end");
        let is_changed = self.is_changed || self.put < self.taken;
        self.ops.truncate(self.put);
        let settled = if is_changed { 0 } else { self.settled };
        let shape = Shape { settled, ..self.matcher.shape };
        Program { width: self.width, entry: self.entry, ops: self.ops, text: self.text, shape }
    }
}

impl Program {
    /// The program with each of these operations, of which none is text, in front of the one at its index: in the order of the
    /// indices.
    #[must_use]
    pub fn with(self, added: &[(usize, Kind)]) -> Program {
        if added.is_empty() {
            return self;
        }
        let mut rewriter = Rewriter::new(self);
        let (mut next, mut last) = (0, Span::default());
        while let Some(op) = rewriter.take() {
            last = op.span;
            let index = rewriter.taken() as usize - 1;
            if index == 0 {
                rewriter.make_room(added.len());
            }
            while let Some(&(place, kind)) = added.get(next)
                && place == index
            {
                rewriter.put(kind, op.span);
                next += 1;
            }
            rewriter.keep();
        }
        added[next..].iter().for_each(|&(_, kind)| rewriter.put(kind, last));
        rewriter.finish()
    }
}
