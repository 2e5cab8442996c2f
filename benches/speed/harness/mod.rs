//! The benchmark harness: finds out how fast something is, and how fast it is elsewhere.
//!
//! * [`corpus`] finds programs, their inputs, and what is unusual about them; [`candidate`] makes commands of them, ours and
//!   those of peers. Nothing is fetched: a peer is a command that is there.
//! * [`process`] runs a command against the clock, [`peak`] watches its memory.
//! * [`contest`] lets candidates take turns on a program, and compares outputs before any time counts.
//! * [`race`], [`memory`] and [`front_end`] are the sections, each with figures of its own; [`statistics`] is what is made of
//!   several measurements.
//! * [`report`] lays figures out as Markdown, JSON, and a chart. It measures nothing.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser as _, ValueEnum as _};

pub mod arguments;
pub mod candidate;
pub mod contest;
pub mod corpus;
pub mod front_end;
mod generated;
pub mod machine;
pub mod memory;
pub mod peak;
pub mod process;
pub mod progress;
pub mod race;
pub mod report;
pub mod statistics;

use arguments::{Arguments, Section};
use candidate::Candidate;
use machine::Machine;
use process::Manner;
use progress::Progress;
use race::Setting;
use report::{Figures, Report, json, markdown, svg};

/// How a measurement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All that was measured was right.
    Right,
    /// Something printed what it should not, or failed.
    Wrong,
}

pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    process::end_on_signals();
    match run(&arguments, &mut std::io::stdout()) {
        Ok(Verdict::Right) => ExitCode::SUCCESS,
        Ok(Verdict::Wrong) => ExitCode::from(1),
        Err(_) if process::ensure_wanted().is_err() => ExitCode::from(130),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Measures what the arguments name, and writes the tables section by section. What should not be is said on standard error
/// as well.
///
/// # Errors
/// Something cannot be measured at all, or not be written.
pub fn run(arguments: &Arguments, tables: &mut dyn Write) -> Result<Verdict> {
    // Cargo's, if the environment names no other.
    let binary = std::env::var_os("BFLLVM_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_bfllvm").into());
    let ours = Candidate::ours(&arguments.ours, Path::new(&binary))?;
    let peers = Candidate::peers(&arguments.peers)?;
    let first_peer = peers.first().map(|_| ours.len());
    let candidates = [ours, peers].concat();
    candidate::ensure_distinct(&candidates)?;
    ensure!(!candidates.is_empty(), "there is nothing to measure");
    let base = match &arguments.base {
        None => first_peer.unwrap_or(0),
        Some(name) => {
            let found = candidates.iter().position(|candidate| candidate.name == *name);
            found.with_context(|| format!("the base `{name}` is none of those that are measured"))?
        }
    };
    let processors = (!arguments.cpus.is_empty()).then(|| arguments.cpus.clone());
    let manner = Manner { timeout: arguments.timeout, processors };
    let directory = tempfile::tempdir().context("cannot make a directory for what is built")?;
    let setting = Setting { arguments, candidates: &candidates, base, manner: &manner, directory: directory.path() };
    let mut report = Report {
        machine: Machine::look(),
        commands: candidates.iter().map(|candidate| (candidate.name.clone(), candidate.text())).collect(),
        manner: manner.clone(),
        sections: Vec::new(),
    };
    write(tables, &markdown::header(&report))?;
    let mut complaints = Vec::new();
    for section in sections(arguments) {
        let figures = measure(section, &setting)?;
        write(tables, &markdown::section(&figures))?;
        for warning in figures.programs().map(|race| &race.warnings).into_iter().flatten() {
            eprintln!("warning: {warning}");
        }
        for complaint in figures.complaints() {
            eprintln!("error: {complaint}");
            complaints.push(complaint);
        }
        report.sections.push(figures);
    }
    if let Some(path) = &arguments.json {
        let text = json::json(&report);
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &arguments.svg {
        let races = report.sections.iter().find_map(Figures::programs);
        let race = races.context("the chart is one of programs: --svg needs that section")?;
        let text = svg::chart(race, &report.machine);
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(if complaints.is_empty() { Verdict::Right } else { Verdict::Wrong })
}

/// Those that are wanted, in the order in which they are declared.
fn sections(arguments: &Arguments) -> Vec<Section> {
    let all = Section::value_variants().iter().copied();
    all.filter(|section| arguments.only.is_empty() || arguments.only.contains(section)).collect()
}

fn measure(section: Section, setting: &Setting) -> Result<Figures> {
    let mut progress = Progress::new();
    Ok(match section {
        Section::Programs => Figures::Programs(race::programs(setting, &mut progress)?),
        Section::Startup => Figures::Startup(race::startup(setting, &mut progress)?),
        Section::Memory => Figures::Memory(memory::memory(setting, &mut progress)?),
        Section::Copy => {
            Figures::Copy { bytes: setting.arguments.copy_bytes, race: race::copy(setting, &mut progress)? }
        }
        Section::Frontend => {
            Figures::FrontEnd(front_end::front_end(setting.arguments.source_bytes as usize, &mut progress)?)
        }
    })
}

fn write(tables: &mut dyn Write, text: &str) -> Result<()> {
    tables.write_all(text.as_bytes()).and_then(|()| tables.flush()).context("cannot write the tables")
}
