//! Warnings about what is surely a mistake: loops that can never run, loops that never end once they are
//! entered, and programs that are certain to run off the tape.
//!
//! Works on the unoptimised program; what it says of the tape it knows from running the beginning.

use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::Dialect;
use crate::ir::{Kind, Program};
use crate::reference::{Halt, Io, Machine, Status};

/// How many operations of the program are tried out.
const TRIED_STEPS: u64 = 10_000;

/// The longest tape on which they are tried, in cells.
const TRIED_CELLS: u64 = 1 << 16;

/// The warnings for `program`, which must be unoptimised, in the order of the text.
#[must_use]
pub fn lint(program: &Program, dialect: &Dialect) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    dead_and_endless_loops(program, &mut warnings);
    warnings.extend(certain_fault(program, dialect));
    warnings.sort_by_key(|warning| warning.span);
    warnings
}

fn dead_and_endless_loops(program: &Program, warnings: &mut Vec<Diagnostic>) {
    // Before the first change of a cell, loops are comments: an idiom.
    let mut is_leading = true;
    let mut next = 0;
    while let Some(op) = program.ops.get(next) {
        let behind_loop = next > 0 && matches!(program.ops[next - 1].kind, Kind::LoopEnd { .. });
        next += 1;
        match op.kind {
            Kind::Loop { end, .. } if is_leading || behind_loop => {
                if !is_leading {
                    warnings.push(Diagnostic {
                        severity: Severity::Warning,
                        code: "dead-loop",
                        message: "this loop can never run".into(),
                        span: Some(op.span),
                        label: "the loop before it ends when the cell is 0".into(),
                        help: None,
                    });
                }
                next = end as usize + 1;
            }
            Kind::Loop { end, .. } if end as usize == next => warnings.push(Diagnostic {
                severity: Severity::Warning,
                code: "endless-loop",
                message: "this loop never ends once it is entered".into(),
                span: Some(op.span),
                label: "nothing in it changes the cell".into(),
                help: None,
            }),
            Kind::Add { .. } | Kind::Input { .. } => is_leading = false,
            Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. }
            | Kind::Loop { .. }
            | Kind::LoopEnd { .. }
            | Kind::If { .. }
            | Kind::IfEnd { .. } => {}
        }
    }
}

/// Runs the beginning, up to the first input.
fn certain_fault(program: &Program, dialect: &Dialect) -> Option<Diagnostic> {
    let cells = dialect.tape_cells().min(TRIED_CELLS);
    let mut machine = Machine::new(program, &Dialect::new(dialect.width, dialect.eof, cells));
    let Status::Fault { cell, op } = machine.run(&mut NoInput, TRIED_STEPS) else { return None };
    let is_left = cell < 0;
    (is_left || cells == dialect.tape_cells()).then(|| Diagnostic {
        severity: Severity::Warning,
        code: "certain-tape-fault",
        message: format!("this program runs off the tape: it accesses cell {cell}"),
        span: Some(program.ops[op].span),
        label: format!("the tape has cells 0 to {}", dialect.tape_cells() - 1),
        help: (!is_left).then(|| "a longer tape can be had with --tape".into()),
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
            granularity: Granularity::Commands,
            hash: Hash::Comment,
            bang: Bang::Comment,
        };
        let program = parse(&source, &options).unwrap().program;
        lint(&program, &dialect).iter().map(|warning| (warning.code, warning.span.unwrap().start)).collect()
    }

    #[test]
    fn dead_loops() {
        assert_eq!(warnings("+[-][.]"), [("dead-loop", 4)]);
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
