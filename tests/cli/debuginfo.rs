//! `-g` and `--positions`: what debuggers and readers are told, and that the code does not change.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::support::{PROGRAM, Workspace, llvm_tool};

const LEVELS: [&str; 6] = ["-O0", "-O1", "-O2", "-O3", "-Os", "-Oz"];

/// Cell 1 counts up by twos while cell 0 counts down from 3; then a byte of input becomes its successor.
const CODE: &str = "+++\n[>++\n<-]\n>\n,\n+.\n";

/// What every session begins with: nothing but these commands decides what gdb does.
const SETTINGS: &str = "\
    set pagination off\nset confirm off\nset debuginfod enabled off\nset breakpoint pending on\nset width 0\n";

/// Carries out `commands` in gdb, with `words` as the program and its arguments; returns what gdb printed, line by line,
/// without its messages about libraries and threads.
fn gdb(workspace: &Arc<Workspace>, words: &[&str], commands: &str) -> Vec<String> {
    let found = Command::new("gdb").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(found.is_ok(), "gdb is missing, and this test is about it: apt install gdb");
    workspace.write("session", format!("{SETTINGS}{commands}"));
    workspace.write("input", "A");
    let options = ["-nx", "-q", "-batch", "-iex", "set auto-load no", "-x", "session", "--args"];
    let session = workspace.tool("gdb", options.iter().chain(words)).run("");
    let text = String::from_utf8_lossy(&session.stdout).into_owned();
    let is_ours = |line: &&str| !line.is_empty() && !line.starts_with('[') && !line.starts_with("Using host");
    let lines = text.lines().filter(is_ours).map(str::to_owned).collect();
    assert!(session.status.success(), "{session}");
    lines
}

/// Asserts that these lines, or lines that end like them, are among `lines`, in this order.
#[track_caller]
fn has(lines: &[String], wanted: &[&str]) {
    let mut rest = lines.iter();
    for wanted in wanted {
        assert!(rest.any(|line| line.ends_with(wanted)), "no `{wanted}`, or not there, in\n{}", lines.join("\n"));
    }
}

#[test]
fn gdb_stops_at_lines_and_prints_cells() {
    for io in ["--io=libc", "--io=syscall"] {
        let workspace = Workspace::with(CODE);
        workspace.bfllvm(["build", "-g", "-O0", io, "-o", "prog", PROGRAM]).run("").ends(0).says("");
        let commands = "\
            break prog.bf:3\nrun < input\nprint cell\nprint column\nprint ptr - tape\nprint/d *tape@3\nprint/d ptr[-1]\n\
            step\nprint/d cell\nprint column\nset var cell = 1\ndelete\nbreak prog.bf:6\ncontinue\nprint cell\n\
            print column\nprint/d *tape@3\nnext\ninfo locals\n";
        let lines = gdb(&workspace, &["./prog"], commands);
        let at_line_3 =
            ["bf_program () at prog.bf:3", "3\t<-]", "$1 = 2 '\\002'", "$2 = 1", "$3 = 1", "$4 = {3, 2, 0}", "$5 = 3"];
        has(&lines, &at_line_3);
        // Back at the head of the loop, where one iteration is left of two: the debugger took one away.
        has(
            &lines,
            &[
                "2\t[>++",
                "$6 = 2",
                "$7 = 1",
                "bf_program () at prog.bf:6",
                "6\t+.",
                "$8 = 65 'A'",
                "$9 = 1",
                "$10 = {0, 65, 0}",
            ],
        );
    }
}

#[test]
fn gdb_follows_command_by_command() {
    // The columns of the commands, in the order in which they are carried out.
    let workspace = Workspace::with("+>++[-]<.");
    workspace.bfllvm(["build", "-g", "-O0", "-o", "prog", PROGRAM]).run("").ends(0).says("");
    let commands = "\
        break prog.bf:1\nrun\nset var $last = 0\nset var $count = 0\n\
        while $count < 13\nif column != $last\nset var $last = column\nset var $count = $count + 1\n\
        printf \"%d:%d:%d\\n\", column, (int) (ptr - tape), cell\nend\nstepi\nend\n";
    let lines = gdb(&workspace, &["./prog"], commands);
    let steps: Vec<_> = lines.iter().filter(|line| line.split(':').count() == 3 && !line.contains(' ')).collect();
    let expected = [
        "1:0:0", "2:0:1", "3:1:0", "4:1:1", "5:1:2", "6:1:2", "7:1:1", "5:1:1", "6:1:1", "7:1:0", "5:1:0", "8:1:0",
        "9:0:1",
    ];
    assert_eq!(steps, expected, "{}", lines.join("\n"));
}

#[test]
fn optimised_code_knows_the_pointer_of_the_program() {
    // Our passes never move it, and know what cell 1 is before the input.
    let workspace = Workspace::with(CODE);
    workspace.bfllvm(["build", "-g", "-o", "prog", PROGRAM]).run("").ends(0).says("");
    let commands = "break prog.bf:5\nrun < input\nprint/d cell\nprint ptr - tape\nprint column\n";
    let lines = gdb(&workspace, &["./prog"], commands);
    has(&lines, &["bf_program () at prog.bf:5", "5\t,", "$1 = 6", "$2 = 1", "$3 = 1"]);
}

