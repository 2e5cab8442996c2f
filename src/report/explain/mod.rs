//! A program on one page: its source, our IR at each stage, LLVM's IR and the assembly side by side, linked by their places in the
//! source.
//!
//! This file puts the data together; `page/` has the page, which needs nothing else, neither network nor files. Everything
//! is tied to spans of the source: an operation has one, and so have, through it, LLVM's instructions. The
//! page lights up what belongs together, paints the source with the heat of its loops, and goes through the stages.
//!
//! # The data
//!
//! One JSON object in the page's `<script id="data">`: `program` (its name), `options` (of the command line), `source` (its
//! bytes, each a character), `stages` ([`Stages::json`]), `lowered`, `optimized` and `assembly` ([`Listing::json`]),
//! `remarks` (a list of `[start, length, pass or null, message]`) and `profile`: null, or an object with `end` (how the run
//! ended), `input` (where its input came from), `sampled_us`, `samples` and `loops`, a list of
//! `[start, length, form, entries, iterations, self µs, total µs]`, null for what is not known of folded loops.

mod diff;
mod lines;
pub mod listing;
pub mod stages;

use serde_json::{Value, json};

use super::profile::Profile;
use super::remarks::Remark;
use crate::source::{Source, Span};

use listing::Listing;
use stages::Stages;

/// What there is to say about a program.
#[derive(Clone, Debug)]
pub struct Explanation<'a> {
    pub source: &'a Source,
    /// The options by which it was compiled.
    pub options: String,
    pub stages: &'a Stages,
    /// LLVM's IR before LLVM's passes, and after.
    pub lowered: &'a Listing,
    pub optimized: &'a Listing,
    pub assembly: &'a Listing,
    pub remarks: &'a [Remark],
    pub run: Option<Run<'a>>,
}

/// What was seen in a run.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    pub profile: &'a Profile,
    /// How it ended.
    pub end: String,
    /// Where its input came from.
    pub input: String,
}

/// The parts of the page, and what they stand in the place of.
const PARTS: [(&str, &str); 2] = [
    ("/* style */", include_str!("page/style.css")),
    (
        "/* script */",
        concat!(
            include_str!("page/data.js"),
            include_str!("page/colour.js"),
            include_str!("page/list.js"),
            include_str!("page/panes.js"),
            include_str!("page/heat.js"),
            include_str!("page/stages.js"),
            include_str!("page/main.js")
        ),
    ),
];

const PAGE: &str = include_str!("page/page.html");
const TITLE: &str = "<!-- title -->";
const DATA: &str = "/* data */";

impl Explanation<'_> {
    /// The page, in HTML.
    #[must_use]
    pub fn page(&self) -> String {
        let page = PARTS.iter().fold(PAGE.to_owned(), |page, (mark, part)| page.replacen(mark, part, 1));
        let title = self.source.name().replace('&', "&amp;").replace('<', "&lt;");
        // The text of a script ends at a tag, and may not begin a comment.
        let page = page.replacen(DATA, &self.json().to_string().replace('<', "\\u003c"), 1);
        page.replacen(TITLE, &title, 1)
    }

    /// The data of the page: see above.
    #[must_use]
    pub fn json(&self) -> Value {
        let source: String = self.source.bytes().iter().map(|&byte| char::from(byte)).collect();
        let remarks: Vec<_> = self.remarks.iter().map(remark).collect();
        json!({
            "program": self.source.name(),
            "options": self.options,
            "source": source,
            "stages": self.stages.json(),
            "lowered": self.lowered.json(),
            "optimized": self.optimized.json(),
            "assembly": self.assembly.json(),
            "remarks": remarks,
            "profile": self.run.as_ref().map(run),
        })
    }
}

fn remark(remark: &Remark) -> Value {
    let Span { start, end } = remark.span;
    json!([start, end - start, remark.pass, remark.what.to_string()])
}

fn run(run: &Run<'_>) -> Value {
    let loops = run.profile.rows.iter().map(|row| {
        let Span { start, end } = row.span;
        let figures = row.figures.as_ref();
        json!([
            start,
            end - start,
            row.form.name(),
            figures.map(|figures| figures.entries),
            figures.map(|figures| figures.iterations),
            figures.map(|figures| figures.self_time.as_micros() as u64),
            figures.map(|figures| figures.total_time.as_micros() as u64),
        ])
    });
    json!({
        "end": run.end,
        "input": run.input,
        "sampled_us": run.profile.sampled().as_micros() as u64,
        "samples": run.profile.samples,
        "loops": loops.collect::<Vec<_>>(),
    })
}
