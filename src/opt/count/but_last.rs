//! Loops that do their last iteration themselves: a count does all before it.
//!
//! ```text
//! loop [0]                loop [0]
//!                           add [2] 255
//!                           muladd [4] [3] 1
//!                           add [4] 251
//!                           count [2] [3] down to 1 from 5 carry [5] zero [4]
//!                           add [4] 5
//!                           muladd [4] [3] 255
//!                           add [2] 1
//!   add [2] 255             add [2] 255
//!   add [3] 255             add [3] 255
//!   add [4] 1               add [4] 1
//!   set [1] 1               set [1] 1
//!   if [3]             →    if [3]
//!     set [1] 0               set [1] 0
//!   end                     end
//!   if [1]                  if [1]
//!     set [4] 0               set [4] 0
//!     set [3] 5               set [3] 5
//!     add [5] 1               add [5] 1
//!   end                     end
//!   if [2]                  if [2]
//!     ...                     ...
//!   end                     end
//! end                     end
//! ```
//! What an iteration assigns before it reads it does not matter then, nor does what stays as it is once the phase is at its turn.
//! The counter need not be the cell that is tested: it may lower that as a flag. A cell that the loop takes for a
//! boolean is made one before, as the first iteration does. A remainder that is cleared where the phase starts again is what the
//! phase is short of there, if it was so at first: around the count it is the difference, which has to be 0.

use super::super::paths::{Path, Start};
use super::super::polynomial::{Polynomial, Term};
use super::body::assigns_first;
use super::recognise::{Loop, keeps_0, leaves_0, may_read_zeros};
use super::{Counted, Given, Place};
use crate::ir::Kind;
use crate::ir::count::{Direction, Reload};

/// One way through the body, or some that differ by a boolean alone.
struct Way<'p> {
    effect: Path,
    paths: Vec<&'p Path>,
}

/// What counts the iterations, and what is left of it in the last one.
struct Counter {
    cell: i32,
    last: u64,
}

