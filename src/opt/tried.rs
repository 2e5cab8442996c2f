//! What was tried, in vain or not: code of the same form need not be looked at again.
//!
//! Most code that symbolic execution is tried on is like some that was looked at before, with other cells: here the form has a
//! number. That two forms share one is as good as impossible, and would only leave code as it is: what was found for one form
//! is given to no other.

use super::symbolic::Facts;
use crate::ir::{Kind, Op};

/// Forms that were tried. The table may forget. It takes memory when the first is added: programs without loops have none to add.
pub(super) struct Tried {
    /// The numbers of those that were tried in vain.
    forms: Vec<u64>,
    size: usize,
    /// What was found for the others, by their numbers.
    found: Vec<Option<Box<Found>>>,
    /// What the number of the form is made of that is looked at.
    parts: Vec<u64>,
}

/// Fewer operations for code of a form.
struct Found {
    parts: Box<[u64]>,
    names: Names,
    kinds: Box<[Kind]>,
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
        Tried { forms: Vec::new(), size, found: Vec::new(), parts: Vec::new() }
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

    /// What `find` finds for `ops`, or found for code of the same form.
    pub fn find(
        &mut self,
        attempt: Attempt,
        ops: &[Op],
        facts: &dyn Facts,
        find: impl FnOnce() -> Option<Vec<Kind>>,
    ) -> Option<Vec<Kind>> {
        self.parts.clear();
        let Some(names) = form(attempt, ops, facts, &mut self.parts) else { return find() };
        let mut number = Number(0);
        self.parts.iter().for_each(|&part| number.add(part));
        if self.has(Some(number.0)) {
            return None;
        }
        let place = number.0 as usize % self.size;
        if let Some(Some(found)) = self.found.get(place)
            && *found.parts == *self.parts
        {
            return found.kinds.iter().map(|&kind| renamed(kind, &found.names, &names)).collect();
        }
        let Some(kinds) = find() else {
            self.add(Some(number.0));
            return None;
        };
        self.found.resize_with(self.size, || None);
        let parts = self.parts.as_slice().into();
        self.found[place] = Some(Box::new(Found { parts, names, kinds: kinds.as_slice().into() }));
        Some(kinds)
    }
}

/// The operation with the cells that have the same names in other code; nothing if symbolic execution makes no such one.
fn renamed(kind: Kind, from: &Names, to: &Names) -> Option<Kind> {
    let other = |cell: i32| Some(to.cells[from.of(cell)?]);
    Some(match kind {
        Kind::Add { cell, delta } => Kind::Add { cell: other(cell)?, delta },
        Kind::Set { cell, value } => Kind::Set { cell: other(cell)?, value },
        Kind::MulAdd { target, source, factor } => {
            Kind::MulAdd { target: other(target)?, source: other(source)?, factor }
        }
        Kind::Copy { target, source, factor } => Kind::Copy { target: other(target)?, source: other(source)?, factor },
        Kind::Product { target, left, right, factor } => {
            Kind::Product { target: other(target)?, left: other(left)?, right: other(right)?, factor }
        }
        Kind::If { cell, end } => Kind::If { cell: other(cell)?, end },
        Kind::IfEnd { .. } => kind,
        Kind::MinAdd { .. }
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
        | Kind::Dump { .. }
        | Kind::Loop { .. }
        | Kind::LoopEnd { .. } => return None,
    })
}

/// What symbolic execution can find out about `ops`, by names for the cells: the same wherever the operations are the same but
/// for the cells, what is known of these is the same, and they lie in the same order, at the same distances where some
/// may lie off the tape. Nothing if there are operations that it does not follow, or many cells.
fn form(attempt: Attempt, ops: &[Op], facts: &dyn Facts, form: &mut impl Sink) -> Option<Names> {
    let mut names = Names::default();
    match attempt {
        Attempt::Loop { counter } => {
            form.add(1);
            names.add(counter, facts, form)?;
        }
        Attempt::Window => form.add(2),
    }
    for op in ops {
        let parts = parts(op.kind)?;
        form.add(parts.tag);
        form.add(parts.value);
        for cell in parts.cells.into_iter().flatten() {
            names.add(cell, facts, form)?;
        }
    }
    if !names.are_on_tape {
        let first = names.cells[0];
        names.cells[..names.len].iter().for_each(|cell| form.add(cell.wrapping_sub(first) as u64));
    }
    Some(names)
}

