//! `collatz.bf`: which number below a limit takes the most Collatz steps?
//!
//! Numbers are decimal here too: tripling and halving digit by digit costs
//! little, and the results can be printed as they are.

use crate::Example;
use crate::bf::Bf;
use crate::num::Num;

/// The numbers below this one are tried.  Their sequences must stay below
/// ten to the `DIGITS` and take fewer than 256 steps.
const LIMIT: u64 = 6000;
const DIGITS: usize = 7;

fn program() -> String {
    let mut b = Bf::new();
    let more = b.cell();
    let start = Num::new(&mut b, 10, 4);
    let best = b.cell();
    let steps = b.cell();
    // How many steps are missing to the record, and whether it is broken.
    let margin = b.wide();
    let record = b.cell();
    let running = b.cell();
    let odd = b.cell();
    let parity = b.wide();
    let x = Num::new(&mut b, 10, DIGITS);

    start.set(&mut b, 1);
    b.add(more, 1);
    b.drain(more, |b| {
        x.assign(b, &start);
        b.copy(best, margin);
        x.differs_from(b, 1, running);
        b.drain(running, |b| {
            b.add(steps, 1);
            b.branch(margin, |b| b.add(margin, -1), |b| b.set(record, 1));
            b.temps(|b, [units]| {
                b.copy(x.digit(0), units);
                b.divide(units, 2, None, odd);
            });
            b.pour(odd, &[(parity.into(), 1)]);
            b.branch(
                parity,
                |b| {
                    b.add(parity, -1);
                    x.scale(b, 3);
                    x.increment(b);
                },
                |b| x.halve(b),
            );
            x.differs_from(b, 1, running);
        });
        b.clear(margin);
        b.drain(record, |b| {
            start.print(b);
            b.print(" takes ");
            crate::num::print_byte(b, steps);
            b.print(" steps\n");
            b.clear(best);
            b.pour(steps, &[(best, 1)]);
        });
        b.clear(steps);
        start.increment(b);
        start.differs_from(b, LIMIT, more);
    });
    b.finish("Record Collatz sequences of starting numbers below 6000   generated code")
}

fn expected() -> String {
    let mut best = 0;
    let mut text = String::new();
    for start in 1..LIMIT {
        let mut x = start;
        let mut steps = 0;
        while x != 1 {
            x = if x % 2 == 0 { x / 2 } else { 3 * x + 1 };
            steps += 1;
            assert!(x < 10u64.pow(DIGITS as u32) && steps < 256);
        }
        if steps > best {
            best = steps;
            text += &format!("{start} takes {steps} steps\n");
        }
    }
    text
}

pub fn example() -> Example {
    Example { name: "collatz", code: Some(program()), input: None, output: expected().into_bytes() }
}
