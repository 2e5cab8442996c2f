//! LLVM IR with the commands that it comes from, as comments: `; 3:14 [->+<]`, and `; ?` where that cannot be told any
//! more.
//!
//! Knows of the text only what tells instructions from other lines, and of places that there is one an instruction.

use rustc_hash::FxHashMap;

use super::excerpt;
use crate::ir::Program;
use crate::source::{Position, Source, Span};

/// Puts a comment in front of each group of instructions in `ir` that come from one operation of `program`, which was
/// made of `source`. `places` has the place in the source of every instruction, in the order of the text.
#[must_use]
pub fn comment(ir: &str, places: &[Option<Position>], program: &Program, source: &Source) -> String {
    let spans = spans(program, source);
    let mut places = places.iter().copied();
    let mut commented = String::with_capacity(2 * ir.len());
    let mut current = None;
    let mut is_in_function = false;
    for line in ir.lines() {
        match kind(line, is_in_function) {
            Line::Instruction => {
                let place = places.next().flatten();
                if place != current {
                    let text = place.and_then(|place| spans.get(&place)).map(|&span| excerpt(source, span));
                    let place = place.map_or("?".into(), |place| place.to_string());
                    commented += format!("  ; {place} {}", text.unwrap_or_default()).trim_end();
                    commented.push('\n');
                }
                current = place;
            }
            Line::Define => is_in_function = true,
            Line::End => is_in_function = false,
            // Another block: say again where it comes from.
            Line::Label => current = None,
            Line::Other => {}
        }
        commented += line;
        commented.push('\n');
    }
    debug_assert_eq!(places.next(), None, "every place is an instruction's");
    commented
}

/// The largest operation that begins at each place: a loop rather than the first of what our passes made of it.
fn spans(program: &Program, source: &Source) -> FxHashMap<Position, Span> {
    let mut spans = FxHashMap::default();
    for op in &program.ops {
        let span = spans.entry(source.position(op.span.start)).or_insert(op.span);
        span.end = span.end.max(op.span.end);
    }
    spans
}

enum Line {
    Define,
    End,
    Label,
    Instruction,
    Other,
}

fn kind(line: &str, is_in_function: bool) -> Line {
    if line.starts_with("define ") {
        return Line::Define;
    }
    if !is_in_function {
        return Line::Other;
    }
    match line.as_bytes() {
        [b'}', ..] => Line::End,
        // Debug records and the cases of a switch stand further in; its end does not.
        [b' ', b' ', b' ' | b']', ..] | [] => Line::Other,
        [b' ', b' ', ..] => Line::Instruction,
        _ => Line::Label,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Bang, Granularity, Hash, Options, parse};

    #[test]
    fn groups_are_headed_by_their_commands() {
        let source = Source::new("t", b"x+[->+<]\n.".to_vec()).unwrap();
        let granularity = Granularity::Commands;
        let options =
            Options { width: crate::dialect::CellWidth::W8, granularity, hash: Hash::Comment, bang: Bang::Comment };
        let program = parse(&source, &options).unwrap().program;
        let place = |line, column| Some(Position { line, column });
        let ir = "; x\ndeclare void @f()\n\ndefine void @g() {\nentry:\n  %a = load\n  store\n    #dbg_value(x)\n  \
            switch i8 %a, label %x [\n    i8 1, label %y\n  ]\n\nx:   ; preds = %entry\n  add\n  br label %y\n\ny:\n  ret void\n}\n";
        let places = [place(1, 2), place(1, 2), place(1, 3), None, place(1, 3), None];
        assert_eq!(
            comment(ir, &places, &program, &source),
            "; x\ndeclare void @f()\n\ndefine void @g() {\nentry:\n  ; 1:2 +\n  %a = load\n  store\n    \
             #dbg_value(x)\n  ; 1:3 [->+<]\n  switch i8 %a, label %x [\n    i8 1, label %y\n  ]\n\nx:   ; preds = \
             %entry\n  add\n  ; 1:3 [->+<]\n  br label %y\n\ny:\n  ret void\n}\n"
        );
    }
}
