//! Lowers a program to a module of LLVM IR.
//!
//! Every function has the one type `ptr (ptr state, ptr cell)`: it starts with the pointer at a cell
//! and returns where the pointer ends. `bf_program` is the whole program; what [`mod@partition`] cuts
//! off are functions that it calls. `state` belongs to the host and is handed on to its functions:
//!
//! * `void bf_overflow(ptr state, i8 byte)` takes a byte of output;
//! * `i32 bf_underflow(ptr state)` returns a byte of input, or -1 at its end;
//! * `void bf_spill(ptr state, ptr bytes, i64 count)` takes bytes of output;
//! * `void bf_dump(ptr state, ptr cell, i32 line, i32 column)` shows the tape.
//!
//! The first three are called where a buffer is full or empty: the state begins with the buffers of
//! [`crate::runtime::buffers`], on which the functions `bf_put`, `bf_get` and `bf_text` work; they are linked in. With
//! [`Io::Calls`] nothing is known of the state, and the host defines `void bf_put(ptr state, i8 byte)` and
//! `i32 bf_get(ptr state)` instead.
//!
//! The table `bf_regions` names the loop that each function holds, for messages about faults.
//!
//! The tape is an opaque pointer without a size, and address arithmetic is allowed to leave it: a program
//! that runs off its tape has to reach the guard pages rather than undefined behaviour. For the same
//! reason nothing here promises that loops end, and where LLVM's passes assume it all the same, a call of `llvm.sideeffect` in
//! each loop keeps them from it.

mod body;
mod carries;
mod count;
mod debug;
mod host;
mod loops;
pub mod partition;
mod rescans;
mod ripple;
mod table;
mod trips;
mod walk;

use std::ops::Range;

use inkwell::attributes::AttributeLoc;
use inkwell::context::Context;
use inkwell::module::{Linkage, Module};
use inkwell::types::IntType;
use inkwell::values::FunctionValue;
use inkwell::{AddressSpace, GlobalVisibility};

use super::{LlvmError, pipeline};
use crate::dialect::{CellWidth, Dialect};
use crate::ir::branchless;
use crate::ir::transfers::drifting_heads;
use crate::ir::{Kind, Program};
use crate::level::Level;
use crate::runtime::{FaultPlace, execute};
use crate::source::{Position, Source};

use debug::Describer;
pub use debug::{DebugInfo, TapeHolder, describe_tape};
use host::{Host, Needs};
pub use host::{Io, host_symbols};
use partition::{Form, Limits, Region, partition};

/// How the tape pointer is kept and loops are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As a tutorial would: the pointer in an `alloca`, the test of a loop at its head.
    Literal,
    /// For LLVM's passes: the pointer an SSA value, the test at the head and again at the back edge.
    Ssa,
}

/// Whether values get readable names, which costs time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    Readable,
    None,
}

/// How to lower.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub dialect: Dialect,
    pub style: Style,
    /// Whether loops have a mark for LLVM that there is more to them than the values they leave.
    pub marks_loops: bool,
    pub names: Names,
    pub io: Io,
    pub debug: DebugInfo,
}

impl Options {
    /// For LLVM's passes of `level`.
    #[must_use]
    pub fn new(dialect: &Dialect, level: Level, names: Names, io: Io, debug: DebugInfo) -> Options {
        let style = if level == Level::O0 { Style::Literal } else { Style::Ssa };
        Options { dialect: *dialect, style, marks_loops: pipeline::ends_endless_loops(level), names, io, debug }
    }

    /// For code that runs in memory.
    #[must_use]
    pub fn in_memory(dialect: &Dialect, level: Level, debug: DebugInfo) -> Options {
        Options::new(dialect, level, Names::None, Io::Buffers, debug)
    }
}

/// The name of the function that is the whole program.
pub const PROGRAM: &str = "bf_program";

/// Functions begin where a line of the processor's cache does, in bytes: how fast a short loop is would be up to chance otherwise.
const FUNCTION_ALIGNMENT: u32 = 64;

/// The name of the table of functions, and of the number of its rows.
pub const REGIONS: &str = "bf_regions";
pub const REGION_COUNT: &str = "bf_region_count";

/// The size of a row: an address, a line and a column.
pub const REGION_ROW_BYTES: usize = 16;

/// The name of the table of the functions for outermost loops.
pub const ENTRIES: &str = "bf_entries";

/// How many outermost loops [`lower_loops`] can take.
pub const MAX_LOOPS: usize = SSA_LIMITS.outermost_loops as usize;

/// Small functions cost nothing at run time and keep LLVM's time linear: measured with 50 on four programs,
/// equal to or faster than one function.
const SSA_LIMITS: Limits =
    Limits { loop_ops: 50, stretch_ops: 250, loop_depth: 6, outermost_loops: 64, table_ops: 1000 };

