//! `profile`: counts, times, and that the program runs as ever.

use serde_json::Value;

use super::support::{Outcome, PROGRAM, Workspace, bfllvm};

/// A loop that goes around 5 times and in it one that does so 1, 2, 3, 4 and 5 times, writing; at -O2 both stay.
const NEST: &str = "+++++[->+[->+>.<<]>[-<+>]<<]";

/// Goes around some 5,000,000 times, most of them in the loop at 2:1.
const LONG: &str = "+++++++++[>++++++[>++++[>\n[-]-[>-[>-[>+<-.[-]]<[-]]<-]<-]<-]<-]";

fn loops(outcome: &Outcome) -> Vec<Value> {
    let profiles = outcome.json();
    assert_eq!(profiles.len(), 1, "{outcome}");
    assert_eq!(profiles[0]["program"], PROGRAM, "{outcome}");
    profiles[0]["loops"].as_array().unwrap().clone()
}

fn numbers(loops: &[Value], member: &str) -> Vec<Option<u64>> {
    loops.iter().map(|row| row[member].as_u64()).collect()
}

#[test]
fn counts_are_exact() {
    for cells in ["--cells=8", "--cells=16", "--cells=32", "--cells=64"] {
        let outcome = bfllvm(NEST, &["profile", "-w", "-O0", "--json", cells]).run("");
        let loops = loops(outcome.ends(0));
        assert_eq!(numbers(&loops, "column"), [Some(6), Some(10), Some(20)], "{outcome}");
        assert_eq!(numbers(&loops, "entries"), [Some(1), Some(5), Some(5)], "{outcome}");
        assert_eq!(numbers(&loops, "iterations"), [Some(5), Some(15), Some(15)], "{outcome}");
        assert_eq!(numbers(&loops, "parent"), [None, Some(0), Some(0)], "{outcome}");
    }
}

#[test]
fn loops_that_the_optimiser_removed_are_folded() {
    let passes = "--passes=runs,offsets,clear,multiply";
    let outcome = bfllvm(format!("{NEST}>>[-]"), &["profile", "-w", "--json", passes]).run("");
    let loops = loops(outcome.ends(0));
    let forms: Vec<_> = loops.iter().map(|row| row["form"].as_str().unwrap()).collect();
    // A multiplication is only done where its loop is run.
    assert_eq!(forms, ["loop", "loop", "if", "folded"], "{outcome}");
    assert_eq!(numbers(&loops, "iterations"), [Some(5), Some(15), Some(5), None], "{outcome}");
}

#[test]
fn scans_and_walks_are_counted_by_their_steps() {
    // 40 cells that are not 0 between two that are, behind them one with all bits set: longer than what is looked at
    // one by one.
    let row = format!(">{}-<[<]>", "+>".repeat(39));
    for (form, around) in [("scan", "[>]<[<]"), ("walk", "[->]"), ("walk", "[->+]")] {
        let stop = if around == "[->+]" { 39 } else { 40 };
        for cells in ["--cells=8", "--cells=16", "--cells=32", "--cells=64"] {
            let args = ["profile", "-w", "--json", "--passes=runs,offsets,scan,walk", cells];
            let outcome = bfllvm(format!("{row}{around}"), &args).run("");
            let loops = loops(outcome.ends(0));
            let last: Vec<_> = loops[1..].to_vec();
            assert!(last.iter().all(|row| row["form"] == form), "{outcome}");
            assert!(numbers(&last, "iterations").iter().all(|&steps| steps == Some(stop)), "{outcome}");
            assert!(numbers(&last, "entries").iter().all(|&entries| entries == Some(1)), "{outcome}");
        }
    }
}

#[test]
fn the_program_is_left_alone() {
    let outcome = bfllvm(",[.,]", &["profile", "--eof=0"]).run("echo\n");
    outcome.ends(0).prints("echo\n").mentions(&["prog.bf: 1 loop at -O2", "1:2"]);
    // End of input, width, what is behind the `!`, and files.
    bfllvm(",.", &["profile", "--eof=-1"]).run("").ends(0).prints(b"\xff");
    bfllvm("-[>+<-]>[<+>-]<+.", &["profile", "--cells=32", "-O2"]).run("").ends(0).prints(b"\0");
    let workspace = Workspace::new();
    workspace.bfllvm(["profile", "-"]).run(",.!x").ends(0).prints("x").mentions(&["<stdin>: 0 loops"]);
    workspace.write(PROGRAM, ",.");
    workspace.write("input", "y");
    workspace.bfllvm(["profile", "-i", "input", PROGRAM]).run("z").ends(0).prints("y");
}

#[test]
fn the_profile_goes_to_a_file_on_request() {
    let workspace = Workspace::with(NEST);
    let plain = ["profile", "-w", "-O0", "--folded=iterations", "--color=always", "-o", "out", PROGRAM];
    workspace.bfllvm(plain).run("").ends(0).says("");
    assert_eq!(workspace.read("out"), b"1:6 5\n1:6;1:10 15\n1:6;1:20 15\n");
    workspace.bfllvm(["profile", "-o", PROGRAM, PROGRAM]).run("").ends(1).mentions(&["is the program itself"]);
    assert_eq!(workspace.read(PROGRAM), NEST.as_bytes());
    workspace.bfllvm(["profile", "-o", "none/out", PROGRAM]).run("").ends(1).prints("").mentions(&["none/out"]);
}

