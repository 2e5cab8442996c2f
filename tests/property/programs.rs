//! Programs to try, as people and compilers write them.

use bfllvm::dialect::{CellWidth, Dialect, Eof};
use bfllvm::ir::{Kind, text};
use bfllvm::level::Level;
use proptest::prelude::*;

use crate::branches::branching_program;
use crate::cases::Case;
use crate::counting::{COUNTING, counting_program};
use crate::trips::trip_program;
use crate::words::word_program;

/// Parts of programs: commands, and what people and compilers write with them.
pub fn program() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        12 => "[+\\-<>]{1,4}",
        3 => Just(".".to_string()),
        2 => Just(",".to_string()),
        2 => Just("[-]".to_string()),
        1 => Just("[+]".to_string()),
        1 => "\\[-{1,3}\\]",
        1 => "\\[[<>]{1,3}\\]",
        2 => "\\[[+\\-]{1,2}[<>]{1,3}[+\\-]{0,2}\\]",
        1 => trail(),
        2 => "\\[-[<>]{1,3}\\+{1,2}[<>]{1,3}\\]",
        2 => "\\[->\\+>\\+\\+<<\\]",
        1 => "\\[->\\[-\\]\\+<\\]",
        2 => Just("[->+>+<<]>>[-<<+>>]<<".to_string()),
        1 => Just("[->[->+>+<<]>>[-<<+>>]<<<]".to_string()),
        1 => "\\[-{1,3}[<>]{0,2}(\\[-[<>]{1,2}\\+{1,2}[<>]{1,2}\\][<>]?){1,2}[<>]{0,2}\\]",
        1 => "\\+{1,9}",
        1 => "(>\\[-\\]\\+{0,2}<|<\\[-\\]\\+{0,2}>)",
    ];
    let tree = leaf.prop_recursive(4, 40, 6, |inner| {
        let part = inner.clone();
        let body = prop::collection::vec(inner, 0..6).prop_map(|parts| parts.concat());
        prop_oneof![
            3 => body.clone().prop_map(|body| format!("[{body}]")),
            2 => body.clone().prop_map(|body| format!("[-{body}]")),
            1 => body.clone().prop_map(|body| format!("[{body}>]<")),
            // The same once more, where the loop around it may not run at all.
            1 => (part, "[,\\-]").prop_map(|(part, last)| format!("[[{part}{last}]{part}]")),
            3 => body,
        ]
    });
    let start = prop_oneof![
        4 => Just(String::new()),
        6 => "\\+{1,5}",
        6 => ">{0,4}\\+{0,3}>{0,3}",
        // To the right end of the shortest tape, for one of the widths; behind input nothing is evaluated beforehand.
        1 => (0..CellWidth::ALL.len(), 1..120u64).prop_map(|(width, before)| {
            let cells = Dialect::new(CellWidth::ALL[width], Eof::Same, 1).tape_cells();
            format!(",{}", ">".repeat((cells - before) as usize))
        }),
    ];
    (start, prop::collection::vec(tree, 1..8)).prop_map(|(start, parts)| start + &parts.concat())
}

/// Programs around what all engines and passes are tried on: seven kinds, as often each.
pub fn idiom_program() -> impl Strategy<Value = String> {
    prop_oneof![
        counting_program(),
        binary_program(),
        adding_program(),
        testing_program(),
        edge_program(),
        branching_program(),
        word_program(),
        trip_program()
    ]
}

