//! Another process of bfllvm, which does for this one what may come to a bad end.
//!
//! It reads orders from its standard input, and answers each with a line of JSON; bytes follow an answer that says how
//! many. Standard input's end is the end.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::image;

/// An answer, and the bytes behind it.
pub type Answer = (Value, Vec<u8>);

/// What becomes of what the process says on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Its last words explain its death, unless there is no room for them in a temporary file.
    Kept,
    Dropped,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// It says so itself.
    Refused(String),
    /// None came in this time.
    Late(Duration),
    /// The process is gone: how it ended, and its last words.
    Died(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(why) | Failure::Died(why) => f.write_str(why),
            Failure::Late(patience) => write!(f, "no answer after {} s", patience.as_secs()),
        }
    }
}

/// How long a process may take to end that has closed its standard output.
const LAST_MOMENTS: Duration = Duration::from_secs(1);

/// The process.
pub struct Worker {
    child: Child,
    orders: ChildStdin,
    answers: Receiver<Answer>,
    errors: Option<std::fs::File>,
}

impl Worker {
    /// Starts `bfllvm` with these words.
    pub fn start(words: impl IntoIterator<Item = String>, said: Said) -> Result<Worker> {
        let path = image::full()?;
        let errors = match said {
            Said::Kept => tempfile::tempfile().ok(),
            Said::Dropped => None,
        };
        let stderr = match &errors {
            Some(errors) => errors.try_clone()?.into(),
            None => Stdio::null(),
        };
        let mut command = Command::new(&path);
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().with_context(|| format!("cannot start {}", path.display()))?;
        let (sender, answers) = channel();
        let (Some(orders), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both are pipes")
        };
        std::thread::spawn(move || forward(output, &sender));
        Ok(Worker { child, orders, answers, errors })
    }

    /// Sends an order and waits for the answer, for this long if not for ever. Where none comes the process is ended.
    pub fn ask(&mut self, order: &[u8], patience: Option<Duration>) -> Result<Answer, Failure> {
        // If the process is gone there will be no answer, either.
        let _ = self.orders.write_all(order).and_then(|()| self.orders.flush());
        let answer = match patience {
            None => self.answers.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(patience) => self.answers.recv_timeout(patience),
        };
        let failure = match answer {
            Ok((answer, bytes)) => match answer["failed"].as_str() {
                None => return Ok((answer, bytes)),
                Some(why) => Failure::Refused(why.to_owned()),
            },
            Err(RecvTimeoutError::Timeout) => Failure::Late(patience.unwrap_or_default()),
            Err(RecvTimeoutError::Disconnected) => Failure::Died(self.death()),
        };
        let _ = self.child.kill();
        Err(failure)
    }

    /// How the process ended, of which no answers will come any more, and its last words.
    fn death(&mut self) -> String {
        let how = match self.end() {
            Ok(Some(status)) => match status.signal() {
                Some(signal) => format!("killed by signal {signal}"),
                None => status.to_string(),
            },
            Ok(None) => "it lives on, and gives no answer".to_owned(),
            Err(error) => error.to_string(),
        };
        // Behind what a panic says stands how to get to know more.
        let is_word = |line: &&str| !line.is_empty() && !line.starts_with("note: ");
        match self.said().lines().map(str::trim).rfind(is_word) {
            Some(line) => format!("{how}: {line}"),
            None => how,
        }
    }

    /// Waits for the end of the process, which is near, or it has not understood what it is for.
    fn end(&mut self) -> std::io::Result<Option<ExitStatus>> {
        let since = Instant::now();
        loop {
            let status = self.child.try_wait()?;
            if status.is_some() || since.elapsed() >= LAST_MOMENTS {
                return Ok(status);
            }
            std::thread::sleep(LAST_MOMENTS / 100);
        }
    }

    /// What the process has said on standard error so far, where that is kept.
    pub fn said(&mut self) -> String {
        let mut said = Vec::new();
        if let Some(errors) = &mut self.errors {
            let _ = errors.rewind().and_then(|()| errors.read_to_end(&mut said));
        }
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be in the middle of something.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands on what a process answers, until it ends or says what is no answer.
fn forward(output: ChildStdout, answers: &Sender<Answer>) {
    let mut output = BufReader::new(output);
    let mut line = String::new();
    while output.read_line(&mut line).is_ok_and(|length| length > 0) {
        let Ok(answer) = serde_json::from_str::<Value>(&line) else { return };
        let (length, mut bytes) = (number(&answer["bytes"]), Vec::new());
        let is_read = output.by_ref().take(length).read_to_end(&mut bytes).is_ok() && bytes.len() as u64 == length;
        if !is_read || answers.send((answer, bytes)).is_err() {
            return;
        }
        line.clear();
    }
}

/// A number of an answer.
pub fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

/// A time of an answer.
pub fn nanoseconds(value: &Value) -> Duration {
    Duration::from_nanos(number(value))
}
