//! A program's text as bytes, and places in it: spans, lines and columns.
//!
//! Knows nothing of what the bytes mean.

use std::sync::OnceLock;

/// The longest source that is taken, in bytes: offsets and displacements are 32-bit numbers.
pub const MAX_SOURCE_BYTES: usize = i32::MAX as usize;

/// A half-open range of byte offsets in a [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The span from the first byte of the two to the last. What is unrolled does not come in the order of the source.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A line and a column, both counted from 1; the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The text of a program and the name under which messages speak of it.
#[derive(Debug, Default)]
pub struct Source {
    name: String,
    bytes: Vec<u8>,
    line_starts: OnceLock<Vec<u32>>,
    /// The number of characters before each block, so that columns in long lines are found at once.
    character_sums: OnceLock<Vec<u32>>,
}

/// The size of such a block.
const BLOCK_BYTES: usize = 128;

/// The source is longer than [`MAX_SOURCE_BYTES`].
#[derive(Debug, PartialEq, Eq)]
pub struct SourceTooLong {
    pub bytes: usize,
}

impl std::fmt::Display for SourceTooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the source has {} bytes; at most {MAX_SOURCE_BYTES} are taken", self.bytes)
    }
}

impl std::error::Error for SourceTooLong {}

impl Source {
    /// Takes the text `bytes`, which messages call `name`.
    ///
    /// # Errors
    /// The text is longer than [`MAX_SOURCE_BYTES`].
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Result<Source, SourceTooLong> {
        if bytes.len() > MAX_SOURCE_BYTES {
            return Err(SourceTooLong { bytes: bytes.len() });
        }
        Ok(Source { name: name.into(), bytes, ..Source::default() })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether there is a loop in it, reached or not.
    #[must_use]
    pub fn has_loops(&self) -> bool {
        self.bytes.contains(&b'[')
    }

    /// The line and column of the byte at `offset` (the end of the text counts as a place).
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.line_starts()[line] as usize;
        let column = self.characters_before((offset as usize).min(self.bytes.len())) - self.characters_before(start);
        Position { line: line as u32 + 1, column: column as u32 + 1 }
    }

    /// How many characters begin before the byte at `offset`: bytes that do not continue one, in UTF-8.
    fn characters_before(&self, offset: usize) -> usize {
        let count = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        let sums = self.character_sums.get_or_init(|| {
            let blocks = self.bytes.chunks(BLOCK_BYTES).scan(0, |sum, block| {
                *sum += count(block) as u32;
                Some(*sum)
            });
            std::iter::once(0).chain(blocks).collect()
        });
        let block = offset / BLOCK_BYTES;
        sums[block] as usize + count(&self.bytes[block * BLOCK_BYTES..offset])
    }

    /// The offset at which the line holding `offset` starts, and its bytes without the line's end.
    #[must_use]
    pub fn line(&self, offset: u32) -> (u32, &[u8]) {
        let starts = self.line_starts();
        let line = self.line_of(offset);
        let start = starts[line];
        let end = starts.get(line + 1).map_or(self.bytes.len(), |&next| next as usize);
        let text = &self.bytes[start as usize..end];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        (start, text.strip_suffix(b"\r").unwrap_or(text))
    }

    fn line_of(&self, offset: u32) -> usize {
        self.line_starts().partition_point(|&start| start <= offset) - 1
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let ends = self.bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'\n');
            std::iter::once(0).chain(ends.map(|(offset, _)| offset as u32 + 1)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("t", "ab\né+\r\n.".as_bytes().to_vec()).unwrap();
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(2), Position { line: 1, column: 3 });
        assert_eq!(source.position(5), Position { line: 2, column: 2 });
        assert_eq!(source.position(8), Position { line: 3, column: 1 });
        assert_eq!(source.position(9), Position { line: 3, column: 2 });
        assert_eq!(source.line(5), (3, "é+".as_bytes()));
        assert_eq!(source.line(9), (8, &b"."[..]));
    }

    #[test]
    fn an_empty_source_has_one_place() {
        let source = Source::new("t", Vec::new()).unwrap();
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
    }
}
