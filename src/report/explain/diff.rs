//! What a pass changed, as hunks of lines.
//!
//! A line of our IR with its span hardly ever occurs twice. So lines that occur once in both texts are paired first, and the
//! longest sequence of pairs that is in order in both stays (as in a patience diff); then neighbours of pairs are paired
//! while they are equal. That takes n log n for n lines, whatever changed.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::lines::Lines;

/// Lines of the old text in whose place those of the new one stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

/// What differs, in order.
#[must_use]
pub fn diff(old: &Lines, new: &Lines) -> Vec<Hunk> {
    // Equal lines at both ends are most of the work.
    let shorter = old.len().min(new.len());
    let head = (0..shorter).take_while(|&index| old.get(index) == new.get(index)).count();
    let is_same_from_end = |back: &usize| old.get(old.len() - 1 - back) == new.get(new.len() - 1 - back);
    let tail = (0..shorter - head).take_while(is_same_from_end).count();
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);

    let mut hunks = Vec::new();
    let (mut old_from, mut new_from) = (head, head);
    let pairs = in_order(&unique_pairs(old, head..old_end, new, head..new_end));
    for (mut old_at, mut new_at) in pairs.into_iter().chain([(old_end, new_end)]) {
        if old_at < old_from || new_at < new_from {
            // Paired with a neighbour already.
            continue;
        }
        while old_from < old_at && new_from < new_at && old.get(old_from) == new.get(new_from) {
            (old_from, new_from) = (old_from + 1, new_from + 1);
        }
        let (old_next, new_next) = (old_at + 1, new_at + 1);
        while old_from < old_at && new_from < new_at && old.get(old_at - 1) == new.get(new_at - 1) {
            (old_at, new_at) = (old_at - 1, new_at - 1);
        }
        if old_from < old_at || new_from < new_at {
            hunks.push(Hunk { old: old_from..old_at, new: new_from..new_at });
        }
        (old_from, new_from) = (old_next, new_next);
    }
    hunks
}

/// The places of lines that occur once in each of the two ranges, in the order of the new text.
fn unique_pairs(old: &Lines, old_range: Range<usize>, new: &Lines, new_range: Range<usize>) -> Vec<(usize, usize)> {
    /// How often a line occurs, and where it did last.
    #[derive(Default)]
    struct Found {
        old: (u32, usize),
        new: (u32, usize),
    }
    let mut found: FxHashMap<_, Found> = FxHashMap::default();
    for index in old_range {
        let found = &mut found.entry(old.get(index)).or_default().old;
        *found = (found.0 + 1, index);
    }
    for index in new_range {
        if let Some(found) = found.get_mut(&new.get(index)) {
            found.new = (found.new.0 + 1, index);
        }
    }
    let unique = found.values().filter(|found| (found.old.0, found.new.0) == (1, 1));
    let mut pairs: Vec<_> = unique.map(|found| (found.old.1, found.new.1)).collect();
    pairs.sort_unstable_by_key(|&(_, new)| new);
    pairs
}

/// The longest subsequence in which the first numbers grow, by patience sorting.
fn in_order(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut piles: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, pair) in pairs.iter().enumerate() {
        let pile = piles.partition_point(|&top| pairs[top].0 < pair.0);
        before.push(pile.checked_sub(1).map(|left| piles[left]));
        if pile == piles.len() {
            piles.push(index);
        } else {
            piles[pile] = index;
        }
    }
    let mut sequence: Vec<_> =
        std::iter::successors(piles.last().copied(), |&index| before[index]).map(|index| pairs[index]).collect();
    sequence.reverse();
    sequence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Lines {
        let mut lines = Lines::default();
        text.split_whitespace().for_each(|line| lines.push(line, None));
        lines
    }

    /// The hunks, and that they make the new text of the old one.
    fn check(old: &str, new: &str, expected: &[(Range<usize>, Range<usize>)]) {
        let (old, new) = (lines(old), lines(new));
        let hunks = diff(&old, &new);
        let mut made = Vec::new();
        let mut from = 0;
        for hunk in &hunks {
            made.extend((from..hunk.old.start).map(|index| old.get(index)));
            made.extend(hunk.new.clone().map(|index| new.get(index)));
            from = hunk.old.end;
        }
        made.extend((from..old.len()).map(|index| old.get(index)));
        assert_eq!(made, new.iter().collect::<Vec<_>>());
        let ranges: Vec<_> = hunks.into_iter().map(|hunk| (hunk.old, hunk.new)).collect();
        assert_eq!(ranges, expected);
    }

    #[test]
    fn what_is_equal_is_in_no_hunk() {
        check("a b c", "a b c", &[]);
        check("", "a", &[(0..0, 0..1)]);
        check("a", "", &[(0..1, 0..0)]);
        check("a b c d e", "a x c e", &[(1..2, 1..2), (3..4, 3..3)]);
    }

    #[test]
    fn lines_that_occur_more_than_once_are_paired_with_their_neighbours() {
        check("s s a s s", "s a s s", &[(1..2, 1..1)]);
        check("x a s s y b", "z a s s w b", &[(0..1, 0..1), (4..5, 4..5)]);
        check("s s s", "s s", &[(2..3, 2..2)]);
    }

    #[test]
    fn what_changes_places_is_taken_away_and_added() {
        check("a b c d", "b c d a", &[(0..1, 0..0), (4..4, 3..4)]);
    }
}
