//! LLVM's texts, line by line, with the place of each line in the source.
//!
//! The texts are those of a module whose debug locations name operations: line n is the operation with index n - 1, and line 0
//! none. What is there for debuggers only is left out of the listing.

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::lines::Lines;
use crate::ir::Program;
use crate::source::Span;

/// A text of LLVM's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    lines: Lines,
    /// How many lines more it has.
    left_out: usize,
}

impl Listing {
    fn push(&mut self, line: &str, span: Option<Span>, max_lines: usize) {
        if self.lines.len() < max_lines {
            self.lines.push(line, span);
        } else {
            self.left_out += 1;
        }
    }

    /// That of [`Lines::json`], and how many lines were `left_out`.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut object = self.lines.json();
        object["left_out"] = self.left_out.into();
        object
    }
}

/// The span of the operation that the debug location with this line names.
fn span_of(program: &Program, line: u32) -> Option<Span> {
    program.ops.get(line.checked_sub(1)? as usize).map(|op| op.span)
}

/// A module in LLVM IR, up to `max_lines`.
#[must_use]
pub fn llvm_ir(text: &str, program: &Program, max_lines: usize) -> Listing {
    let places: FxHashMap<&str, u32> = text.lines().filter_map(ir_place).collect();
    let mut listing = Listing::default();
    let mut was_blank = true;
    for line in text.lines() {
        let trimmed = line.trim_start();
        if trimmed.starts_with('!') || trimmed.starts_with("#dbg_") || trimmed.starts_with("; ModuleID") {
            continue;
        }
        let (shown, metadata) = match line.find(", !dbg !").or_else(|| line.find(" !dbg !")) {
            // What follows the number, a brace say, is shown.
            Some(at) => {
                let metadata = line[at..].trim_start_matches([',', ' ']).trim_start_matches("!dbg ");
                let end = metadata[1..].find(|c: char| !c.is_ascii_digit()).map_or(metadata.len(), |end| end + 1);
                (format!("{}{}", &line[..at], &metadata[end..]), Some(&metadata[..end]))
            }
            None => (line.to_owned(), None),
        };
        let is_blank = shown.is_empty();
        if !(is_blank && was_blank) {
            let place = metadata.and_then(|number| places.get(number));
            listing.push(&shown, place.and_then(|&line| span_of(program, line)), max_lines);
        }
        was_blank = is_blank;
    }
    listing
}

/// The name and the line of a debug location: `!12 = !DILocation(line: 3, ...`.
fn ir_place(line: &str) -> Option<(&str, u32)> {
    let (name, value) = line.strip_prefix('!').map(|_| line)?.split_once(" = ")?;
    let location = value.trim_start_matches("distinct ").strip_prefix("!DILocation(line: ")?;
    let end = location.find(|c: char| !c.is_ascii_digit())?;
    Some((name, location[..end].parse().ok()?))
}

/// A module in assembly, up to `max_lines`.
#[must_use]
pub fn assembly(text: &str, program: &Program, max_lines: usize) -> Listing {
    let mut listing = Listing::default();
    let mut span = None;
    let mut is_for_debuggers = false;
    for line in text.lines() {
        let code = line.trim_start();
        if code.starts_with(".section") || code == ".text" || code == ".data" || code == ".bss" {
            is_for_debuggers = code.contains(".debug_");
        }
        if let Some(location) = code.strip_prefix(".loc\t") {
            // The number of the file comes first.
            let line = location.split_ascii_whitespace().nth(1).and_then(|line| line.parse().ok());
            span = line.and_then(|line| span_of(program, line));
        }
        if is_for_debuggers || is_debug_line(line, code) {
            continue;
        }
        let is_instruction = line.starts_with('\t') && !code.starts_with(['.', '#']);
        if code.starts_with(".Lfunc_end") {
            span = None;
        }
        listing.push(line, span.filter(|_| is_instruction), max_lines);
    }
    listing
}

