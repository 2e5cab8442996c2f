//! What is said to the commands that look at programs, and what they say to the processes that they start.

use std::path::PathBuf;
use std::time::Duration;

use bfllvm::level::{Level, Start};
use bfllvm::opt::Pass;
use clap::{Args, ValueEnum};

use super::sizes::parse_bytes;
use super::{CompileArgs, DialectArgs, Engine, TierArgs, parse_level, parse_pass, parse_seconds, parse_start};

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The program's file
    #[arg(value_name = "PROGRAM")]
    pub program: PathBuf,
    /// A level to compare; may be given several times [default: 0, 1, 2 and 3, or 2 where engines are given]
    #[arg(short = 'O', value_name = "LEVEL", value_parser = parse_level)]
    pub levels: Vec<Level>,
    /// An engine to compare; may be given several times [default: llvm]
    #[arg(long, value_enum, value_name = "ENGINE", conflicts_with = "diff")]
    pub engine: Vec<Engine>,
    #[command(flatten)]
    pub dialect: DialectArgs,
    /// Read the program's input from a file
    #[arg(short, long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Run each level this often [default: 5, or fewer if they take long]
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: Option<u32>,
    /// Stop each run after this time, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, default_value = "30")]
    pub timeout: Duration,
    /// Print the table as JSON
    #[arg(long)]
    pub json: bool,
    /// Print the table in Markdown
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
    /// Show what differs in the texts of two levels (0 and 2 if none are given) instead of the table; numbers that only
    /// count are no difference
    #[arg(long, value_enum, value_name = "KIND", conflicts_with_all = ["json", "markdown", "runs"])]
    pub diff: Option<DiffKind>,
    /// Show the diff in two columns
    #[arg(long, requires = "diff")]
    pub side_by_side: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The tiered engine is run twice: with every loop compiled and waited for when it is first come to, and with \
    loops taken over at random. `start` says whose passes the engine is handed the results of: those of code that runs later \
    (`ahead`), as `build` and --engine=llvm have it, or at once, or at once in large programs, where some passes are left to \
    hot loops (`in-parts`); the interpreter is held to the first two. Exit status: 0 all do what the reference does, as far \
    as it was followed; 101 one does not; 4 none was found that does not, but one did not get as far as the reference in its time."
)]
pub struct VerifyArgs {
    /// The program's file
    #[arg(value_name = "PROGRAM")]
    pub program: PathBuf,
    /// A level to verify; may be given several times [default: all]
    #[arg(short = 'O', value_name = "LEVEL", value_parser = parse_level)]
    pub levels: Vec<Level>,
    /// An engine to verify; may be given several times [default: all]
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub engine: Vec<Engine>,
    #[command(flatten)]
    pub dialect: DialectArgs,
    /// Read the program's input from a file
    #[arg(short, long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Stop each run after this time, in seconds; of a program that does not end the output until then is compared
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, default_value = "10")]
    pub timeout: Duration,
    /// Stop the reference after this many commands
    #[arg(long, value_name = "STEPS")]
    pub max_steps: Option<u64>,
    /// Give up compiling after this time, in seconds; the tiered engine, which compiles while it runs, has as much more
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, default_value = "60")]
    pub compile_timeout: Duration,
    /// Where loops are taken over at random, from this seed
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub seed: u64,
    /// Print the table as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 there are no errors, 1 there are. Warnings and what --portability finds change nothing."
)]
pub struct CheckArgs {
    /// The program's file, or - for standard input
    #[arg(value_name = "PROGRAM")]
    pub program: PathBuf,
    #[command(flatten)]
    pub dialect: DialectArgs,
    /// Run the program, in reference interpreters side by side, and say where it would do something else under other
    /// conventions
    #[arg(long)]
    pub portability: bool,
    /// Read the program's input from a file
    #[arg(short, long, value_name = "FILE", requires = "portability")]
    pub input: Option<PathBuf>,
    /// Stop after this many commands
    #[arg(long, value_name = "STEPS", requires = "portability", default_value_t = 200_000_000)]
    pub max_steps: u64,
    /// Print what --portability finds as JSON
    #[arg(long, requires = "portability")]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// The program's file; - for standard input, as for `run`
    #[arg(value_name = "PROGRAM")]
    pub program: PathBuf,
    #[command(flatten)]
    pub compile: CompileArgs,
    /// Read the program's input from a file
    #[arg(short, long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Stop after running for this time, in seconds; what was measured until then is shown
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    pub timeout: Option<Duration>,
    /// Stop before more than this many bytes are written
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub max_output: Option<u64>,
    /// Where to write the profile; - for standard output; without it, to standard error when the program has ended
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How many loops the table has
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Show the source with iterations and times in the margin
    #[arg(long, group = "form")]
    pub annotate: bool,
    /// Print a line a nest of loops, as flame graphs are made of, with microseconds or iterations
    #[arg(long, value_enum, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "time", group = "form")]
    pub folded: Option<ProfileWeight>,
    /// Print all figures as JSON
    #[arg(long, group = "form")]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Commands come from the scripts, then from -e, then from standard input; `help` lists them. Where \
    standard input is no terminal, the status is 1 if one of them was refused."
)]
pub struct DebugArgs {
    /// The program's file
    #[arg(value_name = "PROGRAM")]
    pub program: PathBuf,
    #[command(flatten)]
    pub dialect: DialectArgs,
    /// Read the program's input from a file; without it, it is typed at the terminal
    #[arg(short, long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Carry out the commands in a file first
    #[arg(short = 'x', long = "script", value_name = "FILE")]
    pub scripts: Vec<PathBuf>,
    /// Carry out this command before others are read; may be given several times
    #[arg(short = 'e', long = "execute", value_name = "COMMAND")]
    pub commands: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The program's file, or - for standard input
    #[arg(value_name = "PROGRAM")]
    pub program: PathBuf,
    /// Optimisation level: 0, 1, 2, 3, s or z
    #[arg(short = 'O', value_name = "LEVEL", value_parser = parse_level, default_value = "2")]
    pub level: Level,
    /// Run these passes of ours, in this order, instead of the level's
    #[arg(long, value_name = "PASSES", value_delimiter = ',', value_parser = parse_pass)]
    pub passes: Option<Vec<&'static Pass>>,
    #[command(flatten)]
    pub dialect: DialectArgs,
    /// Read the program's input from a file; without it there is none
    #[arg(short, long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Stop the run after this time, in seconds; what was measured until then is shown
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, default_value = "2")]
    pub timeout: Duration,
    /// Do not run the program: its loops have no heat
    #[arg(long, conflicts_with_all = ["input", "timeout"])]
    pub no_profile: bool,
    /// Put at most so many lines of each text into the page
    #[arg(long, value_name = "LINES", value_parser = clap::value_parser!(u32).range(1..), default_value_t = 200_000)]
    pub max_lines: u32,
    /// The page; - for standard output; without it, the program's name with the ending .html
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProfileWeight {
    Time,
    Iterations,
}

