//! Instructions on cells of any width: the assembler that [`super::translate`] and [`super::scan`] write with.
//!
//! Registers: `rbx` points near the tape pointer, `r12` at the state, `r13` at the host's functions. `rax` may
//! hold a cell's value, of which only the low bits count; `rcx` is for use within one operation. Some loops carry values in others,
//! of which only the low bits count as well.
//!
//! Knows instructions and nothing of operations.

use dynasmrt::x64::{Rq, X64Relocation};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};

use super::notes::{Depth, Notes, SAVED};
use crate::dialect::CellWidth;

/// Code that grows.
pub(super) struct Emitter {
    pub asm: VecAssembler<X64Relocation>,
    pub width: CellWidth,
    pub notes: Notes,
}

/// `$instruction [rbx + displacement], operand`, the operand being the one for the cell's width; short where the
/// displacement is.
macro_rules! to_cell {
    ($emitter:ident, $displacement:expr; $instruction:ident,
     [$($byte:tt)+], [$($word:tt)+], [$($dword:tt)+], [$($qword:tt)+]) => {{
        let (asm, long): (_, i32) = (&mut $emitter.asm, $displacement);
        match ($emitter.width, i8::try_from(long)) {
            (CellWidth::W8, Ok(short)) => dynasm!(asm; .arch x64; $instruction BYTE [BYTE rbx + short], $($byte)+),
            (CellWidth::W8, Err(_)) => dynasm!(asm; .arch x64; $instruction BYTE [rbx + long], $($byte)+),
            (CellWidth::W16, Ok(short)) => dynasm!(asm; .arch x64; $instruction WORD [BYTE rbx + short], $($word)+),
            (CellWidth::W16, Err(_)) => dynasm!(asm; .arch x64; $instruction WORD [rbx + long], $($word)+),
            (CellWidth::W32, Ok(short)) => dynasm!(asm; .arch x64; $instruction DWORD [BYTE rbx + short], $($dword)+),
            (CellWidth::W32, Err(_)) => dynasm!(asm; .arch x64; $instruction DWORD [rbx + long], $($dword)+),
            (CellWidth::W64, Ok(short)) => dynasm!(asm; .arch x64; $instruction QWORD [BYTE rbx + short], $($qword)+),
            (CellWidth::W64, Err(_)) => dynasm!(asm; .arch x64; $instruction QWORD [rbx + long], $($qword)+),
        }
    }};
}

/// Loads the cell at a displacement into a register, given with its 32 and with its 64 bits.
macro_rules! from_cell {
    ($emitter:ident, $displacement:expr; [$($dword:tt)+], [$($qword:tt)+]) => {{
        let (asm, long): (_, i32) = (&mut $emitter.asm, $displacement);
        match ($emitter.width, i8::try_from(long)) {
            (CellWidth::W8, Ok(short)) => dynasm!(asm; .arch x64; movzx $($dword)+, BYTE [BYTE rbx + short]),
            (CellWidth::W8, Err(_)) => dynasm!(asm; .arch x64; movzx $($dword)+, BYTE [rbx + long]),
            (CellWidth::W16, Ok(short)) => dynasm!(asm; .arch x64; movzx $($dword)+, WORD [BYTE rbx + short]),
            (CellWidth::W16, Err(_)) => dynasm!(asm; .arch x64; movzx $($dword)+, WORD [rbx + long]),
            (CellWidth::W32, Ok(short)) => dynasm!(asm; .arch x64; mov $($dword)+, [BYTE rbx + short]),
            (CellWidth::W32, Err(_)) => dynasm!(asm; .arch x64; mov $($dword)+, [rbx + long]),
            (CellWidth::W64, Ok(short)) => dynasm!(asm; .arch x64; mov $($qword)+, [BYTE rbx + short]),
            (CellWidth::W64, Err(_)) => dynasm!(asm; .arch x64; mov $($qword)+, [rbx + long]),
        }
    }};
}

