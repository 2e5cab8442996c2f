//! Ladders, conditions in each other that all count the same cell down, become minima.
//!
//! ```text
//! if [0]                    if [0]
//!   add [0] 255               minadd [1] [0] 2 1
//!   add [1] 1                 minadd [0] [0] 2 255
//!   if [0]                  end
//!     add [0] 255      →    if [0]
//!     add [1] 1               add [0] 255
//!     if [0]                  set [1] 0
//!       add [0] 255         end
//!       set [1] 0
//!     end
//!   end
//! end
//! ```
//! So decimal digits are added, with what is to be done where the sum is ten or more on the last rung, and so a value is
//! looked up by counting it down. How far down a digit leads is hard to predict, and a minimum needs no branch. The loops of such
//! nests have become conditions before, since each is left with its cell at 0.

use std::ops::Range;

use crate::ir::{Kind, Op, Program, Rewriter};
use crate::source::Span;
use smallvec::SmallVec;

/// Fewer rungs stay as they are.
const MIN_RUNGS: u32 = 3;

pub(super) fn run(program: Program) -> Program {
    let mask = program.width.mask();
    let is_ladder = |index: usize| Ladder::at(&program.ops[index..], index as u32, mask).is_some();
    if !(0..program.ops.len()).any(is_ladder) {
        return program;
    }
    let mut rewriter = Rewriter::new(program);
    // The ends of rungs, to be dropped once they are come to.
    let mut ends: Vec<Range<u32>> = Vec::new();
    while let Some(op) = rewriter.take() {
        match Ladder::at(rewriter.taken_and_rest(), rewriter.taken() - 1, mask) {
            Some(ladder) => {
                rewriter.skip_to(ladder.inner);
                ladder.put(op.span, &mut rewriter, mask);
                ends.push(ladder.ends..ladder.ends + ladder.rungs);
            }
            None => rewriter.keep(),
        }
        while let Some(these) = ends.pop_if(|these| these.start == rewriter.taken()) {
            rewriter.skip_to(these.end);
        }
    }
    rewriter.finish()
}

/// A condition that begins with some more in it, each of which starts with the same additions and ends with the next one.
struct Ladder {
    cell: i32,
    /// What each rung adds, and to which cell, besides counting `cell` down.
    gain: Option<(i32, u64)>,
    /// How many rungs become minima.
    rungs: u32,
    /// The index of the first operation behind their additions, and that of the first of their ends.
    inner: u32,
    ends: u32,
}

impl Ladder {
    /// The ladder whose first rung is the first of `ops`, which has this index.
    fn at(ops: &[Op], index: u32, mask: u64) -> Option<Ladder> {
        let first = Rung::at(ops, mask)?;
        let (mut rungs, mut below, mut ends) = (1, first.ops, first.end);
        while let Some(rung) = Rung::at(&ops[below..], mask)
            && (rung.cell, rung.gain, rung.end + 1) == (first.cell, first.gain, ends)
        {
            (rungs, below, ends) = (rungs + 1, below + rung.ops, rung.end);
        }
        // What comes when all are taken stays, with the rung that leads to it unless it begins with a test of its own.
        let inner = index + below as u32;
        let is_tested = match ops[below].kind {
            Kind::If { cell, end } => cell == first.cell && end + 1 == ends,
            _ => inner == ends,
        };
        if !is_tested {
            (rungs, below, ends) = (rungs - 1, below - first.ops, ends + 1);
        }
        let is_long = rungs >= MIN_RUNGS && u64::from(rungs) <= mask;
        let inner = index + below as u32;
        is_long.then_some(Ladder { cell: first.cell, gain: first.gain, rungs, inner, ends })
    }

    /// Puts what the rungs come to.
    fn put(&self, span: Span, rewriter: &mut Rewriter, mask: u64) {
        let Ladder { cell, gain, rungs: most, .. } = *self;
        rewriter.put(Kind::If { cell, end: 0 }, span);
        for (target, factor) in gain.into_iter().chain([(cell, mask)]) {
            rewriter.put(Kind::MinAdd { target, source: cell, most, factor }, span);
        }
        rewriter.put(Kind::IfEnd { start: 0 }, span);
    }
}

/// `if [cell] / add [cell] -1 / add ...`, the second addition being optional.
struct Rung {
    cell: i32,
    gain: Option<(i32, u64)>,
    end: u32,
    /// How many operations these are.
    ops: usize,
}

