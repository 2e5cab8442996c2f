//! Runs where the system grants less than usual: little address space, one processor, no second thread, no libLLVM, no
//! pages that are writable and executable.

#[path = "support/mod.rs"]
mod support;

use std::sync::Arc;

use support::{Invocation, PROGRAM, Workspace, bfllvm, binary};

const HELLO: &str = "++++++++[>++++++++<-]>+.";

/// It ends with its input. Its loop is compiled by LLVM at once, and waited for, with [`AT_ONCE`].
const COPY: &str = ",[.[-],]";
const AT_ONCE: &str = "--tier-threshold=0";

/// What a note says when LLVM could not be used.
const WITHOUT: &str = "bfllvm: ran without LLVM";

/// In KiB.
const MOST_MEMORY: u64 = 8 << 10;

/// `bfllvm` with so many KiB of address space.
fn limited(workspace: &Arc<Workspace>, kib: u32, args: &[&str]) -> Invocation {
    let script = format!(r#"ulimit -v {kib}; exec "$0" "$@""#);
    let words = ["-c", &script, binary()];
    workspace.tool("sh", words.iter().chain(args).chain(&[PROGRAM]))
}

#[test]
fn a_short_run_takes_little_memory_and_leaves_llvm_closed() {
    // It waits for input at its end.
    let running = bfllvm(format!("{HELLO},"), &["run"]).start();
    running.delivers(b"A");
    assert!(running.peak_memory() <= MOST_MEMORY, "{} KiB", running.peak_memory());
    assert!(!running.has_mapped("libLLVM"));
    running.finish().ends(0).says("");
}

#[test]
fn little_address_space_is_enough() {
    let workspace = Workspace::with(HELLO);
    for kib in [64_000, 200_000] {
        for engine in ["--engine=tiered", "--engine=baseline", "--engine=reference"] {
            limited(&workspace, kib, &["run", engine]).run("").ends(0).prints("A").says("");
        }
        let refused = limited(&workspace, kib, &["run", "--tape=100000000000"]).run("");
        refused.ends(1).prints("").mentions(&["cannot reserve a tape", "--tape"]);
    }
}

#[test]
fn llvm_is_left_out_where_it_may_not_get_the_memory() {
    let workspace = Workspace::with(COPY);
    for kib in [64_000, 200_000, 300_000, 450_000] {
        let outcome = limited(&workspace, kib, &["run", AT_ONCE]).run("input");
        outcome.ends(0).prints("input").mentions(&[WITHOUT, "ulimit -v"]);
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome}");
    }
}

#[test]
fn llvm_that_gives_up_for_want_of_memory_is_an_error() {
    // More than LLVM compiles in what it takes to open it.
    let code = ",[[->+>++<<]>[.-]>,]".repeat(2000);
    let workspace = Workspace::with(&code);
    for command in [
        &["emit", "obj", "-o", "prog.o"][..],
        &["build"],
        &["run", "--engine=llvm", "--tape=4096"],
        &["explain", "--no-profile"],
    ] {
        let (mut unopened, mut gave_up) = (0, 0);
        for kib in (80_000..=240_000).step_by(20_000) {
            let outcome = limited(&workspace, kib, &[command, &["-w"]].concat()).run("");
            outcome.ends(1).prints("").mentions(&["error: ", "ulimit -v"]);
            unopened += u32::from(outcome.stderr.contains("cannot be opened"));
            gave_up += u32::from(outcome.stderr.contains("LLVM gave up"));
            if gave_up > 0 {
                // With more it may be enough.
                break;
            }
        }
        assert!(unopened > 0 && gave_up > 0, "{command:?}: {unopened} and {gave_up}");
    }
    // The processes of `verify` and `compare` tell those that started them.
    let verify = ["verify", "-w", "-O2", "--engine=llvm"];
    let table = limited(&workspace, 210_000, &verify).run("");
    assert!(String::from_utf8_lossy(&table.ends(4).stdout).contains("not compared: LLVM gave up"), "{table}");
    let compare = ["compare", "-w", "-O2"];
    limited(&workspace, 210_000, &compare).run("").ends(1).mentions(&["-O2 cannot be measured: LLVM gave up"]);
    let json = limited(&workspace, 210_000, &["emit", "obj", "-w", "--error-format=json"]).run("");
    // LLVM may have had its say before.
    let last: serde_json::Value = serde_json::from_str(json.ends(1).stderr.lines().last().unwrap_or_default()).unwrap();
    assert_eq!(last["code"], "memory", "{json}");
}

