//! What a loop that goes far holds back, and adds where it comes to: see [`Kind::Hold`](crate::ir::Kind::Hold).

use dynasmrt::{DynasmApi, dynasm};

use super::rescans::HELD;
use super::translate::Translator;

impl Translator<'_> {
    pub(super) fn hold(&mut self, cell: i32, unless: i32) {
        // From the second time on the cells are near enough: no address moves `rbx`.
        [cell, unless].into_iter().for_each(|cell| _ = self.at(cell));
        let (at, unless) = (self.at(cell), self.at(unless));
        self.emitter.load(at);
        self.emitter.compare_with(unless, 0);
        dynasm!(self.emitter.asm
            ; .arch x64
            ; mov ecx, 0
            ; lea rdx, [rax - 1]
            ; cmove rcx, rdx
            ; mov [BYTE rsp + HELD], rcx
        );
        self.emitter.subtract_second(at);
        self.forget();
    }

    pub(super) fn add_held(&mut self, cell: i32, factor: u64) {
        let at = self.at(cell);
        dynasm!(self.emitter.asm; .arch x64; mov rcx, [BYTE rsp + HELD]);
        if factor != 1 {
            self.emitter.multiply_by(factor);
        }
        self.emitter.add_second(at);
        self.forget();
    }
}
