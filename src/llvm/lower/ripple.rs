//! The operation that counts in binary: a loop over the digits.

use inkwell::IntPredicate;

use super::body::{Body, Lowered};
use crate::ir::Kind;

impl Body<'_, '_> {
    pub(super) fn ripple(&self, index: u32, digit: i32, stride: i8, mark: i8) -> Lowered<()> {
        let cell_type = self.unit.cell_type();
        let number = |value: u32| self.unit.context.i32_type().const_int(value.into(), false);
        let [begin, again, is_digit, fill, behind] =
            ["", ".head", ".digit", ".fill", ".end"].map(|part| self.block(index, "ripple", part));
        self.test(digit - i32::from(stride), behind, begin)?;

        self.builder.position_at_end(begin);
        let first = self.address(digit)?;
        self.builder.build_unconditional_branch(again)?;

        self.builder.position_at_end(again);
        let here = self.builder.build_phi(first.get_type(), self.name("digit"))?;
        let left = self.builder.build_phi(self.unit.context.i32_type(), self.name("left"))?;
        let (place, count) = (here.as_basic_value().into_pointer_value(), left.as_basic_value().into_int_value());
        let value = self.load_from(place)?;
        let one = cell_type.const_int(1, false);
        let is = |predicate, left, right| self.builder.build_int_compare(predicate, left, right, self.name("is"));
        self.builder.build_conditional_branch(is(IntPredicate::ULE, value, one)?, is_digit, behind)?;

        self.builder.position_at_end(is_digit);
        let mark = self.load_from(self.offset(place, i32::from(mark))?)?;
        let is_unmarked = is(IntPredicate::EQ, mark, cell_type.const_zero())?;
        self.builder.build_conditional_branch(is_unmarked, fill, behind)?;

        self.builder.position_at_end(fill);
        self.builder.build_store(place, one)?;
        let next = self.offset(place, i32::from(stride))?;
        let rest = self.builder.build_int_sub(count, number(1), self.name("left"))?;
        here.add_incoming(&[(&first, begin), (&next, fill)]);
        left.add_incoming(&[(&number(Kind::RIPPLE_DIGITS), begin), (&rest, fill)]);
        self.builder.build_conditional_branch(is(IntPredicate::EQ, rest, number(0))?, behind, again)?;
        self.builder.position_at_end(behind);
        Ok(())
    }
}
