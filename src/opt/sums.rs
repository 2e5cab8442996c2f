//! Sums over the iterations of a loop, of what they add to a cell.
//!
//! ```text
//! loop [0]
//!   add [0] 255
//!   muladd [1] [0] 2
//!   add [1] 1
//! end
//! ```
//! adds 2·(n-1)+1, ..., 3, 1, where cell 0 is n: its square. What is the same each time is added n times, and a cell that grows by a step
//! contributes that step 0+1+...+(n-1) = n·(n-1)/2 times. The half of a number is not known modulo a power of two, so the step, or
//! the factor that it comes with, has to be even.

use super::polynomial::Polynomial;

/// What each iteration adds to a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Nothing,
    Constant(u64),
    /// Something else, or it is assigned.
    Unknown,
}

/// The sum of `gain`, in the values at the beginning of each iteration, over all of them but the first.
pub(super) fn after_the_first(
    gain: &Polynomial,
    iterations: &Polynomial,
    step: impl Fn(i32) -> Step,
    mask: u64,
) -> Option<Polynomial> {
    let mut later = iterations.clone();
    later.add_constant(mask, mask)?;
    let changing = |value: &Polynomial| value.cells().find(|&cell| step(cell) != Step::Nothing);
    let (mut rest, mut sum) = (gain.clone(), Polynomial::default());
    while let Some(cell) = changing(&rest) {
        let Step::Constant(step) = step(cell) else { return None };
        let (factor, others) = rest.split(cell, mask)?;
        if changing(&factor).is_some() {
            return None;
        }
        let from_start = factor.times(&Polynomial::cell(cell), mask)?;
        sum.add(&from_start.times(&later, mask)?, 1, mask)?;
        let (half, times) = if step % 2 == 0 { (factor, step / 2) } else { (factor.halved()?, step) };
        sum.add(&half.times(&iterations.times(&later, mask)?, mask)?, times, mask)?;
        rest = others;
    }
    sum.plus(&rest.times(&later, mask)?, 1, mask)
}

#[cfg(test)]
mod tests {
    use super::super::polynomial::Term;
    use super::*;
    use crate::opt::testing::check8;

    #[test]
    fn sums_of_the_counter_are_squares() {
        check8(
            "closed",
            "input [0]/input [1]/loop [0]/add [0] 255/muladd [1] [0] 2/add [1] 1/end",
            "input [0]/input [1]/product [1] [0] [0] 1/set [0] 0",
        );
    }

    /// By a step that is even, and one that is not.
    #[test]
    fn what_grows_is_summed() {
        let (count, grows) = (Polynomial::cell(0), Polynomial::cell(1));
        let sum = |gain: &Polynomial, step| {
            let step = |cell| if cell == 1 { Step::Constant(step) } else { Step::Nothing };
            after_the_first(gain, &count, step, 0xff).map(|sum| sum.terms().unwrap())
        };
        // (n-1)·y + n·(n-1) and 2·(n-1)·y + 3·n·(n-1).
        let terms = [Term::Linear(0, 255), Term::Linear(1, 255), Term::Product(0, 0, 1), Term::Product(0, 1, 1)];
        assert_eq!(sum(&grows, 2), Some(terms.to_vec()));
        let twice = grows.clone().plus(&grows, 1, 0xff).unwrap();
        let terms = [Term::Linear(0, 253), Term::Linear(1, 254), Term::Product(0, 0, 3), Term::Product(0, 1, 2)];
        assert_eq!(sum(&twice, 3), Some(terms.to_vec()));
        assert_eq!(sum(&grows, 3), None);
        let squared = grows.times(&grows, 0xff).unwrap();
        assert_eq!(sum(&squared, 2), None);
    }

    #[test]
    fn halves_stay_loops() {
        for stays in [
            // 1 + 2 + ... + n, with room for what it would take.
            "input [0]/input [1]/loop [0]/add [1] 255/muladd [1] [0] 1/add [1] 1/add [0] 255/end",
            // Squares of what grows.
            "input [0]/input [1]/loop [0]/add [1] 255/product [1] [0] [0] 2/add [1] 1/add [0] 255/end",
        ] {
            check8("closed", stays, stays);
        }
    }
}
