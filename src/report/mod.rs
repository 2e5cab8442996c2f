//! Results as data, and how they are laid out. Knows nothing of how anything ran, and prints nothing.

pub mod compare;
pub mod explain;
pub mod portability;
pub mod positions;
pub mod profile;
pub mod remarks;
pub mod timing;
pub mod verify;

use crate::source::{Source, Span};

/// How many commands of a loop tables and comments show.
const EXCERPT_COMMANDS: usize = 32;

/// Lines of as many cells in columns: numbers to the right, words to the left.
fn aligned(lines: &[Vec<String>], is_words: impl Fn(usize) -> bool) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = std::iter::zip(line, &widths).enumerate().map(|(column, (cell, &width))| match is_words(column) {
            true => format!("{cell:width$}"),
            false => format!("{cell:>width$}"),
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

/// The commands of a loop, or the first of them.
fn excerpt(source: &Source, span: Span) -> String {
    let bytes = &source.bytes()[span.start as usize..span.end as usize];
    let mut commands = bytes.iter().filter(|byte| b"><+-.,[]".contains(byte)).map(|&byte| char::from(byte));
    let mut text: String = commands.by_ref().take(EXCERPT_COMMANDS).collect();
    if commands.next().is_some() {
        text += "...";
    }
    text
}
