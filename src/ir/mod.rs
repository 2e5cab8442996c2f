//! The intermediate representation: a flat list of operations on cells near a moving pointer.
//!
//! A cell is named by its offset from the pointer. Loops and conditions are matched pairs of
//! operations that hold each other's index, so nothing walks a program recursively and nesting has
//! no limit. [`text`] gives the one text form, [`verify`] the properties that every pass keeps.
//!
//! Knows nothing of who made a program, of LLVM, or of addresses.

pub mod branchless;
mod builder;
pub mod carries;
pub mod count;
pub mod echo;
pub mod loops;
mod pointer;
mod prefetch;
pub mod rescans;
mod rewriter;
pub mod shifts;
pub mod text;
pub mod transfers;
pub mod verify;

use std::ops::Range;

use crate::dialect::{CellWidth, Dialect, SHORTEST_TAPE_CELLS};
use crate::source::Span;
pub use builder::Builder;
use count::Count;
pub(crate) use prefetch::prefetch_behind;
pub use rewriter::Rewriter;

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
    /// `tape[ptr + target] += min(tape[ptr + source], most) * factor`; `target` may be `source`.
    MinAdd { target: i32, source: i32, most: u32, factor: u64 },
    /// `ptr += delta`; no access.
    Move { delta: i32 },
    /// `while tape[ptr + cell] != 0 { ptr += stride }`
    Scan { cell: i32, stride: i32 },
    /// `while tape[ptr + cell] != 0 { tape[ptr + cell] += leave; ptr += stride; tape[ptr + cell] += enter }`,
    /// what is added being sign-extended to the width: `[->>]`, `[->+]`.
    Walk { cell: i32, stride: i32, leave: i32, enter: i32 },
    /// Counts two cells together, many iterations at once, in front of or in the loop that does it one by one.
    Count(Count),
    /// `if tape[ptr + unless] == 0 { tape[ptr + quotient] += tape[ptr + cell] / divisor; tape[ptr + cell] %= divisor }`. No cell is
    /// accessed but `cell` where that is less than the divisor.
    Divide { cell: i32, divisor: u8, quotient: i32, unless: i32 },
    /// Counts in binary, as many steps at once as change no more than the lowest digits. These are the cells from `digit` on
    /// that lie `stride` apart, the lowest first, as many as are 0 or 1 and have 0 in the cell at distance `mark` from each, up to
    /// [`Kind::RIPPLE_DIGITS`]: all of them become 1, if the cell in front of the first is 0.
    Ripple { digit: i32, stride: i8, mark: i8 },
    /// `held = if tape[ptr + unless] == 0 { tape[ptr + cell] - 1 } else { 0 }`: what a loop does in one iteration, [`Kind::AddHeld`]
    /// does for those that would be the same.
    Hold { cell: i32, unless: i32 },
    /// `held = 0` if the pointer is more than so many cells from where [`Kind::Hold`] found it.
    Release { beyond: u32 },
    /// `if held != 0 { tape[ptr + cell] += held * factor }`: where nothing is held the cell may be off the tape.
    AddHeld { cell: i32, factor: u64 },
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

/// Passes take longer over larger operations.
const _: () = assert!(size_of::<Op>() == 32);

/// Where the pointer and the tape are when the first operation is come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// At cell 0 of a tape of zeros, which has so many cells or more.
    Beginning { tape_cells: u64 },
    /// Anywhere, at each outermost loop: these are loops out of a program ([`Program::part`]).
    Anywhere,
}

/// The beginning of a program for any tape.
impl Default for Entry {
    fn default() -> Entry {
        Entry::Beginning { tape_cells: SHORTEST_TAPE_CELLS }
    }
}

impl Entry {
    /// The beginning of a program that is run under `dialect`, or on a longer tape.
    #[must_use]
    pub fn of(dialect: &Dialect) -> Entry {
        Entry::Beginning { tape_cells: dialect.tape_cells() }
    }

    /// The cells that are on the tape for certain, as seen from the pointer at the beginning.
    #[must_use]
    pub fn sure_cells(self) -> Range<i64> {
        match self {
            Entry::Beginning { tape_cells } => 0..i64::try_from(tape_cells).unwrap_or(i64::MAX),
            Entry::Anywhere => 0..0,
        }
    }
}

