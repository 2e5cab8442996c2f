//! The sections in which candidates run programs: those of the corpus, a small one to see how it starts, and one that copies.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bfllvm::dialect::Eof;

use super::arguments::Arguments;
use super::candidate::Candidate;
use super::contest::{Contest, Rounds, Row};
use super::corpus::{Corpus, Program};
use super::process::{Manner, Output};
use super::progress::Progress;

/// How often a program is measured where nothing else is said, unless it takes long.
const RUNS: usize = 7;
const RUNS_TIME: Duration = Duration::from_secs(60);

/// Measurements of starts, which are short and scatter.
const STARTUP_RUNS: usize = 20;

/// Bytes that are copied to see that they come out as they went in.
const TRIAL_BYTES: u64 = 1_000_000;

/// Rows of times.
#[derive(Clone, Debug)]
pub struct Race {
    pub candidates: Vec<Candidate>,
    /// What ratios are to.
    pub base: usize,
    pub rows: Vec<Row>,
    /// What was left out.
    pub skipped: Vec<String>,
    /// What is odd about the list.
    pub warnings: Vec<String>,
}

impl Race {
    /// With a single program.
    #[must_use]
    pub fn of_one(candidates: Vec<Candidate>, base: usize, row: Row) -> Race {
        Race { candidates, base, rows: vec![row], skipped: Vec::new(), warnings: Vec::new() }
    }

    /// What should not be.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let rows = self.rows.iter().flat_map(|row| {
            std::iter::zip(&self.candidates, &row.entries).filter_map(|(candidate, entry)| {
                Some(format!("{}: {}: {}", row.program, candidate.name, entry.complaint()?))
            })
        });
        rows.collect()
    }
}

/// What all sections have in common.
pub struct Setting<'a> {
    pub arguments: &'a Arguments,
    pub candidates: &'a [Candidate],
    pub base: usize,
    pub manner: &'a Manner,
    /// For files that nobody needs afterwards.
    pub directory: &'a Path,
}

impl Setting<'_> {
    fn contest<'a>(&'a self, candidates: &'a [Candidate], rounds: Rounds, output: Output) -> Contest<'a> {
        Contest { candidates, rounds, manner: self.manner, output, directory: self.directory }
    }

    fn rounds(&self) -> Rounds {
        match self.arguments.runs {
            Some(runs) => Rounds { count: runs as usize, budget: None, batch: 1 },
            None => Rounds { count: RUNS, budget: Some(RUNS_TIME), batch: 1 },
        }
    }
}

/// The programs of the corpus.
pub fn programs(setting: &Setting, progress: &mut Progress) -> Result<Race> {
    let arguments = setting.arguments;
    let wanted = arguments.programs.split([' ', ',', '\n']).filter(|name| !name.is_empty());
    let wanted: Vec<_> = wanted.map(str::to_owned).collect();
    let corpus = Corpus::read(&arguments.corpus, arguments.list.as_deref(), &wanted)?;
    let contest = setting.contest(setting.candidates, setting.rounds(), Output::Kept);
    let rows = corpus.programs.iter().map(|program| contest.measure(program, None, progress)).collect::<Result<_>>()?;
    let (skipped, warnings) = (corpus.skipped, corpus.warnings);
    Ok(Race { candidates: setting.candidates.to_vec(), base: setting.base, rows, skipped, warnings })
}

/// The example that greets, in batches, against a Rust program that does nothing.
pub fn startup(setting: &Setting, progress: &mut Progress) -> Result<Race> {
    progress.say("compiling an empty program");
    let mut candidates = vec![Candidate::empty(&empty_program(setting.directory)?)];
    candidates.extend(setting.candidates.iter().cloned());
    let count = setting.arguments.runs.map_or(STARTUP_RUNS, |runs| runs as usize);
    let rounds = Rounds { count, budget: None, batch: setting.arguments.batch as usize };
    let row = setting.contest(&candidates, rounds, Output::Kept).measure(&hello(), None, progress)?;
    Ok(Race::of_one(candidates, 0, row))
}

/// `,[.,]`, from a file to nowhere; a short file first, to see that it copies.
pub fn copy(setting: &Setting, progress: &mut Progress) -> Result<Race> {
    progress.say("writing what is to be copied");
    let path = |name: &str| setting.directory.join(name);
    std::fs::write(path("copy.bf"), ",[.,]").context("cannot write a program to measure")?;
    let (trial, whole) = (path("copy.in"), path("copy-whole.in"));
    write_bytes(&trial, TRIAL_BYTES).context("cannot write what is to be copied")?;
    write_bytes(&whole, setting.arguments.copy_bytes).context("cannot write what is to be copied")?;
    let program =
        Program { eof: Eof::Zero, expected: Some(trial.clone()), input: Some(trial), ..Program::at(&path("copy.bf")) };
    let contest = setting.contest(setting.candidates, setting.rounds(), Output::Dropped);
    let row = contest.measure(&program, Some(&whole), progress);
    // It is large.
    std::fs::remove_file(&whole).context("cannot remove what was copied")?;
    Ok(Race::of_one(setting.candidates.to_vec(), setting.base, row?))
}

/// The example that is small.
#[must_use]
pub fn hello() -> Program {
    Program::at(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/hello.bf")))
}

/// Compiles `fn main() {}`.
pub fn empty_program(directory: &Path) -> Result<PathBuf> {
    let (source, executable) = (directory.join("empty.rs"), directory.join("empty"));
    std::fs::write(&source, "fn main() {}\n").context("cannot write an empty program")?;
    // Cargo says where it is, and its compiler is beside it.
    let beside = std::env::var_os("CARGO").map(|cargo| PathBuf::from(cargo).with_file_name("rustc"));
    let compiler = beside.filter(|path| path.is_file()).unwrap_or_else(|| "rustc".into());
    let outcome = Command::new(&compiler).arg("-O").arg("-o").args([&executable, &source]).output();
    let outcome = outcome.with_context(|| format!("cannot start {}", compiler.display()))?;
    let said = String::from_utf8_lossy(&outcome.stderr);
    ensure!(outcome.status.success(), "{} cannot compile an empty program: {said}", compiler.display());
    Ok(executable)
}

/// Bytes of all values but 0, which ends the copying.
fn write_bytes(path: &Path, count: u64) -> std::io::Result<()> {
    let pattern: Vec<u8> = (0..1 << 16).map(|index: u32| (index * 7 % 255 + 1) as u8).collect();
    let mut file = std::fs::File::create(path)?;
    let mut left = count as usize;
    while left > 0 {
        let part = left.min(pattern.len());
        file.write_all(&pattern[..part])?;
        left -= part;
    }
    Ok(())
}
