//! Generated programs: every level, every engine and built executables do what the reference does.
//!
//! `BFLLVM_CASES=N` runs N programs instead of the default.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bfllvm::baseline::{self, Count, Slotted};
use bfllvm::dialect::{CellWidth, Dialect, Eof};
use bfllvm::engine::llvm::LlvmTier;
use bfllvm::engine::policy::Policy;
use bfllvm::engine::{self, Engine};
use bfllvm::ir::{Kind, Op, Program, Shape, text, verify};
use bfllvm::level::{LEVELS, Level, Row, Start, WHILE_READING};
use bfllvm::llvm::emit::DebugInfo;
use bfllvm::llvm::jit;
use bfllvm::llvm::loader;
use bfllvm::opt::{PASSES, Pass};
use bfllvm::parse::{Bang, Granularity, Hash, Options, parse};
use bfllvm::reference::{Machine, MemoryIo, Status};
use bfllvm::runtime::console::{Console, Feed, Sink};
use bfllvm::runtime::execute::{Code, execute, host_functions};
use bfllvm::runtime::{End, Limits, tape};
use bfllvm::source::{Source, Span};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};

/// A program that does not end within so many commands is not followed further.
const STEPS: u64 = 20_000;

/// A run that takes so long hangs, however busy the machine is.
const HANGS: Duration = Duration::from_secs(300);

/// Programs that take no more are evaluated at once, whatever the budget.
const STEPS_EVALUATED: u64 = 1 << 13;

/// How far the long tape reaches beyond the real one on both sides, in cells; no program here gets further
/// within [`STEPS`].
const MARGIN: usize = 1 << 16;

