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
//! like that. From other values that are known it counts in an [`mod@alternate`] way.
//! A loop that takes several from its counter in each iteration, and leads elsewhere if less than that is left, has them taken by a
//! [`Kind::Divide`].
//! The loop stays: it does what the count leaves, where cells that have to be 0 are not.

mod alternate;
mod body;
mod but_last;
mod look;
mod outcome;
mod recognise;
mod seen;
mod words;

use crate::ir::{Kind, Op, Program};
use alternate::alternate;
use body::cells;
use look::may_count;
use seen::Seen;

pub(super) fn run(program: Program) -> Program {
    let mask = program.width.mask();
    let (mut found, mut seen) = (Vec::new(), Seen::new(mask, program.ops.len()));
    for (index, op) in program.ops.iter().enumerate() {
        let Kind::Loop { cell, end } = op.kind else { continue };
        let body = &program.ops[index + 1..end as usize];
        if !may_count(body, mask) || is_counted(cell, &program.ops[..index]) {
            continue;
        }
        let first = |cell: i32| assigned(cell, &program.ops[..index]);
        let is_given = |counted: &Counted| match counted.given {
            Given::Nothing => true,
            Given::Bit(cell) => matches!(first(cell), Some(0 | 1)),
            Given::Accessed(cell) => is_accessed(cell, &program.ops[..index]),
        };
        let counted = seen.counted(cell, body, index + 1).filter(is_given);
        let counted = counted.or_else(|| alternate(cell, body, index + 1, mask, first));
        let Some(Counted { place, kinds, .. }) = counted else { continue };
        match place {
            Place::Before => found.extend(kinds.into_iter().map(|kind| (index, kind))),
            Place::Inside => found.extend(kinds.into_iter().map(|kind| (index + 1, kind))),
            Place::Around => {
                found.extend(kinds.into_iter().map(|kind| (index, kind)));
                found.push((end as usize + 1, Kind::IfEnd { start: 0 }));
            }
        }
    }
    found.sort_by_key(|&(place, _)| place);
    program.with(&found)
}

/// The pass `words`.
pub(super) fn run_words(program: Program) -> Program {
    words::run(program)
}

/// Whether a count that belongs to a loop on `tested` stands among these operations in front of it.
fn is_counted(tested: i32, ops: &[Op]) -> bool {
    let last = ops.iter().rev().take(MAX_BACK).find(|op| match op.kind {
        Kind::Count(count) => count.counter == tested,
        Kind::Divide { cell, .. } => cell == tested,
        Kind::If { .. } | Kind::IfEnd { .. } => false,
        kind => kind.straight_target().is_none_or(|target| target == tested),
    });
    last.is_some_and(|op| matches!(op.kind, Kind::Count(_) | Kind::Divide { .. }))
}

/// The last of these operations, the last one first, and whether each is done whatever happens.
fn backwards(ops: &[Op]) -> impl Iterator<Item = (Kind, bool)> {
    let mut depth = 0u32;
    ops.iter().rev().take(MAX_BACK).map(move |op| {
        match op.kind {
            Kind::IfEnd { .. } => depth += 1,
            Kind::If { .. } => depth = depth.saturating_sub(1),
            _ => {}
        }
        (op.kind, depth == 0)
    })
}

/// The value of the cell behind these operations, if they assign it whatever happens.
fn assigned(cell: i32, ops: &[Op]) -> Option<u64> {
    for (kind, is_certain) in backwards(ops) {
        match kind {
            Kind::If { .. } | Kind::IfEnd { .. } => {}
            kind if kind.straight_target()? != cell => {}
            Kind::Set { value, .. } if is_certain => return Some(value),
            _ => return None,
        }
    }
    None
}

/// Whether these operations access the cell whatever happens.
fn is_accessed(cell: i32, ops: &[Op]) -> bool {
    for (kind, is_certain) in backwards(ops) {
        let Some(cells) = cells(kind) else { return false };
        if is_certain && cells.contains(&cell) {
            return true;
        }
    }
    false
}

/// So many operations in front of a loop are looked at.
const MAX_BACK: usize = 32;

/// Where the count stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Inside,
    /// In front of the loop, in a condition around both, with more of which the first is the condition's head.
    Around,
}

/// What has to be known of a cell in front of the loop.
#[derive(Clone, Copy)]
enum Given {
    Nothing,
    /// It is 0 or 1.
    Bit(i32),
    /// It is on the tape, since it was accessed.
    Accessed(i32),
}

/// What does iterations of a loop: a count, and what belongs to it.
#[derive(Clone)]
struct Counted {
    place: Place,
    kinds: Vec<Kind>,
    given: Given,
}

impl Counted {
    fn new(place: Place, kinds: Vec<Kind>) -> Counted {
        Counted { place, kinds, given: Given::Nothing }
    }

    /// The same on cells so far to the right.
    fn shifted(&self, distance: i32) -> Counted {
        let given = match self.given {
            Given::Nothing => Given::Nothing,
            Given::Bit(cell) => Given::Bit(cell + distance),
            Given::Accessed(cell) => Given::Accessed(cell + distance),
        };
        let kinds = self.kinds.iter().map(|kind| kind.shifted(distance)).collect();
        Counted { place: self.place, kinds, given }
    }
}

#[cfg(test)]
mod tests;