/// Cells at equal distances that are not 0, and a scan or walk along them: often longer than what is done in single
/// steps.
fn trail() -> impl Strategy<Value = String> {
    let cell = prop_oneof![6 => Just("+"), 2 => Just("++"), 2 => Just("-"), 1 => Just(","), 1 => Just("")];
    let change = || prop_oneof![3 => Just(""), 3 => Just("-"), 2 => Just("+"), 1 => Just("--")];
    let stride = prop_oneof![1..=4usize, Just(8), Just(9), Just(16)];
    let way = (prop::collection::vec(cell, 0..70), stride, any::<bool>());
    (way, change(), change(), "[.,]?").prop_map(|((cells, stride, is_right), leave, enter, behind)| {
        let (there, back) = (">".repeat(stride), "<".repeat(stride));
        let (there, back) = if is_right { (there, back) } else { (back, there) };
        let fill: String = cells.iter().map(|cell| format!("{cell}{there}")).collect();
        format!("{fill}{back}[{leave}{back}{enter}]{behind}")
    })
}

/// The same with right for left.
pub fn mirror(code: &str) -> String {
    let turn = |command| match command {
        '<' => '>',
        '>' => '<',
        other => other,
    };
    code.chars().map(turn).collect()
}

/// From the mark of a record on, whose digit lies two cells further: adds up the digit in the cell between, which begins with
/// `first`, and carries to the digit `distance` cells further right, or left.
pub fn adder(first: &str, distance: i32) -> String {
    let to_carry = if distance < 0 { "<" } else { ">" }.repeat((distance + 1).unsigned_abs() as usize);
    let bit_and_carry = format!("[<->-{to_carry}+{}]", mirror(&to_carry));
    format!(">{first}<->>[-<<+>{bit_and_carry}<[->+<]>>]<<+>[->+<]<")
}

#[test]
fn adders_are_found() {
    for (first, distance) in [("[-]", -9), ("[-]", -5), ("[-]+", 7), ("[-]+", 1)] {
        let code = format!(",>,>,>,<<<[{}{}]", adder(first, distance), "<".repeat(9));
        let case = Case::new(&code, Vec::new(), Dialect::default());
        let is_found = case.at(Level::O2).ops.iter().any(|op| matches!(op.kind, Kind::Count(_)));
        assert!(is_found, "{code}\n{}", text::print(&case.at(Level::O2), None));
    }
}

/// What adds and counts in each of some records, one after the other, whatever they hold; it may come to the end of the tape.
fn adding_program() -> impl Strategy<Value = String> {
    let first = prop::sample::select(&["[-]", "[-]", "[-]", "[-]+", "[-]++", ""]);
    let distance = prop_oneof![4 => Just(1i32), 1 => Just(2), 1 => Just(0)];
    let work = prop_oneof![
        3 => (first, distance).prop_map(|(first, records)| (adder(first, -7 * records - i32::from(records == 0)), 7)),
        1 => prop::sample::select(&COUNTING).prop_map(|idiom| (format!(">{idiom}<"), 20)),
    ];
    let cell = || prop::sample::select(&["", "", "", ",", "+", "++", "+++", "++++++++", "-"]);
    let records = prop::collection::vec((prop_oneof![6 => Just("+"), 1 => Just("++")], cell(), cell(), cell()), 1..7);
    let place = prop_oneof![1 => Just(0usize), 2 => Just(30)];
    (work, records, any::<bool>(), place).prop_map(|((work, stride), records, is_mirrored, place)| {
        let (next, rest) = (">".repeat(stride), ">".repeat(stride - 3));
        let fill: String = records.iter().map(|(mark, a, b, c)| format!("{mark}>{a}>{b}>{c}{rest}")).collect();
        let walk = format!("{}[{work}{}]", mirror(&next), mirror(&next));
        let code = format!("{fill}{walk}{}", ".>".repeat(stride * (records.len() + 1)));
        let place = if is_mirrored { stride * 8 + place } else { place };
        ">".repeat(place) + &if is_mirrored { mirror(&code) } else { code }
    })
}

