//! The text form of a program: one operation a line, bodies indented.
//!
//! ```text
//! cells 8
//! add [0] 3                 ; 1:1
//! loop [0]                  ; 1:4
//!   muladd [1] [0] 5        ; 1:6
//! end
//! ```
//! `[n]` is the cell n to the right of the pointer. What follows `;` is the place in the source; it
//! is not read back.

use super::count::{Count, Direction, Reload};
use super::{Builder, Kind, Op, Program};
use crate::dialect::CellWidth;
use crate::source::{Source, Span};
use std::fmt::Write as _;
use std::num::NonZeroI8;

/// The column at which places are written.
const PLACE_COLUMN: usize = 32;

/// Prints `program`, with the operations' places in `source` where one is given.
#[must_use]
pub fn print(program: &Program, source: Option<&Source>) -> String {
    let mut text = format!("cells {}\n", program.width.bits());
    let mut depth = 0usize;
    for op in &program.ops {
        if matches!(op.kind, Kind::LoopEnd { .. } | Kind::IfEnd { .. }) {
            depth -= 1;
        }
        // Deep nests would otherwise be quadratic to print.
        let line = format!("{:indent$}{}", "", Line(program, op), indent = 2 * depth.min(100));
        match source {
            Some(source) => {
                let place = source.position(op.span.start);
                let _ = writeln!(text, "{line:PLACE_COLUMN$}; {place}");
            }
            None => {
                let _ = writeln!(text, "{line}");
            }
        }
        if matches!(op.kind, Kind::Loop { .. } | Kind::If { .. }) {
            depth += 1;
        }
    }
    text
}

/// An operation of `program` as it is printed, without indentation and place.
#[must_use]
pub fn line<'a>(program: &'a Program, op: &'a Op) -> impl std::fmt::Display + 'a {
    Line(program, op)
}

struct Line<'a>(&'a Program, &'a Op);

impl std::fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.1.kind {
            Kind::Add { cell, delta } => write!(f, "add [{cell}] {delta}"),
            Kind::Set { cell, value } => write!(f, "set [{cell}] {value}"),
            Kind::MulAdd { target, source, factor } => write!(f, "muladd [{target}] [{source}] {factor}"),
            Kind::Copy { target, source, factor } => write!(f, "copy [{target}] [{source}] {factor}"),
            Kind::Product { target, left, right, factor } => {
                write!(f, "product [{target}] [{left}] [{right}] {factor}")
            }
            Kind::MinAdd { target, source, most, factor } => {
                write!(f, "minadd [{target}] [{source}] {most} {factor}")
            }
            Kind::Move { delta } => write!(f, "move {delta}"),
            Kind::Scan { cell, stride } => write!(f, "scan [{cell}] {stride}"),
            Kind::Walk { cell, stride, leave, enter } => write!(f, "walk [{cell}] {stride} {leave} {enter}"),
            Kind::Count(count) => write_count(&count, f),
            Kind::Divide { cell, divisor, quotient, unless } => {
                write!(f, "divide [{cell}] by {divisor} to [{quotient}] unless [{unless}]")
            }
            Kind::Hold { cell, unless } => write!(f, "hold [{cell}] unless [{unless}]"),
            Kind::Release { beyond } => write!(f, "release beyond {beyond}"),
            Kind::AddHeld { cell, factor } => write!(f, "addheld [{cell}] {factor}"),
            Kind::Ripple { digit, stride, mark } => {
                write!(f, "ripple [{digit}] {stride} until [{}]", digit + i32::from(mark))
            }
            Kind::Input { cell } => write!(f, "input [{cell}]"),
            Kind::Output { cell } => write!(f, "output [{cell}]"),
            Kind::Text { start, len } => {
                let bytes = &self.0.text[start as usize..(start + len) as usize];
                // The semicolon starts a place.
                write!(f, "text \"{}\"", bytes.escape_ascii().to_string().replace(';', "\\x3b").replace(' ', "\\x20"))
            }
            Kind::Dump { cell } => write!(f, "dump [{cell}]"),
            Kind::Loop { cell, .. } => write!(f, "loop [{cell}]"),
            Kind::If { cell, .. } => write!(f, "if [{cell}]"),
            Kind::LoopEnd { .. } | Kind::IfEnd { .. } => write!(f, "end"),
        }
    }
}

/// What a count needs comes first, then what it may have.
fn write_count(count: &Count, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    let direction = match count.direction {
        Direction::Down => "down",
        Direction::Up => "up",
    };
    let phase = count.cell(count.phase);
    write!(f, "count [{}] [{phase}] {direction} to {} ", count.counter, count.turn)?;
    match count.reload {
        Reload::Never { left_over } => write!(f, "leave {left_over}")?,
        Reload::Constant { period, mirror, others: _, borrows: _ } => {
            write!(f, "from {period}")?;
            mirror.into_iter().try_for_each(|mirror| write!(f, " mirror [{}]", count.cell(mirror.get())))?;
        }
        Reload::Cell { cell } => write!(f, "from [{}]", count.cell(cell))?,
        Reload::Complement { cell, offset, except, waits } => {
            write!(f, "against [{}] {offset}", count.cell(cell))?;
            except.into_iter().try_for_each(|except| write!(f, " not {except}"))?;
            if waits {
                write!(f, " waits")?;
            }
        }
    }
    let carry = if count.borrows() { "borrow" } else { "carry" };
    for (name, cell) in [(carry, count.carry), ("copy", count.copy)] {
        if let Some(cell) = cell {
            write!(f, " {name} [{}]", count.cell(cell.get()))?;
        }
    }
    count.others().into_iter().try_for_each(|others| write!(f, " others [{others}]"))?;
    count.zero_cells().try_for_each(|zero| write!(f, " zero [{zero}]"))
}

