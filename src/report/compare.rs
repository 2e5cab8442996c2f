//! What the levels make of one program: a row a level, as a table or as a diff of texts.

use std::time::Duration;

use similar::TextDiff;

use crate::level::Level;

/// The figures of a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub level: Level,
    /// Operations of our IR, after our passes.
    pub ops: usize,
    /// LLVM's instructions, after its passes, in the program's functions.
    pub instructions: usize,
    /// Machine code of the program's functions in an object file, in bytes.
    pub code_bytes: u64,
    /// Parsing, passes and code generation.
    pub compile: Duration,
    /// The median of the runs.
    pub run: Duration,
    pub verdict: Verdict,
}

/// How a level's output and end compare with those of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the first.
    Base,
    Identical,
    /// The first byte that differs, or the length where one output is longer, or the end.
    Different {
        byte: usize,
    },
    /// A run was cut off at the limit of time or output: it agrees as far as it goes.
    Unfinished,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Verdict::Base => write!(f, "-"),
            Verdict::Identical => write!(f, "identical"),
            Verdict::Different { byte } => write!(f, "DIFFERENT at byte {byte}"),
            Verdict::Unfinished => write!(f, "cut off, identical so far"),
        }
    }
}

const HEAD: [&str; 7] =
    ["level", "our ops", "LLVM instructions", "machine code, bytes", "compile, ms", "run, ms", "output"];

/// The rows as a table, headed and aligned.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let milliseconds = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
    let mut lines = vec![HEAD.map(String::from)];
    lines.extend(rows.iter().map(|row| {
        [
            row.level.to_string(),
            row.ops.to_string(),
            row.instructions.to_string(),
            row.code_bytes.to_string(),
            milliseconds(row.compile),
            milliseconds(row.run),
            row.verdict.to_string(),
        ]
    }));
    let widths: Vec<usize> =
        (0..HEAD.len()).map(|column| lines.iter().map(|line| line[column].len()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for line in &lines {
        for (column, (cell, &width)) in std::iter::zip(line, &widths).enumerate() {
            text += &match column {
                0 => format!("{cell:width$}"),
                6 => format!("  {cell}"),
                _ => format!("  {cell:>width$}"),
            };
        }
        text.push('\n');
    }
    text
}

/// How long the search for the shortest diff may take before a longer one will do.
const DIFF_TIME: Duration = Duration::from_secs(5);

/// The unified diff of two levels' texts.
#[must_use]
pub fn diff(name: &str, before: (Level, &str), after: (Level, &str)) -> String {
    let diff = TextDiff::configure().timeout(DIFF_TIME).diff_lines(before.1, after.1);
    let head = |level: Level| format!("{name} {level}");
    diff.unified_diff().context_radius(3).header(&head(before.0), &head(after.0)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |level, ops, verdict| Row {
            level,
            ops,
            instructions: 12,
            code_bytes: 345,
            compile: Duration::from_micros(1234),
            run: Duration::from_millis(7),
            verdict,
        };
        let text = table(&[row(Level::O0, 106, Verdict::Base), row(Level::O2, 9, Verdict::Different { byte: 3 })]);
        assert_eq!(
            text,
            "level  our ops  LLVM instructions  machine code, bytes  compile, ms  run, ms  output\n\
             -O0        106                 12                  345          1.2      7.0  -\n\
             -O2          9                 12                  345          1.2      7.0  DIFFERENT at byte 3\n"
        );
    }

    #[test]
    fn a_diff_names_both_levels() {
        let text = diff("p.bf", (Level::O0, "a\nb\n"), (Level::O2, "a\nc\n"));
        assert_eq!(text, "--- p.bf -O0\n+++ p.bf -O2\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    }
}
