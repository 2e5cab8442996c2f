//! `docs/workbench.md` and README show what the commands print.
//!
//! A `console` block with a mark above it holds commands behind a `$`, and what follows each is what it prints, on either output.
//! They are run again here. `make docs` writes what they print into the files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set for the files to be written, and the path of the `bfllvm` to be run, if that is not the one that was built for tests.
const WRITE: &str = "BFLLVM_WRITE_DOCS";
const BINARY: &str = "BFLLVM_BINARY";

/// The mark says how much of a block has to be the same.
const MARKS: [(&str, Sameness); 3] = [
    ("<!-- printed: the same each time -->", Sameness::All),
    ("<!-- printed: numbers vary -->", Sameness::Words),
    ("<!-- printed: what is below the head varies -->", Sameness::Heads),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sameness {
    All,
    /// All but numbers, and the blanks that line them up.
    Words,
    /// The first two lines, but for numbers.
    Heads,
}

impl Sameness {
    fn of(mark: &str) -> Option<Sameness> {
        MARKS.iter().find(|(text, _)| *text == mark).map(|(_, sameness)| *sameness)
    }

    /// What of `text` is to be the same.
    fn part(self, text: &str) -> String {
        match self {
            Sameness::All => text.to_owned(),
            Sameness::Words => words(text),
            Sameness::Heads => words(&text.lines().take(2).collect::<Vec<_>>().join("\n")),
        }
    }
}

/// `text` with each number, alone or with a sign or unit of percent, as `#`, samples in the singular, and a blank for several.
fn words(text: &str) -> String {
    let line = |line: &str| {
        let mut is_counted = false;
        let words = line.split_whitespace().map(|word| {
            let is_number = |c: char| c.is_ascii_digit() || ".>%-".contains(c);
            let is_value = word.chars().all(is_number) && (word == "-" || word.contains(|c: char| c.is_ascii_digit()));
            match (is_value, std::mem::replace(&mut is_counted, is_value)) {
                (true, _) => "#".to_owned(),
                (false, true) => word.replacen("samples", "sample", 1),
                (false, false) => word.to_owned(),
            }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the shell prints for `command`, in the project's folder, where `bfllvm` is the one to be shown.
fn run(command: &str) -> String {
    let binary = std::env::var_os(BINARY).map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_bfllvm")), PathBuf::from);
    let folder = root().join(binary).canonicalize().expect("the binary is there").parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path))).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec </dev/null 2>&1\n{command}")]).current_dir(root()).env("PATH", path);
    let output = shell.env_remove("NO_COLOR").output().expect("a shell");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The file with what its commands print now, and what is not as it was.
fn renewed(text: &str) -> (String, Vec<String>) {
    let (mut renewed, mut stale) = (String::new(), Vec::new());
    let (mut before, mut lines) = ("", text.lines().peekable());
    while let Some(line) = lines.next() {
        renewed += line;
        renewed.push('\n');
        let mark = std::mem::replace(&mut before, line);
        let Some(sameness) = Sameness::of(mark).filter(|_| line == "```console") else {
            assert_eq!(Sameness::of(mark), None, "a mark stands above a block: {line}");
            continue;
        };
        while let Some(line) = lines.next_if(|line| *line != "```") {
            let command = line.strip_prefix("$ ").unwrap_or_else(|| panic!("a block begins with a command: {line}"));
            let mut old = String::new();
            while let Some(line) = lines.next_if(|line| *line != "```" && !line.starts_with("$ ")) {
                let _ = writeln!(old, "{line}");
            }
            let new = run(command);
            if sameness.part(&old) != sameness.part(&new) {
                stale.push(format!("$ {command}\n{new}"));
            }
            let _ = write!(renewed, "{line}\n{new}");
        }
    }
    (renewed, stale)
}

fn holds(name: &str) {
    let path = root().join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let is_shown = |(mark, _): &(&str, _)| text.contains(&format!("\n{mark}\n```console\n$ "));
    assert!(MARKS.iter().any(is_shown), "{name} shows commands");
    let (renewed, stale) = renewed(&text);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, renewed).unwrap();
    } else {
        assert!(stale.is_empty(), "{name} is stale, `make docs` renews it:\n{}", stale.join("\n"));
    }
}

#[test]
fn the_workbench_is_shown_as_it_is() {
    holds("docs/workbench.md");
}

#[test]
fn the_first_page_shows_it_as_it_is() {
    holds("README.md");
}

#[test]
fn numbers_are_no_words() {
    assert_eq!(words("-O2   12 >200  3.4%   -  [->+<]  12:3 ends\n"), "-O2 # # # # [->+<] 12:3 ends");
    assert_eq!(words("1 sample; 1 folded"), words("2 samples; 3 folded"));
    assert_eq!(Sameness::Heads.part("a 1\nb 2\nc 3\n"), "a #\nb #");
    assert_eq!((Sameness::of("text"), Sameness::of(MARKS[1].0)), (None, Some(Sameness::Words)));
}

#[test]
fn what_is_stale_is_found_and_renewed() {
    let [all, words, _] = MARKS.map(|(mark, _)| format!("{mark}\n```console\n"));
    let text = "# Title\n\n".to_owned()
        + &format!("{all}$ echo a; echo b >&2\na\nc\n$ echo 1\n1\n```\n\n{words}$ echo x 1\nx 2\n```\n")
        + "```console\n$ echo never\nrun\n```\n";
    let (renewed, stale) = renewed(&text);
    assert_eq!(stale, ["$ echo a; echo b >&2\na\nb\n"]);
    assert_eq!(renewed, text.replace("a\nc\n", "a\nb\n").replace("x 2", "x 1"));
}
