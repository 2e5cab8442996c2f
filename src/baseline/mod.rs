//! The baseline compiler: a template JIT for x86-64.
//!
//! One pass over the operations, each of which becomes a few instructions; no intermediate form, no
//! recursion, and time linear in the program. It starts in the time that LLVM needs to be
//! opened, and its code needs neither LLVM nor, afterwards, this compiler. Pages are written first and executable
//! then, never both. The code of large programs is made in [`chunks`], each when the program first comes to it.
//!
//! Knows operations and the host's functions; nothing of LLVM, or of when code is worth more effort.

mod carries;
pub mod chunks;
mod count;
mod cuts;
mod debug;
mod emitter;
mod io;
mod loops;
mod notes;
mod piece;
mod rescans;
mod ripple;
mod scan;
mod translate;
mod trips;
mod values;
mod walk;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use dynasmrt::DynasmError;

use crate::dialect::Dialect;
use crate::ir::loops::LoopRange;
use crate::ir::{Kind, Program};
use crate::runtime::FaultPlace;
use crate::runtime::execute::{FaultMap, HostFunctions};
use crate::runtime::sampling::Sampler;
use crate::runtime::slots::Targets;
use crate::source::Source;
use notes::Notes;
use piece::{Links, Loaded, Piece};

/// Rows of the table of the host's functions.
#[derive(Clone, Copy, Debug)]
enum HostFunction {
    Put,
    Get,
    Text,
    Dump,
    Hot,
    Follow,
}

/// The table, whose address goes into the code.
type HostTable = [usize; 6];

fn host_table(host: &HostFunctions) -> Box<HostTable> {
    Box::new([host.put, host.get, host.text, host.dump, host.hot, host.follow])
}

/// Machine code in memory.
#[derive(Debug)]
pub struct Code {
    piece: Piece,
    /// The code has the addresses of both.
    _host: Box<HostTable>,
    _text: Box<[u8]>,
    counters: Counters,
    /// By the number of the slot.
    targets: Vec<(u32, Targets)>,
    /// For tools.
    notes: Notes,
}

/// Loops whose heads lead through slots.
#[derive(Clone, Copy, Debug)]
pub struct Slotted<'a> {
    /// In the order of their heads.
    pub loops: &'a [LoopRange],
    /// The address of their [`Slot`](crate::runtime::slots::Slot)s, in the same order.
    pub slots: usize,
    /// Whether the heads lead through them from the start, or once they are [opened](crate::runtime::sites).
    pub is_open: bool,
}

impl Slotted<'static> {
    /// Every loop leads straight to its body.
    pub const NONE: Slotted<'static> = Slotted { loops: &[], slots: 0, is_open: false };
}

/// Where the code counts; it has the addresses.
#[derive(Debug, Default)]
struct Counters {
    /// The operations that are counted, in order: see [`is_counted`].
    ops: Vec<u32>,
    /// Two numbers for each: entries, and iterations, which for scans and walks are the bytes that the pointer moved.
    numbers: Box<[AtomicU64]>,
}

/// How often a loop was come to, and how often its body was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The index of its head, or of the scan or walk.
    pub op: u32,
    pub entries: u64,
    pub iterations: u64,
}

/// Why there is no code.
#[derive(Debug)]
pub enum BaselineError {
    /// No memory, or none that may be made executable.
    Memory(std::io::Error),
    /// A jump that cannot be encoded: the code is longer than 2 GB.
    TooLong(DynasmError),
}

impl std::fmt::Display for BaselineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BaselineError::Memory(error) => write!(f, "no memory for machine code: {error}; use --engine=reference"),
            BaselineError::TooLong(error) => {
                write!(f, "the program is too long for machine code: {error}; use --engine=reference")
            }
        }
    }
}

impl std::error::Error for BaselineError {}

/// Compiles `program`, whose text is `source`. The slots have to be filled from [`Code::targets`] before the code runs.
///
/// # Errors
/// There is no memory for the code, or it is too long.
pub fn compile(
    program: &Program,
    source: &Source,
    dialect: &Dialect,
    host: &HostFunctions,
    slotted: Slotted<'_>,
) -> Result<Code, BaselineError> {
    compile_with(program, source, dialect, host, slotted, Counters::default(), Notes::default())
}

/// The same, and it is noted for [`Code::debug_object`] where the code of each operation is. The code is the same, but for
/// loops that would carry values in registers.
///
/// # Errors
/// As for [`compile`].
pub fn compile_for_debuggers(
    program: &Program,
    source: &Source,
    dialect: &Dialect,
    host: &HostFunctions,
    slotted: Slotted<'_>,
) -> Result<Code, BaselineError> {
    compile_with(program, source, dialect, host, slotted, Counters::default(), Notes::with_operations())
}

