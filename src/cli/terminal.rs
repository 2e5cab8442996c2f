//! How wide the terminal is.

use std::os::fd::AsFd;

use terminal_size::{Width, terminal_size_of};

/// The number of columns, if `output` is a terminal.
pub fn columns(output: &impl AsFd) -> Option<usize> {
    let (Width(width), _) = terminal_size_of(output.as_fd())?;
    // A terminal may not know its size.
    Some(width.into()).filter(|&columns| columns > 0)
}

/// The number that `COLUMNS` holds, or that of the terminal.
pub fn columns_said(output: &impl AsFd) -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.or_else(|| columns(output))
}

/// The first line of `text`, cut to the columns that `output` has: a longer one would go on in the next line.
pub fn cut<'a>(text: &'a str, output: &impl AsFd) -> &'a str {
    let Some(columns) = columns(output) else { return text };
    let end = text.char_indices().nth(columns.saturating_sub(1)).map_or(text.len(), |(end, _)| end);
    &text[..end]
}
