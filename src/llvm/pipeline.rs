//! LLVM's side of a level: the target machine, the passes, and figures of the result.
//!
//! Knows LLVM and the level table; nothing of BF's operations.

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
