//! What each of LLVM's passes costs: LLVM's own `-time-passes`, switched on and read back.
//!
//! One of LLVM's command-line options switches the timers on, another names the file to which each run of passes appends
//! a report. That file is one in memory.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::sync::OnceLock;
use std::time::Duration;

use super::loader::Llvm;
use super::options;

/// A pass of LLVM's, and the time of all its runs. LLVM gives it in steps of 0.1 ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassTime {
    pub name: String,
    pub time: Duration,
}

/// LLVM's timers, which run from the first [`PassTimers::start`] on, for the whole process.
#[derive(Debug)]
pub struct PassTimers {
    report: File,
}

impl PassTimers {
    /// Starts the timers; they cannot be stopped.
    ///
    /// # Errors
    /// The system has no memory for the report.
    pub fn start(llvm: Llvm) -> io::Result<&'static PassTimers> {
        static TIMERS: OnceLock<PassTimers> = OnceLock::new();
        if let Some(timers) = TIMERS.get() {
            return Ok(timers);
        }
        // SAFETY: a C string and a flag; the descriptor is new, so the file is its only owner.
        let report = unsafe {
            match libc::memfd_create(c"llvm-pass-times".as_ptr(), libc::MFD_CLOEXEC) {
                -1 => return Err(io::Error::last_os_error()),
                descriptor => File::from_raw_fd(descriptor),
            }
        };
        // Of two threads that get here, one switches the timers on and its file stays.
        Ok(TIMERS.get_or_init(|| {
            switch_on(llvm, &report);
            PassTimers { report }
        }))
    }

    /// The passes that took measurable time up to now, the most expensive first.
    ///
    /// # Errors
    /// The report cannot be read.
    pub fn times(&self) -> io::Result<Vec<PassTime>> {
        let mut report = &self.report;
        let mut text = String::new();
        report.rewind()?;
        report.read_to_string(&mut text)?;
        Ok(parse(&text))
    }
}

/// Lets LLVM time its passes and append its reports to `report`.
fn switch_on(llvm: Llvm, report: &File) {
    let file = format!("-info-output-file=/proc/self/fd/{}", report.as_raw_fd());
    let file = CString::new(file).expect("a number has no NUL");
    options::set(llvm, &[c"-time-passes", &file]);
}

/// Reads LLVM's reports, which have a table of passes and one of the analyses that these asked for.
fn parse(reports: &str) -> Vec<PassTime> {
    let mut passes: Vec<PassTime> = Vec::new();
    let mut is_about_passes = false;
    for line in reports.lines() {
        if let Some(title) = line.trim().strip_suffix(" execution timing report") {
            is_about_passes = title == "Pass";
        }
        let Some((name, time)) = row(line) else { continue };
        if !is_about_passes || name == "Total" || time.is_zero() {
            continue;
        }
        match passes.iter_mut().find(|pass| pass.name == name) {
            Some(pass) => pass.time += time,
            None => passes.push(PassTime { name: name.into(), time }),
        }
    }
    passes.sort_by_key(|pass| std::cmp::Reverse(pass.time));
    passes
}

/// A row of a table: some columns of seconds and percents, of which the last is the time by the clock, and
/// the name.
fn row(line: &str) -> Option<(&str, Duration)> {
    let (columns, name) = line.rsplit_once("%)  ")?;
    let (seconds, _) = columns.rsplit_once('(')?;
    let seconds: f64 = seconds.split_whitespace().next_back()?.parse().ok()?;
    Some((name, Duration::try_from_secs_f64(seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_added_up() {
        let report = "\
===-------------------------------------------------------------------------===
                          Pass execution timing report
===-------------------------------------------------------------------------===
  Total Execution Time: 0.0013 seconds (0.0033 wall clock)

   ---User Time---   --System Time--   --User+System--   ---Wall Time---  --- Name ---
   0.0001 ( 16.7%)   0.0001 ( 16.7%)   0.0002 ( 16.7%)   0.0022 ( 66.2%)  Require<A, B>
   0.0002 ( 29.4%)   0.0002 ( 29.4%)   0.0004 ( 29.4%)  104.0004 ( 11.8%)  GVNPass
   0.0000 (  0.0%)   0.0000 (  0.0%)   0.0000 (  0.0%)   0.0000 (  0.1%)  DSEPass
   0.0013 (100.0%)   0.0013 (100.0%)   0.0013 (100.0%)   0.0033 (100.0%)  Total

===-------------------------------------------------------------------------===
                        Analysis execution timing report
===-------------------------------------------------------------------------===
  Total Execution Time: 0.0001 seconds (0.0001 wall clock)

   ---Wall Time---  --- Name ---
   0.0001 (100.0%)  MemorySSAAnalysis
";
        let again = "   Pass execution timing report\n   0.0010 (100.0%)  Require<A, B>\n";
        let times = parse(&[report, again].concat());
        let times: Vec<_> = times.iter().map(|pass| (pass.name.as_str(), pass.time.as_micros())).collect();
        assert_eq!(times, [("GVNPass", 104_000_400), ("Require<A, B>", 3200)]);
    }
}
