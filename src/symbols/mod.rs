//! What tools see of code in memory: names for profilers, and whole object files for debuggers.
//!
//! * [`perf_map`] writes the list of names that `perf` reads.
//! * [`object`] writes object files that describe code elsewhere in memory, and reads the names in LLVM's.
//! * [`registration`] hands object files to debuggers.
//!
//! Knows addresses, names and bytes; nothing of who made the code, or of what is in it.

pub mod object;
pub mod perf_map;
pub mod registration;

/// A piece of code with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub address: usize,
    pub bytes: usize,
    pub name: String,
}
