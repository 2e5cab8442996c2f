//! How many operations the reference interpreter still has to do after each pass of -O2, and beside it, what
//! Tritium's optimiser leaves.
//!
//! ```text
//! cargo bench --bench executed -- [--cells N] [--budget N] [--follow N] [--tritium PATH [--limit N]] [PROGRAM...]
//! ```
//! Without programs those in `examples`; `NAME:N` is the program `NAME` with cells of N bits. Each is given the file with the
//! ending `.in` beside it as its input, if there is one. A program that takes more steps than `--follow` (10^9) as it is written
//! is not followed pass by pass; one that takes more than the budget (10^10) at -O2 is not compared. Tritium is the program `bfi`, given
//! so many seconds of processor time (60).
//!
//! The figure at -O2 is flattering twice: the passes `evaluate-start` and `evaluate` have done the beginning already, and a scan
//! or walk is one step however far it goes. So there is a strict one: without them, and with scans and walks counted as the
//! loops that they stand for, every operation in every iteration and the test at its end, as Tritium counts them.

mod tritium;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bfllvm::dialect::{CellWidth, DEFAULT_TAPE_CELLS, Dialect, Eof};
use bfllvm::ir::{Builder, Entry, Kind, Op, Program};
use bfllvm::level::{Level, Start};
use bfllvm::parse::{Bang, Granularity, Hash, Options, parse};
use bfllvm::reference::{Machine, MemoryIo, Status};
use bfllvm::source::Source;

use tritium::{Left, Tritium};

struct Arguments {
    width: CellWidth,
    budget: u64,
    follow: u64,
    tritium: Option<PathBuf>,
    limit: u64,
    programs: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match arguments() {
        Ok(arguments) => {
            report(&arguments);
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments {
        width: CellWidth::W8,
        budget: 10_000_000_000,
        follow: 1_000_000_000,
        tritium: None,
        limit: 60,
        programs: Vec::new(),
    };
    // Cargo adds `--bench`.
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|error| format!("{text}: {error}"));
        match word.as_str() {
            "--cells" => arguments.width = width(&value()?)?,
            "--budget" => arguments.budget = number(value()?)?,
            "--follow" => arguments.follow = number(value()?)?,
            "--tritium" => arguments.tritium = Some(value()?.into()),
            "--limit" => arguments.limit = number(value()?)?,
            _ => arguments.programs.push(word.into()),
        }
    }
    if arguments.programs.is_empty() {
        let entries = std::fs::read_dir("examples").map_err(|error| format!("examples: {error}"))?;
        arguments.programs.extend(entries.flatten().map(|entry| entry.path()));
        arguments.programs.retain(|path| path.extension().is_some_and(|ending| ending == "bf"));
        arguments.programs.sort();
    }
    Ok(arguments)
}

fn width(bits: &str) -> Result<CellWidth, String> {
    let width = CellWidth::ALL.into_iter().find(|width| width.bits().to_string() == bits);
    width.ok_or(format!("{bits}: cells have 8, 16, 32 or 64 bits"))
}

/// Sums over the programs that were followed pass by pass.
struct Passes {
    names: Vec<&'static str>,
    executed: Vec<u64>,
    /// Sums of the logarithms of what is left of the program as it was written.
    left: Vec<f64>,
    programs: u32,
}

/// Sums over the programs that both optimisers were counted on.
#[derive(Default)]
struct Against {
    programs: u32,
    fewer: u32,
    fewer_strict: u32,
    ours: u64,
    ours_strict: u64,
    theirs: u64,
}

fn report(arguments: &Arguments) {
    let tritium = arguments.tritium.as_ref().map(|path| Tritium { path, limit: arguments.limit });
    let passes: Vec<_> = Level::O2.passes_while_reading().chain(Level::O2.passes(Start::Ahead)).collect();
    let names = std::iter::once("parsing").chain(passes.iter().map(|pass| pass.name)).collect();
    let mut sums =
        Passes { names, executed: vec![0; passes.len() + 1], left: vec![0.0; passes.len() + 1], programs: 0 };
    let mut against = Against::default();
    println!("| program | as written | at -O2 | strictly | Tritium | ratio | strict ratio |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for argument in &arguments.programs {
        match Case::read(argument, arguments.width) {
            Ok(case) => case.report(arguments, tritium.as_ref(), &passes, &mut sums, &mut against),
            Err(message) => println!("| {} | {message} | | | | | |", argument.display()),
        }
    }
    println!(
        "\n| {} programs, after | operations executed | of those written, geometric mean |\n|---|--:|--:|",
        sums.programs
    );
    for ((name, executed), left) in sums.names.iter().zip(&sums.executed).zip(&sums.left) {
        println!("| {name} | {executed} | {:.5} |", (left / f64::from(sums.programs)).exp());
    }
    if against.programs > 0 {
        println!(
            "\n{} programs that both were counted on: fewer on {}, strictly on {}; in total {}, strictly {}, against {}",
            against.programs, against.fewer, against.fewer_strict, against.ours, against.ours_strict, against.theirs,
        );
    }
}

/// A program with its input.
struct Case {
    path: PathBuf,
    source: Source,
    input: Vec<u8>,
    width: CellWidth,
}

impl Case {
    fn read(argument: &Path, default: CellWidth) -> Result<Case, String> {
        let text = argument.to_string_lossy();
        let (path, width) = match text.rsplit_once(':') {
            Some((path, bits)) => (PathBuf::from(path), width(bits)?),
            None => (argument.to_owned(), default),
        };
        let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
        let input = std::fs::read(path.with_extension("in")).unwrap_or_default();
        let source = Source::new(path.to_string_lossy().into_owned(), bytes).map_err(|error| error.to_string())?;
        Ok(Case { path, source, input, width })
    }

