//! S1, S9, S11, S12: what of a text is a program.

use super::support::{PROGRAM, RUNS, WAYS, Way, Workspace, every_way};

/// What reads programs, in each of its ways: the options before the program.
const READERS: [&[&str]; 6] = [
    &["run", "-O0"],
    &["run", "-O2"],
    &["run", "--engine=reference"],
    &["build", "--io=libc", "-o", "prog"],
    &["build", "--io=syscall", "-o", "prog"],
    &["emit", "ir"],
];

/// How deep loops must nest.
const DEPTH: usize = 1_000_000;

#[test]
fn s1_other_bytes_are_comments() {
    // Every byte that is no command, within a run, within a loop, and at both ends.
    let comments: Vec<u8> = (0..=255).filter(|byte| !b"><+-.,[]".contains(byte)).collect();
    let code = [b"", &b"++"[..], b"+[", b">+", b"<-]", b">.", b""].join(&comments[..]);
    for program in every_way(code, &[]) {
        program.run("").ends(0).prints([3]).says("");
    }
}

#[test]
fn s1_bytes_that_are_no_text_are_comments() {
    // Stray continuation bytes, a cut sequence, an overlong one, a surrogate, a byte that never occurs.
    let code = b"\xef\xbb\xbf+\x80\xbf+\xe2\x82+\xc0\xaf+\xed\xa0\x80+\xff\xfe+\0.\xf0\x9f";
    for program in every_way(code, &[]) {
        program.run("").ends(0).prints([6]).says("");
    }
}

#[test]
fn s1_a_first_line_that_starts_with_an_interpreter_is_skipped() {
    for program in every_way("#!/usr/bin/env -S bfllvm run -O2 [+.\n+.", &[]) {
        program.run("").ends(0).prints([1]);
    }
    // Nowhere else: neither on a later line nor behind a blank.
    for code in ["\n#!+\n+.", " #!+\n+."] {
        for program in every_way(code, &[]) {
            program.run("").ends(0).prints([2]);
        }
    }
    // It may be all there is, and the line's end may be missing.
    for program in every_way("#!+.", &[]) {
        program.run("").ends(0).prints("");
    }
}

#[test]
fn s9_every_unmatched_bracket_is_reported_at_once() {
    let code = "]\n+.[\n[-]]]\n +. \u{e9}[>\n";
    for reader in READERS {
        let workspace = Workspace::with(code);
        let outcome = workspace.bfllvm(reader.iter().chain(&["--error-format=short", PROGRAM])).run("");
        outcome.ends(1).prints("").says(
            "prog.bf:1:1: error: unmatched `]`\n\
             prog.bf:3:5: error: unmatched `]`\n\
             prog.bf:4:6: error: unmatched `[`\n",
        );
        assert_eq!(workspace.names(), [PROGRAM], "an executable was made\n{outcome}");
    }
}

#[test]
fn s9_people_see_the_place_of_an_unmatched_bracket() {
    for reader in READERS {
        let outcome = Workspace::with("+.\n+[.\n").bfllvm(reader.iter().chain(&[PROGRAM])).run("");
        outcome.ends(1).prints("").mentions(&["error: unmatched `[`", "prog.bf:2:2", "+[."]);
    }
}

#[test]
fn s9_a_million_unmatched_brackets_are_an_error_like_any_other() {
    for (bracket, reader) in ["[", "]"].into_iter().flat_map(|bracket| READERS.map(|reader| (bracket, reader))) {
        let code = format!("+.{}", bracket.repeat(DEPTH));
        let outcome = Workspace::with(code).bfllvm(reader.iter().chain(&[PROGRAM])).run("");
        outcome.ends(1).prints("").mentions(&["prog.bf:1:3", &format!("{DEPTH} unmatched `{bracket}`")]);
    }
}

#[test]
fn s9_a_million_errors_in_one_line_are_no_flood_for_people() {
    let code = "[ ".repeat(DEPTH);
    let outcome = Workspace::with(code).bfllvm(["run", PROGRAM]).run("");
    outcome.ends(1).prints("").mentions(&["prog.bf:1:1", "prog.bf:1:3", "999980 more errors"]);
    assert!(outcome.stderr.len() < 20_000, "{outcome}");
}

#[test]
fn s9_each_of_many_errors_in_one_line_has_its_place() {
    const COUNT: usize = 100_000;
    let code = "[ ".repeat(COUNT);
    let outcome = Workspace::with(code).bfllvm(["run", "--error-format=short", PROGRAM]).run("");
    outcome.ends(1);
    let places = outcome.stderr.lines().enumerate();
    let wrong = places.filter(|(index, line)| *line != format!("prog.bf:1:{}: error: unmatched `[`", 2 * index + 1));
    assert_eq!(wrong.count(), 0, "{outcome}");
    assert_eq!(outcome.stderr.lines().count(), COUNT, "{outcome}");
}

/// `depth` loops within each other around `-`, which are entered, and then `A`.
fn nest(depth: usize) -> String {
    format!("+{}-{}++++++++[>++++++++<-]>+.", "[".repeat(depth), "]".repeat(depth))
}

#[test]
fn s9_a_million_loops_may_nest() {
    // What needs the code generator for it takes minutes; see the test below for those.
    for way in [Way::Run("-O2"), Way::Run("--engine=reference")] {
        way.of(nest(DEPTH), &[]).run("").ends(0).prints("A");
    }
}

#[test]
fn s9_a_million_loops_may_nest_unentered() {
    let code = format!("{}{}+.", "[".repeat(DEPTH), "]".repeat(DEPTH));
    for way in WAYS.into_iter().filter(|&way| way != Way::Run("-O0")) {
        way.of(&code, &[]).run("").ends(0).prints([1]);
    }
}

