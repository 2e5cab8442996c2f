//! The operation that counts two cells together.
//!
//! Registers beside those of [`super::emitter`]: `r8` holds the iterations, `r9` how far the phase is from its
//! turn before and `r11` behind them, `r10` the period where that is a sum.

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

use super::translate::Translator;
use crate::dialect::CellWidth;
use crate::ir::Kind;
use crate::ir::branchless::Form;
use crate::ir::count::{Count, Direction, Reload};

impl Translator<'_> {
    pub(super) fn count_at_once(&mut self, index: u32, count: &Count) {
        // From here on the cells are near enough: no address moves `rbx`.
        count.cells().for_each(|cell| _ = self.at(cell));
        let mask = self.emitter.width.mask();
        let wrapped = |value: i64| value as u64 & mask;
        let (behind, finish) = (self.emitter.label(), self.emitter.label());

        let at = self.at(count.counter);
        self.emitter.load(at);
        match count.reload {
            Reload::Never { left_over } => {
                self.emitter.increase(wrapped(-i64::from(left_over)));
                self.emitter.jump_if_zero(behind);
            }
            Reload::Constant { .. } | Reload::Cell { .. } | Reload::Complement { .. } => {
                self.emitter.test();
                let behind_loop = self.skip_behind(index, count.counter);
                self.emitter.jump_if_zero(behind_loop.unwrap_or(behind));
            }
        }
        dynasm!(self.emitter.asm; .arch x64; mov r8, rax);

        let at = self.at(count.cell(count.phase));
        self.emitter.load(at);
        if let Reload::Complement { cell, offset, except, .. } = count.reload {
            let at = self.at(count.cell(cell));
            self.emitter.load_second(at);
            dynasm!(self.emitter.asm; .arch x64; lea r10, [rax + rcx + i32::from(offset)]);
            match self.emitter.width {
                CellWidth::W8 => dynasm!(self.emitter.asm; .arch x64; movzx r10d, r10b),
                CellWidth::W16 => dynasm!(self.emitter.asm; .arch x64; movzx r10d, r10w),
                CellWidth::W32 => dynasm!(self.emitter.asm; .arch x64; mov r10d, r10d),
                CellWidth::W64 => {}
            }
            if let Some(except) = except {
                dynasm!(self.emitter.asm; .arch x64; cmp r10, i32::from(except));
                self.emitter.jump_if_zero(behind);
            }
        }
        self.distance_from_turn(count);
        if count.waits() {
            dynasm!(self.emitter.asm; .arch x64; test r9, r9);
            self.emitter.jump_if_zero(behind);
        }
        for zero in count.zero_cells() {
            let at = self.at(zero);
            self.emitter.compare_with(at, 0);
            self.emitter.jump_if_not_zero(behind);
        }

        let short = if count.others().is_some() { self.emitter.label() } else { finish };
        dynasm!(self.emitter.asm; .arch x64; mov r11, r9; sub r11, r8; jae =>short);
        self.count_reloads(count);
        if let Some(others) = count.others() {
            dynasm!(self.emitter.asm; .arch x64; jmp =>finish; =>short; mov rax, r8);
            self.count_to(others, count);
        }
        self.emitter.bind(finish);
        dynasm!(self.emitter.asm; .arch x64; mov rax, r8);
        let at = self.at(count.counter);
        self.emitter.subtract(at);
        if let Some(copy) = count.copy {
            let at = self.at(count.cell(copy.get()));
            self.emitter.add(at);
        }
        dynasm!(self.emitter.asm; .arch x64; mov rax, r11; sub rax, r9);
        if count.opposite().is_some() {
            self.emitter.jump_if_zero(behind);
        }
        let at = self.at(count.cell(count.phase));
        match count.direction {
            Direction::Down => self.emitter.add(at),
            Direction::Up => self.emitter.subtract(at),
        }
        if let Some(cell) = count.opposite() {
            let at = self.at(cell);
            match count.direction {
                Direction::Down => self.emitter.subtract(at),
                Direction::Up => self.emitter.add(at),
            }
        }
        self.emitter.bind(behind);
        self.forget();
    }

    /// Where the code goes on behind the loop on `counter` that the operation at `index` stands in front of, if it is here as a whole
    /// and nobody wants to know that its head was passed.
    fn skip_behind(&mut self, index: u32, counter: i32) -> Option<DynamicLabel> {
        let head = index + 1;
        let is_unwatched = self.unit.counters.is_empty() && self.emitter.notes.rows.is_none();
        let next = self.unit.has(head).then(|| self.unit.program.ops[head as usize].kind)?;
        let Kind::Loop { cell, end } = next else { return None };
        let is_whole = self.unit.has(end) && !self.unit.is_apart(head, end);
        if cell != counter || !is_whole || !is_unwatched {
            return None;
        }
        let behind = self.emitter.label();
        self.skipped = Some((head, behind));
        Some(behind)
    }

    /// `if unless == 0 { quotient += cell / divisor; cell %= divisor }`
    pub(super) fn divide(&mut self, cell: i32, divisor: u8, quotient: i32, unless: i32) {
        [cell, quotient, unless].into_iter().for_each(|cell| _ = self.at(cell));
        let behind = self.emitter.label();
        let (cell, quotient, unless) = (self.at(cell), self.at(quotient), self.at(unless));
        self.emitter.load(cell);
        self.emitter.divide(divisor.into());
        dynasm!(self.emitter.asm; .arch x64; test rax, rax);
        self.emitter.jump_if_zero(behind);
        self.emitter.compare_with(unless, 0);
        self.emitter.jump_if_not_zero(behind);
        self.emitter.add(quotient);
        dynasm!(self.emitter.asm; .arch x64; imul rax, rax, i32::from(divisor));
        self.emitter.subtract(cell);
        self.emitter.bind(behind);
        self.forget();
    }

    /// `r9 = ` how far the phase, which is in `rax`, is from its turn
    fn distance_from_turn(&mut self, count: &Count) {
        let mask = self.emitter.width.mask();
        let wrapped = |value: i64| value as u64 & mask;
        if count.direction == Direction::Up {
            // What it is short of -1.
            dynasm!(self.emitter.asm; .arch x64; not rax);
            self.emitter.increase(wrapped(i64::from(count.turn) + 1));
        } else {
            self.emitter.increase(wrapped(-i64::from(count.turn)));
        }
        match self.emitter.width {
            CellWidth::W8 => dynasm!(self.emitter.asm; .arch x64; movzx r9d, al),
            CellWidth::W16 => dynasm!(self.emitter.asm; .arch x64; movzx r9d, ax),
            CellWidth::W32 => dynasm!(self.emitter.asm; .arch x64; mov r9d, eax),
            CellWidth::W64 => dynasm!(self.emitter.asm; .arch x64; mov r9, rax),
        }
    }

    /// The same as [`count_at_once`](Translator::count_at_once) where nothing but the zeros needs a branch: all cells are on the
    /// tape, or the program is about to fault in any case, or the carry may not be, and is then replaced by the counter if nothing
    /// is added to it.
    ///
    /// The phase is reloaded max(counter - distance + period - 1, 0) / period times.
    pub(super) fn count_in_any_case(&mut self, count: &Count, period: u16, form: Form) {
        count.cells().for_each(|cell| _ = self.at(cell));
        let behind = self.emitter.label();
        for zero in count.zero_cells() {
            self.test(zero, false);
            self.in_flags = Some(self.key(zero));
            self.emitter.jump_if_not_zero(behind);
        }
        let (counter, phase) = (self.at(count.counter), self.at(count.cell(count.phase)));
        self.emitter.load(counter);
        dynasm!(self.emitter.asm; .arch x64; mov r8, rax);
        if let Some(copy) = count.copy {
            let at = self.at(count.cell(copy.get()));
            self.emitter.add(at);
        }
        self.emitter.load(phase);
        self.distance_from_turn(count);
        // The carry may be the next counter that is waited for: not much is between the two.
        dynasm!(self.emitter.asm
            ; .arch x64
            ; xor ecx, ecx
            ; mov eax, i32::from(period) - 1
            ; sub rax, r9
            ; add rax, r8
            ; cmovs rax, rcx
        );
        self.emitter.divide(period);
        if let Some(carry) = count.carry {
            let at = self.at(count.cell(carry.get()));
            if form == Form::Redirected {
                dynasm!(self.emitter.asm; .arch x64; test rax, rax; lea rsi, [rbx + counter]);
                self.emitter.add_product_unless_zero(at, 1);
            } else {
                self.emitter.add(at);
            }
        }
        dynasm!(self.emitter.asm; .arch x64; imul rax, rax, i32::from(period); sub rax, r8);
        match count.direction {
            Direction::Down => self.emitter.add(phase),
            Direction::Up => self.emitter.subtract(phase),
        }
        self.emitter.set_value(counter, 0);
        self.emitter.bind(behind);
        self.forget();
    }

    /// Where the phase comes to its turn: it stops there, or is reloaded as often as it takes.
    fn count_reloads(&mut self, count: &Count) {
        match count.reload {
            Reload::Never { .. } => {
                dynasm!(self.emitter.asm; .arch x64; mov r8, r9; xor r11d, r11d);
                return;
            }
            Reload::Constant { period, .. } => dynasm!(self.emitter.asm; .arch x64; mov ecx, i32::from(period)),
            Reload::Cell { cell } => {
                let at = self.at(count.cell(cell));
                self.emitter.load_second(at);
            }
            Reload::Complement { .. } => dynasm!(self.emitter.asm; .arch x64; mov rcx, r10),
        }
        let whole = self.emitter.label();
        dynasm!(self.emitter.asm
            ; .arch x64
            ; mov r11, r8
            ; sub r11, r9
            ; xor eax, eax
            ; test rcx, rcx
            ; jz =>whole
            ; lea rax, [r11 - 1]
            ; xor edx, edx
        );
        match self.emitter.width {
            CellWidth::W64 => dynasm!(self.emitter.asm; .arch x64; div rcx),
            CellWidth::W8 | CellWidth::W16 | CellWidth::W32 => dynasm!(self.emitter.asm; .arch x64; div ecx),
        }
        self.emitter.bind(whole);
        dynasm!(self.emitter.asm; .arch x64; inc rax);
        if let Some(carry) = count.carry {
            self.count_to(count.cell(carry.get()), count);
        }
        if let Some(others) = count.others() {
            let done = self.emitter.label();
            dynasm!(self.emitter.asm; .arch x64; mov rdx, rax; neg rax; add rax, r8; jz =>done);
            self.count_to(others, count);
            dynasm!(self.emitter.asm; .arch x64; =>done; mov rax, rdx);
        }
        dynasm!(self.emitter.asm; .arch x64; imul rax, rcx; sub rax, r11; mov r11, rax);
    }

    /// Has a cell count `rax` more iterations, up or down.
    fn count_to(&mut self, cell: i32, count: &Count) {
        let at = self.at(cell);
        match count.borrows() {
            true => self.emitter.subtract(at),
            false => self.emitter.add(at),
        }
    }
}
