//! The intermediate representation: a flat list of operations on cells near a moving pointer.
//!
//! A cell is named by its offset from the pointer. Loops and conditions are matched pairs of
//! operations that hold each other's index, so nothing walks a program recursively and nesting has
//! no limit. [`text`] gives the one text form, [`verify`] the properties that every pass keeps.
//!
//! Knows nothing of who made a program, of LLVM, or of addresses.

pub mod branchless;
pub mod count;
pub mod echo;
pub mod loops;
mod pointer;
pub mod text;
pub mod transfers;
pub mod verify;

use crate::dialect::CellWidth;
use crate::source::Span;
use count::Count;

/// What an operation does. `cell`, `target` and `source` are offsets from the pointer, in cells;
/// values and deltas are cell values, already wrapped to the program's width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `tape[ptr + cell] += delta`
    Add { cell: i32, delta: u64 },
    /// `tape[ptr + cell] = value`
    Set { cell: i32, value: u64 },
    /// `tape[ptr + target] += tape[ptr + source] * factor`
    MulAdd { target: i32, source: i32, factor: u64 },
    /// `tape[ptr + target] = tape[ptr + source] * factor`
    Copy { target: i32, source: i32, factor: u64 },
    /// `tape[ptr + target] += tape[ptr + left] * tape[ptr + right] * factor`
    Product { target: i32, left: i32, right: i32, factor: u64 },
    /// `ptr += delta`; no access.
    Move { delta: i32 },
    /// `while tape[ptr + cell] != 0 { ptr += stride }`
    Scan { cell: i32, stride: i32 },
    /// `while tape[ptr + cell] != 0 { tape[ptr + cell] += leave; ptr += stride; tape[ptr + cell] += enter }`,
    /// what is added being sign-extended to the width: `[->>]`, `[->+]`.
    Walk { cell: i32, stride: i32, leave: i32, enter: i32 },
    /// Counts two cells together, many iterations at once, in front of or in the loop that does it one by one.
    Count(Count),
    /// Reads a byte into `tape[ptr + cell]`; at the end of the input, what the dialect says.
    Input { cell: i32 },
    /// Writes the low byte of `tape[ptr + cell]`.
    Output { cell: i32 },
    /// Writes `len` bytes of [`Program::text`], from `start` on.
    Text { start: u32, len: u32 },
    /// Shows the tape around the pointer on the error stream (`#`, where that is a command).
    Dump { cell: i32 },
    /// `while tape[ptr + cell] != 0 {`, up to the [`Kind::LoopEnd`] at index `end`.
    Loop { cell: i32, end: u32 },
    /// The end of the loop whose head is at index `start`.
    LoopEnd { start: u32 },
    /// `if tape[ptr + cell] != 0 {`, up to the [`Kind::IfEnd`] at index `end`.
    If { cell: i32, end: u32 },
    /// The end of the condition at index `start`.
    IfEnd { start: u32 },
}

/// An operation and the source text it came from. A loop's head spans the whole loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    pub kind: Kind,
    pub span: Span,
}

/// A whole program for cells of one width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub width: CellWidth,
    pub ops: Vec<Op>,
    /// The bytes of all [`Kind::Text`], in the order of the operations.
    pub text: Vec<u8>,
    /// What is known of the operations without looking at them.
    pub shape: Shape,
}

/// What is known of a program without looking at its operations: spares passes that would find nothing the way
/// through them. Whoever makes a program keeps it along the way, which costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// There may be loops or conditions.
    pub has_brackets: bool,
    /// There may be one with a single operation in it.
    pub has_short: bool,
    /// There may be one with nothing but another one in it.
    pub has_hollow: bool,
    /// By number, the passes that would change nothing.
    pub settled: u32,
}

impl Shape {
    /// A program without operations.
    pub const EMPTY: Shape = Shape { has_brackets: false, has_short: false, has_hollow: false, settled: 0 };

    /// Anything is possible.
    pub const ANY: Shape = Shape { has_brackets: true, has_short: true, has_hollow: true, settled: 0 };

    /// Notes that a loop or condition with its head at index `start` ends behind `ops`.
    pub fn end(&mut self, ops: &[Op], start: u32) {
        self.has_brackets = true;
        self.has_short |= ops.len() == start as usize + 2;
        self.has_hollow |=
            matches!(ops.last(), Some(Op { kind: Kind::LoopEnd { start: inner }, .. }) if *inner == start + 1);
    }
}

