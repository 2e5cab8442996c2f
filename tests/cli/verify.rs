//! `verify`: engines and levels against the reference.

use std::os::unix::process::ExitStatusExt as _;

use serde_json::Value;

use super::support::{Outcome, PROGRAM, Terminal, Workspace, bfllvm, binary, llvm_version};

/// Copies its input doubled, byte by byte, until a 0.
const CODE: &str = ",[>++++[-<+>]<[->++<]>.[-]<,]";

fn json(outcome: &Outcome) -> Value {
    let value: Value = serde_json::from_slice(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome}"));
    assert_eq!(value["program"], PROGRAM, "{outcome}");
    value
}

/// For each candidate its engine, the number of its levels, and the result.
fn results(value: &Value) -> Vec<(&str, usize, &str)> {
    let candidates = value["candidates"].as_array().unwrap().iter();
    candidates
        .map(|of| {
            let levels = of["levels"].as_array().unwrap().len();
            (of["engine"].as_str().unwrap(), levels, of["result"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn a_table_is_for_people() {
    let outcome = bfllvm(CODE, &["verify", "--eof=0", "-O0", "-O2", "-O3"]).run("abc");
    let text = String::from_utf8(outcome.ends(0).says("").stdout.clone()).unwrap();
    let (first, table) = text.split_once('\n').unwrap();
    assert!(first.starts_with("the reference ended after ") && first.ends_with(" with 3 bytes of output"), "{outcome}");
    assert_eq!(
        table,
        "engine            start     levels   result\n\
         reference         ahead     -O2 -O3  same\n\
         reference         at-once   -O2 -O3  same\n\
         baseline          at-once   -O0      same\n\
         baseline          at-once   -O2 -O3  same\n\
         tiered-at-once    at-once   -O0      same\n\
         tiered-at-once    at-once   -O2      same\n\
         tiered-at-once    at-once   -O3      same\n\
         tiered-at-once    in-parts  -O2      same\n\
         tiered-at-once    in-parts  -O3      same\n\
         tiered-at-random  at-once   -O0      same\n\
         tiered-at-random  at-once   -O2      same\n\
         tiered-at-random  at-once   -O3      same\n\
         llvm              ahead     -O0      same\n\
         llvm              ahead     -O2      same\n\
         llvm              ahead     -O3      same\n"
    );
}

#[test]
fn each_engine_has_each_level_once() {
    let outcome = bfllvm(CODE, &["verify", "--json", "--eof=0"]).run("abc");
    let value = json(outcome.ends(0).says(""));
    assert_eq!(value["result"], "same", "{outcome}");
    let reference = &value["reference"];
    assert_eq!(
        [&reference["end"], &reference["cut"], &reference["cell"]],
        [&Value::from("ended"), &Value::Null, &Value::Null]
    );
    assert_eq!(reference["bytes"], 3, "{outcome}");
    // All levels but -O0 have the same passes, and these engines only see what the passes made.
    let mut expected = vec![("reference", 5), ("reference", 5), ("baseline", 1), ("baseline", 5)];
    // One of these has those with passes once more, for large programs.
    for (engine, rows) in [("tiered-at-once", 6 + 5), ("tiered-at-random", 6), ("llvm", 6)] {
        expected.extend(vec![(engine, 1); rows]);
    }
    let expected: Vec<_> = expected.into_iter().map(|(engine, levels)| (engine, levels, "same")).collect();
    assert_eq!(results(&value), expected, "{outcome}");
    let candidates = value["candidates"].as_array().unwrap();
    assert!(candidates.iter().all(|of| of["end"] == "ended" && of["bytes"] == 3), "{outcome}");
    // All lists of passes are looked at.
    for (engine, starts) in
        [("reference", &["ahead", "at-once"][..]), ("tiered-at-once", &["at-once", "in-parts"]), ("llvm", &["ahead"])]
    {
        let mut found: Vec<_> = candidates.iter().filter(|of| of["engine"] == engine).map(|of| &of["start"]).collect();
        found.dedup();
        assert_eq!(found, starts, "{outcome}");
    }
}

#[test]
fn engines_and_levels_can_be_chosen() {
    let args = ["verify", "--json", "--eof=0", "-O2", "-O0", "--engine=baseline", "--engine=tiered", "--seed=7"];
    let outcome = bfllvm(CODE, &args).run("abc");
    let value = json(outcome.ends(0).says(""));
    let (once, random) = ("tiered-at-once", "tiered-at-random");
    let engines = ["baseline", "baseline", once, once, once, random, random];
    assert_eq!(results(&value), engines.map(|engine| (engine, 1, "same")), "{outcome}");
    let levels = value["candidates"].as_array().unwrap().iter().map(|of| &of["levels"][0]);
    assert!(levels.eq(["-O0", "-O2", "-O0", "-O2", "-O2", "-O0", "-O2"]), "{outcome}");
}

#[test]
fn what_a_program_means_is_what_is_asked_for() {
    // 16 bits, -1 at the end of the input: prints 255 once for each of 257 rounds.
    let args = ["verify", "--json", "--cells=16", "--eof=-1", "-O2", "--input=input", PROGRAM];
    let workspace = Workspace::with(",>,<[->[->+>+<<]>>[-<<+>>]<<<]>>>.");
    workspace.write("input", "x");
    let value = json(workspace.bfllvm(args).run("not this").ends(0).says(""));
    assert_eq!(value["result"], "same");
    workspace.bfllvm(["verify", "--input=missing", PROGRAM]).run("").ends(1).mentions(&["cannot read missing"]);
}

#[test]
fn a_fault_is_an_end_like_another() {
    let outcome = bfllvm("+.<+", &["verify", "-w", "--json"]).run("");
    let value = json(outcome.ends(0).says(""));
    assert_eq!([&value["reference"]["end"], &value["reference"]["cell"]], [&Value::from("faulted"), &(-1).into()]);
    for candidate in value["candidates"].as_array().unwrap() {
        assert_eq!(candidate["result"], "same", "{outcome}");
    }
}

#[test]
fn an_endless_program_is_compared_as_far_as_it_was_followed() {
    let args = ["verify", "-w", "--json", "--max-steps=1000", "--timeout=1", "-O2", "--engine=llvm"];
    // Silent from then on, or not: nobody waits for what the reference has not printed.
    for (code, printed) in [("+++.+[]", 1), ("+[.]", 499)] {
        let outcome = bfllvm(code, &args).run("");
        let value = json(outcome.ends(0).says(""));
        let reference = &value["reference"];
        assert_eq!([&reference["end"], &reference["cut"]], ["cut-off", "steps"], "{outcome}");
        assert_eq!(reference["bytes"], printed, "{outcome}");
        let candidate = &value["candidates"][0];
        assert_eq!((&candidate["result"], &candidate["compared"]), (&"so-far".into(), &printed.into()), "{outcome}");
    }
}

#[test]
fn who_is_too_slow_is_not_verified() {
    // LLVM cannot be opened and used in no time.
    let args = ["verify", "--json", "-O3", "--engine=llvm", "--engine=baseline", "--compile-timeout=0.001"];
    let outcome = bfllvm(CODE, &args).run("a\0");
    let value = json(outcome.ends(4).says(""));
    assert_eq!(value["result"], "incomplete", "{outcome}");
    let llvm = value["candidates"].as_array().unwrap().last().unwrap();
    assert_eq!(llvm["result"], "not-compared", "{outcome}");
    assert_eq!(llvm["why"], "compiling takes longer than 0.001 s", "{outcome}");
}

#[test]
fn a_process_that_dies_is_wrong_and_harms_nothing() {
    let script = r#"
        "$0" verify -w --json --timeout=60 --max-steps=1000 -O0 --engine=baseline prog.bf &
        while children=$(cat /proc/$!/task/*/children) && [ -z "$children" ]; do sleep 0.01; done
        kill -9 ${children%% *}
        wait $!"#;
    let workspace = Workspace::with("+[]");
    let outcome = workspace.tool("sh", ["-c", script, binary()]).run("");
    outcome.ends(101).mentions(&["baseline -O0: died: killed by signal 9", "report it"]);
    let candidate = &json(&outcome)["candidates"][0];
    assert_eq!([&candidate["result"], &candidate["why"]], ["broken", "killed by signal 9"], "{outcome}");
}

/// A libLLVM that subtracts where it should add.
pub fn broken_llvm(workspace: &Workspace) {
    let version = llvm_version();
    let source = "
        typedef void *ref;
        ref LLVMBuildSub(ref, ref, ref, const char *);
        ref LLVMBuildAdd(ref builder, ref left, ref right, const char *name) {
            return LLVMBuildSub(builder, left, right, name);
        }";
    workspace.write("broken.c", source);
    let library = format!("/usr/lib/llvm-{version}/lib/libLLVM.so.1");
    let args = ["-shared", "-fPIC", "-o", "libbroken.so", "broken.c", &library];
    let directory = workspace.path("");
    let built = std::process::Command::new("cc").args(args).current_dir(directory).status().expect("a C compiler");
    assert_eq!((built.code(), built.signal()), (Some(0), None), "cc");
}

#[test]
fn a_broken_compiler_is_caught() {
    let workspace = Workspace::with("+++.>\n,++.");
    broken_llvm(&workspace);
    let verify = |options: &[&str]| {
        let args = ["verify", "-O0", "-O2"].iter().chain(options).chain(&[PROGRAM]);
        workspace.bfllvm(args).env("BFLLVM_LIBLLVM", workspace.path("libbroken.so")).run("A")
    };
    let outcome = verify(&[]);
    outcome.ends(101).mentions(&[
        "error: llvm -O0: byte 0 of the output is 253; it should be 3\n --> prog.bf:1:4\n",
        "prints byte 0, after 3 steps",
        "error: llvm -O2: byte 1 of the output is 63 `?`; it should be 67 `C`\n --> prog.bf:2:4\n",
        "all passes are innocent, and LLVM's too: it is what the engine llvm hands to LLVM",
        "please report it",
    ]);
    let table = String::from_utf8_lossy(&outcome.stdout);
    assert!(table.contains("\nllvm              ahead     -O2     DIFFERENT at byte 1\n"), "{outcome}");
    assert!(table.contains("\nbaseline          at-once   -O2     same\n"), "{outcome}");

    let outcome = verify(&["--json", "--error-format=json"]);
    assert_eq!(outcome.ends(101).json()[0]["code"], "wrong", "{outcome}");
    let value = json(&outcome);
    assert_eq!(value["result"], "wrong", "{outcome}");
    let wrong: Vec<_> = value["candidates"].as_array().unwrap().iter().filter(|of| of["result"] != "same").collect();
    assert_eq!(wrong.len(), 2, "{outcome}");
    let difference = &wrong[1]["difference"];
    assert_eq!([&difference["byte"], &difference["expected"], &difference["got"]], [1, 67, 63], "{outcome}");
    assert_eq!([&difference["place"]["line"], &difference["place"]["column"]], [2, 4], "{outcome}");
    let culprit = serde_json::json!({ "kind": "engine", "without_llvm_passes": true });
    assert_eq!(wrong[1]["culprit"], culprit, "{outcome}");
    // Who does not use LLVM has no part in it.
    verify(&["--engine=baseline", "--engine=reference"]).ends(0).says("");
}

#[test]
fn llvm_runs_as_many_passes_as_it_may() {
    // What `verify` tells the process that it starts for LLVM.
    let mut job = Vec::new();
    for part in ["prog.bf", CODE, "abc"] {
        job.extend((part.len() as u64).to_le_bytes());
        job.extend(part.as_bytes());
    }
    let attempt = |option: &str| {
        let args = [
            "attempt",
            "-O2",
            "--engine=llvm",
            "--start=ahead",
            "--stages=0",
            "--timeout=9",
            "--max-steps=9",
            "--max-output=9",
        ];
        let outcome = Workspace::new().bfllvm(args.iter().chain(&["--eof=0", option])).run(&job);
        assert!(outcome.ends(0).stdout.ends_with(&[202, 204, 206]), "{outcome}");
        let count = |what: &str| outcome.stderr.lines().filter(|line| line.starts_with(what)).count();
        (count("BISECT: running pass"), count("BISECT: NOT running pass"))
    };
    let (all, none) = attempt("--list-llvm-passes");
    assert!(all > 5 && none == 0, "{all} and {none}");
    assert_eq!(attempt("--llvm-passes=0").0, 0);
    assert_eq!(attempt("--llvm-passes=3").0, 3);
}

#[test]
fn progress_is_for_terminals() {
    let Terminal { user, process } = Terminal::open();
    let screen = super::support::Collector::new(user);
    let args = ["verify", "-O2", "--engine=baseline", "--eof=0"];
    bfllvm(CODE, &args).stderr(process).run("abc").ends(0);
    let shown = String::from_utf8_lossy(&screen.finish()).into_owned();
    assert!(shown.contains("the reference interpreter runs") && shown.contains("1 of 1: baseline -O2"), "{shown}");
    assert!(shown.ends_with("\r\u{1b}[K"), "it is cleared: {shown:?}");
    bfllvm(CODE, &args).run("abc").ends(0).says("");
}

#[test]
fn the_process_that_runs_is_no_command_for_people() {
    let help = Workspace::new().bfllvm(["--help"]).run("");
    let text = String::from_utf8_lossy(&help.stdout);
    assert!(text.contains("verify") && !text.contains("attempt"), "{help}");
}
