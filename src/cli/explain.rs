//! `bfllvm explain`: compiles a program, runs it for its heat, and writes a page about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bfllvm::baseline;
use bfllvm::ir::Program;
use bfllvm::llvm::listings::{Listings, listings};
use bfllvm::report::explain::listing::{assembly, llvm_ir};
use bfllvm::report::explain::stages::Stages;
use bfllvm::report::explain::{Explanation, Run};
use bfllvm::report::profile::Profile;
use bfllvm::report::remarks::Observer;
use bfllvm::runtime::console::{Console, Feed, Sink};
use bfllvm::runtime::execute::host_functions;
use bfllvm::runtime::{End, FaultPlace, Limits};

use super::args::ExplainArgs;
use super::emit::print;
use super::front::{Checked, InputBehind, check, keep_source};
use super::llvm;
use super::messages::Messages;
use super::profile::run_counting;
use super::run::feed;
use super::status::Status;

/// The run is cut off after so much output, in bytes, which nobody sees.
const MAX_OUTPUT: u64 = 64 << 20;

/// What the first stage is called.
const READING: &str = "source";

pub fn explain(args: &ExplainArgs, messages: &Messages) -> Result<Status> {
    let Some(output) = args.output.clone().or_else(|| default_output(&args.program)) else {
        return Ok(messages.usage("the page needs a name", "give it one with -o"));
    };
    let to_stdout = output == Path::new("-");
    if !to_stdout {
        keep_source(&args.program, &output)?;
    }
    let mut checked = check(&args.program, &args.dialect, InputBehind::Never, messages)?;
    let feed = match &args.input {
        Some(path) => feed(Some(path), &mut checked)?,
        None => Feed::Memory(Vec::new()),
    };
    let max_lines = args.max_lines as usize;

    messages.progress("our passes");
    let passes = args.passes.as_deref();
    let unwatched: Vec<_> = checked.unwatched(args.level, passes).map(|pass| pass.name).collect();
    let reading = match unwatched.join(", ") {
        none if none.is_empty() => "the program as it is read".to_owned(),
        passes => format!("the program as it is read; being so large, it went through {passes} on the way"),
    };
    let (mut stages, mut observer) = (None, None);
    let program = checked.watched(args.level, passes, |pass, program| {
        let (name, summary) = pass.map_or((READING, reading.as_str()), |pass| (pass.name, pass.summary));
        let stages = stages.get_or_insert_with(|| Stages::new(name, summary, program, max_lines));
        let observer = observer.get_or_insert_with(|| Observer::new(program));
        if pass.is_some() {
            stages.after(name, summary, program);
            observer.after(name, program);
        }
    })?;
    let stages = stages.context("every program is seen as it is read")?;
    let remarks = observer.map_or_else(Vec::new, |observer| observer.finish(&program));

    messages.progress("LLVM");
    let texts = listings(llvm::open(messages)?, &program, &checked.source, &checked.dialect, args.level)?;
    let Listings { lowered, optimized, assembly: machine } = &texts;
    let lowered = llvm_ir(lowered, &program, max_lines);
    let optimized = llvm_ir(optimized, &program, max_lines);
    let machine = assembly(machine, &program, max_lines);

    let run = if args.no_profile {
        None
    } else {
        messages.progress("running the program");
        Some(run(args, &checked, &program, feed)?)
    };
    messages.progress("");
    if let Some((End::Signal(signal), _)) = run {
        return Ok(Status::Signal(signal));
    }
    let run = run.as_ref().map(|(end, profile)| Run {
        profile,
        end: ending(end, &checked, args.timeout),
        input: args.input.as_ref().map_or_else(|| "no input".into(), |path| format!("input from {}", path.display())),
    });
    let page = Explanation {
        source: &checked.source,
        options: options(args),
        stages: &stages,
        lowered: &lowered,
        optimized: &optimized,
        assembly: &machine,
        remarks: &remarks,
        run,
    };
    if to_stdout {
        return print(page.page().as_bytes());
    }
    std::fs::write(&output, page.page()).with_context(|| format!("cannot write {}", output.display()))?;
    Ok(Status::Success)
}

/// The program's name with another ending; none where that would be the program itself.
fn default_output(program: &Path) -> Option<PathBuf> {
    let stem = program.file_stem().filter(|_| program != Path::new("-"))?;
    let output = Path::new(stem).with_extension("html");
    (program.file_name() != output.file_name()).then_some(output)
}

/// What was asked for, as on the command line.
fn options(args: &ExplainArgs) -> String {
    let mut words = vec![args.level.to_string()];
    if let Some(passes) = &args.passes {
        words.push(format!("--passes={}", passes.iter().map(|pass| pass.name).collect::<Vec<_>>().join(",")));
    }
    words.extend(args.dialect.words_that_differ());
    words.join(" ")
}

fn run(args: &ExplainArgs, checked: &Checked, program: &Program, feed: Feed) -> Result<(End, Profile)> {
    let code = baseline::compile_counting(program, &checked.source, &checked.dialect, &host_functions())?;
    let console = Console::new(feed, Sink::Nowhere, Some(MAX_OUTPUT));
    let limits = Limits { time: Some(args.timeout) };
    run_counting(&code, program, checked, args.level, console, &limits)
}

/// How the run ended, for readers of the page.
fn ending(end: &End, checked: &Checked, timeout: Duration) -> String {
    match end {
        End::Finished => "ran to its end".into(),
        End::TapeFault(fault) => {
            let place = match fault.place {
                FaultPlace::Command(start) => format!(" at {}", checked.source.position(start)),
                FaultPlace::Loop(Some(head)) => format!(" in the loop at {head}"),
                FaultPlace::Loop(None) | FaultPlace::Unknown => String::new(),
            };
            format!("ended in a tape fault{place}: there is no cell {}", fault.cell)
        }
        End::StackOverflow => "was stopped: its loops nest too deep for compiled code".into(),
        End::OutOfMemory => "was stopped: there is no memory for its tape".into(),
        End::NoCode(why) => format!("was stopped: {why}"),
        End::Signal(signal) => format!("was stopped by signal {signal}"),
        End::Timeout => format!("was stopped after {} s", timeout.as_secs_f64()),
        End::OutputLimit => format!("was stopped after {} MiB of output", MAX_OUTPUT >> 20),
        End::StepLimit => "was stopped at a limit of steps".into(),
        End::InputError(error) => format!("was stopped: its input cannot be read: {error}"),
        End::BrokenPipe | End::OutputError(_) => unreachable!("output that is dropped cannot fail: {end:?}"),
    }
}
