//! Writes the example programs, their inputs and their expected outputs.
//!
//! ```text
//! cargo run --release --example generate [FOLDER]
//! ```
//!
//! The large examples are produced here from start to end: [`bf`] is a macro
//! assembler for Brainfuck, [`num`] adds numbers that do not fit in a cell,
//! and each module of [`programs`] builds one program with them.  The small
//! ones are written by hand and lie ready in the folder ([`handwritten`]).
//!
//! What a program should print is always worked out in plain Rust and never
//! by running the program, so the `.out` files are an independent check of
//! whatever compiles or interprets the examples.

mod bf;
mod handwritten;
mod num;
mod programs;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// One example program together with a run of it.
pub struct Example {
    pub name: &'static str,
    /// The text of the program, or nothing if it is written by hand.
    pub code: Option<String>,
    /// What to feed it, if it reads anything.
    pub input: Option<Vec<u8>>,
    /// What it should print.
    pub output: Vec<u8>,
}

impl Example {
    fn write_to(&self, folder: &Path) -> io::Result<()> {
        let file = |extension: &str| folder.join(self.name).with_extension(extension);
        if let Some(code) = &self.code {
            fs::write(file("bf"), code)?;
        }
        if let Some(input) = &self.input {
            fs::write(file("in"), input)?;
        }
        fs::write(file("out"), &self.output)
    }
}

fn main() -> io::Result<()> {
    let folder =
        env::args_os().nth(1).map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"), PathBuf::from);
    for example in handwritten::examples().into_iter().chain(programs::examples()) {
        example.write_to(&folder)?;
        let size = example.code.as_ref().map_or(0, String::len);
        println!("{:<12} {:>8} bytes generated, {:>6} bytes expected", example.name, size, example.output.len());
    }
    Ok(())
}
