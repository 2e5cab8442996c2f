//! `bfllvm run`

use std::os::fd::{AsRawFd as _, IntoRawFd as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bfllvm::baseline::chunks::Figures;
use bfllvm::diagnostic::{Diagnostic, Severity};
use bfllvm::dialect::longer_tape;
use bfllvm::engine;
use bfllvm::engine::policy::Policy;
use bfllvm::ir::Program;
use bfllvm::ir::loops::LoopRange;
use bfllvm::level::{Level, Start};
use bfllvm::runtime::console::{Console, Feed, Sink, Transcript};
use bfllvm::runtime::execute::{ReferenceLimits, interpret};
use bfllvm::runtime::{End, FaultPlace, Limits, TapeFault};

use super::args::{CompileArgs, Engine, RunArgs};
use super::code::{AtOnce, Making, compile};
use super::front::{Checked, InputBehind, check};
use super::messages::Messages;
use super::status::Status;
use super::stopwatch::Stopwatch;
use super::tools::Tools;
use super::trial::{self, Tried};

/// How long the search for the command at fault may take, in operations of the reference interpreter
/// and in time.
const REPLAY_STEPS: u64 = 2_000_000_000;
const REPLAY_TIME: Duration = Duration::from_secs(3);

pub fn run(args: &RunArgs, messages: &Messages) -> Result<Status> {
    if args.max_steps.is_some() && args.engine != Engine::Reference {
        let message = "--max-steps needs the reference engine, which counts operations";
        return Ok(messages.usage(message, "add --engine=reference, or bound the run with --timeout"));
    }
    if let Some(status) = Tools::refused(args, messages) {
        return Ok(status);
    }
    let stopwatch = Stopwatch::start(args.compile.time_passes);
    let mut checked = check(&args.program, &args.compile.dialect, InputBehind::Bang, messages)?;
    let feed = feed(args.input.as_deref(), &mut checked)?;
    let console = Console::new(feed, Sink::standard_output(), args.max_output);
    if args.verbose {
        let cells = checked.dialect.tape_cells();
        messages.note(&format!("a tape of {cells} cells of {} bits", checked.dialect.width.bits()));
    }
    let tools = Tools::of(args, messages)?;
    let end = match args.engine {
        Engine::Reference => run_reference(args, &checked, console, messages, stopwatch)?,
        Engine::Tiered => run_at_once(args, &checked, console, messages, stopwatch, args.tier.policy(), &tools)?,
        Engine::Baseline => run_at_once(args, &checked, console, messages, stopwatch, Policy::never(), &tools)?,
        Engine::Llvm => run_llvm(args, &checked, console, messages, stopwatch, &tools)?,
    };
    tools.report(messages);
    let bounds = Bounds { timeout: args.timeout, max_output: args.max_output, max_steps: args.max_steps };
    Ok(report(end, &checked, &bounds, messages))
}

/// Where the program's input comes from: the file at `path`, what stands behind the program, or standard input.
pub fn feed(path: Option<&Path>, checked: &mut Checked) -> Result<Feed> {
    match (path, checked.input.take()) {
        (Some(_), Some(input)) if !input.is_empty() => {
            bail!("the program's input is given twice: behind the `!`, and by --input")
        }
        (Some(path), _) => {
            let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Feed::Descriptor(file.into_raw_fd()))
        }
        (None, Some(input)) => Ok(Feed::Memory(input)),
        (None, None) => Ok(Feed::Descriptor(std::io::stdin().as_raw_fd())),
    }
}

fn limits(args: &RunArgs) -> Limits {
    Limits { time: args.timeout }
}

fn run_reference(
    args: &RunArgs,
    checked: &Checked,
    console: Console,
    messages: &Messages,
    mut stopwatch: Stopwatch,
) -> Result<End> {
    let level = args.compile.level.unwrap_or(Level::O0);
    let program = checked.compiled_as(&args.compile, level, Start::Ahead, messages, &mut stopwatch.timing)?;
    stopwatch.report(messages);
    let (end, _) = interpreted(&program, args, checked, console, messages, "")?;
    Ok(end)
}

/// Interprets the program, and says how much that was, behind `preface`, if that is asked for.
fn interpreted(
    program: &Program,
    args: &RunArgs,
    checked: &Checked,
    console: Console,
    messages: &Messages,
    preface: &str,
) -> Result<(End, Transcript)> {
    let place = |op: usize| checked.source.position(program.ops[op].span.start);
    let limits = ReferenceLimits { run: limits(args), steps: args.max_steps };
    let clock = Instant::now();
    let (end, transcript, steps) = interpret(program, &place, &checked.dialect, console, &limits)?;
    if args.verbose {
        messages.note(&format!("{preface}{steps} operations in {}", milliseconds(clock.elapsed())));
    }
    Ok((end, transcript))
}

