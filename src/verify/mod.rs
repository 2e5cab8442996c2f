//! Holds every engine and level against the definition of the language.
//!
//! The reference interpreter runs the unoptimised program ([`base`]). Each candidate, an engine with a level, is run with the
//! same input, and [`mod@judge`] says whether its output and its end are what the contract allows. For one that is wrong
//! [`blame`] looks for the step that makes it so: one of the level's passes, or what comes behind them.
//!
//! A run is bounded in time, steps and output. Where one is cut off, what is compared is the output so far, and if the reference
//! is known never to end, that no other run does.
//!
//! How a candidate is run is the business of a [`Runner`]; nothing here knows processes, machine code or LLVM.

pub mod base;
pub mod blame;
pub mod judge;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::level::{Level, Start};
use base::{Base, Place};
use blame::{Culprit, Suspects};
use judge::{Difference, Exactness, Judgement, judge};

/// What runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The reference interpreter, which runs what the passes made.
    Reference,
    Baseline,
    /// Baseline code whose loops are compiled by LLVM, and waited for, when they are first come to.
    TieredAtOnce,
    /// The same at passages that are chosen at random.
    TieredAtRandom,
    Llvm,
}

impl Engine {
    pub const ALL: [Engine; 5] =
        [Engine::Reference, Engine::Baseline, Engine::TieredAtOnce, Engine::TieredAtRandom, Engine::Llvm];

    /// A name that does not change.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Engine::Reference => "reference",
            Engine::Baseline => "baseline",
            Engine::TieredAtOnce => "tiered-at-once",
            Engine::TieredAtRandom => "tiered-at-random",
            Engine::Llvm => "llvm",
        }
    }

    /// When the code starts that is made in this way for users: which of a level's passes the engine gets the results of. The
    /// interpreter is held to all passes.
    #[must_use]
    pub fn starts(self) -> &'static [Start] {
        match self {
            Engine::Reference => &[Start::Ahead, Start::AtOnce],
            Engine::Baseline | Engine::TieredAtRandom => &[Start::AtOnce],
            Engine::TieredAtOnce => &[Start::AtOnce, Start::InParts],
            Engine::Llvm => &[Start::Ahead],
        }
    }

    /// Whether LLVM compiles for it.
    #[must_use]
    pub fn has_llvm(self) -> bool {
        match self {
            Engine::Reference | Engine::Baseline => false,
            Engine::TieredAtOnce | Engine::TieredAtRandom | Engine::Llvm => true,
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    Ended,
    /// It accessed this cell, which is not on the tape.
    Faulted {
        cell: i64,
    },
    /// It was stopped at a bound.
    CutOff,
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub finish: Finish,
    pub output: Vec<u8>,
}

/// Where runs are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub time: Duration,
    /// As much more for engines that compile while the program runs.
    pub compiling: Duration,
    /// Of interpreters, in operations.
    pub steps: u64,
    /// In bytes.
    pub output: usize,
}

/// One way to run the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub engine: Engine,
    pub level: Level,
    pub start: Start,
    /// How many of the level's stages are done before the engine is handed the program.
    pub stages: usize,
    /// How many passes LLVM may run, if that is bounded.
    pub llvm_passes: Option<u32>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ran(Run),
    /// It died, or gave up over a bug: how.
    Broken(String),
    /// It could not be run within the bounds of time, memory or stack: why.
    NotRun(String),
}

/// Knows how to run the program.
pub trait Runner: Sync {
    fn run(&self, attempt: &Attempt, bounds: &Bounds) -> Outcome;

    /// The names of the level's stages for code that starts then: what is done to the unoptimised program, in order. The
    /// engine gets the result.
    fn stages(&self, level: Level, start: Start) -> Vec<String>;

    /// The names of the passes that LLVM runs in this attempt, in order; empty where that is not to be had.
    fn llvm_passes(&self, attempt: &Attempt, bounds: &Bounds) -> Vec<String>;
}

