//! `emit`: every kind, at every level, judged by the tools that read it.

use std::fs::File;
use std::io::pipe;

use super::support::{Outcome, PROGRAM, Workspace, bfllvm, llvm_tool};

const LEVELS: [&str; 6] = ["-O0", "-O1", "-O2", "-O3", "-Os", "-Oz"];

/// Has a bit of everything: input until its end, which is -1, multiply loops, scans both ways, a nest.
const CODE: &str = "\
    ,+[->+>++<<[->>>+<<<]>>>.[-]<<<,+]          copies the input and counts it: once; and twice over\n\
    >[>]++++++++[>++++++++<-]>+.                A\n\
    <<[<]>.>.<[>[->>+>+<<<]>>>[-<<<+>>>]<<<<-]  the counts; and their product\n\
    >>>.                                        is added to A\n";

/// Copies its input up to the first byte 0 or the end.
const COPY: &str = ">,[.,]++++++++[<++++++++>-]<+.";

/// What [`COPY`] makes of [`INPUT`].
const INPUT: &str = "copy\0that";
const OUTPUT: &str = "copyA";

#[test]
fn ir_is_sound_and_runs_under_lli() {
    let (lli, opt) = (llvm_tool("lli"), llvm_tool("opt"));
    for level in LEVELS {
        let workspace = Workspace::with(COPY);
        let ir = workspace.bfllvm(["emit", "ir", level, PROGRAM]).run("");
        ir.ends(0).says("");
        workspace.write("prog.ll", &ir.stdout);
        workspace.tool(&opt, ["-passes=verify", "-disable-output", "prog.ll"]).run("").ends(0).says("");
        workspace.tool(&lli, ["prog.ll"]).run(INPUT).ends(0).prints(OUTPUT).says("");
        // The short form is the same thing.
        let short = workspace.bfllvm(["--emit-ir", level, PROGRAM]).run("");
        assert!(short.ends(0).stdout == ir.stdout, "--emit-ir is not emit ir at {level}");
    }
}

#[test]
fn ir_from_a_pipe_runs_under_lli() {
    let lli = llvm_tool("lli");
    let workspace = Workspace::new();
    let ir = workspace.bfllvm(["--emit-ir", "-"]).run(COPY);
    ir.ends(0);
    // lli takes the program from its standard input, too, and leaves nothing for ours.
    workspace.tool(lli, ["-"]).run(&ir.stdout).ends(0).prints("A");
}

#[test]
fn the_contract_holds_under_lli() {
    let lli = llvm_tool("lli");
    let workspace = Workspace::with("+.<+");
    workspace.bfllvm(["-w", PROGRAM, "-o", "prog.ll", "--emit-ir"]).run("").ends(0).prints("");
    workspace.tool(lli, ["prog.ll"]).run("").ends(3).prints([1]).mentions(&["prog.bf: tape fault: cell -1"]);
}

#[test]
fn ir_promises_no_progress() {
    // Loops of BF may run for ever, and LLVM must not be told otherwise. What LLVM finds out itself at the
    // higher levels, about functions without loops, is another matter.
    for level in LEVELS {
        for io in ["--io=libc", "--io=syscall"] {
            let outcome = bfllvm(",[--],[[]].", &["emit", "ir", "-w", level, io]).run("");
            let ir = String::from_utf8(outcome.ends(0).stdout.clone()).unwrap();
            assert!(!ir.contains("llvm.loop.mustprogress"), "{level} {io}");
            let is_ours = |line: &&str| line.starts_with("define") && (level < "-O3" || line.contains("@bf_program("));
            let definitions: Vec<_> = ir.lines().filter(is_ours).collect();
            assert!(!definitions.is_empty(), "{level} {io}: no definitions\n{ir}");
            for definition in definitions {
                let group = definition.split_whitespace().find(|word| word.starts_with('#'));
                let start = format!("attributes {} = ", group.unwrap_or_default());
                let attributes = ir.lines().find(|line| line.starts_with(&start)).unwrap_or_default();
                for promise in ["mustprogress", "willreturn"] {
                    let text = format!("{definition} {attributes}");
                    assert!(!text.contains(promise), "{level} {io}: {text}");
                }
            }
        }
    }
}

#[test]
fn bitcode_is_sound_and_runs_under_lli() {
    let (lli, opt) = (llvm_tool("lli"), llvm_tool("opt"));
    for level in LEVELS {
        let workspace = Workspace::with(COPY);
        workspace.bfllvm(["emit", "bc", level, "-o", "prog.bc", PROGRAM]).run("").ends(0).prints("").says("");
        assert_eq!(&workspace.read("prog.bc")[..2], b"BC");
        workspace.tool(&opt, ["-passes=verify", "-disable-output", "prog.bc"]).run("").ends(0).says("");
        workspace.tool(&lli, ["prog.bc"]).run(INPUT).ends(0).prints(OUTPUT);
    }
}

