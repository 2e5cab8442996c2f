//! Loops that count, in the ways people and compilers write them, and programs around them.

use bfllvm::dialect::Dialect;
use bfllvm::ir::{Kind, Program, text};
use bfllvm::level::Level;
use proptest::prelude::*;

use crate::cases::{Case, interpret};
use crate::programs::mirror;

/// Division, counters that are reloaded, addition that carries, a minimum, comparison, also with cells far away, and a flag that
/// says whether to go on.
pub const COUNTING: [&str; 35] = [
    "[->[>>+<]>[<]>-[+<<++++++++++>>>+<]<<-<]",
    "[->[>>+<]>[<]>-[+<<+++>>>-<]<<-<]",
    "[->-[>+>>]>[+[-<+>]>+>>]<<<<<]",
    "[->-[>+>>]>[[-<+>]+>+>>]<<<<<]",
    "[->>+<-[>>>]>[[<+>-]>+>>]<<<<<]",
    "[->+>-[>+>>]>[+[-<+>]>+>>]<<<<<<]",
    "[->+>->+<[>->]>[-<+++++<----->>>>>+<]<<<<<]",
    "[->->+>+<[>->]>[-<----<++++>>>>>+<]<<<<<]",
    "[>>>[-]+<<[>+>[-]<<-]>[<+>-]>[<<+++>>>+<-]<<-<-]",
    "[>>>>>[-]+<<[>+>[-]<<-]>[<+>-]>[<<<<[>+>+<<-]>[<+>-]>>>-]<<-<<<-]",
    "[->+[>+>+<<-]>>[<<+>>-]+<[>-<[-]]>[>+<-]<<<]",
    "[->[>+>+<<-]>>[<<+>>-]+<[>-<<->[-]]>[>+<<<<[-]>>>-]<<<]",
    "[->>+<[->>>>+<<<->]>[->>>>+<<]<<<<]",
    "[->>[-]+<[->>+<->>>]>[->>+>>]<<<<<<]",
    "[->>[-]+<[->->]>[->>]<<<<]",
    "[>>[-]<[>>+>+<<<-]>>[<<+>>-]<+>>[[-]<<-<->>>]<<<<-]",
    "[>>[-]+<[>>+>+<<<-]>>[<<+>>-]>[[-]<<-<->>>]<<[->>>->[-]<<<<]<<-]",
    "[>[>>>+>+<<<<-]>>>[<<<+>>>-]<[-]+>>[[-]<<->>]<<[-<<<[-]>>>]<[>>+>+<<<-]>>[<<+>>-]<[-]+>>[[-]<<->>]<<[-<<<[-]>>>]<<->-<<]",
    "[->>[-]+<[>>+>+<<<-]>>[<<+>>-]>[[-]<<->>]<<[->>>-<<<]<-<]",
    "[->>[-]+<[->>>>>>>>>>>+<<<<<<<<<<->]>[->>]<<<<]",
    "[[-]>->->[-<<<+>>>]<<[>>>+>+<<<<-]>>>>[<<<<+>>>>-]<[[-]<<[>>>+>+<<<<-]>>>>[<<<<+>>>>-]<[[-]<<<<<+>>>>>>>+<<]<]<<<<]",
    "[->->>>[-]+<<<[>>+>>+<<<<-]>>>>[<<<<+>>>>-]<<[[-]>[-]<]>[[-]<<[-]>>]<<<<]",
    "[->[->+>>]>[<<+>>[-<+>]>+>>]<<<<<]",
    "[->>[-]+<[->-]>[-<+++++<+>>>]<<<]",
    "[->>>+>-[>>]<[[>+<-]<+>>>]<<<<<]",
    "[->-[>]<<]",
    "[->->>+<<[>]<<]",
    ">[-]>[-]+>[-<<<-[>]>>>>-<<<[<]>>]",
    ">[-]>[-]+>[-<<<-[>]>>>>+<<<[<]>>]",
    "[->-[>+>+<<-]>>[<<+>>-]+<[>-<[-]>>+<<]>[->>+<<]<<<]",
    "[->-[>+>+<<-]>>[<<+>>-]+<[>-<[-]>>-<<]>[->>-<<<<+++++>>]<<<]",
    "[>-[>-]>[><<<<+>[-]+>>->]<+<<-]",
    "[->-[>-]>[>>>+<<<->]<+<<]",
    "[>>>>[-]>[-]>[-]<<<[-]+<<[>>>+>+<<<<-]>>>[<<<+>>>-]>[<<->>[-]]<<<<->[>>>>[-]+<<<<[-]]>[<<[-]>>>>>[-]+<<<[-]]>>>[<<<<+>>>>[-]]<<<<<<-]",
    "[>>->->+<<<[-]+>>[>>>+>+<<<<-]>>>[<<<+>>>-]>[<<<<<<->>>>>>[-]]<<<<<<[>>[-]+++++>----->+<<<<[-]]+>[>>>>+>+<<<<<-]>>>>[<<<<+>>>>-]>[<<<<<<->>>>>>[-]]<<<<<<[<[-]>[-]]<]",
];

