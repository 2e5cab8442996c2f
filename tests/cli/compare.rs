//! `compare`: tables and diffs of levels.

use serde_json::Value;

use super::support::{Collector, Outcome, PROGRAM, Terminal, Workspace, bfllvm, binary};

/// Copies its input doubled, byte by byte, until a 0.
const CODE: &str = ",[>++++[-<+>]<[->++<]>.[-]<,]";

fn stdout(outcome: &Outcome) -> String {
    String::from_utf8(outcome.ends(0).stdout.clone()).unwrap()
}

fn levels(outcome: &Outcome) -> Vec<Value> {
    let value: Value = serde_json::from_slice(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome}"));
    assert_eq!(value["program"], PROGRAM, "{outcome}");
    value["levels"].as_array().unwrap().clone()
}

#[test]
fn levels_stand_side_by_side() {
    let outcome = bfllvm(CODE, &["compare"]).run("abc");
    let table = stdout(outcome.says(""));
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    // About the code, and about time and output.
    for part in [&lines[..5], &lines[6..]] {
        let names: Vec<_> = part.iter().map(|line| line[0]).collect();
        assert_eq!(names, ["level", "-O0", "-O1", "-O2", "-O3"], "{outcome}");
    }
    assert!(lines[8..].iter().all(|line| line.ends_with(&["identical"])), "{outcome}");
}

#[test]
fn json_has_the_figures() {
    let outcome = bfllvm(CODE, &["compare", "--json", "-n3", "-O2", "-O0"]).run("abc");
    let levels = levels(outcome.ends(0).says(""));
    let [optimized, literal] = &levels[..] else { panic!("{outcome}") };
    assert_eq!([&optimized["level"], &literal["level"]], ["-O2", "-O0"], "{outcome}");
    assert_eq!([&optimized["output"], &literal["output"]], ["base", "identical"], "{outcome}");
    for level in &levels {
        assert_eq!(level["runs_ms"].as_array().unwrap().len(), 3, "{outcome}");
        assert!(level["compile_ms"].as_f64().unwrap() >= level["codegen_ms"].as_f64().unwrap(), "{outcome}");
    }
    let number = |level: &Value, member: &str| level[member].as_u64().unwrap_or_else(|| panic!("{member}\n{outcome}"));
    for member in ["ops", "executed", "llvm_instructions", "loads", "stores", "code_bytes"] {
        let (optimized, literal) = (number(optimized, member), number(literal, member));
        assert!(0 < optimized && optimized < literal, "{member}\n{outcome}");
    }
    // Input and output are inline in optimised code, with blocks of their own.
    assert!(levels.iter().all(|level| number(level, "blocks") > 0), "{outcome}");
    assert_eq!(literal["ops"], CODE.len(), "{outcome}");
    assert_eq!(optimized["speedup"], 1.0, "{outcome}");
}

#[test]
fn engines_stand_side_by_side_too() {
    let engines = ["llvm", "tiered", "baseline", "reference"];
    let options = engines.map(|engine| format!("--engine={engine}"));
    let mut args = vec!["compare", "--eof=0", "-n2"];
    args.extend(options.iter().map(String::as_str));
    let outcome = bfllvm(CODE, &[&args[..], &["--json"]].concat()).run("abc");
    let rows = levels(outcome.ends(0).says(""));
    assert_eq!(rows.len(), engines.len(), "{outcome}");
    for (row, engine) in std::iter::zip(&rows, engines) {
        assert_eq!([&row["engine"], &row["level"], &row["end"]], [engine, "-O2", "ended"], "{outcome}");
        assert_eq!(row["output"], if engine == "llvm" { "base" } else { "identical" }, "{outcome}");
        assert_eq!(row["runs_ms"].as_array().unwrap().len(), 2, "{outcome}");
        // What an engine does not have is not there.
        assert_eq!(row["llvm_instructions"].is_u64(), engine == "llvm", "{outcome}");
        assert_eq!(row["code_bytes"].is_u64(), engine != "reference", "{outcome}");
        assert!(row["ops"].is_u64() && row["executed"].is_u64() && row["compile_ms"].is_f64(), "{outcome}");
    }
    let table = stdout(bfllvm(CODE, &args).run("abc").says(""));
    assert!(table.starts_with("engine     level  ops ") && table.contains("\nbaseline   -O2 "), "{table}");
    // Engines that are not asked for are not needed.
    let without = bfllvm(CODE, &["compare", "--engine=baseline", "--engine=reference"]);
    without.env("BFLLVM_LIBLLVM", "/nonexistent").run("abc").ends(0).says("");
}

#[test]
fn a_narrow_terminal_has_a_line_a_column() {
    let on = |columns| {
        let Terminal { user, process } = Terminal::with_columns(columns);
        let screen = Collector::new(user);
        bfllvm(CODE, &["compare", "--eof=0", "-n1"]).stdout(process).run("abc").ends(0);
        String::from_utf8_lossy(&screen.finish()).replace("\r\n", "\n")
    };
    let (wide, narrow) = (on(200), on(60));
    assert!(wide.starts_with("level  ops ") && wide.lines().nth(1).unwrap().starts_with("-O0 "), "{wide}");
    assert!(narrow.starts_with("level ") && narrow.lines().next().unwrap().ends_with(" -O3"), "{narrow}");
    assert!(narrow.lines().all(|line| line.len() <= 60), "{narrow}");
}

