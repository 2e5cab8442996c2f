//! What is measured: commands, and what is unusual about programs.

use std::ffi::OsStr;
use std::path::Path;

use bfllvm::dialect::{CellWidth, Eof};

use super::harness::Verdict;
use super::harness::candidate::{Candidate, Unable};
use super::harness::corpus::{Corpus as Programs, Program};
use super::{Corpus, PRINTS_A};

/// The words that a peer is started with.
fn words(peer: &str, program: &Program) -> Result<Vec<String>, Unable> {
    let candidate = &Candidate::peers(peer).unwrap()[0];
    let words = candidate.command(program, Path::new("/t/exe"))?;
    Ok(words.iter().map(|word| word.to_str().unwrap().to_owned()).collect())
}

fn program(cells: CellWidth, eof: Eof) -> Program {
    let input = Some("p.in".into());
    Program { cells, eof, input, ..Program::at(Path::new("dir/p q.b")) }
}

#[test]
fn commands_are_lists_of_words_with_places() {
    let usual = program(CellWidth::W8, Eof::Same);
    for (peer, expected) in [
        ("x=bfi -b {}", &["bfi", "-b", "dir/p q.b"][..]),
        (" x = sh -c 'a; b \"$0\" < {in}' {} ", &["sh", "-c", "a; b \"$0\" < p.in", "dir/p q.b"]),
        ("x=cc \"a  b\"c -o{exe} {}", &["cc", "a  bc", "-o/t/exe", "dir/p q.b"]),
        ("x=i {cells} {eof} --a={eof}{cells} {} ''", &["i", "8", "same", "--a=same8", "dir/p q.b"]),
        ("x=i {cells:8=|16=-b16} {eof:0=-z|same=-n} {}", &["i", "-n", "dir/p q.b"]),
        ("x=awk '{print}' {}{}", &["awk", "{print}", "dir/p q.bdir/p q.b"]),
    ] {
        assert_eq!(words(peer, &usual).unwrap(), expected, "{peer}");
    }
    let wide = program(CellWidth::W16, Eof::MinusOne);
    let told = words("x=i {cells:8=|16=-b16} -e{eof} {}", &wide).unwrap();
    assert_eq!(told, ["i", "-b16", "-e-1", "dir/p q.b"]);
    for (peer, why) in [
        ("x=i {eof} {}", "cannot be told cells 16: no {cells} in its command"),
        ("x=i {cells} {}", "cannot be told eof -1: no {eof} in its command"),
        ("x=i {cells:8=-b|32=-b32} {eof} {}", "does not do cells 16"),
    ] {
        assert_eq!(words(peer, &wide), Err(Unable(why.into())), "{peer}");
    }
}

#[test]
fn commands_of_ours_are_completed() {
    let ours = Candidate::ours("a=run -O3\nb=build --io=syscall;", Path::new("/bin/bfllvm")).unwrap();
    let texts: Vec<_> = ours.iter().map(|candidate| (candidate.text(), candidate.compiles())).collect();
    assert_eq!(texts, [("bfllvm run -O3 {}".into(), false), ("bfllvm build --io=syscall -o {exe} {}".into(), true)]);
    let peer = &Candidate::peers("x=sh -c 'cat \"$0\" | bfi' {}").unwrap()[0];
    assert_eq!(peer.text(), "sh -c 'cat \"$0\" | bfi' {}");
    let said = |program: &Program| ours[0].command(program, Path::new("exe")).unwrap();
    assert_eq!(said(&program(CellWidth::W8, Eof::Same)), ["/bin/bfllvm", "run", "-O3", "dir/p q.b"].map(OsStr::new));
    let wide = said(&program(CellWidth::W32, Eof::Zero));
    assert_eq!(wide, ["/bin/bfllvm", "run", "--eof=0", "--cells=32", "-O3", "dir/p q.b"].map(OsStr::new));
}

#[test]
fn what_is_no_list_of_commands_is_refused() {
    let corpus = Corpus::with([("a.b", PRINTS_A)]);
    for (words, message) in [
        (&["--peers", "bfi {}"][..], "`bfi {}` is not NAME=COMMAND"),
        (&["--peers", "x="], "`x=` is not NAME=COMMAND"),
        (&["--peers", "x=bfi -b"], "`x`: its command has no {} "),
        (&["--peers", "x=sh -c 'a {}"], "a ' is not closed"),
        (&["--peers", "run=a {}"], "two candidates are called `run`"),
        (&["--ours", "x=emit ir"], "`x`: a command of ours is `run` or `build`"),
        (&["--ours", ""], "nothing to measure"),
        (&["--base", "y"], "the base `y` is none of those"),
        (&["--peers", "x=/nonexistent/bfi {}"], "cannot start `/nonexistent/bfi`"),
        (&["--programs", "a c"], "no program `c` to measure in "),
        (&["--list", "/nonexistent/list"], "cannot read /nonexistent/list"),
    ] {
        let refusal = corpus.refusal(words);
        assert!(refusal.contains(message), "{words:?}: {refusal}");
    }
    assert!(Corpus::with([("a.txt", "")]).refusal(&[]).contains("there is no program (*.b, *.bf)"));
}

