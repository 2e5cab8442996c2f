//! Where a run spent its time: a row a loop, as a table, as annotated source ([`annotate`]), as folded stacks, or as JSON.
//!
//! Counts are exact. Times are samples of the processor time, and say nothing of runs of a few milliseconds.
//!
//! # As JSON
//!
//! One object, with at least these members, which stay: `program`, `level`, `sampled_ms` (the time of all samples),
//! `samples`, `outside_ms` (that outside of all loops) and `loops`, a list in the order of the source. A loop has
//! `form` (`loop`, `if`, which goes around once at most, `scan`, `walk`, or `folded` if the optimiser left nothing of it that goes
//! around), `line`, `column`, `end_line`, `end_column` (counted from 1; the end is behind the last character), `byte_start`,
//! `byte_end`, `parent` (the index in `loops` of the innermost loop around it that is not folded, or null), `entries`
//! (how often it was come to), `iterations` (how often its body was run), `self_ms` and `total_ms` (with the loops inside).
//! The last four are null where the loop is folded.
//!
//! # As folded stacks
//!
//! A line a loop that has something to show: the places of the loops around it and its own, outermost first, joined by
//! semicolons, then a space and a number: microseconds, or iterations.

pub mod annotate;

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::{aligned, excerpt};
use crate::diagnostic::printable;
use crate::ir::{Kind, Program};
use crate::level::Level;
use crate::source::{Source, Span};

/// What was measured of an operation that goes around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    pub op: u32,
    pub figures: Figures,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How often the loop was come to, and its body run.
    pub entries: u64,
    pub iterations: u64,
    pub self_time: Duration,
    /// With the loops inside.
    pub total_time: Duration,
}

/// What is left of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Loop,
    If,
    Scan,
    Walk,
    /// Nothing that goes around.
    Folded,
}

/// A loop of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub span: Span,
    pub form: Form,
    /// The innermost loop around it that is not folded.
    pub parent: Option<usize>,
    /// None of a loop that is folded.
    pub figures: Option<Figures>,
}

/// A run in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub level: Level,
    /// In the order of the source; a loop stands before those inside.
    pub rows: Vec<Row>,
    /// The time outside of all loops.
    pub outside: Duration,
    pub samples: u64,
}

/// What [`Profile::folded`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Time,
    Iterations,
}

impl Form {
    fn of(kind: Kind) -> Option<Form> {
        match kind {
            Kind::Loop { .. } => Some(Form::Loop),
            Kind::If { .. } => Some(Form::If),
            Kind::Scan { .. } => Some(Form::Scan),
            Kind::Walk { .. } => Some(Form::Walk),
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Move { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. }
            | Kind::LoopEnd { .. }
            | Kind::IfEnd { .. } => None,
        }
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Form::Loop => "loop",
            Form::If => "if",
            Form::Scan => "scan",
            Form::Walk => "walk",
            Form::Folded => "folded",
        }
    }
}

impl Figures {
    fn plus(self, other: Figures) -> Figures {
        Figures {
            entries: self.entries + other.entries,
            iterations: self.iterations + other.iterations,
            self_time: self.self_time + other.self_time,
            total_time: self.total_time + other.total_time,
        }
    }
}

impl Profile {
    /// Puts together what was measured of `program`. `literal` is the same source without any optimisation; the total times
    /// are found here.
    #[must_use]
    pub fn new(
        level: Level,
        program: &Program,
        literal: &Program,
        measured: &[Measured],
        outside: Duration,
        samples: u64,
    ) -> Profile {
        let of_literal = literal.ops.iter().filter(|op| Form::of(op.kind).is_some());
        let folded = of_literal.map(|op| Row { span: op.span, form: Form::Folded, parent: None, figures: None });
        let mut rows: Vec<_> = folded.collect();
        rows.extend(measured.iter().filter_map(|measured| {
            let op = program.ops[measured.op as usize];
            let figures = Some(Figures { total_time: measured.figures.self_time, ..measured.figures });
            Some(Row { span: op.span, form: Form::of(op.kind)?, parent: None, figures })
        }));
        // A loop that is left stands before the same as the source has it.
        rows.sort_by_key(|row| (row.span.start, row.figures.is_none(), std::cmp::Reverse(row.span.end)));
        rows.dedup_by(|row, kept| {
            let is_same = row.span.start == kept.span.start;
            if let (true, Some(figures)) = (is_same, row.figures) {
                kept.figures = Some(kept.figures.unwrap_or_default().plus(figures));
            }
            is_same
        });
        nest(&mut rows);
        for index in (0..rows.len()).rev() {
            let time = rows[index].figures.map_or(Duration::ZERO, |figures| figures.total_time);
            if let Some(Some(outer)) = rows[index].parent.map(|parent| rows[parent].figures.as_mut()) {
                outer.total_time += time;
            }
        }
        Profile { level, rows, outside, samples }
    }

