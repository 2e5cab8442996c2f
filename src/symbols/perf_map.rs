//! The file in which `perf` looks for the names of code that no file has: `/tmp/perf-PID.map`.
//!
//! A line for each piece of code: its address and its size, both in hexadecimal digits, and its name, which may have
//! spaces. `perf` reads the file when it reports, after the run. So lines are written as code comes into being, each
//! batch by one call of the system: they are complete however the process ends.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Symbol;

/// The file of this process.
#[derive(Debug)]
pub struct PerfMap {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// The first failure to write.
    failure: Option<Error>,
}

impl PerfMap {
    /// Creates the file, which anybody can guess the name of: one that is there already, as an earlier process with this
    /// number may have left it, is removed and not written to.
    ///
    /// # Errors
    /// It cannot be removed or created; the path is part of the message.
    pub fn create() -> Result<PerfMap, Error> {
        // perf looks nowhere else, whatever TMPDIR says.
        PerfMap::create_at(PathBuf::from(format!("/tmp/perf-{}.map", std::process::id())))
    }

    fn create_at(path: PathBuf) -> Result<PerfMap, Error> {
        let removed = match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        let file = removed.and_then(|()| OpenOptions::new().append(true).create_new(true).open(&path));
        match file {
            Ok(file) => Ok(PerfMap { path, state: Mutex::new(State { file, failure: None }) }),
            Err(error) => Err(Error::new(error.kind(), format!("cannot create {}: {error}", path.display()))),
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds names, which must not be of code that has one already.
    pub fn add(&self, symbols: &[Symbol]) {
        let mut lines = String::new();
        for Symbol { address, bytes, name } in symbols {
            let _ = writeln!(lines, "{address:x} {bytes:x} {name}");
        }
        let mut state = self.lock();
        if state.failure.is_none() {
            state.failure = state.file.write_all(lines.as_bytes()).err();
        }
    }

    /// Why the file is not complete, if it is not. Asked once.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        self.lock().failure.take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(address: usize, name: &str) -> Symbol {
        Symbol { address, bytes: 0x20, name: name.to_owned() }
    }

    #[test]
    fn what_is_added_is_there_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("map");
        let map = PerfMap::create_at(path.clone()).unwrap();
        map.add(&[symbol(0xab0, "one two")]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "ab0 20 one two\n");
        map.add(&[symbol(0x10, "three"), symbol(0x30, "four")]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "ab0 20 one two\n10 20 three\n30 20 four\n");
        assert!(map.failure().is_none());
    }

    #[test]
    fn a_link_in_its_place_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (path, target) = (folder.path().join("map"), folder.path().join("target"));
        std::fs::write(&target, "keep").unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        PerfMap::create_at(path.clone()).unwrap().add(&[symbol(1, "new")]);
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "keep");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1 20 new\n");
    }

    #[test]
    fn failures_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none").join("map");
        let message = PerfMap::create_at(path).unwrap_err().to_string();
        assert!(message.contains("none/map: No such file"), "{message}");
        let full = OpenOptions::new().append(true).open("/dev/full").unwrap();
        let map = PerfMap { path: "/dev/full".into(), state: Mutex::new(State { file: full, failure: None }) };
        map.add(&[symbol(1, "lost")]);
        assert!(map.failure().is_some());
    }
}
