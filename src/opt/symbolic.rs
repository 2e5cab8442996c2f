//! Symbolic execution of straight code and conditions: what it computes, and operations that compute the same.
//!
//! Cells hold polynomials in the values at the start. A condition is followed where its body computes nothing
//! when the tested cell is 0, as `if [0] / muladd [1] [0] 3 / set [0] 0 / end` does: then it only says which cells
//! may be accessed. The result accesses no cell that the code would not.

use super::cells::Cells;
use super::polynomial::{Polynomial, Term, inverse};
use super::sums::{self, Step};
use crate::ir::{Kind, Op};

/// What is known where the code starts.
pub(super) struct Entry<'a> {
    pub mask: u64,
    pub facts: &'a dyn Facts,
}

pub(super) trait Facts {
    /// The value of a cell that is certainly on the tape.
    fn sure_value(&self, cell: i32) -> Option<u64>;
    fn is_on_tape(&self, cell: i32) -> bool;
}

/// What the code has computed.
#[derive(Clone)]
struct State<'a> {
    entry: &'a Entry<'a>,
    /// The cells whose values at the start are taken for known.
    known: Cells<u64>,
    /// The cells that were changed.
    cells: Cells<Polynomial>,
    /// What conditions changed, and what was there before, if it had been changed.
    journal: Vec<(i32, Option<Polynomial>)>,
    /// The first and the last cell that are accessed in any case; all between them are on the tape too.
    hull: Option<(i32, i32)>,
    /// Cells that are accessed only where another cell's value at the start is not 0.
    guarded: Cells<i32>,
    /// The steps that the code takes in any case, and those more where a cell's value at the start is not 0.
    steps: usize,
    guarded_steps: Cells<usize>,
    /// The steps in conditions.
    perhaps: usize,
}

/// Who accesses.
#[derive(Clone, Copy)]
enum Guard {
    Always,
    /// Where the value of this cell at the start is not 0.
    Cell(i32),
    /// Where something holds that cannot be said.
    Unknown,
}

/// A cell that is accessed under a condition that cannot be said, and is not on the tape for certain.
const UNKNOWN_GUARD: i32 = i32::MIN;

