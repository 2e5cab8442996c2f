//! Values that move along with the pointer, which code keeps in registers from one iteration to the next.
//!
//! ```text
//! loop [0]
//!   add [0] 255
//!   if [0]
//!     muladd [4] [0] 1
//!     set [0] 0
//!   end
//!   if [1]
//!     muladd [5] [1] 1
//!     set [1] 0
//!   end
//!   move 4
//! end
//! ```
//! goes to the record with a number and takes two values there: an index into an array. Each iteration adds to cells that the
//! next one reads, and a cell that was just written can be read again only some cycles later. So the code of such loops carries
//! what is to be added to the next cell of each such stream, and adds it where that cell is read; where the loop ends, what is
//! carried is added to the cells. Then an iteration waits for a few additions of the one before, and the conditions need no
//! branches: what is carried is 0 where the cell was. A game of life in an array of records takes 0.36 of the time in the
//! baseline's code and 0.64 through LLVM, time to compile included; a short game, start included, 0.65.
//!
//! The next cell of a stream may be off the tape where nothing is added to it. It is accessed later than the program says, at
//! the end of the loop or by the next iteration, but in front of everything that is to be seen of the program: input, output and
//! other loops are in none of these. All of them drift, so they end where the tape does: nobody has to take them over half way.

use super::transfers::Transfer;
use super::{Kind, Op, Program};

/// A loop with streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrying {
    head: u32,
    pub streams: Vec<Stream>,
    /// For each operation behind the head.
    uses: Vec<Use>,
}

/// How many streams a loop may have.
pub const MAX_STREAMS: usize = 4;

/// A value that goes from cell to cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its cell, seen from the pointer at the loop's head.
    pub cell: i32,
    /// Whether that is the cell that the loop tests.
    pub is_tested: bool,
    /// Whether an iteration accesses the next cell even if it adds 0.
    pub is_sure: bool,
}

/// What an operation has to do with streams, by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Nothing,
    /// It adds to the cell of a stream.
    Add(usize),
    /// It begins what moves the value to the next cell.
    Transfer(usize),
    /// The rest of that.
    Done,
}

impl Carrying {
    /// The loop with these ends, if it has streams.
    #[must_use]
    pub fn of(program: &Program, head: u32, end: u32) -> Option<Carrying> {
        let Kind::Loop { cell: tested, .. } = program.ops[head as usize].kind else { return None };
        let range = head as usize + 1..end as usize;
        if range.len() > MAX_OPS {
            return None;
        }
        let body = Body::of(&program.ops[range])?;
        let moves = body.moves(program, head + 1);
        if moves.is_empty() {
            return None;
        }
        let mut found = Carrying { head, streams: Vec::new(), uses: vec![Use::Nothing; body.ops.len()] };
        for (number, it) in moves.iter().enumerate() {
            found.streams.push(Stream {
                cell: i32::try_from(it.cell).ok()?,
                is_tested: it.cell == i64::from(tested),
                is_sure: !it.is_conditional() || body.adds(it).any(|index| index > it.index),
            });
            body.adds(it).for_each(|index| found.uses[index] = Use::Add(number));
            found.uses[it.range()].fill(Use::Done);
            found.uses[it.index] = Use::Transfer(number);
        }
        Some(found)
    }

    /// What the operation at `index` of the program has to do with the streams.
    #[must_use]
    pub fn usage(&self, index: u32) -> Use {
        let number = index.checked_sub(self.head + 1);
        number.and_then(|number| self.uses.get(number as usize)).copied().unwrap_or(Use::Nothing)
    }
}

/// Longer loops have none, in operations: their code may be cut into parts.
pub const MAX_OPS: usize = 40;

/// Operations that move a cell's value to where the next iteration finds it.
#[derive(Clone, Copy, Debug)]
struct Moving {
    /// The first one's index in the body.
    index: usize,
    /// How many there are.
    ops: usize,
    /// The cell, seen from the pointer at the head.
    cell: i64,
}

impl Moving {
    fn range(self) -> std::ops::Range<usize> {
        self.index..self.index + self.ops
    }

    fn is_conditional(self) -> bool {
        self.ops == 4
    }
}

/// The operations of a loop whose pointer drifts.
struct Body<'a> {
    ops: &'a [Op],
    /// How far the pointer is from where it was at the head, and how many conditions are around, at each operation.
    places: Vec<(i64, u32)>,
    drift: i64,
}