impl Loop<'_> {
    /// The loop goes on in two ways, on one of which the phase starts again, from a constant or from what a cell says.
    pub(super) fn all_but_last(&self) -> Option<Counted> {
        let mask = self.start.mask;
        if !self.paths.lost.is_empty() {
            return None;
        }
        let (counter, mut ways) = self.own_counter().or_else(|| self.flagged_counter())?;
        let (booleans, is_own) = (merge(&mut ways), counter.cell == self.start.tested);
        let [first, second] = ways.as_slice() else { return None };
        let is_plain = |way: &Way<'_>| matches!(way.effect.decisions.as_slice(), [(_, false)]);
        let (plain, turning) = if is_plain(first) { (first, second) } else { (second, first) };
        let ([(test, false)], [(turned, true)]) =
            (plain.effect.decisions.as_slice(), turning.effect.decisions.as_slice())
        else {
            return None;
        };
        let phase = self.phase(&plain.effect, test).filter(|phase| turned == test && phase.cell != counter.cell)?;
        let reloaded = turning.effect.value(phase.cell);
        let turn = Polynomial::constant(phase.turn);
        let (opposite_step, distance) = match phase.direction {
            Direction::Down => (1, reloaded.clone().plus(&turn, mask, mask)?),
            Direction::Up => (mask, turn.clone().plus(&reloaded, mask, mask)?),
        };
        let period = distance.plus(&Polynomial::constant(1), 1, mask)?;
        let divisor = match period.as_constant() {
            Some(_) => None,
            None => Some(period.cells().next().filter(|&cell| period == Polynomial::cell(cell))?),
        };
        // What is added to a cell for the last time where the phase starts again, if that counts against it.
        let expected = turn.plus(&reloaded, mask, mask)?.as_constant();

        let (mut carry, mut copy, mut mirror, mut remainder) = (None, None, None, None);
        let mut settled = self.start.zeros.clone();
        let mut changed: Vec<i32> = plain.effect.cells.keys().chain(turning.effect.cells.keys()).copied().collect();
        changed.sort_unstable();
        changed.dedup();
        changed.retain(|&cell| ![counter.cell, phase.cell].contains(&cell));
        for cell in changed {
            let turns_to = turning.effect.cells.get(&cell).and_then(Polynomial::as_constant);
            let is_unique = match (plain.effect.gain(cell), turning.effect.gain(cell)) {
                (Some(0), Some(0)) => true,
                (Some(0), Some(step)) if (step == 1 || step == mask) && carry.is_none() => {
                    carry = Some((cell, step != 1));
                    true
                }
                (Some(1), Some(1)) => copy.replace(cell).is_none(),
                (Some(step), Some(gain)) if step == opposite_step && Some(gain) == expected => {
                    mirror.replace((cell, gain)).is_none()
                }
                (Some(step), None) if step == opposite_step && turns_to.is_some() => {
                    // What it is together with the phase.
                    let sum = reloaded.clone().plus(&Polynomial::constant(turns_to?), 1, mask)?;
                    remainder.replace((cell, sum)).is_none()
                }
                // The last iteration is one of those, and assigns it.
                (Some(0), None) if turns_to.is_some() && is_own && period == Polynomial::constant(1) => {
                    turning.is_independent_of(cell)
                }
                _ => {
                    settled.push(cell);
                    [plain, turning].iter().all(|way| way.keeps_0(cell) && way.surely_accesses(cell))
                }
            };
            is_unique.then_some(())?;
        }

        if !booleans.iter().all(|&cell| self.is_boolean(cell)) {
            return None;
        }
        let going_on: Vec<&Path> = plain.paths.iter().chain(&turning.paths).copied().collect();
        let mut zeros = self.zeros(&going_on, &settled)?;
        zeros.splice(0..0, remainder.iter().map(|&(cell, _)| cell));
        let all = || self.paths.complete.iter();
        let reads_first = |cell: i32| all().all(|path| path.surely_accesses(cell, &zeros));
        let first = [counter.cell, phase.cell].into_iter().chain(remainder.iter().map(|&(cell, _)| cell));
        let is_allowed = first.chain(booleans.iter().copied()).all(reads_first)
            && all().all(|path| may_read_zeros(&zeros, path))
            && divisor.is_none_or(|cell| plain.keeps(cell) && turning.keeps(cell) && turning.surely_accesses(cell))
            && carry.is_none_or(|(cell, _)| turning.surely_accesses(cell))
            && copy.is_none_or(|cell| plain.surely_accesses(cell) && turning.surely_accesses(cell))
            && mirror
                .is_none_or(|(cell, gain)| plain.surely_accesses(cell) && (gain == 0 || turning.surely_accesses(cell)));
        is_allowed.then_some(())?;
        // Else it is one that is accessed in front of the loop.
        let far_divisor = divisor.filter(|&cell| !reads_first(cell));
        let mirror = self.near(counter.cell, mirror.map(|(cell, _)| cell))?;
        let borrows = carry.is_some_and(|(_, borrows)| borrows);
        let reload = match divisor {
            Some(_) if mirror.is_some() || borrows => return None,
            Some(cell) => Reload::Cell { cell: self.distance(counter.cell, cell)? },
            None => {
                let period = u16::try_from(period.as_constant()?).ok()?;
                Reload::Constant { period, mirror, others: None, borrows }
            }
        };
        let count = self.assemble(counter.cell, phase, reload, carry.map(|(cell, _)| cell), copy, &zeros)?;

        let mut kinds = Vec::new();
        for cell in booleans {
            kinds.extend([Kind::If { cell, end: 0 }, Kind::Set { cell, value: 1 }, Kind::IfEnd { start: 0 }]);
        }
        let mut around = vec![(counter.cell, Polynomial::constant(counter.last))];
        if let Some((cell, sum)) = &remainder {
            around.push((*cell, sum.clone().plus(&Polynomial::cell(phase.cell), mask, mask)?));
        }
        let given = far_divisor.filter(|_| remainder.is_some()).map_or(Given::Nothing, Given::Accessed);
        for (cell, less) in &around {
            kinds.extend(additions(*cell, &Polynomial::default().plus(less, mask, mask)?)?);
        }
        kinds.push(Kind::Count(count));
        for (cell, less) in around.iter().rev() {
            kinds.extend(additions(*cell, less)?);
        }
        Some(Counted { given, ..Counted::new(Place::Inside, kinds) })
    }

    /// Whether it does not matter to any iteration whether the cell is 1 or something else that is not 0, and the cell is 0 or 1
    /// behind it. Nothing may be assumed: else iterations may go other ways.
    fn is_boolean(&self, cell: i32) -> bool {
        let becomes = |path: &Path| match path.cells.get(&cell) {
            Some(value) => matches!(value.as_constant(), Some(0 | 1)),
            None => path.decisions.contains(&(Polynomial::cell(cell), true)),
        };
        let tests =
            |path: &Path| path.decisions.iter().any(|(test, _)| test.reads(cell) && *test != Polynomial::cell(cell));
        let is_read = |path: &Path| tests(path) || path.cells.iter().any(|(_, value)| value.reads(cell));
        self.start.zeros.is_empty() && self.paths.complete.iter().all(|path| becomes(path) && !is_read(path))
    }

    /// The loop counts its own cell down: all ways go on.
    fn own_counter(&self) -> Option<(Counter, Vec<Way<'_>>)> {
        let (mask, cell) = (self.start.mask, self.start.tested);
        let complete = &self.paths.complete;
        complete.iter().all(|path| path.gain(cell) == Some(mask)).then_some(())?;
        Some((Counter { cell, last: 1 }, complete.iter().map(|path| self.way(path)).collect()))
    }

    /// The loop's cell is a flag that is lowered where a cell, which all ways count down, has a certain value.
    fn flagged_counter(&self) -> Option<(Counter, Vec<Way<'_>>)> {
        let (mask, flag) = (self.start.mask, self.start.tested);
        let (ending, going_on): (Vec<&Path>, Vec<&Path>) =
            self.paths.complete.iter().partition(|path| leaves_0(path, flag));
        let is_read = |path: &Path| {
            let others = path.cells.iter().filter(|&(&cell, _)| cell != flag).map(|(_, value)| value);
            others.chain(path.decisions.iter().map(|(test, _)| test)).any(|value| value.reads(flag))
        };
        let stays = |path: &&Path| path.cells.get(&flag).is_none_or(|value| value.as_constant().is_some());
        if ending.is_empty() || !going_on.iter().all(stays) || self.paths.complete.iter().any(is_read) {
            return None;
        }
        going_on.first()?.decisions.iter().find_map(|(test, _)| {
            let (cell, root) = test.root(mask)?;
            let last = root.as_constant()?;
            let mut ways = Vec::new();
            for &path in &going_on {
                let mut way = self.way(path);
                let place = path.decisions.iter().position(|decision| *decision == (test.clone(), false))?;
                way.effect.decisions.remove(place);
                way.effect.cells.remove(&flag);
                ways.push(way);
            }
            let counts = |path: &&Path| path.gain(cell) == Some(mask);
            (cell != flag && going_on.iter().all(counts)).then_some((Counter { cell, last }, ways))
        })
    }

    /// A way, without the cells that are assigned in each iteration before they are read, and those that are 0 before and after.
    fn way<'p>(&self, path: &'p Path) -> Way<'p> {
        let Start { body, tested, zeros, .. } = self.start;
        let mut effect = path.clone();
        effect.cells.retain(|cell, value| {
            let is_0 = zeros.contains(cell) && value.as_constant() == Some(0);
            cell == tested || !is_0 && !assigns_first(body, *cell)
        });
        Way { effect, paths: vec![path] }
    }
}

