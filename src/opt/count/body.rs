//! Bodies that only compute: the pointer stays, and nothing is read or written.

use smallvec::SmallVec;

use crate::ir::{Kind, Op};

/// The cells of an operation that only computes, or of a condition's head or end; nothing for others.
pub(super) fn cells(kind: Kind) -> Option<SmallVec<[i32; 3]>> {
    match kind {
        Kind::If { cell, .. } => Some(SmallVec::from_slice(&[cell])),
        Kind::IfEnd { .. } => Some(SmallVec::new()),
        kind => kind.straight_cells().map(SmallVec::from),
    }
}

/// Whether the body only computes, and whatever happens assigns the cell before it reads it: what the cell held does not matter.
pub(super) fn assigns_first(body: &[Op], cell: i32) -> bool {
    let (mut depth, mut is_assigned) = (0, None);
    for op in body {
        let Some(cells) = cells(op.kind) else { return false };
        if is_assigned.is_none() && cells.contains(&cell) {
            is_assigned = Some(depth == 0 && matches!(op.kind, Kind::Set { .. }));
        }
        match op.kind {
            Kind::If { .. } => depth += 1,
            Kind::IfEnd { .. } => depth -= 1,
            _ => {}
        }
    }
    is_assigned == Some(true)
}
