//! Scans and walks in place: some steps one by one; where there is more to do, the routines of [`super::scan`] go on.

use dynasmrt::{DynasmApi, DynasmLabelApi as _, dynasm};

use super::scan;
use super::translate::Translator;

impl Translator<'_> {
    /// `while tape[ptr + cell] != value { ptr += stride }`: looks at some cells one by one; then a routine looks
    /// at the others by blocks, or it begins again.
    pub(super) fn find(&mut self, cell: i32, stride: i32, value: u64) {
        self.find_after(scan::SINGLE_STEPS, cell, stride, value);
    }

    /// The same, where so many cells are looked at before the routine goes on.
    pub(super) fn find_after(&mut self, single_steps: i64, cell: i32, stride: i32, value: u64) {
        let width = self.unit.program.width;
        let step = i64::from(stride) * width.bytes() as i64;
        let at = self.at(cell);
        let routine = self.scans.filter(|_| scan::is_blockwise(stride, width));
        let steps = match routine {
            Some(_) => single_steps,
            // Else there is no room for the displacements.
            None if i32::try_from(i64::from(at) + scan::UNROLLED_STEPS * step).is_ok() => scan::UNROLLED_STEPS,
            None => 1,
        };
        let found: Vec<_> = (0..steps).map(|_| self.emitter.label()).collect();
        let again = self.emitter.label();
        self.emitter.bind(again);
        for (number, &found) in (0..).zip(&found) {
            self.emitter.compare_with((i64::from(at) + number * step) as i32, value);
            self.emitter.jump_if_zero(found);
        }
        self.emitter.advance(steps * step);
        match routine {
            None => self.emitter.jump(again),
            Some(scans) => {
                let function = if stride > 0 { scans.right } else { scans.left };
                self.emitter.broadcast(value);
                dynasm!(self.emitter.asm
                    ; .arch x64
                    ; lea rsi, [rbx + at]
                    ; mov ecx, scan::pattern(stride, width) as i32
                    ; mov edx, step.unsigned_abs() as i32
                    ; call =>function
                    ; lea rbx, [rax - at]
                    ; jmp =>found[0]
                );
            }
        }
        for &found in found[1..].iter().rev() {
            self.emitter.bind(found);
            self.emitter.advance(step);
        }
        self.emitter.bind(found[0]);
        self.forget();
    }

    pub(super) fn walk(&mut self, cell: i32, stride: i32, leave: i32, enter: i32) {
        let width = self.unit.program.width;
        let step = i64::from(stride) * width.bytes() as i64;
        let wrapped = |value: i32| i64::from(value) as u64 & width.mask();
        let (leave, enter) = (wrapped(leave), wrapped(enter));
        let at = self.at(cell);
        let (again, behind) = (self.emitter.label(), self.emitter.label());
        self.load(cell);
        self.test(cell, true);
        self.emitter.jump_if_zero(behind);
        if leave.wrapping_add(enter) & width.mask() == 0 {
            // The cells in between stay as they are: it looks for the one that what enters makes 0.
            self.emitter.add_value(at, leave);
            self.emitter.advance(step);
            self.find(cell, stride, leave);
            self.emitter.set_value(at, 0);
        } else {
            self.emitter.bind(again);
            self.emitter.increase(leave);
            self.emitter.store(at);
            self.emitter.advance(step);
            self.emitter.load(at);
            self.emitter.increase(enter);
            self.emitter.jump_if_not_zero(again);
            self.emitter.store(at);
        }
        self.emitter.bind(behind);
        self.forget();
    }
}
