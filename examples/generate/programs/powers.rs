//! `powers.bf`: the powers of two, by doubling a long decimal number.

use crate::Example;
use crate::bf::Bf;
use crate::num::Num;

/// The last exponent; it has to fit in a byte.
const LAST: u64 = 200;
/// Enough digits for two to the last exponent.
const DIGITS: usize = 61;

fn program() -> String {
    let mut b = Bf::new();
    let count = b.cell();
    let exponent = Num::new(&mut b, 10, 3);
    let power = Num::new(&mut b, 10, DIGITS);
    power.set(&mut b, 1);
    b.set(count, LAST as i32 + 1);
    b.drain(count, |b| {
        b.print("2^");
        exponent.print(b);
        b.print(" = ");
        power.print(b);
        b.print("\n");
        exponent.increment(b);
        power.scale(b, 2);
    });
    b.finish("The powers of two up to two to the 200th   generated code")
}

fn expected() -> String {
    let mut digits = vec![1u8];
    let mut text = String::new();
    for exponent in 0..=LAST {
        let decimal: String = digits.iter().rev().map(|d| char::from(b'0' + d)).collect();
        text += &format!("2^{exponent} = {decimal}\n");
        let mut carry = 0;
        for digit in &mut digits {
            let double = *digit * 2 + carry;
            *digit = double % 10;
            carry = double / 10;
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    text
}

pub fn example() -> Example {
    Example { name: "powers", code: Some(program()), input: None, output: expected().into_bytes() }
}