impl<'a> State<'a> {
    fn new(entry: &'a Entry<'a>, known: Cells<u64>) -> State<'a> {
        State {
            entry,
            known,
            cells: Cells::new(),
            journal: Vec::new(),
            hull: None,
            guarded: Cells::new(),
            steps: 0,
            guarded_steps: Cells::new(),
            perhaps: 0,
        }
    }

    fn at_start(&self, cell: i32) -> Polynomial {
        self.known.get(&cell).map_or_else(|| Polynomial::cell(cell), |&value| Polynomial::constant(value))
    }

    fn value(&self, cell: i32) -> Polynomial {
        self.cells.get(&cell).cloned().unwrap_or_else(|| self.at_start(cell))
    }

    fn access(&mut self, cell: i32, guard: Guard) {
        match guard {
            Guard::Always => {
                let (first, last) = self.hull.unwrap_or((cell, cell));
                self.hull = Some((first.min(cell), last.max(cell)));
            }
            Guard::Cell(guard) => {
                self.guarded.get_or_insert(cell, guard);
            }
            Guard::Unknown => {
                self.guarded.get_or_insert(cell, UNKNOWN_GUARD);
            }
        }
    }

    fn is_certain(&self, cell: i32) -> bool {
        self.hull.is_some_and(|(first, last)| (first..=last).contains(&cell)) || self.entry.facts.is_on_tape(cell)
    }

    /// Follows `ops`, whose index in the program is `base`; nothing if that cannot be done.
    fn run(&mut self, ops: &[Op], base: usize, guard: Guard) -> Option<()> {
        let mask = self.entry.mask;
        let mut next = 0;
        while let Some(op) = ops.get(next) {
            next += 1;
            let (target, value) = match op.kind {
                Kind::Add { cell, delta } => {
                    let mut value = self.value(cell);
                    value.add_constant(delta, mask)?;
                    (cell, value)
                }
                Kind::Set { cell, value } => (cell, Polynomial::constant(value)),
                Kind::MulAdd { target, source, factor } => {
                    self.access(source, guard);
                    (target, self.value(target).plus(&self.value(source), factor, mask)?)
                }
                Kind::Copy { target, source, factor } => {
                    self.access(source, guard);
                    (target, Polynomial::default().plus(&self.value(source), factor, mask)?)
                }
                Kind::Product { target, left, right, factor } => {
                    self.access(left, guard);
                    self.access(right, guard);
                    let product = self.value(left).times(&self.value(right), mask)?;
                    (target, self.value(target).plus(&product, factor, mask)?)
                }
                Kind::If { cell, end } => {
                    let end = end as usize - base;
                    self.condition(cell, &ops[next..end], base + next, guard)?;
                    next = end + 1;
                    continue;
                }
                _ => return None,
            };
            self.access(target, guard);
            let before = self.cells.insert(target, value);
            if !matches!(guard, Guard::Always) {
                self.journal.push((target, before));
            }
            self.steps += 1;
        }
        Some(())
    }

    /// Follows a condition on `cell`.
    fn condition(&mut self, cell: i32, body: &[Op], base: usize, guard: Guard) -> Option<()> {
        self.access(cell, guard);
        self.steps += 1;
        let tested = self.value(cell);
        match tested.as_constant() {
            Some(0) => return Some(()),
            Some(_) => return self.run(body, base, guard),
            None => {}
        }
        let (atom, root) = tested.root(self.entry.mask)?;
        // A condition in a condition: no one cell says when its body runs.
        let inner = match guard {
            Guard::Always if root.as_constant() == Some(0) => Guard::Cell(atom),
            _ => Guard::Unknown,
        };
        let (journal, steps) = (self.journal.len(), self.steps);
        self.run(body, base, inner)?;
        if let Guard::Cell(guard) = inner {
            *self.guarded_steps.get_or_insert(guard, 0) += self.steps - steps;
        }
        self.perhaps += self.steps - steps;
        self.steps = steps;
        let at_root = |value: &Polynomial| value.at(atom, &root, self.entry.mask);
        let changes = &self.journal[journal..];
        for (index, (changed, before)) in changes.iter().enumerate() {
            if changes[..index].iter().any(|(earlier, _)| earlier == changed) {
                continue;
            }
            let (before, after) = (before.clone().unwrap_or_else(|| self.at_start(*changed)), &self.cells[changed]);
            if before != *after && at_root(&before)? != at_root(after)? {
                return None;
            }
        }
        Some(())
    }

    /// Operations that give the cells the values `values`, in at most `limit` steps.
    fn emit(&self, mut values: Cells<Polynomial>, limit: usize) -> Option<Vec<Kind>> {
        values.retain(|&cell, value| *value != self.at_start(cell));
        let mut guards = Cells::new();
        for (&cell, value) in values.iter() {
            guards.insert(cell, self.guard(cell, value)?);
        }
        let mut kinds = Vec::new();
        let mut open = None;
        while !values.is_empty() {
            // A cell can be written when no other one needs what it holds.
            let is_needed = |cell: i32| {
                values
                    .iter()
                    .any(|(&other, value)| other != cell && (value.reads(cell) || guards[&other] == Some(cell)))
            };
            let free = || values.keys().copied().filter(|&cell| !is_needed(cell));
            let cell = free().find(|cell| guards[cell] == open).or_else(|| free().next())?;
            if guards[&cell] != open {
                if open.is_some() {
                    kinds.push(Kind::IfEnd { start: 0 });
                }
                open = guards[&cell];
                kinds.extend(open.map(|cell| Kind::If { cell, end: 0 }));
            }
            let value = values.remove(&cell)?;
            self.assign(cell, &value, &mut kinds)?;
        }
        if open.is_some() {
            kinds.push(Kind::IfEnd { start: 0 });
        }
        self.is_within(&kinds, limit).then_some(kinds)
    }

    /// Whether `kinds` take at most `limit` steps in any case, and where guards let more happen, no more than before.
    fn is_within(&self, kinds: &[Kind], limit: usize) -> bool {
        let (mut steps, mut inside, mut guard) = (0, Cells::new(), None);
        for kind in kinds {
            match (kind, guard) {
                (Kind::IfEnd { .. }, _) => guard = None,
                (_, Some(guard)) => *inside.get_or_insert(guard, 0) += 1,
                (_, None) => steps += 1,
            }
            if let Kind::If { cell, .. } = kind {
                guard = Some(*cell);
            }
        }
        steps <= limit && inside.iter().all(|(guard, steps)| self.guarded_steps.get(guard) >= Some(steps))
    }

    /// The cell that has to be tested before `cell` may be given `value`: none if it may be in any case.
    fn guard(&self, cell: i32, value: &Polynomial) -> Option<Option<i32>> {
        let mut needed = None;
        for accessed in value.cells().chain([cell]) {
            if self.is_certain(accessed) {
                continue;
            }
            let guard = self.guarded.get(&accessed).copied().filter(|&guard| guard != UNKNOWN_GUARD)?;
            if needed.is_some_and(|needed| needed != guard) || !self.is_certain(guard) {
                return None;
            }
            needed = Some(guard);
        }
        if let Some(guard) = needed {
            let without = |value: &Polynomial| value.at(guard, &Polynomial::default(), self.entry.mask);
            if without(value)? != without(&self.at_start(cell))? {
                return None;
            }
        }
        Some(needed)
    }

    /// Appends operations that give `cell` the value `value`.
    fn assign(&self, cell: i32, value: &Polynomial, kinds: &mut Vec<Kind>) -> Option<()> {
        if let Some(value) = value.as_constant() {
            kinds.push(Kind::Set { cell, value });
            return Some(());
        }
        // How often the cell itself goes into the sum, and the other terms.
        let mut own = value.coefficient(cell);
        let mut value = value.clone();
        if let Some(&known) = self.known.get(&cell).filter(|&&known| known != 0) {
            own = 1;
            value.add_constant(known.wrapping_neg(), self.entry.mask)?;
        }
        let mut terms = value.terms()?;
        terms.retain(|term| !matches!(term, Term::Linear(linear, _) if *linear == cell));
        let reads_itself =
            |term: &Term| matches!(*term, Term::Product(left, right, _) if left == cell || right == cell);
        let own_products = terms.iter().filter(|term| reads_itself(term)).count();
        if own_products > 1 || (own_products == 1 && own != 1) {
            return None;
        }
        // What reads the cell itself comes first.
        terms.sort_by_key(|term| match term {
            term if reads_itself(term) => 0,
            Term::Linear(..) => 1,
            Term::Product(..) => 2,
            Term::Constant(_) => 3,
        });
        match (own, terms.as_slice()) {
            (1, _) => {}
            (0, [Term::Linear(source, factor), ..]) => {
                kinds.push(Kind::Copy { target: cell, source: *source, factor: *factor });
                terms.remove(0);
            }
            (0, [.., Term::Constant(value)]) => {
                kinds.push(Kind::Set { cell, value: *value });
                terms.pop();
            }
            (0, _) if self.known.contains_key(&cell) => {}
            (0, _) => kinds.push(Kind::Set { cell, value: 0 }),
            (factor, _) => kinds.push(Kind::Copy { target: cell, source: cell, factor }),
        }
        kinds.extend(terms.into_iter().map(|term| match term {
            Term::Constant(delta) => Kind::Add { cell, delta },
            Term::Linear(source, factor) => Kind::MulAdd { target: cell, source, factor },
            Term::Product(left, right, factor) => Kind::Product { target: cell, left, right, factor },
        }));
        Some(())
    }
}

