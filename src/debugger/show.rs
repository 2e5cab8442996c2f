//! Views as text: where the run is, the tape, the source.

use std::fmt::Write as _;

use crate::diagnostic::printable;
use crate::reference::Machine;
use crate::source::Source;

/// How many cells of the tape are shown to each side of the pointer.
pub const WINDOW: u64 = 8;

/// How much of a line of the source is shown, and how much of it before the place, in bytes.
const LINE_BYTES: usize = 72;
const BEFORE_BYTES: usize = 36;

/// How many lines of the source are shown to each side.
const LINES: u32 = 4;

/// The character that a cell's value is, if it is one to look at.
fn character(value: u64) -> Option<char> {
    u8::try_from(value).ok().filter(|byte| byte.is_ascii_graphic() || *byte == b' ').map(char::from)
}

/// A value, and the character it is.
pub fn value(value: u64) -> String {
    match character(value) {
        Some(character) => format!("{value} '{character}'"),
        None => value.to_string(),
    }
}

/// The cells around the pointer: numbers, values and characters in columns, the pointer marked.
pub fn tape(machine: &Machine<'_>, around: u64) -> String {
    let pointer = machine.pointer();
    let around = i64::try_from(around).unwrap_or(i64::MAX);
    let cells = pointer.saturating_sub(around)..=pointer.saturating_add(around);
    let mut rows = ["cell ".to_owned(), "value".to_owned(), "char ".to_owned(), "     ".to_owned()];
    let mut is_outside = true;
    for cell in cells {
        let Some(value) = machine.cell(cell) else { continue };
        let (number, value_text) = (cell.to_string(), value.to_string());
        let width = number.len().max(value_text.len()).max(3);
        let character = character(value).map_or(String::new(), |character| format!("'{character}'"));
        let mark = if cell == pointer { "^" } else { "" };
        is_outside &= cell != pointer;
        for (row, text) in rows.iter_mut().zip([number, value_text, character, mark.into()]) {
            let _ = write!(row, " {text:>width$}");
        }
    }
    let mut text: String = rows.iter().map(|row| format!("{}\n", row.trim_end())).collect();
    if is_outside {
        text.truncate(text.trim_end().len());
        let _ = write!(text, "\nthe pointer is at cell {pointer}, which is not on the tape\n");
    }
    text
}

/// A line of the source, or a part of it, with a mark below the byte at `offset`.
pub fn line(source: &Source, offset: u32) -> String {
    let (start, line) = source.line(offset);
    let at = ((offset - start) as usize).min(line.len());
    let (first, last) = match line.len() <= LINE_BYTES {
        true => (0, line.len()),
        false => {
            let first = at.saturating_sub(BEFORE_BYTES).min(line.len() - LINE_BYTES);
            (first, first + LINE_BYTES)
        }
    };
    let before = printable(&line[first..at]).replace('\t', " ");
    let number = format!("{:>6} ", source.position(offset).line);
    let lead = if first > 0 { "..." } else { "" };
    let tail = if last < line.len() { "..." } else { "" };
    let rest = printable(&line[at..last]).replace('\t', " ");
    let column = number.len() + 2 + lead.len() + before.chars().count();
    format!("{number}| {lead}{before}{rest}{tail}\n{:column$}^\n", "")
}

/// The lines around the byte at `offset`, that one marked.
pub fn list(source: &Source, offset: u32) -> String {
    let here = source.position(offset).line;
    let mut starts = vec![source.line(offset).0];
    let mut first = starts[0];
    for _ in 0..LINES.min(here - 1) {
        first = source.line(first - 1).0;
        starts.insert(0, first);
    }
    let mut last = source.line(offset).0;
    for _ in 0..LINES {
        let rest = &source.bytes()[last as usize..];
        let Some(end) = rest.iter().position(|&byte| byte == b'\n').filter(|&end| end + 1 < rest.len()) else { break };
        last += end as u32 + 1;
        starts.push(last);
    }
    let mut text = String::new();
    for start in starts {
        if start == source.line(offset).0 {
            text += &line(source, offset);
        } else {
            let bytes = source.line(start).1;
            let shown = printable(&bytes[..bytes.len().min(LINE_BYTES)]).replace('\t', " ");
            let tail = if bytes.len() > LINE_BYTES { "..." } else { "" };
            let row = format!("{:>6} | {shown}{tail}", source.position(start).line);
            let _ = writeln!(text, "{}", row.trim_end());
        }
    }
    text
}
