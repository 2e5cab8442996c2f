//! A line on the terminal that tells what is being done.

use std::io::{IsTerminal as _, Write as _};

/// Silent where standard error is no terminal.
pub struct Progress {
    is_wanted: bool,
}

impl Progress {
    #[must_use]
    pub fn new() -> Progress {
        Progress { is_wanted: std::io::stderr().is_terminal() }
    }

    /// Replaces what was said before.
    pub fn say(&mut self, text: &str) {
        if self.is_wanted {
            // It is only for the eye.
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.say("");
    }
}
