//! Lines of text, each with the part of the source it comes from.

use serde_json::{Value, json};

use crate::source::Span;

/// Lines, in one piece of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    text: String,
    ends: Vec<usize>,
    spans: Vec<Option<Span>>,
}

impl Lines {
    /// Appends a line. Line ends in it become spaces.
    pub fn push(&mut self, line: &str, span: Option<Span>) {
        self.text.extend(line.chars().map(|c| if c == '\n' { ' ' } else { c }));
        self.ends.push(self.text.len());
        self.spans.push(span);
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The line at `index`.
    ///
    /// # Panics
    /// If there are not so many.
    #[must_use]
    pub fn get(&self, index: usize) -> (&str, Option<Span>) {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        (&self.text[start..self.ends[index]], self.spans[index])
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<Span>)> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// `text`: the lines, each with its end. `spans`: for each run of lines with the same span three numbers: how many
    /// lines, how much further the span starts than the one before, and its length; -1 where there is no span.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut text = String::with_capacity(self.text.len() + self.len());
        for (line, _) in self.iter() {
            text += line;
            text.push('\n');
        }
        let mut spans: Vec<i64> = Vec::new();
        let mut last_start = 0;
        for run in self.spans.chunk_by(|left, right| left == right) {
            let (start, length) = match run[0] {
                Some(Span { start, end }) => (i64::from(start), i64::from(end) - i64::from(start)),
                None => (last_start, -1),
            };
            spans.extend([run.len() as i64, start - last_start, length]);
            last_start = start;
        }
        json!({ "text": text, "spans": spans })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_spans_are_written_once() {
        let mut lines = Lines::default();
        let span = |start, end| Some(Span { start, end });
        for (line, span) in [("a", span(5, 9)), ("b\nc", span(5, 9)), ("", None), ("d", span(2, 3))] {
            lines.push(line, span);
        }
        let expected = json!({ "text": "a\nb c\n\nd\n", "spans": [2, 5, 4, 1, 0, -1, 1, -3, 1] });
        assert_eq!(lines.json(), expected);
        assert_eq!(lines.get(1), ("b c", span(5, 9)));
    }
}
