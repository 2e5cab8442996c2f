//! `explain`: the data in the page. What a browser makes of it is tested elsewhere.

use std::sync::Arc;

use serde_json::{Value, json};

use super::support::{PROGRAM, Workspace};

const CODE: &str = ",[>+++<-]>[.-]";

/// The data of a page in the directory.
fn data(workspace: &Arc<Workspace>, name: &str) -> Value {
    let page = String::from_utf8(workspace.read(name)).unwrap();
    let (_, behind) = page.split_once("<script id=\"data\" type=\"application/json\">").unwrap();
    serde_json::from_str(behind.split_once("</script>").unwrap().0).unwrap()
}

fn explain(code: &str, args: &[&str]) -> Value {
    let workspace = Workspace::with(code);
    workspace.bfllvm([&["explain", "-w", PROGRAM], args].concat()).run("ignored").ends(0).prints("").says("");
    data(&workspace, "prog.html")
}

/// The lines of a text, each with its part of the source.
fn lines<'a>(text: &'a Value, source: &'a str) -> Vec<(&'a str, Option<&'a str>)> {
    let spans: Vec<i64> = text["spans"].as_array().unwrap().iter().map(|number| number.as_i64().unwrap()).collect();
    let mut start = 0;
    let mut parts = Vec::new();
    for run in spans.chunks(3) {
        start += run[1];
        let part = (run[2] >= 0).then(|| &source[start as usize..(start + run[2]) as usize]);
        parts.extend(std::iter::repeat_n(part, run[0] as usize));
    }
    let lines: Vec<_> = text["text"].as_str().unwrap().lines().collect();
    assert_eq!(lines.len(), parts.len());
    std::iter::zip(lines, parts).collect()
}

#[test]
fn each_line_has_its_part_of_the_source() {
    for level in ["-O0", "-O1", "-O2", "-O3", "-Os"] {
        let data = explain(CODE, &[level, "--passes=runs"]);
        let first = &data["stages"]["stages"][0];
        let commands: Vec<_> = lines(first, CODE).iter().map(|line| line.1.unwrap().len()).collect();
        assert_eq!(commands, [1, 8, 1, 1, 1, 1, 1, 1, 1, 1, 4, 1, 1, 1], "a loop's head has all of it");
        for (name, instruction, part) in [
            ("lowered", "@bf_get", ","),
            ("lowered", "@bf_put", "."),
            ("optimized", "@bf_get", ","),
            ("assembly", "bf_get", ","),
            ("assembly", "bf_put", "."),
        ] {
            let text = lines(&data[name], CODE);
            let calls: Vec<_> =
                text.iter().filter(|(line, _)| line.contains(instruction) && line.contains("call")).collect();
            assert!(!calls.is_empty(), "{level} {name}: {text:?}");
            assert!(calls.iter().all(|call| call.1 == Some(part)), "{level} {name}: {calls:?}");
        }
        for name in ["lowered", "optimized", "assembly"] {
            let text = data[name]["text"].as_str().unwrap();
            for noise in ["!dbg", "DILocation", "#dbg_", ".loc", ".cfi", ".debug_", "DEBUG_VALUE"] {
                assert!(!text.contains(noise), "{level} {name}: {noise}");
            }
        }
    }
}

#[test]
fn the_code_is_what_would_be_emitted() {
    let code = "+++[>,[->+>+<<]>>[-<<+>>]<.[>]<<<-]";
    let workspace = Workspace::with(code);
    for level in ["-O0", "-O2", "-O3"] {
        workspace.bfllvm(["explain", "-w", level, PROGRAM]).run("").ends(0);
        let data = data(&workspace, "prog.html");
        let args = ["emit", "asm", "-w", "--io=extern", level, PROGRAM];
        let emitted = workspace.bfllvm(args).run("");
        let emitted = String::from_utf8(emitted.ends(0).stdout.clone()).unwrap();
        let instructions = |text: &str| {
            let is_one = |line: &&str| line.starts_with('\t') && !line.starts_with("\t.");
            let code = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
            text.lines().filter(is_one).map(code).filter(|code| !code.is_empty()).collect::<Vec<_>>()
        };
        assert_eq!(instructions(data["assembly"]["text"].as_str().unwrap()), instructions(&emitted), "{level}");
    }
}