#[test]
fn assembly_and_object_files_link_with_cc() {
    for level in LEVELS {
        for (kind, name) in [("asm", "prog.s"), ("obj", "prog.o")] {
            let workspace = Workspace::with(COPY);
            workspace.bfllvm(["emit", kind, level, "-o", name, PROGRAM]).run("").ends(0).prints("").says("");
            workspace.tool("cc", ["-o", "prog", name]).run("").ends(0).says("");
            workspace.executable("prog").run(INPUT).ends(0).prints(OUTPUT).says("");
        }
    }
}

#[test]
fn every_kind_and_level_means_the_same() {
    let lli = llvm_tool("lli");
    let expected = b"abA\x02\x04I";
    bfllvm(CODE, &["run", "--engine=reference", "--eof=-1"]).run("ab").ends(0).prints(expected);
    for level in LEVELS {
        let workspace = Workspace::with(CODE);
        workspace.bfllvm(["run", level, "--eof=-1", PROGRAM]).run("ab").ends(0).prints(expected);
        workspace.bfllvm(["emit", "ir", level, "--eof=-1", "-o", "prog.ll", PROGRAM]).run("").ends(0);
        workspace.tool(&lli, ["prog.ll"]).run("ab").ends(0).prints(expected);
        for io in ["--io=libc", "--io=syscall"] {
            workspace.bfllvm(["build", level, io, "--eof=-1", PROGRAM]).run("").ends(0);
            workspace.executable("prog").run("ab").ends(0).prints(expected);
        }
    }
}

#[test]
fn bfir_shows_what_the_passes_make_of_a_program() {
    let bfir = |level: &str, options: &[&str]| {
        let outcome = bfllvm("++[->+++<].", &[&["emit", "bfir", level], options].concat()).run("");
        String::from_utf8(outcome.ends(0).says("").stdout.clone()).unwrap()
    };
    let literal = bfir("-O0", &[]);
    assert!(literal.starts_with("cells 8\n"), "{literal}");
    assert!(literal.contains("loop [0]"), "{literal}");
    for level in &LEVELS[1..] {
        let optimized = bfir(level, &[]);
        assert!(!optimized.contains("loop"), "{level}: a multiply loop is left\n{optimized}");
        assert!(optimized.lines().count() < literal.lines().count(), "{optimized}");
    }
    assert!(bfir("-O2", &["--cells=32"]).starts_with("cells 32\n"));
}

#[test]
fn output_goes_where_it_is_sent() {
    let workspace = Workspace::with("+.");
    let printed = workspace.bfllvm(["emit", "ir", PROGRAM]).run("");
    printed.ends(0);
    let dash = workspace.bfllvm(["emit", "ir", "-o", "-", PROGRAM]).run("");
    assert!(dash.ends(0).stdout == printed.stdout, "{dash}");
    assert_eq!(workspace.names(), [PROGRAM]);
    workspace.bfllvm(["emit", "ir", "--output=out.ll", PROGRAM]).run("").ends(0).prints("");
    assert!(workspace.read("out.ll") == printed.stdout);
    assert_eq!(workspace.names(), ["out.ll", PROGRAM]);
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let workspace = Workspace::with("+.");
    for path in ["missing/out.ll", ".", "/dev/full"] {
        let outcome = workspace.bfllvm(["emit", "ir", "-o", path, PROGRAM]).run("");
        outcome.ends(1).mentions(&["error: cannot write", path]);
    }
    let full = File::options().write(true).open("/dev/full").unwrap();
    let outcome = workspace.bfllvm(["emit", "ir", PROGRAM]).stdout(full).run("");
    outcome.ends(1).mentions(&["cannot write", "standard output", "No space left"]);
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    workspace.bfllvm(["emit", "ir", PROGRAM]).stdout(writer).run("").ends(141).says("");
}

#[test]
fn a_terminal_is_spared_binary_output() {
    for kind in ["bc", "obj"] {
        let terminal = super::support::Terminal::open();
        let outcome = bfllvm("+.", &["emit", kind]).stdout(terminal.process).run("");
        outcome.ends(1).mentions(&["-o"]);
    }
}

#[test]
fn passes_can_be_chosen_and_watched() {
    let emit = |options: &[&str]| bfllvm(">+>[-]<.", &[&["emit", "bfir"], options].concat()).run("");
    let operations = |outcome: &Outcome| {
        let text = String::from_utf8(outcome.stdout.clone()).unwrap();
        text.lines().skip(1).map(|line| line.split(';').next().unwrap().trim().to_owned()).collect::<Vec<_>>()
    };
    let chosen = emit(&["--passes=runs,offsets,clear"]);
    assert_eq!(operations(chosen.ends(0)), ["add [1] 1", "set [2] 0", "output [1]"]);
    let watched = emit(&["--passes=runs,clear", "--print-after=clear"]);
    watched.ends(0).mentions(&["after clear:", "set [0] 0"]);
    assert_eq!(operations(&watched), ["move 1", "add [0] 1", "move 1", "set [0] 0", "move -1", "output [0]"]);
    emit(&["--passes=nonsense"]).ends(2).mentions(&["nonsense", "multiply", "evaluate"]);
}
