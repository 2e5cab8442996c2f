//! Reading a program and folding it at the same time.
//!
//! ```text
//! >+[-]>[-]<<[>]+-.      set [1] 0
//!                   →    set [2] 0
//!                        scan [0] 1
//!                        output [0]
//! ```
//! What the passes `runs`, `deadloops`, `offsets`, `clear` and `scan` do to their neighbours is done before an
//! operation is even stored: a program of many million commands is never in memory as such. What they
//! could still do afterwards is left to the passes that look further.

use super::{Bang, Hash, Options, Parsed, behind_loop, behind_run};
use crate::dialect::SHORTEST_TAPE_CELLS;
use crate::ir::{Entry, Kind, Op, Program, Shape};
use crate::source::Span;

/// Beyond this distance the pointer moves after all, so that offsets stay far from overflow.
const MAX_LAG: u32 = 1 << 24;

/// For how many bytes of source there is room for an operation from the start.
const BYTES_PER_OP: usize = 16;

/// Reads the program that starts at offset `at`; nothing if its brackets do not match.
pub(super) fn fold(bytes: &[u8], mut at: usize, options: &Options) -> Option<Parsed> {
    let mut folder = Folder::new(bytes.len() / BYTES_PER_OP, options);
    let mut input_start = None;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        let span = || Span { start: start as u32, end: start as u32 + 1 };
        match byte {
            // A source has at most i32::MAX bytes.
            b'>' | b'<' => {
                at = behind_run(bytes, start);
                // The equals sign stands between the two: 0x3c, 0x3d, 0x3e.
                folder.lag += (i32::from(byte) - i32::from(b'=')) * (at - start) as i32;
            }
            b'+' | b'-' => {
                at = start;
                let mut sum = 0;
                while let Some(&more @ (b'+' | b'-')) = bytes.get(at) {
                    let end = behind_run(bytes, at);
                    // The comma stands between the two: 0x2b, 0x2c, 0x2d.
                    sum += (i64::from(b',') - i64::from(more)) * (end - at) as i64;
                    at = end;
                }
                folder.add(sum as u64, Span { start: start as u32, end: at as u32 });
            }
            b'[' if folder.zero.holds(folder.lag) => at = behind_loop(bytes, start)?,
            b'[' => folder.open_loop(span()),
            b']' => folder.close_loop(span())?,
            b'.' => {
                let cell = folder.cell(span());
                folder.push(Kind::Output { cell }, span());
            }
            b',' => {
                let cell = folder.cell(span());
                folder.push(Kind::Input { cell }, span());
                folder.zero = Zero::Nothing;
            }
            b'#' if options.hash == Hash::Dump => {
                let cell = folder.cell(span());
                folder.push(Kind::Dump { cell }, span());
            }
            b'!' if options.bang == Bang::EndsProgram && folder.open.is_empty() => {
                input_start = Some(at as u32);
                break;
            }
            _ => {}
        }
    }
    let program = Program {
        width: options.width,
        entry: Entry::default(),
        ops: folder.ops,
        text: Vec::new(),
        shape: folder.shape,
    };
    folder.open.is_empty().then_some(Parsed { program, input_start })
}

/// A loop whose end is still to come.
struct Open {
    /// The index of its head.
    head: u32,
    /// The program's pointer there, as [`Folder::lag`].
    lag: i32,
}

struct Folder {
    mask: u64,
    ops: Vec<Op>,
    shape: Shape,
    open: Vec<Open>,
    /// How far the program's pointer is to the right of the result's.
    lag: i32,
    /// What is known to be 0, and what was before the last addition.
    zero: Zero,
    zero_before: Zero,
}

/// Cells that are known to be 0.
#[derive(Clone, Copy)]
enum Zero {
    /// The start: no cell was changed yet, and the pointer of the result has not moved.
    Everything,
    /// The cell at this distance from the pointer of the result.
    Cell(i32),
    Nothing,
}

