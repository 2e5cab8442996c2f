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

#[expect(improper_ctypes, reason = "only the first fields are known there")]
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

// Debuggers find the way from the code to us by the notes on frames (`.cfi_…`): while the code runs on its own stack, `rbx`
// leads to the stack pointer that was, 48 bytes of saved registers and the return address below the frame's end.
//
// The first word of what is shared with the handlers keeps the stack pointer to come back to, the byte behind it the phase: it
// says "generated" exactly while coming back is possible. At offset 12 stands the request to stop.
std::arch::global_asm!(
    ".text",
    ".globl bfllvm_enter",
    ".hidden bfllvm_enter",
    ".type bfllvm_enter, @function",
    "bfllvm_enter:",
    ".cfi_startproc",
    "push rbx",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset rbx, 0",
    "push rbp",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset rbp, 0",
    "push r12",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset r12, 0",
    "push r13",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset r13, 0",
    "push r14",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset r14, 0",
    "push r15",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset r15, 0",
    "mov rbx, rsi",
    "mov rax, rdi",
    "mov rdi, r8",
    "mov rsi, rdx",
    "mov [rbx], rsp",
    ".cfi_remember_state",
    "mov rsp, rcx",
    // DW_CFA_def_cfa_expression, 5 bytes: DW_OP_breg3 (rbx) 0, DW_OP_deref, DW_OP_plus_uconst 56.
    ".cfi_escape 0x0f, 5, 0x73, 0, 0x06, 0x23, 56",
    "mov byte ptr [rbx + 8], {generated}",
    // A request that came before the phase was set has only been noted.
    "cmp dword ptr [rbx + 12], 0",
    "jne 3f",
    "call rax",
    "mov byte ptr [rbx + 8], {idle}",
    "mov rsp, [rbx]",
    ".cfi_restore_state",
    "xor eax, eax",
    "2:",
    ".cfi_remember_state",
    "pop r15",
    ".cfi_adjust_cfa_offset -8",
    ".cfi_restore r15",
    "pop r14",
    ".cfi_adjust_cfa_offset -8",
    ".cfi_restore r14",
    "pop r13",
    ".cfi_adjust_cfa_offset -8",
    ".cfi_restore r13",
    "pop r12",
    ".cfi_adjust_cfa_offset -8",
    ".cfi_restore r12",
    "pop rbp",
    ".cfi_adjust_cfa_offset -8",
    ".cfi_restore rbp",
    "pop rbx",
    ".cfi_adjust_cfa_offset -8",
    ".cfi_restore rbx",
    "ret",
    "3:",
    ".cfi_restore_state",
    ".cfi_escape 0x0f, 5, 0x73, 0, 0x06, 0x23, 56",
    "mov rdi, rbx",
    "jmp bfllvm_leave",
    ".cfi_endproc",
    ".size bfllvm_enter, . - bfllvm_enter",
    ".globl bfllvm_leave",
    ".hidden bfllvm_leave",
    ".type bfllvm_leave, @function",
    "bfllvm_leave:",
    "mov byte ptr [rdi + 8], {idle}",
    "mov rsp, [rdi]",
    "mov eax, 1",
    "cld",
    "jmp 2b",
    ".size bfllvm_leave, . - bfllvm_leave",
    generated = const GENERATED,
    idle = const IDLE,
);
