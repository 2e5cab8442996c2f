//! A program as machine code in memory, ready to run: LLVM's, or that of the templates with LLVM behind it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use bfllvm::baseline::chunks::{Chunks, Figures};
use bfllvm::baseline::{self, Slotted};
use bfllvm::dialect::Dialect;
use bfllvm::engine::llvm::LlvmTier;
use bfllvm::engine::parts::Parts;
use bfllvm::engine::policy::{MIN_SLOT_OPS, Policy};
use bfllvm::engine::remote::RemoteTier;
use bfllvm::engine::{self, Tier};
use bfllvm::ir::Program;
use bfllvm::ir::loops::LoopRange;
use bfllvm::level::{Level, Start};
use bfllvm::llvm::LlvmError;
use bfllvm::llvm::emit::DebugInfo;
use bfllvm::llvm::jit;
use bfllvm::llvm::loader::Llvm;
use bfllvm::runtime::console::{Console, Transcript};
use bfllvm::runtime::execute::{Code, FaultMap, Linker, Trial, execute, host_functions, try_out};
use bfllvm::runtime::slots::SlotTable as _;
use bfllvm::runtime::tape::MemoryError;
use bfllvm::runtime::{End, Limits, tape};
use bfllvm::symbols::registration::Registered;

use super::args::TierArgs;
use super::front::Checked;
use super::image::IS_STATIC;
use super::remote;
use super::tools::Tools;

/// A program in memory, ready to run.
pub struct Jit<'a> {
    pub code: &'a jit::Code,
    dialect: Dialect,
    guard_bytes: u64,
}

impl Jit<'_> {
    /// Runs the program on a new tape.
    pub fn run(&self, console: Console, limits: &Limits) -> Result<(End, Transcript), MemoryError> {
        let (entry, guard_bytes) = (self.code.entry, self.guard_bytes);
        let code = Code { entry, faults: &self.code.regions, guard_bytes, heat: None, linker: None };
        // SAFETY: [`compile`] made the code for this dialect, and knows the guards that it needs.
        unsafe { execute(&code, &self.dialect, console, limits) }
    }
}

/// Compiles `program`, made of the checked source, and hands it to `use_code`.
pub fn compile<T>(
    llvm: Llvm,
    program: &Program,
    checked: &Checked,
    level: Level,
    tools: &Tools,
    use_code: impl FnOnce(Jit<'_>) -> T,
) -> Result<T> {
    let host = host_functions();
    let guard_bytes = tape::guard_bytes(program);
    let dialect = checked.dialect;
    let outcome = jit::with_compiler(llvm, level, tools.debug, &host, |compiler| {
        let code = compiler.compile(program, &checked.source, &dialect)?;
        tools.know_llvm(compiler, &code);
        Ok(use_code(Jit { code: &code, dialect, guard_bytes }))
    })?;
    outcome.map_err(|error: LlvmError| error.into())
}

/// A program as baseline code, ready to run, and the engine through which LLVM takes over loops of it.
pub struct AtOnce<'a> {
    pub program: Arc<Program>,
    checked: &'a Checked,
    guard_bytes: u64,
    code: BaselineCode,
    engine: engine::Engine,
    /// What debuggers were told of the code.
    _registered: Option<Registered>,
}

enum BaselineCode {
    Whole(baseline::Code),
    /// Made when the program comes to it.
    Chunks(Chunks),
}

/// When code is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making {
    /// All of it, at once.
    Whole,
    /// By chunks of about so many operations, when the program first comes to them.
    Chunks(u32),
}

impl Making {
    /// Large programs would wait for code that they may never come to; but tools want to know all of it before it runs.
    pub fn of(start: Start, tools: &Tools, tier: &TierArgs) -> Making {
        match start {
            Start::InParts if !tools.know_code() => Making::Chunks(tier.chunk_ops()),
            Start::InParts | Start::AtOnce | Start::Ahead => Making::Whole,
        }
    }
}