fn run_llvm(
    args: &RunArgs,
    checked: &Checked,
    console: Console,
    messages: &Messages,
    mut stopwatch: Stopwatch,
    tools: &Tools,
) -> Result<End> {
    let llvm = stopwatch.open_llvm(messages)?;
    let level = args.compile.level();
    let clock = Instant::now();
    let program = checked.compiled_as(&args.compile, level, Start::Ahead, messages, &mut stopwatch.timing)?;
    let ops = program.ops.len();
    messages.progress("LLVM");
    let (end, transcript) = compile(llvm, &program, checked, level, tools, |jit| -> Result<_> {
        messages.progress("");
        if args.verbose {
            let (code, total) = (jit.code, clock.elapsed());
            let times = code.times;
            let ours = total.saturating_sub(times.lower + times.passes + times.codegen);
            messages.note(&format!(
                "{level}: {ops} operations, {} LLVM instructions in {} functions",
                code.figures.instructions,
                code.regions.len(),
            ));
            messages.note(&format!(
                "opening LLVM {}, parsing and our passes {}, lowering {}, LLVM's passes {}, code generation {}",
                milliseconds(stopwatch.opening),
                milliseconds(ours),
                milliseconds(times.lower),
                milliseconds(times.passes),
                milliseconds(times.codegen),
            ));
        }
        stopwatch.llvm_steps(&jit.code.times)?;
        stopwatch.report(messages);
        let clock = Instant::now();
        let outcome = jit.run(console, &limits(args))?;
        if args.verbose {
            messages.note(&format!("ran for {}", milliseconds(clock.elapsed())));
        }
        Ok(outcome)
    })??;
    Ok(located(end, checked, transcript))
}

/// Runs baseline code, from which the loops that `policy` chooses are taken over by LLVM.
fn run_at_once(
    args: &RunArgs,
    checked: &Checked,
    mut console: Console,
    messages: &Messages,
    mut stopwatch: Stopwatch,
    policy: Policy,
    tools: &Tools,
) -> Result<End> {
    let level = args.compile.level();
    let CompileArgs { passes, print_after, remarks, time_passes, .. } = &args.compile;
    // Whoever watches passes wants to see them all.
    let is_watched = passes.is_some() || !print_after.is_empty() || remarks.is_some();
    let start = if is_watched { Start::AtOnce } else { checked.start_of_code(&policy)? };
    let clock = Instant::now();
    let (mut limits, mut time_of_trial) = (limits(args), Duration::ZERO);
    let program = if start == Start::AtOnce && !is_watched && !time_passes && trial::is_wanted(args, tools) {
        match trial::try_out(args, checked, console, messages, tools, &mut limits)? {
            Tried::Ended(end, transcript) => return Ok(located(end, checked, transcript)),
            Tried::ToBeRun(program, same, took) => {
                (console, time_of_trial) = (*same, took);
                program
            }
        }
    } else {
        checked.compiled_as(&args.compile, level, start, messages, &mut stopwatch.timing)?
    };
    let time_of_passes = clock.elapsed() - time_of_trial;
    // Code for what is done once takes longer to make than that takes.
    if args.engine == Engine::Tiered && !tools.know_code() && !program.has_loops() {
        stopwatch.report(messages);
        let preface = format!("{level}: no loops are left, interpreted: ");
        let (end, transcript) = interpreted(&program, args, checked, console, messages, &preface)?;
        return Ok(located(end, checked, transcript));
    }
    let making = Making::of(start, tools, &args.tier);
    let compile = || AtOnce::compile(program, checked, level, start, making, tools, policy);
    let ready = stopwatch.step("code generation", compile)?;
    stopwatch.report(messages);
    if args.verbose {
        messages.note(&format!(
            "{level}: {} operations, {} bytes of code; parsing and passes {}, code generation {}{}",
            ready.program.ops.len(),
            ready.figures().bytes,
            milliseconds(time_of_passes),
            milliseconds(clock.elapsed() - time_of_passes - time_of_trial),
            if start == Start::InParts { "; loops get the other passes once they are hot" } else { "" },
        ));
    }
    let clock = Instant::now();
    let (end, transcript) = ready.run(console, &limits)?;
    if args.verbose {
        let Figures { ops, bytes } = ready.figures();
        let made = match making {
            Making::Whole => String::new(),
            Making::Chunks(_) => format!(", with code for {ops} of the operations, {bytes} bytes"),
        };
        messages.note(&format!("ran for {}{made}", milliseconds(clock.elapsed())));
    }
    report_tiers(&ready.report(), checked, &ready.program, args, messages);
    ready.abandon();
    Ok(located(end, checked, transcript))
}

