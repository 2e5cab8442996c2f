//! What differs by one command from a loop that we know to do something at once: it may do that too, and mostly does not.

use bfllvm::dialect::Dialect;
use bfllvm::ir::Kind;
use bfllvm::level::Level;

use crate::cases::{Case, Ended, interpret};
use crate::counting::COUNTING;
use crate::engines::translate_and_run;
use crate::programs::{adder, binary_counter, mirror};

/// A loop, or a few, between what fills the cells that it works on and what shows them.
pub struct Idiom {
    before: String,
    code: String,
    behind: String,
}

impl Idiom {
    pub fn new(before: impl Into<String>, code: impl Into<String>, shown: usize) -> Idiom {
        Idiom { before: before.into(), code: code.into(), behind: ".>".repeat(shown) }
    }

    /// Every command that is no bracket dropped, or changed to an addition.
    fn near_misses(&self) -> impl Iterator<Item = String> {
        let places = (0..self.code.len()).filter(|&place| !"[]".contains(&self.code[place..=place]));
        places.flat_map(|place| {
            let (left, right) = (&self.code[..place], &self.code[place + 1..]);
            ["", "+", "-"].map(|other| format!("{}{left}{other}{right}{}", self.before, self.behind))
        })
    }

    /// Something of this kind comes of it as it is, or its near misses would be none.
    #[track_caller]
    fn becomes(self, is_it: impl Fn(Kind) -> bool) -> Idiom {
        let code = format!("{}{}{}", self.before, self.code, self.behind);
        let case = Case::new(&code, Vec::new(), Dialect::default());
        assert!(case.at(Level::O2).ops.iter().any(|op| is_it(op.kind)), "{code}");
        self
    }

    #[track_caller]
    pub fn is_told_apart(&self, inputs: &[&[u8]]) {
        for code in self.near_misses() {
            for &input in inputs {
                let case = Case::new(&code, input.into(), Dialect::default());
                let program = case.at(Level::O2);
                let (run, _) = interpret(&program, &case.dialect, &case.input);
                let holds = |run| case.allows(&run).unwrap_or_else(|message| panic!("{code} {input:?}: {message}"));
                holds(run);
                if case.reference.end != Ended::Unfinished && case.unbounded.end != Ended::Unfinished {
                    holds(translate_and_run(&program, &case.source, &case.dialect, &case.input));
                }
            }
        }
    }
}

#[test]
fn loops_that_nearly_count() {
    let inputs: [&[u8]; 4] = [&[1, 5, 6, 0], &[7, 3, 2, 0], &[9, 2, 200, 1], &[3, 4, 1, 0, 1, 0, 1]];
    for idiom in COUNTING {
        Idiom::new(",>,>,>,>,>,>,<<<<<<", idiom, 7)
            .becomes(|kind| matches!(kind, Kind::Count(_)))
            .is_told_apart(&inputs);
    }
}

/// Divisors that are known, those among them with which another loop goes on.
#[test]
fn loops_that_nearly_divide_by_a_constant() {
    let inputs: [&[u8]; 4] = [&[0], &[1], &[9], &[123]];
    for divisor in [0, 1, 2, 10] {
        for (far, division) in [(2, "[->+>-[>+>>]>[+[-<+>]>+>>]<<<<<<]"), (1, "[->-[>+>>]>[+[-<+>]>+>>]<<<<<]")] {
            let before = format!(">>>,{}{}{}", ">".repeat(far), "+".repeat(divisor), "<".repeat(far));
            Idiom::new(before, division, 6).is_told_apart(&inputs);
        }
    }
}

#[test]
fn adders_that_nearly_add() {
    // Records of a mark, the bit, and two numbers.
    let before = format!(">>>>>>>>{}", "+>,>,>,>>>>".repeat(3));
    for (first, distance) in [("[-]", -7), ("[-]+", 7)] {
        let walk = format!("<<<<<<<[{}<<<<<<<]", adder(first, distance));
        let inputs: [&[u8]; 3] = [&[0, 1, 1, 1, 1, 0, 0, 1, 1], &[1, 2, 0, 0, 3, 1, 1, 255, 0], &[0; 9]];
        Idiom::new(before.as_str(), walk, 36).becomes(|kind| matches!(kind, Kind::Count(_))).is_told_apart(&inputs);
    }
}

