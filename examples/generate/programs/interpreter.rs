//! `self.bf`: a Brainfuck interpreter in Brainfuck.
//!
//! The input is a program, an exclamation mark, and what the program shall
//! read.  An array of records holds both sides: record `n` has the `n`th
//! instruction and the `n`th data cell.  The two pointers are written down in
//! unary, as marks in all the records that lie before the one pointed at; to
//! get from one pointer to the other, go left to the empty home record and
//! right again along the other marks.

use crate::Example;
use crate::bf::{Bf, Cell, Wide};
use crate::handwritten;

/// The instructions in the order of their codes, from 1 on.
const INSTRUCTIONS: &[u8; 8] = b"+,-.<>[]";

// The fields of a record.
/// The code of the instruction, or 0 behind the program.
const CODE: Cell = Cell(0);
/// 1 before the current instruction.
const CODE_MARK: Cell = Cell(1);
const SELECTOR: Wide = Wide(Cell(2));
const DATA: Wide = Wide(Cell(6));
/// 1 before the current data cell.
const DATA_MARK: Cell = Cell(10);
/// How many brackets are open while looking for a partner; while loading, 1
/// as long as there is more to read.
const OPEN: Cell = Cell(11);
const SCRATCH: Cell = Cell(12);
const STRIDE: i32 = 13;

fn step(b: &mut Bf, stride: i32) {
    b.go(Cell(stride));
    b.rebase(stride);
}

/// From the record that `mark` leads to, to the home record.
fn go_home(b: &mut Bf, mark: Cell) {
    step(b, -STRIDE);
    b.scan(mark, -STRIDE);
}

/// From the home record to the one that `mark` leads to.
fn follow(b: &mut Bf, mark: Cell) {
    step(b, STRIDE);
    b.scan(mark, STRIDE);
}

/// From the current instruction to the current data cell, and back.
fn at_data(b: &mut Bf, body: impl FnOnce(&mut Bf)) {
    go_home(b, CODE_MARK);
    follow(b, DATA_MARK);
    body(b);
    go_home(b, DATA_MARK);
    follow(b, CODE_MARK);
}

/// Reads the program into the records from the current one on.
fn load(b: &mut Bf) {
    b.add(OPEN, 1);
    b.while_(OPEN, |b| {
        b.input(SELECTOR);
        // The program ends at the mark, or with the input however that shows.
        let ends = [0, i32::from(b'!'), 255].map(|ch| (ch, None));
        let codes = INSTRUCTIONS.iter().zip(1..);
        let codes = codes.map(|(&ch, code)| (i32::from(ch), Some(code)));
        let mut seen = 0;
        for (ch, code) in ends.into_iter().chain(codes) {
            b.add(SELECTOR, seen - ch);
            seen = ch;
            b.if_zero(SELECTOR, |b| match code {
                None => b.add(OPEN, -1),
                Some(code) => {
                    b.add(CODE, code);
                    b.add(CODE_MARK, 1);
                }
            });
        }
        b.clear(SELECTOR);
        b.walk(CODE_MARK, STRIDE, |b| {
            b.pour(OPEN, &[(OPEN.offset(STRIDE), 1)]);
        });
    });
    // The marks have served to get here and are taken back on the way home.
    step(b, -STRIDE);
    b.walk(CODE_MARK, -STRIDE, |b| b.add(CODE_MARK, -1));
}

/// Looks for the partner of the current bracket if `OPEN` is 1: steps that
/// way, counting the brackets until none is open.
fn match_brackets(b: &mut Bf, stride: i32) {
    b.while_(OPEN, |b| {
        b.pour(OPEN, &[(OPEN.offset(stride), 1)]);
        if stride > 0 {
            b.add(CODE_MARK, 1);
        }
        step(b, stride);
        if stride < 0 {
            b.add(CODE_MARK, -1);
        }
        b.copy(CODE, SELECTOR);
        b.add(SELECTOR, -7);
        b.if_zero(SELECTOR, |b| b.add(OPEN, stride.signum()));
        b.add(SELECTOR, -1);
        b.if_zero(SELECTOR, |b| b.add(OPEN, -stride.signum()));
        b.clear(SELECTOR);
    });
}

/// From the data cell: opens a bracket at the current instruction.
fn open_bracket(b: &mut Bf) {
    go_home(b, DATA_MARK);
    follow(b, CODE_MARK);
    b.add(OPEN, 1);
    go_home(b, CODE_MARK);
    follow(b, DATA_MARK);
}

fn execute(b: &mut Bf, instruction: u8) {
    match instruction {
        b'[' => {
            at_data(b, |b| b.if_zero(DATA, open_bracket));
            match_brackets(b, STRIDE);
        }
        b']' => {
            at_data(b, |b| b.if_nonzero(DATA, open_bracket));
            match_brackets(b, -STRIDE);
        }
        _ => at_data(b, |b| match instruction {
            b'+' => b.add(DATA, 1),
            b'-' => b.add(DATA, -1),
            b'.' => b.output(DATA),
            b',' => b.input_over(DATA),
            b'>' => {
                b.add(DATA_MARK, 1);
                step(b, STRIDE);
            }
            _ => {
                step(b, -STRIDE);
                b.add(DATA_MARK, -1);
            }
        }),
    }
}

fn program() -> String {
    let mut b = Bf::new();
    // The frame is the home record; from here on it moves.
    b.scratch_from(SCRATCH, |b| {
        step(b, STRIDE);
        load(b);
        step(b, STRIDE);
        b.while_(CODE, |b| {
            b.copy(CODE, SELECTOR);
            b.add(SELECTOR, -1);
            b.switch(SELECTOR, INSTRUCTIONS.len(), |b, i| {
                execute(b, INSTRUCTIONS[i]);
            });
            b.add(CODE_MARK, 1);
            step(b, STRIDE);
        });
    });
    b.finish("An interpreter for a program and its input   generated code")
}

pub fn example() -> Example {
    let text = b"tapes and brackets";
    let commands = handwritten::SORT.bytes().filter(|byte| INSTRUCTIONS.contains(byte));
    let mut input: Vec<u8> = commands.collect();
    input.push(b'!');
    input.extend(text);
    input.push(b'\n');
    Example { name: "self", code: Some(program()), input: Some(input), output: handwritten::sorted(text) }
}
