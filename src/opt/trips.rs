//! Loops that scan to a cell, add to it and scan back do all their trips at once.
//!
//! ```text
//! loop [6]                loop [6]
//!   add [6] 255             hold [6] unless [5]
//!   add [7] 1               add [6] 255
//!   scan [13] 8             add [7] 1
//!   scan [16] 3       →     addheld [7] 1
//!   add [17] 1              scan [13] 8
//!   scan [13] -3            scan [16] 3
//!   scan [5] -8             add [17] 1
//! end                       addheld [17] 1
//!                           scan [13] -3
//!                           scan [5] -8
//!                         end
//! ```
//! The scans back go over the cells that those there went over, and so a trip ends where it began if the cell is 0 that the last scan
//! finds there, cell 5 here. Then each trip is like the other if none changes a cell that a scan looks at, or the counter but by the
//! one: that is told by how the cells lie to each other wherever the scans end. So the first trip does what all of them do.

use crate::ir::{Kind, Op, Program};

/// The longest loop that is looked at, in operations.
const MAX_BODY: usize = 32;

/// How far the counter may be from where a trip ends, in cells: code wants both near at once.
const MAX_DISTANCE: i64 = 1 << 16;

pub(super) fn run(program: Program) -> Program {
    let mask = program.width.mask();
    let mut found = Vec::new();
    for (index, op) in program.ops.iter().enumerate() {
        let Kind::Loop { cell, end } = op.kind else { continue };
        let body = &program.ops[index + 1..end as usize];
        if body.len() > MAX_BODY || !body.iter().any(is_scan) {
            continue;
        }
        let Some(unless) = home(cell, body, mask) else { continue };
        found.push((index + 1, Kind::Hold { cell, unless }));
        for (place, op) in body.iter().enumerate() {
            if let Kind::Add { cell: target, delta: factor } = op.kind
                && target != cell
            {
                found.push((index + 2 + place, Kind::AddHeld { cell: target, factor }));
            }
        }
    }
    program.with(&found)
}

fn is_scan(op: &Op) -> bool {
    matches!(op.kind, Kind::Scan { .. })
}

/// A scan away from the loop's cell.
struct Leg {
    cell: i64,
    stride: i64,
}

/// If the loop on `counter` makes nothing but trips of which each is like the other: the cell that has to be 0 for it.
fn home(counter: i32, body: &[Op], mask: u64) -> Option<i32> {
    let (mut legs, mut open, mut changed, mut steps): (Vec<Leg>, usize, Vec<(usize, i64)>, usize) =
        (Vec::new(), 0, Vec::new(), 0);
    let mut is_on_the_way_back = false;
    for op in body {
        match op.kind {
            Kind::Add { cell, delta } => {
                if cell == counter {
                    (open == 0 && delta == mask).then_some(())?;
                    steps += 1;
                }
                changed.push((open, cell.into()));
            }
            Kind::Scan { cell, stride } => {
                let (cell, stride) = (i64::from(cell), i64::from(stride));
                let last = open.checked_sub(1).map(|last| &legs[last]);
                if last.is_some_and(|leg| leg.cell - leg.stride == cell && leg.stride == -stride) {
                    is_on_the_way_back = true;
                    open -= 1;
                } else {
                    // A scan back ends at the cell where the one before it on the way there did.
                    let goes_on =
                        last.is_none_or(|leg| leg.cell == cell - stride && leg.stride.signum() == stride.signum());
                    (!is_on_the_way_back && goes_on).then_some(())?;
                    legs.push(Leg { cell, stride });
                    open += 1;
                }
            }
            _ => return None,
        }
    }
    let is_repeated = open == 0 && steps == 1 && changed.iter().all(|&place| is_apart(place, counter.into(), &legs));
    let home = legs.first().map(|first| first.cell - first.stride)?;
    let is_near = (home - i64::from(counter)).abs() <= MAX_DISTANCE;
    if is_repeated && is_near { i32::try_from(home).ok() } else { None }
}

/// Whether the cell at this offset, behind so many of the legs, is never one that a scan looks at, there or back, nor the
/// counter if it is another one.
fn is_apart((passed, cell): (usize, i64), counter: i64, legs: &[Leg]) -> bool {
    let direction = legs.first().map_or(1, |leg| leg.stride.signum());
    let ahead = |cell: i64| cell * direction;
    legs.iter().enumerate().all(|(number, leg)| {
        // In the direction of the scans, those look at cells from that before the leg's first one up to where it ends.
        let is_outside = match passed <= number {
            true => ahead(cell) < ahead(leg.cell - leg.stride),
            false => ahead(cell) > ahead(leg.cell),
        };
        let is_between = (passed == number || passed == number + 1) && (cell - leg.cell) % leg.stride != 0;
        is_outside || is_between
    }) && (passed == 0 || ahead(cell) > ahead(counter))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check8;

    fn holds(before: &str, after: &str) {
        check8("trips", &format!("loop [6]/{before}/end"), &format!("loop [6]/{after}/end"));
    }

    fn stays(body: &str) {
        let code = format!("loop [6]/{body}/end");
        check8("trips", &code, &code);
    }

    #[test]
    fn trips_are_done_at_once() {
        holds(
            "add [6] 255/add [7] 1/scan [13] 8/scan [16] 3/add [17] 1/scan [13] -3/scan [5] -8",
            "hold [6] unless [5]/add [6] 255/add [7] 1/addheld [7] 1/scan [13] 8/scan [16] 3/add [17] 1/addheld [17] 1/\
             scan [13] -3/scan [5] -8",
        );
        // To the left, and what is added lies between the cells that are looked at; the counter goes down last.
        holds(
            "scan [3] -2/add [4] 254/scan [5] 2/add [6] 255",
            "hold [6] unless [5]/scan [3] -2/add [4] 254/addheld [4] 254/scan [5] 2/add [6] 255",
        );
    }

    #[test]
    fn other_loops_stay() {
        for body in [
            // They do not come back by the same way, or there is no way.
            "add [6] 255/scan [13] 8/add [17] 1/scan [4] -8",
            "add [6] 255/scan [13] 8/add [17] 1/scan [5] -4",
            "add [6] 255/scan [13] 8/scan [17] 3/add [18] 1/scan [14] -3/scan [5] -8",
            "add [6] 255/add [17] 1",
            "add [6] 255/scan [13] 8/add [17] 1/scan [5] -8/scan [13] 8/scan [5] -8",
            // The counter goes down by 2, or twice, or may be what is added to.
            "add [6] 254/scan [13] 8/add [17] 1/scan [5] -8",
            "add [6] 255/add [6] 255/scan [13] 8/add [17] 1/scan [5] -8",
            "add [6] 255/scan [13] 8/add [6] 1/scan [5] -8",
            "add [6] 255/scan [13] 8/add [4] 1/scan [5] -8",
            // A scan looks at what is added to, near or far, or may do that.
            "add [6] 255/add [29] 1/scan [13] 8/add [17] 1/scan [5] -8",
            "add [6] 255/scan [13] 8/add [13] 1/scan [5] -8",
            "add [6] 255/scan [14] 8/add [17] 1/scan [6] -8",
            "add [6] 255/add [14] 1/scan [13] 8/scan [16] 3/add [17] 1/scan [13] -3/scan [5] -8",
            "add [6] 255/scan [13] 8/scan [16] 3/add [11] 1/scan [13] -3/scan [5] -8",
            // More is done.
            "add [6] 255/scan [13] 8/set [17] 1/scan [5] -8",
            "add [6] 255/scan [13] 8/output [17]/scan [5] -8",
        ] {
            stays(body);
        }
    }
}