/// The optimised program, which has an operation of this kind.
#[track_caller]
fn becomes(code: &str, is_it: impl Fn(Kind) -> bool) -> Program {
    let program = Case::new(code, Vec::new(), Dialect::default()).at(Level::O2);
    assert!(program.ops.iter().any(|op| is_it(op.kind)), "{code}\n{}", text::print(&program, None));
    program
}

/// Every way of writing it is recognised, whatever the cells hold.
#[test]
fn counting_loops_are_found() {
    for idiom in COUNTING {
        becomes(&format!(",>,>,>,>,>,>,<<<<<<{idiom}.>.>.>.>.>.>."), |kind| matches!(kind, Kind::Count(_)));
    }
}

/// Loops in which cell 1 alternates between two values, if it is known where it begins.
const ALTERNATING: [&str; 2] = [
    "[->>+++<[>-<-]>[<+>-]<[>>+>+<<<-]>>>[<<<+>>>-]<-<<<]",
    "[->>+++++<[>-<-]>[<+>-]<[>>++>->>+<<<<<-]>>>>>[<<<<<+>>>>>-]<<++<-----<<<]",
];

#[test]
fn alternating_loops_are_found() {
    for idiom in ALTERNATING {
        let program = becomes(&format!(",>+<{idiom}.>.>.>.>.>.>."), |kind| matches!(kind, Kind::Count(_)));
        let is_loop = program.ops.iter().any(|op| matches!(op.kind, Kind::Loop { .. }));
        assert!(!is_loop, "{idiom}\n{}", text::print(&program, None));
    }
}

/// A loop that divides cell 2, and clears the remainder where the next quotient begins: it and what is left of the divisor have to be
/// what the divisor is.
const REMAINDER: &str = ">>>[-]+++++>[-]<<<<[>>->->+<<<[-]+>>>>>[-]>[-]<<<<[>>>+>+<<<<-]>>>[<<<+>>>-]>[<<<<<<->>>>>>[-]]<<<<<<[>>[-]+++++>[-]>+<<<<[-]]+>>>>>[-]>[-]<<<<<[>>>>+>+<<<<<-]>>>>[<<<<+>>>>-]>[<<<<<<->>>>>>[-]]<<<<<<[<[-]>[-]]<]";

/// The same by cell 8.
const REMAINDER_BY_CELL: &str = ">>>[-]>[-]>>>>>[-]<[<<<<<+>>>>>>+<-]>[<+>-]<<<<<<<<<[>>->->+<<<[-]+>>>>>[-]>[-]<<<<[>>>+>+<<<<-]>>>[<<<+>>>-]>[<<<<<<->>>>>>[-]]<<<<<<[>>[-]>[-]>+>>>>[-]<[<<<<<+>>>>>>+<-]>[<+>-]<<<<<<<<[-]]+>>>>>[-]>[-]<<<<<[>>>>+>+<<<<<-]>>>>[<<<<+>>>>-]>[<<<<<<->>>>>>[-]]<<<<<<[<[-]>[-]]<]";

#[test]
fn remainders_that_start_again_are_counted() {
    for idiom in [REMAINDER, REMAINDER_BY_CELL] {
        becomes(&format!("+>>,>>,>>>>,<<<<<<<<{idiom}.>.>.>.>.>."), |kind| matches!(kind, Kind::Count(_)));
    }
}

/// Loops that seem to count: what one way leaves in a cell, the other takes for 0.
const MISCOUNTING: [&str; 2] =
    ["[>>>[-]+<<[->+<]>[>-<<<->>-[-<+>]]>[-<<+++>+>]<<<]", "[>>>[-]+<<[->+<]>[>-<<<->>-[-<+>]]>[-<<+++>>]<<[->+<]<]"];

/// Loops that divide, and leave the pointer elsewhere if the remainder is not 0.
const DIVIDING: [&str; 4] = ["[-[->>+<]<]", "[-[-[->>+<]]<]", "[-[->>>+<<]<]", "[-[-<<<+>>>>]<]"];

#[test]
fn dividing_loops_are_found() {
    for idiom in DIVIDING {
        becomes(&format!(">>>>,>,>,<<{idiom}.>.>.>.>.>.>."), |kind| matches!(kind, Kind::Divide { .. }));
    }
}

