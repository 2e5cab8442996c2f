//! `verify` finds what is deliberately broken: a pass, the code of an engine, a pass of LLVM's.
//!
//! The tool hands [`bfllvm::verify::verify`] a runner that starts processes. Here it is one that runs everything in this
//! process, with another step among the level's, or with an engine that does something else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bfllvm::baseline::{self, Slotted};
use bfllvm::dialect::{CellWidth, Dialect, Eof};
use bfllvm::ir::{Kind, Op, Program};
use bfllvm::level::{Level, Start};
use bfllvm::llvm::{jit, loader};
use bfllvm::parse::{Bang, Granularity, Hash, Options, parse};
use bfllvm::reference::{Machine, MemoryIo, Status};
use bfllvm::report::verify::{Result as Overall, diagnostics, json, table};
use bfllvm::runtime::console::{Console, Feed, Sink};
use bfllvm::runtime::execute::{Code, execute, host_functions};
use bfllvm::runtime::{End, Limits, tape};
use bfllvm::source::Source;
use bfllvm::verify::base::{Base, Case, Cut};
use bfllvm::verify::blame::{Culprit, Llvm};
use bfllvm::verify::{
    Attempt, Bounds, Engine, Finish, Outcome, Problem, Row, Run, Runner, Verdict, candidates, verify,
};

const BOUNDS: Bounds =
    Bounds { time: Duration::from_secs(100), compiling: Duration::ZERO, steps: 1_000_000, output: 1000 };

/// Prints its input with 3 added to each byte, then a text.
const CODE: &str = ",\n[>+++<[->+<]>.[-]<,]\n++++++++[>++++++++<-]>+.+.";

/// Evaluates the beginning; in code that runs at once, for the second time too.
const AT_ONCE_PASS: &str = "evaluate-start";

type Step = fn(Program) -> Program;

/// What is broken, if anything.
#[derive(Clone, Copy)]
enum Broken {
    Nothing,
    /// This step is done as the `number`-th.
    Stage {
        number: usize,
        step: Step,
    },
    /// This step is done behind the pass that only code has which runs at once.
    AtOnce(Step),
    /// The engine runs something else.
    Engine(Engine, Step),
    /// LLVM's compilations go wrong from its `number`-th pass on.
    LlvmPass {
        number: u32,
    },
}

struct Here {
    source: Source,
    dialect: Dialect,
    input: Vec<u8>,
    broken: Broken,
}

impl Here {
    fn new(code: &str, input: &[u8], broken: Broken) -> Here {
        let source = Source::new("prog.bf", code.as_bytes().to_vec()).unwrap();
        let dialect = Dialect::new(CellWidth::W8, Eof::Zero, 1);
        Here { source, dialect, input: input.to_vec(), broken }
    }

    fn read(&self, granularity: Granularity) -> Program {
        let options = Options { width: self.dialect.width, granularity, hash: Hash::Comment, bang: Bang::Comment };
        parse(&self.source, &options).unwrap().program
    }

    /// The level's own steps: reading, and its passes.
    fn own_stages(level: Level, start: Start) -> Vec<String> {
        let reading = (level != Level::O0).then(|| "reading".to_owned());
        reading.into_iter().chain(level.passes(start).map(|pass| pass.name.to_owned())).collect()
    }

    fn program(&self, attempt: &Attempt) -> Program {
        let mut names = self.stages(attempt.level, attempt.start);
        names.truncate(attempt.stages);
        let mut passes = attempt.level.passes(attempt.start);
        let mut program = self.read(Granularity::Commands);
        let ahead = Here::own_stages(attempt.level, Start::Ahead);
        for (number, name) in names.iter().enumerate() {
            program = match (name.as_str(), self.broken) {
                ("broken", Broken::Stage { step, .. }) => step(program),
                ("reading", _) => self.read(Granularity::Folded),
                (_, Broken::AtOnce(step)) if ahead.get(number) != Some(name) => {
                    step(passes.next().expect("this one").apply(program))
                }
                _ => passes.next().expect("as many as there are names").apply(program),
            };
        }
        match self.broken {
            Broken::Engine(engine, step) if engine == attempt.engine => step(program),
            Broken::LlvmPass { number }
                if attempt.engine == Engine::Llvm && attempt.llvm_passes.is_none_or(|passes| passes >= number) =>
            {
                wrong_bytes(program)
            }
            _ => program,
        }
    }

