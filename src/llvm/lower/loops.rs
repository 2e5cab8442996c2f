//! Loops and conditions: blocks, the tests between them, and the pointer where they join.

use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::intrinsics::Intrinsic;
use inkwell::values::{IntValue, PhiValue, PointerValue};

use super::body::{Body, Home, Lowered};
use super::host;
use super::rescans::Runs;
use crate::ir::branchless::Form;
use crate::ir::{Kind, shifts};

/// A loop or condition whose end is still to come.
pub(super) struct Open<'ctx> {
    cell: i32,
    inside: BasicBlock<'ctx>,
    behind: BasicBlock<'ctx>,
    /// The block that tested the cell, and the pointer there.
    before: (BasicBlock<'ctx>, PointerValue<'ctx>),
    /// The same, where the first iteration stands apart: in front of that.
    before_first: Option<(BasicBlock<'ctx>, PointerValue<'ctx>)>,
    /// The pointer at the beginning of the body, where iterations differ.
    phi: Option<PhiValue<'ctx>>,
    /// The runs at the beginning of the body, and what they are merged from in a loop that has some.
    runs: Runs<'ctx>,
    run_phis: Vec<[PhiValue<'ctx>; 2]>,
    /// Whether input and output in the body are inline.
    pub(super) has_inline_io: bool,
}

