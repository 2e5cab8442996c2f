//! Programs to try: as people and compilers write them, and lists of operations.

use bfllvm::dialect::{CellWidth, Dialect, Eof};
use bfllvm::ir::{Kind, Op, Program, text, verify};
use bfllvm::level::Level;
use bfllvm::source::Span;
use proptest::prelude::*;

use crate::cases::Case;

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

/// Division, counters that are reloaded, addition that carries, a minimum, and comparison, also with cells far away.
const COUNTING: [&str; 14] = [
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
    "[->>[-]+<[->>>>>>>>>>>+<<<<<<<<<<->]>[->>]<<<<]",
];

/// Every way of writing it is recognised, whatever the cells hold.
#[test]
fn counting_loops_are_found() {
    for idiom in COUNTING {
        let case = Case::new(&format!(",>,>,>,>,>,>,<<<<<<{idiom}.>.>.>.>.>.>."), Vec::new(), Dialect::default());
        let is_found = case.at(Level::O2).ops.iter().any(|op| matches!(op.kind, Kind::Count(_)));
        assert!(is_found, "{idiom}\n{}", text::print(&case.at(Level::O2), None));
    }
}

/// The same with right for left.
fn mirror(code: &str) -> String {
    let turn = |command| match command {
        '<' => '>',
        '>' => '<',
        other => other,
    };
    code.chars().map(turn).collect()
}