    fn interpret(&self, program: &Program, bounds: &Bounds) -> Run {
        let mut machine = Machine::new(program, &self.dialect);
        let mut io = MemoryIo { input: &self.input, max_output: bounds.output, ..MemoryIo::default() };
        let finish = match machine.run(&mut io, bounds.steps) {
            Status::Finished | Status::Arrived => Finish::Ended,
            Status::Fault { cell, .. } => Finish::Faulted { cell },
            Status::Paused | Status::Halted | Status::OutOfMemory => Finish::CutOff,
        };
        Run { finish, output: io.output }
    }

    fn execute(&self, attempt: &Attempt, program: &Program, bounds: &Bounds) -> Run {
        let (host, guard_bytes) = (host_functions(), tape::guard_bytes(program));
        let run = |code: &Code<'_>| {
            let sink = Sink::Memory(Vec::new());
            let console = Console::new(Feed::Memory(self.input.clone()), sink, Some(bounds.output as u64));
            let limits = Limits { time: Some(bounds.time) };
            // SAFETY: the code was just made for this dialect, the guards for this program.
            let (end, transcript) = unsafe { execute(code, &self.dialect, console, &limits) }.unwrap();
            let finish = match end {
                End::Finished => Finish::Ended,
                End::TapeFault(fault) => Finish::Faulted { cell: fault.cell },
                _ => Finish::CutOff,
            };
            Run { finish, output: transcript.output }
        };
        if attempt.engine == Engine::Llvm {
            let (llvm, level) = (loader::load().unwrap(), attempt.level);
            return jit::with_code(llvm, program, &self.source, &self.dialect, level, &host, |code| {
                run(&Code { entry: code.entry, faults: &code.regions, guard_bytes, heat: None, linker: None })
            })
            .unwrap();
        }
        let code = baseline::compile(program, &self.source, &self.dialect, &host, Slotted::NONE).unwrap();
        let faults = code.faults(program, &self.source);
        run(&Code { entry: code.entry(), faults: &faults, guard_bytes, heat: None, linker: None })
    }

    /// The reference's run and what is found out about all engines that run here.
    fn verify<T>(&self, levels: &[Level], look: impl FnOnce(&Base<'_>, &[Row]) -> T) -> T {
        let program = self.read(Granularity::Commands);
        let base = Base::new(Case { program: &program, dialect: self.dialect, input: &self.input }, &BOUNDS);
        let candidates = candidates(&[Engine::Reference, Engine::Baseline, Engine::Llvm], levels, self);
        look(&base, &verify(&base, candidates, &BOUNDS, self, 2, &|_| ()))
    }
}

impl Runner for Here {
    fn run(&self, attempt: &Attempt, bounds: &Bounds) -> Outcome {
        let run = || {
            let program = self.program(attempt);
            match attempt.engine {
                Engine::Reference => self.interpret(&program, bounds),
                Engine::Baseline | Engine::Llvm => self.execute(attempt, &program, bounds),
                Engine::TieredAtOnce | Engine::TieredAtRandom => unreachable!("not asked for"),
            }
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(run) => Outcome::Ran(run),
            Err(panic) => Outcome::Broken(panic.downcast_ref::<&str>().unwrap_or(&"panicked").to_string()),
        }
    }

    fn stages(&self, level: Level, start: Start) -> Vec<String> {
        let mut stages = Here::own_stages(level, start);
        if let Broken::Stage { number, .. } = self.broken
            && level != Level::O0
        {
            stages.insert(number - 1, "broken".into());
        }
        stages
    }

    fn llvm_passes(&self, _: &Attempt, _: &Bounds) -> Vec<String> {
        match self.broken {
            Broken::LlvmPass { .. } => (1..=9).map(|number| format!("LLVM's {number}")).collect(),
            Broken::Nothing | Broken::Stage { .. } | Broken::AtOnce(_) | Broken::Engine(..) => Vec::new(),
        }
    }
}

/// The program with every operation changed that `change` wants to.
fn changed(mut program: Program, change: impl Fn(&mut Op)) -> Program {
    program.ops.iter_mut().for_each(change);
    program
}

