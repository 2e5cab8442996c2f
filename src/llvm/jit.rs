//! Compiles a program in memory, through MCJIT, and hands out the code's addresses.
//!
//! Knows LLVM; it does not run the code. MCJIT stays behind [`Jit`], because LLVM means to retire it.

use std::time::Instant;

use inkwell::context::Context;
use inkwell::execution_engine::ExecutionEngine;
use inkwell::module::Module;

use super::loader::Llvm;
use super::lower::{self, Names, Options, PROGRAM, REGION_COUNT, REGIONS, Style};
use super::pipeline::Figures;
use super::{LlvmError, Times, pipeline};
use crate::dialect::Dialect;
use crate::ir::Program;
use crate::level::Level;
use crate::runtime::FaultPlace;
use crate::runtime::execute::{HostFunctions, Region};
use crate::source::{Position, Source};

/// Machine code in memory. It is there only while the closure that gets it runs.
#[derive(Debug)]
pub struct Code {
    /// The address of `ptr bf_program(ptr state, ptr cell)`.
    pub entry: usize,
    /// The functions and the loops they hold, sorted by address.
    pub regions: Vec<Region>,
    pub times: Times,
    /// Of the module, after LLVM's passes.
    pub figures: Figures,
}

/// What turns a module into code: all that is asked of a JIT compiler.
trait Jit {
    /// The address of a function or of data; compiles the module if that was not done yet.
    fn address(&self, symbol: &'static str) -> Result<usize, LlvmError>;
}

/// LLVM's MCJIT.
struct McJit<'ctx>(ExecutionEngine<'ctx>);

impl<'ctx> McJit<'ctx> {
    fn new(module: &Module<'ctx>, level: Level, host: &HostFunctions) -> Result<McJit<'ctx>, LlvmError> {
        let codegen = level.row().codegen.level();
        let engine =
            module.create_jit_execution_engine(codegen).map_err(|message| LlvmError::Codegen(message.to_string()))?;
        for (name, address) in [("bf_put", host.put), ("bf_get", host.get), ("bf_dump", host.dump)] {
            // Passes may have removed the declaration of a function that is not called any more.
            if let Some(function) = module.get_function(name) {
                engine.add_global_mapping(&function, address);
            }
        }
        Ok(McJit(engine))
    }
}

impl Jit for McJit<'_> {
    fn address(&self, symbol: &'static str) -> Result<usize, LlvmError> {
        // Despite its name it finds data as well.
        self.0.get_function_address(symbol).map_err(|_| LlvmError::Codegen(format!("{symbol} has no address")))
    }
}

/// Compiles `program` at `level` and calls `use_code` with the result.
///
/// # Errors
/// A step of LLVM's fails.
pub fn with_code<T>(
    llvm: Llvm,
    program: &Program,
    source: &Source,
    dialect: &Dialect,
    level: Level,
    host: &HostFunctions,
    use_code: impl FnOnce(&Code) -> T,
) -> Result<T, LlvmError> {
    let mut times = Times::default();
    let context = Context::create();
    let machine = pipeline::target_machine(llvm, level)?;
    let clock = Instant::now();
    let style = if level == Level::O0 { Style::Literal } else { Style::Ssa };
    let module = lower::lower(&context, program, source, &Options { dialect: *dialect, style, names: Names::None })?;
    times.lower = clock.elapsed();

    let clock = Instant::now();
    pipeline::optimize(&module, &machine, level)?;
    times.passes = clock.elapsed();
    let figures = Figures::of(&module);

    let clock = Instant::now();
    let jit = McJit::new(&module, level, host)?;
    let entry = jit.address(PROGRAM)?;
    let regions = read_regions(&jit)?;
    times.codegen = clock.elapsed();
    Ok(use_code(&Code { entry, regions, times, figures }))
}

/// Reads the table of functions that [`lower`] put into the module.
fn read_regions(jit: &dyn Jit) -> Result<Vec<Region>, LlvmError> {
    #[repr(C)]
    struct Row {
        address: usize,
        line: u32,
        column: u32,
    }
    let (table, count) = (jit.address(REGIONS)?, jit.address(REGION_COUNT)?);
    // SAFETY: the lowering defines both with these types, and the code is in memory while `jit` is.
    let rows = unsafe { std::slice::from_raw_parts(table as *const Row, *(count as *const u64) as usize) };
    let mut regions: Vec<_> = rows
        .iter()
        .map(|row| Region {
            address: row.address,
            place: match row.line {
                0 => FaultPlace::Loop(None),
                u32::MAX => FaultPlace::Unknown,
                line => FaultPlace::Loop(Some(Position { line, column: row.column })),
            },
        })
        .collect();
    regions.sort_by_key(|region| region.address);
    Ok(regions)
}
