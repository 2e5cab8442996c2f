//! Programs are tried out before all passes are done, and nobody can tell but by the time.

use super::support::{Collector, PROGRAM, Workspace, bfllvm};

/// Prints the byte that it reads, takes some milliseconds, prints it again, and goes on to the next.
const SLOW_ECHO: &str = ",[.>>>+[<[->+>+<<]>>[-<<+>>]<+]<<<.,]";

/// In microseconds: everything, something or nothing is done in the trial.
const TIMES: [u32; 6] = [1, 100, 1_000, 5_000, 20_000, 10_000_000];

fn trial(microseconds: u32) -> String {
    format!("--tier-trial={microseconds}")
}

#[test]
fn what_is_over_soon_gets_no_more_passes() {
    let run = |time: u32| bfllvm(",[.>+<,]", &["run", "-v", "--eof=0", &trial(time)]).run("abc");
    run(10_000_000).ends(0).prints("abc").mentions(&["-O2, tried out after the quick passes", "over after"]);
    let outcome = run(0);
    assert!(!outcome.ends(0).prints("abc").stderr.contains("tried out"), "{outcome}");
}

#[test]
fn what_takes_longer_begins_again_unnoticed() {
    let input: Vec<u8> = (1..=20).collect();
    let output: Vec<u8> = input.iter().flat_map(|&byte| [byte, byte]).collect();
    for time in TIMES {
        let run = |options: &[&str]| {
            bfllvm(SLOW_ECHO, &[&["run", "-v", "--eof=0", &trial(time)], options].concat()).run(&input)
        };
        let outcome = run(&[]);
        outcome.ends(0).prints(&output);
        if time == TIMES[0] {
            outcome.mentions(&["given up after"]);
        }
        run(&["--max-output=7"]).ends(4).prints(&output[..7]);
    }
}

#[test]
fn the_end_of_the_input_is_met_again() {
    // Behind the end it takes its time, and reads once more.
    let code = ",[.,]+[>>>+[<[->+>+<<]>>[-<<+>>]<+]<<<-]+,.";
    for time in TIMES {
        bfllvm(code, &["run", "--eof=-1", &trial(time)]).run("ab\0").ends(0).prints(b"ab\xff");
    }
}

#[test]
fn somebody_may_talk_to_it() {
    for time in TIMES {
        let mut running = bfllvm(SLOW_ECHO, &["run", "--eof=0", &trial(time)]).start();
        running.blocks();
        running.send(b"a");
        running.delivers(b"aa");
        running.blocks();
        running.send(b"bc");
        running.delivers(b"aabbcc");
        running.finish().ends(0).prints("aabbcc");
    }
}

#[test]
fn whoever_reads_late_gets_everything_once() {
    // More than the pipe and the buffer hold: in the trial a write gets stuck half-way.
    let expected: Vec<u8> = std::iter::repeat_n(1..=255, 4 * 255).flatten().collect();
    for time in TIMES {
        let (reader, writer) = std::io::pipe().unwrap();
        let run = bfllvm(",[[>+[.+]<-],]", &["run", "--eof=0", &trial(time)]);
        let mut running = run.stdout(writer).start();
        running.send(&[255; 4]);
        running.blocks();
        let collector = Collector::new(reader);
        running.finish().ends(0);
        assert!(collector.finish() == expected, "{time}");
    }
}

#[test]
fn what_is_left_at_the_end_waits_for_whoever_reads() {
    // The pipe holds half of it, and the program is over with the other half in the buffer.
    let expected: Vec<u8> = std::iter::repeat_n((1..=255).rev(), 2 * 255).flatten().collect();
    for time in TIMES {
        let (reader, writer) = std::io::pipe().unwrap();
        let run = bfllvm(",[>-[>-[.-]<-]<-]", &["run", "-w", &trial(time)]);
        let mut running = run.stdout(writer).start();
        running.send(&[2]);
        running.blocks();
        let collector = Collector::new(reader);
        running.finish().ends(0);
        assert!(collector.finish() == expected, "{time}");
    }
}

#[test]
fn dumps_are_shown_once() {
    let outcome = bfllvm(",#[->+<]+[+]", &["run", "--debug-hash", &trial(1)]).run("a");
    assert_eq!(outcome.ends(0).stderr.matches("# 1:2").count(), 1, "{outcome}");
}

#[test]
fn limits_and_requests_hold_in_the_trial() {
    let endless = ",.+[>+<]";
    for time in TIMES {
        let outcome = bfllvm(endless, &["run", "-w", "--timeout=0.2", &trial(time)]).run("a");
        outcome.ends(4).prints("a").mentions(&["stopped after 0.2 s"]);
    }
    for time in [1, 10_000_000] {
        let mut running = bfllvm(endless, &["run", "-w", &trial(time)]).start();
        running.send(b"a");
        running.keeps_busy();
        running.signal(libc::SIGINT);
        let outcome = running.end();
        outcome.prints("a");
        assert_ne!(outcome.status.code(), Some(0), "{outcome}");
    }
}

#[test]
fn faults_have_their_place() {
    let workspace = Workspace::with(",[->+>+<<]>[>+<-]>[<+]");
    let run = |time: u32| workspace.bfllvm(["run", "-w", &trial(time), PROGRAM]).run("\x05");
    let expected = run(0);
    expected.ends(3);
    for time in TIMES {
        run(time).ends(3).says(&expected.stderr);
    }
}
