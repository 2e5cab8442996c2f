//! What the command line may say. Values are checked here; nothing is carried out.

mod mistakes;
mod sizes;
mod tier;
mod workbench;

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::time::Duration;

use bfllvm::diagnostic::Format;
use bfllvm::dialect::{CellWidth, DEFAULT_TAPE_CELLS, Dialect, Eof};
use bfllvm::level::{LEVELS, Level, Start};
use bfllvm::llvm::emit::DebugInfo;
use bfllvm::llvm::executable::ExecutableIo;
use bfllvm::llvm::loader::LLVM_VERSION;
use bfllvm::opt::{PASSES, Pass};
use clap::{Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use sizes::{parse_bytes, parse_cells};
pub use tier::TierArgs;
pub use workbench::{
    AttemptArgs, CheckArgs, CompareArgs, DebugArgs, DiffKind, ExplainArgs, LoopsArgs, MeasureArgs, ProfileArgs,
    ProfileWeight, VerifyArgs,
};

#[derive(Debug, Parser)]
#[command(
    name = "bfllvm",
    version,
    long_version = long_version(),
    about = "An LLVM compiler and JIT for BF",
    after_help = "Exit status of run, and of executables: 0 the program ended, 1 the source or the system is at \
        fault, 2 wrong usage, 3 tape fault, 4 a limit was reached, 130 and 143 on SIGINT and SIGTERM, 141 closed pipe.",
    subcommand_required = true,
    arg_required_else_help = true,
    // Aliases and scripts add options behind others: as with most compilers, the last one counts.
    args_override_self = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Print a program as LLVM IR: `emit ir`, and takes its options
    #[arg(long)]
    emit_ir: bool,
    #[command(flatten)]
    pub messages: MessageArgs,
}

/// What a command line says.
///
/// # Errors
/// It says nothing that can be carried out, or asks for help: a message for the user.
pub fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    if let Some(cli) = bare_run(words) {
        return Ok(cli);
    }
    // Taking it apart again would cost as much as a third of building it, and the process ends without that.
    let mut command = ManuallyDrop::new(Cli::command());
    let words = without_short_form(words.to_vec(), &command);
    let matches = command.try_get_matches_from_mut(words);
    let cli = matches.and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches));
    cli.map_err(|error| mistakes::explained(error, &mut command))
}

/// `bfllvm run PROGRAM` without any option, as the parser would take it. To build all the options takes a tenth of the time of
/// a short program.
fn bare_run(words: &[OsString]) -> Option<Cli> {
    let [_, command, program] = words else { return None };
    let is_file = !matches!(program.as_encoded_bytes(), [] | [b'-', ..]);
    (command == "run" && is_file).then(|| Cli {
        command: Command::Run(RunArgs { program: program.into(), ..RunArgs::default() }),
        emit_ir: false,
        messages: MessageArgs::default(),
    })
}

/// `bfllvm --emit-ir prog.bf` as `bfllvm emit ir prog.bf`, and all others as they are. Options of its own at the top would
/// have to be built for each command.
fn without_short_form(mut words: Vec<OsString>, command: &clap::Command) -> Vec<OsString> {
    let is_command = |word: &OsString| command.get_subcommands().any(|known| *word == known.get_name());
    let options = words.iter().take_while(|word| *word != "--");
    let short_form = options.into_iter().position(|word| word == "--emit-ir");
    if let Some(index) = short_form.filter(|_| !is_command(&words[1]) && words[1] != "help") {
        words.remove(index);
        words.splice(1..1, ["emit".into(), "ir".into()]);
    }
    words
}

fn long_version() -> &'static str {
    const { concat_version() }
}

/// `version` and the LLVM it is built for, joined at compile time.
const fn concat_version() -> &'static str {
    const TEXT: &str = concat!(env!("CARGO_PKG_VERSION"), " (LLVM ", include_str!("../../llvm-version.txt"));
    const BYTES: [u8; TEXT.len()] = {
        let mut bytes = [b')'; TEXT.len()];
        let mut index = 0;
        // The last byte of the file is a newline; its place takes the parenthesis.
        while index + 1 < TEXT.len() {
            bytes[index] = TEXT.as_bytes()[index];
            index += 1;
        }
        bytes
    };
    match std::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => LLVM_VERSION,
    }
}

