//! What debuggers learn about the code: DWARF, by way of LLVM's metadata.
//!
//! Every function is a subprogram, named as in the module, and every instruction has the place of the command that it
//! comes from; where our passes made one operation of several commands, that of the first. In each function there are
//!
//! * `ptr`, the tape pointer: its address, so that `*ptr` and `ptr[1]` are cells;
//! * `cell`, the cell it points at, which can be written too;
//! * `column`, the column of the current command, for debuggers that know lines alone.
//!
//! `tape` is the address of cell 0, so that `ptr - tape` is the number of the cell at the pointer. In the literal
//! lowering all of that holds at every instruction; in optimised code at the first of an operation, where the pointer is
//! still in a register.
//!
//! Nothing here adds, removes or orders instructions: code is the same with and without.

use inkwell::AddressSpace;
use inkwell::context::Context;
use inkwell::debug_info::{
    AsDIScope as _, DICompileUnit, DIFlags, DIFlagsConstants as _, DILocalVariable, DILocation, DISubprogram,
    DISubroutineType, DIType, DWARFEmissionKind, DWARFSourceLanguage, DebugInfoBuilder,
};
use inkwell::module::{FlagBehavior, Module};
use inkwell::values::{AsValueRef as _, FunctionValue, GlobalValue, PointerValue};
use llvm_sys::debuginfo::{LLVMDIBuilderInsertDbgValueRecordAtEnd, LLVMDIBuilderInsertDeclareRecordAtEnd};

use super::body::{Body, Home};
use super::{Style, Unit};
use crate::dialect::CellWidth;
use crate::source::{Position, Source};

/// Whether it is known where a module's instructions come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DebugInfo {
    #[default]
    None,
    /// While the module is being made; what comes out of it does not have it.
    Places,
    /// To debuggers too.
    Full,
    /// For reports: instead of its place, each instruction has the operation that it comes from. Line n is the operation
    /// with index n - 1. There are no variables.
    Operations,
}

/// gdb takes LLVM's word for where a function's prologue ends if the producer's name begins like this.
const PRODUCER: &str = concat!("clang LLVM (bfllvm ", env!("CARGO_PKG_VERSION"), ")");

/// The version of LLVM's metadata, without which LLVM drops it.
const VERSION_FLAG: &str = "Debug Info Version";

// DWARF's names for the forms of basic types (section 7.8), and for the operations of locations (7.7.1).
const DW_ATE_UNSIGNED: u32 = 0x07;
const DW_ATE_UNSIGNED_CHAR: u32 = 0x08;
const DW_OP_DEREF: i64 = 0x06;
const DW_OP_CONSTU: i64 = 0x10;
const DW_OP_MINUS: i64 = 0x1c;
const DW_OP_PLUS_UCONST: i64 = 0x23;
const DW_OP_STACK_VALUE: i64 = 0x9f;

/// What the functions of a module have in common.
pub(super) struct Describer<'ctx> {
    builder: DebugInfoBuilder<'ctx>,
    compile_unit: DICompileUnit<'ctx>,
    cell: DIType<'ctx>,
    pointer: DIType<'ctx>,
    number: DIType<'ctx>,
    function: DISubroutineType<'ctx>,
}

/// A function that is being lowered.
pub(super) struct Scope<'ctx> {
    subprogram: DISubprogram<'ctx>,
    /// Where it begins.
    place: Position,
    pointer: DILocalVariable<'ctx>,
    cell: DILocalVariable<'ctx>,
    column: DILocalVariable<'ctx>,
}

