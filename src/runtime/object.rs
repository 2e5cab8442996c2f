//! Loads an object file with code into memory: what a static linker does, as far as code for loops needs it.
//!
//! All of it becomes executable and nothing stays writable, so an object with data that may change is refused. The
//! relocations are those of the x86-64 psABI (section 4.4) that LLVM makes of position-independent code.

use std::ops::Range;

use dynasmrt::mmap::{ExecutableBuffer, MutableBuffer};
use object::elf;
use object::read::elf::ElfFile64;
use object::{Endianness, Object as _, ObjectSection as _, ObjectSymbol as _};
use object::{Relocation, RelocationFlags, RelocationTarget, SectionIndex, SectionKind, SymbolIndex};
use rustc_hash::FxHashMap;

/// For a symbol that code comes to by way of its address: `jmp [rip]`, the address, and padding.
const STUB: [u8; 16] = [0xff, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xcc, 0xcc];
/// Where the address is in it.
const STUB_ADDRESS: usize = 6;

/// No section may want to be aligned to more, in bytes: memory is.
const MOST_ALIGNED: u64 = 4096;

/// An object file in memory. Its code may run as long as it exists.
#[derive(Debug)]
pub struct Loaded {
    memory: ExecutableBuffer,
    /// What it defines for others, as offsets in the memory.
    symbols: FxHashMap<String, Range<usize>>,
}

type File<'a> = ElfFile64<'a, Endianness>;

impl Loaded {
    /// Loads `object`, an ELF file for x86-64. `address_of` knows what is defined elsewhere.
    ///
    /// # Errors
    /// The file is malformed, or needs what is not there; what.
    pub fn load(object: &[u8], address_of: &dyn Fn(&str) -> Option<usize>) -> Result<Loaded, String> {
        let file = File::parse(object).map_err(malformed)?;
        let layout = Layout::of(&file)?;
        let no_memory = |error: std::io::Error| format!("no memory for machine code: {error}");
        let mut memory = MutableBuffer::new(layout.bytes).map_err(no_memory)?;
        memory.set_len(layout.bytes);
        let linker = Linker { file: &file, layout: &layout, base: memory.as_ptr() as usize, address_of };
        linker.link(&mut memory)?;
        let symbols = file.symbols().filter(|symbol| symbol.is_global()).filter_map(|symbol| {
            let start = layout.sections.get(&symbol.section_index()?)? + symbol.address() as usize;
            Some((symbol.name().ok()?.to_owned(), start..start + symbol.size() as usize))
        });
        let symbols = symbols.collect();
        Ok(Loaded { memory: memory.make_exec().map_err(no_memory)?, symbols })
    }

    /// The bytes of what has this name, if something has.
    #[must_use]
    pub fn bytes_of(&self, name: &str) -> Option<&[u8]> {
        self.memory.get(self.symbols.get(name)?.clone())
    }
}

fn malformed(error: object::read::Error) -> String {
    format!("the object file is malformed: {error}")
}

/// Where everything is to be, as offsets in the memory.
struct Layout {
    sections: FxHashMap<SectionIndex, usize>,
    stubs: FxHashMap<SymbolIndex, usize>,
    bytes: usize,
}

impl Layout {
    fn of(file: &File<'_>) -> Result<Layout, String> {
        let mut layout = Layout { sections: FxHashMap::default(), stubs: FxHashMap::default(), bytes: 0 };
        for section in file.sections() {
            let name = section.name().map_err(malformed)?;
            match section.kind() {
                SectionKind::Text | SectionKind::ReadOnlyData | SectionKind::ReadOnlyString => {}
                // Read-only once it is relocated.
                SectionKind::Data if name.starts_with(".data.rel.ro") => {}
                SectionKind::Data
                | SectionKind::UninitializedData
                | SectionKind::Tls
                | SectionKind::UninitializedTls
                    if section.size() > 0 =>
                {
                    return Err(format!("the object file has data that may change, in {name}"));
                }
                // For linkers, debuggers and unwinders.
                _ => continue,
            }
            if section.align() > MOST_ALIGNED {
                return Err(format!("{name} wants to be aligned to {} bytes", section.align()));
            }
            let start = layout.bytes.next_multiple_of(section.align().max(1) as usize);
            layout.sections.insert(section.index(), start);
            layout.bytes = start + section.size() as usize;
        }
        layout.bytes = layout.bytes.next_multiple_of(STUB.len());
        let loaded = file.sections().filter(|section| layout.sections.contains_key(&section.index()));
        for (_, relocation) in loaded.flat_map(|section| section.relocations()) {
            if let RelocationTarget::Symbol(symbol) = relocation.target()
                && (is_by_address(&relocation) || file.symbol_by_index(symbol).map_err(malformed)?.is_undefined())
            {
                layout.stubs.entry(symbol).or_insert_with(|| {
                    layout.bytes += STUB.len();
                    layout.bytes - STUB.len()
                });
            }
        }
        Ok(layout)
    }
}

