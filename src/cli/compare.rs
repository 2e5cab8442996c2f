//! `bfllvm compare`

use std::io::{IsTerminal as _, Read as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bfllvm::level::Level;
use bfllvm::llvm::emit::{self, Form, Request};
use bfllvm::llvm::executable::ExecutableIo;
use bfllvm::llvm::loader::{self, Llvm};
use bfllvm::report::compare::{Row, Verdict, diff, table};
use bfllvm::runtime::console::{Console, Feed, Sink};
use bfllvm::runtime::{End, Limits};

use super::args::{CompareArgs, DiffKind};
use super::emit::print;
use super::front::{Checked, InputBehind, check};
use super::messages::Messages;
use super::run::{Jit, compile};
use super::status::Status;

/// A level is run this often, but not again once this much time has gone by.
const RUNS: usize = 5;
const RUNS_TIME: Duration = Duration::from_secs(2);

/// A run is cut off after so much output, in bytes.
const MAX_OUTPUT: u64 = 64 << 20;

pub fn compare(args: &CompareArgs, messages: &Messages) -> Result<Status> {
    let checked = check(&args.program, &args.dialect, InputBehind::Never, messages)?;
    let llvm = loader::load()?;
    match args.diff {
        Some(kind) => show_diff(kind, args, &checked, llvm),
        None => show_table(args, &checked, llvm, messages),
    }
}

fn show_diff(kind: DiffKind, args: &CompareArgs, checked: &Checked, llvm: Llvm) -> Result<Status> {
    let (before, after) = match args.levels[..] {
        [] => (Level::O0, Level::O2),
        [before, after] => (before, after),
        _ => bail!("a diff shows two levels; give -O twice"),
    };
    let form = match kind {
        DiffKind::Ir => Form::Ir,
        DiffKind::Asm => Form::Assembly,
    };
    let text = |level| -> Result<String> { Ok(String::from_utf8(bare(form, level, checked, llvm)?)?) };
    print(diff(checked.source.name(), (before, &text(before)?), (after, &text(after)?)).as_bytes())
}

/// The program's own functions, without run-time support.
fn bare(form: Form, level: Level, checked: &Checked, llvm: Llvm) -> Result<Vec<u8>> {
    let request = Request { form, level, dialect: checked.dialect, io: ExecutableIo::Extern };
    Ok(emit::emit(llvm, &checked.optimized(level)?, &checked.source, &request)?.bytes)
}

fn show_table(args: &CompareArgs, checked: &Checked, llvm: Llvm, messages: &Messages) -> Result<Status> {
    let input = input(args)?;
    let levels = match args.levels[..] {
        [] => vec![Level::O0, Level::O1, Level::O2, Level::O3],
        _ => args.levels.clone(),
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut base: Option<Outcome> = None;
    for level in levels {
        let (mut row, outcome) = measure(level, &input, args, checked, llvm)?;
        if let Finish::Signal(signal) = outcome.finish {
            return Ok(Status::Signal(signal));
        }
        match &base {
            Some(base) => row.verdict = judge(base, &outcome),
            None => base = Some(outcome),
        }
        rows.push(row);
    }
    let status = print(table(&rows).as_bytes())?;
    let differing: Vec<_> = rows.iter().filter(|row| matches!(row.verdict, Verdict::Different { .. })).collect();
    if differing.is_empty() {
        return Ok(status);
    }
    let levels: Vec<_> = differing.iter().map(|row| row.level.to_string()).collect();
    Ok(messages.failure(&anyhow::anyhow!(
        "the output at {} differs from that at {}: a bug in bfllvm, please report it",
        levels.join(", "),
        rows[0].level
    )))
}

/// The input of every run: the file, or all of standard input if that is no terminal.
fn input(args: &CompareArgs) -> Result<Vec<u8>> {
    let mut input = Vec::new();
    match &args.input {
        Some(path) => input = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?,
        None if std::io::stdin().is_terminal() => {}
        None => {
            std::io::stdin().read_to_end(&mut input).context("cannot read the program's input")?;
        }
    }
    Ok(input)
}

/// What a run left behind.
struct Outcome {
    finish: Finish,
    output: Vec<u8>,
}

/// How a run ended, as far as levels may be compared by it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finish {
    Ended,
    Faulted,
    CutOff,
    Signal(i32),
}

fn measure(level: Level, input: &[u8], args: &CompareArgs, checked: &Checked, llvm: Llvm) -> Result<(Row, Outcome)> {
    let begin = Instant::now();
    let program = checked.optimized(level)?;
    let ops = program.ops.len();
    let (compile, ops, instructions, outcome, mut times) = compile(llvm, &program, checked, level, |jit| {
        let compile = begin.elapsed();
        let mut times = Vec::new();
        let mut outcome = run_once(&jit, input, args, &mut times)?;
        while outcome.finish == Finish::Ended && times.len() < RUNS && times.iter().sum::<Duration>() < RUNS_TIME {
            outcome = run_once(&jit, input, args, &mut times)?;
        }
        anyhow::Ok((compile, ops, jit.code.instructions, outcome, times))
    })??;
    times.sort();
    let object = bare(Form::Object, level, checked, llvm)?;
    let code_bytes = emit::code_bytes(llvm, &object)?;
    let run = times[times.len() / 2];
    let row = Row { level, ops, instructions, code_bytes, compile, run, verdict: Verdict::Base };
    Ok((row, outcome))
}

fn run_once(jit: &Jit<'_>, input: &[u8], args: &CompareArgs, times: &mut Vec<Duration>) -> Result<Outcome> {
    let console = Console::new(Feed::Memory(input.to_vec()), Sink::Memory(Vec::new()), Some(MAX_OUTPUT));
    let clock = Instant::now();
    let (end, transcript) = jit.run(console, &Limits { time: args.timeout })?;
    times.push(clock.elapsed());
    let finish = match end {
        End::Finished => Finish::Ended,
        End::TapeFault(_) => Finish::Faulted,
        End::Timeout | End::OutputLimit => Finish::CutOff,
        End::Signal(signal) => Finish::Signal(signal),
        End::StackOverflow => bail!("the program's loops nest too deep for compiled code"),
        End::StepLimit | End::OutOfMemory | End::BrokenPipe | End::OutputError(_) | End::InputError(_) => {
            unreachable!("compiled code on a console in memory: {end:?}")
        }
    };
    Ok(Outcome { finish, output: transcript.output })
}

/// An optimised program may fault later than the unoptimised one, or not at all: its output may be longer
/// then.
fn judge(base: &Outcome, other: &Outcome) -> Verdict {
    let common = std::iter::zip(&base.output, &other.output).take_while(|(a, b)| a == b).count();
    let agrees_as_far = common == base.output.len().min(other.output.len());
    let is_cut = |outcome: &Outcome| outcome.finish == Finish::CutOff;
    if agrees_as_far && (is_cut(base) || is_cut(other)) {
        return Verdict::Unfinished;
    }
    let same_length = base.output.len() == other.output.len();
    let has_fault = base.finish == Finish::Faulted || other.finish == Finish::Faulted;
    if agrees_as_far && (has_fault || (base.finish == other.finish && same_length)) {
        return Verdict::Identical;
    }
    Verdict::Different { byte: common }
}