/// A line of text that is no operation.
#[derive(Debug, PartialEq, Eq)]
pub struct TextError {
    /// Counted from 1.
    pub line: usize,
    pub message: &'static str,
}

impl std::fmt::Display for TextError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for TextError {}

/// Reads the text form back. Spans come back empty.
///
/// # Errors
/// The first line that is no operation, and heads or ends that do not match.
pub fn parse(text: &str) -> Result<Program, TextError> {
    let mut width = None;
    let mut builder = Builder::default();
    let mut open: Vec<Kind> = Vec::new();
    let mut all_text = Vec::new();
    let mut last = 0;
    for (number, line) in text.lines().enumerate() {
        last = number + 1;
        let error = |message| TextError { line: number + 1, message };
        let line = line.split(';').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some((&name, operands)) = words.split_first() else { continue };
        if name == "cells" {
            let wanted = operands.first().copied().unwrap_or_default();
            let found = CellWidth::ALL.into_iter().find(|width| width.bits().to_string() == wanted);
            width = Some(found.ok_or(error("cells have 8, 16, 32 or 64 bits"))?);
            continue;
        }
        let kind = if name == "text" {
            let bytes = operands.first().and_then(|quoted| unescape(quoted)).ok_or(error("this is no text"))?;
            let start = all_text.len() as u32;
            all_text.extend_from_slice(&bytes);
            Kind::Text { start, len: bytes.len() as u32 }
        } else if name == "end" {
            match open.pop().ok_or(error("this end has no head"))? {
                Kind::Loop { .. } => Kind::LoopEnd { start: 0 },
                _ => Kind::IfEnd { start: 0 },
            }
        } else {
            operation(name, operands).ok_or(error("this is no operation"))?
        };
        if matches!(kind, Kind::Loop { .. } | Kind::If { .. }) {
            open.push(kind);
        }
        builder.push(kind, Span::default());
    }
    if !open.is_empty() {
        return Err(TextError { line: last, message: "a head has no end" });
    }
    let width = width.ok_or(TextError { line: last, message: "the line `cells N` is missing" })?;
    Ok(Program { text: all_text, ..builder.finish(width) })
}

/// The bytes of a text between quotes, as [`slice::escape_ascii`] writes them.
fn unescape(quoted: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = quoted.strip_prefix('"')?.strip_suffix('"')?.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                }
                other => other,
            },
            byte => byte,
        });
    }
    Some(bytes)
}

fn count(operands: &[&str]) -> Option<Count> {
    let &[counter, phase, direction, "to", turn, ref rest @ ..] = operands else { return None };
    let counter = cell_at(counter)?;
    let near = |word: &str| i8::try_from(cell_at(word)?.checked_sub(counter)?).ok();
    let direction = match direction {
        "down" => Direction::Down,
        "up" => Direction::Up,
        _ => return None,
    };
    let (reload, mut rest) = match *rest {
        ["leave", left_over, ref rest @ ..] => (Reload::Never { left_over: left_over.parse().ok()? }, rest),
        ["against", cell, offset, ref rest @ ..] => {
            let (except, rest) = match *rest {
                ["not", except, ref rest @ ..] => (Some(except.parse().ok()?), rest),
                ref rest => (None, rest),
            };
            let (waits, rest) = match *rest {
                ["waits", ref rest @ ..] => (true, rest),
                ref rest => (false, rest),
            };
            (Reload::Complement { cell: near(cell)?, offset: offset.parse().ok()?, except, waits }, rest)
        }
        ["from", period, "mirror", mirror, ref rest @ ..] => {
            let mirror = Some(NonZeroI8::new(near(mirror)?)?);
            (Reload::Constant { period: period.parse().ok()?, mirror, others: None, borrows: false }, rest)
        }
        ["from", from, ref rest @ ..] => match near(from) {
            Some(cell) => (Reload::Cell { cell }, rest),
            None => (Reload::after(from.parse().ok()?), rest),
        },
        _ => return None,
    };
    let (phase, turn) = (near(phase)?, turn.parse().ok()?);
    let zeros = [None; Count::MAX_ZEROS];
    let mut count = Count { counter, phase, turn, direction, reload, carry: None, copy: None, zeros };
    while let [name, cell, others @ ..] = rest {
        let place = match *name {
            "carry" => &mut count.carry,
            "borrow" => {
                let Reload::Constant { borrows, .. } = &mut count.reload else { return None };
                *borrows = true;
                &mut count.carry
            }
            "copy" => &mut count.copy,
            "others" => {
                let Reload::Constant { others, .. } = &mut count.reload else { return None };
                others
            }
            "zero" => count.zeros.iter_mut().find(|zero| zero.is_none())?,
            _ => return None,
        };
        *place = Some(NonZeroI8::new(near(cell)?)?);
        rest = others;
    }
    rest.is_empty().then_some(count)
}

