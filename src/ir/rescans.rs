//! Scans that look at the same cells again, and the runs of cells that are not 0 which they remember.
//!
//! ```text
//! loop [0]
//!   scan [0] 9
//!   set [0] 1
//!   set [9] 0
//!   scan [0] -9
//!   add [9] 255
//!   move 9
//! end
//! ```
//! appends so many records to those that stand there. Each iteration goes to the end and comes back over cells that the one
//! before has looked at. So the code of such loops keeps a run: a stretch of cells, each a stride behind the other, that are
//! known not to be 0. A scan that comes into it goes on at its other end, and makes it longer by the cells that it looks at
//! itself. What writes a 0 into the run cuts it there. All of the run has been accessed before, so scans still fault where
//! they would; and when a loop is come to its runs are empty, so nothing has to be known of other code.
//!
//! Without runs Zozotez, Golden, SelfInt and Mandelbrot spent 74, 66, 40 and 16 % of their time in such loops, BusyBeaver
//! all of it. Scans that end within a few cells do without: a loop of nothing but scans over one to three cells takes 0.8 of
//! the time that it takes without runs in the baseline's code, and 1.7 in LLVM's.

use super::{Kind, Op, Program};

/// A loop whose scans remember runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescanning {
    head: u32,
    /// How many runs there are, [`MAX_RUNS`] at the most.
    pub runs: usize,
    /// For each operation behind the head.
    uses: Vec<Use>,
}

/// How many runs a loop may have.
pub const MAX_RUNS: usize = 4;

/// Scans with larger strides remember none, in cells.
const MAX_STRIDE: u32 = 1 << 16;

/// What an operation has to do with runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Nothing,
    Scan(Scanned),
    /// It gives this cell, which may be in runs, a value that may be 0.
    Change(i32, Cuts),
    /// It makes it 0.
    Clear(i32, Cuts),
}

/// For each run that a cell may be in, what remains where it is in it and becomes 0.
pub type Cuts = [Option<Cut>; MAX_RUNS];

impl Use {
    /// An operation of this kind writes a cell that may be in a run.
    fn cut(&mut self, kind: Kind, cell: i32, run: usize, cut: Cut) {
        let mut cuts = match self {
            Use::Change(_, cuts) | Use::Clear(_, cuts) => *cuts,
            Use::Nothing | Use::Scan(_) => Cuts::default(),
        };
        cuts[run] = Some(cut);
        *self = if let Kind::Set { .. } = kind { Use::Clear(cell, cuts) } else { Use::Change(cell, cuts) };
    }
}

/// A scan that goes over a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// The number of the run.
    pub run: usize,
    pub stride: Stride,
}

/// How the cells that an operation accesses lie to those of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stride {
    /// A multiple of the stride away.
    Same,
    /// That is to be found out: their distance divided by the stride, this power of two, may have a remainder.
    Unknown(u32),
}

/// What remains of a run where a 0 is written into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The cells on the left: the pointer is where the run ends on the right.
    KeepLeft,
    /// Those on the right, this stride behind.
    KeepRight(u32),
    /// Nothing.
    Empty,
}

impl Rescanning {
    /// The loop with these ends, if its scans remember runs.
    #[must_use]
    pub fn of(program: &Program, head: u32, end: u32) -> Option<Rescanning> {
        let body = &program.ops[head as usize + 1..end as usize];
        if body.len() > MAX_OPS {
            return None;
        }
        let (mut scans_left, mut scans_right) = (false, false);
        for op in body {
            match op.kind {
                Kind::Scan { stride, .. } => {
                    scans_left |= stride < 0;
                    scans_right |= stride > 0;
                }
                // They write cells that are not looked at here.
                Kind::Loop { .. }
                | Kind::LoopEnd { .. }
                | Kind::Walk { .. }
                | Kind::Count(_)
                | Kind::Divide { .. }
                | Kind::Ripple { .. }
                | Kind::Input { .. } => {
                    return None;
                }
                Kind::Add { .. }
                | Kind::Hold { .. }
                | Kind::AddHeld { .. }
                | Kind::Release { .. }
                | Kind::Set { .. }
                | Kind::MulAdd { .. }
                | Kind::Copy { .. }
                | Kind::Product { .. }
                | Kind::MinAdd { .. }
                | Kind::Move { .. }
                | Kind::Output { .. }
                | Kind::Text { .. }
                | Kind::Dump { .. }
                | Kind::If { .. }
                | Kind::IfEnd { .. } => {}
            }
        }
        if scans_left && scans_right { remember(head, body) } else { None }
    }

    /// What the operation at `index` of the program has to do with the runs.
    #[must_use]
    pub fn usage(&self, index: u32) -> Use {
        let number = index.checked_sub(self.head + 1);
        number.and_then(|number| self.uses.get(number as usize)).copied().unwrap_or(Use::Nothing)
    }
}

