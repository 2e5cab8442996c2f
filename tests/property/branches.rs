//! If and else without a copy of the value: two loops that lead the pointer to the same cell, and what nearly does.

use bfllvm::dialect::Dialect;
use bfllvm::ir::Kind;
use bfllvm::level::Level;
use proptest::prelude::*;

use crate::cases::Case;
use crate::programs::mirror;

/// A value, a flag that is 1 and a 0 behind it, or not quite: how they come to be, what is done if the value is not 0, and else.
pub fn branching_program() -> impl Strategy<Value = String> {
    let flags = || {
        prop::sample::select(&[
            ">[-]+>[-]<<",
            ">[-]+>[-]<<",
            ">[-]+>[-]>[-]<<<",
            ">>>[-]<[-]<[-]+<",
            ">+<",
            ">[-]++>[-]<<",
            ">[-]+>[-]+<<",
            ">[-]>[-]<<",
            ">[-],<",
        ])
    };
    let leaf = prop::sample::select(&[
        "+",
        "-",
        ".",
        ",",
        "[-]",
        "<+>",
        "<.>",
        ">>>+<<<",
        ">>>,<<<",
        "[->>>>+<<<<]",
        ">[-]<",
        ">>[-]<<",
        ">>+<<",
        "[>>>]",
        "<[-]>",
    ]);
    // So many cells that nothing is known behind it.
    let many = format!(">>>[{}{}-]<<<", ">+".repeat(66), "<".repeat(66));
    let leaf = prop_oneof![15 => leaf.prop_map(str::to_owned), 1 => Just(many)];
    let tree = leaf.prop_recursive(3, 24, 3, move |inner| {
        let part = || prop::collection::vec(inner.clone(), 0..3).prop_map(|parts| parts.concat());
        let first =
            prop::sample::select(&["[{A}>-]", "[{A}>-]", "[>-<{A}>]", "[{A}>[-]]", "[>->{A}]", "[{A}>->]", "[{A}>>]"]);
        let second = prop::sample::select(&[
            ">[<{B}>->]",
            ">[<{B}>->]",
            ">[-<{B}>>]",
            ">[>]",
            ">[->]",
            ">[->{B}>]",
            ">[->>]",
            "[<{B}>->]",
        ]);
        let branch =
            (flags(), first, part(), second, part(), "<{2,3}").prop_map(|(flags, first, a, second, b, back)| {
                format!("{flags}{}{}{back}", first.replace("{A}", &a), second.replace("{B}", &b))
            });
        prop_oneof![
            5 => branch,
            1 => (part(), "[,\\-]").prop_map(|(part, last)| format!("[{part}{last}]")),
            1 => part().prop_map(|part| format!(">>>>{part}<<<<")),
            1 => part(),
        ]
    });
    ("[,+]{1,2}", prop::collection::vec(tree, 1..4), any::<bool>()).prop_map(|(start, parts, is_mirrored)| {
        let code = format!("{start}{}", parts.join(","));
        let code = if is_mirrored { mirror(&code) } else { code };
        format!("{}{code}{}{}", ">".repeat(20), "<".repeat(6), ".>".repeat(14))
    })
}

#[test]
fn if_and_else_are_found() {
    for (code, ifs) in [
        (",>[-]+>[-]<<[>>>+<<<>-]>[<>>>++.<<<>->]<<.>>>.", 2),
        (",>+>[-]<<[>-]>[>]<.", 0),
        // Sixteen bits, from zeros.
        (",>>,>[-]>[-]<+<+[>-]>[->>+<]<+<+[>-]>[->>+<]<.>.>.", 2),
    ] {
        for code in [code.to_owned(), format!("{}{}", ">".repeat(9), mirror(code))] {
            let ops = Case::new(&code, Vec::new(), Dialect::default()).at(Level::O2).ops;
            let count = |is_it: fn(Kind) -> bool| ops.iter().filter(|op| is_it(op.kind)).count();
            assert_eq!(count(|kind| matches!(kind, Kind::If { .. })), ifs, "{code}: {ops:?}");
            let loops = count(|kind| matches!(kind, Kind::Loop { .. } | Kind::Scan { .. } | Kind::Walk { .. }));
            assert_eq!(loops, 0, "{code}: {ops:?}");
        }
    }
}
