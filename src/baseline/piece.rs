//! Code that was made in one go: all of a program's, or a chunk's, in memory; and the links that lead from one to the other.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use dynasmrt::AssemblyOffset;
use dynasmrt::mmap::{ExecutableBuffer, MutableBuffer};

use super::BaselineError;
use super::notes::Notes;
use super::translate::Translated;
use crate::ir::{Kind, Op, Program};
use crate::runtime::FaultPlace;
use crate::runtime::slots::Targets;
use crate::source::Source;

/// From this offset of the code on, the code belongs to the loop or condition whose head this is, if there is one in this code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub offset: u32,
    pub head: Option<u32>,
}

/// The code of an operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub op: u32,
    pub offset: u32,
}

/// A way out of a piece. The code has its address, and jumps to `target`: at first to code that asks where the way leads.
#[derive(Debug)]
pub(super) struct Link {
    pub target: AtomicUsize,
    /// The operation with which the program goes on.
    pub op: u32,
}

/// The links of all pieces, by number. They keep their addresses.
#[derive(Debug, Default)]
#[expect(clippy::vec_box, reason = "the code has their addresses")]
pub(super) struct Links(RefCell<Vec<Box<Link>>>);

impl Links {
    /// A new link to `op`: its number, and the address of its target.
    pub fn add(&self, op: u32) -> (u32, usize) {
        let mut links = self.0.borrow_mut();
        let link = Box::new(Link { target: AtomicUsize::new(0), op });
        let address = link.target.as_ptr() as usize;
        links.push(link);
        (links.len() as u32 - 1, address)
    }

    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// The operation to which the link leads.
    pub fn op(&self, link: u32) -> u32 {
        self.0.borrow()[link as usize].op
    }

    /// Lets these links lead to the code at `address`.
    pub fn lead(&self, links: Range<usize>, address: usize) {
        self.0.borrow()[links].iter().for_each(|link| link.target.store(address, Relaxed));
    }
}

/// Machine code in memory.
#[derive(Debug)]
pub(super) struct Piece {
    memory: ExecutableBuffer,
    /// The loops that its parts belong to; what comes before are routines.
    pub places: Vec<Place>,
    /// Where it may be come to from other pieces.
    entries: Vec<Entry>,
    /// From these on, in the order of the code, what stands around code outside of all loops in it is another loop.
    outside: Vec<Entry>,
    /// Where links lead whose way is not known, as an offset.
    asking: Option<u32>,
    /// How many operations it is the code of.
    pub ops: usize,
}

/// A new piece, and what was found out on the way.
pub(super) struct Loaded {
    pub piece: Piece,
    /// Where its slots, by number, may lead.
    pub targets: Vec<(u32, Targets)>,
    pub notes: Notes,
}

impl Piece {
    /// Puts code into memory that is executable, and not writable any more.
    ///
    /// # Errors
    /// There is no such memory.
    pub fn load(code: Translated) -> Result<Loaded, BaselineError> {
        let Translated { bytes, places, entries, outside, asking, targets, ops, notes } = code;
        let memory = executable(&bytes).map_err(BaselineError::Memory)?;
        let piece = Piece { memory, places, entries, outside, asking, ops };
        let base = piece.address();
        let targets = targets.into_iter().map(|(slot, Targets { counting, body, site, calling })| {
            let [counting, body, site, calling] = [counting, body, site, calling].map(|offset| base + offset);
            (slot, Targets { counting, body, site, calling })
        });
        Ok(Loaded { targets: targets.collect(), piece, notes })
    }

    /// Where it begins.
    pub fn address(&self) -> usize {
        self.memory.ptr(AssemblyOffset(0)) as usize
    }

    pub fn bytes(&self) -> usize {
        self.memory.len()
    }

    /// Where it may be come to from elsewhere: the operations, and the addresses of their code.
    pub fn entries(&self) -> impl Iterator<Item = (u32, usize)> {
        self.entries.iter().map(|entry| (entry.op, self.address() + entry.offset as usize))
    }

    /// The address of the code that asks where a link leads.
    pub fn asking(&self) -> Option<usize> {
        self.asking.map(|offset| self.address() + offset as usize)
    }

    /// The place of an instruction, if that is one of the piece. `program` and `source` are those that were compiled.
    pub fn place(&self, instruction: usize, program: &Program, source: &Source) -> FaultPlace {
        let Some(offset) = instruction.checked_sub(self.address()).filter(|&offset| offset < self.bytes()) else {
            return FaultPlace::Unknown;
        };
        match self.places.partition_point(|place| place.offset as usize <= offset) {
            // Shared routines.
            0 => FaultPlace::Unknown,
            behind => {
                let head = self.places[behind - 1].head.or_else(|| {
                    let behind = self.outside.partition_point(|entry| entry.offset as usize <= offset);
                    head_around(&program.ops, self.outside[behind.checked_sub(1)?].op)
                });
                FaultPlace::Loop(head.map(|head| source.position(program.ops[head as usize].span.start)))
            }
        }
    }
}

/// The head of the innermost loop or condition around the operation at `index`.
fn head_around(ops: &[Op], index: u32) -> Option<u32> {
    let mut index = index as usize;
    loop {
        index = match ops.get(index)?.kind {
            Kind::LoopEnd { start } | Kind::IfEnd { start } => return Some(start),
            Kind::Loop { end, .. } | Kind::If { end, .. } => end as usize + 1,
            Kind::Add { .. }
            | Kind::Set { .. }
            | Kind::MulAdd { .. }
            | Kind::Copy { .. }
            | Kind::Product { .. }
            | Kind::MinAdd { .. }
            | Kind::Move { .. }
            | Kind::Scan { .. }
            | Kind::Walk { .. }
            | Kind::Count(_)
            | Kind::Divide { .. }
            | Kind::Ripple { .. }
            | Kind::Hold { .. }
            | Kind::AddHeld { .. }
            | Kind::Release { .. }
            | Kind::Input { .. }
            | Kind::Output { .. }
            | Kind::Text { .. }
            | Kind::Dump { .. } => index + 1,
        };
    }
}

fn executable(bytes: &[u8]) -> std::io::Result<ExecutableBuffer> {
    let mut buffer = MutableBuffer::new(bytes.len())?;
    buffer.set_len(bytes.len());
    buffer.copy_from_slice(bytes);
    buffer.make_exec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::text;

    #[test]
    fn what_stands_around_is_found_from_within() {
        let code = "cells 8\nadd [0] 1\nloop [0]\nif [1]\nadd [1] 1\nend\nset [0] 0\nend\nadd [0] 1";
        let program = text::parse(code).unwrap();
        let heads: Vec<_> = (0..=8).map(|index| head_around(&program.ops, index)).collect();
        assert_eq!(heads, [None, None, Some(1), Some(2), Some(2), Some(1), Some(1), None, None]);
    }
}
