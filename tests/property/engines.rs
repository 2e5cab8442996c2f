//! The ways to run a program.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bfllvm::baseline::chunks::Chunks;
use bfllvm::baseline::{self, Slotted};
use bfllvm::dialect::{Dialect, Eof};
use bfllvm::engine::llvm::LlvmTier;
use bfllvm::engine::parts::Parts;
use bfllvm::engine::policy::Policy;
use bfllvm::engine::remote::{Object, ObjectCompiler, RemoteTier, decode, encode};
use bfllvm::engine::{self, Engine, Tier};
use bfllvm::ir::Program;
use bfllvm::ir::loops::LoopRange;
use bfllvm::level::{Level, Start};
use bfllvm::llvm::emit::{DebugInfo, emit_loops};
use bfllvm::llvm::{jit, loader};
use bfllvm::runtime::console::{Console, Feed, Sink};
use bfllvm::runtime::execute::{Code, FaultMap, Linker, Trial, execute, host_functions, try_out};
use bfllvm::runtime::slots::{SlotTable, Targets};
use bfllvm::runtime::{End, Limits, tape};
use bfllvm::source::Source;

use crate::cases::{Case, Ended, Run};

/// A run that takes so long hangs, however busy the machine is.
const HANGS: Duration = Duration::from_secs(300);

/// Through LLVM.
pub fn compile_and_run(case: &Case, level: Level) -> Run {
    compile_and_run_for(case, level, HANGS)
}

/// The same, for so long at most.
pub fn compile_and_run_for(case: &Case, level: Level, time: Duration) -> Run {
    run_compiled_for(&case.at(level), &case.source, &case.dialect, &case.input, level, time)
}

/// The same for operations as they are.
pub fn run_compiled(program: &Program, source: &Source, dialect: &Dialect, input: &[u8], level: Level) -> Run {
    run_compiled_for(program, source, dialect, input, level, HANGS)
}

fn run_compiled_for(
    program: &Program,
    source: &Source,
    dialect: &Dialect,
    input: &[u8],
    level: Level,
    time: Duration,
) -> Run {
    let llvm = loader::load().unwrap();
    let host = host_functions();
    jit::with_code(llvm, program, source, dialect, level, &host, |code| {
        let (entry, guard_bytes) = (code.entry, tape::guard_bytes(program));
        let code = Code { entry, faults: &code.regions, guard_bytes, heat: None, linker: None };
        // SAFETY: the code was just made for this dialect, the guards for this program.
        run_of(unsafe { executed(&code, dialect, input, time) })
    })
    .unwrap()
}

/// Through the template JIT.
pub fn translate_and_run(program: &Program, source: &Source, dialect: &Dialect, input: &[u8]) -> Run {
    run_of(translated(program, source, dialect, input))
}

/// How code of the template JIT ends, and what it prints.
pub fn translated(program: &Program, source: &Source, dialect: &Dialect, input: &[u8]) -> (End, Vec<u8>) {
    let code = baseline::compile(program, source, dialect, &host_functions(), Slotted::NONE).unwrap();
    let faults = code.faults(program, source);
    let (entry, guard_bytes) = (code.entry(), tape::guard_bytes(program));
    let code = Code { entry, faults: &faults, guard_bytes, heat: None, linker: None };
    // SAFETY: as above.
    unsafe { executed(&code, dialect, input, HANGS) }
}

/// The same for code that is made when it is come to, about so many operations at a time.
pub fn translated_in_chunks(
    program: Program,
    source: Source,
    dialect: &Dialect,
    input: &[u8],
    chunk_ops: u32,
) -> (End, Vec<u8>) {
    let guard_bytes = tape::guard_bytes(&program);
    let (program, source, host) = (Arc::new(program), Arc::new(source), host_functions());
    let chunks = Chunks::new(program, source, dialect, &host, Arc::new([]), 0, chunk_ops);
    let (entry, linker) = (chunks.entry(&NoSlots).unwrap(), chunks.linker(&NoSlots));
    let code = Code { entry, faults: &chunks, guard_bytes, heat: None, linker: Some(&linker) };
    // SAFETY: as above.
    unsafe { executed(&code, dialect, input, HANGS) }
}

