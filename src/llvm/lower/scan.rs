//! Scans by blocks: which can be, and the functions of `scan.ll` that do them.

use inkwell::context::Context;
use inkwell::module::Module;
use inkwell::types::IntType;
use inkwell::values::FunctionValue;

use super::make_internal;
use crate::dialect::CellWidth;
use crate::ir::{Kind, Program};
use crate::llvm::{LlvmError, parts};

/// The size of a block, in bytes.
const BLOCK_BYTES: u64 = 32;

/// How many steps are made one by one first: with none, programs whose scans are short took up to four times
/// as long; between 6 and 12 it made no difference.
pub(super) const SINGLE_STEPS: i32 = 8;

/// How many steps of a scan that cannot go by blocks are made before it branches back.
pub(super) const UNROLLED_STEPS: i32 = 4;

/// The functions for scans to the right and to the left.
#[derive(Clone, Copy)]
pub(super) struct Scans<'ctx> {
    pub right: FunctionValue<'ctx>,
    pub left: FunctionValue<'ctx>,
}

/// Whether scans with this stride, in cells, can go by blocks: each block has at least two of its cells,
/// and the same ones in every block.
pub(super) fn is_blockwise(stride: i32, width: CellWidth) -> bool {
    let stride = u64::from(stride.unsigned_abs());
    stride.is_power_of_two() && 2 * stride * width.bytes() <= BLOCK_BYTES
}

/// A bit for every cell of a block whose number is a multiple of the stride.
pub(super) fn pattern(stride: i32, width: CellWidth) -> u64 {
    let cells = BLOCK_BYTES / width.bytes();
    (0..cells).step_by(stride.unsigned_abs() as usize).map(|cell| 1 << cell).sum()
}

/// The type that has a bit for every cell of a block.
pub(super) fn mask_type(context: &Context, width: CellWidth) -> IntType<'_> {
    match width {
        CellWidth::W8 => context.i32_type(),
        CellWidth::W16 => context.i16_type(),
        CellWidth::W32 => context.i8_type(),
        CellWidth::W64 => nibble(context),
    }
}

/// The type of four bits.
fn nibble(context: &Context) -> IntType<'_> {
    let bits = std::num::NonZero::new(4).expect("four is not zero");
    context.custom_width_int_type(bits).expect("LLVM has integers of every width")
}

/// Links the functions to `module` if `program` needs them.
///
/// # Errors
/// LLVM rejects their text: a bug of ours.
pub(super) fn link<'ctx>(
    context: &'ctx Context,
    module: &Module<'ctx>,
    program: &Program,
) -> Result<Option<Scans<'ctx>>, LlvmError> {
    let width = program.width;
    let needs = |kind| matches!(kind, Kind::Scan { stride, .. } if is_blockwise(stride, width));
    if !program.ops.iter().any(|op| needs(op.kind)) {
        return Ok(None);
    }
    let (bits, cells) = (width.bits(), BLOCK_BYTES / width.bytes());
    let types = format!(
        "%Cell = type i{bits}\n%Block = type <{cells} x i{bits}>\n%Flags = type <{cells} x i1>\n%Mask = type i{cells}\n"
    );
    let text = types + &include_str!("scan.ll").replace("MASK", &format!("i{cells}"));
    parts::link(context, module, "scan.ll", &text)?;
    let function = |name| {
        let function = module.get_function(name).expect("scan.ll defines it");
        make_internal(function);
        function
    };
    Ok(Some(Scans { right: function("bf_scan_right"), left: function("bf_scan_left") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_every_stride() {
        assert_eq!(pattern(1, CellWidth::W8), 0xffff_ffff);
        assert_eq!(pattern(-4, CellWidth::W8), 0x1111_1111);
        assert_eq!(pattern(2, CellWidth::W64), 0b0101);
        assert!(is_blockwise(16, CellWidth::W8) && !is_blockwise(32, CellWidth::W8));
        assert!(is_blockwise(-2, CellWidth::W64) && !is_blockwise(4, CellWidth::W64));
        assert!(!is_blockwise(3, CellWidth::W8));
    }
}
