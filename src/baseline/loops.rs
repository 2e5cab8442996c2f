//! Loops and conditions: their heads, their ends, and the slots through which heads lead.

use std::mem::offset_of;
use std::ops::Range;

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi as _, dynasm};

use super::emitter::Emitter;
use super::notes::FRAME_WORDS;
use super::piece::Place;
use super::translate::Translator;
use super::{HostFunction, io};
use crate::ir::Kind;
use crate::ir::branchless::Form;
use crate::ir::shifts;
use crate::runtime::sites;
use crate::runtime::slots::{Slot, Targets};

/// Emits what the code that counts jumps to: asks the host, and goes where the slot leads then. `ecx` is the slot's number;
/// `rax` is kept.
pub(super) fn emit_hot(emitter: &mut Emitter) -> DynamicLabel {
    let hot = emitter.label();
    emitter.begin_routine("count is up");
    emitter.set_depth(FRAME_WORDS);
    emitter.bind(hot);
    dynasm!(emitter.asm; .arch x64; push rax; push rcx);
    emitter.set_depth(FRAME_WORDS + 2);
    dynasm!(emitter.asm; .arch x64; mov esi, ecx);
    emitter.call_host(HostFunction::Hot);
    dynasm!(emitter.asm
        ; .arch x64
        ; pop rcx
        ; pop rax
    );
    emitter.set_depth(FRAME_WORDS);
    dynasm!(emitter.asm
        ; .arch x64
        ; lea rcx, [rcx + rcx * 2]
        ; jmp QWORD [r14 + rcx * 8]
    );
    hot
}

const _: () = assert!(size_of::<Slot>() == 3 * 8);

/// Where the slot's field at `field` is, from `r14`.
fn slot_field(slot: u32, field: usize) -> i32 {
    (slot as usize * size_of::<Slot>() + field) as i32
}

/// A loop with a slot.
pub(super) struct SlottedLoop {
    slot: u32,
    head: u32,
    site: u32,
    body: DynamicLabel,
    body_offset: u32,
    behind: DynamicLabel,
    ahead: i64,
}

/// A loop or condition whose end is still to come.
pub(super) struct Open {
    pub(super) head: u32,
    pub(super) cell: i32,
    /// Where the next iteration begins: at the slot, if there is one.
    pub(super) again: DynamicLabel,
    pub(super) behind: DynamicLabel,
    /// How far the pointer is ahead of `rbx` at the head, and behind the end.
    pub(super) ahead: i64,
    /// Whether the body begins with the cell's value in `rax`.
    pub(super) loads: bool,
    pub(super) io: io::Placement,
}

