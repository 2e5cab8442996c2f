//! What is measured: commands of ours and of peers, with places for the program and its conventions.
//!
//! Several are written in one text, `NAME=COMMAND`, one a line or with `;` between them. A command is cut at blanks, except
//! between quotes; no shell sees it. In a peer's command stand
//!
//! | for | stands |
//! |---|---|
//! | the program's file | `{}` |
//! | its input's file, `/dev/null` without one | `{in}`; it is on standard input, too |
//! | the executable to make | `{exe}`: the command is a compiler then, and what it makes is timed |
//! | bits in a cell | `{cells}`, or `{cells:8=-b\|16=-b16}` with what to say for each |
//! | the end of the input: `same`, `0`, `-1` | `{eof}`, or `{eof:same=-n\|0=-z}` |
//!
//! A peer whose command lacks a place that matters does not get programs of which it cannot be told what they mean.
//! Commands of ours are `run` or `build` and options; the rest is put in.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use bfllvm::dialect::{CellWidth, Eof};

use super::corpus::{Program, eof_name};

#[derive(Clone, Debug)]
pub struct Candidate {
    pub name: String,
    pub role: Role,
    words: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Ours,
    Peer,
    /// A process that does nothing, to compare a start with.
    Empty,
}

/// Why a candidate does not get a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unable(pub String);

impl Candidate {
    /// Those of `text` that are ours: `run` and `build` are the words of `bfllvm`.
    ///
    /// # Errors
    /// It is no list of such commands.
    pub fn ours(text: &str, bfllvm: &Path) -> Result<Vec<Candidate>> {
        let bfllvm = bfllvm.to_str().context("the path of bfllvm is not UTF-8")?;
        let commands = commands(text)?.into_iter().map(|(name, said)| {
            let mut words = vec![bfllvm.to_owned()];
            words.extend(said);
            match words.get(1).map(String::as_str) {
                Some("run") => {}
                Some("build") => words.extend(["-o".into(), "{exe}".into()]),
                _ => bail!("`{name}`: a command of ours is `run` or `build`, and options"),
            }
            words.push("{}".into());
            Ok(Candidate { name, role: Role::Ours, words })
        });
        commands.collect()
    }

    /// Those of `text` that are not ours.
    ///
    /// # Errors
    /// It is no list of commands, or one has no place for the program.
    pub fn peers(text: &str) -> Result<Vec<Candidate>> {
        let commands = commands(text)?.into_iter().map(|(name, words)| {
            let is_told = words.iter().any(|word| word.contains("{}"));
            ensure!(is_told, "`{name}`: its command has no {{}} where the program's file is to stand");
            Ok(Candidate { name, role: Role::Peer, words })
        });
        commands.collect()
    }

    #[must_use]
    pub fn empty(executable: &Path) -> Candidate {
        let words = vec![executable.to_string_lossy().into_owned()];
        Candidate { name: "empty".into(), role: Role::Empty, words }
    }

    /// Whether it makes an executable, which is what is timed.
    #[must_use]
    pub fn compiles(&self) -> bool {
        self.words.iter().any(|word| word.contains("{exe}"))
    }

