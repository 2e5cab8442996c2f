//! Long scans and walks, which go by blocks.

use bfllvm::dialect::{CellWidth, Dialect, Eof};
use bfllvm::level::Level;

use crate::cases::{Case, Ended};
use crate::engines::{compile_and_run, translate_and_run};

/// Long scans and walks, which go by blocks, over all strides, distances and widths.
#[test]
fn walks_end_where_they_should() {
    for width in CellWidth::ALL {
        let strides: &[usize] = if width == CellWidth::W8 { &[1, 2, 3, 4, 8, 9, 16] } else { &[1, 2, 3] };
        for &stride in strides {
            for (leave, enter) in [("", ""), ("-", ""), ("++", ""), ("-", "+"), ("+", "++"), ("", "+")] {
                check_walks(width, stride, leave, enter);
            }
        }
    }
}

/// Walks `[{leave}{stride}{enter}]` to the right and to the left, over distances around the numbers of single steps and
/// of cells in a block.
fn check_walks(width: CellWidth, stride: usize, leave: &str, enter: &str) {
    let right = ">".repeat(stride);
    // Behind the input nothing is evaluated beforehand.
    let mut code = String::from(",");
    let long = if stride <= 4 { 75 } else { 13 };
    for steps in [1, 7, 8, 9, 10, 12, long] {
        let distance = steps * stride;
        // All cells are 4 at first, a stride beyond the last one too; then the last one is what the walk looks for.
        code += &"++++>".repeat(distance + 1 + stride);
        code += &"<".repeat(1 + stride);
        code += &format!("[-]{}", enter.replace('+', "-"));
        code += &"<".repeat(distance);
        code += &format!("[{leave}{right}{enter}]");
        code += &format!("{}{}.{}", ">.".repeat(stride), "<".repeat(stride), "<.".repeat(distance));
        code += &">".repeat(distance + 1 + stride);
    }
    let mirrored = format!(",{}{}", ">".repeat(2200), mirror(&code));
    for code in [code, mirrored] {
        let case = Case::new(&code, vec![1], Dialect::new(width, Eof::Same, 3000));
        assert_eq!(case.reference.end, Ended::Finished, "{width:?} {stride} {leave} {enter}");
        check(&case, &format!("{width:?} {stride} {leave} {enter}"));
    }
}

/// Through LLVM and through the template JIT, which have routines of their own.
pub fn check(case: &Case, what: &str) {
    assert_eq!(compile_and_run(case, Level::O2), case.reference, "llvm: {what}");
    let translated = translate_and_run(&case.at(Level::O2), &case.source, &case.dialect, &case.input);
    assert_eq!(translated, case.reference, "baseline: {what}");
}

/// The program that does the same in the other direction.
fn mirror(code: &str) -> String {
    let turned = code.chars().map(|command| match command {
        '<' => '>',
        '>' => '<',
        other => other,
    });
    turned.collect()
}

/// Walks that run off the tape, on both sides, fault where the reference does: not before a cell on the tape, not behind
/// the first cell off it.
#[test]
fn walks_off_the_tape_fault() {
    for width in CellWidth::ALL {
        let cells = Dialect::new(width, Eof::Same, 1).tape_cells() as usize;
        for stride in [1, 3, 16] {
            for (leave, enter) in [("", ""), ("-", ""), ("-", "+")] {
                for steps in [1usize, 9, 23] {
                    let (right, left) = (">".repeat(stride), "<".repeat(stride));
                    // The last cell of the tape, the way there and back, and a walk that finds the cell it looks for in the
                    // tape's last cell the first time, and nothing the second.
                    let fill = format!("{}{}", format!("++++{left}").repeat(steps), right.repeat(steps));
                    let end = format!("[-]{}", enter.replace('+', "-"));
                    let begin = format!(",{}", ">".repeat(cells - 1));
                    let walk = format!("[{leave}{right}{enter}].");
                    let once = format!("{begin}{fill}{end}{}{walk}", left.repeat(steps - 1));
                    let twice = format!("{once}{fill}++++{}{walk}", left.repeat(steps - 1));
                    for code in [&once, &twice] {
                        for code in [code.clone(), mirror(&code.replacen(&begin, ",", 1))] {
                            let case = Case::new(&code, vec![1], Dialect::new(width, Eof::Same, 1));
                            check(&case, &format!("{width:?} {stride} {leave} {enter} {steps}: {code}"));
                        }
                    }
                }
            }
        }
    }
}
