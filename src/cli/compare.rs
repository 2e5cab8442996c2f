//! `bfllvm compare`
//!
//! Each level is compiled and run by a process of its own ([`super::measure`]): whatever becomes of it, the others are
//! measured. The levels take turns, so that a machine that gets slower or faster is the same to all.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bfllvm::ir::text;
use bfllvm::level::Level;
use bfllvm::llvm::emit::{self, DebugInfo, Request};
use bfllvm::llvm::executable::ExecutableIo;
use bfllvm::llvm::loader;
use bfllvm::report::compare::diff::{self, Layout, diff};
use bfllvm::report::compare::{Code, Count, Row, Verdict, json, markdown, table};
use serde_json::Value;

use super::args::{CompareArgs, DiffKind};
use super::emit::print;
use super::front::{Checked, InputBehind, check};
use super::measure::framed;
use super::messages::Messages;
use super::status::Status;
use super::worker::{Answer, Said, Worker, number};

/// Without --runs a level is run this often, but not again once this much time has gone by.
const RUNS: usize = 5;
const RUNS_TIME: Duration = Duration::from_secs(2);

/// How long a process may take over its time limit before it is ended.
pub const GRACE: Duration = Duration::from_secs(10);

/// The width of a column, side by side, where nothing is known of the terminal.
const COLUMN_WIDTH: usize = 78;

pub fn compare(args: &CompareArgs, messages: &Messages) -> Result<Status> {
    if args.diff.is_some() && !matches!(args.levels.len(), 0 | 2) {
        return Ok(messages.usage("a diff shows two levels", "give -O twice"));
    }
    let checked = check(&args.program, &args.dialect, InputBehind::Never, messages)?;
    match args.diff {
        Some(kind) => show_diff(kind, args, &checked),
        None => show_table(args, &checked, messages),
    }
}

fn show_diff(kind: DiffKind, args: &CompareArgs, checked: &Checked) -> Result<Status> {
    let (before, after) = match args.levels[..] {
        [before, after] => (before, after),
        _ => (Level::O0, Level::O2),
    };
    let (form, llvm_form) = match kind {
        DiffKind::Ir => (diff::Form::LlvmIr, Some(emit::Form::Ir)),
        DiffKind::Asm => (diff::Form::Assembly, Some(emit::Form::Assembly)),
        DiffKind::Bfir => (diff::Form::Bfir, None),
    };
    let text = |level| -> Result<String> {
        let program = checked.optimized(level)?;
        let Some(form) = llvm_form else { return Ok(text::print(&program, Some(&checked.source))) };
        // The program's own functions, without run-time support.
        let request =
            Request { form, level, dialect: checked.dialect, io: ExecutableIo::Extern, debug: DebugInfo::None };
        let emitted = emit::emit(loader::load()?, &program, &checked.source, &request)?;
        Ok(String::from_utf8(emitted.bytes)?)
    };
    let layout = if args.side_by_side { Layout::SideBySide { width: column_width() } } else { Layout::Unified };
    let name = checked.source.name();
    print(diff(name, form, (before, &text(before)?), (after, &text(after)?), layout).as_bytes())
}

/// Half of the terminal, as far as the shell tells.
fn column_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse::<usize>().ok());
    columns.map_or(COLUMN_WIDTH, |columns| columns.saturating_sub(3) / 2).max(20)
}

fn show_table(args: &CompareArgs, checked: &Checked, messages: &Messages) -> Result<Status> {
    let input = input(args.input.as_deref())?;
    let levels = match args.levels[..] {
        [] => vec![Level::O0, Level::O1, Level::O2, Level::O3],
        _ => args.levels.clone(),
    };
    // Before processes are started that all would fail.
    loader::load()?;
    let mut candidates = Vec::new();
    for level in levels {
        messages.progress(&format!("{level}: compiling"));
        candidates.push(Candidate::start(level, args, checked, &input)?);
    }
    while candidates.iter().any(|candidate| candidate.wants_to_run(args)) {
        for candidate in candidates.iter_mut().filter(|candidate| candidate.wants_to_run(args)) {
            messages.progress(&format!("{}: run {}", candidate.row.level, candidate.row.runs.len() + 1));
            candidate.run(args.timeout);
        }
    }
    for candidate in &mut candidates {
        messages.progress(&format!("{}: counting operations", candidate.row.level));
        candidate.count(args.timeout);
    }
    messages.progress("");
    judge_all(&mut candidates);
    let rows: Vec<Row> = candidates.into_iter().map(|candidate| candidate.row.clone()).collect();
    let text = match (args.json, args.markdown) {
        (true, _) => json(checked.source.name(), &rows),
        (_, true) => markdown(&rows),
        _ => table(&rows),
    };
    let status = print(text.as_bytes())?;
    let wrong: Vec<_> = rows.iter().filter_map(complaint).collect();
    if wrong.is_empty() {
        return Ok(status);
    }
    Ok(messages.failure(&anyhow::anyhow!("{}", wrong.join("; "))))
}

