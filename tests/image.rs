//! The two files that bfllvm consists of, where it is linked statically: `src/cli/image.rs` says what is what. `make test` builds
//! both, and goes through the other tests with them.

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use support::{Invocation, PROGRAM, Running, Workspace};

/// It ends with a zero, and has another loop behind its loop.
const LOOPS: &str = ",[.[-],],[.[-]>+<,]";
/// Every loop is compiled by LLVM, and waited for.
const AT_ONCE: &str = "--tier-threshold=0";

/// The statically linked file for tests.
fn static_file() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_bfllvm")).parent().unwrap().parent().unwrap();
    let path = built.join("x86_64-unknown-linux-musl/debug/bfllvm");
    assert!(path.exists(), "{} is missing, and this test is about it: make test builds it", path.display());
    path
}

fn bfllvm(workspace: &Arc<Workspace>, args: &[&str]) -> Invocation {
    workspace.tool(static_file(), args)
}

/// Copies a program into the workspace. A file that this process has written may still be open in another one that it starts, and
/// cannot be run then.
fn install(workspace: &Arc<Workspace>, from: &Path, name: &str) {
    let (from, to) = (from.as_os_str(), workspace.path(name));
    workspace.tool("install", ["-m755".as_ref(), from, to.as_os_str()]).run("").ends(0);
}

/// The processes that this one has started.
fn children(running: &Running) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{}/task", running.id())).expect("the process's threads");
    let children = threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("children")).unwrap());
    children.collect::<String>().split_whitespace().map(|id| id.parse().unwrap()).collect()
}

/// Runs [`LOOPS`] up to where its first loop has been compiled.
fn running_with_compiler(workspace: &Arc<Workspace>) -> (Running, u32) {
    let mut running = bfllvm(workspace, &["run", "-v", AT_ONCE, PROGRAM]).start();
    running.send(b"in");
    running.delivers(b"in");
    let children = children(&running);
    assert_eq!(children.len(), 1);
    (running, children[0])
}

fn kill(process: u32) {
    // SAFETY: a process that one of this test's has started.
    assert_eq!(unsafe { libc::kill(process as i32, libc::SIGKILL) }, 0);
}

#[test]
fn it_starts_without_a_dynamic_linker_and_never_has_llvm_in_it() {
    let (running, _) = running_with_compiler(&Workspace::with(LOOPS));
    for library in ["ld-linux", "libc.so", "libLLVM"] {
        assert!(!running.has_mapped(library), "{library}");
    }
    running.finish().ends(0).prints("in").mentions(&["LLVM instructions: loops at 1:2"]);
}

#[test]
fn loops_of_another_process_do_what_they_should() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for name in
        ["big", "collatz", "factorial", "life", "mandelbrot", "powers", "primes", "queens", "self", "sort", "wc"]
    {
        let program = examples.join(name).with_extension("bf");
        let input = std::fs::read(program.with_extension("in")).unwrap_or_default();
        let expected = std::fs::read(program.with_extension("out")).unwrap();
        for option in [AT_ONCE, "--tier-seed=7", "--tier-delay=2"] {
            let args = ["run", "-v", option, program.to_str().unwrap()];
            let outcome = bfllvm(&Workspace::new(), &args).run(&input);
            assert!(outcome.ends(0).stdout == expected, "{name} {option} prints something else");
            assert!(!outcome.stderr.contains("not compiled"), "{outcome}");
            assert!(option != AT_ONCE || outcome.stderr.contains("LLVM instructions"), "{outcome}");
        }
    }
}

#[test]
fn faults_in_loops_of_another_process_are_placed() {
    let workspace = Workspace::with("+\n[>+\n [>+]\n]");
    let outcome = bfllvm(&workspace, &["run", AT_ONCE, PROGRAM]).run("");
    outcome.ends(3).mentions(&["tape fault: cell 16777216", "prog.bf:3:4"]);
}

#[test]
fn a_run_goes_on_when_the_process_that_compiles_is_gone() {
    let (mut running, compiler) = running_with_compiler(&Workspace::with(LOOPS));
    kill(compiler);
    running.send(b"\0put");
    running.delivers(b"input");
    running.finish().ends(0).prints("input").mentions(&["not compiled: killed by signal 9", "loops at 1:10"]);
}

#[test]
fn the_process_that_compiles_is_gone_when_the_run_is() {
    let (running, compiler) = running_with_compiler(&Workspace::with(LOOPS));
    kill(running.id());
    running.finish();
    let is_there = || {
        let stat = std::fs::read_to_string(format!("/proc/{compiler}/stat")).unwrap_or_default();
        // Nobody may have asked how it ended.
        stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    };
    while is_there() {
        std::thread::yield_now();
    }
}

#[test]
fn without_the_other_file_programs_run_and_the_rest_is_an_error() {
    let workspace = Workspace::with(LOOPS);
    install(&workspace, &static_file(), "alone");
    let alone = |args: &[&str]| workspace.tool(workspace.path("alone"), args);
    let expected = workspace.path("alone-full");
    let expected = expected.to_str().unwrap();
    alone(&["run", PROGRAM]).run("in\0put").ends(0).prints("input").says("");
    let outcome = alone(&["run", AT_ONCE, PROGRAM]).run("in\0put");
    outcome.ends(0).prints("input").mentions(&["ran without LLVM", expected, "No such file"]);
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome}");
    for args in [&["emit", "ir", PROGRAM][..], &["check", PROGRAM], &["run", "--engine=llvm", PROGRAM]] {
        alone(args).run("").ends(1).prints("").mentions(&["error: cannot start", expected, "belongs beside"]);
    }
    alone(&["run", "-z", PROGRAM]).run("").ends(2).mentions(&["unexpected argument '-z'"]);
}

#[test]
fn whatever_the_other_file_is_programs_run() {
    let workspace = Workspace::with(LOOPS);
    install(&workspace, &static_file(), "odd");
    let ready = r#"echo '{"ready":true}'"#;
    for (what, why) in [
        ("exit 3", "exit status: 3"),
        ("echo why >&2; exit 3", "exit status: 3: why"),
        ("kill -9 $$", "killed by signal 9"),
        ("echo junk; exec cat >/dev/null", "lives on"),
        ("exec >&-; exec sleep 100", "lives on"),
        (&format!("{ready}; exit 3"), "not compiled: exit status: 3"),
        (&format!(r#"{ready}; echo '{{"bytes":4}}'; echo junk; exec cat >/dev/null"#), "not compiled: the object file"),
        (&format!(r#"{ready}; echo '{{"bytes":1e18}}'; exit 3"#), "not compiled: exit status: 3"),
        (&format!(r#"{ready}; echo '{{"rejected":"so"}}'; exec cat >/dev/null"#), "not compiled: so"),
    ] {
        workspace.write("script", format!("#!/bin/sh\n{what}\n"));
        install(&workspace, &workspace.path("script"), "odd-full");
        let run = workspace.tool(workspace.path("odd"), ["run", "-v", AT_ONCE, PROGRAM]);
        run.run("in\0put").ends(0).prints("input").mentions(&[why]);
    }
}

#[test]
fn the_other_file_takes_the_same_command_line() {
    let workspace = Workspace::with("+.");
    let shown = bfllvm(&workspace, &["emit", "ir", "-O0", PROGRAM]).run("");
    assert!(shown.ends(0).stdout.starts_with(b"; ModuleID = 'prog.bf'"), "{shown}");
    bfllvm(&workspace, &["run", "--engine=llvm", "-w", "-v", PROGRAM]).run("").ends(0).mentions(&["LLVM instructions"]);
}
