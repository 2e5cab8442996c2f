//! Two levels' texts, line by line, as a diff.
//!
//! Lines are compared without what only counts: the numbers that LLVM appends to names and gives to labels,
//! attributes and metadata, and comments. A line more at the top would otherwise make all lines below differ. What is
//! shown is the text itself.

use std::fmt::Write as _;
use std::time::Duration;

use similar::{DiffOp, TextDiff};

use crate::level::Level;

/// What the texts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    LlvmIr,
    Assembly,
    /// Our own IR.
    Bfir,
}

/// How a diff is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One below the other, as `diff -u` has it.
    Unified,
    /// Two columns, as `diff -y` has it, of this width in characters.
    SideBySide { width: usize },
}

/// How long the search for the shortest diff may take before a longer one will do.
const DIFF_TIME: Duration = Duration::from_secs(5);

/// So many equal lines are shown around a difference.
const CONTEXT: usize = 3;

/// The diff of two levels' texts of the program called `name`.
#[must_use]
pub fn diff(name: &str, form: Form, before: (Level, &str), after: (Level, &str), layout: Layout) -> String {
    let old: Vec<&str> = before.1.lines().collect();
    let new: Vec<&str> = after.1.lines().collect();
    let keys = |lines: &[&str]| lines.iter().map(|line| key(form, line)).collect::<Vec<_>>();
    let (old_keys, new_keys) = (keys(&old), keys(&new));
    let old_refs: Vec<&str> = old_keys.iter().map(String::as_str).collect();
    let new_refs: Vec<&str> = new_keys.iter().map(String::as_str).collect();
    let diff = TextDiff::configure().timeout(DIFF_TIME).diff_slices(&old_refs, &new_refs);
    let hunks = diff.grouped_ops(CONTEXT);
    if hunks.is_empty() {
        return String::new();
    }
    let (old_name, new_name) = (format!("{name} {}", before.0), format!("{name} {}", after.0));
    match layout {
        Layout::Unified => unified(&hunks, (&old_name, &old), (&new_name, &new)),
        Layout::SideBySide { width } => side_by_side(&hunks, (&old_name, &old), (&new_name, &new), width),
    }
}

fn unified(hunks: &[Vec<DiffOp>], old: (&str, &[&str]), new: (&str, &[&str])) -> String {
    let mut text = format!("--- {}\n+++ {}\n", old.0, new.0);
    for hunk in hunks {
        text += &format!("{}\n", hunk_head(hunk));
        for op in hunk {
            let (removed, added) = (&old.1[op.old_range()], &new.1[op.new_range()]);
            match op {
                DiffOp::Equal { .. } => added.iter().for_each(|line| text += &format!(" {line}\n")),
                DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                    removed.iter().for_each(|line| text += &format!("-{line}\n"));
                    added.iter().for_each(|line| text += &format!("+{line}\n"));
                }
            }
        }
    }
    text
}

/// `@@ -1,2 +1,3 @@`: for each text the first line and the number of lines.
fn hunk_head(hunk: &[DiffOp]) -> String {
    let side = |range: fn(&DiffOp) -> std::ops::Range<usize>| {
        let start = hunk.first().map_or(0, |op| range(op).start);
        let end = hunk.last().map_or(0, |op| range(op).end);
        // An empty range names the line before it.
        let first = if end > start { start + 1 } else { start };
        format!("{first},{}", end - start)
    };
    format!("@@ -{} +{} @@", side(DiffOp::old_range), side(DiffOp::new_range))
}

fn side_by_side(hunks: &[Vec<DiffOp>], old: (&str, &[&str]), new: (&str, &[&str]), width: usize) -> String {
    let mut text = String::new();
    let mut row = |left: Option<&str>, sign: char, right: Option<&str>| {
        let (left, right) = (cut(left.unwrap_or_default(), width), cut(right.unwrap_or_default(), width));
        let _ = writeln!(text, "{}", format!("{left:width$} {sign} {right}").trim_end());
    };
    row(Some(old.0), ' ', Some(new.0));
    for hunk in hunks {
        row(Some(&hunk_head(hunk)), ' ', None);
        for op in hunk {
            let (left, right) = (&old.1[op.old_range()], &new.1[op.new_range()]);
            for index in 0..left.len().max(right.len()) {
                let (left, right) = (left.get(index).copied(), right.get(index).copied());
                let sign = match (op, left, right) {
                    (DiffOp::Equal { .. }, ..) => ' ',
                    (_, Some(_), None) => '<',
                    (_, None, _) => '>',
                    (_, Some(_), Some(_)) => '|',
                };
                row(left, sign, right);
            }
        }
    }
    text
}

/// The beginning of a line that fits, tabs made spaces.
fn cut(line: &str, width: usize) -> String {
    let mut shown = String::new();
    let mut columns = 0;
    for c in line.chars() {
        let wanted = if c == '\t' { 4 - columns % 4 } else { 1 };
        if columns + wanted > width {
            shown.pop();
            shown.push('…');
            break;
        }
        shown.extend(std::iter::repeat_n(if c == '\t' { ' ' } else { c }, wanted));
        columns += wanted;
    }
    shown
}

