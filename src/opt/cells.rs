//! Something for each of a few cells: a list sorted by cell.

/// A map from cells, for so few that a list is faster than a tree.
#[derive(Debug)]
pub(super) struct Cells<V> {
    entries: Vec<(i32, V)>,
}

/// How many entries more a copy has room for: it is made to be added to.
const ROOM: usize = 4;

impl<V: Clone> Clone for Cells<V> {
    fn clone(&self) -> Cells<V> {
        let mut entries = Vec::new();
        if !self.is_empty() {
            entries.reserve_exact(self.len() + ROOM);
            entries.extend_from_slice(&self.entries);
        }
        Cells { entries }
    }
}

impl<V> FromIterator<(i32, V)> for Cells<V> {
    /// In the order of the cells.
    fn from_iter<I: IntoIterator<Item = (i32, V)>>(entries: I) -> Cells<V> {
        let entries: Vec<(i32, V)> = entries.into_iter().collect();
        debug_assert!(entries.is_sorted_by_key(|entry| entry.0));
        Cells { entries }
    }
}

impl<V> Cells<V> {
    pub fn new() -> Cells<V> {
        Cells { entries: Vec::new() }
    }

    /// The index of the cell's entry, or where it would be.
    fn place(&self, cell: i32) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&cell, |entry| entry.0)
    }

    pub fn get(&self, cell: &i32) -> Option<&V> {
        self.place(*cell).ok().map(|place| &self.entries[place].1)
    }

    pub fn contains_key(&self, cell: &i32) -> bool {
        self.place(*cell).is_ok()
    }

    /// Gives the cell a value; the one that it had.
    pub fn insert(&mut self, cell: i32, value: V) -> Option<V> {
        match self.place(cell) {
            Ok(place) => Some(std::mem::replace(&mut self.entries[place].1, value)),
            Err(place) => {
                self.entries.insert(place, (cell, value));
                None
            }
        }
    }

    pub fn remove(&mut self, cell: &i32) -> Option<V> {
        self.place(*cell).ok().map(|place| self.entries.remove(place).1)
    }

    /// The value of the cell, which is `first` if it had none.
    pub fn get_or_insert(&mut self, cell: i32, first: V) -> &mut V {
        let place = self.place(cell).unwrap_or_else(|place| {
            self.entries.insert(place, (cell, first));
            place
        });
        &mut self.entries[place].1
    }

    pub fn retain(&mut self, mut keeps: impl FnMut(&i32, &V) -> bool) {
        self.entries.retain(|(cell, value)| keeps(cell, value));
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All cells of the two, in their order, with the values that they have.
    pub fn zip<'a>(&'a self, other: &'a Cells<V>) -> impl Iterator<Item = (i32, Option<&'a V>, Option<&'a V>)> {
        let (mut left, mut right) = (self.entries.as_slice(), other.entries.as_slice());
        std::iter::from_fn(move || {
            let (on_left, on_right) = match (left, right) {
                ([], []) => return None,
                ([(left, _), ..], [(right, _), ..]) => (left <= right, right <= left),
                (left, right) => (!left.is_empty(), !right.is_empty()),
            };
            let take = |is_next: bool, entries: &mut &'a [(i32, V)]| {
                let (first, rest) = entries.split_first().filter(|_| is_next)?;
                *entries = rest;
                Some(first)
            };
            let (on_left, on_right) = (take(on_left, &mut left), take(on_right, &mut right));
            let cell = on_left.or(on_right)?.0;
            Some((cell, on_left.map(|entry| &entry.1), on_right.map(|entry| &entry.1)))
        })
    }

    /// In the order of the cells, as the following ones.
    pub fn iter(&self) -> impl Iterator<Item = (&i32, &V)> {
        self.entries.iter().map(|(cell, value)| (cell, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &i32> {
        self.entries.iter().map(|(cell, _)| cell)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }
}

/// The value of a cell that has one.
impl<V> std::ops::Index<&i32> for Cells<V> {
    type Output = V;

    fn index(&self, cell: &i32) -> &V {
        self.get(cell).expect("the cell has a value")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_sorted_and_replaced() {
        let mut cells = Cells::new();
        for (cell, value, before) in [(3, 'c', None), (-1, 'a', None), (0, 'x', None), (0, 'b', Some('x'))] {
            assert_eq!(cells.insert(cell, value), before);
        }
        assert_eq!(cells.iter().collect::<Vec<_>>(), [(&-1, &'a'), (&0, &'b'), (&3, &'c')]);
        assert_eq!((cells.get(&3), cells.get(&4), cells[&0]), (Some(&'c'), None, 'b'));
        assert_eq!(*cells.get_or_insert(4, 'd'), 'd');
        assert_eq!(*cells.get_or_insert(4, 'e'), 'd');
        assert_eq!((cells.remove(&0), cells.remove(&0), cells.len()), (Some('b'), None, 3));
        cells.retain(|&cell, _| cell > 0);
        assert_eq!(cells.keys().collect::<Vec<_>>(), [&3, &4]);
    }
}
