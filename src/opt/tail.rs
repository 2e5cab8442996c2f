//! Drops what the program does behind the last thing that anybody can notice.
//!
//! ```text
//! output [0]             output [0]
//! set [0] 0       →
//! move 3
//! ```
//! Output, input, `#`, and loops, which may not end, are noticed. Additions, assignments, moves, scans and
//! conditions of them are not.

use crate::ir::{Kind, Program};

pub(super) fn run(mut program: Program) -> Program {
    // Ends whose heads are not reached yet. Only conditions get in here.
    let mut end = program.ops.len();
    let mut keep = end;
    let mut open = 0usize;
    while end > 0 {
        match program.ops[end - 1].kind {
            Kind::IfEnd { .. } => open += 1,
            Kind::If { .. } => open -= 1,
            Kind::Add { .. } | Kind::Set { .. } | Kind::MulAdd { .. } | Kind::Move { .. } | Kind::Scan { .. } => {}
            Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. }
            | Kind::Loop { .. }
            | Kind::LoopEnd { .. } => break,
        }
        end -= 1;
        if open == 0 {
            keep = end;
        }
    }
    program.ops.truncate(keep);
    program
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn what_nobody_notices_disappears() {
        check8(
            "tail",
            "input [0]/output [0]/if [0]/muladd [1] [0] 2/set [0] 0/end/scan [1] 1/move 3",
            "input [0]/output [0]",
        );
        check8("tail", "set [0] 1", "");
    }

    #[test]
    fn what_is_noticed_stays_with_all_before_it() {
        for stays in
            ["add [0] 1/loop [0]/add [0] 1/end", "input [0]/if [0]/add [0] 1/output [0]/end", "set [0] 1/dump [0]"]
        {
            check8("tail", stays, stays);
        }
        check8(
            "tail",
            "input [0]/if [0]/output [0]/set [0] 0/end/set [1] 1",
            "input [0]/if [0]/output [0]/set [0] 0/end",
        );
    }
}
