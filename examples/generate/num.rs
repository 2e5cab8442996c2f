//! Natural numbers of any length, one small digit in each [`Wide`] cell.
//!
//! The base is 10 where a number is going to be printed and 16 where it is
//! only calculated with.  It must not exceed 16, which leaves room in a cell
//! for the product of two digits plus what is carried into it.

use crate::bf::{Bf, Cell, Wide};

/// A number of `len` digits, least significant first.
#[derive(Clone, Copy)]
pub struct Num {
    first: Cell,
    len: usize,
    base: i32,
}

impl Num {
    /// Allocates a number for the rest of the program.
    pub fn new(b: &mut Bf, base: i32, len: usize) -> Num {
        assert!((2..=16).contains(&base));
        let first = b.reserve(Wide::SIZE * len as i32);
        Num { first, len, base }
    }

    /// Lends a number to `body`, which must leave it zero.
    pub fn temp(b: &mut Bf, base: i32, len: usize, body: impl FnOnce(&mut Bf, Num)) {
        b.temps(|b, []| {
            let num = Num::new(b, base, len);
            body(b, num);
        });
    }

    pub fn digit(&self, i: usize) -> Wide {
        assert!(i < self.len);
        Wide(self.first.offset(Wide::SIZE * i as i32))
    }

    pub fn digits(&self) -> impl DoubleEndedIterator<Item = Wide> + use<> {
        let num = *self;
        (0..num.len).map(move |i| num.digit(i))
    }

    /// The digit that carries from digit `i` go to.  What is carried out of
    /// the last digit is lost, so arithmetic is modulo `base` to the `len`.
    fn carry(&self, i: usize) -> Option<Cell> {
        (i + 1 < self.len).then(|| self.digit(i + 1).into())
    }

    fn digits_of(&self, value: u64) -> impl Iterator<Item = (Wide, i32)> + use<> {
        let base = self.base as u64;
        let mut rest = value;
        self.digits().map(move |digit| {
            let n = rest % base;
            rest /= base;
            (digit, n as i32)
        })
    }

    pub fn clear(&self, b: &mut Bf) {
        self.digits().for_each(|digit| b.clear(digit));
    }

    pub fn set(&self, b: &mut Bf, value: u64) {
        self.digits_of(value).for_each(|(digit, n)| b.set(digit, n));
    }

    pub fn add_constant(&self, b: &mut Bf, value: u64) {
        self.digits_of(value).for_each(|(digit, n)| b.add(digit, n));
        self.reduce(b);
    }

    /// Adds 1.
    pub fn increment(&self, b: &mut Bf) {
        self.increment_from(b, 0);
    }

    fn increment_from(&self, b: &mut Bf, i: usize) {
        if i == self.len {
            return;
        }
        let digit = self.digit(i);
        b.add(digit, 1 - self.base);
        b.branch(digit, |b| b.add(digit, self.base), |b| self.increment_from(b, i + 1));
    }

    /// Subtracts 1.
    pub fn decrement(&self, b: &mut Bf) {
        self.decrement_from(b, 0);
    }

    fn decrement_from(&self, b: &mut Bf, i: usize) {
        if i == self.len {
            return;
        }
        let digit = self.digit(i);
        b.branch(
            digit,
            |b| b.add(digit, -1),
            |b| {
                b.add(digit, self.base - 1);
                self.decrement_from(b, i + 1);
            },
        );
    }

    /// Adds `other`, digit by digit, and keeps it.
    pub fn add(&self, b: &mut Bf, other: &Num) {
        for (target, source) in self.digits().zip(other.digits()) {
            b.copy(source, target);
        }
        self.reduce(b);
    }

    /// Becomes a copy of `other`.
    pub fn assign(&self, b: &mut Bf, other: &Num) {
        self.clear(b);
        for (target, source) in self.digits().zip(other.digits()) {
            b.copy(source, target);
        }
    }

