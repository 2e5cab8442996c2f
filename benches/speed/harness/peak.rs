//! The most memory that a process had at once.
//!
//! What `wait4` tells counts the memory of the parent before exec, which is more than small programs use. So the process
//! is traced, stops on its way out, and is asked for `VmHWM` then.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::process::{ensure_wanted, input_of, not_started};

/// Between two looks at the process.
const PAUSE: Duration = Duration::from_millis(1);

/// The peak of resident memory of one run, in KiB; of the process itself, not of those that it starts.
///
/// # Errors
/// It cannot be started or traced, or does not end in time.
pub fn peak_kib(words: &[OsString], input: Option<&Path>, timeout: Duration) -> io::Result<u64> {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(input_of(input)?).stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: between fork and exec the closure makes one system call, which is async-signal-safe.
    unsafe {
        command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
    let mut child = command.spawn().map_err(|error| not_started(&words[0], &error))?;
    let traced = trace(child.id() as i32, Instant::now() + timeout);
    if traced.is_err() {
        // It may have ended.
        let _ = child.kill();
        let _ = child.wait();
    }
    traced
}

/// Follows the process to its end.
fn trace(process: i32, deadline: Instant) -> io::Result<u64> {
    let mut peak = None;
    let mut is_first = true;
    loop {
        let status = wait(process, deadline)?;
        if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
            return peak.ok_or_else(|| io::Error::other("its end could not be watched"));
        }
        let mut signal = libc::WSTOPSIG(status);
        if is_first {
            is_first = false;
            request(libc::PTRACE_SETOPTIONS, process, libc::PTRACE_O_TRACEEXIT | libc::PTRACE_O_EXITKILL)?;
        } else if status >> 16 == libc::PTRACE_EVENT_EXIT {
            peak = Some(resident_peak_kib(process)?);
        }
        // It stems from exec or an event, and is not for the process.
        if signal == libc::SIGTRAP {
            signal = 0;
        }
        request(libc::PTRACE_CONT, process, signal)?;
    }
}

fn wait(process: i32, deadline: Instant) -> io::Result<i32> {
    loop {
        let mut status = 0;
        // SAFETY: the pointer is to a whole number.
        match unsafe { libc::waitpid(process, &raw mut status, libc::WNOHANG | libc::__WALL) } {
            -1 => return Err(io::Error::last_os_error()),
            0 if Instant::now() > deadline => return Err(io::Error::new(io::ErrorKind::TimedOut, "timeout")),
            0 => std::thread::sleep(PAUSE),
            _ => return Ok(status),
        }
        ensure_wanted()?;
    }
}

fn request(request: libc::c_uint, process: i32, data: i32) -> io::Result<()> {
    // SAFETY: both requests that are made take numbers and no pointers.
    let status = unsafe { libc::ptrace(request, process, 0, i64::from(data)) };
    if status == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn resident_peak_kib(process: i32) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| io::Error::other("the kernel does not tell VmHWM"))
}