impl<'ctx> Describer<'ctx> {
    /// Begins to describe what `module` has of the program in `source`.
    pub fn new(
        context: &'ctx Context,
        module: &Module<'ctx>,
        source: &Source,
        width: CellWidth,
        style: Style,
    ) -> Describer<'ctx> {
        let version = context.i32_type().const_int(inkwell::debug_info::debug_metadata_version().into(), false);
        if module.get_flag(VERSION_FLAG).is_none() {
            module.add_basic_value_flag(VERSION_FLAG, FlagBehavior::Warning, version);
        }
        // Debuggers look for the source in the directory that the compiler was called in.
        let directory = std::env::current_dir().unwrap_or_default();
        let (builder, compile_unit) = module.create_debug_info_builder(
            false,
            DWARFSourceLanguage::C99,
            source.name(),
            &directory.to_string_lossy(),
            PRODUCER,
            style == Style::Ssa,
            "",
            0,
            "",
            DWARFEmissionKind::Full,
            0,
            false,
            false,
            "",
            "",
        );
        let basic = |name: &str, bits, encoding| {
            let basic = builder.create_basic_type(name, bits, encoding, DIFlags::ZERO);
            basic.expect("the name is not empty").as_type()
        };
        let bits = u64::from(width.bits());
        let encoding = if width == CellWidth::W8 { DW_ATE_UNSIGNED_CHAR } else { DW_ATE_UNSIGNED };
        let cell = basic(&format!("u{bits}"), bits, encoding);
        Describer {
            compile_unit,
            cell,
            pointer: builder.create_pointer_type("", cell, 64, 64, AddressSpace::default()).as_type(),
            number: basic("u32", 32, DW_ATE_UNSIGNED),
            function: builder.create_subroutine_type(compile_unit.get_file(), None, &[], DIFlags::ZERO),
            builder,
        }
    }

    /// Describes `function`, which begins at `place`.
    pub fn begin(&self, function: FunctionValue<'ctx>, place: Position) -> Scope<'ctx> {
        let file = self.compile_unit.get_file();
        let name = function.get_name().to_string_lossy();
        let subprogram = self.builder.create_function(
            self.compile_unit.as_debug_info_scope(),
            &name,
            None,
            file,
            place.line,
            self.function,
            false,
            true,
            place.line,
            DIFlags::ZERO,
            false,
        );
        function.set_subprogram(subprogram);
        let scope = subprogram.as_debug_info_scope();
        let variable =
            |name, ty| self.builder.create_auto_variable(scope, name, file, place.line, ty, true, DIFlags::ZERO, 0);
        Scope {
            subprogram,
            place,
            pointer: variable("ptr", self.pointer),
            cell: variable("cell", self.cell),
            column: variable("column", self.number),
        }
    }

    fn location(&self, context: &'ctx Context, place: Position, scope: &Scope<'ctx>) -> DILocation<'ctx> {
        let within = scope.subprogram.as_debug_info_scope();
        self.builder.create_debug_location(context, place.line, place.column, within, None)
    }

    /// Ends the description: the module can be verified and compiled from now on.
    pub fn finish(&self) {
        self.builder.finalize();
    }
}

/// Where the tape's address is.
pub enum TapeHolder<'ctx> {
    /// In this variable of the module.
    Global(GlobalValue<'ctx>),
    /// In this process, at this address.
    Host(usize),
}

/// Tells debuggers where the tape is.
pub fn describe_tape<'ctx>(
    context: &'ctx Context,
    module: &Module<'ctx>,
    source: &Source,
    width: CellWidth,
    holder: TapeHolder<'ctx>,
) {
    let describer = Describer::new(context, module, source, width, Style::Literal);
    let (global, way) = match holder {
        TapeHolder::Global(global) => (global, vec![]),
        // DWARF can follow an address in the module's data, and name none outside of the module.
        TapeHolder::Host(address) => {
            let address = context.i64_type().const_int(address as u64, false);
            let pointer = context.ptr_type(AddressSpace::default());
            let global = module.add_global(pointer, None, "bf_tape_at");
            global.set_constant(true);
            global.set_initializer(&address.const_to_pointer(pointer));
            (global, vec![DW_OP_DEREF])
        }
    };
    let variable = describer.builder.create_global_variable_expression(
        describer.compile_unit.as_debug_info_scope(),
        "tape",
        "",
        describer.compile_unit.get_file(),
        1,
        describer.pointer,
        true,
        Some(describer.builder.create_expression(way)),
        None,
        0,
    );
    global.set_metadata(variable.as_metadata_value(context), context.get_kind_id("dbg"));
    describer.finish();
}

