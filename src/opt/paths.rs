//! Symbolic execution of a loop's body along all ways through it.
//!
//! Where a test cannot be told, both ways are followed: each says what it took for granted. Inner loops
//! that run at most once on a way are followed too, the pointer moving along. What a way takes for granted of a
//! temporary cell, that it is 0, is assumed of all ways: the caller has to make sure of it.

use smallvec::SmallVec;

use super::cells::Cells;
use super::polynomial::Polynomial;
use crate::ir::count::Count;
use crate::ir::{Kind, Op};

/// The most ways that are followed, and the operations on all of them together.
const MAX_PATHS: usize = 8;
const MAX_OPS: usize = 1000;

/// The most ways that get lost.
const MAX_LOST: usize = 3;

/// The most by which a loop that counts counts down.
const MAX_STEP: u64 = MAX_LOST as u64 + 1;

/// So many decisions need no memory of their own: most ways have no more.
const FEW_DECISIONS: usize = 3;

/// The cells from the first to the last.
pub(super) type Hull = (i32, i32);

/// What is known, and what is assumed, where the body begins.
#[derive(Clone, Debug)]
pub(super) struct Start<'a> {
    pub body: &'a [Op],
    /// The index of the body in the program.
    pub base: usize,
    pub mask: u64,
    /// The cell that the loop tests: not 0.
    pub tested: i32,
    /// Cells that are 0, but for the one that is 1: of that, what is more than 1 is 0, and so ways have it.
    pub zeros: Vec<i32>,
    pub one: Option<i32>,
    /// What may be taken for granted to make a way impossible that gets lost, besides a cell being 0 that was decided not to be.
    pub denial: Option<Denial>,
    /// What would have made one impossible.
    pub denials: SmallVec<[Denial; 2]>,
}

/// Why a way is impossible that gets lost at its last test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denial {
    /// A flag is raised from -1 to 0 there: it is 0.
    Flag,
    /// A cell is not 1 there, or 0: it is 1.
    One,
}

/// A way through the body.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// What was decided about values at the start: is this 0?
    pub decisions: SmallVec<[(Polynomial, bool); FEW_DECISIONS]>,
    /// The cells that were changed, in terms of the values at the start.
    pub cells: Cells<Polynomial>,
    /// The values at the start that follow from the decisions.
    known: Cells<u64>,
    /// All cells from the first to the last that are accessed for certain.
    pub hull: Hull,
    /// The assumed zeros in the order in which they were first read, with the hull at the next test: up to there nothing
    /// can depend on them.
    pub reads: Vec<(i32, Hull)>,
    /// How many of the reads have had their test.
    tested_reads: usize,
    next: usize,
    pointer: i32,
    /// Whether the scan or walk to be done next has made its step.
    has_scanned: bool,
}

/// All ways through a body.
pub(super) struct Paths {
    /// Those that lead to its end, with the pointer where it was.
    pub complete: Vec<Path>,
    /// The others, up to where they could not be followed any more.
    pub lost: Vec<Path>,
}

/// What became of following a way.
enum Way {
    Complete,
    Lost,
    /// It parts: is this polynomial 0?
    Parts(Polynomial),
    /// It has no end that can be followed unless this cell is 0.
    Wants(i32),
}

/// What a test says.
enum Answer {
    Known(bool),
    Unknown(Polynomial),
    Untold,
    Wants(i32),
}

impl<'a> Start<'a> {
    pub fn new(body: &'a [Op], base: usize, mask: u64, tested: i32) -> Start<'a> {
        Start { body, base, mask, tested, zeros: Vec::new(), one: None, denial: None, denials: SmallVec::new() }
    }

    /// Follows all ways, as long as the loop may be one that counts. Adds to the zeros where that makes ways that get lost
    /// impossible.
    pub fn follow(&mut self) -> Option<Paths> {
        let mut ops = 0;
        'again: loop {
            let mut paths = Paths { complete: Vec::new(), lost: Vec::new() };
            let mut open = vec![Path {
                decisions: SmallVec::new(),
                cells: Cells::new(),
                known: Cells::new(),
                hull: (self.tested, self.tested),
                reads: Vec::new(),
                tested_reads: 0,
                next: 0,
                pointer: 0,
                has_scanned: false,
            }];
            while let Some(mut path) = open.pop() {
                match path.follow(self, &mut ops)? {
                    Way::Complete if path.pointer == 0 => {
                        // No assumption makes it impossible.
                        if path.last_bare_cell().is_none() && !path.is_counted_or_known(self) {
                            return None;
                        }
                        if let Some(one) = self.one
                            && let Some(mut value) = path.cells.remove(&one)
                        {
                            value.add_constant(self.mask, self.mask)?;
                            path.cells.insert(one, value);
                        }
                        paths.complete.push(path);
                    }
                    Way::Complete | Way::Lost => {
                        if self.deny(&path)? {
                            continue 'again;
                        }
                        // Some may get lost, where it depends on something.
                        if path.decisions.is_empty() || paths.lost.len() == MAX_LOST {
                            return None;
                        }
                        paths.lost.push(path);
                    }
                    Way::Wants(cell) => {
                        self.assume(cell)?;
                        continue 'again;
                    }
                    Way::Parts(tested) => {
                        let mut zero = path.clone();
                        path.decisions.push((tested.clone(), false));
                        open.push(path);
                        if zero.take_for_zero(tested, self.mask)? {
                            open.push(zero);
                        }
                    }
                }
                if paths.complete.len() + paths.lost.len() + open.len() > MAX_PATHS {
                    return None;
                }
            }
            return Some(paths);
        }
    }

