//! Loops that divide, compare or carry by counting get an operation that counts many iterations at once.
//!
//! ```text
//! loop [0]                  count [0] [1] down to 1 against [2] 0 not 1 carry [3] zero [4] zero [5]
//!   add [0] 255             loop [0]
//!   add [1] 255               add [0] 255
//!   loop [1]          →       add [1] 255
//!     add [2] 1               ...
//!     move 3                end
//!   end
//!   ...
//! end
//! ```
//! What a loop computes is found by following all ways through its body, however it is spelled. It has to
//! have a plain way, on which a counter and a second cell, the phase, step by one while the phase is not at its
//! turn. Where there is one other way, on which the phase starts again, the count does all iterations in front of the
//! loop; where all other ways end the loop, it does the plain iterations in the loop, ahead of the last one. A phase that is
//! told apart by nothing, but becomes 1 less itself each time, counts as well if it begins with 0 or 1: binary digits are added
//! like that.
//! The loop stays: it does what the count leaves, where cells that have to be 0 are not.

use super::paths::{Path, Paths, Start};
use super::polynomial::Polynomial;
use super::tried::{Tried, form_of_body};
use crate::ir::count::{Count, Direction, Reload};
use crate::ir::{Kind, Op, Program};
use std::collections::BTreeSet;
use std::num::NonZeroI8;

/// The longest loop that is looked at, in operations.
const MAX_BODY: usize = 64;

/// How many of the loops that count are remembered: others may have the same bodies.
const MAX_REMEMBERED: usize = 16;

pub(super) fn run(program: Program) -> Program {
    let mask = program.width.mask();
    let (mut found, mut tried) = (Vec::new(), Tried::new(program.ops.len()));
    let mut remembered: Vec<Remembered<'_>> = Vec::new();
    for (index, op) in program.ops.iter().enumerate() {
        let Kind::Loop { cell, end } = op.kind else { continue };
        let body = &program.ops[index + 1..end as usize];
        let is_counted =
            index > 0 && matches!(program.ops[index - 1].kind, Kind::Count(count) if count.counter == cell);
        if is_counted || !may_count(body, mask) {
            continue;
        }
        let mut counted = remembered.iter().rev().find_map(|other| other.elsewhere(cell, body));
        if counted.is_none() {
            let form = form_of_body(cell, body);
            if tried.has(form) {
                continue;
            }
            counted = count(cell, body, index + 1, mask);
            match counted {
                Some(counted) => {
                    remembered.drain(..(remembered.len() + 1).saturating_sub(MAX_REMEMBERED));
                    remembered.push(Remembered { tested: cell, body, counted });
                }
                None => tried.add(form),
            }
        }
        if let Some(Counted { place, count }) = counted
            && (place != Place::BeforeBit || is_bit(count.cell(count.phase), &program.ops[..index]))
        {
            found.push((place.index(index), Kind::Count(count)));
        }
    }
    program.with(found)
}

/// Whether the cell is 0 or 1 behind these operations, which set it to that.
fn is_bit(cell: i32, ops: &[Op]) -> bool {
    let straight = ops.iter().rev().take(MAX_BACK).map_while(|op| op.kind.straight_target().map(|target| (op, target)));
    let last = straight.into_iter().find(|&(_, target)| target == cell);
    last.is_some_and(|(op, _)| matches!(op.kind, Kind::Set { value: 0 | 1, .. }))
}

/// So many operations in front of a loop are looked at.
const MAX_BACK: usize = 8;

/// Where the count stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    /// The same, if the phase is 0 or 1 there.
    BeforeBit,
    Inside,
}

impl Place {
    /// The index of the operation that it stands in front of, where the loop's head has the index `head`.
    fn index(self, head: usize) -> usize {
        match self {
            Place::Before | Place::BeforeBit => head,
            Place::Inside => head + 1,
        }
    }
}

/// What does iterations of a loop.
#[derive(Clone, Copy)]
struct Counted {
    place: Place,
    count: Count,
}

/// A loop that counts.
struct Remembered<'p> {
    tested: i32,
    body: &'p [Op],
    counted: Counted,
}

