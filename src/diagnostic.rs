//! Messages to the user about the source, and their three forms: for people, as one line, as JSON.
//!
//! Colour is a parameter; nothing here looks at the terminal or prints.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::parse::{Bracket, Unmatched};
use crate::source::{Source, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

impl Severity {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A message about a place in the source, or about none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// A name that does not change, for programs that read the messages.
    pub code: &'static str,
    pub message: String,
    pub span: Option<Span>,
    /// What is said at the place itself.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error with no place in the source.
    #[must_use]
    pub fn error(code: &'static str, message: String) -> Diagnostic {
        Diagnostic { severity: Severity::Error, code, message, span: None, label: String::new(), help: None }
    }

    /// The error for brackets without a partner.
    #[must_use]
    pub fn unmatched(unmatched: &Unmatched) -> Diagnostic {
        let (bracket, label) = match unmatched.bracket {
            Bracket::Open => ("[", "no `]` closes this loop"),
            Bracket::Close => ("]", "no `[` opens a loop that ends here"),
        };
        let count = unmatched.span.end - unmatched.span.start;
        let message = match count {
            1 => format!("unmatched `{bracket}`"),
            _ => format!("{count} unmatched `{bracket}`"),
        };
        Diagnostic {
            severity: Severity::Error,
            code: "unmatched-bracket",
            message,
            span: Some(unmatched.span),
            label: label.into(),
            help: None,
        }
    }
}

/// The form of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// With the line of the source and a mark below it.
    #[default]
    Human,
    /// `file:line:column: error: message`
    Short,
    /// One JSON object a line.
    Json,
}

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Plain,
    Ansi,
}

/// A longer line of the source is shown in part, in bytes.
const MAX_SHOWN_LINE: usize = 160;

/// How much of a long line is shown before the place, in bytes.
const SHOWN_BEFORE: usize = 40;

/// The text of `diagnostic`, ended by a newline. `source` is the text that its span is about.
#[must_use]
pub fn render(diagnostic: &Diagnostic, source: &Source, format: Format, colour: Colour) -> String {
    match format {
        Format::Human => human(diagnostic, source, colour),
        Format::Short => short(diagnostic, source),
        Format::Json => json(diagnostic, source),
    }
}

fn short(diagnostic: &Diagnostic, source: &Source) -> String {
    let (severity, message) = (diagnostic.severity.name(), &diagnostic.message);
    match diagnostic.span {
        Some(span) => {
            format!("{}:{}: {severity}: {message}\n", printable(source.name().as_bytes()), source.position(span.start))
        }
        None => format!("{severity}: {message}\n"),
    }
}

fn json(diagnostic: &Diagnostic, source: &Source) -> String {
    let mut object = serde_json::json!({
        "severity": diagnostic.severity.name(),
        "code": diagnostic.code,
        "message": diagnostic.message,
        "help": diagnostic.help,
    });
    if let Some(span) = diagnostic.span {
        let (start, end) = (source.position(span.start), source.position(span.end));
        object["label"] = diagnostic.label.clone().into();
        object["span"] = serde_json::json!({
            "file": source.name(),
            "byte_start": span.start,
            "byte_end": span.end,
            "line_start": start.line,
            "column_start": start.column,
            "line_end": end.line,
            "column_end": end.column,
        });
    }
    format!("{object}\n")
}

fn human(diagnostic: &Diagnostic, source: &Source, colour: Colour) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let group = match diagnostic.span {
        Some(span) => {
            let place = source.position(span.start);
            let shown = Shown::new(source, span);
            let name = printable(source.name().as_bytes());
            let mark = AnnotationKind::Primary.span(shown.mark.clone()).label(diagnostic.label.as_str());
            let snippet = Snippet::source(shown.text).line_start(place.line as usize).annotation(mark);
            if shown.is_cut {
                // The renderer would count columns from where the part begins.
                let origin = Origin::path(name).line(place.line as usize);
                title.element(origin.char_column(place.column as usize)).element(snippet)
            } else {
                title.element(snippet.path(name))
            }
        }
        None => Group::with_title(title),
    };
    let group = match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    };
    let renderer = match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Ansi => Renderer::styled(),
    };
    // Long lines are cut here, at a known place; the renderer's own cut is for terminals.
    renderer.term_width(2 * MAX_SHOWN_LINE).render(&[group]) + "\n"
}

/// The part of a line that is shown, and where in it the mark goes.
struct Shown {
    text: String,
    mark: std::ops::Range<usize>,
    is_cut: bool,
}

impl Shown {
    fn new(source: &Source, span: Span) -> Shown {
        let (line_start, line) = source.line(span.start);
        let at = ((span.start - line_start) as usize).min(line.len());
        let end = ((span.end - line_start) as usize).clamp(at, line.len());
        let (first, last) = if line.len() <= MAX_SHOWN_LINE {
            (0, line.len())
        } else {
            let first = at.saturating_sub(SHOWN_BEFORE);
            (first, (first + MAX_SHOWN_LINE).min(line.len()))
        };
        let end = end.min(last);
        let mut text = String::new();
        if first > 0 {
            text += "...";
        }
        text += &printable(&line[first..at]);
        let mark_start = text.len();
        text += &printable(&line[at..end]);
        let mark = mark_start..text.len();
        text += &printable(&line[end..last]);
        if last < line.len() {
            text += "...";
        }
        Shown { text, mark, is_cut: first > 0 || last < line.len() }
    }
}

/// `bytes` as text; what is no text, or would move the cursor, becomes a replacement character.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|c| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &[u8]) -> Source {
        Source::new("prog.bf", text.to_vec()).unwrap()
    }

    fn bracket(start: u32, end: u32) -> Diagnostic {
        Diagnostic::unmatched(&Unmatched { bracket: Bracket::Open, span: Span { start, end } })
    }

    #[test]
    fn people_see_the_line_and_a_mark() {
        let text = render(&bracket(4, 5), &source(b"ab\n+[\n"), Format::Human, Colour::Plain);
        assert_eq!(text, "error: unmatched `[`\n --> prog.bf:2:2\n  |\n2 | +[\n  |  ^ no `]` closes this loop\n");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let mut bytes = vec![b'+'; 1_000_000];
        bytes[500_000] = b'[';
        let text = render(&bracket(500_000, 500_001), &source(&bytes), Format::Human, Colour::Plain);
        assert!(text.contains("prog.bf:1:500001"), "{text}");
        assert!(text.contains("...++++"), "{text}");
        assert!(text.lines().all(|line| line.len() < 200), "{text}");
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_such() {
        let text = render(&bracket(3, 4), &source(b"\xff\x1b\xc3["), Format::Human, Colour::Plain);
        assert!(text.contains("\u{fffd}\u{fffd}\u{fffd}["), "{text}");
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn one_line_and_json() {
        let (source, diagnostic) = (source(b"+\n+[[["), bracket(3, 6));
        assert_eq!(render(&diagnostic, &source, Format::Short, Colour::Plain), "prog.bf:2:2: error: 3 unmatched `[`\n");
        let json: serde_json::Value =
            serde_json::from_str(&render(&diagnostic, &source, Format::Json, Colour::Plain)).unwrap();
        assert_eq!(json["code"], "unmatched-bracket");
        assert_eq!(json["span"]["line_start"], 2);
        assert_eq!(json["span"]["column_start"], 2);
        assert_eq!(json["span"]["byte_end"], 6);
    }
}