/// Without passes only the code generator sees the size, and readers want the program in one piece.
const LITERAL_LIMITS: Limits =
    Limits { loop_ops: 2000, stretch_ops: 4000, loop_depth: 1000, outermost_loops: 0, table_ops: 100_000 };

/// Lowers a program that consists of loops, [`MAX_LOOPS`] at the most. The table `bf_entries` has the function of each.
///
/// # Errors
/// As for [`lower`].
pub fn lower_loops<'ctx>(
    context: &'ctx Context,
    program: &Program,
    source: &Source,
    options: &Options,
) -> Result<Module<'ctx>, LlvmError> {
    let limits = match options.style {
        Style::Literal => Limits { outermost_loops: SSA_LIMITS.outermost_loops, ..LITERAL_LIMITS },
        Style::Ssa => SSA_LIMITS,
    };
    let plan = Plan::within(program, source, options, limits);
    let (module, functions) = plan.module(context, &plan.whole())?;
    let outermost = plan.regions.last().map(|whole| &whole.children[..]).unwrap_or_default();
    let entries = outermost.iter().map(|&region| functions[region as usize]);
    let entries: Vec<_> = entries.map(|function| function.as_global_value().as_pointer_value()).collect();
    let pointer = context.ptr_type(AddressSpace::default());
    let table = module.add_global(pointer.array_type(entries.len() as u32), None, ENTRIES);
    table.set_constant(true);
    table.set_initializer(&pointer.const_array(&entries));
    Ok(module)
}

/// Lowers `program`, whose text is `source`, into a new module.
///
/// # Errors
/// LLVM refuses to build an instruction: a bug of ours.
pub fn lower<'ctx>(
    context: &'ctx Context,
    program: &Program,
    source: &Source,
    options: &Options,
) -> Result<Module<'ctx>, LlvmError> {
    let plan = Plan::new(program, source, options);
    plan.lower(context, &plan.whole())
}

/// A program that is cut into functions, which one module defines or several.
pub struct Plan<'a> {
    pub program: &'a Program,
    pub source: &'a Source,
    options: Options,
    regions: Vec<Region>,
    /// For the index of each head: does the pointer end elsewhere than it began?
    drifts: Vec<bool>,
    /// For the index of each condition's head: how is it lowered?
    conditions: Vec<branchless::Form>,
    needs: Needs,
    /// Of scans and walks that functions can do.
    strides: Vec<i32>,
}

impl<'a> Plan<'a> {
    #[must_use]
    pub fn new(program: &'a Program, source: &'a Source, options: &Options) -> Plan<'a> {
        let limits = match options.style {
            Style::Literal => LITERAL_LIMITS,
            Style::Ssa => SSA_LIMITS,
        };
        Plan::within(program, source, options, limits)
    }

    fn within(program: &'a Program, source: &'a Source, options: &Options, limits: Limits) -> Plan<'a> {
        let whole = 0..program.ops.len();
        Plan {
            program,
            source,
            options: *options,
            regions: partition(program, limits),
            drifts: drifting_heads(program, whole.clone()),
            conditions: match options.style {
                Style::Literal => vec![branchless::Form::Branch; program.ops.len()],
                Style::Ssa => branchless::find(program, whole),
            },
            needs: Needs::of(program, options),
            strides: walk::strides(program),
        }
    }

    /// The functions, all of them.
    #[must_use]
    pub fn whole(&self) -> Range<usize> {
        0..self.regions.len()
    }

    /// For each function the operations that are its own.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        let len = |region: &Region| (region.end - region.start) as usize;
        let called =
            |region: &Region| region.children.iter().map(|&child| len(&self.regions[child as usize])).sum::<usize>();
        self.regions.iter().map(|region| len(region) - called(region)).collect()
    }

    /// A new module that defines the functions of `part`. If these are not all, it declares the others: such modules are to be
    /// linked together, and the one with the first function has what all of them share.
    ///
    /// # Errors
    /// LLVM refuses to build an instruction: a bug of ours.
    pub fn lower<'ctx>(&self, context: &'ctx Context, part: &Range<usize>) -> Result<Module<'ctx>, LlvmError> {
        let (module, functions) = self.module(context, part)?;
        if *part != self.whole() {
            share_names(&module, &functions, part);
        }
        Ok(module)
    }

    /// The module, and the function of each region.
    fn module<'ctx>(
        &self,
        context: &'ctx Context,
        part: &Range<usize>,
    ) -> Result<(Module<'ctx>, Vec<FunctionValue<'ctx>>), LlvmError> {
        let &Plan { program, source, ref options, ref regions, .. } = self;
        let module = context.create_module(source.name());
        let functions = declare_regions(context, &module, program, source, regions);
        if regions.iter().any(|region| region.form == Form::Table) {
            table::link_interpreter(context, &module, program.width)?;
        }
        let host = Host::declare(context, &module, self.needs, options.io, program.width)?;
        let walks = walk::link(context, &module, program.width, &self.strides)?;
        let describer = match options.debug {
            DebugInfo::None => None,
            DebugInfo::Places | DebugInfo::Full | DebugInfo::Operations => {
                Some(Describer::new(context, &module, source, program.width, options.style))
            }
        };
        let unit = Unit {
            context,
            module: &module,
            program,
            source,
            options,
            regions,
            functions: &functions,
            host,
            walks,
            drifts: &self.drifts,
            conditions: &self.conditions,
            describer,
        };
        for index in part.clone().rev() {
            match regions[index].form {
                Form::Code => body::lower_region(&unit, index)?,
                Form::Table => body::lower_table(&unit, index)?,
            }
        }
        if part.start == 0 {
            add_region_table(&unit, &module);
        }
        if let Some(describer) = &unit.describer {
            describer.finish();
        }
        Ok((module, functions))
    }
}

