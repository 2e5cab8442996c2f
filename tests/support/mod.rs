//! Runs the compiler, and what it builds, in directories of their own.
//!
//! Every process is under a guard: one that hangs fails its test instead of blocking the suite. Nothing
//! else depends on the clock. Where a test has to know what a process is at, it asks the kernel: for its
//! output so far, whether it sleeps, how much processor time it has used.

// Each test file uses a part of this.
#![allow(dead_code)]

mod restricted;

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{Read, Write as _};
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// After this time a process counts as hanging.
const GUARD: Duration = Duration::from_secs(120);

/// How long to sleep between two looks at a process.
const PAUSE: Duration = Duration::from_millis(2);

/// The processor time after which a process is taken to be past its start, and past everything that
/// ends: several times what the programs that are asked about need, and the compiler for them.
const LONG: Duration = Duration::from_millis(300);

/// The name of the program in a [`Workspace`].
pub const PROGRAM: &str = "prog.bf";

/// The LLVM release the project is built for.
pub fn llvm_version() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("llvm-version.txt");
    std::fs::read_to_string(path).expect("llvm-version.txt").trim().to_owned()
}

/// The tool `name` of the LLVM release that the project is built for, as Debian names it.
pub fn llvm_tool(name: &str) -> String {
    let version = llvm_version();
    let tool = format!("{name}-{version}");
    let found = Command::new(&tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(found.is_ok(), "{tool} is missing, and this test is about it: apt install llvm-{version}");
    tool
}

/// The compiler that is tested: cargo's, if the environment names no other.
pub fn binary() -> &'static str {
    static BINARY: OnceLock<String> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var("BFLLVM_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_bfllvm").into()))
}

/// A directory for one test, with a program in it.
#[derive(Debug)]
pub struct Workspace {
    directory: TempDir,
}

impl Workspace {
    pub fn new() -> Arc<Workspace> {
        Arc::new(Workspace { directory: TempDir::new().expect("a directory for the test") })
    }

    /// A directory with [`PROGRAM`] in it.
    pub fn with(code: impl AsRef<[u8]>) -> Arc<Workspace> {
        let workspace = Workspace::new();
        workspace.write(PROGRAM, code);
        workspace
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).expect("a file for the test");
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of what lies in the directory, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).expect("the test's directory");
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The compiler, with the directory as the current one.
    pub fn bfllvm<A: AsRef<OsStr>>(self: &Arc<Self>, args: impl IntoIterator<Item = A>) -> Invocation {
        self.tool(binary(), args)
    }

    /// A program of the directory.
    pub fn executable(self: &Arc<Self>, name: &str) -> Invocation {
        self.tool(self.path(name), [""; 0])
    }

    /// Any program, with the directory as the current one.
    pub fn tool<A: AsRef<OsStr>>(
        self: &Arc<Self>,
        tool: impl AsRef<OsStr>,
        args: impl IntoIterator<Item = A>,
    ) -> Invocation {
        let mut command = Command::new(tool);
        command.args(args).current_dir(self.directory.path());
        // What the developer's shell says must not reach the tests.
        for name in ["BFLLVM_LIBLLVM", "CC", "NO_COLOR"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Nor what it ignores for all that it starts in the background.
        let invocation = Invocation { command, _workspace: Arc::clone(self) };
        invocation.with_action(libc::SIG_DFL, [libc::SIGHUP, libc::SIGINT])
    }
}

/// The compiler, run on `code` in a directory of its own: `run` and options, say, without the program.
pub fn bfllvm(code: impl AsRef<[u8]>, args: &[&str]) -> Invocation {
    Workspace::with(code).bfllvm(args.iter().chain(&[PROGRAM]))
}

