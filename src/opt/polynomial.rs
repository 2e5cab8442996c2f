//! Polynomials in the values of cells, modulo a power of two: what straight code computes.

use smallvec::{SmallVec, smallvec};

/// The largest degree; what would have a larger one is not computed.
const MAX_DEGREE: usize = 3;

/// The largest number of terms.
const MAX_TERMS: usize = 16;

/// So many terms need no memory of their own: nearly all have no more.
const FEW_TERMS: usize = 2;

/// A product of cells, sorted; the empty product is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Monomial {
    degree: u8,
    cells: [i32; MAX_DEGREE],
}

impl Monomial {
    fn of(cell: i32) -> Monomial {
        Monomial { degree: 1, cells: [cell, 0, 0] }
    }

    fn cells(&self) -> &[i32] {
        &self.cells[..self.degree.into()]
    }

    fn times(&self, other: &Monomial) -> Option<Monomial> {
        let degree = self.degree + other.degree;
        if usize::from(degree) > MAX_DEGREE {
            return None;
        }
        let mut cells = self.cells;
        cells[self.degree.into()..degree.into()].copy_from_slice(other.cells());
        cells[..degree.into()].sort_unstable();
        Some(Monomial { degree, cells })
    }
}

/// A sum of products of cells, with coefficients modulo 2^w; `mask` is 2^w - 1 in what follows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Polynomial {
    /// Sorted, without coefficients of 0.
    terms: SmallVec<[(Monomial, u64); FEW_TERMS]>,
}

/// A term, as an engine can compute it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Term {
    Constant(u64),
    Linear(i32, u64),
    Product(i32, i32, u64),
}

/// Terms are copied bit by bit.
impl Clone for Polynomial {
    fn clone(&self) -> Polynomial {
        Polynomial { terms: SmallVec::from_slice(&self.terms) }
    }
}

impl Polynomial {
    pub fn constant(value: u64) -> Polynomial {
        Polynomial { terms: if value == 0 { smallvec![] } else { smallvec![(Monomial::default(), value)] } }
    }

    pub fn cell(cell: i32) -> Polynomial {
        Polynomial { terms: smallvec![(Monomial::of(cell), 1)] }
    }

    /// The value, if it does not depend on a cell.
    pub fn as_constant(&self) -> Option<u64> {
        match self.terms.as_slice() {
            [] => Some(0),
            [(monomial, value)] if monomial.degree == 0 => Some(*value),
            _ => None,
        }
    }

    /// Whether it depends on `cell`.
    pub fn reads(&self, cell: i32) -> bool {
        self.terms.iter().any(|(monomial, _)| monomial.cells().contains(&cell))
    }

