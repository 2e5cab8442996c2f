//! `check`: mistakes in the source, and what a program asks of an implementation.

use serde_json::{Value, json};

use super::support::{Outcome, PROGRAM, Workspace, bfllvm};

/// 256 in a cell of 16 bits, 0 in one of 8.
const WIDE: &str = "++++++++++++++++[>++++++++++++++++<-]>";

fn report(outcome: &Outcome) -> String {
    String::from_utf8(outcome.ends(0).stdout.clone()).unwrap()
}

fn portability(code: &str, options: &[&str], input: &str) -> Value {
    let args = [&["check", "-w", "--portability", "--json"], options].concat();
    let outcome = bfllvm(code, &args).run(input);
    let value: Value = serde_json::from_str(&report(outcome.says(""))).unwrap();
    assert_eq!(value["program"], PROGRAM, "{outcome}");
    value
}

fn convention<'a>(value: &'a Value, option: &str) -> &'a Value {
    value["conventions"].as_array().unwrap().iter().find(|of| of["option"] == option).unwrap()
}

fn habit<'a>(value: &'a Value, name: &str) -> &'a Value {
    value["habits"].as_array().unwrap().iter().find(|of| of["name"] == name).unwrap()
}

#[test]
fn errors_are_listed_and_nothing_runs() {
    let outcome = bfllvm("]\n.[[", &["check", "--error-format=short"]).run("");
    outcome.ends(1).prints("").says("prog.bf:1:1: error: unmatched `]`\nprog.bf:2:2: error: 2 unmatched `[`\n");
    bfllvm("[", &["check", "--portability"]).run("").ends(1).prints("").mentions(&["unmatched `[`"]);
    Workspace::new().bfllvm(["check", "missing"]).run("").ends(1).mentions(&["cannot read missing"]);
}

#[test]
fn warnings_change_no_status() {
    let outcome = bfllvm("+[-]\n[.]>,[]", &["check", "--error-format=short"]).run("");
    outcome.ends(0).prints("").says(
        "prog.bf:2:1: warning: this loop can never run\nprog.bf:2:6: warning: this loop never ends once it is entered\n",
    );
    bfllvm("+[-]\n[.]", &["check", "-w"]).run("").ends(0).prints("").says("");
    bfllvm("+[-].", &["check"]).run("").ends(0).prints("").says("");
}

#[test]
fn large_programs_are_checked_too() {
    // `run` does not search for mistakes in what nobody wrote by hand.
    let code = format!("{}+[-]\n[.]", "a comment\n".repeat(200_000));
    let options = ["--error-format=short"];
    bfllvm(&code, &[&["run"], &options[..]].concat()).run("").ends(0).says("");
    let outcome = bfllvm(&code, &[&["check"], &options[..]].concat()).run("");
    outcome.ends(0).says("prog.bf:200002:1: warning: this loop can never run\n");
}

#[test]
fn a_program_that_asks_for_nothing() {
    let outcome = bfllvm("+++[>+++<-]>.", &["check", "--portability"]).run("");
    assert_eq!(
        report(outcome.says("")),
        "with --cells 8 --eof same the program ends after 27 commands\n\
         convention      place  what happens there\n\
         --eof 0         -      the same\n\
         --eof -1        -      the same\n\
         --cells 16      -      the same\n\
         --cells 32      -      the same\n\
         --cells 64      -      the same\n\
         no wrap-around  -      does not wrap around\n\
         end of input    -      does not read past it\n\
         30,000 cells    -      goes to cell 1 at most\n\
         left of cell 0  -      does not go there\n\
         it needs no options\n"
    );
}

