//! A program of 2 MB.

use std::path::Path;
use std::process::Command;

use super::SIZE;
use super::browser::Browser;
use super::support::{Workspace, binary};

/// More elements than this in the page make it slow, however large the program is.
const MAX_ELEMENTS: u64 = 6000;

#[test]
fn two_megabytes_are_as_easy_to_look_at() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/big.bf");
    // As it is, it is evaluated, and nothing but text is left.
    let code = [b",", std::fs::read(&path).unwrap().as_slice()].concat();
    assert!(code.len() > 1_800_000);
    let workspace = Workspace::new();
    workspace.write("prog.bf", &code);
    let path = workspace.path("prog.bf");
    let page = workspace.path("page.html");
    // Without the guard of other tests: LLVM needs 20 s of processor time, which on a busy machine are minutes.
    let mut compiler = Command::new(binary());
    let status = compiler.args(["explain", "-w", "-o"]).args([&page, &path]).status().unwrap();
    assert!(status.success(), "{status}");
    let mut browser = Browser::open(&page, SIZE);
    let ready = browser.evaluate("performance.getEntriesByType('navigation')[0].duration");
    println!("{} bytes of page, ready after {ready} ms", std::fs::metadata(&page).unwrap().len());

    // Wherever it is scrolled to, there is the text, and no more of it than is seen.
    let elements = "document.querySelectorAll('*').length";
    for pane in ["source", "ir", "lowered", "optimized", "assembly", "loops"] {
        for share in [0.0, 0.31, 0.77, 1.0] {
            let scroll = format!(
                "(() => {{ const pane = document.getElementById('{pane}');
                    pane.scrollTop = {share} * (pane.scrollHeight - pane.clientHeight);
                    const before = performance.now();
                    PANES.find((other) => other.id === '{pane}').list.draw();
                    return performance.now() - before; }})()"
            );
            println!("{pane} at {share}: drawn in {} ms", browser.evaluate(&scroll));
            let seen = browser.evaluate(&format!(
                "(() => {{ const view = document.getElementById('{pane}').getBoundingClientRect();
                    return [...document.querySelectorAll('#{pane} .row')].map((row) => row.getBoundingClientRect())
                        .filter((row) => row.bottom > view.top && row.top < view.bottom)
                        .reduce((sum, row) => sum + Math.min(row.bottom, view.bottom) - Math.max(row.top, view.top), 0)
                        / view.height; }})()"
            ));
            assert!(seen.as_f64().unwrap() > 0.98, "{pane} at {share}: {seen} of the view has text");
            assert!(browser.evaluate(elements).as_u64().unwrap() < MAX_ELEMENTS);
        }
    }
    let last = browser.texts("source", "").last().cloned().unwrap();
    let tail = code.trim_ascii_end().rsplit(|&byte| byte == b'\n').next().unwrap().to_vec();
    assert!(String::from_utf8(tail).unwrap().ends_with(&last), "{last}");

    // From its end, the source lights up texts that are far away.
    browser.press("1");
    browser.press("End");
    assert!(!browser.lit_source().is_empty());
    assert!(!browser.lit("ir").is_empty());
    // Each pass can be looked at.
    let before = browser.texts("ir", "");
    for _ in 0..12 {
        browser.press(",");
    }
    assert_ne!(browser.texts("ir", ""), before);
    // What is left out is said.
    let note = browser.evaluate("document.querySelector('.lowered .note').textContent");
    assert!(note.as_str().unwrap().contains("more are left out; “--max-lines="), "{note}");
    assert_eq!(browser.complaints, [""; 0]);
}
