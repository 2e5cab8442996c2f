//! Generated programs: every level, every engine and built executables do what the reference does.
//!
//! `BFLLVM_CASES=N` runs N programs instead of the default.

mod branches;
mod cases;
mod counting;
mod engines;
mod near;
mod operations;
mod programs;
mod short;
mod trips;
mod walks;
mod words;

use std::time::Duration;

use bfllvm::baseline::{self, Count};
use bfllvm::dialect::{CellWidth, Dialect, Eof};
use bfllvm::engine::policy::Policy;
use bfllvm::ir::loops::LoopRange;
use bfllvm::ir::{Entry, Kind, Program, Shape, text, verify};
use bfllvm::level::{LEVELS, Level, Row, Start, WHILE_READING};
use bfllvm::opt::{PASSES, Pass};
use bfllvm::parse::Granularity;
use bfllvm::reference::{Machine, MemoryIo, Status};
use bfllvm::runtime::execute::{Code, host_functions};
use bfllvm::runtime::tape;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};

use cases::{Case, Ended, Run, interpret, read, source};
use engines::{
    build_and_run, compile_and_run, compile_and_run_for, run_code, run_compiled, run_of, run_tiered, run_tried_out,
    translate_and_run, translated, translated_in_chunks,
};
use operations::{assemble, carrying, operations, rescanning};
use programs::{
    chunk_ops, dialect, endless_program, idiom_program, ladder_program, nested_program, program, resetting_program,
    shifting_program,
};

/// A count and the operations that belong to it.
const OPS_OF_COUNT: usize = 8;

/// The pass `evaluate-start` has steps enough for programs that take fewer.
const STEPS_EVALUATED_AT_START: u64 = 1 << 13;

/// Whether the operations are the same, wherever in the source they come from.
fn is_same(one: &Program, other: &Program) -> bool {
    one.text == other.text && one.ops.iter().map(|op| op.kind).eq(other.ops.iter().map(|op| op.kind))
}

/// A level for each list of our passes: most differ in LLVM's alone.
fn levels_that_differ() -> impl Iterator<Item = &'static Row> {
    let before = |index: usize, row: &Row| {
        LEVELS[..index].iter().any(|other| (other.granularity, other.passes) == (row.granularity, row.passes))
    };
    LEVELS.iter().enumerate().filter(move |(index, row)| !before(*index, row)).map(|(_, row)| row)
}

