//! S2, S3, S6, S7: what a cell holds, how many there are, and what goes in and out.

use super::support::{OPTIMIZED, PROGRAM, RUNS, Terminal, WAYS, Way, bfllvm, every_way};

const WIDTHS: [u32; 4] = [8, 16, 32, 64];

fn cells(width: u32) -> String {
    format!("--cells={width}")
}

#[test]
fn s2_cells_are_unsigned_and_wrap() {
    for width in WIDTHS {
        let max = u64::MAX >> (64 - width);
        let expected = format!("# 1:2 cell 0: [{max}] 0 0 0 0 0 0 0 0\n# 1:4 cell 0: [0] 0 0 0 0 0 0 0 0\n");
        for program in every_way("-#+#", &["--debug-hash", &cells(width)]) {
            program.run("").ends(0).says(&expected);
        }
    }
}

#[test]
fn s2_eight_bits_are_the_default() {
    for program in every_way("-#", &["--debug-hash"]) {
        program.run("").ends(0).mentions(&["[255]"]);
    }
}

/// A program that puts 2 to the power of `bits`, a multiple of 8 except 24, into a cell, and prints 1 if
/// that is not 0, else 0. In runs of `+` and loops only.
fn power_of_two(bits: u32) -> String {
    let times = |factor: usize| format!("[>{}<-]>", "+".repeat(factor));
    let product = match bits {
        8 => times(16),
        16 => times(16) + &times(256),
        _ => times(16) + &times(256) + &times(1 << 16).repeat(bits as usize / 16 - 1),
    };
    format!("++++++++++++++++{product}[[-]<+>]<.")
}

#[test]
fn s2_products_wrap_at_the_width() {
    for width in WIDTHS {
        for bits in [8, 16, 32, 48, 64] {
            // Command by command, 2^32 takes too long.
            let ways = if bits <= 16 { &WAYS[..] } else { &OPTIMIZED[..] };
            for way in ways {
                way.of(power_of_two(bits), &[&cells(width)]).run("").ends(0).prints([u8::from(bits < width)]);
            }
        }
    }
}

#[test]
fn s2_loops_that_step_over_zero_are_solved_at_the_width() {
    // How often 3 can be taken from 1 before 0 is met is the inverse of 3, and depends on the width.
    for (width, inverse) in [(8, 171), (16, 43_691), (32, 2_863_311_531), (64, 12_297_829_382_473_034_411u64)] {
        let ways = if width <= 16 { &WAYS[..] } else { &OPTIMIZED[..] };
        for way in ways {
            let outcome = way.of("+[>+<---]>#", &["--debug-hash", &cells(width)]).run("");
            outcome.ends(0).says(&format!("# 1:11 cell 1: 0 [{inverse}] 0 0 0 0 0 0 0 0\n"));
        }
    }
}

#[test]
fn s2_negative_factors_wrap_at_the_width() {
    for width in WIDTHS {
        let expected = (u64::MAX >> (64 - width)) - 5;
        for program in every_way("+++[->--<]>#", &["--debug-hash", &cells(width)]) {
            program.run("").ends(0).mentions(&[&format!("0 [{expected}] 0")]);
        }
    }
}

#[test]
fn s3_the_tape_is_zeroed_and_the_pointer_starts_at_cell_0() {
    let code = format!(".>.{}.+{}.#", ">".repeat(5000), "<".repeat(5001));
    for program in every_way(code, &["--debug-hash"]) {
        program.run("").ends(0).prints([0; 4]).mentions(&[" cell 0: [0] 0"]);
    }
}

#[test]
fn s3_the_length_is_rounded_up_to_whole_pages() {
    // With 8 bits a page has 4096 cells; with 64 it has 512.
    for (width, asked, cells_had) in [
        (8, 1, 4096),
        (8, 4096, 4096),
        (8, 4097, 8192),
        (8, 30_000, 32_768),
        (16, 30_000, 30_720),
        (32, 30_000, 30_720),
        (64, 30_000, 30_208),
    ] {
        let (width, tape) = (cells(width), format!("--tape={asked}"));
        // Marks every cell until there is none.
        for program in every_way("+[>+]", &[&width, &tape]) {
            program.run("").ends(3).mentions(&[
                &format!("cell {cells_had} is right of the tape"),
                &format!("(its cells are 0 to {})", cells_had - 1),
            ]);
        }
        for Way::Run(option) | Way::Build(option) in RUNS {
            let outcome = bfllvm("+", &["run", "--verbose", option, &width, &tape]).run("");
            outcome.ends(0).mentions(&[&format!("tape of {cells_had} cells")]);
        }
    }
}

