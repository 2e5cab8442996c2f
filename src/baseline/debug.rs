//! What tools learn about the code: names for its parts, and DWARF.
//!
//! There is one machine function, but debuggers see one for each loop, made of the parts of the code that belong
//! to that loop and to none in it: so the name of a frame says which loop runs. In each are
//!
//! * `ptr`, the tape pointer: its address, so that `*ptr` and `ptr[1]` are cells;
//! * `cell`, the cell it points at, which can be written too;
//! * `column`, the column of the current command, for debuggers that know lines alone.
//!
//! They hold at the first instruction of an operation; where our passes made one operation of several commands, that of the
//! first. `tape` is the address of cell 0.

use std::collections::BTreeMap;
use std::ops::Range as Span;

use gimli::write::{
    Address, AttributeValue, CallFrameInstruction, CommonInformationEntry, DwarfUnit, EndianVec, Expression, FileId,
    FrameDescriptionEntry, FrameTable, LineProgram, LineString, Location, LocationList, Range, RangeList, Sections,
    UnitEntryId,
};
use gimli::{Encoding, Format, LittleEndian, Register, X86_64};

use super::Code;
use super::notes::{Depth, Row, RowKind, SAVED};
use crate::ir::Program;
use crate::source::{Position, Source};
use crate::symbols::{Symbol, object};

/// The size of a word on the stack, in bytes.
const WORD_BYTES: i32 = 8;

const PRODUCER: &str = concat!("bfllvm ", env!("CARGO_PKG_VERSION"));

const ENCODING: Encoding = Encoding { format: Format::Dwarf32, version: 5, address_size: 8 };

/// Frames are described in a format with versions of its own.
const FRAME_ENCODING: Encoding = Encoding { version: 4, ..ENCODING };

/// A part of the code, as offsets, and the head of the innermost loop that it belongs to.
struct Part {
    code: Span<u32>,
    head: Option<u32>,
}

impl Code {
    /// Names for all parts of the code, in its order; `program` and `source` are those that were compiled.
    #[must_use]
    pub fn symbols(&self, program: &Program, source: &Source) -> Vec<Symbol> {
        let routines = self.notes.routines.iter().map(|routine| (routine.offset, routine.name.to_owned()));
        let place = |head: u32| source.position(program.ops[head as usize].span.start);
        let places = self.piece.places.iter().map(|part| {
            let name = part.head.map_or_else(|| "program".to_owned(), |head| format!("{} loop", place(head)));
            (part.offset, name)
        });
        let mut symbols: Vec<Symbol> = Vec::with_capacity(self.piece.places.len());
        let mut starts = routines.chain(places).peekable();
        while let Some((start, name)) = starts.next() {
            let end = starts.peek().map_or(self.bytes(), |&(next, _)| next as usize);
            let (bytes, name) = (end - start as usize, format!("bf:{name} (baseline)"));
            match symbols.last_mut() {
                _ if bytes == 0 => {}
                Some(last) if last.name == name => last.bytes += bytes,
                _ => symbols.push(Symbol { address: self.entry() + start as usize, bytes, name }),
            }
        }
        symbols
    }

    /// An object file that tells debuggers about the code; `program` and `source` are those that were compiled, and the tape's
    /// address is at `tape`. Operations are known in code from [`compile_for_debuggers`](super::compile_for_debuggers) alone.
    #[must_use]
    pub fn debug_object(&self, program: &Program, source: &Source, tape: usize) -> Vec<u8> {
        let describer = Describer { code: self, program, source };
        let mut sections = Sections::new(EndianVec::new(LittleEndian));
        let mut functions: Vec<_> = self.routines().collect();
        let described = describer.unit(tape, &mut functions).write(&mut sections);
        let described = described.and_then(|()| describer.frames().write_debug_frame(&mut sections.debug_frame));
        described.expect("ranges are not empty, and offsets ascend");
        let mut contents = Vec::new();
        let collected: Result<(), gimli::write::Error> = sections.for_each(|id, section| {
            if !section.slice().is_empty() {
                contents.push((id.name(), section.slice()));
            }
            Ok(())
        });
        collected.expect("nothing fails in it");
        object::write(self.entry()..self.entry() + self.bytes(), &functions, &contents)
    }

