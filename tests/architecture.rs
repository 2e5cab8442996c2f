//! What the parts must not know, asserted over the source text.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files under `src`, with their paths relative to it and their text without comments and
/// tests.
fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    let mut folders: Vec<PathBuf> = vec![src.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap();
                let code: Vec<_> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                found.push((path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned(), code.join("\n")));
            }
        }
    }
    assert!(found.len() > 20);
    found
}

/// Asserts that `word` occurs in files that `allowed` lets through, and in them alone.
fn only_in(word: &str, allowed: impl Fn(&str) -> bool) {
    let using: Vec<_> = sources().into_iter().filter(|(_, code)| code.contains(word)).map(|(path, _)| path).collect();
    assert!(!using.is_empty(), "`{word}` is nowhere: is the rule still about something?");
    let wrong: Vec<_> = using.iter().filter(|path| !allowed(path)).collect();
    assert!(wrong.is_empty(), "`{word}` in {wrong:?}");
}

fn never(word: &str, under: &str) {
    for (path, code) in sources().iter().filter(|(path, _)| path.starts_with(under)) {
        assert!(!code.contains(word), "`{word}` in {path}");
    }
}

#[test]
fn inkwell_is_named_by_the_back_end_only() {
    only_in("inkwell", |path| path.starts_with("llvm/"));
}

#[test]
fn unsafe_code_is_in_few_files() {
    const OWNERS: [&str; 22] = [
        "main.rs",
        "allocator.rs",
        "ir/prefetch.rs",
        "llvm/loader.rs",
        "llvm/jit.rs",
        "llvm/registered.rs",
        "llvm/lower/body.rs",
        "llvm/lower/debug.rs",
        "llvm/timing.rs",
        "llvm/options.rs",
        "runtime/tape.rs",
        "runtime/enter.rs",
        "runtime/signals.rs",
        "runtime/sites.rs",
        "runtime/console.rs",
        "runtime/execute.rs",
        "runtime/interrupt.rs",
        "runtime/process.rs",
        "runtime/sampling.rs",
        "symbols/registration.rs",
        "cli/code.rs",
        "cli/profile.rs",
    ];
    only_in("unsafe ", |path| OWNERS.contains(&path));
}

#[test]
fn the_command_line_is_the_binarys_business() {
    for word in ["anyhow", "clap", "rustyline"] {
        only_in(word, |path| path.starts_with("cli/") || path == "main.rs");
    }
}

#[test]
fn passes_know_the_operations_and_nothing_else() {
    for word in ["llvm", "runtime", "Level", "crate::opt"] {
        never(word, "opt/");
    }
}

#[test]
fn the_front_knows_nothing_behind_it() {
    for under in ["parse.rs", "ir/", "source.rs", "dialect.rs"] {
        for word in ["crate::llvm", "crate::opt", "crate::runtime", "crate::reference"] {
            never(word, under);
        }
    }
    for word in ["crate::llvm", "crate::runtime", "std::time", "unsafe"] {
        never(word, "reference.rs");
    }
}

#[test]
fn the_debugger_knows_no_terminal() {
    for word in ["std::io::", "crate::runtime", "crate::baseline", "crate::llvm", "std::fs"] {
        never(word, "debugger/");
    }
}

#[test]
fn the_page_is_made_of_data_alone() {
    for word in ["std::io::", "std::fs", "std::time", "crate::llvm", "crate::runtime", "crate::opt", "crate::baseline"]
    {
        never(word, "report/explain/");
    }
}

#[test]
fn the_baseline_knows_nothing_of_llvm_or_passes() {
    for word in ["crate::llvm", "crate::opt", "crate::level", "crate::reference"] {
        never(word, "baseline/");
    }
}

#[test]
fn the_engine_knows_loops_and_not_what_is_in_them() {
    for word in ["Kind", "crate::opt", "crate::baseline", "unsafe"] {
        never(word, "engine/");
    }
    for file in ["engine/mod.rs", "engine/policy.rs", "engine/thread.rs"] {
        never("crate::llvm", file);
    }
}

#[test]
fn what_verifies_knows_no_way_to_run() {
    for word in ["crate::llvm", "crate::baseline", "crate::engine", "crate::runtime", "std::process"] {
        for part in ["verify/", "portability.rs", "portability/"] {
            never(word, part);
        }
    }
}

#[test]
fn the_llvm_version_is_written_once() {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let version = read("llvm-version.txt");
    assert!(read("Cargo.toml").contains(&format!("llvm{}-1-no-llvm-linking", version.trim())));
}
