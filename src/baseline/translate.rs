//! From operations to instructions, one by one.
//!
//! Moves are not carried out: they change by how much the tape pointer is ahead of `rbx`, which every address
//! takes into account. A loop's or condition's end brings the two back to the distance they had at its
//! head. What is known of `rax` and of the flags spares loads and tests; at every label nothing is known.
//!
//! It may be that operations are left out before and behind: see [`super::cuts`].

use std::ops::Range;
use std::sync::atomic::AtomicU64;

use dynasmrt::{DynamicLabel, DynasmApi, DynasmError, dynasm};

use super::cuts::{Apart, Exit};
use super::emitter::Emitter;
use super::io::{self, Detour};
use super::loops::{Open, SlottedLoop, emit_hot};
use super::notes::{FRAME_WORDS, Notes, SAVED, SCRATCH};
use super::piece::{Entry, Links, Place};
use super::scan::{self, Routines};
use super::{HostFunction, HostTable, Slotted};
use crate::dialect::Eof;
use crate::ir::branchless::{self, Form, form_around};
use crate::ir::carries::Carrying;
use crate::ir::count::Reload;
use crate::ir::rescans::{Rescanning, Use};
use crate::ir::shifts;
use crate::ir::{Kind, Program};
use crate::runtime::slots::Targets;
use crate::source::Source;

/// Cells are addressed from `rbx` up to this distance: there are displacements left around it.
const FAR_BYTES: i32 = 1 << 30;

/// What is compiled, and the addresses that go into the code.
pub(super) struct Unit<'a> {
    pub program: &'a Program,
    /// The operations that are compiled.
    pub range: Range<u32>,
    /// Which bodies in the range are left out, if any are.
    pub apart: Option<Apart>,
    pub source: &'a Source,
    pub eof: Eof,
    pub host: &'a HostTable,
    pub text: &'a [u8],
    pub slotted: Slotted<'a>,
    /// Ways out of the range are added to them.
    pub links: &'a Links,
    /// Two for each operation that is counted; none if nothing is.
    pub counters: &'a [AtomicU64],
}

impl Unit<'_> {
    /// Whether an operation is among those that are compiled.
    pub fn has(&self, index: u32) -> bool {
        self.range.contains(&index)
    }

    /// Whether the body of the loop or condition with these ends is left out, which are in the range.
    pub(super) fn is_apart(&self, head: u32, end: u32) -> bool {
        self.apart.is_some_and(|apart| apart.leaves_out(&self.range, head, end))
    }

    fn ops(&self) -> Range<usize> {
        self.range.start as usize..self.range.end as usize
    }
}

/// Code. That of the first operations of the program begins with its entry.
pub(super) struct Translated {
    pub bytes: Vec<u8>,
    /// The loops that its parts belong to.
    pub places: Vec<Place>,
    pub entries: Vec<Entry>,
    /// From these on, what stands around code outside of all loops in it is another loop.
    pub outside: Vec<Entry>,
    /// Where links lead whose way is not known, if there are any.
    pub asking: Option<u32>,
    /// For the slots of the loops in it, by number, as offsets.
    pub targets: Vec<(u32, Targets)>,
    /// How many operations were compiled.
    pub ops: usize,
    pub notes: Notes,
}

