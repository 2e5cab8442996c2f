//! What is said about a command line that is wrong, where the parser's own words would not help.

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;

/// The parser's error for the user.
pub(super) fn explained(error: clap::Error, command: &mut clap::Command) -> clap::Error {
    program_without_command(&error).unwrap_or_else(|| with_better_tip(error, command).format(command))
}

/// The error for a file where a command is wanted says how to run it.
fn program_without_command(error: &clap::Error) -> Option<clap::Error> {
    let mut command = Cli::command();
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let message = format!("`{word}` is no command; to run a program, say `bfllvm run {word}`");
    let is_file = std::path::Path::new(word).is_file();
    is_file.then(|| command.error(ErrorKind::InvalidSubcommand, message))
}

/// The error for an option that is not there suggests none that help does not mention; and what prints IR is a command.
fn with_better_tip(mut error: clap::Error, command: &clap::Command) -> clap::Error {
    let is_about = |kind, is_wanted: &dyn Fn(&str) -> bool| match error.get(kind) {
        Some(ContextValue::String(word)) => is_wanted(word),
        Some(_) | None => false,
    };
    let is_hidden = |word: &str| {
        let mut options = command.get_subcommands().flat_map(clap::Command::get_opts);
        options.any(|option| option.is_hide_set() && option.get_long() == word.strip_prefix("--"))
    };
    let is_emit_ir = is_about(ContextKind::InvalidArg, &|word| word == "--emit-ir");
    if is_emit_ir || is_about(ContextKind::SuggestedArg, &is_hidden) {
        error.remove(ContextKind::SuggestedArg);
    }
    if is_emit_ir {
        let tip = "LLVM IR is printed by 'bfllvm emit ir <PROGRAM>'".to_owned();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}
