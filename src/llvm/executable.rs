//! A program as a module that is complete: with its tape, its input and output, and its entry.
//!
//! The run-time support is LLVM IR too, in `runtime/`, and is linked in as it stands there: `common.ll`,
//! `buffered.ll` and, by the way input and output go, `libc.ll` or `syscall.ll`.

use std::ops::Range;
use std::time::Instant;

use inkwell::context::Context;
use inkwell::module::{Linkage, Module};
use inkwell::targets::TargetMachine;
use inkwell::values::BasicValue;

use super::emit::Request;
use super::lower::{self, DebugInfo, Io, Names, Options, Plan, TapeHolder};
use super::{LlvmError, Times, parts, pipeline};
use crate::dialect::{Dialect, PAGE_BYTES};
use crate::ir::Program;
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

/// A program that is cut into functions, as `request` has it.
pub(super) fn plan<'a>(program: &'a Program, source: &'a Source, request: &Request) -> Plan<'a> {
    let &Request { ref dialect, level, io, debug, .. } = request;
    let io = if io == ExecutableIo::Extern { Io::Calls } else { Io::Buffers };
    Plan::new(program, source, &Options::new(dialect, level, Names::Readable, io, debug))
}

/// Lowers a part of the program, and links the run-time support to the one with the first function; LLVM's passes for the level
/// are run.
///
/// # Errors
/// A step of LLVM's fails.
pub(super) fn build<'ctx>(
    context: &'ctx Context,
    machine: &TargetMachine,
    plan: &Plan<'_>,
    part: &Range<usize>,
    request: &Request,
    times: &mut Times,
) -> Result<Module<'ctx>, LlvmError> {
    let clock = Instant::now();
    let module = plan.lower(context, part)?;
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    module.set_triple(&machine.get_triple());
    if part.start == 0 {
        link_support(context, &module, plan, request)?;
        if request.io != ExecutableIo::Extern {
            make_internal(&module, if *part == plan.whole() { &[b"bf_", b"rt_"] } else { &[b"rt_"] });
        }
    }
    times.lower += clock.elapsed();
    let clock = Instant::now();
    pipeline::optimize(&module, machine, request.level)?;
    // Every level drops what the program does not use of the run-time support.
    pipeline::run_passes(&module, machine, "globaldce")?;
    times.passes += clock.elapsed();
    Ok(module)
}

fn link_support<'ctx>(
    context: &'ctx Context,
    module: &Module<'ctx>,
    plan: &Plan<'_>,
    request: &Request,
) -> Result<(), LlvmError> {
    let &Request { ref dialect, io, debug, .. } = request;
    let Plan { program, source, .. } = plan;
    if io != ExecutableIo::Extern {
        add_constants(context, module, program, source, dialect);
    }
    for (name, text) in io.parts() {
        parts::link(context, module, name, text)?;
    }
    if debug == DebugInfo::Full
        && let Some(tape) = module.get_global("rt_tape")
    {
        lower::describe_tape(context, module, source, dialect.width, TapeHolder::Global(tape));
    }
    Ok(())
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

/// Hides what has names of ours that begin so within the module, so that what is not used can be dropped. What stays
/// visible is the entry, and the functions whose calls the code generator makes up.
fn make_internal(module: &Module<'_>, beginnings: &[&[u8]]) {
    let ours = |name: &[u8]| beginnings.iter().any(|beginning| name.starts_with(beginning));
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
