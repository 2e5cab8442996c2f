//! What a program asks of an implementation: as a table, as messages about the places, and as JSON.
//!
//! # As JSON
//!
//! These members stay: `program`; `chosen` with `cells`, `eof` and `tape`; `end` (`ended`, `faulted` or `cut-off`) and `steps`
//! of the run under these; `conventions`, `habits`, and `needs`: the options as words, and `notes`.
//!
//! A convention has `option` (as words of a command line), `result` (`same`, `same-output` or `different`), and where it is not the same
//! `place`, `what` (`prints` or `branches`), `chosen` and `other` (the byte, or what is in the cell that a bracket looks at),
//! `end` (how it ends there), and `wraps` (whether a cell wraps around there; null if it was not watched to its end). A habit has
//! `name` (`wraps`, `reads-past-end`, `far-cells` or `moves-left`), `place` (null if it was not seen) and `what` (in words). A place
//! has `line`, `column`, `byte_start`, and `step`: how many commands are done before.

use serde_json::{Value, json};

use super::aligned;
use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::{DEFAULT_TAPE_CELLS, Dialect, Eof};
use crate::portability::{Convention, Findings, Finish, How, PORTABLE_CELLS, Parting, Place, Variant, Wrap};
use crate::source::Source;

/// A table of conventions and habits, and below it what the program needs.
#[must_use]
pub fn table(findings: &Findings, source: &Source) -> String {
    let chosen = options(&findings.dialect).join(" ");
    let end = finish_in_words(findings.finish, source);
    let mut text = format!("with {chosen} the program {end} after {} commands\n", findings.steps);
    let mut lines = vec![["convention", "place", "what happens there"].map(str::to_owned).to_vec()];
    let position =
        |place: Option<Place>| place.map_or("-".into(), |place| source.position(place.span.start).to_string());
    for variant in &findings.variants {
        let place = variant.parting.map(|parting| parting.place);
        let what = match variant.parting {
            None => "the same".into(),
            Some(parting) => parted(&parting, variant, findings, source),
        };
        lines.push(vec![option(variant.convention), position(place), what]);
    }
    for habit in habits(findings) {
        lines.push(vec![habit.convention.into(), position(habit.place), habit.what]);
    }
    text += &aligned(&lines, |_| true);
    let Needs { options, notes } = needs(findings);
    let options = options.join(" ");
    text += &match (findings.finish, findings.remedy) {
        (_, Some(_)) => format!("to come to its end it needs {options}\n"),
        (Finish::Ended, None) if options.is_empty() => "it needs no options\n".into(),
        (_, None) if options.is_empty() => String::new(),
        (_, None) => format!("to do the same everywhere it needs {options}\n"),
    };
    for note in notes {
        text += &format!("note: {note}\n");
    }
    text
}

/// Messages about the places at which the program does something else, or what not every implementation allows.
#[must_use]
pub fn diagnostics(findings: &Findings, source: &Source) -> Vec<Diagnostic> {
    let warning = |code, message: String, place: Place, label: String| Diagnostic {
        severity: Severity::Warning,
        code,
        message,
        span: Some(place.span),
        label,
        help: None,
    };
    let variants = findings.variants.iter().filter_map(|variant| {
        let parting = variant.parting.filter(|_| variant.is_seen())?;
        let code = match variant.convention {
            Convention::Eof(_) => "portability-eof",
            Convention::Cells(_) => "portability-cells",
        };
        let message = format!("with {} the program does something else", option(variant.convention));
        Some(warning(code, message, parting.place, parted(&parting, variant, findings, source)))
    });
    let habits = habits(findings).into_iter().filter_map(|habit| {
        let message = format!("the program {}", habit.what);
        Some(warning(habit.code, message, habit.place?, "here for the first time".into()))
    });
    variants.chain(habits).collect()
}

/// Something that not every implementation allows.
struct Habit {
    name: &'static str,
    code: &'static str,
    /// What it is without.
    convention: &'static str,
    place: Option<Place>,
    what: String,
}

