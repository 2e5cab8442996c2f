//! `bfllvm build`

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use bfllvm::llvm::emit::{Form, Request, emit};
use bfllvm::llvm::executable::ExecutableIo;
use bfllvm::llvm::loader;

use super::args::{BuildArgs, Io};
use super::front::{InputBehind, check};
use super::messages::Messages;
use super::status::Status;

pub fn build(args: &BuildArgs, messages: &Messages) -> Result<Status> {
    if args.io == Io::Extern {
        bail!("--io=extern makes no executable; use `emit obj` and link it with a definition of bf_put and bf_get");
    }
    let output = match &args.output {
        Some(path) => path.clone(),
        None => default_output(&args.program)?,
    };
    let checked = check(&args.program, &args.compile.dialect, InputBehind::Never, messages)?;
    let program = checked.optimized(args.compile.level)?;
    let io = args.io.into();
    let request = Request { form: Form::Object, level: args.compile.level, dialect: checked.dialect, io };
    let object = emit(loader::load()?, &program, &checked.source, &request)?;
    link(&object, io, &output)?;
    Ok(Status::Success)
}

/// The program's name without its ending, which must not be the program itself.
fn default_output(program: &Path) -> Result<PathBuf> {
    let name = program.file_stem().filter(|_| program != Path::new("-") && program.extension().is_some());
    match name {
        Some(name) => Ok(PathBuf::from(name)),
        None => bail!("the executable needs a name: give it with -o"),
    }
}

/// Links with the C compiler, `cc` or what `CC` names. The executable appears under its name when it is
/// complete.
fn link(object: &[u8], io: ExecutableIo, output: &Path) -> Result<()> {
    if output.is_dir() {
        bail!("cannot write {}: it is a directory", output.display());
    }
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let directory = tempfile::Builder::new()
        .prefix(".bfllvm-")
        .tempdir_in(parent)
        .with_context(|| format!("cannot write to {}", parent.display()))?;
    let object_path = directory.path().join("program.o");
    let linked_path = directory.path().join("program");
    std::fs::write(&object_path, object).with_context(|| format!("cannot write to {}", parent.display()))?;
    let linker = std::env::var_os("CC").filter(|name| !name.is_empty()).unwrap_or_else(|| "cc".into());
    let outcome = Command::new(&linker).args(io.link_options()).arg("-o").arg(&linked_path).arg(&object_path).output();
    let outcome = outcome.with_context(|| {
        format!("cannot start the linker `{}`; install a C toolchain or name one in CC", linker.display())
    })?;
    if !outcome.status.success() {
        bail!("`{}` cannot link the program: {}", linker.display(), String::from_utf8_lossy(&outcome.stderr).trim());
    }
    std::fs::rename(&linked_path, output).with_context(|| format!("cannot write {}", output.display()))
}