/// The offset that a word like `[3]` stands for.
fn cell_at(word: &str) -> Option<i32> {
    word.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

fn operation(name: &str, operands: &[&str]) -> Option<Kind> {
    let cell = |index: usize| cell_at(operands.get(index)?);
    let number = |index: usize| -> Option<i32> { operands.get(index)?.parse().ok() };
    let value = |index: usize| -> Option<u64> { operands.get(index)?.parse().ok() };
    Some(match name {
        "add" => Kind::Add { cell: cell(0)?, delta: value(1)? },
        "set" => Kind::Set { cell: cell(0)?, value: value(1)? },
        "muladd" => Kind::MulAdd { target: cell(0)?, source: cell(1)?, factor: value(2)? },
        "copy" => Kind::Copy { target: cell(0)?, source: cell(1)?, factor: value(2)? },
        "product" => Kind::Product { target: cell(0)?, left: cell(1)?, right: cell(2)?, factor: value(3)? },
        "minadd" => {
            Kind::MinAdd { target: cell(0)?, source: cell(1)?, most: u32::try_from(value(2)?).ok()?, factor: value(3)? }
        }
        "move" => Kind::Move { delta: number(0)? },
        "scan" => Kind::Scan { cell: cell(0)?, stride: number(1)? },
        "walk" => Kind::Walk { cell: cell(0)?, stride: number(1)?, leave: number(2)?, enter: number(3)? },
        "count" => Kind::Count(count(operands)?),
        "divide"
            if [operands.get(1), operands.get(3), operands.get(5)] == [Some(&"by"), Some(&"to"), Some(&"unless")] =>
        {
            let divisor = operands.get(2)?.parse().ok()?;
            Kind::Divide { cell: cell(0)?, divisor, quotient: cell(4)?, unless: cell(6)? }
        }
        "hold" if operands.get(1) == Some(&"unless") => Kind::Hold { cell: cell(0)?, unless: cell(2)? },
        "release" if operands.first() == Some(&"beyond") => Kind::Release { beyond: operands.get(1)?.parse().ok()? },
        "addheld" => Kind::AddHeld { cell: cell(0)?, factor: value(1)? },
        "ripple" if operands.get(2) == Some(&"until") => {
            let digit = cell(0)?;
            let mark = i8::try_from(cell(3)?.checked_sub(digit)?).ok()?;
            Kind::Ripple { digit, stride: operands.get(1)?.parse().ok()?, mark }
        }
        "input" => Kind::Input { cell: cell(0)? },
        "output" => Kind::Output { cell: cell(0)? },
        "dump" => Kind::Dump { cell: cell(0)? },
        "loop" => Kind::Loop { cell: cell(0)?, end: 0 },
        "if" => Kind::If { cell: cell(0)?, end: 0 },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY_OPERATION: &str = "cells 16\nadd [0] 3\nset [-2] 65535\nmove -7\nscan [1] 4\ninput [0]\n\
        output [5]\ntext \"a\\x20\\x3b\\\"\\n\\xff\"\ndump [0]\nloop [0]\n  if [1]\n    muladd [1] [0] 9\n    copy [2] [1] 7\n    \
        product [0] [1] [-2] 65535\n    minadd [2] [1] 9 65535\n  end\n  walk [0] -2 -1 1\nend\n\
        count [2] [3] up to -1 from 10 carry [1] zero [4] zero [5]\ncount [0] [1] down to 1 from 10 mirror [-2] copy [3]\ncount [0] [1] down to 0 from [-1] copy [3]\n\
        count [0] [1] down to 1 against [2] -1 not 1 carry [3]\ncount [0] [1] down to 1 against [2] 0 waits\ncount [5] [1] down to 0 leave 1\ncount [0] [1] down to 0 from 0 borrow [3] others [4] zero [5]\ndivide [1] by 2 to [-1] unless [4]\nripple [3] -2 until [2]\nhold [0] unless [-3]\naddheld [1] 7\n";

    #[test]
    fn what_is_printed_is_read_back() {
        let program = parse(EVERY_OPERATION).unwrap();
        assert_eq!(print(&program, None), EVERY_OPERATION);
    }

    #[test]
    fn errors_name_the_line() {
        assert_eq!(parse("cells 8\nadd 0 3").unwrap_err().line, 2);
        assert_eq!(parse("cells 9").unwrap_err().message, "cells have 8, 16, 32 or 64 bits");
        assert_eq!(parse("cells 8\nend").unwrap_err().message, "this end has no head");
        assert_eq!(parse("cells 8\nloop [0]").unwrap_err().message, "a head has no end");
        assert_eq!(parse("add [0] 1").unwrap_err().message, "the line `cells N` is missing");
    }
}
