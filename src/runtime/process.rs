//! The process itself.

use std::ffi::c_int;
use std::io::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crate::dialect::PAGE_BYTES;

static STARTED_WITHOUT_OUTPUT: AtomicBool = AtomicBool::new(false);

/// To be called first of all, in a program that starts without Rust's start-up: the standard descriptors are open
/// afterwards, so that no file takes their numbers, and a write to a closed pipe is an error and no signal.
pub fn prepare() {
    for descriptor in [libc::STDIN_FILENO, libc::STDOUT_FILENO, libc::STDERR_FILENO] {
        // SAFETY: asks about a descriptor, whatever it is.
        if unsafe { libc::fcntl(descriptor, libc::F_GETFD) } == -1 {
            if descriptor == libc::STDOUT_FILENO {
                STARTED_WITHOUT_OUTPUT.store(true, Relaxed);
            }
            // SAFETY: takes a C string. The descriptor is the lowest that is free.
            unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
        }
    }
    // SAFETY: has no handler that could do harm.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

/// To be called before another program takes the place of this one, which is to find the standard output closed if it was. What else
/// [`prepare`] does, it does again.
pub fn forget_preparations() {
    if started_without_output() {
        // SAFETY: nobody writes to it any more.
        unsafe { libc::close(libc::STDOUT_FILENO) };
    }
}

/// To be called first of all in a process that works for the one that started it: it ends when the thread does that did, and takes
/// the signals which that thread may hold back.
pub fn prepare_to_serve() {
    // SAFETY: a number, and a valid pointer; all zeroes is a valid value. Where the first is refused, the process ends with its input.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        let none: libc::sigset_t = std::mem::zeroed();
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Whether there was no standard output before [`prepare`].
pub(super) fn started_without_output() -> bool {
    STARTED_WITHOUT_OUTPUT.load(Relaxed)
}

/// How much address space the process may still take, in bytes, if that is limited (`ulimit -v`).
#[must_use]
pub fn address_space_left() -> Option<u64> {
    // SAFETY: a valid pointer; all zeroes is a valid value.
    let limit = unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        (libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) == 0).then_some(limit.rlim_cur)?
    };
    if limit == libc::RLIM_INFINITY {
        return None;
    }
    // The first number is the size in pages. Without it, the whole limit may be used up.
    let sizes = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = sizes.split_whitespace().next().and_then(|pages| pages.parse::<u64>().ok());
    Some(pages.map_or(0, |pages| limit.saturating_sub(pages.saturating_mul(PAGE_BYTES))))
}

/// Where a process says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Standard,
    Error,
}

/// What a process says, and how it ends, when a library gives up and aborts it.
#[derive(Clone, Debug)]
pub struct LastWords {
    pub output: Output,
    pub text: String,
    pub status: u8,
}

static LAST_WORDS: OnceLock<LastWords> = OnceLock::new();

/// From now on the process ends with these words where it would be aborted. The first are the last.
pub fn leave_last_words(words: LastWords) {
    LAST_WORDS.get_or_init(|| words);
    // SAFETY: the handler is async-signal-safe.
    unsafe { libc::signal(libc::SIGABRT, say_last_words as *const () as usize) };
}

extern "C" fn say_last_words(_: c_int) {
    // There are some, or this would not be the handler. Reading them takes no lock.
    let Some(words) = LAST_WORDS.get() else { return };
    let descriptor = match words.output {
        Output::Standard => libc::STDOUT_FILENO,
        Output::Error => libc::STDERR_FILENO,
    };
    // SAFETY: valid bytes; then the process ends, and with it everything that could be left in disorder.
    unsafe {
        libc::write(descriptor, words.text.as_ptr().cast(), words.text.len());
        libc::_exit(words.status.into());
    }
}

/// How many processors the process may use.
#[must_use]
pub fn processors() -> usize {
    // SAFETY: a valid pointer and its size; all zeroes is a valid value.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        match libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) {
            0 => libc::CPU_COUNT(&set) as usize,
            _ => 1,
        }
    }
}

/// How long the current thread has had a processor. Async-signal-safe.
#[must_use]
pub fn thread_time() -> Duration {
    // SAFETY: a valid pointer; all zeroes is a valid value.
    let time = unsafe {
        let mut time: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time);
        time
    };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Makes the current thread give way to the others: `niceness` is added to what it is. Where that is refused, it stays.
pub fn lower_priority(niceness: i32) {
    // SAFETY: number 0 is the calling thread, to which the system keeps its own niceness.
    unsafe {
        let now = libc::getpriority(libc::PRIO_PROCESS, 0);
        libc::setpriority(libc::PRIO_PROCESS, 0, now + niceness);
    }
}

/// Ends the process without waiting for other threads, and without the clean-up of libraries that they may be using.
pub fn exit_at_once(status: u8) -> ! {
    // Nobody may be listening.
    let _ = std::io::stdout().flush();
    // SAFETY: ends the process, with it everything that could be left in disorder.
    unsafe { libc::_exit(status.into()) }
}