    /// Assumes of a cell what makes a way impossible that gets lost; whether there is one, and nothing if that was tried before.
    fn deny(&mut self, path: &Path) -> Option<bool> {
        let denial = path.decisions.last().and_then(|(tested, is_zero)| {
            let (cell, root) = tested.root(self.mask)?;
            match root.as_constant()? {
                root if root == self.mask && *is_zero => Some((Denial::Flag, cell)),
                1 if !is_zero => Some((Denial::One, cell)),
                0 if *is_zero => Some((Denial::One, cell)),
                _ => None,
            }
        });
        self.denials.extend(denial.map(|(denial, _)| denial).filter(|denial| !self.denials.contains(denial)));
        match denial.filter(|&(denial, _)| self.denial == Some(denial)) {
            Some((Denial::One, cell)) => {
                self.assume(cell)?;
                self.one.replace(cell).is_none().then_some(true)
            }
            Some((Denial::Flag, cell)) => self.assume(cell).map(|()| true),
            None => match path.last_bare_cell() {
                Some(cell) => self.assume(cell).map(|()| true),
                None => Some(false),
            },
        }
    }

    /// Assumes that the cell is 0; nothing if that was tried before.
    fn assume(&mut self, cell: i32) -> Option<()> {
        let is_new = cell != self.tested && !self.zeros.contains(&cell) && self.zeros.len() < Count::MAX_ZEROS;
        is_new.then(|| self.zeros.push(cell))
    }

    /// What the cell is assumed to be.
    fn assumed(&self, cell: i32) -> Option<u64> {
        self.zeros.contains(&cell).then(|| u64::from(self.one == Some(cell)))
    }
}

impl Path {
    /// The value of `cell` at the end.
    pub fn value(&self, cell: i32) -> Polynomial {
        self.cells.get(&cell).cloned().unwrap_or_else(|| Polynomial::cell(cell))
    }

    /// The constant that is added to `cell`.
    pub fn gain(&self, cell: i32) -> Option<u64> {
        self.cells.get(&cell).map_or(Some(0), |value| value.gain(cell))
    }

    /// This way and then the other.
    pub fn then(&self, next: &Path, mask: u64) -> Option<Path> {
        let mut both = self.clone();
        for (&cell, value) in next.cells.iter() {
            both.cells.insert(cell, value.substitute(|read| self.cells.get(&read), mask)?);
        }
        Some(both)
    }

    /// Whether the loop's cell is counted down, or known from now on: on all ways of a loop that counts it is either.
    fn is_counted_or_known(&self, start: &Start<'_>) -> bool {
        self.cells.get(&start.tested).is_some_and(|value| value.as_constant().is_some())
            || self.gain(start.tested).is_none_or(|gain| gain.wrapping_neg() & start.mask <= MAX_STEP)
    }

    /// Whether `cell` is accessed whatever the cells `unsure` hold.
    pub fn surely_accesses(&self, cell: i32, unsure: &[i32]) -> bool {
        let first = self.reads.iter().find(|(read, _)| unsure.contains(read));
        let (from, to) = first.map_or(self.hull, |&(_, hull)| hull);
        (from..=to).contains(&cell)
    }

    /// The cell alone that was last decided not to be 0.
    fn last_bare_cell(&self) -> Option<i32> {
        let bare = |(tested, is_zero): &(Polynomial, bool)| {
            let cell = tested.cells().next()?;
            (!is_zero && *tested == Polynomial::cell(cell)).then_some(cell)
        };
        self.decisions.iter().rev().find_map(bare)
    }

