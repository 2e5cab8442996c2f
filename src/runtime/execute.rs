//! Runs machine code, and the reference interpreter, on a console, with signals and limits.

use std::ffi::c_void;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicUsize, compiler_fence};
use std::time::Duration;

use super::console::{Console, Transcript};
use super::enter::{Exit, bfllvm_leave, enter};
use super::signals::{GENERATED, NATIVE, Session, Shared};
use super::sites;
use super::slots::Heat;
use super::tape::{Guarded, MemoryError, Tape};
use super::{End, FaultPlace, Limits, TapeFault};
use crate::dialect::Dialect;
use crate::ir::Program;
use crate::reference::{self, Machine, Status};
use crate::source::Position;

/// The stack of machine code, in bytes; committed when touched. A nest of a million loops needs a few MB. Where address
/// space is limited, the largest that is granted: what is too deep for it is found out as ever.
const STACK_BYTES: [u64; 3] = [256 << 20, 16 << 20, 1 << 20];

/// The guard at the stack's end: wider than the frame of any function that we compile. In bytes.
const STACK_GUARD_BYTES: u64 = 64 << 10;

/// How many operations the reference interpreter does between two looks at the signals.
const SLICE: u64 = 1 << 16;

/// How many cells `#` shows on the left and on the right of the pointer.
const WINDOW: (i64, i64) = (4, 8);

/// Code to run, and what has to be known about it.
#[derive(Clone, Copy)]
pub struct Code<'a> {
    /// The address of a function `ptr (ptr state, ptr cell)`.
    pub entry: usize,
    /// Asked when the code faulted.
    pub faults: &'a dyn FaultMap,
    /// How wide the tape's guards have to be, in bytes.
    pub guard_bytes: u64,
    /// Told when the count of a slot is up, if the code has slots.
    pub heat: Option<&'a dyn Heat>,
    /// Makes the code that is not there yet, if any is to be made when the program comes to it.
    pub linker: Option<&'a dyn Linker>,
}

/// Makes code that was left out until the program comes to it.
pub trait Linker {
    /// The address where code goes on that left by this link.
    ///
    /// # Errors
    /// There is no code for it, nor will there be; why.
    fn follow(&self, link: u32) -> Result<usize, String>;
}

/// Tells what a fault in the code is said to be in.
pub trait FaultMap {
    /// The place for the instruction at this address.
    fn place(&self, instruction: usize) -> FaultPlace;
}

/// A function of the code. A list of them, sorted by address, is a [`FaultMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub address: usize,
    /// What a fault in it is said to be in.
    pub place: FaultPlace,
}

/// What the code is handed as its state: it begins with the console's [`Buffers`](super::buffers::Buffers).
#[repr(C)]
struct State<'a> {
    console: Console,
    shared: Shared,
    tape: Tape,
    heat: Option<&'a dyn Heat>,
    linker: Option<&'a dyn Linker>,
    /// Why a function that the code called left it.
    end: Option<End>,
}

impl FaultMap for Vec<Region> {
    fn place(&self, instruction: usize) -> FaultPlace {
        match self.partition_point(|region| region.address <= instruction) {
            0 => FaultPlace::Unknown,
            behind => self[behind - 1].place,
        }
    }
}

/// The addresses of the functions that code calls, and of what debuggers look at.
#[derive(Clone, Copy, Debug)]
pub struct HostFunctions {
    /// `void (ptr state, i8 byte)`: takes a byte of output, when there is no room in the buffer or at any time.
    pub put: usize,
    /// `i32 (ptr state)`: a byte of input, or -1 at its end.
    pub get: usize,
    /// `void (ptr state, ptr bytes, i64 len)`: takes bytes of output.
    pub text: usize,
    /// `void (ptr state, ptr cell, i32 line, i32 column)`: shows the tape.
    pub dump: usize,
    /// `void (ptr state, i32 slot)`: a count is up.
    pub hot: usize,
    /// `ptr (ptr state, i32 link)`: where the code goes on.
    pub follow: usize,
    /// No function, but a variable: while code runs it has the address of the tape.
    pub tape: usize,
}

/// The functions that code calls.
#[must_use]
pub fn host_functions() -> HostFunctions {
    HostFunctions {
        put: put as *const () as usize,
        get: get as *const () as usize,
        text: text as *const () as usize,
        dump: dump as *const () as usize,
        hot: hot as *const () as usize,
        follow: follow as *const () as usize,
        tape: &raw const TAPE as usize,
    }
}

