//! Merges additions to and assignments of one cell within straight code.
//!
//! ```text
//! add [0] 1              add [0] 3
//! add [1] 1              add [1] 1
//! add [0] 2       →      set [2] 5
//! set [2] 0
//! add [2] 5
//! ```
//! An addition joins the last addition to or assignment of its cell; an assignment replaces it, a product
//! that is added to 0 is assigned, and what was copied is not copied back. What lies between must not read the cell. The merged
//! operation stands where the first one stood, so no access comes earlier; a replaced one is dropped, and an addition that comes
//! to 0 with it.
//!
//! The last writer of a cell is remembered in a small table, which may forget: linear time whatever the
//! program.

use crate::ir::{Kind, Op, Program, Rewriter};

/// What is dropped may have been the only reader of what came before it, or make room in the table: so many times at most it is
/// tried again.
const MAX_ROUNDS: usize = 8;

/// A copy that is farther back than so many operations is not looked for.
const MAX_BETWEEN: usize = 256;

pub(super) fn run(program: Program) -> Program {
    let mut merging = Merging { mask: program.width.mask(), ..Merging::default() };
    let mut rewriter = Rewriter::new(program);
    // Where the straight code begins.
    let mut start = 0;
    while let Some(op) = rewriter.take() {
        if is_straight(op.kind) {
            rewriter.keep();
            let ops = rewriter.straight_from(start);
            merging.merge(ops, ops.len() - 1);
        } else {
            merging.finish(&mut rewriter, start);
            rewriter.keep();
            start = rewriter.next_index();
        }
    }
    merging.finish(&mut rewriter, start);
    rewriter.finish()
}

/// Whether the operation may stand between others that are merged.
fn is_straight(kind: Kind) -> bool {
    kind.straight_target().is_some() || matches!(kind, Kind::Input { .. } | Kind::Output { .. } | Kind::Text { .. })
}

/// What is being done with straight code.
#[derive(Default)]
struct Merging {
    mask: u64,
    writers: Writers,
    is_changed: bool,
    /// Whether that may bring others together.
    may_go_on: bool,
}

impl Merging {
    fn begin(&mut self) {
        self.writers.forget_all();
        (self.is_changed, self.may_go_on) = (false, false);
    }

    /// At the end of the straight code that begins at index `start` of the new program.
    fn finish(&mut self, rewriter: &mut Rewriter, start: u32) {
        if self.is_changed {
            for _ in 1..MAX_ROUNDS {
                if !self.is_changed || !(self.may_go_on || self.writers.has_forgotten) {
                    break;
                }
                self.begin();
                let ops = rewriter.straight_from(start);
                (0..ops.len()).for_each(|index| self.merge(ops, index));
            }
            rewriter.retain_from(start, |kind| !is_nothing(kind));
        }
        self.begin();
    }

    /// Merges the operation at `index` of straight code with those before it.
    #[inline]
    fn merge(&mut self, ops: &mut [Op], index: usize) {
        let (mask, writers) = (self.mask, &mut self.writers);
        let kind = ops[index].kind;
        match kind {
            kind if is_nothing(kind) => {}
            Kind::Add { cell, delta } => match writers.get(cell).map(|writer| (writer, ops[writer].kind)) {
                Some((writer, Kind::Add { delta: before, .. })) => {
                    let delta = before.wrapping_add(delta) & mask;
                    self.is_changed = true;
                    self.may_go_on |= delta == 0;
                    merge(ops, writer, index, Kind::Add { cell, delta });
                }
                Some((writer, Kind::Set { value, .. })) => {
                    let value = value.wrapping_add(delta) & mask;
                    self.is_changed = true;
                    merge(ops, writer, index, Kind::Set { cell, value });
                }
                _ => writers.put(cell, index),
            },
            Kind::Set { cell, .. } => {
                if let Some(writer) = writers.get(cell) {
                    self.is_changed = true;
                    self.may_go_on |= reads(ops[writer].kind);
                    ops[writer].kind = NOTHING;
                }
                writers.put(cell, index);
            }
            Kind::MulAdd { target, source, factor } | Kind::Copy { target, source, factor } => {
                let mut kind = kind;
                if let Some(writer) = writers.get(target).filter(|_| target != source) {
                    let before = ops[writer].kind;
                    if before == (Kind::Set { cell: target, value: 0 }) {
                        kind = Kind::Copy { target, source, factor };
                    }
                    if let Kind::Copy { .. } = kind {
                        self.is_changed = true;
                        self.may_go_on |= reads(before);
                        ops[writer].kind = NOTHING;
                        writers.forget(target);
                    }
                }
                if let Kind::Copy { factor: 1, .. } = kind
                    && came_from(target, source, &ops[..index], writers)
                {
                    self.is_changed = true;
                    kind = NOTHING;
                } else {
                    writers.forget(source);
                    writers.put(target, index);
                }
                ops[index].kind = kind;
            }
            Kind::Product { target, left, right, .. } => {
                writers.forget(left);
                writers.forget(right);
                writers.forget(target);
            }
            Kind::MinAdd { target, source, .. } => {
                writers.forget(source);
                writers.forget(target);
            }
            Kind::Input { cell } | Kind::Output { cell } => writers.forget(cell),
            Kind::Text { .. } => {}
            Kind::Dump { .. }
            | Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Loop { .. }
            | Kind::LoopEnd { .. }
            | Kind::If { .. }
            | Kind::IfEnd { .. } => unreachable!("{kind:?} is no straight code"),
        }
    }
}

