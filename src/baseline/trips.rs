//! What a loop that goes far does at once where it comes to: see [`Kind::Hold`](crate::ir::Kind::Hold).

use dynasmrt::{DynasmApi, dynasm};

use super::rescans::{HELD, HELD_AT};
use super::translate::Translator;
use crate::ir::rescans::Use;

impl Translator<'_> {
    pub(super) fn hold(&mut self, cell: i32, unless: i32) {
        // From the second time on they are near enough: no address moves `rbx`.
        [cell, unless, 0].into_iter().for_each(|cell| _ = self.at(cell));
        let [at, unless, pointer] = [cell, unless, 0].map(|cell| self.at(cell));
        self.emitter.load(at);
        self.emitter.compare_with(unless, 0);
        dynasm!(self.emitter.asm
            ; .arch x64
            ; mov ecx, 0
            ; lea rdx, [rax - 1]
            ; cmove rcx, rdx
            ; mov [BYTE rsp + HELD], rcx
            ; lea rcx, [rbx + pointer]
            ; mov [BYTE rsp + HELD_AT], rcx
        );
        self.forget();
    }

    pub(super) fn release(&mut self, beyond: u32) {
        let pointer = self.at(0);
        let bytes = i64::from(beyond) * self.unit.program.width.bytes() as i64;
        dynasm!(self.emitter.asm
            ; .arch x64
            ; lea rcx, [rbx + pointer]
            ; sub rcx, [BYTE rsp + HELD_AT]
            ; mov rdx, QWORD bytes
            ; add rcx, rdx
            ; add rdx, rdx
            ; cmp rcx, rdx
            ; mov ecx, 0
            ; cmovbe rcx, [BYTE rsp + HELD]
            ; mov [BYTE rsp + HELD], rcx
        );
        self.forget();
    }

    pub(super) fn add_held(&mut self, index: u32, cell: i32, factor: u64) {
        let at = self.at(cell);
        let nothing = self.emitter.label();
        dynasm!(self.emitter.asm; .arch x64; mov rcx, [BYTE rsp + HELD]; test rcx, rcx);
        self.emitter.jump_if_zero(nothing);
        if factor != 1 {
            self.emitter.multiply_by(factor);
        }
        self.emitter.add_second(at);
        if let Use::Change(cell, cuts) = self.run_usage(index) {
            self.cut_runs(cell, cuts);
        }
        self.emitter.bind(nothing);
        self.forget();
    }
}