/// A program for cells of one width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub width: CellWidth,
    pub entry: Entry,
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
    /// To count further would take centuries.
    pub const RIPPLE_DIGITS: u32 = 64;

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
            Kind::MinAdd { target, source, most, factor } => {
                Kind::MinAdd { target: target + by, source: source + by, most, factor }
            }
            Kind::Scan { cell, stride } => Kind::Scan { cell: cell + by, stride },
            Kind::Walk { cell, stride, leave, enter } => Kind::Walk { cell: cell + by, stride, leave, enter },
            Kind::Count(count) => Kind::Count(Count { counter: count.counter + by, ..count }),
            Kind::Divide { cell, divisor, quotient, unless } => {
                Kind::Divide { cell: cell + by, divisor, quotient: quotient + by, unless: unless + by }
            }
            Kind::Ripple { digit, stride, mark } => Kind::Ripple { digit: digit + by, stride, mark },
            Kind::Hold { cell, unless } => Kind::Hold { cell: cell + by, unless: unless + by },
            Kind::AddHeld { cell, factor } => Kind::AddHeld { cell: cell + by, factor },
            Kind::Input { cell } => Kind::Input { cell: cell + by },
            Kind::Output { cell } => Kind::Output { cell: cell + by },
            Kind::Dump { cell } => Kind::Dump { cell: cell + by },
            Kind::Loop { cell, end } => Kind::Loop { cell: cell + by, end },
            Kind::If { cell, end } => Kind::If { cell: cell + by, end },
            Kind::Release { .. }
            | Kind::Move { .. }
            | Kind::Text { .. }
            | Kind::LoopEnd { .. }
            | Kind::IfEnd { .. } => self,
        }
    }

    /// The cell that an operation changes which neither tests nor moves.
    #[must_use]
    #[inline]
    pub fn straight_target(self) -> Option<i32> {
        self.straight_cells().map(|[target, ..]| target)
    }

    /// The cells that the operation accesses, whatever their values are, if it does nothing else than change one of them: that one
    /// first.
    #[must_use]
    #[inline]
    pub fn straight_cells(self) -> Option<[i32; 3]> {
        match self {
            Kind::Add { cell, .. } | Kind::Set { cell, .. } => Some([cell; 3]),
            Kind::MulAdd { target, source, .. }
            | Kind::Copy { target, source, .. }
            | Kind::MinAdd { target, source, .. } => Some([target, source, source]),
            Kind::Product { target, left, right, .. } => Some([target, left, right]),
            Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. }
            | Kind::Loop { .. }
            | Kind::LoopEnd { .. }
            | Kind::If { .. }
            | Kind::IfEnd { .. } => None,
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
            | Kind::MinAdd { .. }
            | Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => false,
        }
    }

    /// Whether the operation says where others or texts are, and changes with them.
    #[inline]
    fn is_placed(self) -> bool {
        self.is_bracket() || matches!(self, Kind::Text { .. })
    }

    /// The largest distance from the pointer, in cells, at which the operation may access the tape.
    #[must_use]
    #[inline(always)]
    pub fn reach(self) -> u32 {
        match self {
            Kind::Add { cell, .. }
            | Kind::Set { cell, .. }
            | Kind::Input { cell }
            | Kind::Output { cell }
            | Kind::Dump { cell }
            | Kind::AddHeld { cell, .. }
            | Kind::Loop { cell, .. }
            | Kind::If { cell, .. } => cell.unsigned_abs(),
            Kind::Hold { cell, unless } => cell.unsigned_abs().max(unless.unsigned_abs()),
            Kind::MulAdd { target, source, .. }
            | Kind::Copy { target, source, .. }
            | Kind::MinAdd { target, source, .. } => target.unsigned_abs().max(source.unsigned_abs()),
            Kind::Product { target, left, right, .. } => {
                target.unsigned_abs().max(left.unsigned_abs()).max(right.unsigned_abs())
            }
            Kind::Count(count) => count.cells().map(i32::unsigned_abs).max().unwrap_or(0),
            Kind::Divide { cell, quotient, unless, .. } => {
                cell.unsigned_abs().max(quotient.unsigned_abs()).max(unless.unsigned_abs())
            }
            Kind::Ripple { digit, stride, mark } => {
                digit.unsigned_abs() + u32::from(stride.unsigned_abs()).max(mark.unsigned_abs().into())
            }
            Kind::Scan { cell, stride } | Kind::Walk { cell, stride, .. } => {
                cell.unsigned_abs().saturating_add(stride.unsigned_abs())
            }
            Kind::Release { .. }
            | Kind::Move { .. }
            | Kind::Text { .. }
            | Kind::LoopEnd { .. }
            | Kind::IfEnd { .. } => 0,
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
                | Kind::MinAdd { .. }
                | Kind::Count(_)
                | Kind::Divide { .. }
                | Kind::Ripple { .. }
                | Kind::Hold { .. }
                | Kind::AddHeld { .. }
                | Kind::Release { .. }
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