#[test]
fn counters_that_nearly_count_in_binary() {
    for (stride, back) in [(2, 1), (3, 2)] {
        let digits = format!("{},{}", ">".repeat(stride - back), ">".repeat(back)).repeat(4);
        let before = format!(">>>,>,{digits}{}", "<".repeat(1 + 4 * stride));
        let counter = binary_counter(stride, back, "[R+L-]R-[L]");
        let inputs: [&[u8]; 3] = [&[1, 0, 0, 0, 1], &[1, 1, 0, 2, 0], &[1, 0, 1, 0, 0]];
        Idiom::new(before, counter, 5 * stride)
            .becomes(|kind| matches!(kind, Kind::Ripple { .. }))
            .is_told_apart(&inputs);
    }
}

#[test]
fn ladders_that_nearly_are() {
    let ladder = "[->+<[->+<[->+<[->+<[->--->>>>+<<<<<[->+<]]]]]]";
    let inputs: [&[u8]; 3] = [&[2, 3], &[4, 9], &[5, 0]];
    for before in [">>>>,>,<", ">>>>,>[-]<"] {
        Idiom::new(before, ladder, 8).becomes(|kind| matches!(kind, Kind::MinAdd { .. })).is_told_apart(&inputs);
    }
}

#[test]
fn loops_that_nearly_square() {
    let inputs: [&[u8]; 4] = [&[1, 9], &[7], &[200, 3], &[255, 255]];
    for square in ["[-[>>+<++<-]>+>[<<+>>-]<<]", "[[>>+<++<-]>>[<<+>>-]<<-]", "[[>>+<++++++<-]>---->[<<+>>-]<<---]"] {
        Idiom::new(",>,<", square, 4).becomes(|kind| matches!(kind, Kind::Product { .. })).is_told_apart(&inputs);
    }
}

#[test]
fn loops_that_are_nearly_if_and_else() {
    let inputs: [&[u8]; 4] = [&[0], &[1], &[2], &[255]];
    for branch in ["[>-]>[>]<<", "[>-]>[-<<+>>>]<<", "[>>>+<<<>-]>[<>>>++<<<>->]<<", "[>-<->>]>[->+>]<<<"] {
        for code in [branch.to_owned(), mirror(branch)] {
            let flags = if code == branch { ">[-]+>[-]>[-]<<<" } else { "<[-]+<[-]<[-]>>>" };
            let before = format!("{},{flags}", ">".repeat(5));
            Idiom::new(before, format!("{code}<<<<"), 9)
                .becomes(|kind| matches!(kind, Kind::If { .. } | Kind::MinAdd { .. }))
                .is_told_apart(&inputs);
        }
    }
}

/// Loops from record to record: values move along, or by a record, or far away, and scans come back.
#[test]
fn walks_that_nearly_move_values() {
    let inputs: [&[u8]; 3] = [&[3, 5, 0, 0, 2, 1], &[2, 1, 1, 7, 0, 9], &[4, 0, 0, 0, 0, 0]];
    let records = |stride: usize| format!("{}>", format!(",>,>+{}", ">".repeat(stride - 2)).repeat(3));
    for walk in [
        "[-[>>>>+<<<<-]>[>>>>+<<<<-]>>>]",
        "[>[->>>>+<<<<]<<<<<]",
        "[>>[-<<<<+>>>>]<<<<<<]",
        "[->>[>>>>]+<<<<[<<<<]>>]",
        "[>+>>[-<<<<+>>>>]>]",
        "[[->>>>+<<<<]>>>>-]",
    ] {
        for (fill, back) in [(records(4), 13), (format!("{}{}", ",>,>,>,>".repeat(2), "+>>>>".repeat(2)), 17)] {
            for code in [walk.to_owned(), mirror(walk)] {
                let before = format!("{}{fill}{}", ">".repeat(40), "<".repeat(back));
                Idiom::new(format!("{before}>"), format!("{code}{}", "<".repeat(12)), 40).is_told_apart(&inputs);
            }
        }
    }
}

