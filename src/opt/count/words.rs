//! Loops that count a number of two cells down become what they add to others.
//!
//! ```text
//! loop [1]                  if [1]
//!   set [1] 1                 copy [1] [0] 1
//!   minadd [1] [0] 1 255      set [5] 0
//!   if [1]                    count [1] [4] up to -1 from 0 carry [7]
//!     add [3] 255             if [3]
//!   end                         muladd [7] [3] 1
//!   add [0] 255               end
//!   add [4] 1                 set [0] 0
//!   set [5] 1                 set [3] 0
//!   minadd [5] [4] 1 255      set [1] 0
//!   if [5]                    set [2] 0
//!     set [5] 0             end
//!     add [7] 1        →
//!   end
//!   set [1] 1
//!   minadd [1] [0] 1 255
//!   if [1]
//!     set [2] 1
//!     minadd [2] [3] 1 255
//!     copy [1] [2] 1
//!     set [2] 0
//!   end
//!   add [1] 255
//! end
//! ```
//! So programs move, copy and add numbers that are too large for a cell: cells 0 and 3 are one, 4 and 7 another. The body comes in
//! parts that have no cells in common. One counts down, and says whether to go on; that is known by following all ways through it.
//! Each of the others is done as many times: once for each in the lower cell, and 2^w times, which only carries, for each in
//! the upper one. A number that is 0 is counted 2^2w times, which adds nothing.

use smallvec::SmallVec;

use super::super::paths::{Path, Start};
use super::super::polynomial::Polynomial;
use super::body::{assigns_first, cells};
use super::recognise::count;
use super::{Counted, Given, Place};
use crate::ir::count::{Count, Reload};
use crate::ir::{Builder, Kind, Op, Program, Rewriter};

/// The longest loop that is looked at, in operations.
const MAX_BODY: usize = 128;

pub(super) fn run(program: Program) -> Program {
    let mask = program.width.mask();
    let (mut found, mut innermost) = (Vec::new(), None);
    for (index, op) in program.ops.iter().enumerate() {
        let Some(look) = &mut innermost else {
            if let Kind::Loop { cell, .. } = op.kind {
                innermost = Some(Look::at(index, cell));
            }
            continue;
        };
        match op.kind {
            Kind::Loop { cell, .. } => *look = Look::at(index, cell),
            Kind::LoopEnd { .. } => {
                let body = &program.ops[look.head + 1..index];
                if look.may_count()
                    && body.len() <= MAX_BODY
                    && let Some(kinds) = without_loop(look.tested, body, look.head + 1, mask)
                {
                    found.push((look.head as u32, kinds));
                }
                innermost = None;
            }
            kind => look.go_on(kind, mask),
        }
    }
    if found.is_empty() {
        return program;
    }
    let mut rewriter = Rewriter::new(program);
    for (head, kinds) in found {
        rewriter.keep_to(head);
        let Some(Op { kind: Kind::Loop { end, .. }, span }) = rewriter.take() else { unreachable!("a loop was found") };
        rewriter.skip_to(end + 1);
        kinds.into_iter().for_each(|kind| rewriter.put(kind, span));
    }
    while rewriter.take().is_some() {
        rewriter.keep();
    }
    rewriter.finish()
}

/// What the loop on `tested` comes to; the index of its body in the program is `base`.
fn without_loop(tested: i32, body: &[Op], base: usize, mask: u64) -> Option<Vec<Kind>> {
    let (counting, others): (Vec<Part>, Vec<Part>) =
        parts(body, base)?.into_iter().partition(|part| part.cells.contains(&tested));
    let number = Number::counted_by(tested, &counting.first()?.ops, mask)?;
    let (mut sums, mut carries) = (Vec::new(), Vec::new());
    for part in others {
        part.repeat(tested, &number, mask, &mut sums, &mut carries)?;
    }
    let mut kinds = vec![Kind::If { cell: tested, end: 0 }];
    kinds.extend(sums);
    if !carries.is_empty() {
        kinds.push(Kind::If { cell: number.upper, end: 0 });
        kinds.extend(carries);
        kinds.push(Kind::IfEnd { start: 0 });
    }
    kinds.extend([number.lower, number.upper, tested].map(|cell| Kind::Set { cell, value: 0 }));
    kinds.extend(number.left.into_iter().map(|(cell, value)| Kind::Set { cell, value }));
    kinds.push(Kind::IfEnd { start: 0 });
    // With the head and the end of the loop.
    (kinds.len() <= body.len() + 2).then_some(kinds)
}

