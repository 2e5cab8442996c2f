//! `-g` and `--positions`: what debuggers and readers are told, and that the code does not change.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::support::{Invocation, PROGRAM, Workspace, binary, llvm_tool, llvm_version};

const LEVELS: [&str; 6] = ["-O0", "-O1", "-O2", "-O3", "-Os", "-Oz"];

/// Cell 1 counts up by twos while cell 0 counts down from 3; then a byte of input becomes its successor.
const CODE: &str = "+++\n[>++\n<-]\n>\n,\n+.\n";

/// What every session begins with: nothing but these commands decides what gdb does.
const SETTINGS: &str = "\
    set pagination off\nset confirm off\nset debuginfod enabled off\nset breakpoint pending on\nset width 0\n";

/// Carries out `commands` in gdb, with `words` as the program and its arguments; returns what gdb printed, line by line,
/// without its messages about libraries and threads.
pub fn gdb(workspace: &Arc<Workspace>, words: &[&str], commands: &str) -> Vec<String> {
    let found = Command::new("gdb").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(found.is_ok(), "gdb is missing, and this test is about it: apt install gdb");
    let options = ["-nx", "-q", "-batch", "-iex", "set auto-load no", "-x", "session", "--args"];
    session(workspace, workspace.tool("gdb", options.iter().chain(words)), &format!("{SETTINGS}{commands}"))
}

