//! The command line tool: see [`cli`].

mod cli;

use bfllvm::runtime::exit_at_once;
use clap::Parser as _;

fn main() {
    let status = match cli::args::Cli::try_parse() {
        Ok(cli) => cli::main(cli),
        Err(error) => cli::wrong_usage(error),
    };
    exit_at_once(status.code());
}