/// What tells whether it is worth the time to look closer at an innermost loop: what says whether to go on is assigned, and two cells
/// are counted down, one of them perhaps.
struct Look {
    head: usize,
    tested: i32,
    has_flag: bool,
    steps: u32,
    has_borrow: bool,
    /// How many conditions are open.
    depth: u32,
}

impl Look {
    fn at(head: usize, tested: i32) -> Look {
        Look { head, tested, has_flag: false, steps: 0, has_borrow: false, depth: 0 }
    }

    fn go_on(&mut self, kind: Kind, mask: u64) {
        match kind {
            Kind::Set { cell, .. } => self.has_flag |= cell == self.tested,
            Kind::Add { delta, .. } if delta == mask => {
                self.steps += 1;
                self.has_borrow |= self.depth > 0;
            }
            Kind::If { .. } => self.depth += 1,
            Kind::IfEnd { .. } => self.depth -= 1,
            _ => {}
        }
    }

    fn may_count(&self) -> bool {
        self.has_flag && self.has_borrow && self.steps > 1
    }
}

/// A number of two cells, which a loop counts down to 0 and further never.
struct Number {
    lower: i32,
    upper: i32,
    /// The values of other cells behind the loop.
    left: Vec<(i32, u64)>,
}

impl Number {
    /// The number that the loop on `tested` counts down, and that alone.
    fn counted_by(tested: i32, body: &[Op], mask: u64) -> Option<Number> {
        let mut start = Start::new(body, 0, mask, tested);
        let paths = start.follow()?;
        if !start.zeros.is_empty() || !paths.lost.is_empty() {
            return None;
        }
        let last = paths.complete.iter().find(|path| path.value(tested).as_constant() == Some(0))?;
        let found = |value: u64| {
            let mut roots = last.decisions.iter().filter(|decision| decision.1).filter_map(|(test, _)| test.root(mask));
            roots.find(|(_, root)| root.as_constant() == Some(value)).map(|(cell, _)| cell)
        };
        let mut number = Number { lower: found(1)?, upper: found(0)?, left: Vec::new() };
        let own = [number.lower, number.upper, tested];
        for (&cell, value) in last.cells.iter().filter(|(cell, _)| !own.contains(cell)) {
            number.left.push((cell, value.as_constant()?));
        }
        let is_it = number.lower != number.upper
            && ![number.lower, number.upper].contains(&tested)
            && paths.complete.iter().all(|path| number.is_counted_on(path, tested, mask));
        is_it.then_some(number)
    }

    /// Whether the number is 1 less behind this way, and `tested` says whether it is 0.
    fn is_counted_on(&self, path: &Path, tested: i32, mask: u64) -> bool {
        let decided = |cell: i32, value: u64| {
            let test = Polynomial::cell(cell).plus(&Polynomial::constant(value.wrapping_neg() & mask), 1, mask);
            path.decisions.iter().find(|(decided, _)| Some(decided) == test.as_ref()).map(|decision| decision.1)
        };
        let (lower_is_0, lower_is_1, upper_is_0) =
            (decided(self.lower, 0), decided(self.lower, 1), decided(self.upper, 0));
        let nothing_else = [lower_is_0, lower_is_1, upper_is_0].iter().flatten().count() == path.decisions.len();
        let Some(borrows) = lower_is_0 else { return false };
        let less = |cell: i32| Polynomial::cell(cell).plus(&Polynomial::constant(mask), 1, mask);
        let lower = match (borrows, lower_is_1) {
            (true, _) => Some(Polynomial::constant(mask)),
            (false, Some(true)) => Some(Polynomial::default()),
            (false, _) => less(self.lower),
        };
        let upper = if borrows { less(self.upper) } else { Some(Polynomial::cell(self.upper)) };
        let becomes_0 = match (borrows, lower_is_1, upper_is_0) {
            (true, _, _) | (_, Some(false), _) | (_, _, Some(false)) => Some(false),
            (_, Some(true), Some(true)) => Some(true),
            _ => None,
        };
        let own = [self.lower, self.upper, tested];
        let is_left = |(cell, value): (&i32, &Polynomial)| {
            own.contains(cell) || value.as_constant().is_some() && self.left.iter().any(|left| left.0 == *cell)
        };
        nothing_else
            && Some(path.value(self.lower)) == lower
            && Some(path.value(self.upper)) == upper
            && becomes_0.is_some()
            && path.value(tested).as_constant().map(|value| value == 0) == becomes_0
            && path.cells.iter().all(is_left)
    }
}