/// Whether the relocation wants the symbol's address to be in memory.
fn is_by_address(relocation: &Relocation) -> bool {
    matches!(
        relocation.flags(),
        RelocationFlags::Elf { r_type: elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX }
    )
}

struct Linker<'a> {
    file: &'a File<'a>,
    layout: &'a Layout,
    /// The address of the memory.
    base: usize,
    address_of: &'a dyn Fn(&str) -> Option<usize>,
}

impl Linker<'_> {
    fn link(&self, memory: &mut [u8]) -> Result<(), String> {
        for (&symbol, &stub) in &self.layout.stubs {
            memory[stub..stub + STUB.len()].copy_from_slice(&STUB);
            put(memory, stub + STUB_ADDRESS, &self.address(symbol)?.to_le_bytes())?;
        }
        for section in self.file.sections() {
            let Some(&start) = self.layout.sections.get(&section.index()) else { continue };
            put(memory, start, section.data().map_err(malformed)?)?;
        }
        for section in self.file.sections() {
            let Some(&start) = self.layout.sections.get(&section.index()) else { continue };
            for (offset, relocation) in section.relocations() {
                self.relocate(memory, start + offset as usize, &relocation)?;
            }
        }
        Ok(())
    }

    /// Relocates what is at `place` in the memory. The comments are the psABI's formulas.
    fn relocate(&self, memory: &mut [u8], place: usize, relocation: &Relocation) -> Result<(), String> {
        let RelocationTarget::Symbol(symbol) = relocation.target() else {
            return Err("the object file has a relocation without a symbol".into());
        };
        let RelocationFlags::Elf { r_type } = relocation.flags() else { unreachable!("the file is an ELF file") };
        let stub = || match self.layout.stubs.get(&symbol) {
            Some(stub) => Ok(self.base + stub),
            None => Err("the object file needs a part of itself that is not loaded".to_owned()),
        };
        let target = match r_type {
            // S + A
            elf::R_X86_64_64 => {
                let value = self.address(symbol)?.wrapping_add_signed(relocation.addend() as isize);
                return put(memory, place, &value.to_le_bytes());
            }
            // S + A - P, where what is elsewhere may be too far away
            elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => match self.here(symbol)? {
                Some(address) => address,
                None => stub()?,
            },
            // G + GOT + A - P
            elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX => stub()? + STUB_ADDRESS,
            other => return Err(format!("the object file has a relocation of type {}", other.0)),
        };
        let distance = (target as i64).wrapping_add(relocation.addend()).wrapping_sub((self.base + place) as i64);
        let distance = i32::try_from(distance).map_err(|_| "the object file is too large".to_owned())?;
        put(memory, place, &distance.to_le_bytes())
    }

    /// The address of a symbol, wherever it is defined.
    fn address(&self, symbol: SymbolIndex) -> Result<usize, String> {
        if let Some(address) = self.here(symbol)? {
            return Ok(address);
        }
        let name = self.file.symbol_by_index(symbol).and_then(|symbol| symbol.name()).map_err(malformed)?;
        (self.address_of)(name).ok_or_else(|| format!("{name} is not defined"))
    }

    /// The address of a symbol that the file defines.
    fn here(&self, symbol: SymbolIndex) -> Result<Option<usize>, String> {
        let symbol = self.file.symbol_by_index(symbol).map_err(malformed)?;
        let section = symbol.section_index().and_then(|section| self.layout.sections.get(&section));
        Ok(section.map(|start| self.base + start + symbol.address() as usize))
    }
}