/// The address of the tape on which code runs, for debuggers.
static TAPE: AtomicUsize = AtomicUsize::new(0);

/// Runs `code` on a new tape.
///
/// # Safety
/// `code.entry` is the address of code that follows the contract of `llvm::lower`, was
/// made for `dialect`, and is given guards of at least the width its program needs.
///
/// # Errors
/// Memory, or a timer, cannot be had; the console is lost then.
pub unsafe fn execute(
    code: &Code<'_>,
    dialect: &Dialect,
    console: Console,
    limits: &Limits,
) -> Result<(End, Transcript), MemoryError> {
    // SAFETY: as required of the caller.
    let (end, console) = unsafe { run(code, dialect, console, limits, Shared::default()) }?;
    Ok((end.expect("only trials are given up"), console.finish()))
}

/// How a trial ended.
#[derive(Debug)]
pub enum Trial {
    /// As a run does.
    Ended(End, Transcript),
    /// It took too long, or the system has no timer left. For another run, from the beginning, on a new tape: on this console it
    /// is as if there had been no trial.
    GivenUp(Console),
}

/// Runs `code` on a new tape for at most `time`.
///
/// # Safety
/// As for [`execute`].
///
/// # Errors
/// As for [`execute`].
pub unsafe fn try_out(
    code: &Code<'_>,
    dialect: &Dialect,
    mut console: Console,
    time: Duration,
) -> Result<Trial, MemoryError> {
    console.keep_input();
    let (shared, limits) = (Shared::of_trial(), Limits { time: Some(time) });
    // SAFETY: as required of the caller.
    let (end, console) = unsafe { run(code, dialect, console, &limits, shared) }?;
    Ok(match end {
        Some(end) => Trial::Ended(end, console.finish()),
        None => Trial::GivenUp(console.again()),
    })
}

/// Runs `code`; how that ended, unless it is given up.
///
/// # Safety
/// As for [`execute`].
unsafe fn run(
    code: &Code<'_>,
    dialect: &Dialect,
    console: Console,
    limits: &Limits,
    shared: Shared,
) -> Result<(Option<End>, Console), MemoryError> {
    let tape = Tape::new(dialect, code.guard_bytes)?;
    let [large, medium, small] = STACK_BYTES.map(|bytes| move || Guarded::new(bytes, STACK_GUARD_BYTES));
    let stack = large().or_else(|_| medium()).or_else(|_| small()).map_err(MemoryError::Stack)?;
    let (heat, linker) = (code.heat, code.linker);
    let mut state = Box::new(State { console, shared, tape, heat, linker, end: None });
    for (bounds, memory) in state.shared.guards.iter().zip([&state.tape.memory, &stack]) {
        bounds.set(memory.outer(), [memory.start(), memory.end()]);
    }
    let cell = state.tape.memory.start();
    TAPE.store(cell, Relaxed);
    let raw = &raw mut *state;
    // SAFETY: a `State` at a fixed place.
    unsafe { (*raw).shared.after_delay = Some((open_sites, raw.cast())) };
    let mut session = match Session::begin(&state.shared, limits.time) {
        Ok(session) => session,
        Err(_) if state.shared.is_trial => return Ok((None, state.console)),
        Err(error) => return Err(MemoryError::Timer(error)),
    };
    if let Some((heat, delay)) = heat.and_then(|heat| Some((heat, heat.delay()?)))
        && session.delay(delay).is_err()
    {
        // SAFETY: the code does not run yet. Without timers there is no delay.
        heat.open(&|sites| unsafe { sites::open(sites) });
    }
    // Where that took so long.
    state.shared.do_what_is_due();
    // SAFETY: a `State` at a fixed place, which begins with the buffers; the rest as required of the caller.
    let exit = unsafe { enter(code.entry, &raw const (*raw).shared, raw.cast(), cell, stack.end()) };
    let end = match exit {
        Exit::Returned => End::Finished,
        Exit::Left => match (state.shared.fault_address.load(SeqCst), state.end.take()) {
            (0, Some(end)) => end,
            (0, None) => End::Finished,
            (address, _) if stack.guards(address) => End::StackOverflow,
            (address, _) => {
                let place = code.faults.place(state.shared.fault_instruction.load(SeqCst));
                End::TapeFault(TapeFault { cell: state.tape.cell_at(address), place })
            }
        },
    };
    let State { shared, console, .. } = &mut *state;
    let is_given_up = exit == Exit::Left && matches!(end, End::Finished) && shared.is_given_up();
    let end = settle(end, console, shared);
    // The last output may not have been delivered in time.
    let is_given_up = is_given_up || shared.is_given_up();
    drop(session);
    let State { console, .. } = *state;
    // A request may have come in the meantime.
    let is_final = matches!(end, End::Signal(_) | End::BrokenPipe | End::OutputError(_));
    Ok((Some(end).filter(|_| is_final || !is_given_up), console))
}

