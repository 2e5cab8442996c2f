//! Input and output on the buffers that the state begins with: the rules are those of [`crate::runtime::buffers`].
//!
//! In small loops a byte is stored and fetched in place, and short texts are copied in place; where a buffer is full or
//! empty, code behind the program calls the host through routines that keep `rax`. Elsewhere routines do all of it: they
//! take two nanoseconds, and programs that are large for their output would grow by half. Loops that pass their input on
//! do so by blocks ([`crate::ir::echo`]).
//!
//! Registers beside those of [`super::emitter`]: `rdx` holds parts of texts, `rdi` the next place of output.

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi as _, dynasm};

use super::HostFunction;
use super::emitter::Emitter;
use super::notes::FRAME_WORDS;
use super::piece::Place;
use super::translate::Translator;
use crate::dialect::{CellWidth, Eof};
use crate::ir::{Kind, echo};
use crate::runtime::buffers::{IN_END, IN_NEXT, OUT_END, OUT_NEXT};

/// Up to so many operations in its body, a loop has its input and output in place.
const INLINE_OPS: u32 = 64;

/// Bytes that a loop passes on together.
const BLOCK_BYTES: i32 = 32;

/// Texts up to this length are copied in place, 16 bytes in two instructions. The call of the host, which longer ones are
/// left to, takes about as long as that.
const INLINE_TEXT_BYTES: u32 = 64;

/// Fields of the buffers, from `r12`.
const OUT: i8 = OUT_NEXT as i8;
const OUT_LIMIT: i8 = OUT_END as i8;
const IN: i8 = IN_NEXT as i8;
const IN_LIMIT: i8 = IN_END as i8;

/// Where input and output are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placement {
    /// In place.
    Inline,
    /// In routines.
    Routine,
}

/// Routines of the code. They leave `rbx` and `r12` to `r15` alone.
#[derive(Clone, Copy)]
pub(super) struct Routines {
    /// Puts out the byte in `al`; keeps `rax`.
    put: DynamicLabel,
    /// The same where there is no room.
    overflow: DynamicLabel,
    /// The next byte of input in `rax`; otherwise as `underflow`.
    get: DynamicLabel,
    /// Puts out the `edx` bytes at `rsi`; keeps `rax`.
    text: DynamicLabel,
    /// The next byte of input, or what the convention says of its end, in `rax`. The sign flag is set where the cell is
    /// to stay as it is.
    underflow: DynamicLabel,
    /// Passes on blocks without the byte that is in all four bytes of `edx`; the cell is at `rsi`. `rax` is lost.
    echo: DynamicLabel,
}

/// What is done behind the program, and where it goes on then.
pub(super) struct Detour {
    from: DynamicLabel,
    back: DynamicLabel,
    op: u32,
    /// How far the pointer is ahead of `rbx`.
    ahead: i64,
    /// The innermost loop or condition around.
    head: Option<u32>,
    work: Work,
}

enum Work {
    Put,
    Text {
        start: u32,
        len: u32,
    },
    /// For the cell at this displacement.
    Get(i32),
}

/// Emits the routines.
pub(super) fn emit(emitter: &mut Emitter, eof: Eof) -> Routines {
    let routines = Routines {
        put: emitter.label(),
        overflow: emitter.label(),
        get: emitter.label(),
        text: emitter.label(),
        underflow: emitter.label(),
        echo: emitter.label(),
    };
    emitter.begin_routine("output");
    emitter.bind(routines.put);
    emit_put(emitter, routines.overflow);
    dynasm!(emitter.asm; .arch x64; ret);
    emitter.begin_routine("output without room");
    emitter.bind(routines.overflow);
    emit_keeping_rax(emitter, HostFunction::Put, |emitter| dynasm!(emitter.asm; .arch x64; movzx esi, al));
    emitter.begin_routine("output of text");
    emitter.bind(routines.text);
    emit_keeping_rax(emitter, HostFunction::Text, |_| {});
    emitter.begin_routine("input");
    emitter.bind(routines.get);
    emit_get(emitter, routines.underflow);
    // A byte is not less than 0.
    dynasm!(emitter.asm; .arch x64; test eax, eax; ret);
    emitter.begin_routine("input to come");
    emitter.bind(routines.underflow);
    // For the alignment of the stack.
    dynasm!(emitter.asm; .arch x64; push rax);
    emitter.set_routine_depth(1);
    emitter.call_host(HostFunction::Get);
    dynasm!(emitter.asm; .arch x64; pop rcx);
    emitter.set_routine_depth(0);
    // At the end the answer is -1.
    dynasm!(emitter.asm; .arch x64; movsxd rax, eax);
    match eof {
        Eof::Same => dynasm!(emitter.asm; .arch x64; test eax, eax),
        Eof::Zero => dynasm!(emitter.asm; .arch x64; xor ecx, ecx; test eax, eax; cmovs rax, rcx),
        Eof::MinusOne => {}
    }
    dynasm!(emitter.asm; .arch x64; ret);
    emitter.begin_routine("input passed on");
    emitter.bind(routines.echo);
    emit_echo(emitter);
    routines
}

