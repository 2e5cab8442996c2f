//! Where loops go on: the memory through which machine code and whoever replaces parts of it meet.
//!
//! Code jumps through a loop's slot at the loop's head. It first leads to code that counts, then to the loop's
//! body, and in the end to code that calls a function which runs the loop to its end. All that ever
//! changes is the slot, by a single store.

use std::sync::atomic::{AtomicU32, AtomicUsize};

/// A loop's slot. The layout is known to generated code.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Slot {
    /// Where the code jumps.
    pub target: AtomicUsize,
    /// A function `ptr (ptr state, ptr cell)` that runs the loop.
    pub function: AtomicUsize,
    /// How many more times the head may be passed before the count is up.
    pub count: AtomicU32,
}

/// Addresses in code, for one loop.
#[derive(Clone, Copy, Debug)]
pub struct Targets {
    /// Counts, and goes on with the body.
    pub counting: usize,
    pub body: usize,
    /// Calls the slot's function instead.
    pub calling: usize,
}

/// Asked by the code when a count is up.
pub trait Heat {
    /// The count of the loop with this slot is up. The code looks at the slot again afterwards.
    fn counted_out(&self, slot: u32);
}
