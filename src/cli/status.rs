//! Exit statuses, in one table. Executables that we build follow it too.

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Success,
    /// The source or the system is at fault.
    Error,
    /// The command line is wrong; clap exits with the same number.
    Usage,
    TapeFault,
    /// A limit was reached.
    Limit,
    /// This signal asked us to stop: 128 and its number, as shells have it.
    Signal(i32),
    /// What was compiled does not do what the program means: a bug of ours. A panic ends the process with the same number.
    Bug,
    /// Whoever read the output went away: what a shell makes of SIGPIPE.
    BrokenPipe,
}

impl Status {
    pub fn code(self) -> u8 {
        match self {
            Status::Success => 0,
            Status::Error => 1,
            Status::Usage => 2,
            Status::TapeFault => 3,
            Status::Limit => 4,
            Status::Bug => 101,
            Status::Signal(signal) => 128u8.wrapping_add(signal as u8),
            Status::BrokenPipe => 141,
        }
    }
}
