//! LLVM as a [`Tier`], in this process.

use std::sync::Arc;
use std::time::Duration;

use super::parts::Parts;
use super::policy::MAX_TOGETHER;
use super::{CompiledLoops, LoopCompiler, Tier};
use crate::dialect::Dialect;
use crate::ir::loops::LoopRange;
use crate::llvm::emit::DebugInfo;
use crate::llvm::{jit, loader};
use crate::runtime::address_space_left;
use crate::runtime::execute::HostFunctions;
use crate::source::Source;
use crate::symbols::perf_map::PerfMap;

/// The address space that has to be left for LLVM under `ulimit -v`, in bytes: its thread's stack, 130 MB for the
/// library, its work. LLVM ends the process when it is refused memory.
const NEEDED_BYTES: u64 = 512 << 20;

/// LLVM's recursion over expressions and blocks needs more than the usual 2 MB for large loops. In bytes; committed when
/// touched.
pub const STACK_BYTES: usize = 64 << 20;

/// The loops of a program, compiled by LLVM as programs of their own.
pub struct LlvmTier {
    pub parts: Parts,
    /// The program's text.
    pub source: Arc<Source>,
    pub dialect: Dialect,
    pub debug: DebugInfo,
    pub host: HostFunctions,
    /// Gets the names of all functions before they are published.
    pub perf_map: Option<Arc<PerfMap>>,
}

/// Whether LLVM may be opened to compile loops.
///
/// # Errors
/// There may be too little room for it; why.
pub fn check_room() -> Result<(), String> {
    match address_space_left().filter(|&left| left < NEEDED_BYTES) {
        None => Ok(()),
        Some(left) => {
            let (left, needed) = (left >> 20, NEEDED_BYTES >> 20);
            Err(format!("the limit on memory (ulimit -v) leaves {left} MB, and LLVM may need {needed}"))
        }
    }
}

impl Tier for LlvmTier {
    fn stack_bytes(&self) -> usize {
        STACK_BYTES
    }

    fn check_room(&self) -> Result<(), String> {
        check_room()
    }

    fn open(&self, work: &mut dyn FnMut(&mut dyn LoopCompiler)) -> Result<(), String> {
        let llvm = loader::load().map_err(|error| error.to_string())?;
        jit::with_compiler(llvm, self.parts.level, self.debug, &self.host, |compiler| {
            work(&mut Loops { tier: self, compiler })
        })
        .map_err(|error| error.to_string())
    }
}

struct Loops<'a, 'ctx> {
    tier: &'a LlvmTier,
    compiler: &'a mut jit::Compiler<'ctx>,
}

impl LoopCompiler for Loops<'_, '_> {
    fn compile(&mut self, ranges: &[LoopRange]) -> Result<CompiledLoops, String> {
        let LlvmTier { parts, source, dialect, perf_map, .. } = self.tier;
        let loops = parts.together(ranges);
        let (code, entries) =
            self.compiler.compile_loops(&loops, source, dialect).map_err(|error| error.to_string())?;
        if let Some(perf_map) = perf_map {
            perf_map.add(&self.compiler.symbols(&code));
        }
        let jit::Code { regions, figures, .. } = code;
        Ok(CompiledLoops { entries, regions, instructions: figures.instructions, time_elsewhere: Duration::ZERO })
    }
}

// What is compiled together is within what LLVM takes together.
const _: () = assert!(MAX_TOGETHER <= jit::MAX_LOOPS);