/// Lets modules refer to what others define. What all need, and may want inline, is generated with the first function.
fn share_names(module: &Module<'_>, regions: &[FunctionValue<'_>], part: &Range<usize>) {
    let is_ours = |function: &FunctionValue<'_>| function.get_name().to_bytes().starts_with(b"bf_");
    for function in module.get_functions().filter(is_ours) {
        let is_defined = function.count_basic_blocks() > 0;
        let is_copy = is_defined && part.start > 0 && !regions[part.clone()].contains(&function);
        function.set_linkage(if is_copy { Linkage::AvailableExternally } else { Linkage::External });
        function.as_global_value().set_visibility(GlobalVisibility::Hidden);
    }
}

/// What the functions of one module share.
struct Unit<'a, 'ctx> {
    context: &'ctx Context,
    module: &'a Module<'ctx>,
    program: &'a Program,
    source: &'a Source,
    options: &'a Options,
    regions: &'a [Region],
    /// The function of each region.
    functions: &'a [FunctionValue<'ctx>],
    host: Host<'ctx>,
    /// The functions for scans and walks, if there are some that they can do.
    walks: Option<walk::Walks<'ctx>>,
    /// For the index of each head: does the pointer end elsewhere than it began?
    drifts: &'a [bool],
    /// For the index of each condition's head: how is it lowered?
    conditions: &'a [branchless::Form],
    /// Tells debuggers about the functions.
    describer: Option<Describer<'ctx>>,
}

impl<'ctx> Unit<'_, 'ctx> {
    fn cell_type(&self) -> IntType<'ctx> {
        match self.options.dialect.width {
            CellWidth::W8 => self.context.i8_type(),
            CellWidth::W16 => self.context.i16_type(),
            CellWidth::W32 => self.context.i32_type(),
            CellWidth::W64 => self.context.i64_type(),
        }
    }

    fn position(&self, op: u32) -> Position {
        self.source.position(self.program.ops[op as usize].span.start)
    }

    /// Whether the pointer may end elsewhere than it began.
    fn region_drifts(&self, region: &Region) -> bool {
        let mut moved: i64 = 0;
        let mut next = region.start as usize;
        while next < region.end as usize {
            match self.program.ops[next].kind {
                Kind::Move { delta } => moved += i64::from(delta),
                Kind::Scan { .. } | Kind::Walk { .. } => return true,
                Kind::Loop { end, .. } | Kind::If { end, .. } => {
                    if self.drifts[next] {
                        return true;
                    }
                    next = end as usize;
                }
                Kind::Add { .. }
                | Kind::Set { .. }
                | Kind::MulAdd { .. }
                | Kind::Copy { .. }
                | Kind::Product { .. }
                | Kind::MinAdd { .. }
                | Kind::Count(_)
                | Kind::Divide { .. }
                | Kind::Ripple { .. }
                | Kind::Hold { .. }
                | Kind::AddHeld { .. }
                | Kind::Release { .. }
                | Kind::Input { .. }
                | Kind::Output { .. }
                | Kind::Text { .. }
                | Kind::Dump { .. }
                | Kind::LoopEnd { .. }
                | Kind::IfEnd { .. } => {}
            }
            next += 1;
        }
        moved != 0
    }
}