    /// The shared routines.
    fn routines(&self) -> impl Iterator<Item = Symbol> {
        let routines = &self.notes.routines;
        let program = self.piece.places.first().map_or(self.bytes(), |place| place.offset as usize);
        let ends = routines.iter().skip(1).map(|routine| routine.offset as usize).chain([program]);
        routines.iter().zip(ends).map(|(routine, end)| Symbol {
            address: self.entry() + routine.offset as usize,
            bytes: end - routine.offset as usize,
            name: format!("bf_{}", routine.name.replace(' ', "_")),
        })
    }

    /// The program's own code, part by part.
    fn parts(&self) -> impl Iterator<Item = Part> {
        let ends = self.piece.places.iter().skip(1).map(|place| place.offset).chain([self.bytes() as u32]);
        let parts =
            self.piece.places.iter().zip(ends).map(|(place, end)| Part { code: place.offset..end, head: place.head });
        parts.filter(|part| !part.code.is_empty())
    }
}

/// The types that variables have.
struct Types {
    cell: UnitEntryId,
    pointer: UnitEntryId,
    number: UnitEntryId,
}

struct Describer<'a> {
    code: &'a Code,
    program: &'a Program,
    source: &'a Source,
}

impl Describer<'_> {
    fn rows(&self) -> &[Row] {
        self.code.notes.rows.as_deref().unwrap_or_default()
    }

    fn position(&self, op: u32) -> Position {
        self.source.position(self.program.ops[op as usize].span.start)
    }

    /// Describes the code, and adds to `functions` what it consists of.
    fn unit(&self, tape: usize, functions: &mut Vec<Symbol>) -> DwarfUnit {
        let mut dwarf = DwarfUnit::new(ENCODING);
        // Debuggers look for the source in the directory that the compiler was called in.
        let directory = std::env::current_dir().unwrap_or_default().to_string_lossy().into_owned();
        let name = if self.source.name().is_empty() { "?" } else { self.source.name() };
        let directory = if directory.is_empty() { "." } else { &directory };
        let (line_program, file) = self.lines(directory, name);
        dwarf.unit.line_program = line_program;
        let strings = &mut dwarf.strings;
        let attributes = [
            (gimli::DW_AT_producer, AttributeValue::StringRef(strings.add(PRODUCER))),
            (gimli::DW_AT_language, AttributeValue::Language(gimli::DW_LANG_C99)),
            (gimli::DW_AT_name, AttributeValue::StringRef(strings.add(name))),
            (gimli::DW_AT_comp_dir, AttributeValue::StringRef(strings.add(directory))),
            (gimli::DW_AT_low_pc, AttributeValue::Address(Address::Constant(self.code.entry() as u64))),
            (gimli::DW_AT_high_pc, AttributeValue::Udata(self.code.bytes() as u64)),
        ];
        let root = dwarf.unit.root();
        set(&mut dwarf, root, attributes);
        let types = self.types(&mut dwarf);
        let mut place = Expression::new();
        place.op_addr(Address::Constant(tape as u64));
        let variable = dwarf.unit.add(root, gimli::DW_TAG_variable);
        variable_attributes(&mut dwarf, variable, "tape", types.pointer, AttributeValue::Exprloc(place));
        set(&mut dwarf, variable, [(gimli::DW_AT_external, AttributeValue::FlagPresent)]);

        let mut loops: BTreeMap<Option<u32>, Vec<Span<u32>>> = BTreeMap::new();
        for Part { code, head } in self.code.parts() {
            loops.entry(head).or_default().push(code);
        }
        for (head, parts) in loops {
            let place = head.map(|head| self.position(head));
            let name = match place {
                Some(Position { line, column }) => format!("bf_loop_{line}_{column}"),
                None => "bf_program".to_owned(),
            };
            let line = place.map_or(1, |place| place.line);
            let function = self.function(&mut dwarf, &name, (file, line), &parts);
            self.variables(&mut dwarf, function, &types, &parts);
            functions.extend(parts.iter().map(|part| Symbol {
                address: self.code.entry() + part.start as usize,
                bytes: part.len(),
                name: name.clone(),
            }));
        }
        dwarf
    }

    fn types(&self, dwarf: &mut DwarfUnit) -> Types {
        let root = dwarf.unit.root();
        let mut basic = |bytes: u64, encoding| {
            let name = dwarf.strings.add(format!("u{}", bytes * 8));
            let number = dwarf.unit.add(root, gimli::DW_TAG_base_type);
            let attributes = [
                (gimli::DW_AT_name, AttributeValue::StringRef(name)),
                (gimli::DW_AT_encoding, AttributeValue::Encoding(encoding)),
                (gimli::DW_AT_byte_size, AttributeValue::Udata(bytes)),
            ];
            set(dwarf, number, attributes);
            number
        };
        let bytes = self.program.width.bytes();
        let encoding = if bytes == 1 { gimli::DW_ATE_unsigned_char } else { gimli::DW_ATE_unsigned };
        let (cell, number) = (basic(bytes, encoding), basic(4, gimli::DW_ATE_unsigned));
        let pointer = dwarf.unit.add(root, gimli::DW_TAG_pointer_type);
        let attributes = [
            (gimli::DW_AT_type, AttributeValue::UnitRef(cell)),
            (gimli::DW_AT_byte_size, AttributeValue::Udata(u64::from(ENCODING.address_size))),
        ];
        set(dwarf, pointer, attributes);
        Types { cell, pointer, number }
    }

    fn function(
        &self,
        dwarf: &mut DwarfUnit,
        name: &str,
        (file, line): (FileId, u32),
        parts: &[Span<u32>],
    ) -> UnitEntryId {
        let function = dwarf.unit.add(dwarf.unit.root(), gimli::DW_TAG_subprogram);
        let name = dwarf.strings.add(name);
        let attributes = [
            (gimli::DW_AT_name, AttributeValue::StringRef(name)),
            (gimli::DW_AT_decl_file, AttributeValue::FileIndex(Some(file))),
            (gimli::DW_AT_decl_line, AttributeValue::Udata(line.into())),
            (gimli::DW_AT_prototyped, AttributeValue::FlagPresent),
            (gimli::DW_AT_external, AttributeValue::FlagPresent),
        ];
        set(dwarf, function, attributes);
        let range = |part: &Span<u32>| Range::OffsetPair { begin: part.start.into(), end: part.end.into() };
        if let [part] = parts {
            let start = self.code.entry() as u64 + u64::from(part.start);
            let attributes = [
                (gimli::DW_AT_low_pc, AttributeValue::Address(Address::Constant(start))),
                (gimli::DW_AT_high_pc, AttributeValue::Udata(part.len() as u64)),
            ];
            set(dwarf, function, attributes);
        } else {
            let ranges = dwarf.unit.ranges.add(RangeList(parts.iter().map(range).collect()));
            set(dwarf, function, [(gimli::DW_AT_ranges, AttributeValue::RangeListRef(ranges))]);
        }
        function
    }

    /// Describes the variables of a function that consists of these parts.
    fn variables(&self, dwarf: &mut DwarfUnit, function: UnitEntryId, types: &Types, parts: &[Span<u32>]) {
        let (mut pointers, mut cells, mut columns) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            let rows = self.rows();
            let first = rows.partition_point(|row| row.offset < part.start);
            for (index, row) in (first..).zip(&rows[first..]).take_while(|(_, row)| row.offset < part.end) {
                let end = rows.get(index + 1).map_or(part.end, |next| next.offset.min(part.end));
                let (begin, end) = (u64::from(row.offset), u64::from(end));
                let location = |data| Location::OffsetPair { begin, end, data };
                let mut column = Expression::new();
                column.op_constu(self.position(row.op).column.into());
                column.op(gimli::DW_OP_stack_value);
                columns.push(location(column));
                if let Some(cell) = self.program.current_cell(row.op) {
                    let distance = (row.ahead + i64::from(cell)) * self.program.width.bytes() as i64;
                    let mut place = Expression::new();
                    place.op_breg(X86_64::RBX, distance);
                    cells.push(location(place.clone()));
                    place.op(gimli::DW_OP_stack_value);
                    pointers.push(location(place));
                }
            }
        }
        for (name, ty, list) in
            [("ptr", types.pointer, pointers), ("cell", types.cell, cells), ("column", types.number, columns)]
        {
            if !list.is_empty() {
                let list = dwarf.unit.locations.add(LocationList(list));
                let variable = dwarf.unit.add(function, gimli::DW_TAG_variable);
                variable_attributes(dwarf, variable, name, ty, AttributeValue::LocationListRef(list));
            }
        }
    }

    /// The lines that the code comes from, and the number of the program's file.
    fn lines(&self, directory: &str, name: &str) -> (LineProgram, FileId) {
        let text = |text: &str| LineString::String(text.as_bytes().to_vec());
        let encoding = gimli::LineEncoding::default();
        let mut lines = LineProgram::new(ENCODING, encoding, text(directory), None, text(name), None);
        let file = lines.add_file(text(name), lines.default_directory(), None);
        lines.begin_sequence(Some(Address::Constant(self.code.entry() as u64)));
        // The routines, and what comes before the first operation, come from no line.
        lines.row().line = 0;
        lines.row().file = file;
        lines.generate_row();
        for row in self.rows().iter().filter(|row| row.kind != RowKind::Moved) {
            let place = self.position(row.op);
            lines.row().address_offset = row.offset.into();
            lines.row().line = place.line.into();
            lines.row().column = place.column.into();
            lines.row().file = file;
            lines.row().is_statement = row.kind == RowKind::Begin;
            lines.generate_row();
        }
        lines.end_sequence(self.code.bytes() as u64);
        (lines, file)
    }

    /// How to find the caller's frame from any place of the code.
    fn frames(&self) -> FrameTable {
        let mut common = CommonInformationEntry::new(FRAME_ENCODING, 1, -(WORD_BYTES as i8), X86_64::RA);
        common.add_instruction(CallFrameInstruction::Cfa(X86_64::RSP, WORD_BYTES));
        common.add_instruction(CallFrameInstruction::Offset(X86_64::RA, -WORD_BYTES));
        let mut frames = FrameTable::default();
        let common = frames.add_cie(common);
        let routines = self.code.notes.routines.iter().map(|routine| routine.offset);
        let starts: Vec<_> = routines.chain(self.code.piece.places.iter().map(|place| place.offset)).collect();
        let ends = starts.iter().skip(1).copied().chain([self.code.bytes() as u32]);
        // lldb looks for the note on frames that begins where a function does.
        for (start, end) in starts.iter().copied().zip(ends).filter(|(start, end)| start < end) {
            frames.add_fde(common, self.frames_within(start..end));
        }
        frames
    }

    /// The same from a place of this part of the code.
    fn frames_within(&self, part: Span<u32>) -> FrameDescriptionEntry {
        let start = Address::Constant(self.code.entry() as u64 + u64::from(part.start));
        let mut entry = FrameDescriptionEntry::new(start, part.len() as u32);
        let mut saved = 0;
        let depths = &self.code.notes.depths;
        let first = depths.partition_point(|depth| depth.offset <= part.start).saturating_sub(1);
        for &Depth { offset, words, saved: now } in depths[first..].iter().take_while(|depth| depth.offset < part.end) {
            let offset = offset.saturating_sub(part.start);
            entry.add_instruction(offset, CallFrameInstruction::CfaOffset((words as i32 + 1) * WORD_BYTES));
            for (index, &register) in SAVED.iter().enumerate() {
                // DWARF's numbers of these registers are the processor's.
                let register = Register(dynasmrt::Register::code(&register).into());
                if saved <= index && index < now {
                    let place = -(index as i32 + 2) * WORD_BYTES;
                    entry.add_instruction(offset, CallFrameInstruction::Offset(register, place));
                } else if now <= index && index < saved {
                    entry.add_instruction(offset, CallFrameInstruction::Restore(register));
                }
            }
            saved = now;
        }
        entry
    }
}