impl Remembered<'_> {
    /// What does iterations of the loop on `tested` if its body is the same on other cells.
    fn elsewhere(&self, tested: i32, body: &[Op]) -> Option<Counted> {
        let distance = tested.checked_sub(self.tested)?;
        let is_same = |(own, other): (&Op, &Op)| match (own.kind.shifted(distance), other.kind) {
            // What their partners are follows from the order.
            (Kind::If { cell: own, .. }, Kind::If { cell: other, .. })
            | (Kind::Loop { cell: own, .. }, Kind::Loop { cell: other, .. }) => own == other,
            (Kind::IfEnd { .. }, Kind::IfEnd { .. }) | (Kind::LoopEnd { .. }, Kind::LoopEnd { .. }) => true,
            (own, other) => own == other,
        };
        let is_same = self.body.len() == body.len() && self.body.iter().zip(body).all(is_same);
        let Counted { place, count } = self.counted;
        let counter = count.counter.checked_add(distance)?;
        is_same.then_some(Counted { place, count: Count { counter, ..count } })
    }
}

/// Whether it is worth the time to look at a loop with this body.
fn may_count(body: &[Op], mask: u64) -> bool {
    let (mut has_step, mut has_test) = (false, false);
    // How far the pointer moves in any case, what else it may move by, and how many brackets are open.
    let (mut drift, mut unsure, mut depth) = (0, 0, 0);
    body.len() <= MAX_BODY
        && body.iter().all(|op| match op.kind {
            Kind::Add { delta, .. } => {
                has_step |= delta == mask;
                true
            }
            Kind::Move { delta } if depth == 0 => {
                drift += i64::from(delta);
                true
            }
            Kind::Move { delta } => {
                unsure = gcd(unsure, delta.unsigned_abs());
                true
            }
            Kind::Scan { stride, .. } | Kind::Walk { stride, .. } => {
                unsure = gcd(unsure, stride.unsigned_abs());
                has_test = true;
                true
            }
            Kind::Loop { .. } | Kind::If { .. } => {
                depth += 1;
                has_test = true;
                true
            }
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => {
                depth -= 1;
                true
            }
            Kind::Copy { target, source, factor } => {
                has_test |= target == source && factor == mask;
                true
            }
            Kind::Set { .. } | Kind::MulAdd { .. } | Kind::Product { .. } => true,
            Kind::MinAdd { .. }
            | Kind::Count(_)
            | Kind::Ripple { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => false,
        })
        && has_step
        && has_test
        // On some way the pointer has to come back.
        && (drift == 0 || unsure != 0 && drift % i64::from(unsure) == 0)
}

/// The greatest common divisor, that with 0 being the other number.
fn gcd(left: u32, right: u32) -> u32 {
    if right == 0 { left } else { gcd(right, left % right) }
}

/// The count that does iterations of the loop on `tested`; the index of its body in the program is `base`.
fn count(tested: i32, body: &[Op], base: usize, mask: u64) -> Option<Counted> {
    let mut start = Start { body, base, mask, tested, zeros: Vec::new() };
    let paths = start.follow()?;
    if let Some(found) = recognise(&paths, &start) {
        return Some(found);
    }
    // With the cells that are 0 behind each iteration taken for 0 before it.
    let temporaries = temporaries(&paths, &start);
    if temporaries.is_empty() {
        return None;
    }
    start.zeros.extend(temporaries);
    recognise(&start.follow()?, &start)
}

fn recognise(paths: &Paths, start: &Start<'_>) -> Option<Counted> {
    let shape = Loop { paths, start };
    let of = |place| move |count| Counted { place, count };
    (shape.division().map(of(Place::Before)))
        .or_else(|| shape.alternation().map(of(Place::BeforeBit)))
        .or_else(|| shape.minimum().map(of(Place::Inside)))
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
struct Phase {
    cell: i32,
    turn: u64,
    direction: Direction,
}

struct Loop<'a> {
    paths: &'a Paths,
    start: &'a Start<'a>,
}

impl Loop<'_> {
    /// The loop has two ways; on one of them the phase starts again.
    fn division(&self) -> Option<Count> {
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
        if phase.cell == counter || plain.gain(counter) != Some(mask) || turning.gain(counter) != Some(mask) {
            return None;
        }

        let opposite_step = match phase.direction {
            Direction::Down => 1,
            Direction::Up => mask,
        };
        let (mut carry, mut copy, mut complement, mut mirror, mut settled) = (None, None, None, None, Vec::new());
        let changed: BTreeSet<i32> = plain.cells.keys().chain(turning.cells.keys()).copied().collect();
        for &cell in changed.iter().filter(|&&cell| cell != counter && cell != phase.cell) {
            let is_unique = match (plain.gain(cell), turning.gain(cell)) {
                (Some(0), Some(0)) => true,
                (Some(0), Some(1)) => carry.replace(cell).is_none(),
                (Some(1), Some(1)) => copy.replace(cell).is_none(),
                (Some(1), None) if phase.direction == Direction::Down => complement.replace(cell).is_none(),
                (Some(plainly), Some(turning)) if plainly == opposite_step => mirror.replace((cell, turning)).is_none(),
                _ if keeps_0(plain, cell) && keeps_0(turning, cell) => {
                    settled.push(cell);
                    true
                }
                _ => false,
            };
            if !is_unique {
                return None;
            }
        }

        let turn = Polynomial::constant(phase.turn);
        // Where it is left alone it stays at its turn: what is compared is through.
        let reloaded = turning.cells.get(&phase.cell).unwrap_or(&turn).clone();
        if let Some((_, gain)) = mirror
            && turn.clone().plus(&reloaded, mask, mask)?.as_constant() != Some(gain)
        {
            return None;
        }
        let (reload, reload_cell) = match complement {
            Some(_) if mirror.is_some() => return None,
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
                        let mirror = match mirror {
                            Some((cell, _)) => Some(NonZeroI8::new(self.distance(counter, cell)?)?),
                            None => None,
                        };
                        (Reload::Constant { period: u16::try_from(period).ok()?, mirror }, None)
                    }
                    // The same is not added to a mirror in each turn.
                    None if mirror.is_some() => return None,
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
        let all = || self.paths.complete.iter().chain(&self.paths.lost);
        let reads_first = |cell| all().all(|path| path.surely_accesses(cell, &zeros));
        let is_allowed = reads_first(phase.cell)
            && complement.is_none_or(reads_first)
            && self.paths.complete.iter().all(|path| may_read_zeros(&zeros, path))
            && reload_cell.into_iter().chain(carry).all(|cell| turning.surely_accesses(cell, &[]))
            && copy.is_none_or(|cell| self.paths.complete.iter().all(|path| path.surely_accesses(cell, &[])))
            // It changes only with the phase.
            && mirror.is_none_or(|(cell, gain)| {
                plain.surely_accesses(cell, &[]) && (gain == 0 || turning.surely_accesses(cell, &[]))
            });
        is_allowed.then_some(())?;
        self.assemble(counter, phase, reload, carry, copy, &zeros)
    }

    /// The loop has one way; on it the phase becomes 1 less itself, and the carry is added it, or what it becomes.
    fn alternation(&self) -> Option<Count> {
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
        self.assemble(counter, phase, Reload::Constant { period: 2, mirror: None }, carry, copy, &zeros)
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
            // A flag that says whether to go on, and that nothing else depends on.
            let is_flag = self.paths.complete.iter().all(|path| {
                path.cells.get(&tested).is_some_and(|value| value.as_constant().is_some())
                    && !path
                        .cells
                        .values()
                        .chain(path.decisions.iter().map(|(test, _)| test))
                        .any(|value| value.reads(tested))
            });
            let index = bounds.iter().position(|bound| matches!(bound.direction, Direction::Down))?;
            let counter = bounds.remove(index);
            is_flag.then_some((counter.cell, u8::try_from(counter.turn).ok()?))?
        };
        let &[phase] = bounds.as_slice() else { return None };
        if phase.cell == counter {
            return None;
        }
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
        let reads_first = |cell| self.paths.complete.iter().all(|path| path.surely_accesses(cell, &zeros));
        let is_allowed = reads_first(counter)
            && reads_first(phase.cell)
            && may_read_zeros(&zeros, plain)
            && copy.is_none_or(|cell| plain.surely_accesses(cell, &[]));
        is_allowed.then_some(())?;
        self.assemble(counter, phase, Reload::Never { left_over }, None, copy, &zeros)
    }

    /// The cell that `test` finds at its turn, if it steps by one on the plain way.
    fn phase(&self, plain: &Path, test: &Polynomial) -> Option<Phase> {
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
    fn zeros(&self, ways: &[&Path], settled: &[i32]) -> Option<Vec<i32>> {
        let mut zeros: Vec<i32> = Vec::new();
        let read = ways.iter().copied().chain(&self.paths.complete).chain(&self.paths.lost);
        let read = read.flat_map(|path| path.reads.iter().map(|&(cell, _)| cell));
        for cell in read.chain(settled.iter().copied()) {
            if !zeros.contains(&cell) {
                zeros.push(cell);
            }
        }
        let stay = zeros.iter().all(|&zero| ways.iter().all(|path| keeps_0(path, zero)));
        stay.then_some(zeros)
    }

    fn distance(&self, from: i32, to: i32) -> Option<i8> {
        i8::try_from(to.checked_sub(from)?).ok()
    }

    fn assemble(
        &self,
        counter: i32,
        phase: Phase,
        reload: Reload,
        carry: Option<i32>,
        copy: Option<i32>,
        zeros: &[i32],
    ) -> Option<Count> {
        let near = |cell: Option<i32>| match cell {
            Some(cell) => Some(Some(NonZeroI8::new(self.distance(counter, cell)?)?)),
            None => Some(None),
        };
        let mut distances = [None; Count::MAX_ZEROS];
        for (index, &zero) in zeros.iter().enumerate() {
            *distances.get_mut(index)? = near(Some(zero))?;
        }
        Some(Count {
            counter,
            phase: self.distance(counter, phase.cell)?,
            turn: signed(phase.turn, self.start.mask)?,
            direction: phase.direction,
            reload,
            carry: near(carry)?,
            copy: near(copy)?,
            zeros: distances,
        })
    }
}

