//! A loop around nothing but a loop on the same cell is that loop.
//!
//! ```text
//! loop [0]               loop [0]
//!   loop [0]               add [0] 255
//!     add [0] 255   →    end
//!   end
//! end
//! ```
//! When the inner loop ends the cell is 0, and with it the outer loop ends.

use crate::ir::{Kind, Program, Rewriter};

pub(super) fn run(program: Program) -> Program {
    let mut rewriter = Rewriter::new(program);
    // For each open loop of the old program: was it dropped?
    let mut dropped: Vec<bool> = Vec::new();
    while let Some(op) = rewriter.take() {
        match op.kind {
            Kind::Loop { cell, end } => {
                // The inner loop is all of the body if it ends right before the outer one.
                let inner = rewriter.rest().first().map(|op| op.kind);
                let is_hollow = matches!(inner, Some(Kind::Loop { cell: same, end: inner_end })
                    if same == cell && inner_end + 1 == end);
                dropped.push(is_hollow);
                if !is_hollow {
                    rewriter.keep();
                }
            }
            Kind::LoopEnd { .. } => {
                if dropped.pop() == Some(false) {
                    rewriter.keep();
                }
            }
            _ => rewriter.keep(),
        }
    }
    rewriter.finish()
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn hollow_loops_disappear() {
        check8(
            "nest",
            "loop [0]/loop [0]/loop [0]/add [0] 255/move 1/end/end/end/output [0]",
            "loop [0]/add [0] 255/move 1/end/output [0]",
        );
    }

    #[test]
    fn other_bodies_stay() {
        for stays in [
            "loop [0]/loop [1]/add [1] 255/end/end",
            "loop [0]/loop [0]/add [0] 255/end/move 1/end",
            "loop [0]/add [0] 1/loop [0]/add [0] 255/end/end",
            "loop [0]/loop [0]/add [0] 255/end/loop [0]/end/end",
            "loop [0]/end",
        ] {
            check8("nest", stays, stays);
        }
    }
}
