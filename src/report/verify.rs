//! What `verify` found out: as a table, as messages about what is wrong, and as JSON.
//!
//! # As JSON
//!
//! `{"program": NAME, "result": RESULT, "reference": {...}, "candidates": [...]}`; these members stay. The result is `same`,
//! `wrong` if a candidate is, or else `incomplete` if one fell behind or was not compared. The reference has `end` (`ended`, `faulted` or
//! `cut-off`), `cell` (at fault, or null), `cut` (`endless`, `time`, `steps`, `output`, `memory`, or null), `steps` and `bytes`.
//!
//! A candidate has `engine`, `levels` (those to which it is the same), `start` (`ahead` if the passes are those of code that runs
//! later, as `build` makes it, or `at-once` for those of code that runs as soon as it is there), `result` (`same`, `so-far` for all that the
//! reference did before it was cut off, `behind` for less than that, `different`, `broken` or `not-compared`), `end`, `cell` and `bytes` of its run (null without one), `compared` (how many bytes of output are the
//! same, where that is not all), and `why` (in words, where it is broken or not compared). One that is
//! different has a `difference`: `byte` (its offset), `expected` and `got` (its value, or null at the end of an output),
//! `expected_end`, and `place`: `line`, `column` and `byte_start` of the command in the source, and the `step` of the
//! reference's run, or null. One that is wrong has a `culprit` with `kind` `stage`, `llvm-pass`, `engine` or `unknown`, and
//! `name`, `number` and `of` for the first two, `without_llvm_passes` (true, or null if that is unknown) for the third,
//! and `why` for the last.

use serde_json::{Value, json};

use super::aligned;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Source;
use crate::verify::base::{Base, Cut, Place};
use crate::verify::blame::{Culprit, Llvm};
use crate::verify::judge::Difference;
use crate::verify::{Candidate, Finish, Problem, Row, Verdict};

/// What all rows come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Result {
    Same,
    /// Nothing is wrong, but not everything was compared.
    Incomplete,
    Wrong,
}

impl Result {
    #[must_use]
    pub fn of(rows: &[Row]) -> Result {
        let any = |is: fn(&Verdict) -> bool| rows.iter().any(|row| is(&row.verdict));
        if any(|verdict| matches!(verdict, Verdict::Wrong { .. })) {
            Result::Wrong
        } else if any(|verdict| matches!(verdict, Verdict::NotCompared(_) | Verdict::Behind { .. })) {
            Result::Incomplete
        } else {
            Result::Same
        }
    }

    fn name(self) -> &'static str {
        match self {
            Result::Same => "same",
            Result::Incomplete => "incomplete",
            Result::Wrong => "wrong",
        }
    }
}

/// A line about the reference, and a table of the candidates.
#[must_use]
pub fn table(base: &Base<'_>, rows: &[Row]) -> String {
    let cut = match base.cut {
        None => "",
        Some(Cut::Endless) => ", since it never ends: its state came back,",
        Some(Cut::Time) => ", at its limit of time",
        Some(Cut::Steps) => ", at its limit of steps",
        Some(Cut::Output) => ", at the limit of output",
        Some(Cut::Memory) => ", for want of memory",
    };
    let reference = format!(
        "the reference {}{cut} after {} steps, with {} bytes of output\n",
        past(base.run.finish),
        base.steps,
        base.run.output.len()
    );
    let mut lines = vec![["engine".to_owned(), "start".into(), "levels".into(), "result".into()].to_vec()];
    for row in rows {
        let result = match &row.verdict {
            Verdict::Same => "same".into(),
            Verdict::SoFar { bytes } => format!("same so far: {bytes} bytes of output"),
            Verdict::Behind { bytes } => {
                format!("cut off after {bytes} bytes of output, the same so far; try a longer --timeout")
            }
            Verdict::Wrong { problem: Problem::Different(difference, _), .. } => {
                format!("DIFFERENT at byte {}", difference.byte)
            }
            Verdict::Wrong { problem: Problem::Broken(why), .. } => format!("BROKEN: {why}"),
            Verdict::NotCompared(why) => format!("not compared: {why}"),
        };
        lines.push(vec![
            row.candidate.engine.name().into(),
            row.candidate.start.name().into(),
            levels(&row.candidate),
            result,
        ]);
    }
    reference + &aligned(&lines, |_| true)
}

