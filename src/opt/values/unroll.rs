//! Loops that move along with the pointer for a number of iterations that is known: they are unrolled.
//!
//! ```text
//! set [0] 1                set [0] 1
//! set [4] 1                set [4] 1
//! loop [0]                 set [0] 0
//!   set [0] 0              copy [9] [1] 1
//!   copy [9] [1] 1    →    set [4] 0
//!   move 4                 copy [13] [5] 1
//! end                      move 8
//! ```
//! (cell 8 known to be 0.) Compilers whose numbers have a cell for each digit, and a flag beside it, go through them like this. What is
//! known of all the other cells would end where the pointer gets lost.

use super::Values;
use crate::ir::{Kind, Op};

/// The most operations that a loop is unrolled to, and by how many more a program may get: so many, and for each of its own.
const MAX_UNROLLED: usize = 128;
const MIN_GROWTH: usize = 1000;

/// By how many operations a program of so many may get longer.
pub(super) fn growth_for(ops: usize) -> usize {
    MIN_GROWTH + ops
}

impl Values {
    /// Puts the iterations of the loop on `cell` whose head was just taken, one behind the other, if it is known how many there
    /// are; whether that was done.
    pub(super) fn unroll(&mut self, cell: i32, end: u32) -> bool {
        let body = self.rewriter.rest_before(end);
        let is_on = self.lost_steps_left > 0 && self.fact(cell).is_nonzero();
        if !is_on || body.is_empty() || !can_be_unrolled(body) {
            return false;
        }
        let body = body.to_vec();
        let most = MAX_UNROLLED.min(self.growth_left) / body.len();
        if most == 0 {
            return false;
        }
        let Some(trips) = self.trips(cell, end, most) else { return false };
        self.growth_left -= body.len() * trips;
        self.rewriter.make_room(self.reserved + body.len() * trips);
        self.rewriter.skip_to(end + 1);
        (0..trips).for_each(|_| self.go_over(body.iter().copied()));
        true
    }
}

/// Whether the operations are straight code and conditions, and move the pointer only outside of these.
fn can_be_unrolled(body: &[Op]) -> bool {
    let mut depth = 0;
    let mut moves = false;
    body.iter().all(|op| match op.kind {
        Kind::If { .. } => {
            depth += 1;
            true
        }
        Kind::IfEnd { .. } => {
            depth -= 1;
            true
        }
        Kind::Move { .. } => {
            moves = true;
            depth == 0
        }
        kind => {
            kind.straight_target().is_some()
                || matches!(kind, Kind::Output { .. } | Kind::Text { .. } | Kind::Input { .. })
        }
    }) && moves
}

#[cfg(test)]
mod tests {
    use super::growth_for;
    use crate::ir::{Kind, Program, text};
    use crate::opt::testing::check8;

    /// Numbers with a digit in each of two cells and a flag in front of each.
    const FLAGS: &str = "input [1]/input [5]/input [9]/set [0] 1/set [4] 1";

    fn stays(code: &str) {
        check8("closed", code, code);
    }

    #[test]
    fn loops_with_a_flag_for_each_iteration_are_unrolled() {
        check8(
            "closed",
            &format!("{FLAGS}/loop [0]/add [0] 255/if [1]/output [1]/end/copy [2] [1] 1/move 4/end/output [8]"),
            &format!(
                "{FLAGS}/set [0] 0/if [1]/output [1]/end/copy [2] [1] 1/move 4/set [0] 0/if [1]/output [1]/end/\
                 copy [2] [1] 1/move 4/text \"\\x00\""
            ),
        );
        // In a loop, since each iteration leaves the flags as they were.
        check8(
            "closed",
            &format!("{FLAGS}/loop [9]/loop [0]/copy [2] [1] 1/move 4/end/move -8/add [9] 255/end/output [4]"),
            &format!(
                "{FLAGS}/loop [9]/copy [2] [1] 1/move 4/copy [2] [1] 1/move 4/move -8/add [9] 255/end/text \"\\x01\""
            ),
        );
    }

    #[test]
    fn programs_get_no_longer_than_they_may() {
        let flags: String = (0..60).map(|flag| format!("set [{flag}] 1/")).collect();
        let long = "loop [0]/input [90]/move 1/end/move -60/";
        // More than may be left, and one iteration.
        let once = format!("move 59/loop [0]/{}move 1/end/move -60/", "input [90]/".repeat(125));
        for first in 0..20 {
            let code = format!("{flags}input [90]/{}{once}{}", long.repeat(first), long.repeat(30));
            let program = text::parse(&format!("cells 8\n{}", code.replace('/', "\n"))).unwrap();
            let most = program.ops.len() + growth_for(program.ops.len());
            let loops =
                |program: &Program| program.ops.iter().filter(|op| matches!(op.kind, Kind::Loop { .. })).count();
            let (before, program) = (loops(&program), super::super::run_closed(program));
            assert!(program.ops.len() <= most && (1..before).contains(&loops(&program)), "{first}");
        }
    }

    #[test]
    fn loops_of_which_not_all_is_known_stay() {
        // A flag is unknown, or the last one may be off the tape.
        stays(&format!("{FLAGS}/input [4]/loop [0]/copy [2] [1] 1/move 4/end/output [1]"));
        stays(&format!("{FLAGS}/if [1]/set [4] 0/end/loop [0]/copy [2] [1] 1/move 4/end/output [1]"));
        stays("input [29997]/set [29999] 1/set [29998] 1/loop [29998]/copy [29990] [29997] 1/move 1/end");
        // It would become too long, or moves the pointer in a condition.
        let flags: String = (0..60).map(|flag| format!("set [{flag}] 1/")).collect();
        stays(&format!("{flags}input [90]/loop [0]/output [90]/set [-1] 2/move 1/end"));
        stays(&format!("{FLAGS}/loop [0]/copy [2] [1] 1/move 3/if [-2]/move 1/end/end/output [1]"));
    }
}
