//! `bfllvm verify`
//!
//! The reference interpreter runs here; every candidate is compiled and run by a process of its own ([`super::attempt`]), so
//! that none takes this one down or keeps it waiting.

use std::time::Duration;

use anyhow::Result;
use bfllvm::baseline::chunks::CHUNK_OPS;
use bfllvm::level::{LEVELS, Level, Start};
use bfllvm::llvm::limit::passes_run;
use bfllvm::report::verify::{Result as Overall, diagnostics, json, table};
use bfllvm::runtime::processors;
use bfllvm::source::Source;
use bfllvm::verify::base::{Base, Case};
use bfllvm::verify::{self, Attempt, Bounds, Engine, Finish, Outcome, Row, Run, Runner, candidates};
use serde_json::Value;

use super::args::{self, DialectArgs, VerifyArgs};
use super::compare::{GRACE, input};
use super::emit::print;
use super::front::{InputBehind, check, stages};
use super::llvm;
use super::measure::framed;
use super::messages::Messages;
use super::status::Status;
use super::worker::{Answer, Failure, Said, Worker};

/// How many operations of programs of this many bytes become code together where code is made in parts: few, or small programs
/// would not show what is wrong with parts.
fn chunk_ops(bytes: usize) -> u32 {
    (bytes as u32 / 1024).clamp(16, CHUNK_OPS)
}

/// A run is cut off after so much output, in bytes.
const MAX_OUTPUT: usize = 16 << 20;

pub fn verify(args: &VerifyArgs, messages: &Messages) -> Result<Status> {
    let checked = check(&args.program, &args.dialect, InputBehind::Never, messages)?;
    let input = input(args.input.as_deref())?;
    let source = &checked.source;
    let job = [framed(source.name().as_bytes()), framed(source.bytes()), framed(&input)].concat();
    let processes = Processes { args, job, chunk_ops: chunk_ops(source.bytes().len()) };
    let candidates = candidates(&engines(args), &levels(args), &processes);
    if candidates.iter().any(|candidate| candidate.engine.has_llvm()) {
        // Before processes are started that all would fail.
        llvm::open(messages)?;
    }
    messages.progress("the reference interpreter runs the program");
    let bounds = Bounds {
        time: args.timeout,
        compiling: args.compile_timeout,
        steps: args.max_steps.unwrap_or(u64::MAX),
        output: MAX_OUTPUT,
    };
    let program = checked.literal()?;
    let base = Base::new(Case { program: &program, dialect: checked.dialect, input: &input }, &bounds);
    let progress = |text: &str| messages.progress(text);
    let rows = verify::verify(&base, candidates, &bounds, &processes, processors(), &progress);
    messages.progress("");
    let text = if args.json { json(&base, &rows, source) } else { table(&base, &rows) };
    let printed = print(text.as_bytes())?;
    let status = conclude(&rows, source, messages);
    Ok(if status == Status::Success { printed } else { status })
}

/// Says what is wrong, if anything is.
fn conclude(rows: &[Row], source: &Source, messages: &Messages) -> Status {
    messages.errors(&diagnostics(rows), source);
    match Overall::of(rows) {
        Overall::Same => Status::Success,
        Overall::Incomplete => Status::Limit,
        Overall::Wrong => Status::Bug,
    }
}

fn engines(args: &VerifyArgs) -> Vec<Engine> {
    let is_wanted = |engine: &Engine| {
        let named = match engine {
            Engine::Reference => args::Engine::Reference,
            Engine::Baseline => args::Engine::Baseline,
            Engine::TieredAtOnce | Engine::TieredAtRandom => args::Engine::Tiered,
            Engine::Llvm => args::Engine::Llvm,
        };
        args.engine.is_empty() || args.engine.contains(&named)
    };
    Engine::ALL.into_iter().filter(is_wanted).collect()
}

/// In the order of the table, each once.
fn levels(args: &VerifyArgs) -> Vec<Level> {
    let levels = LEVELS.iter().map(|row| row.level);
    levels.filter(|level| args.levels.is_empty() || args.levels.contains(level)).collect()
}

/// Runs each attempt in a process.
struct Processes<'a> {
    args: &'a VerifyArgs,
    /// The program's name, the program and its input.
    job: Vec<u8>,
    /// How many operations become code together where code is made in parts.
    chunk_ops: u32,
}

