//! `bfllvm attempt`, hidden: runs a program once for `bfllvm verify`, in a process of its own.
//!
//! It reads the program's name, the program and its input from standard input, each behind its length. It answers with a line
//! of JSON when it has compiled, and with another one when it has run: the output follows that. An answer with `failed` tells
//! of a bug, one with `unable` of a bound.

use std::io::StdinLock;

use anyhow::{Result, bail};
use bfllvm::ir::Program;
use bfllvm::llvm::limit::limit_passes;
use bfllvm::runtime::console::{Console, Feed, Sink, Transcript};
use bfllvm::runtime::execute::{ReferenceLimits, interpret};
use bfllvm::runtime::tape::MemoryError;
use bfllvm::runtime::{End, Limits};
use bfllvm::source::Source;
use serde_json::json;

use super::args::{AttemptArgs, Engine};
use super::code::{AtOnce, Making, compile};
use super::front::Checked;
use super::llvm;
use super::measure::{answer, block};
use super::status::Status;
use super::tools::Tools;

pub fn attempt(args: &AttemptArgs) -> Result<Status> {
    let mut orders = std::io::stdin().lock();
    if let Err(error) = serve(args, &mut orders) {
        let member = if error.is::<MemoryError>() { "unable" } else { "failed" };
        answer(&json!({ member: format!("{error:#}") }), &[])?;
    }
    Ok(Status::Success)
}

fn serve(args: &AttemptArgs, orders: &mut StdinLock<'_>) -> Result<()> {
    let name = String::from_utf8_lossy(&block(orders)?).into_owned();
    let source = Source::new(name, block(orders)?)?;
    let input = block(orders)?;
    let checked = Checked::again(source, &args.dialect);
    if args.list_llvm_passes || args.llvm_passes.is_some() {
        limit_passes(llvm::open_in_worker("unable")?, args.llvm_passes);
    }
    let program = checked.up_to(args.level, args.start, args.stages)?;
    let console = Console::new(Feed::Memory(input), Sink::Memory(Vec::new()), Some(args.max_output));
    let (end, transcript) = match args.engine {
        Engine::Reference => run_reference(args, &program, &checked, console)?,
        Engine::Baseline | Engine::Tiered => run_at_once(args, program, &checked, console)?,
        Engine::Llvm => compile(
            llvm::open_in_worker("unable")?,
            &program,
            &checked,
            args.level,
            &Tools::default(),
            |jit| -> Result<_> {
                ready()?;
                Ok(jit.run(console, &limits(args))?)
            },
        )??,
    };
    finish(end, &transcript)
}

fn limits(args: &AttemptArgs) -> Limits {
    Limits { time: Some(args.timeout) }
}

/// Says that the program is compiled.
fn ready() -> Result<()> {
    answer(&json!({ "ready": true }), &[])
}

fn run_reference(
    args: &AttemptArgs,
    program: &Program,
    checked: &Checked,
    console: Console,
) -> Result<(End, Transcript)> {
    ready()?;
    let place = |op: usize| checked.source.position(program.ops[op].span.start);
    let limits = ReferenceLimits { run: limits(args), steps: Some(args.max_steps) };
    let (end, transcript, _) = interpret(program, &place, &checked.dialect, console, &limits)?;
    Ok((end, transcript))
}

fn run_at_once(args: &AttemptArgs, program: Program, checked: &Checked, console: Console) -> Result<(End, Transcript)> {
    let policy = match args.engine {
        Engine::Tiered => args.tier.policy(),
        Engine::Baseline | Engine::Llvm | Engine::Reference => bfllvm::engine::policy::Policy::never(),
    };
    let tools = Tools::default();
    let making = Making::of(args.start, &tools, &args.tier);
    let at_once = AtOnce::compile(program, checked, args.level, args.start, making, &tools, policy)?;
    ready()?;
    let ran = at_once.run(console, &limits(args))?;
    let report = at_once.report();
    // Without LLVM the run would be one of the baseline, and not what is to be verified.
    if let Some(why) = report.failure {
        bail!("nothing was compiled by LLVM: {why}");
    }
    if let Some(why) = report.events.iter().find_map(|event| event.outcome.as_ref().err()) {
        bail!("a loop was not compiled: {why}");
    }
    Ok(ran)
}

/// Says how the run ended, and what it printed.
fn finish(end: End, transcript: &Transcript) -> Result<()> {
    let unable = |why: &str| answer(&json!({ "unable": why }), &[]);
    let bytes = transcript.output.len();
    let finished = match end {
        End::Finished => json!({ "finish": "ended", "bytes": bytes }),
        End::TapeFault(fault) => json!({ "finish": "faulted", "cell": fault.cell, "bytes": bytes }),
        End::Timeout | End::OutputLimit | End::StepLimit => json!({ "finish": "cut-off", "bytes": bytes }),
        End::StackOverflow => return unable("the program's loops nest too deep for compiled code"),
        End::OutOfMemory => return unable("there is no memory for the tape"),
        End::NoCode(why) => return unable(&why),
        End::Signal(signal) => return unable(&format!("stopped by signal {signal}")),
        End::BrokenPipe | End::OutputError(_) | End::InputError(_) => {
            unreachable!("input and output in memory: {end:?}")
        }
    };
    answer(&finished, &transcript.output)
}
