//! Runs of the programs that are written by hand.

use crate::Example;

/// The text of `sort.bf`, which the self interpreter is tried on.
pub const SORT: &str = include_str!("../sort.bf");

/// What `sort.bf` prints for a line.
pub fn sorted(line: &[u8]) -> Vec<u8> {
    let mut bytes = line.to_vec();
    bytes.sort_unstable();
    bytes.push(b'\n');
    bytes
}

const PROSE: &str = "\
A tape, a head, and eight commands: that is the whole machine.

Two commands move the head; two change the cell below it.
Two more read and write (one byte at a time),
and the last two, in pairs, make loops.
\tEverything else - numbers, text, arrays - is left to YOU.
";

fn rot13(text: &str) -> String {
    let rotate = |ch: char, first: u8| char::from((ch as u8 - first + 13) % 26 + first);
    text.chars()
        .map(|ch| match ch {
            'a'..='z' => rotate(ch, b'a'),
            'A'..='Z' => rotate(ch, b'A'),
            _ => ch,
        })
        .collect()
}

fn wc(text: &str) -> String {
    format!("{} {} {}\n", text.lines().count(), text.split_ascii_whitespace().count(), text.len())
}

fn squares() -> String {
    (0..=100).map(|n| format!("{}\n", n * n)).collect()
}

fn fibonacci() -> String {
    let (mut a, mut b) = (1u128, 1u128);
    let mut text = String::new();
    for _ in 0..100 {
        text += &format!("{a}\n");
        (a, b) = (b, a + b);
    }
    text
}

fn reversed(text: &str) -> String {
    text.lines().map(|line| line.chars().rev().chain(['\n']).collect::<String>()).collect()
}

pub fn examples() -> Vec<Example> {
    let example = |name, input: Option<&[u8]>, output: &[u8]| Example {
        name,
        code: None,
        input: input.map(<[u8]>::to_vec),
        output: output.to_vec(),
    };
    let prose = Some(PROSE.as_bytes());
    let letters = b"Zebra, mango, 0123456789 & quince (in no order at all): please tidy up!";
    vec![
        example("hello", None, b"Greetings from a tape of tiny cells!\n"),
        example("cat", prose, PROSE.as_bytes()),
        example("rot13", prose, rot13(PROSE).as_bytes()),
        example("wc", prose, wc(PROSE).as_bytes()),
        example("squares", None, squares().as_bytes()),
        example("fibonacci", None, fibonacci().as_bytes()),
        example("reverse", prose, reversed(PROSE).as_bytes()),
        example("sort", Some(letters), &sorted(letters)),
        example("prompt", Some(b"Ada\n"), b"What is your name? Nice to meet you, Ada.\n"),
    ]
}
