//! What a loop that goes far does at once where it comes to: see [`Kind::Hold`](crate::ir::Kind::Hold).

use inkwell::IntPredicate;
use inkwell::values::{IntValue, PointerValue};

use super::body::{Body, Lowered};

/// What is held, where the pointer was when it was found, and the address of a cell that was accessed there.
#[derive(Clone, Copy)]
pub(super) struct Held<'ctx> {
    value: IntValue<'ctx>,
    pointer: PointerValue<'ctx>,
    accessed: PointerValue<'ctx>,
}

impl<'ctx> Body<'_, 'ctx> {
    pub(super) fn hold(&mut self, cell: i32, unless: i32) -> Lowered<()> {
        let (value, zero) = (self.load(cell)?, self.unit.cell_type().const_zero());
        let is_free = self.builder.build_int_compare(IntPredicate::EQ, self.load(unless)?, zero, self.name("free"))?;
        let less = self.builder.build_int_sub(value, self.unit.cell_type().const_int(1, false), self.name("less"))?;
        let value = self.builder.build_select(is_free, less, zero, self.name("held"))?.into_int_value();
        self.held = Some(Held { value, pointer: self.pointer()?, accessed: self.address(cell)? });
        Ok(())
    }

    pub(super) fn release(&mut self, beyond: u32) -> Lowered<()> {
        let Held { value, pointer, accessed } = self.held();
        let bytes = u64::from(beyond) * self.unit.program.width.bytes();
        let number = self.unit.context.i64_type();
        let [here, there] = [self.pointer()?, pointer]
            .map(|pointer| self.builder.build_ptr_to_int(pointer, number, self.name("number")));
        let distance = self.builder.build_int_sub(here?, there?, self.name("distance"))?;
        let sum = self.builder.build_int_add(distance, number.const_int(bytes, false), self.name("sum"))?;
        let most = number.const_int(2 * bytes, false);
        let is_near = self.builder.build_int_compare(IntPredicate::ULE, sum, most, self.name("near"))?;
        let zero = self.unit.cell_type().const_zero();
        let value = self.builder.build_select(is_near, value, zero, self.name("held"))?.into_int_value();
        self.held = Some(Held { value, pointer, accessed });
        Ok(())
    }

    pub(super) fn add_held(&mut self, cell: i32, factor: u64) -> Lowered<()> {
        let factor = self.unit.cell_type().const_int(factor, false);
        let product = self.builder.build_int_mul(self.held().value, factor, self.name("product"))?;
        self.add_at(self.address_for_held(cell)?, product)
    }

    /// The address of the cell to which something is added, or of one that was accessed if nothing is held.
    pub(super) fn address_for_held(&self, cell: i32) -> Lowered<PointerValue<'ctx>> {
        let Held { value, accessed, .. } = self.held();
        self.unless_zero(value, self.address(cell)?, accessed)
    }

    fn held(&self) -> Held<'ctx> {
        self.held.expect("the verifier has seen that something is held")
    }
}
