//! Loops whose values move along with the pointer, which are carried as values: see [`crate::ir::carries`].

use inkwell::basic_block::BasicBlock;
use inkwell::values::{IntValue, PhiValue};

use super::body::{Body, Lowered};
use super::{SSA_LIMITS, Style};
use crate::ir::branchless::Form;
use crate::ir::carries::{self, Carrying, Use};
use crate::ir::{Kind, Op};

/// The loop that is lowered, if it carries values. Conditions in it change none of them.
pub(super) struct Carried<'ctx> {
    /// What its operations have to do with them.
    around: Carrying,
    /// For each stream, what is to be added to its cell; for the one that the loop tests, all of its value from the test on.
    values: Vec<IntValue<'ctx>>,
    /// The same at the beginning of the body.
    phis: Vec<PhiValue<'ctx>>,
}

// They are lowered in one piece.
const _: () = assert!(carries::MAX_OPS < SSA_LIMITS.loop_ops as usize && SSA_LIMITS.loop_ops <= SSA_LIMITS.stretch_ops);

impl<'ctx> Body<'_, 'ctx> {
    /// At the beginning of the body of the loop with these ends, which is come to from `before`, where the cell that it tests had
    /// this value: nothing is carried. Debug information changes no code: in such loops debuggers
    /// find in the cells what has been written so far.
    pub(super) fn begin_carrying(
        &mut self,
        (head, end): (u32, u32),
        before: BasicBlock<'ctx>,
        tested: IntValue<'ctx>,
    ) -> Lowered<()> {
        let is_repeated = self.unit.conditions[head as usize] == Form::Shift;
        if self.unit.options.style == Style::Literal || is_repeated {
            return Ok(());
        }
        let Some(around) = Carrying::of(self.unit.program, head, end) else { return Ok(()) };
        let zero = self.unit.cell_type().const_zero();
        let mut phis = Vec::new();
        for stream in &around.streams {
            let phi = self.builder.build_phi(self.unit.cell_type(), self.name("carried"))?;
            phi.add_incoming(&[(if stream.is_tested { &tested } else { &zero }, before)]);
            phis.push(phi);
        }
        let values = phis.iter().map(|phi| phi.as_basic_value().into_int_value()).collect();
        self.carried = Some(Carried { around, values, phis });
        Ok(())
    }

    /// Does what the operation at `index` has to do with streams, if it has: then nothing else is to be done.
    pub(super) fn carries(&mut self, index: u32) -> Lowered<bool> {
        let Some(mut carried) = self.carried.take() else { return Ok(false) };
        let is_done = self.carry_on(&mut carried, index)?;
        self.carried = Some(carried);
        Ok(is_done)
    }

    fn carry_on(&self, carried: &mut Carried<'ctx>, index: u32) -> Lowered<bool> {
        let Op { kind, .. } = self.unit.program.ops[index as usize];
        match (carried.around.usage(index), kind) {
            (Use::Nothing, _) => return Ok(false),
            (Use::Add(number), Kind::Add { delta, .. }) => {
                let delta = self.unit.cell_type().const_int(delta, false);
                let sum = self.builder.build_int_add(carried.values[number], delta, self.name("sum"))?;
                carried.values[number] = sum;
            }
            (Use::Transfer(number), Kind::If { cell, .. } | Kind::MulAdd { source: cell, .. }) => {
                if !carried.around.streams[number].is_tested {
                    self.add_cell(carried, number, cell)?;
                }
                self.set(cell, self.unit.cell_type().const_zero())?;
            }
            (Use::Done, _) => {}
            (usage @ (Use::Add(_) | Use::Transfer(_)), _) => unreachable!("{kind:?} is no {usage:?}"),
        }
        Ok(true)
    }

    /// Adds the value of `cell` to what is carried.
    fn add_cell(&self, carried: &mut Carried<'ctx>, number: usize, cell: i32) -> Lowered<()> {
        let value = self.load(cell)?;
        carried.values[number] = self.builder.build_int_add(value, carried.values[number], self.name("sum"))?;
        Ok(())
    }

    /// The end of the loop on `cell` with its head at `index`, in front of the test: the value that is tested, and the block that
    /// leads to `behind` where that is 0, if it has one.
    pub(super) fn end_carrying(
        &mut self,
        index: u32,
        cell: i32,
        behind: BasicBlock<'ctx>,
    ) -> Lowered<(IntValue<'ctx>, Option<BasicBlock<'ctx>>)> {
        let Some(mut carried) = self.carried.take() else { return Ok((self.load(cell)?, None)) };
        let value = match carried.around.streams.iter().position(|stream| stream.is_tested) {
            Some(number) => {
                self.add_cell(&mut carried, number, cell)?;
                carried.values[number]
            }
            None => self.load(cell)?,
        };
        let latch = self.current();
        for (phi, value) in std::iter::zip(&carried.phis, &carried.values) {
            phi.add_incoming(&[(value, latch)]);
        }
        let exit = self.block(index, "loop", ".carried");
        self.builder.position_at_end(exit);
        self.write_carried(&carried, cell)?;
        self.builder.build_unconditional_branch(behind)?;
        self.builder.position_at_end(latch);
        Ok((value, Some(exit)))
    }

    /// Behind a loop on `cell`, what was carried becomes part of the cells.
    fn write_carried(&self, carried: &Carried<'ctx>, cell: i32) -> Lowered<()> {
        for (stream, &value) in std::iter::zip(&carried.around.streams, &carried.values) {
            if stream.is_tested {
                self.set(cell, self.unit.cell_type().const_zero())?;
            } else if stream.is_sure {
                self.add(stream.cell, value)?;
            } else {
                self.add_unless_zero(self.address(stream.cell)?, self.address(cell)?, value, value)?;
            }
        }
        Ok(())
    }
}