fn set(dwarf: &mut DwarfUnit, entry: UnitEntryId, attributes: impl IntoIterator<Item = (gimli::DwAt, AttributeValue)>) {
    let entry = dwarf.unit.get_mut(entry);
    attributes.into_iter().for_each(|(name, value)| entry.set(name, value));
}

fn variable_attributes(
    dwarf: &mut DwarfUnit,
    variable: UnitEntryId,
    name: &str,
    ty: UnitEntryId,
    place: AttributeValue,
) {
    let name = AttributeValue::StringRef(dwarf.strings.add(name));
    let attributes =
        [(gimli::DW_AT_name, name), (gimli::DW_AT_type, AttributeValue::UnitRef(ty)), (gimli::DW_AT_location, place)];
    set(dwarf, variable, attributes);
}

#[cfg(test)]
mod tests {
    use super::super::{Slotted, compile, compile_for_debuggers};
    use super::*;
    use crate::dialect::{CellWidth, Dialect, Eof};
    use crate::parse::{Bang, Granularity, Hash, Options, parse};
    use crate::runtime::execute::host_functions;
    use crate::symbols::object;

    const CODE: &str = "+>+<\n[>[>]<[<]>>,.\n[->>++[-<+>]<<]\n<+>]";

    /// Compiles [`CODE`] in both ways, with slots for all loops, and calls `check` with the code of both.
    fn compiled(check: impl Fn(&Program, &Source, [&Code; 2])) {
        let source = Source::new("t", CODE.as_bytes().to_vec()).unwrap();
        let (granularity, hash, bang) = (Granularity::Commands, Hash::Comment, Bang::Comment);
        let options = Options { width: CellWidth::W8, granularity, hash, bang };
        let program = parse(&source, &options).unwrap().program;
        let dialect = Dialect::new(CellWidth::W8, Eof::Same, 1);
        let loops = program.loops(0, 1);
        // The code is not run.
        let slotted = Slotted { loops: &loops, slots: 0, is_open: true };
        let [plain, described] = [compile, compile_for_debuggers]
            .map(|compile| compile(&program, &source, &dialect, &host_functions(), slotted).unwrap());
        check(&program, &source, [&plain, &described]);
    }