/// What is wrong with a row that should not be.
fn complaint(row: &Row) -> Option<String> {
    let level = row.level;
    match &row.verdict {
        Verdict::Base | Verdict::Identical | Verdict::Unfinished => None,
        Verdict::Different { byte } => Some(format!(
            "the output at {level} differs from that at the first level, from byte {byte} on: a bug in bfllvm, please report it"
        )),
        Verdict::Failed(why) => Some(format!("{level} cannot be measured: {why}")),
    }
}

/// The input of every run: the file, or all of standard input if that is no terminal.
pub fn input(path: Option<&Path>) -> Result<Vec<u8>> {
    let mut input = Vec::new();
    match path {
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
    finish: String,
    output: Vec<u8>,
}

impl Outcome {
    fn is(&self, finish: &str) -> bool {
        self.finish == finish
    }
}

/// Compares every outcome with the first.
fn judge_all(candidates: &mut [Candidate]) {
    let mut base: Option<Outcome> = None;
    for candidate in candidates {
        let Some(outcome) = candidate.outcome.take() else { continue };
        if !matches!(candidate.row.verdict, Verdict::Failed(_)) {
            candidate.row.verdict = base.as_ref().map_or(Verdict::Base, |base| judge(base, &outcome));
        }
        base.get_or_insert(outcome);
    }
}

/// An optimised program may fault later than the unoptimised one, or not at all: its output may be longer
/// then.
fn judge(base: &Outcome, other: &Outcome) -> Verdict {
    let common = std::iter::zip(&base.output, &other.output).take_while(|(a, b)| a == b).count();
    let agrees_as_far = common == base.output.len().min(other.output.len());
    if agrees_as_far && (base.is("cut-off") || other.is("cut-off")) {
        return Verdict::Unfinished;
    }
    let same_length = base.output.len() == other.output.len();
    let has_fault = base.is("faulted") || other.is("faulted");
    if agrees_as_far && (has_fault || (base.finish == other.finish && same_length)) {
        return Verdict::Identical;
    }
    Verdict::Different { byte: common }
}

/// A level, and the process that measures it.
struct Candidate {
    row: Row,
    outcome: Option<Outcome>,
    worker: Worker,
}

impl Candidate {
    /// Starts the process and waits until it has compiled the program.
    fn start(level: Level, args: &CompareArgs, checked: &Checked, input: &[u8]) -> Result<Candidate> {
        let mut words = vec!["measure".into(), level.to_string()];
        words.extend(args.dialect.words());
        words.push(format!("--timeout={}", args.timeout.as_secs_f64()));
        // What `#` shows in each run may be without end, and nobody asked for it here.
        let worker = Worker::start(words, if args.dialect.debug_hash { Said::Dropped } else { Said::Kept })?;
        let row = Row { level, code: None, executed: None, runs: Vec::new(), verdict: Verdict::Base };
        let mut candidate = Candidate { row, outcome: None, worker };
        let source = &checked.source;
        let job = [framed(source.name().as_bytes()), framed(source.bytes()), framed(input)].concat();
        if let Some((compiled, _)) = candidate.ask(&job, None) {
            candidate.row.code = Some(code(&compiled));
        }
        Ok(candidate)
    }

    /// Sends an order and waits for the answer. Where none comes the row says why, and nothing more will be asked.
    fn ask(&mut self, order: &[u8], patience: Option<Duration>) -> Option<Answer> {
        if self.has_failed() {
            return None;
        }
        let answer = self.worker.ask(order, patience);
        answer.map_err(|failure| self.row.verdict = Verdict::Failed(failure.to_string())).ok()
    }

    fn has_failed(&self) -> bool {
        matches!(self.row.verdict, Verdict::Failed(_))
    }

    fn wants_to_run(&self, args: &CompareArgs) -> bool {
        let (runs, time) = (self.row.runs.len(), self.row.runs.iter().sum::<Duration>());
        let is_whole = self.outcome.as_ref().is_none_or(|outcome| outcome.is("ended"));
        let wants_more = match args.runs {
            Some(wanted) => runs < wanted as usize,
            None => runs < RUNS && time < RUNS_TIME,
        };
        !self.has_failed() && is_whole && wants_more
    }

    fn run(&mut self, timeout: Duration) {
        let Some((answer, output)) = self.ask(b"run\n", Some(timeout + GRACE)) else { return };
        self.row.runs.push(nanoseconds(&answer["time"]));
        if answer["is_same"] == false {
            self.row.verdict = Verdict::Failed("two runs had different outputs".into());
        }
        let finish = answer["finish"].as_str().unwrap_or_default().to_owned();
        self.outcome.get_or_insert(Outcome { finish, output });
    }

    fn count(&mut self, timeout: Duration) {
        let Some((answer, _)) = self.ask(b"count\n", Some(timeout + GRACE)) else { return };
        let steps = number(&answer["steps"]);
        self.row.executed = Some(if answer["is_cut"] == true { Count::AtLeast(steps) } else { Count::Exactly(steps) });
    }
}

fn code(compiled: &Value) -> Code {
    Code {
        ops: number(&compiled["ops"]),
        instructions: number(&compiled["instructions"]),
        blocks: number(&compiled["blocks"]),
        loads: number(&compiled["loads"]),
        stores: number(&compiled["stores"]),
        bytes: number(&compiled["code_bytes"]),
        ours: nanoseconds(&compiled["ours"]),
        lowering: nanoseconds(&compiled["lowering"]),
        passes: nanoseconds(&compiled["passes"]),
        codegen: nanoseconds(&compiled["codegen"]),
    }
}

fn nanoseconds(value: &Value) -> Duration {
    Duration::from_nanos(number(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(finish: &str, output: &str) -> Outcome {
        Outcome { finish: finish.into(), output: output.into() }
    }

    #[test]
    fn outputs_are_compared_as_the_contract_has_it() {
        for (base, other, verdict) in [
            (("ended", "abc"), ("ended", "abc"), Verdict::Identical),
            (("ended", "abc"), ("ended", "aXc"), Verdict::Different { byte: 1 }),
            (("ended", "abc"), ("ended", "ab"), Verdict::Different { byte: 2 }),
            (("ended", "ab"), ("ended", "abc"), Verdict::Different { byte: 2 }),
            // A fault may come later in an optimised program, or not at all.
            (("faulted", "ab"), ("ended", "abc"), Verdict::Identical),
            (("faulted", "ab"), ("ended", "Xbc"), Verdict::Different { byte: 0 }),
            (("cut-off", "ab"), ("ended", "abc"), Verdict::Unfinished),
            (("ended", "abc"), ("cut-off", "ab"), Verdict::Unfinished),
            (("cut-off", "ab"), ("cut-off", "aXc"), Verdict::Different { byte: 1 }),
        ] {
            let judged = judge(&outcome(base.0, base.1), &outcome(other.0, other.1));
            assert_eq!(judged, verdict, "{base:?} {other:?}");
        }
    }

    #[test]
    fn what_should_not_be_is_complained_of() {
        let row = |verdict| Row { level: Level::O2, code: None, executed: None, runs: Vec::new(), verdict };
        for verdict in [Verdict::Base, Verdict::Identical, Verdict::Unfinished] {
            assert_eq!(complaint(&row(verdict)), None);
        }
        let text = complaint(&row(Verdict::Different { byte: 7 })).unwrap();
        assert!(text.contains("-O2") && text.contains("byte 7") && text.contains("report"), "{text}");
        assert!(complaint(&row(Verdict::Failed("it is gone".into()))).unwrap().contains("it is gone"));
    }
}
