//! One LLVM release, named in one file, and what happens where it is not installed.

use super::support::{PROGRAM, RUNS, Way, Workspace, bfllvm, llvm_version};

#[test]
fn the_version_names_the_llvm_release() {
    let llvm = llvm_version();
    assert_eq!(llvm, "19");
    let expected = format!("bfllvm {} (LLVM {llvm})\n", env!("CARGO_PKG_VERSION"));
    Workspace::new().bfllvm(["--version"]).run("").ends(0).prints(expected).says("");
}

#[test]
fn the_manifest_is_in_step_with_the_llvm_release() {
    let llvm = llvm_version();
    let manifest = include_str!("../../Cargo.toml");
    let line = |name: &str| {
        let start = format!("{name} = ");
        manifest.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no {name} in Cargo.toml"))
    };
    // inkwell names a feature after the release, llvm-sys its own version: 191 for LLVM 19.1.
    assert!(line("inkwell").contains(&format!("\"llvm{llvm}-1-")), "{}", line("inkwell"));
    assert!(line("llvm-sys").contains(&format!("version = \"{llvm}1\"")), "{}", line("llvm-sys"));
}

#[test]
fn without_llvm_there_is_a_message_that_helps() {
    let package = format!("apt install libllvm{}", llvm_version());
    for args in
        [&["run", "--engine=llvm"][..], &["run", "--engine=llvm", "-O0"], &["emit", "ir"], &["build", "-o", "prog"]]
    {
        let invocation = bfllvm("+.", args).env("BFLLVM_LIBLLVM", "/nonexistent/libLLVM.so");
        let outcome = invocation.run("");
        outcome.ends(1).prints("").mentions(&[&package, "BFLLVM_LIBLLVM", "/nonexistent/libLLVM.so"]);
        assert_eq!(outcome.stderr.matches("/nonexistent/libLLVM.so: cannot open").count(), 1, "{outcome}");
    }
}

#[test]
fn what_needs_no_llvm_works_without() {
    let without = |code: &str, args: &[&str]| bfllvm(code, args).env("BFLLVM_LIBLLVM", "/nonexistent").run("");
    without("+.", &["run", "--engine=reference"]).ends(0).prints([1]).says("");
    // Also where there is something to compile.
    for args in [&["run"][..], &["run", "--tier-threshold=0"]] {
        without("+++++[>+++++++<-]>[.-]", args).ends(0).says("");
    }
    let outcome = bfllvm(",[.,]", &["run", "--eof=0", "--tier-threshold=0", "--verbose"])
        .env("BFLLVM_LIBLLVM", "/nonexistent")
        .run("abc");
    outcome.ends(0).prints("abc").mentions(&["ran without LLVM", ": LLVM"]);
    without("+.", &["emit", "bfir"]).ends(0);
    without("+[", &["run"]).ends(1).mentions(&["unmatched `[`"]);
    without("+", &["run", "--cells=9"]).ends(2);
    for args in [["--version"], ["--help"]] {
        Workspace::new().bfllvm(args).env("BFLLVM_LIBLLVM", "/nonexistent").run("").ends(0).says("");
    }
}

#[test]
fn another_library_is_not_taken_for_llvm() {
    let outcome = bfllvm("+.", &["run", "--engine=llvm"]).env("BFLLVM_LIBLLVM", "libc.so.6").run("");
    outcome.ends(1).prints("").mentions(&[&format!("libc.so.6 is not LLVM {}", llvm_version())]);
}

#[test]
fn a_missing_program_is_told_before_a_missing_llvm() {
    for Way::Run(option) | Way::Build(option) in RUNS {
        let invocation = Workspace::new().bfllvm(["run", option, PROGRAM]).env("BFLLVM_LIBLLVM", "/nonexistent");
        invocation.run("").ends(1).mentions(&["cannot read prog.bf"]);
    }
}