/// A way for a program to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `bfllvm run` with this option.
    Run(&'static str),
    /// `bfllvm build` with this option, and then what came out.
    Build(&'static str),
}

/// Those that start from the compiler: they know the source, and have limits.
pub const RUNS: [Way; 7] = [
    Way::Run("-O0"),
    Way::Run("-O2"),
    Way::Run("--engine=reference"),
    Way::Run("--engine=baseline"),
    Way::Run("--engine=llvm"),
    // Begun again almost at once, and after as long as many a program takes to its end, or to where it waits.
    Way::Run("--tier-trial=1"),
    Way::Run("--tier-trial=20000"),
];
pub const BUILDS: [Way; 2] = [Way::Build("--io=libc"), Way::Build("--io=syscall")];
/// All of them: what the contract says holds in each.
pub const WAYS: [Way; 9] = [RUNS[0], RUNS[1], RUNS[2], RUNS[3], RUNS[4], RUNS[5], RUNS[6], BUILDS[0], BUILDS[1]];
/// Those that carry out a program command by command: every access is made, where it stands.
pub const LITERAL: [Way; 2] = [RUNS[0], RUNS[2]];
/// Those that do not carry out a program command by command, and are done with a billion of them at once.
pub const OPTIMIZED: [Way; 7] = [RUNS[1], RUNS[3], RUNS[4], RUNS[5], RUNS[6], BUILDS[0], BUILDS[1]];

impl Way {
    /// Makes `code` ready to run, with these options about the language.
    pub fn of(self, code: impl AsRef<[u8]>, options: &[&str]) -> Invocation {
        let workspace = Workspace::with(code);
        match self {
            Way::Run(option) => workspace.bfllvm(["run", "-w", option].iter().chain(options).chain(&[PROGRAM])),
            Way::Build(option) => {
                let build = ["build", "-w", option, "-o", "prog"];
                workspace.bfllvm(build.iter().chain(options).chain(&[PROGRAM])).run("").ends(0).says("");
                workspace.executable("prog")
            }
        }
    }
}

/// `code` in every way, ready to run, with these options about the language.
pub fn every_way(code: impl AsRef<[u8]>, options: &[&str]) -> impl Iterator<Item = Invocation> {
    WAYS.into_iter().map(move |way| way.of(&code, options))
}

/// A process that can be started.
#[derive(Debug)]
pub struct Invocation {
    command: Command,
    _workspace: Arc<Workspace>,
}

impl Invocation {
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Invocation {
        self.command.env(name, value);
        self
    }

    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Invocation {
        self.command.stdin(stdin);
        self
    }

    pub fn stdout(mut self, stdout: impl Into<Stdio>) -> Invocation {
        self.command.stdout(stdout);
        self
    }

    pub fn stderr(mut self, stderr: impl Into<Stdio>) -> Invocation {
        self.command.stderr(stderr);
        self
    }

    /// Runs to the end, with `input` on standard input.
    pub fn run(self, input: impl AsRef<[u8]>) -> Outcome {
        let input = input.as_ref().to_vec();
        let mut running = self.start();
        let writer = running.stdin.take().map(|mut stdin| {
            // Nobody has to read it all.
            thread::spawn(move || drop(stdin.write_all(&input)))
        });
        let outcome = running.finish();
        if let Some(writer) = writer {
            writer.join().unwrap();
        }
        outcome
    }

    pub fn start(mut self) -> Running {
        let name = format!("{:?}", self.command);
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        Running {
            name,
            stdin: child.stdin.take(),
            stdout: child.stdout.take().map(Collector::new),
            stderr: child.stderr.take().map(Collector::new),
            since: Instant::now(),
            child,
            _workspace: self._workspace,
        }
    }
}

/// A process on its way.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<Collector>,
    stderr: Option<Collector>,
    since: Instant,
    _workspace: Arc<Workspace>,
}

impl Running {
    /// Gives the process some input.
    #[track_caller]
    pub fn send(&mut self, input: &[u8]) {
        self.stdin.as_mut().expect("standard input is a pipe").write_all(input).expect("somebody who reads");
    }

    /// Waits until the process has delivered `output`, and nothing else.
    #[track_caller]
    pub fn delivers(&self, output: &[u8]) {
        let stdout = self.stdout.as_ref().expect("standard output is a pipe");
        let now = stdout.wait_until(|bytes| bytes.len() >= output.len());
        assert_eq!(text(&now), text(output), "{}: delivered so far", self.name);
    }

