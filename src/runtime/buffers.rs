//! The part of the state that compiled code knows: two buffers, one for output and one for input.
//!
//! Compiled code is handed the address of a [`Buffers`] as its state. It puts a byte out and takes one in by
//! itself as long as there is room, or input at hand, and otherwise calls the host:
//!
//! ```text
//! put(byte):  next = [state + OUT_NEXT]                 get():  next = [state + IN_NEXT]
//!             if next == [state + OUT_END]                      if next == [state + IN_END]
//!                 overflow(state, byte)                             underflow(state)
//!             else                                              else
//!                 [next] = byte                                     [state + IN_NEXT] = next + 1
//!                 [state + OUT_NEXT] = next + 1                     [next]
//! ```
//!
//! The rules that code has to keep:
//!
//! * A signal or a fault may end the run between any two instructions, and what is delivered then is what lies
//!   before `out_next` in memory. So each byte is stored first and `out_next` right behind it, byte by byte
//!   or block by block, before the next access to the tape and before the next loop.
//! * Both ends may change in every call of the host; nothing is kept across calls.
//! * The ends need not be those of the memory: a limit on the output ends the buffer early, and on a terminal it
//!   has no room at all, so that the host sees every byte. The host's functions may be called at any
//!   time, not only when a buffer is full or empty.

use std::mem::offset_of;

/// The first fields of the state, at fixed offsets.
#[derive(Debug)]
#[repr(C)]
pub struct Buffers {
    /// Where the next byte of output goes.
    pub(super) out_next: *mut u8,
    /// Behind the last byte that may be put out without the host.
    pub(super) out_end: *mut u8,
    /// The next byte of input.
    pub(super) in_next: *const u8,
    /// Behind the input that is at hand.
    pub(super) in_end: *const u8,
}

/// The offsets of the fields from the address of the state, in bytes.
pub const OUT_NEXT: usize = offset_of!(Buffers, out_next);
pub const OUT_END: usize = offset_of!(Buffers, out_end);
pub const IN_NEXT: usize = offset_of!(Buffers, in_next);
pub const IN_END: usize = offset_of!(Buffers, in_end);

// The type `%Buffers` in the IR of `llvm` has four pointers in this order.
const _: () = assert!(OUT_NEXT == 0 && OUT_END == 8 && IN_NEXT == 16 && IN_END == 24);
