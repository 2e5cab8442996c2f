//! Jump threading: a condition that cannot hold unless the one before it did goes into that.
//!
//! ```text
//! if [0]                if [0]
//!   copy [1] [0] 1        copy [1] [0] 1
//!   set [0] 0             set [0] 0
//! end              →      copy [0] [1] 1
//! if [1]                  set [1] 0
//!   copy [0] [1] 1        output [0]
//!   set [1] 0           end
//!   output [0]
//! end
//! ```
//! (cell 1 known to be 0.) Programs test a value by moving it away and, where there was one, back. Where the first condition does
//! not hold the second is not tested any more, and where the first one's body makes it hold for certain it is not tested at all.
//! A condition that went into another one ends where that does: the ends come together, behind the last of them.

use super::super::effects::Effect;
use super::Values;
use crate::ir::{Kind, Op};

/// So many conditions at most go into one that they need.
const MAX_NEEDING: u32 = 16;

/// What a condition has to do with those behind it.
#[derive(Clone, Copy, Default)]
pub(super) struct Threading {
    /// How many of the next ones do not hold unless this one does, and are to go into it.
    needing: u32,
    /// How many did.
    taken: u32,
    /// Whether it went into the one around it.
    is_taken: bool,
}

impl Values {
    /// What to do behind a condition that is about to begin, and that ends at `end` of the old program. If it goes into the one
    /// before it, this was said about it when that came to its end: how many of those behind it may go along.
    pub(super) fn threading(&mut self, effect: &Effect, end: u32, along: Option<u32>) -> Threading {
        let is_taken = along.is_some();
        if is_taken && *effect == Effect::Anything {
            self.widen_effects();
        }
        Threading { needing: self.needing(end, along.unwrap_or(MAX_NEEDING)), taken: 0, is_taken }
    }

    /// The conditions that the next one goes into may change anything, as it may.
    fn widen_effects(&mut self) {
        for open in self.open.iter_mut().rev() {
            self.open_loops += usize::from(open.effect != Effect::Anything);
            open.effect = Effect::Anything;
            if !open.threading.is_taken {
                break;
            }
        }
    }

    /// How many of the conditions behind the one that ends at `end` of the old program are on cells that are 0 here, one right
    /// behind the other, up to `most`: where this one does not hold, they do not either.
    pub(super) fn needing(&self, end: u32, most: u32) -> u32 {
        let (rest, taken) = (self.rewriter.rest(), self.rewriter.taken());
        let mut next = end + 1;
        let mut needing = 0;
        while needing < most
            && let Some(&Op { kind: Kind::If { cell, end }, .. }) = rest.get((next - taken) as usize)
            && self.sure_value(cell) == Some(0)
        {
            (next, needing) = (end + 1, needing + 1);
        }
        needing
    }

    /// Ends the innermost condition, and those that it went into, unless the next condition goes into them.
    pub(super) fn end_if(&mut self, op: Op) {
        while !self.takes_next() {
            let Threading { taken, is_taken, .. } = self.end_innermost_if(op);
            let Some(around) = self.open.last_mut().filter(|_| is_taken) else { break };
            around.threading.needing -= taken;
            around.threading.taken += taken;
        }
    }