    /// Waits until the process has delivered so many bytes.
    #[track_caller]
    pub fn delivers_bytes(&self, count: usize) {
        let stdout = self.stdout.as_ref().expect("standard output is a pipe");
        let now = stdout.wait_until(|bytes| bytes.len() >= count);
        assert!(now.len() >= count, "{}: delivered {} bytes of {count}", self.name, now.len());
    }

    /// Waits until the process sleeps, in a read or a write that does not come to an end: it is found so
    /// several times running.
    #[track_caller]
    pub fn blocks(&mut self) {
        let mut times = 0;
        self.watch("sleep", |stat| {
            times = if stat.state == 'S' { times + 1 } else { 0 };
            times == 5
        });
    }

    /// Waits until the process has worked for a long time without coming to an end.
    #[track_caller]
    pub fn keeps_busy(&mut self) {
        let before = Stat::of(&self.child).map_or(Duration::ZERO, |stat| stat.processor_time);
        self.watch("work for long", |stat| stat.processor_time >= before + LONG);
    }

    /// Waits until `is_so`, while the process goes on.
    #[track_caller]
    pub fn works_until(&mut self, what: &str, is_so: impl Fn() -> bool) {
        self.watch(&format!("work until {what}"), |_| is_so());
    }

    #[track_caller]
    fn watch(&mut self, what: &str, mut is_so: impl FnMut(&Stat) -> bool) {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{} was expected to {what}, but ended: {status}", self.name);
            }
            if Stat::of(&self.child).is_some_and(|stat| is_so(&stat)) {
                return;
            }
            self.pause();
        }
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that the process has had so far, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the process's status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak of its memory");
        peak.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Whether the process has mapped a file with such a name.
    pub fn has_mapped(&self, name: &str) -> bool {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", self.child.id())).expect("the process's memory");
        maps.contains(name)
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: the process is a child that was not waited for, so the number is its.
        unsafe { libc::kill(self.child.id() as i32, signal) };
    }

    /// Ends the input and waits for the end.
    #[track_caller]
    pub fn finish(mut self) -> Outcome {
        drop(self.stdin.take());
        self.end()
    }

    /// Waits for the end while the input stays open.
    #[track_caller]
    pub fn end(mut self) -> Outcome {
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None => self.pause(),
            }
        };
        let all = |collector: &mut Option<Collector>| collector.take().map_or(Vec::new(), Collector::finish);
        Outcome {
            name: std::mem::take(&mut self.name),
            status,
            stdout: all(&mut self.stdout),
            stderr: String::from_utf8_lossy(&all(&mut self.stderr)).into_owned(),
        }
    }

    #[track_caller]
    fn pause(&self) {
        assert!(self.since.elapsed() < GUARD, "{} hangs", self.name);
        thread::sleep(PAUSE);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nothing is left behind by a test that fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the kernel says of a process.
struct Stat {
    state: char,
    processor_time: Duration,
}

impl Stat {
    fn of(child: &Child) -> Option<Stat> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
        // The name, in brackets, may hold anything; behind it stand the state and, as fields 11 and 12
        // after that, the ticks in user code and in the kernel.
        let fields: Vec<_> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
        // SAFETY: asks for a constant.
        let ticks_per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as u64;
        let processor_time = Duration::from_millis(ticks * 1000 / ticks_per_second);
        Some(Stat { state: fields.first()?.chars().next()?, processor_time })
    }
}

