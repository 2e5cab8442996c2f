//! Long code outside of all loops, as tables for `stretch.ll`.
//!
//! Such code runs at most once, and machine code for it would take thousands of times as long to make as to run: a
//! program of 50 MB without a loop would keep LLVM busy for a quarter of an hour.

use inkwell::context::Context;
use inkwell::module::{Linkage, Module};
use inkwell::values::PointerValue;

use super::make_internal;
use crate::dialect::CellWidth;
use crate::ir::{Kind, Op, Program};
use crate::llvm::{LlvmError, parts};

/// The function that does what a table says.
pub(super) const INTERPRETER: &str = "bf_stretch";

/// The ranges of operations that become tables: at least `min_ops` in a row, outside of all loops,
/// without input.
#[must_use]
pub fn find(program: &Program, min_ops: u32) -> Vec<std::ops::Range<u32>> {
    let ops = &program.ops;
    let mut found = Vec::new();
    let (mut start, mut next) = (0, 0);
    let mut close = |start: usize, end: usize| {
        if end - start >= min_ops as usize {
            found.push(start as u32..end as u32);
        }
    };
    while let Some(op) = ops.get(next) {
        let behind = match op.kind {
            Kind::Loop { end, .. } | Kind::If { end, .. } => end as usize + 1,
            _ => next + 1,
        };
        if !ops[next..behind].iter().all(fits) {
            close(start, next);
            start = behind;
        }
        next = behind;
    }
    close(start, next);
    found
}

/// Whether the operation can be a row.
fn fits(op: &Op) -> bool {
    match op.kind {
        Kind::Add { .. }
        | Kind::Set { .. }
        | Kind::MulAdd { .. }
        | Kind::Move { .. }
        | Kind::Scan { .. }
        | Kind::Output { .. }
        | Kind::If { .. }
        | Kind::IfEnd { .. } => true,
        Kind::Copy { .. }
        | Kind::Product { .. }
        | Kind::MinAdd { .. }
        | Kind::Walk { .. }
        | Kind::Count(_)
        | Kind::Divide { .. }
        | Kind::Ripple { .. }
        | Kind::Hold { .. }
        | Kind::AddHeld { .. }
        | Kind::Release { .. }
        | Kind::Loop { .. }
        | Kind::LoopEnd { .. }
        | Kind::Input { .. }
        | Kind::Text { .. }
        | Kind::Dump { .. } => false,
    }
}

/// The rows of the operations from index `first` on, packed as `%Row` in `stretch.ll` wants them, and
/// their number. An end is a row as well: it moves by 0.
fn rows(ops: &[Op], first: u32, width: CellWidth) -> (Vec<u8>, u64) {
    let value_bytes = width.bytes() as usize;
    let mut bytes = Vec::with_capacity(ops.len() * (9 + value_bytes));
    for (index, op) in ops.iter().enumerate() {
        let (kind, cell, second, value): (u8, i32, i32, u64) = match op.kind {
            Kind::Add { cell, delta } => (0, cell, 0, delta),
            Kind::Set { cell, value } => (1, cell, 0, value),
            Kind::MulAdd { target, source, factor } => (2, target, source, factor),
            Kind::Move { delta } => (3, delta, 0, 0),
            Kind::IfEnd { .. } => (3, 0, 0, 0),
            Kind::Scan { cell, stride } => (4, cell, stride, 0),
            Kind::Output { cell } => (5, cell, 0, 0),
            Kind::If { cell, end } => (6, cell, (end - first) as i32 - index as i32, 0),
            Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Loop { .. }
            | Kind::LoopEnd { .. }
            | Kind::Input { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => {
                unreachable!("no row of a table: {op:?}")
            }
        };
        bytes.push(kind);
        bytes.extend(cell.to_le_bytes());
        bytes.extend(second.to_le_bytes());
        bytes.extend(&value.to_le_bytes()[..value_bytes]);
    }
    (bytes, ops.len() as u64)
}

/// Adds the table of the operations in `range` to `module`: its address and the number of its rows.
pub(super) fn add<'ctx>(
    context: &'ctx Context,
    module: &Module<'ctx>,
    program: &Program,
    range: std::ops::Range<u32>,
) -> (PointerValue<'ctx>, u64) {
    let ops = &program.ops[range.start as usize..range.end as usize];
    let (bytes, count) = rows(ops, range.start, program.width);
    (add_bytes(context, module, "bf_table", &bytes), count)
}

/// Adds `bytes` as a constant of its own and returns its address.
pub(super) fn add_bytes<'ctx>(
    context: &'ctx Context,
    module: &Module<'ctx>,
    name: &str,
    bytes: &[u8],
) -> PointerValue<'ctx> {
    let bytes = context.const_string(bytes, false);
    let constant = module.add_global(bytes.get_type(), None, name);
    constant.set_linkage(Linkage::Private);
    constant.set_constant(true);
    constant.set_initializer(&bytes);
    constant.as_pointer_value()
}

/// Links the interpreter of tables to `module`.
///
/// # Errors
/// LLVM rejects its text: a bug of ours.
pub(super) fn link_interpreter<'ctx>(
    context: &'ctx Context,
    module: &Module<'ctx>,
    width: CellWidth,
) -> Result<(), LlvmError> {
    let bits = width.bits();
    let types = format!("%Cell = type i{bits}\n%Row = type <{{ i8, i32, i32, i{bits} }}>\n");
    let text = types + include_str!("stretch.ll");
    parts::link(context, module, "stretch.ll", &text)?;
    if let Some(interpreter) = module.get_function(INTERPRETER) {
        make_internal(interpreter);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    fn found(body: &str) -> Vec<(u32, u32)> {
        let ranges = find(&text::parse(&format!("cells 8\n{}", body.replace('/', "\n"))).unwrap(), 3);
        ranges.into_iter().map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn long_code_outside_of_loops_becomes_a_table() {
        assert_eq!(found("add [0] 1/output [0]/move 1"), [(0, 3)]);
        assert_eq!(found("add [0] 1/output [0]"), []);
        assert_eq!(found("add [0] 1/if [0]/output [0]/end/loop [0]/add [0] 1/add [1] 1/add [2] 1/end"), [(0, 4)]);
    }

    #[test]
    fn loops_and_input_end_a_table() {
        assert_eq!(found("add [0] 1/move 1/input [0]/add [0] 1/set [1] 1/scan [0] 1"), [(3, 6)]);
        assert_eq!(found("add [0] 1/if [0]/add [0] 1/loop [0]/end/end"), []);
    }

    #[test]
    fn a_condition_leaves_out_its_body() {
        let program = text::parse("cells 16\nadd [0] 1\nif [-1]\noutput [0]\nset [1] 770\nend").unwrap();
        let (bytes, count) = rows(&program.ops, 0, program.width);
        assert_eq!(count, 5);
        assert_eq!(bytes[11..22], [6, 255, 255, 255, 255, 3, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[33..44], [1, 1, 0, 0, 0, 0, 0, 0, 0, 2, 3]);
    }
}
