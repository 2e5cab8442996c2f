//! Runs a command, times it, and ends it when its time is up.
//!
//! The clock runs from before the process is made until its end is known. Standard output is a file in memory, so that
//! nobody has to read along; standard error is kept for one line of it. The process has a group of its own, which is
//! killed as a whole.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

/// Bytes of output after which a process is ended: it lies in memory.
const OUTPUT_LIMIT: u64 = 256 << 20;

/// How a process is run.
#[derive(Clone, Debug)]
pub struct Manner {
    pub timeout: Duration,
    /// The processors it may use, if not all.
    pub processors: Option<Vec<usize>>,
}

/// What becomes of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Kept,
    Dropped,
}

/// A run that has come to its end.
#[derive(Clone, Debug)]
pub struct Run {
    pub end: End,
    pub time: Duration,
    pub output: Vec<u8>,
    /// The first line on standard error that speaks of an error, or the last one.
    pub said: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Exit(i32),
    Signal(i32),
    /// It was killed when its time was up.
    Timeout,
    /// It was killed for printing too much.
    Flood,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Exit(status) => write!(f, "exit status {status}"),
            End::Signal(signal) => write!(f, "killed by signal {signal}"),
            End::Timeout => write!(f, "timeout"),
            End::Flood => write!(f, "over {} MiB of output", OUTPUT_LIMIT >> 20),
        }
    }
}

/// The group of the process that is running, 0 while none is, and whether the user wants an end.
static GROUP: AtomicI32 = AtomicI32::new(0);
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on SIGINT and the like end the process that is running, and then this one's work.
pub fn end_on_signals() {
    extern "C" fn end(_: libc::c_int) {
        IS_INTERRUPTED.store(true, Ordering::SeqCst);
        let group = GROUP.load(Ordering::SeqCst);
        if group > 0 {
            // SAFETY: kill is async-signal-safe and takes any numbers.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
    }
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: the handler stores, loads and kills, all of which is async-signal-safe.
        unsafe { libc::signal(signal, end as *const () as libc::sighandler_t) };
    }
}

/// # Errors
/// The user wants an end.
pub fn ensure_wanted() -> io::Result<()> {
    match IS_INTERRUPTED.load(Ordering::SeqCst) {
        true => Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted")),
        false => Ok(()),
    }
}

/// Runs these words, with the file as standard input.
///
/// # Errors
/// The process cannot be started or watched, or the user wants an end.
pub fn run(words: &[OsString], input: Option<&Path>, output: Output, manner: &Manner) -> io::Result<Run> {
    ensure_wanted()?;
    let (mut printed, mut errors) = (memory_file()?, memory_file()?);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(input_of(input)?).stderr(errors.try_clone()?).process_group(0);
    command.stdout(match output {
        Output::Kept => Stdio::from(printed.try_clone()?),
        Output::Dropped => Stdio::null(),
    });
    let pinned = Pinned::to(manner.processors.as_deref())?;
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| not_started(&words[0], &error))?;
    GROUP.store(child.id() as i32, Ordering::SeqCst);
    drop(pinned);
    let watched = limit_output(&child).and_then(|()| wait(&child, manner.timeout));
    let time = start.elapsed();
    let has_ended = *watched.as_ref().unwrap_or(&false);
    if !has_ended {
        // SAFETY: the group is that of a child that was not waited for yet, so it is no other's.
        unsafe { libc::kill(-(child.id() as i32), libc::SIGKILL) };
    }
    let status = child.wait();
    GROUP.store(0, Ordering::SeqCst);
    ensure_wanted()?;
    let (status, _) = (status?, watched?);
    let end = match (status.code(), status.signal()) {
        _ if !has_ended => End::Timeout,
        _ if printed.metadata()?.len() >= OUTPUT_LIMIT => End::Flood,
        (Some(code), _) => End::Exit(code),
        (None, signal) => End::Signal(signal.unwrap_or_default()),
    };
    let said = summary(&String::from_utf8_lossy(&content(&mut errors)?));
    Ok(Run { end, time, output: content(&mut printed)?, said })
}

fn summary(said: &str) -> String {
    let is_error = |line: &&str| line.to_ascii_lowercase().contains("error");
    let line = said.lines().find(is_error).or_else(|| said.lines().rfind(|line| !line.trim().is_empty()));
    line.unwrap_or_default().trim().to_owned()
}

pub fn not_started(program: &OsString, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot start `{}`: {error}", PathBuf::from(program).display()))
}

pub fn input_of(input: Option<&Path>) -> io::Result<Stdio> {
    let Some(path) = input else { return Ok(Stdio::null()) };
    let file =
        File::open(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    Ok(file.into())
}

/// A file without a name that lies in memory.
fn memory_file() -> io::Result<File> {
    // SAFETY: the name is a C string; what is returned is a new descriptor or -1.
    let descriptor = unsafe { libc::memfd_create(c"output".as_ptr(), libc::MFD_CLOEXEC) };
    match descriptor {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: it is open, and nobody else's.
        _ => Ok(File::from(unsafe { OwnedFd::from_raw_fd(descriptor) })),
    }
}

fn content(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Lets the kernel end the process where a file that it writes gets too long.
fn limit_output(child: &Child) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: OUTPUT_LIMIT, rlim_max: OUTPUT_LIMIT };
    // SAFETY: the pointers are to a whole limit, and to none.
    let status =
        unsafe { libc::prlimit(child.id() as i32, libc::RLIMIT_FSIZE, &raw const limit, std::ptr::null_mut()) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Waits for the end of the process, and says whether it came in time.
fn wait(child: &Child, timeout: Duration) -> io::Result<bool> {
    // SAFETY: pidfd_open takes any numbers and returns a new descriptor or -1.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, child.id(), 0) } as i32;
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is open, and nobody else's.
    let process = unsafe { OwnedFd::from_raw_fd(descriptor) };
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let milliseconds = i32::try_from(left.as_millis() + 1).unwrap_or(i32::MAX);
        let mut poll = libc::pollfd { fd: process.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: the pointer is to one whole entry.
        match unsafe { libc::poll(&raw mut poll, 1, milliseconds) } {
            -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            -1 => return Err(io::Error::last_os_error()),
            0 if left > Duration::ZERO => {}
            ready => return Ok(ready == 1),
        }
    }
}

/// This thread is bound to processors until this is dropped. Processes that it makes in the meantime stay bound: that costs
/// them nothing, while `taskset` would be started with each.
struct Pinned(Option<libc::cpu_set_t>);

impl Pinned {
    fn to(processors: Option<&[usize]>) -> io::Result<Pinned> {
        let Some(processors) = processors else { return Ok(Pinned(None)) };
        // SAFETY: all zeroes is a valid set, and the pointers are to whole sets.
        unsafe {
            let (mut before, mut wanted): (libc::cpu_set_t, libc::cpu_set_t) = (std::mem::zeroed(), std::mem::zeroed());
            for &number in processors {
                libc::CPU_SET(number.min(libc::CPU_SETSIZE as usize - 1), &mut wanted);
            }
            let size = size_of::<libc::cpu_set_t>();
            if libc::sched_getaffinity(0, size, &raw mut before) != 0
                || libc::sched_setaffinity(0, size, &raw const wanted) != 0
            {
                return Err(io::Error::other(format!("no processors {processors:?} to bind to")));
            }
            Ok(Pinned(Some(before)))
        }
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let Some(before) = &self.0 else { return };
        // SAFETY: the pointer is to the whole set that the thread had.
        unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), before) };
    }
}
