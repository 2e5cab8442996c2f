//! How many passes LLVM runs: its own `-opt-bisect-limit`, with which it counts all that may be left out, of the code
//! generator too, and skips those beyond a number.
//!
//! The C API does not reach it but through LLVM's command-line options. On standard error LLVM says of each such pass
//! whether it ran.

use std::ffi::{CStr, CString};
use std::sync::Once;

use llvm_sys::support::LLVMParseCommandLineOptions;

use super::loader::Llvm;

/// Lets LLVM run the first `count` passes only, or all with `None`, and say so. Holds for the whole process; only the
/// first call counts.
pub fn limit_passes(_: Llvm, count: Option<u32>) {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // The largest number would switch it off.
        let count = count.map(|count| i64::from(count).min(i64::from(i32::MAX) - 1));
        let limit = CString::new(format!("-opt-bisect-limit={}", count.unwrap_or(-1))).expect("a number has no NUL");
        let words: [&CStr; 2] = [c"bfllvm", &limit];
        let pointers = words.map(CStr::as_ptr);
        // SAFETY: LLVM is open, for the caller had an `Llvm`; it copies the words. It would end the process over an unknown
        // option or one given twice: this exists, and is given once.
        unsafe { LLVMParseCommandLineOptions(pointers.len() as libc::c_int, pointers.as_ptr(), c"".as_ptr()) };
    });
}

/// The passes that ran, in order, from what LLVM has said: `name on what`.
#[must_use]
pub fn passes_run(said: &str) -> Vec<String> {
    let ran = said.lines().filter_map(|line| line.strip_prefix("BISECT: running pass ("));
    ran.filter_map(|line| Some(line.split_once(") ")?.1.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_that_ran_are_read() {
        let said = "BISECT: running pass (1) GVNPass on bf_program\nnote\nBISECT: NOT running pass (2) DSEPass on x\n";
        assert_eq!(passes_run(said), ["GVNPass on bf_program"]);
    }
}