/// The same in lldb, which repeats the commands.
fn lldb(workspace: &Arc<Workspace>, words: &[&str], commands: &str) -> Vec<String> {
    let name = format!("lldb-{}", llvm_version());
    let found = Command::new(&name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(found.is_ok(), "{name} is missing, and this test is about it: apt install {name}");
    let options = ["--no-lldbinit", "-b", "-s", "session", "--"];
    // The compiler may have its other file take its place.
    let settings = "settings set use-color false\nsettings set target.disable-aslr false\n\
        settings set target.process.stop-on-exec false\n";
    session(workspace, workspace.tool(&name, options.iter().chain(words)), &format!("{settings}{commands}"))
}

/// What a debugger prints when it carries out `commands`, which it finds in the file `session`; the program's input is in
/// `input`.
fn session(workspace: &Arc<Workspace>, debugger: Invocation, commands: &str) -> Vec<String> {
    workspace.write("session", commands);
    workspace.write("input", "A");
    let session = debugger.run("");
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
    let bfllvm = binary();
    let commands = "break prog.bf:3\nrun\nprint/d cell\nprint ptr - tape\nprint/d *tape@3\nstep\nbacktrace 1\n";
    for (engine, function) in [("--engine=llvm", "bf_program ()"), ("--tier-threshold=0", "bf_loop_2_1 ()")] {
        let workspace = Workspace::with(CODE);
        let lines = gdb(&workspace, &[bfllvm, "run", "-g", "-O0", engine, "--input=input", PROGRAM], commands);
        has(&lines, &[&format!("{function} at prog.bf:3"), "3\t<-]", "$1 = 2", "$2 = 1", "$3 = {3, 2, 0}", "2\t[>++"]);
        has(&lines, &[&format!("#0  {function} at prog.bf:2")]);
    }
}

/// A library that is not there.
const NO_LIBRARY: &str = "set environment BFLLVM_LIBLLVM /nonexistent\n";

#[test]
fn gdb_knows_code_from_templates() {
    let bfllvm = binary();
    let commands = "\
        break prog.bf:3\nrun\nprint column\nprint/d cell\nprint ptr - tape\nprint/d *tape@3\nbacktrace\nstep\n\
        print/d cell\nset var cell = 7\ndelete\nbreak prog.bf:5\ncontinue\nprint ptr - tape\nprint/d *tape@3\n\
        finish\nbacktrace 1\n";
    // Debuggers are told through libLLVM where it is.
    for settings in ["", NO_LIBRARY] {
        let workspace = Workspace::with(CODE);
        let words = [bfllvm, "run", "-g", "-O0", "--engine=baseline", "--input=input", PROGRAM];
        let lines = gdb(&workspace, &words, &format!("{settings}{commands}"));
        // The first command of the line has no code: the pointer is moved by what follows.
        has(&lines, &["bf_loop_2_1 () at prog.bf:3", "3\t<-]", "$1 = 2", "$2 = 3", "$3 = 0", "$4 = {3, 2, 0}"]);
        let mut frames = lines.iter().filter(|line| line.starts_with('#'));
        for function in ["bf_loop_2_1", "bfllvm_enter", "bfllvm::runtime::execute::execute", "bfllvm::main"] {
            assert!(frames.any(|frame| frame.contains(function)), "no {function} in\n{}", lines.join("\n"));
        }
        // The next iteration begins at cell 1; the debugger makes seven of the two there, and two are added twice.
        has(&lines, &["2\t[>++", "$5 = 2", "bf_program () at prog.bf:5", "5\t,", "$6 = 1", "$7 = {0, 11, 0}"]);
        has(&lines, &["in bfllvm_enter ()"]);
    }
}

#[test]
fn gdb_follows_calls_through_code_from_templates() {
    let bfllvm = binary();
    // In optimised code, too, and with the loop's code from LLVM.
    for (options, function, frames) in [
        (&["-O0", "--engine=baseline"][..], "get", &["bf_program () at prog.bf:5", "in bfllvm_enter ()"][..]),
        (&["--engine=baseline"], "get", &["bf_program () at prog.bf:5", "in bfllvm_enter ()"]),
        (&["-O0", "--tier-threshold=0"], "hot", &["in bf_count_is_up ()", "in bfllvm_enter ()"]),
        (&["-O0", "--tier-threshold=0"], "prog.bf:3", &["bf_loop_2_1 () at prog.bf:3", "bf_loop_2_1 () at prog.bf:2"]),
    ] {
        let workspace = Workspace::with(CODE);
        let words = [&[bfllvm, "run", "-g", "--input=input", PROGRAM], options].concat();
        let function =
            if function.contains(':') { function.to_owned() } else { format!("bfllvm::runtime::execute::{function}") };
        let lines = gdb(&workspace, &words, &format!("break {function}\nrun\nbacktrace\n"));
        has(&lines, frames);
        assert!(lines.iter().any(|line| line.contains("bfllvm::main")), "{}", lines.join("\n"));
    }
}

/// In small loops, what is done where a buffer is full or empty stands behind the program, and calls a routine.
#[test]
fn gdb_follows_input_and_output_through_code_from_templates() {
    let bfllvm = binary();
    for (code, function, routine) in
        [("+\n[>,<]", "get", "in bf_input_to_come ()"), ("+\n[.]", "put", "in bf_output_without_room ()")]
    {
        let workspace = Workspace::with(code);
        let words = [bfllvm, "run", "-w", "-g", "-O0", "--engine=baseline", "--input=input", PROGRAM];
        let commands = format!("break bfllvm::runtime::execute::{function}\nrun\nbacktrace\n");
        let lines = gdb(&workspace, &words, &commands);
        has(&lines, &[routine, "bf_loop_2_1 () at prog.bf:2", "in bfllvm_enter ()"]);
        let frames: Vec<_> = lines.iter().filter(|line| line.starts_with('#')).collect();
        assert!(frames.iter().any(|frame| frame.contains("bfllvm::main")), "{frames:#?}");
        assert!(!frames.iter().any(|frame| frame.contains("?? ()")), "{frames:#?}");
    }
}

/// What lldb is asked at line 3, and what it answers there and one step further on.
const LLDB_COMMANDS: &str = "\
    print (int) cell\nprint column\nprint ptr - tape\nmemory read --size 1 --format u --count 3 tape\nthread step-in\n\
    print (int) cell\nexpression cell = 1\nbreakpoint delete 1\nbreakpoint set --file prog.bf --line 6\ncontinue\n\
    print (int) cell\n";
const LLDB_ANSWERS: [&str; 13] = [
    "prog.bf:3:1",
    "(int) 2",
    "(unsigned int) 1",
    "(long) 1",
    "000: 3",
    "001: 2",
    "002: 0",
    "prog.bf:2:1",
    "-> 2   \t[>++",
    "(int) 2",
    "prog.bf:6:1",
    "-> 6   \t+.",
    "(int) 65",
];

#[test]
fn lldb_stops_at_lines_and_prints_cells() {
    for io in ["--io=libc", "--io=syscall"] {
        let workspace = Workspace::with(CODE);
        workspace.bfllvm(["build", "-g", "-O0", io, "-o", "prog", PROGRAM]).run("").ends(0).says("");
        let commands = format!("breakpoint set --file prog.bf --line 3\nprocess launch -i input\n{LLDB_COMMANDS}");
        has(&lldb(&workspace, &["./prog"], &commands), &LLDB_ANSWERS);
        workspace.bfllvm(["build", "-g", io, "-o", "prog", PROGRAM]).run("").ends(0).says("");
        let commands = "breakpoint set --file prog.bf --line 5\nprocess launch -i input\nprint (int) cell\n\
            print ptr - tape\nthread step-over\n";
        has(&lldb(&workspace, &["./prog"], commands), &["prog.bf:5:1", "(int) 6", "(long) 1", "prog.bf:6:1"]);
    }
}

#[test]
fn lldb_knows_code_in_memory() {
    let bfllvm = binary();
    let start = "breakpoint set --file prog.bf --line 3\nprocess launch\n";
    for engine in ["--engine=llvm", "--tier-threshold=0"] {
        let workspace = Workspace::with(CODE);
        let words = [bfllvm, "run", "-g", "-O0", engine, "--input=input", PROGRAM];
        // In expressions, `tape` could be a module of bfllvm's own as well, if it has debug information.
        let commands = "print (int) cell\nprint column\nprint (int) ptr[-1]\ntarget variable tape[0]\n";
        let lines = lldb(&workspace, &words, &format!("{start}{commands}"));
        has(&lines, &["prog.bf:3:1", "(int) 2", "(unsigned int) 1", "(int) 3", "tape[0] = '\\x03'"]);
    }
    let workspace = Workspace::with(CODE);
    let words = [bfllvm, "run", "-g", "-O0", "--engine=baseline", "--input=input", PROGRAM];
    let commands = "print (int) cell\nprint column\nprint (int) ptr[1]\ntarget variable tape[1]\nthread backtrace\nthread step-in\n";
    let lines = lldb(&workspace, &words, &format!("{start}{commands}"));
    has(
        &lines,
        &["bf_loop_2_1 at prog.bf:3:2", "(int) 3", "(unsigned int) 2", "(int) 2", "tape[1] = '\\x02'", "prog.bf:2:3"],
    );
    assert!(lines.iter().any(|line| line.contains("`bfllvm_enter")), "{}", lines.join("\n"));
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
fn the_reference_has_nothing_to_describe() {
    let outcome = Workspace::with("+").bfllvm(["run", "-g", "--engine=reference", PROGRAM]).run("");
    outcome.ends(2).mentions(&["-g describes machine code", "--engine=llvm"]);
}