/// Fewer operations that do what `ops` do, whose index in the program is `base`: fewer in the program, and no more to
/// execute if every second condition holds.
pub(super) fn shorten(ops: &[Op], base: usize, entry: &Entry<'_>) -> Option<Vec<Kind>> {
    let mut state = State::new(entry, known_cells(ops, entry));
    state.run(ops, base, Guard::Always)?;
    let as_a_rule = state.steps + state.perhaps / 2;
    let kinds = state.emit(state.cells.clone(), as_a_rule)?;
    (kinds.len() < ops.len()).then_some(kinds)
}

/// Operations that do what the loop on `counter` with this body does if it is entered; the index of the body in
/// the program is `base`. They may stand in a condition on `counter`.
///
/// The body is followed once. Of its cells, those that keep their values, those that get the same value in
/// every iteration, those that get a value from the counter, and those to which every iteration adds the same, or something that grows
/// ([`sums`]), have a closed form, if the number of iterations has one: counter / -step, if the step is odd, or what takes the counter
/// from the value that it is known to have to 0, if there is such a number.
pub(super) fn solve(counter: i32, body: &[Op], base: usize, entry: &Entry<'_>) -> Option<Vec<Kind>> {
    let mask = entry.mask;
    let mut known = known_cells(body, entry);
    known.remove(&counter);
    // What is known of a cell must hold in every iteration.
    let state = loop {
        let mut state = State::new(entry, known.clone());
        state.access(counter, Guard::Always);
        state.run(body, base, Guard::Always)?;
        let before = known.len();
        known.retain(|cell, value| state.cells.get(cell).is_none_or(|after| after.as_constant() == Some(*value)));
        if known.len() == before {
            break state;
        }
    };
    let step = state.value(counter).gain(counter)?;
    let iterations = if step % 2 == 1 {
        Polynomial::default().plus(&Polynomial::cell(counter), inverse(step.wrapping_neg()), mask)?
    } else {
        Polynomial::constant(steps_to_zero(entry.facts.sure_value(counter)?, step, mask)?)
    };
    let is_changed = |cell: i32| state.cells.get(&cell).is_some_and(|value| *value != state.at_start(cell));
    let is_steady = |value: &Polynomial| !value.cells().any(is_changed);
    let step_of = |cell: i32| match state.value(cell).gain(cell) {
        _ if !is_changed(cell) => Step::Nothing,
        Some(step) => Step::Constant(step),
        None => Step::Unknown,
    };
    let mut values = Cells::new();
    values.insert(counter, Polynomial::default());
    for (&cell, first) in state.cells.iter() {
        if cell == counter || !is_changed(cell) {
            continue;
        }
        // What the cell becomes in all iterations but the first: there, cells that are assigned the same in each
        // hold that at the start.
        let settled = |read| state.cells.get(&read).filter(|value| is_changed(read) && is_steady(value));
        let later = first.substitute(settled, mask)?;
        let value = if is_steady(first) {
            first.clone()
        } else if later.coefficient(cell) == 1 {
            let gain = later.plus(&Polynomial::cell(cell), mask, mask)?;
            first.clone().plus(&sums::after_the_first(&gain, &iterations, step_of, mask)?, 1, mask)?
        } else {
            // Assigned from the counter, which is -step at the last start.
            let last = Polynomial::constant(step.wrapping_neg() & mask);
            let value = first.at(counter, &last, mask)?;
            if !is_steady(&value) {
                return None;
            }
            value
        };
        values.insert(cell, value);
    }
    let kinds = state.emit(values, state.steps + 1)?;
    (kinds.len() <= body.len()).then_some(kinds)
}