    /// The cells it depends on, some of them more than once.
    pub fn cells(&self) -> impl Iterator<Item = i32> + '_ {
        self.terms.iter().flat_map(|(monomial, _)| monomial.cells().iter().copied())
    }

    /// The constant that is added to `cell`, if the polynomial is its value and that.
    pub fn gain(&self, cell: i32) -> Option<u64> {
        let (constant, rest) = match self.terms.as_slice() {
            [(monomial, value), rest @ ..] if monomial.degree == 0 => (*value, rest),
            rest => (0, rest),
        };
        matches!(rest, [(monomial, 1)] if *monomial == Monomial::of(cell)).then_some(constant)
    }

    /// `self + other * factor`, unless that gets too large.
    pub fn plus(mut self, other: &Polynomial, factor: u64, mask: u64) -> Option<Polynomial> {
        self.add(other, factor, mask)?;
        Some(self)
    }

    /// Adds `other * factor`; nothing if the sum gets too large, and then it is of no use.
    pub fn add(&mut self, other: &Polynomial, factor: u64, mask: u64) -> Option<()> {
        for (monomial, coefficient) in &other.terms {
            self.add_term(*monomial, coefficient.wrapping_mul(factor), mask);
        }
        (self.terms.len() <= MAX_TERMS).then_some(())
    }

    /// Adds `value`; nothing as in [`add`](Polynomial::add).
    pub fn add_constant(&mut self, value: u64, mask: u64) -> Option<()> {
        self.add_term(Monomial::default(), value, mask);
        (self.terms.len() <= MAX_TERMS).then_some(())
    }

    pub fn times(&self, other: &Polynomial, mask: u64) -> Option<Polynomial> {
        let mut product = Polynomial::default();
        for (left, left_coefficient) in &self.terms {
            for (right, right_coefficient) in &other.terms {
                product.add_term(left.times(right)?, left_coefficient.wrapping_mul(*right_coefficient), mask);
            }
        }
        (product.terms.len() <= MAX_TERMS).then_some(product)
    }

    /// What `cell` is multiplied with, and the terms without it; nothing if it is multiplied with itself.
    pub fn split(&self, cell: i32, mask: u64) -> Option<(Polynomial, Polynomial)> {
        let (mut factor, mut rest) = (Polynomial::default(), Polynomial::default());
        for (monomial, coefficient) in &self.terms {
            let mut others = monomial.cells().iter().filter(|&&other| other != cell);
            match usize::from(monomial.degree) - others.clone().count() {
                0 => rest.add_term(*monomial, *coefficient, mask),
                1 => {
                    let others = others.try_fold(Monomial::default(), |all, &other| all.times(&Monomial::of(other)))?;
                    factor.add_term(others, *coefficient, mask);
                }
                _ => return None,
            }
        }
        Some((factor, rest))
    }

    /// Half of the polynomial, if all coefficients are even: one of the two.
    pub fn halved(mut self) -> Option<Polynomial> {
        for (_, coefficient) in &mut self.terms {
            if *coefficient % 2 != 0 {
                return None;
            }
            *coefficient /= 2;
        }
        Some(self)
    }

    /// The polynomial with `cell` replaced by `value`.
    pub fn at(&self, cell: i32, value: &Polynomial, mask: u64) -> Option<Polynomial> {
        self.substitute(|other| (other == cell).then_some(value), mask)
    }

    /// The polynomial with each cell replaced by `value(cell)`, where that is something.
    pub fn substitute<'v>(&self, value: impl Fn(i32) -> Option<&'v Polynomial>, mask: u64) -> Option<Polynomial> {
        if self.cells().all(|cell| value(cell).is_none()) {
            return Some(self.clone());
        }
        let mut result = Polynomial::default();
        for (monomial, coefficient) in &self.terms {
            if monomial.cells().iter().all(|&cell| value(cell).is_none()) {
                result.add_term(*monomial, *coefficient, mask);
                continue;
            }
            let mut product = Polynomial::constant(*coefficient);
            for &cell in monomial.cells() {
                product = match value(cell) {
                    Some(value) => product.times(value, mask)?,
                    None => product.times(&Polynomial::cell(cell), mask)?,
                };
            }
            result.add(&product, 1, mask)?;
        }
        (result.terms.len() <= MAX_TERMS).then_some(result)
    }

    /// The coefficient of `cell` alone.
    pub fn coefficient(&self, cell: i32) -> u64 {
        let term = self.terms.iter().find(|(monomial, _)| *monomial == Monomial::of(cell));
        term.map_or(0, |&(_, coefficient)| coefficient)
    }

    /// A cell and what it has to be for the polynomial to be 0: where a cell occurs once, and by itself with an
    /// odd factor. There is no other value of the cell for which it is 0.
    pub fn root(&self, mask: u64) -> Option<(i32, Polynomial)> {
        let (cell, factor) = self.terms.iter().find_map(|(monomial, coefficient)| match monomial.cells() {
            &[cell] if coefficient % 2 == 1 && self.cells().filter(|&other| other == cell).count() == 1 => {
                Some((cell, *coefficient))
            }
            _ => None,
        })?;
        let inverse = inverse(factor).wrapping_neg();
        let rest = self.terms.iter().filter(|(monomial, _)| *monomial != Monomial::of(cell));
        // An odd factor makes no coefficient 0.
        let root = rest.map(|&(monomial, coefficient)| (monomial, coefficient.wrapping_mul(inverse) & mask)).collect();
        Some((cell, Polynomial { terms: root }))
    }

    /// The terms; nothing if one is a product of more than two cells.
    pub fn terms(&self) -> Option<Vec<Term>> {
        let term = |&(monomial, coefficient): &(Monomial, u64)| match *monomial.cells() {
            [] => Some(Term::Constant(coefficient)),
            [cell] => Some(Term::Linear(cell, coefficient)),
            [left, right] => Some(Term::Product(left, right, coefficient)),
            _ => None,
        };
        self.terms.iter().map(term).collect()
    }

    fn add_term(&mut self, monomial: Monomial, coefficient: u64, mask: u64) {
        match self.terms.binary_search_by_key(&monomial, |term| term.0) {
            Ok(place) => {
                let sum = self.terms[place].1.wrapping_add(coefficient) & mask;
                self.terms[place].1 = sum;
                if sum == 0 {
                    self.terms.remove(place);
                }
            }
            Err(place) => {
                if coefficient & mask != 0 {
                    self.terms.insert(place, (monomial, coefficient & mask));
                }
            }
        }
    }
}