/// A line as it is compared.
fn key(form: Form, line: &str) -> String {
    match form {
        Form::LlvmIr => llvm_key(line.split("; preds = ").next().unwrap_or_default().trim_end()),
        Form::Assembly => assembly_key(line.split('#').next().unwrap_or_default().trim_end()),
        Form::Bfir => bfir_code(line).to_owned(),
    }
}

/// Without the place in the source, in front of which a text has no semicolon.
fn bfir_code(line: &str) -> &str {
    line.split(';').next().unwrap_or_default().trim_end()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$' | '-')
}

/// Without the numbers that LLVM appends to local names, and those of attributes and metadata. Ours come
/// behind a `_` and tell a place: they stay.
fn llvm_key(line: &str) -> String {
    let mut key = String::with_capacity(line.len());
    let mut rest = line;
    // A label stands at the start of a line and ends with a colon.
    let label = line.len() - line.trim_start_matches(is_name).len();
    if label > 0 && line[label..].starts_with(':') {
        key += without_number(&line[..label]);
        rest = &line[label..];
    }
    while let Some(sigil) = rest.find(['%', '#', '!']) {
        let (before, name) = rest.split_at(sigil + 1);
        key += before;
        let length = name.len() - name.trim_start_matches(is_name).len();
        key += without_number(&name[..length]);
        rest = &name[length..];
    }
    key + rest
}

/// A name without the number at its end, unless a `_` stands before that.
fn without_number(name: &str) -> &str {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.ends_with('_') { name } else { stem }
}

/// Without the numbers of local labels, `.LBB0_1` say.
fn assembly_key(line: &str) -> String {
    let mut key = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(label) = rest.find(".L") {
        let (before, name) = rest.split_at(label + 2);
        key += before;
        let letters = name.len() - name.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '_').len();
        key += name[..letters].trim_end_matches('_');
        rest = name[letters..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    }
    key + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unified(form: Form, before: &str, after: &str) -> String {
        diff("p.bf", form, (Level::O0, before), (Level::O2, after), Layout::Unified)
    }

    #[test]
    fn a_diff_names_both_levels() {
        let text = unified(Form::Bfir, "a\nb\n", "a\nc\n");
        assert_eq!(text, "--- p.bf -O0\n+++ p.bf -O2\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    }

    #[test]
    fn numbers_alone_are_no_difference() {
        let same = [
            (Form::LlvmIr, "  %value10 = load i8, ptr %cell9", "  %value = load i8, ptr %cell1"),
            (Form::LlvmIr, "  br label %5", "  br label %17"),
            (Form::LlvmIr, "body12:      ; preds = %a, %b", "body:"),
            (Form::LlvmIr, "call void @f() #3, !dbg !7", "call void @f() #1, !dbg !19"),
            (Form::Assembly, "\tje\t.LBB0_12\t# 4-byte", "\tje\t.LBB1_3"),
            (Form::Assembly, ".Lfunc_end3:", ".Lfunc_end0:"),
            (Form::Bfir, "set [0] 1   ; 1:2", "set [0] 1     ; 7:7"),
        ];
        for (form, before, after) in same {
            assert_eq!(unified(form, before, after), "", "{before}");
        }
    }

    #[test]
    fn other_numbers_are() {
        let different = [
            (Form::LlvmIr, "store i8 3, ptr %cell", "store i8 4, ptr %cell"),
            (Form::LlvmIr, "br label %loop_1_5.end", "br label %loop_1_6.end"),
            (Form::LlvmIr, "call ptr @bf_part_1_1(ptr %c)", "call ptr @bf_part_1_9(ptr %c)"),
            (Form::LlvmIr, "%loop_1_5 = add i8 1, 1", "%loop_1_6 = add i8 1, 1"),
            (Form::Assembly, "\tmovb\t$1, 2(%rax)", "\tmovb\t$1, 3(%rax)"),
            (Form::Bfir, "add [1] 1", "add [2] 1"),
        ];
        for (form, before, after) in different {
            assert_ne!(unified(form, before, after), "", "{before}");
        }
    }

    #[test]
    fn what_is_shown_is_the_text_itself() {
        let text = unified(Form::LlvmIr, "%a1 = x\nold %7", "%a2 = x\nnew");
        assert_eq!(text, "--- p.bf -O0\n+++ p.bf -O2\n@@ -1,2 +1,2 @@\n %a2 = x\n-old %7\n+new\n");
    }

    #[test]
    fn two_columns_show_what_belongs_together() {
        let layout = Layout::SideBySide { width: 14 };
        let text = diff("p", Form::Bfir, (Level::O0, "a\nb\nlong long long line"), (Level::O2, "a\n\tc"), layout);
        assert_eq!(
            text,
            "p -O0            p -O2\n\
             @@ -1,3 +1,2 …\n\
             a                a\n\
             b              |     c\n\
             long long lon… <\n"
        );
    }
}