#[test]
fn people_see_the_places() {
    let outcome = bfllvm(format!("{WIDE}\n[<+>[-]]<."), &["check", "--portability"]).run("");
    let text = report(&outcome);
    for line in [
        "--cells 16      2:1    the cell is 256, with --cells 8 it is 0",
        "no wrap-around  1:34   wraps a cell above 255",
        "to do the same everywhere it needs --cells 8",
        "note: with --cells 16 it ends and no cell wraps around: it may be written for that",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{outcome}");
    }
    outcome.mentions(&[
        "warning: with --cells 16 the program does something else\n --> prog.bf:2:1\n",
        "warning: the program wraps a cell above 255\n --> prog.bf:1:34\n",
        "^ the cell is 256, with --cells 8 it is 0",
    ]);
    let short = bfllvm("-", &["check", "--portability", "--error-format=json"]).run("").json();
    assert_eq!(short[0]["code"], "portability-wrap");
    // Who wants no warnings has the table.
    let silent = bfllvm(WIDE, &["check", "--portability", "-w"]).run("");
    assert!(report(silent.says("")).contains("wraps a cell above 255"), "{silent}");
}

#[test]
fn the_end_of_the_input() {
    let code = ",[.,]";
    let value = portability(code, &["--max-steps=1000"], "ab");
    assert_eq!([&value["end"], &value["steps"]], [&json!("cut-off"), &json!(1000)]);
    assert_eq!(value["needs"], json!(["--eof 0"]));
    let place = json!({ "line": 1, "column": 5, "byte_start": 4, "step": 7 });
    let expected = json!({
        "option": "--eof 0", "result": "different", "place": place, "what": "branches",
        "chosen": 98, "other": 0, "end": "ended", "wraps": false,
    });
    assert_eq!(convention(&value, "--eof 0"), &expected);
    assert_eq!(habit(&value, "reads-past-end")["place"], json!({ "line": 1, "column": 4, "byte_start": 3, "step": 6 }));

    let value = portability(code, &["--eof=0"], "ab");
    assert_eq!((&value["end"], &value["needs"]), (&json!("ended"), &json!(["--eof 0"])));
    assert_eq!(value["chosen"], json!({ "cells": 8, "eof": "0", "tape": 1 << 24 }));
    assert_eq!(convention(&value, "--cells 16"), &json!({ "option": "--cells 16", "result": "same" }));
}

#[test]
fn the_input_comes_from_a_file_too() {
    let workspace = Workspace::with(",.");
    workspace.write("input", "x");
    let args = ["check", "--portability", "--input=input", PROGRAM];
    let text = report(workspace.bfllvm(args).run("").says(""));
    assert!(text.contains("end of input    -      does not read past it"), "{text}");
    workspace.bfllvm(["check", "--input=input", PROGRAM]).run("").ends(2).mentions(&["--portability"]);
}

#[test]
fn what_wide_cells_are_for() {
    // Endless where 256 is 0.
    let code = format!("{WIDE}>+<[>-<[-]]>[]");
    let value = portability(&code, &["--max-steps=10000"], "");
    assert_eq!((&value["end"], &value["needs"]), (&json!("cut-off"), &json!(["--cells 16"])));
    let value = portability(&code, &["--cells=16"], "");
    assert_eq!((&value["end"], &value["needs"]), (&json!("ended"), &json!(["--cells 16"])));
    assert_eq!(convention(&value, "--cells 8")["result"], "different");
    assert_eq!(convention(&value, "--cells 32")["result"], "same");
}

#[test]
fn the_tape() {
    let value = portability(&format!("{}+", ">".repeat(31_200)), &[], "");
    let far = habit(&value, "far-cells");
    assert_eq!(far["what"], "goes to cell 31200, and to 31200 at most");
    assert_eq!([&far["place"]["column"], &far["place"]["step"]], [31_201, 31_200]);
    assert_eq!(value["needs"], json!(["--tape 31201"]));
    // Too short a tape: what would be long enough.
    let value = portability(&format!("{}+", ">".repeat(40_000)), &["--tape=30000"], "");
    assert_eq!((&value["end"], &value["needs"]), (&json!("faulted"), &json!(["--tape 40001"])));
    let value = portability("<+>.", &[], "");
    assert_eq!(
        value["notes"],
        json!(["it comes to its end on a tape that begins at cell -1, which bfllvm does not offer"])
    );
    assert_eq!(habit(&value, "moves-left")["place"]["column"], 1);
}

#[test]
fn a_program_can_come_from_standard_input() {
    let outcome = Workspace::new().bfllvm(["check", "-"]).run("+[");
    outcome.ends(1).mentions(&["<stdin>:1:2"]);
}
