//! `bfllvm compare`
//!
//! Each level in each engine is compiled and run by a process of its own ([`super::measure`]): whatever becomes of it, the others are
//! measured. They take turns, so that a machine that gets slower or faster is the same to all.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bfllvm::ir::text;
use bfllvm::level::{Level, Start};
use bfllvm::llvm::emit::{self, DebugInfo, Request};
use bfllvm::llvm::executable::ExecutableIo;
use bfllvm::report::compare::diff::{self, Layout, diff};
use bfllvm::report::compare::{Code, Count, Engine, Finish, Lowered, Row, Verdict, json, markdown, table};
use serde_json::Value;

use super::args::{self, CompareArgs, DiffKind};
use super::emit::print;
use super::front::{Checked, InputBehind, check};
use super::llvm;
use super::measure::framed;
use super::messages::Messages;
use super::status::Status;
use super::terminal;
use super::worker::{Answer, Said, Worker, nanoseconds, number};

/// Without --runs a level is run this often, but not again once this much time has gone by.
const RUNS: usize = 5;
const RUNS_TIME: Duration = Duration::from_secs(2);

/// How long a process may take over its time limit before it is ended.
pub const GRACE: Duration = Duration::from_secs(10);

/// The width of a column, side by side, where there is no terminal.
const COLUMN_WIDTH: usize = 78;

pub fn compare(args: &CompareArgs, messages: &Messages) -> Result<Status> {
    if args.diff.is_some() && !matches!(args.levels.len(), 0 | 2) {
        return Ok(messages.usage("a diff shows two levels", "give -O twice"));
    }
    let checked = check(&args.program, &args.dialect, InputBehind::Never, messages)?;
    match args.diff {
        Some(kind) => show_diff(kind, args, &checked, messages),
        None => show_table(args, &checked, messages),
    }
}

fn show_diff(kind: DiffKind, args: &CompareArgs, checked: &Checked, messages: &Messages) -> Result<Status> {
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
        let program = checked.optimized(level, Start::Ahead)?;
        let Some(form) = llvm_form else { return Ok(text::print(&program, Some(&checked.source))) };
        // The program's own functions, without run-time support.
        let request =
            Request { form, level, dialect: checked.dialect, io: ExecutableIo::Extern, debug: DebugInfo::None };
        let emitted = emit::emit(llvm::open(messages)?, &program, &checked.source, &request)?;
        Ok(String::from_utf8(emitted.bytes)?)
    };
    let layout = if args.side_by_side { Layout::SideBySide { width: column_width() } } else { Layout::Unified };
    let name = checked.source.name();
    print(diff(name, form, (before, &text(before)?), (after, &text(after)?), layout).as_bytes())
}

/// Half of what `COLUMNS` says, or of the terminal.
fn column_width() -> usize {
    let columns = terminal::columns_said(&std::io::stdout());
    columns.map_or(COLUMN_WIDTH, |columns| columns.saturating_sub(3) / 2).max(20)
}