#[test]
fn whatever_ends_the_run_there_is_a_profile() {
    let outcome = bfllvm("+[<+]", &["profile", "-w", "-O0", "--error-format=short"]).run("");
    outcome.ends(3).mentions(&["prog.bf:1:4: error: tape fault", "1:2       loop           1        1"]);
    let outcome = bfllvm("+[]", &["profile", "-w", "--timeout=0.2"]).run("");
    outcome.ends(4).mentions(&["stopped after 0.2 s", "1 loop at -O2", "100.0"]);
    let outcome = bfllvm("+[.]", &["profile", "-w", "--max-output=10"]).run("");
    outcome.ends(4).prints([1; 10]).mentions(&["10 bytes of output", "1:2", " 11 "]);
    let mut running = bfllvm("+.[>+<]", &["profile", "-w", "--passes=runs"]).start();
    running.keeps_busy();
    running.signal(libc::SIGINT);
    running.end().ends(130).prints([1]).mentions(&["1:3", "100.0"]);
}

#[test]
fn a_wait_for_input_is_ended_by_a_signal_and_costs_no_time() {
    let mut running = bfllvm("+[.,]", &["profile", "-w", "--json"]).start();
    running.delivers(&[1]);
    running.blocks();
    std::thread::sleep(std::time::Duration::from_millis(500));
    running.signal(libc::SIGTERM);
    let outcome = running.end();
    let profile = &outcome.ends(143).json()[0];
    assert!(profile["sampled_ms"].as_f64().unwrap() < 200.0, "{outcome}");
    assert_eq!(numbers(profile["loops"].as_array().unwrap(), "iterations"), [Some(1)], "{outcome}");
}

#[test]
fn time_is_found_where_it_goes() {
    let profile = |code: &str, options: &[&str]| {
        let workspace = Workspace::with(code);
        let args = [&["profile", "-w", "--json", "-o", "out", "--timeout=0.3", PROGRAM], options].concat();
        let outcome = workspace.bfllvm(args).run("");
        outcome.ends(4);
        let profile: Value = serde_json::from_slice(&workspace.read("out")).unwrap();
        let (loops, total) = (profile["loops"].as_array().unwrap(), profile["sampled_ms"].as_f64().unwrap());
        assert!(total > 0.0, "{outcome}");
        let share = |member: &str| loops.iter().map(|row| row[member].as_f64().unwrap() / total).collect::<Vec<_>>();
        (share("self_ms"), share("total_ms"), profile.to_string())
    };
    // In code, in a shared routine that the code calls, and in a function of the host.
    let (own, total, profiled) = profile("+[[[]]]", &["-O0"]);
    assert!(own[2] > 0.9 && own[0] < 0.1 && total[0] > 0.9, "{profiled}");
    let scan = format!(">{}<[[>]<[<]>]", "+>".repeat(5000));
    let (own, _, profiled) = profile(&scan, &["--passes=runs,offsets,scan"]);
    assert!(own.iter().skip(1).sum::<f64>() > 0.7, "{profiled}");
    let (own, _, profiled) = profile("+[[[.]]]", &["-O0"]);
    assert!(own[2] > 0.9, "{profiled}");
}

#[test]
fn the_source_is_annotated() {
    let outcome = bfllvm(LONG, &["profile", "-w", "-O0", "--annotate", "--timeout=0.3"]).run("");
    let lines: Vec<_> = outcome.stderr.lines().filter(|line| line.contains(" | ")).collect();
    assert_eq!(lines.len(), 2, "{outcome}");
    assert!(lines[0].ends_with("| +++++++++[>++++++[>++++[>"), "{outcome}");
    assert!(lines[1].ends_with("| [-]-[>-[>-[>+<-.[-]]<[-]]<-]<-]<-]<-]"), "{outcome}");
    assert!(!outcome.stderr.contains('\x1b'), "{outcome}");
    let outcome = bfllvm("+[]", &["profile", "-w", "--annotate", "--color=always", "--timeout=0.1"]).run("");
    outcome.ends(4).mentions(&["\x1b[1;31m[]\x1b[0m"]);
}

#[test]
fn a_deep_nest_is_no_trouble() {
    let code = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let outcome = bfllvm(format!("+{code}"), &["profile", "-w", "-O0", "--timeout=0.5"]).run("");
    outcome.ends(4).mentions(&["100000 loops at -O0", "99980 loops more"]);
    bfllvm(code, &["profile", "-w", "--json", "-O0"]).run("").ends(0);
}

#[test]
fn the_profile_can_go_behind_the_output() {
    let workspace = Workspace::with("++[>++++[>++++++++<-]<-]>>+.");
    let outcome = workspace.bfllvm(["profile", "--folded=iterations", "--passes=runs", "-o", "-", PROGRAM]).run("");
    outcome.ends(0).prints("A1:3 2\n1:3;1:9 8\n").says("");
    assert!(!workspace.path("-").exists());
}