fn habits(findings: &Findings) -> [Habit; 4] {
    let wrap = match findings.wrap {
        None => "does not wrap around".into(),
        Some((Wrap::BelowZero, _)) => "wraps a cell below 0".into(),
        Some((Wrap::AboveMaximum, _)) => format!("wraps a cell above {}", findings.dialect.width.mask()),
    };
    let far = match findings.far {
        None => format!("goes to cell {} at most", findings.last_cell),
        Some((cell, _)) => format!("goes to cell {cell}, and to {} at most", findings.last_cell.max(cell)),
    };
    let past_end =
        if findings.past_end.is_some() { "reads past the end of its input" } else { "does not read past it" };
    let left = if findings.left.is_some() { "moves to the left of cell 0" } else { "does not go there" };
    [
        Habit {
            name: "wraps",
            code: "portability-wrap",
            convention: "no wrap-around",
            place: findings.wrap.map(|(_, place)| place),
            what: wrap,
        },
        Habit {
            name: "reads-past-end",
            code: "portability-end-of-input",
            convention: "end of input",
            place: findings.past_end,
            what: past_end.into(),
        },
        Habit {
            name: "far-cells",
            code: "portability-tape",
            convention: "30,000 cells",
            place: findings.far.map(|(_, place)| place),
            what: far,
        },
        Habit {
            name: "moves-left",
            code: "portability-left",
            convention: "left of cell 0",
            place: findings.left,
            what: left.into(),
        },
    ]
}

// The table says so.
const _: () = assert!(PORTABLE_CELLS == 30_000);

fn parted(parting: &Parting, variant: &Variant, findings: &Findings, source: &Source) -> String {
    let chosen_option = match variant.convention {
        Convention::Eof(_) => option(Convention::Eof(findings.dialect.eof)),
        Convention::Cells(_) => option(Convention::Cells(findings.dialect.width)),
    };
    let what = match parting.how {
        How::Prints { chosen, other } => format!("prints {other}, with {chosen_option} {chosen}"),
        How::Branches { chosen, other } => format!("the cell is {other}, with {chosen_option} it is {chosen}"),
    };
    if variant.prints_same {
        return format!("{what}; the output is the same");
    }
    match variant.finish {
        None | Some(Finish::Ended) if findings.finish == Finish::Ended => what,
        None => what,
        Some(Finish::CutOff) => format!("{what}; it is not seen to end then"),
        Some(finish) => format!("{what}; it {} then", finish_in_words(finish, source)),
    }
}

fn finish_in_words(finish: Finish, source: &Source) -> String {
    match finish {
        Finish::Ended => "ends".into(),
        Finish::CutOff => "has not ended".into(),
        Finish::Faulted { cell, place } => {
            format!("accesses cell {cell}, off the tape, at {}", source.position(place.span.start))
        }
    }
}

/// The option for a convention.
fn option(convention: Convention) -> String {
    match convention {
        Convention::Eof(Eof::Same) => "--eof same".into(),
        Convention::Eof(Eof::Zero) => "--eof 0".into(),
        Convention::Eof(Eof::MinusOne) => "--eof -1".into(),
        Convention::Cells(width) => format!("--cells {}", width.bits()),
    }
}

fn options(dialect: &Dialect) -> [String; 2] {
    [option(Convention::Cells(dialect.width)), option(Convention::Eof(dialect.eof))]
}

/// What the program needs.
struct Needs {
    options: Vec<String>,
    notes: Vec<String>,
}