/// The inverse of an odd number modulo 2^64, and so modulo every smaller power of two.
///
/// Newton's iteration: each round doubles the number of right low bits, of which `odd` itself has three.
pub(super) fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: u64 = 0xff;

    #[test]
    fn inverses() {
        for odd in [1, 3, 5, 255, 0x1234_5677, u64::MAX] {
            assert_eq!(inverse(odd).wrapping_mul(odd), 1);
        }
    }

    #[test]
    fn sums_and_products_are_reduced() {
        let (x, y) = (Polynomial::cell(0), Polynomial::cell(1));
        let sum = x.clone().plus(&y, 3, MASK).unwrap();
        assert_eq!(sum.clone().plus(&y, 253, MASK).unwrap(), x);
        let square = sum.times(&sum, MASK).unwrap();
        assert_eq!(square.terms().unwrap(), [Term::Product(0, 0, 1), Term::Product(0, 1, 6), Term::Product(1, 1, 9)]);
        assert_eq!(square.times(&square, MASK), None, "of degree 4");
        assert_eq!(x.clone().plus(&x, 255, MASK).unwrap().as_constant(), Some(0));
    }

    #[test]
    fn gains_are_constants() {
        let (x, five) = (Polynomial::cell(0), Polynomial::constant(5));
        assert_eq!((x.gain(0), x.gain(1), five.gain(0)), (Some(0), None, None));
        let sum = x.clone().plus(&five, 1, MASK).unwrap();
        assert_eq!((sum.gain(0), sum.clone().plus(&Polynomial::cell(1), 1, MASK).unwrap().gain(0)), (Some(5), None));
        assert_eq!(sum.plus(&x, 1, MASK).unwrap().gain(0), None);
    }

    #[test]
    fn sums_have_so_many_terms_at_most() {
        let mut sum = Polynomial::default();
        for cell in 0..MAX_TERMS as i32 {
            sum.add(&Polynomial::cell(cell), 1, MASK).unwrap();
        }
        assert_eq!(sum.clone().add(&Polynomial::cell(-1), 1, MASK), None);
        assert_eq!((sum.add_constant(0, MASK), sum.add_constant(1, MASK)), (Some(()), None));
    }

    #[test]
    fn a_root_is_the_only_one() {
        let (x, y) = (Polynomial::cell(0), Polynomial::cell(1));
        // 3x + y + 5
        let line = y.clone().plus(&x, 3, MASK).unwrap().plus(&Polynomial::constant(5), 1, MASK).unwrap();
        let (cell, root) = line.root(MASK).unwrap();
        assert_eq!(line.at(cell, &root, MASK).unwrap().as_constant(), Some(0));
        assert_eq!(Polynomial::constant(2).times(&x, MASK).unwrap().root(MASK), None);
        assert_eq!(x.times(&x, MASK).unwrap().plus(&x, 1, MASK).unwrap().root(MASK), None);
    }
}
