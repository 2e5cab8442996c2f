//! Where loops go on: the memory through which machine code and whoever replaces parts of it meet.
//!
//! Code jumps through a loop's slot at the loop's head, once the [site](super::sites) there is open. It leads to code that
//! counts, or to the loop's body, and in the end to code that calls a function which runs the loop to its end. From then on
//! all that changes is the slot, by a single store.
//!
//! # Why two threads may
//!
//! Generated code reads slots with plain instructions. On x86-64 these are whole where they are aligned, as fields are, a
//! load acquires, a store releases, and stores are seen in the order in which they were made. That leaves to each
//! field:
//!
//! * `function` is stored once, before the one store to `target` that leads to it (both `Release`, or the compiler might
//!   exchange them). Only code behind that `target` reads it.
//! * `target` leads to counting, to the body, to either again, and in the end to calling. Both threads store it, under the engine's
//!   lock and after a look at the loop's state there, so the running thread cannot take back what the compile thread published.
//!   Code that still sees the old value goes once more around the old way, which is right at any time.
//! * `count` is the running thread's: its code counts down, without a lock prefix, and the host sets it when it opens the sites,
//!   before the store to `target` that leads to counting, and anew when that code calls.
//! * The code of a loop may be made while the program runs, by its own thread; until then nothing reads the slot. That thread
//!   stores `count` and `target` like anybody, under the lock, before the code is run.
//! * The function's instructions are written, and made executable, before they are published. They lie where no code
//!   was that the running thread could have fetched: a page becomes executable after it was written, and what has been
//!   published is neither changed nor freed while the program runs.

use std::io::Error;
use std::sync::atomic::{AtomicU32, AtomicUsize};
use std::time::Duration;

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
    /// The instruction at the head: see [`sites`](super::sites).
    pub site: usize,
    /// Calls the slot's function instead.
    pub calling: usize,
}

/// Told of loops whose code is there.
pub trait SlotTable {
    /// From now on the code of these loops may run: their slots, given by number, have to lead somewhere.
    fn place(&self, targets: &[(u32, Targets)]);

    /// Whether sites in new code are open from the start.
    fn is_open(&self) -> bool;
}

/// Sites: their addresses, with the numbers of the slots.
pub type Sites<'a> = dyn Iterator<Item = (usize, u32)> + 'a;

/// Asked by the code when a count is up.
pub trait Heat {
    /// The count of the loop with this slot is up. The code looks at the slot again afterwards.
    fn counted_out(&self, slot: u32);

    /// How long after its start the run is to [`open`](Heat::open) the sites, if they are closed and ever to be opened.
    fn delay(&self) -> Option<Duration>;

    /// Has the sites of all code that is there opened by `change`, which is given their addresses and slots.
    fn open(&self, change: &dyn Fn(&mut Sites<'_>) -> Result<(), Error>);
}