impl Kind {
    /// The same operation seen from a pointer that stands `by` cells further left.
    #[must_use]
    pub fn shifted(self, by: i32) -> Kind {
        match self {
            Kind::Add { cell, delta } => Kind::Add { cell: cell + by, delta },
            Kind::Set { cell, value } => Kind::Set { cell: cell + by, value },
            Kind::MulAdd { target, source, factor } => {
                Kind::MulAdd { target: target + by, source: source + by, factor }
            }
            Kind::Copy { target, source, factor } => Kind::Copy { target: target + by, source: source + by, factor },
            Kind::Product { target, left, right, factor } => {
                Kind::Product { target: target + by, left: left + by, right: right + by, factor }
            }
            Kind::Scan { cell, stride } => Kind::Scan { cell: cell + by, stride },
            Kind::Walk { cell, stride, leave, enter } => Kind::Walk { cell: cell + by, stride, leave, enter },
            Kind::Count(count) => Kind::Count(Count { counter: count.counter + by, ..count }),
            Kind::Input { cell } => Kind::Input { cell: cell + by },
            Kind::Output { cell } => Kind::Output { cell: cell + by },
            Kind::Dump { cell } => Kind::Dump { cell: cell + by },
            Kind::Loop { cell, end } => Kind::Loop { cell: cell + by, end },
            Kind::If { cell, end } => Kind::If { cell: cell + by, end },
            Kind::Move { .. } | Kind::Text { .. } | Kind::LoopEnd { .. } | Kind::IfEnd { .. } => self,
        }
    }

    /// Whether the operation is a head or an end.
    #[must_use]
    #[inline]
    pub fn is_bracket(self) -> bool {
        match self {
            Kind::Loop { .. } | Kind::LoopEnd { .. } | Kind::If { .. } | Kind::IfEnd { .. } => true,
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => false,
        }
    }

    /// Whether the operation says where others or texts are, and changes with them.
    fn is_placed(self) -> bool {
        self.is_bracket() || matches!(self, Kind::Text { .. })
    }

    /// The largest distance from the pointer, in cells, at which the operation may access the tape.
    #[must_use]
    pub fn reach(self) -> u32 {
        match self {
            Kind::Add { cell, .. }
            | Kind::Set { cell, .. }
            | Kind::Input { cell }
            | Kind::Output { cell }
            | Kind::Dump { cell }
            | Kind::Loop { cell, .. }
            | Kind::If { cell, .. } => cell.unsigned_abs(),
            Kind::MulAdd { target, source, .. } | Kind::Copy { target, source, .. } => {
                target.unsigned_abs().max(source.unsigned_abs())
            }
            Kind::Product { target, left, right, .. } => {
                target.unsigned_abs().max(left.unsigned_abs()).max(right.unsigned_abs())
            }
            Kind::Count(count) => count.cells().map(i32::unsigned_abs).max().unwrap_or(0),
            Kind::Scan { cell, stride } | Kind::Walk { cell, stride, .. } => {
                cell.unsigned_abs().saturating_add(stride.unsigned_abs())
            }
            Kind::Move { .. } | Kind::Text { .. } | Kind::LoopEnd { .. } | Kind::IfEnd { .. } => 0,
        }
    }
}

impl Program {
    /// An upper bound of the distance, in cells, between an access and the access before it, taking
    /// everything between two loop boundaries together: LLVM may exchange accesses there. Guards at
    /// least this wide on both sides of the tape catch every access outside of it, since the first
    /// one outside cannot lie beyond them.
    #[must_use]
    pub fn largest_displacement(&self) -> u64 {
        let mut largest: u64 = 0;
        let mut drift: u64 = 0;
        for op in &self.ops {
            largest = largest.max(drift + u64::from(op.kind.reach()));
            match op.kind {
                Kind::Move { delta } => drift += u64::from(delta.unsigned_abs()),
                // The cell tested here is accessed, and lies this far from the pointer.
                Kind::Loop { cell, .. } | Kind::Scan { cell, .. } | Kind::Walk { cell, .. } => {
                    drift = u64::from(cell.unsigned_abs())
                }
                Kind::LoopEnd { start } => {
                    let head = self.ops[start as usize].kind.reach();
                    largest = largest.max(drift + u64::from(head));
                    drift = u64::from(head);
                }
                Kind::Add { .. }
                | Kind::Set { .. }
                | Kind::MulAdd { .. }
                | Kind::Copy { .. }
                | Kind::Product { .. }
                | Kind::Count(_)
                | Kind::Input { .. }
                | Kind::Output { .. }
                | Kind::Text { .. }
                | Kind::Dump { .. }
                | Kind::If { .. }
                | Kind::IfEnd { .. } => {}
            }
        }
        largest
    }
}

