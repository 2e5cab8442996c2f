//! A loop that only counts its own cell, or clears it, leaves it at 0; and so do loops around nothing but such a loop.
//!
//! ```text
//! loop [0]        →      set [0] 0
//!   add [0] 255
//! end
//! ```
//! Only where the step is odd: with an even step the loop never ends for odd values, and an endless loop
//! has to stay one.

use crate::ir::{Kind, Op, Program, Rewriter};

pub(super) fn run(program: Program) -> Program {
    let mut rewriter = Rewriter::new(program);
    while let Some(op) = rewriter.take() {
        match op.kind {
            Kind::Loop { cell, end } if leaves_0(cell, rewriter.rest_before(end)) => {
                rewriter.put(Kind::Set { cell, value: 0 }, op.span);
                rewriter.skip_to(end + 1);
            }
            _ => rewriter.keep(),
        }
    }
    rewriter.finish()
}

/// Whether the body does nothing but step the loop's own cell, by an odd number, or set it to 0.
fn leaves_0(tested: i32, mut body: &[Op]) -> bool {
    while let [Op { kind: Kind::Loop { cell, end }, .. }, inner @ .., Op { kind: Kind::LoopEnd { start }, .. }] = body
        && *cell == tested
        && *end as usize == *start as usize + inner.len() + 1
    {
        body = inner;
    }
    let [only] = body else { return false };
    match only.kind {
        Kind::Add { cell, delta } => cell == tested && delta % 2 == 1,
        Kind::Set { cell, value } => cell == tested && value == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::CellWidth;
    use crate::opt::testing::{check, check8};

    #[test]
    fn odd_steps_clear() {
        for step in [1, 3, 255] {
            check8("clear", &format!("loop [4]/add [4] {step}/end"), "set [4] 0");
        }
        check("clear", CellWidth::W64, "loop [0]/add [0] 18446744073709551615/end", "set [0] 0");
    }

    #[test]
    fn what_clears_need_not_be_repeated() {
        check8("clear", "loop [4]/set [4] 0/end", "set [4] 0");
        check8("clear", "loop [4]/loop [4]/loop [4]/add [4] 255/end/end/end", "set [4] 0");
        let stays = "loop [4]/set [4] 0/loop [4]/output [4]/end/loop [4]/output [4]/end/end";
        check8("clear", stays, stays);
    }

    #[test]
    fn even_steps_and_other_cells_stay() {
        for stays in [
            "loop [0]/set [1] 0/end",
            "loop [0]/set [0] 1/end",
            "loop [0]/add [0] 254/end",
            "loop [0]/add [1] 1/end",
            "loop [0]/add [0] 1/output [0]/end",
        ] {
            check8("clear", stays, stays);
        }
    }
}
