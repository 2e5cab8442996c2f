//! The optimisation levels: which passes each runs, ours and LLVM's.

use crate::ir::Program;
use crate::opt::Pass;
use crate::parse::Granularity;

/// An optimisation level, as in `-O2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Level {
    O0,
    O1,
    #[default]
    O2,
    O3,
    Os,
    Oz,
}

/// A row of the level table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub level: Level,
    /// What follows `-O` on a command line.
    pub name: &'static str,
    pub summary: &'static str,
    pub granularity: Granularity,
    /// Our passes, in the order in which they run.
    pub passes: &'static [&'static str],
    /// LLVM's passes, in the syntax of `opt -passes=`; empty for none.
    pub llvm_passes: &'static str,
    pub codegen: Codegen,
}

/// How hard LLVM's code generator tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codegen {
    None,
    Less,
    Default,
    Aggressive,
}

/// The passes whose work is done while reading, in [`Granularity::Folded`].
pub const WHILE_READING: &[&str] = &["runs", "deadloops", "offsets", "clear", "scan"];

/// Behind [`WHILE_READING`]. What follows values makes neighbours that `combine` can merge. Of short programs nothing is left by
/// `evaluate-start` for the passes that take long. What `closed` has joined leaves moves in between, for `offsets`. Some loops count
/// only once `values` has dropped what they assigned for nothing, behind copies that are gone; `trips` spares `count` the way through loops
/// that it cannot tell anything of.
const OUR_PASSES: &[&str] = &[
    "nest",
    "combine",
    "clear",
    "scan",
    "walk",
    "multiply",
    "evaluate-start",
    "values",
    "combine",
    "closed",
    "offsets",
    "combine",
    "trips",
    "words",
    "count",
    "closed-counts",
    "combine",
    "ripple",
    "ladder",
    "deadstores",
    "values",
    "combine",
    "count",
    "closed-counts",
    "combine",
    "evaluate",
    "combine",
];

/// Most of what `default<O2>` does brings nothing for BF: see the table of [`crate::llvm::pipeline`].
const SHORT_PIPELINE: &str = "always-inline,globaldce,function(early-cse<memssa>,gvn,jump-threading,simplifycfg)";

/// All levels.
pub const LEVELS: &[Row] = &[
    Row {
        level: Level::O0,
        name: "0",
        summary: "the program as it stands: one command, one group of instructions",
        granularity: Granularity::Commands,
        passes: &[],
        llvm_passes: "",
        codegen: Codegen::None,
    },
    Row {
        level: Level::O1,
        name: "1",
        summary: "our passes, and little of LLVM",
        granularity: Granularity::Folded,
        passes: OUR_PASSES,
        llvm_passes: "always-inline,globaldce,function(early-cse<memssa>,simplifycfg)",
        codegen: Codegen::Less,
    },
    Row {
        level: Level::O2,
        name: "2",
        summary: "our passes and a short pipeline of LLVM's (default)",
        granularity: Granularity::Folded,
        passes: OUR_PASSES,
        llvm_passes: SHORT_PIPELINE,
        codegen: Codegen::Default,
    },
    Row {
        level: Level::O3,
        name: "3",
        summary: "everything, whatever it costs at compile time",
        granularity: Granularity::Folded,
        passes: OUR_PASSES,
        llvm_passes: "default<O3>",
        codegen: Codegen::Aggressive,
    },
    Row {
        level: Level::Os,
        name: "s",
        summary: "small code",
        granularity: Granularity::Folded,
        passes: OUR_PASSES,
        llvm_passes: "default<Os>",
        codegen: Codegen::Default,
    },
    Row {
        level: Level::Oz,
        name: "z",
        summary: "the smallest code",
        granularity: Granularity::Folded,
        passes: OUR_PASSES,
        llvm_passes: "default<Oz>",
        codegen: Codegen::Default,
    },
];

/// When the code is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Start {
    /// Later, perhaps often.
    Ahead,
    /// As soon as it is there.
    AtOnce,
    /// The same, in a program so large that it would wait long for the passes which take long: they are left to the loops that
    /// turn out hot.
    InParts,
}

impl Start {
    pub const ALL: [Start; 3] = [Start::Ahead, Start::AtOnce, Start::InParts];

    /// A name that does not change.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Start::Ahead => "ahead",
            Start::AtOnce => "at-once",
            Start::InParts => "in-parts",
        }
    }
}

/// What evaluates the beginning, and what does so in code that runs at once.
const EVALUATION: (&str, &str) = ("evaluate", "evaluate-start");

