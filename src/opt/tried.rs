//! What was tried in vain: code of the same form need not be looked at again.
//!
//! Most code that symbolic execution is tried on has no shorter form, and most of it is like some that was looked at
//! before, with other cells: here the form has a number. That two forms share one is as good as impossible, and
//! would only leave code as it is.

use super::symbolic::Facts;
use crate::ir::{Kind, Op};

/// Numbers of forms. The table may forget. It takes memory when the first is added: programs without loops have none to add.
pub(super) struct Tried {
    forms: Vec<u64>,
    size: usize,
}

/// How many forms are remembered at least and at most, powers of two. To get and clear memory for the most takes as long as the
/// pass takes for a small program.
const MIN_SIZE: usize = 1 << 6;
const MAX_SIZE: usize = 1 << 12;

/// The most cells that are told apart in one form.
const MAX_CELLS: usize = 32;

/// What code is tried for.
#[derive(Clone, Copy)]
pub(super) enum Attempt {
    /// A loop on this cell has its body done at once.
    Loop { counter: i32 },
    /// Straight code and conditions are done in fewer operations.
    Window,
}

impl Tried {
    /// For a program of so many operations.
    pub fn new(ops: usize) -> Tried {
        let size = ops.clamp(MIN_SIZE, MAX_SIZE).next_power_of_two();
        Tried { forms: Vec::new(), size }
    }

    /// Whether code of this form is remembered. It has a number where it is worth remembering.
    pub fn has(&self, form: Option<u64>) -> bool {
        form.is_some_and(|form| self.forms.get(form as usize % self.size) == Some(&form))
    }

    pub fn add(&mut self, form: Option<u64>) {
        if let Some(form) = form {
            self.forms.resize(self.size, 0);
            self.forms[form as usize % self.size] = form;
        }
    }
}

/// A number for what symbolic execution can find out about `ops`: the same wherever the operations are the same but
/// for the cells, what is known of these is the same, and they lie in the same order, at the same distances where some
/// may lie off the tape. Nothing if there are operations that it does not follow, or many cells.
pub(super) fn form(attempt: Attempt, ops: &[Op], facts: &dyn Facts) -> Option<u64> {
    let mut number = Number(0);
    let mut cells = Names { cells: [0; MAX_CELLS], len: 0, are_on_tape: true };
    match attempt {
        Attempt::Loop { counter } => {
            number.add(1);
            cells.add(counter, facts, &mut number)?;
        }
        Attempt::Window => number.add(2),
    }
    for op in ops {
        let parts = parts(op.kind)?;
        number.add(parts.tag);
        number.add(parts.value);
        for cell in parts.cells.into_iter().flatten() {
            cells.add(cell, facts, &mut number)?;
        }
    }
    if !cells.are_on_tape {
        let first = cells.cells[0];
        cells.cells[..cells.len].iter().for_each(|cell| number.add(cell.wrapping_sub(first) as u64));
    }
    Some(number.0)
}

/// A number for the body of a loop on `tested` of which nothing else is known: the same wherever it stands. Where the
/// pointer stays, also the same for cells that lie in the same order, and for constants of one [`class`].
pub(super) fn form_of_body(tested: i32, body: &[Op]) -> Option<u64> {
    let mut number = Number(0);
    if body.iter().all(|op| !matches!(op.kind, Kind::Move { .. } | Kind::Scan { .. } | Kind::Walk { .. })) {
        let mut cells = Names { cells: [0; MAX_CELLS], len: 0, are_on_tape: true };
        cells.add(tested, &Near(tested), &mut number)?;
        for op in body {
            let parts = parts(op.kind)?;
            number.add(parts.tag);
            number.add(class(parts.value));
            for cell in parts.cells.into_iter().flatten() {
                cells.add(cell, &Near(tested), &mut number)?;
            }
        }
        return Some(number.0);
    }
    for op in body {
        let parts = parts(op.kind)?;
        number.add(parts.tag);
        number.add(parts.value);
        for cell in parts.cells.into_iter().flatten() {
            number.add(cell.wrapping_sub(tested) as u64);
        }
    }
    Some(number.0)
}

/// Constants of one class make no difference to what a loop comes to, or as good as none: a switch of a hundred cases has a
/// hundred constants, and one form.
fn class(value: u64) -> u64 {
    // What counts or clears, the sign in cells of 8 bits, and what has no inverse.
    if value & value.wrapping_add(1) == 0 { value } else { 256 + (value >> 6 & 2) + (value & 1) }
}

/// Tells apart the cells that an operation can name as seen from this one.
struct Near(i32);

impl Facts for Near {
    fn sure_value(&self, _: i32) -> Option<u64> {
        None
    }

    fn is_on_tape(&self, cell: i32) -> bool {
        i8::try_from(cell.wrapping_sub(self.0)).is_ok()
    }
}

/// An operation: all but its place.
struct Parts {
    tag: u64,
    cells: [Option<i32>; 3],
    value: u64,
}