    /// The time of all samples.
    #[must_use]
    pub fn sampled(&self) -> Duration {
        self.outside + self.rows.iter().filter_map(|row| row.figures).map(|figures| figures.self_time).sum::<Duration>()
    }

    /// The rows of loops that are left.
    fn left(&self) -> impl Iterator<Item = (&Row, Figures)> {
        self.rows.iter().filter_map(|row| Some((row, row.figures?)))
    }

    /// The `top` hottest loops, and what is left of the others.
    #[must_use]
    pub fn table(&self, source: &Source, top: usize) -> String {
        let sampled = self.sampled();
        let mut left: Vec<_> = self.left().collect();
        left.sort_by_key(|(_, figures)| std::cmp::Reverse((figures.self_time, figures.iterations, figures.entries)));
        let folded = self.rows.len() - left.len();
        let mut text = format!(
            "{}: {} at {}: {} in the program's code, {}; {} left, {folded} folded\n",
            printable(source.name().as_bytes()),
            counted(self.rows.len() as u64, "loop"),
            self.level,
            milliseconds(sampled),
            counted(self.samples, "sample"),
            left.len(),
        );
        let head = ["position", "form", "iterations", "entries", "mean trips", "self %", "total %", "source"];
        let mut lines = vec![head.map(String::from).to_vec()];
        for (row, figures) in left.iter().take(top) {
            lines.push(vec![
                source.position(row.span.start).to_string(),
                row.form.name().into(),
                figures.iterations.to_string(),
                figures.entries.to_string(),
                mean(*figures),
                percent(figures.self_time, sampled),
                percent(figures.total_time, sampled),
                excerpt(source, row.span),
            ]);
        }
        let shown = left.len().min(top);
        let room = top - shown;
        for row in self.rows.iter().filter(|row| row.figures.is_none()).take(room) {
            let mut line = vec![source.position(row.span.start).to_string(), row.form.name().into()];
            line.resize(head.len() - 1, "-".into());
            line.push(excerpt(source, row.span));
            lines.push(line);
        }
        if lines.len() > 1 {
            text += &aligned(&lines, |column| matches!(column, 0 | 1 | 7));
        }
        if !self.outside.is_zero() {
            let _ = writeln!(text, "outside of all loops: {} %", percent(self.outside, sampled));
        }
        if let Some(more) = self.rows.len().checked_sub(lines.len() - 1).filter(|&more| more > 0) {
            let _ = writeln!(text, "{} more; --top shows more of them", counted(more as u64, "loop"));
        }
        text
    }

    /// The nests of loops with their time, or with their iterations, as flame graphs are made of.
    #[must_use]
    pub fn folded(&self, source: &Source, weight: Weight) -> String {
        let mut text = String::new();
        // The stack as text, and for each loop of it where its part ends.
        let (mut stack, mut open) = (String::new(), Vec::<(usize, usize)>::new());
        for (index, row) in self.rows.iter().enumerate() {
            let Some(figures) = row.figures else { continue };
            while open.last().is_some_and(|&(outer, _)| row.parent != Some(outer)) {
                open.pop();
            }
            stack.truncate(open.last().map_or(0, |&(_, end)| end));
            if !stack.is_empty() {
                stack.push(';');
            }
            let _ = write!(stack, "{}", source.position(row.span.start));
            open.push((index, stack.len()));
            let number = match weight {
                Weight::Time => figures.self_time.as_micros() as u64,
                Weight::Iterations => figures.iterations,
            };
            if number > 0 {
                let _ = writeln!(text, "{stack} {number}");
            }
        }
        let outside = self.outside.as_micros();
        if weight == Weight::Time && outside > 0 {
            let _ = writeln!(text, "outside {outside}");
        }
        text
    }

