//! The tape: zeroed memory between two inaccessible guards.

use std::ptr::NonNull;

use crate::dialect::{Dialect, PAGE_BYTES};
use crate::ir::Program;

/// How wide each guard is at least, in bytes: room for accesses that LLVM exchanged or merged.
const MIN_GUARD_BYTES: u64 = 1 << 20;

/// How wide the guards on both sides of the tape have to be for `program`, in bytes: twice the largest
/// distance between two accesses and [`MIN_GUARD_BYTES`].
#[must_use]
pub fn guard_bytes(program: &Program) -> u64 {
    let bytes = program.largest_displacement().saturating_mul(2 * program.width.bytes());
    bytes.saturating_add(MIN_GUARD_BYTES).next_multiple_of(PAGE_BYTES)
}

/// Memory for a run, or something else of the system's, cannot be had.
#[derive(Debug)]
pub enum MemoryError {
    Tape {
        cells: u64,
        error: std::io::Error,
    },
    /// For the stack of compiled code.
    Stack(std::io::Error),
    /// For the limit on time.
    Timer(std::io::Error),
}

impl std::fmt::Display for MemoryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MemoryError::Tape { cells, error } => {
                write!(f, "cannot reserve a tape of {cells} cells: {error}; ask for a shorter one with --tape")
            }
            MemoryError::Stack(error) => write!(
                f,
                "cannot reserve the stack for compiled code: {error}; raise the limit on memory, or use --engine=reference"
            ),
            MemoryError::Timer(error) => {
                write!(f, "cannot set a timer for the limit on time: {error}; raise the limit on signals (ulimit -i)")
            }
        }
    }
}

impl std::error::Error for MemoryError {}

/// Memory that is mapped without access, and its middle opened for use.
#[derive(Debug)]
pub(super) struct Guarded {
    base: NonNull<u8>,
    total: usize,
    guard: usize,
}

impl Guarded {
    /// Maps `bytes` between two guards of `guard` bytes; both are multiples of the page size. Memory is
    /// committed when it is touched.
    pub fn new(bytes: u64, guard: u64) -> std::io::Result<Guarded> {
        let out_of_memory = || std::io::Error::from_raw_os_error(libc::ENOMEM);
        let total = guard.checked_mul(2).and_then(|guards| guards.checked_add(bytes)).ok_or_else(out_of_memory)?;
        let total = usize::try_from(total).map_err(|_| out_of_memory())?;
        let (guard, bytes) = (guard as usize, bytes as usize);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new anonymous mapping, of which nobody else knows; unmapped in `drop` alone.
        unsafe {
            let base = libc::mmap(std::ptr::null_mut(), total, libc::PROT_NONE, flags, -1, 0);
            if base == libc::MAP_FAILED {
                return Err(std::io::Error::last_os_error());
            }
            let base = NonNull::new(base.cast::<u8>()).ok_or_else(out_of_memory)?;
            let guarded = Guarded { base, total, guard };
            let middle = base.as_ptr().add(guard).cast();
            if libc::mprotect(middle, bytes, libc::PROT_READ | libc::PROT_WRITE) != 0 {
                return Err(std::io::Error::last_os_error());
            }
            Ok(guarded)
        }
    }

    /// The first byte that may be accessed.
    pub fn start(&self) -> usize {
        self.base.as_ptr() as usize + self.guard
    }

    /// The first byte behind those that may be accessed.
    pub fn end(&self) -> usize {
        self.base.as_ptr() as usize + self.total - self.guard
    }

    /// The bounds of the mapping, guards included.
    pub fn outer(&self) -> [usize; 2] {
        let base = self.base.as_ptr() as usize;
        [base, base + self.total]
    }

    /// Whether `address` is in one of the guards.
    pub fn guards(&self, address: usize) -> bool {
        let [start, end] = self.outer();
        (start..end).contains(&address) && !(self.start()..self.end()).contains(&address)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this size.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.total) };
    }
}

/// The tape of a run.
#[derive(Debug)]
pub(super) struct Tape {
    pub memory: Guarded,
    pub cells: u64,
    pub cell_bytes: u64,
}

impl Tape {
    pub fn new(dialect: &Dialect, guard_bytes: u64) -> Result<Tape, MemoryError> {
        let cells = dialect.tape_cells();
        let bytes = dialect.tape_bytes().ok_or_else(|| std::io::Error::from_raw_os_error(libc::ENOMEM));
        let memory = bytes.and_then(|bytes| Guarded::new(bytes, guard_bytes));
        let memory = memory.map_err(|error| MemoryError::Tape { cells, error })?;
        Ok(Tape { memory, cells, cell_bytes: dialect.width.bytes() })
    }

    /// The index of the cell at `address`, which may lie off the tape.
    pub fn cell_at(&self, address: usize) -> i64 {
        let distance = address as i64 - self.memory.start() as i64;
        distance.div_euclid(self.cell_bytes as i64)
    }

    /// The value of `cell`, or `None` off the tape.
    pub fn cell(&self, cell: i64) -> Option<u64> {
        let index = u64::try_from(cell).ok().filter(|&index| index < self.cells)?;
        let address = self.memory.start() + (index * self.cell_bytes) as usize;
        // SAFETY: within the mapping, aligned to the cell's size, and of plain integers.
        unsafe {
            Some(match self.cell_bytes {
                1 => u64::from(*(address as *const u8)),
                2 => u64::from(*(address as *const u16)),
                4 => u64::from(*(address as *const u32)),
                _ => *(address as *const u64),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{CellWidth, Eof};

    #[test]
    fn cells_are_found_by_address() {
        let tape = Tape::new(&Dialect::new(CellWidth::W32, Eof::Same, 100), 1 << 20).unwrap();
        let start = tape.memory.start();
        assert_eq!(tape.cell_at(start + 4 * 7), 7);
        assert_eq!(tape.cell_at(start - 1), -1);
        assert_eq!(tape.cell_at(start - 4), -1);
        assert_eq!(tape.cell_at(start - 5), -2);
        assert_eq!(tape.cell(0), Some(0));
        assert_eq!(tape.cell(1024), None);
        assert_eq!(tape.cell(-1), None);
        assert!(tape.memory.guards(start - 1) && tape.memory.guards(start + 4096));
        assert!(!tape.memory.guards(start) && !tape.memory.guards(start - (1 << 20) - 1));
    }

    #[test]
    fn a_tape_beyond_all_memory_is_an_error() {
        assert!(Tape::new(&Dialect::new(CellWidth::W64, Eof::Same, u64::MAX), 1 << 20).is_err());
        assert!(Tape::new(&Dialect::new(CellWidth::W8, Eof::Same, 1 << 60), 1 << 20).is_err());
    }
}
