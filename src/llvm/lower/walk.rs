//! Scans and walks: the first steps one by one, then a function of `walk.ll` that goes by blocks.
//!
//! Both look for a value: a scan for 0, a walk for the value that its last addition brings to 0. What a walk adds to the
//! cells between is the same for all; its first and last cell are special, and left to the code around the call.

use inkwell::IntPredicate;
use inkwell::context::Context;
use inkwell::module::Module;
use inkwell::values::{FunctionValue, IntValue, PointerValue};
use rustc_hash::FxHashMap;

use super::body::{Body, Lowered, returned_pointer};
use super::{make_internal, table};
use crate::dialect::CellWidth;
use crate::ir::{Kind, Program};
use crate::llvm::{LlvmError, parts};

/// The size of a block, in bytes.
const BLOCK_BYTES: u64 = 32;

/// How many steps are made one by one first: with none, programs whose scans are short took up to four times
/// as long; with 5 or 6 a program whose walks take one step on average took a seventh more time than with 8.
pub(super) const SINGLE_STEPS: i32 = 8;

/// How many steps of a scan that cannot go by blocks are made before it branches back.
pub(super) const UNROLLED_STEPS: i32 = 4;

/// What the functions for one stride, in cells, are called with.
#[derive(Clone, Copy)]
pub(super) struct Blockwise<'ctx> {
    pub function: FunctionValue<'ctx>,
    /// Without its sign.
    pub stride: u64,
    /// The table of lanes, and the index of its middle.
    pub lanes: PointerValue<'ctx>,
    pub middle: i32,
}

/// The functions that go to the right and to the left, and what each stride of the program needs.
pub(super) struct Walks<'ctx> {
    pub right: FunctionValue<'ctx>,
    pub left: FunctionValue<'ctx>,
    strides: FxHashMap<i32, Blockwise<'ctx>>,
}

impl<'ctx> Walks<'ctx> {
    /// How to go on by blocks with this stride, if that is possible.
    pub fn with_stride(&self, stride: i32) -> Option<Blockwise<'ctx>> {
        self.strides.get(&stride).copied()
    }
}

/// The stride, in cells, of what goes by blocks: each block has at least two of its cells, and the same ones in
/// every block. Strides of 3, 9 and 10 whose lanes moved from block to block were slower than single steps, by up to a
/// half.
fn blockwise_stride(kind: Kind, width: CellWidth) -> Option<i32> {
    let (Kind::Scan { stride, .. } | Kind::Walk { stride, .. }) = kind else { return None };
    let distance = stride.unsigned_abs();
    (distance.is_power_of_two() && 2 * u64::from(distance) <= cells(width)).then_some(stride)
}

/// How many cells a block has.
fn cells(width: CellWidth) -> u64 {
    BLOCK_BYTES / width.bytes()
}

/// The table of lanes for a stride, as bytes, and the index in cells of its middle: two blocks in the direction of
/// the stride, one in the other.
fn lanes(stride: i32, width: CellWidth) -> (Vec<u8>, i32) {
    let cells = cells(width);
    let distance = u64::from(stride.unsigned_abs());
    let is_looked_at = |cell: u64| cell >= cells && (cell - cells).is_multiple_of(distance);
    let lane = |cell| std::iter::repeat_n(if is_looked_at(cell) { 0xff } else { 0 }, width.bytes() as usize);
    let mut table: Vec<u8> = (0..3 * cells).flat_map(lane).collect();
    if stride > 0 {
        return (table, cells as i32);
    }
    table.reverse();
    (table, 2 * cells as i32 - 1)
}

/// The strides of the scans and walks that the functions can do, in order.
pub(super) fn strides(program: &Program) -> Vec<i32> {
    let mut strides: Vec<i32> = program.ops.iter().filter_map(|op| blockwise_stride(op.kind, program.width)).collect();
    strides.sort_unstable();
    strides.dedup();
    strides
}