struct NoSlots;

impl SlotTable for NoSlots {
    fn place(&self, targets: &[(u32, Targets)]) {
        assert!(targets.is_empty(), "{targets:?}");
    }

    fn is_open(&self) -> bool {
        false
    }
}

/// Through the template JIT, from which LLVM takes over as `policy` says. With `chunk_ops`, its code is made when it is come to,
/// about so many operations at a time. LLVM is the same whether it puts its code into memory itself, or makes object files.
pub fn run_tiered(
    program: Program,
    source: Source,
    dialect: &Dialect,
    input: &[u8],
    how: (Level, Start, Policy),
    chunk_ops: Option<u32>,
) -> Run {
    let (program, source) = (Arc::new(program), Arc::new(source));
    let [here, apart] = [Place::Here, Place::Apart]
        .map(|place| run_tiered_in(place, &program, &source, dialect, input, how, chunk_ops));
    assert_eq!(here, apart, "{how:?} {chunk_ops:?}");
    here
}

/// Where LLVM's code is put into memory.
#[derive(Clone, Copy)]
enum Place {
    Here,
    Apart,
}

/// What another process would do.
#[derive(Clone)]
struct Apart {
    source: Arc<Source>,
    dialect: Dialect,
    level: Level,
}

impl ObjectCompiler for Apart {
    fn compile(&mut self, loops: &Program) -> Result<Object, String> {
        let (text, spans) = encode(loops);
        let decoded = decode(&text, &spans)?;
        assert_eq!((&decoded.ops, &decoded.text), (&loops.ops, &loops.text));
        let (bytes, instructions) =
            emit_loops(loader::load().unwrap(), &decoded, &self.source, &self.dialect, self.level).unwrap();
        Ok(Object { bytes, instructions, time: Duration::ZERO })
    }
}

fn run_tiered_in(
    place: Place,
    program: &Arc<Program>,
    source: &Arc<Source>,
    dialect: &Dialect,
    input: &[u8],
    (level, start, policy): (Level, Start, Policy),
    chunk_ops: Option<u32>,
) -> Run {
    let (guard_bytes, host) = (tape::guard_bytes(program), host_functions());
    let loops: Arc<[LoopRange]> = program.loops(0, 1).into();
    let slots = engine::slots(&loops);
    let slots_at = slots.as_ptr() as usize;
    let parts = Parts { program: Arc::clone(program), guard_bytes, level, start };
    let (text, dialect_of_tier) = (Arc::clone(source), *dialect);
    let tier: Box<dyn Tier> = match place {
        Place::Here => {
            let (debug, perf_map) = (DebugInfo::None, None);
            Box::new(LlvmTier { parts, source: text, dialect: dialect_of_tier, debug, host, perf_map })
        }
        Place::Apart => {
            let compiler = Apart { source: text, dialect: dialect_of_tier, level };
            Box::new(RemoteTier { parts, host, connect: Box::new(move || Ok(Box::new(compiler.clone()))) })
        }
    };
    let engine = Engine::new(Arc::clone(&loops), slots, policy, true, tier);
    let run = |entry: usize, faults: &dyn FaultMap, linker: Option<&dyn Linker>| {
        let faults = engine.faults(faults);
        let code = Code { entry, faults: &faults, guard_bytes, heat: Some(&engine), linker };
        // SAFETY: as above.
        unsafe { run_code(&code, dialect, input) }
    };
    let run = if let Some(chunk_ops) = chunk_ops {
        let chunks = Chunks::new(Arc::clone(program), Arc::clone(source), dialect, &host, loops, slots_at, chunk_ops);
        run(chunks.entry(&engine).unwrap(), &chunks, Some(&chunks.linker(&engine)))
    } else {
        let slotted = Slotted { loops: &loops, slots: slots_at, is_open: engine.is_open() };
        let code = baseline::compile(program, source, dialect, &host, slotted).unwrap();
        engine.place(code.targets());
        run(code.entry(), &code.faults(program, source), None)
    };
    let report = engine.report();
    assert_eq!(report.failure, None);
    assert!(report.events.iter().all(|event| event.outcome.is_ok()), "{report:?}");
    run
}

