//! `bfllvm profile`: runs a program as `run --engine=baseline` does, but with code that counts, under a timer that samples.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bfllvm::baseline;
use bfllvm::diagnostic::Colour;
use bfllvm::ir::Program;
use bfllvm::level::{Level, Start};
use bfllvm::report::profile::annotate::annotate;
use bfllvm::report::profile::{Figures, Measured, Profile, Weight};
use bfllvm::runtime::console::{Console, Sink};
use bfllvm::runtime::execute::{Code, execute, host_functions};
use bfllvm::runtime::sampling::{Sampler, Sampling};
use bfllvm::runtime::tape;
use bfllvm::runtime::{End, Limits};

use super::args::{ProfileArgs, ProfileWeight};
use super::emit::print;
use super::front::{Checked, InputBehind, check, keep_source};
use super::messages::Messages;
use super::run::{Bounds, feed, located, report};
use super::status::Status;
use super::stopwatch::Stopwatch;

pub fn profile(args: &ProfileArgs, messages: &Messages) -> Result<Status> {
    let mut stopwatch = Stopwatch::start(args.compile.time_passes);
    let mut checked = check(&args.program, &args.compile.dialect, InputBehind::Bang, messages)?;
    let feed = feed(args.input.as_deref(), &mut checked)?;
    let destination = Destination::open(args)?;
    let console = Console::new(feed, Sink::standard_output(), args.max_output);
    let level = args.compile.level();
    let program = checked.compiled_as(&args.compile, level, Start::AtOnce, messages, &mut stopwatch.timing)?;
    let code = stopwatch.step("code generation", || {
        baseline::compile_counting(&program, &checked.source, &checked.dialect, &host_functions())
    })?;
    stopwatch.report(messages);

    let limits = Limits { time: args.timeout };
    let (end, profile) = run_counting(&code, &program, &checked, level, console, &limits)?;
    let bounds = Bounds { timeout: args.timeout, max_output: args.max_output, max_steps: None };
    let status = report(end, &checked, &bounds, messages);
    let colour = match destination {
        Destination::Messages => messages.colour(),
        Destination::File(_) | Destination::Output => Colour::Plain,
    };
    let text = text(args, &profile, &checked, colour);
    let written = match destination {
        Destination::Messages => {
            messages.text(&text);
            Status::Success
        }
        Destination::File(mut file) => {
            file.write_all(text.as_bytes()).context("cannot write the profile")?;
            Status::Success
        }
        Destination::Output => print(text.as_bytes())?,
    };
    Ok(if status == Status::Success { written } else { status })
}

/// Where the profile goes.
enum Destination {
    File(File),
    /// Standard output, behind what the program prints.
    Output,
    /// Where messages go.
    Messages,
}

impl Destination {
    fn open(args: &ProfileArgs) -> Result<Destination> {
        match &args.output {
            Some(path) if path == Path::new("-") => Ok(Destination::Output),
            Some(path) => {
                keep_source(&args.program, path)?;
                let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
                Ok(Destination::File(file))
            }
            None => Ok(Destination::Messages),
        }
    }
}

/// Runs `code`, which counts and was made of `program`, which our passes of `level` made of what was checked; returns how it
/// ended, and what was measured.
///
/// # Errors
/// The system refuses memory, or the timer.
pub fn run_counting(
    code: &baseline::Code,
    program: &Program,
    checked: &Checked,
    level: Level,
    console: Console,
    limits: &Limits,
) -> Result<(End, Profile)> {
    let faults = code.faults(program, &checked.source);
    let guard_bytes = tape::guard_bytes(program);
    let run = Code { entry: code.entry(), faults: &faults, guard_bytes, heat: None, linker: None };
    let sampler = code.sampler();
    let sampling = Sampling::begin(&sampler).context("cannot sample the run")?;
    // SAFETY: the code was made for this dialect, the guards for this program.
    let (end, transcript) = unsafe { execute(&run, &checked.dialect, console, limits) }?;
    drop(sampling);
    let end = located(end, checked, transcript);
    Ok((end, measured(code, program, checked, level, &sampler)?))
}

/// What the counters and the samples of the run say.
fn measured(
    code: &baseline::Code,
    program: &Program,
    checked: &Checked,
    level: Level,
    sampler: &Sampler,
) -> Result<Profile> {
    let mut self_times = vec![Duration::ZERO; program.ops.len()];
    let mut outside = Duration::ZERO;
    for (head, time) in code.sampled_loops().zip(sampler.times()) {
        match head {
            Some(head) => self_times[head as usize] += time,
            None => outside += time,
        }
    }
    let measured: Vec<_> = code
        .counts(program)
        .map(|count| {
            let (entries, iterations) = (count.entries, count.iterations);
            let self_time = self_times[count.op as usize];
            Measured { op: count.op, figures: Figures { entries, iterations, self_time, ..Figures::default() } }
        })
        .collect();
    let literal = checked.literal()?;
    Ok(Profile::new(level, program, &literal, &measured, outside, sampler.samples()))
}

fn text(args: &ProfileArgs, profile: &Profile, checked: &Checked, colour: Colour) -> String {
    let source = &checked.source;
    if args.annotate {
        annotate(profile, source, colour)
    } else if args.json {
        profile.json(source)
    } else if let Some(weight) = args.folded {
        let weight = match weight {
            ProfileWeight::Time => Weight::Time,
            ProfileWeight::Iterations => Weight::Iterations,
        };
        profile.folded(source, weight)
    } else {
        profile.table(source, args.top)
    }
}
