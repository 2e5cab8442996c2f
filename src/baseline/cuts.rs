//! Where code ends before the program does: brackets whose partners are left out, and the ways to what is left out.
//!
//! Whatever is left out is come to through a [`Link`](super::piece::Link). There, and where other pieces of code come in,
//! nothing is known of cells, and `rbx` is the tape pointer itself: see [`Translator::settle`]. The stack is as everywhere in
//! the program's own code, so one piece jumps to the other.

use std::ops::Range;

use dynasmrt::{DynamicLabel, DynasmApi, dynasm};

use super::HostFunction;
use super::notes::FRAME_WORDS;
use super::piece::{Entry, Place};
use super::translate::Translator;
use crate::ir::Kind;

/// Which loops and conditions have their bodies left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Apart {
    /// Those of at least so many operations.
    pub min_ops: u32,
}

impl Apart {
    /// Whether the body of the loop or condition with these ends is left out where this range, which has its head, is compiled.
    /// What is left out has at most half the operations, and so has what is left out in turn: however deep a nest, each of its
    /// operations is looked at a few times.
    pub fn leaves_out(self, range: &Range<u32>, head: u32, end: u32) -> bool {
        let ops = end - head;
        range.contains(&end) && ops >= self.min_ops && ops <= range.len() as u32 / 2
    }
}

/// A way out.
pub(super) struct Exit {
    label: DynamicLabel,
    /// The operation with which the program goes on.
    op: u32,
}

impl Translator<'_> {
    /// The code from here on, that of `op`, may be come to from elsewhere, if it does not begin another piece.
    pub(super) fn enter(&mut self, op: u32) {
        self.settle(0);
        self.forget();
        let offset = self.emitter.offset();
        if self.unit.has(op) || op as usize == self.unit.program.ops.len() {
            self.entries.push(Entry { op, offset });
        }
        let head = self.open.last().map(|open| open.head);
        if self.places.last().is_none_or(|last| last.head != head) {
            self.places.push(Place { offset, head });
        }
    }

    /// The same, where the range begins or a loop or condition ends whose head is left out.
    pub(super) fn come_out(&mut self, op: u32) {
        self.enter(op);
        self.outside.push(Entry { op, offset: self.emitter.offset() });
    }

    /// The label of a way out to `op`. The flags are kept on the way here.
    pub(super) fn exit_to(&mut self, op: u32) -> DynamicLabel {
        self.settle(0);
        let label = self.emitter.label();
        self.exits.push(Exit { label, op });
        label
    }

    /// The end of a loop whose head, at `start`, is left out.
    pub(super) fn end_without_head(&mut self, index: u32, start: u32) {
        let head = self.unit.program.ops[start as usize].kind;
        let Kind::Loop { cell, .. } = head else { unreachable!("{head:?} has the end of a loop") };
        self.settle(0);
        self.test(cell, false);
        self.settle(0);
        match self.unit.slotted.loops.binary_search_by_key(&start, |range| range.head) {
            Ok(slot) => {
                let behind = self.emitter.label();
                self.emitter.jump_if_zero(behind);
                self.jump_through(slot as u32);
                self.emitter.bind(behind);
            }
            Err(_) => {
                let is_here = start + 1 == self.unit.range.start;
                let again = if is_here { self.top } else { self.exit_to(start + 1) };
                self.emitter.jump_if_not_zero(again);
            }
        }
        self.come_out(index + 1);
    }

    /// The program goes on with `op`.
    pub(super) fn leave_for(&mut self, op: u32) {
        self.settle(0);
        let (number, target) = self.unit.links.add(op);
        dynasm!(self.emitter.asm
            ; .arch x64
            ; mov ecx, number as i32
            ; mov rax, QWORD target as i64
            ; jmp QWORD [rax]
        );
    }

    /// Emits the ways out that [`exit_to`](Translator::exit_to) has labels of.
    pub(super) fn emit_exits(&mut self) {
        for Exit { label, op } in std::mem::take(&mut self.exits) {
            self.emitter.bind(label);
            self.ahead = 0;
            self.leave_for(op);
        }
    }

    /// Emits what asks the host where a link leads, whose number is in `ecx`, and goes there. Its offset.
    pub(super) fn emit_asking(&mut self) -> u32 {
        let offset = self.emitter.offset();
        self.emitter.set_depth(FRAME_WORDS);
        dynasm!(self.emitter.asm; .arch x64; mov esi, ecx);
        self.emitter.call_host(HostFunction::Follow);
        dynasm!(self.emitter.asm; .arch x64; jmp rax);
        offset
    }
}
