//! A small macro assembler for Brainfuck.
//!
//! [`Bf`] collects program text while keeping track of where the data pointer
//! will be at run time, so that code can name cells instead of counting `>`
//! and `<`.  Three ideas carry everything that is built on top of it:
//!
//! * **Cells are numbered relative to a frame.**  Normally the frame is the
//!   start of the tape.  Loops that walk along an array of records move the
//!   frame with them ([`Bf::walk`], [`Bf::scan`]), so the same cell numbers
//!   then address the fields of whichever record is current.
//! * **Free cells are zero.**  Temporaries come from a stack
//!   ([`Bf::temps`]) and whoever borrows one hands it back cleared.
//! * **Wide cells can be tested in place.**  A [`Wide`] is a value followed by
//!   three zero cells; with those [`Bf::branch`] tells zero from nonzero in a
//!   constant number of steps, without copying the value.

/// The address of a cell, relative to the current frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell(pub i32);

impl Cell {
    /// The cell `n` places further right.
    pub fn offset(self, n: i32) -> Cell {
        Cell(self.0 + n)
    }
}

/// A value cell followed by the three zero cells that make it testable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wide(pub Cell);

impl Wide {
    /// The number of cells that a wide cell takes up.
    pub const SIZE: i32 = 4;
}

impl From<Wide> for Cell {
    fn from(wide: Wide) -> Cell {
        wide.0
    }
}

/// A Brainfuck program under construction.
pub struct Bf {
    code: String,
    /// Where the data pointer is, relative to the frame.
    at: i32,
    /// The first cell that nobody has allocated.
    top: i32,
    /// The first cell that cannot be allocated.
    limit: i32,
}

/// Allocation.
impl Bf {
    pub fn new() -> Bf {
        Bf { code: String::new(), at: 0, top: 0, limit: i32::MAX }
    }

    /// Allocates one cell for the rest of the program.
    pub fn cell(&mut self) -> Cell {
        self.reserve(1)
    }

    /// Allocates a testable cell for the rest of the program.
    pub fn wide(&mut self) -> Wide {
        Wide(self.reserve(Wide::SIZE))
    }

    /// Allocates `n` adjacent cells and returns the first.
    pub fn reserve(&mut self, n: i32) -> Cell {
        let first = Cell(self.top);
        self.top += n;
        assert!(self.top <= self.limit, "temporaries run into the array");
        first
    }

    /// Puts an array that extends to the end of the tape behind room for
    /// `temps` temporaries, and returns its first cell.
    pub fn array(&mut self, temps: i32) -> i32 {
        self.limit = self.top + temps;
        self.limit
    }

    /// Lends `N` cells to `body`, which must leave them zero.
    pub fn temps<const N: usize>(&mut self, body: impl FnOnce(&mut Bf, [Cell; N])) {
        let mark = self.top;
        let cells = std::array::from_fn(|_| self.cell());
        body(self, cells);
        self.top = mark;
    }

    /// Lends `N` wide cells to `body`, which must leave them zero.
    pub fn wides<const N: usize>(&mut self, body: impl FnOnce(&mut Bf, [Wide; N])) {
        let mark = self.top;
        let cells = std::array::from_fn(|_| self.wide());
        body(self, cells);
        self.top = mark;
    }

    /// Emits `body` with its temporaries taken from `first` onwards, which is
    /// how code inside a record finds its scratch space.
    pub fn scratch_from(&mut self, first: Cell, body: impl FnOnce(&mut Bf)) {
        let mark = std::mem::replace(&mut self.top, first.0);
        let limit = std::mem::replace(&mut self.limit, i32::MAX);
        body(self);
        (self.top, self.limit) = (mark, limit);
    }
}

/// Plain instructions.
impl Bf {
    fn emit(&mut self, command: char, times: i32) {
        self.code.extend((0..times).map(|_| command));
    }

    /// Moves the data pointer to `cell`.
    pub fn go(&mut self, cell: impl Into<Cell>) {
        let target = cell.into().0;
        if target >= self.at {
            self.emit('>', target - self.at);
        } else {
            self.emit('<', self.at - target);
        }
        self.at = target;
    }

    /// Adds `n` to `cell`, in whichever direction is shorter modulo 256.
    pub fn add(&mut self, cell: impl Into<Cell>, n: i32) {
        let n = n.rem_euclid(256);
        if n == 0 {
            return;
        }
        self.go(cell);
        if n <= 128 {
            self.emit('+', n);
        } else {
            self.emit('-', 256 - n);
        }
    }

    pub fn clear(&mut self, cell: impl Into<Cell>) {
        self.go(cell);
        self.code.push_str("[-]");
    }

    pub fn set(&mut self, cell: impl Into<Cell>, n: i32) {
        let cell = cell.into();
        self.clear(cell);
        self.add(cell, n);
    }

    /// Reads a byte.  The cell is cleared first, so that the end of the input
    /// reads as 0 where it leaves the cell alone.
    pub fn input(&mut self, cell: impl Into<Cell>) {
        let cell = cell.into();
        self.clear(cell);
        self.input_over(cell);
    }

    /// Reads a byte into a cell as it is.
    pub fn input_over(&mut self, cell: impl Into<Cell>) {
        self.go(cell);
        self.emit(',', 1);
    }

    pub fn output(&mut self, cell: impl Into<Cell>) {
        self.go(cell);
        self.emit('.', 1);
    }