/// Loops in each other that count a cell down, with something on the last rung: a carry, or a value looked up. Of one record or
/// of many.
pub fn ladder_program() -> impl Strategy<Value = String> {
    let rung = prop::sample::select(&["->+<", "-", "->-<", "-<+>", "->>>+++<<<", "-<<<<+>>>>"]);
    let top = prop::sample::select(&[
        "[-]",
        ">[-]+<[-]",
        "[->+<]",
        "->--->>>>+<<<<<[->+<]",
        "[->--->+<<[->+<]]",
        "[++++>-<[->+<]]",
        "[->+<[->+<[->[-]<[-]]]]",
        ">.<[-]",
    ]);
    // Values that nobody knows: small ones, where the input has ended.
    let cell = || {
        (prop_oneof![3 => Just(","), 1 => Just("")], 0..14usize)
            .prop_map(|(input, value)| format!("{input}{}", "+".repeat(value)))
    };
    // Where what is added to is known, it is assigned on each rung.
    let before = prop_oneof![3 => Just(""), 2 => Just(">[-]<"), 1 => Just("<[-]--->")];
    // What is carried back goes into the first condition.
    let after = prop::sample::select(&["", "", ">[<+>-]<", ">[<+>-]+<", ">[-<<<+>>>]<"]);
    let behind = prop_oneof![4 => Just(""), 1 => Just(">+<"), 1 => Just(">.<")];
    let ladder = (before, rung, 2..12usize, top, behind, after);
    (ladder, prop::collection::vec(cell(), 1..12), any::<bool>()).prop_map(
        |((before, rung, rungs, top, behind, after), cells, is_walk)| {
            let (rungs, ends) = (format!("[{rung}").repeat(rungs), format!("{behind}]").repeat(rungs));
            let ladder = format!("{before}{rungs}{top}{ends}{after}");
            if is_walk {
                // A mark and a value in each record.
                let records: String = cells.iter().map(|cell| format!("+>>{cell}>>>")).collect();
                format!(">>>>>{records}{}[>>{ladder}>>>]{}", "<".repeat(5 * cells.len()), "<.".repeat(12))
            } else {
                format!(">>>>{}<{}{ladder}{}", cells.join(">"), "<".repeat(cells.len() / 2), "<<<<<.>.>.>.>.>.>.>.>.>.")
            }
        },
    )
}

/// A binary counter of so many cells a digit, whose marks are `back` cells in front of the digits, with something that happens at
/// a mark: from the cell in front of the cell in front of the digits on.
pub fn binary_counter(stride: usize, back: usize, at_mark: &str) -> String {
    let (right, left) = (">".repeat(stride), "<".repeat(stride));
    let at_mark = at_mark.replace('R', &right).replace('L', &left);
    let (to_mark, to_digit) = ("<".repeat(back), ">".repeat(back));
    format!("[>{right}[{right}]{to_mark}[{at_mark}]{to_digit}+{left}[-{left}]<]")
}

#[test]
fn binary_counters_are_found() {
    for (stride, back) in [(2, 1), (3, 1), (3, 2), (16, 5)] {
        let code = format!(",{}", binary_counter(stride, back, "[R+L-]R-[L]"));
        let case = Case::new(&code, Vec::new(), Dialect::default());
        let is_found = case.at(Level::O2).ops.iter().any(|op| matches!(op.kind, Kind::Ripple { .. }));
        assert!(is_found, "{code}\n{}", text::print(&case.at(Level::O2), None));
    }
}

