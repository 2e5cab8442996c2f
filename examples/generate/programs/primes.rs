//! `primes.bf`: the primes up to a number read from the input.
//!
//! An array of records holds the primes found so far, up to 255, each with a
//! countdown to its next multiple.  For every number in turn one walk along
//! the array steps all the countdowns; the number is prime if none of them
//! reaches zero.  Without the prime 257 this is right up to 257 squared,
//! which is more than the promised 65535.

use crate::Example;
use crate::bf::{Bf, Cell, Wide};
use crate::num::Num;

const INPUT: u32 = 65_000;

// The fields of a record.
/// The prime, or 0 after the last record and before the first.
const PRIME: Cell = Cell(0);
const COUNTDOWN: Wide = Wide(Cell(1));
/// Travels with the walk: the number is composite.
const HIT: Cell = Cell(5);
/// Travels with the walk: the prime to append.
const NEW: Cell = Cell(6);
const SCRATCH: Cell = Cell(7);
const STRIDE: i32 = 8;

/// Steps the countdown of the current record.
fn step(b: &mut Bf) {
    b.add(COUNTDOWN, -1);
    b.if_zero(COUNTDOWN, |b| {
        b.copy(PRIME, COUNTDOWN);
        b.set(HIT, 1);
    });
    b.pour(HIT, &[(HIT.offset(STRIDE), 1)]);
}

fn program() -> String {
    let mut b = Bf::new();
    let number = Num::new(&mut b, 10, 5);
    let left = Num::new(&mut b, 10, 5);
    let more = b.cell();
    // The number again, as long as it fits in a byte, and 0 after that.
    let small = b.wide();
    let prime = b.cell();
    // The frame for the records starts at the empty one before the first.
    let home = b.array(10);

    number.set(&mut b, 1);
    b.set(small, 1);
    left.read(&mut b);
    // Zero and one are the limits below which there is nothing to print.
    b.temps(|b, [not_zero, not_one]| {
        left.differs_from(b, 0, not_zero);
        b.drain(not_zero, |b| {
            left.differs_from(b, 1, not_one);
            b.drain(not_one, |b| b.add(more, 1));
        });
    });
    left.decrement(&mut b);

    b.drain(more, |b| {
        number.increment(b);
        b.if_nonzero(small, |b| b.add(small, 1));

        b.go(Cell(home + STRIDE));
        b.rebase(home + STRIDE);
        b.scratch_from(SCRATCH, |b| b.walk(PRIME, STRIDE, step));
        b.pour(HIT, &[(HIT.offset(-STRIDE), 1)]);
        b.go(PRIME.offset(-STRIDE));
        b.rebase(-STRIDE);
        b.walk(PRIME, -STRIDE, |b| {
            b.pour(HIT, &[(HIT.offset(-STRIDE), 1)]);
        });
        b.rebase(-home);

        b.add(prime, 1);
        b.drain(HIT.offset(home), |b| b.add(prime, -1));
        b.drain(prime, |b| {
            number.print(b);
            b.print("\n");
            b.copy(small, NEW.offset(home + STRIDE));
            b.go(Cell(home + STRIDE));
            b.rebase(home + STRIDE);
            b.walk(PRIME, STRIDE, |b| {
                b.pour(NEW, &[(NEW.offset(STRIDE), 1)]);
            });
            b.pour(NEW, &[(PRIME, 1), (COUNTDOWN.into(), 1)]);
            b.go(PRIME.offset(-STRIDE));
            b.rebase(-STRIDE);
            b.scan(PRIME, -STRIDE);
            b.rebase(-home);
        });

        left.decrement(b);
        left.differs_from(b, 0, more);
    });
    b.finish("The primes up to a number in the input which may be 65535   generated code")
}

fn expected(limit: u32) -> String {
    (2..=limit).filter(|n| (2..).take_while(|d| d * d <= *n).all(|d| n % d != 0)).map(|n| format!("{n}\n")).collect()
}

pub fn example() -> Example {
    Example {
        name: "primes",
        code: Some(program()),
        input: Some(format!("{INPUT}\n").into_bytes()),
        output: expected(INPUT).into_bytes(),
    }
}
