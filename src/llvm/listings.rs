//! A program as LLVM sees it, at three points, in texts that tell which instruction comes from which operation.

use inkwell::context::Context;
use inkwell::targets::FileType;

use super::loader::Llvm;
use super::lower::{self, DebugInfo, Io, Names, Options};
use super::{LlvmError, pipeline};
use crate::dialect::Dialect;
use crate::ir::Program;
use crate::level::Level;
use crate::source::Source;

/// The program's own functions, without run-time support. Debug locations name operations:
/// [`DebugInfo::Operations`].
#[derive(Clone, Debug)]
pub struct Listings {
    /// LLVM's IR before LLVM's passes, and after.
    pub lowered: String,
    pub optimized: String,
    pub assembly: String,
}

/// Makes all texts of `program`.
///
/// # Errors
/// A step of LLVM's fails.
pub fn listings(
    llvm: Llvm,
    program: &Program,
    source: &Source,
    dialect: &Dialect,
    level: Level,
) -> Result<Listings, LlvmError> {
    let context = Context::create();
    let machine = pipeline::target_machine(llvm, level)?;
    machine.set_asm_verbosity(true);
    let options = Options::new(dialect, level, Names::Readable, Io::Calls, DebugInfo::Operations);
    let module = lower::lower(&context, program, source, &options)?;
    let lowered = module.print_to_string().to_string();
    pipeline::optimize(&module, &machine, level)?;
    pipeline::run_passes(&module, &machine, "globaldce")?;
    let optimized = module.print_to_string().to_string();
    let assembly = machine.write_to_memory_buffer(&module, FileType::Assembly);
    let assembly = assembly.map_err(|message| LlvmError::Codegen(message.to_string()))?;
    let assembly = String::from_utf8_lossy(assembly.as_slice()).into_owned();
    Ok(Listings { lowered, optimized, assembly })
}