/// `$instruction register, cell`, the cell being at a displacement and the register given for each width.
macro_rules! by_cell {
    ($emitter:ident, $displacement:expr; $instruction:ident,
     [$($byte:tt)+], [$($word:tt)+], [$($dword:tt)+], [$($qword:tt)+]) => {{
        let (asm, long): (_, i32) = (&mut $emitter.asm, $displacement);
        match ($emitter.width, i8::try_from(long)) {
            (CellWidth::W8, Ok(short)) => dynasm!(asm; .arch x64; $instruction $($byte)+, BYTE [BYTE rbx + short]),
            (CellWidth::W8, Err(_)) => dynasm!(asm; .arch x64; $instruction $($byte)+, BYTE [rbx + long]),
            (CellWidth::W16, Ok(short)) => dynasm!(asm; .arch x64; $instruction $($word)+, WORD [BYTE rbx + short]),
            (CellWidth::W16, Err(_)) => dynasm!(asm; .arch x64; $instruction $($word)+, WORD [rbx + long]),
            (CellWidth::W32, Ok(short)) => dynasm!(asm; .arch x64; $instruction $($dword)+, [BYTE rbx + short]),
            (CellWidth::W32, Err(_)) => dynasm!(asm; .arch x64; $instruction $($dword)+, [rbx + long]),
            (CellWidth::W64, Ok(short)) => dynasm!(asm; .arch x64; $instruction $($qword)+, [BYTE rbx + short]),
            (CellWidth::W64, Err(_)) => dynasm!(asm; .arch x64; $instruction $($qword)+, [rbx + long]),
        }
    }};
}

impl Emitter {
    pub fn new(width: CellWidth, notes: Notes) -> Emitter {
        Emitter { asm: VecAssembler::new(0), width, notes }
    }

    /// From here on the code is a shared routine, for tools. It is called, and has nothing on the stack yet.
    pub fn begin_routine(&mut self, name: &'static str) {
        self.notes.routine(self.offset(), name);
        self.set_routine_depth(0);
    }

    /// From here on a routine has so many words on the stack, for debuggers.
    pub fn set_routine_depth(&mut self, words: usize) {
        self.notes.depth(Depth { offset: self.offset(), words, saved: 0 });
    }

    /// From here on the program has so many words on the stack, for debuggers: the saved registers first.
    pub fn set_depth(&mut self, words: usize) {
        self.notes.depth(Depth { offset: self.offset(), words, saved: words.min(SAVED.len()) });
    }

    pub fn offset(&self) -> u32 {
        self.asm.offset().0 as u32
    }

    /// A value of a cell, as the number of the same bits that is nearest to 0: the shortest to encode.
    fn signed(&self, value: u64) -> i64 {
        let unused = 64 - self.width.bits();
        ((value << unused) as i64) >> unused
    }

    /// `cell += value`; the flags tell of the cell.
    pub fn add_value(&mut self, displacement: i32, value: u64) {
        let value = self.signed(value);
        if let Ok(long) = i32::try_from(value) {
            to_cell!(self, displacement; add, [long as i8], [long as i16], [long], [long]);
        } else {
            dynasm!(self.asm; .arch x64; mov rcx, QWORD value);
            to_cell!(self, displacement; add, [cl], [cx], [ecx], [rcx]);
        }
    }

    /// `cell = value`; the flags stay.
    pub fn set_value(&mut self, displacement: i32, value: u64) {
        let value = self.signed(value);
        if let Ok(long) = i32::try_from(value) {
            to_cell!(self, displacement; mov, [long as i8], [long as i16], [long], [long]);
        } else {
            dynasm!(self.asm; .arch x64; mov rcx, QWORD value);
            to_cell!(self, displacement; mov, [cl], [cx], [ecx], [rcx]);
        }
    }

    /// The zero flag tells whether the cell has this value.
    pub fn compare_with(&mut self, displacement: i32, value: u64) {
        let value = self.signed(value);
        if let Ok(long) = i32::try_from(value) {
            to_cell!(self, displacement; cmp, [long as i8], [long as i16], [long], [long]);
        } else {
            dynasm!(self.asm; .arch x64; mov rcx, QWORD value);
            to_cell!(self, displacement; cmp, [cl], [cx], [ecx], [rcx]);
        }
    }

