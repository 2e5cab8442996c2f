//! How many passes LLVM runs: its own `-opt-bisect-limit`, with which it counts all that may be left out, of the code
//! generator too, and skips those beyond a number.
//!
//! On standard error LLVM says of each such pass whether it ran.

use std::ffi::CString;
use std::sync::Once;

use super::loader::Llvm;
use super::options;

/// Lets LLVM run the first `count` passes only, or all with `None`, and say so. Holds for the whole process; only the
/// first call counts.
pub fn limit_passes(llvm: Llvm, count: Option<u32>) {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // The largest number would switch it off.
        let count = count.map(|count| i64::from(count).min(i64::from(i32::MAX) - 1));
        let limit = CString::new(format!("-opt-bisect-limit={}", count.unwrap_or(-1))).expect("a number has no NUL");
        options::set(llvm, &[&limit]);
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
