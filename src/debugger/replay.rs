//! A run that can be gone back in: snapshots of the machine, and everything in between done again.
//!
//! A program does the same again as long as it reads the same, so the input is recorded, and the output is delivered
//! only the first time. Snapshots are taken at a distance that doubles when there are too many of them or they take too much
//! memory, every other one being dropped then: memory is bounded, and going back costs the steps since the snapshot before.

use crate::dialect::Dialect;
use crate::ir::Program;
use crate::reference::{Halt, Io, Machine, Status};

use super::Host;

/// How many steps are between two snapshots at first.
const FIRST_DISTANCE: u64 = 1 << 14;

/// How many snapshots are kept, and how many bytes of tape in all of them.
const MAX_SNAPSHOTS: usize = 256;
const MAX_SNAPSHOT_BYTES: usize = 256 << 20;

/// How much of the output is kept to be looked at, in bytes: its beginning.
const MAX_KEPT_OUTPUT: usize = 16 << 20;

/// How many steps are made between two looks at whether to stop.
const SLICE: u64 = 1 << 20;

/// How a step went, if not as ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// There is no next command.
    End,
    /// The next command accesses this cell, which is not on the tape.
    Fault {
        cell: i64,
    },
    /// The host did not want to read or write.
    Halted,
    OutOfMemory,
    Interrupted,
}

/// What the program read and wrote.
#[derive(Debug, Default)]
struct Journal {
    input: Vec<u8>,
    input_ended: bool,
    /// The first part of the output.
    output: Vec<u8>,
    /// How many bytes were delivered, ever.
    delivered: u64,
    /// How many steps were made, ever.
    frontier: u64,
    /// At this point of the run: how much was read and written.
    place: Place,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    read: usize,
    written: u64,
}

#[derive(Debug)]
struct Snapshot<'p> {
    machine: Machine<'p>,
    place: Place,
}

fn tape_bytes(machine: &Machine<'_>) -> usize {
    size_of_val(machine.tape())
}

/// A run, at some point of it.
#[derive(Debug)]
pub struct Replay<'p> {
    machine: Machine<'p>,
    journal: Journal,
    /// In the order of their steps; the first is the start.
    snapshots: Vec<Snapshot<'p>>,
    distance: u64,
}

impl<'p> Replay<'p> {
    #[must_use]
    pub fn new(program: &'p Program, dialect: &Dialect) -> Replay<'p> {
        let machine = Machine::new(program, dialect);
        let start = Snapshot { machine: machine.clone(), place: Place::default() };
        Replay { machine, journal: Journal::default(), snapshots: vec![start], distance: FIRST_DISTANCE }
    }

    #[must_use]
    pub fn machine(&self) -> &Machine<'p> {
        &self.machine
    }

    /// The last step that was ever made.
    #[must_use]
    pub fn frontier(&self) -> u64 {
        self.journal.frontier
    }

    /// How many bytes the program has read and written up to here.
    #[must_use]
    pub fn transferred(&self) -> (usize, u64) {
        (self.journal.place.read, self.journal.place.written)
    }

    /// The output up to here, as far as it is kept.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        let written = usize::try_from(self.journal.place.written).unwrap_or(usize::MAX);
        &self.journal.output[..written.min(self.journal.output.len())]
    }

    /// Makes one step.
    ///
    /// # Errors
    /// No step was made.
    pub fn step(&mut self, host: &mut dyn Host) -> Result<(), Obstacle> {
        self.steps(1, host)
    }

    /// Makes `count` steps, or none if the first of them cannot be made, or as many as can be.
    fn steps(&mut self, count: u64, host: &mut dyn Host) -> Result<(), Obstacle> {
        let before = self.machine.steps();
        self.keep();
        let mut io = Recording { journal: &mut self.journal, host };
        let status = self.machine.run(&mut io, count);
        self.journal.frontier = self.journal.frontier.max(self.machine.steps());
        match status {
            Status::Paused | Status::Arrived => Ok(()),
            // The last step brought it to its end.
            Status::Finished if self.machine.steps() == before + count => Ok(()),
            Status::Finished => Err(Obstacle::End),
            Status::Fault { cell, .. } => Err(Obstacle::Fault { cell }),
            Status::Halted => Err(Obstacle::Halted),
            Status::OutOfMemory => Err(Obstacle::OutOfMemory),
        }
    }

    /// Goes to the point after so many steps, which must have been reached before.
    ///
    /// # Errors
    /// [`Obstacle::Interrupted`]: it is somewhere on the way.
    pub fn seek(&mut self, step: u64, host: &mut dyn Host) -> Result<(), Obstacle> {
        debug_assert!(step <= self.frontier());
        let base = self.snapshots.partition_point(|snapshot| snapshot.machine.steps() <= step) - 1;
        let here = self.machine.steps();
        if here > step || here < self.snapshots[base].machine.steps() {
            self.restore(base);
        }
        while self.machine.steps() < step {
            if host.is_interrupted() {
                return Err(Obstacle::Interrupted);
            }
            self.steps((step - self.machine.steps()).min(SLICE).min(self.distance), host)?;
        }
        Ok(())
    }

    /// Goes to the last snapshot before the point after `step` steps, which is not the start.
    pub fn seek_snapshot_before(&mut self, step: u64) {
        let base = self.snapshots.partition_point(|snapshot| snapshot.machine.steps() < step) - 1;
        self.restore(base);
    }

    fn restore(&mut self, index: usize) {
        let snapshot = &self.snapshots[index];
        self.machine = snapshot.machine.clone();
        self.journal.place = snapshot.place;
    }

    /// Takes a snapshot if it is time for one.
    fn keep(&mut self) {
        let last = self.snapshots.last().map_or(0, |snapshot| snapshot.machine.steps());
        if self.machine.steps() < last + self.distance {
            return;
        }
        let bytes: usize = self.snapshots.iter().map(|snapshot| tape_bytes(&snapshot.machine)).sum();
        if self.snapshots.len() >= MAX_SNAPSHOTS || bytes + tape_bytes(&self.machine) > MAX_SNAPSHOT_BYTES {
            let mut index = 0;
            self.snapshots.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.distance *= 2;
        } else {
            self.snapshots.push(Snapshot { machine: self.machine.clone(), place: self.journal.place });
        }
    }
}

/// Records what is read and written the first time, and repeats it from then on.
struct Recording<'a> {
    journal: &'a mut Journal,
    host: &'a mut dyn Host,
}

impl Io for Recording<'_> {
    fn read(&mut self) -> Result<Option<u8>, Halt> {
        let journal = &mut *self.journal;
        if journal.place.read == journal.input.len() && !journal.input_ended {
            match self.host.read()? {
                Some(byte) => journal.input.push(byte),
                None => journal.input_ended = true,
            }
        }
        let byte = journal.input.get(journal.place.read).copied();
        journal.place.read += usize::from(byte.is_some());
        Ok(byte)
    }

    fn write(&mut self, byte: u8) -> Result<(), Halt> {
        let journal = &mut *self.journal;
        if journal.place.written == journal.delivered {
            self.host.write(byte)?;
            journal.delivered += 1;
            if journal.output.len() < MAX_KEPT_OUTPUT {
                journal.output.push(byte);
            }
        }
        journal.place.written += 1;
        Ok(())
    }

    fn dump(&mut self, machine: &Machine<'_>, _op: usize) -> Result<(), Halt> {
        if machine.steps() >= self.journal.frontier {
            self.host.show(&super::show::tape(machine, super::show::WINDOW));
        }
        Ok(())
    }
}
