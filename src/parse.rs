//! Bytes to operations: the eight commands, their loops matched, everything else a comment.
//!
//! One pass over the bytes with an explicit stack: any size, any depth. Knows nothing of files, and
//! of optimisation only what can be folded while reading, which spares large programs time and memory
//! ([`Granularity::Folded`]).

mod fold;

use crate::dialect::CellWidth;
use crate::ir::{Builder, Kind, Program};
use crate::source::{Source, Span};

/// How many commands become one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// One operation a command: what the language's definition and `-O0` stand on.
    Commands,
    /// One operation for equal commands side by side, where they are additions or moves: the same cells are accessed in the same
    /// order, so that a fault is where it is with one operation a command.
    Runs,
    /// What the passes `runs`, `deadloops`, `offsets`, `clear` and `scan` make of neighbours.
    Folded,
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
    let bytes = source.bytes();
    let start = skip_interpreter_line(bytes);
    let parsed = match options.granularity {
        Granularity::Commands | Granularity::Runs => read_commands(bytes, start, options),
        Granularity::Folded => fold::fold(bytes, start, options),
    };
    parsed.ok_or_else(|| unmatched(bytes, start, options))
}

/// The offset behind a first line that starts with `#!`.
pub(crate) fn skip_interpreter_line(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"#!") { bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len()) } else { 0 }
}

/// Whether the program does something at this byte.
pub(crate) fn is_command(byte: u8, options: &Options) -> bool {
    match byte {
        b'+' | b'-' | b'>' | b'<' | b'.' | b',' | b'[' | b']' => true,
        b'#' => options.hash == Hash::Dump,
        _ => false,
    }
}

/// The offset behind the loop that starts at `start`.
pub(crate) fn behind_loop(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0u32;
    for (offset, &byte) in bytes[start..].iter().enumerate() {
        // Both brackets are 0x5b and 0x5d: most bytes are told apart by one comparison.
        if byte | 6 == 0x5f {
            depth = match byte {
                b'[' => depth + 1,
                b']' => depth - 1,
                _ => continue,
            };
            if depth == 0 {
                return Some(start + offset + 1);
            }
        }
    }
    None
}

/// Reads the program that starts at offset `at`; nothing if its brackets do not match.
fn read_commands(bytes: &[u8], mut at: usize, options: &Options) -> Option<Parsed> {
    let mut builder = Builder::default();
    let mut input_start = None;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        let span = || Span { start: start as u32, end: start as u32 + 1 };
        let kind = match byte {
            b'+' => Kind::Add { cell: 0, delta: 1 },
            b'-' => Kind::Add { cell: 0, delta: options.width.mask() },
            b'>' => Kind::Move { delta: 1 },
            b'<' => Kind::Move { delta: -1 },
            b'.' => Kind::Output { cell: 0 },
            b',' => Kind::Input { cell: 0 },
            b'[' => {
                builder.push(Kind::Loop { cell: 0, end: 0 }, span());
                continue;
            }
            b']' if builder.open_heads().is_empty() => return None,
            b']' => {
                builder.push(Kind::LoopEnd { start: 0 }, span());
                builder.span_whole();
                continue;
            }
            b'#' if options.hash == Hash::Dump => Kind::Dump { cell: 0 },
            b'!' if options.bang == Bang::EndsProgram && builder.open_heads().is_empty() => {
                input_start = Some(at as u32);
                break;
            }
            _ => continue,
        };
        at = behind_run(bytes, start);
        match run_of(kind, at - start, options) {
            Some(run) => builder.push(run, Span { start: start as u32, end: at as u32 }),
            None => builder.push_each(kind, start as u32, at as u32),
        }
    }
    builder.open_heads().is_empty().then(|| Parsed { program: builder.finish(options.width), input_start })
}

/// The one operation that does `kind` so many times, if there is to be one: an addition of 0 is none.
fn run_of(kind: Kind, times: usize, options: &Options) -> Option<Kind> {
    if options.granularity != Granularity::Runs {
        return None;
    }
    match kind {
        Kind::Add { cell, delta } => {
            let sum = delta.wrapping_mul(times as u64) & options.width.mask();
            (sum != 0).then_some(Kind::Add { cell, delta: sum })
        }
        // A source has at most i32::MAX bytes.
        Kind::Move { delta } => Some(Kind::Move { delta: delta * times as i32 }),
        _ => None,
    }
}

/// The offset behind the equal bytes that start at `start`, eight of which are compared at once.
#[inline]
fn behind_run(bytes: &[u8], start: usize) -> usize {
    let eight = u64::from_le_bytes([bytes[start]; 8]);
    let mut at = start + 1;
    while let Some(&next) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let different = u64::from_le_bytes(next) ^ eight;
        at += (different.trailing_zeros() / u8::BITS) as usize;
        if different != 0 {
            return at;
        }
    }
    at + bytes[at..].iter().take_while(|&&byte| byte == bytes[start]).count()
}