    /// The command as one would say it.
    #[must_use]
    pub fn text(&self) -> String {
        let words = self.words.iter().enumerate().map(|(index, word)| match self.role {
            Role::Ours if index == 0 => "bfllvm".into(),
            _ if word.contains([' ', ';', '"', '\n']) => format!("'{word}'"),
            Role::Ours | Role::Peer | Role::Empty => word.clone(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// The words to start for a program; `executable` is the one to make, if it [compiles](Self::compiles).
    ///
    /// # Errors
    /// It cannot be told what the program means.
    pub fn command(&self, program: &Program, executable: &Path) -> Result<Vec<OsString>, Unable> {
        let (cells, eof) = (program.cells.bits().to_string(), eof_name(program.eof));
        let conventions = [
            Convention { name: "cells", value: &cells, is_usual: program.cells == CellWidth::default() },
            Convention { name: "eof", value: eof, is_usual: program.eof == Eof::default() },
        ];
        let mut words = self.words.clone();
        for convention in &conventions {
            match self.role {
                Role::Ours if convention.is_usual => {}
                Role::Ours => words.insert(2, format!("--{}={}", convention.name, convention.value)),
                Role::Peer => convention.fill(&mut words)?,
                Role::Empty => {}
            }
        }
        let input = program.input.as_deref().unwrap_or(Path::new("/dev/null"));
        let places = [("{}", program.path.as_path()), ("{in}", input), ("{exe}", executable)];
        Ok(words.iter().map(|word| filled(word, &places)).collect())
    }
}

/// One of the things that decide what a program means.
struct Convention<'a> {
    name: &'a str,
    value: &'a str,
    is_usual: bool,
}

impl Convention<'_> {
    /// Puts it where the words have a place for it; a word of which nothing is left goes.
    fn fill(&self, words: &mut Vec<String>) -> Result<(), Unable> {
        let (plain, listed) = (format!("{{{}}}", self.name), format!("{{{}:", self.name));
        let mut is_told = false;
        for word in words.iter_mut() {
            if word.contains(&plain) {
                is_told = true;
                *word = word.replace(&plain, self.value);
            }
            let Some(start) = word.find(&listed) else { continue };
            let Some(length) = word[start..].find('}') else { continue };
            let mut choices = word[start + listed.len()..start + length].split('|').filter_map(|it| it.split_once('='));
            let said = choices.find_map(|(value, said)| (value == self.value).then(|| said.to_owned()));
            let said = said.ok_or_else(|| Unable(format!("does not do {} {}", self.name, self.value)))?;
            is_told = true;
            word.replace_range(start..=start + length, &said);
        }
        words.retain(|word| !word.is_empty());
        match is_told || self.is_usual {
            true => Ok(()),
            false => Err(Unable(format!("cannot be told {} {}: no {plain} in its command", self.name, self.value))),
        }
    }
}

fn filled(word: &str, places: &[(&str, &Path)]) -> OsString {
    let mut whole = OsString::new();
    let mut rest = word;
    loop {
        let next = places.iter().filter_map(|(mark, path)| Some((rest.find(mark)?, mark, path))).min_by_key(|it| it.0);
        let Some((at, mark, path)) = next else { break };
        whole.push(&rest[..at]);
        whole.push(path);
        rest = &rest[at + mark.len()..];
    }
    whole.push(OsStr::new(rest));
    whole
}

/// The names and words of a list of commands.
fn commands(text: &str) -> Result<Vec<(String, Vec<String>)>> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for entry in entries(text)? {
        let (name, words) = entry.split_once('=').with_context(|| format!("`{entry}` is not NAME=COMMAND"))?;
        let (name, words) = (name.trim().to_owned(), words_of(words));
        ensure!(!name.is_empty() && !words.is_empty(), "`{entry}` is not NAME=COMMAND");
        found.push((name, words));
    }
    Ok(found)
}

/// The parts of the text between line ends and `;` that stand in no quotes.
fn entries(text: &str) -> Result<Vec<&str>> {
    let (mut parts, mut start, mut quote) = (Vec::new(), 0, None);
    for (at, character) in text.char_indices() {
        match (character, quote) {
            ('\'' | '"', None) => quote = Some(character),
            (_, Some(open)) if open == character => quote = None,
            (';' | '\n', None) => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if let Some(open) = quote {
        bail!("`{}`: a {open} is not closed", text[start..].trim());
    }
    parts.push(&text[start..]);
    Ok(parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect())
}

/// The words of a command, without their quotes.
fn words_of(text: &str) -> Vec<String> {
    let (mut words, mut quote, mut is_within) = (Vec::<String>::new(), None, false);
    for character in text.chars() {
        if quote.is_none() && character.is_whitespace() {
            is_within = false;
            continue;
        }
        if !is_within {
            words.push(String::new());
            is_within = true;
        }
        match (character, quote) {
            ('\'' | '"', None) => quote = Some(character),
            (_, Some(open)) if open == character => quote = None,
            _ => words.last_mut().expect("a word was begun").push(character),
        }
    }
    words
}

/// No two may have one name: columns are named after them.
///
/// # Errors
/// Two have.
pub fn ensure_distinct(candidates: &[Candidate]) -> Result<()> {
    for (index, candidate) in candidates.iter().enumerate() {
        let is_new = candidates[..index].iter().all(|before| before.name != candidate.name);
        ensure!(is_new, "two candidates are called `{}`", candidate.name);
    }
    Ok(())
}

/// Where the executable of a candidate is to be made.
#[must_use]
pub fn executable(directory: &Path, index: usize) -> PathBuf {
    directory.join(format!("executable-{index}"))
}
