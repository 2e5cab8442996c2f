//! Loops whose values move along with the pointer, in registers: see [`crate::ir::carries`].
//!
//! From `r8` on, a register for each stream holds what is to be added to its cell; that of the cell which the loop tests
//! holds all of the value from the test on.

use dynasmrt::x64::Rq;
use dynasmrt::{DynasmApi, dynasm};

use super::loops::Open;
use super::translate::Translator;
use crate::ir::branchless::Form;
use crate::ir::carries::{Carrying, MAX_STREAMS, Stream, Use};
use crate::ir::{Kind, Op};

/// The register of each stream. No other operation in such loops uses them.
const REGISTERS: [Rq; MAX_STREAMS] = [Rq::R8, Rq::R9, Rq::R10, Rq::R11];

impl Translator<'_> {
    /// The streams of the loop with these ends, whose code is here as a whole. Debuggers want to find everything in memory,
    /// and where the code counts, conditions are counted too.
    pub(super) fn carrying(&self, head: u32, end: u32) -> Option<Carrying> {
        let is_plain = self.unit.counters.is_empty() && self.emitter.notes.rows.is_none();
        let is_repeated = self.form(head) == Form::Shift;
        if is_plain && !is_repeated { Carrying::of(self.unit.program, head, end) } else { None }
    }

    /// Whether the loop around the operation carries the cell that it tests.
    pub(super) fn carries_tested(&self) -> bool {
        self.carried.as_ref().is_some_and(|carried| carried.streams.iter().any(|stream| stream.is_tested))
    }

    /// In front of the first iteration of a loop on `cell` nothing is carried. Those that follow are not counted, and nobody takes
    /// the loop over between them: the slot is in front of it.
    pub(super) fn begin_carrying(&mut self, cell: i32) {
        let at = self.at(cell);
        for (register, stream) in REGISTERS.into_iter().zip(self.streams()) {
            if stream.is_tested {
                self.emitter.load_carried(register, at);
            } else {
                self.emitter.clear_carried(register);
            }
        }
        let again = self.emitter.label();
        self.emitter.bind(again);
        self.open.last_mut().expect("the loop has begun").again = again;
    }

    fn streams(&self) -> Vec<Stream> {
        self.carried.as_ref().map_or(Vec::new(), |carried| carried.streams.clone())
    }

    /// Does what the operation at `index` has to do with streams, if it has: then nothing else is to be done.
    pub(super) fn carries(&mut self, index: u32) -> bool {
        let Some(carried) = &self.carried else { return false };
        let Op { kind, .. } = self.unit.program.ops[index as usize];
        match (carried.usage(index), kind) {
            (Use::Nothing, _) => return false,
            (Use::Add(number), Kind::Add { delta, .. }) => self.emitter.increase_carried(REGISTERS[number], delta),
            (Use::Transfer(number), Kind::If { cell, .. } | Kind::MulAdd { source: cell, .. }) => {
                let Stream { is_tested, .. } = carried.streams[number];
                self.carry_on(REGISTERS[number], is_tested, cell);
            }
            (Use::Done, _) => {}
            (usage @ (Use::Add(_) | Use::Transfer(_)), _) => unreachable!("{kind:?} is no {usage:?}"),
        }
        true
    }

    /// All of the cell's value is carried from now on, and was before where the loop tests it.
    fn carry_on(&mut self, register: Rq, is_tested: bool, cell: i32) {
        let at = self.at(cell);
        if !is_tested {
            self.emitter.increase_carried_by(register, at);
            self.in_flags = None;
        }
        self.emitter.set_value(at, 0);
        self.changed(cell);
    }

    /// The end of a loop that carries: the test, and behind it what is carried becomes part of the cells.
    pub(super) fn end_carrying(&mut self, open: &Open) {
        let streams = self.streams();
        match streams.iter().position(|stream| stream.is_tested) {
            None => self.test(open.cell, open.loads),
            Some(number) => {
                let at = self.at(open.cell);
                self.emitter.increase_carried_by(REGISTERS[number], at);
            }
        }
        self.emitter.jump_if_not_zero(open.again);
        for (register, stream) in REGISTERS.into_iter().zip(streams) {
            let at = self.at(stream.cell);
            if stream.is_tested {
                self.emitter.set_value(at, 0);
            } else if stream.is_sure {
                self.emitter.add_carried(register, at);
            } else {
                self.add_carried_unless_zero(register, open.cell, stream.cell);
            }
        }
        self.settle(open.ahead);
        self.carried = None;
    }

    /// `cell += register`, but where that is 0 it is added to the cell that the loop tests, since `cell` may lie off the tape.
    fn add_carried_unless_zero(&mut self, register: Rq, tested: i32, cell: i32) {
        let at = self.at(tested);
        dynasm!(self.emitter.asm; .arch x64; lea rsi, [rbx + at]);
        let at = self.at(cell);
        self.emitter.add_carried_unless_zero(register, at);
    }
}