/// Longer loops have none, in operations: their code may be cut into parts.
const MAX_OPS: usize = 100;

/// Where a cell is: so many behind a place that scans with the stride cannot lead away from, up to multiples of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// The number of the last scan, or condition with one, behind which nothing is known of the place in front of it.
    since: usize,
    cells: i64,
}

impl Place {
    const HEAD: Place = Place { since: 0, cells: 0 };

    fn plus(self, cells: i32, stride: u32) -> Place {
        Place { cells: (self.cells + i64::from(cells)).rem_euclid(stride.into()), ..self }
    }
}

/// What the runs of a loop are, of whose body these are the operations.
fn remember(head: u32, body: &[Op]) -> Option<Rescanning> {
    let mut found = Rescanning { head, runs: 0, uses: vec![Use::Nothing; body.len()] };
    let mut strides = Vec::new();
    for op in body {
        if let Kind::Scan { stride, .. } = op.kind
            && stride.unsigned_abs() <= MAX_STRIDE
        {
            strides.push(stride.unsigned_abs());
        }
    }
    strides.sort_unstable();
    strides.dedup();
    for stride in strides {
        let places = Places::of(body, stride);
        let Some(lies) = places.lie() else { continue };
        let scans = places.scans(body);
        let mut seen = Vec::new();
        for &(_, place, _) in &scans {
            let ours = scans.iter().filter(|(_, other, _)| *other == place);
            let goes = |direction| ours.clone().any(|(_, _, it)| *it == direction);
            if !seen.contains(&place) && goes(Direction::Right) && goes(Direction::Left) && found.runs < MAX_RUNS {
                found.add_run(body, &places, (place, lies), &scans);
            }
            seen.push(place);
        }
    }
    (found.runs > 0).then_some(found)
}

impl Rescanning {
    /// The scans over the cells at this place, and what may cut them short, have another run.
    fn add_run(&mut self, body: &[Op], places: &Places, (place, lies): (Place, Stride), scans: &[Scan]) {
        let run = self.runs;
        let mut ours = scans.iter().filter(|(_, other, _)| *other == place).peekable();
        // The iteration before ended with the last of them.
        let mut last = ours.clone().next_back().map(|(_, _, direction)| *direction);
        for (index, op) in body.iter().enumerate() {
            if let Some((_, _, direction)) = ours.next_if(|(scan, _, _)| *scan == index) {
                last = Some(*direction);
                self.uses[index] = Use::Scan(Scanned { run, stride: lies });
            }
            let changed = match op.kind {
                Kind::AddHeld { cell, .. } => Some(cell),
                kind => kind.straight_target(),
            };
            let Some(cell) = changed else { continue };
            if let Kind::Set { value: 1.., .. } = op.kind {
                continue;
            }
            let cut = match (lies, last) {
                (Stride::Unknown(_), _) => Cut::Empty,
                (Stride::Same, _) if places.at(index, cell) != place => continue,
                (Stride::Same, Some(Direction::Right)) => Cut::KeepLeft,
                (Stride::Same, _) => Cut::KeepRight(places.stride),
            };
            self.uses[index].cut(op.kind, cell, run, cut);
        }
        self.runs += 1;
    }
}

/// A scan: its index, the place of its cells, and where it goes.
type Scan = (usize, Place, Direction);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Left,
    Right,
}

/// Where the pointer is in front of each operation of a body, and behind the last.
struct Places {
    stride: u32,
    before: Vec<Place>,
    end: Place,
}

impl Places {
    fn of(body: &[Op], stride: u32) -> Places {
        let mut before = Vec::with_capacity(body.len());
        let (mut place, mut open) = (Place::HEAD, Vec::new());
        for (number, op) in (1..).zip(body) {
            before.push(place);
            match op.kind {
                Kind::Move { delta } => place = place.plus(delta, stride),
                Kind::Scan { stride: step, .. } if step.unsigned_abs().is_multiple_of(stride) => {}
                Kind::Scan { .. } => place = Place { since: number, cells: 0 },
                Kind::If { .. } => open.push(place),
                Kind::IfEnd { .. } if open.pop() != Some(place) => place = Place { since: number, cells: 0 },
                Kind::IfEnd { .. }
                | Kind::Hold { .. }
                | Kind::AddHeld { .. }
                | Kind::Release { .. }
                | Kind::Add { .. }
                | Kind::Set { .. }
                | Kind::MulAdd { .. }
                | Kind::Copy { .. }
                | Kind::Product { .. }
                | Kind::MinAdd { .. }
                | Kind::Output { .. }
                | Kind::Text { .. }
                | Kind::Dump { .. } => {}
                Kind::Walk { .. }
                | Kind::Count(_)
                | Kind::Divide { .. }
                | Kind::Ripple { .. }
                | Kind::Input { .. }
                | Kind::Loop { .. }
                | Kind::LoopEnd { .. } => {
                    unreachable!("loops with such are left out")
                }
            }
        }
        Places { stride, before, end: place }
    }

