//! The command line: what may be asked, how it is carried out, and how it is reported.
//!
//! Only this part prints, reads files and knows exit statuses.

pub mod args;
mod attempt;
mod build;
mod check;
mod code;
mod compare;
mod debug;
mod emit;
mod explain;
mod front;
mod image;
mod llvm;
mod loops;
mod measure;
mod messages;
mod profile;
mod remote;
mod run;
mod status;
mod stopwatch;
mod terminal;
mod tools;
mod trial;
mod verify;
mod worker;

use std::ffi::OsString;

pub use status::Status;

use args::{Cli, Command};

/// Says what is wrong with the command line, or answers `--help` and `--version`.
fn wrong_usage(error: &clap::Error) -> Status {
    // Nobody may be listening.
    let _ = error.print();
    if error.use_stderr() { Status::Usage } else { Status::Success }
}

/// Carries out what the command line asks for.
pub fn main(words: &[OsString]) -> Status {
    match args::parse(words) {
        Ok(cli) if image::is_for_full(&cli) => {
            messages::Messages::new(&cli.messages).failure(&image::become_full(words))
        }
        Ok(cli) => carry_out(cli),
        Err(error) => wrong_usage(&error),
    }
}

fn carry_out(cli: Cli) -> Status {
    let messages = messages::Messages::new(&cli.messages);
    let outcome = match cli.command {
        Command::Run(args) => run::run(&args, &messages),
        Command::Emit(args) => emit::emit(&args, &messages),
        Command::Build(args) => build::build(&args, &messages),
        Command::Compare(args) => compare::compare(&args, &messages),
        Command::Debug(args) => debug::debug(&args, &messages),
        Command::Explain(args) => explain::explain(&args, &messages),
        Command::Profile(args) => profile::profile(&args, &messages),
        Command::Check(args) => check::check(&args, &messages),
        Command::Verify(args) => verify::verify(&args, &messages),
        Command::Measure(args) => measure::measure(&args),
        Command::Attempt(args) => attempt::attempt(&args),
        Command::Loops(args) => loops::loops(&args),
    };
    outcome.unwrap_or_else(|error| match error.downcast::<front::Rejected>() {
        // What was wrong with the source has been said.
        Ok(_) => Status::Error,
        Err(error) => messages.failure(&error),
    })
}