impl Zero {
    fn holds(self, cell: i32) -> bool {
        match self {
            // Off the tape it would be a fault.
            Zero::Everything => (0..SHORTEST_TAPE_CELLS as i64).contains(&i64::from(cell)),
            Zero::Cell(zero) => zero == cell,
            Zero::Nothing => false,
        }
    }
}

impl Folder {
    fn new(capacity: usize, options: &Options) -> Folder {
        Folder {
            mask: options.width.mask(),
            ops: Vec::with_capacity(capacity),
            shape: Shape::EMPTY,
            open: Vec::new(),
            lag: 0,
            zero: Zero::Everything,
            zero_before: Zero::Nothing,
        }
    }

    fn push(&mut self, kind: Kind, span: Span) {
        self.ops.push(Op { kind, span });
    }

    /// The offset of the cell that is accessed now; where it would be too large, the pointer moves first.
    fn cell(&mut self, span: Span) -> i32 {
        if self.lag.unsigned_abs() > MAX_LAG {
            // At the lag of the loop's head nothing is left to do at the loop's end.
            let at_head = self.open.last().map_or(0, |open| open.lag);
            self.push(Kind::Move { delta: self.lag - at_head }, Span { start: span.start, end: span.start });
            self.lag = at_head;
            self.zero = Zero::Nothing;
        }
        self.lag
    }

    fn add(&mut self, sum: u64, span: Span) {
        let delta = sum & self.mask;
        if delta == 0 {
            return;
        }
        let cell = self.cell(span);
        match self.ops.last_mut() {
            Some(Op { kind: Kind::Add { cell: same, delta: before }, span: first }) if *same == cell => {
                *before = before.wrapping_add(delta) & self.mask;
                *first = first.to(span);
                if *before == 0 {
                    self.ops.pop();
                    self.zero = std::mem::replace(&mut self.zero_before, Zero::Nothing);
                }
            }
            _ => {
                self.push(Kind::Add { cell, delta }, span);
                self.zero_before = std::mem::replace(&mut self.zero, Zero::Nothing);
            }
        }
    }

    fn open_loop(&mut self, span: Span) {
        let cell = self.cell(span);
        self.open.push(Open { head: self.ops.len() as u32, lag: cell });
        self.push(Kind::Loop { cell, end: 0 }, span);
        self.zero = Zero::Nothing;
    }

    /// Ends the innermost loop; nothing if there is none.
    fn close_loop(&mut self, span: Span) -> Option<()> {
        let Open { head, lag: cell } = self.open.pop()?;
        let drift = self.lag - cell;
        self.lag = cell;
        self.zero = Zero::Cell(cell);
        let index = head as usize;
        let folded = match self.ops[index + 1..] {
            [] if drift != 0 => Some(Kind::Scan { cell, stride: drift }),
            [Op { kind, .. }] if drift == 0 => of_one_op(cell, kind),
            _ => None,
        };
        let whole = self.ops[index].span.to(span);
        if let Some(kind) = folded {
            self.ops.truncate(index);
            self.push(kind, whole);
            return Some(());
        }
        if drift != 0 {
            self.push(Kind::Move { delta: drift }, span);
        }
        self.ops[index] = Op { kind: Kind::Loop { cell, end: self.ops.len() as u32 }, span: whole };
        self.shape.end(&self.ops, head);
        self.push(Kind::LoopEnd { start: head }, span);
        Some(())
    }
}

/// What a loop on `counter` does whose body is `kind` alone, where that is one operation too.
fn of_one_op(counter: i32, kind: Kind) -> Option<Kind> {
    match kind {
        // An even step does not always end.
        Kind::Add { cell, delta } if cell == counter && delta % 2 == 1 => Some(Kind::Set { cell, value: 0 }),
        Kind::Set { cell, value: 0 } | Kind::Scan { cell, .. } if cell == counter => Some(kind),
        _ => None,
    }
}
