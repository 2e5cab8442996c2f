//! LLVM as a [`Tier`].

use std::sync::Arc;

use super::policy::MAX_TOGETHER;
use super::{CompiledLoops, LoopCompiler, Tier};
use crate::dialect::Dialect;
use crate::ir::Program;
use crate::ir::loops::LoopRange;
use crate::level::{Level, Start};
use crate::llvm::emit::DebugInfo;
use crate::llvm::{jit, loader};
use crate::runtime::execute::HostFunctions;
use crate::runtime::tape::guard_bytes;
use crate::source::Source;
use crate::symbols::perf_map::PerfMap;

/// The loops of a program, compiled by LLVM as programs of their own.
pub struct LlvmTier {
    pub program: Arc<Program>,
    /// How wide the guards are with which it runs, in bytes.
    pub guard_bytes: u64,
    /// The program's text.
    pub source: Arc<Source>,
    pub dialect: Dialect,
    pub level: Level,
    /// How the program was made: which passes a loop still needs.
    pub start: Start,
    pub debug: DebugInfo,
    pub host: HostFunctions,
    /// Gets the names of all functions before they are published.
    pub perf_map: Option<Arc<PerfMap>>,
}

impl Tier for LlvmTier {
    fn open(&self, work: &mut dyn FnMut(&mut dyn LoopCompiler)) -> Result<(), String> {
        let llvm = loader::load().map_err(|error| error.to_string())?;
        jit::with_compiler(llvm, self.level, self.debug, &self.host, |compiler| {
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
        let &LlvmTier { ref program, ref source, ref dialect, level, start, ref perf_map, .. } = self.tier;
        let parts = ranges.iter().map(|range| {
            let part = level.finish_part(start, program.part(range));
            part.as_loop(program.ops[range.head as usize])
        });
        let mut part = Program::joined(program.width, parts);
        // Moves that were taken together may lead farther than the run's guards are wide.
        if guard_bytes(&part) > self.tier.guard_bytes {
            part = Program::joined(program.width, ranges.iter().map(|range| program.part(range)));
        }
        let (code, entries) = self.compiler.compile_loops(&part, source, dialect).map_err(|error| error.to_string())?;
        if let Some(perf_map) = perf_map {
            perf_map.add(&self.compiler.symbols(&code));
        }
        Ok(CompiledLoops { entries, regions: code.regions, instructions: code.figures.instructions })
    }
}

// What is compiled together is within what LLVM takes together.
const _: () = assert!(MAX_TOGETHER <= jit::MAX_LOOPS);