impl Rung {
    fn at(ops: &[Op], mask: u64) -> Option<Rung> {
        let (Kind::If { cell, end }, others) = (ops.first()?.kind, &ops[1..]) else { return None };
        let additions = others.iter().map_while(|op| match op.kind {
            Kind::Add { cell, delta } => Some((cell, delta)),
            _ => None,
        });
        let additions: SmallVec<[_; 2]> = additions.take(3).collect();
        let is_count = |addition: &(i32, u64)| *addition == (cell, mask);
        let gain = match additions.as_slice() {
            [only] if is_count(only) => None,
            [first, second] if is_count(first) => Some(*second),
            [first, second] if is_count(second) => Some(*first),
            _ => return None,
        };
        let is_other = gain.is_none_or(|(target, _)| target != cell);
        is_other.then_some(Rung { cell, gain, end, ops: 1 + additions.len() })
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::CellWidth;
    use crate::opt::testing::{check, check8};

    /// Conditions in each other that begin with these operations, around `inner`.
    fn nest(rungs: usize, rung: &str, inner: &str) -> String {
        format!("{}{inner}{}", format!("if [0]/{rung}").repeat(rungs), "end/".repeat(rungs))
    }

    const RUNG: &str = "add [0] 255/add [1] 3/";

    #[test]
    fn what_all_rungs_do_is_done_at_once() {
        check8("ladder", &nest(4, RUNG, ""), "if [0]/minadd [1] [0] 4 3/minadd [0] [0] 4 255/end");
        check8("ladder", &nest(3, "add [1] 3/add [0] 255/", ""), "if [0]/minadd [1] [0] 3 3/minadd [0] [0] 3 255/end");
        check8("ladder", &nest(5, "add [0] 255/", ""), "if [0]/minadd [0] [0] 5 255/end");
        check("ladder", CellWidth::W16, &nest(3, "add [0] 65535/", ""), "if [0]/minadd [0] [0] 3 65535/end");
    }

    #[test]
    fn what_stands_on_the_last_rung_stays_there() {
        let minima = "if [0]/minadd [1] [0] 3 3/minadd [0] [0] 3 255/end/";
        let last = format!("if [0]/{RUNG}output [2]/end/output [3]");
        check8("ladder", &format!("{}output [3]", nest(4, RUNG, "output [2]/")), &format!("{minima}{last}"));
        // A test of its own it leads to by itself.
        let test = "if [0]/move 1/output [5]/end/";
        check8("ladder", &nest(3, RUNG, test), &format!("{minima}{test}"));
        for inner in ["if [0]/output [5]/end/output [6]/", "if [1]/output [5]/end/", "loop [0]/output [5]/end/"] {
            check8("ladder", &nest(4, RUNG, inner), &format!("{minima}if [0]/{RUNG}{inner}end"));
        }
    }

    #[test]
    fn a_ladder_may_stand_on_another() {
        let (other, minima) = ("add [0] 255/add [2] 1/", "if [0]/minadd [1] [0] 3 3/minadd [0] [0] 3 255/end/");
        let others = "if [0]/minadd [2] [0] 3 1/minadd [0] [0] 3 255/end/";
        check8("ladder", &nest(3, RUNG, &nest(3, other, "")), &format!("{minima}{others}"));
        let before = nest(4, RUNG, &format!("output [7]/{}", nest(3, other, "")));
        check8("ladder", &before, &format!("{minima}if [0]/{RUNG}output [7]/{others}end"));
    }

    #[test]
    fn other_nests_stay() {
        for stays in [
            nest(2, RUNG, ""),
            nest(3, RUNG, "output [2]/"),
            nest(5, "add [0] 254/", ""),
            nest(5, "add [1] 3/", ""),
            nest(5, "add [0] 255/add [1] 1/add [2] 1/", ""),
            nest(5, "add [0] 255/set [1] 1/", ""),
            // Behind an inner one something else is done.
            "if [0]/add [0] 255/if [0]/add [0] 255/if [0]/add [0] 255/end/add [1] 1/end/end".to_owned(),
            "if [0]/add [0] 255/if [0]/add [0] 255/if [1]/add [1] 255/end/end/end".to_owned(),
            "loop [0]/add [0] 255/loop [0]/add [0] 255/loop [0]/add [0] 255/end/end/end".to_owned(),
        ] {
            check8("ladder", &stays, &stays);
        }
    }

    #[test]
    fn no_more_rungs_than_a_cell_counts() {
        let rung = "add [0] 255/";
        check8("ladder", &nest(255, rung, ""), "if [0]/minadd [0] [0] 255 255/end");
        check8("ladder", &nest(256, rung, ""), &format!("if [0]/{rung}if [0]/minadd [0] [0] 255 255/end/end"));
    }
}