#[test]
fn gdb_knows_code_in_memory() {
    let bfllvm = env!("CARGO_BIN_EXE_bfllvm");
    let commands = "break prog.bf:3\nrun\nprint/d cell\nprint ptr - tape\nprint/d *tape@3\nstep\nbacktrace 1\n";
    for (engine, function) in [("--engine=llvm", "bf_program ()"), ("--tier-threshold=0", "bf_loop_2_1 ()")] {
        let workspace = Workspace::with(CODE);
        let lines = gdb(&workspace, &[bfllvm, "run", "-g", "-O0", engine, "--input=input", PROGRAM], commands);
        has(&lines, &[&format!("{function} at prog.bf:3"), "3\t<-]", "$1 = 2", "$2 = 1", "$3 = {3, 2, 0}", "2\t[>++"]);
        has(&lines, &[&format!("#0  {function} at prog.bf:2")]);
    }
}

#[test]
fn code_is_the_same_with_and_without() {
    let objcopy = llvm_tool("llvm-objcopy");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let workspace = Workspace::with(CODE);
    let programs = ["collatz", "queens", "life"].map(|name| examples.join(name).with_extension("bf"));
    for program in programs.iter().map(|path| path.to_str().unwrap()).chain([PROGRAM]) {
        // Unoptimised code of long programs takes long to make, and is made of the same few groups.
        for level in LEVELS.into_iter().filter(|&level| level != "-O0" || program == PROGRAM) {
            let text = |options: &[&str]| {
                let command = ["emit", "obj", "-o", "prog.o", level, program];
                workspace.bfllvm(command.iter().chain(options)).run("").ends(0).says("");
                let dump = ["--dump-section", ".text=text", "prog.o"];
                workspace.tool(&objcopy, dump).run("").ends(0);
                workspace.read("text")
            };
            let (without, with) = (text(&[]), text(&["-g"]));
            assert!(without.len() > 100);
            assert!(without == with, "{program} at {level}: -g changes the code");
        }
    }
}

#[test]
fn ir_with_debug_information_is_sound_and_runs() {
    let (lli, opt) = (llvm_tool("lli"), llvm_tool("opt"));
    for level in LEVELS {
        for option in ["-g", "--positions"] {
            let workspace = Workspace::with(CODE);
            workspace.bfllvm(["emit", "ir", level, option, "-o", "prog.ll", PROGRAM]).run("").ends(0).says("");
            let verified = workspace.tool(&opt, ["-passes=verify", "-disable-output", "prog.ll"]).run("");
            verified.ends(0).says("");
            workspace.tool(&lli, ["prog.ll"]).run("A").ends(0).prints("B");
            let ir = String::from_utf8(workspace.read("prog.ll")).unwrap();
            assert_eq!(ir.contains("!DILocation("), option == "-g", "{level} {option}");
            assert_eq!(ir.contains("\n  ; 5:1 ,\n"), option == "--positions", "{level} {option}");
        }
    }
}

#[test]
fn comments_tell_unoptimised_code_command_by_command() {
    let workspace = Workspace::with("x+>++[-]\n<.");
    let command = ["emit", "ir", "-O0", "--io=extern", "--positions", PROGRAM];
    let ir = String::from_utf8(workspace.bfllvm(command).run("").ends(0).stdout.clone()).unwrap();
    let comments: Vec<_> = ir.lines().filter_map(|line| line.strip_prefix("  ; ")).collect();
    // The loop's test is a block of its own.
    let expected = ["1:2 +", "1:3 >", "1:4 +", "1:5 +", "1:6 [-]", "1:6 [-]", "1:7 -", "1:8 ]", "2:1 <", "2:2 ."];
    assert_eq!(comments, expected, "{ir}");
    // Nothing but the comments is new.
    let plain = workspace.bfllvm(["emit", "ir", "-O0", "--io=extern", PROGRAM]).run("");
    let plain = String::from_utf8(plain.ends(0).stdout.clone()).unwrap();
    let without: Vec<_> = ir.lines().filter(|line| !line.starts_with("  ; ")).collect();
    let metadata = plain.lines().count();
    assert_eq!(without[..metadata], plain.lines().collect::<Vec<_>>(), "{ir}");
}

#[test]
fn comments_are_for_ir_alone() {
    for kind in ["asm", "bc", "obj", "bfir"] {
        let outcome = Workspace::with("+").bfllvm(["emit", kind, "-o", "out", "--positions", PROGRAM]).run("");
        outcome.ends(2).mentions(&["--positions", "emit ir"]);
    }
}

#[test]
fn engines_without_llvm_have_nothing_to_describe() {
    for engine in ["baseline", "reference"] {
        let outcome = Workspace::with("+").bfllvm(["run", "-g", "--engine", engine, PROGRAM]).run("");
        outcome.ends(2).mentions(&["-g describes LLVM's code", "--engine=llvm"]);
    }
}