/// Prints the cell on the right of the one that should be printed, and texts that are off by one.
fn wrong_bytes(mut program: Program) -> Program {
    program.text.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
    changed(program, |op| {
        if let Kind::Output { cell } = &mut op.kind {
            *cell += 1;
        }
    })
}

/// Takes every addition of 3 for one of 4.
fn wrong_sums(program: Program) -> Program {
    changed(program, |op| {
        if let Kind::Add { delta, .. } | Kind::MulAdd { factor: delta, .. } = &mut op.kind
            && *delta == 3
        {
            *delta = 4;
        }
    })
}

/// Ends the program where a loop begins.
fn ends_early(mut program: Program) -> Program {
    let is_loop = |op: &Op| matches!(op.kind, Kind::Loop { .. });
    program.ops.truncate(program.ops.iter().position(is_loop).unwrap_or(program.ops.len()));
    program
}

fn panics(_: Program) -> Program {
    panic!("a pass that panics")
}

fn is_wrong(row: &Row) -> bool {
    matches!(row.verdict, Verdict::Wrong { .. })
}

fn culprit(row: &Row) -> &Culprit {
    let Verdict::Wrong { culprit, .. } = &row.verdict else { panic!("{row:?}") };
    culprit
}

#[test]
fn what_is_not_broken_is_the_same() {
    let levels = [Level::O0, Level::O1, Level::O2, Level::Oz];
    Here::new(CODE, b"abc", Broken::Nothing).verify(&levels, |base, rows| {
        assert_eq!(base.run, Run { finish: Finish::Ended, output: b"defAB".to_vec() });
        // The passes are the same at all levels but -O0, which the reference has run already.
        let of = |row: &Row| (row.candidate.engine, row.candidate.start, row.candidate.levels.len());
        let found: Vec<_> = rows.iter().map(of).collect();
        let mut expected = vec![(Engine::Reference, Start::Ahead, 3), (Engine::Reference, Start::AtOnce, 3)];
        expected.extend([(Engine::Baseline, Start::AtOnce, 1), (Engine::Baseline, Start::AtOnce, 3)]);
        expected.extend([(Engine::Llvm, Start::Ahead, 1); 4]);
        assert_eq!(found, expected);
        assert!(rows.iter().all(|row| row.verdict == Verdict::Same), "{rows:?}");
        assert_eq!(Overall::of(rows), Overall::Same);
        assert!(diagnostics(rows).is_empty());
    });
}

#[test]
fn a_broken_pass_is_found_wherever_it_stands() {
    let of = Here::own_stages(Level::O2, Start::Ahead).len() + 1;
    for number in 2..=of {
        let here = Here::new(CODE, b"abc", Broken::Stage { number, step: wrong_bytes });
        here.verify(&[Level::O0, Level::O2], |_, rows| {
            let wrong: Vec<_> = rows.iter().filter(|row| is_wrong(row)).collect();
            assert_eq!(wrong.len(), 4, "{rows:?}");
            for row in wrong {
                assert_eq!(row.candidate.levels, [Level::O2]);
                assert_eq!(culprit(row), &Culprit::Stage { name: "broken".into(), number, of }, "{row:?}");
            }
            assert_eq!(Overall::of(rows), Overall::Wrong);
        });
    }
}

#[test]
fn the_passes_of_code_that_runs_at_once_are_looked_at_too() {
    // What the pass for this evaluates ends at the first input.
    let code = "++++++++[>++++++++<-]>+.,.";
    let stages = Here::own_stages(Level::O2, Start::AtOnce);
    let place = stages.iter().rposition(|name| name == AT_ONCE_PASS).expect("the level has it");
    Here::new(code, b"x", Broken::AtOnce(wrong_bytes)).verify(&[Level::O0, Level::O2], |base, rows| {
        assert_eq!(base.run.output, b"Ax");
        for row in rows {
            let is_suspect = row.candidate.start == Start::AtOnce && row.candidate.levels == [Level::O2];
            assert_eq!(is_wrong(row), is_suspect, "{row:?}");
            if is_suspect {
                let name = AT_ONCE_PASS.to_owned();
                assert_eq!(culprit(row), &Culprit::Stage { name, number: place + 1, of: stages.len() });
            }
        }
        assert_eq!(rows.iter().filter(|row| is_wrong(row)).count(), 2, "the interpreter and the baseline: {rows:?}");
    });
}

