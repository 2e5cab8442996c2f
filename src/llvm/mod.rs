//! The LLVM back end: from a program to LLVM IR, and from there to code in memory or to a file.
//!
//! The only place that names inkwell. Everything here starts from a [`loader::Llvm`].

pub mod emit;
pub mod executable;
pub mod jit;
pub mod limit;
pub mod listings;
pub mod loader;
pub mod lower;
mod options;
mod parts;
pub mod pipeline;
pub mod registered;
pub mod timing;
mod units;

use std::time::Duration;

/// How long the steps took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    pub lower: Duration,
    pub passes: Duration,
    pub codegen: Duration,
}

impl Times {
    fn add(&mut self, more: Times) {
        self.lower += more.lower;
        self.passes += more.passes;
        self.codegen += more.codegen;
    }
}

/// Why LLVM did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LlvmError {
    /// There is no code generator for this machine.
    Target(String),
    /// The module is malformed; LLVM's verifier says how. A bug of ours.
    Malformed(String),
    /// The passes were refused.
    Passes(String),
    /// No code could be generated.
    Codegen(String),
}

impl std::fmt::Display for LlvmError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LlvmError::Target(message) => write!(f, "LLVM has no code generator for this machine: {message}"),
            LlvmError::Malformed(message) => write!(f, "bug in bfllvm: LLVM rejects the module: {message}"),
            LlvmError::Passes(message) => write!(f, "LLVM cannot run the passes: {message}"),
            LlvmError::Codegen(message) => write!(f, "LLVM cannot generate code: {message}"),
        }
    }
}

impl std::error::Error for LlvmError {}

impl From<inkwell::builder::BuilderError> for LlvmError {
    fn from(error: inkwell::builder::BuilderError) -> Self {
        LlvmError::Malformed(error.to_string())
    }
}