    /// Replaces the number by its complement: what is missing to a power of
    /// the base.  This is how negative numbers are written.
    pub fn negate(&self, b: &mut Bf) {
        for digit in self.digits() {
            b.temps(|b, [t]| {
                b.pour(digit, &[(t, 1)]);
                b.add(digit, self.base - 1);
                b.pour(t, &[(digit.into(), -1)]);
            });
        }
        self.increment(b);
    }

    /// Multiplies by `k`, for which a cell must hold `k` times a digit and
    /// what is carried into it.
    pub fn scale(&self, b: &mut Bf, k: i32) {
        assert!(self.base * k <= 256);
        for digit in self.digits() {
            b.temps(|b, [t]| {
                b.pour(digit, &[(t, 1)]);
                b.pour(t, &[(digit.into(), k)]);
            });
        }
        self.reduce(b);
    }

    /// Brings digits that have grown too large back below the base.
    pub fn reduce(&self, b: &mut Bf) {
        for i in 0..self.len {
            b.temps(|b, [t]| {
                b.pour(self.digit(i), &[(t, 1)]);
                b.divide(t, self.base, self.carry(i), self.digit(i));
            });
        }
    }

    /// Halves the number, rounding down.
    pub fn halve(&self, b: &mut Bf) {
        for i in (0..self.len).rev() {
            b.temps(|b, [t, odd]| {
                let digit = self.digit(i);
                b.pour(digit, &[(t, 1)]);
                b.divide(t, 2, Some(digit.into()), odd);
                b.drain(odd, |b| {
                    if i > 0 {
                        b.add(self.digit(i - 1), self.base);
                    }
                });
            });
        }
    }

    /// Sets `flag`, a cell that holds 0, to 1 if the number is not `value`.
    pub fn differs_from(&self, b: &mut Bf, value: u64, flag: Cell) {
        for (digit, n) in self.digits_of(value) {
            b.add(digit, -n);
            b.if_nonzero(digit, |b| b.set(flag, 1));
            b.add(digit, n);
        }
    }

    /// Prints the digits of a decimal number, without leading zeros.
    pub fn print(&self, b: &mut Bf) {
        assert_eq!(self.base, 10);
        b.temps(|b, [started, now]| {
            for (i, digit) in self.digits().enumerate().collect::<Vec<_>>().into_iter().rev() {
                if i == 0 {
                    b.set(started, 1);
                } else {
                    b.if_nonzero(digit, |b| b.set(started, 1));
                }
                b.drain(started, |b| {
                    b.add(now, 1);
                    b.add(digit, 48);
                    b.output(digit);
                    b.add(digit, -48);
                });
                b.pour(now, &[(started, 1)]);
            }
            b.clear(started);
        });
    }

    /// Becomes the decimal number that is next in the input.  Reading ends
    /// with the first character that is not a digit, or with the input.
    pub fn read(&self, b: &mut Bf) {
        assert_eq!(self.base, 10);
        self.clear(b);
        b.temps(|b, [more, ch]| {
            b.add(more, 1);
            b.drain(more, |b| {
                b.input(ch);
                b.add(ch, -48);
                b.wides(|b, [selector]| {
                    b.copy(ch, selector);
                    b.switch(selector, 10, |b, _| b.add(more, 1));
                });
                b.temps(|b, [go]| {
                    b.copy(more, go);
                    b.drain(go, |b| {
                        b.clear(self.digit(self.len - 1));
                        for i in (1..self.len).rev() {
                            b.pour(self.digit(i - 1), &[(self.digit(i).into(), 1)]);
                        }
                        b.pour(ch, &[(self.digit(0).into(), 1)]);
                    });
                });
                b.clear(ch);
            });
        });
    }
}

/// Prints a byte in decimal and keeps it.
pub fn print_byte(b: &mut Bf, byte: impl Into<Cell>) {
    let byte = byte.into();
    Num::temp(b, 10, 3, |b, num| {
        b.copy(byte, num.digit(0));
        num.reduce(b);
        num.print(b);
        num.clear(b);
    });
}
