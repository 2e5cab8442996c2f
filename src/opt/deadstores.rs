//! Drops what is written to a cell that is assigned before it is read.
//!
//! ```text
//! if [0]                 if [0]
//!   muladd [1] [0] 1       muladd [1] [0] 1
//!   set [0] 0        →   end
//! end                    set [0] 7
//! set [0] 7              output [1]
//! output [1]
//! ```
//! Walks backwards and keeps the cells that will be assigned before they are read. A condition's body
//! begins with those behind the condition; those that its body adds count in it alone. What is behind a loop's
//! end may be its body again: there, all are forgotten.
//! Behind the program nothing is read: what is written there last goes too, unless it may be where the program leaves the
//! tape.

use std::ops::Range;

use crate::ir::{Entry, Kind, Program, Rewriter};

/// What is dropped may make room in the table: so many times at most it is tried again.
const MAX_ROUNDS: usize = 8;

pub(super) fn run(mut program: Program) -> Program {
    for _ in 0..MAX_ROUNDS {
        let (after, makes_room) = drop_dead(program);
        program = after;
        if !makes_room {
            break;
        }
    }
    program
}

/// The program without what is seen to be dead, and whether something was dropped and something not seen.
fn drop_dead(mut program: Program) -> (Program, bool) {
    let end = end_of(&program);
    let mut dead = Dead { others: end.map_or(0..0, |_| program.entry.sure_cells()), ..Dead::default() };
    // From the first cell, or from the end.
    let mut pointer = end.unwrap_or(0);
    let mut open: Vec<Condition> = Vec::new();
    let ops = &mut program.ops;
    let mut has_dropped = false;
    for index in (0..ops.len()).rev() {
        let place = |cell: i32| pointer + i64::from(cell);
        let mut is_dropped = false;
        match ops[index].kind {
            Kind::Set { cell, .. } => {
                is_dropped = dead.has(place(cell));
                dead.add(place(cell), !open.is_empty());
            }
            Kind::Copy { target, source, .. } => {
                is_dropped = dead.has(place(target));
                if !is_dropped {
                    dead.add(place(target), !open.is_empty());
                    dead.remove(place(source));
                }
            }
            Kind::Add { cell, .. } => {
                is_dropped = dead.has(place(cell));
            }
            Kind::MulAdd { target, source, .. } | Kind::MinAdd { target, source, .. } => {
                is_dropped = dead.has(place(target));
                if !is_dropped {
                    dead.remove(place(source));
                }
            }
            Kind::Product { target, left, right, .. } => {
                is_dropped = dead.has(place(target));
                if !is_dropped {
                    dead.remove(place(left));
                    dead.remove(place(right));
                }
            }
            Kind::Move { delta } => {
                pointer -= i64::from(delta);
            }
            Kind::Input { cell } | Kind::Output { cell } => dead.remove(place(cell)),
            Kind::Text { .. } => {}
            Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Dump { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Loop { .. }
            | Kind::LoopEnd { .. } => {
                dead.forget_all();
            }
            Kind::IfEnd { .. } => {
                open.push(Condition { end: index, pointer, added: dead.added.len(), is_empty: true });
                continue;
            }
            Kind::If { cell, .. } => {
                let Some(condition) = open.pop() else { unreachable!("an end follows its head") };
                dead.retract(condition.added);
                if pointer != condition.pointer {
                    dead.forget_all();
                }
                is_dropped = condition.is_empty;
                if is_dropped {
                    ops[condition.end].kind = NOTHING;
                } else {
                    dead.remove(place(cell));
                }
            }
        }
        if is_dropped {
            has_dropped = true;
            ops[index].kind = NOTHING;
        } else {
            if let Some(condition) = open.last_mut() {
                condition.is_empty = false;
            }
        }
    }
    if !has_dropped {
        return (program, false);
    }
    let mut rewriter = Rewriter::new(program);
    while let Some(op) = rewriter.take() {
        if op.kind != NOTHING {
            rewriter.keep();
        }
    }
    (rewriter.finish(), dead.has_forgotten)
}

/// The cell where the pointer is behind the program, where that is plain to see.
fn end_of(program: &Program) -> Option<i64> {
    let (mut pointer, mut depth) = (0i64, 0);
    for op in &program.ops {
        match op.kind {
            Kind::Move { delta } if depth == 0 => pointer += i64::from(delta),
            Kind::Move { .. } | Kind::Scan { .. } | Kind::Walk { .. } => return None,
            Kind::Loop { .. } | Kind::If { .. } => depth += 1,
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => depth -= 1,
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => {}
        }
    }
    matches!(program.entry, Entry::Beginning { .. }).then_some(pointer)
}

/// A condition whose head is still to come.
struct Condition {
    /// The index of its end, and the pointer there.
    end: usize,
    pointer: i64,
    /// How many additions had been noted.
    added: usize,
    /// Whether nothing is left in its body.
    is_empty: bool,
}

/// The places that are assigned before they are read. The table may forget: linear time whatever the program.
struct Dead {
    places: [(i64, u32); Dead::SIZE],
    /// Places of another epoch do not count: forgetting everything takes no time.
    epoch: u32,
    /// What was added in conditions.
    added: Vec<i64>,
    /// These are dead too, except for those that are read.
    others: Range<i64>,
    read: [i64; Dead::SIZE],
    /// There was no room for something.
    has_forgotten: bool,
}

impl Default for Dead {
    fn default() -> Self {
        Dead {
            places: [(0, 0); Dead::SIZE],
            epoch: 1,
            added: Vec::new(),
            others: 0..0,
            read: [Dead::NONE; Dead::SIZE],
            has_forgotten: false,
        }
    }
}

impl Dead {
    /// A power of two, larger than the number of cells that straight code of real programs touches.
    const SIZE: usize = 256;

    /// No place.
    const NONE: i64 = i64::MIN;

    fn slot(place: i64) -> usize {
        place as usize % Self::SIZE
    }

    fn has(&self, place: i64) -> bool {
        self.is_noted(place) || (self.others.contains(&place) && self.read[Self::slot(place)] != place)
    }

    fn is_noted(&self, place: i64) -> bool {
        self.places[Self::slot(place)] == (place, self.epoch)
    }

    fn add(&mut self, place: i64, in_condition: bool) {
        if !self.is_noted(place) {
            let slot = &mut self.places[Self::slot(place)];
            self.has_forgotten |= slot.1 == self.epoch;
            *slot = (place, self.epoch);
            if in_condition {
                self.added.push(place);
            }
        }
    }

    /// The cell is read.
    fn remove(&mut self, place: i64) {
        self.retract_one(place);
        if !self.others.is_empty() {
            let slot = &mut self.read[Self::slot(place)];
            // There is room for one place in a slot.
            if *slot != Self::NONE && *slot != place {
                self.others = 0..0;
                self.has_forgotten = true;
            }
            *slot = place;
        }
    }

    fn retract_one(&mut self, place: i64) {
        if self.is_noted(place) {
            self.places[Self::slot(place)].1 = 0;
        }
    }

    /// Takes back all additions but the first `added`.
    fn retract(&mut self, added: usize) {
        while self.added.len() > added
            && let Some(place) = self.added.pop()
        {
            self.retract_one(place);
        }
    }

    fn forget_all(&mut self) {
        self.epoch += 1;
        self.others = 0..0;
    }
}

/// What a dropped operation becomes until the end of the pass.
const NOTHING: Kind = Kind::Add { cell: 0, delta: 0 };

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn what_is_assigned_before_it_is_read_is_dropped() {
        check8("deadstores", "add [0] 1/set [0] 2/output [0]", "set [0] 2/output [0]");
        check8("deadstores", "muladd [0] [1] 1/copy [0] [2] 2/output [0]", "copy [0] [2] 2/output [0]");
        let stays = "add [0] 1/copy [0] [0] 2/output [0]";
        check8("deadstores", stays, stays);
        let stays = "add [0] 1/input [0]/output [0]";
        check8("deadstores", stays, stays);
    }

    #[test]
    fn what_had_no_room_in_the_table_is_looked_at_again() {
        check8("deadstores", "set [0] 1/set [256] 1/set [0] 0/input [0]", "set [0] 0/input [0]");
    }

    #[test]
    fn bodies_know_what_is_behind_their_condition() {
        check8(
            "deadstores",
            "if [0]/muladd [1] [0] 1/set [0] 0/end/set [0] 7/output [0]/output [1]",
            "if [0]/muladd [1] [0] 1/end/set [0] 7/output [0]/output [1]",
        );
        // But not the other way around.
        let stays = "add [1] 1/if [0]/set [1] 0/output [0]/end/output [1]";
        check8("deadstores", stays, stays);
        check8("deadstores", "if [0]/set [1] 0/end/set [1] 7/output [1]", "set [1] 7/output [1]");
        let stays = "add [0] 1/if [3]/output [3]/move 1/end/set [0] 7/output [0]/output [-1]";
        check8("deadstores", stays, stays);
    }

    #[test]
    fn what_may_leave_the_tape_stays() {
        let stays = "output [0]/add [-1] 1";
        check8("deadstores", stays, stays);
        let stays = "output [0]/add [512] 1";
        check8("deadstores", stays, stays);
        let stays = "scan [0] 1/output [0]/add [1] 1";
        check8("deadstores", stays, stays);
    }

    #[test]
    fn behind_the_program_nothing_is_read() {
        check8(
            "deadstores",
            "input [0]/add [1] 1/output [0]/move 3/add [-3] 1/set [0] 2",
            "input [0]/output [0]/move 3",
        );
        check8("deadstores", "input [0]/if [0]/output [0]/copy [1] [0] 1/end", "input [0]/if [0]/output [0]/end");
        check8(
            "deadstores",
            "input [0]/set [1] 1/if [0]/output [1]/add [1] 1/end",
            "input [0]/set [1] 1/if [0]/output [1]/end",
        );
        // Cells that share a place in the table.
        check8("deadstores", "add [1] 1/output [1]/output [257]/add [2] 1", "add [1] 1/output [1]/output [257]");
        let stays = "input [0]/loop [0]/add [1] 1/output [1]/input [0]/end";
        check8("deadstores", stays, stays);
        let stays = "add [1] 1/dump [0]";
        check8("deadstores", stays, stays);
    }

    #[test]
    fn loops_read() {
        let stays = "set [1] 1/loop [0]/output [1]/set [1] 2/input [0]/end/set [1] 3/output [1]";
        check8("deadstores", stays, stays);
    }
}