impl<'ctx> Unit<'_, 'ctx> {
    /// Describes the function of the region that begins with the operation at `start`.
    pub(super) fn describe(&self, function: FunctionValue<'ctx>, start: u32) -> Option<Scope<'ctx>> {
        let has_ops = (start as usize) < self.program.ops.len();
        let place = if has_ops { self.position(start) } else { Position { line: 1, column: 1 } };
        self.describer.as_ref().map(|describer| describer.begin(function, place))
    }
}

impl<'ctx> Body<'_, 'ctx> {
    /// From now on instructions come from the operation at `index`.
    pub(super) fn locate(&self, index: u32) {
        let (Some(describer), Some(scope)) = (&self.unit.describer, &self.scope) else { return };
        if self.unit.options.debug == DebugInfo::Operations {
            let operation = Position { line: index + 1, column: 1 };
            self.builder.set_current_debug_location(describer.location(self.unit.context, operation, scope));
            return;
        }
        let place = self.unit.position(index);
        let location = describer.location(self.unit.context, place, scope);
        self.builder.set_current_debug_location(location);
        let column = self.unit.context.i32_type().const_int(place.column.into(), false);
        let column = (column.as_value_ref(), scope.column, Vec::new());
        let mut records = vec![column];
        if let (Home::Value(pointer), Some(cell)) = (self.home, self.unit.program.current_cell(index)) {
            let distance = i64::from(cell) * self.unit.program.width.bytes() as i64;
            let there = match distance {
                0 => vec![],
                1.. => vec![DW_OP_PLUS_UCONST, distance],
                _ => vec![DW_OP_CONSTU, -distance, DW_OP_MINUS],
            };
            let is_computed = !there.is_empty();
            let pointer = pointer.as_value_ref();
            records.push((pointer, scope.cell, [&there[..], &[DW_OP_DEREF]].concat()));
            records.push((
                pointer,
                scope.pointer,
                [&there[..], if is_computed { &[DW_OP_STACK_VALUE] } else { &[] }].concat(),
            ));
        }
        for (value, variable, expression) in records {
            // SAFETY: as for the declarations.
            unsafe {
                LLVMDIBuilderInsertDbgValueRecordAtEnd(
                    describer.builder.as_mut_ptr(),
                    value,
                    variable.as_mut_ptr(),
                    describer.builder.create_expression(expression).as_mut_ptr(),
                    location.as_mut_ptr(),
                    self.current().as_mut_ptr(),
                );
            }
        }
    }

    /// The pointer is in memory at `slot`.
    pub(super) fn describe_slot(&self, slot: PointerValue<'ctx>) {
        let (Some(describer), Some(scope)) = (&self.unit.describer, &self.scope) else { return };
        if self.unit.options.debug == DebugInfo::Operations {
            return;
        }
        let location = describer.location(self.unit.context, scope.place, scope);
        for (variable, expression) in [(scope.pointer, vec![]), (scope.cell, vec![DW_OP_DEREF])] {
            // SAFETY: all of these belong to the module that is being made, which has LLVM's new form of debug records,
            // as all modules have that are not converted.
            unsafe {
                LLVMDIBuilderInsertDeclareRecordAtEnd(
                    describer.builder.as_mut_ptr(),
                    slot.as_value_ref(),
                    variable.as_mut_ptr(),
                    describer.builder.create_expression(expression).as_mut_ptr(),
                    location.as_mut_ptr(),
                    self.current().as_mut_ptr(),
                );
            }
        }
    }
}
