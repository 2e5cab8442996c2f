//! `debug`: scripts, pipes and terminals; what the commands do is tested where they are.

use std::io::Write as _;
use std::os::fd::AsFd as _;

use super::support::{Collector, PROGRAM, Terminal, Workspace, bfllvm};

const CODE: &str = "++>,.\n[-<+>]";

const START: &str = "1:1, step 0, cell 0: 0\n     1 | ++>,.\n         ^\n";

#[test]
fn commands_come_from_a_pipe_and_input_from_a_file() {
    let workspace = Workspace::with(CODE);
    workspace.write("input", "Z");
    let outcome = workspace.bfllvm(["debug", "-i", "input", PROGRAM]).run("break 2\ncontinue\nprint 0..1\nback 2\n");
    outcome.ends(0).says("").prints(format!(
        "{START}breakpoint 1 at 2:1\n     2 | [-<+>]\n         ^\nZ\nbreakpoint 1\n2:1, step 5, cell 1: 90 'Z'\n     \
         2 | [-<+>]\n         ^\ncell 0: 2\ncell 1: 90 'Z'\n1:4, step 3, cell 1: 0\n     1 | ++>,.\n            ^\n"
    ));
}

#[test]
fn scripts_come_first_then_commands_then_standard_input() {
    let workspace = Workspace::with(CODE);
    workspace.write("script", "# two steps\nstep 2\n");
    let args = ["debug", "-e", "print 0", "-x", "script", "-e", "tape 0", PROGRAM];
    let outcome = workspace.bfllvm(args).run("info\nquit\nprint 5\n");
    let text = String::from_utf8(outcome.ends(0).stdout.clone()).unwrap();
    let places: Vec<_> = ["step 2, cell", "cell 0: 2\n", "value   2", "outside of all loops"]
        .iter()
        .map(|part| text.find(part))
        .collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{outcome}");
    assert!(!text.contains("cell 5"), "{outcome}");
    workspace.bfllvm(["debug", "-x", "none", PROGRAM]).run("").ends(1).prints("").mentions(&["none"]);
}

#[test]
fn a_refused_command_is_told_and_makes_the_status() {
    let outcome = bfllvm(CODE, &["debug", "-e", "frobnicate", "-e", "step"]).run("");
    let text = String::from_utf8(outcome.ends(1).stdout.clone()).unwrap();
    assert!(text.contains("`frobnicate` is no command") && text.contains("step 1"), "{outcome}");
}

#[test]
fn a_program_without_input_stops_in_front_of_it() {
    let outcome = bfllvm(CODE, &["debug"]).run("c\nstep back\n");
    let text = String::from_utf8(outcome.ends(0).stdout.clone()).unwrap();
    assert!(text.contains("give it with --input FILE\nstopped in front of input or output\n1:4, step 3"), "{outcome}");
}

#[test]
fn the_dialect_counts() {
    for (option, shown) in [("--cells=16", "cell 0: 65535\n"), ("--eof=-1", "cell 0: 255\n")] {
        let code = if option == "--eof=-1" { "," } else { "-" };
        let workspace = Workspace::with(code);
        workspace.write("input", "");
        let outcome = workspace.bfllvm(["debug", "-i", "input", option, "-e", "step", "-e", "p", PROGRAM]).run("");
        assert!(outcome.ends(0).stdout.ends_with(shown.as_bytes()), "{outcome}");
    }
}

#[test]
fn errors_in_the_source_come_first() {
    let outcome = bfllvm("[", &["debug", "--error-format=short"]).run("step\n");
    outcome.ends(1).prints("").says("prog.bf:1:1: error: unmatched `[`\n");
}

#[test]
fn at_a_terminal_input_is_typed_and_an_endless_program_interrupted() {
    let mut terminal = Terminal::open();
    let both = [terminal.process.try_clone().unwrap(), terminal.process.as_fd().try_clone_to_owned().unwrap()];
    let [stdin, stdout] = both;
    let mut running = bfllvm(",+[]", &["debug"]).stdin(stdin).stdout(stdout).env("TERM", "dumb").start();
    drop(terminal.process);
    let screen = Collector::new(terminal.user.try_clone().unwrap());
    let has =
        |text: &'static str| move |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    screen.wait_until(has("(bfllvm) "));
    terminal.user.write_all(b"continue\n").unwrap();
    screen.wait_until(has("input> "));
    terminal.user.write_all(b"A\n").unwrap();
    running.keeps_busy();
    running.signal(libc::SIGINT);
    screen.wait_until(has("interrupted"));
    terminal.user.write_all(b"print\nquit\n").unwrap();
    screen.wait_until(has("cell 0: 66 'B'"));
    running.end().ends(0);
}
