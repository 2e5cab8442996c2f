//! What the command line of the harness may say.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

#[derive(Debug, Parser)]
#[command(
    name = "speed",
    about = "Measures bfllvm, and other implementations of BF",
    after_help = "In a peer's command {} stands for the program's file, {in} for that of its input, {cells} for the bits in a cell, {eof} for \
        the end of the input (same, 0 or -1), {cells:8=-b|16=-b16} for what to say for each, and {exe} for an executable to make, \
        which is what is timed then. Exit status: 0 all that was measured was right, 1 something printed what it should not \
        or failed, 2 nothing could be measured, 130 on SIGINT."
)]
pub struct Arguments {
    /// What to measure [default: all]
    #[arg(long, value_enum, value_name = "SECTION", value_delimiter = ',')]
    pub only: Vec<Section>,
    /// The programs to measure: *.b and *.bf of this directory, with NAME.in as input and NAME.out as what they print
    #[arg(long, value_name = "DIR", default_value = "examples")]
    pub corpus: PathBuf,
    /// What is unusual about programs, a line each: NAME, and cells=, eof=, in=, out= or skip [default: DIR/bench.list, if it is
    /// there]
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,
    /// Only these programs, in this order; blanks or commas between them
    #[arg(long, value_name = "NAMES", default_value = "")]
    pub programs: String,
    /// Ways of ours, NAME=WORDS with `run` or `build` and options as words, and `;` or line ends between them
    #[arg(long, value_name = "COMMANDS", default_value = "run=run; executable=build")]
    pub ours: String,
    /// Other implementations, NAME=COMMAND, with `;` or line ends between them
    #[arg(long, value_name = "COMMANDS", default_value = "")]
    pub peers: String,
    /// What ratios are to [default: the first peer, or the first way of ours]
    #[arg(long, value_name = "NAME")]
    pub base: Option<String>,
    /// How often to measure, after one run to warm up [default: 7, but no more after a minute with one program]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: Option<u32>,
    /// End each run after this time, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, default_value = "60")]
    pub timeout: Duration,
    /// The processors that programs may use, such as 0 or 0,2 [default: all]
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub cpus: Vec<usize>,
    /// Write all figures as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write a chart of the programs' times
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Starts that make up one measurement of startup
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: u32,
    /// Bytes to copy in copy
    #[arg(long, value_name = "BYTES", default_value_t = 1_000_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub copy_bytes: u64,
    /// Bytes of the largest sources in frontend
    #[arg(long, value_name = "BYTES", default_value_t = 8_000_000, value_parser = clap::value_parser!(u32).range(1000..))]
    pub source_bytes: u32,
    /// What Cargo adds
    #[arg(long, hide = true)]
    pub bench: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// The programs of the corpus, from start to end
    Programs,
    /// A small program, in batches, against a process that does nothing
    Startup,
    /// The most memory that a small program takes
    Memory,
    /// Throughput of `,[.,]` from a file
    Copy,
    /// Throughput of parsing and our passes, over sources of three sizes
    Frontend,
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is wanted".to_string())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err("the time has to be more than 0 seconds".into()),
    }
}