/// An engine with a level, or with several that are the same to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub engine: Engine,
    /// One at least.
    pub levels: Vec<Level>,
    pub start: Start,
}

impl Candidate {
    fn attempt(&self, runner: &dyn Runner) -> Attempt {
        let (level, start) = (self.levels[0], self.start);
        Attempt { engine: self.engine, level, start, stages: runner.stages(level, start).len(), llvm_passes: None }
    }
}

/// What was found out about a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub candidate: Candidate,
    pub verdict: Verdict,
    /// How its run ended, and how many bytes it printed, if it ran.
    pub ran: Option<(Finish, usize)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Output and end are as the contract has them.
    Same,
    /// So many bytes of output are: all that the reference printed before it was cut off, or what is known not to be wrong
    /// behind its fault.
    SoFar {
        bytes: usize,
    },
    /// So many bytes of output are, but it was cut off before it got as far as the reference.
    Behind {
        bytes: usize,
    },
    Wrong {
        problem: Problem,
        culprit: Culprit,
    },
    /// Why it could not be run.
    NotCompared(String),
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// And the command of the program that it is about, where there is one.
    Different(Difference, Option<Place>),
    /// It died: how.
    Broken(String),
}

/// All of these engines with all of these levels, without what would be the same twice. The levels' stages decide that for
/// engines that do not look at the level itself.
#[must_use]
pub fn candidates(engines: &[Engine], levels: &[Level], runner: &dyn Runner) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for &engine in engines {
        for &start in engine.starts() {
            for (stages, levels) in groups(levels, start, runner) {
                match engine {
                    // That is what all are compared with.
                    Engine::Reference if stages.is_empty() => {}
                    // No passes are left to the parts either.
                    Engine::TieredAtOnce if stages.is_empty() && start == Start::InParts => {}
                    Engine::Reference | Engine::Baseline => candidates.push(Candidate { engine, levels, start }),
                    Engine::TieredAtOnce | Engine::TieredAtRandom | Engine::Llvm => {
                        candidates.extend(levels.iter().map(|&level| Candidate { engine, levels: vec![level], start }));
                    }
                }
            }
        }
    }
    candidates
}

/// The levels, those with the same stages together.
fn groups(levels: &[Level], start: Start, runner: &dyn Runner) -> Vec<(Vec<String>, Vec<Level>)> {
    let mut groups: Vec<(Vec<String>, Vec<Level>)> = Vec::new();
    for &level in levels {
        let stages = runner.stages(level, start);
        match groups.iter_mut().find(|(other, _)| *other == stages) {
            Some((_, levels)) => levels.push(level),
            None => groups.push((stages, vec![level])),
        }
    }
    groups
}

/// How long a candidate is given where the reference was cut off, if that printed nothing late.
const LEAST_TIME: Duration = Duration::from_secs(2);

/// The bounds of candidates: where the reference ended by itself, those of the reference; else what a candidate should need to
/// print as much, with room to spare. More output than there is to be compared is never waited for.
#[must_use]
fn bounds_of_candidates(base: &Base<'_>, bounds: &Bounds) -> Bounds {
    let (time, compiling) = match base.run.finish {
        Finish::Ended | Finish::Faulted { .. } => (bounds.time, bounds.compiling),
        Finish::CutOff => ((2 * base.last_output).max(LEAST_TIME.min(bounds.time)), bounds.compiling.min(bounds.time)),
    };
    let longest = base.run.output.len().max(base.ample.as_ref().map_or(0, |run| run.output.len()));
    Bounds { time, compiling, output: longest + 1, ..*bounds }
}