/// The passes that take long: they follow what is known, or execute loops symbolically. On LostKng, 2 MB, they take nine
/// tenths of the time.
const SLOW: &[&str] = &[
    "evaluate-start",
    "values",
    "closed",
    "words",
    "count",
    "closed-counts",
    "deadstores",
    "ripple",
    "ladder",
    "trips",
    "evaluate",
];

/// What large programs start without as well. It goes through all operations several times, which takes a third of the time until the
/// densest 50 MB start, and the templates make code that is as good for most of them: LostKng, compiling included, takes 0.91 of the
/// time without it.
const REPEATED: &str = "combine";

/// Whether the pass is left to the loops that turn out hot, where a program starts in parts.
fn is_for_hot_loops(name: &str) -> bool {
    SLOW.contains(&name) || name == REPEATED
}

impl Level {
    /// The level's row in [`LEVELS`].
    ///
    /// # Panics
    /// Never: every level has a row.
    #[must_use]
    pub fn row(self) -> &'static Row {
        LEVELS.iter().find(|row| row.level == self).expect("every level has a row")
    }

    /// The level whose name follows `-O`.
    #[must_use]
    pub fn named(name: &str) -> Option<Level> {
        LEVELS.iter().find(|row| row.name == name).map(|row| row.level)
    }

    /// The passes whose work is done while reading at this level.
    pub fn passes_while_reading(self) -> impl Iterator<Item = &'static Pass> {
        let names = match self.row().granularity {
            Granularity::Commands | Granularity::Runs => &[],
            Granularity::Folded => WHILE_READING,
        };
        names.iter().filter_map(|name| Pass::named(name))
    }

    /// Our passes at this level, in the order in which they run.
    pub fn passes(self, start: Start) -> impl Iterator<Item = &'static Pass> {
        self.row().passes.iter().filter_map(move |&name| match start {
            Start::AtOnce if name == EVALUATION.0 => Pass::named(EVALUATION.1),
            Start::InParts if is_for_hot_loops(name) => None,
            Start::AtOnce | Start::InParts | Start::Ahead => Pass::named(name),
        })
    }

    /// The passes of [`Start::AtOnce`] in three parts: those that take little time; the others, of which the first may be done
    /// before a program is tried out; and what evaluates it once more, and what serves that: in vain where the trial was.
    #[must_use]
    pub fn passes_around_trial(self) -> [Vec<&'static Pass>; 3] {
        let mut quick: Vec<_> = self.passes(Start::AtOnce).collect();
        let mut slow = quick.split_off(quick.iter().take_while(|pass| !SLOW.contains(&pass.name)).count());
        let evaluates_again = |&(index, pass): &(usize, &&Pass)| index > 0 && pass.name == EVALUATION.1;
        let again = slow.iter().enumerate().find(evaluates_again).map_or(slow.len(), |(index, _)| index);
        let again = slow.split_off(again);
        [quick, slow, again]
    }

    /// A loop that turned out hot, as a program of its own, after our passes at this level that were left to it.
    #[must_use]
    pub fn finish_part(self, start: Start, part: Program) -> Program {
        match start {
            Start::InParts => self.passes(Start::Ahead).fold(part, |part, pass| pass.apply(part)),
            Start::AtOnce | Start::Ahead => part,
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "-O{}", self.row().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_names_passes_that_exist() {
        for row in LEVELS {
            for start in [Start::Ahead, Start::AtOnce] {
                assert_eq!(row.level.passes(start).count(), row.passes.len(), "-O{}", row.name);
            }
            let parts = row.level.passes_around_trial();
            assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), row.passes.len(), "-O{}", row.name);
            assert!(parts[0].iter().all(|pass| !SLOW.contains(&pass.name)), "-O{}", row.name);
            for part in &parts[1..] {
                assert!(part.first().is_none_or(|pass| pass.name == EVALUATION.1), "-O{}", row.name);
            }
            // What is left out behind a trial was done before, or evaluates.
            let is_done = |pass: &Pass| parts[..2].iter().flatten().any(|done| done.name == pass.name);
            assert!(parts[2].iter().all(|pass| is_done(pass)), "-O{}", row.name);
            let left = row.passes.iter().filter(|name| !is_for_hot_loops(name)).count();
            assert_eq!(row.level.passes(Start::InParts).count(), left, "-O{}", row.name);
            assert_eq!(Level::named(row.name), Some(row.level));
        }
    }
}