// Deferred: the options of a command that is not given need not be built.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Compile a program and run it
    Run(RunArgs),
    /// Print a program as IR, bitcode, assembly or object file
    Emit(EmitArgs),
    /// Make an executable
    Build(BuildArgs),
    /// Show what the levels and engines make of a program, side by side
    Compare(CompareArgs),
    /// Hold every engine and level against the reference interpreter
    Verify(VerifyArgs),
    /// Find mistakes in a program without running it, or what it asks of an implementation
    Check(CheckArgs),
    /// Run a program and show where its time goes, loop by loop
    Profile(ProfileArgs),
    /// Make a web page that shows a program at all stages side by side, linked line by line
    Explain(ExplainArgs),
    /// Run a program command by command, forwards and backwards
    Debug(DebugArgs),
    /// What `compare` starts for each level
    #[command(hide = true)]
    Measure(MeasureArgs),
    /// What `verify` starts for each engine and level
    #[command(hide = true)]
    Attempt(AttemptArgs),
    /// What `run` starts where it is linked without LLVM
    #[command(hide = true)]
    Loops(LoopsArgs),
}

#[derive(Debug, Default, Args)]
pub struct MessageArgs {
    /// Colour messages
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// The form of messages
    #[arg(long, global = true, value_name = "FORM", value_enum, default_value_t)]
    pub error_format: ErrorFormat,
    /// Do not print warnings about the source
    #[arg(short = 'w', long, global = true)]
    pub no_warnings: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum ErrorFormat {
    /// With the line of the source and a mark below it
    #[default]
    Human,
    /// One line: file, line, column, message
    Short,
    /// One JSON object a line
    Json,
}

impl From<ErrorFormat> for Format {
    fn from(format: ErrorFormat) -> Format {
        match format {
            ErrorFormat::Human => Format::Human,
            ErrorFormat::Short => Format::Short,
            ErrorFormat::Json => Format::Json,
        }
    }
}

// What decides the meaning of a program. As documentation, clap would take it for what each command with these options does.
#[derive(Debug, Args)]
pub struct DialectArgs {
    /// Bits in a cell
    #[arg(long, value_name = "BITS", value_parser = parse_width, default_value = "8")]
    pub cells: CellWidth,
    /// What `,` stores at the end of the input
    #[arg(long, value_name = "VALUE", value_enum, default_value_t, allow_hyphen_values = true)]
    pub eof: EofArg,
    /// Length of the tape in cells, rounded up to whole pages; K, M and G behind a number are 2^10, 2^20 and 2^30 of them
    #[arg(long, value_name = "CELLS", value_parser = parse_cells, default_value_t = DEFAULT_TAPE_CELLS)]
    pub tape: u64,
    /// Let `#` show the tape around the pointer on standard error
    #[arg(long)]
    pub debug_hash: bool,
}

impl Default for DialectArgs {
    fn default() -> DialectArgs {
        DialectArgs { cells: CellWidth::W8, eof: EofArg::default(), tape: DEFAULT_TAPE_CELLS, debug_hash: false }
    }
}

impl DialectArgs {
    pub fn dialect(&self) -> Dialect {
        Dialect::new(self.cells, self.eof.into(), self.tape)
    }

    /// What makes this dialect, but for `#`, which is no matter of it.
    pub fn of(dialect: &Dialect) -> DialectArgs {
        let eof = match dialect.eof {
            Eof::Same => EofArg::Same,
            Eof::Zero => EofArg::Zero,
            Eof::MinusOne => EofArg::MinusOne,
        };
        DialectArgs { cells: dialect.width, eof, tape: dialect.tape_cells(), debug_hash: false }
    }