impl Processes<'_> {
    fn start(&self, attempt: &Attempt, bounds: &Bounds, extra: Option<String>) -> Result<Worker> {
        let VerifyArgs { dialect, seed, .. } = self.args;
        let mut words = words(attempt, bounds, dialect, *seed);
        words.push(format!("--tier-chunk={}", self.chunk_ops));
        words.extend(extra);
        // What `#` shows in each run may be without end, and nobody asked for it here.
        Worker::start(words, if dialect.debug_hash { Said::Dropped } else { Said::Kept })
    }

    fn compile(&self, worker: &mut Worker) -> Result<Answer, Failure> {
        worker.ask(&self.job, Some(self.args.compile_timeout))
    }
}

/// The command line of the process for an attempt.
fn words(attempt: &Attempt, bounds: &Bounds, dialect: &DialectArgs, seed: u64) -> Vec<String> {
    let (engine, tier) = match attempt.engine {
        Engine::Reference => ("reference", None),
        Engine::Baseline => ("baseline", None),
        Engine::TieredAtOnce => ("tiered", Some("--tier-threshold=0".into())),
        Engine::TieredAtRandom => ("tiered", Some(format!("--tier-seed={seed}"))),
        Engine::Llvm => ("llvm", None),
    };
    let mut words = vec![
        "attempt".into(),
        attempt.level.to_string(),
        format!("--engine={engine}"),
        format!("--start={}", attempt.start.name()),
        format!("--stages={}", attempt.stages),
        format!("--timeout={}", time(attempt, bounds).as_secs_f64()),
        format!("--max-steps={}", bounds.steps),
        format!("--max-output={}", bounds.output),
    ];
    words.extend(tier);
    words.extend(attempt.llvm_passes.map(|passes| format!("--llvm-passes={passes}")));
    words.extend(dialect.words());
    words
}

/// How long the run may take.
fn time(attempt: &Attempt, bounds: &Bounds) -> Duration {
    match attempt.engine {
        Engine::Reference | Engine::Baseline | Engine::Llvm => bounds.time,
        Engine::TieredAtOnce | Engine::TieredAtRandom => bounds.time + bounds.compiling,
    }
}

impl Runner for Processes<'_> {
    fn run(&self, attempt: &Attempt, bounds: &Bounds) -> Outcome {
        let mut worker = match self.start(attempt, bounds, None) {
            Ok(worker) => worker,
            Err(error) => return Outcome::NotRun(format!("{error:#}")),
        };
        match self.compile(&mut worker) {
            Ok((answer, _)) if answer["ready"] == true => {}
            Ok((answer, _)) => return outcome(&answer, Vec::new()),
            Err(Failure::Late(time)) => {
                return Outcome::NotRun(format!("compiling takes longer than {}", seconds(time)));
            }
            Err(failure) => return Outcome::Broken(failure.to_string()),
        }
        let time = time(attempt, bounds);
        match worker.ask(b"", Some(time + GRACE)) {
            Ok((answer, output)) => outcome(&answer, output),
            Err(Failure::Late(_)) if time > bounds.time => {
                Outcome::NotRun(format!("compiling its loops takes longer than {}", seconds(time)))
            }
            Err(Failure::Late(_)) => Outcome::Broken(format!("it did not stop after {}", seconds(time))),
            Err(failure) => Outcome::Broken(failure.to_string()),
        }
    }

    fn stages(&self, level: Level, start: Start) -> Vec<String> {
        stages(level, start)
    }

    fn llvm_passes(&self, attempt: &Attempt, bounds: &Bounds) -> Vec<String> {
        let Ok(mut worker) = self.start(attempt, bounds, Some("--list-llvm-passes".into())) else { return Vec::new() };
        // What it does in the run, it does not matter how that ends, is compiling too.
        if self.compile(&mut worker).is_ok() {
            let _ = worker.ask(b"", Some(time(attempt, bounds) + GRACE));
        }
        passes_run(&worker.said())
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

fn outcome(answer: &Value, output: Vec<u8>) -> Outcome {
    let finish = match (answer["finish"].as_str(), answer["cell"].as_i64(), answer["unable"].as_str()) {
        (Some("ended"), ..) => Finish::Ended,
        (Some("faulted"), Some(cell), _) => Finish::Faulted { cell },
        (Some("cut-off"), ..) => Finish::CutOff,
        (_, _, Some(why)) => return Outcome::NotRun(why.to_owned()),
        _ => return Outcome::Broken(format!("it answered what is no answer: {answer}")),
    };
    Outcome::Ran(Run { finish, output })
}