impl<'ctx> Body<'_, 'ctx> {
    /// Branches to `inside` if the cell is not 0, to `behind` otherwise. The cell's value.
    pub(super) fn test(
        &self,
        cell: i32,
        inside: BasicBlock<'ctx>,
        behind: BasicBlock<'ctx>,
    ) -> Lowered<IntValue<'ctx>> {
        let value = self.load(cell)?;
        self.branch_on(value, inside, behind)?;
        Ok(value)
    }

    fn branch_on(&self, value: IntValue<'ctx>, inside: BasicBlock<'ctx>, behind: BasicBlock<'ctx>) -> Lowered<()> {
        let zero = value.get_type().const_zero();
        let done = self.builder.build_int_compare(IntPredicate::EQ, value, zero, self.name("zero"))?;
        self.builder.build_conditional_branch(done, behind, inside)?;
        Ok(())
    }

    pub(super) fn begin_loop(&mut self, index: u32, cell: i32, end: u32) -> Lowered<()> {
        let (mut before, mut at_head) = (self.current(), None);
        if let Home::Slot(_) = self.home {
            before = self.block(index, "loop", "");
            self.builder.build_unconditional_branch(before)?;
            self.builder.position_at_end(before);
            // Control comes here from the end as well.
            self.locate(index);
        } else {
            at_head = Some(self.pointer()?);
        }
        let is_shift = self.unit.conditions[index as usize] == Form::Shift;
        let first = at_head.filter(|_| is_shift).map(|pointer| (self.block(index, "loop", ".first"), pointer));
        let inside = self.block(index, "loop", ".body");
        let behind = self.block(index, "loop", ".end");
        let mut before_first = None;
        if let Some((first, pointer)) = first {
            before_first = Some((before, pointer));
            self.test(cell, first, behind)?;
            self.builder.position_at_end(first);
            for index in index + 1..end {
                self.locate(index);
                self.op(index)?;
            }
            self.locate(index);
            (before, at_head) = (self.current(), Some(self.pointer()?));
            self.assigns = true;
        }
        let tested = self.test(cell, inside, behind)?;
        self.builder.position_at_end(inside);
        let mut phi = None;
        if let (Some(pointer), true) = (at_head, self.unit.drifts[index as usize]) {
            let merged = self.builder.build_phi(pointer.get_type(), self.name("pointer"))?;
            merged.add_incoming(&[(&pointer, before)]);
            self.set_pointer(merged.as_basic_value().into_pointer_value())?;
            phi = Some(merged);
        }
        let run_phis = self.begin_runs((index, end), before)?;
        self.begin_carrying((index, end), before, tested)?;
        let before = (before, at_head.unwrap_or(self.state));
        let has_inline_io = host::has_inline_io(self.unit.program, index, end);
        let runs = self.runs.clone();
        self.open.push(Open { cell, inside, behind, before, before_first, phi, runs, run_phis, has_inline_io });
        Ok(())
    }

    pub(super) fn end_loop(&mut self, head: u32) -> Lowered<()> {
        let open = self.open.pop().expect("an end follows its head");
        let assigns = std::mem::take(&mut self.assigns);
        let latch = self.current();
        match self.home {
            Home::Slot(_) => {
                self.builder.build_unconditional_branch(open.before.0)?;
                self.builder.position_at_end(open.behind);
            }
            Home::Value(pointer) => {
                self.mark_loop()?;
                let (tested, exit) = if assigns {
                    (self.load(open.cell)?, Some(self.clear_left_behind(head, open.behind)?))
                } else {
                    self.end_carrying(head, open.cell, open.behind)?
                };
                self.branch_on(tested, open.inside, exit.unwrap_or(open.behind))?;
                let last = exit.unwrap_or(latch);
                self.end_runs(&open.run_phis, latch);
                self.builder.position_at_end(open.behind);
                match open.phi {
                    Some(phi) => {
                        phi.add_incoming(&[(&pointer, latch)]);
                        let incoming: Vec<_> =
                            open.before_first.into_iter().chain([open.before, (last, pointer)]).collect();
                        self.join(&incoming)?;
                    }
                    None => self.set_pointer(open.before.1)?,
                }
            }
        }
        Ok(())
    }

    /// A block on the way to `behind` the loop with its head at `index` that clears what its last iteration has shifted.
    fn clear_left_behind(&mut self, index: u32, behind: BasicBlock<'ctx>) -> Lowered<BasicBlock<'ctx>> {
        let latch = self.current();
        let exit = self.block(index, "loop", ".shifted");
        self.builder.position_at_end(exit);
        let ops = &self.unit.program.ops;
        if let Kind::Loop { end, .. } = ops[index as usize].kind {
            let body = index as usize + 1..end as usize;
            for cell in shifts::left_behind(&ops[body.clone()], &self.unit.conditions[body]) {
                self.set(cell, self.unit.cell_type().const_zero())?;
            }
        }
        self.builder.build_unconditional_branch(behind)?;
        self.builder.position_at_end(latch);
        Ok(exit)
    }

    /// Says of the loop that it has an effect, although no instruction will do anything.
    fn mark_loop(&self) -> Lowered<()> {
        if self.unit.options.marks_loops {
            let intrinsic = Intrinsic::find("llvm.sideeffect").expect("LLVM has it");
            let mark = intrinsic.get_declaration(self.unit.module, &[]).expect("it has no types to choose");
            self.builder.build_call(mark, &[], "")?;
        }
        Ok(())
    }

    pub(super) fn begin_if(&mut self, index: u32, cell: i32) -> Lowered<()> {
        let before = self.current();
        let pointer = match self.home {
            Home::Value(pointer) => pointer,
            Home::Slot(_) => self.state,
        };
        let inside = self.block(index, "if", ".body");
        let behind = self.block(index, "if", ".end");
        self.test(cell, inside, behind)?;
        self.builder.position_at_end(inside);
        let has_inline_io = self.open.last().is_some_and(|outer| outer.has_inline_io);
        self.open.push(Open {
            cell,
            inside,
            behind,
            before: (before, pointer),
            before_first: None,
            phi: None,
            runs: self.runs.clone(),
            run_phis: Vec::new(),
            has_inline_io,
        });
        Ok(())
    }

    pub(super) fn end_if(&mut self) -> Lowered<()> {
        let open = self.open.pop().expect("an end follows its head");
        let last = self.current();
        self.builder.build_unconditional_branch(open.behind)?;
        self.builder.position_at_end(open.behind);
        match self.home {
            Home::Value(pointer) if pointer != open.before.1 => self.join(&[open.before, (last, pointer)])?,
            Home::Value(_) | Home::Slot(_) => {}
        }
        self.join_runs(&open.runs, open.before.0, last)
    }

    /// Makes the pointer the one that belongs to the block that control comes from.
    pub(super) fn join(&mut self, incoming: &[(BasicBlock<'ctx>, PointerValue<'ctx>)]) -> Lowered<()> {
        let phi = self.builder.build_phi(self.state.get_type(), self.name("pointer"))?;
        for (block, pointer) in incoming {
            phi.add_incoming(&[(pointer, *block)]);
        }
        self.set_pointer(phi.as_basic_value().into_pointer_value())
    }
}