    /// `rax = cell`; the flags stay.
    pub fn load(&mut self, displacement: i32) {
        from_cell!(self, displacement; [eax], [rax]);
    }

    /// `rcx = cell`; the flags stay.
    pub fn load_second(&mut self, displacement: i32) {
        from_cell!(self, displacement; [ecx], [rcx]);
    }

    /// `cell = rax`; the flags stay.
    pub fn store(&mut self, displacement: i32) {
        to_cell!(self, displacement; mov, [al], [ax], [eax], [rax]);
    }

    /// `cell = rcx`; the flags stay.
    pub fn store_second(&mut self, displacement: i32) {
        to_cell!(self, displacement; mov, [cl], [cx], [ecx], [rcx]);
    }

    /// `cell += rax`; the flags tell of the cell.
    pub fn add(&mut self, displacement: i32) {
        to_cell!(self, displacement; add, [al], [ax], [eax], [rax]);
    }

    /// `cell += rcx`; the flags tell of the cell.
    pub fn add_second(&mut self, displacement: i32) {
        to_cell!(self, displacement; add, [cl], [cx], [ecx], [rcx]);
    }

    /// `cell -= rax`; the flags tell of the cell.
    pub fn subtract(&mut self, displacement: i32) {
        to_cell!(self, displacement; sub, [al], [ax], [eax], [rax]);
    }

    /// `cell -= rcx`; the flags tell of the cell.
    pub fn subtract_second(&mut self, displacement: i32) {
        to_cell!(self, displacement; sub, [cl], [cx], [ecx], [rcx]);
    }

    /// The flags tell of the value in `rax`.
    pub fn test(&mut self) {
        match self.width {
            CellWidth::W8 => dynasm!(self.asm; .arch x64; test al, al),
            CellWidth::W16 => dynasm!(self.asm; .arch x64; test ax, ax),
            CellWidth::W32 => dynasm!(self.asm; .arch x64; test eax, eax),
            CellWidth::W64 => dynasm!(self.asm; .arch x64; test rax, rax),
        }
    }

    /// `rax += value`; the flags tell of the sum.
    pub fn increase(&mut self, value: u64) {
        let value = self.signed(value);
        match (self.width, i32::try_from(value)) {
            (CellWidth::W8, _) => dynasm!(self.asm; .arch x64; add al, value as i8),
            (CellWidth::W16, _) => dynasm!(self.asm; .arch x64; add ax, value as i16),
            (CellWidth::W32, _) => dynasm!(self.asm; .arch x64; add eax, value as i32),
            (CellWidth::W64, Ok(value)) => dynasm!(self.asm; .arch x64; add rax, value),
            (CellWidth::W64, Err(_)) => dynasm!(self.asm; .arch x64; mov rcx, QWORD value; add rax, rcx),
        }
    }

    /// `rax += cell`; the flags tell of the sum.
    pub fn increase_by(&mut self, displacement: i32) {
        by_cell!(self, displacement; add, [al], [ax], [eax], [rax]);
    }

    /// `rax -= cell`; the flags tell of the difference.
    pub fn decrease_by(&mut self, displacement: i32) {
        by_cell!(self, displacement; sub, [al], [ax], [eax], [rax]);
    }

    /// `rax += rcx`; the flags tell of the sum.
    pub fn increase_by_second(&mut self) {
        match self.width {
            CellWidth::W8 => dynasm!(self.asm; .arch x64; add al, cl),
            CellWidth::W16 => dynasm!(self.asm; .arch x64; add ax, cx),
            CellWidth::W32 => dynasm!(self.asm; .arch x64; add eax, ecx),
            CellWidth::W64 => dynasm!(self.asm; .arch x64; add rax, rcx),
        }
    }

