//! `mandelbrot.bf`: the Mandelbrot set in characters.
//!
//! Coordinates are fixed-point numbers of four hexadecimal digits, three of
//! them after the point, with negative values as complements.  Products are
//! formed from the magnitudes and cut off after the third digit, so that the
//! same results come from shifting integers in Rust.

use crate::Example;
use crate::bf::{Bf, Cell, Wide};
use crate::num::Num;

const COLUMNS: i32 = 70;
const ROWS: i32 = 25;
/// The upper left corner and the steps from there, in units of 1/4096.
const LEFT: i32 = -8600;
const TOP: i32 = -4800;
const STEP_X: i32 = 174;
const STEP_Y: i32 = 400;

/// What to draw where a point escapes after so many iterations.
const PALETTE: &[u8] = b"    ...:::---===+++***ooo%%%&&&@";
/// What to draw where it has not escaped when the palette ends.
const INSIDE: u8 = b'#';

/// Digits after the point, and digits in all.
const FRACTION: usize = 3;
const DIGITS: usize = FRACTION + 1;
/// A square may need one more digit before the point.
const PRODUCT: usize = DIGITS + 1;

/// A coordinate as the digits of its complement.
fn fixed(value: i32) -> u64 {
    value.rem_euclid(1 << (4 * DIGITS)) as u64
}

/// Sets `target`, which is zero, to the magnitude of `source` and changes
/// the parity of `sign` if `source` is negative.
fn magnitude(b: &mut Bf, source: &Num, target: &Num, sign: Cell) {
    target.assign(b, source);
    b.temps(|b, [top, negative, rest]| {
        b.copy(source.digit(DIGITS - 1), top);
        b.divide(top, 8, Some(negative), rest);
        b.clear(rest);
        b.drain(negative, |b| {
            b.add(sign, 1);
            target.negate(b);
        });
    });
}

/// Adds the product of the digits `x` and `y` to a column of a number, of
/// which `low` is the digit and `high` the next.
fn multiply_digits(b: &mut Bf, x: Wide, y: Wide, low: Wide, high: Wide) {
    b.temps(|b, [p, near_x, near_y, t]| {
        b.pour(low, &[(p, 1)]);
        b.copy(y, near_y);
        b.copy(x, near_x);
        b.drain(near_x, |b| {
            b.pour(near_y, &[(p, 1), (t, 1)]);
            b.pour(t, &[(near_y, 1)]);
        });
        b.clear(near_y);
        b.divide(p, 16, Some(near_x), near_y);
        b.pour(near_y, &[(low.into(), 1)]);
        b.pour(near_x, &[(high.into(), 1)]);
    });
}

/// Sets `target` to the product of `x` and `y`.
fn multiply(b: &mut Bf, x: &Num, y: &Num, target: &Num) {
    target.clear(b);
    b.temps(|b, [sign, odd]| {
        Num::temp(b, 16, DIGITS, |b, x_size| {
            Num::temp(b, 16, DIGITS, |b, y_size| {
                Num::temp(b, 16, 2 * DIGITS, |b, product| {
                    magnitude(b, x, &x_size, sign);
                    magnitude(b, y, &y_size, sign);
                    for (i, digit) in x_size.digits().enumerate() {
                        for (j, other) in y_size.digits().enumerate() {
                            let [low, high] = [0, 1].map(|n| product.digit(i + j + n));
                            multiply_digits(b, digit, other, low, high);
                        }
                    }
                    for (i, to) in target.digits().enumerate() {
                        b.pour(product.digit(FRACTION + i), &[(to.into(), 1)]);
                    }
                    product.clear(b);
                });
                y_size.clear(b);
            });
            x_size.clear(b);
        });
        b.divide(sign, 2, None, odd);
        b.drain(odd, |b| target.negate(b));
    });
}

/// The state of the iteration.
struct Point {
    x: Num,
    y: Num,
    c_x: Num,
    c_y: Num,
    x_squared: Num,
    y_squared: Num,
}

impl Point {
    fn new(b: &mut Bf) -> Point {
        let [c_x, c_y, x, y] = std::array::from_fn(|_| Num::new(b, 16, DIGITS));
        let [x_squared, y_squared] = std::array::from_fn(|_| Num::new(b, 16, PRODUCT));
        Point { x, y, c_x, c_y, x_squared, y_squared }
    }

