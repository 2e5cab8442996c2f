//! A loop that counts its cell to 0 and adds constants to others multiplies.
//!
//! ```text
//! loop [0]               if [0]
//!   add [0] 255            muladd [1] [0] 3
//!   add [1] 3              set [2] 7
//!   set [2] 7       →      set [0] 0
//! end                    end
//! ```
//! With a step s the loop runs n times, where n * s + value = 0 modulo 2^w: for odd s always, n being
//! value times the inverse of -s. Even steps do not end for every value and stay. The condition stays too: where
//! the cell is 0 nothing else may be accessed.

use crate::ir::{Builder, Kind, Op, Program};

pub(super) fn run(program: Program) -> Program {
    let mask = program.width.mask();
    let mut builder = Builder::with_capacity(program.ops.len());
    let mut next = 0;
    while let Some(op) = program.ops.get(next) {
        next += 1;
        if let Kind::Loop { cell, end } = op.kind {
            let body = &program.ops[next..end as usize];
            if let Some(step) = counter_step(cell, body) {
                let iterations = inverse(step.wrapping_neg());
                builder.push(Kind::If { cell, end: 0 }, op.span);
                for effect in body {
                    if let Some(kind) = whole_effect(effect.kind, cell, iterations, mask) {
                        builder.push(kind, effect.span);
                    }
                }
                builder.push(Kind::Set { cell, value: 0 }, op.span);
                builder.push(Kind::IfEnd { start: 0 }, program.ops[end as usize].span);
                next = end as usize + 1;
                continue;
            }
        }
        builder.push(op.kind, op.span);
    }
    builder.finish(program.width)
}

/// The sum that the loop on `counter` adds to its cell in each iteration, if it is odd and the body
/// does nothing but add to and assign different cells.
fn counter_step(counter: i32, body: &[Op]) -> Option<u64> {
    let mut step = None;
    let mut seen = Vec::with_capacity(body.len().min(MAX_CELLS));
    for op in body {
        let (Kind::Add { cell, .. } | Kind::Set { cell, .. }) = op.kind else { return None };
        if seen.len() == MAX_CELLS || seen.contains(&cell) {
            return None;
        }
        seen.push(cell);
        if cell == counter {
            let Kind::Add { delta, .. } = op.kind else { return None };
            step = Some(delta);
        }
    }
    step.filter(|step| step % 2 == 1)
}

/// The most cells a body may change: bounds the search for cells that occur twice.
const MAX_CELLS: usize = 64;

/// What an operation of the body does in all iterations together.
fn whole_effect(kind: Kind, counter: i32, iterations: u64, mask: u64) -> Option<Kind> {
    match kind {
        Kind::Add { cell, delta } if cell != counter => {
            Some(Kind::MulAdd { target: cell, source: counter, factor: delta.wrapping_mul(iterations) & mask })
        }
        Kind::Set { .. } => Some(kind),
        _ => None,
    }
}

/// The inverse of an odd number modulo 2^64, and so modulo every smaller power of two.
///
/// Newton's iteration: each round doubles the number of right low bits, of which `odd` itself has three.
fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::inverse;
    use crate::dialect::CellWidth;
    use crate::opt::testing::{check, check8};

    #[test]
    fn inverses() {
        for odd in [1, 3, 5, 255, 0x1234_5677, u64::MAX] {
            assert_eq!(inverse(odd).wrapping_mul(odd), 1);
        }
    }

    #[test]
    fn counted_loops_multiply() {
        check8(
            "multiply",
            "loop [0]/add [0] 255/add [1] 3/set [2] 7/end",
            "if [0]/muladd [1] [0] 3/set [2] 7/set [0] 0/end",
        );
        // Counting up: 1 added value times modulo 256 is the same as 255 added 256 - value times.
        check8("multiply", "loop [2]/add [1] 1/add [2] 1/end", "if [2]/muladd [1] [2] 255/set [2] 0/end");
        // Steps of -3: 171 * 3 = 513 = 1 modulo 256.
        check8("multiply", "loop [0]/add [0] 253/add [1] 1/end", "if [0]/muladd [1] [0] 171/set [0] 0/end");
        check(
            "multiply",
            CellWidth::W16,
            "loop [0]/add [0] 65533/add [1] 1/end",
            "if [0]/muladd [1] [0] 43691/set [0] 0/end",
        );
    }

    #[test]
    fn other_loops_stay() {
        for stays in [
            "loop [0]/add [0] 254/add [1] 1/end",
            "loop [0]/add [1] 1/end",
            "loop [0]/add [0] 255/output [1]/end",
            "loop [0]/add [0] 255/move 1/end",
            "loop [0]/set [0] 3/add [1] 1/end",
            "loop [0]/add [0] 255/add [1] 1/set [1] 0/end",
        ] {
            check8("multiply", stays, stays);
        }
    }
}
