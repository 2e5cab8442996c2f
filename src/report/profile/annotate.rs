//! The source with what was measured of its loops in the margin.
//!
//! A row is a line of the source, or a part of a long one. Its margin is about the loops that begin in it: the most
//! iterations of one, the self time of all, and the longest total time. With colour, each command is as hot as the innermost loop it
//! is in.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use super::{Figures, Profile, percent};
use crate::diagnostic::{Colour, printable};
use crate::source::Source;

/// The width of a row, in characters.
const ROW_CHARACTERS: usize = 80;

/// From this share of the time on code has the colour: hot, warm, lukewarm.
const HEATS: [(f64, &str); 3] = [(0.25, "\x1b[1;31m"), (0.05, "\x1b[33m"), (0.01, "\x1b[32m")];
const RESET: &str = "\x1b[0m";

/// All of the source.
#[must_use]
pub fn annotate(profile: &Profile, source: &Source, colour: Colour) -> String {
    let sampled = profile.sampled();
    let mut text = format!("{:>14} {:>6} {:>7} |\n", "iterations", "self %", "total %");
    let mut painter = Painter { profile, sampled, next: 0, open: Vec::new() };
    for row in rows(source.bytes()) {
        let begun = painter.begun_before(row.end);
        let margin = Margin::of(profile, begun);
        let (mut heat, margin) = (margin.heat(sampled, colour), margin.text(sampled));
        match heat {
            Some(heat) => drop(write!(text, "{heat}{margin}{RESET} | ")),
            None => drop(write!(text, "{margin} | ")),
        }
        // Runs of bytes of the same heat; heat changes at brackets alone, which no character has inside.
        heat = None;
        let mut from = row.start;
        for at in row.clone() {
            let here = painter.heat_at(at as u32).filter(|_| colour == Colour::Ansi);
            if here != heat {
                text += &printable(&source.bytes()[from..at]);
                from = at;
                text += if heat.is_some() { RESET } else { "" };
                text += here.unwrap_or_default();
                heat = here;
            }
        }
        text += &printable(source.bytes()[from..row.end].trim_ascii_end());
        text += if heat.is_some() { RESET } else { "" };
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

/// The rows of the text: line ends are in no row.
fn rows(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut start = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let end = start + line.len();
        let content = start + line.strip_suffix(b"\n").unwrap_or(line).len();
        let (mut from, mut characters) = (start, 0);
        for (at, &byte) in bytes.iter().enumerate().take(content).skip(start) {
            if byte & 0xc0 != 0x80 {
                if characters == ROW_CHARACTERS {
                    rows.push(from..at);
                    (from, characters) = (at, 0);
                }
                characters += 1;
            }
        }
        rows.push(from..content);
        start = end;
    }
    rows
}

/// Goes through the source from its start to its end.
struct Painter<'a> {
    profile: &'a Profile,
    sampled: Duration,
    /// The next loop to begin.
    next: usize,
    /// The loops around, those that are folded excepted.
    open: Vec<usize>,
}

impl Painter<'_> {
    /// The loops that begin from here on and before `end`.
    fn begun_before(&self, end: usize) -> Range<usize> {
        let rest = &self.profile.rows[self.next..];
        self.next..self.next + rest.partition_point(|row| (row.span.start as usize) < end)
    }

    /// The colour for the byte at `at`, which is behind the one asked for before.
    fn heat_at(&mut self, at: u32) -> Option<&'static str> {
        let rows = &self.profile.rows;
        while self.open.last().is_some_and(|&open| rows[open].span.end <= at) {
            self.open.pop();
        }
        while rows.get(self.next).is_some_and(|row| row.span.start <= at) {
            self.open.extend(rows[self.next].figures.map(|_| self.next));
            self.next += 1;
        }
        let figures = rows[*self.open.last()?].figures?;
        heat(figures.self_time, self.sampled)
    }
}

fn heat(time: Duration, sampled: Duration) -> Option<&'static str> {
    let share = time.as_secs_f64() / sampled.as_secs_f64();
    HEATS.iter().find(|&&(from, _)| share >= from).map(|&(_, colour)| colour)
}

/// What stands left of a row.
enum Margin {
    Nothing,
    /// All loops that begin there are folded.
    Folded,
    Figures(Figures),
}

impl Margin {
    fn of(profile: &Profile, begun: Range<usize>) -> Margin {
        let loops = &profile.rows[begun];
        let figures = loops.iter().filter_map(|row| row.figures).reduce(|all, figures| Figures {
            entries: all.entries.max(figures.entries),
            iterations: all.iterations.max(figures.iterations),
            self_time: all.self_time + figures.self_time,
            total_time: all.total_time.max(figures.total_time),
        });
        match figures {
            Some(figures) => Margin::Figures(figures),
            None if loops.is_empty() => Margin::Nothing,
            None => Margin::Folded,
        }
    }

    fn heat(&self, sampled: Duration, colour: Colour) -> Option<&'static str> {
        match (self, colour) {
            (Margin::Figures(figures), Colour::Ansi) => heat(figures.self_time, sampled),
            _ => None,
        }
    }

    fn text(&self, sampled: Duration) -> String {
        let (iterations, own, total) = match self {
            Margin::Nothing => Default::default(),
            Margin::Folded => ("folded".to_owned(), String::new(), String::new()),
            Margin::Figures(figures) => (
                figures.iterations.to_string(),
                percent(figures.self_time, sampled),
                percent(figures.total_time, sampled),
            ),
        };
        format!("{iterations:>14} {own:>6} {total:>7}")
    }
}