    /// Squares the coordinates and sets `escaped` to 1 if the sum of the
    /// squares is 4 or more.
    fn measure(&self, b: &mut Bf, escaped: Cell) {
        multiply(b, &self.x, &self.x, &self.x_squared);
        multiply(b, &self.y, &self.y, &self.y_squared);
        Num::temp(b, 16, PRODUCT, |b, sum| {
            sum.assign(b, &self.x_squared);
            sum.add(b, &self.y_squared);
            b.if_nonzero(sum.digit(DIGITS), |b| b.set(escaped, 1));
            let units = sum.digit(FRACTION);
            b.temps(|b, [rest]| {
                b.wides(|b, [quotient]| {
                    b.divide(units, 4, Some(quotient.into()), rest);
                    b.if_nonzero(quotient, |b| b.set(escaped, 1));
                    b.clear(quotient);
                });
                b.clear(rest);
            });
            sum.clear(b);
        });
    }

    /// Squares the point and adds the constant.
    fn advance(&self, b: &mut Bf) {
        Num::temp(b, 16, PRODUCT, |b, product| {
            multiply(b, &self.x, &self.y, &product);
            self.y.assign(b, &product);
            product.clear(b);
        });
        self.y.scale(b, 2);
        self.y.add(b, &self.c_y);
        // The squares add up to less than 4, so that they and their
        // difference fit in a coordinate.
        self.x.assign(b, &self.y_squared);
        self.x.negate(b);
        self.x.add(b, &self.x_squared);
        self.x.add(b, &self.c_x);
    }
}

fn program() -> String {
    let mut b = Bf::new();
    let [rows, columns, running, escaped, ink] = std::array::from_fn(|_| b.cell());
    let shade = b.wide();
    let left = b.wide();
    let point = Point::new(&mut b);

    point.c_y.set(&mut b, fixed(TOP));
    b.set(rows, ROWS);
    b.drain(rows, |b| {
        point.c_x.set(b, fixed(LEFT));
        b.set(columns, COLUMNS);
        b.drain(columns, |b| {
            point.x.clear(b);
            point.y.clear(b);
            b.set(left, PALETTE.len() as i32);
            b.add(running, 1);
            b.drain(running, |b| {
                point.measure(b, escaped);
                b.add(running, 1);
                b.drain(escaped, |b| b.add(running, -1));
                b.if_zero(left, |b| b.clear(running));
                b.temps(|b, [go]| {
                    b.pour(running, &[(go, 1)]);
                    b.drain(go, |b| {
                        b.add(running, 1);
                        b.add(left, -1);
                        b.add(shade, 1);
                        point.advance(b);
                    });
                });
            });
            b.clear(left);
            b.switch(shade, PALETTE.len() + 1, |b, i| {
                b.add(ink, i32::from(*PALETTE.get(i).unwrap_or(&INSIDE)));
            });
            b.output(ink);
            b.clear(ink);
            point.c_x.add_constant(b, fixed(STEP_X));
        });
        b.print("\n");
        point.c_y.add_constant(b, fixed(STEP_Y));
    });
    b.finish("The Mandelbrot set drawn with fixed point arithmetic   generated code")
}

fn expected() -> Vec<u8> {
    let product = |x: i32, y: i32| ((x * y).abs() >> 12) * (x * y).signum();
    let mut text = Vec::new();
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let (c_x, c_y) = (LEFT + column * STEP_X, TOP + row * STEP_Y);
            let (mut x, mut y) = (0, 0);
            let mut ink = INSIDE;
            for &shade in PALETTE {
                let (x_squared, y_squared) = (product(x, x), product(y, y));
                if x_squared + y_squared >= 4 << 12 {
                    ink = shade;
                    break;
                }
                y = 2 * product(x, y) + c_y;
                x = x_squared - y_squared + c_x;
            }
            text.push(ink);
        }
        text.push(b'\n');
    }
    text
}

pub fn example() -> Example {
    Example { name: "mandelbrot", code: Some(program()), input: None, output: expected() }
}
