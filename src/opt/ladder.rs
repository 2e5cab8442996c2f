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
//!
//! Where the cell that is added to was known, it is assigned on each rung, a step more each time:
//!
//! ```text
//! if [0]                    if [0]
//!   set [1] 5                 set [1] 2
//!   add [0] 255               minadd [1] [0] 3 3
//!   if [0]                    minadd [0] [0] 3 255
//!     set [1] 8        →    end
//!     add [0] 255
//!     if [0]
//!       set [1] 11
//!       add [0] 255
//!     end
//!   end
//! end
//! ```

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
                ends.push(ladder.dropped_ends());
            }
            None => rewriter.keep(),
        }
        while let Some(these) = ends.pop_if(|these| these.start == rewriter.taken()) {
            rewriter.skip_to(these.end);
        }
    }
    rewriter.finish()
}

/// A condition with some more in it, each of which begins by counting the cell down and ends with the next one; the first may go on
/// behind that.
struct Ladder {
    cell: i32,
    /// What the first rung does besides counting `cell` down.
    gain: Gain,
    /// What each adds to the cell of that.
    step: u64,
    /// How many rungs become minima.
    rungs: u32,
    /// Whether the first one does more behind the others.
    has_rest: bool,
    /// The index of the first operation behind what they begin with, and that of the first of their ends.
    inner: u32,
    ends: u32,
}

impl Ladder {
    /// The ladder whose first rung is the first of `ops`, which has this index.
    fn at(ops: &[Op], index: u32, mask: u64) -> Option<Ladder> {
        let first = Rung::at(ops, mask)?;
        let second = Rung::at(&ops[first.ops..], mask)?;
        let step = first.gain.step_to(second.gain, mask)?;
        let has_rest = second.end + 1 < first.end;
        let (mut gain, mut rungs, mut below, mut ends) = (first.gain, 1, first.ops, second.end + 1);
        while let Some(rung) = Rung::at(&ops[below..], mask)
            && (rung.cell, rung.end + 1) == (first.cell, ends)
            && gain.step_to(rung.gain, mask) == Some(step)
        {
            (gain, rungs, below, ends) = (rung.gain, rungs + 1, below + rung.ops, rung.end);
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
        is_long.then_some(Ladder { cell: first.cell, gain: first.gain, step, rungs, has_rest, inner, ends })
    }

    /// Puts what the rungs come to.
    fn put(&self, span: Span, rewriter: &mut Rewriter, mask: u64) {
        let Ladder { cell, gain, step, rungs: most, has_rest, .. } = *self;
        rewriter.put(Kind::If { cell, end: 0 }, span);
        if let Gain::Set { target, value } = gain {
            rewriter.put(Kind::Set { cell: target, value: value.wrapping_sub(step) & mask }, span);
        }
        let gains = gain.target().map(|target| (target, step)).filter(|&(_, step)| step != 0);
        for (target, factor) in gains.into_iter().chain([(cell, mask)]) {
            rewriter.put(Kind::MinAdd { target, source: cell, most, factor }, span);
        }
        if !has_rest {
            rewriter.put(Kind::IfEnd { start: 0 }, span);
        }
    }

    /// The ends that are dropped.
    fn dropped_ends(&self) -> Range<u32> {
        self.ends..self.ends + self.rungs - u32::from(self.has_rest)
    }
}

/// What a rung does besides counting down.
#[derive(Clone, Copy)]
enum Gain {
    None,
    Add { target: i32, delta: u64 },
    Set { target: i32, value: u64 },
}

impl Gain {
    fn target(self) -> Option<i32> {
        match self {
            Gain::None => None,
            Gain::Add { target, .. } | Gain::Set { target, .. } => Some(target),
        }
    }

