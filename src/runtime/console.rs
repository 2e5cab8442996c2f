//! Buffered input and output of a run.
//!
//! Output is delivered when the buffer is full, before a read that may block, at the end of a run
//! whatever ended it, and line by line to a terminal. How much the buffer holds follows the program: few bytes of one
//! that is slow, so that they are seen soon, and many of one that is fast.
//!
//! Compiled code works on the buffers itself, see [`super::buffers`]; so the pointers there say what the buffers hold,
//! and the vectors here only own the memory.

use std::io::Error;
use std::time::{Duration, Instant};

use super::buffers::Buffers;
use super::signals::Shared;
use super::{End, process};

/// The size of both buffers, in bytes.
const BUFFER_BYTES: usize = 64 << 10;

/// The least that the output buffer holds, in bytes.
const MIN_BATCH_BYTES: usize = 64;

/// Where the output buffer fills faster it holds more the next time, and where slower, less.
const FAST: Duration = Duration::from_millis(10);
const SLOW: Duration = Duration::from_millis(50);

/// How much of the input is kept for a replay, in bytes.
const RECORD_BYTES: usize = 16 << 20;

/// Where the output goes.
#[derive(Debug)]
pub enum Sink {
    /// This file descriptor.
    Descriptor(i32),
    /// A vector.
    Memory(Vec<u8>),
    /// It is dropped.
    Nowhere,
}

impl Sink {
    /// Standard output. If the process was started without one, every write fails: [`prepare`](super::prepare) has
    /// put the null device in its place, where the output would be lost.
    #[must_use]
    pub fn standard_output() -> Sink {
        Sink::Descriptor(if process::started_without_output() { -1 } else { libc::STDOUT_FILENO })
    }
}

/// Where the input comes from.
#[derive(Debug)]
pub enum Feed {
    /// This file descriptor.
    Descriptor(i32),
    Memory(Vec<u8>),
}

/// The input and output of one run.
#[derive(Debug)]
#[repr(C)]
pub struct Console {
    /// First, because compiled code is handed its address.
    buffers: Buffers,
    sink: Sink,
    /// The memory of the output buffer: what it holds counts from its start to `out_next`.
    output: Vec<u8>,
    is_line_buffered: bool,
    /// How much is delivered at once, in bytes, and since when the buffer has been filling.
    batch_bytes: usize,
    batch_began: Instant,
    /// How many bytes may be put out.
    max_output: u64,
    /// How many bytes were delivered, and how many of the next ones were delivered by the run before: see [`Console::again`].
    delivered: u64,
    repeated: u64,
    feed: Feed,
    /// The input that was read last; `in_next` and `in_end` point into it.
    input: Vec<u8>,
    input_ended: bool,
    /// The input so far, as long as it is not longer than `record_bytes`.
    record: Option<Vec<u8>>,
    record_bytes: usize,
}

impl Console {
    /// A console; after `max_output` bytes no more is taken.
    #[must_use]
    pub fn new(feed: Feed, sink: Sink, max_output: Option<u64>) -> Console {
        let is_line_buffered = match sink {
            // SAFETY: asks about a descriptor, whatever it is.
            Sink::Descriptor(descriptor) => unsafe { libc::isatty(descriptor) == 1 },
            Sink::Memory(_) | Sink::Nowhere => false,
        };
        let (mut output, input) = (Vec::with_capacity(BUFFER_BYTES), Vec::new());
        let start: *mut u8 = output.as_mut_ptr();
        let buffers = Buffers { out_next: start, out_end: start, in_next: input.as_ptr(), in_end: input.as_ptr() };
        let mut console = Console {
            buffers,
            sink,
            output,
            is_line_buffered,
            batch_bytes: MIN_BATCH_BYTES,
            batch_began: Instant::now(),
            max_output: max_output.unwrap_or(u64::MAX),
            delivered: 0,
            repeated: 0,
            feed,
            input,
            input_ended: false,
            record: Some(Vec::new()),
            record_bytes: RECORD_BYTES,
        };
        console.empty_output();
        console
    }

    /// Keeps all input, however long: the run may be given up, and another one need it [again](Console::again).
    pub(super) fn keep_input(&mut self) {
        self.record_bytes = usize::MAX;
    }

    /// The console for a run of the same program from its beginning, where this one was given up. The input is the same once
    /// more, and what was delivered is not delivered a second time.
    #[must_use]
    pub(super) fn again(mut self) -> Console {
        self.repeated = std::mem::take(&mut self.delivered);
        self.empty_output();
        self.input.clear();
        self.input.extend_from_slice(self.record.as_ref().expect("all input was kept"));
        (self.buffers.in_next, self.buffers.in_end) = (self.input.as_ptr(), self.input.as_ptr_range().end);
        self.record_bytes = RECORD_BYTES;
        self
    }

