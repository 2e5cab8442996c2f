//! Bytes to operations: the eight commands, their loops matched, everything else a comment.
//!
//! One pass over the bytes with an explicit stack: any size, any depth. Knows nothing of files, and
//! of optimisation only that runs of `+ -` and of `< >` may be taken together while reading, which
//! spares large programs the memory ([`Granularity::Runs`]).

use crate::dialect::CellWidth;
use crate::ir::{Builder, Kind, Program};
use crate::source::{Source, Span};

/// How many commands become one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// One operation a command: what the language's definition and `-O0` stand on.
    Commands,
    /// One operation a run of `+ -` or of `< >`, and none for a run that changes nothing.
    Runs,
}

/// What `#` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Comment,
    Dump,
}

/// What `!` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bang {
    Comment,
    /// The first one outside of every loop ends the program; what follows is its input.
    EndsProgram,
}

/// How a source is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub width: CellWidth,
    pub granularity: Granularity,
    pub hash: Hash,
    pub bang: Bang,
}

/// A program, and where in the source its input begins if a `!` ended it.
#[derive(Debug)]
pub struct Parsed {
    pub program: Program,
    pub input_start: Option<u32>,
}

/// Brackets without a partner: one, or several of a kind that stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmatched {
    pub bracket: Bracket,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket {
    Open,
    Close,
}

/// Reads `source`.
///
/// # Errors
/// All unmatched brackets, in the order of the text.
pub fn parse(source: &Source, options: &Options) -> Result<Parsed, Vec<Unmatched>> {
    Parser {
        bytes: source.bytes(),
        at: skip_interpreter_line(source.bytes()),
        options,
        builder: Builder::default(),
        unmatched: Vec::new(),
    }
    .run()
}

/// The offset behind a first line that starts with `#!`.
fn skip_interpreter_line(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"#!") { bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len()) } else { 0 }
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    options: &'a Options,
    builder: Builder,
    unmatched: Vec<Unmatched>,
}

impl Parser<'_> {
    fn run(mut self) -> Result<Parsed, Vec<Unmatched>> {
        let mut input_start = None;
        while let Some(&byte) = self.bytes.get(self.at) {
            let start = self.at as u32;
            self.at += 1;
            let span = Span { start, end: start + 1 };
            match byte {
                b'+' => self.add(1, span),
                b'-' => self.add(-1, span),
                b'>' => self.shift(1, span),
                b'<' => self.shift(-1, span),
                b'.' => self.builder.push(Kind::Output { cell: 0 }, span),
                b',' => self.builder.push(Kind::Input { cell: 0 }, span),
                b'[' => self.builder.push(Kind::Loop { cell: 0, end: 0 }, span),
                b']' if self.builder.open_heads().is_empty() => note(&mut self.unmatched, Bracket::Close, span),
                b']' => self.close(span),
                b'#' if self.options.hash == Hash::Dump => self.builder.push(Kind::Dump { cell: 0 }, span),
                b'!' if self.options.bang == Bang::EndsProgram && self.builder.open_heads().is_empty() => {
                    input_start = Some(self.at as u32);
                    break;
                }
                _ => {}
            }
        }
        let ops = self.builder.ops();
        for &head in self.builder.open_heads() {
            note(&mut self.unmatched, Bracket::Open, ops[head as usize].span);
        }
        if self.unmatched.is_empty() {
            Ok(Parsed { program: self.builder.finish(self.options.width), input_start })
        } else {
            self.unmatched.sort_by_key(|unmatched| unmatched.span);
            Err(self.unmatched)
        }
    }

    /// Ends a loop and lets its head span all of it.
    fn close(&mut self, span: Span) {
        self.builder.push(Kind::LoopEnd { start: 0 }, span);
        self.builder.span_whole();
    }

    fn add(&mut self, first: i64, span: Span) {
        let (sum, span) = self.run_of(first, span, b'+', b'-');
        let delta = sum as u64 & self.options.width.mask();
        if delta != 0 {
            self.builder.push(Kind::Add { cell: 0, delta }, span);
        }
    }

    fn shift(&mut self, first: i64, span: Span) {
        let (sum, span) = self.run_of(first, span, b'>', b'<');
        if sum != 0 {
            // A source has at most i32::MAX bytes.
            self.builder.push(Kind::Move { delta: sum as i32 }, span);
        }
    }

    /// Takes the rest of a run of `up` and `down`, comments between them included, where runs are
    /// taken together. Returns the sum and the span up to the run's last command.
    fn run_of(&mut self, first: i64, mut span: Span, up: u8, down: u8) -> (i64, Span) {
        let mut sum = first;
        if self.options.granularity == Granularity::Commands {
            return (sum, span);
        }
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == up {
                sum += 1;
            } else if byte == down {
                sum -= 1;
            } else if matches!(byte, b'+' | b'-' | b'<' | b'>' | b'.' | b',' | b'[' | b']' | b'#' | b'!') {
                break;
            } else {
                self.at += 1;
                continue;
            }
            self.at += 1;
            span.end = self.at as u32;
        }
        (sum, span)
    }
}