#[test]
fn a_directory_is_read_with_what_lies_beside_the_programs() {
    let list = "one cells=32 eof=-1 # wide\n\n# nothing\ntwo in=other out=no\nlast skip\n* eof=0\nmissing cells=16\n";
    let corpus = Corpus::with([
        ("one.b", ""),
        ("one.in", ""),
        ("two.bf", ""),
        ("two.in", ""),
        ("two.out", ""),
        ("other", ""),
        ("same.b", ""),
        ("same.bf", ""),
        ("last.b", ""),
        ("note.txt", ""),
        ("bench.list", list),
    ]);
    let directory = corpus.directory.path();
    let read = Programs::read(directory, None, &[]).unwrap();
    let names: Vec<_> = read.programs.iter().map(|program| program.name.as_str()).collect();
    assert_eq!(names, ["one", "same.b", "same.bf", "two"]);
    let [one, same, _, two] = &read.programs[..] else { unreachable!() };
    assert_eq!((one.cells, one.eof), (CellWidth::W32, Eof::MinusOne));
    assert_eq!((one.input.clone(), one.expected.clone()), (Some(corpus.path("one.in")), None));
    assert_eq!((two.cells, two.eof), (CellWidth::W8, Eof::Same));
    assert_eq!((two.input.clone(), two.expected.clone()), (Some(corpus.path("other")), None));
    assert_eq!((same.eof, same.input.clone()), (Eof::Zero, None));
    assert_eq!(read.skipped, ["last"]);
    assert_eq!(read.warnings, [format!("{}:7: there is no program `missing`", corpus.path("bench.list").display())]);
    let wanted = ["two", "one"].map(str::to_owned);
    let read = Programs::read(directory, None, &wanted).unwrap();
    assert_eq!(read.programs.iter().map(|program| &program.name).collect::<Vec<_>>(), ["two", "one"]);
}

#[test]
fn a_list_that_says_something_else_is_refused_with_its_line() {
    for (line, message) in [
        ("a cells=9", "cells have 8, 16, 32 or 64 bits"),
        ("a eof=1", "the end of the input is same, 0 or -1"),
        ("a in=missing", "there is no file "),
        ("a depth=3", "`depth=3` is none of"),
    ] {
        let corpus = Corpus::with([("a.b", PRINTS_A), ("list", &format!("\n{line}\n"))]);
        let list = corpus.path("list");
        let refusal = corpus.refusal(&["--list", list.to_str().unwrap()]);
        assert!(refusal.starts_with(&format!("{}:2: ", list.display())) && refusal.contains(message), "{refusal}");
    }
}

#[test]
fn programs_get_their_input_and_mean_what_the_list_says() {
    // Prints its input, then `W` if cells have more than 8 bits.
    let code = ",[.,]++++++++[>++++++++<-]>[<++++>-]<[[-]>++++++++[>+++++++++++<-]>-.[-]<<]";
    let corpus = Corpus::with([("a.b", code), ("a.in", "in"), ("bench.list", "a cells=16 eof=0")]);
    let told = corpus.peer("told", "cat; test $3$4 = 160 && printf W");
    let peers = format!(
        "{told} {{cells}} {{eof}}; {}; mapped=sh -c 'cat {{in}}; {{cells:16=printf W}}' {{}} {{eof:0=}}",
        corpus.peer("untold", "cat")
    );
    let measured = corpus.programs(&["--runs", "1", "--peers", &peers]);
    let outcomes = ["run", "executable", "told", "untold", "mapped"].map(|candidate| measured.outcome(candidate));
    assert_eq!(outcomes, ["timed", "timed", "timed", "unable", "timed"], "{:#}", measured.json);
    assert_eq!(measured.verdict, Verdict::Right);
    assert!(measured.markdown.contains("* a: untold cannot be told cells 16"), "{}", measured.markdown);
}

#[test]
fn what_a_compiler_makes_is_timed_and_not_the_compiler() {
    let corpus = Corpus::with([("a.b", PRINTS_A)]);
    let script = "sleep 1; case $1 in */a.b) ;; *) exit 1;; esac; printf '#!/bin/sh\\nprintf A\\n' > $3; chmod +x $3";
    let broken = corpus.peer("broken", "echo 'cannot' >&2; exit 1");
    let idle = corpus.peer("idle", "exit 0");
    let peers = format!("{} {{exe}}; {broken} {{exe}}; {idle} {{exe}}", corpus.peer("made", script));
    let measured = corpus.programs(&["--runs", "3", "--peers", &peers]);
    assert_eq!(measured.outcome("made"), "timed", "{:#}", measured.json);
    assert!(measured.number("made", "compile_ms") >= 1000.0, "{:#}", measured.json);
    assert!(measured.number("made", "minimum_ms") < 1000.0, "{:#}", measured.json);
    assert!(measured.number("executable", "compile_ms") > 0.0 && measured.entry("run")["compile_ms"].is_null());
    assert_eq!(measured.entry("broken")["why"], "compiling: exit status 1: cannot");
    assert_eq!(measured.entry("idle")["why"], "the compiler made no executable");
    assert_eq!(measured.verdict, Verdict::Wrong);
}
