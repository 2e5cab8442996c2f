//! LLVM's side of a level: the target machine, the passes, and figures of the result.
//!
//! Knows LLVM and the level table; nothing of BF's operations.
//!
//! # What LLVM's passes cost and bring
//!
//! Executables with our passes of `-O2`, LLVM 19.1.7, 2026-11-24. The times of the compiler are sums over nine programs. The
//! instructions that these execute (by valgrind) and the time of ten that run longer are geometric means against none; the
//! time is the least of seven alternating runs, in one session or two, and noisy by 0.05.
//!
//! | function passes, behind always-inline and globaldce | passes, ms | code generation, ms | instructions | time |
//! |---|--:|--:|--:|--:|
//! | none | 0 | 1506 | 1 | 1 |
//! | early-cse, licm, gvn, dse, simplifycfg | 341 | 1587 | 1.13 | 0.92, 0.94 |
//! | the same without early-cse | 356 | 1586 | 1.13 | |
//! | the same without licm | 311 | 1586 | 1.14 | |
//! | the same without gvn | 133 | 1452 | 1.08 | 0.94 |
//! | the same without dse | 208 | 1437 | 1.14 | |
//! | early-cse, simplifycfg (`-O1`) | 54 | 1412 | 1.08 | 0.92 |
//! | early-cse, dse, simplifycfg | | | | 0.95 |
//! | gvn | 149 | 1505 | 1.14 | 0.90 |
//! | gvn, simplifycfg | | | | 0.89 |
//! | early-cse, gvn, simplifycfg | | | | 0.89 |
//! | gvn, dse, simplifycfg | | | | 0.89 |
//! | early-cse, instcombine, licm, gvn, dse, simplifycfg | 356 | 1416 | 1.16 | |
//! | all five and sccp; and loop-rotate | 301; 391 | 1592; 1625 | 1.13; 1.14 | |
//! | `default<O1>` | 1391 | 1987 | 1.10 | |
//! | `default<O2>` | 1857 | 2062 | 1.10 | 0.97 |
//! | `default<O3>` (`-O3`) | 1964 | 2201 | 1.10 | |
//!
//! What brings something is that cells are loaded once, which is early-cse's and gvn's work, although it takes more
//! instructions. dse and licm bring nothing that could be measured behind our own passes, and dse costs the most.
//!
//! jump-threading came later: state machines, and what compilers emit for comparisons, test what another test has told. Geometric
//! means of the time of -O2 without it, 2026-12-01, medians of nine alternating runs, over two sets of programs:
//!
//! | behind early-cse, before simplifycfg | 15 programs | 13 programs | of these, a state machine |
//! |---|--:|--:|--:|
//! | gvn | 1 | 1 | 1 |
//! | gvn, jump-threading (`-O2`) | 0.92 | 0.93 | 0.62, 0.65 |
//! | jump-threading, gvn | 0.93 | | 0.73 |
//! | gvn, jump-threading, gvn | | 0.95 | 0.67 |
//! | jump-threading, gvn, jump-threading | | 0.95 | 0.63 |
//!
//! It makes LLVM's passes a tenth longer (awib 204 to 227 ms), which is a hundredth of all LLVM does.

use inkwell::OptimizationLevel;
use inkwell::module::Module;
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{CodeModel, InitializationConfig, RelocMode, Target, TargetMachine, TargetMachineOptions};
use inkwell::values::InstructionOpcode;

use super::LlvmError;
use super::loader::Llvm;
use crate::level::{Codegen, Level};

/// The processor that executables and objects are made for: any x86-64.
const GENERIC_CPU: &str = "x86-64";

impl Codegen {
    pub(super) fn level(self) -> OptimizationLevel {
        match self {
            Codegen::None => OptimizationLevel::None,
            Codegen::Less => OptimizationLevel::Less,
            Codegen::Default => OptimizationLevel::Default,
            Codegen::Aggressive => OptimizationLevel::Aggressive,
        }
    }
}

/// A target machine for position-independent code of this machine's architecture.
///
/// # Errors
/// LLVM has no such target.
pub fn target_machine(_: Llvm, level: Level) -> Result<TargetMachine, LlvmError> {
    Target::initialize_x86(&InitializationConfig::default());
    let triple = TargetMachine::get_default_triple();
    let target = Target::from_triple(&triple).map_err(|message| LlvmError::Target(message.to_string()))?;
    let options = TargetMachineOptions::new()
        .set_cpu(GENERIC_CPU)
        .set_level(level.row().codegen.level())
        .set_reloc_mode(RelocMode::PIC)
        .set_code_model(CodeModel::Default);
    target
        .create_target_machine_from_options(&triple, options)
        .ok_or_else(|| LlvmError::Target(format!("no target machine for {triple}")))
}

/// Verifies `module` and runs the level's passes over it.
///
/// # Errors
/// The module is malformed (a bug of ours), or LLVM refuses the passes.
pub fn optimize(module: &Module<'_>, machine: &TargetMachine, level: Level) -> Result<(), LlvmError> {
    module.set_triple(&machine.get_triple());
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    verify(module)?;
    run_passes(module, machine, level.row().llvm_passes)
}

/// Whether LLVM's passes of `level` may take an endless loop for one that ends. Their `indvars` does so where a loop around it is
/// counted and nothing in it has an effect: llvm/llvm-project#183906, open in 2026.
pub(super) fn ends_endless_loops(level: Level) -> bool {
    level.row().llvm_passes.starts_with("default<")
}

/// Runs passes over `module`, named as for `opt -passes=`; an empty list does nothing.
pub(super) fn run_passes(module: &Module<'_>, machine: &TargetMachine, passes: &str) -> Result<(), LlvmError> {
    if passes.is_empty() {
        return Ok(());
    }
    let options = PassBuilderOptions::create();
    module.run_passes(passes, machine, options).map_err(|message| LlvmError::Passes(message.to_string()))
}

/// # Errors
/// What LLVM's verifier has to say.
pub fn verify(module: &Module<'_>) -> Result<(), LlvmError> {
    module.verify().map_err(|message| LlvmError::Malformed(message.to_string()))
}

/// What the functions of a module are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub blocks: usize,
    pub instructions: usize,
    /// Instructions that read memory, and that write it.
    pub loads: usize,
    pub stores: usize,
}

impl Figures {
    /// Counts what `module` has.
    #[must_use]
    pub fn of(module: &Module<'_>) -> Figures {
        let mut figures = Figures::default();
        for block in module.get_functions().flat_map(|function| function.get_basic_block_iter()) {
            figures.blocks += 1;
            for instruction in block.get_instructions() {
                figures.instructions += 1;
                match instruction.get_opcode() {
                    InstructionOpcode::Load => figures.loads += 1,
                    InstructionOpcode::Store => figures.stores += 1,
                    _ => {}
                }
            }
        }
        figures
    }
}
