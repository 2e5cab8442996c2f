//! The forms of messages, colour, and warnings.

use super::support::{Collector, PROGRAM, RUNS, Terminal, Way, Workspace, bfllvm, every_way};

/// What begins colour.
const ESCAPE: char = '\x1b';

/// For each warning: its name, a program that gets it, and where.
const WARNED: [(&str, &str, &str); 3] =
    [("dead-loop", "+[-]\n[.]", "2:1"), ("endless-loop", ",\n []", "2:2"), ("certain-tape-fault", "+.\n<+", "2:2")];

#[test]
fn a_short_message_is_one_line() {
    let outcome = bfllvm("+[", &["run", "--error-format=short"]).run("");
    outcome.ends(1).says("prog.bf:1:2: error: unmatched `[`\n");
    let outcome = Workspace::new().bfllvm(["run", "--error-format=short", "missing"]).run("");
    outcome.ends(1);
    assert!(outcome.stderr.starts_with("error: cannot read missing: "), "{outcome}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome}");
}

#[test]
fn json_says_what_and_where() {
    let outcome = bfllvm("]\n\u{e9}[[", &["run", "--error-format=json"]).run("");
    let errors = outcome.ends(1).prints("").json();
    assert_eq!(errors.len(), 2, "{outcome}");
    for (error, message, bytes, line, columns) in
        [(&errors[0], "unmatched `]`", [0, 1], 1, [1, 2]), (&errors[1], "2 unmatched `[`", [4, 6], 2, [2, 4])]
    {
        assert_eq!(error["severity"], "error", "{outcome}");
        assert_eq!(error["code"], "unmatched-bracket", "{outcome}");
        assert_eq!(error["message"], message, "{outcome}");
        let span = &error["span"];
        assert_eq!(span["file"], PROGRAM, "{outcome}");
        assert_eq!([&span["byte_start"], &span["byte_end"]], bytes, "{outcome}");
        assert_eq!([&span["line_start"], &span["line_end"]], [line; 2], "{outcome}");
        assert_eq!([&span["column_start"], &span["column_end"]], columns, "{outcome}");
    }
}

#[test]
fn json_is_whole_whatever_the_message_is_about() {
    // One object a line, also for faults, limits, failures and wrong combinations of options.
    for (code, args, status, name) in [
        (",<+", &["run"][..], 3, "tape-fault"),
        (",<+", &["run", "--engine=reference"], 3, "tape-fault"),
        (",[]", &["run", "-w", "--timeout=0.1"], 4, "timeout"),
        (",[.]", &["run", "--max-output=1"], 4, "output-limit"),
        (",[.]", &["run", "--engine=reference", "--max-steps=9"], 4, "step-limit"),
        ("+", &["run", "--input=missing"], 1, "failure"),
        ("+", &["run", "--max-steps=9"], 2, "usage"),
    ] {
        let outcome = bfllvm(code, &[args, &["--error-format=json"]].concat()).run("x");
        let objects = outcome.ends(status).json();
        assert_eq!(objects.len(), 1, "{outcome}");
        assert_eq!(objects[0]["code"], name, "{outcome}");
        assert_eq!(objects[0]["severity"], "error", "{outcome}");
        assert!(objects[0]["message"].as_str().is_some_and(|message| !message.is_empty()), "{outcome}");
    }
}

#[test]
fn warnings_name_the_mistake_and_change_nothing() {
    for (name, code, place) in WARNED {
        let args = ["run", "--engine=reference", "--max-steps=100"];
        let outcome = bfllvm(code, &[&args[..], &["--error-format=json"]].concat()).run("");
        let first = &outcome.json()[0];
        assert_eq!(first["severity"], "warning", "{outcome}");
        assert_eq!(first["code"], name, "{outcome}");
        let (line, column) = (&first["span"]["line_start"], &first["span"]["column_start"]);
        assert_eq!(format!("{line}:{column}"), place, "{outcome}");
        let people = bfllvm(code, &args).run("");
        people.mentions(&["warning: ", &format!("prog.bf:{place}")]);
        // Silenced, it is the same run.
        for option in ["-w", "--no-warnings"] {
            let silent = bfllvm(code, &[&args[..], &[option]].concat()).run("");
            assert!(!silent.stderr.contains("warning"), "{silent}");
            assert_eq!((silent.code(), &silent.stdout), (people.code(), &people.stdout), "{people}\n{silent}");
        }
    }
}

#[test]
fn whatever_reads_a_program_warns_once() {
    for (_, code, place) in WARNED {
        for args in [&["emit", "bfir"][..], &["emit", "ir"], &["build", "-o", "prog"], &["run", "--timeout=0.1"]] {
            let outcome = bfllvm(code, &[args, &["--error-format=short"]].concat()).run("");
            let expected = format!("prog.bf:{place}: warning: ");
            assert_eq!(outcome.stderr.matches(&expected).count(), 1, "{expected}...\n{outcome}");
        }
    }
}

