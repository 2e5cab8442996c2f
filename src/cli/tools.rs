//! What profilers and debuggers are told about code in memory.

use std::sync::Arc;

use anyhow::Result;
use bfllvm::baseline;
use bfllvm::ir::Program;
use bfllvm::llvm::emit::DebugInfo;
use bfllvm::llvm::{jit, loader, registered};
use bfllvm::runtime::execute::HostFunctions;
use bfllvm::source::Source;
use bfllvm::symbols::perf_map::PerfMap;
use bfllvm::symbols::registration::{Interface, Registered};

use super::args::{Engine, RunArgs};
use super::messages::Messages;
use super::status::Status;

/// Who is told; nobody by default.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    /// [`DebugInfo::Full`]: debuggers are.
    pub debug: DebugInfo,
    /// perf is.
    pub perf_map: Option<Arc<PerfMap>>,
}

impl Tools {
    /// Those that are asked for.
    pub fn of(args: &RunArgs, messages: &Messages) -> Result<Tools> {
        let perf_map = if args.perf_map { Some(Arc::new(PerfMap::create()?)) } else { None };
        if let Some(perf_map) = perf_map.as_ref().filter(|_| args.verbose) {
            messages.note(&format!("names for perf go to {}", perf_map.path().display()));
        }
        Ok(Tools { debug: args.debug.debug_info(), perf_map })
    }

    /// Whether somebody wants to know of all code before it runs.
    pub fn know_code(&self) -> bool {
        match self.debug {
            DebugInfo::Full => true,
            DebugInfo::None | DebugInfo::Places | DebugInfo::Operations => self.perf_map.is_some(),
        }
    }

    /// Refuses to describe the code of an engine that makes none.
    pub fn refused(args: &RunArgs, messages: &Messages) -> Option<Status> {
        match args.engine {
            Engine::Tiered | Engine::Llvm | Engine::Baseline => return None,
            Engine::Reference => {}
        }
        let wanted = [("-g", args.debug.debug_info() == DebugInfo::Full), ("--perf-map", args.perf_map)];
        let (option, _) = wanted.into_iter().find(|&(_, is_wanted)| is_wanted)?;
        let message = format!("{option} describes machine code, and the reference engine makes none");
        Some(messages.usage(&message, "leave --engine out, or take --engine=baseline or --engine=llvm"))
    }

    /// Tells of code that is about to run; debuggers know it as long as the result exists.
    pub fn know_baseline(
        &self,
        code: &baseline::Code,
        program: &Program,
        source: &Source,
        host: &HostFunctions,
    ) -> Option<Registered> {
        if let Some(perf_map) = &self.perf_map {
            perf_map.add(&code.symbols(program, source));
        }
        match self.debug {
            DebugInfo::Full => {
                // Where LLVM is, debuggers look there: it may take over later, and lldb knows one list alone.
                let interface = loader::load().ok().and_then(registered::interface).unwrap_or_else(Interface::own);
                Some(interface.register(code.debug_object(program, source, host.tape)))
            }
            DebugInfo::None | DebugInfo::Places | DebugInfo::Operations => None,
        }
    }

    /// Tells of LLVM's code; debuggers are told by LLVM.
    pub fn know_llvm(&self, compiler: &jit::Compiler<'_>, code: &jit::Code) {
        if let Some(perf_map) = &self.perf_map {
            perf_map.add(&compiler.symbols(code));
        }
    }

    /// Says what could not be told.
    pub fn report(&self, messages: &Messages) {
        if let Some(perf_map) = &self.perf_map
            && let Some(failure) = perf_map.failure()
        {
            messages.note(&format!("{} is not complete: {failure}", perf_map.path().display()));
        }
    }
}
