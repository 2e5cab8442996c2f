//! Where and when something was measured.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use bfllvm::llvm::loader::LLVM_VERSION;

/// What stands where something cannot be found out.
const UNKNOWN: &str = "unknown";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// UTC.
    pub date: String,
    pub commit: String,
    pub processor: String,
    /// How many there are.
    pub processors: usize,
    pub system: String,
    pub llvm: String,
}

impl Machine {
    #[must_use]
    pub fn look() -> Machine {
        Machine {
            date: now(),
            commit: said("git", &["describe", "--always", "--dirty", "--abbrev=7"], str::trim),
            processor: line_of("/proc/cpuinfo", "model name"),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!(
                "{}, Linux {}",
                line_of("/etc/os-release", "PRETTY_NAME"),
                said("uname", &["-r"], str::trim)
            ),
            llvm: said(&format!("opt-{LLVM_VERSION}"), &["--version"], |text| {
                let number = text.split_once("LLVM version ").map(|(_, rest)| rest);
                number.and_then(|rest| rest.split_whitespace().next()).unwrap_or_default()
            }),
        }
    }
}

/// What a command says, or the part of it that is wanted.
fn said(program: &str, words: &[&str], part: impl Fn(&str) -> &str) -> String {
    let mut command = Command::new(program);
    let output = command.args(words).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let text = output.ok().filter(|output| output.status.success());
    let text = text.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    match part(&text) {
        "" => UNKNOWN.into(),
        part => part.into(),
    }
}

/// The value of a line `NAME: VALUE` or `NAME="VALUE"`.
fn line_of(file: &str, name: &str) -> String {
    let text = std::fs::read_to_string(Path::new(file)).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.map(|line| line.trim_matches(|it: char| it.is_whitespace() || [':', '=', '"'].contains(&it)));
    value.unwrap_or(UNKNOWN).to_owned()
}

fn now() -> String {
    date(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()))
}

/// The day and the minute, so many seconds after the beginning of 1970.
#[must_use]
pub fn date(seconds: u64) -> String {
    let (mut day, minute) = (seconds / 86_400, seconds / 60 % (24 * 60));
    let mut year = 1970;
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    format!("{year}-{:02}-{:02} {:02}:{:02} UTC", month + 1, day + 1, minute / 60, minute % 60)
}