    /// `rax -= rcx`; the flags tell of the difference.
    pub fn decrease_by_second(&mut self) {
        match self.width {
            CellWidth::W8 => dynasm!(self.asm; .arch x64; sub al, cl),
            CellWidth::W16 => dynasm!(self.asm; .arch x64; sub ax, cx),
            CellWidth::W32 => dynasm!(self.asm; .arch x64; sub eax, ecx),
            CellWidth::W64 => dynasm!(self.asm; .arch x64; sub rax, rcx),
        }
    }

    /// Fills `xmm0` with cells of this value.
    pub fn broadcast(&mut self, value: u64) {
        if value == 0 {
            dynasm!(self.asm; .arch x64; pxor xmm0, xmm0);
        } else {
            let all = (0..64).step_by(self.width.bits() as usize).fold(0, |all, shift| all | value << shift);
            dynasm!(self.asm; .arch x64; mov rax, QWORD all as i64; movq xmm0, rax; punpcklqdq xmm0, xmm0);
        }
    }

    /// `rcx *= rax`
    pub fn multiply(&mut self) {
        match self.width {
            CellWidth::W64 => dynasm!(self.asm; .arch x64; imul rcx, rax),
            CellWidth::W8 | CellWidth::W16 | CellWidth::W32 => dynasm!(self.asm; .arch x64; imul ecx, eax),
        }
    }

    /// `rcx *= factor`
    pub fn multiply_by(&mut self, factor: u64) {
        match (self.width, i32::try_from(self.signed(factor))) {
            (CellWidth::W64, Ok(factor)) => dynasm!(self.asm; .arch x64; imul rcx, rcx, factor),
            (CellWidth::W64, Err(_)) => {
                dynasm!(self.asm; .arch x64; mov rdx, QWORD factor as i64; imul rcx, rdx);
            }
            (_, factor) => dynasm!(self.asm; .arch x64; imul ecx, ecx, factor.unwrap_or_default()),
        }
    }

    /// `rcx = min(rax, most)`, the values of cells having no sign; the flags are lost.
    pub fn minimum(&mut self, most: u32) {
        let most = most as i32;
        dynasm!(self.asm; .arch x64; mov ecx, most);
        match self.width {
            CellWidth::W8 => dynasm!(self.asm; .arch x64; cmp al, cl),
            CellWidth::W16 => dynasm!(self.asm; .arch x64; cmp ax, cx),
            CellWidth::W32 => dynasm!(self.asm; .arch x64; cmp eax, ecx),
            CellWidth::W64 => dynasm!(self.asm; .arch x64; cmp rax, rcx),
        }
        dynasm!(self.asm; .arch x64; cmovb ecx, eax);
    }

    /// `rcx = rax * factor`, or `rcx = rax * -factor` where that is shorter: the sign to add `rcx` with. The flags are lost.
    pub fn scale(&mut self, factor: u64) -> Sign {
        let signed = self.signed(factor);
        let magnitude = signed.unsigned_abs();
        let sign = if signed < 0 { Sign::Minus } else { Sign::Plus };
        // Of sums and shifts the low bits come right whatever stands in the high ones.
        match (self.width, magnitude) {
            (_, 1) => dynasm!(self.asm; .arch x64; mov rcx, rax),
            (_, 2) => dynasm!(self.asm; .arch x64; lea rcx, [rax + rax]),
            (_, 3) => dynasm!(self.asm; .arch x64; lea rcx, [rax + rax * 2]),
            (_, 5) => dynasm!(self.asm; .arch x64; lea rcx, [rax + rax * 4]),
            (_, 9) => dynasm!(self.asm; .arch x64; lea rcx, [rax + rax * 8]),
            (_, 6 | 10 | 12 | 18 | 20 | 24 | 36 | 40 | 72) => {
                match magnitude >> magnitude.trailing_zeros() {
                    3 => dynasm!(self.asm; .arch x64; lea rcx, [rax + rax * 2]),
                    5 => dynasm!(self.asm; .arch x64; lea rcx, [rax + rax * 4]),
                    _ => dynasm!(self.asm; .arch x64; lea rcx, [rax + rax * 8]),
                }
                dynasm!(self.asm; .arch x64; shl rcx, magnitude.trailing_zeros() as i8);
            }
            (_, power) if power.is_power_of_two() => {
                dynasm!(self.asm; .arch x64; mov rcx, rax; shl rcx, power.trailing_zeros() as i8);
            }
            (CellWidth::W64, _) => {
                match i32::try_from(signed) {
                    Ok(factor) => dynasm!(self.asm; .arch x64; imul rcx, rax, factor),
                    Err(_) => dynasm!(self.asm; .arch x64; mov rcx, QWORD signed; imul rcx, rax),
                }
                return Sign::Plus;
            }
            (CellWidth::W8 | CellWidth::W16 | CellWidth::W32, _) => {
                dynasm!(self.asm; .arch x64; imul ecx, eax, signed as i32);
                return Sign::Plus;
            }
        }
        sign
    }

