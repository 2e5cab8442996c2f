//! `explain`: the page, as a browser shows it.

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod large;
mod page;

use std::path::PathBuf;
use std::sync::Arc;

use browser::Browser;
use serde_json::Value;
use support::{PROGRAM, Workspace};

/// The window of most tests.
const SIZE: (u32, u32) = (1440, 900);

/// The page of a program, and the directory it is in.
fn explain(code: impl AsRef<[u8]>, args: &[&str]) -> (Arc<Workspace>, PathBuf) {
    let workspace = Workspace::with(code);
    let outcome = workspace.bfllvm([&["explain", "-w", "-o", "page.html", PROGRAM], args].concat()).run("");
    outcome.ends(0).prints("").says("");
    let page = workspace.path("page.html");
    (workspace, page)
}

impl Browser {
    /// The text of the rows in a pane that match a selector, as they are shown.
    fn texts(&mut self, pane: &str, selector: &str) -> Vec<String> {
        let rows = format!(
            "[...document.querySelectorAll('#{pane} .row{selector} > span')].map((span) => span.textContent.trim())"
        );
        strings(&self.evaluate(&rows))
    }

    fn lit(&mut self, pane: &str) -> Vec<String> {
        self.texts(pane, ".lit")
    }

    /// What is lit in the source.
    fn lit_source(&mut self) -> String {
        let parts = "[...document.querySelectorAll('#source .on')].map((part) => part.textContent).join('')";
        self.evaluate(parts).as_str().unwrap().to_owned()
    }

    /// The element of the row in a pane that has this text, with JavaScript's quotes around.
    fn row(&self, pane: &str, text: &str) -> String {
        format!(
            "[...document.querySelectorAll('#{pane} .row > span')].find((span) => span.textContent.includes({text}))"
        )
    }
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}
