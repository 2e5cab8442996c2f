//! S4, S5: what happens off the tape, and that nothing happens there which the program does not ask for.

use super::support::{BUILDS, LITERAL, Outcome, RUNS, WAYS, Way, Workspace, every_way};

const REFERENCE: Way = Way::Run("--engine=reference");

#[test]
fn s4_tape_faults_on_the_left_and_on_the_right() {
    let right = ">".repeat(4096);
    for (code, cell) in [
        // Each command that accesses, where the access cannot be done without.
        ("<+".into(), "cell -1 is left"),
        ("<<-".into(), "cell -2 is left"),
        ("<,".into(), "cell -1 is left"),
        ("+[<+]".into(), "cell -1 is left"),
        ("++++[-<+>]".into(), "cell -1 is left"),
        (">+<[-]++[->[-<<+>>]<]".into(), "cell -1 is left"),
        (format!("{right}+"), "cell 4096 is right"),
        (format!("{right}>-"), "cell 4097 is right"),
        (format!("{right},"), "cell 4096 is right"),
        ("+[>+]".into(), "cell 4096 is right"),
        (format!("{right}<+[->>+<<]"), "cell 4097 is right"),
    ] {
        for program in every_way(code, &["--tape=4096"]) {
            program.run("xyz").ends(3).prints("").mentions(&["prog.bf", "tape fault", cell, "0 to 4095"]);
        }
    }
}

#[test]
fn s4_a_command_at_a_time_no_access_is_skipped() {
    // An optimised program may know what it would read there, or that nobody asks (S5).
    for code in ["+.<.", "+.<[]", "+.<[-]", "+.<+-", "+.<,", "+[.-<]", "+.<-+>."] {
        for way in LITERAL {
            way.of(code, &[]).run("").ends(3).prints([1]).mentions(&["tape fault: cell -1 is left"]);
        }
    }
}

#[test]
fn s4_a_fault_far_off_the_tape_is_one_too() {
    // Farther than the pages around the tape which are there in any case.
    for (step, cell) in [("<", -400_000), (">", 400_000)] {
        let code = format!("+.{}+", step.repeat(400_000));
        for program in every_way(code, &["--tape=4096", "--cells=64"]) {
            program.run("").ends(3).prints([1]).mentions(&[&format!("cell {cell} is ")]);
        }
    }
}

#[test]
fn s4_what_was_printed_before_a_fault_is_delivered() {
    let fill = "++++[>-[>-[>.<-]<-]<-]";
    for program in every_way(format!("{fill}+.<+"), &[]) {
        let mut expected = vec![0; 4 * 255 * 255];
        expected.push(1);
        program.run("").ends(3).prints(expected);
    }
}

#[test]
fn s4_run_names_the_command_at_fault() {
    for (code, input, place) in [
        ("a comment, with input\n  +[<\n     +]", "x", "3:6"),
        ("a comment;\n  +[<\n     +]", "", "3:6"),
        ("\u{e9}+<+", "", "1:4"),
        (",[>,]<<<<<<-", "\x01\x01\x01\0", "1:12"),
        ("+>+>++[-<<[-<+>]>>]", "", "1:14"),
        ("+[\n>+\n]", "", "2:2"),
    ] {
        for way in RUNS {
            let outcome = way.of(code, &["--error-format=short", "--tape=4096"]).run(input);
            outcome.ends(3);
            let start = format!("prog.bf:{place}: error: tape fault: cell ");
            assert!(outcome.stderr.starts_with(&start), "{start}...\n{outcome}");
            assert_eq!(outcome.stderr.lines().count(), 1, "{outcome}");
        }
    }
}

#[test]
fn s4_people_see_the_command_at_fault() {
    for way in RUNS {
        way.of("+.\n.<+", &[]).run("").ends(3).prints([1, 1]).mentions(&[
            "error: tape fault",
            "prog.bf:2:3",
            "2 | .<+",
        ]);
    }
}

#[test]
fn s4_the_place_of_a_fault_that_input_decided_on_is_found_too() {
    // The input is read from a pipe, which cannot be read again.
    for way in RUNS {
        let outcome = way.of("+[>,[<<+>>-]<]", &["--error-format=short"]).run(b"\0\x01");
        outcome.ends(3).mentions(&["prog.bf:1:8: error: tape fault: cell -1"]);
    }
}

#[test]
fn s4_executables_name_the_loop_at_fault() {
    for way in BUILDS {
        let say = |place: &str| {
            format!("prog.bf: tape fault: cell -1 is left of the tape (its cells are 0 to 16777215){place}\n")
        };
        way.of("+.\n<+.", &[]).run("").ends(3).says(&say(", outside every loop"));
        way.of("+>+<\n [.<\n+.]", &[]).run("").ends(3).says(&say(", in the loop at 2:2"));
        // A loop that was folded is named no more, and not denied.
        way.of(",[<+>-]", &[]).run("a").ends(3).says(&say(""));
        // Nor where what runs once is so long that it becomes a table.
        let writes = ".+".repeat(1000);
        way.of(format!(">,>,<[>]<<<,{writes}[<]{writes}"), &[]).run("abcdefg").ends(3).says(&say(""));
    }
}

