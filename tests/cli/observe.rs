//! `--time-passes` and `--remarks`: what the compiler says about its own work.

use super::support::{Outcome, PROGRAM, Workspace, bfllvm};

/// One loop that becomes a multiplication, one that stays.
const CODE: &str = ",[->++<]>\n[.,]";

const REMARKS: &str = "prog.bf:1:2: remark: loop became 1 multiply-add [multiply]\n\
    prog.bf:1:2: remark: its test is gone; left of it: 1 copy [closed]\n\
    prog.bf:2:1: missed: contains output, contains input [multiply]\n";

/// The commands that compile, and what they print for [`CODE`] on no input; nothing where that is long.
const COMMANDS: [(&[&str], Option<&str>); 5] = [
    (&["run", "--engine=llvm"], Some("")),
    (&["run", "--engine=reference", "-O2"], Some("")),
    (&["build", "-o", "prog"], Some("")),
    (&["emit", "bfir"], None),
    (&["--emit-ir"], None),
];

/// The steps of the table on standard error, in order: shares, numbers and names.
fn steps(outcome: &Outcome) -> Vec<(f64, Vec<usize>, String)> {
    let mut lines = outcome.stderr.lines();
    let head = lines.next().unwrap_or_default();
    assert_eq!(head.split_whitespace().next(), Some("time"), "{outcome}");
    let name_column = head.find("step").unwrap();
    let row = |line: &str| {
        let (numbers, name) = line.split_at(name_column);
        let words: Vec<_> = numbers.split_whitespace().collect();
        assert_eq!(words[1], "ms", "{line}");
        let share = words[2].strip_suffix('%').unwrap().parse().unwrap();
        (share, words[3..].iter().map(|word| word.parse().unwrap()).collect(), name.to_owned())
    };
    lines.map(row).collect()
}

#[test]
fn every_command_that_compiles_tells_where_the_time_went() {
    for (command, prints) in COMMANDS {
        let outcome = bfllvm(CODE, &[command, &["--time-passes"]].concat()).run("");
        outcome.ends(0);
        if let Some(prints) = prints {
            outcome.prints(prints);
        }
        let steps = steps(&outcome);
        let names: Vec<_> = steps.iter().map(|(.., name)| name.as_str()).collect();
        for name in ["parsing", "our passes", "  multiply", "other", "total"] {
            assert!(names.contains(&name), "{name}\n{outcome}");
        }
        // LLVM is there where it is needed.
        let has_llvm = !command.iter().any(|word| ["--engine=reference", "bfir"].contains(word));
        for name in ["opening LLVM", "lowering", "LLVM's passes", "code generation"] {
            assert_eq!(names.contains(&name), has_llvm, "{name}\n{outcome}");
        }
        // Without the parts of steps the shares add up, but for rounding.
        let whole = steps.iter().filter(|(.., name)| !name.starts_with(' ') && name != "total");
        let sum: f64 = whole.map(|(share, ..)| share).sum();
        assert!((sum - 100.0).abs() < 1.0, "{sum}%\n{outcome}");
    }
}

#[test]
fn the_runs_of_a_pass_are_added_up() {
    let passes = "--passes=runs,clear,runs";
    let outcome = bfllvm("+++[-]", &["emit", "bfir", "--time-passes", passes]).run("");
    let steps = steps(outcome.ends(0));
    let numbers = |wanted: &str| steps.iter().find(|(.., name)| name.trim() == wanted).unwrap().1.clone();
    // Runs, operations before the first and after the last, and how many of them are its merit.
    assert_eq!(numbers("runs"), [2, 6, 2, 2], "{outcome}");
    assert_eq!(numbers("clear"), [1, 4, 2, 2], "{outcome}");
}

#[test]
fn llvms_passes_are_named_by_llvm() {
    // Long enough for passes to take a time that LLVM can show.
    let code = ",[>,]<".repeat(300) + &"[[.<]>[->+>++<<]]".repeat(300);
    let outcome = bfllvm(code, &["emit", "asm", "-w", "-O3", "--time-passes"]).run("");
    let steps = steps(outcome.ends(0));
    let begin = steps.iter().position(|(.., name)| name == "LLVM's passes").unwrap() + 1;
    let parts = steps[begin..].iter().take_while(|(.., name)| name.starts_with(' '));
    let parts: Vec<_> = parts.map(|(.., name)| name.trim()).collect();
    assert!(parts.iter().filter(|name| name.ends_with("Pass")).count() >= 3, "{outcome}");
    assert!(parts.len() <= 11, "{outcome}");
}

