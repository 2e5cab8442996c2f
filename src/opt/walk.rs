//! A loop that moves, and adds only to the cell it leaves and to the cell it comes to, is a walk.
//!
//! ```text
//! loop [0]               walk [0] 2 -1 0
//!   add [0] 255
//!   move 2        →
//! end
//! loop [0]               walk [0] 1 -1 1
//!   add [0] 255
//!   add [1] 1
//!   move 1
//! end
//! ```
//! Where the additions stand does not matter: the loop accesses the first cell before its body, and the second
//! one behind it whatever the body does. Where they cancel out what is left is a scan.

use crate::dialect::CellWidth;
use crate::ir::{Kind, Op, Program, Rewriter};

pub(super) fn run(program: Program) -> Program {
    let width = program.width;
    // Most programs have none.
    let first = program.ops.iter().enumerate().find_map(|(index, op)| match op.kind {
        Kind::Loop { cell, end } => walk(cell, &program.ops[index + 1..end as usize], width).and(Some(index as u32)),
        _ => None,
    });
    let Some(first) = first else { return program };
    let mut rewriter = Rewriter::new(program);
    rewriter.keep_to(first);
    while let Some(op) = rewriter.take() {
        if let Kind::Loop { cell, end } = op.kind
            && let Some(walk) = walk(cell, rewriter.rest_before(end), width)
        {
            rewriter.put(walk, op.span);
            rewriter.skip_to(end + 1);
        } else {
            rewriter.keep();
        }
    }
    rewriter.finish()
}

/// The walk that a loop on `cell` with this body is.
fn walk(cell: i32, body: &[Op], width: CellWidth) -> Option<Kind> {
    if body.len() > MAX_OPS {
        return None;
    }
    let stride = body.iter().try_fold(0i32, |sum, op| match op.kind {
        Kind::Move { delta } => sum.checked_add(delta),
        _ => Some(sum),
    })?;
    if stride == 0 {
        return None;
    }
    let (mut leave, mut enter) = (0u64, 0u64);
    let mut moved = 0i64;
    for op in body {
        match op.kind {
            Kind::Move { delta } => moved += i64::from(delta),
            Kind::Add { cell: target, delta } => {
                let distance = moved + i64::from(target) - i64::from(cell);
                let sum = if distance == 0 {
                    &mut leave
                } else if distance == i64::from(stride) {
                    &mut enter
                } else {
                    return None;
                };
                *sum = sum.wrapping_add(delta);
            }
            _ => return None,
        }
    }
    let (leave, enter) = (signed(leave, width)?, signed(enter, width)?);
    Some(if leave == 0 && enter == 0 { Kind::Scan { cell, stride } } else { Kind::Walk { cell, stride, leave, enter } })
}

/// The longest body that is looked at: bounds the time for nested loops, and after `runs` no walk is longer.
const MAX_OPS: usize = 16;

/// The number, of those that a walk can hold, which is `value` modulo the cells' range.
fn signed(value: u64, width: CellWidth) -> Option<i32> {
    let unused = 64 - width.bits();
    let extended = (value << unused) as i64 >> unused;
    i32::try_from(extended).ok()
}

#[cfg(test)]
mod tests {
    use crate::dialect::CellWidth;
    use crate::opt::testing::{check, check8};

    #[test]
    fn walks_add_to_the_cell_they_leave_or_come_to() {
        check8("walk", "loop [0]/add [0] 255/move 2/end", "walk [0] 2 -1 0");
        check8("walk", "loop [3]/add [3] 1/move -2/end", "walk [3] -2 1 0");
        check8("walk", "loop [0]/add [0] 255/add [1] 1/move 1/end", "walk [0] 1 -1 1");
        check8("walk", "loop [5]/add [2] 1/add [5] 254/move -3/end", "walk [5] -3 -2 1");
        check8("walk", "loop [0]/move 1/add [0] 7/end", "walk [0] 1 0 7");
        check8("walk", "loop [1]/move 1/add [0] 7/move 1/add [1] 1/end", "walk [1] 2 7 1");
        check("walk", CellWidth::W32, "loop [0]/add [0] 4294967295/move 1/end", "walk [0] 1 -1 0");
        check("walk", CellWidth::W64, "loop [0]/add [0] 18446744073709551615/move 1/end", "walk [0] 1 -1 0");
    }

    #[test]
    fn additions_that_cancel_out_leave_a_scan() {
        check8("walk", "loop [0]/add [0] 255/move 1/add [-1] 1/end", "scan [0] 1");
        check8("walk", "loop [0]/move -2/end", "scan [0] -2");
    }

    #[test]
    fn other_loops_stay() {
        for stays in [
            "loop [0]/end",
            "loop [0]/add [0] 255/end",
            "loop [0]/add [0] 255/add [2] 1/move 1/end",
            "loop [0]/add [0] 255/move 1/move -1/end",
            "loop [0]/set [0] 0/move 1/end",
            "loop [0]/output [0]/move 1/end",
            "loop [0]/move 1/walk [0] 1 -1 0/end",
        ] {
            check8("walk", stays, stays);
        }
        let stays = "loop [0]/add [0] 4294967296/move 1/end";
        check("walk", CellWidth::W64, stays, stays);
    }
}
