//! `bfllvm emit`, and `bfllvm --emit-ir`

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use bfllvm::ir::text;
use bfllvm::level::Start;
use bfllvm::llvm::emit::{self as llvm_emit, DebugInfo, Form, Request};
use bfllvm::report::positions;

use super::args::{EmitArgs, Kind};
use super::front::{InputBehind, check, keep_source};
use super::messages::Messages;
use super::status::Status;
use super::stopwatch::Stopwatch;

pub fn emit(args: &EmitArgs, messages: &Messages) -> Result<Status> {
    let EmitArgs { kind, program, compile, io, output, positions, debug } = args;
    if *positions && *kind != Kind::Ir {
        let help = "use `emit ir --positions`; assembly has them with -g";
        return Ok(messages.usage("--positions puts comments into LLVM IR, and into nothing else", help));
    }
    let is_binary = matches!(kind, Kind::Bc | Kind::Obj);
    let to_stdout = output == Path::new("-");
    if is_binary && to_stdout && std::io::stdout().is_terminal() {
        bail!("this is no text and would garble the terminal; name a file with -o, or pipe it");
    }
    if !to_stdout {
        keep_source(program, output)?;
    }
    let mut stopwatch = Stopwatch::start(compile.time_passes);
    let checked = check(program, &compile.dialect, InputBehind::Never, messages)?;
    messages.progress("our passes");
    let optimized = checked.compiled_as(compile, compile.level(), Start::Ahead, messages, &mut stopwatch.timing)?;
    let form = match kind {
        Kind::Bfir => None,
        Kind::Ir => Some(Form::Ir),
        Kind::Bc => Some(Form::Bitcode),
        Kind::Asm => Some(Form::Assembly),
        Kind::Obj => Some(Form::Object),
    };
    let bytes = match form {
        None => text::print(&optimized, Some(&checked.source)).into_bytes(),
        Some(form) => {
            let level = compile.level();
            let debug = match debug.debug_info() {
                DebugInfo::None if *positions => DebugInfo::Places,
                debug => debug,
            };
            let request = Request { form, level, dialect: checked.dialect, io: (*io).into(), debug };
            messages.progress("LLVM");
            let emitted = llvm_emit::emit(stopwatch.open_llvm(messages)?, &optimized, &checked.source, &request)?;
            stopwatch.llvm_steps(&emitted.times)?;
            if *positions {
                let ir = String::from_utf8_lossy(&emitted.bytes);
                positions::comment(&ir, &emitted.places, &optimized, &checked.source).into_bytes()
            } else {
                emitted.bytes
            }
        }
    };
    messages.progress("");
    let status = stopwatch.step("writing", || {
        if to_stdout {
            return print(&bytes);
        }
        std::fs::write(output, bytes).with_context(|| format!("cannot write {}", output.display()))?;
        Ok(Status::Success)
    })?;
    stopwatch.report(messages);
    Ok(status)
}

/// Writes to standard output, where a closed pipe is no error to talk about.
pub fn print(bytes: &[u8]) -> Result<Status> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Status::Success),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Status::BrokenPipe),
        Err(error) => Err(error).context("cannot write to standard output"),
    }
}
