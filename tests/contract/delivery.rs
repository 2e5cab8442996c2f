//! S8: output arrives, whatever happens.

use std::fs::File;
use std::io::pipe;

use super::support::{Collector, RUNS, Terminal, Way, Workspace, bfllvm, binary, every_way};

/// Prints `A`; leaves 65 in the cell and 0 behind it.
const PRINT_A: &str = "+++++++[>+++++++++<-]>++.";

/// What signals ask for the end, and the status that a shell expects of it.
const REQUESTS: [(i32, i32); 3] = [(libc::SIGINT, 130), (libc::SIGTERM, 143), (libc::SIGHUP, 129)];

/// Prints this many bytes, with a bit of a delay at any level: more than any buffer holds.
const MUCH: usize = 4 * 255 * 255;
const PRINT_MUCH: &str = "++++[>-[>-[>.<-]<-]<-]";

#[test]
fn s8_output_is_delivered_before_a_read_that_blocks() {
    for program in every_way(format!("{PRINT_A}>,.<+.>,."), &[]) {
        let mut running = program.start();
        running.delivers(b"A");
        running.send(b"x");
        running.delivers(b"AxB");
        running.send(b"y");
        running.finish().ends(0).prints("AxBy").says("");
    }
}

#[test]
fn s8_output_is_delivered_at_the_end() {
    for program in every_way(PRINT_MUCH, &[]) {
        program.run("").ends(0).prints(vec![0; MUCH]);
    }
}

#[test]
fn s8_output_is_delivered_when_the_buffer_is_full() {
    for program in every_way(format!("{PRINT_MUCH}+[]"), &[]) {
        let running = program.start();
        // All but what a buffer holds: 64 KiB at most.
        running.delivers_bytes(MUCH - (64 << 10));
        running.signal(libc::SIGTERM);
        running.end().ends(143);
    }
}

#[test]
fn s8_most_output_is_delivered_before_a_program_goes_quiet() {
    let (letters, expected) = print_text(3, 1);
    for program in every_way(format!("{letters}+[]"), &[]) {
        let running = program.start();
        running.delivers_bytes(expected.len() / 2);
        running.signal(libc::SIGTERM);
        running.end().ends(143);
    }
    // Nothing there ends a line, which a terminal might wait for.
    for program in every_way(format!("{letters}+[]"), &[]) {
        let Terminal { user, process } = Terminal::open();
        let shown = Collector::new(user);
        let running = program.stdout(process).start();
        let seen = shown.wait_until(|bytes| bytes.len() >= expected.len() / 2);
        assert!(seen.len() >= expected.len() / 2 && expected.starts_with(&seen), "{} bytes", seen.len());
        running.signal(libc::SIGTERM);
        running.end().ends(143);
    }
}

/// Lengths around those of the blocks and buffers that bytes pass through.
const LENGTHS: [usize; 6] = [1, 32, 65535, 65536, 65537, 131_073];

/// So many bytes, none of which is 0 or 255.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|index| (index % 251 + 1) as u8).collect()
}

#[test]
fn s8_nothing_is_lost_where_a_buffer_ends() {
    for (code, eof, end) in [
        (",[.,]", "--eof=0", &[][..]),
        (",[.,]", "--eof=same", &[0]),
        (",[.[-],]", "--eof=same", &[]),
        (",+[-.,+]", "--eof=-1", &[]),
        // Byte by byte: the pointer moves.
        (",[.>,]", "--eof=0", &[]),
    ] {
        for length in LENGTHS {
            let expected = bytes(length);
            for program in every_way(code, &[eof]) {
                program.run([&expected, end].concat()).ends(0).prints(expected.clone()).says("");
            }
        }
    }
}

#[test]
fn s8_input_is_passed_on_up_to_the_byte_that_ends_the_loop() {
    let (mut input, expected) = (bytes(100_000), bytes(70_000));
    input[70_000] = 0;
    for program in every_way(",[.,]++.", &["--eof=-1", "--cells=16"]) {
        program.run(&input).ends(0).prints([&expected[..], &[2]].concat());
    }
    input[70_000] = 255;
    for program in every_way(",+[-.,+]++.", &["--eof=0"]) {
        program.run(&input).ends(0).prints([&expected[..], &[2]].concat());
    }
}

#[test]
fn s8_input_is_passed_on_with_the_byte_that_ends_the_loop() {
    for length in LENGTHS {
        let mut expected = bytes(length);
        expected.push(0);
        for program in every_way("+[,.]>+++.", &["--eof=0"]) {
            program.run(bytes(length)).ends(0).prints([&expected[..], &[3]].concat());
        }
    }
}

/// Prints a text of this length `255 * times` times, in two loops; `times` fits a cell.
fn print_text(length: usize, times: usize) -> (String, Vec<u8>) {
    let letters: Vec<u8> = (b'A'..=b'Z').cycle().take(length).collect();
    let (mut code, mut last) = (String::new(), 0);
    for &letter in &letters {
        code += &if letter > last { "+" } else { "-" }.repeat(letter.abs_diff(last).into());
        code.push('.');
        last = letter;
    }
    (format!("{}[>-[>{code}[-]<-]<-]", "+".repeat(times)), letters.repeat(255 * times))
}

#[test]
fn s8_texts_are_whole_where_a_buffer_ends() {
    for length in [2, 3, 5, 9, 17, 33, 64, 65, 300] {
        let (code, expected) = print_text(length, 300usize.div_ceil(length));
        assert!(expected.len() > 65536);
        for program in every_way(&code, &[]) {
            program.run("").ends(0).prints(expected.clone());
        }
        // Part of a text still fits.
        for Way::Run(option) | Way::Build(option) in RUNS {
            let allowed = &expected[..expected.len() - length.div_ceil(2)];
            let limit = format!("--max-output={}", allowed.len());
            bfllvm(&code, &["run", option, &limit]).run("").ends(4).prints(allowed);
        }
    }
}