    /// All of it: see above.
    #[must_use]
    pub fn json(&self, source: &Source) -> String {
        let loops: Vec<_> = self.rows.iter().map(|row| row_as_json(row, source)).collect();
        let profile = json!({
            "program": source.name(),
            "level": self.level.to_string(),
            "sampled_ms": self.sampled().as_secs_f64() * 1e3,
            "samples": self.samples,
            "outside_ms": self.outside.as_secs_f64() * 1e3,
            "loops": loops,
        });
        format!("{profile}\n")
    }
}

/// Finds for each row the loop around it.
fn nest(rows: &mut [Row]) {
    let mut open: Vec<usize> = Vec::new();
    for index in 0..rows.len() {
        let start = rows[index].span.start;
        while open.last().is_some_and(|&outer| rows[outer].span.end <= start) {
            open.pop();
        }
        rows[index].parent = open.last().copied();
        if rows[index].figures.is_some() {
            open.push(index);
        }
    }
}

fn row_as_json(row: &Row, source: &Source) -> Value {
    let (start, end) = (source.position(row.span.start), source.position(row.span.end));
    json!({
        "form": row.form.name(),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "byte_start": row.span.start,
        "byte_end": row.span.end,
        "parent": row.parent,
        "entries": row.figures.map(|figures| figures.entries),
        "iterations": row.figures.map(|figures| figures.iterations),
        "self_ms": row.figures.map(|figures| figures.self_time.as_secs_f64() * 1e3),
        "total_ms": row.figures.map(|figures| figures.total_time.as_secs_f64() * 1e3),
    })
}

fn mean(figures: Figures) -> String {
    match figures.entries {
        0 => "-".into(),
        entries => format!("{:.1}", figures.iterations as f64 / entries as f64),
    }
}