#[test]
fn progress_is_for_terminals_and_fits_there() {
    let Terminal { user, process } = Terminal::with_columns(12);
    let screen = Collector::new(user);
    let args = ["compare", "--eof=0", "-n1", "-O2"];
    bfllvm(CODE, &args).stderr(process).run("abc").ends(0);
    let shown = String::from_utf8_lossy(&screen.finish()).into_owned();
    assert!(shown.contains("\x1b[K-O2: compil\r") && shown.contains("\x1b[K-O2: run 1\r"), "{shown:?}");
    assert!(shown.ends_with("\r\x1b[K"), "it is cleared: {shown:?}");
    bfllvm(CODE, &args).run("abc").ends(0).says("");
}

#[test]
fn markdown_is_one_table() {
    let markdown = stdout(bfllvm(CODE, &["compare", "--markdown", "-O1", "-O2"]).run("abc").says(""));
    let lines: Vec<_> = markdown.lines().collect();
    assert_eq!(lines.len(), 4, "{markdown}");
    assert!(lines.iter().all(|line| line.starts_with('|') && line.ends_with('|')), "{markdown}");
}

#[test]
fn the_input_comes_from_a_file_too() {
    let workspace = Workspace::with(",.");
    workspace.write("input", "x");
    for (option, end) in [("--cells=16", 1), ("--eof=-1", 1)] {
        let args = ["compare", "--json", "-O0", "-O2", option, "--input=input", PROGRAM];
        let outcome = workspace.bfllvm(args).run("not this");
        assert_eq!(levels(outcome.ends(0))[end]["output"], "identical", "{outcome}");
    }
    workspace.bfllvm(["compare", "--input=missing", PROGRAM]).run("").ends(1).mentions(&["cannot read missing"]);
}

#[test]
fn what_a_program_means_is_what_is_asked_for() {
    // With wide cells and -1 at the end of the input, this loop makes 256 rounds and some.
    let executed = |options: &[&str]| {
        let args = [&["compare", "--json", "-O0"], options].concat();
        let outcome = bfllvm(",[>+<-]#", &args).run("");
        levels(outcome.ends(0).says(""))[0]["executed"].as_u64().unwrap()
    };
    assert_eq!(executed(&["--eof=0"]), 2);
    let (narrow, wide) = (executed(&["--eof=-1"]), executed(&["--eof=-1", "--cells=16"]));
    assert!(wide > 200 * narrow, "{narrow} and {wide}");
    assert_eq!(executed(&["--eof=0", "--debug-hash"]), 3);
}

#[test]
fn an_endless_program_is_cut_off() {
    let outcome = bfllvm("+++.+[]", &["compare", "-w", "--json", "--timeout=0.1", "-O0", "-O2"]).run("");
    let levels = levels(outcome.ends(0).says(""));
    assert_eq!([&levels[0]["output"], &levels[1]["output"]], ["base", "unfinished"], "{outcome}");
    assert_eq!(levels[1]["executed_at_least"], true, "{outcome}");
    for level in &levels {
        assert_eq!([&level["speedup"], &level["end"]], [&Value::Null, &"cut-off".into()], "{outcome}");
    }
}

#[test]
fn a_fault_is_an_end_like_another() {
    let outcome = bfllvm("+.<+", &["compare", "-w", "-O0", "-O2", "--json"]).run("");
    let levels = levels(outcome.ends(0).says(""));
    assert_eq!([&levels[1]["output"], &levels[1]["end"]], ["identical", "faulted"], "{outcome}");
}

#[test]
fn a_process_that_dies_harms_no_other_level() {
    let script = r#"
        "$0" compare -w --json --timeout=0.5 -O0 -O2 prog.bf &
        while children=$(cat /proc/$!/task/$!/children) && [ -z "$children" ]; do sleep 0.01; done
        kill -9 ${children%% *}
        wait $!"#;
    let workspace = Workspace::with("+[]");
    let outcome = workspace.tool("sh", ["-c", script, binary()]).run("");
    outcome.ends(1).mentions(&["-O0 cannot be measured: killed by signal 9"]);
    let levels = levels(&outcome);
    assert_eq!([&levels[0]["output"], &levels[1]["output"]], ["failed", "base"], "{outcome}");
    assert_eq!(levels[0]["failure"], "killed by signal 9", "{outcome}");
    assert!(levels[1]["run_ms"].as_f64().unwrap() >= 500.0, "{outcome}");
}

#[test]
fn the_process_that_measures_is_no_command_for_people() {
    let help = stdout(&Workspace::new().bfllvm(["--help"]).run(""));
    assert!(help.contains("compare") && !help.contains("measure"), "{help}");
    let outcome = Workspace::new().bfllvm(["measure", "-O2", "--engine=llvm"]).run("");
    assert!(String::from_utf8_lossy(&outcome.stdout).contains("not meant for people"), "{outcome}");
}

#[test]
fn diffs_show_what_differs() {
    let diff = |options: &[&str]| stdout(bfllvm("+[->>+<<].", &[&["compare"], options].concat()).run("").says(""));
    for kind in ["--diff=ir", "--diff=asm", "--diff=bfir"] {
        let text = diff(&[kind]);
        assert!(text.starts_with("--- prog.bf -O0\n+++ prog.bf -O2\n@@ -"), "{text}");
        assert!(text.lines().any(|line| line.starts_with('-')), "{text}");
        assert_eq!(diff(&[kind, "-O2", "-O2"]), "", "a level does not differ from itself");
    }
    assert!(diff(&["--diff=bfir", "-O0", "-O1"]).contains("\n-loop [0] "));
    let columns = diff(&["--diff=bfir", "--side-by-side"]);
    let first = columns.lines().next().unwrap();
    assert!(first.starts_with("prog.bf -O0 ") && first.ends_with(" prog.bf -O2"), "{columns}");
}