#[test]
fn s8_what_is_buffered_when_a_fault_comes_is_delivered() {
    for length in [33, 65537] {
        for program in every_way(",[.,]+[<+]", &["--eof=0"]) {
            program.run(bytes(length)).ends(3).prints(bytes(length)).mentions(&["tape fault"]);
        }
    }
}

#[test]
fn s8_what_is_buffered_when_a_signal_comes_is_delivered() {
    for (signal, status) in REQUESTS {
        for program in every_way(",[.>,]+[]", &["--eof=same"]) {
            let mut running = program.start();
            // The read that comes after the last of these bytes has them delivered; behind it, none does.
            running.send(&bytes(50));
            running.delivers(&bytes(50));
            running.send(b"x\0");
            running.keeps_busy();
            running.signal(signal);
            running.end().ends(status).prints([&bytes(50)[..], b"x"].concat()).says("");
        }
    }
}

#[test]
fn s8_output_is_delivered_line_by_line_to_a_terminal() {
    for program in every_way(format!("{PRINT_A}[-]++++++++++.[]"), &[]) {
        let Terminal { user, process } = Terminal::open();
        let shown = Collector::new(user);
        let running = program.stdout(process).start();
        assert_eq!(shown.wait_until(|bytes| bytes.ends_with(b"\n")), b"A\r\n");
        running.signal(libc::SIGTERM);
        running.end().ends(143);
    }
}

#[test]
fn s8_output_is_delivered_on_a_signal_to_a_busy_program() {
    for (signal, status) in REQUESTS {
        for program in every_way(format!("{PRINT_A}>,<+.[]"), &[]) {
            let mut running = program.start();
            running.delivers(b"A");
            running.send(b"x");
            running.keeps_busy();
            running.signal(signal);
            running.end().ends(status).prints("AB").says("");
        }
    }
}

#[test]
fn s8_output_is_delivered_on_a_signal_to_a_printing_program() {
    // The signal may come at any moment, also while a byte is put into the buffer: no byte may be lost
    // between others, and none doubled. The numbers from 0 to 255, over and over.
    for program in every_way("+[-.+[.+]+]", &[]) {
        let running = program.start();
        running.delivers_bytes(1 << 20);
        running.signal(libc::SIGTERM);
        let outcome = running.end();
        outcome.ends(143);
        let wrong = outcome.stdout.iter().enumerate().find(|&(index, &byte)| byte != index as u8);
        assert_eq!(wrong, None, "{outcome}");
    }
}

#[test]
fn s8_a_signal_ends_a_read_that_blocks() {
    for (signal, status) in REQUESTS {
        for program in every_way(format!("{PRINT_A}>,."), &[]) {
            let mut running = program.start();
            running.delivers(b"A");
            running.blocks();
            running.signal(signal);
            running.end().ends(status).prints("A").says("");
        }
    }
}

#[test]
fn s8_a_second_signal_ends_a_write_that_blocks() {
    for program in every_way("+[.]", &[]) {
        // Nobody reads, so the output cannot be delivered; the second request is an order.
        let (reader, writer) = pipe().unwrap();
        let mut running = program.stdout(writer).start();
        running.blocks();
        running.signal(libc::SIGTERM);
        running.blocks();
        running.signal(libc::SIGTERM);
        running.end().ends(143).says("");
        drop(reader);
    }
}

#[test]
fn s8_an_ignored_signal_stays_ignored() {
    for signal in [libc::SIGHUP, libc::SIGINT] {
        for program in every_way(format!("{PRINT_A}>,."), &[]) {
            let mut running = program.ignoring(signal).start();
            running.delivers(b"A");
            running.blocks();
            running.signal(signal);
            running.send(b"x");
            running.finish().ends(0).prints("Ax");
        }
    }
}

#[test]
fn s8_a_closed_pipe_ends_a_program_quietly() {
    // Found out at the end, before a read, and when the buffer is full.
    for code in ["+.", "+.,.", "+[.]"] {
        for program in every_way(code, &[]) {
            let (reader, writer) = pipe().unwrap();
            drop(reader);
            program.stdout(writer).run("").ends(141).says("");
        }
    }
}

#[test]
fn s8_output_that_has_nowhere_to_go_is_an_error() {
    for Way::Run(option) | Way::Build(option) in RUNS {
        let workspace = Workspace::with("+.");
        let closes = [r#"exec "$0" run "$1" prog.bf >&-"#, binary(), option];
        workspace.tool("sh", ["-c"].iter().chain(&closes)).run("").ends(1).mentions(&["cannot write"]);
        workspace.write("prog.bf", "+");
        workspace.tool("sh", ["-c"].iter().chain(&closes)).run("").ends(0).says("");
    }
}

#[test]
fn s8_output_that_cannot_be_written_is_an_error() {
    for code in ["+.", "+.,.", "+[.]"] {
        for program in every_way(code, &[]) {
            let full = File::options().write(true).open("/dev/full").unwrap();
            program.stdout(full).run("").ends(1).mentions(&["cannot write", "output", "o space left on device"]);
        }
    }
}

#[test]
fn s8_input_that_cannot_be_read_is_an_error() {
    for program in every_way("+.,.", &[]) {
        let directory = File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
        let outcome = program.stdin(directory).run("");
        outcome.ends(1).prints([1]).mentions(&["cannot read", "input", "s a directory"]);
    }
}
