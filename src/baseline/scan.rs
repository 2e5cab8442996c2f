//! Scans and walks by blocks: routines that look for the next cell with some value, 32 bytes at a time; those for
//! walks add to the cells on the way there.
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

/// The routines that go to the right, and to the left.
#[derive(Clone, Copy)]
pub(super) struct Routines {
    right: DynamicLabel,
    left: DynamicLabel,
}

impl Routines {
    /// The one for a stride.
    pub fn towards(self, stride: i32) -> DynamicLabel {
        if stride > 0 { self.right } else { self.left }
    }
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

/// Whether walks with this stride, in cells, can: what they add is the same in every 8 bytes.
pub(super) fn is_blockwise_walk(stride: i32, width: CellWidth) -> bool {
    is_blockwise(stride, width) && u64::from(stride.unsigned_abs()) * width.bytes() <= 8
}

/// What a walk adds to the cells between its first and its last.
pub(super) fn between(leave: i32, enter: i32, width: CellWidth) -> u64 {
    (i64::from(leave) + i64::from(enter)) as u64 & width.mask()
}

/// Eight bytes of cells, of which those whose number is a multiple of the stride have this value, the others 0.
pub(super) fn summands(value: u64, stride: i32, width: CellWidth) -> u64 {
    let step = stride.unsigned_abs() * width.bits();
    (0..64).step_by(step as usize).fold(0, |all, shift| all | value << shift)
}

/// Emits the routines for scans, and those for walks, if operations on cells of this width need them.
///
/// They take the address of the first cell to look at in `rsi`, the pattern in `ecx`, the stride without its
/// sign, in bytes, in `edx`, and cells of the value in `xmm0`, and those for walks the summands in `rdi`; they return
/// the address of the cell in `rax`, and leave `rbx` and `r12` to `r15` alone.
pub(super) fn emit(emitter: &mut Emitter, ops: &[Op], width: CellWidth) -> [Option<Routines>; 2] {
    let (mut scans, mut walks) = (false, false);
    for op in ops {
        match op.kind {
            Kind::Scan { stride, .. } => scans |= is_blockwise(stride, width),
            Kind::Walk { stride, leave, enter, .. } if between(leave, enter, width) == 0 => {
                scans |= is_blockwise(stride, width);
            }
            Kind::Walk { stride, .. } => walks |= is_blockwise_walk(stride, width),
            _ => {}
        }
    }
    let scans = scans.then(|| Routines {
        right: emit_routine(emitter, "scan to the right", Direction::Right, None),
        left: emit_routine(emitter, "scan to the left", Direction::Left, None),
    });
    let walks = walks.then(|| {
        let masks = emit_masks(emitter);
        Routines {
            right: emit_routine(emitter, "walk to the right", Direction::Right, Some(masks)),
            left: emit_routine(emitter, "walk to the left", Direction::Left, Some(masks)),
        }
    });
    [scans, walks]
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Right,
    Left,
}

/// A routine; for walks, with the label of the [masks](emit_masks).
fn emit_routine(
    emitter: &mut Emitter,
    name: &'static str,
    direction: Direction,
    masks: Option<DynamicLabel>,
) -> DynamicLabel {
    let cell = emitter.width.bytes() as i32;
    // For `mask_summands`: in the first block the cell with the number in `rax` and those that follow it on the way, in the
    // last one those before it.
    let (first, last) = match direction {
        Direction::Right => (64, 32),
        Direction::Left => (32 - cell, 64 - cell),
    };
    let routine = emitter.label();
    emitter.begin_routine(name);
    emitter.bind(routine);
    // r8: the block; r9: the number of the first byte of the first cell with the same remainder by the
    // stride; r10: the bytes to look at in a block; r11: those in this block.
    begin(emitter);
    if let Some(masks) = masks {
        // xmm5: the summands in a half of a block; xmm6 and xmm7: those in this block.
        dynasm!(emitter.asm
            ; .arch x64
            ; lea ecx, [r9 * 8]
            ; rol rdi, cl
            ; movq xmm5, rdi
            ; punpcklqdq xmm5, xmm5
            ; movdqa xmm6, xmm5
            ; movdqa xmm7, xmm5
        );
        mask_summands(emitter, masks, first);
    }
    match direction {
        Direction::Right => dynasm!(emitter.asm
            ; .arch x64
            ; mov r11d, -1
            ; mov ecx, eax
            ; shl r11d, cl
        ),
        Direction::Left => dynasm!(emitter.asm
            ; .arch x64
            // From the left end of a block to the first cell that is looked at there.
            ; lea r9, [r9 + BLOCK_BYTES as i32]
            ; sub r9, rdx
            ; mov r11d, -1
            ; mov ecx, 31
            ; sub ecx, eax
            ; shr r11d, cl
        ),
    }
    dynasm!(emitter.asm; .arch x64; and r11d, r10d; cmp BYTE [rsi], 0; block:);
    compare(emitter);
    dynasm!(emitter.asm; .arch x64; jnz >found);
    if masks.is_some() {
        add_summands(emitter);
        dynasm!(emitter.asm; .arch x64; movdqa xmm6, xmm5; movdqa xmm7, xmm5);
    }
    let step = if direction == Direction::Right { BLOCK_BYTES as i32 } else { -(BLOCK_BYTES as i32) };
    dynasm!(emitter.asm
        ; .arch x64
        ; add r8, step
        ; mov r11d, r10d
        ; cmp BYTE [r8 + r9], 0
        ; jmp <block
        ; found:
    );
    match direction {
        Direction::Right => dynasm!(emitter.asm; .arch x64; bsf eax, eax),
        Direction::Left => dynasm!(emitter.asm; .arch x64; bsr eax, eax),
    }
    if let Some(masks) = masks {
        mask_summands(emitter, masks, last);
        add_summands(emitter);
    }
    dynasm!(emitter.asm; .arch x64; add rax, r8; ret);
    routine
}

/// 32 bytes of ones, as many of zeros, and as many of ones: what begins up to 32 bytes on has ones in its first bytes, and
/// what begins further on has ones in its last.
fn emit_masks(emitter: &mut Emitter) -> DynamicLabel {
    let masks = emitter.label();
    emitter.begin_routine("masks");
    emitter.bind(masks);
    for half in [-1, 0, -1] {
        for _ in 0..BLOCK_BYTES / 8 {
            dynasm!(emitter.asm; .arch x64; .i64 half);
        }
    }
    masks
}

/// Leaves only those summands of this block where the masks have ones, from `offset - rax` on.
fn mask_summands(emitter: &mut Emitter, masks: DynamicLabel, offset: i32) {
    dynasm!(emitter.asm
        ; .arch x64
        ; lea rdi, [=>masks]
        ; sub rdi, rax
        ; movdqu xmm1, [rdi + offset]
        ; movdqu xmm2, [rdi + offset + 16]
        ; pand xmm6, xmm1
        ; pand xmm7, xmm2
    );
}

/// Adds the summands of this block to its cells.
fn add_summands(emitter: &mut Emitter) {
    dynasm!(emitter.asm; .arch x64; movdqa xmm1, [r8]; movdqa xmm2, [r8 + 16]);
    match emitter.width {
        CellWidth::W8 => dynasm!(emitter.asm; .arch x64; paddb xmm1, xmm6; paddb xmm2, xmm7),
        CellWidth::W16 => dynasm!(emitter.asm; .arch x64; paddw xmm1, xmm6; paddw xmm2, xmm7),
        CellWidth::W32 => dynasm!(emitter.asm; .arch x64; paddd xmm1, xmm6; paddd xmm2, xmm7),
        CellWidth::W64 => dynasm!(emitter.asm; .arch x64; paddq xmm1, xmm6; paddq xmm2, xmm7),
    }
    dynasm!(emitter.asm; .arch x64; movdqa [r8], xmm1; movdqa [r8 + 16], xmm2);
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