/// What came of a process.
#[derive(Debug)]
pub struct Outcome {
    name: String,
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Outcome {
    /// The exit status, or `None` if a signal killed the process.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The process exited by itself, with this status.
    #[track_caller]
    pub fn ends(&self, code: i32) -> &Outcome {
        assert_eq!(self.status.signal(), None, "killed by a signal\n{self}");
        assert_eq!(self.code(), Some(code), "exit status\n{self}");
        self
    }

    /// This, and only this, is on standard output.
    #[track_caller]
    pub fn prints(&self, output: impl AsRef<[u8]>) -> &Outcome {
        assert_eq!(text(&self.stdout), text(output.as_ref()), "standard output\n{self}");
        self
    }

    /// This, and only this, is on standard error.
    #[track_caller]
    pub fn says(&self, message: &str) -> &Outcome {
        assert_eq!(self.stderr, message, "standard error\n{self}");
        self
    }

    /// Standard error speaks of all these.
    #[track_caller]
    pub fn mentions(&self, parts: &[&str]) -> &Outcome {
        for part in parts {
            assert!(self.stderr.contains(part), "standard error does not mention {part:?}\n{self}");
        }
        self
    }

    /// Standard error as a list of JSON objects, one a line.
    #[track_caller]
    pub fn json(&self) -> Vec<serde_json::Value> {
        let objects = self.stderr.lines().map(serde_json::from_str);
        objects.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("no JSON: {error}\n{self}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error: String = self.stderr.chars().take(SHOWN).collect();
        writeln!(f, "{}\nended with {}", self.name, self.status)?;
        write!(f, "--- standard output\n{}\n--- standard error\n{error}", text(&self.stdout))
    }
}

/// How much of an output is shown, and how much of an error message.
const SHOWN: usize = 2000;

/// Bytes in a form to look at. What is left out of a long text still counts: its length and a checksum
/// are shown.
pub fn text(bytes: &[u8]) -> String {
    let shown = bytes[..bytes.len().min(SHOWN)].escape_ascii();
    match bytes.len().checked_sub(SHOWN) {
        None | Some(0) => format!("\"{shown}\""),
        Some(more) => {
            let sum = bytes.iter().fold(0u64, |sum, &byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
            format!("\"{shown}\" and {more} more bytes, {sum:016x}")
        }
    }
}

/// Reads something to its end, in the background.
#[derive(Debug)]
pub struct Collector {
    shared: Arc<(Mutex<Collected>, Condvar)>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Collected {
    bytes: Vec<u8>,
    ended: bool,
}

impl Collector {
    pub fn new(mut from: impl Read + Send + 'static) -> Collector {
        let shared = Arc::<(Mutex<Collected>, Condvar)>::default();
        let theirs = Arc::clone(&shared);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 1 << 16];
            loop {
                // A terminal whose other side was closed answers with an error.
                let count = from.read(&mut buffer).unwrap_or(0);
                let mut collected = theirs.0.lock().unwrap();
                collected.bytes.extend_from_slice(&buffer[..count]);
                collected.ended = count == 0;
                theirs.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Collector { shared, reader: Some(reader) }
    }

    /// Waits until the bytes so far are enough, or no more will come.
    #[track_caller]
    pub fn wait_until(&self, is_enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let (collected, changed) = &*self.shared;
        let waits = |collected: &mut Collected| !collected.ended && !is_enough(&collected.bytes);
        let (collected, timeout) = changed.wait_timeout_while(collected.lock().unwrap(), GUARD, waits).unwrap();
        assert!(!timeout.timed_out(), "the output wanted does not come; so far: {}", text(&collected.bytes));
        collected.bytes.clone()
    }

    /// All bytes.
    pub fn finish(mut self) -> Vec<u8> {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        std::mem::take(&mut self.shared.0.lock().unwrap().bytes)
    }
}

/// A terminal: what is written to one side comes out at the other, as a user would see it.
#[derive(Debug)]
pub struct Terminal {
    /// The side of the user.
    pub user: File,
    /// The side of the process.
    pub process: OwnedFd,
}

impl Terminal {
    /// One that does not know its size.
    pub fn open() -> Terminal {
        Terminal::with_columns(0)
    }

    pub fn with_columns(columns: u16) -> Terminal {
        let (mut user, mut process) = (-1, -1);
        let size = libc::winsize { ws_row: columns.min(24), ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let (name, settings, size) = (std::ptr::null_mut(), std::ptr::null(), &raw const size);
        // SAFETY: two places for two descriptors, which nobody else owns.
        unsafe {
            let opened = libc::openpty(&raw mut user, &raw mut process, name, settings, size);
            assert_eq!(opened, 0, "a terminal: {}", std::io::Error::last_os_error());
            for descriptor in [user, process] {
                // Only the process that is given one of them has it; others would keep it open.
                libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC);
            }
            Terminal { user: File::from_raw_fd(user), process: OwnedFd::from_raw_fd(process) }
        }
    }
}