/// Whether the line is about places, unwinding or variables.
fn is_debug_line(line: &str, code: &str) -> bool {
    const DIRECTIVES: [&str; 4] = [".loc\t", ".cfi_", ".file\t", "#DEBUG_VALUE"];
    let is_label = |name: &str| line.strip_prefix(name).is_some_and(|rest| rest.trim_end().ends_with(':'));
    DIRECTIVES.iter().any(|directive| code.starts_with(directive)) || is_label(".Ltmp") || is_label(".Lfunc_begin")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    fn program() -> Program {
        let mut program = text::parse("cells 8\nadd [0] 1\noutput [0]\n").unwrap();
        for (op, start) in program.ops.iter_mut().zip([10, 20]) {
            op.span = Span { start, end: start + 1 };
        }
        program
    }

    const FIRST: Option<Span> = Some(Span { start: 10, end: 11 });
    const SECOND: Option<Span> = Some(Span { start: 20, end: 21 });

    #[test]
    fn instructions_have_the_spans_of_their_operations() {
        let text = "\
; ModuleID = 'x'

define ptr @bf_program(ptr %cell) !dbg !4 {
entry:
    #dbg_value(ptr %cell, !9, !DIExpression(), !5)
  store i8 1, ptr %cell, align 1, !dbg !5
  %x = load i8, ptr %cell, !dbg !6, !range !7
  ret ptr %cell, !dbg !8
}

!llvm.dbg.cu = !{!0}

!4 = distinct !DISubprogram(name: \"bf_program\", line: 1)
!5 = !DILocation(line: 1, column: 1, scope: !4)
!6 = distinct !DILocation(line: 2, column: 1, scope: !4, inlinedAt: !5)
!8 = !DILocation(line: 0, scope: !4)
";
        let listing = llvm_ir(text, &program(), 100);
        let expected = [
            ("define ptr @bf_program(ptr %cell) {", None),
            ("entry:", None),
            ("  store i8 1, ptr %cell, align 1", FIRST),
            ("  %x = load i8, ptr %cell, !range !7", SECOND),
            ("  ret ptr %cell", None),
            ("}", None),
            ("", None),
        ];
        assert_eq!(listing.lines.iter().collect::<Vec<_>>(), expected);
        let short = llvm_ir(text, &program(), 3);
        assert_eq!((short.lines.len(), short.left_out), (3, 4));
    }

    #[test]
    fn machine_instructions_have_the_span_of_the_location_before_them() {
        let text = "\
\t.text
\t.file\t\"prog.bf\"
bf_program:                             # @bf_program
.Lfunc_begin0:
\t.file\t1 \"/\" \"prog.bf\"
\t.loc\t1 1 0                           # prog.bf:1:0
\t.cfi_startproc
# %bb.0:                                # %entry
\t#DEBUG_VALUE: ptr <- $rsi
\t.loc\t1 2 1 prologue_end              # prog.bf:2:1
\tincb\t(%rsi)
.Ltmp0:
.LBB0_1:                                # %loop
\tdecb\t(%rsi)
\t.loc\t1 0 0
\tretq
.Lfunc_end0:
\t.size\tbf_program, .Lfunc_end0-bf_program
\t.section\t.debug_abbrev,\"\",@progbits
\t.byte\t1
\t.section\t\".note.GNU-stack\",\"\",@progbits
";
        let listing = assembly(text, &program(), 100);
        let expected = [
            ("\t.text", None),
            ("bf_program:                             # @bf_program", None),
            ("# %bb.0:                                # %entry", None),
            ("\tincb\t(%rsi)", SECOND),
            (".LBB0_1:                                # %loop", None),
            ("\tdecb\t(%rsi)", SECOND),
            ("\tretq", None),
            (".Lfunc_end0:", None),
            ("\t.size\tbf_program, .Lfunc_end0-bf_program", None),
            ("\t.section\t\".note.GNU-stack\",\"\",@progbits", None),
        ];
        assert_eq!(listing.lines.iter().collect::<Vec<_>>(), expected);
    }
}