/// Binary counters from any digits on, some of which are none, with marks anywhere.
fn binary_program() -> impl Strategy<Value = String> {
    let at_mark = prop_oneof![
        4 => Just("[R+L-]R-[L]"),
        1 => Just("[R+L-]R>.+<-[L]"),
        1 => Just("-L[L]"),
        1 => Just("[-]>.<"),
        1 => Just("[R+L-]LL"),
    ];
    let digit = || prop::sample::select(&["", "", "", ",", "+", "+", "++"]);
    let mark = || prop_oneof![4 => Just(0usize), 2 => 1..4usize];
    let cells = prop::collection::vec((mark(), digit()), 1..9);
    let layout = (2..5usize).prop_flat_map(|stride| (Just(stride), 1..=stride));
    let before = prop_oneof![6 => Just(""), 1 => Just("+"), 1 => Just(",")];
    (layout, at_mark, before, cells, any::<bool>()).prop_map(|((stride, back), at_mark, before, cells, is_mirrored)| {
        let digits: String = cells
            .iter()
            .map(|(mark, digit)| {
                format!("{}{}{}{digit}", ">".repeat(stride - back), "+".repeat(*mark), ">".repeat(back))
            })
            .collect();
        let back_again = "<".repeat(1 + stride * cells.len());
        let code = format!(",+>{before}{digits}{back_again}{}", binary_counter(stride, back, at_mark));
        let code = format!("{code}{}", ".>".repeat(stride * cells.len()));
        let place = ">".repeat(if is_mirrored { 100 } else { 3 });
        place + &if is_mirrored { mirror(&code) } else { code }
    })
}

/// Cells of which nothing is known, and loops in conditions that leave some at what the conditions leave them at as well: or not,
/// if those do not hold.
pub fn resetting_program() -> impl Strategy<Value = String> {
    let reset = || prop::sample::select(&[">[-]+<", ">[-]+++<", ">>[-]++<<", "<[-]+>", ">[-]<", "<[-]+++>>[-]+<"]);
    let last = || prop::sample::select(&[",", "-", "[-]"]);
    let tree = (reset(), last()).prop_map(|(reset, last)| format!("[{reset}{last}]{reset}")).prop_recursive(
        3,
        12,
        3,
        move |inner| {
            prop_oneof![
                3 => (inner.clone(), last()).prop_map(|(inner, last)| format!("[{inner}{last}]")),
                2 => inner.clone().prop_map(|inner| format!("[{inner}]")),
                1 => (inner.clone(), reset()).prop_map(|(inner, reset)| format!("{inner}{reset}")),
                1 => inner.prop_map(|inner| format!(">[{inner}[-]]<")),
            ]
        },
    );
    tree.prop_map(|tree| format!(">>,>,>,>,<<{tree}<<.>.>.>.>."))
}

/// Values that are tested by moving them away, and moved back by what depends on them: in each other, and of which it is known in
/// different ways, or not, that there was nothing where they go.
fn testing_program() -> impl Strategy<Value = String> {
    let temporary = || prop::sample::select(&["", ">[-]<", ">[-]<", ">[.[-]]<", ">+[-]<", ">[>]<"]);
    let away = || {
        prop::sample::select(&[
            "[>+<[-]]",
            "[->+<]",
            "[->++<]",
            "[[-]>+++<]",
            "[>[-]+<-]",
            "[->>+<<]",
            "[>>]",
            "[>,<[-]]",
        ])
    };
    let last = || prop::sample::select(&["-", "[-]", "-.", "[-]<,>", "-<[-]>", ">"]);
    let leaf = prop::sample::select(&["+", "-", ".", ",", "[-]", ">", "<", "[->>+<<]"]).prop_map(str::to_owned);
    let tree = leaf.prop_recursive(3, 24, 3, move |inner| {
        let inner = prop::collection::vec(inner, 1..3).prop_map(|parts| parts.concat());
        let test = (temporary(), away(), inner.clone(), last());
        prop_oneof![
            4 => test.prop_map(|(temporary, away, inner, last)| format!("{temporary}{away}>[<+>{last}<{inner}>]<")),
            2 => (temporary(), away(), inner.clone()).prop_map(|(temporary, away, inner)| format!("{temporary}{away}>[[-]<{inner}>]<")),
            1 => (inner.clone(), last()).prop_map(|(inner, last)| format!("[{inner}{last}]")),
            1 => inner,
        ]
    });
    (",?>,>,?>,?>,?<<", prop::collection::vec(tree, 1..4))
        .prop_map(|(start, parts)| format!(">>>>{start}{}<<<<.>.>.>.>.>.>.>.", parts.concat()))
}

