//! Scans and walks in place: some steps one by one; where there is more to do, the routines of [`super::scan`] go on.

use dynasmrt::{DynasmApi, DynasmLabelApi as _, dynasm};

use super::scan::{self, Routines};
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
            None => self.steps_in_reach(at, step),
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
                self.find_by_blocks(scans, cell, stride, value);
                self.emitter.jump(found[0]);
            }
        }
        for &found in found[1..].iter().rev() {
            self.emitter.bind(found);
            self.emitter.advance(step);
        }
        self.emitter.bind(found[0]);
        self.forget();
    }

    /// Moves the pointer as one of the routines finds the next cell with the value.
    fn find_by_blocks(&mut self, routines: Routines, cell: i32, stride: i32, value: u64) {
        let width = self.unit.program.width;
        let (at, routine) = (self.at(cell), routines.towards(stride));
        self.emitter.broadcast(value);
        dynasm!(self.emitter.asm
            ; .arch x64
            ; lea rsi, [rbx + at]
            ; mov ecx, scan::pattern(stride, width) as i32
            ; mov edx, (stride.unsigned_abs() * width.bytes() as u32) as i32
            ; call =>routine
            ; lea rbx, [rax - at]
        );
    }

    /// Looks for the cell that `enter` makes 0, and adds `leave` and `enter` to those before it.
    pub(super) fn walk(&mut self, cell: i32, stride: i32, leave: i32, enter: i32) {
        let width = self.unit.program.width;
        let step = i64::from(stride) * width.bytes() as i64;
        let between = scan::between(leave, enter, width);
        let wrapped = |value: i32| i64::from(value) as u64 & width.mask();
        let (leave, enter) = (wrapped(leave), wrapped(enter));
        let at = self.at(cell);
        let [end, behind] = std::array::from_fn(|_| self.emitter.label());
        self.load(cell);
        self.test(cell, true);
        self.emitter.jump_if_zero(behind);
        let sought = enter.wrapping_neg() & width.mask();
        if between == 0 {
            self.emitter.add_value(at, leave);
            self.emitter.advance(step);
            self.find(cell, stride, sought);
        } else {
            let routines = self.walks.filter(|_| scan::is_blockwise_walk(stride, width));
            let steps = match routines {
                Some(_) => scan::SINGLE_STEPS,
                None => self.steps_in_reach(at, step),
            };
            // A single step moves the pointer; several leave it where it is, and their displacements grow.
            let (moves, grows) = if steps > 1 { (0, step) } else { (step, 0) };
            let found: Vec<_> = (0..steps).map(|_| self.emitter.label()).collect();
            let again = self.emitter.label();
            self.emitter.bind(again);
            for (number, &found) in (0..).zip(&found) {
                let [here, next] = [number, number + 1].map(|number| (i64::from(at) + number * grows) as i32);
                self.emitter.increase(leave);
                self.emitter.store(here);
                self.emitter.advance(moves);
                self.emitter.load(next);
                self.emitter.increase(enter);
                self.emitter.jump_if_zero(found);
            }
            self.emitter.advance(steps * grows);
            match routines {
                None => self.emitter.jump(again),
                Some(routines) => {
                    let summands = scan::summands(between, stride, width);
                    dynasm!(self.emitter.asm; .arch x64; mov rdi, QWORD summands as i64);
                    self.find_by_blocks(routines, cell, stride, sought);
                    self.emitter.jump(end);
                }
            }
            for &found in found.iter().rev() {
                self.emitter.bind(found);
                self.emitter.advance(grows);
            }
        }
        self.emitter.bind(end);
        if enter != 0 {
            self.emitter.set_value(at, 0);
        }
        self.emitter.bind(behind);
        self.forget();
    }

    /// How many steps are made one by one, from the displacement `at` on, before what makes them begins again.
    fn steps_in_reach(&self, at: i32, step: i64) -> i64 {
        // Else there is no room for the displacements.
        if i32::try_from(i64::from(at) + scan::UNROLLED_STEPS * step).is_ok() { scan::UNROLLED_STEPS } else { 1 }
    }
}