/// The share of `time`, or nothing where there is no time to share.
fn percent(time: Duration, all: Duration) -> String {
    if all.is_zero() { "-".into() } else { format!("{:.1}", 100.0 * time.as_secs_f64() / all.as_secs_f64()) }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::annotate::annotate;
    use super::*;
    use crate::diagnostic::Colour;
    use crate::dialect::CellWidth;
    use crate::parse::{Bang, Granularity, Hash, Options, parse};

    const CODE: &str = "++[>+[-]\n<-]\n[>]";

    fn program(source: &Source) -> Program {
        let (width, granularity) = (CellWidth::W8, Granularity::Commands);
        parse(source, &Options { width, granularity, hash: Hash::Comment, bang: Bang::Comment }).unwrap().program
    }

    /// Of the three loops of [`CODE`] the second is left out.
    fn profile(source: &Source) -> Profile {
        let program = program(source);
        let measured = |op, entries, iterations, ms| {
            let self_time = Duration::from_millis(ms);
            Measured { op, figures: Figures { entries, iterations, self_time, ..Figures::default() } }
        };
        let measured = [measured(2, 1, 2, 6), measured(11, 1, 0, 2)];
        assert!([2, 11].iter().all(|&op| matches!(program.ops[op].kind, Kind::Loop { .. })));
        Profile::new(Level::O2, &program, &program, &measured, Duration::from_millis(2), 10)
    }

    fn source() -> Source {
        Source::new("t.bf", CODE.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn times_add_up_from_the_inside() {
        let source = Source::new("t.bf", b"[[][[]]]".to_vec()).unwrap();
        let program = program(&source);
        let heads: Vec<_> =
            (0..8u32).filter(|&op| matches!(program.ops[op as usize].kind, Kind::Loop { .. })).collect();
        let measured: Vec<_> = std::iter::zip(heads, [1, 2, 4, 8])
            .map(|(op, ms)| {
                let self_time = Duration::from_millis(ms);
                Measured { op, figures: Figures { self_time, ..Figures::default() } }
            })
            .collect();
        let profile = Profile::new(Level::O0, &program, &program, &measured, Duration::from_millis(16), 31);
        let totals: Vec<_> = profile.left().map(|(_, figures)| figures.total_time.as_millis()).collect();
        assert_eq!(totals, [15, 2, 12, 8]);
        assert_eq!(profile.sampled(), Duration::from_millis(31));
        assert_eq!(
            profile.folded(&source, Weight::Time),
            "1:1 1000\n1:1;1:2 2000\n1:1;1:4 4000\n1:1;1:4;1:5 8000\noutside 16000\n"
        );
    }

    #[test]
    fn the_table_has_the_hottest_loops_first() {
        let source = source();
        let profile = profile(&source);
        assert_eq!(
            profile.table(&source, 20),
            "t.bf: 3 loops at -O2: 10.0 ms in the program's code, 10 samples; 2 left, 1 folded\n\
             position  form    iterations  entries  mean trips  self %  total %  source\n\
             1:3       loop             2        1         2.0    60.0     60.0  [>+[-]<-]\n\
             3:1       loop             0        1         0.0    20.0     20.0  [>]\n\
             1:6       folded           -        -           -       -        -  [-]\n\
             outside of all loops: 20.0 %\n"
        );
        let short = profile.table(&source, 1);
        assert!(!short.contains("3:1") && short.ends_with("2 loops more; --top shows more of them\n"), "{short}");
    }

    #[test]
    fn the_margin_is_about_the_loops_that_begin_there() {
        let source = source();
        assert_eq!(
            annotate(&profile(&source), &source, Colour::Plain),
            "    iterations self % total % |\n\
             \u{20}            2   60.0    60.0 | ++[>+[-]\n\
             \u{20}                             | <-]\n\
             \u{20}            0   20.0    20.0 | [>]\n"
        );
    }

    #[test]
    fn colour_changes_nothing_else() {
        let source = source();
        let profile = profile(&source);
        let coloured = annotate(&profile, &source, Colour::Ansi);
        assert!(coloured.contains("++\x1b[1;31m[>+[-]\x1b[0m\n"), "{coloured}");
        let mut plain = coloured.replace(RESET, "");
        for code in ["\x1b[1;31m", "\x1b[33m", "\x1b[32m"] {
            plain = plain.replace(code, "");
        }
        assert_eq!(plain, annotate(&profile, &source, Colour::Plain));
    }

    const RESET: &str = "\x1b[0m";

    #[test]
    fn long_lines_are_shown_in_rows() {
        let code = format!("{}é[]{}", "+".repeat(79), "-".repeat(100));
        let source = Source::new("t.bf", code.into_bytes()).unwrap();
        let program = program(&source);
        let profile = Profile::new(Level::O2, &program, &program, &[], Duration::ZERO, 0);
        let text = annotate(&profile, &source, Colour::Plain);
        let rows: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(rows.len(), 3, "{text}");
        assert!(rows[0].ends_with("+é") && rows[1].trim_start().starts_with("folded"), "{text}");
    }

    #[test]
    fn json_has_all_loops() {
        let source = source();
        let value: Value = serde_json::from_str(&profile(&source).json(&source)).unwrap();
        let loops = value["loops"].as_array().unwrap();
        let forms: Vec<_> = loops.iter().map(|row| row["form"].as_str().unwrap()).collect();
        assert_eq!(forms, ["loop", "folded", "loop"]);
        assert_eq!((&loops[1]["parent"], &loops[1]["entries"]), (&json!(0), &Value::Null));
        assert_eq!((&loops[0]["end_line"], &loops[0]["end_column"]), (&json!(2), &json!(4)));
        assert_eq!((&value["sampled_ms"], &loops[0]["self_ms"]), (&json!(10.0), &json!(6.0)));
    }
}