    fn access(&mut self, cell: i32) {
        self.hull = (self.hull.0.min(cell), self.hull.1.max(cell));
    }

    /// Reads a cell.
    fn read(&mut self, cell: i32, start: &Start<'_>) -> Polynomial {
        self.access(cell);
        if let Some(value) = self.cells.get(&cell) {
            return value.clone();
        }
        if let Some(value) = start.assumed(cell) {
            if self.reads.iter().all(|&(read, _)| read != cell) {
                self.reads.push((cell, self.hull));
            }
            return Polynomial::constant(value);
        }
        self.at_start(cell)
    }

    /// What is known of a cell at the start, where it is not assumed to be 0.
    fn at_start(&self, cell: i32) -> Polynomial {
        self.known.get(&cell).map_or_else(|| Polynomial::cell(cell), |&value| Polynomial::constant(value))
    }

    /// Follows the way until it ends or parts; nothing where that takes too long.
    fn follow(&mut self, start: &Start<'_>, ops: &mut usize) -> Option<Way> {
        while let Some(op) = start.body.get(self.next) {
            *ops += 1;
            if *ops > MAX_OPS {
                return None;
            }
            let kind = op.kind.shifted(self.pointer);
            if self.straight(kind, start)? {
                self.next += 1;
                continue;
            }
            let (cell, zero_next, other_next) = match kind {
                Kind::Move { delta } => {
                    self.pointer = self.pointer.checked_add(delta)?;
                    self.next += 1;
                    continue;
                }
                Kind::IfEnd { .. } => {
                    self.next += 1;
                    continue;
                }
                Kind::If { cell, end } => {
                    let end = end as usize - start.base;
                    if self.either_way(cell, end, start) {
                        continue;
                    }
                    (cell, end + 1, Some(self.next + 1))
                }
                Kind::Loop { cell, end } => (cell, end as usize - start.base + 1, Some(self.next + 1)),
                Kind::LoopEnd { start: head } => {
                    let Kind::Loop { cell, .. } = start.body[head as usize - start.base].kind else {
                        unreachable!("a loop's end names its head");
                    };
                    (cell + self.pointer, self.next + 1, None)
                }
                Kind::Scan { cell, .. } | Kind::Walk { cell, .. } => {
                    (cell, self.next + 1, (!self.has_scanned).then_some(self.next))
                }
                // A boolean.
                Kind::MinAdd { source, most: 1, .. } => (source, self.next + 1, Some(self.next + 1)),
                _ => return Some(Way::Lost),
            };
            let value = self.read(cell, start);
            self.settle_reads();
            match self.answer(cell, value, start) {
                Answer::Known(true) => {
                    if let Kind::MinAdd { target, .. } = kind {
                        self.access(target);
                    }
                    self.has_scanned = false;
                    self.next = zero_next;
                }
                Answer::Known(false) => {
                    let Some(next) = other_next else { return Some(Way::Lost) };
                    if let Kind::Scan { stride, .. } | Kind::Walk { stride, .. } = kind {
                        self.has_scanned = true;
                        self.pointer = self.pointer.checked_add(stride)?;
                    }
                    if let Kind::MinAdd { target, factor, .. } = kind {
                        self.straight(Kind::Add { cell: target, delta: factor }, start)?;
                    }
                    if let Kind::Walk { stride, leave, enter, .. } = kind {
                        for (cell, delta) in [(cell, leave), (cell.checked_add(stride)?, enter)] {
                            self.straight(Kind::Add { cell, delta: i64::from(delta) as u64 & start.mask }, start)?;
                        }
                    }
                    self.next = next;
                }
                Answer::Unknown(tested) => return Some(Way::Parts(tested)),
                Answer::Untold => return Some(Way::Lost),
                Answer::Wants(cell) => return Some(Way::Wants(cell)),
            }
        }
        self.settle_reads();
        Some(Way::Complete)
    }

    /// At a test, after its access: what was read until now has the hull of now.
    fn settle_reads(&mut self) {
        for (_, hull) in &mut self.reads[self.tested_reads..] {
            *hull = self.hull;
        }
        self.tested_reads = self.reads.len();
    }

    /// Does an operation that neither tests nor moves; whether it is one.
    fn straight(&mut self, kind: Kind, start: &Start<'_>) -> Option<bool> {
        let mask = start.mask;
        let (target, value) = match kind {
            Kind::Add { cell, delta } => {
                let mut value = self.read(cell, start);
                value.add_constant(delta, mask)?;
                (cell, value)
            }
            Kind::Set { cell, value } => (cell, Polynomial::constant(value)),
            Kind::MulAdd { target, source, factor } => {
                let source = self.read(source, start);
                (target, self.read(target, start).plus(&source, factor, mask)?)
            }
            Kind::Copy { target, source, factor } => {
                (target, Polynomial::default().plus(&self.read(source, start), factor, mask)?)
            }
            Kind::Product { target, left, right, factor } => {
                let product = self.read(left, start).times(&self.read(right, start), mask)?;
                (target, self.read(target, start).plus(&product, factor, mask)?)
            }
            _ => return Some(false),
        };
        self.access(target);
        self.cells.insert(target, value);
        Some(true)
    }

