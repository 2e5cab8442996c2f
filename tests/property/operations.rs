//! Lists of operations to try, also of those that no pass makes of programs.

use bfllvm::dialect::CellWidth;
use bfllvm::ir::{Kind, Op, Program, text, verify};
use bfllvm::source::Span;
use proptest::prelude::*;

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
        1 => counting(),
        1 => (Just((-3i32..=3).collect::<Vec<_>>()).prop_shuffle(), 2u8.., any::<bool>()).prop_map(|(cells, divisor, is_free)| {
            let free = if is_free { format!("set [{}] 0\n", cells[2]) } else { String::new() };
            format!("{free}divide [{}] by {divisor} to [{}] unless [{}]\n", cells[0], cells[1], cells[2])
        }),
        1 => holding(),
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

/// What is held here and added elsewhere, if that is not too far.
fn holding() -> impl Strategy<Value = String> {
    let cell = || -3i32..=3;
    let factor = || prop_oneof![3 => Just(1u64), 2 => Just(255), 2 => 2u64..9];
    let item = prop_oneof![
        3 => (cell(), factor()).prop_map(|(cell, factor)| format!("addheld [{cell}] {factor}\n")),
        1 => (cell(), factor()).prop_map(|(cell, value)| format!("add [{cell}] {value}\n")),
        2 => (0u32..20).prop_map(|beyond| format!("release beyond {beyond}\n")),
        2 => prop_oneof![-20i32..=-1, 1i32..=20].prop_map(|delta| format!("move {delta}\n")),
        1 => (cell(), prop_oneof![Just(1i32), Just(-2)]).prop_map(|(cell, stride)| format!("scan [{cell}] {stride}\n")),
    ];
    let items = prop::collection::vec(item, 1..7).prop_map(|items| items.concat());
    (cell(), factor(), cell(), prop::bool::weighted(0.7), items).prop_map(|(cell, value, unless, is_free, items)| {
        let free = if is_free { format!("set [{unless}] 0\n") } else { String::new() };
        format!("add [{cell}] {value}\n{free}hold [{cell}] unless [{unless}]\n{items}")
    })
}

/// Counts, of cells that are all different, and what goes on with the counting where they do not.
fn counting() -> impl Strategy<Value = String> {
    let cells = Just((-4i32..=4).collect::<Vec<_>>()).prop_shuffle();
    let period = prop_oneof![3 => Just(2u64), 4 => 1u64..13, 1 => 1u64..256];
    let reload = prop_oneof![
        6 => period.prop_map(|period| format!("from {period}")),
        1 => Just("from 0".to_owned()),
        1 => Just("from [P]".to_owned()),
        1 => (-2i32..3).prop_map(|offset| format!("against [P] {offset}")),
        1 => (-2i32..3, 0..4u8).prop_map(|(offset, except)| format!("against [P] {offset} not {except}")),
        1 => (-2i32..3).prop_map(|offset| format!("against [P] {offset} waits")),
        1 => (0..3u8).prop_map(|left_over| format!("leave {left_over}")),
    ];
    let (direction, turn) = (prop::sample::select(&["up", "down"]), -2i32..3);
    let carry = prop::option::of(prop::sample::select(&["carry", "borrow"]));
    let counted = (any::<bool>(), carry, any::<bool>(), any::<bool>());
    // What makes them 0, as a rule.
    let cleared =
        prop_oneof![3 => Just("set [Z] 0\n"), 2 => Just("set [Z] 255\nadd [Z] 1\n"), 1 => Just("add [Z] 1\n")];
    let zeros = prop::collection::vec(cleared, 0..4);
    (cells, reload, direction, turn, counted, zeros).prop_map(
        |(cells, reload, direction, turn, (mirrors, carry, copies, has_others), cleared)| {
            let [counter, phase, first, second, third, fourth, zeros_from @ ..] = cells.as_slice() else {
                unreachable!("nine cells")
            };
            let reload = reload.replace('P', &first.to_string());
            let is_constant = reload.starts_with("from") && !reload.contains('[');
            let mirror = if mirrors && is_constant { format!(" mirror [{first}]") } else { String::new() };
            let carry = carry.filter(|&carry| carry == "carry" || is_constant);
            let carry = carry.map_or(String::new(), |carry| format!(" {carry} [{second}]"));
            let copy = if copies { format!(" copy [{third}]") } else { String::new() };
            let others = if has_others && is_constant { format!(" others [{fourth}]") } else { String::new() };
            let zeros = zeros_from.iter().zip(cleared);
            let clear: String = zeros.clone().map(|(zero, clear)| clear.replace('Z', &zero.to_string())).collect();
            let zeros: String = zeros.map(|(zero, _)| format!(" zero [{zero}]")).collect();
            let count = format!(
                "count [{counter}] [{phase}] {direction} to {turn} {reload}{mirror}{carry}{copy}{others}{zeros}\n"
            );
            format!("{clear}{count}loop [{counter}]\nadd [{counter}] 255\nend\n")
        },
    )
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
            3 => counting(),
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
