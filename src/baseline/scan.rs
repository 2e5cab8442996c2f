//! Scans by blocks: routines that look for the next cell with some value, 32 bytes at a time.
//!
//! Most scans end after a few steps, which the code makes one by one before it calls a routine. Blocks are
//! aligned, so that none reaches into another page than the cells that the scan would look at; and before a
//! block is read, the first cell of it that the scan looks at is, so that a fault names that cell.

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi as _, dynasm};

use super::emitter::Emitter;
use crate::dialect::CellWidth;
use crate::ir::{Kind, Op};

/// The size of a block, in bytes.
const BLOCK_BYTES: u64 = 32;

/// How many steps are made one by one before a routine is called, and how many before a scan branches back that
/// no routine can do.
pub(super) const SINGLE_STEPS: i64 = 6;
pub(super) const UNROLLED_STEPS: i64 = 4;

/// The routines.
#[derive(Clone, Copy)]
pub(super) struct Scans {
    pub right: DynamicLabel,
    pub left: DynamicLabel,
}

/// Whether scans with this stride, in cells, can go by blocks: each block has at least two of its cells, and the
/// same ones in every block.
pub(super) fn is_blockwise(stride: i32, width: CellWidth) -> bool {
    let stride = u64::from(stride.unsigned_abs());
    stride.is_power_of_two() && 2 * stride * width.bytes() <= BLOCK_BYTES
}

/// A bit for the first byte of every cell of a block whose number is a multiple of the stride.
pub(super) fn pattern(stride: i32, width: CellWidth) -> u32 {
    let step = u64::from(stride.unsigned_abs()) * width.bytes();
    (0..BLOCK_BYTES).step_by(step as usize).map(|byte| 1 << byte).sum()
}

/// Emits the routines if operations on cells of this width need them.
///
/// They take the address of the first cell to look at in `rsi`, the pattern in `ecx`, the stride without its
/// sign, in bytes, in `edx`, and cells of the value in `xmm0`; they return the address of the cell in `rax`, and
/// leave `rbx` and `r12` to `r15` alone.
pub(super) fn emit(emitter: &mut Emitter, ops: &[Op], width: CellWidth) -> Option<Scans> {
    let needs = |kind| match kind {
        Kind::Scan { stride, .. } | Kind::Walk { stride, .. } => is_blockwise(stride, width),
        Kind::Add { .. }
        | Kind::Set { .. }
        | Kind::MulAdd { .. }
        | Kind::Copy { .. }
        | Kind::Product { .. }
        | Kind::Move { .. }
        | Kind::Count(_)
        | Kind::Input { .. }
        | Kind::Output { .. }
        | Kind::Text { .. }
        | Kind::Dump { .. }
        | Kind::Loop { .. }
        | Kind::LoopEnd { .. }
        | Kind::If { .. }
        | Kind::IfEnd { .. } => false,
    };
    if !ops.iter().any(|op| needs(op.kind)) {
        return None;
    }
    let scans = Scans { right: emitter.label(), left: emitter.label() };
    // r8: the block; r9: the number of the first byte of the first cell with the same remainder by the
    // stride; r10: the bytes to look at in a block; r11: those in this block.
    emitter.begin_routine("scan to the right");
    emitter.bind(scans.right);
    begin(emitter);
    dynasm!(emitter.asm
        ; .arch x64
        ; mov r11d, -1
        ; mov ecx, eax
        ; shl r11d, cl
        ; and r11d, r10d
        ; cmp BYTE [rsi], 0
        ; block:
    );
    compare(emitter);
    dynasm!(emitter.asm
        ; .arch x64
        ; jnz >found
        ; add r8, BLOCK_BYTES as i32
        ; mov r11d, r10d
        ; cmp BYTE [r8 + r9], 0
        ; jmp <block
        ; found:
        ; bsf eax, eax
        ; add rax, r8
        ; ret
    );
    emitter.begin_routine("scan to the left");
    emitter.bind(scans.left);
    begin(emitter);
    dynasm!(emitter.asm
        ; .arch x64
        // From the left end of a block to the first cell that is looked at there.
        ; lea r9, [r9 + BLOCK_BYTES as i32]
        ; sub r9, rdx
        ; mov r11d, -1
        ; mov ecx, 31
        ; sub ecx, eax
        ; shr r11d, cl
        ; and r11d, r10d
        ; cmp BYTE [rsi], 0
        ; block:
    );
    compare(emitter);
    dynasm!(emitter.asm
        ; .arch x64
        ; jnz >found
        ; sub r8, BLOCK_BYTES as i32
        ; mov r11d, r10d
        ; cmp BYTE [r8 + r9], 0
        ; jmp <block
        ; found:
        ; bsr eax, eax
        ; add rax, r8
        ; ret
    );
    Some(scans)
}

/// What both directions begin with: `eax` is the number of the first byte to look at in its block.
fn begin(emitter: &mut Emitter) {
    dynasm!(emitter.asm
        ; .arch x64
        ; mov r10d, ecx
        ; mov eax, esi
        ; and eax, BLOCK_BYTES as i32 - 1
        ; mov r8, rsi
        ; and r8, -(BLOCK_BYTES as i32)
        ; lea r9d, [rdx - 1]
        ; and r9d, eax
        ; mov ecx, r9d
        ; shl r10d, cl
    );
}

/// `eax`: a bit for each byte of the block at `r8` that is looked at and begins a cell with the value.
fn compare(emitter: &mut Emitter) {
    dynasm!(emitter.asm; .arch x64; movdqa xmm1, [r8]; movdqa xmm2, [r8 + 16]);
    match emitter.width {
        CellWidth::W8 => dynasm!(emitter.asm; .arch x64; pcmpeqb xmm1, xmm0; pcmpeqb xmm2, xmm0),
        CellWidth::W16 => dynasm!(emitter.asm; .arch x64; pcmpeqw xmm1, xmm0; pcmpeqw xmm2, xmm0),
        CellWidth::W32 => dynasm!(emitter.asm; .arch x64; pcmpeqd xmm1, xmm0; pcmpeqd xmm2, xmm0),
        // Both halves have to be equal.
        CellWidth::W64 => dynasm!(emitter.asm
            ; .arch x64
            ; pcmpeqd xmm1, xmm0
            ; pcmpeqd xmm2, xmm0
            ; pshufd xmm3, xmm1, 0xb1u8 as i8
            ; pshufd xmm4, xmm2, 0xb1u8 as i8
            ; pand xmm1, xmm3
            ; pand xmm2, xmm4
        ),
    }
    dynasm!(emitter.asm
        ; .arch x64
        ; pmovmskb eax, xmm1
        ; pmovmskb ecx, xmm2
        ; shl ecx, 16
        ; or eax, ecx
        ; and eax, r11d
    );
}