/// Appends operations and matches the ends of loops and conditions with their heads.
#[derive(Debug, Default)]
pub struct Builder {
    ops: Vec<Op>,
    matcher: Matcher,
}

impl Builder {
    /// Appends `kind`. The indices in heads and ends are filled in here; what they hold is ignored.
    ///
    /// # Panics
    /// At an end without a head, which no caller produces: [`Builder::open_heads`] tells.
    pub fn push(&mut self, kind: Kind, span: Span) {
        let here = self.ops.len();
        let kind = self.matcher.place(&mut self.ops, here, kind);
        self.ops.push(Op { kind, span });
    }

    /// Lets the head of the loop or condition that ended last span all of it.
    pub fn span_whole(&mut self) {
        if let Some(&Op { kind: Kind::LoopEnd { start } | Kind::IfEnd { start }, span }) = self.ops.last() {
            self.ops[start as usize].span.end = span.end;
        }
    }

    /// The operations so far.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The indices of the heads whose ends are still to come.
    #[must_use]
    pub fn open_heads(&self) -> &[u32] {
        &self.matcher.open
    }

    /// The finished program.
    #[must_use]
    pub fn finish(self, width: CellWidth) -> Program {
        debug_assert!(self.matcher.open.is_empty(), "every head has its end");
        Program { width, ops: self.ops, text: Vec::new(), shape: self.matcher.shape }
    }
}

/// Rewrites a program in its own memory: operations are taken from the front and others put in their
/// place. At no time may more have been put than taken, so no pass makes a program longer.
#[derive(Debug)]
pub struct Rewriter {
    width: CellWidth,
    ops: Vec<Op>,
    /// The text of the old and of the new program.
    old_text: Vec<u8>,
    text: Vec<u8>,
    taken: usize,
    put: usize,
    matcher: Matcher,
    /// The passes that would change nothing, unless something was put that was not there.
    settled: u32,
    is_changed: bool,
}

impl Rewriter {
    #[must_use]
    pub fn new(program: Program) -> Rewriter {
        Rewriter {
            width: program.width,
            ops: program.ops,
            old_text: program.text,
            text: Vec::new(),
            taken: 0,
            put: 0,
            matcher: Matcher::default(),
            settled: program.shape.settled,
            is_changed: false,
        }
    }

    /// Takes the next operation of the old program. The index in a head still is that of the old program.
    #[inline]
    pub fn take(&mut self) -> Option<Op> {
        let op = self.ops.get(self.taken).copied();
        self.taken += usize::from(op.is_some());
        op
    }

    /// Drops operations of the old program up to, not including, index `end`.
    pub fn skip_to(&mut self, end: u32) {
        self.taken = self.taken.max(end as usize);
    }

    /// How many operations of the old program were taken: the index of the next.
    #[must_use]
    pub fn taken(&self) -> u32 {
        self.taken as u32
    }

    /// Takes the operations of the old program up to, not including, index `end`, and puts them as they are.
    pub fn keep_to(&mut self, end: u32) {
        while self.taken < end as usize && self.take().is_some() {
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
        &self.ops[self.taken..end as usize]
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

    /// The bytes of a text of the old program.
    #[must_use]
    pub fn old_text(&self, start: u32, len: u32) -> &[u8] {
        &self.old_text[start as usize..(start + len) as usize]
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
        Program { width: self.width, ops: self.ops, text: self.text, shape }
    }
}

/// Matches heads and ends as they come.
#[derive(Debug)]
struct Matcher {
    open: Vec<u32>,
    shape: Shape,
}

impl Default for Matcher {
    fn default() -> Self {
        Matcher { open: Vec::new(), shape: Shape::EMPTY }
    }
}

impl Matcher {
    /// The operation `kind` as it stands at index `here` of `ops`, its partner's index filled in.
    fn place(&mut self, ops: &mut [Op], here: usize, kind: Kind) -> Kind {
        let here = here as u32;
        match kind {
            Kind::Loop { .. } | Kind::If { .. } => {
                self.open.push(here);
                kind
            }
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => {
                let start = self.open.pop().expect("an end follows its head");
                self.shape.end(&ops[..here as usize], start);
                match &mut ops[start as usize].kind {
                    Kind::Loop { end, .. } | Kind::If { end, .. } => *end = here,
                    other => unreachable!("{other:?} was opened"),
                }
                match kind {
                    Kind::LoopEnd { .. } => Kind::LoopEnd { start },
                    _ => Kind::IfEnd { start },
                }
            }
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => kind,
        }
    }
}
