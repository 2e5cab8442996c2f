//! `bfllvm build`

use std::ffi::{OsStr, OsString};
use std::num::NonZero;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};
use bfllvm::level::Start;
use bfllvm::llvm::emit::{DebugInfo, Form, Request, emit_objects};
use bfllvm::llvm::executable::ExecutableIo;

use super::args::{BuildArgs, Io};
use super::front::{InputBehind, check, keep_source};
use super::messages::Messages;
use super::status::Status;
use super::stopwatch::Stopwatch;

pub fn build(args: &BuildArgs, messages: &Messages) -> Result<Status> {
    if args.io == Io::Extern {
        let help = "use `emit obj` and link it with a definition of bf_put and bf_get";
        return Ok(messages.usage("--io=extern makes no executable", help));
    }
    let Some(output) = args.output.clone().or_else(|| default_output(&args.program)) else {
        return Ok(messages.usage("the executable needs a name", "give it one with -o"));
    };
    if output == Path::new("-") {
        let help = "name a file; `emit obj` writes to standard output";
        return Ok(messages.usage("an executable cannot be written to standard output", help));
    }
    keep_source(&args.program, &output)?;
    let mut stopwatch = Stopwatch::start(args.compile.time_passes);
    let checked = check(&args.program, &args.compile.dialect, InputBehind::Never, messages)?;
    let level = args.compile.level();
    messages.progress("our passes");
    let program = checked.compiled_as(&args.compile, level, Start::Ahead, messages, &mut stopwatch.timing)?;
    let (io, debug) = (args.io.into(), args.debug.debug_info());
    let request = Request { form: Form::Object, level, dialect: checked.dialect, io, debug };
    messages.progress("LLVM");
    let llvm = stopwatch.open_llvm(messages)?;
    // LLVM's timers are for one thread.
    let threads =
        if args.compile.time_passes { 1 } else { std::thread::available_parallelism().map_or(1, NonZero::get) };
    let (objects, times) = emit_objects(llvm, &program, &checked.source, &request, threads)?;
    stopwatch.llvm_steps(&times)?;
    messages.progress("linking");
    stopwatch.step("linking", || link(&objects, io, debug, &output))?;
    messages.progress("");
    stopwatch.report(messages);
    Ok(Status::Success)
}

/// The program's name without its ending; none where that would be the program itself.
fn default_output(program: &Path) -> Option<PathBuf> {
    program.extension().and(program.file_stem()).map(PathBuf::from)
}

/// Links with the C compiler, `cc` or what `CC` names. The executable appears under its name when it is
/// complete.
fn link(objects: &[Vec<u8>], io: ExecutableIo, debug: DebugInfo, output: &Path) -> Result<()> {
    // What is there is replaced, which would be wrong for a device.
    if std::fs::metadata(output).is_ok_and(|there| !there.is_file()) {
        bail!("cannot write {}: it is no regular file", output.display());
    }
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let directory = tempfile::Builder::new()
        .prefix(".bfllvm-")
        .tempdir_in(parent)
        // Nobody asked for the directory that could not be made, which the message ends with.
        .map_err(|error| anyhow!("{}", error.to_string().split(" at path ").next().unwrap_or_default()))
        .with_context(|| format!("cannot write {}", output.display()))?;
    let linked_path = directory.path().join("program");
    let (linker, options) = linker();
    let mut command = Command::new(&linker);
    command.args(options).args(io.link_options(debug)).arg("-o").arg(&linked_path);
    for (number, object) in objects.iter().enumerate() {
        let path = directory.path().join(format!("program{number}.o"));
        std::fs::write(&path, object).with_context(|| format!("cannot write {}", output.display()))?;
        command.arg(path);
    }
    let outcome = command.output().with_context(|| {
        format!("cannot start the linker `{}`; install a C toolchain or name one in CC", linker.display())
    })?;
    if !outcome.status.success() {
        let said = String::from_utf8_lossy(&outcome.stderr);
        let why = if said.trim().is_empty() { outcome.status.to_string() } else { said.trim().into() };
        bail!("`{}` cannot link the program: {why}", linker.display());
    }
    std::fs::rename(&linked_path, output).with_context(|| format!("cannot write {}", output.display()))
}

/// What `CC` says, or `cc`: a command and options for it, with blanks between them, as make has it.
fn linker() -> (OsString, Vec<OsString>) {
    let asked = std::env::var_os("CC").unwrap_or_default();
    let words = asked.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut words = words.map(|word| OsStr::from_bytes(word).to_owned());
    (words.next().unwrap_or_else(|| "cc".into()), words.collect())
}