    /// Takes a byte of output.
    ///
    /// # Errors
    /// The end of the run: the output cannot be delivered, or it is too much.
    pub(super) fn put(&mut self, byte: u8, shared: &Shared) -> Result<(), End> {
        self.put_all(&[byte], shared)
    }

    /// Takes bytes of output.
    ///
    /// # Errors
    /// As for [`Console::put`]; as many bytes are taken as is possible.
    pub(super) fn put_all(&mut self, mut bytes: &[u8], shared: &Shared) -> Result<(), End> {
        while !bytes.is_empty() {
            if self.pending() == self.batch_bytes {
                self.keep_pace();
                self.flush(shared)?;
                // The run is over, and the bytes may have nowhere to go: it must not wait for them once more.
                if shared.stop_signal().is_some() {
                    return Ok(());
                }
            }
            let pending = self.pending();
            let room = self.room() - pending;
            if room == 0 {
                return Err(End::OutputLimit);
            }
            let line = match self.is_line_buffered {
                true => bytes.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |end| end + 1),
                false => bytes.len(),
            };
            let (taken, rest) = bytes.split_at(line.min(room));
            // SAFETY: the buffer has room for `batch_bytes`, of which `pending` are used.
            unsafe {
                std::ptr::copy_nonoverlapping(taken.as_ptr(), self.buffers.out_next, taken.len());
                self.buffers.out_next = self.buffers.out_next.add(taken.len());
            }
            if self.is_line_buffered {
                self.buffers.out_end = self.buffers.out_next;
                if taken.ends_with(b"\n") {
                    self.flush(shared)?;
                }
            }
            bytes = rest;
        }
        Ok(())
    }

    /// The next byte of input, or `None` at its end.
    ///
    /// # Errors
    /// The end of the run: the input cannot be read, or what came before it not be delivered.
    pub(super) fn get(&mut self, shared: &Shared) -> Result<Option<u8>, End> {
        if self.buffers.in_next == self.buffers.in_end && !self.input_ended {
            self.flush(shared)?;
            self.refill(shared)?;
        }
        if self.buffers.in_next == self.buffers.in_end {
            return Ok(None);
        }
        // SAFETY: `in_next` points into the input, before its end.
        unsafe {
            let byte = *self.buffers.in_next;
            self.buffers.in_next = self.buffers.in_next.add(1);
            Ok(Some(byte))
        }
    }

    /// How many bytes the output buffer may hold.
    fn room(&self) -> usize {
        let left = self.max_output - self.delivered;
        usize::try_from(left).map_or(self.batch_bytes, |left| left.min(self.batch_bytes))
    }

    /// The output buffer is full: says how much it holds the next time. A delivery costs microseconds, so one every
    /// few milliseconds costs nothing, and fewer would only let whoever waits for the output wait longer.
    fn keep_pace(&mut self) {
        let now = Instant::now();
        let took = now - std::mem::replace(&mut self.batch_began, now);
        self.batch_bytes = match took {
            _ if took < FAST => (self.batch_bytes * 2).min(BUFFER_BYTES),
            _ if took > SLOW => (self.batch_bytes / 2).max(MIN_BATCH_BYTES),
            _ => self.batch_bytes,
        };
    }

    /// How many bytes the output buffer holds.
    fn pending(&self) -> usize {
        self.buffers.out_next as usize - self.output.as_ptr() as usize
    }

    /// Delivers what is buffered.
    pub(super) fn flush(&mut self, shared: &Shared) -> Result<(), End> {
        let pending = self.pending();
        // SAFETY: so many bytes were stored, by `put_all` or by compiled code.
        unsafe { self.output.set_len(pending) };
        let repeated = self.repeated.min(pending as u64);
        let new = &self.output[repeated as usize..];
        let (mut written, mut outcome) = (new.len(), Ok(()));
        match &mut self.sink {
            Sink::Memory(sink) => sink.extend_from_slice(new),
            Sink::Nowhere => {}
            Sink::Descriptor(descriptor) => (written, outcome) = write_all(*descriptor, new, shared),
        }
        self.delivered += repeated + written as u64;
        self.repeated -= repeated;
        self.empty_output();
        outcome
    }

    /// Opens the output buffer from its start.
    fn empty_output(&mut self) {
        self.output.clear();
        let bytes = match self.is_line_buffered {
            true => 0,
            false => self.room(),
        };
        self.buffers.out_next = self.output.as_mut_ptr();
        self.buffers.out_end = self.buffers.out_next.wrapping_add(bytes);
    }

    fn refill(&mut self, shared: &Shared) -> Result<(), End> {
        let outcome = match &mut self.feed {
            Feed::Memory(all) => {
                self.input = std::mem::take(all);
                Ok(true)
            }
            Feed::Descriptor(descriptor) => {
                self.input.clear();
                self.input.reserve(BUFFER_BYTES);
                read_some(*descriptor, &mut self.input, shared)
            }
        };
        self.buffers.in_next = self.input.as_ptr();
        self.buffers.in_end = self.input.as_ptr_range().end;
        let is_answered = outcome?;
        self.input_ended = is_answered && self.input.is_empty();
        match &mut self.record {
            Some(record) if record.len() + self.input.len() <= self.record_bytes => {
                record.extend_from_slice(&self.input)
            }
            record => *record = None,
        }
        Ok(())
    }

    /// Whether nobody looks at the output.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self.sink, Sink::Nowhere)
    }

    /// The input that was read, and the output if it went to memory.
    #[must_use]
    pub fn finish(self) -> Transcript {
        let output = match self.sink {
            Sink::Memory(output) => output,
            Sink::Descriptor(_) | Sink::Nowhere => Vec::new(),
        };
        Transcript { output, input: self.record }
    }
}

