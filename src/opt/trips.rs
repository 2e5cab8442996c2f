//! Loops that scan to a cell, add to it and scan back do all their trips at once.
//!
//! ```text
//! loop [6]                loop [6]
//!   add [6] 255             hold [6] unless [5]
//!   add [7] 1               add [6] 255
//!   scan [13] 8             add [7] 1
//!   scan [16] 3             scan [13] 8
//!   add [17] 1        →     scan [16] 3
//!   scan [13] -3            add [17] 1
//!   scan [5] -8             addheld [17] 1
//! end                       scan [13] -3
//!                           scan [5] -8
//!                           addheld [6] 255
//!                           addheld [7] 1
//!                         end
//! ```
//! The scans back go over the cells that those there went over, and so a trip ends where it began if the cell is 0 that the last scan
//! finds there, cell 5 here. Then each trip is like the other if none changes a cell that a scan looks at, or the counter but by the
//! one: that is told by how the cells lie to each other wherever the scans end, or wherever that is not too far:
//!
//! ```text
//! loop [0]                loop [0]
//!   scan [-1] -2            hold [0] unless [1]
//!   add [50] 1        →     scan [-1] -2
//!   scan [1] 2              release beyond 48
//!   add [0] 255             add [50] 1
//! end                       addheld [50] 1
//!                           scan [1] 2
//!                           add [0] 255
//!                           addheld [0] 255
//!                         end
//! ```
//! So the first trip does what all of them do.

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
        if let Some(trips) = Trips::of(cell, body, mask) {
            found.extend(trips.beside(cell, body).into_iter().map(|(place, kind)| (index + 1 + place, kind)));
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

/// Something is added to the cell at this offset, behind so many of the legs.
struct Addition {
    /// The operation's index in the body.
    index: usize,
    passed: usize,
    cell: i32,
    delta: u64,
}

/// What a loop does that makes nothing but trips of which each is like the other.
struct Trips {
    additions: Vec<Addition>,
    /// The cell that has to be 0 for it.
    home: i32,
    /// How far the first leg may lead for it, in cells.
    most: Option<u32>,
}

impl Trips {
    /// If the loop on `counter` is one.
    fn of(counter: i32, body: &[Op], mask: u64) -> Option<Trips> {
        let (mut legs, mut open, mut additions): (Vec<Leg>, usize, Vec<Addition>) = (Vec::new(), 0, Vec::new());
        let (mut steps, mut is_on_the_way_back, mut is_regained) = (0, false, false);
        for (index, op) in body.iter().enumerate() {
            match op.kind {
                Kind::Add { cell, delta } => {
                    match (cell == counter, open) {
                        (true, 0) => {
                            (delta == mask).then_some(())?;
                            steps += 1;
                        }
                        // Where no leg moves the pointer the counter gets back what it lost, and no leg ever will, since nothing that it
                        // looks at changes: the loop has no end, whatever is held.
                        (true, _) => (delta == 1 && !std::mem::replace(&mut is_regained, true)).then_some(())?,
                        (false, _) => {}
                    }
                    additions.push(Addition { index, passed: open, cell, delta });
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
        (open == 0 && steps == 1).then_some(())?;
        let home = legs.first().map(|first| first.cell - first.stride)?;
        ((home - i64::from(counter)).abs() <= MAX_DISTANCE).then_some(())?;
        let others = additions.iter().filter(|addition| !addition.is_apart(counter, &legs));
        let limits: Option<Vec<u32>> = others.map(|addition| addition.limit(counter, &legs)).collect();
        Some(Trips { most: limits?.into_iter().min(), additions, home: i32::try_from(home).ok()? })
    }

    /// What is to be put in front of the operations of the body at these indices. What is held is added near home at the end: then it
    /// is known whether it may be.
    fn beside(&self, counter: i32, body: &[Op]) -> Vec<(usize, Kind)> {
        let mut found = vec![(0, Kind::Hold { cell: counter, unless: self.home })];
        let first_leg = body.iter().position(is_scan);
        found.extend(first_leg.zip(self.most).map(|(index, beyond)| (index + 1, Kind::Release { beyond })));
        let held = |&Addition { index, passed, cell, delta }: &Addition| {
            (if passed == 0 { body.len() } else { index + 1 }, Kind::AddHeld { cell, factor: delta })
        };
        let (near, far): (Vec<_>, Vec<_>) = self.additions.iter().partition(|addition| addition.passed == 0);
        found.extend(far.into_iter().chain(near).map(held));
        found
    }
}

impl Addition {
    /// Whether its cell is never one that a scan looks at, there or back, nor the counter, unless no leg moves the pointer.
    fn is_apart(&self, counter: i32, legs: &[Leg]) -> bool {
        let direction = legs.first().map_or(1, |leg| leg.stride.signum());
        let ahead = |cell: i64| cell * direction;
        let (passed, cell) = (self.passed, i64::from(self.cell));
        legs.iter().enumerate().all(|(number, leg)| {
            // In the direction of the scans, those look at cells from that before the leg's first one up to where it ends.
            let is_outside = match passed <= number {
                true => ahead(cell) < ahead(leg.cell - leg.stride),
                false => ahead(cell) > ahead(leg.cell),
            };
            let is_between = (passed == number || passed == number + 1) && (cell - leg.cell) % leg.stride != 0;
            is_outside || is_between
        }) && (passed == 0 || ahead(cell) >= ahead(counter.into()))
    }

    /// How far the only leg may lead, in cells, so that the cell lies beyond home, seen from there.
    fn limit(&self, counter: i32, legs: &[Leg]) -> Option<u32> {
        let ([leg], 1) = (legs, self.passed) else { return None };
        let ahead = |cell: i64| cell * leg.stride.signum();
        let least = ahead(leg.cell - leg.stride).min(ahead(counter.into()));
        u32::try_from(least - ahead(self.cell.into()) - 1).ok().filter(|&limit| limit > 0)
    }
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
            "hold [6] unless [5]/add [6] 255/add [7] 1/scan [13] 8/scan [16] 3/add [17] 1/addheld [17] 1/scan [13] -3/\
             scan [5] -8/addheld [6] 255/addheld [7] 1",
        );
        // To the left, and what is added lies between the cells that are looked at; the counter goes down last.
        holds(
            "scan [3] -2/add [4] 254/scan [5] 2/add [6] 255",
            "hold [6] unless [5]/scan [3] -2/add [4] 254/addheld [4] 254/scan [5] 2/add [6] 255/addheld [6] 255",
        );
        // If no leg moves the pointer, what is added to is the counter.
        holds(
            "scan [7] 2/add [6] 1/scan [5] -2/add [6] 255",
            "hold [6] unless [5]/scan [7] 2/add [6] 1/addheld [6] 1/scan [5] -2/add [6] 255/addheld [6] 255",
        );
    }

    #[test]
    fn what_is_added_to_may_lie_beyond_home() {
        holds(
            "add [9] 1/scan [5] -2/add [6] 1/add [56] 1/add [60] 1/scan [7] 2/add [6] 255",
            "hold [6] unless [7]/add [9] 1/scan [5] -2/release beyond 48/add [6] 1/addheld [6] 1/add [56] 1/addheld [56] 1/\
             add [60] 1/addheld [60] 1/scan [7] 2/add [6] 255/addheld [9] 1/addheld [6] 255",
        );
        holds(
            "scan [13] 8/add [1] 1/scan [5] -8/add [6] 255",
            "hold [6] unless [5]/scan [13] 8/release beyond 3/add [1] 1/addheld [1] 1/scan [5] -8/add [6] 255/\
             addheld [6] 255",
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
            "add [6] 255/scan [13] 8/add [6] 2/scan [5] -8",
            "add [6] 255/scan [13] 8/add [6] 1/add [6] 1/scan [5] -8",
            "add [6] 255/scan [13] 8/add [5] 1/scan [5] -8",
            // A scan looks at what is added to, near or far, or may do that.
            "add [6] 255/add [29] 1/scan [13] 8/add [17] 1/scan [5] -8",
            "add [6] 255/scan [13] 8/add [13] 1/scan [5] -8",
            "add [6] 255/scan [14] 8/add [17] 1/scan [6] -8",
            "add [6] 255/add [14] 1/scan [13] 8/scan [16] 3/add [17] 1/scan [13] -3/scan [5] -8",
            "add [6] 255/scan [13] 8/scan [16] 3/add [11] 1/scan [13] -3/scan [5] -8",
            "add [6] 255/scan [13] 8/scan [16] 3/add [-20] 1/scan [13] -3/scan [5] -8",
            // More is done.
            "add [6] 255/scan [13] 8/set [17] 1/scan [5] -8",
            "add [6] 255/scan [13] 8/output [17]/scan [5] -8",
        ] {
            stays(body);
        }
    }
}
