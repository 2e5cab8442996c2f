//! Loops of a program as a program of their own.

use std::sync::Arc;

use crate::ir::Program;
use crate::ir::loops::LoopRange;
use crate::level::{Level, Start};
use crate::runtime::tape::guard_bytes;

/// A program whose loops are compiled while it runs.
pub struct Parts {
    pub program: Arc<Program>,
    /// How wide the guards are with which it runs, in bytes.
    pub guard_bytes: u64,
    pub level: Level,
    /// How the program was made: which passes a loop still needs.
    pub start: Start,
}

impl Parts {
    /// These loops, one behind the other, after the passes that they still need.
    #[must_use]
    pub fn together(&self, ranges: &[LoopRange]) -> Program {
        let &Parts { ref program, level, start, .. } = self;
        let parts = ranges.iter().map(|range| {
            let part = level.finish_part(start, program.part(range));
            part.as_loop(program.ops[range.head as usize])
        });
        let whole = Program::joined(program.width, parts);
        // Moves that were taken together may lead farther than the run's guards are wide.
        if guard_bytes(&whole) > self.guard_bytes {
            return Program::joined(program.width, ranges.iter().map(|range| program.part(range)));
        }
        whole
    }
}