    /// Adds `rax * factor` to the cell at this displacement, or to the one at `rsi` where the zero flag is set.
    pub fn add_product_unless_zero(&mut self, displacement: i32, factor: u64) {
        dynasm!(self.asm; .arch x64; lea rdx, [rbx + displacement]; cmovz rdx, rsi);
        match self.scale(factor) {
            Sign::Plus => match self.width {
                CellWidth::W8 => dynasm!(self.asm; .arch x64; add BYTE [rdx], cl),
                CellWidth::W16 => dynasm!(self.asm; .arch x64; add WORD [rdx], cx),
                CellWidth::W32 => dynasm!(self.asm; .arch x64; add DWORD [rdx], ecx),
                CellWidth::W64 => dynasm!(self.asm; .arch x64; add QWORD [rdx], rcx),
            },
            Sign::Minus => match self.width {
                CellWidth::W8 => dynasm!(self.asm; .arch x64; sub BYTE [rdx], cl),
                CellWidth::W16 => dynasm!(self.asm; .arch x64; sub WORD [rdx], cx),
                CellWidth::W32 => dynasm!(self.asm; .arch x64; sub DWORD [rdx], ecx),
                CellWidth::W64 => dynasm!(self.asm; .arch x64; sub QWORD [rdx], rcx),
            },
        }
    }

    /// `rax /= divisor`, where `rax` is a sum of a cell's value, of up to 32 bits, and something less than the divisor. Loses `rcx`
    /// and `rdx`.
    pub fn divide(&mut self, divisor: u16) {
        match self.width {
            _ if divisor.is_power_of_two() => dynasm!(self.asm; .arch x64; shr rax, divisor.trailing_zeros() as i8),
            // The reciprocal is too large by less than 1 part in 2^34 / divisor; the dividend has 17 bits, the divisor 16.
            CellWidth::W8 | CellWidth::W16 => {
                let reciprocal = (1i64 << 34) / i64::from(divisor) + 1;
                dynasm!(self.asm; .arch x64; mov rcx, QWORD reciprocal; imul rax, rcx; shr rax, 34);
            }
            CellWidth::W32 | CellWidth::W64 => {
                dynasm!(self.asm; .arch x64; mov ecx, i32::from(divisor); xor edx, edx; div rcx);
            }
        }
    }

    /// `register = 0`; the flags are lost.
    pub fn clear_carried(&mut self, register: Rq) {
        dynasm!(self.asm; .arch x64; xor Rd(register), Rd(register));
    }

    /// `register = cell`; the flags stay.
    pub fn load_carried(&mut self, register: Rq, displacement: i32) {
        from_cell!(self, displacement; [Rd(register)], [Rq(register)]);
    }

