//! The optimisation passes: one table, one pass a file.
//!
//! A pass takes a verified program and returns one that does the same under the contract: it never
//! adds an access to the tape, and may drop one only where it has no effect. [`PASSES`] drives the
//! levels, the command line and the property test over all rows.
//!
//! Knows the operations, and the reference interpreter that defines them: nothing of LLVM, engines or the names of
//! levels; and no pass knows another.

mod cells;
mod clear;
mod combine;
mod concrete;
mod count;
mod deadloops;
mod deadstores;
mod effects;
mod evaluate;
mod facts;
mod invariants;
mod ladder;
mod multiply;
mod nest;
mod offsets;
mod paths;
mod polynomial;
mod recorded;
mod ripple;
mod runs;
mod scan;
mod sums;
mod symbolic;
mod tried;
mod trips;
mod values;
mod walk;

use crate::ir::{Program, Shape, verify};

/// A row of the pass table.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    pub name: &'static str,
    pub summary: &'static str,
    seeks: Seeks,
    run: fn(Program) -> Program,
}

/// Without what the pass changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seeks {
    Anything,
    /// Loops and conditions.
    Brackets,
    /// Loops of one operation.
    Short,
    /// Loops around nothing but a loop.
    Hollow,
}

impl Seeks {
    fn may_be_in(self, shape: &Shape) -> bool {
        match self {
            Seeks::Anything => true,
            Seeks::Brackets => shape.has_brackets,
            Seeks::Short => shape.has_short,
            Seeks::Hollow => shape.has_hollow,
        }
    }
}

/// All passes.
pub const PASSES: &[Pass] = &[
    Pass { name: "runs", summary: "take runs of + - and of < > together", seeks: Seeks::Anything, run: runs::run },
    Pass {
        name: "deadloops",
        summary: "delete loops behind a loop that left their cell 0",
        seeks: Seeks::Brackets,
        run: deadloops::run,
    },
    Pass {
        name: "nest",
        summary: "a loop around nothing but a loop on the same cell is that loop",
        seeks: Seeks::Hollow,
        run: nest::run,
    },
    Pass {
        name: "offsets",
        summary: "address cells by offsets instead of moving the pointer",
        seeks: Seeks::Anything,
        run: offsets::run,
    },
    Pass {
        name: "combine",
        summary: "merge additions to and assignments of one cell",
        seeks: Seeks::Anything,
        run: combine::run,
    },
    Pass {
        name: "clear",
        summary: "loops that count their own cell down become assignments",
        seeks: Seeks::Short,
        run: clear::run,
    },
    Pass { name: "scan", summary: "loops that only move become scans", seeks: Seeks::Short, run: scan::run },
    Pass {
        name: "walk",
        summary: "loops that add to a cell and move on become walks",
        seeks: Seeks::Brackets,
        run: walk::run,
    },
    Pass {
        name: "multiply",
        summary: "counted loops of additions become multiplications",
        seeks: Seeks::Brackets,
        run: multiply::run,
    },
    Pass {
        name: "values",
        summary: "follow known values, from the zeroed tape on",
        seeks: Seeks::Anything,
        run: values::run,
    },
    Pass {
        name: "closed",
        summary: "loops whose effect has a closed form, or is known, become that",
        seeks: Seeks::Brackets,
        run: values::run_closed,
    },
    Pass {
        name: "words",
        summary: "loops that count numbers of two cells become additions",
        seeks: Seeks::Brackets,
        run: count::run_words,
    },
    Pass {
        name: "count",
        summary: "loops that divide or compare get an operation that does it",
        seeks: Seeks::Brackets,
        run: count::run,
    },
    Pass {
        name: "closed-counts",
        summary: "closed, once more, behind counts: loops that get lost went away",
        seeks: Seeks::Brackets,
        run: values::run_closed_behind_counts,
    },
    Pass {
        name: "trips",
        summary: "loops that add to a cell far away, by scans there and back, do it at once",
        seeks: Seeks::Brackets,
        run: trips::run,
    },
    Pass {
        name: "ladder",
        summary: "conditions that count one cell down in each other become minima",
        seeks: Seeks::Brackets,
        run: ladder::run,
    },
    Pass {
        name: "ripple",
        summary: "loops that count in binary get an operation that counts up to a carry at once",
        seeks: Seeks::Brackets,
        run: ripple::run,
    },
    Pass {
        name: "deadstores",
        summary: "drop what is written and never read",
        seeks: Seeks::Anything,
        run: deadstores::run,
    },
    Pass {
        name: "evaluate",
        summary: "run the beginning, up to the first input",
        seeks: Seeks::Anything,
        run: evaluate::run,
    },
    Pass {
        name: "evaluate-start",
        summary: "the same, and no further than it takes no time",
        seeks: Seeks::Anything,
        run: evaluate::run_at_once,
    },
];

impl Pass {
    /// The pass called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Pass> {
        PASSES.iter().find(|pass| pass.name == name)
    }

    /// Whether it leaves nothing that it would change. `values` goes over the program once, and `closed` has so many steps to
    /// look ahead.
    #[must_use]
    pub fn settles(&self) -> bool {
        !matches!(self.name, "values" | "closed")
    }

    /// Runs the pass, unless it is known that it would change nothing; in debug builds the result is verified.
    ///
    /// # Panics
    /// If the verifier finds the result malformed: a bug of the pass, which the message names.
    #[must_use]
    pub fn apply(&self, program: Program) -> Program {
        let number = PASSES.iter().position(|pass| pass.name == self.name).expect("a pass of the table");
        if program.shape.settled & 1 << number != 0 || !self.seeks.may_be_in(&program.shape) {
            return program;
        }
        let entry = program.entry;
        let mut program = Program { entry, ..(self.run)(program) };
        // Twice is the same as once.
        program.shape.settled |= u32::from(self.settles()) << number;
        if cfg!(debug_assertions)
            && let Err(violation) = verify::verify(&program)
        {
            panic!("after the pass `{}`: {violation}", self.name);
        }
        program
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use crate::dialect::CellWidth;
    use crate::ir::{Program, Shape, text};

    /// Asserts that `pass` turns the program `before` into `after`. Both are written as in
    /// [`text`], with `/` for the end of a line, without the line `cells`.
    pub fn check(pass: &str, width: CellWidth, before: &str, after: &str) {
        let read = |short: &str| {
            let full = format!("cells {}\n{}", width.bits(), short.replace('/', "\n"));
            text::parse(&full).unwrap_or_else(|error| panic!("{short}: {error}"))
        };
        let pass = super::Pass::named(pass).expect("a pass of the table");
        let result = pass.apply(read(before));
        assert_eq!(text::print(&result, None), text::print(&read(after), None), "{before}");
        if pass.settles() {
            let again = pass.apply(Program { shape: Shape::ANY, ..result.clone() });
            assert_eq!(text::print(&again, None), text::print(&result, None), "twice: {before}");
        }
    }

    pub fn check8(pass: &str, before: &str, after: &str) {
        check(pass, CellWidth::W8, before, after);
    }
}
