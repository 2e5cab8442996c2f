//! The most memory that candidates take for a small program.

use std::path::Path;

use anyhow::Result;

use super::candidate::{Candidate, Unable, executable};
use super::contest::{Contest, Entry, Outcome, Rounds};
use super::peak::peak_kib;
use super::process::Output;
use super::progress::Progress;
use super::race::{Race, Setting, empty_program, hello};
use super::statistics::median;

/// How often each is looked at.
const LOOKS: usize = 5;

/// Peaks by candidate.
#[derive(Clone, Debug)]
pub struct Peaks {
    pub rows: Vec<Peak>,
    pub complaints: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Peak {
    pub name: String,
    /// The median; nothing for a candidate that does not do its work.
    pub kib: Option<f64>,
}

/// Peaks of resident memory for the example that greets, and for a process that does nothing.
pub fn memory(setting: &Setting, progress: &mut Progress) -> Result<Peaks> {
    let mut candidates = vec![Candidate::empty(&empty_program(setting.directory)?)];
    candidates.extend(setting.candidates.iter().cloned());
    let program = hello();
    // Only of who does the work the memory counts.
    let rounds = Rounds { count: 1, budget: None, batch: 1 };
    let directory = setting.directory;
    let contest = Contest { candidates: &candidates, rounds, manner: setting.manner, output: Output::Kept, directory };
    let row = contest.measure(&program, None, progress)?;
    let mut rows = Vec::new();
    for (index, (candidate, entry)) in std::iter::zip(&candidates, &row.entries).enumerate() {
        progress.say(&format!("{}: {}, memory", program.name, candidate.name));
        let kib = if works(entry) { look(setting, candidate, index, directory)? } else { None };
        rows.push(Peak { name: candidate.name.clone(), kib });
    }
    let complaints = Race::of_one(candidates, 0, row).complaints();
    Ok(Peaks { rows, complaints })
}

fn works(entry: &Entry) -> bool {
    matches!(entry.outcome, Outcome::Times { .. })
}

fn look(setting: &Setting, candidate: &Candidate, index: usize, directory: &Path) -> Result<Option<f64>> {
    let made = executable(directory, index);
    let words = match candidate.command(&hello(), &made) {
        Ok(_) if candidate.compiles() => vec![made.into()],
        Ok(words) => words,
        Err(Unable(_)) => return Ok(None),
    };
    let looks = (0..LOOKS).map(|_| peak_kib(&words, None, setting.manner.timeout).map(|kib| kib as f64));
    Ok(median(&looks.collect::<std::io::Result<Vec<_>>>()?))
}