fn levels(candidate: &Candidate) -> String {
    candidate.levels.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn past(finish: Finish) -> String {
    match finish {
        Finish::Ended => "ended".into(),
        Finish::Faulted { cell } => format!("faulted at cell {cell}"),
        Finish::CutOff => "was cut off".into(),
    }
}

fn present(finish: Finish) -> String {
    match finish {
        Finish::Ended => "ends".into(),
        Finish::Faulted { cell } => format!("has a tape fault at cell {cell}"),
        Finish::CutOff => "goes on".into(),
    }
}

/// A message for each thing that is wrong; candidates for which it is the same share one.
#[must_use]
pub fn diagnostics(rows: &[Row]) -> Vec<Diagnostic> {
    let mut found: Vec<(&Problem, &Culprit, Vec<&Candidate>)> = Vec::new();
    for row in rows {
        let Verdict::Wrong { problem, culprit } = &row.verdict else { continue };
        match found.iter_mut().find(|(other, blamed, _)| (*other, *blamed) == (problem, culprit)) {
            Some((.., candidates)) => candidates.push(&row.candidate),
            None => found.push((problem, culprit, vec![&row.candidate])),
        }
    }
    found.into_iter().map(|(problem, culprit, candidates)| diagnostic(problem, culprit, &candidates)).collect()
}

fn diagnostic(problem: &Problem, culprit: &Culprit, candidates: &[&Candidate]) -> Diagnostic {
    let by_engine = candidates.chunk_by(|a, b| a.engine == b.engine).map(|of| {
        let mut levels: Vec<_> = of.iter().map(|candidate| levels(candidate)).collect();
        // The reference may be wrong with the passes of both starts.
        levels.dedup();
        format!("{} {}", of[0].engine.name(), levels.join(" "))
    });
    let names: Vec<_> = by_engine.collect();
    let (what, place) = match problem {
        Problem::Different(difference, place) => (in_words(difference), *place),
        Problem::Broken(why) => (format!("died: {why}"), None),
    };
    let label = match problem {
        Problem::Different(Difference { byte, expected: Some(_), .. }, _) => format!("prints byte {byte}"),
        Problem::Different(..) | Problem::Broken(_) => "has the tape fault".into(),
    };
    Diagnostic {
        severity: Severity::Error,
        code: "wrong",
        message: format!("{}: {what}", names.join(", ")),
        span: place.map(|place| place.span),
        label: place.map_or(String::new(), |place| format!("{label}, after {} steps", place.steps)),
        help: Some(format!("{}; this is a bug in bfllvm, please report it", blame(culprit))),
    }
}

fn in_words(difference: &Difference) -> String {
    let Difference { byte, expected, got, finishes: (reference, run) } = *difference;
    match (expected, got) {
        (Some(expected), Some(got)) => {
            format!("byte {byte} of the output is {}; it should be {}", character(got), character(expected))
        }
        (Some(expected), None) => {
            format!("the program {} after {byte} bytes of output; {} should follow", present(run), character(expected))
        }
        (None, Some(got)) => format!(
            "after {byte} bytes of output the program prints {}, where it {}",
            character(got),
            match reference {
                Finish::Ended => "should end".into(),
                Finish::Faulted { .. } | Finish::CutOff => present(reference),
            }
        ),
        (None, None) => format!(
            "the program {} after {byte} bytes of output, where in the reference it {}",
            present(run),
            present(reference)
        ),
    }
}

/// A byte as a number, and as a character if it is one that can be seen.
fn character(byte: u8) -> String {
    if byte.is_ascii_graphic() && byte != b'`' { format!("{byte} `{}`", char::from(byte)) } else { byte.to_string() }
}

fn blame(culprit: &Culprit) -> String {
    match culprit {
        Culprit::Stage { name, number, of } => format!("what makes it wrong is {name}, step {number} of {of}"),
        Culprit::Engine { engine, llvm } => {
            let engine = engine.name();
            match llvm {
                Llvm::Unknown => format!("all passes are innocent: it is the code of the engine {engine}"),
                Llvm::Innocent => format!(
                    "all passes are innocent, and LLVM's too: it is what the engine {engine} hands to LLVM, or how it runs it"
                ),
                Llvm::Pass { name, number, of } => format!(
                    "all passes of ours are innocent: what makes it wrong in the engine {engine} is LLVM's {name}, number {number} of {of}"
                ),
            }
        }
        Culprit::Unknown(why) => format!("the step that makes it wrong was not found: {why}"),
    }
}

/// All of it as one JSON object.
#[must_use]
pub fn json(base: &Base<'_>, rows: &[Row], source: &Source) -> String {
    let candidates: Vec<_> = rows.iter().map(|row| candidate(row, source)).collect();
    let cut = base.cut.map(|cut| match cut {
        Cut::Endless => "endless",
        Cut::Time => "time",
        Cut::Steps => "steps",
        Cut::Output => "output",
        Cut::Memory => "memory",
    });
    let (end, cell) = end(base.run.finish);
    let bytes = base.run.output.len();
    let reference = json!({ "end": end, "cell": cell, "cut": cut, "steps": base.steps, "bytes": bytes });
    let result = Result::of(rows).name();
    let all = json!({ "program": source.name(), "result": result, "reference": reference, "candidates": candidates });
    format!("{all:#}\n")
}

fn end(finish: Finish) -> (&'static str, Option<i64>) {
    match finish {
        Finish::Ended => ("ended", None),
        Finish::Faulted { cell } => ("faulted", Some(cell)),
        Finish::CutOff => ("cut-off", None),
    }
}

fn candidate(row: &Row, source: &Source) -> Value {
    let levels: Vec<_> = row.candidate.levels.iter().map(ToString::to_string).collect();
    let (run_end, cell) = row.ran.map_or((None, None), |(finish, _)| {
        let (end, cell) = end(finish);
        (Some(end), cell)
    });
    let mut object = json!({
        "engine": row.candidate.engine.name(),
        "levels": levels,
        "start": row.candidate.start.name(),
        "end": run_end,
        "cell": cell,
        "bytes": row.ran.map(|(_, bytes)| bytes),
    });
    object["result"] = match &row.verdict {
        Verdict::Same => "same",
        Verdict::SoFar { bytes } => {
            object["compared"] = json!(bytes);
            "so-far"
        }
        Verdict::Behind { bytes } => {
            object["compared"] = json!(bytes);
            "behind"
        }
        Verdict::Wrong { problem, culprit } => {
            object["culprit"] = culprit_json(culprit);
            match problem {
                Problem::Different(difference, place) => {
                    object["compared"] = json!(difference.byte);
                    object["difference"] = difference_json(difference, *place, source);
                    "different"
                }
                Problem::Broken(why) => {
                    object["why"] = json!(why);
                    "broken"
                }
            }
        }
        Verdict::NotCompared(why) => {
            object["why"] = json!(why);
            "not-compared"
        }
    }
    .into();
    object
}

fn difference_json(difference: &Difference, place: Option<Place>, source: &Source) -> Value {
    let place = place.map(|Place { span, steps }| {
        let position = source.position(span.start);
        json!({ "line": position.line, "column": position.column, "byte_start": span.start, "step": steps })
    });
    let Difference { byte, expected, got, finishes } = difference;
    json!({ "byte": byte, "expected": expected, "got": got, "expected_end": end(finishes.0).0, "place": place })
}

fn culprit_json(culprit: &Culprit) -> Value {
    match culprit {
        Culprit::Stage { name, number, of } => json!({ "kind": "stage", "name": name, "number": number, "of": of }),
        Culprit::Engine { llvm: Llvm::Pass { name, number, of }, .. } => {
            json!({ "kind": "llvm-pass", "name": name, "number": number, "of": of })
        }
        Culprit::Engine { llvm: Llvm::Innocent, .. } => json!({ "kind": "engine", "without_llvm_passes": true }),
        Culprit::Engine { llvm: Llvm::Unknown, .. } => json!({ "kind": "engine", "without_llvm_passes": null }),
        Culprit::Unknown(why) => json!({ "kind": "unknown", "why": why }),
    }
}