impl<'p> Way<'p> {
    fn keeps(&self, cell: i32) -> bool {
        !self.effect.cells.contains_key(&cell)
    }

    fn keeps_0(&self, cell: i32) -> bool {
        keeps_0(&self.effect, cell)
    }

    fn surely_accesses(&self, cell: i32) -> bool {
        self.paths.iter().all(|path| path.surely_accesses(cell, &[]))
    }

    /// Whether it does the same whatever the cell holds, also to cells that are assigned before they are read.
    fn is_independent_of(&self, cell: i32) -> bool {
        let Some((first, others)) = self.paths.split_first() else { return true };
        let is_same = |other: &Path| {
            let mut changed = first.cells.keys().chain(other.cells.keys()).filter(|&&changed| changed != cell);
            changed.all(|&changed| first.value(changed) == other.value(changed))
        };
        !first.cells.iter().any(|(_, value)| value.reads(cell)) && others.iter().all(|other| is_same(other))
    }

    /// Both ways in one, if they differ by nothing but what a cell is that stays as it is, or becomes the same; and the cell, if it has to be
    /// 0 or 1 for that.
    fn merged(&self, other: &Way<'p>) -> Option<(Way<'p>, Option<i32>)> {
        let (own, others) = (&self.effect.decisions, &other.effect.decisions);
        if own.len() != others.len() {
            return None;
        }
        let mut differing = (0..own.len()).filter(|&index| own[index] != others[index]);
        let (place, None) = (differing.next()?, differing.next()) else { return None };
        let cell = own[place].0.cells().next()?;
        if own[place].0 != others[place].0 || own[place].0 != Polynomial::cell(cell) {
            return None;
        }
        let (zero, one) = if own[place].1 { (self, other) } else { (other, self) };
        let same = |value: &Polynomial, changed: i32| *value == zero.effect.value(changed) && !value.reads(cell);
        let changed = zero.effect.cells.keys().chain(one.effect.cells.keys());
        changed.filter(|&&other| other != cell).all(|&other| same(&one.effect.value(other), other)).then_some(())?;
        let stays_0 = |value: &&Polynomial| value.as_constant() != Some(0);
        let after_0 = zero.effect.cells.get(&cell).filter(stays_0).map_or(Some(0), Polynomial::as_constant)?;
        let after_1 = one.effect.cells.get(&cell).map(|value| value.as_constant());
        let mut effect = one.effect.clone();
        effect.decisions.remove(place);
        let boolean = match (after_0, after_1) {
            (0, None) => None,
            (0, Some(Some(1))) => {
                effect.cells.remove(&cell);
                Some(cell)
            }
            (zero, Some(Some(one))) if zero == one => None,
            _ => return None,
        };
        Some((Way { effect, paths: self.paths.iter().chain(&other.paths).copied().collect() }, boolean))
    }
}

