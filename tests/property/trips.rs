//! Loops that scan to a cell, add to it, and scan back.

use bfllvm::dialect::{CellWidth, Dialect, Eof};
use bfllvm::ir::Kind;
use bfllvm::level::Level;
use proptest::prelude::*;

use crate::cases::{Case, Ended};
use crate::near::Idiom;
use crate::programs::mirror;
use crate::walks::check;

/// The commands that move by so many cells.
fn go(cells: i32) -> String {
    if cells < 0 { "<" } else { ">" }.repeat(cells.unsigned_abs() as usize)
}

/// The loop: what it adds near its counter and far away, as offsets and commands, and the scans there, as how far their first cells lie
/// from the counter, and their strides. The pointer seems to be back by the same scans.
fn trips(near: &[(i32, &str)], legs: &[(i32, i32)], far: &[(i32, &str)]) -> String {
    let add = |&(cell, commands): &(i32, &str)| format!("{}{commands}{}", go(cell), go(-cell));
    let mut code = format!("[-{}", near.iter().map(add).collect::<String>());
    for &(cell, stride) in legs {
        code += &format!("{}[{}]{}", go(cell), go(stride), go(-cell));
    }
    code.extend(far.iter().map(add));
    for &(cell, stride) in legs.iter().rev() {
        code += &format!("{}[{}]{}", go(cell - stride), go(-stride), go(stride - cell));
    }
    code + "]"
}

/// Mostly the scans back find what they have to, and often nothing that is changed is looked at.
pub fn trip_program() -> impl Strategy<Value = String> {
    let commands = || prop::sample::select(&["+", "++", "-", "+++", ""]);
    let leg = (-3..9i32, prop_oneof![3 => 1..5i32, 1 => Just(-2)]);
    let follows = prop::collection::vec(prop::bool::weighted(0.8), 2);
    let cell = prop_oneof![6 => Just("+"), 2 => Just(""), 1 => Just("++"), 1 => Just(",")];
    (
        prop::collection::vec((-4..5i32, commands()), 0..3),
        (prop::collection::vec(leg, 1..4), follows),
        prop::collection::vec((prop_oneof![6 => -5..9i32, 1 => Just(0), 2 => -25..-5i32], commands()), 1..3),
        (prop::collection::vec(cell, 40), 0..30i32, prop_oneof![Just("[-]+++"), Just(","), Just("")]),
        (any::<bool>(), prop_oneof![1 => Just(0), 3 => Just(40)]),
    )
        .prop_map(|(near, (mut legs, follows), far, (cells, start, first), (mirrored, place))| {
            for (next, follows) in (1..legs.len()).zip(follows) {
                if follows {
                    legs[next].0 = legs[next - 1].0 + legs[next].1;
                }
            }
            let fill = cells.join(">");
            let code = format!("{fill}{}{first}{}{}", go(start - 39), trips(&near, &legs, &far), ".>".repeat(30));
            go(place) + &if mirrored { format!("{}{}", go(45), mirror(&code)) } else { code }
        })
}

#[test]
fn far_transfers_are_done_at_once() {
    for (near, legs, far) in [
        (&[(1, "+")][..], &[(7, 8), (10, 3)][..], &[(11, "+")][..]),
        (&[(1, "+")], &[(-1, -3), (-9, -8)], &[(-8, "--")]),
        (&[], &[(4, 2)], &[(5, "+++")]),
        (&[(-1, "-"), (1, "+")], &[(3, 1)], &[(4, "+")]),
        // Arrays as many write them: an element is added to, and read.
        (&[], &[(1, 2)], &[(0, "+")]),
        (&[], &[(-1, -2)], &[(0, "+"), (20, "+")]),
    ] {
        let code = format!("{}{}{}", ",>".repeat(60), go(-40), trips(near, legs, far));
        let case = Case::new(&code, vec![5], Dialect::default());
        let is_held = case.at(Level::O2).ops.iter().any(|op| matches!(op.kind, Kind::Hold { .. }));
        assert!(is_held, "{code}");
    }
}

#[test]
fn trips_that_nearly_are() {
    let inputs: [&[u8]; 3] = [&[3, 1, 1, 0], &[2, 0, 1, 1], &[200, 1]];
    for (legs, far) in [(&[(4, 2)][..], &[(5, "+")][..]), (&[(4, 2), (7, 3)], &[(8, "+")])] {
        let code = format!(">>>>>>>>,>>,>>,<<<<{}", trips(&[(1, "+")], legs, far));
        Idiom::new(">>>>>>>>", &code, 20).is_told_apart(&inputs);
    }
    for element in [trips(&[], &[(1, 2)], &[(0, "+")]), trips(&[(2, "-")], &[(1, 2)], &[(0, "+"), (-5, "+")])] {
        let code = format!(">>>>>>>>,>,>>,<<<{element}");
        Idiom::new(">>>>>>>>", &code, 20).is_told_apart(&inputs);
    }
}

/// The scan back goes on beyond home, and the loop ends there: cells near its counter would be off the tape.
#[test]
fn trips_that_get_lost_add_nothing() {
    let trips = trips(&[(-4, "+")], &[(8, 2)], &[(1, "+")]);
    let code = format!("{}+>>+>>,>>+>>+>>+>>+>>+{}{trips}.>.>.", go(8), go(-10));
    for width in CellWidth::ALL {
        let case = Case::new(&code, vec![3], Dialect::new(width, Eof::Same, 512));
        assert!(case.at(Level::O2).ops.iter().any(|op| matches!(op.kind, Kind::Hold { .. })), "{code}");
        assert_eq!(case.reference.end, Ended::Finished);
        check(&case, &format!("{width:?}: {code}"));
    }
}
