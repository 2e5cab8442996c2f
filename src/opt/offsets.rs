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

use crate::ir::{Kind, Op, Program, Rewriter};

/// Beyond this distance the pointer moves after all, so that offsets stay far from overflow.
const MAX_LAG: i64 = 1 << 24;

pub(super) fn run(program: Program) -> Program {
    let mut rewriter = Rewriter::new(program);
    // How far the program's pointer is to the right of the result's.
    let mut lag: i32 = 0;
    let mut at_heads: Vec<i32> = Vec::new();
    while let Some(op) = rewriter.take() {
        match op.kind {
            Kind::Move { delta } => {
                let at_head = at_heads.last().copied().unwrap_or(0);
                let sum = i64::from(lag) + i64::from(delta);
                if sum.abs() <= MAX_LAG {
                    lag = sum as i32;
                } else if let Ok(delta) = i32::try_from(sum - i64::from(at_head)) {
                    // At the lag of the loop's head nothing is left to do at the loop's end.
                    rewriter.put(Kind::Move { delta }, op.span);
                    lag = at_head;
                } else {
                    rewriter.put(op.kind, op.span);
                }
            }
            Kind::Loop { .. } | Kind::If { .. } => {
                at_heads.push(lag);
                put_shifted(&mut rewriter, op, lag);
            }
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => {
                let at_head = at_heads.pop().unwrap_or(0);
                if lag == at_head {
                    rewriter.keep();
                } else {
                    rewriter.put(Kind::Move { delta: lag - at_head }, op.span);
                    rewriter.put(op.kind, op.span);
                    lag = at_head;
                }
            }
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => put_shifted(&mut rewriter, op, lag),
        }
    }
    rewriter.finish()
}

/// Puts the operation that was taken last. Behind other passes nearly all stay as they are.
fn put_shifted(rewriter: &mut Rewriter, op: Op, lag: i32) {
    if lag == 0 {
        rewriter.keep();
    } else {
        rewriter.put(op.kind.shifted(lag), op.span);
    }
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
        check8("offsets", "move 16777216/move 1/add [0] 1", "move 16777217/add [0] 1");
        check8("offsets", "move 2147483647/move 2147483647/add [0] 1", "move 2147483647/move 2147483647/add [0] 1");
        let far = "loop [0]/move 16777217/add [0] 1/end";
        check8(
            "offsets",
            &format!("move 1/{far}/{far}"),
            &["loop [1]/move 16777217/add [1] 1/end", "loop [1]/move 16777217/add [1] 1/end"].join("/"),
        );
    }
}
