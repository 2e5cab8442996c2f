//! The command line tool: see [`cli`].

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match cli::args::Cli::try_parse() {
        Ok(cli) => cli::main(cli).into(),
        Err(error) => cli::wrong_usage(error).into(),
    }
}