/// The rest of a routine: it prepares a call of the host, and keeps `rax`.
fn emit_keeping_rax(emitter: &mut Emitter, function: HostFunction, prepare: impl FnOnce(&mut Emitter)) {
    dynasm!(emitter.asm; .arch x64; push rax);
    emitter.set_routine_depth(1);
    prepare(emitter);
    emitter.call_host(function);
    dynasm!(emitter.asm; .arch x64; pop rax);
    emitter.set_routine_depth(0);
    dynasm!(emitter.asm; .arch x64; ret);
}

/// Puts out the byte in `al`; where there is no room, by what is at `overflow`.
fn emit_put(emitter: &mut Emitter, overflow: DynamicLabel) {
    dynasm!(emitter.asm
        ; .arch x64
        ; mov rdi, [BYTE r12 + OUT]
        ; cmp rdi, [BYTE r12 + OUT_LIMIT]
        ; je =>overflow
        ; mov [rdi], al
        ; inc rdi
        ; mov [BYTE r12 + OUT], rdi
    );
}

/// Fetches a byte of input to `rax`; where none is at hand, by what is at `underflow`.
fn emit_get(emitter: &mut Emitter, underflow: DynamicLabel) {
    dynasm!(emitter.asm
        ; .arch x64
        ; mov rcx, [BYTE r12 + IN]
        ; cmp rcx, [BYTE r12 + IN_LIMIT]
        ; je =>underflow
        ; movzx eax, BYTE [rcx]
        ; inc rcx
        ; mov [BYTE r12 + IN], rcx
    );
}

/// `xmm0` holds the byte that ends the loop; `rcx` the next byte of input, `r8` the end of it, `r9` that of the room.
fn emit_echo(emitter: &mut Emitter) {
    dynasm!(emitter.asm
        ; .arch x64
        ; movd xmm0, edx
        ; pshufd xmm0, xmm0, 0
        ; mov rdi, [BYTE r12 + OUT]
        ; mov r9, [BYTE r12 + OUT_LIMIT]
        ; mov rcx, [BYTE r12 + IN]
        ; mov r8, [BYTE r12 + IN_LIMIT]
        ; block:
        ; mov rax, r8
        ; sub rax, rcx
        ; cmp rax, BLOCK_BYTES
        ; jb >done
        ; mov rax, r9
        ; sub rax, rdi
        ; cmp rax, BLOCK_BYTES
        ; jb >done
        ; movdqu xmm1, [rcx]
        ; movdqu xmm2, [rcx + 16]
        ; movdqa xmm3, xmm1
        ; movdqa xmm4, xmm2
        ; pcmpeqb xmm3, xmm0
        ; pcmpeqb xmm4, xmm0
        ; por xmm3, xmm4
        ; pmovmskb eax, xmm3
        ; test eax, eax
        ; jnz >done
        ; movdqu [rdi], xmm1
        ; movdqu [rdi + 16], xmm2
        ; add rdi, BLOCK_BYTES
        ; mov [BYTE r12 + OUT], rdi
        ; movzx eax, BYTE [rcx + (BLOCK_BYTES - 1)]
        ; add rcx, BLOCK_BYTES
        ; mov [BYTE r12 + IN], rcx
    );
    match emitter.width {
        CellWidth::W8 => dynasm!(emitter.asm; .arch x64; mov [rsi], al),
        CellWidth::W16 => dynasm!(emitter.asm; .arch x64; mov [rsi], ax),
        CellWidth::W32 => dynasm!(emitter.asm; .arch x64; mov [rsi], eax),
        CellWidth::W64 => dynasm!(emitter.asm; .arch x64; mov [rsi], rax),
    }
    dynasm!(emitter.asm; .arch x64; jmp <block; done:; ret);
}