/// Loops that do their last iteration themselves, and for which that makes a difference.
#[test]
fn last_iterations_that_are_unlike_the_others() {
    let cases: [(&str, &[u8]); 6] = [
        // The last iteration reads what it takes for a boolean.
        (
            ">>>>+>,>,>,>,<<<<[>->->>>>+>>[-]<<<<<<[->>>>>>+<+<<<<<]>>>>>>[-<<<<<<+>>>>>>]<[<->[-]]<+<<<<<[->>>>>>>+<+<<<<<<]>>>>>>>[-<<<<<<<+>>>>>>>]<[<[-]>-]<[<<-<<<<[-]>>>>>>-]<<[->>>+<<<]>>>[<+>[-]]<[-<<+>>]<<<<<<].>.>.>.>.",
            &[1, 0, 0, 2],
        ),
        // It reads what others assign once the phase is at its turn.
        (
            ">>>+>,>,<<[>->->>>>+<<<<<[->>>>>>>+<+<<<<<<]>>>>>>>[-<<<<<<<+>>>>>>>]<[<->[-]]<[<<[->>><<+<]<<<<[-]>>>>>>-]+<<<<[->>>>>>+<+<<<<<]>>>>>>[-<<<<<<+>>>>>>]<[<->[-]]<[<<<<+>>[-]+>>-]<<<<<<]>>>>>.",
            &[2, 1],
        ),
        // It does not assign that.
        (
            ">>>+>,>,<<[>->->>>>>>>+<<<+<<<<<[->>>>>>>+<+<<<<<<]>>>>>>>[-<<<<<<<+>>>>>>>]<[<->[-]]<[>>>-<<<<<<<<<[-]>>>>>>-]+<<<<[->>>>>>+<+<<<<<]>>>>>>[-<<<<<<+>>>>>>]<[<->[-]]<[<<<<+>>>>>>>[<<<<<[-]+>>>>>-]<<<-]>>>[-]<<<<<<<<<]>>>>.",
            &[2, 1],
        ),
        // It reads that into a cell that it assigns first.
        (
            ">>>>>>>>>>,>,>,<<[->->>[-]+>>>>>>[-]<<<<<<<[->>>>>>>+<<<<<<+<]>>>>>>>[-<<<<<<<+>>>>>>>]<<<[-]+>[-]>[-]<<<<<<<[->>>>>>>+<+<<<<<<]>>>>>>>[-<<<<<<<+>>>>>>>]<[<[-]>[-]]<[<<<<<[-]+>[-]+++++++>>>>[-]]<<<<<<].>.>.>.>.",
            &[9, 3, 1],
        ),
        // Only one of the ways makes it one.
        (
            ">>>>,>,>,>>>>>>><<<<<<<<<[->->>>>>+>>[-]<<<<<<<[->>>>>>>+<+<<<<<<]>>>>>>>[-<<<<<<<+>>>>>>>]<[<->[-]]<[<<<<>>+>>-]><<<<<[->>>>>>+<+<<<<<]>>>>>><[<+>[-]]<<>[-<<<<+>>>>]<<<<<<].>.>.>.>.>.>.>.>.",
            &[1, 1, 2],
        ),
        // A way that was not followed reads it, since a cell is not 0.
        (
            ">>>>>>>>>>,>,>,>>>>>>>>>,<<<<<<<<<<<[->->>>>>[-]+>[-]>[-]<<<<<<<[->>>>>>>+<+<<<<<<]>>>>>>>[-<<<<<<<+>>>>>>>]<[<[-]>[-]]<[<<<<<[-]+++++>>>+>>[-]]>>>>>[[-]<<<<[-]<<<<<[->>>>>+<<<<+<]>>>>>[-<<<<<+>>>>>]>>>>]<<<<<[-]>[-]>[-]<<<<<<[->>>>>>+<+<<<<<]>>>>>>[-<<<<<<+>>>>>>]<[<[-]+>[-]]<<<<<[-]>>>>[-<<<<+>>>>]<<<<<<].>.>.>.>.>.>.>.>.>.>.>.",
            &[1, 3, 5, 1],
        ),
    ];
    for (code, input) in cases {
        let case = Case::new(code, input.to_vec(), Dialect::default());
        let (run, _) = interpret(&case.at(Level::O2), &case.dialect, &case.input);
        assert_eq!((run.end, run.output), (Ended::Finished, case.reference.output), "{code}");
    }
}
