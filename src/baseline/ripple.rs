//! The operation that counts in binary: the pointer goes along the digits, and comes back.

use dynasmrt::{DynasmApi, DynasmLabelApi as _, dynasm};

use super::translate::Translator;
use crate::ir::Kind;

impl Translator<'_> {
    pub(super) fn ripple(&mut self, digit: i32, stride: i8, mark: i8) {
        let cells = [digit - i32::from(stride), digit, digit + i32::from(mark)];
        // From the second time on the cells are near enough: no address moves `rbx`.
        cells.iter().for_each(|&cell| _ = self.at(cell));
        let [before, at, mark] = cells.map(|cell| self.at(cell));
        let [again, end, behind] = std::array::from_fn(|_| self.emitter.label());
        self.emitter.compare_with(before, 0);
        self.emitter.jump_if_not_zero(behind);
        dynasm!(self.emitter.asm; .arch x64; mov rsi, rbx; mov ecx, Kind::RIPPLE_DIGITS as i32);
        self.emitter.bind(again);
        self.emitter.compare_with(at, 1);
        dynasm!(self.emitter.asm; .arch x64; ja =>end);
        self.emitter.compare_with(mark, 0);
        self.emitter.jump_if_not_zero(end);
        self.emitter.set_value(at, 1);
        self.emitter.advance(i64::from(stride) * self.unit.program.width.bytes() as i64);
        dynasm!(self.emitter.asm; .arch x64; dec ecx; jnz =>again);
        self.emitter.bind(end);
        dynasm!(self.emitter.asm; .arch x64; mov rbx, rsi);
        self.emitter.bind(behind);
        self.forget();
    }
}