/// Runs the candidates, `workers` at a time, and compares them with the reference. `progress` is told what is being done.
pub fn verify(
    base: &Base<'_>,
    candidates: Vec<Candidate>,
    bounds: &Bounds,
    runner: &dyn Runner,
    workers: usize,
    progress: &(dyn Fn(&str) + Sync),
) -> Vec<Row> {
    let bounds = bounds_of_candidates(base, bounds);
    let judged = run_all(base, &candidates, &bounds, runner, workers, progress);
    let mut suspects = Suspects::new(base, &bounds, runner, progress);
    let rows = std::iter::zip(candidates, judged).map(|(candidate, judged)| {
        let attempt = candidate.attempt(runner);
        let (ran, verdict) = match judged {
            Judged::Ran(finish, bytes, judgement) => (
                Some((finish, bytes)),
                match judgement {
                    Judgement::Same => Verdict::Same,
                    Judgement::SoFar { bytes } if bytes < base.run.output.len() => Verdict::Behind { bytes },
                    Judgement::SoFar { bytes } if finish == Finish::CutOff && base.cut.is_none() => {
                        Verdict::Behind { bytes }
                    }
                    Judgement::SoFar { bytes } => Verdict::SoFar { bytes },
                    Judgement::Different(difference) => {
                        let problem = Problem::Different(difference, base.place_of(&difference));
                        Verdict::Wrong { problem, culprit: suspects.find(&attempt, difference.byte) }
                    }
                },
            ),
            Judged::Broken(why) => {
                let culprit = suspects.find(&attempt, 0);
                (None, Verdict::Wrong { problem: Problem::Broken(why), culprit })
            }
            Judged::NotRun(why) => (None, Verdict::NotCompared(why)),
        };
        Row { candidate, verdict, ran }
    });
    rows.collect()
}

/// An outcome, the output being compared already: it may be long, and there are many.
enum Judged {
    Ran(Finish, usize, Judgement),
    Broken(String),
    NotRun(String),
}

/// Runs all candidates; what became of each, in the same order.
fn run_all(
    base: &Base<'_>,
    candidates: &[Candidate],
    bounds: &Bounds,
    runner: &dyn Runner,
    workers: usize,
    progress: &(dyn Fn(&str) + Sync),
) -> Vec<Judged> {
    let (next, all) = (AtomicUsize::new(0), candidates.len());
    let judged: Mutex<Vec<Option<Judged>>> = Mutex::new(candidates.iter().map(|_| None).collect());
    let work = || {
        while let index = next.fetch_add(1, Relaxed)
            && let Some(candidate) = candidates.get(index)
        {
            progress(&format!("{} of {all}: {} {}", index + 1, candidate.engine.name(), candidate.levels[0]));
            let attempt = candidate.attempt(runner);
            let outcome = match runner.run(&attempt, bounds) {
                Outcome::Ran(run) => Judged::Ran(run.finish, run.output.len(), judge(base, &run, exactness(&attempt))),
                Outcome::Broken(why) => Judged::Broken(why),
                Outcome::NotRun(why) => Judged::NotRun(why),
            };
            judged.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(outcome);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..workers.clamp(1, all.max(1)) {
            scope.spawn(work);
        }
    });
    let judged = judged.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Where there is nothing a worker died with the thread's scope, which hands its panic on.
    judged.into_iter().map(|judged| judged.expect("every candidate was run")).collect()
}

/// An unoptimised program makes every access.
fn exactness(attempt: &Attempt) -> Exactness {
    if attempt.stages == 0 && attempt.level == Level::O0 { Exactness::Exact } else { Exactness::Optimized }
}

#[cfg(test)]
mod testing {
    use std::time::Duration;

    use super::Bounds;
    use crate::dialect::CellWidth;
    use crate::ir::Program;
    use crate::parse::{Bang, Granularity, Hash, Options, parse};
    use crate::source::Source;

    pub const BOUNDS: Bounds =
        Bounds { time: Duration::from_secs(60), compiling: Duration::ZERO, steps: 1_000_000, output: 1000 };

    /// The unoptimised program, for cells of 8 bits.
    pub fn program(code: &str) -> Program {
        let source = Source::new("t", code.as_bytes().to_vec()).unwrap();
        let (width, granularity) = (CellWidth::W8, Granularity::Commands);
        let options = Options { width, granularity, hash: Hash::Comment, bang: Bang::Comment };
        parse(&source, &options).unwrap().program
    }
}
