//! What holds at the head of a loop in every iteration: cells with the same known value in front of the loop and at the
//! end of its body.
//!
//! ```text
//! loop [0]
//!   if [1]
//!     muladd [2] [1] 1
//!     muladd [3] [1] 1
//!     set [1] 0
//!   end
//!   if [3]
//!     muladd [1] [3] 1
//!     set [3] 0
//!   end
//!   add [0] 255
//! end
//! ```
//! Cell 3 is 0 at the end, whatever it was at the head; where it is 0 in front of the loop too, it always is. What is known at
//! the end is found in one round over the program, and used in the next.

use std::ops::Range;

/// A cell's value at a loop's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    /// The index of the head.
    head: u32,
    /// Seen from the pointer at the head.
    cell: i64,
    value: u64,
}

/// What holds at the heads of loops.
#[derive(Debug, Default)]
pub(super) struct Invariants {
    rows: Vec<Row>,
    is_sorted: bool,
}

impl Invariants {
    /// Notes what holds at the head at index `head`.
    pub fn add(&mut self, head: u32, cell: i64, value: u64) {
        self.rows.push(Row { head, cell, value });
        self.is_sorted = false;
    }

    /// Notes what `others` has about heads at the indices `heads`, which are moved to begin at `to`.
    pub fn add_moved(&mut self, others: &Invariants, heads: Range<u32>, to: u32) {
        let place = |head: u32| others.rows.partition_point(|row| row.head < head);
        let rows = &others.rows[place(heads.start)..place(heads.end)];
        self.rows.extend(rows.iter().map(|row| Row { head: row.head - heads.start + to, ..*row }));
    }

    /// Ready to be asked.
    pub fn sorted(mut self) -> Invariants {
        self.rows.sort_unstable();
        self.is_sorted = true;
        self
    }

    /// Whether `cell` always is `value` at the head at index `head`.
    pub fn holds(&self, head: u32, cell: i64, value: u64) -> bool {
        debug_assert!(self.is_sorted || self.rows.is_empty());
        !self.rows.is_empty() && self.rows.binary_search(&Row { head, cell, value }).is_ok()
    }
}
