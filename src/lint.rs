//! Warnings about what is surely a mistake: loops that can never run, loops that never end once they are
//! entered, and programs that are certain to run off the tape.
//!
//! Of loops the text tells; what is said of the tape is known from running the beginning.

use memchr::arch::all::memchr::One;

use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::{Dialect, longer_tape};
use crate::ir::Program;
use crate::parse::{self, Options, behind_loop};
use crate::reference::{Halt, Io, Machine, Status};
use crate::source::{Source, Span};

/// How many operations of the program are tried out.
const TRIED_STEPS: u64 = 2_000;

/// The longest tape on which they are tried, in cells.
const TRIED_CELLS: u64 = 1 << 16;

/// The warnings for `program`, which was read from `source` with these options, in the order of the text.
#[must_use]
pub fn lint(source: &Source, options: &Options, program: &Program, dialect: &Dialect) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    dead_and_endless_loops(source.bytes(), options, &mut warnings);
    warnings.extend(certain_fault(program, dialect));
    warnings.sort_by_key(|warning| warning.span);
    warnings
}

fn dead_and_endless_loops(bytes: &[u8], options: &Options, warnings: &mut Vec<Diagnostic>) {
    let is_command = |byte: &&u8| parse::is_command(**byte, options);
    let start = first_change(bytes);
    let mut behind_dead = start;
    // The faster one first asks the processor what it can do: 0.03 ms of a short program's one where the machine is virtual.
    let bracket = One::new(b'[');
    for head in bracket.iter(&bytes[start..]).map(|offset| start + offset) {
        if head < behind_dead {
            continue;
        }
        let mut body = bytes[head + 1..].iter().filter(is_command);
        let (first, second) = (body.next(), body.next());
        // To clear what is 0 is a habit of those who write programs that write programs.
        let is_clear = matches!((first, second), (Some(b'-' | b'+'), Some(b']')));
        let is_dead = !is_clear && bytes[start..head].iter().rfind(is_command) == Some(&b']');
        let is_endless = first == Some(&b']');
        if !is_dead && !is_endless {
            continue;
        }
        let Some(behind) = behind_loop(bytes, head) else { return };
        let span = Some(Span { start: head as u32, end: behind as u32 });
        if is_dead {
            behind_dead = behind;
            warnings.push(Diagnostic {
                severity: Severity::Warning,
                code: "dead-loop",
                message: "this loop can never run".into(),
                span,
                label: "the loop before it ends when the cell is 0".into(),
                help: None,
            });
        } else {
            warnings.push(Diagnostic {
                severity: Severity::Warning,
                code: "endless-loop",
                message: "this loop never ends once it is entered".into(),
                span,
                label: "nothing in it changes the cell".into(),
                help: None,
            });
        }
    }
}

/// The offset of the first command that changes a cell. Before it, loops are comments: an idiom.
fn first_change(bytes: &[u8]) -> usize {
    let mut at = parse::skip_interpreter_line(bytes);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'+' | b'-' | b',' => return at,
            b'[' => at = behind_loop(bytes, at).unwrap_or(bytes.len()),
            _ => at += 1,
        }
    }
    at
}

/// Runs the beginning, up to the first input.
fn certain_fault(program: &Program, dialect: &Dialect) -> Option<Diagnostic> {
    let cells = dialect.tape_cells().min(TRIED_CELLS);
    let mut machine = Machine::new(program, &Dialect::new(dialect.width, dialect.eof, cells));
    let Status::Fault { cell, op } = machine.run(&mut NoInput, TRIED_STEPS) else { return None };
    (cell < 0 || cells == dialect.tape_cells()).then(|| Diagnostic {
        severity: Severity::Warning,
        code: "certain-tape-fault",
        message: format!("this program runs off the tape: it accesses cell {cell}"),
        span: Some(program.ops[op].span),
        label: format!("the tape has cells 0 to {}", dialect.tape_cells() - 1),
        help: longer_tape(cell),
    })
}

struct NoInput;

impl Io for NoInput {
    fn read(&mut self) -> Result<Option<u8>, Halt> {
        Err(Halt)
    }

    fn write(&mut self, _: u8) -> Result<(), Halt> {
        Ok(())
    }

    fn dump(&mut self, _: &Machine<'_>, _: usize) -> Result<(), Halt> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Bang, Granularity, Hash, Options, parse};
    use crate::source::Source;

    fn warnings(code: &str) -> Vec<(&'static str, u32)> {
        let source = Source::new("t", code.as_bytes().to_vec()).unwrap();
        let dialect = Dialect::default();
        let options = Options {
            width: dialect.width,
            granularity: Granularity::Folded,
            hash: Hash::Comment,
            bang: Bang::Comment,
        };
        let program = parse(&source, &options).unwrap().program;
        lint(&source, &options, &program, &dialect)
            .iter()
            .map(|warning| (warning.code, warning.span.unwrap().start))
            .collect()
    }

    #[test]
    fn dead_loops() {
        assert_eq!(warnings("+[-][.]"), [("dead-loop", 4)]);
        assert_eq!(warnings("+[.-][-][ + ][,]"), [("dead-loop", 13)]);
        assert_eq!(warnings("+[[-][.]]"), [("dead-loop", 5)]);
    }

    #[test]
    fn leading_comments_are_fine() {
        assert_eq!(warnings("[a, b. []][c].>[d]+[-]"), []);
    }

    #[test]
    fn endless_loops() {
        assert_eq!(warnings(",[]"), [("endless-loop", 1)]);
        assert_eq!(warnings(",[-]>,[[]]"), [("endless-loop", 7)]);
    }

    #[test]
    fn certain_faults() {
        assert_eq!(warnings("<+"), [("certain-tape-fault", 1)]);
        assert_eq!(warnings("+[<+]"), [("certain-tape-fault", 3)]);
        assert_eq!(warnings(",<+"), [], "the input may end the run");
        assert_eq!(warnings("<>+"), []);
    }
}