/// Delivers the output and lets a request to stop have the last word.
fn settle(end: End, console: &mut Console, shared: &Shared) -> End {
    let delivered = match end {
        End::BrokenPipe | End::OutputError(_) => Ok(()),
        _ => console.flush(shared),
    };
    match (shared.stop_signal().filter(|_| !shared.is_given_up()), end, delivered) {
        (_, end @ End::TapeFault(_), Ok(())) => end,
        (Some(libc::SIGALRM), _, Ok(())) => End::Timeout,
        (Some(signal), _, _) => End::Signal(signal),
        (None, end, Ok(())) => end,
        (None, _, Err(failure)) => failure,
    }
}

/// Lets loops be handed to a better compiler from now on.
///
/// # Safety
/// `state` is a [`State`], whose code runs on this thread, and nothing else of the run is under way.
unsafe fn open_sites(state: *mut ()) {
    // SAFETY: as required of the caller; the field does not change while the code runs.
    let heat = unsafe { (*state.cast::<State<'_>>()).heat };
    if let Some(heat) = heat {
        // SAFETY: as required of the caller.
        heat.open(&|sites| unsafe { sites::open(sites) });
    }
}

/// Does `work` while signals are only noted, then leaves the code if the run has to end.
///
/// # Safety
/// `state` is the one that [`execute`] handed to the code, and the code called us.
unsafe fn native<T>(state: *mut State<'_>, work: impl FnOnce(&mut State<'_>) -> Result<T, End>) -> T {
    // SAFETY: as required of the caller; the code itself only touches the buffers, and not while we are at work.
    let state = unsafe { &mut *state };
    // The handlers run on this thread, so it is the compiler alone that must keep the order.
    state.shared.phase.store(NATIVE, Relaxed);
    compiler_fence(SeqCst);
    match work(state) {
        Ok(value) => {
            // In this order: from the store on a request leaves by itself, one before it was noted.
            compiler_fence(SeqCst);
            state.shared.phase.store(GENERATED, Relaxed);
            compiler_fence(SeqCst);
            if state.shared.is_due() {
                state.shared.phase.store(NATIVE, Relaxed);
                compiler_fence(SeqCst);
                state.shared.do_what_is_due();
                compiler_fence(SeqCst);
                state.shared.phase.store(GENERATED, Relaxed);
                compiler_fence(SeqCst);
            }
            if state.shared.stop_signal().is_some() {
                // SAFETY: as below.
                unsafe { bfllvm_leave(&raw const state.shared) }
            }
            value
        }
        Err(end) => {
            state.end = Some(end);
            // SAFETY: nothing on this frame needs dropping; the code's frames hold nothing.
            unsafe { bfllvm_leave(&raw const state.shared) }
        }
    }
}

extern "C" fn put(state: *mut State<'_>, byte: u8) {
    // SAFETY: the code hands on the state it was given.
    unsafe { native(state, |state| state.console.put(byte, &state.shared)) }
}

extern "C" fn text(state: *mut State<'_>, bytes: *const u8, len: usize) {
    // SAFETY: as above; the bytes are part of the code.
    unsafe {
        let bytes = std::slice::from_raw_parts(bytes, len);
        native(state, |state| state.console.put_all(bytes, &state.shared));
    }
}

extern "C" fn get(state: *mut State<'_>) -> i32 {
    // SAFETY: as above.
    let byte = unsafe { native(state, |state| state.console.get(&state.shared)) };
    byte.map_or(-1, i32::from)
}

extern "C" fn hot(state: *mut State<'_>, slot: u32) {
    // SAFETY: as above.
    unsafe {
        native(state, |state| {
            if let Some(heat) = state.heat {
                heat.counted_out(slot);
            }
            Ok(())
        });
    }
}

extern "C" fn follow(state: *mut State<'_>, link: u32) -> usize {
    let follow = |state: &mut State<'_>| {
        let linker = state.linker.ok_or_else(|| "the code has links and nobody who follows them".to_owned());
        linker.and_then(|linker| linker.follow(link)).map_err(End::NoCode)
    };
    // SAFETY: as above.
    unsafe { native(state, follow) }
}

