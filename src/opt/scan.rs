//! A loop that only moves looks for the next 0.
//!
//! ```text
//! loop [0]        →      scan [0] 1
//!   move 1
//! end
//! ```
//! A loop with nothing in it is no scan: it never ends.

use crate::ir::{Builder, Kind, Program};

pub(super) fn run(program: Program) -> Program {
    let mut builder = Builder::with_capacity(program.ops.len());
    let mut ops = program.ops.as_slice();
    while let Some((op, rest)) = ops.split_first() {
        ops = rest;
        if let (Kind::Loop { cell, .. }, [step, end, behind @ ..]) = (op.kind, rest)
            && let (Kind::Move { delta: stride }, Kind::LoopEnd { .. }) = (step.kind, end.kind)
        {
            builder.push(Kind::Scan { cell, stride }, op.span);
            ops = behind;
            continue;
        }
        builder.push(op.kind, op.span);
    }
    builder.finish(program.width)
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn any_stride_is_a_scan() {
        check8("scan", "loop [0]/move 1/end/loop [2]/move -9/end", "scan [0] 1/scan [2] -9");
    }

    #[test]
    fn an_empty_loop_and_a_loop_that_works_stay() {
        for stays in ["loop [0]/end", "loop [0]/add [0] 1/move 1/end", "loop [0]/move 1/scan [0] 1/end"] {
            check8("scan", stays, stays);
        }
    }
}