#[test]
fn the_first_wrong_byte_is_shown_in_the_source() {
    // The first number that it changes is behind two bytes that are right.
    let code = "++.>\n+++++.>,+++.";
    let here = Here::new(code, b"A", Broken::Stage { number: 2, step: wrong_sums });
    here.verify(&[Level::O1], |base, rows| {
        let Verdict::Wrong { problem: Problem::Different(difference, Some(place)), .. } = &rows[0].verdict else {
            panic!("{rows:?}")
        };
        assert_eq!((difference.byte, difference.expected, difference.got), (2, Some(b'D'), Some(b'E')));
        assert_eq!((place.span.start, place.steps), (16, 15));

        let [message] = &diagnostics(rows)[..] else { panic!("one for all engines") };
        assert_eq!(message.span, Some(place.span));
        assert_eq!(
            message.message,
            "reference -O1, baseline -O1, llvm -O1: byte 2 of the output is 69 `E`; it should be 68 `D`"
        );
        assert_eq!(message.label, "prints byte 2, after 15 steps");
        let of = Here::own_stages(Level::O1, Start::Ahead).len() + 1;
        let help = message.help.as_deref().unwrap();
        assert!(help.starts_with(&format!("what makes it wrong is broken, step 2 of {of};")), "{help}");

        assert!(
            table(base, rows).contains("\nllvm       ahead    -O1     DIFFERENT at byte 2\n"),
            "{}",
            table(base, rows)
        );
        let value: serde_json::Value = serde_json::from_str(&json(base, rows, &here.source)).unwrap();
        assert_eq!((&value["result"], &value["reference"]["bytes"]), (&"wrong".into(), &3.into()));
        let candidate = &value["candidates"][0];
        assert_eq!((&candidate["engine"], &candidate["result"]), (&"reference".into(), &"different".into()));
        let (difference, place) = (&candidate["difference"], &candidate["difference"]["place"]);
        assert_eq!([&difference["byte"], &difference["expected"], &difference["got"]], [2, 68, 69]);
        assert_eq!([&place["line"], &place["column"], &place["step"]], [2, 12, 15]);
        let culprit = serde_json::json!({ "kind": "stage", "name": "broken", "number": 2, "of": of });
        assert_eq!(candidate["culprit"], culprit);
    });
}

#[test]
fn what_ends_a_program_that_never_does_is_found() {
    let of = Here::own_stages(Level::O2, Start::Ahead).len() + 1;
    let here = Here::new(",.[>+<]", b"a", Broken::Stage { number: 2, step: ends_early });
    here.verify(&[Level::O2], |base, rows| {
        assert_eq!((base.cut, &base.run.output[..]), (Some(Cut::Endless), &b"a"[..]));
        for row in rows {
            assert_eq!(culprit(row), &Culprit::Stage { name: "broken".into(), number: 2, of }, "{row:?}");
        }
    });
}

#[test]
fn a_pass_that_panics_is_found_too() {
    let here = Here::new(CODE, b"abc", Broken::Stage { number: 7, step: panics });
    here.verify(&[Level::O2], |_, rows| {
        for row in rows {
            let Verdict::Wrong { problem: Problem::Broken(why), culprit } = &row.verdict else { panic!("{row:?}") };
            assert_eq!(why, "a pass that panics");
            assert!(matches!(culprit, Culprit::Stage { name, number: 7, .. } if name == "broken"), "{culprit:?}");
        }
    });
}

#[test]
fn an_engine_is_to_blame_if_no_pass_is() {
    for engine in [Engine::Baseline, Engine::Llvm] {
        let here = Here::new(CODE, b"abc", Broken::Engine(engine, wrong_bytes));
        here.verify(&[Level::O0, Level::O2], |_, rows| {
            for row in rows {
                assert_eq!(is_wrong(row), row.candidate.engine == engine, "{row:?}");
                if is_wrong(row) {
                    assert_eq!(culprit(row), &Culprit::Engine { engine, llvm: Llvm::Unknown });
                }
            }
        });
    }
}