    /// What the next rung adds to the target of this one, if it does the same with it.
    fn step_to(self, next: Gain, mask: u64) -> Option<u64> {
        match (self, next) {
            _ if self.target() != next.target() => None,
            (Gain::None, Gain::None) => Some(0),
            (Gain::Add { delta, .. }, Gain::Add { delta: step, .. }) => Some(step).filter(|&step| step == delta),
            (Gain::Set { value, .. }, Gain::Set { value: after, .. }) => Some(after.wrapping_sub(value) & mask),
            _ => None,
        }
    }
}

/// `if [cell] / add [cell] -1`, and in front of the latter or behind it an addition to another cell, or an assignment, or nothing.
struct Rung {
    cell: i32,
    gain: Gain,
    end: u32,
    /// How many operations these are.
    ops: usize,
}

impl Rung {
    fn at(ops: &[Op], mask: u64) -> Option<Rung> {
        let Kind::If { cell, end } = ops.first()?.kind else { return None };
        let others = ops[1..].iter().map_while(|op| match op.kind {
            Kind::Add { cell: target, delta } => Some(Gain::Add { target, delta }),
            Kind::Set { cell: target, value } => Some(Gain::Set { target, value }),
            _ => None,
        });
        let others: SmallVec<[_; 3]> = others.take(3).collect();
        let is_count = |gain: &Gain| matches!(*gain, Gain::Add { target, delta } if (target, delta) == (cell, mask));
        let gain = match others.as_slice() {
            [only] if is_count(only) => Gain::None,
            [count, other] | [other, count] if is_count(count) => *other,
            _ => return None,
        };
        (gain.target() != Some(cell)).then_some(Rung { cell, gain, end, ops: 1 + others.len() })
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
    fn what_each_rung_assigns_goes_up() {
        let rungs = |values: &[u64], inner: &str| {
            let rungs: String = values.iter().map(|value| format!("if [0]/set [1] {value}/add [0] 255/")).collect();
            format!("{rungs}{inner}{}", "end/".repeat(values.len()))
        };
        let minima = "if [0]/set [1] 2/minadd [1] [0] 4 3/minadd [0] [0] 4 255/end/";
        check8("ladder", &rungs(&[5, 8, 11, 14], ""), minima);
        let carry = "if [0]/add [2] 1/add [0] 255/copy [1] [0] 1/end/";
        check8("ladder", &rungs(&[5, 8, 11, 14], carry), &format!("{minima}{carry}"));
        // Behind the first value that does not fit stands the rest.
        let rest = "if [0]/set [1] 15/add [0] 255/end";
        check8("ladder", &rungs(&[5, 8, 11, 14, 15], ""), &format!("{minima}{rest}"));
        // Down, through 0, and not at all.
        check8("ladder", &rungs(&[1, 0, 255], ""), "if [0]/set [1] 2/minadd [1] [0] 3 255/minadd [0] [0] 3 255/end");
        check8("ladder", &rungs(&[7, 7, 7], ""), "if [0]/set [1] 7/minadd [0] [0] 3 255/end");
    }

    #[test]
    fn behind_the_others_the_first_may_do_more() {
        let rungs = |inner: &str| {
            let rungs: String = [3, 4, 5].iter().map(|value| format!("if [0]/set [1] {value}/add [0] 255/")).collect();
            format!("{rungs}{inner}end/end/copy [0] [1] 1/output [2]/end/")
        };
        let minima = "if [0]/set [1] 2/minadd [1] [0] 3 1/minadd [0] [0] 3 255/";
        let rest = "copy [0] [1] 1/output [2]/end/";
        check8("ladder", &rungs(""), &format!("{minima}{rest}"));
        let carry = "if [0]/add [2] 1/copy [1] [0] 1/end/";
        check8("ladder", &rungs(carry), &format!("{minima}{carry}{rest}"));
        // Another one stands in the rest.
        let other = nest(3, "add [0] 255/", "");
        let minimum = "if [0]/minadd [0] [0] 3 255/end/";
        check8("ladder", &rungs("").replace("output [2]/", &other), &format!("{minima}copy [0] [1] 1/{minimum}end"));
        // What comes when all are taken is no test.
        let last = "if [0]/set [1] 6/add [0] 255/output [4]/end/";
        check8("ladder", &rungs(last), &format!("{minima}{last}{rest}"));
    }

    #[test]
    fn other_nests_stay() {
        for stays in [
            nest(2, RUNG, ""),
            nest(3, RUNG, "output [2]/"),
            nest(5, "add [0] 254/", ""),
            nest(5, "add [1] 3/", ""),
            nest(5, "add [0] 255/add [1] 1/add [2] 1/", ""),
            nest(5, "add [0] 255/set [0] 1/", ""),
            // What is assigned goes up by 2, and then by 3.
            format!("{}end/end/end", [1, 3, 6].map(|value| format!("if [0]/add [0] 255/set [1] {value}/")).concat()),
            "if [0]/add [0] 255/set [1] 1/if [0]/add [0] 255/add [1] 1/if [0]/add [0] 255/add [1] 1/end/end/end"
                .to_owned(),
            "if [0]/add [0] 255/set [1] 1/if [0]/add [0] 255/set [2] 2/if [0]/add [0] 255/set [1] 3/end/end/end"
                .to_owned(),
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
