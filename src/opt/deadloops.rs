//! Deletes loops that can never run, because the cell they test was just left at 0.
//!
//! ```text
//! loop [0]               loop [0]
//!   add [0] 255            add [0] 255
//! end             →      end
//! loop [0]
//!   output [0]
//! end
//! ```
//! Behind the end of a loop or a scan its cell is 0, and at the start every cell is. Only a loop that
//! follows at once, or with nothing but moves between at the program's start, is deleted; values are
//! not followed further here.

use crate::dialect::SHORTEST_TAPE_CELLS;
use crate::ir::{Entry, Kind, Program, Rewriter};

pub(super) fn run(program: Program) -> Program {
    // What is known to be 0 before the next operation.
    let mut zero = match program.entry {
        Entry::Beginning { .. } => Zero::Everything { pointer: 0 },
        Entry::Anywhere => Zero::Nothing,
    };
    let mut rewriter = Rewriter::new(program);
    while let Some(op) = rewriter.take() {
        match op.kind {
            Kind::Loop { cell, end } | Kind::If { cell, end } if zero.holds(cell) => {
                rewriter.skip_to(end + 1);
                continue;
            }
            _ => {}
        }
        zero = match op.kind {
            Kind::LoopEnd { .. } => match rewriter.open_head() {
                Some(Kind::Loop { cell, .. }) => Zero::Cell(cell),
                _ => Zero::Nothing,
            },
            Kind::Scan { cell, .. } | Kind::Walk { cell, .. } => Zero::Cell(cell),
            Kind::Set { cell, value: 0 } => Zero::Cell(cell),
            Kind::Output { .. } | Kind::Text { .. } | Kind::Dump { .. } => zero,
            Kind::Move { delta } => match zero {
                Zero::Cell(cell) => cell.checked_sub(delta).map_or(Zero::Nothing, Zero::Cell),
                Zero::Everything { pointer } => Zero::Everything { pointer: pointer + i64::from(delta) },
                Zero::Nothing => zero,
            },
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Loop { .. }
            | Kind::If { .. }
            | Kind::IfEnd { .. } => Zero::Nothing,
        };
        rewriter.keep();
    }
    rewriter.finish()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Zero {
    /// The start: nothing was changed, and the pointer is at this cell.
    Everything {
        pointer: i64,
    },
    Cell(i32),
    Nothing,
}

impl Zero {
    fn holds(self, cell: i32) -> bool {
        match self {
            // Off the tape it would be a fault.
            Zero::Everything { pointer } => (0..SHORTEST_TAPE_CELLS as i64).contains(&(pointer + i64::from(cell))),
            Zero::Cell(zero) => zero == cell,
            Zero::Nothing => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn loops_behind_a_zero_disappear() {
        check8(
            "deadloops",
            "input [0]/loop [0]/output [0]/end/loop [0]/input [0]/end/output [0]",
            "input [0]/loop [0]/output [0]/end/output [0]",
        );
        check8("deadloops", "input [0]/scan [0] 1/loop [0]/input [0]/end", "input [0]/scan [0] 1");
    }

    #[test]
    fn leading_comments_disappear() {
        check8(
            "deadloops",
            "loop [0]/output [0]/end/move 1/loop [0]/end/add [0] 1/loop [0]/end",
            "move 1/add [0] 1/loop [0]/end",
        );
    }

    #[test]
    fn a_loop_behind_a_loop_on_another_cell_stays() {
        let stays = "input [0]/loop [0]/output [0]/end/loop [1]/output [1]/end";
        check8("deadloops", stays, stays);
        let stays = "input [0]/loop [0]/input [0]/end/add [0] 1/loop [0]/output [0]/end";
        check8("deadloops", stays, stays);
    }
}