impl Translator<'_> {
    pub(super) fn begin(&mut self, index: u32, cell: i32, end: u32) {
        self.places.push(Place { offset: self.emitter.offset(), head: Some(index) });
        let entries = self.next_counter();
        let iterations = self.next_counter();
        self.count(entries);
        // Whether the body follows, and its end.
        let (has_end, is_apart) = (self.unit.has(end), self.unit.is_apart(index, end));
        let is_whole = has_end && !is_apart;
        // Nothing in the body is left out either.
        let is_together = is_whole && self.unit.apart.is_none_or(|apart| end - index < apart.min_ops);
        let is_loop = matches!(self.unit.program.ops[index as usize].kind, Kind::Loop { .. });
        if is_loop && is_together {
            self.carried = self.carrying(index, end);
        }
        let carries_tested = is_loop && self.carries_tested();
        let loads = is_whole && !carries_tested && self.begins_with_value(index, cell);
        self.test(cell, loads);
        let body = self.emitter.label();
        if is_apart {
            self.settle(0);
        }
        let behind = match self.skipped.take_if(|(head, _)| *head == index) {
            Some((_, behind)) => behind,
            None if has_end => self.emitter.label(),
            None => self.exit_to(end + 1),
        };
        self.emitter.jump_if_zero(behind);
        let slot = self.slot_of(index);
        if !is_apart {
            let io = self.io_placement(index);
            self.open.push(Open { head: index, cell, again: body, behind, ahead: self.ahead, loads, io });
        }
        if self.form(index) == Form::Shift && is_together {
            self.first_iteration(index..end, cell, loads);
            self.emitter.jump_if_zero(behind);
            self.assigns = true;
        }
        if is_loop && is_together {
            self.begin_runs(index, end);
        }
        if let Some(slot) = slot {
            let again = self.emitter.label();
            self.emitter.bind(again);
            let leaves_clearing = self.leaves_clearing();
            if let Some(open) = self.open.last_mut().filter(|open| !leaves_clearing && open.head == index) {
                open.again = again;
            }
            let site = self.emitter.offset();
            let is_open = self.unit.slotted.is_open;
            let instruction = if is_open { sites::opened(slot) } else { sites::CLOSED };
            self.emitter.asm.extend(&instruction);
            self.loops.push(SlottedLoop {
                slot,
                head: index,
                site,
                body,
                body_offset: self.emitter.offset(),
                behind,
                ahead: self.ahead,
            });
        }
        self.emitter.bind(body);
        if is_loop && self.carried.is_some() {
            self.begin_carrying(cell);
        }
        self.count(iterations);
        if is_apart {
            self.leave_for(index + 1);
            self.emitter.bind(behind);
            self.next = end + 1;
            return self.enter(end + 1);
        }
        if !is_whole {
            self.enter(index + 1);
        }
        self.begin_body(cell, loads);
    }

    /// The test at the end of a loop.
    pub(super) fn end(&mut self, open: &Open) {
        self.runs_around = None;
        if self.carried.is_some() {
            return self.end_carrying(open);
        }
        self.test(open.cell, open.loads);
        self.emitter.jump_if_not_zero(open.again);
        if self.leaves_clearing() {
            self.clear_left_behind(open.head);
            self.settle(open.ahead);
        }
        self.assigns = false;
    }

    /// Whether iterations leave to what is behind the loop to clear what they have shifted. Debuggers want to find everything
    /// in memory; nobody takes the loop over between such iterations.
    pub(super) fn leaves_clearing(&self) -> bool {
        self.assigns && self.emitter.notes.rows.is_none()
    }

    /// Behind a loop that shifts.
    fn clear_left_behind(&mut self, head: u32) {
        let Kind::Loop { end, .. } = self.unit.program.ops[head as usize].kind else { return };
        let body = head as usize + 1..end as usize;
        let first = self.unit.range.start as usize;
        let forms = &self.conditions[body.start - first..body.end - first];
        for cell in shifts::left_behind(&self.unit.program.ops[body], forms) {
            let at = self.at(cell);
            self.emitter.set_value(at, 0);
        }
    }

    /// What is known where the body of a loop or condition on `cell` begins.
    fn begin_body(&mut self, cell: i32, loads: bool) {
        self.forget();
        if loads {
            self.in_register = Some(self.key(cell));
        }
    }

    /// The first iteration of a loop on `cell` whose form is [`Form::Shift`], and the test behind it.
    fn first_iteration(&mut self, range: Range<u32>, cell: i32, loads: bool) {
        let ahead = self.ahead;
        self.begin_body(cell, loads);
        for index in range.start + 1..range.end {
            self.note(index);
            self.op(index);
        }
        self.settle(ahead);
        self.note(range.start);
        self.test(cell, loads);
    }

    /// The slot of the loop with this head; no loop before is asked about afterwards.
    fn slot_of(&mut self, head: u32) -> Option<u32> {
        let loops = self.unit.slotted.loops;
        self.next_slot += loops[self.next_slot..].iter().take_while(|range| range.head < head).count();
        loops.get(self.next_slot).filter(|range| range.head == head).map(|_| self.next_slot as u32)
    }

    /// Goes where the slot leads.
    pub(super) fn jump_through(&mut self, slot: u32) {
        dynasm!(self.emitter.asm; .arch x64; jmp QWORD [r14 + slot_field(slot, offset_of!(Slot, target))]);
    }

    /// The innermost loop or condition, at the end of its body.
    pub(super) fn close(&mut self) -> Open {
        let open = self.open.pop().expect("its head is among the operations");
        self.settle(open.ahead);
        open
    }

    pub(super) fn leave(&mut self, open: &Open) {
        self.emitter.bind(open.behind);
        self.ahead = open.ahead;
        self.forget();
        debug_assert!(matches!(self.unit.program.ops[open.head as usize].kind, Kind::Loop { .. } | Kind::If { .. }));
        let head = self.open.last().map(|outer| outer.head);
        self.places.push(Place { offset: self.emitter.offset(), head });
    }

    /// Emits what a slot may lead to beside the body.
    pub(super) fn emit_stubs(&mut self, number: usize) -> (u32, Targets) {
        let &SlottedLoop { slot, head, site, body, body_offset, behind, ahead } = &self.loops[number];
        let bytes = ahead * self.unit.program.width.bytes() as i64;
        let hot = self.hot;
        let counting = self.emitter.offset();
        self.places.push(Place { offset: counting, head: Some(head) });
        self.emitter.set_depth(FRAME_WORDS);
        self.emitter.notes.apart(counting, head, ahead);
        dynasm!(self.emitter.asm
            ; .arch x64
            ; sub DWORD [r14 + slot_field(slot, offset_of!(Slot, count))], 1
            ; jnz =>body
            ; mov ecx, slot as i32
            ; jmp =>hot
        );
        let calling = self.emitter.offset();
        self.emitter.advance(bytes);
        dynasm!(self.emitter.asm
            ; .arch x64
            ; mov rsi, rbx
            ; mov rdi, r12
            ; call QWORD [r14 + slot_field(slot, offset_of!(Slot, function))]
            ; mov rbx, rax
        );
        self.emitter.advance(-bytes);
        self.emitter.jump(behind);
        let [counting, body, site, calling] = [counting, body_offset, site, calling].map(|offset| offset as usize);
        (slot, Targets { counting, body, site, calling })
    }
}
