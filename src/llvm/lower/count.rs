//! The operation that counts two cells together.

use inkwell::IntPredicate;
use inkwell::builder::BuilderError;
use inkwell::values::IntValue;

use super::body::{Body, Lowered};
use crate::ir::branchless::Form;
use crate::ir::count::{Count, Direction, Reload};

impl<'ctx> Body<'_, 'ctx> {
    /// Tests whether there is something to do, cell by cell; computes how much, with a division if the phase is
    /// reloaded; and changes the cells.
    pub(super) fn count(&self, index: u32, count: &Count) -> Lowered<()> {
        let constant = |value: i64| self.unit.cell_type().const_int(value as u64, true);
        let (zero, turn) = (constant(0), constant(count.turn.into()));
        let behind = self.block(index, "count", ".end");
        let unless = |is_over: IntValue<'ctx>| {
            let next = self.block(index, "count", "");
            self.builder.build_conditional_branch(is_over, behind, next)?;
            self.builder.position_at_end(next);
            Ok::<(), BuilderError>(())
        };
        let difference = |from: IntValue<'ctx>, value| self.builder.build_int_sub(from, value, self.name("difference"));
        let is = |predicate, left, right| self.builder.build_int_compare(predicate, left, right, self.name("is"));

        let counter = self.load(count.counter)?;
        let wanted = match count.reload {
            Reload::Never { left_over } => difference(counter, constant(left_over.into()))?,
            Reload::Constant { .. } | Reload::Cell { .. } | Reload::Complement { .. } => counter,
        };
        unless(is(IntPredicate::EQ, wanted, zero)?)?;
        let phase = self.load(count.cell(count.phase))?;
        let left = match count.direction {
            Direction::Down => difference(phase, turn)?,
            Direction::Up => difference(turn, phase)?,
        };
        let mut complement_period = zero;
        if let Reload::Complement { cell, offset, except, .. } = count.reload {
            let sum = self.builder.build_int_add(phase, self.load(count.cell(cell))?, self.name("sum"))?;
            complement_period = self.builder.build_int_add(sum, constant(offset.into()), self.name("period"))?;
            if let Some(except) = except {
                unless(is(IntPredicate::EQ, complement_period, constant(except.into()))?)?;
            }
        }
        if count.waits() {
            unless(is(IntPredicate::EQ, left, zero)?)?;
        }
        for cell in count.zero_cells() {
            unless(is(IntPredicate::NE, self.load(cell)?, zero)?)?;
        }
        let is_short = is(IntPredicate::ULE, wanted, left)?;
        let rest = difference(left, wanted)?;
        if let Reload::Never { .. } = count.reload {
            let done = self.builder.build_select(is_short, wanted, left, self.name("done"))?.into_int_value();
            self.finish_count(index, count, done, difference(zero, done)?)?;
        } else {
            let (before, reloads) = (self.current(), self.block(index, "count", ".reload"));
            let finish = self.block(index, "count", ".change");
            self.builder.build_conditional_branch(is_short, finish, reloads)?;
            self.builder.position_at_end(reloads);
            let period = match count.reload {
                Reload::Never { .. } | Reload::Complement { .. } => complement_period,
                Reload::Constant { period, .. } => constant(period.into()),
                Reload::Cell { cell } => self.load(count.cell(cell))?,
            };
            // The largest value does for 2^w: fewer iterations than that are left.
            let is_whole = is(IntPredicate::EQ, period, zero)?;
            let divisor = self.builder.build_select(is_whole, constant(-1), period, self.name("divisor"))?;
            let over = difference(wanted, left)?;
            let quotient = self.builder.build_int_unsigned_div(
                difference(over, constant(1))?,
                divisor.into_int_value(),
                self.name("quotient"),
            )?;
            let reloaded = self.builder.build_int_add(quotient, constant(1), self.name("reloads"))?;
            if let Some(carry) = count.carry {
                self.add(count.cell(carry.get()), self.counted(count, reloaded)?)?;
            }
            let counted = self.builder.build_int_mul(period, reloaded, self.name("counted"))?;
            let reloaded_rest = difference(counted, over)?;
            self.builder.build_unconditional_branch(finish)?;
            self.builder.position_at_end(finish);
            let merged = self.builder.build_phi(zero.get_type(), self.name("left"))?;
            merged.add_incoming(&[(&rest, before), (&reloaded_rest, reloads)]);
            if let Some(cell) = count.others() {
                let merged = self.builder.build_phi(zero.get_type(), self.name("reloads"))?;
                merged.add_incoming(&[(&zero, before), (&reloaded, reloads)]);
                let others = difference(wanted, merged.as_basic_value().into_int_value())?;
                self.add_if_any(index, cell, self.counted(count, others)?)?;
            }
            let change = difference(merged.as_basic_value().into_int_value(), left)?;
            self.finish_count(index, count, wanted, change)?;
        }
        self.builder.build_unconditional_branch(behind)?;
        self.builder.position_at_end(behind);
        Ok(())
    }

    /// `if unless == 0 { quotient += cell / divisor; cell %= divisor }`
    pub(super) fn divide(&self, index: u32, cell: i32, divisor: u8, quotient: i32, unless: i32) -> Lowered<()> {
        let zero = self.unit.cell_type().const_zero();
        let divisor = self.unit.cell_type().const_int(divisor.into(), false);
        let (behind, some) = (self.block(index, "divide", ".end"), self.block(index, "divide", ".some"));
        let done = self.block(index, "divide", ".done");
        let value = self.load(cell)?;
        let times = self.builder.build_int_unsigned_div(value, divisor, self.name("times"))?;
        let is_less = self.builder.build_int_compare(IntPredicate::EQ, times, zero, self.name("is"))?;
        self.builder.build_conditional_branch(is_less, behind, some)?;
        self.builder.position_at_end(some);
        let is_other = self.builder.build_int_compare(IntPredicate::NE, self.load(unless)?, zero, self.name("is"))?;
        self.builder.build_conditional_branch(is_other, behind, done)?;
        self.builder.position_at_end(done);
        self.add(quotient, times)?;
        self.set(cell, self.builder.build_int_unsigned_rem(value, divisor, self.name("rest"))?)?;
        self.builder.build_unconditional_branch(behind)?;
        self.builder.position_at_end(behind);
        Ok(())
    }

    /// The same where nothing but the zeros needs a branch: all cells are on the tape, or the program is about to fault in any
    /// case, or the carry may not be, and is then replaced by the counter if nothing is added to it.
    ///
    /// The phase is reloaded max(counter - distance + period - 1, 0) / period times.
    pub(super) fn count_in_any_case(&self, index: u32, count: &Count, period: u16, form: Form) -> Lowered<()> {
        let constant = |value: i64| self.unit.cell_type().const_int(value as u64, true);
        let (zero, turn) = (constant(0), constant(count.turn.into()));
        let behind = self.block(index, "count", ".end");
        let difference = |from: IntValue<'ctx>, value| self.builder.build_int_sub(from, value, self.name("difference"));
        let is = |predicate, left, right| self.builder.build_int_compare(predicate, left, right, self.name("is"));
        for cell in count.zero_cells() {
            let next = self.block(index, "count", "");
            let is_over = is(IntPredicate::NE, self.load(cell)?, zero)?;
            self.builder.build_conditional_branch(is_over, behind, next)?;
            self.builder.position_at_end(next);
        }
        let (counter, phase) = (self.load(count.counter)?, self.load(count.cell(count.phase))?);
        let left = match count.direction {
            Direction::Down => difference(phase, turn)?,
            Direction::Up => difference(turn, phase)?,
        };
        // No sum of cells of up to 32 bits is too large for that.
        let wide = self.unit.context.i64_type();
        let widened = |value: IntValue<'ctx>| self.builder.build_int_z_extend(value, wide, self.name("wide"));
        let ahead = difference(wide.const_int(u64::from(period) - 1, false), widened(left)?)?;
        let over = self.builder.build_int_add(widened(counter)?, ahead, self.name("over"))?;
        let is_short = is(IntPredicate::SLT, over, wide.const_zero())?;
        let over = self.builder.build_select(is_short, wide.const_zero(), over, self.name("over"))?.into_int_value();
        let period = wide.const_int(period.into(), false);
        let reloads = self.builder.build_int_unsigned_div(over, period, self.name("quotient"))?;
        let reloads = self.builder.build_int_truncate(reloads, zero.get_type(), self.name("reloads"))?;
        let period = self.builder.build_int_truncate(period, zero.get_type(), self.name("period"))?;
        if let Some(carry) = count.carry {
            let carry = count.cell(carry.get());
            match form {
                Form::Redirected => {
                    let (there, home) = (self.address(carry)?, self.address(count.counter)?);
                    self.add_unless_zero(there, home, reloads, reloads)?
                }
                _ => self.add(carry, reloads)?,
            }
        }
        if let Some(copy) = count.copy {
            self.add(count.cell(copy.get()), counter)?;
        }
        let change = difference(self.builder.build_int_mul(period, reloads, self.name("counted"))?, counter)?;
        let change = match count.direction {
            Direction::Down => change,
            Direction::Up => self.builder.build_int_neg(change, self.name("negated"))?,
        };
        self.add(count.cell(count.phase), change)?;
        self.set(count.counter, zero)?;
        self.builder.build_unconditional_branch(behind)?;
        self.builder.position_at_end(behind);
        Ok(())
    }

    /// Changes the cells by `done` iterations, in which the phase came nearer to its turn by -`change`.
    fn finish_count(&self, index: u32, count: &Count, done: IntValue<'ctx>, change: IntValue<'ctx>) -> Lowered<()> {
        let negated = |value| self.builder.build_int_neg(value, self.name("negated"));
        self.add(count.counter, negated(done)?)?;
        let phase_change = match count.direction {
            Direction::Down => change,
            Direction::Up => negated(change)?,
        };
        self.add(count.cell(count.phase), phase_change)?;
        if let Some(copy) = count.copy {
            self.add(count.cell(copy.get()), done)?;
        }
        match count.opposite() {
            Some(cell) => self.add_if_any(index, cell, negated(phase_change)?),
            None => Ok(()),
        }
    }

    /// What is added to a cell that counts so many iterations, up or down.
    fn counted(&self, count: &Count, times: IntValue<'ctx>) -> Lowered<IntValue<'ctx>> {
        match count.borrows() {
            true => Ok(self.builder.build_int_neg(times, self.name("negated"))?),
            false => Ok(times),
        }
    }

    /// Adds to a cell that is not accessed if there is nothing to add.
    fn add_if_any(&self, index: u32, cell: i32, change: IntValue<'ctx>) -> Lowered<()> {
        let zero = change.get_type().const_zero();
        let is_none = self.builder.build_int_compare(IntPredicate::EQ, change, zero, self.name("is"))?;
        let (some, done) = (self.block(index, "count", ".some"), self.block(index, "count", ".done"));
        self.builder.build_conditional_branch(is_none, done, some)?;
        self.builder.position_at_end(some);
        self.add(cell, change)?;
        self.builder.build_unconditional_branch(done)?;
        self.builder.position_at_end(done);
        Ok(())
    }
}