/// The parts of the operations that are executed symbolically.
fn parts(kind: Kind) -> Option<Parts> {
    let (tag, cells, value) = match kind {
        Kind::Add { cell, delta } => (1, [Some(cell), None, None], delta),
        Kind::Set { cell, value } => (2, [Some(cell), None, None], value),
        Kind::MulAdd { target, source, factor } => (3, [Some(target), Some(source), None], factor),
        Kind::Copy { target, source, factor } => (4, [Some(target), Some(source), None], factor),
        Kind::Product { target, left, right, factor } => (5, [Some(target), Some(left), Some(right)], factor),
        Kind::If { cell, .. } => (6, [Some(cell), None, None], 0),
        Kind::IfEnd { .. } => (7, [None; 3], 0),
        Kind::Loop { cell, .. } => (8, [Some(cell), None, None], 0),
        Kind::LoopEnd { .. } => (9, [None; 3], 0),
        Kind::Move { delta } => (10, [None; 3], delta as u64),
        Kind::Scan { cell, stride } => (11, [Some(cell), None, None], stride as u64),
        Kind::Walk { cell, stride, leave, enter } => {
            let steps = (leave as u64).rotate_left(21) ^ (enter as u64).rotate_left(42);
            (12, [Some(cell), None, None], stride as u64 ^ steps)
        }
        Kind::MinAdd { .. }
        | Kind::Count(_)
        | Kind::Ripple { .. }
        | Kind::Hold { .. }
        | Kind::AddHeld { .. }
        | Kind::Input { .. }
        | Kind::Output { .. }
        | Kind::Text { .. }
        | Kind::Dump { .. } => {
            return None;
        }
    };
    Some(Parts { tag, cells, value })
}

/// Cells by the order in which they first occur.
struct Names {
    cells: [i32; MAX_CELLS],
    len: usize,
    are_on_tape: bool,
}

impl Names {
    /// Adds the name of the cell; at its first occurrence also its place among the others, and what is known of it.
    fn add(&mut self, cell: i32, facts: &dyn Facts, number: &mut Number) -> Option<()> {
        let mut smaller = 0;
        for (name, &other) in self.cells[..self.len].iter().enumerate() {
            if other == cell {
                number.add(name as u64);
                return Some(());
            }
            smaller += u64::from(other < cell);
        }
        *self.cells.get_mut(self.len)? = cell;
        self.len += 1;
        number.add(MAX_CELLS as u64 + smaller);
        match facts.sure_value(cell) {
            Some(value) => {
                number.add(1);
                number.add(value);
            }
            None if facts.is_on_tape(cell) => number.add(2),
            None => {
                number.add(3);
                self.are_on_tape = false;
            }
        }
        Some(())
    }
}

/// Numbers mixed to one, by multiplication with an odd number whose bits are those of the golden ratio.
struct Number(u64);

impl Number {
    fn add(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    /// Cells from 0 on are on the tape, and cell 9 is known.
    struct Known;

    impl Facts for Known {
        fn sure_value(&self, cell: i32) -> Option<u64> {
            (cell == 9).then_some(7)
        }

        fn is_on_tape(&self, cell: i32) -> bool {
            cell >= 0
        }
    }

    fn number(code: &str) -> Option<u64> {
        let program = text::parse(&format!("cells 8\n{}", code.replace('/', "\n"))).unwrap();
        form(Attempt::Window, &program.ops, &Known)
    }

    #[test]
    fn cells_on_the_tape_may_be_others_in_the_same_order() {
        let first = number("if [1]/muladd [2] [1] 3/set [1] 0/end");
        assert!(first.is_some());
        assert_eq!(number("if [0]/muladd [5] [0] 3/set [0] 0/end"), first);
        for other in [
            "if [2]/muladd [1] [2] 3/set [2] 0/end",
            "if [1]/muladd [2] [1] 4/set [1] 0/end",
            "if [1]/muladd [2] [1] 3/set [2] 0/end",
            "if [1]/muladd [9] [1] 3/set [1] 0/end",
            "if [-2]/muladd [-1] [-2] 3/set [-2] 0/end",
        ] {
            assert_ne!(number(other), first, "{other}");
        }
        assert_eq!(number("if [1]/output [1]/end"), None);
    }

    #[test]
    fn off_the_tape_distances_count() {
        let first = number("if [-3]/add [-2] 1/end");
        assert_eq!(number("if [-4]/add [-3] 1/end"), first);
        assert_ne!(number("if [-4]/add [-2] 1/end"), first);
    }

    #[test]
    fn bodies_are_the_same_wherever_they_stand() {
        let number = |tested: i32, code: &str| {
            let program = text::parse(&format!("cells 8\n{}", code.replace('/', "\n"))).unwrap();
            form_of_body(tested, &program.ops)
        };
        let first = number(0, "add [0] 255/scan [2] 2/add [4] 1");
        assert_eq!(number(3, "add [3] 255/scan [5] 2/add [7] 1"), first);
        assert_ne!(number(3, "add [3] 255/scan [4] 2/add [7] 1"), first);
        assert_ne!(number(0, "add [0] 255/scan [2] -2/add [4] 1"), first);
        // Where the pointer stays, the order of the cells counts, and roughly what the constants are.
        let first = number(0, "add [0] 255/set [2] 5/if [1]/set [2] 0/end");
        assert_eq!(number(3, "add [3] 255/set [9] 9/if [6]/set [9] 0/end"), first);
        for other in [
            "add [0] 255/set [1] 5/if [2]/set [1] 0/end",
            "add [0] 255/set [2] 1/if [1]/set [2] 0/end",
            "add [0] 255/set [2] 6/if [1]/set [2] 0/end",
            "add [0] 254/set [2] 5/if [1]/set [2] 0/end",
            "add [0] 255/set [999] 5/if [1]/set [999] 0/end",
        ] {
            assert_ne!(number(0, other), first, "{other}");
        }
    }

    #[test]
    fn forms_without_a_number_are_not_remembered() {
        let mut tried = Tried::new(1);
        tried.add(None);
        tried.add(Some(5));
        assert!(tried.has(Some(5)));
        assert!(!tried.has(Some(6)) && !tried.has(None));
        assert!(!tried.has(Some(5 + MIN_SIZE as u64)), "of the same place in the table");
    }
}