/// A value in decimals: two divisions, and digits that are written from the first one on that is not 0.
#[test]
fn a_number_is_printed_without_loops() {
    let divide = "[->+>-[>+>>]>[+[-<+>]>+>>]<<<<<<]>>[-]>>>++++++++++<[->-[>+>>]>[+[-<+>]>+>>]<<<<<]>[-]";
    let hundreds = ">>[>+>++++++++[<<++++++>>-]<<.[-]]";
    let tens = ">[<<<+>>>-]<<[>+<<+>-]<[[-]>>>++++++++[<++++++>-]<.[-]<<]";
    let ones = "<<>++++++++[<++++++>-]<.";
    let digits = format!("{hundreds}{tens}{ones}");
    let case = Case::new(&format!(">>>>,>>++++++++++<<{divide}{digits}"), vec![205], Dialect::default());
    let program = case.at(Level::O2);
    let is_loop = |kind| matches!(kind, Kind::Loop { .. } | Kind::Scan { .. } | Kind::Walk { .. });
    assert!(!program.ops.iter().any(|op| is_loop(op.kind)), "{}", text::print(&program, None));
    let (run, _) = interpret(&program, &case.dialect, &case.input);
    assert_eq!((&run.output[..], &case.reference.output[..]), (&b"205"[..], &b"205"[..]));
}

/// Loops that move along with the pointer, past a flag for each iteration.
const FLAGGED: [&str; 3] = [
    "[-]+>>[-]+>>[-]+>>[-]<<<<<<[->[->>>>>>+>+<<<<<<<]>]",
    "[->[-]+>>[-]+>>[-]<<<<[->[->>>>>+<<<<<]>]<<<<<]",
    // The next iteration adds to the same cell.
    "[-]+>>[-]+>>[-]+>>[-]<<<<<<[->+>>+<]",
];

#[test]
fn flagged_loops_are_unrolled() {
    for idiom in FLAGGED {
        let case = Case::new(&format!(">>>>>>>>,>,>>,<<<{idiom}"), Vec::new(), Dialect::default());
        let program = case.at(Level::O2);
        let moves = program.ops.iter().any(|op| matches!(op.kind, Kind::Move { .. }));
        assert!(!moves, "{idiom}\n{}", text::print(&program, None));
    }
}

/// One of these ways, and often with a few commands more, fewer or changed: what is as good as the same and is not.
fn counting_loop() -> impl Strategy<Value = String> {
    let other = prop::sample::select(&["+", "-", "[-]", "[-<+>]", "[->+<]", "><", ">+<"]);
    let piece = prop_oneof![1 => Just(""), 1 => other];
    let edits = prop_oneof![Just(0..1usize), Just(1..4)].prop_flat_map(move |number| {
        prop::collection::vec((any::<prop::sample::Index>(), prop::bool::weighted(0.7), piece.clone()), number)
    });
    let idiom = prop_oneof![
        10 => prop::sample::select(&COUNTING),
        1 => prop::sample::select(&ALTERNATING),
        1 => prop::sample::select(&DIVIDING),
        1 => prop::sample::select(&FLAGGED),
        1 => prop::sample::select(&[REMAINDER, REMAINDER_BY_CELL]),
        1 => prop::sample::select(&MISCOUNTING),
    ];
    (idiom, edits).prop_map(|(idiom, edits)| {
        let mut code: Vec<String> = idiom.chars().map(String::from).collect();
        for (place, replaces, piece) in edits {
            let command = &mut code[1 + place.index(idiom.len() - 2)];
            if command.contains(['[', ']']) || !replaces {
                command.push_str(piece);
            } else {
                *command = piece.to_owned();
            }
        }
        code.concat()
    })
}

/// Programs that divide, compare and carry in the ways people write it, or as good as: with other cells, mirrored, from any values and
/// with cells that should be 0 and are not.
pub fn counting_program() -> impl Strategy<Value = String> {
    let value = || (0..7usize).prop_map(|value| "+".repeat(value));
    let cells =
        prop::collection::vec(prop_oneof![2 => value(), 1 => Just("-".to_string()), 3 => Just(String::new())], 5);
    let first =
        prop_oneof![3 => Just(",".to_string()), 2 => (0..20usize).prop_map(|value| format!(",{}", "+".repeat(value)))];
    (counting_loop(), any::<bool>(), first, value(), cells, 0..8usize).prop_map(
        |(idiom, mirrored, first, second, cells, place)| {
            let parts: Vec<String> = [first, second].into_iter().chain(cells).collect();
            let code = format!("{}{}{idiom}{}", parts.join(">"), "<".repeat(parts.len() - 1), ".>".repeat(parts.len()));
            let code = if mirrored { mirror(&code) } else { code };
            format!("{}{code}", ">".repeat(place))
        },
    )
}
