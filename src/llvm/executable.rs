//! A program as a module that is complete: with its tape, its input and output, and its entry.
//!
//! The run-time support is LLVM IR too, in `runtime/`, and is linked in as it stands there: `common.ll`,
//! `buffered.ll` and, by the way input and output go, `libc.ll` or `syscall.ll`.

use std::time::Instant;

use inkwell::context::Context;
use inkwell::module::{Linkage, Module};
use inkwell::targets::TargetMachine;
use inkwell::values::BasicValue;

use super::emit::Request;
use super::lower::{self, DebugInfo, Io, Names, Options, Style, TapeHolder};
use super::{LlvmError, Times, parts, pipeline};
use crate::dialect::{Dialect, PAGE_BYTES};
use crate::ir::Program;
use crate::level::Level;
use crate::runtime::tape::guard_bytes;
use crate::source::Source;

/// How an executable reads and writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExecutableIo {
    /// `read` and `write` of the C library.
    #[default]
    Libc,
    /// System calls, without any library.
    Syscall,
    /// Whoever links the program defines `bf_put` and `bf_get`, and calls `bf_program`.
    Extern,
}

impl ExecutableIo {
    /// The parts of the run-time support: name and text.
    fn parts(self) -> &'static [(&'static str, &'static str)] {
        match self {
            ExecutableIo::Libc => &[
                ("buffered.ll", include_str!("runtime/buffered.ll")),
                ("libc.ll", include_str!("runtime/libc.ll")),
                ("common.ll", include_str!("runtime/common.ll")),
            ],
            ExecutableIo::Syscall => &[
                ("buffered.ll", include_str!("runtime/buffered.ll")),
                ("syscall.ll", include_str!("runtime/syscall.ll")),
                ("common.ll", include_str!("runtime/common.ll")),
            ],
            ExecutableIo::Extern => &[],
        }
    }

    /// The options with which `cc` links an object file of this kind.
    pub fn link_options(self, debug: DebugInfo) -> impl Iterator<Item = &'static str> {
        let (layout, strip): (&[_], _) = match self {
            ExecutableIo::Libc | ExecutableIo::Extern => (&[], None),
            ExecutableIo::Syscall => (
                &[
                    "-nostdlib",
                    "-static",
                    "-no-pie",
                    "-Wl,-z,noexecstack",
                    "-Wl,-z,noseparate-code",
                    "-Wl,-z,norelro",
                    "-Wl,--build-id=none",
                ],
                Some("-s"),
            ),
        };
        layout.iter().copied().chain(strip.filter(|_| debug != DebugInfo::Full))
    }
}

/// Lowers `program` and links the run-time support to it; LLVM's passes for the level are run.
///
/// # Errors
/// A step of LLVM's fails.
pub fn build<'ctx>(
    context: &'ctx Context,
    machine: &TargetMachine,
    program: &Program,
    source: &Source,
    request: &Request,
    times: &mut Times,
) -> Result<Module<'ctx>, LlvmError> {
    let &Request { ref dialect, level, io, debug, .. } = request;
    let clock = Instant::now();
    let style = if level == Level::O0 { Style::Literal } else { Style::Ssa };
    let host_io = if io == ExecutableIo::Extern { Io::Calls } else { Io::Buffers };
    let options = Options { dialect: *dialect, style, names: Names::Readable, io: host_io, debug };
    let module = lower::lower(context, program, source, &options)?;
    if io != ExecutableIo::Extern {
        add_constants(context, &module, program, source, dialect);
    }
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    module.set_triple(&machine.get_triple());
    for (name, text) in io.parts() {
        parts::link(context, &module, name, text)?;
    }
    if debug == DebugInfo::Full
        && let Some(tape) = module.get_global("rt_tape")
    {
        lower::describe_tape(context, &module, source, dialect.width, TapeHolder::Global(tape));
    }
    if io != ExecutableIo::Extern {
        make_internal(&module);
    }
    times.lower = clock.elapsed();
    let clock = Instant::now();
    pipeline::optimize(&module, machine, level)?;
    // Every level drops what the program does not use of the run-time support.
    pipeline::run_passes(&module, machine, "globaldce")?;
    times.passes = clock.elapsed();
    Ok(module)
}

/// Defines what the run-time support wants to know.
fn add_constants<'ctx>(
    context: &'ctx Context,
    module: &Module<'ctx>,
    program: &Program,
    source: &Source,
    dialect: &Dialect,
) {
    let long = context.i64_type();
    let guard = guard_bytes(program).next_multiple_of(PAGE_BYTES);
    for (name, value) in
        [("bf_tape_cells", dialect.tape_cells()), ("bf_cell_bytes", dialect.width.bytes()), ("bf_guard_bytes", guard)]
    {
        let constant = module.add_global(long, None, name);
        constant.set_constant(true);
        constant.set_initializer(&long.const_int(value, false));
    }
    let name = context.const_string(source.name().as_bytes(), true);
    let constant = module.add_global(name.get_type(), None, "bf_source_name");
    constant.set_constant(true);
    constant.set_initializer(&name.as_basic_value_enum());
}

/// Hides everything of ours within the module, so that what is not used can be dropped. What stays
/// visible is the entry, and the functions whose calls the code generator makes up.
fn make_internal(module: &Module<'_>) {
    let ours = |name: &[u8]| name.starts_with(b"bf_") || name.starts_with(b"rt_");
    for function in module.get_functions() {
        if function.count_basic_blocks() > 0 && ours(function.get_name().to_bytes()) {
            function.as_global_value().set_visibility(inkwell::GlobalVisibility::Default);
            function.set_linkage(Linkage::Internal);
        }
    }
    for global in module.get_globals() {
        if global.get_initializer().is_some() && ours(global.get_name().to_bytes()) {
            global.set_visibility(inkwell::GlobalVisibility::Default);
            global.set_linkage(Linkage::Internal);
        }
    }
}