    /// At the end of the innermost condition: whether the next one goes into it.
    fn takes_next(&mut self) -> bool {
        let Some(&Op { kind: Kind::If { cell, .. }, .. }) = self.rewriter.rest().first() else { return false };
        // Else it is dropped.
        let may_hold = self.sure_value(cell) != Some(0);
        let Some(open) = self.open.last_mut().filter(|open| may_hold && open.threading.needing > 0) else {
            return false;
        };
        open.threading.needing -= 1;
        open.threading.taken += 1;
        self.threading = Some(open.threading.needing);
        self.note_news();
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn a_condition_goes_into_the_one_that_it_needs() {
        check8(
            "values",
            "input [0]/if [0]/input [1]/end/if [1]/output [1]/end/output [0]",
            "input [0]/if [0]/input [1]/if [1]/output [1]/end/end/output [0]",
        );
        // Wherever the first one leaves the pointer.
        check8(
            "values",
            "input [0]/scan [0] 1/input [1]/if [1]/scan [1] 2/end/if [0]/move 1/end/input [2]",
            "input [0]/scan [0] 1/input [1]/if [1]/scan [1] 2/if [0]/move 1/end/end/input [2]",
        );
    }

    #[test]
    fn what_is_seen_to_hold_is_not_tested() {
        check8(
            "values",
            "input [0]/if [0]/copy [1] [0] 1/set [0] 0/end/if [1]/copy [0] [1] 1/output [0]/end",
            "input [0]/if [0]/copy [1] [0] 1/set [0] 0/copy [0] [1] 1/output [0]/end",
        );
        check8(
            "values",
            "input [0]/if [0]/set [1] 3/input [0]/end/if [1]/output [0]/end",
            "input [0]/if [0]/set [1] 3/input [0]/output [0]/end",
        );
        for body in ["copy [1] [0] 2", "add [0] 1/copy [1] [0] 1", "copy [1] [0] 1/add [1] 1"] {
            check8(
                "values",
                &format!("input [0]/if [0]/{body}/end/if [1]/output [1]/end"),
                &format!("input [0]/if [0]/{body}/if [1]/output [1]/end/end"),
            );
        }
    }

    #[test]
    fn chains_go_in_as_deep_as_they_can() {
        check8(
            "values",
            "input [0]/if [0]/input [1]/end/if [1]/input [2]/end/if [2]/output [2]/end/if [0]/input [3]/end",
            "input [0]/if [0]/input [1]/if [1]/input [2]/if [2]/output [2]/end/end/end/if [0]/input [3]/end",
        );
        // Cell 2 is not 0 at the second head, but at the first.
        check8(
            "values",
            "input [0]/if [0]/input [1]/input [2]/end/if [1]/input [1]/end/if [2]/output [2]/end/input [3]",
            "input [0]/if [0]/input [1]/input [2]/if [1]/input [1]/end/if [2]/output [2]/end/end/input [3]",
        );
        // The other way round: there is nothing in front of the first that tells of it.
        check8(
            "values",
            "input [0]/input [2]/if [0]/input [1]/set [2] 0/end/if [1]/input [2]/end/if [2]/output [2]/end",
            "input [0]/input [2]/if [0]/input [1]/set [2] 0/if [1]/input [2]/end/end/if [2]/output [2]/end",
        );
    }

    #[test]
    fn other_conditions_stay() {
        for code in [
            "input [0]/input [1]/if [0]/input [1]/end/if [1]/output [1]/end",
            "input [0]/if [0]/input [1]/end/output [1]/if [1]/output [1]/end",
            "input [0]/if [0]/input [1]/end/loop [1]/output [1]/end",
        ] {
            check8("values", code, code);
        }
    }

    #[test]
    fn where_the_pointer_gets_lost_it_is_lost_behind_all() {
        // Cell 6 is what was cell 7 where the second condition moved.
        check8(
            "values",
            "input [0]/input [6]/if [0]/set [7] 1/input [1]/end/if [1]/move 1/end/output [6]/output [5]",
            "input [0]/input [6]/if [0]/set [7] 1/input [1]/if [1]/move 1/end/end/output [6]/output [5]",
        );
    }

    #[test]
    fn what_had_no_news_and_now_goes_into_a_condition_is_looked_at() {
        // The condition in the middle is seen not to hold, and in the next round the last one goes into the first.
        check8(
            "closed",
            "input [0]/if [0]/loop [1]/end/scan [0] -1/loop [-1]/end/move -1/end/if [1]/loop [2]/end/move 1/end/\
             if [2]/loop [2]/end/end",
            "input [0]/if [0]/scan [0] -1/loop [-1]/end/move -1/if [2]/loop [2]/end/end/end",
        );
    }
}
