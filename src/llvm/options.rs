//! LLVM's own command-line options, by which alone the C API reaches some of what it can do. They hold for the whole process.

use std::ffi::CStr;
use std::sync::Once;

use llvm_sys::support::LLVMParseCommandLineOptions;

use super::loader::Llvm;

/// Sets an option, and one more where they belong together.
///
/// It has to be one that this LLVM has, and to be set once: LLVM would end the process otherwise.
pub(super) fn set(_: Llvm, options: &[&CStr]) {
    let words = std::iter::once(c"bfllvm").chain(options.iter().copied());
    let pointers: Vec<_> = words.map(CStr::as_ptr).collect();
    // SAFETY: LLVM is open, for the caller had an `Llvm`; it copies the words.
    unsafe { LLVMParseCommandLineOptions(pointers.len() as libc::c_int, pointers.as_ptr(), c"".as_ptr()) };
}

/// Code generation goes without loop strength reduction from now on, which is two fifths of its time.
///
/// Of what LLVM makes then, executables of 19 programs take 1.00 of their time (geometric mean; Mandelbrot's 1.05, Factor's
/// 1.025, others down to 0.96). Where LLVM compiles while the program runs there is nothing to gain: Mandelbrot took 1.05 of
/// its time, four others the same.
pub(super) fn without_strength_reduction(llvm: Llvm) {
    static DONE: Once = Once::new();
    DONE.call_once(|| set(llvm, &[c"-disable-lsr"]));
}