/// Operations of a body that have no cells in common with the others.
#[derive(Default)]
struct Part {
    cells: SmallVec<[i32; 8]>,
    ops: Vec<Op>,
}

impl Part {
    /// What doing this part as often as the number says comes to, the operations in front of the carries, and those, which are done if
    /// the upper cell is not 0. Cell `counter` is free.
    fn repeat(
        &self,
        counter: i32,
        number: &Number,
        mask: u64,
        sums: &mut Vec<Kind>,
        carries: &mut Vec<Kind>,
    ) -> Option<()> {
        let repeated = |op: &Op| match op.kind {
            Kind::Add { cell, delta } => Some(Kind::MulAdd { target: cell, source: number.lower, factor: delta }),
            _ => None,
        };
        if let Some(repeated) = self.ops.iter().map(repeated).collect::<Option<Vec<_>>>() {
            sums.extend(repeated);
            return Some(());
        }
        let mut body = Builder::default();
        body.push(Kind::Add { cell: counter, delta: mask }, self.ops[0].span);
        self.ops.iter().for_each(|op| body.push(op.kind, op.span));
        let Counted { place: Place::Before, kinds, given: Given::Nothing } = count(counter, body.ops(), 0, mask)?
        else {
            return None;
        };
        let [Kind::Count(count)] = kinds[..] else { return None };
        let Reload::Constant { period: 0, .. } = count.reload else { return None };
        sums.push(Kind::Copy { target: counter, source: number.lower, factor: 1 });
        for cell in count.zero_cells() {
            // Whatever it held: it becomes 0, and nothing else depends on it.
            assigns_first(&self.ops, cell).then_some(())?;
            sums.push(Kind::Set { cell, value: 0 });
        }
        sums.push(Kind::Count(Count { zeros: Default::default(), ..count }));
        // Of 2^w iterations one reloads the phase.
        let (reloads, others) = if count.borrows() { (mask, 1) } else { (1, mask) };
        let carry = count.carry.map(|carry| (count.cell(carry.get()), reloads));
        let changed = carry.into_iter().chain(count.others().map(|cell| (cell, others)));
        carries.extend(changed.map(|(target, factor)| Kind::MulAdd { target, source: number.upper, factor }));
        Some(())
    }
}