/// As [`compile`] without slots, but the code counts what its loops do: see [`Code::counts`]. Conditions, scans and walks are
/// loops too.
///
/// # Errors
/// As for [`compile`].
pub fn compile_counting(
    program: &Program,
    source: &Source,
    dialect: &Dialect,
    host: &HostFunctions,
) -> Result<Code, BaselineError> {
    let is_counted = |op: &u32| is_counted(program.ops[*op as usize].kind);
    let ops: Vec<_> = (0..program.ops.len() as u32).filter(is_counted).collect();
    let numbers = (0..2 * ops.len()).map(|_| AtomicU64::new(0)).collect();
    compile_with(program, source, dialect, host, Slotted::NONE, Counters { ops, numbers }, Notes::default())
}

fn is_counted(kind: Kind) -> bool {
    match kind {
        Kind::Loop { .. } | Kind::If { .. } | Kind::Scan { .. } | Kind::Walk { .. } => true,
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
        | Kind::Move { .. }
        | Kind::Input { .. }
        | Kind::Output { .. }
        | Kind::Text { .. }
        | Kind::Dump { .. }
        | Kind::LoopEnd { .. }
        | Kind::IfEnd { .. } => false,
    }
}

fn compile_with(
    program: &Program,
    source: &Source,
    dialect: &Dialect,
    host: &HostFunctions,
    slotted: Slotted<'_>,
    counters: Counters,
    notes: Notes,
) -> Result<Code, BaselineError> {
    let host = host_table(host);
    let text = program.text.clone().into_boxed_slice();
    let unit = translate::Unit {
        program,
        range: 0..program.ops.len() as u32,
        apart: None,
        source,
        eof: dialect.eof,
        host: &host,
        text: &text,
        slotted,
        links: &Links::default(),
        counters: &counters.numbers,
    };
    let translated = translate::translate(&unit, notes).map_err(BaselineError::TooLong)?;
    let Loaded { piece, targets, notes } = Piece::load(translated)?;
    Ok(Code { piece, _host: host, _text: text, counters, targets, notes })
}

impl Code {
    /// The address of `ptr (ptr state, ptr cell)`.
    #[must_use]
    pub fn entry(&self) -> usize {
        self.piece.address()
    }

    /// How long the code is, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.piece.bytes()
    }

    /// For each slot, where in the code it may lead.
    #[must_use]
    pub fn targets(&self) -> &[(u32, Targets)] {
        &self.targets
    }

    /// What was counted so far, in the order of the operations of `program`, which was compiled; nothing if the code
    /// does not count.
    pub fn counts(&self, program: &Program) -> impl Iterator<Item = Count> {
        let number = |index: usize| self.counters.numbers[index].load(Relaxed);
        self.counters.ops.iter().enumerate().map(move |(index, &op)| {
            let (entries, iterations) = (number(2 * index), number(2 * index + 1));
            if let Kind::Scan { stride, .. } | Kind::Walk { stride, .. } = program.ops[op as usize].kind {
                let step = i64::from(stride) * program.width.bytes() as i64;
                return Count { op, entries, iterations: (iterations as i64 / step) as u64 };
            }
            Count { op, entries, iterations }
        })
    }

    /// Takes samples of the code, one part after another as in [`Code::sampled_loops`].
    #[must_use]
    pub fn sampler(&self) -> Sampler {
        let starts = self.piece.places.iter().map(|place| self.entry() + place.offset as usize).collect();
        Sampler::new(starts, self.entry() + self.bytes())
    }

    /// The innermost loop of each part that is sampled, by its head.
    pub fn sampled_loops(&self) -> impl Iterator<Item = Option<u32>> {
        self.piece.places.iter().map(|place| place.head)
    }

    /// What messages about faults need: `program` and `source` are those that were compiled.
    #[must_use]
    pub fn faults<'a>(&'a self, program: &'a Program, source: &'a Source) -> Faults<'a> {
        Faults { code: self, program, source }
    }
}

/// Names the loop for an instruction of the code.
#[derive(Clone, Copy, Debug)]
pub struct Faults<'a> {
    code: &'a Code,
    program: &'a Program,
    source: &'a Source,
}

impl FaultMap for Faults<'_> {
    fn place(&self, instruction: usize) -> FaultPlace {
        self.code.piece.place(instruction, self.program, self.source)
    }
}
