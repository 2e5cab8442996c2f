//! The limits of `run`, and their exit status.

use super::support::{RUNS, bfllvm};

#[test]
fn a_time_limit_stops_a_busy_program() {
    for way in RUNS {
        let outcome = way.of("++.[]", &["--timeout=0.2"]).run("");
        outcome.ends(4).prints([2]).mentions(&["stopped after 0.2 s"]);
    }
}

#[test]
fn a_time_limit_stops_a_program_that_waits_for_input() {
    for way in RUNS {
        let running = way.of("++.,.", &["--timeout=0.2"]).start();
        running.end().ends(4).prints([2]).mentions(&["stopped after 0.2 s"]);
    }
}

#[test]
fn a_time_limit_stops_a_program_that_nobody_reads() {
    for way in RUNS {
        let (reader, writer) = std::io::pipe().unwrap();
        let outcome = way.of("+[.]", &["--timeout=0.2"]).stdout(writer).run("");
        outcome.ends(4).mentions(&["stopped after 0.2 s"]);
        drop(reader);
    }
}

#[test]
fn a_time_limit_leaves_a_program_alone_that_ends() {
    for way in RUNS {
        way.of("++.", &["--timeout=1000"]).run("").ends(0).prints([2]).says("");
    }
}

#[test]
fn a_limit_of_operations_counts_commands() {
    let run = |steps: &str| bfllvm("++.+.", &["run", "--engine=reference", "--max-steps", steps]).run("");
    run("5").ends(0).prints([2, 3]).says("");
    run("4").ends(4).prints([2]).mentions(&["stopped after 4 operations"]);
    run("0").ends(4).prints("");
    let endless = bfllvm("+[]", &["run", "-w", "--engine=reference", "--max-steps=1000000"]).run("");
    endless.ends(4).mentions(&["stopped after 1000000 operations"]);
}

#[test]
fn a_limit_of_operations_is_the_reference_engines() {
    for level in ["-O0", "-O2"] {
        let outcome = bfllvm("+.", &["run", level, "--max-steps=10"]).run("");
        outcome.ends(2).prints("").mentions(&["--max-steps", "--engine=reference", "--timeout"]);
    }
}

#[test]
fn a_limit_of_output_is_exact() {
    for way in RUNS {
        way.of("+[.]", &["--max-output=10"]).run("").ends(4).prints([1; 10]).mentions(&["stopped after 10 bytes"]);
        way.of("+.", &["--max-output=0"]).run("").ends(4).prints("");
        way.of("+..", &["--max-output=2"]).run("").ends(0).prints([1, 1]).says("");
        // More than a buffer.
        let much = way.of("+[.]", &["--max-output=200000"]).run("");
        much.ends(4).prints(vec![1; 200_000]);
    }
}

#[test]
fn a_limit_of_output_is_exact_where_blocks_and_buffers_end() {
    let input: Vec<u8> = (0..70_000).map(|index| (index % 251 + 1) as u8).collect();
    for limit in [1, 31, 32, 33, 65535, 65536, 65537] {
        let option = format!("--max-output={limit}");
        for way in RUNS {
            for code in [",[.,]", ",[.>,]"] {
                let args = ["--eof=0", option.as_str()];
                way.of(code, &args).run(&input).ends(4).prints(&input[..limit]);
                way.of(code, &args).run(&input[..limit]).ends(0).prints(&input[..limit]).says("");
            }
        }
    }
}

#[test]
fn a_time_limit_keeps_what_is_buffered() {
    for way in RUNS {
        way.of(",[.,]+[]", &["--eof=0", "--timeout=0.5"]).run([1; 100]).ends(4).prints([1; 100]);
    }
}