#[test]
fn the_run_is_bounded() {
    let data = explain("+[]", &["--timeout=0.2"]);
    assert_eq!(data["profile"]["end"], "was stopped after 0.2 s");
    let data = explain("+[.]", &["--timeout=100"]);
    assert_eq!(data["profile"]["end"], "was stopped after 64 MiB of output");
    let data = explain("+[<+]", &["-O0"]);
    assert_eq!(data["profile"]["end"], "ended in a tape fault at 1:4: there is no cell -1");
    let data = explain("+[]", &["--no-profile"]);
    assert_eq!(data["profile"], Value::Null);
}

#[test]
fn the_input_comes_from_a_file_or_there_is_none() {
    let workspace = Workspace::with(CODE);
    workspace.write("input", "\x04");
    workspace.bfllvm(["explain", "-w", "-i", "input", "--cells=16", PROGRAM]).run("\x07").ends(0);
    let with_input = data(&workspace, "prog.html");
    assert_eq!((&with_input["options"], &with_input["program"]), (&json!("-O2 --cells=16"), &json!(PROGRAM)));
    assert_eq!(with_input["profile"]["input"], "input from input");
    let loops = &with_input["profile"]["loops"];
    assert_eq!((&loops[1][2], &loops[1][3], &loops[1][4]), (&json!("loop"), &json!(1), &json!(12)), "{loops}");
    let without = explain(CODE, &[]);
    assert_eq!(without["profile"]["loops"][1][4], 0);
    workspace.bfllvm(["explain", "-i", "missing", PROGRAM]).run("").ends(1).mentions(&["cannot read missing"]);
    workspace.bfllvm(["explain", "-i", "input", "--no-profile", PROGRAM]).run("").ends(2);
}

#[test]
fn what_is_left_out_is_counted() {
    let code = ".".repeat(1000);
    let whole = explain(&code, &["-O0"]);
    let part = explain(&code, &["-O0", "--max-lines=100"]);
    assert_eq!((&part["stages"]["left_out"], &part["stages"]["cut"]), (&json!(900), &json!(100)));
    for name in ["lowered", "optimized", "assembly"] {
        let all = lines(&whole[name], &code).len();
        assert_eq!(whole[name]["left_out"], 0);
        assert_eq!((lines(&part[name], &code).len(), &part[name]["left_out"]), (100, &json!(all - 100)));
    }
}

#[test]
fn the_page_may_go_to_standard_output() {
    let workspace = Workspace::with(CODE);
    let page = |output: &str| workspace.bfllvm(["explain", "-w", "--no-profile", "-o", output, PROGRAM]).run("");
    page("page.html").ends(0).prints("").says("");
    page("-").ends(0).prints(workspace.read("page.html")).says("");
    assert_eq!(workspace.names(), ["page.html", PROGRAM]);
}

#[test]
fn the_page_is_not_written_over_the_program() {
    let workspace = Workspace::with(CODE);
    workspace.bfllvm(["explain", "-o", PROGRAM, PROGRAM]).run("").ends(1).mentions(&["is the program itself"]);
    workspace.bfllvm(["explain", "-o", "none/page.html", PROGRAM]).run("").ends(1).mentions(&["none/page.html"]);
    workspace.write("page.html", CODE);
    workspace.bfllvm(["explain", "page.html"]).run("").ends(2).mentions(&["give it one with -o"]);
    workspace.bfllvm(["explain", "-"]).run(CODE).ends(2).mentions(&["give it one with -o"]);
    workspace.bfllvm(["explain", "-w", "-o", "stdin.html", "-"]).run(CODE).ends(0).says("");
    assert_eq!(data(&workspace, "stdin.html")["program"], "<stdin>");
    assert_eq!(workspace.names(), ["page.html", PROGRAM, "stdin.html"]);
    let unmatched = Workspace::with("[");
    unmatched.bfllvm(["explain", PROGRAM]).run("").ends(1).mentions(&["1:1"]);
    assert_eq!(unmatched.names(), [PROGRAM]);
}
