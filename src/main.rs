//! The command line tool: see [`cli`].
//!
//! It starts without the standard library's help, which would read the process's memory map to find the guard of the
//! first thread's stack: a tenth of the time that an empty program takes, and while code runs the handlers are ours.
//! What else that help does, [`prepare`] does.

#![cfg_attr(not(test), no_main)]

#[cfg(target_env = "musl")]
mod allocator;
mod cli;

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStrExt as _;

use bfllvm::runtime::{exit_at_once, prepare};

// The unwinder as an archive: opening its shared library takes longer than all that `cli` does before it runs a program. Where
// everything is linked statically, the standard library brings its own.
#[cfg_attr(not(target_env = "musl"), link(name = "gcc_eh"))]
unsafe extern "C" {}

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: allocator::BySize = allocator::BySize;

/// # Safety
/// `word` is a C string.
unsafe fn word(word: *const c_char) -> OsString {
    // SAFETY: as required of the caller.
    OsStr::from_bytes(unsafe { CStr::from_ptr(word) }.to_bytes()).to_owned()
}

/// The status after a panic, which has told about itself: that of Rust's programs.
const PANICKED: u8 = 101;

/// Called by the C library.
#[cfg_attr(not(test), unsafe(no_mangle))]
extern "C" fn main(count: c_int, words: *const *const c_char) -> c_int {
    prepare();
    // SAFETY: so the C library calls it.
    let words: Vec<_> = (0..count as usize).map(|index| unsafe { word(*words.add(index)) }).collect();
    let status = std::panic::catch_unwind(|| cli::main(&words).code());
    exit_at_once(status.unwrap_or(PANICKED));
}
