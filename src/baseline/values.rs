//! Additions, products and assignments, and which of the values they make stay in `rax`.
//!
//! A cell that was just written can be read again only some cycles later. So where an operation's result is the next that is wanted
//! in `rax`, it is made there and stored, instead of being made in the cell and loaded.

use dynasmrt::{DynasmApi, dynasm};

use super::emitter::Sign;
use super::translate::Translator;
use crate::ir::Kind;
use crate::ir::branchless::Form;

/// So many operations are looked at to find out whether a value is wanted again.
const MAX_AHEAD: u32 = 8;

impl Translator<'_> {
    /// `rax = cell`
    pub(super) fn load(&mut self, cell: i32) {
        let at = self.at(cell);
        if self.in_register != Some(self.key(cell)) {
            self.emitter.load(at);
            self.in_register = Some(self.key(cell));
        }
    }

    /// `cell += delta`
    pub(super) fn add_value(&mut self, index: u32, cell: i32, delta: u64) {
        if self.stays(index, cell) {
            self.load(cell);
            self.emitter.increase(delta);
            self.store(cell);
        } else {
            let at = self.at(cell);
            self.emitter.add_value(at, delta);
            self.changed(cell);
        }
        self.in_flags = Some(self.key(cell));
    }

    /// The assignment at `index`, and those behind it that go on with the next cell, as far as one store can do them. It faults
    /// with the same cell: the first that is not on the tape.
    pub(super) fn set_values(&mut self, index: u32, cell: i32, value: u64) {
        self.changed(cell);
        if self.stored.contains(&index) {
            return;
        }
        let at = self.at(cell);
        let width = self.unit.program.width;
        let most = 8 / width.bytes() as u32;
        let (mut values, mut best) = (value, (1, value));
        for number in 1..most {
            let next = index + number;
            let Some(Kind::Set { cell: other, value }) =
                self.unit.has(next).then(|| self.unit.program.ops[next as usize].kind)
            else {
                break;
            };
            if i64::from(other) != i64::from(cell) + i64::from(number) {
                break;
            }
            values |= value << (number * width.bits());
            let cells = number + 1;
            if cells.is_power_of_two() && (cells < most || i32::try_from(values as i64).is_ok()) {
                best = (cells, values);
            }
        }
        let (cells, values) = best;
        self.stored = index + 1..index + cells;
        match u64::from(cells) * width.bytes() {
            _ if cells == 1 => self.emitter.set_value(at, value),
            2 => dynasm!(self.emitter.asm; .arch x64; mov WORD [rbx + at], values as i16),
            4 => dynasm!(self.emitter.asm; .arch x64; mov DWORD [rbx + at], values as i32),
            _ => dynasm!(self.emitter.asm; .arch x64; mov QWORD [rbx + at], values as i32),
        }
    }

    /// `target += source * factor`
    pub(super) fn add_product(&mut self, index: u32, target: i32, source: i32, factor: u64) {
        let is_negative = factor == self.unit.program.width.mask();
        if target == source || !self.stays(index, target) {
            self.load(source);
            let at = self.at(target);
            match factor {
                1 => self.emitter.add(at),
                _ if is_negative => self.emitter.subtract(at),
                _ => match self.emitter.scale(factor) {
                    Sign::Plus => self.emitter.add_second(at),
                    Sign::Minus => self.emitter.subtract_second(at),
                },
            }
            self.changed(target);
        } else if self.in_register == Some(self.key(source)) && factor == 1 {
            let at = self.at(target);
            self.emitter.increase_by(at);
            self.store(target);
        } else {
            self.load(target);
            let at = self.at(source);
            match factor {
                1 => self.emitter.increase_by(at),
                _ if is_negative => self.emitter.decrease_by(at),
                _ => {
                    self.emitter.load_second(at);
                    self.emitter.multiply_by(factor);
                    self.emitter.increase_by_second();
                }
            }
            self.store(target);
        }
        self.in_flags = Some(self.key(target));
    }

    /// `target += left * right * factor`
    pub(super) fn add_product_of_two(&mut self, index: u32, target: i32, [left, right]: [i32; 2], factor: u64) {
        self.load(left);
        let at = self.at(right);
        self.emitter.load_second(at);
        self.emitter.multiply();
        if factor != 1 {
            self.emitter.multiply_by(factor);
        }
        if self.stays(index, target) {
            self.load(target);
            self.emitter.increase_by_second();
            self.store(target);
        } else {
            let at = self.at(target);
            self.emitter.add_second(at);
            self.changed(target);
        }
        self.in_flags = Some(self.key(target));
    }

    /// `target += min(source, most) * factor`
    pub(super) fn add_minimum(&mut self, target: i32, source: i32, most: u32, factor: u64) {
        self.load(source);
        self.emitter.minimum(most);
        let is_negative = factor == self.emitter.width.mask();
        if factor != 1 && !is_negative {
            self.emitter.multiply_by(factor);
        }
        if target == source {
            if is_negative {
                self.emitter.decrease_by_second();
            } else {
                self.emitter.increase_by_second();
            }
            self.store(target);
        } else {
            let at = self.at(target);
            if is_negative {
                self.emitter.subtract_second(at);
            } else {
                self.emitter.add_second(at);
            }
            self.changed(target);
        }
        self.in_flags = Some(self.key(target));
    }

    /// `target += source * factor`, but where `source` is 0 that is added to `source` itself, since `target` may lie off
    /// the tape.
    pub(super) fn add_product_unless_zero(&mut self, target: i32, source: i32, factor: u64) {
        self.test(source, true);
        let at = self.at(source);
        dynasm!(self.emitter.asm; .arch x64; lea rsi, [rbx + at]);
        let at = self.at(target);
        self.emitter.add_product_unless_zero(at, factor);
        self.changed(target);
        self.in_flags = None;
    }

    /// `target = source * factor`
    pub(super) fn set_product(&mut self, index: u32, target: i32, source: i32, factor: u64) {
        self.load(source);
        if factor == 1 {
            let at = self.at(target);
            self.emitter.store(at);
            self.changed(target);
        } else {
            self.emitter.product(factor);
            let at = self.at(target);
            self.emitter.store_second(at);
            self.changed(target);
            self.in_flags = None;
        }
        if self.stays(index, target) {
            if factor != 1 {
                dynasm!(self.emitter.asm; .arch x64; mov rax, rcx);
            }
            self.in_register = Some(self.key(target));
        }
    }

    /// `cell = rax`; the flags stay.
    fn store(&mut self, cell: i32) {
        let at = self.at(cell);
        self.emitter.store(at);
        self.changed(cell);
        self.in_register = Some(self.key(cell));
    }

    /// `cell` was written; the flags are as before.
    pub(super) fn changed(&mut self, cell: i32) {
        let key = Some(self.key(cell));
        if self.in_register == key {
            self.in_register = None;
        }
        if self.in_flags == key {
            self.in_flags = None;
        }
    }

    /// Whether the value that the operation at `index` gives to `cell` is to be in `rax` behind it.
    fn stays(&self, index: u32, cell: i32) -> bool {
        let wanted = |key: i64| self.wanted_at(index, key - self.ahead).unwrap_or(u32::MAX);
        self.in_register == Some(self.key(cell)) || wanted(self.key(cell)) < self.in_register.map_or(u32::MAX, wanted)
    }

    /// Which operation behind the one at `index` is better done with the value of a cell in `rax`, of those that come before
    /// something else is wanted there.
    fn wanted_at(&self, index: u32, mut key: i64) -> Option<u32> {
        let end = self.unit.range.end.min(index + 1 + MAX_AHEAD);
        for next in index + 1..end {
            let is_it = |cell: i32| i64::from(cell) == key;
            let is_wanted = match self.unit.program.ops[next as usize].kind {
                Kind::Add { cell, .. } if is_it(cell) => true,
                Kind::Set { cell, .. } if is_it(cell) => return None,
                Kind::Add { .. } | Kind::Set { .. } => continue,
                Kind::MulAdd { target, source, .. } => is_it(source) || is_it(target),
                Kind::MinAdd { source, .. } => is_it(source),
                Kind::Copy { source: read, .. } | Kind::Product { left: read, .. } | Kind::Output { cell: read } => {
                    is_it(read)
                }
                Kind::Move { delta } => {
                    key -= i64::from(delta);
                    continue;
                }
                Kind::If { .. } if self.form(next) != Form::Branch => continue,
                Kind::IfEnd { start } if self.unit.has(start) && self.form(start) != Form::Branch => continue,
                // Else the flags tell of it.
                Kind::If { cell, .. } | Kind::Loop { cell, .. } => {
                    is_it(cell) && (next > index + 1 || self.begins_with_value(next, cell))
                }
                Kind::LoopEnd { start } => match self.unit.program.ops[start as usize].kind {
                    Kind::Loop { cell, .. } => is_it(cell) && next > index + 1,
                    _ => false,
                },
                Kind::IfEnd { .. }
                | Kind::Scan { .. }
                | Kind::Walk { .. }
                | Kind::Count(_)
                | Kind::Divide { .. }
                | Kind::Ripple { .. }
                | Kind::Hold { .. }
                | Kind::AddHeld { .. }
                | Kind::Release { .. }
                | Kind::Input { .. }
                | Kind::Text { .. }
                | Kind::Dump { .. } => false,
            };
            return is_wanted.then_some(next);
        }
        None
    }

    /// Whether the body of the loop or condition on `cell` whose head is at `index` is better begun with its value in `rax`.
    pub(super) fn begins_with_value(&self, index: u32, cell: i32) -> bool {
        match self.unit.program.ops[index as usize + 1].kind {
            Kind::MulAdd { source: read, .. }
            | Kind::Copy { source: read, .. }
            | Kind::Product { left: read, .. }
            | Kind::MinAdd { source: read, .. }
            | Kind::Walk { cell: read, .. }
            | Kind::Output { cell: read } => read == cell,
            Kind::Add { cell: changed, .. } => changed == cell && self.wanted_at(index + 1, i64::from(cell)).is_some(),
            Kind::Set { .. }
            | Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. }
            | Kind::Loop { .. }
            | Kind::LoopEnd { .. }
            | Kind::If { .. }
            | Kind::IfEnd { .. } => false,
        }
    }
}