/// Parts of programs: commands, and what people and compilers write with them.
fn program() -> impl Strategy<Value = String> {
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
    ];
    let tree = leaf.prop_recursive(4, 40, 6, |inner| {
        let body = prop::collection::vec(inner, 0..6).prop_map(|parts| parts.concat());
        prop_oneof![
            3 => body.clone().prop_map(|body| format!("[{body}]")),
            2 => body.clone().prop_map(|body| format!("[-{body}]")),
            1 => body.clone().prop_map(|body| format!("[{body}>]<")),
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

/// Division, counters that are reloaded, addition that carries, and a minimum.
const COUNTING: [&str; 8] = [
    "[->-[>+>>]>[+[-<+>]>+>>]<<<<<]",
    "[->-[>+>>]>[[-<+>]+>+>>]<<<<<]",
    "[->>+<-[>>>]>[[<+>-]>+>>]<<<<<]",
    "[->+>-[>+>>]>[+[-<+>]>+>>]<<<<<<]",
    "[>>>[-]+<<[>+>[-]<<-]>[<+>-]>[<<+++>>>+<-]<<-<-]",
    "[>>>>>[-]+<<[>+>[-]<<-]>[<+>-]>[<<<<[>+>+<<-]>[<+>-]>>>-]<<-<<<-]",
    "[->+[>+>+<<-]>>[<<+>>-]+<[>-<[-]]>[>+<-]<<<]",
    "[->[>+>+<<-]>>[<<+>>-]+<[>-<<->[-]]>[>+<<<<[-]>>>-]<<<]",
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

/// Programs that divide, compare and carry in the ways people write it: with other cells, mirrored, from any values and with
/// cells that should be 0 and are not.
fn counting_program() -> impl Strategy<Value = String> {
    let value = || (0..7usize).prop_map(|value| "+".repeat(value));
    let cells =
        prop::collection::vec(prop_oneof![2 => value(), 1 => Just("-".to_string()), 3 => Just(String::new())], 5);
    let first =
        prop_oneof![3 => Just(",".to_string()), 2 => (0..20usize).prop_map(|value| format!(",{}", "+".repeat(value)))];
    (prop::sample::select(&COUNTING), any::<bool>(), first, value(), cells, 0..8usize).prop_map(
        |(idiom, mirrored, first, second, cells, place)| {
            let parts: Vec<String> = [first, second].into_iter().chain(cells).collect();
            let code = format!("{}{}{idiom}{}", parts.join(">"), "<".repeat(parts.len() - 1), ".>".repeat(parts.len()));
            let turn = |command| match command {
                '<' => '>',
                '>' => '<',
                other => other,
            };
            let code: String = if mirrored { code.chars().map(turn).collect() } else { code };
            format!("{}{code}", ">".repeat(place))
        },
    )
}

fn dialect() -> impl Strategy<Value = Dialect> {
    let width = prop_oneof![4 => Just(CellWidth::W8), 1 => Just(CellWidth::W16), 1 => Just(CellWidth::W32), 1 => Just(CellWidth::W64)];
    let eof = prop_oneof![Just(Eof::Same), Just(Eof::Zero), Just(Eof::MinusOne)];
    // The shortest tape there is: a page.
    (width, eof).prop_map(|(width, eof)| Dialect::new(width, eof, 1))
}

/// Operations in their text form, also those that no pass makes of such programs; `W` cells away from the
/// beginning of the tape, and with a look at the cells around the pointer at the end.
fn operations() -> impl Strategy<Value = String> {
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
        3 => (cell(), cell(), value()).prop_map(|(target, source, factor)| format!("muladd [{target}] [{source}] {factor}\n")),
        2 => (cell(), cell(), value()).prop_map(|(target, source, factor)| format!("copy [{target}] [{source}] {factor}\n")),
        2 => (cell(), cell(), cell(), value()).prop_map(|(target, left, right, factor)| format!("product [{target}] [{left}] [{right}] {factor}\n")),
        2 => prop_oneof![-40i32..=-1, 1i32..=40].prop_map(|delta| format!("move {delta}\n")),
        2 => (cell(), stride()).prop_map(|(cell, stride)| format!("scan [{cell}] {stride}\n")),
        2 => (cell(), stride(), -2i32..=2, -2i32..=2).prop_map(|(cell, stride, leave, enter)| format!("walk [{cell}] {stride} {leave} {enter}\n")),
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

/// The operations as a program, values and factors wrapped to its width; those that are not well formed are left out.
fn assemble(operations: &str, width: CellWidth) -> Program {
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
            | Kind::Product { factor: value, .. } => *value &= width.mask(),
            _ => {}
        }
        let replacement = Kind::Output { cell: 0 };
        match op.kind {
            Kind::MulAdd { target, source, .. } | Kind::Copy { target, source, .. } if target == source => {
                op.kind = replacement
            }
            Kind::MulAdd { factor: 0, .. } | Kind::Copy { factor: 0, .. } | Kind::Product { factor: 0, .. } => {
                op.kind = replacement
            }
            Kind::Walk { leave: 0, enter: 0, .. } => op.kind = replacement,
            _ => {}
        }
    }
    assert_eq!(verify::verify(&program), Ok(()));
    program
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    end: Ended,
    output: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Finished,
    Faulted,
    /// It was still running.
    Unfinished,
}

/// A case: a program with its input, and what the definition of the language says of it.
struct Case {
    source: Source,
    dialect: Dialect,
    input: Vec<u8>,
    literal: Program,
    reference: Run,
    steps: u64,
    /// On a tape that is long enough on both sides.
    unbounded: Run,
}

impl Case {
    fn new(code: &str, input: Vec<u8>, dialect: Dialect) -> Case {
        let source = source(code);
        let literal = read(&source, &dialect, Granularity::Commands);
        let (reference, steps) = interpret(&literal, &dialect, &input);
        let unbounded = if reference.end == Ended::Faulted {
            let long = Dialect::new(dialect.width, dialect.eof, dialect.tape_cells() + 2 * MARGIN as u64);
            run_from(&literal, &long, &input, MARGIN as i64).0
        } else {
            reference.clone()
        };
        Case { source, dialect, input, literal, reference, steps, unbounded }
    }

    fn at(&self, level: Level) -> Program {
        let program = read(&self.source, &self.dialect, level.row().granularity);
        level.passes(Start::Ahead).fold(program, |program, pass| pass.apply(program))
    }

    /// Whether `run` is one that the contract allows (S5).
    fn allows(&self, run: &Run) -> Result<(), String> {
        let expected = match self.reference.end {
            Ended::Finished => run == &self.reference,
            Ended::Faulted => {
                // Where the longer run was not followed to its end, the optimised one may have got there.
                let ends_right =
                    run.end == Ended::Faulted || run == &self.unbounded || self.unbounded.end == Ended::Unfinished;
                ends_right && run.output.starts_with(&self.reference.output) && {
                    let (shorter, longer) = if run.output.len() < self.unbounded.output.len() {
                        (&run.output, &self.unbounded.output)
                    } else {
                        (&self.unbounded.output, &run.output)
                    };
                    longer.starts_with(shorter)
                }
            }
            Ended::Unfinished => {
                run.output.starts_with(&self.reference.output) || self.reference.output.starts_with(&run.output)
            }
        };
        if expected {
            return Ok(());
        }
        let mut message = format!("got {run:?}\nreference {:?}", self.reference);
        if self.reference.end == Ended::Faulted {
            let _ = write!(message, "\non a longer tape {:?}", self.unbounded);
        }
        Err(message)
    }
}

fn source(code: &str) -> Source {
    Source::new("case.bf", code.as_bytes().to_vec()).unwrap()
}

fn read(source: &Source, dialect: &Dialect, granularity: Granularity) -> Program {
    let options = Options { width: dialect.width, granularity, hash: Hash::Comment, bang: Bang::Comment };
    parse(source, &options).unwrap().program
}

fn interpret(program: &Program, dialect: &Dialect, input: &[u8]) -> (Run, u64) {
    run_from(program, dialect, input, 0)
}

/// With the pointer at `cell`.
fn run_from(program: &Program, dialect: &Dialect, input: &[u8], cell: i64) -> (Run, u64) {
    let mut machine = Machine::new(program, dialect).starting_at(cell);
    let mut io = MemoryIo { input, ..MemoryIo::default() };
    let end = match machine.run(&mut io, STEPS) {
        Status::Finished | Status::Arrived => Ended::Finished,
        Status::Fault { .. } => Ended::Faulted,
        Status::Paused | Status::Halted | Status::OutOfMemory => Ended::Unfinished,
    };
    (Run { end, output: io.output }, machine.steps())
}

/// Through LLVM.
fn compile_and_run(case: &Case, level: Level) -> Run {
    let program = case.at(level);
    let llvm = loader::load().unwrap();
    let host = host_functions();
    jit::with_code(llvm, &program, &case.source, &case.dialect, level, &host, |code| {
        let code =
            Code { entry: code.entry, faults: &code.regions, guard_bytes: tape::guard_bytes(&program), heat: None };
        // SAFETY: the code was just made for this dialect, the guards for this program.
        unsafe { run_code(&code, &case.dialect, &case.input) }
    })
    .unwrap()
}

/// Through the template JIT.
fn translate_and_run(program: &Program, source: &Source, dialect: &Dialect, input: &[u8]) -> Run {
    let code = baseline::compile(program, source, dialect, &host_functions(), Slotted::NONE).unwrap();
    let faults = code.faults(program, source);
    let code = Code { entry: code.entry(), faults: &faults, guard_bytes: tape::guard_bytes(program), heat: None };
    // SAFETY: as above.
    unsafe { run_code(&code, dialect, input) }
}

/// Through the template JIT, from which LLVM takes over as `policy` says.
fn run_tiered(program: Program, source: Source, dialect: &Dialect, input: &[u8], level: Level, policy: Policy) -> Run {
    let (program, source, host) = (Arc::new(program), Arc::new(source), host_functions());
    let loops = program.loops(1);
    let slots = engine::slots(&loops);
    let slotted = Slotted { loops: &loops, slots: slots.as_ptr() as usize };
    let code = baseline::compile(&program, &source, dialect, &host, slotted).unwrap();
    let debug = DebugInfo::None;
    let tier = LlvmTier {
        program: Arc::clone(&program),
        source: Arc::clone(&source),
        dialect: *dialect,
        level,
        debug,
        host,
        perf_map: None,
    };
    let engine = Engine::new(loops, code.targets().collect(), slots, policy, Box::new(tier));
    let baseline_faults = code.faults(&program, &source);
    let faults = engine.faults(&baseline_faults);
    let guard_bytes = tape::guard_bytes(&program);
    let run = Code { entry: code.entry(), faults: &faults, guard_bytes, heat: Some(&engine) };
    // SAFETY: as above.
    let run = unsafe { run_code(&run, dialect, input) };
    let report = engine.report();
    assert_eq!(report.failure, None);
    assert!(report.events.iter().all(|event| event.outcome.is_ok()), "{report:?}");
    run
}

/// # Safety
/// The code was made for this dialect, the guards for its program.
unsafe fn run_code(code: &Code, dialect: &Dialect, input: &[u8]) -> Run {
    let console = Console::new(Feed::Memory(input.to_vec()), Sink::Memory(Vec::new()), None);
    let limits = Limits { time: Some(HANGS) };
    // SAFETY: as required of the caller.
    let (end, transcript) = unsafe { execute(code, dialect, console, &limits) }.unwrap();
    let end = match end {
        End::Finished => Ended::Finished,
        End::TapeFault(_) => Ended::Faulted,
        End::Timeout => Ended::Unfinished,
        other => panic!("{other:?}"),
    };
    Run { end, output: transcript.output }
}

/// Builds an executable with the command line tool and runs it.
fn build_and_run(case: &Case, level: Level, io: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let (program, executable) = (folder.path().join("case.bf"), folder.path().join("case"));
    std::fs::write(&program, case.source.bytes()).unwrap();
    let eof = match case.dialect.eof {
        Eof::Same => "same",
        Eof::Zero => "0",
        Eof::MinusOne => "-1",
    };
    let built = Command::new(env!("CARGO_BIN_EXE_bfllvm"))
        .args(["build", "--no-warnings", "--tape=1", "--io", io, &level.to_string(), &format!("--eof={eof}")])
        .arg(format!("--cells={}", case.dialect.width.bits()))
        .arg(&program)
        .arg("-o")
        .arg(&executable)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let mut child =
        Command::new(&executable).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The program may end without reading its input.
    let _ = child.stdin.take().unwrap().write_all(&case.input);
    let outcome = child.wait_with_output().unwrap();
    let end = match outcome.status.code() {
        Some(0) => Ended::Finished,
        Some(3) => Ended::Faulted,
        other => panic!("{other:?}: {}", String::from_utf8_lossy(&outcome.stderr)),
    };
    Run { end, output: outcome.stdout }
}

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

    /// Every pass of the table, alone: well formed, idempotent, and right.
    #[test]
    fn every_pass_keeps_the_meaning(code in prop_oneof![4 => program(), 1 => counting_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
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
                prop_assert!(steps <= case.steps, "{} makes the program longer to run", pass.name);
            }
            // A count comes on top of its loop.
            let counts = after.ops.iter().filter(|op| matches!(op.kind, Kind::Count(_))).count();
            prop_assert!(after.ops.len() - counts <= case.literal.ops.len(), "{} makes the program longer", pass.name);
            // Evaluation ends after so many steps, and would go on if it began anew.
            if pass.name.starts_with("evaluate") && case.steps > STEPS_EVALUATED {
                continue;
            }
            // Unless it knows that it was there before.
            let again = pass.apply(Program { shape: Shape::ANY, ..after.clone() });
            prop_assert!(is_same(&again, &after), "{} twice\n{}", pass.name, text::print(&again, None));
        }
    }

    /// All passes of a level, in the reference interpreter.
    #[test]
    fn every_level_keeps_the_meaning(code in prop_oneof![4 => program(), 1 => counting_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
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
            if case.reference.end == Ended::Finished {
                prop_assert!(steps <= case.steps);
            }
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
    fn the_text_form_is_complete(code in prop_oneof![2 => program(), 1 => counting_program()], dialect in dialect()) {
        let printed = text::print(&Case::new(&code, Vec::new(), dialect).at(Level::O2), None);
        prop_assert_eq!(text::print(&text::parse(&printed).unwrap(), None), printed);
    }
}

proptest! {
    #![proptest_config(config(250))]

    /// Compiled code, at every level.
    #[test]
    fn compiled_code_keeps_the_meaning(code in prop_oneof![3 => program(), 1 => counting_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
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
    #![proptest_config(config(3000))]

    /// Code of the template JIT: from the operations of the levels, which differ in their passes.
    #[test]
    fn baseline_code_keeps_the_meaning(code in prop_oneof![2 => program(), 1 => counting_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
        let case = Case::new(&code, input, dialect);
        prop_assume!(case.reference.end != Ended::Unfinished && case.unbounded.end != Ended::Unfinished);
        for level in [Level::O0, Level::O2] {
            let run = translate_and_run(&case.at(level), &case.source, &case.dialect, &case.input);
            if let Err(message) = case.allows(&run) {
                return Err(TestCaseError::fail(format!("{level}: {message}")));
            }
        }
    }

    /// The template JIT moves no access: what it makes of any operations does exactly what they say.
    #[test]
    fn baseline_code_is_exact(operations in operations(), input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
        let program = assemble(&operations, dialect.width);
        let (expected, _) = interpret(&program, &dialect, &input);
        prop_assume!(expected.end != Ended::Unfinished);
        prop_assert_eq!(translate_and_run(&program, &source(""), &dialect, &input), expected);
    }

    /// Code that counts does exactly what the operations say as well, and counts what the reference does.
    #[test]
    fn counting_code_is_exact(operations in operations(), input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect()) {
        let program = assemble(&operations, dialect.width);
        let (expected, _) = interpret(&program, &dialect, &input);
        prop_assume!(expected.end != Ended::Unfinished);
        let source = source("");
        let code = baseline::compile_counting(&program, &source, &dialect, &host_functions()).unwrap();
        let faults = code.faults(&program, &source);
        let run = Code { entry: code.entry(), faults: &faults, guard_bytes: tape::guard_bytes(&program), heat: None };
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
        status = machine.run(&mut io, 1);
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

    /// LLVM takes over loops at any passage of their heads.
    #[test]
    fn tiered_code_keeps_the_meaning(code in prop_oneof![3 => program(), 1 => counting_program()], input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect(), seed in any::<u64>()) {
        // Behind the input nothing is evaluated beforehand, and few loops are never reached.
        let code = format!(",+>+++>++<<{code}");
        let case = Case::new(&code, input, dialect);
        prop_assume!(case.reference.end != Ended::Unfinished && case.unbounded.end != Ended::Unfinished);
        for (level, policy) in [(Level::O0, Policy::at_random(seed)), (Level::O2, Policy::at_random(seed)), (Level::O2, Policy::at_once())] {
            let run = run_tiered(case.at(level), source(&code), &case.dialect, &case.input, level, policy);
            if let Err(message) = case.allows(&run) {
                return Err(TestCaseError::fail(format!("{level} {policy:?}: {message}")));
            }
        }
    }

    /// Also for operations that no pass makes of such programs.
    #[test]
    fn tiered_code_does_what_the_operations_say(operations in operations(), input in prop::collection::vec(any::<u8>(), 0..4), dialect in dialect(), seed in any::<u64>()) {
        let program = assemble(&operations, dialect.width);
        let (expected, _) = interpret(&program, &dialect, &input);
        // LLVM may exchange accesses, and so fault with more or less done.
        prop_assume!(expected.end == Ended::Finished);
        let run = run_tiered(program, source(""), &dialect, &input, Level::O2, Policy::at_random(seed));
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
    let run = run_tiered(program, source(""), &dialect, &[1], Level::O2, Policy::at_once());
    assert_eq!(run, Run { end: Ended::Finished, output: vec![0] });
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
        let run = compile_and_run(&case, Level::O2);
        assert_eq!(run, case.reference, "{width:?} {stride} {leave} {enter}");
    }
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
                            let run = compile_and_run(&case, Level::O2);
                            assert_eq!(run, case.reference, "{width:?} {stride} {leave} {enter} {steps}: {code}");
                        }
                    }
                }
            }
        }
    }
}

/// Every program of up to so many commands, with an input of one byte. `BFLLVM_EXHAUSTIVE=8` goes further: each
/// command more takes about seven times as long.
#[test]
fn short_programs_keep_their_meaning() {
    const COMMANDS: &[u8; 8] = b"+-<>.,[]";
    let longest = std::env::var("BFLLVM_EXHAUSTIVE").ok().and_then(|length| length.parse().ok()).unwrap_or(7);
    let dialect = Dialect::new(CellWidth::W8, Eof::Same, 1);
    let mut programs = 0u64;
    // A program is a number whose digits are its commands.
    for length in 0..=longest {
        let mut code = vec![0u8; length];
        for number in 0..8u64.pow(length as u32) {
            let mut depth = 0i32;
            let mut rest = number;
            for place in &mut code {
                *place = COMMANDS[(rest % 8) as usize];
                rest /= 8;
                depth += i32::from(*place == b'[') - i32::from(*place == b']');
                if depth < 0 {
                    break;
                }
            }
            if depth != 0 {
                continue;
            }
            programs += 1;
            let text = std::str::from_utf8(&code).unwrap();
            check_passes(text, dialect);
        }
    }
    assert!(programs > 400_000 || longest < 7, "{programs}");
}

/// All passes, in the reference interpreter, with few steps, also beforehand: short programs end soon or never.
fn check_passes(code: &str, dialect: Dialect) {
    const FEW_STEPS: u64 = 3000;
    let source = source(code);
    let run = |program: &Program| {
        let mut machine = Machine::new(program, &dialect);
        let mut io = MemoryIo { input: b"\x03", ..MemoryIo::default() };
        let status = machine.run(&mut io, FEW_STEPS);
        (status, io.output)
    };
    let (reference, expected) = run(&read(&source, &dialect, Granularity::Commands));
    let program = read(&source, &dialect, Granularity::Folded);
    let program = Level::O2.passes(Start::AtOnce).fold(program, |program, pass| pass.apply(program));
    let (status, output) = run(&program);
    let agrees = match reference {
        Status::Finished => status == Status::Finished && output == expected,
        // Later, or not at all; never with less output.
        Status::Fault { .. } => output.starts_with(&expected),
        // The optimised program is further by now, at the most, unless the other one ends after all.
        _ => output.starts_with(&expected) && (status != Status::Finished || ends_late(code, dialect)),
    };
    assert!(
        agrees,
        "{code}: {reference:?} {expected:?}, optimised {status:?} {output:?}\n{}",
        text::print(&program, None)
    );
}

/// Whether a program ends that [`check_passes`] has too few steps for.
fn ends_late(code: &str, dialect: Dialect) -> bool {
    let program = read(&source(code), &dialect, Granularity::Commands);
    let mut machine = Machine::new(&program, &dialect);
    let mut io = MemoryIo { input: b"\x03", ..MemoryIo::default() };
    machine.run(&mut io, 1_000_000) == Status::Finished
}