    fn report(
        &self,
        arguments: &Arguments,
        tritium: Option<&Tritium<'_>>,
        passes: &[&bfllvm::opt::Pass],
        sums: &mut Passes,
        against: &mut Against,
    ) {
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let (Some(literal), Some(folded)) = (self.parse(Granularity::Commands), self.parse(Granularity::Folded)) else {
            println!("| {name} | brackets do not match | | | | | |");
            return;
        };
        let written = self.run(&literal, arguments.follow);
        if let Some(Run { steps, .. }) = written {
            self.follow(literal, steps, passes, sums);
        }
        let without_evaluation = Level::O2.passes(Start::Ahead).filter(|pass| !pass.name.starts_with("evaluate"));
        let strict = without_evaluation.fold(folded.clone(), |program, pass| pass.apply(program));
        let strict = self.run(&without_scans(&strict), arguments.budget);
        let program = Level::O2.passes(Start::Ahead).fold(folded, |program, pass| pass.apply(program));
        let ours = self.run(&program, arguments.budget);
        let theirs = tritium.map(|tritium| tritium.run(&self.path, &self.input, self.width));

        let (mut left, mut ratio, mut ratio_strict) = (String::new(), String::new(), String::new());
        match (theirs, &ours, &strict) {
            (Some(Ok(Left { executed, output })), Some(ours), Some(strict)) => {
                left = executed.to_string();
                if output == ours.output {
                    ratio = format!("{:.3}", ours.steps as f64 / executed.max(1) as f64);
                    ratio_strict = format!("{:.3}", strict.steps as f64 / executed.max(1) as f64);
                    against.programs += 1;
                    against.fewer += u32::from(ours.steps < executed);
                    against.fewer_strict += u32::from(strict.steps < executed);
                    against.ours += ours.steps;
                    against.ours_strict += strict.steps;
                    against.theirs += executed;
                } else {
                    ratio = "prints something else".into();
                }
            }
            (Some(Ok(Left { executed, .. })), _, _) => left = executed.to_string(),
            (Some(Err(reason)), _, _) => left = reason,
            (None, _, _) => {}
        }
        let show = |run: &Option<Run>, budget: u64| match run {
            Some(run) => run.steps.to_string(),
            None => format!("> {budget}"),
        };
        println!(
            "| {name} | {} | {} | {} | {left} | {ratio} | {ratio_strict} |",
            show(&written, arguments.follow),
            show(&ours, arguments.budget),
            show(&strict, arguments.budget),
        );
    }

    /// Counts after each pass.
    fn follow(&self, literal: Program, written: u64, passes: &[&bfllvm::opt::Pass], sums: &mut Passes) {
        sums.programs += 1;
        let (mut program, mut steps) = (literal, written);
        sums.executed[0] += steps;
        for (number, pass) in passes.iter().enumerate() {
            let before = program.clone();
            program = pass.apply(program);
            if program.ops != before.ops
                && let Some(run) = self.run(&program, written)
            {
                steps = run.steps;
            }
            sums.executed[number + 1] += steps;
            sums.left[number + 1] += (steps.max(1) as f64 / written.max(1) as f64).ln();
        }
    }

    fn parse(&self, granularity: Granularity) -> Option<Program> {
        let options = Options { width: self.width, granularity, hash: Hash::Comment, bang: Bang::Comment };
        let program = parse(&self.source, &options).ok()?.program;
        Some(Program { entry: Entry::of(&self.dialect()), ..program })
    }

    fn dialect(&self) -> Dialect {
        Dialect::new(self.width, Eof::Same, DEFAULT_TAPE_CELLS)
    }

    /// The whole run; nothing if it takes more than `budget` steps.
    fn run(&self, program: &Program, budget: u64) -> Option<Run> {
        let mut machine = Machine::new(program, &self.dialect());
        let mut io = MemoryIo { input: &self.input, ..MemoryIo::default() };
        let status = machine.run(&mut io, budget);
        (status == Status::Finished).then(|| Run { steps: machine.steps(), output: io.output })
    }
}

/// A run to the program's end.
struct Run {
    steps: u64,
    output: Vec<u8>,
}

/// The program with loops in place of its scans and walks.
fn without_scans(program: &Program) -> Program {
    let mask = program.width.mask();
    let mut builder = Builder::default();
    for &Op { kind, span } in &program.ops {
        match kind {
            Kind::Scan { cell, stride } => {
                builder.push(Kind::Loop { cell, end: 0 }, span);
                builder.push(Kind::Move { delta: stride }, span);
                builder.push(Kind::LoopEnd { start: 0 }, span);
            }
            Kind::Walk { cell, stride, leave, enter } => {
                let change = |delta: i32| Kind::Add { cell, delta: i64::from(delta) as u64 & mask };
                builder.push(Kind::Loop { cell, end: 0 }, span);
                if leave != 0 {
                    builder.push(change(leave), span);
                }
                builder.push(Kind::Move { delta: stride }, span);
                if enter != 0 {
                    builder.push(change(enter), span);
                }
                builder.push(Kind::LoopEnd { start: 0 }, span);
            }
            _ => builder.push(kind, span),
        }
    }
    Program { text: program.text.clone(), ..builder.finish(program.width) }
}