impl<'a> AtOnce<'a> {
    /// Compiles `program`, made of the checked source for `level`, to run at `start`. What LLVM takes over, and when, is up to
    /// `policy`.
    pub fn compile(
        program: Program,
        checked: &'a Checked,
        level: Level,
        start: Start,
        making: Making,
        tools: &Tools,
        policy: Policy,
    ) -> Result<AtOnce<'a>> {
        let (dialect, host) = (checked.dialect, host_functions());
        let (program, source) = (Arc::new(program), Arc::clone(&checked.source));
        let guard_bytes = tape::guard_bytes(&program);
        let loops: Arc<[LoopRange]> = Arc::from(match start {
            _ if policy.is_never() => Vec::new(),
            // There may be millions.
            Start::InParts => program.loops(MIN_SLOT_OPS, MIN_SLOT_OPS),
            Start::AtOnce | Start::Ahead => program.loops(0, MIN_SLOT_OPS),
        });
        let slots = engine::slots(&loops);
        let slots_at = slots.as_ptr() as usize;
        let Tools { debug, perf_map } = tools.clone();
        let parts = Parts { program: Arc::clone(&program), guard_bytes, level, start };
        let tier: Box<dyn Tier> = if IS_STATIC {
            let connect = remote::connect(Arc::clone(&source), dialect, level);
            Box::new(RemoteTier { parts, host, connect })
        } else {
            Box::new(LlvmTier { parts, source: Arc::clone(&source), dialect, debug, host, perf_map })
        };
        // Debuggers have put their own instructions into the code.
        let changes_code = debug != DebugInfo::Full;
        let engine = engine::Engine::new(Arc::clone(&loops), slots, policy, changes_code, tier);
        let (code, registered) = match making {
            Making::Chunks(ops) => {
                let chunks = Chunks::new(Arc::clone(&program), source, &dialect, &host, loops, slots_at, ops);
                // What has no memory from the start is not even begun.
                chunks.entry(&engine)?;
                (BaselineCode::Chunks(chunks), None)
            }
            Making::Whole => {
                let slotted = Slotted { loops: &loops, slots: slots_at, is_open: engine.is_open() };
                let compile = match debug {
                    DebugInfo::Full => baseline::compile_for_debuggers,
                    DebugInfo::None | DebugInfo::Places | DebugInfo::Operations => baseline::compile,
                };
                let code = compile(&program, &source, &dialect, &host, slotted)?;
                engine.place(code.targets());
                let registered = tools.know_baseline(&code, &program, &source, &host);
                (BaselineCode::Whole(code), registered)
            }
        };
        Ok(AtOnce { program, checked, guard_bytes, code, engine, _registered: registered })
    }

    /// Runs the program on a new tape. The code is good for one run: its counts are used up.
    pub fn run(&self, console: Console, limits: &Limits) -> Result<(End, Transcript), MemoryError> {
        // SAFETY: the code was made for this dialect, the guards for this program; whoever publishes other code for its
        // loops, or links more to it, makes it of the same program for the same dialect.
        self.with_code(|code| unsafe { execute(code, &self.checked.dialect, console, limits) })
    }

    /// The same, for at most `time`.
    pub fn try_out(&self, console: Console, time: Duration) -> Result<Trial, MemoryError> {
        // SAFETY: as above.
        self.with_code(|code| unsafe { try_out(code, &self.checked.dialect, console, time) })
    }

    fn with_code<T>(&self, run: impl FnOnce(&Code<'_>) -> T) -> T {
        let run_from = |entry: usize, faults: &dyn FaultMap, linker: Option<&dyn Linker>| {
            let faults = self.engine.faults(faults);
            run(&Code { entry, faults: &faults, guard_bytes: self.guard_bytes, heat: Some(&self.engine), linker })
        };
        match &self.code {
            BaselineCode::Whole(code) => {
                run_from(code.entry(), &code.faults(&self.program, &self.checked.source), None)
            }
            BaselineCode::Chunks(chunks) => {
                let entry = chunks.entry(&self.engine).expect("it is there since it was compiled");
                run_from(entry, chunks, Some(&chunks.linker(&self.engine)))
            }
        }
    }

    /// Leaves the code, and the compile thread to itself: the process is about to end.
    pub fn abandon(self) {
        std::mem::forget(self);
    }

    /// How much code the templates made so far.
    pub fn figures(&self) -> Figures {
        match &self.code {
            BaselineCode::Whole(code) => Figures { ops: self.program.ops.len(), bytes: code.bytes() },
            BaselineCode::Chunks(chunks) => chunks.figures(),
        }
    }

    /// What LLVM took over.
    pub fn report(&self) -> engine::Report {
        self.engine.report()
    }
}