/// How often the even number `step` has to be added to `start` until that is 0, if it ever is. Without its
/// factors of 2 the step is odd and can be divided by, in a cell that is narrower by as many bits.
fn steps_to_zero(start: u64, step: u64, mask: u64) -> Option<u64> {
    let twos = step.trailing_zeros();
    let is_reached = step & mask != 0 && start.trailing_zeros() >= twos;
    is_reached.then(|| (start >> twos).wrapping_mul(inverse((step >> twos).wrapping_neg())) & mask >> twos)
}

/// Whether [`shorten`] and [`solve`] know such operations: to be asked first, since most code has others.
pub(super) fn can_be_followed(kind: Kind) -> bool {
    match kind {
        Kind::Add { .. }
        | Kind::Set { .. }
        | Kind::MulAdd { .. }
        | Kind::Copy { .. }
        | Kind::Product { .. }
        | Kind::If { .. }
        | Kind::IfEnd { .. } => true,
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
        | Kind::LoopEnd { .. } => false,
    }
}

/// The cells of `ops` of which the value at the start is known.
fn known_cells(ops: &[Op], entry: &Entry<'_>) -> Cells<u64> {
    let mut known = Cells::new();
    for op in ops {
        let cells = match op.kind {
            Kind::If { cell, .. } => Some([cell; 3]),
            kind => kind.straight_cells(),
        };
        for cell in cells.into_iter().flatten() {
            if let Some(value) = entry.facts.sure_value(cell) {
                known.insert(cell, value);
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::steps_to_zero;
    use crate::opt::testing::check8;

    #[test]
    fn a_copy_through_a_temporary_is_a_copy() {
        check8(
            "closed",
            "input [0]/set [1] 0/set [2] 0/if [0]/muladd [1] [0] 1/muladd [2] [0] 1/set [0] 0/end/\
             if [2]/muladd [0] [2] 1/set [2] 0/end",
            "input [0]/copy [1] [0] 1",
        );
        // Cell 600 may not be on the tape, and is not accessed if cell 0 is 0.
        check8(
            "closed",
            "input [0]/set [2] 0/if [0]/muladd [600] [0] 1/muladd [2] [0] 1/set [0] 0/end/\
             if [2]/muladd [0] [2] 1/set [2] 0/end",
            "input [0]/if [0]/copy [600] [0] 1/end",
        );
    }

    #[test]
    fn nested_counted_loops_are_products() {
        check8(
            "closed",
            "input [0]/input [1]/loop [0]/if [1]/muladd [2] [1] 1/muladd [3] [1] 1/set [1] 0/end/\
             if [3]/muladd [1] [3] 1/set [3] 0/end/add [0] 255/end/output [2]",
            "input [0]/input [1]/product [2] [0] [1] 1/set [0] 0/output [2]",
        );
    }

    #[test]
    fn conditions_that_say_little_disappear() {
        check8(
            "closed",
            "input [0]/input [1]/if [0]/muladd [1] [0] 3/set [0] 0/end/output [1]/output [0]",
            "input [0]/input [1]/muladd [1] [0] 3/set [0] 0/output [1]/text \"\\x00\"",
        );
        // With what stands behind it.
        check8(
            "closed",
            "input [0]/input [1]/if [0]/muladd [1] [0] 3/muladd [2] [0] 1/set [0] 0/end/set [1] 5/output [2]",
            "input [0]/input [1]/set [1] 5/copy [2] [0] 1/set [0] 0/output [2]",
        );
        check8(
            "closed",
            "input [4]/input [5]/if [4]/muladd [5] [4] 6/set [4] 0/end/if [5]/muladd [4] [5] 1/set [5] 0/end/\
             set [5] 1/output [4]/output [5]",
            "input [4]/input [5]/copy [4] [4] 6/muladd [4] [5] 1/set [5] 0/set [5] 1/output [4]/text \"\\x01\"",
        );
        for stays in [
            // Cell 600 may not be on the tape.
            "input [0]/if [0]/copy [600] [0] 3/set [0] 0/end",
            // Where cell 0 is 0, cell 1 stays.
            "input [0]/input [1]/if [0]/copy [1] [0] 3/set [0] 0/end/output [1]",
            // Doing it all takes longer than the test, unless the body runs nearly always.
            "input [0]/input [1]/input [2]/input [3]/input [4]/\
             if [0]/muladd [1] [0] 3/muladd [2] [0] 3/muladd [3] [0] 3/end/output [1]/output [2]/output [3]",
        ] {
            check8("closed", stays, stays);
        }
    }

    #[test]
    fn what_iterations_assign_they_assign_once() {
        check8(
            "closed",
            "input [0]/loop [0]/set [1] 0/muladd [1] [0] 3/add [0] 255/end",
            "input [0]/if [0]/set [0] 0/set [1] 3/end",
        );
    }

    #[test]
    fn even_steps_end_from_values_that_are_known() {
        check8(
            "closed",
            "input [2]/set [0] 6/loop [0]/add [0] 254/muladd [1] [2] 1/end/output [0]",
            "input [2]/set [0] 6/set [0] 0/copy [1] [2] 3/text \"\\x00\"",
        );
        // 12 + 61 * 4 = 256.
        check8(
            "closed",
            "input [1]/set [0] 12/loop [0]/add [1] 1/add [0] 4/end",
            "input [1]/set [0] 12/set [0] 0/add [1] 61",
        );
        for stays in [
            "set [0] 6/loop [0]/add [1] 1/add [0] 252/end",
            "set [0] 5/loop [0]/add [1] 1/add [0] 254/end",
            "set [0] 4/loop [0]/add [1] 1/end",
        ] {
            check8("closed", stays, stays);
        }
    }

    #[test]
    fn even_steps_are_counted_in_every_width() {
        for mask in [0xff, 0xffff, 0xffff_ffff, u64::MAX] {
            for step in (2..=64).chain((1..=64u64).map(|step| step.wrapping_neg() & mask)).filter(|step| step % 2 == 0)
            {
                for start in (1..200u64).chain([mask, mask - 1, mask - 127]) {
                    match steps_to_zero(start, step, mask) {
                        Some(steps) => {
                            assert_eq!(steps.wrapping_mul(step).wrapping_add(start) & mask, 0);
                            // The smallest such number: others differ by the period.
                            let period = (mask >> step.trailing_zeros()).wrapping_add(1);
                            assert!(steps > 0 && (steps < period || period == 0), "{start} {step} {mask:x}");
                        }
                        None => assert_ne!(start % (1 << step.trailing_zeros()), 0, "{start} {step} {mask:x}"),
                    }
                }
            }
        }
        assert_eq!(steps_to_zero(4, 0, 0xff), None);
    }

    #[test]
    fn other_loops_stay() {
        for stays in [
            // Fibonacci's numbers.
            "input [0]/input [1]/loop [0]/muladd [1] [2] 1/muladd [2] [1] 1/add [0] 255/end",
            // A sum of what is added is not of the first degree.
            "input [0]/loop [0]/muladd [1] [0] 1/add [0] 255/end",
            "input [0]/loop [0]/add [1] 1/add [0] 254/end",
            "input [0]/input [1]/loop [0]/output [1]/add [0] 255/end",
            "input [0]/input [1]/loop [0]/if [1]/set [2] 7/end/add [0] 255/end",
        ] {
            check8("closed", stays, stays);
        }
    }
}
