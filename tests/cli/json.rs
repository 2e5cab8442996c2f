//! JSON is what `docs/json.md` says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::support::{Outcome, PROGRAM, Workspace, bfllvm};
use super::verify::broken_llvm;

/// What takes a bug or a death to be seen: the tests of `compare` and of `tests/verify.rs` look at it.
const NOT_SEEN_HERE: [&str; 6] = [
    "levels[].different_at",
    "levels[].failure",
    "candidates[].culprit.name",
    "candidates[].culprit.number",
    "candidates[].culprit.of",
    "candidates[].culprit.why",
];

/// Paths in an output, and the types that are found there.
type Paths = BTreeMap<String, BTreeSet<String>>;

/// The table of `docs/json.md` under this heading.
fn documented(heading: &str) -> Paths {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let section = text.split("\n## ").find(|section| section.lines().next() == Some(heading));
    let rows = section.unwrap_or_else(|| panic!("no heading `{heading}`")).lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let (path, types) = (cells.next()?.trim_end_matches('`'), cells.next()?);
        Some((path.to_owned(), types.split(", ").map(str::to_owned).collect()))
    });
    let paths = Paths::from_iter(rows);
    assert!(!paths.is_empty(), "{heading}");
    paths
}

fn collect(value: &Value, path: &str, documented: &Paths, found: &mut Paths) {
    let kind = match value {
        Value::Object(members) => {
            for (name, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                let any = format!("{path}{dot}*");
                let path = if documented.contains_key(&any) { any } else { format!("{path}{dot}{name}") };
                collect(member, &path, documented, found);
            }
            return;
        }
        Value::Array(elements) => {
            for element in elements {
                collect(element, &format!("{path}[]"), documented, found);
            }
            return;
        }
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
    };
    found.entry(path.to_owned()).or_default().insert(kind.to_owned());
}

/// Holds outputs to the table under this heading: every path in them stands there with its type, and every path that stands
/// there is in one of them, as is every type but null.
#[track_caller]
fn agree(heading: &str, outputs: &[Value]) {
    let (documented, mut found) = (documented(heading), Paths::new());
    for output in outputs {
        collect(output, "", &documented, &mut found);
    }
    for (path, types) in &found {
        let Some(allowed) = documented.get(path) else { panic!("{heading}: `{path}` is not documented") };
        assert!(types.is_subset(allowed), "{heading}: `{path}` is {types:?}; documented are {allowed:?}");
    }
    for (path, allowed) in documented.iter().filter(|(path, _)| !NOT_SEEN_HERE.contains(&path.as_str())) {
        let types = found.get(path).unwrap_or_else(|| panic!("{heading}: `{path}` is documented and was not seen"));
        let unseen: Vec<_> = allowed.difference(types).filter(|kind| *kind != "null").collect();
        assert!(unseen.is_empty(), "{heading}: `{path}` was never {unseen:?}");
    }
}

fn value(outcome: &Outcome) -> Value {
    serde_json::from_slice(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome}"))
}

#[test]
fn compare_is_documented() {
    let all = ["compare", "--json", "-n2", "--engine=llvm", "--engine=reference"];
    let endless = ["compare", "--json", "-w", "--timeout=0.1", "-O0"];
    agree("compare", &[value(&bfllvm("+++.", &all).run("")), value(&bfllvm("+[]", &endless).run(""))]);
}

#[test]
fn verify_is_documented() {
    let run = |code: &str, options: &[&str]| {
        value(&bfllvm(code, &[&["verify", "-w", "--json", "-O2", "--engine=llvm"], options].concat()).run(""))
    };
    let fault = run("+.<+", &[]);
    let endless = run("+.[]", &["--max-steps=100", "--timeout=1"]);
    let late = run("+.", &["--compile-timeout=0.001"]);
    let broken = |code: &str| {
        let workspace = Workspace::with(code);
        broken_llvm(&workspace);
        let verify = workspace.bfllvm(["verify", "--json", "-O2", "--engine=llvm", "--eof=-1", PROGRAM]);
        value(verify.env("BFLLVM_LIBLLVM", workspace.path("libbroken.so")).run("").ends(101))
    };
    // It prints a byte more there, for which there is no command.
    let (other, more) = (broken(",++."), broken(",+[.[-]]"));
    agree("verify", &[fault, endless, late, other, more]);
}

#[test]
fn check_is_documented() {
    let run = |code: &str, options: &[&str]| {
        value(&bfllvm(code, &[&["check", "-w", "--portability", "--json"], options].concat()).run(""))
    };
    let parts = run(",+[-.>-<]<", &["--max-steps=1000"]);
    let branches = run("-[+>+<[-]]", &["--max-steps=100"]);
    agree("check", &[parts, branches, run("+[]", &["--max-steps=10"]), run("", &[])]);
}

#[test]
fn profile_is_documented() {
    let workspace = Workspace::with("+++++[>+++++[>+.<-]<-]>>[-]");
    workspace.bfllvm(["profile", "--json", "-o", "profile", "--passes=runs", PROGRAM]).run("").ends(0).says("");
    let read = || serde_json::from_slice(&workspace.read("profile")).unwrap();
    let loops: Value = read();
    workspace.bfllvm(["profile", "--json", "-o", "profile", PROGRAM]).run("").ends(0).says("");
    agree("profile", &[loops, read()]);
}

#[test]
fn remarks_are_documented() {
    let remarks = bfllvm(",[->++<]>,[.,]", &["emit", "bfir", "--remarks=json"]).run("").ends(0).json();
    agree("remarks", &remarks);
}

#[test]
fn messages_are_documented() {
    let json = |code: &str, args: &[&str]| bfllvm(code, &[args, &["--error-format=json"]].concat()).run("").json();
    let mut messages = json("+]", &["check"]);
    messages.extend(json("+[-][-]", &["check"]));
    messages.extend(json("", &["build", "--io=extern"]));
    agree("messages", &messages);
}