/// All brackets without a partner in the program that starts at offset `start`, in the order of the text.
fn unmatched(bytes: &[u8], start: usize, options: &Options) -> Vec<Unmatched> {
    let mut unmatched = Vec::new();
    let mut open = Vec::new();
    for (at, &byte) in bytes.iter().enumerate().skip(start) {
        let span = Span { start: at as u32, end: at as u32 + 1 };
        match byte {
            b'[' => open.push(span),
            b']' if open.pop().is_none() => note(&mut unmatched, Bracket::Close, span),
            b'!' if options.bang == Bang::EndsProgram && open.is_empty() => break,
            _ => {}
        }
    }
    for span in open {
        note(&mut unmatched, Bracket::Open, span);
    }
    unmatched.sort_by_key(|unmatched| unmatched.span);
    unmatched
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
        let errors = parse(&source, &options(Granularity::Folded)).unwrap_err();
        errors.iter().map(|error| (error.bracket, error.span.start, error.span.end)).collect()
    }

    #[test]
    fn commands_are_read_one_by_one_or_folded() {
        let code = b"+ +x-+[>>.<,]\xff+-";
        assert_eq!(
            printed(code, &options(Granularity::Commands)),
            "add [0] 1, add [0] 1, add [0] 255, add [0] 1, loop [0], move 1, move 1, output [0], move -1, \
             input [0], end, add [0] 1, add [0] 255"
        );
        assert_eq!(
            printed(code, &options(Granularity::Folded)),
            "add [0] 2, loop [0], output [2], input [1], move 1, end"
        );
    }

    #[test]
    fn runs_access_the_same_cells() {
        let runs = |code: &str| printed(code.as_bytes(), &options(Granularity::Runs));
        assert_eq!(
            runs("+++--x-[>>><<..,,]"),
            "add [0] 3, add [0] 254, add [0] 255, loop [0], move 3, move -2, output [0], output [0], input [0], input [0], end"
        );
        // No access gets lost.
        let (around, more) = ("+".repeat(256), "-".repeat(257));
        assert_eq!(runs(&around), ["add [0] 1"; 256].join(", "));
        assert_eq!(runs(&more), "add [0] 255");
    }

    #[test]
    fn neighbours_are_folded() {
        for (code, folded) in [
            (">+[-] x >[---]<<.", "add [1] 1, set [1] 0, set [2] 0, output [0]"),
            (",[>>]<[[<]]", "input [0], scan [0] 2, scan [-1] -1"),
            ("[dead[.]],[.][,]>+-<[dead],", "input [0], loop [0], output [0], end, input [0]"),
            (",[][--]", "input [0], loop [0], end"),
            (",[>[--]<]", "input [0], loop [0], loop [1], add [1] 254, end, end"),
        ] {
            assert_eq!(printed(code.as_bytes(), &options(Granularity::Folded)), folded, "{code}");
        }
    }

    #[test]
    fn far_moves_stay_moves() {
        let far = (1 << 24) + 1;
        let code = format!("+[{}.<]{}+", ">".repeat(far), "<".repeat(far));
        assert_eq!(
            printed(code.as_bytes(), &options(Granularity::Folded)),
            "add [0] 1, loop [0], move 16777217, output [0], move -1, end, move -16777217, add [0] 1"
        );
    }

    #[test]
    fn a_head_spans_its_loop() {
        let source = Source::new("t", b"+[>[-]<]".to_vec()).unwrap();
        for granularity in [Granularity::Commands, Granularity::Folded] {
            let program = parse(&source, &options(granularity)).unwrap().program;
            let spans = program.ops.iter().filter(|op| op.kind.is_bracket() || matches!(op.kind, Kind::Set { .. }));
            let spans: Vec<_> = spans.map(|op| (op.span.start, op.span.end)).take(2).collect();
            assert_eq!(spans[0], (1, 8));
            assert_eq!(spans[1], (3, 6));
        }
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
        assert_eq!(printed(b"#!/usr/bin/bfllvm-run -x\n.", &options(Granularity::Folded)), "output [0]");
        assert_eq!(printed(b"#!-", &options(Granularity::Folded)), "");
    }

    #[test]
    fn hash_and_bang_are_commands_on_request() {
        let asked = Options { hash: Hash::Dump, bang: Bang::EndsProgram, ..options(Granularity::Folded) };
        let source = Source::new("t", b"+[!+]#+!,".to_vec()).unwrap();
        let parsed = parse(&source, &asked).unwrap();
        assert_eq!(parsed.input_start, Some(8));
        assert_eq!(text::print(&parsed.program, None), "cells 8\nadd [0] 1\nset [0] 0\ndump [0]\nadd [0] 1\n");
        assert_eq!(printed(b"+#!+", &options(Granularity::Commands)), "add [0] 1, add [0] 1");
    }
}