extern "C" fn dump(state: *mut State<'_>, cell: *const c_void, line: u32, column: u32) {
    // SAFETY: as above.
    unsafe {
        native(state, |state| {
            let cell = state.tape.cell_at(cell as usize);
            show(&window(Position { line, column }, cell, |cell| state.tape.cell(cell)));
            Ok(())
        });
    }
}

/// Shows `line` to whoever debugs; nothing depends on whether somebody does.
fn show(line: &str) {
    use std::io::Write as _;
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// The line that `#` shows.
fn window(place: Position, pointer: i64, value: impl Fn(i64) -> Option<u64>) -> String {
    use std::fmt::Write as _;
    let mut line = format!("# {place} cell {pointer}");
    if value(pointer).is_none() {
        line += " (outside the tape)";
    } else {
        line.push(':');
        for cell in pointer - WINDOW.0..=pointer + WINDOW.1 {
            let _ = match value(cell) {
                Some(value) if cell == pointer => write!(line, " [{value}]"),
                Some(value) => write!(line, " {value}"),
                None => Ok(()),
            };
        }
    }
    line + "\n"
}

/// Bounds on a run of the reference interpreter.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReferenceLimits {
    pub run: Limits,
    /// In operations.
    pub steps: Option<u64>,
}

/// Runs `program` in the reference interpreter; `place` gives an operation's place for `#`. Returns the number
/// of operations as well.
///
/// # Errors
/// The tape, or a timer, cannot be had: the same lengths are refused as for compiled code.
pub fn interpret(
    program: &Program,
    place: &dyn Fn(usize) -> Position,
    dialect: &Dialect,
    console: Console,
    limits: &ReferenceLimits,
) -> Result<(End, Transcript, u64), MemoryError> {
    drop(Tape::new(dialect, 0)?);
    let mut io = InterpreterIo { console, shared: Box::default(), place, end: None };
    let shared: *const Shared = &raw const *io.shared;
    // SAFETY: boxed, and dropped after the session.
    let session = Session::begin(unsafe { &*shared }, limits.run.time).map_err(MemoryError::Timer)?;
    let mut machine = Machine::new(program, dialect);
    let max_steps = limits.steps.unwrap_or(u64::MAX);
    let end = loop {
        let status = machine.run(&mut io, SLICE.min(max_steps - machine.steps()));
        match status {
            Status::Paused if io.shared.stop_signal().is_some() => break End::Finished,
            Status::Paused if machine.steps() == max_steps => break End::StepLimit,
            Status::Paused => {}
            Status::Finished | Status::Arrived => break End::Finished,
            Status::OutOfMemory => break End::OutOfMemory,
            Status::Halted => break io.end.take().unwrap_or(End::Finished),
            Status::Fault { cell, op } => {
                let place = FaultPlace::Command(program.ops[op].span.start);
                break End::TapeFault(TapeFault { cell, place });
            }
        }
    };
    let end = settle(end, &mut io.console, &io.shared);
    drop(session);
    Ok((end, io.console.finish(), machine.steps()))
}

struct InterpreterIo<'a> {
    console: Console,
    shared: Box<Shared>,
    place: &'a dyn Fn(usize) -> Position,
    end: Option<End>,
}

impl InterpreterIo<'_> {
    fn checked<T>(&mut self, outcome: Result<T, End>) -> Result<T, reference::Halt> {
        if self.shared.stop_signal().is_some() {
            return Err(reference::Halt);
        }
        outcome.map_err(|end| {
            self.end = Some(end);
            reference::Halt
        })
    }
}

impl reference::Io for InterpreterIo<'_> {
    fn read(&mut self) -> Result<Option<u8>, reference::Halt> {
        let outcome = self.console.get(&self.shared);
        self.checked(outcome)
    }

    fn write(&mut self, byte: u8) -> Result<(), reference::Halt> {
        let outcome = self.console.put(byte, &self.shared);
        self.checked(outcome)
    }

    fn dump(&mut self, machine: &Machine<'_>, op: usize) -> Result<(), reference::Halt> {
        if !self.console.is_silent() {
            show(&window((self.place)(op), machine.pointer(), |cell| machine.cell(cell)));
        }
        Ok(())
    }
}