    /// The same as words of a command line.
    pub fn words(&self) -> Vec<String> {
        let eof = self.eof.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned());
        let mut words =
            vec![format!("--cells={}", self.cells.bits()), format!("--eof={eof}"), format!("--tape={}", self.tape)];
        words.extend(self.debug_hash.then(|| "--debug-hash".into()));
        words
    }

    /// Those of them that are not what they are without being said.
    pub fn words_that_differ(&self) -> Vec<String> {
        let default = DialectArgs::default().words();
        self.words().into_iter().filter(|word| !default.contains(word)).collect()
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum EofArg {
    /// The cell stays as it is
    #[default]
    Same,
    #[value(name = "0")]
    Zero,
    /// All bits set
    #[value(name = "-1")]
    MinusOne,
}

impl From<EofArg> for Eof {
    fn from(eof: EofArg) -> Eof {
        match eof {
            EofArg::Same => Eof::Same,
            EofArg::Zero => Eof::Zero,
            EofArg::MinusOne => Eof::MinusOne,
        }
    }
}

#[derive(Debug, Default, Args)]
pub struct CompileArgs {
    /// Optimisation level: 0, 1, 2, 3, s or z [default: 2]
    #[arg(short = 'O', value_name = "LEVEL", value_parser = parse_level)]
    pub level: Option<Level>,
    /// Run these passes of ours, in this order, instead of the level's
    #[arg(long, value_name = "PASSES", value_delimiter = ',', value_parser = parse_pass)]
    pub passes: Option<Vec<&'static Pass>>,
    /// Print our IR on standard error after each run of this pass
    #[arg(long, value_name = "PASS", value_delimiter = ',', value_parser = parse_pass)]
    pub print_after: Vec<&'static Pass>,
    /// Say on standard error how long each pass took, ours and LLVM's, and all other steps
    #[arg(long)]
    pub time_passes: bool,
    /// Say on standard error what became of each loop, and why the innermost ones are still loops
    #[arg(long, value_name = "FORM", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    pub remarks: Option<RemarkForm>,
    #[command(flatten)]
    pub dialect: DialectArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RemarkForm {
    /// One line: file, line, column, what was done or missed, pass
    Text,
    /// One JSON object a line: pass, kind (passed, missed or analysis), file, line, column, end_line, end_column,
    /// message, what
    Json,
}

impl CompileArgs {
    pub fn level(&self) -> Level {
        self.level.unwrap_or_default()
    }
}

#[derive(Debug, Default, Args)]
pub struct DebugInfoArgs {
    /// Let gdb and lldb know the source by line and column, with `ptr`, `cell`, `column` and `tape` to look at; best with -O0
    #[arg(short = 'g', long = "debug-info")]
    is_wanted: bool,
}

impl DebugInfoArgs {
    pub fn debug_info(&self) -> DebugInfo {
        if self.is_wanted { DebugInfo::Full } else { DebugInfo::None }
    }
}

#[derive(Debug, Default, Args)]
pub struct RunArgs {
    /// The program's file; - for standard input, where a `!` outside of all loops ends the program and starts its input
    #[arg(value_name = "PROGRAM")]
    pub program: PathBuf,
    #[command(flatten)]
    pub compile: CompileArgs,
    /// What runs the program
    #[arg(long, value_enum, default_value_t)]
    pub engine: Engine,
    #[command(flatten)]
    pub debug: DebugInfoArgs,
    /// Read the program's input from a file
    #[arg(short, long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Stop after running for this time, in seconds; compiling does not count
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    pub timeout: Option<Duration>,
    /// Stop after this many operations (reference engine only)
    #[arg(long, value_name = "STEPS")]
    pub max_steps: Option<u64>,
    /// Stop before more than this many bytes are written
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub max_output: Option<u64>,
    /// Write names for the machine code to /tmp/perf-PID.map, where perf looks for them
    #[arg(long)]
    pub perf_map: bool,
    /// Say on standard error what was done and how long it took
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    pub tier: TierArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Machine code from templates at once, and from LLVM for loops that turn out hot; what has no loops is interpreted
    #[default]
    Tiered,
    /// Machine code, through LLVM's MCJIT
    Llvm,
    /// Machine code from templates: starts at once, and does without LLVM
    Baseline,
    /// The checked interpreter that defines the language; it runs the unoptimised program unless -O is given
    Reference,
}

#[derive(Debug, Args)]
pub struct EmitArgs {
    /// What to print
    #[arg(value_enum, value_name = "KIND")]
    pub kind: Kind,
    /// The program's file, or - for standard input
    #[arg(value_name = "PROGRAM")]
    pub program: PathBuf,
    #[command(flatten)]
    pub compile: CompileArgs,
    /// How the program reads and writes
    #[arg(long, value_enum, default_value_t)]
    pub io: Io,
    #[command(flatten)]
    pub debug: DebugInfoArgs,
    /// Say in comments which commands LLVM's instructions come from
    #[arg(long)]
    pub positions: bool,
    /// Where to write; - for standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// LLVM IR as text
    Ir,
    /// LLVM bitcode
    Bc,
    /// Assembly
    Asm,
    /// Object file, to be linked with cc
    Obj,
    /// The program in bfllvm's own intermediate representation
    Bfir,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Io {
    /// read and write of the C library
    #[default]
    Libc,
    /// The system calls read and write, without any library
    Syscall,
    /// Only the program: bf_put and bf_get are left to whoever links it
    Extern,
}

impl From<Io> for ExecutableIo {
    fn from(io: Io) -> ExecutableIo {
        match io {
            Io::Libc => ExecutableIo::Libc,
            Io::Syscall => ExecutableIo::Syscall,
            Io::Extern => ExecutableIo::Extern,
        }
    }
}

#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The program's file, or - for standard input
    #[arg(value_name = "PROGRAM")]
    pub program: PathBuf,
    #[command(flatten)]
    pub compile: CompileArgs,
    /// How the executable reads and writes; without a library it starts sooner
    #[arg(long, value_enum, default_value_t = Io::Syscall)]
    pub io: Io,
    #[command(flatten)]
    pub debug: DebugInfoArgs,
    /// The executable; without it, the program's name without its ending
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

fn parse_width(text: &str) -> Result<CellWidth, String> {
    let found = CellWidth::ALL.into_iter().find(|width| width.bits().to_string() == text);
    found.ok_or_else(|| "cells have 8, 16, 32 or 64 bits".into())
}

fn parse_level(text: &str) -> Result<Level, String> {
    Level::named(text).ok_or_else(|| {
        let names: Vec<_> = LEVELS.iter().map(|row| row.name).collect();
        format!("the levels are {}", names.join(", "))
    })
}

fn parse_start(text: &str) -> Result<Start, String> {
    let found = Start::ALL.into_iter().find(|start| start.name() == text);
    found.ok_or_else(|| "code starts ahead, at-once or in-parts".into())
}

fn parse_pass(text: &str) -> Result<&'static Pass, String> {
    Pass::named(text).ok_or_else(|| {
        let rows: Vec<_> = PASSES.iter().map(|pass| format!("  {:10} {}", pass.name, pass.summary)).collect();
        format!("the passes are\n{}", rows.join("\n"))
    })
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is wanted".to_string())?;
    if seconds.is_nan() || seconds <= 0.0 {
        return Err("the time has to be more than 0 seconds".into());
    }
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_run_is_what_the_parser_makes_of_it() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let shortened = bare_run(&words(&["bfllvm", "run", "a b.bf"])).unwrap();
        let parsed = Cli::try_parse_from(["bfllvm", "run", "a b.bf"]).unwrap();
        assert_eq!(format!("{shortened:?}"), format!("{parsed:?}"));
        for others in [&["run"][..], &["run", ""], &["run", "-"], &["run", "-h"], &["run", "a", "b"], &["emit", "a"]] {
            assert!(bare_run(&words(&[&["bfllvm"], others].concat())).is_none(), "{others:?}");
        }
    }
}
