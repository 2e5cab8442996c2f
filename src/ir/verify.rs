//! Checks that a program is well formed. Runs after every pass in debug builds.
//!
//! The properties:
//! 1. Heads and ends match: each names the other's index, and pairs nest.
//! 2. Deltas, values and factors are wrapped to the program's width.
//! 3. No operation is without meaning: what moves or steps does not do so by 0, what multiplies does
//!    not by 0, `MulAdd` does not read its own target, `MinAdd` adds something, and a `Walk` does so somewhere.
//! 4. Spans do not end before they start.
//! 5. The cells of a `Count` are different ones, and the zeros in use come first.
//! 6. Texts are not empty and lie within the program's text.

use super::count::Count;
use super::{Kind, Op, Program};

/// A property that does not hold, and the operation where.
#[derive(Debug, PartialEq, Eq)]
pub struct Violation {
    pub index: usize,
    pub op: Op,
    pub property: &'static str,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "op {} ({:?}): {}", self.index, self.op.kind, self.property)
    }
}

impl std::error::Error for Violation {}

/// Checks the properties that the module's head lists.
///
/// # Errors
/// The first violation.
pub fn verify(program: &Program) -> Result<(), Violation> {
    let ops = &program.ops;
    let mut open: Vec<u32> = Vec::new();
    for (index, &op) in ops.iter().enumerate() {
        if let Some(property) = violated(program, index, &mut open) {
            return Err(Violation { index, op, property });
        }
    }
    match open.last() {
        Some(&head) => Err(Violation { index: head as usize, op: ops[head as usize], property: "the head has no end" }),
        None => Ok(()),
    }
}

fn violated(program: &Program, index: usize, open: &mut Vec<u32>) -> Option<&'static str> {
    let op = program.ops[index];
    let wrapped = |value: u64| value & !program.width.mask() == 0;
    if op.span.end < op.span.start {
        return Some("the span ends before it starts");
    }
    match op.kind {
        Kind::Add { delta: value, .. } | Kind::Set { value, .. } if !wrapped(value) => {
            Some("the value is not wrapped to the cell width")
        }
        Kind::MulAdd { factor, .. }
        | Kind::Copy { factor, .. }
        | Kind::Product { factor, .. }
        | Kind::MinAdd { factor, .. }
        | Kind::AddHeld { factor, .. }
            if factor == 0 || !wrapped(factor) =>
        {
            Some("the factor is 0 or not wrapped to the cell width")
        }
        Kind::MulAdd { target, source, .. } if target == source => Some("the target is the source"),
        Kind::MinAdd { most, .. } if most == 0 || !wrapped(most.into()) => {
            Some("the most that is added is 0 or no value of a cell")
        }
        Kind::Move { delta: 0 } => Some("the move stays"),
        Kind::Text { start, len } if len == 0 || (start + len) as usize > program.text.len() => {
            Some("the text is empty or not the program's")
        }
        Kind::Scan { stride: 0, .. } | Kind::Walk { stride: 0, .. } => Some("the scan does not step"),
        Kind::Walk { leave: 0, enter: 0, .. } => Some("the walk is a scan"),
        Kind::Count(count) if !has_different_cells(&count) => Some("the cells of the count are not different"),
        Kind::Count(count) if !count.zeros.is_sorted_by_key(Option::is_none) => Some("the zeros do not come first"),
        Kind::Count(count) if count.borrows() && count.carry.is_none() => Some("nothing is borrowed from"),
        Kind::Divide { cell, quotient, unless, .. } if cell == quotient || cell == unless || quotient == unless => {
            Some("the cells of the division are not different")
        }
        Kind::Divide { divisor: 0 | 1, .. } => Some("the divisor is less than 2"),
        Kind::Ripple { stride: 0, .. } => Some("the digits are one cell"),
        Kind::AddHeld { .. } | Kind::Release { .. } if !is_held(&program.ops[..index]) => Some("nothing is held"),
        Kind::Loop { .. } | Kind::If { .. } => {
            open.push(index as u32);
            None
        }
        Kind::LoopEnd { start } | Kind::IfEnd { start } => {
            let is_loop = matches!(op.kind, Kind::LoopEnd { .. });
            if open.pop() != Some(start) {
                return Some("the end does not name the innermost open head");
            }
            match program.ops[start as usize].kind {
                Kind::Loop { end, .. } if is_loop && end as usize == index => None,
                Kind::If { end, .. } if !is_loop && end as usize == index => None,
                _ => Some("the head does not name this end"),
            }
        }
        Kind::Add { .. }
        | Kind::Set { .. }
        | Kind::MulAdd { .. }
        | Kind::Copy { .. }
        | Kind::Product { .. }
        | Kind::MinAdd { .. }
        | Kind::Move { .. }
        | Kind::Scan { .. }
        | Kind::Walk { .. }
        | Kind::Count(_)
        | Kind::Divide { .. }
        | Kind::Ripple { .. }
        | Kind::Hold { .. }
        | Kind::AddHeld { .. }
        | Kind::Release { .. }
        | Kind::Input { .. }
        | Kind::Output { .. }
        | Kind::Text { .. }
        | Kind::Dump { .. } => None,
    }
}

