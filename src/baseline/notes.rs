//! What is noted about the code while it is emitted, for [`super::debug`].

use dynasmrt::x64::Rq;

use super::rescans;

/// The registers that the code saves at its entry, in the order in which it pushes them.
pub(super) const SAVED: [Rq; 4] = [Rq::RBX, Rq::R12, Rq::R13, Rq::R14];

/// The words on the stack while a program's own code runs: the saved registers, one for [`SCRATCH`] and alignment, and those of
/// runs.
pub(super) const FRAME_WORDS: usize = SAVED.len() + 1 + rescans::WORDS;

/// Where a word is that one operation uses, from `rsp`.
pub(super) const SCRATCH: i8 = rescans::WORDS as i8 * 8;

/// What is noted about the code while it is emitted.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// In the order of the code, before the program's own.
    pub routines: Vec<Routine>,
    /// How the depth of the stack changes, in the order of the code.
    pub depths: Vec<Depth>,
    /// Where the code of operations begins, in the order of the code; if that is asked for.
    pub rows: Option<Vec<Row>>,
}

/// From this offset on, the code is a routine that all of the program shares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Routine {
    pub offset: u32,
    pub name: &'static str,
}

/// From this offset on, so many words are on the stack above the return address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Depth {
    pub offset: u32,
    pub words: usize,
    /// How many of them, from the first on, are [`SAVED`].
    pub saved: usize,
}

/// From this offset on, the code is of an operation, and the pointer that many cells ahead of `rbx`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub offset: u32,
    pub op: u32,
    pub ahead: i64,
    pub kind: RowKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// An operation begins: a place to stop at.
    Begin,
    /// It goes on, but `rbx` was moved.
    Moved,
    /// Code for the operation that stands elsewhere.
    Apart,
}

impl Notes {
    /// Operations are noted too.
    pub fn with_operations() -> Notes {
        Notes { rows: Some(Vec::new()), ..Notes::default() }
    }

    pub fn routine(&mut self, offset: u32, name: &'static str) {
        self.routines.push(Routine { offset, name });
    }

    pub fn depth(&mut self, depth: Depth) {
        if self.depths.last().is_none_or(|last| (last.words, last.saved) != (depth.words, depth.saved)) {
            self.depths.push(depth);
        }
    }

    /// An operation begins.
    pub fn begin(&mut self, offset: u32, op: u32, ahead: i64) {
        self.row(Row { offset, op, ahead, kind: RowKind::Begin });
    }

    /// Code for an operation that began elsewhere.
    pub fn apart(&mut self, offset: u32, op: u32, ahead: i64) {
        self.row(Row { offset, op, ahead, kind: RowKind::Apart });
    }

    /// `rbx` was moved within an operation.
    pub fn moved(&mut self, offset: u32, ahead: i64) {
        if let Some(&last) = self.rows.as_ref().and_then(|rows| rows.last()) {
            self.row(Row { offset, ahead, kind: RowKind::Moved, ..last });
        }
    }

    fn row(&mut self, row: Row) {
        if let Some(rows) = &mut self.rows {
            // Of operations without code nothing is to be seen.
            if let Some(last) = rows.pop_if(|last| last.offset == row.offset)
                && row.kind == RowKind::Moved
            {
                rows.push(Row { kind: last.kind, ..row });
            } else {
                rows.push(row);
            }
        }
    }
}