#[test]
fn s9_deep_nests_are_compiled() {
    // The commands between the brackets are there to be kept.
    let depth = 3_000;
    let code = format!("+{}[-]{}>+.", "[>+<".repeat(depth), "]".repeat(depth));
    for program in every_way(code, &[]) {
        program.run("").ends(0).prints([(depth + 1) as u8]);
    }
}

#[test]
fn s11_hash_is_a_comment_by_default() {
    for program in every_way("+#+[#-#]+.#", &[]) {
        program.run("").ends(0).prints([1]).says("");
    }
}

#[test]
fn s11_debug_hash_shows_the_tape_around_the_pointer() {
    let code = "#+#\n>++>+++>>>>>>>>>>-#\n<<<<<<<<<<<#<#<#\n";
    for program in every_way(code, &["--debug-hash"]) {
        program.run("").ends(0).prints("").says(
            "# 1:1 cell 0: [0] 0 0 0 0 0 0 0 0\n\
             # 1:3 cell 0: [1] 0 0 0 0 0 0 0 0\n\
             # 2:19 cell 12: 0 0 0 0 [255] 0 0 0 0 0 0 0 0\n\
             # 3:12 cell 1: 1 [2] 3 0 0 0 0 0 0 0\n\
             # 3:14 cell 0: [1] 2 3 0 0 0 0 0 0\n\
             # 3:16 cell -1 (outside the tape)\n",
        );
    }
}

#[test]
fn s11_the_window_ends_where_the_tape_ends() {
    let code = format!("{}+++#>#", ">".repeat(4095));
    for program in every_way(code, &["--debug-hash", "--tape=4096"]) {
        program.run("").ends(0).says(
            "# 1:4099 cell 4095: 0 0 0 0 [3]\n\
             # 1:4101 cell 4096 (outside the tape)\n",
        );
    }
}

#[test]
fn s11_no_optimisation_moves_or_removes_a_dump() {
    // Each of these changes would be merged, folded or dropped if nobody looked.
    for program in every_way("+#-#++[->++#<]#[-]#>[-]#", &["--debug-hash"]) {
        program.run("").ends(0).says(
            "# 1:2 cell 0: [1] 0 0 0 0 0 0 0 0\n\
             # 1:4 cell 0: [0] 0 0 0 0 0 0 0 0\n\
             # 1:12 cell 1: 1 [2] 0 0 0 0 0 0 0 0\n\
             # 1:12 cell 1: 0 [4] 0 0 0 0 0 0 0 0\n\
             # 1:15 cell 0: [0] 4 0 0 0 0 0 0 0\n\
             # 1:19 cell 0: [0] 4 0 0 0 0 0 0 0\n\
             # 1:24 cell 1: 0 [0] 0 0 0 0 0 0 0 0\n",
        );
    }
    // The last change before a fault is there to be seen, and the fault comes after.
    for program in every_way("+[<+#]", &["--debug-hash"]) {
        let outcome = program.run("");
        outcome.ends(3).mentions(&["cell -1 is left of the tape"]);
        assert!(!outcome.stderr.contains("# "), "{outcome}");
    }
    for program in every_way("++#<+", &["--debug-hash"]) {
        let outcome = program.run("");
        outcome.ends(3).mentions(&["cell -1 is left of the tape"]);
        assert!(outcome.stderr.starts_with("# 1:3 cell 0: [2] 0 0"), "{outcome}");
    }
}

#[test]
fn s12_bang_is_a_comment_in_a_file() {
    for program in every_way("+!+.!,.", &[]) {
        program.run("x").ends(0).prints([2, b'x']);
    }
}

#[test]
fn s12_bang_ends_a_program_from_standard_input() {
    for Way::Run(option) | Way::Build(option) in RUNS {
        let run = |text: &str| Workspace::new().bfllvm(["run", "-w", option, "-"]).run(text);
        run(",.,.!xy!z").ends(0).prints("xy").says("");
        // Within a loop it is a comment.
        run("+[!,.!,.[-]]!xy").ends(0).prints("xy");
        run("+[,.!,.[-]!]+.!xy").ends(0).prints(b"xy\x01");
        // What follows is no program, so its brackets are nobody's.
        run("+.!]][+.").ends(0).prints([1]).says("");
        // The input may be empty, and all bytes of a program without one are the program's.
        run("+,.!").ends(0).prints([1]);
        run("+,.\n").ends(0).prints([1]);
        // A loop that is never closed has no outside behind it.
        run("[!]").ends(0).prints("");
        run("[!").ends(1).mentions(&["<stdin>", "unmatched `[`"]);
    }
}

#[test]
fn s12_input_behind_the_bang_and_in_a_file_is_one_too_many() {
    for Way::Run(option) | Way::Build(option) in RUNS {
        let workspace = Workspace::new();
        workspace.write("input", "file");
        workspace
            .bfllvm(["run", option, "-i", "input", "-"])
            .run(",.!bang")
            .ends(1)
            .mentions(&["input is given twice"]);
        workspace.bfllvm(["run", option, "-i", "input", "-"]).run(",.").ends(0).prints("f");
    }
}

#[test]
fn s12_build_and_emit_take_bang_as_a_comment_everywhere() {
    for option in ["--io=libc", "--io=syscall"] {
        let workspace = Workspace::new();
        workspace.bfllvm(["build", option, "-o", "prog", "-"]).run("+!+.,.").ends(0);
        workspace.executable("prog").run("x").ends(0).prints([2, b'x']);
    }
}
