//! Throughput of parsing and our passes, by the processor's time; and whether it stays the same as sources grow.

use std::time::Duration;

use anyhow::{Context as _, Result};
use bfllvm::dialect::CellWidth;
use bfllvm::level::{Level, Start};
use bfllvm::parse::{Bang, Hash, Options, parse};
use bfllvm::runtime::thread_time;
use bfllvm::source::Source;

use super::generated;
use super::process::ensure_wanted;
use super::progress::Progress;
use super::statistics::median;

/// How often each source is compiled.
const ROUNDS: usize = 5;

/// The parts of the largest size that are measured. The last is the whole.
pub const PARTS: [f64; 3] = [0.25, 0.5, 1.0];

/// A kind of source.
#[derive(Clone, Debug)]
pub struct Throughput {
    pub name: &'static str,
    /// For each of [`PARTS`].
    pub sizes: Vec<Size>,
}

#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub bytes: usize,
    pub seconds: f64,
}

impl Size {
    #[must_use]
    pub fn megabytes_a_second(&self) -> f64 {
        self.bytes as f64 / 1e6 / self.seconds
    }
}

impl Throughput {
    /// The time of a byte of the largest source by that of one of the smallest: 1 if the time is linear.
    #[must_use]
    pub fn growth(&self) -> Option<f64> {
        let (smallest, largest) = (self.sizes.first()?, self.sizes.last()?);
        Some(smallest.megabytes_a_second() / largest.megabytes_a_second())
    }
}

/// A name, and the source of about so many bytes.
type Kind = (&'static str, fn(usize) -> Vec<u8>);

const KINDS: [Kind; 8] = [
    ("`+>`", |bytes| repeated(b"+>", bytes)),
    ("`[-]>`", |bytes| repeated(b"[-]>", bytes)),
    ("`[->+<]>+`", |bytes| repeated(b"[->+<]>+", bytes)),
    ("comments", |bytes| repeated(b"> some words between the commands +\n", bytes)),
    ("side by side: `[[-]>+[>.<-]]`", |bytes| repeated(b"[[-]>+[>.<-]]", bytes)),
    ("nested: `[>`", nested),
    ("commands by chance", generated::by_chance),
    ("as compilers write", generated::compiled),
];

fn repeated(unit: &[u8], bytes: usize) -> Vec<u8> {
    unit.repeat(bytes / unit.len())
}

fn nested(bytes: usize) -> Vec<u8> {
    // What is always 0 would be left out at once.
    let depth = bytes / 3;
    [b",".to_vec(), b"[>".repeat(depth), b"]".repeat(depth)].concat()
}

/// Measures every kind of source; the largest have about so many bytes.
pub fn front_end(bytes: usize, progress: &mut Progress) -> Result<Vec<Throughput>> {
    let mut rows = Vec::new();
    for (name, source) in KINDS {
        let mut sizes = Vec::new();
        for part in PARTS {
            let source = source((bytes as f64 * part) as usize);
            let bytes = source.len();
            let source = Source::new(name, source).context("a source is too large")?;
            let mut times = Vec::new();
            for round in 1..=ROUNDS {
                ensure_wanted()?;
                progress.say(&format!("{name}: {bytes} bytes, round {round} of {ROUNDS}"));
                times.push(compile(&source)?.as_secs_f64());
            }
            sizes.push(Size { bytes, seconds: median(&times).unwrap_or_default() });
        }
        rows.push(Throughput { name, sizes });
    }
    Ok(rows)
}

/// The time to parse, optimise and drop.
fn compile(source: &Source) -> Result<Duration> {
    let granularity = Level::O2.row().granularity;
    let options = Options { width: CellWidth::W8, granularity, hash: Hash::Comment, bang: Bang::Comment };
    let begin = thread_time();
    let parsed = parse(source, &options).ok().context("a source has an unmatched bracket")?;
    let passes = Level::O2.passes(Start::Ahead);
    drop(passes.fold(parsed.program, |program, pass| pass.apply(program)));
    Ok(thread_time() - begin)
}