/// What went through a console.
#[derive(Debug, Default)]
pub struct Transcript {
    /// The output, where it went to memory.
    pub output: Vec<u8>,
    /// The input that was read, where it was not too long to be kept.
    pub input: Option<Vec<u8>>,
}

/// Writes all bytes, unless that fails or there is no more time for it; and says how many were written.
fn write_all(descriptor: i32, bytes: &[u8], shared: &Shared) -> (usize, Result<(), End>) {
    let mut done = 0;
    while done < bytes.len() {
        let rest = &bytes[done..];
        // SAFETY: a slice's address and length.
        let written = unsafe { libc::write(descriptor, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(written) {
            Ok(written) => done += written,
            Err(_) => {
                let error = Error::last_os_error();
                let outcome = match error.raw_os_error() {
                    Some(libc::EINTR | libc::EAGAIN) if shared.is_urgent() => return (done, Ok(())),
                    Some(libc::EINTR) => Ok(()),
                    Some(libc::EAGAIN) => {
                        let waited = wait_for(descriptor, libc::POLLOUT, &|| shared.is_urgent());
                        waited.map(drop).map_err(End::OutputError)
                    }
                    Some(libc::EPIPE) => Err(End::BrokenPipe),
                    _ => Err(End::OutputError(error)),
                };
                if outcome.is_err() {
                    return (done, outcome);
                }
            }
        }
    }
    (done, Ok(()))
}

/// Reads what is there into an empty buffer, up to its capacity; nothing at the end of the input. False, and nothing is read, when
/// the run was asked to stop.
fn read_some(descriptor: i32, buffer: &mut Vec<u8>, shared: &Shared) -> Result<bool, End> {
    loop {
        if !wait_for(descriptor, libc::POLLIN, &|| shared.stop_signal().is_some()).map_err(End::InputError)? {
            return Ok(false);
        }
        let room = buffer.spare_capacity_mut();
        // SAFETY: a slice's address and length.
        let bytes = unsafe { libc::read(descriptor, room.as_mut_ptr().cast(), room.len()) };
        match usize::try_from(bytes) {
            Ok(bytes) => {
                // SAFETY: so many bytes were stored at its start.
                unsafe { buffer.set_len(bytes) };
                return Ok(true);
            }
            Err(_) => {
                let error = Error::last_os_error();
                if !matches!(error.raw_os_error(), Some(libc::EINTR | libc::EAGAIN)) {
                    return Err(End::InputError(error));
                }
            }
        }
    }
}

/// Waits until `descriptor` is ready; false if there is reason to give up. Not every signal is one.
///
/// Signals are held back between the look at the reason and the wait, which lets them through: no
/// request is slept over.
fn wait_for(descriptor: i32, events: i16, gives_up: &dyn Fn() -> bool) -> Result<bool, Error> {
    // SAFETY: all pointers are to valid structures, for which all zeroes is a valid value.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let mut poll = libc::pollfd { fd: descriptor, events, revents: 0 };
        let outcome = loop {
            if gives_up() {
                break Ok(false);
            }
            if libc::ppoll(&raw mut poll, 1, std::ptr::null(), &raw const before) >= 0 {
                break Ok(!gives_up());
            }
            let error = Error::last_os_error();
            if error.raw_os_error() != Some(libc::EINTR) {
                break Err(error);
            }
        };
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        outcome
    }
}