/// What adds the value to a cell that does not go into it.
fn additions(cell: i32, value: &Polynomial) -> Option<impl Iterator<Item = Kind>> {
    let addition = move |term: Term| match term {
        Term::Constant(delta) => Kind::Add { cell, delta },
        Term::Linear(source, factor) => Kind::MulAdd { target: cell, source, factor },
        Term::Product(left, right, factor) => Kind::Product { target: cell, left, right, factor },
    };
    Some(value.terms()?.into_iter().map(addition))
}

/// Merges ways as long as there are some to be merged; the cells that have to be 0 or 1 for that.
fn merge(ways: &mut Vec<Way<'_>>) -> Vec<i32> {
    let mut booleans = Vec::new();
    let pairs = |count: usize| (0..count).flat_map(|last| (0..last).map(move |first| (first, last)));
    while let Some((first, last, merged, boolean)) = pairs(ways.len()).find_map(|(first, last)| {
        let (merged, boolean) = ways[first].merged(&ways[last])?;
        Some((first, last, merged, boolean))
    }) {
        ways.swap_remove(last);
        ways[first] = merged;
        booleans.extend(boolean.filter(|cell| !booleans.contains(cell)));
    }
    booleans
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::check8;

    fn counts(before: &str, head: &str, count: &str, body: &str) {
        check8(
            "count",
            &format!("{before}loop [{head}]/{body}/end"),
            &format!("{before}loop [{head}]/{count}/{body}/end"),
        );
    }

    fn stays(code: &str) {
        check8("count", code, code);
    }

    /// Counts cell 2 down until it is 0, and with it cell 3, from which cell 5 is carried at 1.
    fn division(turning: &str) -> String {
        let carries = format!("set [1] 1/if [3]/set [1] 0/end/if [1]/{turning}set [3] 5/add [5] 1/end");
        let ends = "set [1] 1/if [2]/set [1] 0/end/if [1]/set [0] 0/end";
        format!("add [2] 255/add [3] 255/add [4] 1/{carries}/{ends}")
    }

    #[test]
    fn flags_that_a_counter_lowers() {
        let count = |mirror| format!("add [2] 255/count [2] [3] down to 1 from 5{mirror} carry [5]/add [2] 1");
        counts("", "0", &count(" mirror [4]"), &division("add [4] 251/"));
        // Something else ends the loop as well.
        stays(&format!("loop [0]/{}/if [7]/set [0] 0/end/end", division("add [4] 251/")));
    }

    #[test]
    fn remainders_that_start_again() {
        let around = |less: &str, count: &str, more: &str| format!("add [2] 255/{less}/{count}/{more}/add [2] 1");
        let constant = around(
            "add [4] 251/muladd [4] [3] 1",
            "count [2] [3] down to 1 from 5 carry [5] zero [4]",
            "add [4] 5/muladd [4] [3] 255",
        );
        counts("", "0", &constant, &division("set [4] 0/"));
        // By a cell, which has to be on the tape.
        let from_cell = around(
            "muladd [4] [3] 1/muladd [4] [9] 255",
            "count [2] [3] down to 1 from [9] carry [5] zero [4]",
            "muladd [4] [3] 255/muladd [4] [9] 1",
        );
        let body = division("set [4] 0/").replace("set [3] 5", "copy [3] [9] 1");
        for before in ["add [9] 1/", "copy [1] [9] 1/if [2]/set [2] 1/end/", "if [9]/set [2] 1/end/if [9]/"] {
            let end = if before.ends_with("if [9]/") { "/end" } else { "" };
            check8(
                "count",
                &format!("{before}loop [0]/{body}/end{end}"),
                &format!("{before}loop [0]/{from_cell}/{body}/end{end}"),
            );
        }
        for before in ["", "if [2]/add [9] 1/end/", "add [9] 1/move 1/", "add [9] 1/scan [9] 1/"] {
            stays(&format!("{before}loop [0]/{body}/end"));
        }
    }

    #[test]
    fn verdicts() {
        // The last iteration says whether the phase was at its turn in it.
        let body = "set [2] 1/if [0]/set [2] 0/end/if [2]/set [0] 9/end/add [0] 255/add [1] 255";
        counts("", "1", "add [1] 255/count [1] [0] down to 0 from 9/add [1] 1", body);
    }

    #[test]
    fn booleans() {
        let body = |becomes: &str| {
            let tests = "set [3] 1/if [1]/set [3] 0/end/add [1] 255/set [4] 0/if [2]/set [4] 1/end/";
            format!("{tests}if [3]/set [4] {becomes}/set [1] 0/end/copy [2] [4] 1/set [3] 0/add [0] 255")
        };
        let count = "if [2]/set [2] 1/end/add [0] 255/count [0] [1] down to 0 from 1/add [0] 1";
        counts("", "0", count, &body("1"));
        // It would be 2 where the phase is at its turn, and 1 again.
        stays(&format!("loop [0]/{}/end", body("2")));
        // The last iteration leaves it as it is.
        let code = division("add [4] 251/").replace("if [2]", "if [2]/if [7]/set [7] 1/end");
        stays(&format!("loop [0]/{code}/end"));
        // Where cell 5 is not 0 iterations may do so, too.
        stays(&format!("loop [0]/muladd [1] [5] 1/set [5] 0/{}/end", body("1")));
    }

    #[test]
    fn what_the_last_iteration_would_read() {
        // Cell 2 is 3 once the phase is at its turn, and was something else before.
        let turns = "set [3] 1/if [1]/set [3] 0/end/if [3]/set [2] 3/add [1] 1/end/set [3] 0/add [1] 255/add [0] 255";
        for reads in ["muladd [4] [2] 1", "if [2]/set [4] 5/end"] {
            stays(&format!("loop [0]/set [4] 1/{reads}/{turns}/end"));
        }
    }

    #[test]
    fn what_the_last_iteration_does_not_assign() {
        // Cell 7 becomes 3 where the phase is at its turn, if that is not the last iteration.
        let code =
            division("add [4] 251/").replace("if [2]", "if [2]/if [1]/set [7] 3/end").replace("set [3] 5", "set [3] 1");
        stays(&format!("loop [0]/{code}/end"));
    }
}