/// Says what was compiled while the program ran, if that is asked for, and in any case that it could not be.
fn report_tiers(report: &engine::Report, checked: &Checked, program: &Program, args: &RunArgs, messages: &Messages) {
    if let Some(failure) = &report.failure {
        messages.note(&format!(
            "ran without LLVM, which speeds up long runs (--engine=baseline does not ask for it): {failure}"
        ));
    }
    for event in report.events.iter().filter(|_| args.verbose) {
        let place =
            |range: &LoopRange| checked.source.position(program.ops[range.head as usize].span.start).to_string();
        let places: Vec<_> = event.loops.iter().map(place).collect();
        let outcome = match &event.outcome {
            Ok(instructions) => format!("{instructions} LLVM instructions"),
            Err(reason) => format!("not compiled: {reason}"),
        };
        messages.note(&format!(
            "{} operations asked for at {}, ready at {} after {} of work, {outcome}: loops at {}",
            event.loops.iter().map(LoopRange::ops).sum::<u32>(),
            milliseconds(event.asked),
            milliseconds(event.ready),
            milliseconds(event.compile_time),
            places.join(", "),
        ));
    }
}

/// How the run ended, and if in a fault, where exactly.
pub fn located(end: End, checked: &Checked, transcript: Transcript) -> End {
    match end {
        End::TapeFault(fault) => End::TapeFault(locate(fault, checked, transcript)),
        end => end,
    }
}

/// Finds the command at fault by running the program again in the reference interpreter, with the
/// same input, as far as that is possible. The optimised program may fault later than the reference
/// does; what counts is the reference.
fn locate(fault: TapeFault, checked: &Checked, transcript: Transcript) -> TapeFault {
    let (Some(input), Ok(program)) = (transcript.input, checked.in_runs()) else { return fault };
    let console = Console::new(Feed::Memory(input), Sink::Nowhere, None);
    let limits = ReferenceLimits { run: Limits { time: Some(REPLAY_TIME) }, steps: Some(REPLAY_STEPS) };
    let place = |op: usize| checked.source.position(program.ops[op].span.start);
    match interpret(&program, &place, &checked.dialect, console, &limits) {
        Ok((End::TapeFault(exact), ..)) => exact,
        _ => fault,
    }
}

pub fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// The limits that messages name.
pub struct Bounds {
    pub timeout: Option<Duration>,
    pub max_output: Option<u64>,
    pub max_steps: Option<u64>,
}

/// Says how the run ended.
pub fn report(end: End, checked: &Checked, bounds: &Bounds, messages: &Messages) -> Status {
    let failure = |code, message: String, help: Option<&str>| {
        let diagnostic = Diagnostic { help: help.map(Into::into), ..Diagnostic::error(code, message) };
        messages.one(&diagnostic, &checked.source);
    };
    match end {
        End::Finished => Status::Success,
        End::TapeFault(fault) => {
            messages.one(&fault_diagnostic(&fault, checked), &checked.source);
            Status::TapeFault
        }
        End::StackOverflow => {
            let help = "run it with --engine=reference, which needs no stack";
            failure("stack-overflow", "the program's loops nest too deep for compiled code".into(), Some(help));
            Status::Error
        }
        End::OutOfMemory => {
            failure("memory", "there is no memory for the part of the tape that the program uses".into(), None);
            Status::Error
        }
        End::NoCode(why) => {
            failure("memory", why, None);
            Status::Error
        }
        End::Signal(signal) => Status::Signal(signal),
        End::BrokenPipe => Status::BrokenPipe,
        End::Timeout => {
            let seconds = bounds.timeout.unwrap_or_default().as_secs_f64();
            failure("timeout", format!("the program was stopped after {seconds} s"), None);
            Status::Limit
        }
        End::StepLimit => {
            let steps = bounds.max_steps.unwrap_or_default();
            failure("step-limit", format!("the program was stopped after {steps} operations"), None);
            Status::Limit
        }
        End::OutputLimit => {
            let bytes = bounds.max_output.unwrap_or_default();
            failure("output-limit", format!("the program was stopped after {bytes} bytes of output"), None);
            Status::Limit
        }
        End::OutputError(error) => {
            failure("output", format!("cannot write the program's output: {error}"), None);
            Status::Error
        }
        End::InputError(error) => {
            failure("input", format!("cannot read the program's input: {error}"), None);
            Status::Error
        }
    }
}

fn fault_diagnostic(fault: &TapeFault, checked: &Checked) -> Diagnostic {
    let last = checked.dialect.tape_cells() - 1;
    let side = if fault.cell < 0 { "left" } else { "right" };
    let place = match fault.place {
        FaultPlace::Loop(Some(head)) => format!(", in the loop at {head}"),
        FaultPlace::Loop(None) if !checked.source.has_loops() => ", outside every loop".into(),
        // Of the loops in the source this one may have been folded.
        FaultPlace::Loop(None) | FaultPlace::Command(_) | FaultPlace::Unknown => String::new(),
    };
    Diagnostic {
        severity: Severity::Error,
        code: "tape-fault",
        message: format!("tape fault: cell {} is {side} of the tape (its cells are 0 to {last}){place}", fault.cell),
        span: match fault.place {
            FaultPlace::Command(start) => Some(bfllvm::source::Span { start, end: start + 1 }),
            FaultPlace::Loop(_) | FaultPlace::Unknown => None,
        },
        label: format!("accesses cell {}", fault.cell),
        help: longer_tape(fault.cell),
    }
}