    /// Whether the value that the cell `tested` has is 0.
    fn answer(&self, tested: i32, value: Polynomial, start: &Start<'_>) -> Answer {
        if let Some(value) = value.as_constant() {
            return Answer::Known(value == 0);
        }
        let is_not_zero = |value: &Polynomial| {
            *value == Polynomial::cell(start.tested)
                || self.decisions.iter().any(|(decided, zero)| !zero && decided == value)
        };
        if is_not_zero(&value) {
            return Answer::Known(false);
        }
        let mut cells: Vec<i32> = value.cells().collect();
        cells.sort_unstable();
        cells.dedup();
        if cells.len() == 1 {
            return match value.root(start.mask) {
                Some(_) => Answer::Unknown(value),
                None => Answer::Untold,
            };
        }
        cells.retain(|&cell| !is_not_zero(&Polynomial::cell(cell)));
        // What is put into a temporary is seen if there was nothing in it.
        match cells.as_slice() {
            &[cell] => Answer::Wants(cell),
            cells if cells.contains(&tested) => Answer::Wants(tested),
            _ => Answer::Untold,
        }
    }

    /// Goes on where `tested` is 0; whether it can be.
    fn take_for_zero(&mut self, tested: Polynomial, mask: u64) -> Option<bool> {
        let (cell, root) = tested.root(mask)?;
        self.known.insert(cell, root.as_constant()?);
        for value in self.cells.values_mut().filter(|value| value.reads(cell)) {
            *value = value.at(cell, &root, mask)?;
        }
        for (decided, _) in self.decisions.iter().filter(|(decided, _)| decided.reads(cell)) {
            if decided.at(cell, &root, mask)?.as_constant() == Some(0) {
                return Some(false);
            }
        }
        self.decisions.push((tested, true));
        Some(true)
    }

    /// Goes on behind a condition whose body computes nothing new where it does not run: the way need not part. Whether
    /// that is so; else all is as it was before the body.
    fn either_way(&mut self, cell: i32, end: usize, start: &Start<'_>) -> bool {
        let tested = self.read(cell, start);
        self.settle_reads();
        let root = match self.answer(cell, tested.clone(), start) {
            Answer::Known(_) => return false,
            Answer::Unknown(_) | Answer::Untold | Answer::Wants(_) => tested.root(start.mask),
        };
        let Some(root) = root else { return false };
        let (hull, reads) = (self.hull, self.reads.len());
        let mut before = Vec::new();
        let is_either = self.follow_either(end, &root, start, &mut before) == Some(true);
        // The body may not run: it accesses nothing for certain.
        self.hull = hull;
        if is_either {
            self.next = end + 1;
            return true;
        }
        self.reads.truncate(reads);
        for (cell, value) in before.into_iter().rev() {
            match value {
                Some(value) => self.cells.insert(cell, value),
                None => self.cells.remove(&cell),
            };
        }
        false
    }

    /// Follows the body of a condition up to `end`, noting in `before` what it replaces; whether it computes nothing
    /// new at the root of what is tested.
    fn follow_either(
        &mut self,
        end: usize,
        root: &(i32, Polynomial),
        start: &Start<'_>,
        before: &mut Vec<(i32, Option<Polynomial>)>,
    ) -> Option<bool> {
        for op in &start.body[self.next + 1..end] {
            let kind = op.kind.shifted(self.pointer);
            let Some(target) = kind.straight_target() else { return Some(false) };
            if before.iter().all(|&(noted, _)| noted != target) {
                before.push((target, self.cells.get(&target).cloned()));
            }
            self.straight(kind, start)?;
        }
        let at_root = |value: &Polynomial| value.at(root.0, &root.1, start.mask);
        for (changed, before) in &*before {
            let before = match before {
                Some(value) => value.clone(),
                None => match start.assumed(*changed) {
                    Some(value) => Polynomial::constant(value),
                    None => self.at_start(*changed),
                },
            };
            let after = self.cells.get(changed)?;
            if before != *after && at_root(&before)? != at_root(after)? {
                return Some(false);
            }
        }
        Some(true)
    }
}
