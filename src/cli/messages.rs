//! How messages reach the user.

use std::io::{IsTerminal, Write as _};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bfllvm::diagnostic::{Colour, Diagnostic, Format, render};
use bfllvm::source::Source;
use clap::ColorChoice;

use super::args::MessageArgs;
use super::status::Status;
use super::terminal;

/// Where messages go and in which form.
pub struct Messages {
    format: Format,
    colour: Colour,
    shows_warnings: bool,
    /// Whether the terminal's line has the last word about progress.
    shows_progress: AtomicBool,
}

/// Clears a terminal's line.
const CLEAR: &str = "\r\x1b[K";

/// How many errors or warnings are shown to people; programs get them all.
const MAX_SHOWN: usize = 20;

impl Messages {
    pub fn new(args: &MessageArgs) -> Messages {
        let has_colour = match args.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                !set("NO_COLOR")
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
                    && std::io::stderr().is_terminal()
            }
        };
        Messages {
            format: args.error_format.into(),
            colour: if has_colour { Colour::Ansi } else { Colour::Plain },
            shows_warnings: !args.no_warnings,
            shows_progress: AtomicBool::new(false),
        }
    }

    /// Whether what goes where messages go is coloured.
    pub fn colour(&self) -> Colour {
        self.colour
    }

    /// Says what is wrong with the source.
    pub fn errors(&self, errors: &[Diagnostic], source: &Source) {
        self.list(errors, source, "errors");
    }

    /// Says what is suspicious about the source.
    pub fn warnings(&self, warnings: &[Diagnostic], source: &Source) {
        if self.shows_warnings {
            self.list(warnings, source, "warnings");
        }
    }

    fn list(&self, diagnostics: &[Diagnostic], source: &Source, what: &str) {
        let shown = if self.format == Format::Human { MAX_SHOWN } else { usize::MAX };
        let mut text = String::new();
        for diagnostic in diagnostics.iter().take(shown) {
            text += &render(diagnostic, source, self.format, self.colour);
            if self.format == Format::Human {
                text.push('\n');
            }
        }
        if let Some(more) = diagnostics.len().checked_sub(shown).filter(|&more| more > 0) {
            let last = format!("{more} more {what}; --error-format=short lists them all");
            text += &format!("{last}\n");
        }
        self.print(&text);
    }

    /// Says one thing about the source.
    pub fn one(&self, diagnostic: &Diagnostic, source: &Source) {
        self.print(&render(diagnostic, source, self.format, self.colour));
    }

    /// What [`Messages::one`] would say in the end about something that has no place in a source.
    pub fn last_words(&self, diagnostic: &Diagnostic) -> String {
        let may_show_progress = self.format == Format::Human && std::io::stderr().is_terminal();
        let clear = if may_show_progress { CLEAR } else { "" };
        clear.to_owned() + &render(diagnostic, &Source::default(), self.format, self.colour)
    }

    /// Says that something failed which has no place in a source.
    pub fn failure(&self, error: &anyhow::Error) -> Status {
        self.one(&Diagnostic::error("failure", format!("{error:#}")), &Source::default());
        Status::Error
    }

    /// Says that the command line asks for what cannot be, and what to ask for instead.
    pub fn usage(&self, message: &str, help: &str) -> Status {
        let diagnostic = Diagnostic { help: Some(help.into()), ..Diagnostic::error("usage", message.into()) };
        self.one(&diagnostic, &Source::default());
        Status::Usage
    }

    /// A line about the course of things, for those who asked.
    pub fn note(&self, text: &str) {
        self.print(&format!("bfllvm: {text}\n"));
    }

    /// What is being done just now, on a terminal; the next one, or another message, takes its place, an empty one clears it.
    pub fn progress(&self, text: &str) {
        let was_shown = self.shows_progress.load(Relaxed);
        if self.format == Format::Human && (was_shown || !text.is_empty()) && std::io::stderr().is_terminal() {
            let text = terminal::cut(text, &std::io::stderr());
            self.print(&if was_shown { text.to_owned() } else { format!("{CLEAR}{text}") });
            self.shows_progress.store(!text.is_empty(), Relaxed);
        }
    }

    /// Text as it stands, for those who asked.
    pub fn text(&self, text: &str) {
        self.print(text);
    }

    fn print(&self, text: &str) {
        let clear = if self.shows_progress.swap(false, Relaxed) { CLEAR } else { "" };
        // Nobody may be listening; that is no reason to fail.
        let _ = std::io::stderr().write_all(format!("{clear}{text}").as_bytes());
    }
}