/// The parts of a body, in none of which the pointer moves or anything is read or written. The index of the body in
/// the program is `base`.
fn parts(body: &[Op], base: usize) -> Option<Vec<Part>> {
    let mut parts: Vec<(Part, Vec<usize>)> = Vec::new();
    let mut at = 0;
    while let Some(op) = body.get(at) {
        let end = match op.kind {
            Kind::If { end, .. } => end as usize - base + 1,
            _ => at + 1,
        };
        let (mut part, mut places) = (Part::default(), Vec::from_iter(at..end));
        for op in &body[at..end] {
            part.cells.extend(cells(op.kind)?);
        }
        parts.retain_mut(|(other, others)| {
            let is_apart = other.cells.iter().all(|cell| !part.cells.contains(cell));
            if !is_apart {
                part.cells.append(&mut other.cells);
                places.append(others);
            }
            is_apart
        });
        part.cells.sort_unstable();
        part.cells.dedup();
        parts.push((part, places));
        at = end;
    }
    let in_order = |(part, mut places): (Part, Vec<usize>)| {
        places.sort_unstable();
        let mut builder = Builder::default();
        places.into_iter().for_each(|place| builder.push(body[place].kind, body[place].span));
        Part { ops: builder.ops().to_vec(), ..part }
    };
    Some(parts.into_iter().map(in_order).collect())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::check8;

    const LESS: &str = "set [1] 1/minadd [1] [0] 1 255/if [1]/add [3] 255/end/add [0] 255";
    const TEST: &str = "set [1] 1/minadd [1] [0] 1 255/if [1]/set [2] 1/minadd [2] [3] 1 255/copy [1] [2] 1/set [2] 0/end/\
        add [1] 255";
    const MORE: &str = "add [4] 1/set [5] 1/minadd [5] [4] 1 255/if [5]/set [5] 0/add [7] 1/end";
    const CLEARED: &str = "set [0] 0/set [3] 0/set [1] 0/set [2] 0/end";

    fn becomes(body: &str, kinds: &str) {
        check8("words", &format!("loop [1]/{body}/end"), &format!("if [1]/{kinds}{CLEARED}"));
    }

    #[test]
    fn numbers_are_moved_and_added() {
        becomes(&format!("{LESS}/{TEST}"), "");
        becomes(&format!("add [9] 3/{LESS}/add [-4] 255/{TEST}"), "muladd [9] [0] 3/muladd [-4] [0] 255/");
        becomes(
            &format!("{LESS}/{MORE}/{TEST}"),
            "copy [1] [0] 1/set [5] 0/count [1] [4] up to -1 from 0 carry [7]/if [3]/muladd [7] [3] 1/end/",
        );
        becomes(
            &format!(
                "{MORE}/{LESS}/set [9] 1/minadd [9] [8] 1 255/if [9]/set [9] 0/add [11] 255/end/add [8] 255/{TEST}"
            ),
            "copy [1] [0] 1/set [5] 0/count [1] [4] up to -1 from 0 carry [7]/\
             copy [1] [0] 1/set [9] 0/count [1] [8] down to 0 from 0 borrow [11]/\
             if [3]/muladd [7] [3] 1/muladd [11] [3] 255/end/",
        );
    }

    #[test]
    fn what_is_not_carried_is_counted_too() {
        let both = "add [4] 1/set [5] 1/set [6] 0/muladd [6] [4] 1/if [6]/set [5] 0/set [6] 0/add [8] 1/end/if [5]/set [5] 0/add [7] 1/end";
        becomes(
            &format!("{LESS}/{both}/{TEST}"),
            "copy [1] [0] 1/set [5] 0/set [6] 0/count [1] [4] up to -1 from 0 carry [7] others [8]/\
             if [3]/muladd [7] [3] 1/muladd [8] [3] 255/end/",
        );
    }

    #[test]
    fn other_loops_stay() {
        for body in [
            // The number does not go down, or by other steps.
            TEST.to_owned(),
            format!("{}/{TEST}", LESS.replace("add [3] 255", "add [3] 1")),
            format!("{}/{TEST}", LESS.replace("end/add [0] 255", "end/add [0] 254")),
            format!("set [1] 0/add [0] 255/{TEST}"),
            // What goes on does not depend on all of it, or on more.
            format!("{LESS}/set [1] 1/minadd [1] [0] 1 255/add [1] 255"),
            format!("{LESS}/{}", TEST.replace("copy [1] [2] 1", "copy [1] [6] 1")),
            format!("{LESS}/{}", TEST.replace("minadd [2] [3]", "minadd [2] [6]")),
            // The number is added, or a cell of it.
            format!("{LESS}/muladd [9] [0] 1/{TEST}"),
            format!("{LESS}/add [2] 1/{TEST}"),
            // Carries of a sum that itself is carried, of 2, or into the flag.
            format!("{LESS}/{MORE}/{}/{TEST}", MORE.replace("[7]", "[11]").replace("[4]", "[7]")),
            format!("{LESS}/{}/{TEST}", MORE.replace("add [7] 1", "add [7] 2")),
            format!("{LESS}/{}/{TEST}", MORE.replace("set [5] 0/", "")),
            // A flag that it depends on.
            format!("{LESS}/{}/{TEST}", MORE.replace("set [5] 1", "add [5] 1")),
            // Something else happens.
            format!("{LESS}/output [9]/{TEST}"),
        ] {
            let code = format!("loop [1]/{body}/end");
            check8("words", &code, &code);
        }
    }
}