    /// Prints a constant text, stepping from each character to the next.
    pub fn print(&mut self, text: &str) {
        self.temps(|b, [c]| {
            let mut value = 0;
            for byte in text.bytes() {
                b.add(c, i32::from(byte) - value);
                b.output(c);
                value = i32::from(byte);
            }
            b.clear(c);
        });
    }
}

/// Control flow and data movement.
impl Bf {
    /// Repeats `body` while `cell` is not zero.
    pub fn while_(&mut self, cell: impl Into<Cell>, body: impl FnOnce(&mut Bf)) {
        let cell = cell.into();
        self.go(cell);
        self.emit('[', 1);
        body(self);
        self.go(cell);
        self.emit(']', 1);
    }

    /// Counts `cell` down to zero, running `body` once for each unit.  With a
    /// flag in `cell` this is an `if` that resets the flag.
    pub fn drain(&mut self, cell: impl Into<Cell>, body: impl FnOnce(&mut Bf)) {
        let cell = cell.into();
        self.while_(cell, |b| {
            b.add(cell, -1);
            body(b);
        });
    }

    /// Empties `source`, adding `factor` times its value to each target.
    pub fn pour(&mut self, source: impl Into<Cell>, targets: &[(Cell, i32)]) {
        self.drain(source, |b| {
            for &(target, factor) in targets {
                b.add(target, factor);
            }
        });
    }

    /// Adds `source` to `target` and keeps `source`.
    pub fn copy(&mut self, source: impl Into<Cell>, target: impl Into<Cell>) {
        let (source, target) = (source.into(), target.into());
        self.temps(|b, [t]| {
            b.pour(source, &[(target, 1), (t, 1)]);
            b.pour(t, &[(source, 1)]);
        });
    }

    /// Runs `nonzero` or `zero`, whichever describes the value of `wide`.
    ///
    /// The first loop ends on the value cell if that is zero and two cells to
    /// the right otherwise; the step right that follows lands on a raised flag
    /// in the first case and on a zero cell in the second.  Both bodies may
    /// change the value, and may branch on the same cell again.
    pub fn branch(&mut self, wide: Wide, nonzero: impl FnOnce(&mut Bf), zero: impl FnOnce(&mut Bf)) {
        let value = wide.0;
        let [flag, landing, end] = [1, 2, 3].map(|n| value.offset(n));
        self.add(flag, 1);
        self.go(value);
        self.emit('[', 1);
        self.add(flag, -1);
        nonzero(self);
        self.go(landing);
        self.emit(']', 1);
        self.at = value.0;
        self.go(flag);
        self.emit('[', 1);
        self.add(flag, -1);
        zero(self);
        self.go(end);
        self.emit(']', 1);
    }

    pub fn if_zero(&mut self, wide: Wide, body: impl FnOnce(&mut Bf)) {
        self.branch(wide, |_| {}, body);
    }

    pub fn if_nonzero(&mut self, wide: Wide, body: impl FnOnce(&mut Bf)) {
        self.branch(wide, body, |_| {});
    }

    /// Empties `source`, adding its quotient by `k` to `quotient` (if that is
    /// wanted) and its remainder to `remainder`, which must start as zero.
    pub fn divide(&mut self, source: impl Into<Cell>, k: i32, quotient: Option<Cell>, remainder: impl Into<Cell>) {
        let remainder = remainder.into();
        self.wides(|b, [countdown]| {
            b.add(countdown, k);
            b.drain(source, |b| {
                b.add(remainder, 1);
                b.add(countdown, -1);
                b.if_zero(countdown, |b| {
                    b.add(countdown, k);
                    b.add(remainder, -k);
                    if let Some(quotient) = quotient {
                        b.add(quotient, 1);
                    }
                });
            });
            b.clear(countdown);
        });
    }

    /// Runs `arm(b, i)` for the `i` that equals `selector`, if there is one
    /// below `arms`.  The selector is used up; an arm must not touch it.
    pub fn switch(&mut self, selector: Wide, arms: usize, mut arm: impl FnMut(&mut Bf, usize)) {
        for i in 0..arms {
            self.if_zero(selector, |b| arm(b, i));
            self.add(selector, -1);
        }
        self.clear(selector);
    }
}

/// Moving frames.
impl Bf {
    /// Declares that the frame starts `n` cells further right from now on.
    /// Nothing is emitted.
    pub fn rebase(&mut self, n: i32) {
        self.at -= n;
    }

    /// Moves the frame by `stride` as long as the `marker` of the current
    /// record is not zero.
    pub fn scan(&mut self, marker: Cell, stride: i32) {
        self.walk(marker, stride, |_| {});
    }

    /// Like [`Bf::scan`], with `body` run at each record that is left behind.
    pub fn walk(&mut self, marker: Cell, stride: i32, body: impl FnOnce(&mut Bf)) {
        self.while_(marker, |b| {
            body(b);
            b.go(marker.offset(stride));
            b.rebase(stride);
        });
    }

    /// The finished program: `title` as a comment, then the code in lines.
    pub fn finish(self, title: &str) -> String {
        const WIDTH: usize = 78;
        assert!(!title.contains(|c| "+-<>.,[]!#\n".contains(c)), "the title must be safe as a comment: {title}");
        let mut text = format!("{title}\n");
        for line in self.code.as_bytes().chunks(WIDTH) {
            text.extend(line.iter().map(|&byte| char::from(byte)));
            text.push('\n');
        }
        text
    }
}