/// Links the functions to `module` if there are such strides, and adds a table for each.
///
/// # Errors
/// LLVM rejects their text: a bug of ours.
pub(super) fn link<'ctx>(
    context: &'ctx Context,
    module: &Module<'ctx>,
    width: CellWidth,
    strides: &[i32],
) -> Result<Option<Walks<'ctx>>, LlvmError> {
    if strides.is_empty() {
        return Ok(None);
    }
    parts::link(context, module, "walk.ll", &text(width))?;
    let function = |name| {
        let function = module.get_function(name).expect("walk.ll defines it");
        make_internal(function);
        function
    };
    let (right, left) = (function("bf_walk_right"), function("bf_walk_left"));
    let strides = strides.iter().map(|&stride| {
        let distance = u64::from(stride.unsigned_abs());
        let (lanes, middle) = lanes(stride, width);
        let blockwise = Blockwise {
            function: if stride > 0 { right } else { left },
            stride: distance,
            lanes: table::add_bytes(context, module, "bf_lanes", &lanes),
            middle,
        };
        (stride, blockwise)
    });
    let strides = strides.collect();
    Ok(Some(Walks { right, left, strides }))
}

/// The text of the functions for cells of this width.
fn text(width: CellWidth) -> String {
    let (bits, count) = (width.bits(), cells(width));
    let types = format!(
        "%Cell = type i{bits}\n%Block = type <{count} x i{bits}>\n%Flags = type <{count} x i1>\n%Mask = type i{count}\n"
    );
    let functions = include_str!("walk.ll")
        .replace("MASK", &format!("i{count}"))
        .replace("COUNT", &count.to_string())
        .replace("LAST", &(count - 1).to_string());
    types + &functions
}

