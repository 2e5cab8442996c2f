//! A program is tried out after the quick passes, while the others wait: if it is over in a part of the time that they would
//! take, they are not done. Otherwise it is begun again after all passes, unnoticed: what it put out is not put out twice, and
//! what it read is read once more.

use std::time::{Duration, Instant};

use anyhow::Result;
use bfllvm::engine::policy::Policy;
use bfllvm::ir::Program;
use bfllvm::level::Start;
use bfllvm::opt::Pass;
use bfllvm::runtime::console::{Console, Transcript};
use bfllvm::runtime::execute::Trial;
use bfllvm::runtime::{End, Limits};

use super::args::{Engine, RunArgs};
use super::code::{AtOnce, Making};
use super::front::Checked;
use super::messages::Messages;
use super::run::milliseconds;
use super::tools::Tools;

/// What came of it.
pub enum Tried {
    Ended(End, Transcript),
    /// The program after all passes, the console to run it on, and how long it was tried out.
    ToBeRun(Program, Box<Console>, Duration),
}

/// Whether a program is tried out: what tools know is the code after all passes, and what `#` shows cannot be taken back.
pub fn is_wanted(args: &RunArgs, tools: &Tools) -> bool {
    args.engine == Engine::Tiered && !tools.know_code() && !args.compile.dialect.debug_hash
}

/// Runs the program for a while after the quick passes, if there are others; the time that it takes is taken from `limits`.
pub fn try_out(
    args: &RunArgs,
    checked: &Checked,
    console: Console,
    messages: &Messages,
    tools: &Tools,
    limits: &mut Limits,
) -> Result<Tried> {
    let level = args.compile.level();
    let clock = Instant::now();
    let apply = |program: Program, passes: &[&Pass]| passes.iter().fold(program, |program, pass| pass.apply(program));
    let [quick, slow, again] = level.passes_around_trial();
    let program = apply(checked.parsed(level)?, &quick);
    let is_short = |time: &Duration| limits.time.is_none_or(|limit| *time < limit);
    let time = args.tier.trial_time(program.ops.len()).filter(is_short);
    let Some(time) = time.filter(|_| program.has_loops() && !slow.is_empty()) else {
        return Ok(Tried::ToBeRun(apply(apply(program, &slow), &again), Box::new(console), Duration::ZERO));
    };
    let (first, others) = slow.split_at(1);
    let program = apply(program, first);
    if !program.has_loops() {
        return Ok(Tried::ToBeRun(program, Box::new(console), Duration::ZERO));
    }
    let (start, policy) = (Start::InParts, Policy::never());
    let making = Making::of(start, tools, &args.tier);
    let ready = AtOnce::compile(program, checked, level, start, making, tools, policy)?;
    let time_to_start = clock.elapsed();
    let clock = Instant::now();
    let trial = ready.try_out(console, time)?;
    let took = clock.elapsed();
    if args.verbose {
        messages.note(&format!(
            "{level}, tried out after the quick passes: {} operations, {} bytes of code; ready after {}, {} after {}",
            ready.program.ops.len(),
            ready.figures().bytes,
            milliseconds(time_to_start),
            if matches!(trial, Trial::Ended(..)) { "over" } else { "given up" },
            milliseconds(took),
        ));
    }
    Ok(match trial {
        Trial::Ended(end, transcript) => Tried::Ended(end, transcript),
        Trial::GivenUp(console) => {
            limits.time = limits.time.map(|limit| limit.saturating_sub(took));
            Tried::ToBeRun(apply(Program::clone(&ready.program), others), Box::new(console), took)
        }
    })
}