pub(super) fn translate(unit: &Unit<'_>, notes: Notes) -> Result<Translated, DynasmError> {
    let (is_first, is_last) = (unit.range.start == 0, unit.range.end as usize == unit.program.ops.len());
    let mut emitter = Emitter::new(unit.program.width, notes);
    let begin = emitter.label();
    if is_first {
        emitter.begin_routine("entry");
        emitter.jump(begin);
    }
    let [scans, walks] = scan::emit(&mut emitter, &unit.program.ops[unit.ops()], unit.program.width);
    let io = io::emit(&mut emitter, unit.eof);
    let hot = emit_hot(&mut emitter);
    emitter.bind(begin);
    let places = vec![Place { offset: emitter.offset(), head: None }];
    let next_slot = unit.slotted.loops.partition_point(|range| range.head < unit.range.start);
    let (first_link, top) = (unit.links.len(), emitter.label());
    let mut translator = Translator {
        unit,
        emitter,
        scans,
        walks,
        io,
        detours: Vec::new(),
        hot,
        ahead: 0,
        in_register: None,
        in_flags: None,
        open: Vec::new(),
        places,
        entries: Vec::new(),
        outside: Vec::new(),
        exits: Vec::new(),
        conditions: match unit.counters {
            [] => branchless::find(unit.program, unit.ops()),
            // Only a branch tells how often the body runs.
            _ => vec![Form::Branch; unit.range.len()],
        },
        assigns: false,
        stored: 0..0,
        skipped: None,
        runs_around: None,
        carried: None,
        top,
        next: unit.range.start,
        next_slot,
        loops: Vec::new(),
        counted: 0,
    };
    if is_first {
        translator.emit_entry();
    }
    translator.come_out(unit.range.start);
    translator.emitter.bind(top);
    let mut ops = 0;
    while translator.next < unit.range.end {
        let index = translator.next;
        translator.next += 1;
        translator.note(index);
        translator.op(index);
        ops += 1;
    }
    if is_last {
        translator.enter(unit.range.end);
        translator.emit_exit();
    } else {
        translator.leave_for(unit.range.end);
    }
    translator.emit_detours();
    translator.emit_exits();
    let targets = (0..translator.loops.len()).map(|number| translator.emit_stubs(number)).collect();
    let asking = (unit.links.len() > first_link).then(|| translator.emit_asking());
    let Translator { emitter: Emitter { asm, notes, .. }, places, entries, outside, .. } = translator;
    Ok(Translated { bytes: asm.finalize()?, places, entries, outside, asking, targets, ops, notes })
}

pub(super) struct Translator<'a> {
    pub(super) unit: &'a Unit<'a>,
    pub(super) emitter: Emitter,
    pub(super) scans: Option<Routines>,
    pub(super) walks: Option<Routines>,
    pub(super) io: io::Routines,
    pub(super) detours: Vec<Detour>,
    pub(super) hot: DynamicLabel,
    /// How many cells the pointer is ahead of `rbx`.
    pub(super) ahead: i64,
    /// The cell whose value is in `rax`, in cells from `rbx`.
    pub(super) in_register: Option<i64>,
    /// The cell of which the zero flag tells, in cells from `rbx`.
    pub(super) in_flags: Option<i64>,
    pub(super) open: Vec<Open>,
    pub(super) places: Vec<Place>,
    pub(super) entries: Vec<Entry>,
    pub(super) outside: Vec<Entry>,
    /// Ways out that stand behind the operations.
    pub(super) exits: Vec<Exit>,
    /// For each head of a condition.
    pub(super) conditions: Vec<Form>,
    /// Whether the operation is in a loop of the form [`Form::Shift`], behind its [first iteration](Translator::first_iteration).
    pub(super) assigns: bool,
    /// The operations that a store before them has done with.
    pub(super) stored: Range<u32>,
    /// A loop that comes next, and where the count before it goes on if there is nothing to count: behind the loop.
    pub(super) skipped: Option<(u32, DynamicLabel)>,
    /// The loop around the operation, if its scans remember runs.
    pub(super) runs_around: Option<Rescanning>,
    /// The same, if it carries values.
    pub(super) carried: Option<Carrying>,
    /// Behind the entry.
    pub(super) top: DynamicLabel,
    /// The next operation.
    pub(super) next: u32,
    /// The slot of the next loop that has one, or of one before.
    pub(super) next_slot: usize,
    /// The loops with slots so far.
    pub(super) loops: Vec<SlottedLoop>,
    /// How many counters are in use.
    counted: usize,
}

