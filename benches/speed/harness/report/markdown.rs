//! Tables in Markdown.

use super::super::candidate::{Candidate, Role};
use super::super::contest::{Entry, Outcome, mean_ratio};
use super::super::front_end::Throughput;
use super::super::memory::Peaks;
use super::super::race::Race;
use super::super::statistics::median;
use super::{Figures, Report};

/// What stands where there is no figure.
const NONE: &str = "-";

/// When and where, and what the candidates are.
#[must_use]
pub fn header(report: &Report) -> String {
    let machine = &report.machine;
    let processors = match &report.manner.processors {
        None => format!("{} of them", machine.processors),
        Some(used) => format!("{} of them, programs on {}", machine.processors, list(used)),
    };
    let mut text = format!(
        "Measured {} at {} on {} ({processors}), {}, LLVM {}; each run at most {} s.\n\n",
        machine.date,
        machine.commit,
        machine.processor,
        machine.system,
        machine.llvm,
        report.manner.timeout.as_secs_f64()
    );
    for (name, command) in &report.commands {
        text += &format!("* {}: `{command}`\n", escaped(name));
    }
    text
}

fn list(numbers: &[usize]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[must_use]
pub fn section(figures: &Figures) -> String {
    let (title, text) = match figures {
        Figures::Programs(race) => ("Programs", programs(race)),
        Figures::Startup(race) => ("Start-up", startup(race)),
        Figures::Memory(peaks) => ("Memory", memory(peaks)),
        Figures::Copy { bytes, race } => ("Copying", copying(*bytes, race)),
        Figures::FrontEnd(rows) => ("Front end", front_end(rows)),
    };
    let mut complaints = String::new();
    for complaint in figures.complaints() {
        complaints += &format!("* **WRONG**: {}\n", escaped(&complaint));
    }
    let complaints = if complaints.is_empty() { complaints } else { format!("\n{complaints}") };
    format!("\n## {title}\n\n{text}{complaints}")
}

fn programs(race: &Race) -> String {
    let others: Vec<_> = (0..race.candidates.len()).filter(|&index| index != race.base).collect();
    let base = &race.candidates[race.base].name;
    let mut heads = vec!["program".to_owned()];
    heads.extend(race.candidates.iter().map(|candidate| format!("{}, ms", candidate.name)));
    heads.extend(others.iter().map(|&index| format!("{} / {base}", race.candidates[index].name)));
    let rows = race.rows.iter().map(|row| {
        let mut cells = vec![row.program.clone()];
        cells.extend(row.entries.iter().map(time));
        cells.extend(others.iter().map(|&index| row.ratio(index, race.base).map_or(NONE.into(), ratio)));
        cells
    });
    let mut rows: Vec<_> = rows.collect();
    if !others.is_empty() {
        let mut cells = vec!["geometric mean (programs)".to_owned()];
        cells.extend(race.candidates.iter().map(|_| String::new()));
        let mean = |&index: &usize| mean_ratio(&race.rows, index, race.base);
        let show = |(mean, count)| format!("{} ({count})", ratio(mean));
        cells.extend(others.iter().map(|index| mean(index).map_or(NONE.into(), show)));
        rows.push(cells);
    }
    format!(
        "Medians of {}, from start to end.\n\n{}\n{}{}",
        runs(race),
        table(&heads, &rows),
        details(race),
        notes(race)
    )
}

/// How many runs the medians are of.
fn runs(race: &Race) -> String {
    let counts = race.rows.iter().flat_map(|row| &row.entries).map(|entry| entry.runs_ms().len()).filter(|&it| it > 0);
    let (least, most) = counts.fold((usize::MAX, 0), |(least, most), count| (least.min(count), most.max(count)));
    match most {
        0 => "no runs".into(),
        _ if least == most => format!("{most} runs in turns"),
        _ => format!("{least} to {most} runs in turns"),
    }
}

/// The fastest run, the spread, and the time to compile.
fn details(race: &Race) -> String {
    let mut heads = vec!["program".to_owned()];
    for candidate in &race.candidates {
        heads.push(format!("{}, least ms", candidate.name));
        heads.push("spread".into());
        heads.extend(candidate.compiles().then(|| "compiling, ms".into()));
    }
    let rows = race.rows.iter().map(|row| {
        let mut cells = vec![row.program.clone()];
        for (candidate, entry) in std::iter::zip(&race.candidates, &row.entries) {
            cells.push(entry.minimum_ms().map_or(NONE.into(), significant));
            cells.push(percent(entry));
            cells.extend(candidate.compiles().then(|| entry.compile_ms.map_or(NONE.into(), significant)));
        }
        cells
    });
    let text = "Spread: the distance of the slowest run from the fastest, against the median.";
    format!("{}\n{text}\n", table(&heads, &rows.collect::<Vec<_>>()))
}

/// What was left out, and why.
fn notes(race: &Race) -> String {
    let mut notes = Vec::new();
    for row in &race.rows {
        for (candidate, entry) in std::iter::zip(&race.candidates, &row.entries) {
            if let Outcome::Unable(why) = &entry.outcome {
                notes.push(format!("* {}: {} {}\n", escaped(&row.program), escaped(&candidate.name), escaped(why)));
            }
        }
    }
    if !race.skipped.is_empty() {
        notes.push(format!("* left out by the list: {}\n", escaped(&race.skipped.join(", "))));
    }
    if notes.is_empty() { String::new() } else { format!("\n{}", notes.concat()) }
}

fn startup(race: &Race) -> String {
    let base = &race.candidates[race.base].name;
    let heads = ["hello", "median, ms", "least, ms", "spread", &format!("/ {base}")].map(str::to_owned);
    let mut rows = Vec::new();
    for row in &race.rows {
        for (index, (candidate, entry)) in std::iter::zip(&race.candidates, &row.entries).enumerate() {
            rows.push(vec![
                described(candidate),
                time(entry),
                entry.minimum_ms().map_or(NONE.into(), significant),
                percent(entry),
                row.ratio(index, race.base).map_or(NONE.into(), ratio),
            ]);
        }
    }
    format!(
        "From start to end, the mean of a batch counting once: medians of {}.\n\n{}",
        runs(race),
        table(&heads, &rows)
    )
}

fn memory(peaks: &Peaks) -> String {
    let heads = ["hello", "peak, MB"].map(str::to_owned);
    let rows = peaks.rows.iter().map(|peak| {
        let megabytes = peak.kib.map(|kib| significant(kib * 1024.0 / 1e6));
        vec![peak.name.clone(), megabytes.unwrap_or(NONE.into())]
    });
    format!("The most resident memory at once, shared files included.\n\n{}", table(&heads, &rows.collect::<Vec<_>>()))
}

fn copying(bytes: u64, race: &Race) -> String {
    let heads = ["`,[.,]`", "median, ms", "spread", "GB/s"].map(str::to_owned);
    let mut rows = Vec::new();
    for row in &race.rows {
        for (candidate, entry) in std::iter::zip(&race.candidates, &row.entries) {
            let speed = median(entry.runs_ms()).map(|ms| bytes as f64 / 1e6 / ms);
            let cells = [candidate.name.clone(), time(entry), percent(entry), speed.map_or(NONE.into(), significant)];
            rows.push(cells.to_vec());
        }
    }
    let table = table(&heads, &rows);
    format!("{:.1} MB from a file to nowhere, medians of {}.\n\n{table}{}", bytes as f64 / 1e6, runs(race), notes(race))
}

fn front_end(rows: &[Throughput]) -> String {
    let sizes = rows.first().map(|row| row.sizes.iter()).into_iter().flatten();
    let mut heads = vec!["source".to_owned()];
    heads.extend(sizes.map(|size| format!("{:.1} MB", size.bytes as f64 / 1e6)));
    heads.push("a byte's time, largest / smallest".into());
    let rows = rows.iter().map(|row| {
        let mut cells = vec![row.name.to_owned()];
        cells.extend(row.sizes.iter().map(|size| significant(size.megabytes_a_second())));
        cells.push(row.growth().map_or(NONE.into(), ratio));
        cells
    });
    let table = table(&heads, &rows.collect::<Vec<_>>());
    format!("Parsing, our passes at -O2 and dropping, in MB/s of processor time.\n\n{table}")
}

fn described(candidate: &Candidate) -> String {
    match candidate.role {
        Role::Empty => format!("{} (a Rust program that does nothing)", candidate.name),
        Role::Ours | Role::Peer => candidate.name.clone(),
    }
}

fn time(entry: &Entry) -> String {
    let median = entry.median_ms().map(significant);
    entry.no_time().or(median).unwrap_or(NONE.into())
}

fn percent(entry: &Entry) -> String {
    entry.spread().map_or(NONE.into(), |spread| format!("{:.0}%", spread * 100.0))
}

fn ratio(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.3}") } else { format!("{ratio:.2}") }
}

/// With three digits, or all of those before the point.
#[must_use]
pub fn significant(value: f64) -> String {
    match value {
        ..1.0 => format!("{value:.3}"),
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// The first column is of words, the others of numbers.
fn table(heads: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(heads);
    text += &format!("|---|{}\n", "---:|".repeat(heads.len() - 1));
    text.extend(rows.iter().map(|row| line(row)));
    text
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