impl<'ctx> Body<'_, 'ctx> {
    /// A scan, or a walk that adds something to each cell when it leaves it and when it comes to it.
    ///
    /// The first cell is tested for 0, those behind it for what coming there makes 0. Some cells are looked at one
    /// by one; then a function goes by blocks, or it begins again.
    pub(super) fn walk(&mut self, index: u32, cell: i32, stride: i32, (leave, enter): (i32, i32)) -> Lowered<()> {
        let blockwise = self.unit.walks.as_ref().and_then(|walks| walks.with_stride(stride));
        let constant = |value: i64| self.unit.cell_type().const_int(value as u64, true);
        let target = constant(-i64::from(enter));
        let delta = constant(i64::from(leave) + i64::from(enter));

        let (from, before) = (self.pointer()?, self.current());
        let inside = self.block(index, "walk", "");
        let behind = self.block(index, "walk", ".end");
        self.test(cell, inside, behind)?;
        self.builder.position_at_end(inside);
        if leave != 0 {
            self.add(cell, constant(leave.into()))?;
        }
        let second = self.offset(from, stride)?;
        let head = self.block(index, "walk", ".head");
        self.builder.build_unconditional_branch(head)?;
        self.builder.position_at_end(head);
        let phi = self.builder.build_phi(from.get_type(), self.name("pointer"))?;
        phi.add_incoming(&[(&second, inside)]);
        let pointer = phi.as_basic_value().into_pointer_value();

        let arrival = self.block(index, "walk", ".found");
        let steps = if blockwise.is_some() { SINGLE_STEPS } else { UNROLLED_STEPS };
        let mut found = Vec::new();
        // The pointer steps along, so that no exit has to compute it.
        let mut here = pointer;
        for _ in 0..steps {
            let address = self.offset(here, cell)?;
            let value = self.load_from(address)?;
            let is_there = self.builder.build_int_compare(IntPredicate::EQ, value, target, self.name("found"))?;
            let next = self.block(index, "walk", ".next");
            found.push((self.current(), here));
            self.builder.build_conditional_branch(is_there, arrival, next)?;
            self.builder.position_at_end(next);
            if !delta.is_null() {
                let sum = self.builder.build_int_add(value, delta, self.name("sum"))?;
                self.builder.build_store(address, sum)?;
            }
            here = self.offset(here, stride)?;
        }
        let last = self.current();
        match blockwise {
            None => {
                phi.add_incoming(&[(&here, last)]);
                self.builder.build_unconditional_branch(head)?;
            }
            Some(blockwise) => {
                let from = self.offset(here, cell)?;
                let there = self.walk_blocks(blockwise, from, target, delta)?;
                found.push((last, self.offset(there, -i64::from(cell))?));
                self.builder.build_unconditional_branch(arrival)?;
            }
        }
        self.builder.position_at_end(arrival);
        self.join(&found)?;
        let there = self.pointer()?;
        if enter != 0 {
            let address = self.offset(there, cell)?;
            self.builder.build_store(address, self.unit.cell_type().const_zero())?;
        }
        self.builder.build_unconditional_branch(behind)?;
        self.builder.position_at_end(behind);
        self.join(&[(before, from), (arrival, there)])?;
        self.assume_zero(cell)
    }

    /// Tells LLVM that the cell is 0, which it does not see where several ways lead here with different pointers.
    pub(super) fn assume_zero(&self, cell: i32) -> Lowered<()> {
        let value = self.load(cell)?;
        let zero = self.unit.cell_type().const_zero();
        let is_zero = self.builder.build_int_compare(IntPredicate::EQ, value, zero, self.name("zero"))?;
        let assume = inkwell::intrinsics::Intrinsic::find("llvm.assume").expect("LLVM has it");
        let assume = assume.get_declaration(self.unit.module, &[]).expect("it has no overloads");
        self.builder.build_call(assume, &[is_zero.into()], "")?;
        Ok(())
    }

    /// Calls the function that goes by blocks from the cell at `from`; returns the address of the cell it finds.
    pub(super) fn walk_blocks(
        &self,
        blockwise: Blockwise<'ctx>,
        from: PointerValue<'ctx>,
        target: IntValue<'ctx>,
        delta: IntValue<'ctx>,
    ) -> Lowered<PointerValue<'ctx>> {
        let number = |value| self.unit.context.i64_type().const_int(value, false);
        let lanes = self.offset(blockwise.lanes, blockwise.middle)?;
        let arguments = [from.into(), number(blockwise.stride).into(), lanes.into(), target.into(), delta.into()];
        let call = self.builder.build_call(blockwise.function, &arguments, self.name("found"))?;
        Ok(returned_pointer(call))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_at_multiples_of_the_stride() {
        let (right, middle) = lanes(8, CellWidth::W8);
        assert_eq!((right.len(), middle), (96, 32));
        for (cell, &lane) in right.iter().enumerate() {
            assert_eq!(lane == 0xff, [32, 40, 48, 56, 64, 72, 80, 88].contains(&cell));
        }
        let (mut left, middle) = lanes(-8, CellWidth::W8);
        assert_eq!(left[middle as usize], 0xff);
        left.reverse();
        assert_eq!(left, right);
        let (wide, middle) = lanes(2, CellWidth::W64);
        assert_eq!((wide.len(), middle), (96, 4));
        assert_eq!(wide[32..56], [[0xff; 8], [0; 8], [0xff; 8]].concat());
    }

    #[test]
    fn far_and_uneven_strides_do_not_go_by_blocks() {
        let stride = |stride, width| blockwise_stride(Kind::Scan { cell: 3, stride }, width);
        assert_eq!(stride(16, CellWidth::W8), Some(16));
        assert_eq!(stride(32, CellWidth::W8), None);
        assert_eq!(stride(3, CellWidth::W8), None);
        assert_eq!(stride(-2, CellWidth::W64), Some(-2));
        assert_eq!(stride(i32::MIN, CellWidth::W64), None);
        assert_eq!(blockwise_stride(Kind::Move { delta: 1 }, CellWidth::W8), None);
    }
}
