//! The generated programs, one module each.

mod big;
mod collatz;
mod factorial;
mod interpreter;
mod life;
mod mandelbrot;
mod powers;
mod primes;
mod queens;

use crate::Example;

pub fn examples() -> Vec<Example> {
    vec![
        mandelbrot::example(),
        primes::example(),
        factorial::example(),
        powers::example(),
        collatz::example(),
        life::example(),
        queens::example(),
        interpreter::example(),
        big::example(),
    ]
}
