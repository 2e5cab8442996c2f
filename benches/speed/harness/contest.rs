//! Lets candidates run one program in turns, and keeps the times of those whose output is right.
//!
//! The first round warms up, and its outputs are compared: with the file that the program comes with, or with the output
//! of the first candidate that ends well. Who prints something else, or ends badly, has no time. Every later output has to be
//! the same again. In each round another candidate goes first.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::candidate::{Candidate, Role, Unable, executable};
use super::corpus::Program;
use super::process::{End, Manner, Output, Run, run};
use super::progress::Progress;
use super::statistics::{geometric_mean, median, minimum, spread};

/// How often candidates are measured.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    pub count: usize,
    /// No round is begun after this time but the first three.
    pub budget: Option<Duration>,
    /// Runs in a row that make up one measurement.
    pub batch: usize,
}

/// Rounds that there are whatever they take.
const LEAST_ROUNDS: usize = 3;

/// What came of one candidate.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// How long it took to compile, where that is a step of its own.
    pub compile_ms: Option<f64>,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The time of each run.
    Times { runs_ms: Vec<f64> },
    /// Its output is wrong from this byte on.
    Different { byte: usize, reference: String },
    /// It ended otherwise than well.
    Failed(String),
    /// It did not come to its end.
    Unfinished(End),
    /// It was not tried.
    Unable(String),
}

impl Default for Outcome {
    fn default() -> Outcome {
        Outcome::Times { runs_ms: Vec::new() }
    }
}

/// A program, and what came of each candidate.
#[derive(Clone, Debug)]
pub struct Row {
    pub program: String,
    /// What outputs were compared with.
    pub reference: Option<String>,
    pub entries: Vec<Entry>,
}

impl Entry {
    #[must_use]
    pub fn runs_ms(&self) -> &[f64] {
        match &self.outcome {
            Outcome::Times { runs_ms } => runs_ms,
            Outcome::Different { .. } | Outcome::Failed(_) | Outcome::Unfinished(_) | Outcome::Unable(_) => &[],
        }
    }

    #[must_use]
    pub fn median_ms(&self) -> Option<f64> {
        median(self.runs_ms())
    }

    #[must_use]
    pub fn minimum_ms(&self) -> Option<f64> {
        minimum(self.runs_ms())
    }

    #[must_use]
    pub fn spread(&self) -> Option<f64> {
        spread(self.runs_ms())
    }

    /// What should not be, in words.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Times { .. } | Outcome::Unfinished(_) | Outcome::Unable(_) => None,
            Outcome::Different { byte, reference } => {
                Some(format!("its output is not that of {reference}, from byte {byte} on"))
            }
            Outcome::Failed(why) => Some(why.clone()),
        }
    }

    /// Why there is no time, short enough for a table.
    #[must_use]
    pub fn no_time(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Times { .. } => None,
            Outcome::Different { .. } => Some("DIFFERENT".into()),
            Outcome::Failed(_) => Some("FAILED".into()),
            Outcome::Unfinished(End::Timeout) => Some("timeout".into()),
            Outcome::Unfinished(_) => Some("flood".into()),
            Outcome::Unable(_) => Some("-".into()),
        }
    }
}

impl Row {
    /// The median of a candidate by that of another.
    #[must_use]
    pub fn ratio(&self, candidate: usize, base: usize) -> Option<f64> {
        Some(self.entries[candidate].median_ms()? / self.entries[base].median_ms()?)
    }
}

/// The geometric mean of the ratios of a candidate to another over the rows that have both, and how many those are.
#[must_use]
pub fn mean_ratio(rows: &[Row], candidate: usize, base: usize) -> Option<(f64, usize)> {
    let ratios: Vec<_> = rows.iter().filter_map(|row| row.ratio(candidate, base)).collect();
    Some((geometric_mean(&ratios)?, ratios.len()))
}

/// What is the same for all programs of a section.
pub struct Contest<'a> {
    pub candidates: &'a [Candidate],
    pub rounds: Rounds,
    pub manner: &'a Manner,
    pub output: Output,
    /// For the executables.
    pub directory: &'a Path,
}

