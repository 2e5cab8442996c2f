//! Which step makes a program go wrong: by bisection over how many are done.
//!
//! First over the stages of the level, each prefix of which is run in the reference interpreter. If all of them are innocent
//! it is what comes behind: the engine, and with it LLVM, whose passes are bisected in the same way.

use std::collections::HashMap;

use super::base::{Base, Cut};
use super::judge::{Exactness, Judgement, judge};
use super::{Attempt, Bounds, Engine, Outcome, Runner};

/// What is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Culprit {
    /// This stage, the `number`-th of so many: with those before it the reference interpreter is right, with it it is not.
    Stage { name: String, number: usize, of: usize },
    /// What the stages make is right; what the engine makes of it is not.
    Engine { engine: Engine, llvm: Llvm },
    /// It could not be found out: why.
    Unknown(String),
}

/// What LLVM's passes have to do with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Llvm {
    /// Nothing, or nobody can tell.
    Unknown,
    /// It is wrong without any pass that may be left out.
    Innocent,
    /// This one, the `number`-th that LLVM runs, makes it wrong.
    Pass { name: String, number: usize, of: usize },
}

/// Looks for what is to blame, and remembers what it found about stages.
pub struct Suspects<'a> {
    base: &'a Base<'a>,
    bounds: &'a Bounds,
    runner: &'a dyn Runner,
    progress: &'a dyn Fn(&str),
    /// For each list of stages the one to blame, if it is one.
    stages: HashMap<Vec<String>, Option<Culprit>>,
}

impl<'a> Suspects<'a> {
    pub fn new(
        base: &'a Base<'a>,
        bounds: &'a Bounds,
        runner: &'a dyn Runner,
        progress: &'a dyn Fn(&str),
    ) -> Suspects<'a> {
        Suspects { base, bounds, runner, progress, stages: HashMap::new() }
    }

    /// What is to blame for what `attempt` does wrong, at this byte of the output.
    pub fn find(&mut self, attempt: &Attempt, byte: usize) -> Culprit {
        let names = self.runner.stages(attempt.level, attempt.start);
        let stages = match self.stages.get(&names) {
            Some(known) => known.clone(),
            None => {
                let found = self.blame_stages(attempt, &names, byte);
                self.stages.insert(names, found.clone());
                found
            }
        };
        stages.unwrap_or_else(|| Culprit::Engine { engine: attempt.engine, llvm: self.blame_llvm(attempt, byte) })
    }

    fn blame_stages(&self, attempt: &Attempt, names: &[String], byte: usize) -> Option<Culprit> {
        let of = names.len();
        let is_wrong = |stages| {
            (self.progress)(&format!("{}: looking for the pass to blame, {stages} of {of}", attempt.level));
            let prefix = Attempt { engine: Engine::Reference, stages, llvm_passes: None, ..*attempt };
            self.is_wrong(&prefix, byte)
        };
        match is_wrong(of) {
            Ok(false) => None,
            // The reference itself is right.
            Ok(true) => Some(match first_wrong(of, is_wrong) {
                Ok(number) => Culprit::Stage { name: names[number - 1].clone(), number, of },
                Err(why) => Culprit::Unknown(why),
            }),
            Err(why) => Some(Culprit::Unknown(why)),
        }
    }

    fn blame_llvm(&self, attempt: &Attempt, byte: usize) -> Llvm {
        if !attempt.engine.has_llvm() {
            return Llvm::Unknown;
        }
        let names = self.runner.llvm_passes(attempt, self.bounds);
        let of = names.len();
        let is_wrong = |passes| {
            (self.progress)(&format!("{}: looking for LLVM's pass to blame, {passes} of {of}", attempt.level));
            self.is_wrong(&Attempt { llvm_passes: Some(passes as u32), ..*attempt }, byte)
        };
        match (of > 0).then(|| is_wrong(0)) {
            None | Some(Err(_)) => Llvm::Unknown,
            Some(Ok(true)) => Llvm::Innocent,
            Some(Ok(false)) => match first_wrong(of, is_wrong) {
                Ok(number) => Llvm::Pass { name: names[number - 1].clone(), number, of },
                Err(_) => Llvm::Unknown,
            },
        }
    }

    /// Whether this attempt goes wrong, at the latest at this byte of the output.
    ///
    /// # Errors
    /// It did not get there: why.
    fn is_wrong(&self, attempt: &Attempt, byte: usize) -> Result<bool, String> {
        let run = match self.runner.run(attempt, self.bounds) {
            Outcome::Ran(run) => run,
            Outcome::Broken(_) => return Ok(true),
            Outcome::NotRun(why) => return Err(why),
        };
        match judge(self.base, &run, Exactness::Optimized) {
            Judgement::Different(_) => Ok(true),
            Judgement::Same => Ok(false),
            Judgement::SoFar { bytes } if bytes > byte => Ok(false),
            // It goes on, as it is to.
            Judgement::SoFar { bytes }
                if self.base.cut == Some(Cut::Endless) && bytes == self.base.run.output.len() =>
            {
                Ok(false)
            }
            Judgement::SoFar { bytes } => {
                Err(format!("the runs to compare were cut off after {bytes} bytes of output; try a longer --timeout"))
            }
        }
    }
}

/// The smallest number of steps with which it goes wrong, if it does with `all` and not with none.
fn first_wrong<E>(all: usize, is_wrong: impl Fn(usize) -> Result<bool, E>) -> Result<usize, E> {
    let (mut right, mut wrong) = (0, all);
    while wrong - right > 1 {
        let middle = right.midpoint(wrong);
        if is_wrong(middle)? { wrong = middle } else { right = middle }
    }
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bisection_finds_every_first() {
        for all in 1..20 {
            for first in 1..=all {
                assert_eq!(first_wrong(all, |steps| Ok::<_, ()>(steps >= first)), Ok(first), "{first} of {all}");
            }
        }
        assert_eq!(first_wrong(9, |_| Err("cut off")), Err("cut off"));
    }
}