/// What `compare` tells the process that measures a level.
#[derive(Debug, Args)]
pub struct MeasureArgs {
    #[arg(short = 'O', value_parser = parse_level)]
    pub level: Level,
    #[arg(long, value_enum)]
    pub engine: Engine,
    #[command(flatten)]
    pub dialect: DialectArgs,
    #[arg(long, value_parser = parse_seconds)]
    pub timeout: Option<Duration>,
}

/// What `run` tells the process that compiles loops.
#[derive(Debug, Args)]
pub struct LoopsArgs {
    #[arg(short = 'O', value_parser = parse_level)]
    pub level: Level,
    #[command(flatten)]
    pub dialect: DialectArgs,
}

/// What `verify` tells the process that runs a program.
#[derive(Debug, Args)]
pub struct AttemptArgs {
    #[arg(short = 'O', value_parser = parse_level)]
    pub level: Level,
    #[arg(long, value_enum)]
    pub engine: Engine,
    #[command(flatten)]
    pub tier: TierArgs,
    #[arg(long, value_parser = parse_start)]
    pub start: Start,
    #[arg(long)]
    pub stages: usize,
    /// How many passes LLVM may run
    #[arg(long)]
    pub llvm_passes: Option<u32>,
    /// Let LLVM say which passes it runs
    #[arg(long, conflicts_with = "llvm_passes")]
    pub list_llvm_passes: bool,
    #[command(flatten)]
    pub dialect: DialectArgs,
    #[arg(long, value_parser = parse_seconds)]
    pub timeout: Duration,
    #[arg(long)]
    pub max_steps: u64,
    #[arg(long)]
    pub max_output: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffKind {
    /// LLVM IR
    Ir,
    /// Assembly
    Asm,
    /// bfllvm's own intermediate representation
    Bfir,
}
