//! How many operations the reference interpreter still has to do after each pass of -O2.
//!
//! ```text
//! cargo bench --bench executed -- [--cells N] [--budget N] [PROGRAM.bf...]
//! ```
//! Without programs those in `examples`. Each is given the file with the ending `.in` beside it as its input, if
//! there is one. A program that takes more steps than the budget (10^9) as it is written is not followed pass by pass,
//! and one that still does at the end is not counted.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bfllvm::dialect::{CellWidth, Dialect, Eof};
use bfllvm::ir::Program;
use bfllvm::level::{Level, Start};
use bfllvm::parse::{Bang, Granularity, Hash, Options, parse};
use bfllvm::reference::{Machine, MemoryIo, Status};
use bfllvm::source::Source;

struct Arguments {
    width: CellWidth,
    budget: u64,
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
    let mut arguments = Arguments { width: CellWidth::W8, budget: 1_000_000_000, programs: Vec::new() };
    // Cargo adds `--bench`.
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let mut number =
            || words.next().and_then(|word| word.parse::<u64>().ok()).ok_or(format!("{word} needs a number"));
        match word.as_str() {
            "--cells" => {
                let bits = number()?;
                let width = CellWidth::ALL.into_iter().find(|width| u64::from(width.bits()) == bits);
                arguments.width = width.ok_or("cells have 8, 16, 32 or 64 bits")?;
            }
            "--budget" => arguments.budget = number()?,
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

fn report(arguments: &Arguments) {
    let passes: Vec<_> = Level::O2.passes(Start::Ahead).collect();
    let mut after_each = vec![0; passes.len() + 1];
    let mut followed = 0;
    println!("| program | as written | at -O2 |\n|---|---|---|");
    for path in &arguments.programs {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let (source, input) = match read(path) {
            Ok(files) => files,
            Err(message) => {
                println!("| {name} | {message} | |");
                continue;
            }
        };
        let options =
            |granularity| Options { width: arguments.width, granularity, hash: Hash::Comment, bang: Bang::Comment };
        let Ok(parsed) = parse(&source, &options(Granularity::Commands)) else {
            println!("| {name} | no program | |");
            continue;
        };
        let mut program = parsed.program;
        let written = steps(&program, &input, arguments.budget);
        let mut counts = vec![written];
        for pass in &passes {
            program = pass.apply(program);
            if written.is_some() {
                counts.push(steps(&program, &input, arguments.budget));
            }
        }
        let last = steps(&program, &input, arguments.budget);
        let show = |count: Option<u64>| count.map_or("over budget".into(), |count| count.to_string());
        println!("| {name} | {} | {} |", show(written), show(last));
        if written.is_some() {
            followed += 1;
            for (sum, count) in after_each.iter_mut().zip(counts) {
                *sum += count.unwrap_or(0);
            }
        }
    }
    println!("\n| {followed} programs, after | operations executed |\n|---|---|");
    let names = std::iter::once("parsing").chain(passes.iter().map(|pass| pass.name));
    for (name, count) in names.zip(after_each) {
        println!("| {name} | {count} |");
    }
}

fn read(path: &Path) -> Result<(Source, Vec<u8>), String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let input = std::fs::read(path.with_extension("in")).unwrap_or_default();
    Ok((Source::new(path.to_string_lossy().into_owned(), bytes).map_err(|error| error.to_string())?, input))
}

/// The steps of the whole run; nothing if there are more than `budget`.
fn steps(program: &Program, input: &[u8], budget: u64) -> Option<u64> {
    let dialect = Dialect::new(program.width, Eof::Same, 1 << 24);
    let mut machine = Machine::new(program, &dialect);
    let mut io = MemoryIo { input, ..MemoryIo::default() };
    let status = machine.run(&mut io, budget);
    (status != Status::Paused).then_some(machine.steps())
}
