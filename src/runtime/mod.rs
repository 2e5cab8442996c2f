//! Runs code on a tape: memory, input and output, faults, signals, limits.
//!
//! Knows the operating system, and of programs only the guards they need; nothing of operations or LLVM. Two
//! kinds of code run here: machine code, through [`execute`], and the reference interpreter, which
//! shares the [`console::Console`] and the signals.

pub mod buffers;
pub mod console;
mod enter;
pub mod execute;
pub mod interrupt;
pub mod object;
mod process;
pub mod sampling;
pub mod signals;
pub mod sites;
pub mod slots;
pub mod tape;

pub use process::{
    LastWords, Output, address_space_left, exit_at_once, forget_preparations, leave_last_words, lower_priority,
    prepare, prepare_to_serve, processors, thread_time,
};

use crate::source::Position;

/// How a run ended.
#[derive(Debug)]
pub enum End {
    /// The program ended.
    Finished,
    /// The program accessed this cell, which is not on the tape.
    TapeFault(TapeFault),
    /// Loops nest so deep that the stack of the compiled code is used up.
    StackOverflow,
    /// There is no memory for the part of the tape that the program uses.
    OutOfMemory,
    /// Code that was to be made on the way cannot be had: why.
    NoCode(String),
    /// A signal asked the process to stop.
    Signal(i32),
    /// The time is up.
    Timeout,
    /// The operations are used up.
    StepLimit,
    /// The program was about to write more bytes than allowed.
    OutputLimit,
    /// Whoever reads the output went away.
    BrokenPipe,
    /// The output cannot be written.
    OutputError(std::io::Error),
    /// The input cannot be read.
    InputError(std::io::Error),
}

/// An access to a cell that is not on the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TapeFault {
    pub cell: i64,
    pub place: FaultPlace,
}

/// Where in the source an access happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPlace {
    /// The command at this offset.
    Command(u32),
    /// Somewhere in the code of the loop at this place, or outside of all loops.
    Loop(Option<Position>),
    Unknown,
}

/// Bounds on a run. The console bounds the output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    pub time: Option<std::time::Duration>,
}