fn show_table(args: &CompareArgs, checked: &Checked, messages: &Messages) -> Result<Status> {
    let input = input(args.input.as_deref())?;
    let engines = if args.engine.is_empty() { vec![args::Engine::Llvm] } else { args.engine.clone() };
    let levels = match args.levels[..] {
        [] if args.engine.is_empty() => vec![Level::O0, Level::O1, Level::O2, Level::O3],
        [] => vec![Level::default()],
        _ => args.levels.clone(),
    };
    if engines.iter().any(|engine| has_llvm(*engine)) {
        // Before processes are started that all would fail.
        llvm::open(messages)?;
    }
    let mut candidates = Vec::new();
    for engine in engines {
        for &level in &levels {
            messages.progress(&format!("{}: compiling", name(named(engine), level)));
            candidates.push(Candidate::start(engine, level, args, checked, &input)?);
        }
    }
    while candidates.iter().any(|candidate| candidate.wants_to_run(args)) {
        for candidate in candidates.iter_mut().filter(|candidate| candidate.wants_to_run(args)) {
            messages.progress(&format!("{}: run {}", candidate.name(), candidate.row.runs.len() + 1));
            candidate.run(args.timeout);
        }
    }
    for candidate in &mut candidates {
        messages.progress(&format!("{}: counting operations", candidate.name()));
        candidate.count(args.timeout);
    }
    messages.progress("");
    judge_all(&mut candidates);
    let rows: Vec<Row> = candidates.into_iter().map(|candidate| candidate.row.clone()).collect();
    let text = match (args.json, args.markdown) {
        (true, _) => json(checked.source.name(), &rows),
        (_, true) => markdown(&rows),
        _ => table(&rows, terminal::columns(&std::io::stdout()).unwrap_or(usize::MAX)),
    };
    let status = print(text.as_bytes())?;
    let wrong: Vec<_> = rows.iter().filter_map(complaint).collect();
    if wrong.is_empty() {
        return Ok(status);
    }
    Ok(messages.failure(&anyhow::anyhow!("{}", wrong.join("; "))))
}

fn named(engine: args::Engine) -> Engine {
    match engine {
        args::Engine::Llvm => Engine::Llvm,
        args::Engine::Tiered => Engine::Tiered,
        args::Engine::Baseline => Engine::Baseline,
        args::Engine::Reference => Engine::Reference,
    }
}

fn has_llvm(engine: args::Engine) -> bool {
    match engine {
        args::Engine::Llvm | args::Engine::Tiered => true,
        args::Engine::Baseline | args::Engine::Reference => false,
    }
}

/// What a candidate is called.
fn name(engine: Engine, level: Level) -> String {
    match engine {
        Engine::Llvm => level.to_string(),
        Engine::Tiered | Engine::Baseline | Engine::Reference => format!("{} {level}", engine.name()),
    }
}

