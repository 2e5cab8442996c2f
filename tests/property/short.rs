//! All short programs.

use bfllvm::dialect::{CellWidth, Dialect, Eof};
use bfllvm::ir::{Program, text};
use bfllvm::level::{Level, Start};
use bfllvm::parse::Granularity;
use bfllvm::reference::{Machine, MemoryIo, Status};

use crate::cases::{read, source};

/// Every program of up to so many commands, with an input of one byte. `BFLLVM_EXHAUSTIVE=8` goes further: each
/// command more takes about seven times as long.
#[test]
fn short_programs_keep_their_meaning() {
    const COMMANDS: &[u8; 8] = b"+-<>.,[]";
    let longest = std::env::var("BFLLVM_EXHAUSTIVE").ok().and_then(|length| length.parse().ok()).unwrap_or(7);
    let dialect = Dialect::new(CellWidth::W8, Eof::Same, 1);
    let mut programs = 0u64;
    // A program is a number whose digits are its commands.
    for length in 0..=longest {
        let mut code = vec![0u8; length];
        for number in 0..8u64.pow(length as u32) {
            let mut depth = 0i32;
            let mut rest = number;
            for place in &mut code {
                *place = COMMANDS[(rest % 8) as usize];
                rest /= 8;
                depth += i32::from(*place == b'[') - i32::from(*place == b']');
                if depth < 0 {
                    break;
                }
            }
            if depth != 0 {
                continue;
            }
            programs += 1;
            let text = std::str::from_utf8(&code).unwrap();
            check_passes(text, dialect);
        }
    }
    assert!(programs > 400_000 || longest < 7, "{programs}");
}

/// The passes of the levels that differ, in the reference interpreter, with few steps: short programs end soon or
/// never.
fn check_passes(code: &str, dialect: Dialect) {
    const FEW_STEPS: u64 = 3000;
    let source = source(code);
    let run = |program: &Program| {
        let mut machine = Machine::new(program, &dialect);
        let mut io = MemoryIo { input: b"\x03", ..MemoryIo::default() };
        let status = machine.run(&mut io, FEW_STEPS);
        (status, io.output)
    };
    let (reference, expected) = run(&read(&source, &dialect, Granularity::Commands));
    let program = read(&source, &dialect, Granularity::Folded);
    let program = Level::O2.passes(Start::Ahead).fold(program, |program, pass| pass.apply(program));
    let (status, output) = run(&program);
    let agrees = match reference {
        Status::Finished => status == Status::Finished && output == expected,
        // Later, or not at all; never with less output.
        Status::Fault { .. } => output.starts_with(&expected),
        // The optimised program is further by now, at the most, unless the other one ends after all.
        _ => output.starts_with(&expected) && (status != Status::Finished || ends_late(code, dialect)),
    };
    assert!(
        agrees,
        "{code}: {reference:?} {expected:?}, optimised {status:?} {output:?}\n{}",
        text::print(&program, None)
    );
}

/// Whether a program ends that [`check_passes`] has too few steps for.
fn ends_late(code: &str, dialect: Dialect) -> bool {
    let program = read(&source(code), &dialect, Granularity::Commands);
    let mut machine = Machine::new(&program, &dialect);
    let mut io = MemoryIo { input: b"\x03", ..MemoryIo::default() };
    machine.run(&mut io, 1_000_000) == Status::Finished
}
