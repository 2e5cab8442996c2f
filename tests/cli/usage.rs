//! Command lines that are wrong, and files that are not there.

use std::fs::File;

use super::support::{PROGRAM, RUNS, Way, Workspace, bfllvm};

#[test]
fn of_options_given_twice_the_last_counts() {
    let workspace = Workspace::with("-.");
    let twice = ["emit", "bfir", "--cells=64", "-O2", "-O0", "--cells=8", PROGRAM];
    let as_it_stands = "cells 8\nadd [0] 255                     ; 1:1\noutput [0]                      ; 1:2\n";
    workspace.bfllvm(twice).run("").ends(0).prints(as_it_stands);
    workspace
        .bfllvm(["run", "--no-warnings", "--cells=16", "--no-warnings", "--cells=8", PROGRAM])
        .run("")
        .ends(0)
        .prints([255]);
}

#[test]
fn options_that_help_does_not_mention_are_not_suggested() {
    let workspace = Workspace::with("+.");
    for (option, has_tip) in [("--emit-asm", false), ("--tier-tria", false), ("--time-pass", true)] {
        let outcome = workspace.bfllvm(["run", option, PROGRAM]).run("");
        assert_eq!(outcome.ends(2).stderr.contains("similar"), has_tip, "{option}");
    }
}

#[test]
fn wrong_usage_is_refused_with_its_own_status() {
    for (args, culprit) in [
        (&[][..], "Usage"),
        (&["prog.bf"], "bfllvm run prog.bf"),
        (&["absent.bf"], "Usage: bfllvm [OPTIONS] <COMMAND>"),
        (&["run"], "<PROGRAM>"),
        (&["emit", "ir"], "<PROGRAM>"),
        (&["build"], "<PROGRAM>"),
        (&["compare"], "<PROGRAM>"),
        (&["--emit-ir"], "Usage: bfllvm emit"),
        (&["run", "--emit-ir", "prog.bf"], "bfllvm emit ir"),
        (&["run", "prog.bf", "prog.bf"], "prog.bf"),
        (&["run", "--frobnicate", "prog.bf"], "--frobnicate"),
        (&["run", "--cells=12", "prog.bf"], "8, 16, 32 or 64"),
        (&["run", "--cells", "prog.bf"], "8, 16, 32 or 64"),
        (&["run", "-O4", "prog.bf"], "the levels are 0, 1, 2, 3, s, z"),
        (&["run", "--eof=1", "prog.bf"], "-1"),
        (&["run", "--tape=0", "prog.bf"], "--tape"),
        (&["run", "--tape=-5", "prog.bf"], "--tape"),
        (&["run", "--tape=many", "prog.bf"], "--tape"),
        (&["run", "--engine=steam", "prog.bf"], "reference"),
        (&["run", "--timeout=0", "prog.bf"], "more than 0 seconds"),
        (&["run", "--timeout=-1", "prog.bf"], "more than 0 seconds"),
        (&["run", "--timeout=nan", "prog.bf"], "more than 0 seconds"),
        (&["run", "--timeout=soon", "prog.bf"], "a number of seconds"),
        (&["run", "--max-output=x", "prog.bf"], "--max-output"),
        (&["run", "--io=libc", "prog.bf"], "--io"),
        (&["emit", "elf", "prog.bf"], "ir, bc, asm, obj, bfir"),
        (&["emit", "ir", "--io=telepathy", "prog.bf"], "libc, syscall, extern"),
        (&["build", "--timeout=1", "prog.bf"], "--timeout"),
        (&["build", "--io=extern", "prog.bf"], "emit obj"),
        (&["run", "--remarks=xml", "prog.bf"], "text, json"),
        (&["emit", "bfir", "--time-passes=all", "prog.bf"], "--time-passes"),
        (&["compare", "--remarks", "prog.bf"], "--remarks"),
        (&["compare", "--runs=0", "prog.bf"], "--runs"),
        (&["compare", "--json", "--markdown", "prog.bf"], "--markdown"),
        (&["compare", "--side-by-side", "prog.bf"], "--diff"),
        (&["compare", "--diff=obj", "prog.bf"], "ir, asm, bfir"),
        (&["compare", "--diff=ir", "-O2", "prog.bf"], "give -O twice"),
        (&["debug"], "<PROGRAM>"),
        (&["debug", "-O2", "prog.bf"], "-O"),
        (&["profile"], "<PROGRAM>"),
        (&["profile", "--folded=depth", "prog.bf"], "time, iterations"),
        (&["profile", "--json", "--annotate", "prog.bf"], "--annotate"),
        (&["profile", "--engine=llvm", "prog.bf"], "--engine"),
        (&["run", "--error-format=xml", "prog.bf"], "human, short, json"),
        (&["run", "--color=pink", "prog.bf"], "auto, always, never"),
    ] {
        let workspace = Workspace::with("+.");
        workspace.bfllvm(args).run("").ends(2).prints("").mentions(&[culprit]);
        assert_eq!(workspace.names(), [PROGRAM], "{args:?} made something");
    }
}