/// Whether `source` was copied from `target` not long before, and both are as they were then.
fn came_from(target: i32, source: i32, ops: &[Op], writers: &Writers) -> bool {
    let changes = |op: &Op| {
        op.kind == Kind::Input { cell: target } || (!is_nothing(op.kind) && op.kind.straight_target() == Some(target))
    };
    writers.get(source).is_some_and(|writer| {
        ops[writer].kind == Kind::Copy { target: source, source: target, factor: 1 }
            && ops.len() - writer <= MAX_BETWEEN
            && !ops[writer + 1..].iter().any(changes)
    })
}

/// Whether the writer of a cell reads one: it, or another.
fn reads(writer: Kind) -> bool {
    matches!(writer, Kind::Add { .. } | Kind::MulAdd { .. } | Kind::Copy { .. })
}

/// What a dropped operation becomes until the end of the pass.
const NOTHING: Kind = Kind::Add { cell: 0, delta: 0 };

fn is_nothing(kind: Kind) -> bool {
    matches!(kind, Kind::Add { delta: 0, .. })
}

/// Puts `kind` in the place of the earlier operation and drops the later one.
fn merge(ops: &mut [Op], earlier: usize, later: usize, kind: Kind) {
    ops[earlier] = Op { kind, span: ops[earlier].span.to(ops[later].span) };
    ops[later].kind = NOTHING;
}

/// The last addition to or assignment of a cell that nothing has read since.
struct Writers {
    entries: [(i32, u32, u32); Writers::SIZE],
    /// Entries of an earlier epoch do not count: forgetting everything takes no time.
    epoch: u32,
    /// There was no room for something.
    has_forgotten: bool,
}

impl Default for Writers {
    fn default() -> Self {
        Writers { entries: [(0, 0, 0); Writers::SIZE], epoch: 1, has_forgotten: false }
    }
}

impl Writers {
    /// A power of two, larger than the number of cells that straight code of real programs touches.
    const SIZE: usize = 256;

    fn slot(cell: i32) -> usize {
        cell as usize % Self::SIZE
    }

    fn get(&self, cell: i32) -> Option<usize> {
        let (held, index, epoch) = self.entries[Self::slot(cell)];
        (held == cell && epoch == self.epoch).then_some(index as usize)
    }

    fn put(&mut self, cell: i32, index: usize) {
        let entry = &mut self.entries[Self::slot(cell)];
        self.has_forgotten |= entry.2 == self.epoch && entry.0 != cell;
        *entry = (cell, index as u32, self.epoch);
    }

    fn forget(&mut self, cell: i32) {
        if self.get(cell).is_some() {
            self.entries[Self::slot(cell)].2 = 0;
        }
    }

    fn forget_all(&mut self) {
        self.epoch += 1;
        self.has_forgotten = false;
    }
}

#[cfg(test)]
mod tests {
    use crate::opt::testing::check8;

    #[test]
    fn additions_join_the_first_writer() {
        check8("combine", "add [0] 1/add [1] 1/add [0] 2", "add [0] 3/add [1] 1");
        check8("combine", "set [2] 0/add [1] 1/add [2] 5", "set [2] 5/add [1] 1");
        check8("combine", "add [0] 1/output [1]/add [0] 255", "output [1]");
    }

    #[test]
    fn an_assignment_replaces_what_came_before() {
        check8("combine", "add [0] 1/set [0] 7/set [0] 8/add [0] 1", "set [0] 9");
    }

    #[test]
    fn products_added_to_0_are_assigned() {
        check8("combine", "set [1] 0/muladd [1] [0] 3", "copy [1] [0] 3");
        check8("combine", "set [1] 1/muladd [1] [0] 3", "set [1] 1/muladd [1] [0] 3");
        check8("combine", "muladd [1] [0] 3/copy [1] [0] 2/set [1] 7", "set [1] 7");
        check8("combine", "add [0] 1/copy [1] [0] 3/set [1] 7/set [0] 2", "set [1] 7/set [0] 2");
        check8("combine", "copy [1] [0] 3/add [1] 1/set [1] 7", "set [1] 7");
        check8("combine", "muladd [1] [0] 3/copy [1] [1] 2", "muladd [1] [0] 3/copy [1] [1] 2");
    }

    #[test]
    fn what_is_copied_back_stays() {
        check8("combine", "copy [1] [0] 1/add [2] 1/copy [0] [1] 1/set [1] 0", "add [2] 1/set [1] 0");
        check8("combine", "copy [1] [0] 1/set [0] 0/copy [0] [1] 1/set [1] 0", "set [1] 0");
        check8("combine", "copy [1] [0] 1/copy [0] [1] 1/output [1]", "copy [1] [0] 1/output [1]");
        check8("combine", "copy [1] [0] 1/add [1] 1/add [1] 255/copy [0] [1] 1", "copy [1] [0] 1");
        for between in ["add [0] 1/output [0]", "input [0]", "product [0] [2] [3] 1", "add [1] 1", "scan [2] 1"] {
            let apart = format!("copy [1] [0] 1/{between}/copy [0] [1] 1");
            check8("combine", &apart, &apart);
        }
    }

    #[test]
    fn a_read_between_keeps_them_apart() {
        for between in ["output [0]", "input [0]", "muladd [1] [0] 2", "muladd [0] [1] 2", "scan [0] 1", "dump [0]"] {
            let apart = format!("add [0] 1/{between}/add [0] 2");
            check8("combine", &apart, &apart);
        }
        let apart = "add [0] 1/loop [1]/add [0] 1/end/add [0] 1";
        check8("combine", apart, apart);
    }

    #[test]
    fn cells_that_share_a_place_in_the_table_do_not_mix() {
        check8("combine", "add [0] 1/add [256] 1/add [0] 2", "add [0] 1/add [256] 1/add [0] 2");
        check8("combine", "add [0] 1/add [256] 1/add [256] 255/add [0] 2", "add [0] 3");
    }
}