/// The options for what the run depends on; where it does not come to its end, those with which it does.
fn needs(findings: &Findings) -> Needs {
    let (mut wanted, mut notes) = (Vec::new(), Vec::new());
    let [cells, eof] = options(&findings.remedy.unwrap_or(findings.dialect));
    let is_changed =
        |of: fn(&Dialect) -> String| findings.remedy.is_some_and(|remedy| of(&remedy) != of(&findings.dialect));
    if findings.depends_on_width() || is_changed(|dialect| dialect.width.bits().to_string()) {
        wanted.push(cells);
    }
    if findings.depends_on_eof() || is_changed(|dialect| format!("{:?}", dialect.eof)) {
        wanted.push(eof);
    }
    let last_cell = match findings.ample {
        Some((Finish::Ended, first, last)) => {
            if first < 0 {
                notes.push(format!(
                    "it comes to its end on a tape that begins at cell {first}, which bfllvm does not offer"
                ));
            }
            last.max(findings.last_cell)
        }
        Some((Finish::Faulted { .. } | Finish::CutOff, ..)) => {
            notes.push("it does not come to its end on a longer tape either".into());
            findings.last_cell
        }
        None => findings.last_cell,
    };
    if last_cell >= PORTABLE_CELLS {
        wanted.push(format!("--tape {}", last_cell + 1));
        if last_cell < DEFAULT_TAPE_CELLS as i64 {
            notes.push(format!("the tape is {DEFAULT_TAPE_CELLS} cells long if nothing is said"));
        }
    }
    let does_not_wrap = |variant: &&Variant| {
        matches!(variant.convention, Convention::Cells(width) if width.mask() > findings.dialect.width.mask())
            && (variant.finish, variant.wraps) == (Some(Finish::Ended), Some(false))
    };
    if findings.wrap.is_some()
        && let Some(variant) = findings.variants.iter().find(does_not_wrap)
    {
        let option = option(variant.convention);
        notes.push(format!("with {option} it ends and no cell wraps around: it may be written for that"));
    }
    if findings.finish == Finish::CutOff && findings.remedy.is_none() {
        notes.push(format!("it was followed for {} commands; --max-steps says how far", findings.steps));
    }
    Needs { options: wanted, notes }
}

/// All of it as one JSON object.
#[must_use]
pub fn json(findings: &Findings, source: &Source) -> String {
    let dialect = &findings.dialect;
    let Needs { options, notes } = needs(findings);
    let conventions: Vec<_> = findings.variants.iter().map(|variant| variant_json(variant, source)).collect();
    let habits: Vec<_> = habits(findings)
        .into_iter()
        .map(|habit| {
            let place = habit.place.map(|place| place_json(place, source));
            json!({ "name": habit.name, "place": place, "what": habit.what })
        })
        .collect();
    let eof = option(Convention::Eof(dialect.eof));
    let all = json!({
        "program": source.name(),
        "chosen": {
            "cells": dialect.width.bits(),
            "eof": eof.trim_start_matches("--eof "),
            "tape": dialect.tape_cells(),
        },
        "end": end(findings.finish),
        "steps": findings.steps,
        "conventions": conventions,
        "habits": habits,
        "needs": options,
        "notes": notes,
    });
    format!("{all:#}\n")
}

fn variant_json(variant: &Variant, source: &Source) -> Value {
    let mut object = json!({ "option": option(variant.convention), "result": "same" });
    if let Some(Parting { place, how }) = variant.parting {
        let (what, chosen, other) = match how {
            How::Prints { chosen, other } => ("prints", chosen.into(), other.into()),
            How::Branches { chosen, other } => ("branches", chosen, other),
        };
        object["result"] = json!(if variant.is_seen() { "different" } else { "same-output" });
        object["place"] = place_json(place, source);
        object["what"] = json!(what);
        object["chosen"] = json!(chosen);
        object["other"] = json!(other);
        object["end"] = json!(variant.finish.map(end));
        object["wraps"] = json!(variant.wraps);
    }
    object
}

fn end(finish: Finish) -> &'static str {
    match finish {
        Finish::Ended => "ended",
        Finish::Faulted { .. } => "faulted",
        Finish::CutOff => "cut-off",
    }
}

fn place_json(place: Place, source: &Source) -> Value {
    let position = source.position(place.span.start);
    json!({
        "line": position.line,
        "column": position.column,
        "byte_start": place.span.start,
        "step": place.steps,
    })
}