impl Translator<'_> {
    pub(super) fn output(&mut self, index: u32, cell: i32) {
        // The low byte is the first.
        self.load(cell);
        match self.placement() {
            Placement::Inline => {
                let (overflow, back) = self.detour(index, Work::Put);
                emit_put(&mut self.emitter, overflow);
                self.emitter.bind(back);
            }
            Placement::Routine => {
                let put = self.io.put;
                dynasm!(self.emitter.asm; .arch x64; call =>put);
            }
        }
        self.in_flags = None;
        self.pass_on(index, cell);
    }

    pub(super) fn input(&mut self, index: u32, cell: i32) {
        self.pass_on(index, cell);
        let at = self.at(cell);
        // A fault comes before the input is asked for.
        self.emitter.compare_with(at, 0);
        match self.placement() {
            Placement::Inline => {
                let (underflow, back) = self.detour(index, Work::Get(at));
                emit_get(&mut self.emitter, underflow);
                self.emitter.bind(back);
            }
            Placement::Routine => {
                let get = self.io.get;
                self.call_get(get, at);
            }
        }
        self.emitter.store(at);
        self.forget();
        self.in_register = Some(self.key(cell));
    }

    pub(super) fn text(&mut self, index: u32, start: u32, len: u32) {
        if self.placement() == Placement::Inline && len <= INLINE_TEXT_BYTES {
            let (from, back) = self.detour(index, Work::Text { start, len });
            dynasm!(self.emitter.asm
                ; .arch x64
                ; mov rdi, [BYTE r12 + OUT]
                ; lea rcx, [BYTE rdi + len as i8]
                ; cmp rcx, [BYTE r12 + OUT_LIMIT]
                ; ja =>from
            );
            self.copy(start, len);
            dynasm!(self.emitter.asm; .arch x64; mov [BYTE r12 + OUT], rcx);
            self.emitter.bind(back);
        } else {
            self.call_text(start, len);
        }
        self.in_flags = None;
    }

    /// Copies text to `rdi`, in pieces of which the last may overlap the one before.
    fn copy(&mut self, start: u32, len: u32) {
        let text = &self.unit.text[start as usize..(start + len) as usize];
        let size = match text.len() {
            16.. => 16,
            8.. => 8,
            4.. => 4,
            2.. => 2,
            _ => 1,
        };
        if size == 16 {
            dynasm!(self.emitter.asm; .arch x64; mov rsi, QWORD text.as_ptr() as i64);
        }
        for piece in 0..text.len().div_ceil(size) {
            let at = (piece * size).min(text.len() - size);
            let bytes = &text[at..at + size];
            let number = bytes.iter().rev().fold(0u128, |number, &byte| number << 8 | u128::from(byte));
            let at = at as i8;
            match size {
                16 => dynasm!(self.emitter.asm
                    ; .arch x64
                    ; movdqu xmm0, [BYTE rsi + at]
                    ; movdqu [BYTE rdi + at], xmm0
                ),
                8 => dynasm!(self.emitter.asm; .arch x64; mov rdx, QWORD number as i64; mov [BYTE rdi + at], rdx),
                4 => dynasm!(self.emitter.asm; .arch x64; mov DWORD [BYTE rdi + at], number as i32),
                2 => dynasm!(self.emitter.asm; .arch x64; mov WORD [BYTE rdi + at], number as i16),
                _ => dynasm!(self.emitter.asm; .arch x64; mov BYTE [BYTE rdi + at], number as i8),
            }
        }
    }

    fn call_text(&mut self, start: u32, len: u32) {
        let text = self.io.text;
        let bytes = &self.unit.text[start as usize..(start + len) as usize];
        dynasm!(self.emitter.asm
            ; .arch x64
            ; mov rsi, QWORD bytes.as_ptr() as i64
            ; mov edx, len as i32
            ; call =>text
        );
    }

    /// In a loop that passes its input on: does so by blocks. What counts iterations must see each.
    fn pass_on(&mut self, index: u32, cell: i32) {
        if !self.unit.counters.is_empty() {
            return;
        }
        let Some(stop) = echo::stop(self.unit.program, index as usize) else { return };
        let (at, pass_on) = (self.at(cell), self.io.echo);
        dynasm!(self.emitter.asm
            ; .arch x64
            ; lea rsi, [rbx + at]
            ; mov edx, u32::from_ne_bytes([stop; 4]) as i32
            ; call =>pass_on
        );
        self.forget();
    }

    /// `rax` is what `routine` gets for the cell at this displacement: at the end of the input it may be the cell's value.
    fn call_get(&mut self, routine: DynamicLabel, at: i32) {
        dynasm!(self.emitter.asm; .arch x64; call =>routine);
        if self.unit.eof == Eof::Same {
            let taken = self.emitter.label();
            dynasm!(self.emitter.asm; .arch x64; jns =>taken);
            self.emitter.load(at);
            self.emitter.bind(taken);
        }
    }

    fn placement(&self) -> Placement {
        self.open.last().map_or(Placement::Routine, |open| open.io)
    }

    /// The placement in the loop or condition with this head, which is about to be opened.
    pub(super) fn io_placement(&self, head: u32) -> Placement {
        let Kind::Loop { end, .. } = self.unit.program.ops[head as usize].kind else { return self.placement() };
        if end - head <= INLINE_OPS { Placement::Inline } else { Placement::Routine }
    }

    /// A new detour: where it begins, and where it comes back to.
    fn detour(&mut self, op: u32, work: Work) -> (DynamicLabel, DynamicLabel) {
        let (from, back) = (self.emitter.label(), self.emitter.label());
        let head = self.open.last().map(|open| open.head);
        self.detours.push(Detour { from, back, op, ahead: self.ahead, head, work });
        (from, back)
    }

    /// Emits what the detours do.
    pub(super) fn emit_detours(&mut self) {
        self.emitter.set_depth(FRAME_WORDS);
        for Detour { from, back, op, ahead, head, work } in std::mem::take(&mut self.detours) {
            let offset = self.emitter.offset();
            self.places.push(Place { offset, head });
            self.emitter.notes.apart(offset, op, ahead);
            self.emitter.bind(from);
            let Routines { overflow, underflow, .. } = self.io;
            match work {
                Work::Put => dynasm!(self.emitter.asm; .arch x64; call =>overflow),
                Work::Text { start, len } => self.call_text(start, len),
                Work::Get(at) => self.call_get(underflow, at),
            }
            self.emitter.jump(back);
        }
        self.places.push(Place { offset: self.emitter.offset(), head: None });
    }
}