/// What is wrong with a row that should not be.
fn complaint(row: &Row) -> Option<String> {
    let level = name(row.engine, row.level);
    match &row.verdict {
        Verdict::Base | Verdict::Identical | Verdict::Unfinished => None,
        Verdict::Different { byte } => Some(format!(
            "the output of {level} differs from that of the first, from byte {byte} on: a bug in bfllvm, please report it"
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
    finish: Finish,
    output: Vec<u8>,
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
    if agrees_as_far && [base, other].iter().any(|run| run.finish == Finish::CutOff) {
        return Verdict::Unfinished;
    }
    let same_length = base.output.len() == other.output.len();
    let has_fault = [base, other].iter().any(|run| run.finish == Finish::Faulted);
    if agrees_as_far && (has_fault || (base.finish == other.finish && same_length)) {
        return Verdict::Identical;
    }
    Verdict::Different { byte: common }
}

/// A level in an engine, and the process that measures it.
struct Candidate {
    row: Row,
    outcome: Option<Outcome>,
    worker: Worker,
}

impl Candidate {
    /// Starts the process and waits until it has compiled the program.
    fn start(
        engine: args::Engine,
        level: Level,
        args: &CompareArgs,
        checked: &Checked,
        input: &[u8],
    ) -> Result<Candidate> {
        let engine = named(engine);
        let mut words = vec!["measure".into(), level.to_string(), format!("--engine={}", engine.name())];
        words.extend(args.dialect.words());
        words.push(format!("--timeout={}", args.timeout.as_secs_f64()));
        // What `#` shows in each run may be without end, and nobody asked for it here.
        let worker = Worker::start(words, if args.dialect.debug_hash { Said::Dropped } else { Said::Kept })?;
        let row =
            Row { engine, level, code: None, executed: None, runs: Vec::new(), finish: None, verdict: Verdict::Base };
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

    fn name(&self) -> String {
        name(self.row.engine, self.row.level)
    }

    fn has_failed(&self) -> bool {
        matches!(self.row.verdict, Verdict::Failed(_))
    }

    fn wants_to_run(&self, args: &CompareArgs) -> bool {
        let (runs, time) = (self.row.runs.len(), self.row.runs.iter().sum::<Duration>());
        let is_whole = self.outcome.as_ref().is_none_or(|outcome| outcome.finish == Finish::Ended);
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
        let Some(finish) = Finish::ALL.into_iter().find(|finish| answer["finish"] == finish.name()) else {
            self.row.verdict = Verdict::Failed(format!("it answered what is no answer: {answer}"));
            return;
        };
        self.row.finish.get_or_insert(finish);
        self.outcome.get_or_insert(Outcome { finish, output });
    }

    fn count(&mut self, timeout: Duration) {
        let Some((answer, _)) = self.ask(b"count\n", Some(timeout + GRACE)) else { return };
        let steps = number(&answer["steps"]);
        self.row.executed = Some(if answer["is_cut"] == true { Count::AtLeast(steps) } else { Count::Exactly(steps) });
    }
}

fn code(compiled: &Value) -> Code {
    let llvm = &compiled["llvm"];
    let lowered = Lowered {
        instructions: number(&llvm["instructions"]),
        blocks: number(&llvm["blocks"]),
        loads: number(&llvm["loads"]),
        stores: number(&llvm["stores"]),
        lowering: nanoseconds(&llvm["lowering"]),
        passes: nanoseconds(&llvm["passes"]),
    };
    Code {
        ops: number(&compiled["ops"]),
        llvm: llvm.is_object().then_some(lowered),
        bytes: compiled["code_bytes"].as_u64(),
        ours: nanoseconds(&compiled["ours"]),
        codegen: compiled["codegen"].as_u64().map(Duration::from_nanos),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(finish: Finish, output: &str) -> Outcome {
        Outcome { finish, output: output.into() }
    }

    #[test]
    fn outputs_are_compared_as_the_contract_has_it() {
        use Finish::{CutOff, Ended, Faulted};
        for (base, other, verdict) in [
            ((Ended, "abc"), (Ended, "abc"), Verdict::Identical),
            ((Ended, "abc"), (Ended, "aXc"), Verdict::Different { byte: 1 }),
            ((Ended, "abc"), (Ended, "ab"), Verdict::Different { byte: 2 }),
            ((Ended, "ab"), (Ended, "abc"), Verdict::Different { byte: 2 }),
            // A fault may come later in an optimised program, or not at all.
            ((Faulted, "ab"), (Ended, "abc"), Verdict::Identical),
            ((Faulted, "ab"), (Ended, "Xbc"), Verdict::Different { byte: 0 }),
            ((CutOff, "ab"), (Ended, "abc"), Verdict::Unfinished),
            ((Ended, "abc"), (CutOff, "ab"), Verdict::Unfinished),
            ((CutOff, "ab"), (CutOff, "aXc"), Verdict::Different { byte: 1 }),
        ] {
            let judged = judge(&outcome(base.0, base.1), &outcome(other.0, other.1));
            assert_eq!(judged, verdict, "{base:?} {other:?}");
        }
    }

    #[test]
    fn what_should_not_be_is_complained_of() {
        let (engine, level) = (Engine::Llvm, Level::O2);
        let row = |verdict| Row { engine, level, code: None, executed: None, runs: Vec::new(), finish: None, verdict };
        for verdict in [Verdict::Base, Verdict::Identical, Verdict::Unfinished] {
            assert_eq!(complaint(&row(verdict)), None);
        }
        let text = complaint(&row(Verdict::Different { byte: 7 })).unwrap();
        assert!(text.contains("-O2") && text.contains("byte 7") && text.contains("report"), "{text}");
        assert!(complaint(&row(Verdict::Failed("it is gone".into()))).unwrap().contains("it is gone"));
    }
}
