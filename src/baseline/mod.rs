//! The baseline compiler: a template JIT for x86-64.
//!
//! One pass over the operations, each of which becomes a few instructions; no intermediate form, no
//! recursion, and time linear in the program. It starts in the time that LLVM needs to be
//! opened, and its code needs neither LLVM nor, afterwards, this compiler. Pages are written first and executable
//! then, never both.
//!
//! Knows operations and the host's functions; nothing of LLVM, or of when code is worth more effort.

mod emitter;
mod scan;
mod translate;

use dynasmrt::mmap::{ExecutableBuffer, MutableBuffer};
use dynasmrt::{AssemblyOffset, DynasmError};

use crate::dialect::Dialect;
use crate::ir::Program;
use crate::ir::loops::LoopRange;
use crate::runtime::FaultPlace;
use crate::runtime::execute::{FaultMap, HostFunctions};
use crate::runtime::slots::Targets;
use crate::source::Source;

/// Rows of the table of the host's functions.
#[derive(Clone, Copy, Debug)]
enum HostFunction {
    Put,
    Get,
    Text,
    Dump,
    Hot,
}

/// Machine code in memory.
#[derive(Debug)]
pub struct Code {
    memory: ExecutableBuffer,
    /// The code has the addresses of both.
    _host: Box<[usize; 5]>,
    _text: Box<[u8]>,
    places: Vec<Place>,
    /// For each slot, relative to the entry.
    targets: Vec<Targets>,
}

/// Loops whose heads lead through slots.
#[derive(Clone, Copy, Debug)]
pub struct Slotted<'a> {
    /// In the order of their heads.
    pub loops: &'a [LoopRange],
    /// The address of their [`Slot`](crate::runtime::slots::Slot)s, in the same order.
    pub slots: usize,
}

impl Slotted<'static> {
    /// Every loop leads straight to its body.
    pub const NONE: Slotted<'static> = Slotted { loops: &[], slots: 0 };
}

/// From this offset of the code on, the code belongs to the loop or condition whose head this is.
#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u32,
    head: Option<u32>,
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
    let host = Box::new([host.put, host.get, host.text, host.dump, host.hot]);
    let text = program.text.clone().into_boxed_slice();
    let unit = translate::Unit { program, source, eof: dialect.eof, host: &host, text: &text, slotted };
    let translated = translate::translate(&unit).map_err(BaselineError::TooLong)?;
    let memory = executable(&translated.bytes).map_err(BaselineError::Memory)?;
    Ok(Code { memory, _host: host, _text: text, places: translated.places, targets: translated.targets })
}

fn executable(bytes: &[u8]) -> std::io::Result<ExecutableBuffer> {
    let mut buffer = MutableBuffer::new(bytes.len())?;
    buffer.set_len(bytes.len());
    buffer.copy_from_slice(bytes);
    buffer.make_exec()
}

impl Code {
    /// The address of `ptr (ptr state, ptr cell)`.
    #[must_use]
    pub fn entry(&self) -> usize {
        self.memory.ptr(AssemblyOffset(0)) as usize
    }

    /// How long the code is, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.memory.len()
    }

    /// For each slot, where in the code it may lead.
    pub fn targets(&self) -> impl Iterator<Item = Targets> {
        let entry = self.entry();
        self.targets.iter().map(move |targets| Targets {
            counting: entry + targets.counting,
            body: entry + targets.body,
            calling: entry + targets.calling,
        })
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
        let Some(offset) = instruction.checked_sub(self.code.entry()).filter(|&offset| offset < self.code.bytes())
        else {
            return FaultPlace::Unknown;
        };
        match self.code.places.partition_point(|place| place.offset as usize <= offset) {
            // Shared routines.
            0 => FaultPlace::Unknown,
            behind => {
                let head = self.code.places[behind - 1].head;
                FaultPlace::Loop(head.map(|head| self.source.position(self.program.ops[head as usize].span.start)))
            }
        }
    }
}