/// Conditions and transfers that reach over an end of the tape, if what was read says so: mostly nothing is read, and there is no fault.
fn edge_program() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(&[
        "[-<+>]",
        "[-<<+>>]",
        "[-<+>>+<]",
        "[<[-]>[-]]",
        "[<[]>-]",
        "[<,>[-]]",
        "[<[.-]>-]",
        "[<.>,]",
        "[<+>-]",
        "[<[->>+<<]>[-]]",
        "[<+<[-]>>-]",
    ]);
    let tree = piece.prop_map(str::to_owned).prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            3 => (inner.clone(), "[,>]?").prop_map(|(inner, first)| format!("{first}{inner}")),
            2 => (inner.clone(), "(<\\[-\\]>)?(-|\\[-\\]|,)").prop_map(|(inner, last)| format!("[{inner}{last}]")),
            2 => (inner.clone(), inner).prop_map(|(first, second)| first + &second),
        ]
    });
    let to_end = (0..CellWidth::ALL.len()).prop_map(|width| {
        let cells = Dialect::new(CellWidth::ALL[width], Eof::Same, 1).tape_cells();
        Some(">".repeat(cells as usize - 1))
    });
    let end = prop_oneof![3 => Just(None), 1 => to_end];
    (end, ">?,>?", prop::collection::vec(tree, 1..6)).prop_map(|(end, start, parts)| {
        let code = format!("{start}{}", parts.join(","));
        end.map_or(format!("{code}.>."), |to_end| format!("{to_end}{}.<.", mirror(&code)))
    })
}

#[test]
fn conditions_go_into_others() {
    let case = Case::new(">>,>[-]<[->+<]>[[-<+>]<<.>>]<.", Vec::new(), Dialect::default());
    let ops = case.at(Level::O2).ops;
    assert_eq!(ops.iter().filter(|op| matches!(op.kind, Kind::If { .. })).count(), 1, "{ops:?}");
}

#[test]
fn ladders_are_found() {
    for (sum, after) in [(",<", ">"), ("[-]<", ">"), ("[-]+++<", ">"), ("[-]<", ">[<+>-]<")] {
        let code = format!(">>,>{sum}[->+<[->+<[->+<[->--->>>>+<<<<<[->+<]]]]]{after}.");
        let program = Case::new(&code, Vec::new(), Dialect::default()).at(Level::O2);
        let is_whole = program.ops.iter().any(|op| matches!(op.kind, Kind::MinAdd { most: 3, .. }));
        assert!(is_whole, "{}", text::print(&program, None));
    }
}

/// Loops in loops that run on known values behind input: the inner ones find the same again, or nearly the same, and some move
/// along.
pub fn nested_program() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => "[+\\-]{1,2}",
        2 => "(<\\+>|>\\+<|>-<|<-->)",
        2 => "(\\[-\\]|>\\[-\\]<|<\\[-\\]>)",
        2 => "(\\[->\\+<\\]|\\[-<\\+\\+>\\]|>\\[-<\\+>\\]<)",
        2 => "(>|<|\\[>\\]|\\[<\\])",
        1 => Just(".".to_string()),
    ];
    let tree = leaf.prop_recursive(3, 16, 3, |inner| {
        let body = || prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| parts.concat());
        prop_oneof![
            2 => ("\\+{2,5}", body()).prop_map(|(count, body)| format!("{count}[-{body}]")),
            2 => ("\\+{2,4}", body()).prop_map(|(count, body)| format!(">[-]{count}[->>{body}<<]<")),
            2 => ("\\+{1,3}", "\\+{1,2}", body()).prop_map(|(count, more, body)| {
                format!(">+>+>{count}<[>[<{more}>->>{body}<<]<<]>[-]")
            }),
        ]
    });
    (",>{6,12}", prop::collection::vec(tree, 1..3))
        .prop_map(|(start, parts)| format!("{start}+++[->>{}<<]>.>>.<<<.", parts.concat()))
}

