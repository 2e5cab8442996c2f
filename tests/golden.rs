//! The examples print what they should, at every level and as executables.
//!
//! Expected outputs come from the generator's arithmetic, never from an engine.

mod support;

use std::path::{Path, PathBuf};

use support::{Outcome, Workspace};

/// An example: the program, its input, what it prints.
struct Example {
    program: PathBuf,
    input: Vec<u8>,
    expected: Vec<u8>,
}

fn examples() -> Vec<Example> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut programs: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "bf"))
        .collect();
    programs.sort();
    assert!(programs.len() >= 15, "the examples are there");
    programs
        .into_iter()
        .map(|program| Example {
            input: std::fs::read(program.with_extension("in")).unwrap_or_default(),
            expected: std::fs::read(program.with_extension("out")).unwrap(),
            program,
        })
        .collect()
}

impl Example {
    fn check(&self, how: &str, outcome: &Outcome) {
        let name = self.program.display();
        assert_eq!(outcome.status.code(), Some(0), "{name} {how}: {}", outcome.stderr);
        assert!(outcome.stdout == self.expected, "{name} {how} prints something else");
    }

    fn runs(&self, option: &str) {
        let program = self.program.to_str().unwrap();
        self.check(option, &Workspace::new().bfllvm(["run", option, program]).run(&self.input));
    }

    fn runs_built(&self, option: &str) {
        let (workspace, program) = (Workspace::new(), self.program.to_str().unwrap());
        workspace.bfllvm(["build", option, program, "-o", "prog"]).run("").ends(0);
        self.check(option, &workspace.executable("prog").run(&self.input));
    }
}

#[test]
fn examples_run_unoptimised() {
    examples().iter().for_each(|example| example.runs("-O0"));
}

#[test]
fn examples_run_at_o1() {
    examples().iter().for_each(|example| example.runs("-O1"));
}

#[test]
fn examples_run_at_o2() {
    examples().iter().for_each(|example| example.runs("-O2"));
}

/// LLVM takes over every loop, at the first passage of its head and at a later one.
#[test]
fn examples_run_whenever_loops_are_taken_over() {
    let is_small = |example: &&Example| example.program.metadata().unwrap().len() < 1 << 20;
    for example in examples().iter().filter(is_small) {
        ["--tier-threshold=0", "--tier-seed=1", "--tier-seed=2"].iter().for_each(|option| example.runs(option));
    }
}

/// Given up at once, on the way, or not at all.
#[test]
fn examples_run_however_long_they_are_tried_out() {
    for example in examples() {
        ["--tier-trial=1", "--tier-trial=300", "--tier-trial=3000"].iter().for_each(|option| example.runs(option));
    }
}

#[test]
fn examples_run_in_llvm() {
    examples().iter().for_each(|example| example.runs("--engine=llvm"));
}

#[test]
fn examples_run_in_the_baseline() {
    examples().iter().for_each(|example| example.runs("--engine=baseline"));
}

/// The levels whose pipelines are LLVM's own; the program of over a megabyte would take minutes there.
#[test]
fn examples_run_at_o3_os_and_oz() {
    let is_small = |example: &&Example| example.program.metadata().unwrap().len() < 1 << 20;
    for example in examples().iter().filter(is_small) {
        ["-O3", "-Os", "-Oz"].iter().for_each(|level| example.runs(level));
    }
}

/// The reference needs too long for the programs that were made to take long.
#[test]
fn examples_run_in_the_reference() {
    const LONG: [&str; 7] = ["big", "collatz", "life", "mandelbrot", "primes", "queens", "self"];
    let all = examples();
    let short = all.iter().filter(|example| !LONG.contains(&example.program.file_stem().unwrap().to_str().unwrap()));
    assert!(short.map(|example| example.runs("--engine=reference")).count() >= 10);
}

#[test]
fn examples_run_as_executables() {
    for example in examples() {
        ["--io=libc", "--io=syscall"].iter().for_each(|io| example.runs_built(io));
    }
}