fn config(cases: u32) -> Config {
    let cases = std::env::var("BFLLVM_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    Config {
        cases,
        max_global_rejects: 4 * cases + 1000,
        max_shrink_iters: 20_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config(3000))]

    /// Every pass of the table, alone: well formed, idempotent where it says so, and right.
    #[test]
    fn every_pass_keeps_the_meaning(code in prop_oneof![4 => program(), 5 => idiom_program(), 1 => nested_program(), 1 => ladder_program(), 1 => resetting_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
        let case = Case::new(&code, input, dialect);
        for pass in PASSES {
            let after = pass.apply(case.literal.clone());
            if is_same(&after, &case.literal) {
                continue;
            }
            prop_assert_eq!(verify::verify(&after), Ok(()), "{}", pass.name);
            let (run, steps) = interpret(&after, &case.dialect, &case.input);
            if let Err(message) = case.allows(&run) {
                return Err(TestCaseError::fail(format!("{}: {message}\n{}", pass.name, text::print(&after, None))));
            }
            if case.reference.end == Ended::Finished {
                // What prepares a count is done in vain where that cannot be done.
                let most = if pass.name == "count" { 2 * case.steps } else { case.steps };
                prop_assert!(steps <= most, "{} makes the program longer to run", pass.name);
            }
            // A count comes on top of its loop, with what prepares it, and closed unrolls.
            let counts =
                after.ops.iter().filter(|op| matches!(op.kind, Kind::Count(_) | Kind::Divide { .. })).count();
            let is_longer = after.ops.len() > case.literal.ops.len() + OPS_OF_COUNT * counts;
            prop_assert!(!is_longer || pass.name == "closed", "{} makes the program longer", pass.name);
            // They end after so many steps, and would go on if they began anew.
            let goes_on = pass.name == "evaluate-start" && case.steps >= STEPS_EVALUATED_AT_START
                || pass.name == "closed" && case.reference.end == Ended::Unfinished;
            if goes_on || !pass.settles() {
                continue;
            }
            // Unless it knows that it was there before.
            let again = pass.apply(Program { shape: Shape::ANY, ..after.clone() });
            prop_assert!(is_same(&again, &after), "{} twice\n{}", pass.name, text::print(&again, None));
        }
    }

    /// All passes of a level, in the reference interpreter.
    #[test]
    fn every_level_keeps_the_meaning(code in prop_oneof![4 => program(), 5 => idiom_program(), 1 => nested_program(), 1 => ladder_program(), 1 => resetting_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
        let case = Case::new(&code, input, dialect);
        for row in levels_that_differ() {
            let program = case.at(row.level);
            // What is known of a program's shape spares work and nothing else.
            let literal = read(&case.source, &case.dialect, row.granularity);
            let with_all_work = row.level.passes(Start::Ahead).fold(literal, |program, pass| {
                pass.apply(Program { shape: Shape::ANY, ..program })
            });
            prop_assert!(is_same(&program, &with_all_work), "-O{}\n{}", row.name, text::print(&program, None));
            let (run, steps) = interpret(&program, &case.dialect, &case.input);
            if let Err(message) = case.allows(&run) {
                return Err(TestCaseError::fail(format!("-O{}: {message}\n{}", row.name, text::print(&program, None))));
            }
            // Straight code in the place of a condition that does not hold takes a step or two more.
            if case.reference.end == Ended::Finished {
                prop_assert!(steps <= 2 * case.steps);
            }
        }
    }

    /// The passes that a large program does without at first, done to its outermost loops one by one.
    #[test]
    fn passes_of_parts_keep_the_meaning(code in prop_oneof![1 => program(), 5 => idiom_program(), 1 => ladder_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
        let case = Case::new(&code, input, dialect);
        let program = case.starting(Level::O2, Start::InParts);
        let (mut pieces, mut done) = (Vec::new(), 0);
        for range in program.loops(0, u32::MAX) {
            let before = LoopRange { head: done, end: range.head.wrapping_sub(1), parent: None };
            pieces.extend((done < range.head).then(|| program.part(&before)));
            let part = Level::O2.finish_part(Start::InParts, program.part(&range));
            pieces.push(part.as_loop(program.ops[range.head as usize]));
            done = range.end + 1;
        }
        let last = LoopRange { head: done, end: (program.ops.len() as u32).wrapping_sub(1), parent: None };
        pieces.extend((done as usize != program.ops.len()).then(|| program.part(&last)));
        let whole = Program { entry: Entry::of(&case.dialect), ..Program::joined(program.width, pieces) };
        prop_assert_eq!(verify::verify(&whole), Ok(()));
        let (run, _) = interpret(&whole, &case.dialect, &case.input);
        if let Err(message) = case.allows(&run) {
            return Err(TestCaseError::fail(format!("{message}\n{}", text::print(&whole, None))));
        }
    }

    /// What is folded while reading is what passes do.
    #[test]
    fn folded_while_reading_is_folded_by_passes(code in program()) {
        let (source, dialect) = (source(&code), Dialect::default());
        let fold = |program| {
            let passes = ["runs", "deadloops", "nest", "offsets", "clear", "scan"];
            assert!(WHILE_READING.iter().all(|name| passes.contains(name)));
            let passes = passes.map(|name| Pass::named(name).unwrap());
            passes.iter().fold(program, |program, pass| pass.apply(program))
        };
        let while_reading = read(&source, &dialect, Granularity::Folded);
        prop_assert_eq!(verify::verify(&while_reading), Ok(()));
        let by_passes = fold(fold(read(&source, &dialect, Granularity::Commands)));
        prop_assert_eq!(text::print(&fold(fold(while_reading)), None), text::print(&by_passes, None));
    }

    /// The text form is read back as it was printed.
    #[test]
    fn the_text_form_is_complete(code in prop_oneof![2 => program(), 5 => idiom_program(), 1 => ladder_program()], dialect in dialect()) {
        let printed = text::print(&Case::new(&code, Vec::new(), dialect).at(Level::O2), None);
        prop_assert_eq!(text::print(&text::parse(&printed).unwrap(), None), printed);
    }
}

proptest! {
    #![proptest_config(config(250))]

    /// Compiled code, at every level.
    #[test]
    fn compiled_code_keeps_the_meaning(code in prop_oneof![3 => program(), 5 => idiom_program(), 1 => ladder_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
        let case = Case::new(&code, input, dialect);
        prop_assume!(case.reference.end != Ended::Unfinished);
        for row in LEVELS {
            // A program that faults in the reference may go on for ever on a longer tape.
            if case.unbounded.end == Ended::Unfinished {
                continue;
            }
            if let Err(message) = case.allows(&compile_and_run(&case, row.level)) {
                return Err(TestCaseError::fail(format!("-O{}: {message}", row.name)));
            }
        }
    }
}

proptest! {
    #![proptest_config(config(60))]

    /// What never ends does not at any level.
    #[test]
    fn compiled_code_goes_on_for_ever(code in endless_program(), input in prop::collection::vec(0..4u8, 0..4), dialect in dialect()) {
        let case = Case::new(&code, input, dialect);
        prop_assume!(case.is_endless());
        for row in LEVELS {
            let run = compile_and_run_for(&case, row.level, Duration::from_millis(10));
            prop_assert_eq!(run.end, Ended::Unfinished, "-O{}", row.name);
            prop_assert_eq!(case.allows(&run), Ok(()), "-O{}", row.name);
        }
    }
}

proptest! {
    #![proptest_config(config(100))]

    /// Scans that remember what they went over, and loops that carry values, at every level.
    #[test]
    fn compiled_code_does_what_the_operations_say(operations in prop_oneof![rescanning(), carrying()], dialect in dialect()) {
        let program = assemble(&operations, dialect.width);
        let (expected, _) = interpret(&program, &dialect, &[]);
        // LLVM may exchange accesses, and so fault with more or less done.
        prop_assume!(expected.end == Ended::Finished);
        for row in LEVELS {
            let run = run_compiled(&program, &source(""), &dialect, &[], row.level);
            prop_assert_eq!(&run, &expected, "-O{}", row.name);
        }
    }
}

proptest! {
    #![proptest_config(config(3000))]

    /// Code of the template JIT: from the operations of the levels, which differ in their passes.
    #[test]
    fn baseline_code_keeps_the_meaning(code in prop_oneof![2 => program(), 5 => idiom_program(), 1 => ladder_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
        let case = Case::new(&code, input, dialect);
        prop_assume!(case.reference.end != Ended::Unfinished && case.unbounded.end != Ended::Unfinished);
        for level in [Level::O0, Level::O2] {
            let run = translate_and_run(&case.at(level), &case.source, &case.dialect, &case.input);
            if let Err(message) = case.allows(&run) {
                return Err(TestCaseError::fail(format!("{level}: {message}")));
            }
        }
    }

    #[test]
    fn baseline_code_of_records_keeps_the_meaning(code in shifting_program(), input in prop::collection::vec(0..4u8, 0..30), dialect in dialect()) {
        let case = Case::new(&code, input, dialect);
        prop_assume!(case.reference.end != Ended::Unfinished && case.unbounded.end != Ended::Unfinished);
        let program = case.at(Level::O2);
        let run = translate_and_run(&program, &case.source, &case.dialect, &case.input);
        if let Err(message) = case.allows(&run) {
            return Err(TestCaseError::fail(message));
        }
        let (expected, _) = interpret(&program, &case.dialect, &case.input);
        prop_assert_eq!(run, expected);
    }

    /// The template JIT moves no access: what it makes of any operations does exactly what they say.
    #[test]
    fn baseline_code_is_exact(operations in prop_oneof![2 => operations(), 1 => rescanning(), 1 => carrying()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
        let program = assemble(&operations, dialect.width);
        let (expected, _) = interpret(&program, &dialect, &input);
        prop_assume!(expected.end != Ended::Unfinished);
        prop_assert_eq!(translate_and_run(&program, &source(""), &dialect, &input), expected);
    }

    /// Code that is made when it is come to does what code does that is made before. Where no condition has become code without a
    /// branch, which depends on what is seen of the program, it does so down to the place of a fault.
    #[test]
    fn code_in_chunks_is_the_same(code in prop_oneof![3 => program(), 5 => idiom_program(), 1 => ladder_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect(), chunk_ops in chunk_ops()) {
        let case = Case::new(&code, input, dialect);
        prop_assume!(case.reference.end != Ended::Unfinished && case.unbounded.end != Ended::Unfinished);
        let both = |level, start| {
            let program = case.starting(level, start);
            let whole = translated(&program, &case.source, &case.dialect, &case.input);
            (whole, translated_in_chunks(program, source(&code), &case.dialect, &case.input, chunk_ops))
        };
        let (whole, parts) = both(Level::O0, Start::Ahead);
        prop_assert_eq!(format!("{parts:?}"), format!("{whole:?}"));
        for start in [Start::Ahead, Start::InParts] {
            let (whole, parts) = both(Level::O2, start);
            prop_assert_eq!(run_of(parts), run_of(whole), "{:?}", start);
        }
    }

    /// Also for operations that no pass makes of such programs.
    #[test]
    fn code_in_chunks_is_exact(operations in prop_oneof![2 => operations(), 1 => rescanning(), 1 => carrying()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect(), chunk_ops in chunk_ops()) {
        let program = assemble(&operations, dialect.width);
        let (expected, _) = interpret(&program, &dialect, &input);
        prop_assume!(expected.end != Ended::Unfinished);
        prop_assert_eq!(run_of(translated_in_chunks(program, source(""), &dialect, &input, chunk_ops)), expected);
    }

    /// Code that counts does exactly what the operations say as well, and counts what the reference does.
    #[test]
    fn counting_code_is_exact(operations in prop_oneof![2 => operations(), 1 => rescanning(), 1 => carrying()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
        let program = assemble(&operations, dialect.width);
        let (expected, _) = interpret(&program, &dialect, &input);
        prop_assume!(expected.end != Ended::Unfinished);
        let source = source("");
        let code = baseline::compile_counting(&program, &source, &dialect, &host_functions()).unwrap();
        let faults = code.faults(&program, &source);
        let guard_bytes = tape::guard_bytes(&program);
        let run = Code { entry: code.entry(), faults: &faults, guard_bytes, heat: None, linker: None };
        // SAFETY: the code was just made for this dialect, the guards for this program.
        let run = unsafe { run_code(&run, &dialect, &input) };
        prop_assert_eq!(run, expected);
        let counts: Vec<_> = code.counts(&program).filter(|count| count.entries > 0).collect();
        prop_assert_eq!(counts, counted(&program, &dialect, &input));
    }
}

/// What the loops, conditions, scans and walks of `program` do, by the reference.
fn counted(program: &Program, dialect: &Dialect, input: &[u8]) -> Vec<Count> {
    let mut machine = Machine::new(program, dialect);
    let mut io = MemoryIo { input, ..MemoryIo::default() };
    let mut counts: Vec<_> = (0..program.ops.len() as u32).map(|op| Count { op, entries: 0, iterations: 0 }).collect();
    let mut status = Status::Paused;
    while status == Status::Paused {
        // The end of a condition is no step.
        let is_step = |op: &usize| !matches!(program.ops[*op].kind, Kind::IfEnd { .. });
        let Some(op) = (machine.next()..program.ops.len()).find(is_step) else { break };
        let pointer = machine.pointer();
        status = match program.ops[op].kind {
            // No step where it does nothing.
            Kind::Ripple { .. } | Kind::Count(_) | Kind::Divide { .. } => match machine.run_to(&mut io, 1, op + 1) {
                Status::Arrived => Status::Paused,
                other => other,
            },
            _ => machine.run(&mut io, 1),
        };
        let goes_around = status == Status::Paused && machine.next() == op + 1;
        match program.ops[op].kind {
            Kind::Loop { .. } | Kind::If { .. } => {
                counts[op].entries += 1;
                counts[op].iterations += u64::from(goes_around);
            }
            Kind::LoopEnd { start } => {
                let goes_back = status == Status::Paused && machine.next() == start as usize + 1;
                counts[start as usize].iterations += u64::from(goes_back);
            }
            Kind::Scan { stride, .. } | Kind::Walk { stride, .. } => {
                counts[op].entries += 1;
                let steps = (machine.pointer() - pointer) / i64::from(stride);
                counts[op].iterations += if matches!(status, Status::Fault { .. }) { 0 } else { steps as u64 };
            }
            _ => {}
        }
    }
    counts.retain(|count| count.entries > 0);
    counts
}

proptest! {
    #![proptest_config(config(250))]

    /// LLVM takes over loops at any passage of their heads, waited for; and it works beside programs that are mostly over before.
    #[test]
    fn tiered_code_keeps_the_meaning(code in prop_oneof![3 => program(), 5 => idiom_program(), 1 => shifting_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect(), seed in any::<u64>(), delay in 1..100_000u64, chunk_ops in chunk_ops()) {
        // Behind the input nothing is evaluated beforehand, and few loops are never reached.
        let code = format!(",+>+++>++<<{code}");
        let case = Case::new(&code, input, dialect);
        prop_assume!(case.reference.end != Ended::Unfinished && case.unbounded.end != Ended::Unfinished);
        let soon = Policy { threshold: 2, delay: Duration::ZERO, ..Policy::default() };
        // In the middle of some: their code is changed then.
        let later = Policy { delay: Duration::from_nanos(delay), ..Policy::at_once() };
        for (level, start, policy, chunk_ops) in [
            (Level::O0, Start::Ahead, later, None),
            (Level::O2, Start::InParts, later, Some(chunk_ops)),
            (Level::O2, Start::Ahead, soon, None),
            (Level::O2, Start::InParts, soon, Some(chunk_ops)),
            (Level::O0, Start::Ahead, Policy::at_random(seed), None),
            (Level::O2, Start::Ahead, Policy::at_random(seed), None),
            (Level::O2, Start::Ahead, Policy::at_once(), None),
            (Level::O2, Start::InParts, Policy::at_random(seed), Some(chunk_ops)),
            (Level::O2, Start::InParts, Policy::at_once(), Some(chunk_ops)),
        ] {
            let program = case.starting(level, start);
            let how = (level, start, policy);
            let run = run_tiered(program, source(&code), &case.dialect, &case.input, how, chunk_ops);
            if let Err(message) = case.allows(&run) {
                return Err(TestCaseError::fail(format!("{how:?} {chunk_ops:?}: {message}")));
            }
        }
    }

    /// Whenever a trial is given up: while the quick passes' code does something many times over, what comes then is the same.
    #[test]
    fn what_is_tried_out_keeps_the_meaning(code in prop_oneof![3 => program(), 5 => idiom_program(), 1 => nested_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect(), is_repeated in any::<bool>(), nanoseconds in prop_oneof![1..200u64, 1_000..100_000u64]) {
        // Most programs are over before anything can be given up; this is what keeps the machine busy up to the tape's end.
        let code = if is_repeated { format!("{code}>+[{code}>+]") } else { code };
        let case = Case::new(&code, input, dialect);
        prop_assume!(case.reference.end != Ended::Unfinished && case.unbounded.end != Ended::Unfinished);
        let [quick, slow, _] = Level::O2.passes_around_trial();
        let apply = |program, passes: &[&Pass]| passes.iter().fold(program, |program, pass: &&Pass| pass.apply(program));
        let first = apply(read(&case.source, &case.dialect, Granularity::Folded), &quick);
        let then = apply(first.clone(), &slow);
        let (run, is_given_up) = run_tried_out([&first, &then], &case, Duration::from_nanos(nanoseconds));
        if let Err(message) = case.allows(&run) {
            return Err(TestCaseError::fail(format!("given up: {is_given_up}: {message}")));
        }
    }

    /// Also for operations that no pass makes of such programs.
    #[test]
    fn tiered_code_does_what_the_operations_say(operations in prop_oneof![2 => operations(), 1 => rescanning(), 1 => carrying()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect(), seed in any::<u64>(), chunk_ops in prop::option::of(chunk_ops())) {
        let program = assemble(&operations, dialect.width);
        let (expected, _) = interpret(&program, &dialect, &input);
        // LLVM may exchange accesses, and so fault with more or less done.
        prop_assume!(expected.end == Ended::Finished);
        let how = (Level::O2, Start::Ahead, Policy::at_random(seed));
        let run = run_tiered(program, source(""), &dialect, &input, how, chunk_ops);
        prop_assert_eq!(run, expected);
    }
}

proptest! {
    #![proptest_config(config(12))]

    /// Executables, with and without the C library.
    #[test]
    fn executables_keep_the_meaning(code in program(), input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
        let case = Case::new(&code, input, dialect);
        prop_assume!(case.reference.end != Ended::Unfinished && case.unbounded.end != Ended::Unfinished);
        for (level, io) in [(Level::O0, "libc"), (Level::O2, "libc"), (Level::O2, "syscall"), (Level::O3, "syscall")] {
            if let Err(message) = case.allows(&build_and_run(&case, level, io)) {
                return Err(TestCaseError::fail(format!("{level} --io={io}: {message}")));
            }
        }
    }
}

/// A loop that is compiled alone must not take the pointer for where it is when a program begins: here a cell is 0 whose
/// target lies behind the tape.
#[test]
fn loops_taken_over_keep_to_the_tape() {
    let dialect = Dialect::new(CellWidth::W8, Eof::Same, 1);
    let last = dialect.tape_cells() - 1;
    let code = "input [0]\nloop [0]\nif [-1]\nmuladd [1] [-1] 1\nset [-1] 0\nend\nset [0] 0\nend\noutput [0]\n";
    let program = text::parse(&format!("cells 8\nmove {last}\n{code}")).unwrap();
    let how = (Level::O2, Start::Ahead, Policy::at_once());
    let run = run_tiered(program, source(""), &dialect, &[1], how, None);
    assert_eq!(run, Run { end: Ended::Finished, output: vec![0] });
}

/// Conditions that become code without a branch, from record to record: their target lies behind the tape, which matters
/// where the tested cell is not 0 alone.
#[test]
fn conditions_without_a_branch_keep_to_the_tape() {
    let dialect = Dialect::new(CellWidth::W8, Eof::Same, 1);
    let near_the_end = dialect.tape_cells() - 6;
    let code = "input [0]\ninput [1]\nloop [0]\nif [1]\nmuladd [20] [1] 3\nset [1] 0\nend\nset [0] 0\nmove 5\nend\noutput [-5]\n";
    let program = text::parse(&format!("cells 8\nmove {near_the_end}\n{code}")).unwrap();
    let source = || source("");
    for (second, expected) in
        [(0, Run { end: Ended::Finished, output: vec![0] }), (1, Run { end: Ended::Faulted, output: Vec::new() })]
    {
        let input = [1, second];
        assert_eq!(interpret(&program, &dialect, &input).0, expected, "reference");
        assert_eq!(translate_and_run(&program, &source(), &dialect, &input), expected, "baseline");
        assert_eq!(run_compiled(&program, &source(), &dialect, &input, Level::O2), expected, "LLVM");
        let how = (Level::O2, Start::Ahead, Policy::at_once());
        let tiered = run_tiered(program.clone(), source(), &dialect, &input, how, None);
        assert_eq!(tiered, expected, "tiered");
    }
}

/// A count without a branch looks at each cell that has to be 0: also where the flags tell of the second one already.
#[test]
fn counts_look_at_all_that_has_to_be_0() {
    for (value, counter) in [(0, 0), (1, 3)] {
        let code = format!(
            "set [0] 1\nset [3] 3\nloop [0]\nset [4] 0\nset [1] 0\nset [2] 255\nadd [2] {}\n\
             count [3] [4] up to 1 from 2 zero [1] zero [2]\nset [0] 0\nmove 5\nend\noutput [-2]\noutput [-1]\n",
            value + 1
        );
        let program = text::parse(&format!("cells 8\nmove 100\n{code}")).unwrap();
        let dialect = Dialect::default();
        let run = interpret(&program, &dialect, &[]).0;
        assert_eq!(run.output[0], counter, "reference");
        assert_eq!(translate_and_run(&program, &source(""), &dialect, &[]), run, "baseline");
        assert_eq!(run_compiled(&program, &source(""), &dialect, &[], Level::O2), run, "LLVM");
    }
}

/// What is carried from record to record: the last cell that it is added to lies behind the tape, which matters where the
/// program adds to it, alone.
#[test]
fn carried_values_keep_to_the_tape() {
    let transfer = |from: i32| format!("if [{from}]\nmuladd [{}] [{from}] 1\nset [{from}] 0\nend\n", from + 4);
    let (add, add_behind) = ("add [3] 1\n", "add [7] 1\n");
    for width in CellWidth::ALL {
        let dialect = Dialect::new(width, Eof::Same, 1);
        let start = dialect.tape_cells() - 10;
        // The value is carried twice, with what is added to it on the way.
        for (before, after, value, end) in [
            ("", "", 0, Ended::Finished),
            ("", "", 1, Ended::Faulted),
            (add, "", -2i64, Ended::Finished),
            (add, "", -1, Ended::Faulted),
            ("", add_behind, 0, Ended::Faulted),
            // It is 0 in the end, but was added to.
            ("", add_behind, -2, Ended::Faulted),
        ] {
            let set = format!("move {start}\nset [0] 2\nset [3] {}\n", value as u64 & width.mask());
            let body = format!("add [0] {}\n{}{before}{}{after}move 4\n", width.mask(), transfer(0), transfer(3));
            let code = format!("cells {}\n{set}loop [0]\n{body}end\noutput [0]\n", width.bits());
            let program = text::parse(&code).unwrap();
            let output = if end == Ended::Finished { vec![0] } else { Vec::new() };
            let expected = Run { end, output };
            assert_eq!(interpret(&program, &dialect, &[]).0, expected, "reference");
            assert_eq!(translate_and_run(&program, &source(""), &dialect, &[]), expected, "baseline\n{code}");
            assert_eq!(run_compiled(&program, &source(""), &dialect, &[], Level::O2), expected, "LLVM\n{code}");
            let how = (Level::O2, Start::Ahead, Policy::at_once());
            assert_eq!(run_tiered(program, source(""), &dialect, &[], how, None), expected, "tiered\n{code}");
        }
    }
}

/// Long straight code, which becomes tables, with everything in it that a table can hold.
#[test]
fn tables_keep_the_meaning() {
    let mut code = String::from(",");
    for index in 0..2000u32 {
        code += match index % 7 {
            0 => ">++",
            1 => "[->+>+++<<]",
            2 => ">.",
            3 => "[-]+++",
            4 => ">>[<]>",
            5 => "<.>",
            _ => "+>[->-<]",
        };
    }
    for width in CellWidth::ALL {
        let case = Case::new(&code, vec![7], Dialect::new(width, Eof::Same, 30_000));
        assert_eq!(case.reference.end, Ended::Finished);
        assert!(case.reference.output.len() > 500);
        for level in [Level::O1, Level::O2, Level::O3] {
            case.allows(&compile_and_run(&case, level)).unwrap();
        }
    }
}
