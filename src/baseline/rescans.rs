//! Scans that remember runs of cells that are not 0: see [`crate::ir::rescans`].
//!
//! For each run of the loop there are two words on the stack: the address of its first cell, and how far behind that it ends, in
//! bytes.

use dynasmrt::{DynasmApi, DynasmLabelApi as _, dynasm};

use super::translate::Translator;
use crate::ir::rescans::{Cut, Cuts, MAX_RUNS, Rescanning, Scanned, Stride, Use};

/// How many words the runs take, and what is held, and where.
pub(super) const WORDS: usize = 2 * MAX_RUNS + 2;

/// Where the words are for what is held and for where the pointer was, from `rsp`.
pub(super) const HELD: i8 = 16 * MAX_RUNS as i8;
pub(super) const HELD_AT: i8 = HELD + 8;

/// A scan that ends with one of so many cells does without its run: to keep it would take longer.
const SHORT: i32 = 4;

/// Behind them, so many steps a scan makes one by one and comes into its run, or goes on as others do.
const STEPS: i32 = 2;

/// Where the words of a run are, from `rsp`.
fn words(run: usize) -> (i8, i8) {
    let first = run as i8 * 16;
    (first, first + 8)
}

impl Translator<'_> {
    /// If the loop with these ends, whose body follows, remembers runs: they are empty.
    pub(super) fn begin_runs(&mut self, head: u32, end: u32) {
        self.runs_around = Rescanning::of(self.unit.program, head, end);
        for run in 0..self.runs_around.as_ref().map_or(0, |around| around.runs) {
            let (_, length) = words(run);
            dynasm!(self.emitter.asm; .arch x64; mov QWORD [BYTE rsp + length], 0);
        }
    }

    /// What the operation at `index` has to do with runs.
    pub(super) fn run_usage(&self, index: u32) -> Use {
        self.runs_around.as_ref().map_or(Use::Nothing, |around| around.usage(index))
    }

    /// [`find`](Translator::find) for 0, with what the run spares.
    pub(super) fn scan_run(&mut self, cell: i32, stride: i32, Scanned { run, stride: lies }: Scanned) {
        let width = self.unit.program.width;
        let step = stride * width.bytes() as i32;
        let at = self.at(cell);
        let (first, length) = words(run);
        let [inside, found, general] = std::array::from_fn(|_| self.emitter.label());
        let short: [_; SHORT as usize] = std::array::from_fn(|_| self.emitter.label());
        let behind = short[0];
        for (number, &short) in (0..).zip(&short) {
            self.emitter.compare_with(at + number * step, 0);
            self.emitter.jump_if_zero(short);
        }
        // Where the run will begin if the scan goes right, or end if it goes left.
        let back = if stride > 0 { 0 } else { -step };
        dynasm!(self.emitter.asm; .arch x64; lea rdi, [rbx + at + back]);
        self.emitter.advance(i64::from(SHORT - 1) * i64::from(step));
        for _ in 0..STEPS {
            self.emitter.advance(step.into());
            dynasm!(self.emitter.asm
                ; .arch x64
                ; lea rax, [rbx + at]
                ; sub rax, [BYTE rsp + first]
                ; cmp rax, [BYTE rsp + length]
            );
            match lies {
                Stride::Same => dynasm!(self.emitter.asm; .arch x64; jb =>inside),
                Stride::Unknown(power) => {
                    let remainder = power as i32 * width.bytes() as i32 - 1;
                    dynasm!(self.emitter.asm; .arch x64; jae >outside; test eax, remainder; jz =>inside; outside:);
                }
            }
            self.emitter.compare_with(at, 0);
            self.emitter.jump_if_zero(found);
        }
        self.emitter.advance(step.into());
        self.emitter.jump(general);
        self.emitter.bind(inside);
        dynasm!(self.emitter.asm; .arch x64; mov rax, [BYTE rsp + first]);
        if stride > 0 {
            dynasm!(self.emitter.asm
                ; .arch x64
                ; cmp rdi, rax
                ; cmova rdi, rax
                ; add rax, [BYTE rsp + length]
                ; lea rbx, [rax - at]
            );
        } else {
            dynasm!(self.emitter.asm
                ; .arch x64
                ; mov rcx, [BYTE rsp + length]
                ; add rcx, rax
                ; cmp rdi, rcx
                ; cmovb rdi, rcx
                ; sub rax, back
                ; lea rbx, [rax - at]
            );
        }
        self.emitter.bind(general);
        // Behind a run there is mostly nothing more.
        self.find_after(1, cell, stride, 0);
        self.emitter.bind(found);
        dynasm!(self.emitter.asm; .arch x64; lea rax, [rbx + at]);
        if stride > 0 {
            dynasm!(self.emitter.asm; .arch x64; mov [BYTE rsp + first], rdi; sub rax, rdi; mov [BYTE rsp + length], rax);
        } else {
            dynasm!(self.emitter.asm
                ; .arch x64
                ; add rax, back
                ; mov [BYTE rsp + first], rax
                ; sub rdi, rax
                ; mov [BYTE rsp + length], rdi
            );
        }
        self.emitter.jump(behind);
        for &short in short[1..].iter().rev() {
            self.emitter.bind(short);
            self.emitter.advance(step.into());
        }
        self.emitter.bind(behind);
        self.forget();
    }

    /// The cell may have become 0.
    pub(super) fn cut_runs(&mut self, cell: i32, cuts: Cuts) {
        let behind = self.emitter.label();
        self.test(cell, false);
        self.emitter.jump_if_not_zero(behind);
        self.cut_runs_at_zero(cell, cuts);
        // The flags tell of the cell as before.
        dynasm!(self.emitter.asm; .arch x64; cmp ecx, ecx);
        self.emitter.bind(behind);
        self.in_flags = Some(self.key(cell));
    }

    /// The cell is 0.
    pub(super) fn cut_runs_at_zero(&mut self, cell: i32, cuts: Cuts) {
        let at = self.at(cell);
        for (run, cut) in cuts.into_iter().enumerate() {
            let (Some(cut), (first, length)) = (cut, words(run)) else { continue };
            dynasm!(self.emitter.asm
                ; .arch x64
                ; lea rcx, [rbx + at]
                ; sub rcx, [BYTE rsp + first]
                ; cmp rcx, [BYTE rsp + length]
                ; jae >outside
            );
            match cut {
                Cut::KeepLeft => dynasm!(self.emitter.asm; .arch x64; mov [BYTE rsp + length], rcx),
                Cut::KeepRight(stride) => {
                    let step = stride as i32 * self.unit.program.width.bytes() as i32;
                    dynasm!(self.emitter.asm
                        ; .arch x64
                        ; add rcx, step
                        ; add [BYTE rsp + first], rcx
                        ; sub [BYTE rsp + length], rcx
                    );
                }
                Cut::Empty => dynasm!(self.emitter.asm; .arch x64; mov QWORD [BYTE rsp + length], 0),
            }
            dynasm!(self.emitter.asm; .arch x64; outside:);
        }
        self.in_flags = None;
    }
}
