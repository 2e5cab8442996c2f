//! Numbers of two cells, as the usual ways of having twice as many bits write them: the pointer parts in every operation, and comes
//! together again where the cells between them are 0.

use bfllvm::dialect::Dialect;
use bfllvm::ir::Kind;
use bfllvm::level::Level;
use proptest::prelude::*;

use crate::cases::{Case, interpret};
use crate::near::Idiom;
use crate::programs::mirror;

/// A number lies in four cells: the lower one, two that are 0, the upper one.
const CELLS: usize = 4;

const ADD: &str = "+>+<[>-]>[->>+<]<<";
/// Counts, in another number's upper cell, how often nothing is carried.
const ADD_AND_COUNT: &str = "+>+<[>-]>[->>+>>>>-<<<<<]<<>>>>>>>+<<<<<<<";
const SUBTRACT: &str = ">+<[>-]>[->>-<]<<-";

/// Makes the cell behind the lower one -1 where the number is not 0, and leads the pointer there.
const TEST: &str = ">+<[>-]>[->+>[<-]<[<]>[-<+>]]<-";

fn while_nonzero(body: &str) -> String {
    format!("{TEST}[+<{body}{TEST}]<")
}

fn on(number: isize, code: &str) -> String {
    let (there, back) = if number < 0 { ("<", ">") } else { (">", "<") };
    let distance = CELLS * number.unsigned_abs();
    format!("{}{code}{}", there.repeat(distance), back.repeat(distance))
}

/// A few numbers, what is done with them in loops in each other, and mostly something that is not quite so.
pub fn word_program() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => Just(ADD.to_owned()),
        3 => Just(ADD_AND_COUNT.to_owned()),
        6 => Just(SUBTRACT.to_owned()),
        2 => Just(",".to_owned()),
        1 => Just(">>>,<<<".to_owned()),
        1 => Just(".>>>.<<<".to_owned()),
        1 => Just("[-]>>>[-]<<<".to_owned()),
        1 => Just("[>]".to_owned()),
        1 => Just(">,<".to_owned()),
        // A flag, and a loop that does not end once it is entered.
        1 => Just(",[[-]>>>>+<<<<]".to_owned()),
        1 => Just("[]".to_owned()),
    ];
    let tree = leaf.prop_recursive(3, 24, 4, |inner| {
        let some = || prop::collection::vec((0..3isize, inner.clone()), 0..4);
        let parts =
            |parts: Vec<(isize, String)>| parts.iter().map(|(number, code)| on(*number, code)).collect::<String>();
        prop_oneof![
            4 => some().prop_map(move |body| while_nonzero(&format!("{SUBTRACT}{}", parts(body)))),
            2 => some().prop_map(move |body| while_nonzero(&format!("{}[-]>>>[-]<<<", parts(body)))),
            // Whatever the number is, 0 too, it is counted once.
            1 => some().prop_map(move |body| format!(">,[[-]<{SUBTRACT}{}{TEST}]<", parts(body))),
            // It ends on another number.
            1 => some().prop_map(move |body| format!("{TEST}[+<{}>>>>{TEST}]<", parts(body))),
            2 => some().prop_map(parts),
            // Where a cell is not 0, and whether it still is not.
            1 => some().prop_map(move |body| format!("[{}[>>>+<<<[-]]]", parts(body))),
            1 => inner.clone().prop_map(|code| mirror(&code)),
        ]
    });
    let numbers = prop::sample::select(&["+++", ",>>>+<<<", ",>>>,<<<", "++>>>>,<<<<", ",>>>>++>>>+<<<<<<<", "-"]);
    let change = prop::option::of((any::<prop::sample::Index>(), "[+\\-<>]?"));
    (numbers, prop::collection::vec((0..2isize, tree), 1..4), change).prop_map(|(numbers, parts, change)| {
        let mut code: String = parts.iter().map(|(number, code)| on(*number, code)).collect();
        if let Some((place, other)) = change
            && !code.is_empty()
        {
            let place = place.index(code.len());
            if !"[]".contains(&code[place..=place]) {
                code.replace_range(place..=place, &other);
            }
        }
        format!("{}{numbers}{code}<<<<{}", ">".repeat(16), ".>".repeat(20))
    })
}

#[test]
fn numbers_of_two_cells_have_no_loops_of_their_own() {
    let moves = |to: isize| while_nonzero(&format!("{SUBTRACT}{}", on(to, ADD)));
    for (code, loops) in [
        (TEST.to_owned(), 0),
        (moves(1), 0),
        // A copy, by way of a third one, and a difference.
        (format!("{}{}", while_nonzero(&format!("{SUBTRACT}{}{}", on(1, ADD), on(2, ADD))), on(2, &moves(-2))), 0),
        (while_nonzero(&format!("{SUBTRACT}{}", on(1, SUBTRACT))), 0),
        // A product: how often, and there and back again.
        (
            while_nonzero(&format!(
                "{SUBTRACT}{}{}",
                on(1, &moves(1)),
                on(2, &while_nonzero(&format!("{SUBTRACT}<<<<{ADD}>>>>")))
            )),
            1,
        ),
    ] {
        let code = format!(",>>>,>,>>>,<<<<<<<{code}{}", ".>".repeat(16));
        let ops = Case::new(&code, Vec::new(), Dialect::default()).at(Level::O2).ops;
        let count = |is_it: fn(Kind) -> bool| ops.iter().filter(|op| is_it(op.kind)).count();
        assert_eq!(count(|kind| matches!(kind, Kind::Loop { .. })), loops, "{code}: {ops:?}");
        assert_eq!(count(|kind| matches!(kind, Kind::Scan { .. } | Kind::Walk { .. })), 0, "{code}: {ops:?}");
    }
}

#[test]
fn numbers_that_nearly_are() {
    let moves = while_nonzero(&format!("{SUBTRACT}{}", on(1, ADD)));
    let inputs: [&[u8]; 3] = [&[3, 0, 254], &[0, 1], &[255, 0, 255, 1]];
    for code in [ADD, SUBTRACT, TEST, &moves] {
        Idiom::new(">>>>,>>>,>,>>>,<<<<<<<", code, 9).is_told_apart(&inputs);
    }
}

/// What would be known only there must not be known behind a loop around.
#[test]
fn code_behind_endless_loops() {
    for (code, input) in [
        (">>>>+<<<<,[>++[->>+[-<->]<<]>[[]<[]]<<,]>>>>.", "\0"),
        (",[>++[->+>[]<<]>[>>+<<<<[]]<<,]>>>>>>.", "\0"),
        (">,[[-]<+>],[<[]+>[-]]<.", "\0\0"),
        (",[[-]>+<]>>,[<[]+>[-]]<[>>,.,.<<[-]]>>.", "\0\0AB"),
    ] {
        let case = Case::new(code, input.into(), Dialect::default());
        for level in [Level::O1, Level::O2] {
            let (run, _) = interpret(&case.at(level), &case.dialect, &case.input);
            case.allows(&run).unwrap_or_else(|message| panic!("{code}: {message}"));
        }
    }
}
