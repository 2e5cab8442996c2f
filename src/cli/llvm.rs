//! Opens LLVM for commands that cannot do without it.
//!
//! LLVM ends the process when it is refused memory. Where that can be foreseen, under `ulimit -v`, something is said before.

use anyhow::Result;
use bfllvm::diagnostic::Diagnostic;
use bfllvm::llvm::loader::{self, Llvm, LoadError};
use bfllvm::runtime::{LastWords, Output, address_space_left, leave_last_words};
use serde_json::json;

use super::messages::Messages;
use super::status::Status;

const GAVE_UP: &str = "LLVM gave up: the limit on memory (ulimit -v) is most likely too small for it";

/// Opens LLVM. If it gives up for want of memory, that is an error like others.
///
/// # Errors
/// The library cannot be opened.
pub fn open(messages: &Messages) -> Result<Llvm> {
    let help = Some("raise the limit; `run` needs LLVM with --engine=llvm only".into());
    let diagnostic = Diagnostic { help, ..Diagnostic::error("memory", GAVE_UP.into()) };
    let words =
        || LastWords { output: Output::Error, text: messages.last_words(&diagnostic), status: Status::Error.code() };
    Ok(open_with(words)?)
}

/// Opens LLVM in a process that answers to another one. If LLVM gives up for want of memory, the answer has `member`.
///
/// # Errors
/// The library cannot be opened.
pub fn open_in_worker(member: &str) -> Result<Llvm, LoadError> {
    open_with(|| {
        let text = format!("{}\n", json!({ member: GAVE_UP }));
        LastWords { output: Output::Standard, text, status: Status::Success.code() }
    })
}

fn open_with(words: impl FnOnce() -> LastWords) -> Result<Llvm, LoadError> {
    if address_space_left().is_some() {
        leave_last_words(words());
    }
    loader::load()
}