/// A number for the body of a loop on `tested` of which nothing else is known: the same wherever it stands. Where the
/// pointer stays, also the same for cells that lie in the same order, and for constants of one [`class`].
pub(super) fn form_of_body(tested: i32, body: &[Op]) -> Option<u64> {
    let mut number = Number(0);
    if body.iter().all(|op| !matches!(op.kind, Kind::Move { .. } | Kind::Scan { .. } | Kind::Walk { .. })) {
        let mut cells = Names::default();
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
        | Kind::Divide { .. }
        | Kind::Ripple { .. }
        | Kind::Hold { .. }
        | Kind::AddHeld { .. }
        | Kind::Release { .. }
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

impl Default for Names {
    fn default() -> Names {
        Names { cells: [0; MAX_CELLS], len: 0, are_on_tape: true }
    }
}

impl Names {
    /// The name of a cell that has one.
    fn of(&self, cell: i32) -> Option<usize> {
        self.cells[..self.len].iter().position(|&other| other == cell)
    }

    /// Adds the name of the cell; at its first occurrence also its place among the others, and what is known of it.
    fn add(&mut self, cell: i32, facts: &dyn Facts, form: &mut impl Sink) -> Option<()> {
        let mut smaller = 0;
        for (name, &other) in self.cells[..self.len].iter().enumerate() {
            if other == cell {
                form.add(name as u64);
                return Some(());
            }
            smaller += u64::from(other < cell);
        }
        *self.cells.get_mut(self.len)? = cell;
        self.len += 1;
        form.add(MAX_CELLS as u64 + smaller);
        match facts.sure_value(cell) {
            Some(value) => {
                form.add(1);
                form.add(value);
            }
            None if facts.is_on_tape(cell) => form.add(2),
            None => {
                form.add(3);
                self.are_on_tape = false;
            }
        }
        Some(())
    }
}

/// Takes what tells forms apart.
trait Sink {
    fn add(&mut self, part: u64);
}

/// As it is.
impl Sink for Vec<u64> {
    fn add(&mut self, part: u64) {
        self.push(part);
    }
}

/// Numbers mixed to one, by multiplication with an odd number whose bits are those of the golden ratio.
struct Number(u64);

impl Sink for Number {
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

    fn parts(code: &str) -> Option<Vec<u64>> {
        let program = text::parse(&format!("cells 8\n{}", code.replace('/', "\n"))).unwrap();
        let mut parts = Vec::new();
        form(Attempt::Window, &program.ops, &Known, &mut parts).map(|_| parts)
    }

    #[test]
    fn cells_on_the_tape_may_be_others_in_the_same_order() {
        let first = parts("if [1]/muladd [2] [1] 3/set [1] 0/end");
        assert!(first.is_some());
        assert_eq!(parts("if [0]/muladd [5] [0] 3/set [0] 0/end"), first);
        for other in [
            "if [2]/muladd [1] [2] 3/set [2] 0/end",
            "if [1]/muladd [2] [1] 4/set [1] 0/end",
            "if [1]/muladd [2] [1] 3/set [2] 0/end",
            "if [1]/muladd [9] [1] 3/set [1] 0/end",
            "if [-2]/muladd [-1] [-2] 3/set [-2] 0/end",
        ] {
            assert_ne!(parts(other), first, "{other}");
        }
        assert_eq!(parts("if [1]/output [1]/end"), None);
    }

    #[test]
    fn off_the_tape_distances_count() {
        let first = parts("if [-3]/add [-2] 1/end");
        assert_eq!(parts("if [-4]/add [-3] 1/end"), first);
        assert_ne!(parts("if [-4]/add [-2] 1/end"), first);
    }

    #[test]
    fn what_was_found_is_found_for_other_cells() {
        let find = |tried: &mut Tried, code: &str, finds: Option<Vec<Kind>>| {
            let program = text::parse(&format!("cells 8\n{}", code.replace('/', "\n"))).unwrap();
            let mut was_asked = false;
            let kinds = tried.find(Attempt::Window, &program.ops, &Known, || {
                was_asked = true;
                finds
            });
            (kinds, was_asked)
        };
        let mut tried = Tried::new(1);
        let (copy, other) = ([Kind::Copy { target: 2, source: 1, factor: 3 }], [Kind::Set { cell: 4, value: 0 }]);
        let (first, second) = ("set [2] 0/if [1]/muladd [2] [1] 3/end", "set [6] 0/if [4]/muladd [6] [4] 3/end");
        assert_eq!(find(&mut tried, first, Some(copy.to_vec())), (Some(copy.to_vec()), true));
        assert_eq!(find(&mut tried, second, None), (Some(vec![Kind::Copy { target: 6, source: 4, factor: 3 }]), false));
        let reversed = "set [4] 0/if [6]/muladd [4] [6] 3/end";
        assert_eq!(find(&mut tried, reversed, None), (None, true));
        assert_eq!(find(&mut tried, reversed, Some(other.to_vec())), (None, false), "in vain before");
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
