//! Another process as a [`Tier`]: it compiles loops to object files, which are loaded into this one.
//!
//! For a program that is linked without LLVM, and for whoever would rather not have LLVM in the process that runs.

use std::time::Duration;

use super::parts::Parts;
use super::{CompiledLoops, LoopCompiler, Tier};
use crate::ir::loops::LoopRange;
use crate::ir::{Entry, Program, text};
use crate::llvm::lower::{ENTRIES, REGIONS, entries, host_symbols, regions};
use crate::runtime::execute::HostFunctions;
use crate::runtime::object::Loaded;
use crate::source::Span;

/// Compiles loops to object files, in another process.
pub trait ObjectCompiler {
    /// Compiles a program that consists of loops.
    ///
    /// # Errors
    /// It cannot be compiled; why.
    fn compile(&mut self, loops: &Program) -> Result<Object, String>;
}

/// Loops as an object file: that of [`emit_loops`](crate::llvm::emit::emit_loops).
#[derive(Debug)]
pub struct Object {
    pub bytes: Vec<u8>,
    /// How large they are, in LLVM's instructions.
    pub instructions: usize,
    /// The processor time it took.
    pub time: Duration,
}

/// Starts the other process.
pub type Connect = dyn Fn() -> Result<Box<dyn ObjectCompiler>, String> + Send + Sync;

/// The loops of a program, compiled in another process.
pub struct RemoteTier {
    pub parts: Parts,
    pub host: HostFunctions,
    pub connect: Box<Connect>,
}

/// Enough for our own passes, which are not recursive. In bytes.
const STACK_BYTES: usize = 2 << 20;

impl Tier for RemoteTier {
    fn stack_bytes(&self) -> usize {
        STACK_BYTES
    }

    /// The other process finds out about its own.
    fn check_room(&self) -> Result<(), String> {
        Ok(())
    }

    fn open(&self, work: &mut dyn FnMut(&mut dyn LoopCompiler)) -> Result<(), String> {
        let compiler = (self.connect)()?;
        work(&mut Loops { tier: self, compiler, loaded: Vec::new() });
        Ok(())
    }
}

struct Loops<'a> {
    tier: &'a RemoteTier,
    compiler: Box<dyn ObjectCompiler>,
    /// The code so far.
    loaded: Vec<Loaded>,
}

impl LoopCompiler for Loops<'_> {
    fn compile(&mut self, ranges: &[LoopRange]) -> Result<CompiledLoops, String> {
        let loops = self.tier.parts.together(ranges);
        let Object { bytes, instructions, time } = self.compiler.compile(&loops)?;
        let symbols = host_symbols(&self.tier.host).into_iter().chain(memory_symbols());
        let address_of = |name: &str| symbols.clone().find(|symbol| symbol.0 == name).map(|symbol| symbol.1);
        let loaded = Loaded::load(&bytes, &address_of)?;
        let table = |name| loaded.bytes_of(name).ok_or_else(|| format!("the object file has no {name}"));
        let (entries, regions) = (entries(table(ENTRIES)?), regions(table(REGIONS)?));
        if entries.len() != ranges.len() {
            return Err(format!("the object file has {} loops instead of {}", entries.len(), ranges.len()));
        }
        self.loaded.push(loaded);
        Ok(CompiledLoops { entries, regions, instructions, time_elsewhere: time })
    }
}

/// What LLVM may call without being told to, and the addresses: the C library's functions on memory.
fn memory_symbols() -> [(&'static str, usize); 3] {
    [
        ("memcpy", libc::memcpy as *const () as usize),
        ("memmove", libc::memmove as *const () as usize),
        ("memset", libc::memset as *const () as usize),
    ]
}

/// A program of loops as bytes for another process: its text form, and the spans of its operations.
#[must_use]
pub fn encode(loops: &Program) -> (Vec<u8>, Vec<u8>) {
    let spans = loops.ops.iter().flat_map(|op| [op.span.start, op.span.end]).flat_map(u32::to_le_bytes);
    (text::print(loops, None).into_bytes(), spans.collect())
}

/// The program of [`encode`].
///
/// # Errors
/// These are no such bytes; why.
pub fn decode(text: &[u8], spans: &[u8]) -> Result<Program, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let mut loops = Program { entry: Entry::Anywhere, ..text::parse(text).map_err(|error| error.to_string())? };
    let (numbers, rest) = spans.as_chunks::<4>();
    let (pairs, odd) = numbers.as_chunks::<2>();
    if !rest.is_empty() || !odd.is_empty() || pairs.len() != loops.ops.len() {
        return Err(format!("{} operations have {} bytes of spans", loops.ops.len(), spans.len()));
    }
    for (op, [start, end]) in loops.ops.iter_mut().zip(pairs) {
        op.span = Span { start: u32::from_le_bytes(*start), end: u32::from_le_bytes(*end) };
    }
    Ok(loops)
}
