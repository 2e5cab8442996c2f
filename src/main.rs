//! The command line tool: see [`cli`].

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    cli::main(cli::args::Cli::parse()).into()
}
