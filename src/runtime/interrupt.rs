//! The interrupt key, for those who want to hear of it instead of being ended by it.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on SIGINT is only noted.
pub fn note_interrupts() {
    extern "C" fn on_interrupt(_: c_int) {
        INTERRUPTED.store(true, SeqCst);
    }
    // SAFETY: a valid structure, of which all zeroes is a valid value; the handler is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_interrupt as *const () as usize;
        libc::sigaction(libc::SIGINT, &raw const action, std::ptr::null_mut());
    }
}

/// Whether there was one since this was asked last.
#[must_use]
pub fn was_interrupted() -> bool {
    INTERRUPTED.swap(false, SeqCst)
}
