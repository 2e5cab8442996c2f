//! Replaces moves of the pointer by offsets.
//!
//! ```text
//! move 1                 add [1] 1
//! add [0] 1              loop [0]
//! move -1                  add [0] 255
//! loop [0]        →        move 2
//!   add [0] 255          end
//!   move 2
//! end
//! ```
//! The pointer of the result stays behind the program's by a distance that is known at every
//! place; it has to move only where a loop ends elsewhere than it began, by that difference. No access is
//! added, dropped or exchanged.

use crate::ir::{Builder, Kind, Program};

/// Beyond this distance the pointer moves after all, so that offsets stay far from overflow.
const MAX_LAG: i32 = 1 << 24;

pub(super) fn run(program: Program) -> Program {
    let mut builder = Builder::with_capacity(program.ops.len());
    // How far the program's pointer is to the right of the result's.
    let mut lag: i32 = 0;
    let mut at_heads: Vec<i32> = Vec::new();
    for op in program.ops {
        match op.kind {
            Kind::Move { delta } => match lag.checked_add(delta) {
                Some(sum) if sum.abs() <= MAX_LAG => lag = sum,
                _ => {
                    if lag != 0 {
                        builder.push(Kind::Move { delta: lag }, op.span);
                    }
                    builder.push(op.kind, op.span);
                    lag = 0;
                }
            },
            Kind::Loop { .. } | Kind::If { .. } => {
                at_heads.push(lag);
                builder.push(op.kind.shifted(lag), op.span);
            }
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => {
                let at_head = at_heads.pop().unwrap_or(0);
                if lag != at_head {
                    builder.push(Kind::Move { delta: lag - at_head }, op.span);
                    lag = at_head;
                }
                builder.push(op.kind, op.span);
            }
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Scan { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Dump { .. } => builder.push(op.kind.shifted(lag), op.span),
        }
    }
    builder.finish(program.width)
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn straight_code_and_balanced_loops_do_not_move() {
        check8(
            "offsets",
            "move 1/loop [0]/move -1/add [0] 1/move 1/add [0] 255/end/move 2/output [0]/move 1",
            "loop [1]/add [0] 1/add [1] 255/end/output [3]",
        );
    }

    #[test]
    fn a_loop_that_drifts_moves_by_the_difference() {
        check8(
            "offsets",
            "move 1/loop [0]/move 3/add [0] 255/move -1/end/move 1/scan [0] 1",
            "loop [1]/add [4] 255/move 2/end/scan [2] 1",
        );
    }

    #[test]
    fn distances_stay_bounded() {
        check8("offsets", "move 16777216/move 1/add [0] 1", "move 16777216/move 1/add [0] 1");
        check8("offsets", "move 2147483647/move 2147483647/add [0] 1", "move 2147483647/move 2147483647/add [0] 1");
    }
}