#[test]
fn a_pass_of_llvms_is_found() {
    for number in 1..=9 {
        let here = Here::new(CODE, b"abc", Broken::LlvmPass { number });
        here.verify(&[Level::O3], |_, rows| {
            let (number, name) = (number as usize, format!("LLVM's {number}"));
            let llvm = Llvm::Pass { name, number, of: 9 };
            let culprits: Vec<_> = rows.iter().filter(|row| is_wrong(row)).map(culprit).collect();
            assert_eq!(culprits, [&Culprit::Engine { engine: Engine::Llvm, llvm }]);
        });
    }
    let here = Here::new(CODE, b"abc", Broken::LlvmPass { number: 0 });
    here.verify(&[Level::O3], |_, rows| {
        let llvm = Culprit::Engine { engine: Engine::Llvm, llvm: Llvm::Innocent };
        assert_eq!(culprit(rows.last().unwrap()), &llvm);
    });
}

#[test]
fn a_fault_is_compared_as_the_contract_has_it() {
    // Moves what it adds, and so a fault, to another cell.
    fn elsewhere(program: Program) -> Program {
        changed(program, |op| {
            if let Kind::Add { cell, .. } = &mut op.kind {
                *cell -= 200;
            }
        })
    }
    let code = "+++.>++.<<+.";
    Here::new(code, b"", Broken::Nothing).verify(&[Level::O0, Level::O2], |base, rows| {
        assert_eq!(base.run.finish, Finish::Faulted { cell: -1 });
        assert!(rows.iter().all(|row| row.verdict == Verdict::Same), "{rows:?}");
    });
    let here = Here::new(code, b"", Broken::Engine(Engine::Baseline, elsewhere));
    here.verify(&[Level::O0], |_, rows| {
        let Verdict::Wrong { problem: Problem::Different(difference, place), .. } = &rows[0].verdict else {
            panic!("{rows:?}")
        };
        assert_eq!((difference.byte, difference.expected, difference.got), (0, Some(3), None));
        assert_eq!(difference.finishes.1, Finish::Faulted { cell: -200 });
        assert_eq!(place.map(|place| place.span.start), Some(3));
    });
}

#[test]
fn a_run_that_is_cut_off_is_compared_as_far_as_it_was_followed() {
    let here = Here::new("+[.+]", b"", Broken::Nothing);
    let bounds = Bounds { steps: 1000, ..BOUNDS };
    let program = here.read(Granularity::Commands);
    let base = Base::new(Case { program: &program, dialect: here.dialect, input: b"" }, &bounds);
    // It ends where 255 wraps around.
    assert_eq!((base.run.finish, base.run.output.len()), (Finish::Ended, 255));
    let bounds = Bounds { steps: 100, ..BOUNDS };
    let base = Base::new(Case { program: &program, dialect: here.dialect, input: b"" }, &bounds);
    let bytes = base.run.output.len();
    assert!((30..40).contains(&bytes), "{bytes}");
    let rows = verify(&base, candidates(&[Engine::Baseline], &[Level::O2], &here), &bounds, &here, 1, &|_| ());
    assert_eq!(rows[0].verdict, Verdict::SoFar { bytes });
    assert_eq!(Overall::of(&rows), Overall::Same);
    // A candidate that does not get as far is nothing that was verified.
    struct Slow(Here);
    impl Runner for Slow {
        fn run(&self, _: &Attempt, _: &Bounds) -> Outcome {
            Outcome::Ran(Run { finish: Finish::CutOff, output: vec![1, 2, 3] })
        }
        fn stages(&self, level: Level, start: Start) -> Vec<String> {
            self.0.stages(level, start)
        }
        fn llvm_passes(&self, attempt: &Attempt, bounds: &Bounds) -> Vec<String> {
            self.0.llvm_passes(attempt, bounds)
        }
    }
    let slow = Slow(here);
    let rows = verify(&base, candidates(&[Engine::Baseline], &[Level::O2], &slow), &bounds, &slow, 1, &|_| ());
    assert_eq!(rows[0].verdict, Verdict::Behind { bytes: 3 });
    assert_eq!(Overall::of(&rows), Overall::Incomplete);
}