/// Whether the way accesses each of the zeros in any case where those before it are 0.
fn may_read_zeros(zeros: &[i32], path: &Path) -> bool {
    (0..zeros.len()).all(|index| path.surely_accesses(zeros[index], &zeros[index..]))
}

/// Whether the way ends with 0 in `cell`, having changed it.
fn leaves_0(path: &Path, cell: i32) -> bool {
    path.cells.get(&cell).is_some_and(|value| value.as_constant() == Some(0))
}

/// Whether a cell that was 0 is, however it came to it.
fn keeps_0(path: &Path, cell: i32) -> bool {
    path.cells.get(&cell).is_none_or(|value| value.as_constant() == Some(0) || *value == Polynomial::cell(cell))
}

/// A value near 0, as the signed number it stands for.
fn signed(value: u64, mask: u64) -> Option<i8> {
    match i8::try_from(value) {
        Ok(value) => Some(value),
        Err(_) => i8::try_from(-(i64::try_from(value.wrapping_neg() & mask).ok()?)).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::may_count;
    use crate::ir::text;
    use crate::opt::testing::check8;

    /// Asserts that `count` is put before or into the loop in `code`, at the `@`.
    fn counts(code: &str, count: &str) {
        check8("count", &code.replace("@", ""), &code.replace("@", &format!("{count}/")));
    }

    fn stays(code: &str) {
        check8("count", code, code);
    }

    #[test]
    fn loops_that_cannot_come_back_are_not_looked_at() {
        for (body, may) in [
            ("add [0] 255/if [1]/set [1] 0/end", true),
            ("add [0] 255/scan [1] 3/scan [4] -6/move 2", false),
            ("add [0] 255/scan [1] 3/scan [4] -6/move -3", true),
            ("add [0] 255/loop [1]/move 2/end/move 2", true),
            ("add [0] 255/if [1]/set [1] 0/end/move 2", false),
        ] {
            let program = text::parse(&format!("cells 8\n{}", body.replace('/', "\n"))).unwrap();
            assert_eq!(may_count(&program.ops, 0xff), may, "{body}");
        }
    }

    #[test]
    fn division_by_shifting_the_pointer() {
        counts(
            "@loop [0]/add [0] 255/add [1] 255/loop [1]/add [2] 1/move 3/end/loop [2]/add [2] 1/\
             if [2]/muladd [1] [2] 1/set [2] 0/end/add [3] 1/move 3/end/move -3/end",
            "count [0] [1] down to 1 against [2] 0 not 1 carry [3] zero [4] zero [5]",
        );
        // Mirrored, the dividend kept, the remainder counting from 1.
        counts(
            "@loop [0]/add [0] 255/add [-1] 1/add [-2] 255/loop [-2]/add [-3] 1/move -3/end/loop [-3]/\
             if [-3]/muladd [-2] [-3] 1/set [-3] 0/end/set [-3] 1/add [-4] 1/move -3/end/move 3/end",
            "count [0] [-2] down to 1 against [-3] -1 not 0 carry [-4] copy [-1] zero [-5] zero [-6]",
        );
    }

    #[test]
    fn comparison() {
        // The smaller one, and what the phase is short of the counter.
        counts(
            "@loop [0]/add [0] 255/add [2] 1/loop [1]/add [1] 255/add [5] 1/add [2] 255/move 2/end/\
             loop [2]/add [2] 255/add [6] 1/move 2/end/move -2/end",
            "count [0] [1] down to 0 from 1 mirror [5] carry [6] zero [2] zero [3] zero [4]",
        );
        // The smaller one lies where it is not come to if the phase is 0.
        counts(
            "@loop [0]/add [0] 255/if [1]/add [1] 255/add [100] 1/end/end",
            "count [0] [1] down to 0 from 1 mirror [100]",
        );
        // What is taken from the phase as long as there is something left of it.
        counts("@loop [0]/add [0] 255/if [1]/add [1] 255/end/add [2] 1/end", "count [0] [1] down to 0 from 1 copy [2]");
        counts(
            "@loop [0]/add [0] 255/set [2] 1/if [1]/add [1] 255/add [3] 1/set [2] 0/end/\
             if [2]/add [4] 1/set [2] 0/end/end",
            "count [0] [1] down to 0 from 1 mirror [3] carry [4] zero [2]",
        );
    }

    #[test]
    fn counters_that_are_reloaded() {
        counts(
            "@loop [6]/set [9] 1/if [7]/muladd [8] [7] 1/set [9] 0/set [7] 0/end/if [8]/muladd [7] [8] 1/set [8] 0/end/\
             if [9]/muladd [7] [9] 10/muladd [10] [9] 1/set [9] 0/end/add [7] 255/add [6] 255/end",
            "count [6] [7] down to 0 from 10 carry [10] zero [8] zero [9]",
        );
        counts(
            "@loop [4]/set [9] 1/copy [7] [6] 1/if [7]/set [9] 0/set [7] 0/end/\
             if [9]/copy [6] [5] 1/set [9] 0/end/add [6] 255/add [4] 255/end",
            "count [4] [6] down to 0 from [5] zero [7] zero [9]",
        );
        // An addition that carries where it wraps.
        counts(
            "@loop [0]/add [0] 255/add [1] 1/copy [2] [1] 1/set [3] 1/if [2]/set [3] 0/set [2] 0/end/\
             if [3]/add [4] 1/set [3] 0/end/end",
            "count [0] [1] up to -1 from 0 carry [4] zero [2] zero [3]",
        );
    }

    #[test]
    fn bits_that_become_1_less_themselves() {
        let adder = |first: &str, count: &str| {
            let body = "add [3] 255/add [0] 1/if [1]/muladd [-6] [1] 1/end/copy [1] [1] 255/muladd [1] [0] 1/set [0] 0";
            format!("input [3]/set [1] {first}/add [0] 255/{count}loop [3]/{body}/end")
        };
        for first in ["0", "1"] {
            let count = "count [3] [1] up to 1 from 2 carry [-6] zero [0]/";
            check8("count", &adder(first, ""), &adder(first, count));
        }
        stays(&adder("2", ""));
        // Where the bit becomes 1.
        counts(
            "input [3]/set [1] 0/@loop [3]/add [3] 255/copy [1] [1] 255/add [1] 1/if [1]/muladd [2] [1] 1/end/end",
            "count [3] [1] down to 0 from 2 carry [2]",
        );
        counts(
            "input [3]/set [1] 0/@loop [3]/add [3] 255/copy [1] [1] 255/add [1] 1/add [2] 1/end",
            "count [3] [1] up to 1 from 2 copy [2]",
        );
        let flip = "add [3] 255/copy [1] [1] 255/add [1] 1";
        for code in [
            // Not known, changed since, elsewhere, and perhaps not.
            format!("input [3]/input [1]/loop [3]/{flip}/end"),
            format!("set [1] 0/add [1] 7/loop [3]/{flip}/end"),
            format!("set [1] 0/move 1/loop [3]/{flip}/end"),
            format!("set [1] 0/if [1]/set [1] 2/end/loop [3]/{flip}/end"),
            // It becomes 2 less itself, or is carried twice.
            format!("set [1] 0/loop [3]/{flip}/add [1] 1/end"),
            format!("set [1] 0/loop [3]/muladd [2] [1] 2/{flip}/end"),
        ] {
            stays(&code);
        }
    }

    #[test]
    fn a_cell_that_counts_against_the_phase() {
        // The digit, what it is short of its base, and the carry.
        counts(
            "@loop [0]/add [0] 255/add [-3] 1/add [1] 255/add [2] 1/loop [1]/add [2] 255/move 2/end/\
             loop [2]/add [2] 255/add [1] 10/add [-3] 246/add [-2] 1/move 2/end/move -2/end",
            "count [0] [1] down to 1 from 10 mirror [-3] carry [-2] zero [2] zero [3] zero [4]",
        );
        counts(
            "@loop [0]/add [0] 255/add [1] 1/add [3] 255/add [2] 1/loop [1]/add [2] 255/move 4/end/\
             loop [2]/add [2] 255/add [1] 246/add [3] 10/move 4/end/move -4/end",
            "count [0] [1] up to -1 from 10 mirror [3] zero [2] zero [5] zero [6]",
        );
        // It is not reset by as much.
        stays(
            "loop [0]/add [0] 255/add [-3] 1/add [1] 255/add [2] 1/loop [1]/add [2] 255/move 2/end/\
             loop [2]/add [2] 255/add [1] 10/add [-3] 245/add [-2] 1/move 2/end/move -2/end",
        );
    }

    #[test]
    fn minima() {
        counts(
            "loop [6]/@add [6] 255/if [7]/muladd [8] [7] 1/muladd [9] [7] 1/set [7] 0/end/\
             if [9]/muladd [7] [9] 1/set [9] 0/end/set [9] 1/if [8]/set [9] 0/add [7] 255/set [8] 0/end/\
             if [9]/add [5] 1/set [6] 0/set [9] 0/end/end",
            "count [6] [7] down to 0 leave 1 zero [8] zero [9]",
        );
        counts(
            "loop [8]/@add [6] 255/add [7] 255/set [8] 0/copy [9] [6] 1/if [9]/set [9] 0/copy [10] [7] 1/\
             if [10]/set [10] 0/set [8] 1/end/end/end",
            "count [6] [7] down to 1 leave 1 zero [9] zero [10]",
        );
    }

    #[test]
    fn the_same_on_other_cells() {
        let division = "loop [0]/add [0] 255/if [1]/add [1] 255/add [3] 1/end/end";
        let elsewhere = "loop [5]/add [5] 255/if [6]/add [6] 255/add [8] 1/end/end";
        let other = "loop [5]/add [5] 255/if [6]/add [6] 255/add [9] 1/end/end";
        check8(
            "count",
            &[division, elsewhere, other].join("/"),
            &[
                "count [0] [1] down to 0 from 1 mirror [3]",
                division,
                "count [5] [6] down to 0 from 1 mirror [8]",
                elsewhere,
                "count [5] [6] down to 0 from 1 mirror [9]",
                other,
            ]
            .join("/"),
        );
    }

    #[test]
    fn other_loops_stay() {
        for code in [
            // Both ways go on, and the second one does something else.
            "loop [0]/add [0] 255/if [1]/add [1] 254/end/end",
            // The counter does not count every time.
            "loop [0]/set [2] 1/if [1]/add [1] 255/add [0] 255/set [2] 0/end/if [2]/set [1] 9/end/end",
            // It writes.
            "loop [0]/add [0] 255/add [1] 255/if [1]/output [1]/end/end",
            // The divisor changes with every turn.
            "loop [4]/set [9] 1/copy [7] [6] 1/if [7]/set [9] 0/set [7] 0/end/\
             if [9]/copy [6] [5] 1/add [5] 1/set [9] 0/end/add [6] 255/add [4] 255/end",
            // The quotient and the remainder are one.
            "loop [0]/add [0] 255/add [1] 255/loop [1]/add [2] 1/move 3/end/loop [2]/add [2] 1/\
             if [2]/muladd [1] [2] 1/set [2] 0/end/add [2] 1/move 3/end/move -3/end",
        ] {
            stays(code);
        }
        // Cell 900 is accessed only where the phase is reloaded, and a zero that may be off the tape is not looked at.
        stays(
            "loop [4]/copy [7] [6] 1/set [9] 1/if [7]/set [9] 0/set [7] 0/end/\
             if [9]/copy [6] [5] 1/add [900] 1/set [9] 0/end/add [6] 255/add [4] 255/end",
        );
    }
}
