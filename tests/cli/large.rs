//! Sources so large that code of them is made when the program comes to it.

use super::support::{Outcome, PROGRAM, Workspace, bfllvm};

/// 11 bytes, some operations. Cell 0 becomes 0, and 1 is added to cell 1.
const FILLER: &str = "-[->+<]>++<";

/// How often it takes to make a source large; cell 1 is not 0 then.
const MANY: usize = 50_000;

/// Few operations in each chunk.
const SMALL_CHUNKS: &str = "--tier-chunk=7";

/// The code, as the run's note has it: of how many operations.
fn ops_with_code(outcome: &Outcome) -> Option<usize> {
    let behind = outcome.stderr.split("with code for ").nth(1)?;
    Some(behind.split(' ').next().unwrap().parse().unwrap())
}

#[test]
fn code_is_made_of_what_a_program_comes_to() {
    let workspace = Workspace::with(format!(",[{}]+.", FILLER.repeat(MANY)));
    let run = |options: &[&str], input: &str| {
        workspace.bfllvm([&["run", "-w", "-v", "--eof=0"], options, &[PROGRAM]].concat()).run(input)
    };
    let skipped = run(&[], "");
    skipped.ends(0).prints("\x01");
    assert!(ops_with_code(&skipped).unwrap() < 20_000, "{skipped}");
    let executed = run(&["--max-output=100000"], "x");
    assert!(ops_with_code(executed.ends(0)).unwrap() > 3 * MANY, "{executed}");
    // Who asks for names wants those of all code.
    for option in ["--perf-map", "-g", "--engine=baseline"] {
        let outcome = run(&[option], "");
        outcome.ends(0).prints("\x01");
        assert_eq!(ops_with_code(&outcome), None, "{outcome}");
    }
}

/// What `code`, which is large, prints and shows with chunks of several sizes is what the reference does.
#[track_caller]
fn agrees(code: &str, options: &[&str], input: &str, status: i32) {
    assert!(code.len() > 1 << 19);
    let workspace = Workspace::with(code);
    let run = |more: &[&str]| workspace.bfllvm([&["run", "-w"], options, more, &[PROGRAM]].concat()).run(input);
    let expected = run(&["--engine=reference"]);
    expected.ends(status);
    for more in [&[][..], &[SMALL_CHUNKS], &["--tier-chunk=1000000"]] {
        run(more).ends(status).prints(&expected.stdout).says(&expected.stderr);
    }
}

#[test]
fn dumps_show_the_place() {
    // With the loop at the end it is not interpreted.
    agrees(&format!(",#{}#[>]", format!("{}#", FILLER.repeat(1000)).repeat(MANY / 1000)), &["--debug-hash"], "x", 0);
}

#[test]
fn faults_are_found_at_both_ends() {
    let filler = FILLER.repeat(MANY);
    agrees(&format!(",{filler}>[<+]"), &["--tape=4096"], "\x01", 3);
    agrees(&format!(",{filler}>[>+]"), &["--tape=4096"], "\x01", 3);
    // In a loop whose head is far away.
    agrees(&format!(",[{filler}<]"), &["--tape=4096"], "\x01", 3);
}

#[test]
fn deep_nests_need_neither_time_nor_stack() {
    // Each loop is entered once, from the outside to the inside.
    let depth = 150_000;
    agrees(&format!(",{}{}.", "[->+".repeat(depth), "<]".repeat(depth)), &[], "\x07", 0);
    // None is.
    agrees(&format!(",{}{}+.", "[->+".repeat(depth), "<]".repeat(depth)), &["--eof=0"], "", 0);
}

#[test]
fn long_loops_go_around() {
    // Through all of it, three times, while LLVM takes over what is in it.
    let code = format!(",[>,{}<-]>.", "[->+<]>[-<+>]<".repeat(40_000));
    agrees(&code, &["--tier-delay=0", "--tier-threshold=2"], "\x03abc", 0);
}

#[test]
fn a_run_can_be_stopped() {
    let code = format!(",{}+[>+<]", FILLER.repeat(MANY));
    bfllvm(&code, &["run", "-w", "--timeout=0.5", SMALL_CHUNKS]).run("\x01").ends(4);
}