/// Adds a bracket to the list, to the last entry where it stands right behind that.
fn note(unmatched: &mut Vec<Unmatched>, bracket: Bracket, span: Span) {
    match unmatched.last_mut() {
        Some(last) if last.bracket == bracket && last.span.end == span.start => last.span.end = span.end,
        _ => unmatched.push(Unmatched { bracket, span }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    fn options(granularity: Granularity) -> Options {
        Options { width: CellWidth::W8, granularity, hash: Hash::Comment, bang: Bang::Comment }
    }

    fn printed(code: &[u8], options: &Options) -> String {
        let source = Source::new("t", code.to_vec()).unwrap();
        let parsed = parse(&source, options).unwrap();
        text::print(&parsed.program, None).lines().skip(1).map(str::trim).collect::<Vec<_>>().join(", ")
    }

    fn unmatched(code: &str) -> Vec<(Bracket, u32, u32)> {
        let source = Source::new("t", code.as_bytes().to_vec()).unwrap();
        let errors = parse(&source, &options(Granularity::Runs)).unwrap_err();
        errors.iter().map(|error| (error.bracket, error.span.start, error.span.end)).collect()
    }

    #[test]
    fn commands_are_read_one_by_one_or_in_runs() {
        let code = b"+ +x-+[>>.<,]\xff+-";
        assert_eq!(
            printed(code, &options(Granularity::Commands)),
            "add [0] 1, add [0] 1, add [0] 255, add [0] 1, loop [0], move 1, move 1, output [0], move -1, \
             input [0], end, add [0] 1, add [0] 255"
        );
        assert_eq!(
            printed(code, &options(Granularity::Runs)),
            "add [0] 2, loop [0], move 2, output [0], move -1, input [0], end"
        );
    }

    #[test]
    fn a_head_spans_its_loop() {
        let source = Source::new("t", b"+[>[-]<]".to_vec()).unwrap();
        let program = parse(&source, &options(Granularity::Runs)).unwrap().program;
        assert_eq!(program.ops[1].span, Span { start: 1, end: 8 });
        assert_eq!(program.ops[3].span, Span { start: 3, end: 6 });
    }

    #[test]
    fn every_unmatched_bracket_is_reported() {
        assert_eq!(
            unmatched("]][+]]+[[-]["),
            [(Bracket::Close, 0, 2), (Bracket::Close, 5, 6), (Bracket::Open, 7, 8), (Bracket::Open, 11, 12)]
        );
    }

    #[test]
    fn an_interpreter_line_is_skipped() {
        assert_eq!(printed(b"#!/usr/bin/bfllvm-run -x\n.", &options(Granularity::Runs)), "output [0]");
        assert_eq!(printed(b"#!-", &options(Granularity::Runs)), "");
    }

    #[test]
    fn hash_and_bang_are_commands_on_request() {
        let asked = Options { hash: Hash::Dump, bang: Bang::EndsProgram, ..options(Granularity::Runs) };
        let source = Source::new("t", b"+[!+]#+!,".to_vec()).unwrap();
        let parsed = parse(&source, &asked).unwrap();
        assert_eq!(parsed.input_start, Some(8));
        assert_eq!(
            text::print(&parsed.program, None),
            "cells 8\nadd [0] 1\nloop [0]\n  add [0] 1\nend\ndump [0]\nadd [0] 1\n"
        );
        assert_eq!(printed(b"+#!+", &options(Granularity::Runs)), "add [0] 1, add [0] 1");
    }
}
