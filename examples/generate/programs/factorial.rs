//! `factorial.bf`: factorials as long decimal numbers.
//!
//! The digits lie in an array of records, least significant first.  To
//! multiply, a loop walks along the records and takes four values with it:
//! both digits of the factor, the digit it has just left, and the carry.

use crate::Example;
use crate::bf::{Bf, Cell, Wide};
use crate::num::Num;

/// The last factor; it may have two digits.
const LAST: u32 = 99;
/// Enough digits for the last factorial.
const DIGITS: i32 = 156;

// The fields of a record.
const DIGIT: Wide = Wide(Cell(0));
/// 1 in every record of the number, 0 before and after.
const PRESENT: Cell = Cell(4);
const UNITS: Cell = Cell(5);
const TENS: Cell = Cell(6);
const PREVIOUS: Cell = Cell(7);
const CARRY: Cell = Cell(8);
/// While printing: a digit other than zero has been seen.
const STARTED: Cell = Cell(9);
const SUM: Cell = Cell(10);
const SCRATCH: Cell = Cell(11);
const STRIDE: i32 = 17;

/// Takes the values of `fields` along to the record `stride` cells away.
fn take_along(b: &mut Bf, fields: &[Cell], stride: i32) {
    for &field in fields {
        b.pour(field, &[(field.offset(stride), 1)]);
    }
}

/// Multiplies the digit of the current record.
fn multiply(b: &mut Bf) {
    b.pour(CARRY, &[(SUM, 1)]);
    b.drain(PREVIOUS, |b| b.copy(TENS, SUM));
    b.drain(DIGIT, |b| {
        b.add(PREVIOUS, 1);
        b.copy(UNITS, SUM);
    });
    b.divide(SUM, 10, Some(CARRY), DIGIT);
    take_along(b, &[UNITS, TENS, PREVIOUS, CARRY], STRIDE);
}

/// Prints the digit of the current record, unless it is a leading zero.
fn show(b: &mut Bf) {
    b.if_nonzero(DIGIT, |b| b.set(STARTED, 1));
    b.drain(STARTED, |b| {
        b.add(STARTED.offset(-STRIDE), 1);
        b.add(DIGIT, 48);
        b.output(DIGIT);
        b.add(DIGIT, -48);
    });
}

fn program() -> String {
    let mut b = Bf::new();
    let count = b.cell();
    let factor = Num::new(&mut b, 10, 2);
    // An empty record on the left ends the way back.
    let first = b.array(10) + STRIDE;

    // The number starts out as 1.
    b.go(Cell(first));
    b.rebase(first);
    b.add(DIGIT, 1);
    b.add(SUM, DIGITS);
    b.walk(SUM, STRIDE, |b| {
        b.add(PRESENT, 1);
        b.add(SUM, -1);
        take_along(b, &[SUM], STRIDE);
    });
    b.go(PRESENT.offset(-STRIDE));
    b.rebase(-STRIDE);
    b.scan(PRESENT, -STRIDE);
    b.rebase(STRIDE - first);

    b.set(count, LAST as i32);
    b.drain(count, |b| {
        factor.increment(b);
        factor.print(b);
        b.print("! = ");
        b.copy(factor.digit(0), UNITS.offset(first));
        b.copy(factor.digit(1), TENS.offset(first));
        b.go(Cell(first));
        b.rebase(first);
        b.scratch_from(SCRATCH, |b| {
            b.walk(PRESENT, STRIDE, multiply);
            for field in [UNITS, TENS, PREVIOUS, CARRY] {
                b.clear(field);
            }
            b.go(PRESENT.offset(-STRIDE));
            b.rebase(-STRIDE);
            b.walk(PRESENT, -STRIDE, show);
            b.clear(STARTED);
        });
        b.rebase(STRIDE - first);
        b.print("\n");
    });
    b.finish("The factorials of 1 to 99   generated code")
}

fn expected() -> String {
    let mut digits = vec![1u32];
    let mut text = String::new();
    for factor in 1..=LAST {
        let mut carry = 0;
        for digit in &mut digits {
            let product = *digit * factor + carry;
            *digit = product % 10;
            carry = product / 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
        let decimal: String = digits.iter().rev().map(u32::to_string).collect();
        text += &format!("{factor}! = {decimal}\n");
    }
    text
}

pub fn example() -> Example {
    Example { name: "factorial", code: Some(program()), input: None, output: expected().into_bytes() }
}
