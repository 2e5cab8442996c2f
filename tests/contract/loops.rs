//! S10: termination is behaviour.

use super::support::{Invocation, bfllvm, every_way};

#[test]
fn s10_loops_that_never_end_are_not_ended() {
    for (code, input) in [
        ("+[]>+.", &b""[..]),
        ("+[--]>+.", b""),
        ("++[----]>+.", b""),
        ("+[++]>+.", b""),
        (",[--]>+.", b"\x01"),
        (",[]>+.", b"\x02"),
        ("+[>+<]>.", b""),
        ("+[>++[--]<+-]>.", b""),
    ] {
        for program in every_way(code, &[]) {
            never_ends(program, input);
        }
    }
}

fn never_ends(program: Invocation, input: &[u8]) {
    let mut running = program.start();
    running.send(input);
    running.keeps_busy();
    running.signal(libc::SIGTERM);
    running.end().ends(143).prints("").says("");
}

#[test]
fn s10_loops_around_those_that_never_end_are_not_ended() {
    // Counted, and with nothing else to show: LLVM's `indvars` ended them.
    for (code, input) in [
        ("++[->[--]+<]>.", &b""[..]),
        (",[->[--]+<]>+.", b"\x02"),
        (",[>[--]+<-]>+.", b"\x02"),
        (">+++[-<[----]+++>]<.", b""),
        (">>++[-<<[--]+>>]<<.", b""),
        ("++[->[]+<]>+.", b""),
    ] {
        for level in ["-O1", "-O2", "-O3", "-Os", "-Oz"] {
            never_ends(bfllvm(code, &["run", "-w", "--engine=llvm", level]), input);
        }
    }
}

#[test]
fn s10_loops_that_end_do() {
    for (code, input) in [
        ("++[--]+.", &b""[..]),
        ("++++[----]+.", b""),
        ("+[---]+.", b""),
        ("+[+++]+.", b""),
        ("-[-]+.", b""),
        (",[--]+.", b"\x80"),
        (",[---]+.", b"\x07"),
        (",[-----------]+.", b"\x02"),
        (",[]+.", b"\0"),
        ("[][--]+.", b""),
        ("++[--[]]+.", b""),
    ] {
        for program in every_way(code, &[]) {
            program.run(input).ends(0).prints([1]).says("");
        }
    }
}

#[test]
fn s10_a_loop_of_even_steps_ends_where_the_width_lets_it() {
    // From 2 by fours: never 0, at any width. From 4 by eights, 12 times 4 = 48: neither; by fours: 0.
    for width in ["--cells=8", "--cells=16", "--cells=32", "--cells=64"] {
        for program in every_way("++++++++[->++++<]>[----]+.", &[width]) {
            program.run("").ends(0).prints([1]);
        }
        for program in every_way("++++[->+++<]>[--------]+.", &[width]) {
            never_ends(program, b"");
        }
    }
}