    /// `register += value`; the flags stay.
    pub fn increase_carried(&mut self, register: Rq, value: u64) {
        let value = self.signed(value);
        // Of a sum the low bits come right whatever stands in the high ones.
        if let Ok(short) = i8::try_from(value) {
            dynasm!(self.asm; .arch x64; lea Rq(register), [BYTE Rq(register) + short]);
        } else if let Ok(long) = i32::try_from(value) {
            dynasm!(self.asm; .arch x64; lea Rq(register), [Rq(register) + long]);
        } else {
            dynasm!(self.asm; .arch x64; mov rcx, QWORD value; lea Rq(register), [Rq(register) + rcx]);
        }
    }

    /// `register += cell`; the flags tell of the sum.
    pub fn increase_carried_by(&mut self, register: Rq, displacement: i32) {
        by_cell!(self, displacement; add, [Rb(register)], [Rw(register)], [Rd(register)], [Rq(register)]);
    }

    /// `cell += register`; the flags tell of the cell.
    pub fn add_carried(&mut self, register: Rq, displacement: i32) {
        to_cell!(self, displacement; add, [Rb(register)], [Rw(register)], [Rd(register)], [Rq(register)]);
    }

    /// The same, but where the register is 0 it is added to the cell at `rsi`.
    pub fn add_carried_unless_zero(&mut self, register: Rq, displacement: i32) {
        dynasm!(self.asm; .arch x64; lea rdx, [rbx + displacement]);
        match self.width {
            CellWidth::W8 => dynasm!(self.asm; .arch x64; test Rb(register), Rb(register)),
            CellWidth::W16 => dynasm!(self.asm; .arch x64; test Rw(register), Rw(register)),
            CellWidth::W32 => dynasm!(self.asm; .arch x64; test Rd(register), Rd(register)),
            CellWidth::W64 => dynasm!(self.asm; .arch x64; test Rq(register), Rq(register)),
        }
        dynasm!(self.asm; .arch x64; cmovz rdx, rsi);
        match self.width {
            CellWidth::W8 => dynasm!(self.asm; .arch x64; add BYTE [rdx], Rb(register)),
            CellWidth::W16 => dynasm!(self.asm; .arch x64; add WORD [rdx], Rw(register)),
            CellWidth::W32 => dynasm!(self.asm; .arch x64; add DWORD [rdx], Rd(register)),
            CellWidth::W64 => dynasm!(self.asm; .arch x64; add QWORD [rdx], Rq(register)),
        }
    }

    /// `rcx = rax * factor`; the flags are lost.
    pub fn product(&mut self, factor: u64) {
        if self.scale(factor) == Sign::Minus {
            dynasm!(self.asm; .arch x64; neg rcx);
        }
    }

    /// `rbx += bytes`; the flags stay.
    pub fn advance(&mut self, bytes: i64) {
        if bytes == 0 {
        } else if let Ok(short) = i8::try_from(bytes) {
            dynasm!(self.asm; .arch x64; lea rbx, [BYTE rbx + short]);
        } else if let Ok(long) = i32::try_from(bytes) {
            dynasm!(self.asm; .arch x64; lea rbx, [rbx + long]);
        } else {
            dynasm!(self.asm; .arch x64; mov rdx, QWORD bytes; lea rbx, [rbx + rdx]);
        }
    }

    pub fn label(&mut self) -> DynamicLabel {
        self.asm.new_dynamic_label()
    }

    pub fn bind(&mut self, label: DynamicLabel) {
        dynasm!(self.asm; .arch x64; =>label);
    }

    pub fn jump(&mut self, label: DynamicLabel) {
        dynasm!(self.asm; .arch x64; jmp =>label);
    }

    pub fn jump_if_zero(&mut self, label: DynamicLabel) {
        dynasm!(self.asm; .arch x64; jz =>label);
    }

    pub fn jump_if_not_zero(&mut self, label: DynamicLabel) {
        dynasm!(self.asm; .arch x64; jnz =>label);
    }

    /// Calls the function of the table at `r13`; its first argument is the state.
    pub fn call_host(&mut self, function: super::HostFunction) {
        let row = function as i8 * 8;
        dynasm!(self.asm; .arch x64; mov rdi, r12; call QWORD [BYTE r13 + row]);
    }
}

/// Whether a product is to be added or subtracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
}