    #[test]
    fn names_cover_the_code_without_gaps() {
        compiled(|program, source, [code, _]| {
            let symbols = code.symbols(program, source);
            let mut next = code.entry();
            for symbol in &symbols {
                assert_eq!(symbol.address, next, "{symbol:?}");
                next += symbol.bytes;
            }
            assert_eq!(next, code.entry() + code.bytes());
            for name in ["2:1 loop", "2:3 loop", "3:1 loop", "3:7 loop", "program", "count is up", "entry"] {
                let name = format!("bf:{name} (baseline)");
                assert!(symbols.iter().any(|symbol| symbol.name == name), "{name}: {symbols:?}");
            }
        });
    }

    #[test]
    fn code_is_as_long_with_and_without_notes() {
        compiled(|program, source, [plain, described]| {
            assert_eq!(plain.bytes(), described.bytes());
            assert_eq!(plain.notes.rows.as_ref().map(Vec::len), None);
            let rows = described.notes.rows.as_ref().unwrap();
            assert!(rows.windows(2).all(|pair| pair[0].offset < pair[1].offset), "{rows:?}");
            // Moves have no code.
            assert!(rows.iter().all(|row| !matches!(program.ops[row.op as usize].kind, crate::ir::Kind::Move { .. })));
            let names = |code: &Code| code.symbols(program, source).into_iter().map(|symbol| symbol.name);
            assert!(names(plain).eq(names(described)));
        });
    }

    #[test]
    fn the_object_has_the_loops_as_functions() {
        compiled(|program, source, [_, code]| {
            let functions = object::functions(&code.debug_object(program, source, 0x1000));
            let end = code.entry() + code.bytes();
            assert!(functions.iter().all(|part| (code.entry()..end).contains(&part.address)));
            let mut names: Vec<_> = functions.iter().map(|part| part.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(
                names,
                [
                    "bf_count_is_up",
                    "bf_entry",
                    "bf_input",
                    "bf_input_passed_on",
                    "bf_input_to_come",
                    "bf_loop_2_1",
                    "bf_loop_2_3",
                    "bf_loop_2_7",
                    "bf_loop_3_1",
                    "bf_loop_3_7",
                    "bf_output",
                    "bf_output_of_text",
                    "bf_output_without_room",
                    "bf_program"
                ]
            );
        });
    }
}