    /// The scans with the stride.
    fn scans(&self, body: &[Op]) -> Vec<Scan> {
        let scan = |(index, op): (usize, &Op)| match op.kind {
            Kind::Scan { cell, stride } if stride.unsigned_abs() == self.stride => {
                let direction = if stride > 0 { Direction::Right } else { Direction::Left };
                Some((index, self.at(index, cell), direction))
            }
            _ => None,
        };
        body.iter().enumerate().filter_map(scan).collect()
    }

    /// How the cells that an iteration scans lie to those at the same place in the one before, if that can be told or
    /// found out: not where each iteration goes a bit further.
    fn lie(&self) -> Option<Stride> {
        match self.end {
            Place::HEAD => Some(Stride::Same),
            Place { since: 1.., .. } if self.stride.is_power_of_two() => Some(Stride::Unknown(self.stride)),
            Place { .. } => None,
        }
    }

    /// Where the cell is that the operation at `index` names so.
    fn at(&self, index: usize, cell: i32) -> Place {
        self.before[index].plus(cell, self.stride)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    /// The loops of `code`, and what their operations have to do with runs.
    fn found(code: &str) -> Vec<(u32, usize, Vec<Use>)> {
        let program = text::parse(&format!("cells 8\n{}", code.replace('/', "\n"))).unwrap();
        let loops = (0..).zip(&program.ops).filter_map(|(head, op)| match op.kind {
            Kind::Loop { end, .. } => Rescanning::of(&program, head, end),
            _ => None,
        });
        loops.map(|it| (it.head, it.runs, it.uses)).collect()
    }

    fn scan(run: usize) -> Use {
        Use::Scan(Scanned { run, stride: Stride::Same })
    }

    fn cuts(run: usize, cut: Cut) -> Cuts {
        let mut cuts = Cuts::default();
        cuts[run] = Some(cut);
        cuts
    }

    #[test]
    fn both_scans_go_over_the_same_cells() {
        let code = "set [0] 1/loop [0]/scan [0] 9/set [0] 1/set [9] 0/add [1] 1/scan [0] -9/add [9] 255/move 9/end";
        let clear = Use::Clear(9, cuts(0, Cut::KeepLeft));
        let change = Use::Change(9, cuts(0, Cut::KeepRight(9)));
        let uses = vec![scan(0), Use::Nothing, clear, Use::Nothing, scan(0), change, Use::Nothing];
        assert_eq!(found(code), [(1, 1, uses)]);
    }

    #[test]
    fn cells_between_others_have_runs_of_their_own() {
        let code = "loop [0]/scan [1] 3/scan [2] 3/add [2] 1/scan [-1] -3/scan [1] -3/add [0] 255/end";
        let change = Use::Change(2, cuts(1, Cut::KeepLeft));
        let uses = vec![scan(0), scan(1), change, scan(1), scan(0), Use::Nothing];
        assert_eq!(found(code), [(0, 2, uses)]);
    }

    #[test]
    fn behind_scans_with_another_stride_the_distance_is_found_out() {
        let code = "loop [0]/scan [0] 1/scan [2] 2/scan [2] -2/scan [1] -1/add [2] 255/end";
        let unknown = Use::Scan(Scanned { run: 1, stride: Stride::Unknown(2) });
        let mut both = cuts(0, Cut::KeepRight(1));
        both[1] = Some(Cut::Empty);
        let uses = vec![scan(0), unknown, unknown, scan(0), Use::Change(2, both)];
        assert_eq!(found(code), [(0, 2, uses)]);
        // A remainder by 3 is not found out.
        assert_eq!(found(&code.replace(" 2/", " 3/").replace("-2", "-3"))[0].1, 1);
    }

    #[test]
    fn other_loops_remember_nothing() {
        for code in [
            // In one direction; other cells; each iteration other cells; a loop, or something that writes many, within.
            "loop [0]/scan [0] 1/move 1/end",
            "loop [0]/scan [0] 2/scan [1] -2/end",
            "loop [0]/scan [0] 3/scan [0] -3/move 1/end",
            "loop [0]/scan [0] 1/loop [5]/add [5] 255/end/scan [0] -1/end",
            "loop [0]/scan [0] 1/walk [0] 1 -1 0/scan [0] -1/end",
            "loop [0]/scan [0] 1/end/scan [0] -1",
            "scan [0] 1/scan [0] -1",
        ] {
            assert_eq!(found(code), [], "{code}");
        }
    }

    #[test]
    fn conditions_may_lead_to_other_cells() {
        let code = |inside: &str| format!("loop [0]/if [1]/{inside}/end/scan [0] 3/scan [0] -3/end");
        assert_eq!(found(&code("move 3/scan [1] 6"))[0].1, 1);
        assert_eq!(found(&code("move 2")), []);
        assert_eq!(found(&code("scan [0] 1")), []);
    }
}