#[test]
fn times_are_said_before_the_program_runs() {
    // So that a program without end has them too.
    let outcome = bfllvm("+[]", &["run", "-w", "--time-passes", "--timeout=0.1"]).run("");
    outcome.ends(4);
    let total = outcome.stderr.find("total\n").expect("a table");
    assert!(total < outcome.stderr.find("stopped after").unwrap(), "{outcome}");
}

#[test]
fn large_programs_run_before_all_passes_are_done() {
    // A quotient and a remainder, which take a loop that only slow passes find a short way for.
    let hot = ",>,<[->-[>+>>]>[+[-<+>]>+>>]<<<<<]>[-]>.>.";
    let code = format!("{hot}{}", "[-]>.<".repeat(100_000));
    let workspace = Workspace::with(&code);
    let run = |options: &[&str]| {
        workspace.bfllvm([&["run", "-w", "--max-output=100"], options, &[PROGRAM]].concat()).run("\x64\x07")
    };
    let expected = run(&["--engine=reference"]);
    let has_values = |outcome: &Outcome| outcome.stderr.lines().any(|line| line.ends_with(" values"));
    let at_first = run(&["--time-passes"]);
    assert!(!has_values(&at_first), "{at_first}");
    for all in [&["--engine=baseline"][..], &["--remarks"]] {
        let outcome = run(&[all, &["--time-passes"]].concat());
        assert!(has_values(&outcome), "{outcome}");
    }
    for options in [&[][..], &["--tier-threshold=0"], &["--tier-seed=1"], &["--engine=baseline"]] {
        run(options).ends(4).prints(&expected.stdout);
    }
    run(&["-v"]).mentions(&["once they are hot"]);
}

#[test]
fn every_command_that_compiles_makes_remarks() {
    for (command, prints) in COMMANDS {
        for option in ["--remarks", "--remarks=text"] {
            let outcome = bfllvm(CODE, &[command, &[option]].concat()).run("");
            outcome.ends(0).says(REMARKS);
            if let Some(prints) = prints {
                outcome.prints(prints);
            }
        }
    }
    // Unless it is asked for a level, the reference runs the program as it stands.
    let outcome = bfllvm(",[-]", &["run", "--engine=reference", "--remarks"]).run("");
    outcome.ends(0).says("prog.bf:1:2: missed: nothing stands against it, but no pass took it\n");
}

#[test]
fn remarks_follow_the_passes_that_are_chosen() {
    let outcome = bfllvm(",[-]", &["emit", "bfir", "--remarks", "--passes=runs,clear"]).run("");
    outcome.ends(0).says("prog.bf:1:2: remark: loop became 1 assignment [clear]\n");
    bfllvm(",.", &["emit", "bfir", "--remarks"]).run("").ends(0).says("");
}

#[test]
fn remarks_as_json_are_one_object_a_line() {
    let outcome = bfllvm("\n,[->+<]", &["emit", "bfir", "--remarks=json"]).run("");
    let remarks = outcome.ends(0).json();
    assert_eq!(remarks.len(), 2, "{outcome}");
    let strings = [("kind", "passed"), ("pass", "multiply"), ("what", "became"), ("file", PROGRAM)];
    for (key, value) in strings {
        assert_eq!(remarks[0][key], value, "{outcome}");
    }
    for (key, value) in [("line", 2), ("column", 2), ("end_line", 2), ("end_column", 8)] {
        assert_eq!(remarks[0][key], value, "{outcome}");
    }
    assert_eq!(remarks[0]["message"], "loop became 1 multiply-add", "{outcome}");
}

#[test]
fn remarks_on_a_program_with_errors_are_the_errors() {
    let outcome = bfllvm("[-]]", &["emit", "bfir", "--remarks", "--time-passes", "--error-format=short"]).run("");
    outcome.ends(1).prints("").says("prog.bf:1:4: error: unmatched `]`\n");
}

#[test]
fn a_name_cannot_garble_remarks() {
    let workspace = Workspace::new();
    workspace.write("\x1b[31m.bf", ",[-]");
    for option in ["--remarks", "--remarks=json"] {
        let outcome = workspace.bfllvm(["emit", "bfir", option, "\x1b[31m.bf"]).run("");
        assert!(!outcome.ends(0).stderr.contains('\x1b'), "{outcome}");
        outcome.mentions(&["1 assignment"]);
    }
}