#[test]
fn too_little_address_space_is_an_error() {
    let workspace = Workspace::with(HELLO);
    limited(&workspace, 16_000, &["run"]).run("").ends(1).prints("").mentions(&["cannot reserve a tape", "--tape"]);
}

#[test]
fn code_that_is_made_on_the_way_may_find_no_memory() {
    // So large that its code is made when the program comes to it, and all of it is; without the loop it would be interpreted.
    let code = format!(",{}[>]", "+.>+.<".repeat(150_000));
    let workspace = Workspace::with(code);
    let (mut stopped, mut finished) = (0, 0);
    for kib in (60_000..200_000).step_by(4_000) {
        let outcome = limited(&workspace, kib, &["run", "-w", "--tape=4096"]).run("x");
        match outcome.code() {
            Some(0) => finished += 1,
            // It had begun.
            Some(1) if !outcome.stdout.is_empty() => {
                outcome.mentions(&["no memory for machine code", "--engine=reference"]);
                stopped += 1;
            }
            _ => assert!(outcome.stdout.is_empty(), "{outcome}"),
        }
        if finished > 0 {
            break;
        }
    }
    assert!(stopped > 0 && finished > 0, "{stopped} {finished}");
}

#[test]
fn without_a_second_thread_the_program_runs_all_the_same() {
    for option in [AT_ONCE, "--tier-seed=1", "--tier-delay=0"] {
        let input = "x".repeat(100_000);
        // What only copies does so by blocks, and is not hot.
        let outcome = bfllvm(",[.[-]>+<,]", &["run", option]).without_threads().run(&input);
        outcome.ends(0).prints(&input).mentions(&[WITHOUT, "second thread"]);
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome}");
    }
    bfllvm(HELLO, &["run"]).without_threads().run("").ends(0).prints("A").says("");
}

#[test]
fn without_llvm_there_is_one_notice_if_it_was_wanted() {
    let without = |code: &str, option: &str| bfllvm(code, &["run", option]).env("BFLLVM_LIBLLVM", "/nonexistent");
    let outcome = without(COPY, AT_ONCE).run("input");
    outcome.ends(0).prints("input").mentions(&[WITHOUT, "/nonexistent"]);
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome}");
    without(COPY, "--engine=baseline").run("input").ends(0).prints("input").says("");
    without(HELLO, AT_ONCE).run("").ends(0).prints("A").says("");
}

#[test]
fn one_processor_is_enough() {
    for option in [AT_ONCE, "--engine=tiered"] {
        bfllvm(COPY, &["run", option]).on_one_processor().run("input").ends(0).prints("input").says("");
    }
}

#[test]
fn no_page_is_ever_writable_and_executable() {
    // That the filter works: it kills who asks for such a page.
    let control = Workspace::new().tool("true", [""; 0]).without_writable_code().asking_for_writable_code().run("");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&control.status), Some(libc::SIGSYS), "{control}");

    for option in [AT_ONCE, "--engine=baseline", "--engine=llvm", "--engine=reference"] {
        let outcome = bfllvm(COPY, &["run", "--verbose", option]).without_writable_code().run("input");
        outcome.ends(0).prints("input");
        let uses_llvm = [AT_ONCE, "--engine=llvm"].contains(&option);
        assert_eq!(outcome.stderr.contains(" LLVM instructions"), uses_llvm, "{outcome}");
    }
    // Code that is made while the program runs.
    let large = format!(",{}", "+.-".repeat(200_000));
    bfllvm(&large, &["run", "-w"]).without_writable_code().run("x").ends(0);
}

#[test]
fn files_do_not_take_the_place_of_closed_descriptors() {
    let workspace = Workspace::with(COPY);
    workspace.write("input", "input");
    let script = r#"exec "$0" run --input=input prog.bf <&- >&- 2>&-"#;
    let outcome = workspace.tool("sh", ["-c", script, binary()]).run("");
    // The output has nowhere to go.
    outcome.ends(1);
    assert_eq!(workspace.read("input"), b"input");
}
