//! What is known near the pointer behind a condition, wherever its body leaves it.
//!
//! ```text
//! set [4] 1
//! if [0]
//!   set [8] 1
//!   move 4
//! end
//! if [4]        it is 1 on both ways
//! ```
//! Which cells these are is not known any more, but what they hold is: states of a machine that keeps a stack are told from each other
//! like that.

use smallvec::SmallVec;

use super::super::facts::Fact;
use super::Values;

/// How far from the pointer.
const NEAR: i32 = 8;

/// What is known of the cells near the pointer, by their offsets; all are on the tape.
pub(super) type Nearby = SmallVec<[(i32, Fact); 4]>;

impl Values {
    /// What is known where the condition on `cell` that is about to begin does not hold.
    pub(super) fn nearby(&self, cell: i32) -> Nearby {
        let known = |offset: i32| {
            let place = self.place(offset);
            let fact = if offset == cell { Fact::Known(0) } else { self.facts.get(place) };
            (fact != Fact::Unknown && (offset == cell || self.facts.is_on_tape(place))).then_some((offset, fact))
        };
        (-NEAR..=NEAR).filter_map(known).collect()
    }

    /// Forgets everything at the end of a condition but what is known near the pointer, whether its body ran or not, which leaves
    /// `skipped` known. Whether something is.
    pub(super) fn keep_nearby(&mut self, mut skipped: Nearby) -> bool {
        for (offset, fact) in &mut skipped {
            let place = self.place(*offset);
            *fact = if self.facts.is_on_tape(place) { fact.or(self.facts.get(place)) } else { Fact::Unknown };
        }
        skipped.retain(|(_, fact)| *fact != Fact::Unknown);
        self.forget_everything();
        for &(offset, fact) in &skipped {
            self.learn(offset, fact);
        }
        !skipped.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn what_holds_on_both_ways_is_known() {
        let code = |behind: &str, known: &str| {
            let before = "input [0]/scan [0] 1/input [0]/set [4] 1/set [3] 2/if [0]/set [8] 1/set [7] 3/move 4/end";
            check8("values", &format!("{before}/{behind}"), &format!("{before}/{known}"));
        };
        code("output [4]/if [4]/input [5]/end", "text \"\\x01\"/input [5]");
        // It is 2 or 3, the tested cell 0 or that 4 cells further, and what nobody accessed may be off the tape.
        for stays in ["output [3]", "output [0]", "set [-1] 0/output [5]"] {
            code(stays, stays);
        }
        code("if [3]/input [5]/end", "input [5]");
    }

    #[test]
    fn nothing_is_left_of_cells_that_only_one_way_accesses() {
        for stays in [
            "input [0]/scan [0] 1/input [0]/if [0]/input [2]/scan [2] 1/end/output [2]",
            "input [0]/scan [0] 1/input [0]/set [1] 1/if [0]/scan [0] 1/end/output [1]",
        ] {
            check8("values", stays, stays);
        }
    }
}
