//! Results as data, and how they are laid out. Knows nothing of how anything ran, and prints nothing.

pub mod compare;
pub mod portability;
pub mod profile;
pub mod remarks;
pub mod timing;
pub mod verify;

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
