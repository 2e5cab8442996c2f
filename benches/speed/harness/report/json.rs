//! All figures as JSON.
//!
//! `{"machine": {...}, "candidates": [{"name", "command"}], "timeout_s", "cpus", SECTION...}`, with a member for each section
//! that was measured: `programs`, `startup`, `copy` (`{"base", "rows", "geometric_means", "skipped"}`), `memory` and
//! `frontend` (rows). A row of times has an object for each candidate, by its name, with `outcome`: `timed`, `different`,
//! `failed`, `timeout`, `flood` or `unable`. Times are in milliseconds; what is not known is null.

use serde_json::{Map, Value, json};

use super::super::contest::{Entry, Outcome, Row, mean_ratio};
use super::super::front_end::Throughput;
use super::super::memory::Peaks;
use super::super::process::End;
use super::super::race::Race;
use super::{Figures, Report};

#[must_use]
pub fn json(report: &Report) -> String {
    let machine = &report.machine;
    let candidates = report.commands.iter().map(|(name, command)| json!({"name": name, "command": command}));
    let mut value = json!({
        "machine": {
            "date": machine.date,
            "commit": machine.commit,
            "processor": machine.processor,
            "processors": machine.processors,
            "system": machine.system,
            "llvm": machine.llvm,
        },
        "candidates": candidates.collect::<Vec<_>>(),
        "timeout_s": report.manner.timeout.as_secs_f64(),
        "cpus": report.manner.processors,
    });
    for figures in &report.sections {
        let (name, section) = match figures {
            Figures::Programs(race) => ("programs", times(race)),
            Figures::Startup(race) => ("startup", times(race)),
            Figures::Memory(peaks) => ("memory", memory(peaks)),
            Figures::Copy { bytes, race } => {
                let mut section = times(race);
                section["bytes"] = json!(bytes);
                ("copy", section)
            }
            Figures::FrontEnd(rows) => ("frontend", front_end(rows)),
        };
        value[name] = section;
    }
    format!("{value:#}\n")
}

fn times(race: &Race) -> Value {
    let name = |index: usize| race.candidates[index].name.clone();
    let means = (0..race.candidates.len()).filter(|&index| index != race.base).map(|index| {
        let mean = mean_ratio(&race.rows, index, race.base);
        (name(index), json!(mean.map(|(ratio, count)| json!({"ratio": ratio, "programs": count}))))
    });
    let means: Map<_, _> = means.collect();
    let rows: Vec<_> = race.rows.iter().map(|row| self::row(race, row)).collect();
    json!({"base": name(race.base), "rows": rows, "geometric_means": means, "skipped": race.skipped})
}

fn row(race: &Race, row: &Row) -> Value {
    let mut value = json!({"program": row.program, "reference": row.reference, "candidates": {}});
    for (index, (candidate, entry)) in std::iter::zip(&race.candidates, &row.entries).enumerate() {
        let mut object = self::entry(entry);
        object["ratio"] = json!(row.ratio(index, race.base));
        value["candidates"][&candidate.name] = object;
    }
    value
}

fn entry(entry: &Entry) -> Value {
    let (outcome, why, byte) = match &entry.outcome {
        Outcome::Times { .. } => ("timed", None, None),
        Outcome::Different { byte, .. } => ("different", None, Some(byte)),
        Outcome::Failed(why) => ("failed", Some(why), None),
        Outcome::Unfinished(End::Timeout) => ("timeout", None, None),
        Outcome::Unfinished(_) => ("flood", None, None),
        Outcome::Unable(why) => ("unable", Some(why), None),
    };
    json!({
        "outcome": outcome,
        "why": why,
        "different_at": byte,
        "compile_ms": entry.compile_ms,
        "median_ms": entry.median_ms(),
        "minimum_ms": entry.minimum_ms(),
        "spread": entry.spread(),
        "runs_ms": entry.runs_ms(),
    })
}

fn memory(peaks: &Peaks) -> Value {
    peaks.rows.iter().map(|peak| json!({"candidate": peak.name, "peak_kib": peak.kib})).collect()
}

fn front_end(rows: &[Throughput]) -> Value {
    let rows = rows.iter().map(|row| {
        let sizes = row.sizes.iter().map(|size| {
            json!({"bytes": size.bytes, "seconds": size.seconds, "megabytes_a_second": size.megabytes_a_second()})
        });
        json!({"source": row.name, "sizes": sizes.collect::<Vec<_>>(), "growth": row.growth()})
    });
    rows.collect()
}
