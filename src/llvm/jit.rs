//! Compiles a program in memory, through MCJIT, and hands out the code's addresses.
//!
//! Knows LLVM; it does not run the code. MCJIT stays behind [`Jit`], because LLVM means to retire it.

use std::time::{Duration, Instant};

use inkwell::context::Context;
use inkwell::execution_engine::ExecutionEngine;
use inkwell::module::Module;
use inkwell::targets::TargetMachine;

use super::loader::Llvm;
use super::lower::{self, DebugInfo, ENTRIES, Options, PROGRAM, REGION_COUNT, REGIONS, TapeHolder};
use super::pipeline::Figures;
use super::{LlvmError, Times, options, pipeline, registered};
use crate::dialect::Dialect;
use crate::ir::Program;
use crate::level::Level;
use crate::runtime::execute::{HostFunctions, Region};
use crate::source::Source;
use crate::symbols::{Symbol, registration};

/// Machine code in memory. It is there as long as the compiler that made it.
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
        for (name, address) in lower::host_symbols(host) {
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

pub use super::lower::MAX_LOOPS;

/// Compiles programs, or parts of them, one after the other. Their code stays until the compiler is dropped.
pub struct Compiler<'ctx> {
    // Before what it was made in.
    engines: Vec<McJit<'ctx>>,
    llvm: Llvm,
    machine: TargetMachine,
    context: &'ctx Context,
    level: Level,
    debug: DebugInfo,
    host: HostFunctions,
}

/// Calls `use_compiler` with a compiler for `level`. MCJIT hands its code to debuggers; with `debug` they learn where it
/// comes from.
///
/// # Errors
/// LLVM has no target machine for this one.
pub fn with_compiler<T>(
    llvm: Llvm,
    level: Level,
    debug: DebugInfo,
    host: &HostFunctions,
    use_compiler: impl FnOnce(&mut Compiler<'_>) -> T,
) -> Result<T, LlvmError> {
    let context = Context::create();
    let machine = pipeline::target_machine(llvm, level)?;
    let mut compiler = Compiler { engines: Vec::new(), llvm, machine, context: &context, level, debug, host: *host };
    Ok(use_compiler(&mut compiler))
}

impl<'ctx> Compiler<'ctx> {
    /// Compiles `program`, whose operations come from `source`. Until that is done the program does not run: below `-O3` it
    /// takes less time than it could, and so does what is compiled later in this process.
    ///
    /// # Errors
    /// A step of LLVM's fails.
    pub fn compile(&mut self, program: &Program, source: &Source, dialect: &Dialect) -> Result<Code, LlvmError> {
        let clock = Instant::now();
        if self.level != Level::O3 {
            options::without_strength_reduction(self.llvm);
        }
        let module = lower::lower(self.context, program, source, &self.options(dialect))?;
        self.describe_tape(&module, source, dialect);
        self.finish(&module, clock.elapsed())
    }

    /// Compiles a program that consists of loops, [`MAX_LOOPS`] at the most; returns the address of the function of each
    /// as well.
    ///
    /// # Errors
    /// A step of LLVM's fails.
    pub fn compile_loops(
        &mut self,
        program: &Program,
        source: &Source,
        dialect: &Dialect,
    ) -> Result<(Code, Vec<usize>), LlvmError> {
        let clock = Instant::now();
        let module = lower::lower_loops(self.context, program, source, &self.options(dialect))?;
        self.describe_tape(&module, source, dialect);
        let code = self.finish(&module, clock.elapsed())?;
        let engine = self.engines.last().expect("the code is in it");
        let table = engine.address(ENTRIES)?;
        let count = program.loops(0, u32::MAX).len();
        // SAFETY: the lowering defines the table with an address for each of the loops.
        let entries = unsafe { std::slice::from_raw_parts(table as *const u8, count * size_of::<usize>()) };
        Ok((code, lower::entries(entries)))
    }

    /// Names for the functions of `code`, which this compiler made, as `perf` may show them; sorted by address.
    #[must_use]
    pub fn symbols(&self, code: &Code) -> Vec<Symbol> {
        let mut symbols = registered::functions(self.llvm, code.entry);
        symbols.iter_mut().for_each(|symbol| symbol.name = display_name(&symbol.name));
        symbols
    }

    fn options(&self, dialect: &Dialect) -> Options {
        Options::in_memory(dialect, self.level, self.debug)
    }

    fn describe_tape(&self, module: &Module<'ctx>, source: &Source, dialect: &Dialect) {
        match self.debug {
            DebugInfo::None | DebugInfo::Places | DebugInfo::Operations => {}
            DebugInfo::Full => {
                let holder = TapeHolder::Host(self.host.tape);
                lower::describe_tape(self.context, module, source, dialect.width, holder);
            }
        }
    }

    fn finish(&mut self, module: &Module<'ctx>, lower: Duration) -> Result<Code, LlvmError> {
        let mut times = Times { lower, ..Times::default() };
        let clock = Instant::now();
        pipeline::optimize(module, &self.machine, self.level)?;
        times.passes = clock.elapsed();
        let figures = Figures::of(module);

        let clock = Instant::now();
        let _turn = registration::changing();
        let jit = McJit::new(module, self.level, &self.host)?;
        let entry = jit.address(PROGRAM)?;
        let regions = read_regions(&jit)?;
        times.codegen = clock.elapsed();
        self.engines.push(jit);
        Ok(Code { entry, regions, times, figures })
    }
}

impl Drop for Compiler<'_> {
    fn drop(&mut self) {
        let _turn = registration::changing();
        self.engines.clear();
    }
}

/// What a function of a module is called for people: `bf_loop_2_7` is `bf:2:7 loop (llvm)`.
fn display_name(name: &str) -> String {
    let own = name.strip_prefix("bf_").unwrap_or(name);
    let mut words = own.split(['_', '.']);
    let region = (words.next(), words.next().map(str::parse::<u32>), words.next().map(str::parse::<u32>));
    match region {
        (Some(what @ ("loop" | "part")), Some(Ok(line)), Some(Ok(column))) => {
            format!("bf:{line}:{column} {what} (llvm)")
        }
        _ => format!("bf:{own} (llvm)"),
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
    with_compiler(llvm, level, DebugInfo::None, host, |compiler| {
        compiler.compile(program, source, dialect).map(|code| use_code(&code))
    })?
}

/// Reads the table of functions that [`lower`] put into the module.
fn read_regions(jit: &dyn Jit) -> Result<Vec<Region>, LlvmError> {
    let (table, count) = (jit.address(REGIONS)?, jit.address(REGION_COUNT)?);
    // SAFETY: the lowering defines both with these types, and the code is in memory while `jit` is.
    let rows = unsafe {
        let count = *(count as *const u64) as usize;
        std::slice::from_raw_parts(table as *const u8, count * lower::REGION_ROW_BYTES)
    };
    let mut regions = lower::regions(rows);
    regions.sort_by_key(|region| region.address);
    Ok(regions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_by_their_places() {
        assert_eq!(display_name("bf_loop_2_7"), "bf:2:7 loop (llvm)");
        assert_eq!(display_name("bf_part_12_1.3"), "bf:12:1 part (llvm)");
        assert_eq!(display_name("bf_program"), "bf:program (llvm)");
        assert_eq!(display_name("bf_loop_x"), "bf:loop_x (llvm)");
    }
}
