//! A loop that only counts its own cell leaves it at 0.
//!
//! ```text
//! loop [0]        →      set [0] 0
//!   add [0] 255
//! end
//! ```
//! Only where the step is odd: with an even step the loop never ends for odd values, and an endless loop
//! has to stay one.

use crate::ir::{Builder, Kind, Program};

pub(super) fn run(program: Program) -> Program {
    let mut builder = Builder::with_capacity(program.ops.len());
    let mut ops = program.ops.as_slice();
    while let Some((op, rest)) = ops.split_first() {
        ops = rest;
        match (op.kind, rest) {
            (Kind::Loop { cell, .. }, [step, end, behind @ ..])
                if matches!(end.kind, Kind::LoopEnd { .. })
                    && matches!(step.kind, Kind::Add { cell: counter, delta } if counter == cell && delta % 2 == 1) =>
            {
                builder.push(Kind::Set { cell, value: 0 }, op.span);
                ops = behind;
            }
            _ => builder.push(op.kind, op.span),
        }
    }
    builder.finish(program.width)
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
    fn even_steps_and_other_cells_stay() {
        for stays in ["loop [0]/add [0] 254/end", "loop [0]/add [1] 1/end", "loop [0]/add [0] 1/output [0]/end"] {
            check8("clear", stays, stays);
        }
    }
}
