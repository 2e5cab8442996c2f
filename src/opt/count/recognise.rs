//! What a loop counts, by what all ways through its body compute.

use std::collections::BTreeSet;
use std::num::NonZeroI8;

use super::super::paths::{Path, Paths, Start};
use super::super::polynomial::Polynomial;
use super::outcome::Outcome;
use super::{Counted, Given, Place};
use crate::ir::count::{Count, Direction, Reload};
use crate::ir::{Kind, Op};

/// What does iterations of the loop on `tested`; the index of its body in the program is `base`.
pub(super) fn count(tested: i32, body: &[Op], base: usize, mask: u64) -> Option<Counted> {
    let mut start = Start::new(body, base, mask, tested);
    let found = count_from(&mut start);
    found.or_else(|| {
        start
            .denials
            .into_iter()
            .find_map(|denial| count_from(&mut Start { denial: Some(denial), ..Start::new(body, base, mask, tested) }))
    })
}

fn count_from(start: &mut Start<'_>) -> Option<Counted> {
    let paths = start.follow()?;
    if let Some(found) = recognise(&paths, start) {
        return Some(found);
    }
    // With the cells that are 0 behind each iteration taken for 0 before it.
    let temporaries = temporaries(&paths, start);
    if temporaries.is_empty() {
        return None;
    }
    start.zeros.extend(temporaries);
    recognise(&start.follow()?, start)
}

fn recognise(paths: &Paths, start: &Start<'_>) -> Option<Counted> {
    let shape = Loop { paths, start };
    let of = |place| move |count| Counted::new(place, vec![Kind::Count(count)]);
    let counted = (shape.division(true).or_else(|| shape.division(false)))
        .or_else(|| shape.alternation())
        .or_else(|| shape.minimum().map(of(Place::Inside)))
        .or_else(|| shape.until_lost().map(of(Place::Before)))
        .or_else(|| shape.quotient().map(|kind| Counted::new(Place::Before, vec![kind])))
        .or_else(|| shape.all_but_last())?;
    match start.one {
        Some(one) => shape.with_one(one, counted),
        None => Some(counted),
    }
}

/// Cells that some way changes and leaves at 0, or at what they were, and no way at anything else, and that something
/// else depends on.
fn temporaries(paths: &Paths, start: &Start<'_>) -> BTreeSet<i32> {
    let all = || paths.complete.iter();
    let is_read = |cell: i32| {
        all().any(|path| {
            let others = path.cells.iter().filter(|&(&other, _)| other != cell).map(|(_, value)| value);
            others.chain(path.decisions.iter().map(|(tested, _)| tested)).any(|value| value.reads(cell))
        })
    };
    let candidates = all().flat_map(|path| path.cells.keys().copied().filter(|&cell| keeps_0(path, cell)));
    let is_temporary = |cell: &i32| *cell != start.tested && all().all(|path| keeps_0(path, *cell)) && is_read(*cell);
    candidates.filter(is_temporary).collect()
}

/// The second of the two cells.
#[derive(Clone, Copy)]
pub(super) struct Phase {
    pub cell: i32,
    pub turn: u64,
    pub direction: Direction,
}

pub(super) struct Loop<'a> {
    pub paths: &'a Paths,
    pub start: &'a Start<'a>,
}

