//! Takes runs together: `+++` is one addition of 3, `>><` one move by 1.
//!
//! ```text
//! add [0] 1              add [0] 2
//! add [0] 1       →      move 1
//! move 1
//! ```
//! Neighbours only; [`combine`](super::combine) merges across other operations. A run that changes
//! nothing disappears.

use crate::ir::{Kind, Op, Program, Rewriter};

pub(super) fn run(program: Program) -> Program {
    let mask = program.width.mask();
    let mut rewriter = Rewriter::new(program);
    while let Some(op) = rewriter.take() {
        let last = rewriter.last_mut();
        let sum = last.as_ref().and_then(|last| sum(last.kind, op.kind, mask));
        match (last, sum) {
            (Some(_), Some(Kind::Add { delta: 0, .. } | Kind::Move { delta: 0 })) => rewriter.unput(),
            (Some(last), Some(kind)) => *last = Op { kind, span: last.span.to(op.span) },
            _ => rewriter.put(op.kind, op.span),
        }
    }
    rewriter.finish()
}

/// The one operation that does both, if there is one.
fn sum(first: Kind, second: Kind, mask: u64) -> Option<Kind> {
    match (first, second) {
        (Kind::Add { cell, delta }, Kind::Add { cell: same, delta: more }) if cell == same => {
            Some(Kind::Add { cell, delta: delta.wrapping_add(more) & mask })
        }
        (Kind::Move { delta }, Kind::Move { delta: more }) => Some(Kind::Move { delta: delta.checked_add(more)? }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn neighbours_are_summed() {
        check8("runs", "add [0] 1/add [0] 1/move 1/move 1/move -1", "add [0] 2/move 1");
    }

    #[test]
    fn a_run_without_effect_disappears_and_joins_its_neighbours() {
        check8("runs", "add [0] 1/move 1/move -1/add [0] 255/output [0]", "output [0]");
    }

    #[test]
    fn other_cells_and_bodies_stay_apart() {
        let apart = "add [0] 1/add [1] 1/loop [0]/add [0] 1/end/add [0] 1";
        check8("runs", apart, apart);
    }
}
