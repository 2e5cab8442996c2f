//! `bfllvm check`: what can be said of a program without compiling it.

use anyhow::Result;
use bfllvm::portability::examine;
use bfllvm::report::portability::{diagnostics, json, table};

use super::args::CheckArgs;
use super::compare::input;
use super::emit::print;
use super::front::{self, InputBehind, MAX_LINTED_BYTES};
use super::messages::Messages;
use super::status::Status;

pub fn check(args: &CheckArgs, messages: &Messages) -> Result<Status> {
    let checked = front::check(&args.program, &args.dialect, InputBehind::Never, messages)?;
    let source = &checked.source;
    if source.bytes().len() > MAX_LINTED_BYTES {
        // Whoever checks a program means to wait for it.
        messages.warnings(&checked.lint()?, source);
    }
    if !args.portability {
        return Ok(Status::Success);
    }
    let program = checked.literal()?;
    let input = input(args.input.as_deref())?;
    messages.progress("the program runs under several conventions");
    let findings = examine(&program, &checked.dialect, &input, args.max_steps);
    messages.progress("");
    messages.warnings(&diagnostics(&findings, source), source);
    let text = if args.json { json(&findings, source) } else { table(&findings, source) };
    print(text.as_bytes())
}