fn put(memory: &mut [u8], place: usize, bytes: &[u8]) -> Result<(), String> {
    let room = memory.get_mut(place..place.saturating_add(bytes.len()));
    room.ok_or("the object file is malformed: a relocation is outside of its section")?.copy_from_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use object::elf::RelocationType;
    use object::write::{self, StandardSection, Symbol, SymbolId, SymbolSection};
    use object::{Architecture, BinaryFormat, SymbolFlags, SymbolKind, SymbolScope};

    use super::*;

    /// An object file in the making: two functions of 16 bytes, of which the second is `f`, and a symbol of elsewhere.
    struct Making {
        object: write::Object<'static>,
        f: SymbolId,
        elsewhere: SymbolId,
    }

    /// Nobody defines a function at this address; it is not near.
    const ELSEWHERE: usize = 0x1234_5678_9abc;

    impl Making {
        fn new() -> Making {
            let mut object = write::Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
            let text = object.section_id(StandardSection::Text);
            object.append_section_data(text, &[0x90; 32], 16);
            let section = SymbolSection::Section(text);
            let f = object.add_symbol(Symbol { value: 16, size: 16, section, ..Making::symbol("f") });
            let elsewhere = object.add_symbol(Making::symbol("elsewhere"));
            Making { object, f, elsewhere }
        }

        fn symbol(name: &str) -> Symbol {
            let (kind, scope) = (SymbolKind::Text, SymbolScope::Dynamic);
            let (section, flags) = (SymbolSection::Undefined, SymbolFlags::None);
            Symbol { name: name.into(), value: 0, size: 0, kind, scope, weak: false, section, flags }
        }

        /// Defines `name` as so many bytes of zeros in a section.
        fn define(&mut self, name: &str, section: StandardSection, bytes: usize) {
            let section = self.object.section_id(section);
            let value = self.object.append_section_data(section, &vec![0; bytes], 8);
            let section = SymbolSection::Section(section);
            self.object.add_symbol(Symbol { value, size: bytes as u64, section, ..Making::symbol(name) });
        }

        fn relocate(&mut self, section: StandardSection, offset: u64, symbol: SymbolId, r_type: RelocationType) {
            let section = self.object.section_id(section);
            let (addend, flags) = (if r_type == elf::R_X86_64_64 { 0 } else { -4 }, RelocationFlags::Elf { r_type });
            self.object.add_relocation(section, write::Relocation { offset, symbol, addend, flags }).unwrap();
        }

        fn load(&self) -> Result<Loaded, String> {
            let address_of = |name: &str| (name == "elsewhere").then_some(ELSEWHERE);
            Loaded::load(&self.object.write().unwrap(), &address_of)
        }
    }

    fn number<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
        bytes[at..at + N].try_into().unwrap()
    }

    #[test]
    fn relocations_are_those_of_the_psabi() {
        let mut making = Making::new();
        let (f, elsewhere) = (making.f, making.elsewhere);
        making.define("table", StandardSection::ReadOnlyDataWithRel, 16);
        making.relocate(StandardSection::ReadOnlyDataWithRel, 0, f, elf::R_X86_64_64);
        making.relocate(StandardSection::ReadOnlyDataWithRel, 8, elsewhere, elf::R_X86_64_64);
        let within = [elf::R_X86_64_PC32, elf::R_X86_64_PLT32, elf::R_X86_64_GOTPCREL, elf::R_X86_64_REX_GOTPCRELX];
        for (offset, r_type) in (0..).step_by(4).zip(within) {
            making.relocate(StandardSection::Text, offset, f, r_type);
            making.relocate(StandardSection::Text, 16 + offset, elsewhere, r_type);
        }
        let loaded = making.load().unwrap();

        let address = |name: &str| loaded.bytes_of(name).unwrap().as_ptr() as usize;
        let table = loaded.bytes_of("table").unwrap();
        assert_eq!([0, 8].map(|at| usize::from_le_bytes(number(table, at))), [address("f"), ELSEWHERE]);
        // From the end of the place where the distance stands, as instructions count it.
        let text = &loaded.memory[..];
        let led_to =
            |offset: usize| (offset + 4).wrapping_add_signed(i32::from_le_bytes(number(text, offset)) as isize);
        assert_eq!([0, 4].map(led_to), [16, 16]);
        for offset in [8, 12] {
            assert_eq!(usize::from_le_bytes(number(text, led_to(offset))), address("f"));
        }
        for offset in [16, 20] {
            let stub = led_to(offset);
            assert_eq!(text[stub..stub + STUB_ADDRESS], STUB[..STUB_ADDRESS]);
            assert_eq!(usize::from_le_bytes(number(text, stub + STUB_ADDRESS)), ELSEWHERE);
        }
        for offset in [24, 28] {
            assert_eq!(usize::from_le_bytes(number(text, led_to(offset))), ELSEWHERE);
        }
    }

    #[test]
    fn what_cannot_be_loaded_is_refused() {
        let refused = |change: &dyn Fn(&mut Making), why: &str| {
            let mut making = Making::new();
            change(&mut making);
            let error = making.load().unwrap_err();
            assert!(error.contains(why), "{error}");
        };
        refused(&|making| making.define("data", StandardSection::Data, 8), "data that may change, in .data");
        refused(
            &|making| {
                let nowhere = making.object.add_symbol(Making::symbol("nowhere"));
                making.relocate(StandardSection::Text, 0, nowhere, elf::R_X86_64_PLT32);
            },
            "nowhere is not defined",
        );
        let relocate = |making: &mut Making, offset, r_type| {
            let f = making.f;
            making.relocate(StandardSection::Text, offset, f, r_type);
        };
        refused(&|making| relocate(making, 0, elf::R_X86_64_TPOFF32), "a relocation of type 23");
        refused(&|making| relocate(making, 1 << 30, elf::R_X86_64_PC32), "outside of its section");
        refused(
            &|making| {
                let group = making.object.add_section(Vec::new(), b".group".to_vec(), SectionKind::Metadata);
                let section = SymbolSection::Section(group);
                let symbol = making.object.add_symbol(Symbol { section, ..Making::symbol("unloaded") });
                making.relocate(StandardSection::Text, 0, symbol, elf::R_X86_64_PC32);
            },
            "not loaded",
        );
        for junk in [&b""[..], b"\x7fELF", b"no object"] {
            assert!(Loaded::load(junk, &|_| None).unwrap_err().contains("malformed"));
        }
    }
}
