//! The command line tool: see [`cli`].
//!
//! It starts without the standard library's help, which would read the process's memory map to find the guard of the
//! first thread's stack: a tenth of the time that an empty program takes, and while code runs the handlers are ours.
//! What else that help does, [`prepare`] does.

#![cfg_attr(not(test), no_main)]

mod cli;

use std::ffi::c_int;

use bfllvm::runtime::{exit_at_once, prepare};

// The unwinder as an archive: opening its shared library takes longer than all that `cli` does before it runs a program.
#[link(name = "gcc_eh")]
unsafe extern "C" {}

/// The status after a panic, which has told about itself: that of Rust's programs.
const PANICKED: u8 = 101;

/// Called by the C library.
#[cfg_attr(not(test), unsafe(no_mangle))]
extern "C" fn main() -> c_int {
    prepare();
    let status = std::panic::catch_unwind(|| cli::main().code());
    exit_at_once(status.unwrap_or(PANICKED));
}