impl Translator<'_> {
    /// `r14` points at the slots. Calls need a stack aligned to 16 bytes.
    fn emit_entry(&mut self) {
        let (host, slots) = (self.unit.host.as_ptr() as i64, self.unit.slotted.slots as i64);
        self.emitter.set_depth(0);
        for (words, register) in (1..).zip(SAVED) {
            dynasm!(self.emitter.asm; .arch x64; push Rq(register));
            self.emitter.set_depth(words);
        }
        dynasm!(self.emitter.asm; .arch x64; sub rsp, 8 * (FRAME_WORDS - SAVED.len()) as i32);
        self.emitter.set_depth(FRAME_WORDS);
        dynasm!(self.emitter.asm
            ; .arch x64
            ; mov rbx, rsi
            ; mov r12, rdi
            ; mov r13, QWORD host
            ; mov r14, QWORD slots
        );
    }

    fn emit_exit(&mut self) {
        self.settle(0);
        dynasm!(self.emitter.asm
            ; .arch x64
            ; mov rax, rbx
            ; add rsp, 8 * (FRAME_WORDS - SAVED.len()) as i32
        );
        for (words, register) in SAVED.into_iter().enumerate().rev() {
            self.emitter.set_depth(words + 1);
            dynasm!(self.emitter.asm; .arch x64; pop Rq(register));
        }
        self.emitter.set_depth(0);
        dynasm!(self.emitter.asm; .arch x64; ret);
    }

    pub(super) fn op(&mut self, index: u32) {
        if self.carries(index) {
            return;
        }
        self.carry_out(index);
        match self.run_usage(index) {
            // That cuts runs itself, where it changes something.
            Use::Change(..) if matches!(self.unit.program.ops[index as usize].kind, Kind::AddHeld { .. }) => {}
            Use::Change(cell, cuts) => self.cut_runs(cell, cuts),
            Use::Clear(cell, cuts) => self.cut_runs_at_zero(cell, cuts),
            Use::Nothing | Use::Scan(_) => {}
        }
    }

    fn carry_out(&mut self, index: u32) {
        match self.unit.program.ops[index as usize].kind {
            Kind::Add { cell, delta } => self.add_value(index, cell, delta),
            Kind::Set { .. } if self.leaves_clearing() && self.is_clearing(index) => {}
            Kind::Set { cell, value } => self.set_values(index, cell, value),
            Kind::MulAdd { target, source, factor } => match self.form_around(index) {
                Form::Shift if self.assigns => self.set_product(index, target, source, factor),
                Form::Shift | Form::Redirected => self.add_product_unless_zero(target, source, factor),
                Form::Branch | Form::Always | Form::Behind { .. } => self.add_product(index, target, source, factor),
            },
            Kind::Copy { target, source, factor } => self.set_product(index, target, source, factor),
            Kind::Product { target, left, right, factor } => {
                self.add_product_of_two(index, target, [left, right], factor)
            }
            Kind::MinAdd { target, source, most, factor } => self.add_minimum(target, source, most, factor),
            Kind::Move { delta } => self.ahead += i64::from(delta),
            Kind::Scan { cell, stride } => self.counting_steps(index, cell, |this| match this.run_usage(index) {
                Use::Scan(scanned) => this.scan_run(cell, stride, scanned),
                Use::Nothing | Use::Change(..) | Use::Clear(..) => this.find(cell, stride, 0),
            }),
            Kind::Walk { cell, stride, leave, enter } => {
                self.counting_steps(index, cell, |this| this.walk(cell, stride, leave, enter));
            }
            Kind::Count(count) => match (self.form(index), count.reload) {
                (form @ (Form::Always | Form::Behind { .. } | Form::Redirected), Reload::Constant { period, .. }) => {
                    self.count_in_any_case(&count, period, form);
                }
                _ => self.count_at_once(index, &count),
            },
            Kind::Divide { cell, divisor, quotient, unless } => self.divide(cell, divisor, quotient, unless),
            Kind::Ripple { digit, stride, mark } => self.ripple(digit, stride, mark),
            Kind::Hold { cell, unless } => self.hold(cell, unless),
            Kind::Release { beyond } => self.release(beyond),
            Kind::AddHeld { cell, factor } => self.add_held(index, cell, factor),
            Kind::Input { cell } => self.input(index, cell),
            Kind::Output { cell } => self.output(index, cell),
            Kind::Text { start, len } => self.text(index, start, len),
            Kind::Dump { cell } => {
                let at = self.at(cell);
                let place = self.unit.source.position(self.unit.program.ops[index as usize].span.start);
                dynasm!(self.emitter.asm
                    ; .arch x64
                    ; lea rsi, [rbx + at]
                    ; mov edx, place.line as i32
                    ; mov ecx, place.column as i32
                );
                self.call(HostFunction::Dump);
            }
            Kind::Loop { cell, end } => self.begin(index, cell, end),
            Kind::LoopEnd { start } if !self.unit.has(start) => self.end_without_head(index, start),
            Kind::LoopEnd { .. } => {
                let open = self.close();
                self.end(&open);
                self.leave(&open);
            }
            Kind::If { cell, end } => match self.form(index) {
                Form::Branch => self.begin(index, cell, end),
                Form::Behind { access } => {
                    let at = self.at(access);
                    self.emitter.compare_with(at, 0);
                    self.in_flags = Some(self.key(access));
                }
                Form::Always | Form::Redirected | Form::Shift => {}
            },
            Kind::IfEnd { start } if !self.unit.has(start) => self.come_out(index + 1),
            Kind::IfEnd { start } => match self.form(start) {
                Form::Branch => {
                    let open = self.close();
                    self.leave(&open);
                }
                Form::Always | Form::Behind { .. } | Form::Redirected | Form::Shift => {}
            },
        }
    }

    /// The form of the condition with this head.
    pub(super) fn form(&self, head: u32) -> Form {
        self.conditions[(head - self.unit.range.start) as usize]
    }

    /// That of the condition of whose body this operation is the first.
    fn form_around(&self, index: u32) -> Form {
        let (ops, number) = (&self.unit.program.ops[self.unit.ops()], index - self.unit.range.start);
        form_around(ops, &self.conditions, number as usize)
    }

    /// Whether it clears what a loop shifts.
    fn is_clearing(&self, index: u32) -> bool {
        let (ops, number) = (&self.unit.program.ops[self.unit.ops()], index - self.unit.range.start);
        shifts::is_clearing(ops, &self.conditions, number as usize)
    }

    /// The operation at `index` begins.
    pub(super) fn note(&mut self, index: u32) {
        self.emitter.notes.begin(self.emitter.offset(), index, self.ahead);
    }

    /// How many cells `cell` is from `rbx`.
    pub(super) fn key(&self, cell: i32) -> i64 {
        self.ahead + i64::from(cell)
    }

    /// How many bytes `cell` is from `rbx`, which is moved where that is too far.
    pub(super) fn at(&mut self, cell: i32) -> i32 {
        let distance = self.key(cell) * self.unit.program.width.bytes() as i64;
        match i32::try_from(distance).ok().filter(|distance| distance.abs() <= FAR_BYTES) {
            Some(distance) => distance,
            None => {
                self.settle(-i64::from(cell));
                0
            }
        }
    }

    /// Moves `rbx` so that the pointer is `ahead` cells ahead of it; the flags stay.
    pub(super) fn settle(&mut self, ahead: i64) {
        let cells = self.ahead - ahead;
        self.emitter.advance(cells * self.unit.program.width.bytes() as i64);
        for known in [&mut self.in_register, &mut self.in_flags] {
            *known = known.map(|key| key - cells);
        }
        self.ahead = ahead;
        self.emitter.notes.moved(self.emitter.offset(), ahead);
    }

    /// Nothing is known any more.
    pub(super) fn forget(&mut self) {
        self.in_register = None;
        self.in_flags = None;
    }

    fn call(&mut self, function: HostFunction) {
        self.emitter.call_host(function);
        self.forget();
    }

    /// The zero flag tells of `cell`; with `loads`, its value is in `rax`.
    pub(super) fn test(&mut self, cell: i32, loads: bool) {
        let at = self.at(cell);
        let key = Some(self.key(cell));
        if loads {
            self.load(cell);
        }
        if self.in_flags == key {
        } else if self.in_register == key {
            self.emitter.test();
        } else {
            self.emitter.compare_with(at, 0);
        }
    }

    /// The next counter, if there are any.
    pub(super) fn next_counter(&mut self) -> Option<*const AtomicU64> {
        let counter = self.unit.counters.get(self.counted)?;
        self.counted += 1;
        Some(std::ptr::from_ref(counter))
    }

    /// `counter += 1`
    pub(super) fn count(&mut self, counter: Option<*const AtomicU64>) {
        if let Some(counter) = counter {
            dynasm!(self.emitter.asm; .arch x64; mov rcx, QWORD counter as i64; inc QWORD [rcx]);
            self.in_flags = None;
        }
    }

    /// Emits `steps`, which move the pointer from `cell` on, and counts by how many bytes.
    fn counting_steps(&mut self, index: u32, cell: i32, steps: impl FnOnce(&mut Self)) {
        let (Some(entries), Some(moved)) = (self.next_counter(), self.next_counter()) else { return steps(self) };
        self.places.push(Place { offset: self.emitter.offset(), head: Some(index) });
        self.count(Some(entries));
        // So that nothing else moves `rbx` on the way.
        self.at(cell);
        dynasm!(self.emitter.asm; .arch x64; mov [BYTE rsp + SCRATCH], rbx);
        steps(self);
        dynasm!(self.emitter.asm
            ; .arch x64
            ; mov rax, rbx
            ; sub rax, [BYTE rsp + SCRATCH]
            ; mov rcx, QWORD moved as i64
            ; add [rcx], rax
        );
        let head = self.open.last().map(|outer| outer.head);
        self.places.push(Place { offset: self.emitter.offset(), head });
    }
}
