//! A loop that only moves looks for the next 0.
//!
//! ```text
//! loop [0]        →      scan [0] 1
//!   move 1
//! end
//! ```
//! A loop with nothing in it is no scan: it never ends.

use crate::ir::{Kind, Program, Rewriter};

pub(super) fn run(program: Program) -> Program {
    let mut rewriter = Rewriter::new(program);
    while let Some(op) = rewriter.take() {
        if let Kind::Loop { cell, end } = op.kind
            && let [only] = rewriter.rest_before(end)
            && let Kind::Move { delta: stride } = only.kind
        {
            rewriter.put(Kind::Scan { cell, stride }, op.span);
            rewriter.skip_to(end + 1);
        } else {
            rewriter.keep();
        }
    }
    rewriter.finish()
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