/// Tries out `first` for `time`, and runs `then` where that is given up: how that ends, and whether it was.
pub fn run_tried_out([first, then]: [&Program; 2], case: &Case, time: Duration) -> (Run, bool) {
    let compiled = |program| {
        let code = baseline::compile(program, &case.source, &case.dialect, &host_functions(), Slotted::NONE).unwrap();
        (code, tape::guard_bytes(program))
    };
    let run = |program, run: &mut dyn FnMut(&Code)| {
        let (code, guard_bytes) = compiled(program);
        let faults = code.faults(program, &case.source);
        run(&Code { entry: code.entry(), faults: &faults, guard_bytes, heat: None, linker: None });
    };
    let mut console = Some(Console::new(Feed::Memory(case.input.clone()), Sink::Memory(Vec::new()), None));
    let (mut ended, mut is_given_up) = (None, false);
    run(first, &mut |code| {
        // SAFETY: as above.
        match unsafe { try_out(code, &case.dialect, console.take().unwrap(), time) }.unwrap() {
            Trial::Ended(end, transcript) => ended = Some((end, transcript.output)),
            Trial::GivenUp(same) => (console, is_given_up) = (Some(same), true),
        }
    });
    if let Some(console) = console {
        let mut console = Some(console);
        run(then, &mut |code| {
            let limits = Limits { time: Some(HANGS) };
            // SAFETY: as above.
            let (end, transcript) = unsafe { execute(code, &case.dialect, console.take().unwrap(), &limits) }.unwrap();
            ended = Some((end, transcript.output));
        });
    }
    (run_of(ended.unwrap()), is_given_up)
}

/// # Safety
/// The code was made for this dialect, the guards for its program.
pub unsafe fn run_code(code: &Code, dialect: &Dialect, input: &[u8]) -> Run {
    // SAFETY: as required of the caller.
    run_of(unsafe { executed(code, dialect, input, HANGS) })
}

/// # Safety
/// As for [`run_code`].
unsafe fn executed(code: &Code, dialect: &Dialect, input: &[u8], time: Duration) -> (End, Vec<u8>) {
    let console = Console::new(Feed::Memory(input.to_vec()), Sink::Memory(Vec::new()), None);
    let limits = Limits { time: Some(time) };
    // SAFETY: as required of the caller.
    let (end, transcript) = unsafe { execute(code, dialect, console, &limits) }.unwrap();
    (end, transcript.output)
}

/// What `end` and `output` amount to.
pub fn run_of((end, output): (End, Vec<u8>)) -> Run {
    let end = match end {
        End::Finished => Ended::Finished,
        End::TapeFault(_) => Ended::Faulted,
        End::Timeout => Ended::Unfinished,
        other => panic!("{other:?}"),
    };
    Run { end, output }
}

/// Builds an executable with the command line tool and runs it.
pub fn build_and_run(case: &Case, level: Level, io: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let (program, executable) = (folder.path().join("case.bf"), folder.path().join("case"));
    std::fs::write(&program, case.source.bytes()).unwrap();
    let eof = match case.dialect.eof {
        Eof::Same => "same",
        Eof::Zero => "0",
        Eof::MinusOne => "-1",
    };
    let built = Command::new(env!("CARGO_BIN_EXE_bfllvm"))
        .args(["build", "--no-warnings", "--tape=1", "--io", io, &level.to_string(), &format!("--eof={eof}")])
        .arg(format!("--cells={}", case.dialect.width.bits()))
        .arg(&program)
        .arg("-o")
        .arg(&executable)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let mut child =
        Command::new(&executable).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The program may end without reading its input.
    let _ = child.stdin.take().unwrap().write_all(&case.input);
    let outcome = child.wait_with_output().unwrap();
    let end = match outcome.status.code() {
        Some(0) => Ended::Finished,
        Some(3) => Ended::Faulted,
        other => panic!("{other:?}: {}", String::from_utf8_lossy(&outcome.stderr)),
    };
    Run { end, output: outcome.stdout }
}