/// Loops in counted loops that never end where the cell is odd, and what is left of them else.
pub fn endless_program() -> impl Strategy<Value = String> {
    let inner = prop_oneof![
        6 => "\\[(--|\\+\\+|----|-{6})\\]",
        2 => "\\[(--|\\+\\+)([<>])\\]",
        2 => "\\[-->\\+<\\]",
        1 => "\\[(|>|<|>\\+<|>--<)\\]",
        1 => "\\[-\\]",
        1 => "[+\\-.]",
    ];
    let counted = (inner, "[+\\-]{0,3}", 1..3usize, "\\+{0,3}", any::<bool>()).prop_map(
        |(inner, change, far, count, is_left)| {
            let (there, back) = if is_left { ("<", ">") } else { (">", "<") };
            format!("{count}[-{}{inner}{change}{}]", there.repeat(far), back.repeat(far))
        },
    );
    (">>>>", "[,+]{1,3}", prop::collection::vec(prop_oneof![4 => counted, 1 => "[<>+.]"], 1..5))
        .prop_map(|(start, first, parts)| format!("{start}{first}{}>.", parts.concat()))
}

pub fn dialect() -> impl Strategy<Value = Dialect> {
    let width = prop_oneof![4 => Just(CellWidth::W8), 1 => Just(CellWidth::W16), 1 => Just(CellWidth::W32), 1 => Just(CellWidth::W64)];
    let eof = prop_oneof![Just(Eof::Same), Just(Eof::Zero), Just(Eof::MinusOne)];
    // The shortest tape there is: a page.
    (width, eof).prop_map(|(width, eof)| Dialect::new(width, eof, 1))
}

/// How many operations become code together, where not all do: so few that programs fall to pieces, or that some loops do.
pub fn chunk_ops() -> impl Strategy<Value = u32> {
    prop_oneof![2 => 1u32..20, 1 => 20u32..300]
}

/// Programs that go from record to record and move values from one to the next, under conditions now and then: with what
/// the template JIT makes of such loops.
pub fn shifting_program() -> impl Strategy<Value = String> {
    let cell = prop_oneof![2 => Just(","), 1 => Just(""), 2 => Just("+"), 1 => Just("++")];
    let statement = prop_oneof![
        4 => Just("[-{to}+{back}]"),
        1 => Just("[-{to}++{back}]"),
        2 => Just(">>[<<[-{to}+{back}]>>[-]]<<"),
        2 => Just(">>[<<[-{to}+{back}]>>-]<<"),
        1 => Just("[-{back}+{to}]"),
        2 => Just("[-{to}+<+{back}>]"),
        2 => Just("[-<+>]"),
        2 => Just("[->++<]"),
        1 => Just("[>+<<+>-]>[-<+>]<"),
        1 => Just("."),
        1 => Just("+"),
        1 => Just("[-]"),
    ];
    let statements = prop::collection::vec((0..3usize, statement), 1..4);
    (prop::collection::vec(cell, 12..30), 3..6usize, any::<bool>(), statements).prop_map(
        |(cells, stride, goes_right, statements)| {
            let (forth, to) = if goes_right { (">", "<") } else { ("<", ">") };
            let (there, back) = (to.repeat(stride), forth.repeat(stride));
            let body: String = statements
                .iter()
                .map(|&(at, statement)| {
                    let statement = statement.replace("{to}", &there).replace("{back}", &back);
                    format!("{}{statement}{}", ">".repeat(at), "<".repeat(at))
                })
                .collect();
            let start = if goes_right { "<".repeat(cells.len() - stride) } else { "<".repeat(stride) };
            format!(",{}{start}[{body}{back}]{}{}", cells.join(">"), "<".repeat(4), ".>".repeat(20))
        },
    )
}