#[test]
fn s3_numbers_of_cells_may_have_units() {
    for (tape, cells_had) in [("64K", 1 << 16), ("2M", 1 << 21), ("1G", 1 << 30)] {
        let outcome = bfllvm("+", &["run", "--verbose", &format!("--tape={tape}")]).run("");
        outcome.ends(0).mentions(&[&format!("tape of {cells_had} cells")]);
    }
    // Whoever needs a longer one is told of one that has the cell.
    let program = format!("{}+", ">".repeat(70_000));
    bfllvm(&program, &["run", "--tape=64K"]).run("").ends(3).mentions(&["--tape=128K has this cell"]);
    bfllvm(&program, &["run", "--tape=128K"]).run("").ends(0);
    for wrong in ["64X", "0", "-1", "K"] {
        bfllvm("+", &["run", &format!("--tape={wrong}")]).run("").ends(2).mentions(&["--tape <CELLS>"]);
    }
}

#[test]
fn s3_the_default_is_two_to_the_24() {
    for program in every_way("<+", &[]) {
        program.run("").ends(3).mentions(&["(its cells are 0 to 16777215)"]);
    }
}

#[test]
fn s3_every_cell_can_be_used_and_the_one_behind_the_last_cannot() {
    for (asked, last) in [(30_000, 32_767), (65_535, 65_535), (100_000, 102_399)] {
        let tape = format!("--tape={asked}");
        let there = ">".repeat(last);
        for program in every_way(format!("{there}+++.[-]."), &[&tape]) {
            program.run("").ends(0).prints([3, 0]);
        }
        for program in every_way(format!("+.{there}>+"), &[&tape]) {
            program.run("").ends(3).prints([1]).mentions(&[&format!("cell {} is right", last + 1)]);
        }
    }
}

#[test]
fn s3_a_tape_that_cannot_be_had_is_an_error() {
    for way in WAYS {
        // So many cells, as bytes, are more than an address space has, and more than a number holds.
        for (tape, width) in
            [("--tape=1152921504606846976", "--cells=8"), ("--tape=18446744073709551615", "--cells=64")]
        {
            let outcome = way.of("+.", &[tape, width]).run("");
            outcome.ends(1).prints("").mentions(&["cannot reserve a tape of "]);
        }
    }
}

#[test]
fn s6_at_the_end_of_the_input_a_cell_keeps_its_value_or_becomes_0_or_minus_1() {
    for (options, values) in [
        (&[][..], [3, 3, 4]),
        (&["--eof=same"], [3, 3, 4]),
        (&["--eof=0"], [3, 0, 0]),
        (&["--eof", "0"], [3, 0, 0]),
        (&["--eof=-1"], [3, 255, 255]),
        (&["--eof", "-1"], [3, 255, 255]),
    ] {
        for program in every_way("+++.,.>++++,.", options) {
            program.run("").ends(0).prints(values);
        }
        // Input that is there is not concerned.
        for program in every_way("+++.,.>++++,.", options) {
            program.run("xy").ends(0).prints(b"\x03xy");
        }
    }
}

#[test]
fn s6_minus_1_sets_all_bits_of_a_cell() {
    for width in WIDTHS {
        for program in every_way(",#+[.[-]]", &["--eof=-1", "--debug-hash", &cells(width)]) {
            let outcome = program.run("");
            outcome.ends(0).prints("").mentions(&[&format!("[{}]", u64::MAX >> (64 - width))]);
        }
    }
}

#[test]
fn s6_the_end_of_the_input_is_sticky() {
    // A terminal can be read on after its user has ended the input with ^D. We do not.
    for program in every_way(",.,.,.", &["--eof=-1"]) {
        let Terminal { mut user, process } = Terminal::open();
        std::io::Write::write_all(&mut user, b"\x04x\n").unwrap();
        program.stdin(process).run("").ends(0).prints([255; 3]);
    }
}

#[test]
fn s7_bytes_go_in_and_out_as_they_are() {
    let all: Vec<u8> = (0..=255).collect();
    let code = ",.".repeat(256);
    for way in WAYS {
        for width in [8, 64] {
            way.of(&code, &[&cells(width)]).run(&all).ends(0).prints(&all);
        }
    }
}

#[test]
fn s7_input_is_not_sign_extended() {
    for program in every_way(",#", &["--cells=32", "--debug-hash"]) {
        program.run(b"\xff").ends(0).mentions(&["[255]"]);
    }
}

#[test]
fn s7_wide_cells_print_their_low_byte() {
    for width in WIDTHS {
        let code = format!("++++++++++++++++[>++++++++++++++++<-]>{}.", "+".repeat(65));
        for program in every_way(code, &[&cells(width)]) {
            program.run("").ends(0).prints("A");
        }
    }
}

#[test]
fn s7_a_newline_is_10_both_ways() {
    for program in every_way("++++++++++.,----------.[-],-------------.", &[]) {
        program.run("\n\r").ends(0).prints(b"\n\0\0");
    }
}

#[test]
fn s7_input_may_come_from_a_file() {
    for Way::Run(option) | Way::Build(option) in RUNS {
        let invocation = super::support::Workspace::with(",.,.,.");
        invocation.write("input", b"\0\xff");
        let outcome = invocation.bfllvm(["run", option, "--eof=0", "--input=input", PROGRAM]).run("not this");
        outcome.ends(0).prints(b"\0\xff\0");
    }
}
