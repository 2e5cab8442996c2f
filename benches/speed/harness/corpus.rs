//! The programs that are measured, and what is known of them.
//!
//! Every file that ends in `.b` or `.bf` is one. `NAME.in` beside it is its input, and `NAME.out` what it has to
//! print. What is unusual about programs stands in the directory's `bench.list`, or another such list, a line each (there is one
//! for a well-known collection in `benches/speed/`):
//!
//! ```text
//! # name     what is unusual
//! squares    cells=32
//! echo       eof=0 in=other.in
//! old        out=no          # NAME.out is not what it prints
//! endless    skip
//! *          cells=16        # those that the list does not name
//! ```

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use bfllvm::dialect::{CellWidth, Eof};

/// The name of the list in a directory.
pub const LIST: &str = "bench.list";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub name: String,
    pub path: PathBuf,
    pub input: Option<PathBuf>,
    /// The file with what it has to print.
    pub expected: Option<PathBuf>,
    pub cells: CellWidth,
    pub eof: Eof,
}

/// The programs of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corpus {
    pub programs: Vec<Program>,
    /// Those that the list leaves out.
    pub skipped: Vec<String>,
    /// What is odd about the list.
    pub warnings: Vec<String>,
}

impl Program {
    /// A program in the usual dialect, with what lies beside it.
    #[must_use]
    pub fn at(path: &Path) -> Program {
        let beside = |ending| Some(path.with_extension(ending)).filter(|path| path.is_file());
        Program {
            name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            path: path.to_owned(),
            input: beside("in"),
            expected: beside("out"),
            cells: CellWidth::default(),
            eof: Eof::default(),
        }
    }
}

impl Corpus {
    /// Reads the directory; `list` instead of the list in it, and only the programs `wanted`, in that order, if any are named.
    ///
    /// # Errors
    /// Something cannot be read, the list is no list, or there is no program, or none of a name that is wanted.
    pub fn read(directory: &Path, list: Option<&Path>, wanted: &[String]) -> Result<Corpus> {
        let mut corpus = Corpus { programs: programs(directory)?, ..Corpus::default() };
        let inside = directory.join(LIST);
        if let Some(path) = list.or(inside.is_file().then_some(inside.as_path())) {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            corpus.apply(&text, directory, &path.display().to_string())?;
        }
        if !wanted.is_empty() {
            let find = |name: &String| corpus.programs.iter().find(|program| program.name == *name).cloned();
            let found = wanted.iter().map(|name| {
                find(name).with_context(|| format!("no program `{name}` to measure in {}", directory.display()))
            });
            corpus.programs = found.collect::<Result<_>>()?;
        }
        ensure!(!corpus.programs.is_empty(), "there is no program (*.b, *.bf) in {}", directory.display());
        Ok(corpus)
    }

    fn apply(&mut self, list: &str, directory: &Path, list_name: &str) -> Result<()> {
        let lines = list.lines().enumerate().filter_map(|(index, line)| {
            let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
            Some((index + 1, words.next()?, words.collect::<Vec<_>>()))
        });
        let lines: Vec<_> = lines.collect();
        let mut skipped = Vec::new();
        for (number, name, settings) in &lines {
            let is_named = |program: &Program| lines.iter().any(|(_, name, _)| *name == program.name);
            let is_meant = |program: &Program| if *name == "*" { !is_named(program) } else { *name == program.name };
            let mut is_about_one = false;
            for program in self.programs.iter_mut().filter(|program| is_meant(program)) {
                is_about_one = true;
                for setting in settings {
                    if *setting == "skip" {
                        skipped.push(program.name.clone());
                    } else {
                        set(program, setting, directory).with_context(|| format!("{list_name}:{number}"))?;
                    }
                }
            }
            if !is_about_one && *name != "*" {
                self.warnings.push(format!("{list_name}:{number}: there is no program `{name}`"));
            }
        }
        self.programs.retain(|program| !skipped.contains(&program.name));
        self.skipped = skipped;
        Ok(())
    }
}

fn set(program: &mut Program, setting: &str, directory: &Path) -> Result<()> {
    let file = |name: &str| -> Result<Option<PathBuf>> {
        let path = directory.join(name);
        ensure!(name == "no" || path.is_file(), "there is no file {}", path.display());
        Ok((name != "no").then_some(path))
    };
    match setting.split_once('=') {
        Some(("cells", bits)) => {
            let width = CellWidth::ALL.into_iter().find(|width| width.bits().to_string() == bits);
            program.cells = width.with_context(|| format!("`{setting}`: cells have 8, 16, 32 or 64 bits"))?;
        }
        Some(("eof", value)) => {
            let found = EOFS.into_iter().find(|&eof| eof_name(eof) == value);
            program.eof = found.with_context(|| format!("`{setting}`: the end of the input is same, 0 or -1"))?;
        }
        Some(("in", name)) => program.input = file(name)?,
        Some(("out", name)) => program.expected = file(name)?,
        _ => bail!("`{setting}` is none of cells=, eof=, in=, out= and skip"),
    }
    Ok(())
}

const EOFS: [Eof; 3] = [Eof::Same, Eof::Zero, Eof::MinusOne];

/// How lists and commands call it.
#[must_use]
pub fn eof_name(eof: Eof) -> &'static str {
    match eof {
        Eof::Same => "same",
        Eof::Zero => "0",
        Eof::MinusOne => "-1",
    }
}

/// The programs of the directory by name: that of the file, with its ending where two would be called the same.
fn programs(directory: &Path) -> Result<Vec<Program>> {
    let entries = std::fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    let is_program = |path: &&PathBuf| path.extension().is_some_and(|it| it == "b" || it == "bf") && path.is_file();
    let mut paths: Vec<_> = paths.iter().filter(is_program).collect();
    paths.sort();
    let mut programs: Vec<_> = paths.iter().map(|path| Program::at(path)).collect();
    let names: Vec<_> = programs.iter().map(|program| program.name.clone()).collect();
    for program in &mut programs {
        if names.iter().filter(|name| **name == program.name).count() > 1 {
            program.name = program.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        }
    }
    Ok(programs)
}
