//! Into machine code and out of it.
//!
//! `bfllvm_enter` switches to the code's own stack and calls it. The code comes back by returning, or
//! because somebody jumps to `bfllvm_leave`: a signal handler by changing the interrupted context, or a
//! function that the code called. Leaving drops the frames in between without running anything of theirs.

use super::buffers::Buffers;
use super::signals::{GENERATED, IDLE, Shared};

/// How the code came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Returned,
    Left,
}

unsafe extern "C" {
    fn bfllvm_enter(entry: usize, shared: *const Shared, cell: usize, stack_end: usize, state: *mut Buffers) -> u64;
    pub(super) fn bfllvm_leave(shared: *const Shared) -> !;
}

/// Calls the code at `entry` with `state` and the pointer at `cell`, on the stack that ends at `stack_end`.
///
/// # Safety
/// `entry` is a function of type `ptr (ptr, ptr)`; `shared` and `state` are valid and not moved until this
/// returns; the stack is mapped memory, its end aligned to 16 bytes.
pub(super) unsafe fn enter(
    entry: usize,
    shared: *const Shared,
    state: *mut Buffers,
    cell: usize,
    stack_end: usize,
) -> Exit {
    // SAFETY: as required of the caller.
    match unsafe { bfllvm_enter(entry, shared, cell, stack_end, state) } {
        0 => Exit::Returned,
        _ => Exit::Left,
    }
}

// The first word of what is shared with the handlers keeps the stack pointer to come back to, the byte behind it the phase: it
// says "generated" exactly while coming back is possible. At offset 12 stands the request to stop.
std::arch::global_asm!(
    ".text",
    ".globl bfllvm_enter",
    ".hidden bfllvm_enter",
    "bfllvm_enter:",
    "push rbx",
    "push rbp",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "mov rbx, rsi",
    "mov rax, rdi",
    "mov rdi, r8",
    "mov rsi, rdx",
    "mov [rbx], rsp",
    "mov rsp, rcx",
    "mov byte ptr [rbx + 8], {generated}",
    // A request that came before the phase was set has only been noted.
    "cmp dword ptr [rbx + 12], 0",
    "jne 3f",
    "call rax",
    "mov byte ptr [rbx + 8], {idle}",
    "mov rsp, [rbx]",
    "xor eax, eax",
    "2:",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbp",
    "pop rbx",
    "ret",
    "3:",
    "mov rdi, rbx",
    "jmp bfllvm_leave",
    ".globl bfllvm_leave",
    ".hidden bfllvm_leave",
    "bfllvm_leave:",
    "mov byte ptr [rdi + 8], {idle}",
    "mov rsp, [rdi]",
    "mov eax, 1",
    "cld",
    "jmp 2b",
    generated = const GENERATED,
    idle = const IDLE,
);