impl Contest<'_> {
    /// Measures all candidates on one program. `timed_input` is what they read once it is clear that they are right, if that
    /// is not the program's own input.
    ///
    /// # Errors
    /// A process cannot be started or watched, or the user wants an end.
    pub fn measure(&self, program: &Program, timed_input: Option<&Path>, progress: &mut Progress) -> Result<Row> {
        let mut runners = Vec::new();
        for (index, candidate) in self.candidates.iter().enumerate() {
            progress.say(&format!("{}: {}, before the first run", program.name, candidate.name));
            runners.push(self.prepare(index, program)?);
        }
        let mut warm_ups = Vec::new();
        for runner in &mut runners {
            progress.say(&format!("{}: {}, warming up", program.name, runner.candidate.name));
            let is_to_run = runner.is_running();
            let manner = self.manner;
            let run = is_to_run.then(|| run(&runner.command, program.input.as_deref(), Output::Kept, manner));
            warm_ups.push(run.transpose()?);
        }
        let expected = self.expected(program, &warm_ups)?;
        for (runner, warm_up) in std::iter::zip(&mut runners, &warm_ups) {
            if let Some(run) = warm_up {
                runner.judge(run, expected.as_ref());
            }
        }
        let input = timed_input.or(program.input.as_deref());
        let begin = Instant::now();
        for round in 0..self.rounds.count {
            if round >= LEAST_ROUNDS && self.rounds.budget.is_some_and(|budget| begin.elapsed() > budget) {
                break;
            }
            runners.rotate_left(1);
            for runner in runners.iter_mut().filter(|runner| runner.is_running()) {
                let (name, count) = (&runner.candidate.name, self.rounds.count);
                progress.say(&format!("{}: {name}, run {} of {count}", program.name, round + 1));
                self.time(runner, input, expected.as_ref())?;
            }
        }
        runners.sort_by_key(|runner| runner.index);
        let entries = runners.into_iter().map(|runner| runner.entry).collect();
        let reference = expected.map(|expected| expected.name);
        Ok(Row { program: program.name.clone(), reference, entries })
    }

    /// Makes a candidate's executable if it needs one, and finds its command.
    fn prepare(&self, index: usize, program: &Program) -> Result<Runner<'_>> {
        let candidate = &self.candidates[index];
        let mut runner = Runner { index, candidate, command: Vec::new(), entry: Entry::default() };
        let path = executable(self.directory, index);
        match candidate.command(program, &path) {
            Err(Unable(why)) => runner.entry.outcome = Outcome::Unable(why),
            Ok(command) if candidate.compiles() => {
                // Nobody may take that of the program before for this one's.
                let _ = std::fs::remove_file(&path);
                let compiled = run(&command, None, Output::Dropped, self.manner)?;
                runner.entry.compile_ms = Some(milliseconds(compiled.time));
                match compiled.end {
                    End::Exit(0) if path.is_file() => runner.command = vec![path.into()],
                    End::Exit(0) => runner.entry.outcome = Outcome::Failed("the compiler made no executable".into()),
                    End::Timeout | End::Flood => runner.entry.outcome = Outcome::Unfinished(compiled.end),
                    End::Exit(_) | End::Signal(_) => {
                        runner.entry.outcome = Outcome::Failed(format!("compiling: {}", last_words(&compiled)));
                    }
                }
            }
            Ok(command) => runner.command = command,
        }
        Ok(runner)
    }

    fn expected(&self, program: &Program, warm_ups: &[Option<Run>]) -> Result<Option<Expected>> {
        if let Some(path) = &program.expected {
            let output = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            return Ok(Some(Expected { name: path.display().to_string(), output }));
        }
        let of = |(candidate, run): (&Candidate, &Option<Run>)| {
            let run = run.as_ref().filter(|run| run.end == End::Exit(0) && candidate.role != Role::Empty)?;
            Some(Expected { name: candidate.name.clone(), output: run.output.clone() })
        };
        Ok(std::iter::zip(self.candidates, warm_ups).find_map(of))
    }

    /// Takes one measurement, as the mean of a batch.
    fn time(&self, runner: &mut Runner, input: Option<&Path>, expected: Option<&Expected>) -> Result<()> {
        let mut sum = Duration::ZERO;
        for _ in 0..self.rounds.batch {
            let run = run(&runner.command, input, self.output, self.manner)?;
            sum += run.time;
            match self.output {
                Output::Kept => runner.judge(&run, expected),
                Output::Dropped => runner.judge_end(&run),
            }
            if !runner.is_running() {
                return Ok(());
            }
        }
        if let Outcome::Times { runs_ms } = &mut runner.entry.outcome {
            runs_ms.push(milliseconds(sum) / self.rounds.batch as f64);
        }
        Ok(())
    }
}

/// What has to be printed, and by whose account.
struct Expected {
    name: String,
    output: Vec<u8>,
}

/// A candidate at work on a program.
struct Runner<'a> {
    index: usize,
    candidate: &'a Candidate,
    command: Vec<OsString>,
    entry: Entry,
}

impl Runner<'_> {
    fn is_running(&self) -> bool {
        matches!(self.entry.outcome, Outcome::Times { .. })
    }

    fn judge(&mut self, run: &Run, expected: Option<&Expected>) {
        self.judge_end(run);
        let Some(expected) = expected.filter(|_| self.candidate.role != Role::Empty) else { return };
        let common = std::iter::zip(&run.output, &expected.output).take_while(|(a, b)| a == b).count();
        // Of a run that was cut off what it has printed has to be right.
        let is_right = match &self.entry.outcome {
            Outcome::Times { .. } => run.output == expected.output,
            Outcome::Unfinished(_) => common == run.output.len(),
            Outcome::Different { .. } | Outcome::Failed(_) | Outcome::Unable(_) => true,
        };
        if !is_right {
            self.entry.outcome = Outcome::Different { byte: common, reference: expected.name.clone() };
        }
    }

    fn judge_end(&mut self, run: &Run) {
        match run.end {
            End::Exit(0) => {}
            End::Timeout | End::Flood => self.entry.outcome = Outcome::Unfinished(run.end),
            End::Exit(_) | End::Signal(_) => self.entry.outcome = Outcome::Failed(last_words(run)),
        }
    }
}

fn last_words(run: &Run) -> String {
    if run.said.is_empty() { run.end.to_string() } else { format!("{}: {}", run.end, run.said) }
}

#[must_use]
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