#[test]
fn s4_moving_the_pointer_is_no_access() {
    let right = ">".repeat(4096);
    let left = "<".repeat(4096);
    for code in ["<<<>>>+.".into(), format!("{right}>{left}<+."), format!("<{left}{right}>+."), "+.<".into()] {
        for program in every_way(code, &["--tape=4096"]) {
            program.run("").ends(0).prints([1]).says("");
        }
    }
    // Off the tape at the end of a loop's body, and back before the head is reached.
    for program in every_way("+++[.-<>]<[>]>.", &["--tape=4096"]) {
        assert_faults_or_ends(&program.run(""), &[3, 2, 1], &[3, 2, 1, 0]);
    }
}

#[test]
fn s5_no_optimisation_adds_an_access() {
    // The cell is 0, known or unknown, so the body which would leave the tape is not run.
    for loops in [
        "[<+>-]",
        "[-<+>]",
        "[<+<++>>-]",
        "[>+<<->-]",
        "[<+>--]",
        "[<[-]>-]",
        "[<[-]>[-]]",
        "[<+>[-]]",
        "[<.>-]",
        "[<,>-]",
        "[[<+>-]]",
        "[<]",
        "[<<<]",
        "[-<[<+>-]>]",
        "[<[->+<]>]",
    ] {
        for known in ["", ",", "+,", ",[-]"] {
            for program in every_way(format!("{known}{loops}+."), &["--eof=0"]) {
                program.run("").ends(0).prints([1]).says("");
            }
        }
    }
}

#[test]
fn s5_no_optimisation_adds_an_access_at_the_right_end() {
    let there = ">".repeat(4095);
    for loops in ["[>+<-]", "[->+++>>+<<<]", "[>[-]<-]", "[>]", "[[>>+<<-]]", "[>.<-]"] {
        for known in ["", ","] {
            for program in every_way(format!("{there}{known}{loops}+."), &["--eof=0", "--tape=4096"]) {
                program.run("").ends(0).prints([1]).says("");
            }
        }
    }
}

#[test]
fn s5_nothing_is_hoisted_out_of_a_loop_that_does_not_run() {
    // The inner loop would reach cell -2, but is not entered in any of the outer loop's rounds.
    for inner in ["[<<<<+>>>>-]", "[<<<<[-]>>>>-]", "[<<<<.>>>>-]", "[<<<<[->+<]>>>>-]"] {
        for program in every_way(format!("+++>>,<<[>>{inner}<<.-]+."), &[]) {
            program.run("\0").ends(0).prints([3, 2, 1, 1]).says("");
        }
    }
}

#[test]
fn s5_an_access_without_effect_may_be_skipped_and_nothing_else() {
    for (code, before, complete) in [
        ("+.<+->+.", &[1][..], &[1, 2][..]),
        ("+.<.>+.", &[1], &[1, 0, 2]),
        ("+.<+.", &[1], &[1, 1]),
        ("+.<+++[.-]>+.", &[1], &[1, 3, 2, 1, 2]),
        ("+.<[-]>+.", &[1], &[1, 2]),
        ("+.<[.]>+.", &[1], &[1, 2]),
        ("+.<,>+.", &[1], &[1, 2]),
        ("++[.-<+->]+.", &[2], &[2, 1, 1]),
        ("+.[<]>+.", &[1], &[1, 2]),
        ("++.[-<+>]<[->+<]>.", &[2], &[2, 2]),
    ] {
        for way in WAYS {
            let outcome = way.of(code, &[]).run("");
            if way == REFERENCE {
                outcome.ends(3).prints(before);
            } else {
                assert_faults_or_ends(&outcome, before, complete);
            }
        }
    }
}

/// The run ends as it would on a longer tape, or with a fault somewhere between the reference's and there.
#[track_caller]
fn assert_faults_or_ends(outcome: &Outcome, before: &[u8], complete: &[u8]) {
    if outcome.code() == Some(0) {
        outcome.prints(complete);
    } else {
        outcome.ends(3);
        assert!(outcome.stdout.starts_with(before) && complete.starts_with(&outcome.stdout), "{outcome}");
    }
}

#[test]
fn s4_a_fault_in_the_middle_of_a_pipeline_is_no_broken_pipe() {
    // The output is still in the buffer when the fault happens, and the reader has gone.
    for way in WAYS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let outcome = way.of("+.<+", &[]).stdout(writer).run("");
        assert!([Some(3), Some(141)].contains(&outcome.code()), "{outcome}");
    }
}

#[test]
fn s4_a_file_name_that_is_no_text_is_spoken_of_nevertheless() {
    use std::os::unix::ffi::OsStrExt as _;
    let workspace = Workspace::new();
    let name = std::ffi::OsStr::from_bytes(b"pr\xffg.bf");
    std::fs::write(workspace.path("").join(name), "<+").unwrap();
    let args = ["run", "-w"].map(std::ffi::OsStr::new);
    workspace.bfllvm(args.iter().chain(&[name])).run("").ends(3).mentions(&["pr\u{fffd}g.bf:1:2"]);
}