/// Programs that divide, compare and carry in the ways people write it: with other cells, mirrored, from any values and with
/// cells that should be 0 and are not.
pub fn counting_program() -> impl Strategy<Value = String> {
    let value = || (0..7usize).prop_map(|value| "+".repeat(value));
    let cells =
        prop::collection::vec(prop_oneof![2 => value(), 1 => Just("-".to_string()), 3 => Just(String::new())], 5);
    let first =
        prop_oneof![3 => Just(",".to_string()), 2 => (0..20usize).prop_map(|value| format!(",{}", "+".repeat(value)))];
    (prop::sample::select(&COUNTING), any::<bool>(), first, value(), cells, 0..8usize).prop_map(
        |(idiom, mirrored, first, second, cells, place)| {
            let parts: Vec<String> = [first, second].into_iter().chain(cells).collect();
            let code = format!("{}{}{idiom}{}", parts.join(">"), "<".repeat(parts.len() - 1), ".>".repeat(parts.len()));
            let code = if mirrored { mirror(&code) } else { code };
            format!("{}{code}", ">".repeat(place))
        },
    )
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
    let ladder = (rung, 2..12usize, top, prop_oneof![4 => Just(""), 1 => Just(">+<"), 1 => Just(">.<")]);
    (ladder, prop::collection::vec(cell(), 1..12), any::<bool>()).prop_map(
        |((rung, rungs, top, behind), cells, is_walk)| {
            let ladder = format!("{}{top}{}", format!("[{rung}").repeat(rungs), format!("{behind}]").repeat(rungs));
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
fn binary_counter(stride: usize, back: usize, at_mark: &str) -> String {
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
pub fn binary_program() -> impl Strategy<Value = String> {
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
pub fn testing_program() -> impl Strategy<Value = String> {
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

#[test]
fn conditions_go_into_others() {
    let case = Case::new(">>,>[-]<[->+<]>[[-<+>]<<.>>]<.", Vec::new(), Dialect::default());
    let ops = case.at(Level::O2).ops;
    assert_eq!(ops.iter().filter(|op| matches!(op.kind, Kind::If { .. })).count(), 1, "{ops:?}");
}

#[test]
fn ladders_are_found() {
    let case = Case::new(">>,>,<[->+<[->+<[->+<[->--->>>>+<<<<<[->+<]]]]]>.", Vec::new(), Dialect::default());
    let is_found = case.at(Level::O2).ops.iter().any(|op| matches!(op.kind, Kind::MinAdd { .. }));
    assert!(is_found, "{}", text::print(&case.at(Level::O2), None));
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

/// Operations in their text form, also those that no pass makes of such programs; `W` cells away from the
/// beginning of the tape, and with a look at the cells around the pointer at the end.
pub fn operations() -> impl Strategy<Value = String> {
    let cell = || -3i32..=3;
    let value = || {
        prop_oneof![
            3 => prop_oneof![Just(1u64), Just(u64::MAX)],
            3 => 1u64..=130,
            1 => (1u64..=130).prop_map(|value| value.wrapping_neg()),
            1 => any::<u64>().prop_map(|value| value | 1),
            1 => (0u32..64).prop_map(|bit| 1 << bit),
        ]
    };
    let stride =
        || prop_oneof![6 => prop_oneof![Just(1i32), Just(-1), Just(2), Just(-2)], 1 => 3i32..=17, 1 => -17i32..=-3];
    let leaf = prop_oneof![
        3 => (cell(), value()).prop_map(|(cell, value)| format!("add [{cell}] {value}\n")),
        2 => (cell(), value()).prop_map(|(cell, value)| format!("set [{cell}] {value}\n")),
        1 => cell().prop_map(|cell| format!("set [{cell}] 0\n")),
        // Neighbours, of which one store may do several.
        1 => (cell(), prop::collection::vec(prop_oneof![2 => Just(0), 1 => value()], 2..11)).prop_map(|(first, values)| {
            let cells = (first..).zip(values);
            cells.map(|(cell, value)| format!("set [{cell}] {value}\n")).collect()
        }),
        3 => (cell(), cell(), value()).prop_map(|(target, source, factor)| format!("muladd [{target}] [{source}] {factor}\n")),
        2 => (cell(), cell(), value()).prop_map(|(target, source, factor)| format!("copy [{target}] [{source}] {factor}\n")),
        2 => (cell(), cell(), cell(), value()).prop_map(|(target, left, right, factor)| format!("product [{target}] [{left}] [{right}] {factor}\n")),
        2 => (cell(), cell(), 1..=130u32, value()).prop_map(|(target, source, most, factor)| format!("minadd [{target}] [{source}] {most} {factor}\n")),
        1 => (cell(), cell(), 1..=130u32, value()).prop_map(|(target, source, most, factor)| {
            format!("if [{source}]\nminadd [{target}] [{source}] {most} {factor}\nminadd [{source}] [{source}] {most} {}\nend\n", u64::MAX)
        }),
        2 => prop_oneof![-40i32..=-1, 1i32..=40].prop_map(|delta| format!("move {delta}\n")),
        2 => (cell(), stride()).prop_map(|(cell, stride)| format!("scan [{cell}] {stride}\n")),
        2 => (cell(), stride(), -2i32..=2, -2i32..=2).prop_map(|(cell, stride, leave, enter)| format!("walk [{cell}] {stride} {leave} {enter}\n")),
        1 => (cell(), prop_oneof![1i8..=3, -3i8..=-1], cell()).prop_map(|(digit, stride, mark)| format!("ripple [{digit}] {stride} until [{mark}]\n")),
        1 => (cell(), prop_oneof![1i8..=3, -3i8..=-1], 0..12i32).prop_map(|(digit, stride, digits)| {
            let cells = (0..digits).map(|number| digit + number * i32::from(stride));
            let filled: String = cells.map(|cell| format!("set [{cell}] {}\nset [{}] 0\n", cell & 1, cell + 1)).collect();
            format!("{filled}set [{}] 0\nripple [{digit}] {stride} until [{}]\n", digit - i32::from(stride), digit + 1)
        }),
        1 => cell().prop_map(|cell| format!("input [{cell}]\n")),
        2 => cell().prop_map(|cell| format!("output [{cell}]\n")),
        1 => "[a-z]{1,9}".prop_map(|text| format!("text \"{text}\"\n")),
    ];
    let tree = leaf.prop_recursive(3, 30, 5, move |inner| {
        let body = prop::collection::vec(inner, 0..5).prop_map(|parts| parts.concat());
        prop_oneof![
            1 => (cell(), body.clone()).prop_map(|(cell, body)| format!("loop [{cell}]\n{body}end\n")),
            2 => (cell(), body.clone()).prop_map(|(cell, body)| format!("loop [{cell}]\n{body}set [{cell}] 0\nend\n")),
            2 => (cell(), body.clone()).prop_map(|(cell, body)| format!("loop [{cell}]\n{body}add [{cell}] 255\nend\n")),
            2 => (cell(), body.clone()).prop_map(|(cell, body)| format!("if [{cell}]\n{body}end\n")),
            2 => body,
        ]
    });
    prop::collection::vec(tree, 1..9).prop_map(|parts| parts.concat())
}

/// The same, of loops that scan in both directions, over cells most of which are not 0: with what code remembers of them.
pub fn rescanning() -> impl Strategy<Value = String> {
    let stride = || prop_oneof![4 => Just(1i32), 3 => Just(2), 2 => Just(3), 1 => Just(4), 1 => Just(9)];
    let filled = prop::collection::vec(prop_oneof![8 => Just(1u64), 1 => Just(2), 1 => Just(0)], 20..150);
    let cells = (filled, 1..60i32).prop_map(|(values, back)| {
        let set = |(cell, value): (usize, &u64)| format!("set [{cell}] {value}\n");
        values.iter().enumerate().map(set).chain([format!("move {back}\n")]).collect::<String>()
    });
    let strides = prop_oneof![2 => (stride(), stride()), 1 => prop_oneof![Just((2, 1)), Just((4, 1)), Just((2, 3))]];
    let body = strides.prop_flat_map(|(stride, other)| {
        let near = move || prop_oneof![3 => (-2i32..=2).prop_map(move |times| times * stride), 1 => -3i32..=3];
        let scan = |stride: i32| (near(), any::<bool>()).prop_map(move |(cell, is_right)| {
            format!("scan [{cell}] {}\n", if is_right { stride } else { -stride })
        });
        let change = || {
            prop_oneof![
                3 => (near(), 0u64..3).prop_map(|(cell, value)| format!("set [{cell}] {value}\n")),
                2 => (near(), prop_oneof![2 => Just(255u64), 1 => Just(1)]).prop_map(|(cell, value)| format!("add [{cell}] {value}\n")),
                1 => (near(), near(), any::<bool>()).prop_map(|(target, source, adds)| {
                    format!("{} [{target}] [{source}] 1\n", if adds { "muladd" } else { "copy" })
                }),
                1 => near().prop_map(|delta| format!("move {delta}\n")),
            ]
        };
        let item = prop_oneof![
            4 => scan(stride),
            3 => scan(other),
            5 => change(),
            1 => (near(), change()).prop_map(|(cell, body)| format!("if [{cell}]\n{body}end\n")),
            1 => (near(), scan(stride)).prop_map(|(cell, body)| format!("if [{cell}]\n{body}end\n")),
        ];
        (prop::collection::vec(item, 1..4), prop::collection::vec(change(), 0..3), near()).prop_flat_map(
            move |(items, changes, cell)| {
                let there = [format!("scan [{cell}] {stride}\n")].into_iter().chain(changes);
                let back = [format!("scan [0] -{stride}\n")].into_iter().chain(items);
                (Just(there.collect::<String>()), Just(back.collect::<String>()), near(), any::<bool>())
            },
        )
    });
    (cells, body).prop_map(|(cells, (there, back, cell, is_there_first))| {
        let (first, second) = if is_there_first { (there, back) } else { (back, there) };
        format!("{cells}loop [{cell}]\n{first}{second}add [{cell}] 255\nend\n")
    })
}

/// The same, of loops that go from record to record, over cells many of which are 0: with what code carries from one to the next.
/// Some come to the end of the tape.
pub fn carrying() -> impl Strategy<Value = String> {
    let cells = prop::collection::vec(prop_oneof![2 => Just(0u64), 3 => Just(1), 2 => 2u64..9, 1 => Just(255)], 10..60);
    let place = prop_oneof![1 => (Just(0i32), 0..60i32), 1 => (-100i32..=-96, 0..12i32)];
    let cells = (place, cells).prop_map(|((start, at), values)| {
        let set = |(cell, value): (usize, &u64)| format!("set [{cell}] {value}\n");
        let filled: String = values.iter().enumerate().map(set).collect();
        format!("{}{filled}{}", moved(start), moved(at % values.len() as i32))
    });
    let drift = prop_oneof![3 => Just(4i32), 3 => Just(-4), 2 => prop_oneof![Just(1), Just(2), Just(-1), Just(-3)]];
    let body = (drift, -2i32..=2).prop_flat_map(|(drift, first)| {
        let near = || prop_oneof![4 => 0i32..=3, 1 => -4i32..=6];
        let change = || {
            prop_oneof![
                4 => (near(), prop_oneof![2 => Just(255u64), 1 => 1u64..4]).prop_map(|(cell, value)| format!("add [{cell}] {value}\n")),
                1 => (near(), 0u64..2).prop_map(|(cell, value)| format!("set [{cell}] {value}\n")),
                1 => (near(), near(), any::<bool>()).prop_map(|(target, source, adds)| {
                    format!("{} [{target}] [{source}] 1\n", if adds { "muladd" } else { "copy" })
                }),
            ]
        };
        let transfer = move |distance: i32, factor: u64| {
            near().prop_map(move |cell| format!("muladd [{}] [{cell}] {factor}\nset [{cell}] 0\n|{cell}", cell + distance))
        };
        let if_any = |code: String| code.split_once('|').map(|(code, cell)| format!("if [{cell}]\n{code}end\n"));
        let in_any_case = |code: String| code.split_once('|').map(|(code, _)| code.to_owned());
        let item = prop_oneof![
            6 => transfer(drift, 1).prop_filter_map("a condition", if_any),
            1 => transfer(drift, 1).prop_filter_map("none", in_any_case),
            1 => (1i32..6, 1u64..3).prop_flat_map(move |(distance, factor)| transfer(distance, factor)).prop_filter_map("a condition", if_any),
            3 => change(),
            2 => (near(), change()).prop_map(|(cell, body)| format!("if [{cell}]\n{body}end\n")),
        ];
        let items = (prop::collection::vec(item.clone(), 0..3), prop::collection::vec(item, 1..4));
        (items, near(), prop::option::weighted(0.7, Just(255u64))).prop_map(move |((before, after), cell, counts)| {
            let count = counts.map_or(String::new(), |value| format!("add [{cell}] {value}\n"));
            let (before, after) = (before.concat(), after.concat());
            format!("loop [{cell}]\n{count}{before}{}{after}{}end\n", moved(first), moved(drift - first))
        })
    });
    (cells, body).prop_map(|(cells, body)| cells + &body)
}

fn moved(cells: i32) -> String {
    if cells == 0 { String::new() } else { format!("move {cells}\n") }
}

/// The operations as a program, values and factors wrapped to its width; those that are not well formed are left out.
pub fn assemble(operations: &str, width: CellWidth) -> Program {
    // No cell near is 0, or most loops would never begin.
    let filled: String = (-5..=5).map(|cell| format!("set [{cell}] {}\n", cell + 9)).collect();
    let mut program = text::parse(&format!("cells {}\nmove 100\n{filled}{operations}", width.bits())).unwrap();
    for cell in -8..=8 {
        program.ops.push(Op { kind: Kind::Output { cell }, span: Span::default() });
    }
    for op in &mut program.ops {
        match &mut op.kind {
            Kind::Add { delta: value, .. }
            | Kind::Set { value, .. }
            | Kind::MulAdd { factor: value, .. }
            | Kind::Copy { factor: value, .. }
            | Kind::Product { factor: value, .. }
            | Kind::MinAdd { factor: value, .. } => *value &= width.mask(),
            _ => {}
        }
        let replacement = Kind::Output { cell: 0 };
        match op.kind {
            Kind::MulAdd { target, source, .. } | Kind::Copy { target, source, .. } if target == source => {
                op.kind = replacement
            }
            Kind::MulAdd { factor: 0, .. }
            | Kind::Copy { factor: 0, .. }
            | Kind::Product { factor: 0, .. }
            | Kind::MinAdd { factor: 0, .. } => op.kind = replacement,
            Kind::Walk { leave: 0, enter: 0, .. } | Kind::Move { delta: 0 } => op.kind = replacement,
            _ => {}
        }
    }
    assert_eq!(verify::verify(&program), Ok(()));
    program
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