impl Loop<'_> {
    /// A count for which a cell is 1 where it looks for a 0.
    fn with_one(&self, one: i32, counted: Counted) -> Option<Counted> {
        let place = counted.kinds.iter().position(|kind| matches!(kind, Kind::Count(_)))?;
        let Kind::Count(count) = counted.kinds[place] else { return None };
        let zeros: Vec<i32> = count.zero_cells().collect();
        let all = || self.paths.complete.iter().chain(&self.paths.lost);
        let is_allowed = zeros.contains(&one) && all().all(|path| path.surely_accesses(one, &zeros));
        is_allowed.then_some(())?;
        let mut kinds = counted.kinds;
        kinds.insert(place + 1, Kind::Add { cell: one, delta: 1 });
        kinds.insert(place, Kind::Add { cell: one, delta: self.start.mask });
        let place = match counted.place {
            Place::Inside => Place::Inside,
            Place::Before => {
                kinds.insert(0, Kind::If { cell: self.start.tested, end: 0 });
                Place::Around
            }
            Place::Around => return None,
        };
        Some(Counted { place, kinds, ..counted })
    }

    /// The loop has two ways; on one of them the phase starts again. If that way `may_clear` cells, they become 0; else they have to be
    /// 0 before.
    fn division(&self, may_clear: bool) -> Option<Counted> {
        let (mask, counter) = (self.start.mask, self.start.tested);
        let [first, second] = self.paths.complete.as_slice() else { return None };
        let (plain, turning) =
            if first.decisions.len() == 1 && !first.decisions[0].1 { (first, second) } else { (second, first) };
        let [(test, false)] = plain.decisions.as_slice() else { return None };
        // A loop may get lost where it reloads from a cell that is 0.
        let lost_test = match (turning.decisions.as_slice(), self.paths.lost.as_slice()) {
            ([(turned, true)], []) if turned == test => None,
            ([(turned, true), (second, false)], [lost]) if turned == test => {
                (lost.decisions.as_slice() == [(test.clone(), true), (second.clone(), true)]).then_some(Some(second))?
            }
            _ => return None,
        };
        let phase = self.phase(plain, test)?;
        let both;
        let turning = if turning.gain(counter) == Some(0) {
            // Nothing is counted where the phase starts again: the plain way comes next, as the phase is not at its turn then.
            let left = turning.cells.get(&phase.cell)?.clone().plus(&Polynomial::constant(phase.turn), mask, mask)?;
            let is_next = match (left.as_constant(), lost_test) {
                (Some(left), _) => left != 0,
                (None, Some(test)) => left.root(mask).is_some_and(|root| test.root(mask) == Some(root)),
                (None, None) => false,
            };
            // What the plain way takes for 0 still has to be.
            (is_next && plain.reads.iter().all(|&(cell, _)| keeps_0(turning, cell))).then_some(())?;
            both = turning.then(plain, mask)?;
            &both
        } else {
            turning
        };
        if phase.cell == counter || plain.gain(counter) != Some(mask) || turning.gain(counter) != Some(mask) {
            return None;
        }

        let opposite_step = match phase.direction {
            Direction::Down => 1,
            Direction::Up => mask,
        };
        let turn = Polynomial::constant(phase.turn);
        // Where it is left alone it stays at its turn: what is compared is through.
        let reloaded = turning.cells.get(&phase.cell).unwrap_or(&turn).clone();
        let left_behind = turn.clone().plus(&reloaded, mask, mask)?;
        let (mut carry, mut others, mut outcome) = (None, None, Outcome::default());
        let (mut copy, mut complement, mut mirror, mut settled) = (None, None, None, Vec::new());
        let is_one = |step: u64| step == 1 || step == mask;
        let changed: BTreeSet<i32> = plain.cells.keys().chain(turning.cells.keys()).copied().collect();
        for &cell in changed.iter().filter(|&&cell| cell != counter && cell != phase.cell) {
            let is_unique = match (plain.gain(cell), turning.gain(cell)) {
                (Some(0), Some(0)) => true,
                (Some(0), Some(step)) if is_one(step) && carry.is_none() => carry.replace((cell, step)).is_none(),
                (Some(1), Some(1)) => copy.replace(cell).is_none(),
                (Some(1), None) if phase.direction == Direction::Down => complement.replace(cell).is_none(),
                (Some(plainly), Some(turning))
                    if plainly == opposite_step && left_behind.as_constant() == Some(turning) =>
                {
                    mirror.replace((cell, turning)).is_none()
                }
                (Some(step), Some(0)) if is_one(step) => others.replace((cell, step)).is_none(),
                (Some(0), None) if may_clear && leaves_0(turning, cell) => outcome.note(cell, plain, turning),
                // Else it may not be looked at.
                _ if [plain, turning].iter().all(|path| keeps_0(path, cell) && path.surely_accesses(cell, &[])) => {
                    settled.push(cell);
                    true
                }
                _ => outcome.note(cell, plain, turning),
            };
            if !is_unique {
                return None;
            }
        }
        if !outcome.is_empty() {
            if let Some((carry, step)) = carry {
                outcome.note_gain(carry, step);
            }
            carry = Some((outcome.flag(&mut settled, self.start.body)?, 1));
        }
        let step = carry.map_or(1, |(_, step)| step);
        if others.is_some_and(|(_, other)| other != step) {
            return None;
        }
        let (carry, others, borrows) = (carry.map(|carry| carry.0), others.map(|others| others.0), step != 1);

        let (mut reload, reload_cell) = match complement {
            Some(_) if mirror.is_some() || others.is_some() || borrows => return None,
            Some(cell) => {
                let own = Polynomial::cell(cell);
                let offset = reloaded.clone().plus(&own, mask, mask)?.as_constant()?;
                // Their sum is what it was: there it is the turn and the cell.
                let sum = reloaded.plus(&turning.value(cell), 1, mask)?;
                if sum != own.plus(&turn, 1, mask)? {
                    return None;
                }
                let offset = offset.wrapping_add(1).wrapping_sub(phase.turn.wrapping_mul(2)) & mask;
                let except = match lost_test {
                    Some(test) if test.cells().all(|other| other == cell) => test.root(mask)?.1.as_constant()?,
                    Some(_) => return None,
                    None => 0u64.wrapping_sub(phase.turn).wrapping_sub(offset),
                };
                let except = except.wrapping_add(phase.turn).wrapping_add(offset) & mask;
                let reload = Reload::Complement {
                    cell: self.distance(counter, cell)?,
                    offset: signed(offset, mask)?,
                    except: Some(u8::try_from(except).ok()?),
                    waits: false,
                };
                (reload, None)
            }
            None if lost_test.is_some() => return None,
            None => {
                let distance = match phase.direction {
                    Direction::Down => reloaded.plus(&turn, mask, mask)?,
                    Direction::Up => turn.plus(&reloaded, mask, mask)?,
                };
                let period = distance.plus(&Polynomial::constant(1), 1, mask)?;
                match period.as_constant() {
                    Some(period) => {
                        let period = u16::try_from(period).ok()?;
                        let mirror = self.near(counter, mirror.map(|mirror| mirror.0))?;
                        let others = self.near(counter, others)?;
                        (Reload::Constant { period, mirror, others, borrows }, None)
                    }
                    // The same is not added to a mirror in each turn.
                    None if mirror.is_some() || others.is_some() || borrows => return None,
                    None => {
                        let cell = period.cells().next()?;
                        let is_kept = [plain, turning].iter().all(|path| path.gain(cell) == Some(0));
                        if !is_kept || period != Polynomial::cell(cell) {
                            return None;
                        }
                        (Reload::Cell { cell: self.distance(counter, cell)? }, Some(cell))
                    }
                }
            }
        };

        let zeros = self.zeros(&[plain, turning], &settled)?;
        // The plain way may look at more: then it has to come first.
        let waits = !self.paths.complete.iter().all(|path| may_read_zeros(&zeros, path));
        if let (true, Reload::Complement { waits, .. }) = (waits && may_read_zeros(&zeros, plain), &mut reload) {
            *waits = true;
        } else if waits {
            return None;
        }
        let all = || self.paths.complete.iter().chain(&self.paths.lost);
        let reads_first = |cell| all().all(|path| path.surely_accesses(cell, &zeros));
        let is_allowed = reads_first(phase.cell)
            && complement.is_none_or(reads_first)
            && reload_cell.into_iter().chain(carry).all(|cell| turning.surely_accesses(cell, &[]))
            && copy.is_none_or(|cell| self.paths.complete.iter().all(|path| path.surely_accesses(cell, &[])))
            // It changes only with the phase.
            && mirror.is_none_or(|(cell, gain)| {
                plain.surely_accesses(cell, &[]) && (gain == 0 || turning.surely_accesses(cell, &[]))
            })
            && others.is_none_or(|cell| plain.surely_accesses(cell, &[]));
        is_allowed.then_some(())?;
        let count = self.assemble(counter, phase, reload, carry, copy, &zeros)?;
        if outcome.is_empty() {
            return Some(Counted::new(Place::Before, vec![Kind::Count(count)]));
        }
        let Reload::Constant { period, .. } = count.reload else { return None };
        let is_told = outcome.is_told(period, turning, self.start.body);
        is_told.then(|| Counted::new(Place::Around, outcome.around(count, mask)))
    }

    /// The loop has one way; on it the phase becomes 1 less itself, and the carry is added it, or what it becomes.
    fn alternation(&self) -> Option<Counted> {
        let (mask, counter) = (self.start.mask, self.start.tested);
        let ([path], []) = (self.paths.complete.as_slice(), self.paths.lost.as_slice()) else { return None };
        if !path.decisions.is_empty() || path.gain(counter) != Some(mask) {
            return None;
        }
        let (mut flipped, mut carried, mut copy, mut settled) = (None, None, None, Vec::new());
        for (&cell, value) in path.cells.iter().filter(|&(&cell, _)| cell != counter) {
            let is_unique = match value.gain(cell) {
                Some(0) => true,
                Some(1) => copy.replace(cell).is_none(),
                _ if keeps_0(path, cell) => {
                    settled.push(cell);
                    true
                }
                _ if value.coefficient(cell) == 1 => carried.replace((cell, value)).is_none(),
                _ => flipped.replace((cell, value)).is_none(),
            };
            if !is_unique {
                return None;
            }
        }
        let (phase, flips) = flipped?;
        let own = Polynomial::cell(phase);
        if *flips != Polynomial::constant(1).plus(&own, mask, mask)? {
            return None;
        }
        let (mut turn, mut direction) = (1, Direction::Up);
        if let Some((cell, value)) = carried {
            let carry = Polynomial::cell(cell);
            if *value == carry.clone().plus(flips, 1, mask)? {
                (turn, direction) = (0, Direction::Down);
            } else if *value != carry.plus(&own, 1, mask)? {
                return None;
            }
        }
        let zeros = self.zeros(&[path], &settled)?;
        // The carry is changed, and so accessed, where the phase is at its turn.
        let is_allowed = path.surely_accesses(phase, &zeros)
            && may_read_zeros(&zeros, path)
            && copy.is_none_or(|cell| path.surely_accesses(cell, &[]));
        is_allowed.then_some(())?;
        let phase = Phase { cell: phase, turn, direction };
        let carry = carried.map(|(cell, _)| cell);
        let reload = Reload::after(2);
        let count = self.assemble(counter, phase, reload, carry, copy, &zeros)?;
        Some(Counted { given: Given::Bit(phase.cell), ..Counted::new(Place::Before, vec![Kind::Count(count)]) })
    }

    /// The loop has one way that ends where it began, as long as the phase is not at its turn; the others lead elsewhere.
    fn until_lost(&self) -> Option<Count> {
        let (mask, counter) = (self.start.mask, self.start.tested);
        let ([plain], [_, ..]) = (self.paths.complete.as_slice(), self.paths.lost.as_slice()) else { return None };
        let [(test, false)] = plain.decisions.as_slice() else { return None };
        let phase =
            self.phase(plain, test).filter(|phase| phase.cell != counter && plain.gain(counter) == Some(mask))?;
        self.stopping(plain, (counter, 0), phase)
    }

    /// The loop has one way that ends where it began, as long as there is enough left of the counter; the others lead elsewhere.
    fn quotient(&self) -> Option<Kind> {
        let (mask, cell) = (self.start.mask, self.start.tested);
        let [plain] = self.paths.complete.as_slice() else { return None };
        let divisor = u8::try_from(plain.gain(cell)?.wrapping_neg() & mask).ok().filter(|&divisor| divisor > 1)?;
        // It is not 1, nor 2, and so on: at least as much as is taken from it.
        let root = |test: &Polynomial| test.root(mask).filter(|root| root.0 == cell)?.1.as_constant();
        let mut roots = Vec::new();
        for (test, is_zero) in &plain.decisions {
            roots.push(root(test).filter(|_| !is_zero)?);
        }
        roots.sort_unstable();
        if !roots.into_iter().eq(1..divisor.into()) {
            return None;
        }
        let mut changed = plain.cells.keys().copied().filter(|&other| other != cell && plain.gain(other) != Some(0));
        let quotient = changed.next().filter(|&quotient| plain.gain(quotient) == Some(1))?;
        let zeros = self.zeros(&[plain], &[])?;
        let &[unless] = zeros.as_slice() else { return None };
        let is_allowed =
            changed.next().is_none() && may_read_zeros(&zeros, plain) && plain.surely_accesses(quotient, &[]);
        is_allowed.then_some(Kind::Divide { cell, divisor, quotient, unless })
    }

    /// All ways but the plain one end the loop.
    fn minimum(&self) -> Option<Count> {
        if !self.paths.lost.is_empty() {
            return None;
        }
        self.paths.complete.iter().find_map(|plain| self.minimum_of(plain))
    }

    fn minimum_of(&self, plain: &Path) -> Option<Count> {
        let (mask, tested) = (self.start.mask, self.start.tested);
        let others = || self.paths.complete.iter().filter(|path| !std::ptr::eq(*path, plain));
        if others().next().is_none()
            || !others().all(|path| leaves_0(path, tested))
            || plain.decisions.iter().any(|&(_, is_zero)| is_zero)
        {
            return None;
        }
        let mut bounds = Vec::new();
        for (test, _) in &plain.decisions {
            bounds.push(self.phase(plain, test)?);
        }
        let (counter, left_over) = if plain.gain(tested) == Some(mask) {
            bounds.retain(|bound| bound.cell != tested || bound.turn != 1);
            (tested, 1)
        } else {
            // A flag that says whether to go on, which the plain way does, perhaps by leaving it, and that nothing else depends on.
            let goes_on = !leaves_0(plain, tested);
            let is_flag = self.paths.complete.iter().all(|path| {
                let is_left = std::ptr::eq(path, plain) && !path.cells.contains_key(&tested);
                (is_left || path.cells.get(&tested).is_some_and(|value| value.as_constant().is_some()))
                    && !path
                        .cells
                        .values()
                        .chain(path.decisions.iter().map(|(test, _)| test))
                        .any(|value| value.reads(tested))
            });
            let index = bounds.iter().position(|bound| matches!(bound.direction, Direction::Down))?;
            let counter = bounds.remove(index);
            (is_flag && goes_on).then_some((counter.cell, u8::try_from(counter.turn).ok()?))?
        };
        let &[phase] = bounds.as_slice() else { return None };
        if phase.cell == counter {
            return None;
        }
        self.stopping(plain, (counter, left_over), phase)
    }

    /// Plain iterations until the phase is at its turn, or no more is left of the counter than that.
    fn stopping(&self, plain: &Path, (counter, left_over): (i32, u8), phase: Phase) -> Option<Count> {
        let tested = self.start.tested;
        let (mut copy, mut settled) = (None, Vec::new());
        for &cell in plain.cells.keys().filter(|&&cell| ![counter, phase.cell, tested].contains(&cell)) {
            match plain.gain(cell) {
                Some(0) => {}
                Some(1) if copy.is_none() => copy = Some(cell),
                _ if keeps_0(plain, cell) => settled.push(cell),
                _ => return None,
            }
        }
        let zeros = self.zeros(&[plain], &settled)?;
        let all = || self.paths.complete.iter().chain(&self.paths.lost);
        let reads_first = |cell| all().all(|path| path.surely_accesses(cell, &zeros));
        let is_allowed = reads_first(counter)
            && reads_first(phase.cell)
            && may_read_zeros(&zeros, plain)
            && copy.is_none_or(|cell| plain.surely_accesses(cell, &[]));
        is_allowed.then_some(())?;
        self.assemble(counter, phase, Reload::Never { left_over }, None, copy, &zeros)
    }

    /// The cell that `test` finds at its turn, if it steps by one on the plain way.
    pub(super) fn phase(&self, plain: &Path, test: &Polynomial) -> Option<Phase> {
        let (cell, root) = test.root(self.start.mask)?;
        let direction = match plain.gain(cell)? {
            1 => Direction::Up,
            gain if gain == self.start.mask => Direction::Down,
            _ => return None,
        };
        Some(Phase { cell, turn: root.as_constant()?, direction })
    }

    /// The cells that have to be 0, in the order in which they are to be looked at: those that some way reads, and
    /// those that these ways set to 0. Nothing if they do not stay 0.
    pub(super) fn zeros(&self, ways: &[&Path], settled: &[i32]) -> Option<Vec<i32>> {
        let mut zeros: Vec<i32> = Vec::new();
        let read = ways.iter().copied().chain(&self.paths.complete).chain(&self.paths.lost);
        let read = read.flat_map(|path| path.reads.iter().map(|&(cell, _)| cell));
        for cell in read.chain(settled.iter().copied()) {
            if !zeros.contains(&cell) {
                zeros.push(cell);
            }
        }
        let stay = zeros.iter().all(|&zero| ways.iter().all(|path| keeps_0(path, zero)));
        stay.then(|| self.in_order(zeros))
    }

    /// If there is one, the order in which all ways access each of the zeros where those before it are 0.
    fn in_order(&self, mut zeros: Vec<i32>) -> Vec<i32> {
        for done in 0..zeros.len() {
            let left = &mut zeros[done..];
            let is_next = |&zero: &i32| self.paths.complete.iter().all(|path| path.surely_accesses(zero, left));
            if let Some(next) = left.iter().position(is_next) {
                left[..=next].rotate_right(1);
            }
        }
        zeros
    }

    pub(super) fn distance(&self, from: i32, to: i32) -> Option<i8> {
        i8::try_from(to.checked_sub(from)?).ok()
    }

    /// The distance of a cell that there need not be.
    pub(super) fn near(&self, from: i32, to: Option<i32>) -> Option<Option<NonZeroI8>> {
        match to {
            Some(to) => Some(Some(NonZeroI8::new(self.distance(from, to)?)?)),
            None => Some(None),
        }
    }

    pub(super) fn assemble(
        &self,
        counter: i32,
        phase: Phase,
        reload: Reload,
        carry: Option<i32>,
        copy: Option<i32>,
        zeros: &[i32],
    ) -> Option<Count> {
        let mut distances = [None; Count::MAX_ZEROS];
        for (index, &zero) in zeros.iter().enumerate() {
            *distances.get_mut(index)? = self.near(counter, Some(zero))?;
        }
        Some(Count {
            counter,
            phase: self.distance(counter, phase.cell)?,
            turn: signed(phase.turn, self.start.mask)?,
            direction: phase.direction,
            reload,
            carry: self.near(counter, carry)?,
            copy: self.near(counter, copy)?,
            zeros: distances,
        })
    }
}

/// Whether the way accesses each of the zeros in any case where those before it are 0.
pub(super) fn may_read_zeros(zeros: &[i32], path: &Path) -> bool {
    (0..zeros.len()).all(|index| path.surely_accesses(zeros[index], &zeros[index..]))
}

/// Whether the way ends with 0 in `cell`, having changed it.
pub(super) fn leaves_0(path: &Path, cell: i32) -> bool {
    path.cells.get(&cell).is_some_and(|value| value.as_constant() == Some(0))
}

/// Whether a cell that was 0 is, however it came to it.
pub(super) fn keeps_0(path: &Path, cell: i32) -> bool {
    path.cells.get(&cell).is_none_or(|value| value.as_constant() == Some(0) || *value == Polynomial::cell(cell))
}

/// A value near 0, as the signed number it stands for.
fn signed(value: u64, mask: u64) -> Option<i8> {
    match i8::try_from(value) {
        Ok(value) => Some(value),
        Err(_) => i8::try_from(-(i64::try_from(value.wrapping_neg() & mask).ok()?)).ok(),
    }
}
