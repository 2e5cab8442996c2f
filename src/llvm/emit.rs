//! A module as text or bytes: IR, bitcode, assembly, object file.

use std::time::Instant;

use inkwell::context::Context;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::module::Module;
use inkwell::targets::{FileType, TargetMachine};
use inkwell::values::InstructionValue;

use super::executable::{self, ExecutableIo};
use super::loader::Llvm;
pub use super::lower::DebugInfo;
use super::lower::{Options, lower_loops};
use super::pipeline::Figures;
use super::{LlvmError, Times, pipeline, units};
use crate::dialect::Dialect;
use crate::ir::Program;
use crate::level::Level;
use crate::source::{Position, Source};

/// A form in which LLVM can give a program out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// LLVM IR as text.
    Ir,
    Bitcode,
    Assembly,
    Object,
}

/// What to make of a program.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub form: Form,
    pub level: Level,
    pub dialect: Dialect,
    pub io: ExecutableIo,
    pub debug: DebugInfo,
}

/// A program in the form asked for, and how long that took.
#[derive(Clone, Debug)]
pub struct Emitted {
    pub bytes: Vec<u8>,
    /// With debug information the place of each instruction in the order of the IR's text, as far as it comes from the
    /// source.
    pub places: Vec<Option<Position>>,
    pub times: Times,
}

/// The complete `program` in the form asked for.
///
/// # Errors
/// A step of LLVM's fails.
pub fn emit(llvm: Llvm, program: &Program, source: &Source, request: &Request) -> Result<Emitted, LlvmError> {
    let context = Context::create();
    let machine = pipeline::target_machine(llvm, request.level)?;
    machine.set_asm_verbosity(true);
    let clock = Instant::now();
    let plan = executable::plan(program, source, request);
    let mut times = Times { lower: clock.elapsed(), ..Times::default() };
    let module = executable::build(&context, &machine, &plan, &plan.whole(), request, &mut times)?;
    let places = match request.debug {
        DebugInfo::None => Vec::new(),
        DebugInfo::Places | DebugInfo::Full | DebugInfo::Operations => places(&module),
    };
    if request.debug == DebugInfo::Places {
        module.strip_debug_info();
    }
    let bytes = write(&module, &machine, request.form, &mut times)?;
    Ok(Emitted { bytes, places, times })
}

/// The complete `program` as object files that are to be linked together, and how long that took, all threads together. Of a
/// large program there are several, which are made at the same time by so many threads at most: the files do not depend on how
/// many. With debug information there is one. The form that is asked for does not matter.
///
/// # Errors
/// A step of LLVM's fails.
pub fn emit_objects(
    llvm: Llvm,
    program: &Program,
    source: &Source,
    request: &Request,
    threads: usize,
) -> Result<(Vec<Vec<u8>>, Times), LlvmError> {
    let clock = Instant::now();
    let plan = executable::plan(program, source, request);
    let planned = clock.elapsed();
    let (objects, mut times) = units::objects(llvm, &plan, request, threads)?;
    times.lower += planned;
    Ok((objects, times))
}

/// `loops`, a program that consists of loops, as an object file, and how many LLVM instructions they are. It defines what a module of
/// [`lower_loops`] does, and what it calls is to be defined as [`host_symbols`](super::lower::host_symbols) says.
///
/// # Errors
/// A step of LLVM's fails.
pub fn emit_loops(
    llvm: Llvm,
    loops: &Program,
    source: &Source,
    dialect: &Dialect,
    level: Level,
) -> Result<(Vec<u8>, usize), LlvmError> {
    let context = Context::create();
    let machine = pipeline::target_machine(llvm, level)?;
    let module = lower_loops(&context, loops, source, &Options::in_memory(dialect, level, DebugInfo::None))?;
    pipeline::optimize(&module, &machine, level)?;
    // Before code generation, which changes it.
    let Figures { instructions, .. } = Figures::of(&module);
    Ok((write(&module, &machine, Form::Object, &mut Times::default())?, instructions))
}

fn places(module: &Module<'_>) -> Vec<Option<Position>> {
    let blocks = module.get_functions().flat_map(|function| function.get_basic_block_iter());
    let instructions = blocks.flat_map(|block| block.get_instructions());
    let place = |instruction: InstructionValue<'_>| {
        let location = instruction.get_debug_location()?;
        Some(Position { line: location.get_line(), column: location.get_column() })
    };
    // Line 0 is LLVM's for what comes from several places.
    instructions.map(|instruction| place(instruction).filter(|place| place.line > 0)).collect()
}

pub(super) fn write(
    module: &Module<'_>,
    machine: &TargetMachine,
    form: Form,
    times: &mut Times,
) -> Result<Vec<u8>, LlvmError> {
    let clock = Instant::now();
    let machine_file = |kind| {
        let buffer = machine.write_to_memory_buffer(module, kind);
        let buffer = buffer.map_err(|message| LlvmError::Codegen(message.to_string()))?;
        Ok(buffer.as_slice().to_vec())
    };
    let written = match form {
        Form::Ir => Ok(module.print_to_string().to_bytes().to_vec()),
        Form::Bitcode => Ok(module.write_bitcode_to_memory().as_slice().to_vec()),
        Form::Assembly => machine_file(FileType::Assembly),
        Form::Object => machine_file(FileType::Object),
    };
    times.codegen += clock.elapsed();
    written
}

/// How many bytes of machine code `object` has, an object file.
///
/// # Errors
/// It is none.
pub fn code_bytes(_: Llvm, object: &[u8]) -> Result<u64, LlvmError> {
    let buffer = MemoryBuffer::create_from_memory_range_copy(object, "object");
    let malformed = |message: String| LlvmError::Codegen(message);
    let file = buffer.create_binary_file(None).map_err(|message| malformed(message.to_string()))?;
    let mut sections = file.get_sections().ok_or_else(|| malformed("the object file has no sections".into()))?;
    let mut bytes = 0;
    while let Some(section) = sections.next_section() {
        if section.get_name().is_some_and(|name| name.to_bytes().starts_with(b".text")) {
            bytes += section.get_size();
        }
    }
    Ok(bytes)
}