#[test]
fn sound_programs_get_no_warnings() {
    for Way::Run(option) | Way::Build(option) in RUNS {
        let code = "[A comment, with commands. <+ []]\n>,+[>,+]<[<]>[.>]++[>++<-]>[-]<<>.";
        bfllvm(code, &["run", option, "--eof=-1"]).run("").ends(0).prints([0]).says("");
    }
}

#[test]
fn colour_is_for_those_who_ask_for_it() {
    let stderr = |options: &[&str]| bfllvm("+[", &[&["run"], options].concat()).run("").stderr;
    assert!(!stderr(&[]).contains(ESCAPE), "a pipe is no terminal");
    assert!(!stderr(&["--color=auto"]).contains(ESCAPE));
    assert!(!stderr(&["--color=never"]).contains(ESCAPE));
    assert!(stderr(&["--color=always"]).contains(ESCAPE));
    // Whoever asks for it here and now knows better than a variable.
    let outcome = bfllvm("+[", &["run", "--color=always"]).env("NO_COLOR", "1").run("");
    assert!(outcome.stderr.contains(ESCAPE), "{outcome}");
    // Forms for programs are never coloured.
    assert!(!stderr(&["--color=always", "--error-format=short"]).contains(ESCAPE));
    assert!(!stderr(&["--color=always", "--error-format=json"]).contains(ESCAPE));
}

#[test]
fn a_terminal_shows_colour_unless_it_is_not_wanted() {
    let shown = |options: &[&str], variables: &[(&str, &str)]| {
        let Terminal { user, process } = Terminal::open();
        let screen = Collector::new(user);
        let mut invocation = bfllvm("+[", &[&["run"], options].concat()).env("TERM", "xterm").stderr(process);
        for (name, value) in variables {
            invocation = invocation.env(name, value);
        }
        invocation.run("").ends(1);
        let text = String::from_utf8(screen.finish()).unwrap();
        assert!(text.contains("unmatched"), "{text}");
        text.contains(ESCAPE)
    };
    assert!(shown(&[], &[]));
    assert!(shown(&[], &[("NO_COLOR", "")]), "an empty NO_COLOR says nothing");
    assert!(!shown(&[], &[("NO_COLOR", "1")]));
    assert!(!shown(&[], &[("TERM", "dumb")]));
    assert!(!shown(&["--color=never"], &[]));
}

#[test]
fn a_message_that_nobody_reads_changes_no_status() {
    for program in every_way("+.<+", &[]) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        program.stderr(writer).run("").ends(3).prints([1]);
    }
}

#[test]
fn a_line_cannot_garble_the_terminal() {
    // Whoever runs a stranger's file does not want its escape sequences carried out.
    let outcome = bfllvm("\x1b[31m\r\x07[", &["run"]).run("");
    assert!(!outcome.ends(1).stderr.contains([ESCAPE, '\r', '\x07']), "{outcome}");
}

#[test]
fn a_name_cannot_garble_the_terminal() {
    let workspace = Workspace::new();
    workspace.write("\x1b[31m.bf", "[");
    for form in ["human", "short", "json"] {
        let outcome = workspace.bfllvm(["run", "--error-format", form, "\x1b[31m.bf"]).run("");
        assert!(!outcome.ends(1).stderr.contains(ESCAPE), "{outcome}");
    }
}

#[test]
fn long_work_is_shown_on_terminals() {
    for (args, steps) in [
        (&["build", "-o", "prog"][..], &["our passes", "LLVM", "linking"][..]),
        (&["emit", "obj", "-o", "prog.o"], &["our passes", "LLVM"]),
        (&["run", "--engine=llvm"], &["LLVM"]),
        (&["compare", "-O0", "-n1"], &["-O0: compiling", "-O0: run 1", "-O0: counting operations"]),
        (&["explain"], &["our passes", "LLVM", "running the program"]),
        (&["check", "--portability"], &["the program runs under several conventions"]),
    ] {
        let Terminal { user, process } = Terminal::open();
        let screen = Collector::new(user);
        bfllvm("+.", args).stderr(process).run("").ends(0);
        let expected: String = steps.iter().chain(&[""]).map(|step| format!("\r\x1b[K{step}")).collect();
        assert_eq!(String::from_utf8_lossy(&screen.finish()), expected, "{args:?}");
        bfllvm("+.", args).run("").ends(0).says("");
    }
}

#[test]
fn a_message_takes_the_place_of_progress() {
    let Terminal { user, process } = Terminal::open();
    let screen = Collector::new(user);
    bfllvm(",[-]", &["emit", "bfir", "--remarks", "-o", "prog.bfir"]).stderr(process).run("").ends(0);
    let shown = String::from_utf8_lossy(&screen.finish()).into_owned();
    assert_eq!(shown, "\r\x1b[Kour passes\r\x1b[Kprog.bf:1:2: remark: loop became 1 assignment [clear]\r\n");
}
