//! `bfllvm debug`: where the debugger's lines come from, and where its text and the program's input and output go.

use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};

use anyhow::{Context as _, Result};
use bfllvm::debugger::{Debugger, Host, Reply};
use bfllvm::reference::Halt;
use bfllvm::runtime::interrupt;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::args::DebugArgs;
use super::front::{InputBehind, check};
use super::messages::Messages;
use super::status::Status;

const PROMPT: &str = "(bfllvm) ";
const INPUT_PROMPT: &str = "input> ";

pub fn debug(args: &DebugArgs, messages: &Messages) -> Result<Status> {
    let checked = check(&args.program, &args.dialect, InputBehind::Never, messages)?;
    let mut scripted = Vec::new();
    for path in &args.scripts {
        let script = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        scripted.extend(script.lines().map(str::to_owned));
    }
    scripted.extend(args.commands.iter().cloned());
    let input = match &args.input {
        None => None,
        Some(path) => {
            let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            Some(BufReader::new(file))
        }
    };
    // Whoever gave the program on standard input has no commands there.
    let is_interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let editor = if is_interactive { Some(DefaultEditor::new().context("cannot use the terminal")?) } else { None };
    if is_interactive {
        interrupt::note_interrupts();
    }
    let mut desk = Desk { input, editor, typed: Vec::new(), is_line_open: false, failure: None };

    let program = checked.literal()?;
    let mut debugger = Debugger::new(&program, &checked.source, &checked.dialect);
    desk.say(&debugger.place());
    let mut status = Status::Success;
    let mut scripted = scripted.into_iter();
    while desk.failure.is_none() {
        let Some(line) = scripted.next().map_or_else(|| desk.line(), |line| Ok(Some(line)))? else { break };
        match debugger.obey(&line, &mut desk) {
            Reply::Text(text) => desk.say(&text),
            Reply::Refused(why) => {
                desk.say(&format!("{why}\n"));
                // A script that is wrong must not look as if it were right.
                status = if desk.editor.is_some() { Status::Success } else { Status::Error };
            }
            Reply::Quit => break,
        }
    }
    match desk.failure {
        None => Ok(status),
        Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Status::BrokenPipe),
        Some(error) => Err(error).context("cannot write to standard output"),
    }
}

/// The user: at a terminal, or at the other end of pipes.
struct Desk {
    /// The program's input, if it is in a file.
    input: Option<BufReader<File>>,
    /// There is one at a terminal.
    editor: Option<DefaultEditor>,
    /// What was typed as input and not read yet, the last byte first.
    typed: Vec<u8>,
    /// Whether the last the program wrote was no newline.
    is_line_open: bool,
    /// Why nothing can be written.
    failure: Option<std::io::Error>,
}

impl Desk {
    /// Says something of our own, on a line of its own.
    fn say(&mut self, text: &str) {
        if self.is_line_open && !text.is_empty() {
            self.put(b"\n");
            self.is_line_open = false;
        }
        self.put(text.as_bytes());
        let flushed = std::io::stdout().flush();
        self.note(flushed);
    }

    fn put(&mut self, bytes: &[u8]) {
        let written = std::io::stdout().write_all(bytes);
        self.note(written);
    }

    fn note(&mut self, outcome: std::io::Result<()>) {
        if let (None, Err(error)) = (&self.failure, outcome) {
            self.failure = Some(error);
        }
    }

    /// The next line for the debugger, or `None` if there are no more.
    fn line(&mut self) -> Result<Option<String>> {
        let Some(editor) = &mut self.editor else {
            let mut line = Vec::new();
            let bytes = std::io::stdin().lock().read_until(b'\n', &mut line).context("cannot read commands")?;
            return Ok((bytes > 0).then(|| String::from_utf8_lossy(&line).into_owned()));
        };
        loop {
            match editor.readline(PROMPT) {
                Ok(line) => {
                    // Whether it can be recalled later matters little.
                    let _ = editor.add_history_entry(&line);
                    return Ok(Some(line));
                }
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(error).context("cannot read from the terminal"),
            }
        }
    }
}

impl Host for Desk {
    fn read(&mut self) -> Result<Option<u8>, Halt> {
        if let Some(input) = &mut self.input {
            let mut byte = [0];
            return match input.read(&mut byte) {
                Ok(0) => Ok(None),
                Ok(_) => Ok(Some(byte[0])),
                Err(error) => {
                    self.say(&format!("cannot read the program's input: {error}\n"));
                    Err(Halt)
                }
            };
        }
        if let Some(byte) = self.typed.pop() {
            return Ok(Some(byte));
        }
        if self.editor.is_none() {
            self.say("the program reads input, but there is none: give it with --input FILE\n");
            return Err(Halt);
        }
        self.say("");
        let Some(editor) = &mut self.editor else { return Err(Halt) };
        match editor.readline(INPUT_PROMPT) {
            Ok(line) => {
                self.typed = (line + "\n").into_bytes();
                self.typed.reverse();
                Ok(self.typed.pop())
            }
            // The end of the input, as a terminal has it.
            Err(ReadlineError::Eof) => Ok(None),
            Err(_) => Err(Halt),
        }
    }

    fn write(&mut self, byte: u8) -> Result<(), Halt> {
        self.put(&[byte]);
        self.is_line_open = byte != b'\n';
        if self.failure.is_some() { Err(Halt) } else { Ok(()) }
    }

    fn show(&mut self, text: &str) {
        self.say(text);
    }

    fn is_interrupted(&mut self) -> bool {
        interrupt::was_interrupted()
    }
}
