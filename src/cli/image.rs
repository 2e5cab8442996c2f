//! The files that bfllvm consists of.
//!
//! Linked dynamically, it is one file that does everything. But to find and link its libraries takes the system longer than a
//! short program runs, and the C library asks the processor some eighty questions first, each of which a virtual machine answers
//! slowly. Linked statically, with another C library, it is done with such a program in 0.16 ms instead of 0.93, and cannot open
//! libLLVM. So that one runs programs, and has the other one beside it, whose name ends in `-full`, do everything else: in its own
//! place, or while a program runs, in a [worker](super::worker).

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command as Process;

use anyhow::{Context as _, Error, Result, anyhow};
use bfllvm::llvm::emit::DebugInfo;
use bfllvm::runtime::forget_preparations;

use super::args::{Cli, Command, Engine};

/// Whether this is the file that has another one beside it.
pub const IS_STATIC: bool = cfg!(target_env = "musl");

/// The file that does everything.
pub fn full() -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find bfllvm's own file")?;
    if !IS_STATIC {
        return Ok(own);
    }
    let mut name = own.file_name().unwrap_or_default().to_owned();
    name.push("-full");
    Ok(own.with_file_name(name))
}

/// Whether that file is to do what is asked for.
pub fn is_for_full(cli: &Cli) -> bool {
    match &cli.command {
        Command::Run(args) => {
            let for_debuggers = args.debug.debug_info() == DebugInfo::Full;
            IS_STATIC && (args.engine == Engine::Llvm || args.perf_map || for_debuggers)
        }
        _ => IS_STATIC,
    }
}

/// Has it take this process's place, with the same command line. Returns if that fails; why.
pub fn become_full(words: &[OsString]) -> Error {
    let path = match full() {
        Ok(path) => path,
        Err(error) => return error,
    };
    let Some((name, rest)) = words.split_first() else { return anyhow!("the command line is empty") };
    forget_preparations();
    let error = Process::new(&path).arg0(name).args(rest).exec();
    let what = format!("cannot start {}, which does all that needs LLVM and belongs beside bfllvm", path.display());
    Error::new(error).context(what)
}