/// Whether these operations end with some that hold a value, and no head or end behind that.
fn is_held(ops: &[Op]) -> bool {
    let last = ops.iter().rev().find(|op| op.kind.is_bracket() || matches!(op.kind, Kind::Hold { .. }));
    last.is_some_and(|op| matches!(op.kind, Kind::Hold { .. }))
}

fn has_different_cells(count: &Count) -> bool {
    let mut cells: Vec<i32> = count.cells().collect();
    let all = cells.len();
    cells.sort_unstable();
    cells.dedup();
    cells.len() == all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::CellWidth;
    use crate::ir::{Entry, Shape};
    use crate::source::Span;

    fn property(kinds: &[Kind]) -> Option<&'static str> {
        let ops = kinds.iter().map(|&kind| Op { kind, span: Span::default() }).collect();
        verify(&Program { width: CellWidth::W8, entry: Entry::default(), ops, text: b"ab".to_vec(), shape: Shape::ANY })
            .err()
            .map(|violation| violation.property)
    }

    #[test]
    fn every_property_is_noticed() {
        let head = Kind::Loop { cell: 0, end: 1 };
        assert_eq!(property(&[head, Kind::LoopEnd { start: 0 }]), None);
        assert!(property(&[head]).unwrap().contains("no end"));
        assert!(property(&[head, Kind::IfEnd { start: 0 }]).unwrap().contains("does not name this end"));
        assert!(property(&[Kind::LoopEnd { start: 0 }]).unwrap().contains("innermost"));
        assert!(property(&[Kind::Add { cell: 0, delta: 256 }]).unwrap().contains("wrapped"));
        assert!(property(&[Kind::Set { cell: 0, value: 256 }]).unwrap().contains("wrapped"));
        assert!(property(&[Kind::Move { delta: 0 }]).unwrap().contains("stays"));
        let walk = |leave| Kind::Walk { cell: 0, stride: 1, leave, enter: 0 };
        assert_eq!(property(&[walk(-1)]), None);
        assert!(property(&[walk(0)]).unwrap().contains("scan"));
        assert!(property(&[Kind::Scan { cell: 0, stride: 0 }]).unwrap().contains("step"));
        assert_eq!(property(&[Kind::Text { start: 1, len: 1 }]), None);
        assert!(property(&[Kind::Text { start: 1, len: 2 }]).unwrap().contains("text"));
        let multiply = |target, factor| Kind::MulAdd { target, source: 0, factor };
        assert!(property(&[multiply(0, 1)]).unwrap().contains("source"));
        assert!(property(&[multiply(1, 0)]).unwrap().contains("factor"));
        let minimum = |most, factor| Kind::MinAdd { target: 0, source: 0, most, factor };
        assert_eq!(property(&[minimum(255, 1)]), None);
        assert!(property(&[minimum(0, 1)]).unwrap().contains("most"));
        assert!(property(&[minimum(256, 1)]).unwrap().contains("most"));
        assert!(property(&[minimum(1, 0)]).unwrap().contains("factor"));
    }
}
