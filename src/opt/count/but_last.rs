//! Loops that do their last iteration themselves: a count does all before it.
//!
//! ```text
//! set [3] 5               set [3] 5
//! set [4] 0               set [4] 0
//! loop [0]                loop [0]
//!                           add [2] 255
//!                           count [2] [3] down to 1 from 5 mirror [4] carry [5]
//!                           add [2] 1
//!   add [2] 255             add [2] 255
//!   add [3] 255             add [3] 255
//!   add [4] 1               add [4] 1
//!   set [1] 1               set [1] 1
//!   if [3]                  if [3]
//!     set [1] 0         →     set [1] 0
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
//! boolean is made one before, as the first iteration does. A remainder that is set to 0 where the phase starts again counts against the
//! phase, if the two together are at the beginning what they are there.

use std::num::NonZeroI8;

use super::super::paths::{Path, Start};
use super::super::polynomial::Polynomial;
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
    /// The loop goes on in two ways, on one of which the phase starts again from a constant.
    pub(super) fn all_but_last(&self) -> Option<Counted> {
        let mask = self.start.mask;
        if !self.paths.lost.is_empty() {
            return None;
        }
        let (counter, mut ways) = self.own_counter().or_else(|| self.flagged_counter())?;
        let booleans = merge(&mut ways);
        let [first, second] = ways.as_slice() else { return None };
        let is_plain = |way: &Way<'_>| matches!(way.effect.decisions.as_slice(), [(_, false)]);
        let (plain, turning) = if is_plain(first) { (first, second) } else { (second, first) };
        let ([(test, false)], [(turned, true)]) =
            (plain.effect.decisions.as_slice(), turning.effect.decisions.as_slice())
        else {
            return None;
        };
        let phase = self.phase(&plain.effect, test).filter(|phase| turned == test && phase.cell != counter.cell)?;
        let reloaded = turning.effect.value(phase.cell).as_constant()?;
        let (opposite_step, distance) = match phase.direction {
            Direction::Down => (1, reloaded.wrapping_sub(phase.turn)),
            Direction::Up => (mask, phase.turn.wrapping_sub(reloaded)),
        };
        let period = distance.wrapping_add(1) & mask;

        let (mut carry, mut copy, mut mirror, mut given) = (None, None, None, Given::Nothing);
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
                (Some(step), gain) if step == opposite_step && mirror.is_none() => {
                    let expected = phase.turn.wrapping_sub(reloaded) & mask;
                    if let (None, Some(value)) = (gain, turns_to) {
                        given = Given::Sum(cell, phase.cell, value.wrapping_add(reloaded) & mask);
                    }
                    mirror = Some((cell, expected));
                    gain.is_none() && turns_to.is_some() || gain == Some(expected)
                }
                // The last iteration is one of those.
                (Some(0), None) if period == 1 && turns_to.is_some() => true,
                _ => {
                    settled.push(cell);
                    [plain, turning].iter().all(|way| way.keeps_0(cell) && way.surely_accesses(cell))
                }
            };
            is_unique.then_some(())?;
        }

        // Neither way may make more of a boolean than that. Where the zeros are not, ways may be taken that nobody has seen.
        let keeps_boolean = |way: &Way<'_>, cell: i32| match way.effect.cells.get(&cell) {
            Some(value) => matches!(value.as_constant(), Some(0 | 1)),
            None => true,
        };
        let are_kept = booleans.iter().all(|&cell| keeps_boolean(plain, cell) && keeps_boolean(turning, cell));
        if !are_kept || !matches!(given, Given::Nothing) && !self.start.zeros.is_empty() {
            return None;
        }

        let going_on: Vec<&Path> = plain.paths.iter().chain(&turning.paths).copied().collect();
        let zeros = self.zeros(&going_on, &settled)?;
        let all = || self.paths.complete.iter();
        let reads_first = |cell: i32| all().all(|path| path.surely_accesses(cell, &zeros));
        let is_allowed = [counter.cell, phase.cell].iter().chain(&booleans).all(|&cell| reads_first(cell))
            && all().all(|path| may_read_zeros(&zeros, path))
            && carry.is_none_or(|(cell, _)| turning.surely_accesses(cell))
            && copy.is_none_or(|cell| plain.surely_accesses(cell) && turning.surely_accesses(cell))
            && mirror
                .is_none_or(|(cell, gain)| plain.surely_accesses(cell) && (gain == 0 || turning.surely_accesses(cell)));
        is_allowed.then_some(())?;
        let mirror = match mirror {
            Some((cell, _)) => Some(NonZeroI8::new(self.distance(counter.cell, cell)?)?),
            None => None,
        };
        let borrows = carry.is_some_and(|(_, borrows)| borrows);
        let reload = Reload::Constant { period: u16::try_from(period).ok()?, mirror, borrows };
        let count = self.assemble(counter.cell, phase, reload, carry.map(|(cell, _)| cell), copy, &zeros)?;

        let mut kinds = Vec::new();
        for cell in booleans {
            kinds.extend([Kind::If { cell, end: 0 }, Kind::Set { cell, value: 1 }, Kind::IfEnd { start: 0 }]);
        }
        kinds.push(Kind::Add { cell: counter.cell, delta: counter.last.wrapping_neg() & mask });
        kinds.push(Kind::Count(count));
        kinds.push(Kind::Add { cell: counter.cell, delta: counter.last });
        kinds.retain(|kind| !matches!(kind, Kind::Add { delta: 0, .. }));
        Some(Counted { given, ..Counted::new(Place::Inside, kinds) })
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
    fn keeps_0(&self, cell: i32) -> bool {
        keeps_0(&self.effect, cell)
    }

    fn surely_accesses(&self, cell: i32) -> bool {
        self.paths.iter().all(|path| path.surely_accesses(cell, &[]))
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
        let count = "add [2] 255/count [2] [3] down to 1 from 5 mirror [4] carry [5]/add [2] 1";
        let body = division("set [4] 0/");
        for before in ["set [3] 5/set [4] 0/", "set [4] 2/if [2]/add [2] 1/end/set [3] 3/set [1] 2/"] {
            counts(before, "0", count, &body);
        }
        for before in
            ["", "set [3] 4/set [4] 0/", "set [3] 5/set [4] 0/if [2]/add [4] 1/end/", "set [3] 5/set [4] 0/move 1/"]
        {
            stays(&format!("{before}loop [0]/{body}/end"));
        }
        // If cell 6 is not 0 they may part.
        stays(&format!("set [3] 5/set [4] 0/loop [0]/muladd [3] [6] 1/set [6] 0/{body}/end"));
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
    }
}