/// Reads the table [`REGIONS`], once it is in memory.
#[must_use]
pub fn regions(table: &[u8]) -> Vec<execute::Region> {
    let (rows, _) = table.as_chunks::<REGION_ROW_BYTES>();
    let region = |row: &[u8; REGION_ROW_BYTES]| {
        let &[a0, a1, a2, a3, a4, a5, a6, a7, l0, l1, l2, l3, c0, c1, c2, c3] = row;
        let address = usize::from_le_bytes([a0, a1, a2, a3, a4, a5, a6, a7]);
        let place = match u32::from_le_bytes([l0, l1, l2, l3]) {
            0 => FaultPlace::Loop(None),
            u32::MAX => FaultPlace::Unknown,
            line => FaultPlace::Loop(Some(Position { line, column: u32::from_le_bytes([c0, c1, c2, c3]) })),
        };
        execute::Region { address, place }
    };
    rows.iter().map(region).collect()
}

/// Reads the table [`ENTRIES`], once it is in memory.
#[must_use]
pub fn entries(table: &[u8]) -> Vec<usize> {
    table.as_chunks().0.iter().map(|&address| usize::from_le_bytes(address)).collect()
}

/// Hides a function that was linked from text. Not so in the text: what is internal and not called yet is
/// not linked.
fn make_internal(function: FunctionValue<'_>) {
    function.set_linkage(Linkage::Internal);
}

fn add_attribute(context: &Context, function: FunctionValue<'_>, name: &str) {
    let kind = inkwell::attributes::Attribute::get_named_enum_kind_id(name);
    function.add_attribute(AttributeLoc::Function, context.create_enum_attribute(kind, 0));
}

/// Declares a function for each region, the whole program first: so it is printed.
fn declare_regions<'ctx>(
    context: &'ctx Context,
    module: &Module<'ctx>,
    program: &Program,
    source: &Source,
    regions: &[Region],
) -> Vec<FunctionValue<'ctx>> {
    let pointer = context.ptr_type(AddressSpace::default());
    let ty = pointer.fn_type(&[pointer.into(), pointer.into()], false);
    let mut functions: Vec<_> = (0..regions.len())
        .rev()
        .map(|index| {
            let region = &regions[index];
            let function = if index + 1 == regions.len() {
                module.add_function(PROGRAM, ty, None)
            } else {
                let what = if region.head == Some(region.start) { "loop" } else { "part" };
                let place = source.position(program.ops[region.start as usize].span.start);
                let name = format!("bf_{what}_{}_{}", place.line, place.column);
                module.add_function(&name, ty, Some(Linkage::Internal))
            };
            add_attribute(context, function, "nounwind");
            function.as_global_value().set_alignment(FUNCTION_ALIGNMENT);
            for (index, name) in ["state", "cell"].into_iter().enumerate() {
                if let Some(parameter) = function.get_nth_param(index as u32) {
                    parameter.into_pointer_value().set_name(name);
                }
            }
            function
        })
        .collect();
    functions.reverse();
    functions
}

/// Adds the table `{ function, line, column }` of the loops that the functions hold. Line 0 stands for code outside
/// of all loops, line -1 for functions of which that cannot be told: those that several loops call, and, where the source has loops,
/// those outside of the ones that are left.
fn add_region_table<'ctx>(unit: &Unit<'_, 'ctx>, module: &Module<'ctx>) {
    let int = unit.context.i32_type();
    let pointer = unit.context.ptr_type(AddressSpace::default());
    let row = unit.context.struct_type(&[pointer.into(), int.into(), int.into()], false);
    let unknown = Position { line: u32::MAX, column: 0 };
    let outside = if unit.source.has_loops() { unknown } else { Position { line: 0, column: 0 } };
    let regions = std::iter::zip(unit.regions, unit.functions)
        .map(|(region, &function)| (function, region.head.map_or(outside, |head| unit.position(head))));
    let shared = unit.walks.iter().flat_map(|walks| [walks.right, walks.left]).map(|function| (function, unknown));
    let interpreter = module.get_function(table::INTERPRETER);
    let interpreter = interpreter.map(|function| (function, outside));
    let rows: Vec<_> = regions
        .chain(shared)
        .chain(interpreter)
        .map(|(function, place)| {
            let number = |value: u32| int.const_int(value.into(), false).into();
            let address = function.as_global_value().as_pointer_value();
            row.const_named_struct(&[address.into(), number(place.line), number(place.column)])
        })
        .collect();
    let table = module.add_global(row.array_type(rows.len() as u32), None, REGIONS);
    table.set_constant(true);
    table.set_initializer(&row.const_array(&rows));
    let count = module.add_global(unit.context.i64_type(), None, REGION_COUNT);
    count.set_constant(true);
    count.set_initializer(&unit.context.i64_type().const_int(rows.len() as u64, false));
}