impl Body<'_> {
    /// Nothing if there is more than assignments, additions, moves and conditions in it.
    fn of(ops: &[Op]) -> Option<Body<'_>> {
        let (mut pointer, mut open) = (0, Vec::new());
        let mut places = Vec::with_capacity(ops.len());
        for op in ops {
            places.push((pointer, open.len() as u32));
            match op.kind {
                Kind::Move { delta } => pointer += i64::from(delta),
                Kind::If { .. } => open.push(pointer),
                Kind::IfEnd { .. } if open.pop() == Some(pointer) => {}
                kind if kind.straight_cells().is_some() => {}
                _ => return None,
            }
        }
        (pointer != 0).then_some(Body { ops, places, drift: pointer })
    }

    /// What moves values along and can be carried; the body begins with the operation at `first` of the program.
    fn moves(&self, program: &Program, first: u32) -> Vec<Moving> {
        let mut moves: Vec<_> =
            (0..self.ops.len()).filter_map(|index| self.moving_at(program, first, index)).take(MAX_STREAMS).collect();
        // What is not carried is like any other operation to the rest.
        while let Some(other) = moves.iter().position(|it| !self.is_alone(it, &moves)) {
            moves.remove(other);
        }
        moves
    }

    fn moving_at(&self, program: &Program, first: u32, index: usize) -> Option<Moving> {
        let (pointer, depth) = self.places[index];
        let (transfer, ops) = match self.ops[index..] {
            [Op { kind: Kind::If { .. }, .. }, ..] => (Transfer::at(program, first + index as u32)?, 4),
            [
                Op { kind: Kind::MulAdd { target, source, factor }, .. },
                Op { kind: Kind::Set { cell, value: 0 }, .. },
                ..,
            ] if cell == source => (Transfer { source, target, factor }, 2),
            _ => return None,
        };
        let is_along = depth == 0 && transfer.factor == 1 && transfer.moves_along(Some(self.drift));
        is_along.then_some(Moving { index, ops, cell: pointer + i64::from(transfer.source) })
    }

    /// Where the cell is at the operation with this index to which the value is still to be added that the code carries: in
    /// front of what moves it on, where the iteration before has left it.
    fn pending(&self, moving: &Moving, index: usize) -> i64 {
        if index < moving.index { moving.cell } else { moving.cell + self.drift }
    }

    /// The operations that add to that cell in any case.
    fn adds(&self, moving: &Moving) -> impl Iterator<Item = usize> {
        self.ops.iter().enumerate().filter_map(|(index, op)| match (op.kind, self.places[index]) {
            (Kind::Add { cell, .. }, (pointer, 0)) => {
                (pointer + i64::from(cell) == self.pending(moving, index)).then_some(index)
            }
            _ => None,
        })
    }

    /// Whether nothing else, of what is not among `moves`, has to do with that cell.
    fn is_alone(&self, moving: &Moving, moves: &[Moving]) -> bool {
        let adds: Vec<_> = self.adds(moving).collect();
        self.ops.iter().enumerate().all(|(index, op)| {
            if moving.range().contains(&index) || adds.contains(&index) {
                return true;
            }
            let pending = self.pending(moving, index);
            // They access one cell, since what they add to the other is carried as well.
            if let Some(other) = moves.iter().find(|other| other.range().contains(&index)) {
                return other.cell != pending;
            }
            // Moves and ends access none.
            let cells = match op.kind {
                Kind::If { cell, .. } => Some([cell; 3]),
                kind => kind.straight_cells(),
            };
            cells.into_iter().flatten().all(|cell| self.places[index].0 + i64::from(cell) != pending)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    /// The streams of a loop on cell 0 with this body, and what its operations have to do with them.
    fn found(body: &str) -> Option<(Vec<Stream>, Vec<Use>)> {
        let program = text::parse(&format!("cells 8\nscan [0] 1\nloop [0]\n{}\nend", body.replace('/', "\n"))).unwrap();
        Carrying::of(&program, 1, program.ops.len() as u32 - 1).map(|it| (it.streams, it.uses))
    }

    /// The cells of the streams.
    fn cells(body: &str) -> Vec<i32> {
        found(body).map_or(Vec::new(), |(streams, _)| streams.iter().map(|stream| stream.cell).collect())
    }

    fn transfer(source: i32, target: i32) -> String {
        format!("if [{source}]/muladd [{target}] [{source}] 1/set [{source}] 0/end")
    }

    #[test]
    fn values_move_from_record_to_record() {
        use Use::{Add, Done, Nothing};
        let stream = |cell| Stream { cell, is_tested: cell == 0, is_sure: false };
        let (streams, uses) =
            found(&format!("add [0] 255/{}/move 1/{}/move 3", transfer(0, 4), transfer(0, 4))).unwrap();
        assert_eq!(streams, [stream(0), stream(1)]);
        let first = [Add(0), Use::Transfer(0), Done, Done, Done, Nothing];
        assert_eq!(uses, [&first[..], &[Use::Transfer(1), Done, Done, Done, Nothing]].concat());
        // The other way, and where nothing is added to the cell that is tested.
        assert_eq!(cells(&format!("{}/{}/add [0] 255/move -4", transfer(1, -3), transfer(2, -2))), [1, 2]);
        // Into cells that another stream has left.
        assert_eq!(cells(&format!("{}/{}/move 1", transfer(1, 2), transfer(0, 1))), [1, 0]);
    }

    #[test]
    fn what_is_accessed_in_any_case_is_sure() {
        let is_sure = |body: &str| found(body).unwrap().0[0].is_sure;
        assert!(is_sure("muladd [5] [1] 1/set [1] 0/move 4"));
        assert!(is_sure(&format!("{}/add [5] 1/move 4", transfer(1, 5))));
        assert!(is_sure(&format!("{}/move 4/add [1] 1", transfer(1, 5))));
        // That is the cell itself.
        assert!(!is_sure(&format!("add [1] 1/{}/move 4", transfer(1, 5))));
    }

    #[test]
    fn whatever_else_has_to_do_with_the_value_needs_it_in_memory() {
        let it = transfer(1, 5);
        assert_eq!(cells(&format!("{it}/move 4")), [1]);
        for beside in ["add [2] 1", "set [9] 1", "muladd [2] [0] 1", "if [3]/add [0] 1/end", "if [2]/set [2] 0/end"] {
            assert_eq!(cells(&format!("{beside}/{it}/{beside}/move 4")), [1], "{beside}");
        }
        for use_of in ["set [X] 1", "muladd [X] [0] 1", "muladd [2] [X] 1", "copy [2] [X] 1", "product [2] [0] [X] 1"] {
            let of = |cell: &str| use_of.replace('X', cell);
            assert_eq!(found(&format!("{}/{it}/move 4", of("1"))), None, "{use_of}");
            assert_eq!(found(&format!("{it}/{}/move 4", of("5"))), None, "{use_of}");
            // Where nothing is carried at the time.
            assert_eq!(cells(&format!("{}/{it}/{}/move 4", of("5"), of("1"))), [1], "{use_of}");
        }
        for condition in ["if [X]/end", "if [2]/add [X] 1/end", "if [2]/move 1/set [X] 1/move -1/end"] {
            let inner = if condition.contains("move") { "0" } else { "1" };
            assert_eq!(found(&format!("{}/{it}/move 4", condition.replace('X', inner))), None, "{condition}");
        }
        // One stream reads what the other has just added to, and both are left as they are.
        assert_eq!(found(&format!("{}/{}/move 1", transfer(0, 1), transfer(1, 2))), None);
        assert_eq!(found(&format!("{it}/{it}/move 4")), None);
    }

    #[test]
    fn other_loops_carry_nothing() {
        let it = transfer(1, 5);
        for body in [
            format!("{it}/move 3"),
            format!("{it}/move -4"),
            it.clone(),
            it.replace("[1] 1", "[1] 2") + "/move 4",
            format!("if [2]/{it}/end/move 4"),
            format!("{it}/move 4/if [2]/move 1/end"),
            format!("{it}/output [2]/move 4"),
            format!("{it}/input [2]/move 4"),
            format!("{it}/text \"a\"/move 4"),
            format!("{it}/scan [2] 1/move 4"),
            format!("{it}/loop [2]/add [2] 255/end/move 4"),
            format!("{it}/{}/move 4", ["add [3] 1"; MAX_OPS].join("/")),
        ] {
            assert_eq!(found(&body), None, "{body}");
        }
    }

    #[test]
    fn there_are_no_more_streams_than_registers() {
        let all: Vec<_> = (1..=6).map(|cell| transfer(cell, cell + 8)).collect();
        assert_eq!(cells(&format!("{}/move 8", all.join("/"))), [1, 2, 3, 4]);
    }
}