#[test]
fn an_unknown_command_is_named() {
    // Not what stands behind it, which is right.
    Workspace::with("+.").bfllvm(["frobnicate", PROGRAM]).run("").ends(2).prints("").mentions(&["frobnicate"]);
}

#[test]
fn an_executable_without_a_name_is_wrong_usage() {
    let workspace = Workspace::new();
    workspace.write("prog", "+.");
    workspace.bfllvm(["build", "prog"]).run("").ends(2).mentions(&["-o"]);
    workspace.bfllvm(["build", "-"]).run("+.").ends(2).mentions(&["-o"]);
    // The program itself is not what is written over.
    assert_eq!(workspace.read("prog"), b"+.");
    assert_eq!(workspace.names(), ["prog"]);
}

#[test]
fn the_help_of_a_command_says_what_it_does() {
    let workspace = Workspace::new();
    let all = workspace.bfllvm(["help"]).run("");
    let all = String::from_utf8_lossy(&all.ends(0).stdout).into_owned();
    let listed = all.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let (listed, mut count) = (listed.filter_map(|line| line.trim().split_once("  ")), 0);
    for (command, what) in listed.filter(|&(command, _)| command != "help") {
        let shown = workspace.bfllvm([command, "--help"]).run("");
        let shown = String::from_utf8_lossy(&shown.ends(0).stdout).into_owned();
        assert!(shown.lines().next().is_some_and(|first| first.starts_with(what.trim())), "{command}: {what}\n{shown}");
        count += 1;
    }
    assert!(count >= 9, "{all}");
}

#[test]
fn help_is_no_error() {
    Workspace::new().bfllvm(["--help"]).run("").ends(0).says("");
    for command in ["run", "emit", "build", "compare"] {
        let outcome = Workspace::new().bfllvm([command, "--help"]).run("");
        outcome.ends(0).says("");
        let help = String::from_utf8_lossy(&outcome.stdout).into_owned();
        assert!(help.contains("Usage: bfllvm") && help.contains(command) && help.contains("--cells"), "{outcome}");
    }
}

#[test]
fn a_program_that_cannot_be_read_is_named() {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.path("folder")).unwrap();
    for command in [&["run"][..], &["run", "--engine=reference"], &["emit", "ir"], &["build", "-o", "prog"]] {
        // The last one opens, but whoever reads it gets an error.
        for (path, why) in [
            ("missing.bf", "No such file"),
            ("folder", "s a directory"),
            ("folder/missing/prog.bf", "No such file"),
            ("/proc/self/mem", "os error 5"),
        ] {
            let outcome = workspace.bfllvm(command.iter().chain(&[path])).run("");
            outcome.ends(1).prints("").mentions(&["error: cannot read", path, why]);
        }
    }
    assert_eq!(workspace.names(), ["folder"]);
}

#[test]
fn an_input_file_that_cannot_be_read_is_named() {
    for Way::Run(option) | Way::Build(option) in RUNS {
        let outcome = bfllvm("+.,.", &["run", option, "--input=missing"]).run("");
        outcome.ends(1).prints("").mentions(&["cannot read missing", "No such file"]);
    }
}

#[test]
fn standard_input_that_is_a_directory_is_no_program() {
    let directory = File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let outcome = Workspace::new().bfllvm(["run", "-"]).stdin(directory).run("");
    outcome.ends(1).prints("").mentions(&["cannot read", "standard input", "s a directory"]);
}

#[test]
fn a_program_without_loops_is_run_without_code() {
    let said = "no loops are left, ";
    bfllvm("+++.", &["run", "--verbose"]).run("").ends(0).prints([3]).mentions(&[said]);
    bfllvm(",>++<.>.", &["run", "--verbose"]).run("a").ends(0).prints(*b"a\x02").mentions(&[said]);
    bfllvm(",.<.", &["run", "--verbose"]).run("a").ends(3).prints(*b"a").mentions(&[said, "prog.bf:1:4", "cell -1"]);
    bfllvm(",..", &["run", "--max-output=1"]).run("a").ends(4).prints(*b"a");
    // Unless there is a loop, or somebody wants to see code.
    for (code, option) in [(",[.,]", "-w"), ("+.", "--engine=baseline"), ("+.", "-g")] {
        let outcome = bfllvm(code, &["run", "--verbose", option]).run("");
        assert!(!outcome.ends(0).stderr.contains(said), "{outcome}");
    }
}

#[test]
fn verbose_speaks_on_standard_error_only() {
    for Way::Run(option) | Way::Build(option) in RUNS {
        let outcome = bfllvm("+.", &["run", "-v", option]).run("");
        outcome.ends(0).prints([1]).mentions(&["16777216 cells of 8 bits"]);
        assert!(outcome.stderr.lines().all(|line| line.starts_with("bfllvm: ")), "{outcome}");
    }
}
