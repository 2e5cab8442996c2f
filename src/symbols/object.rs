//! Object files (ELF) about code that is in memory already: without the code, with its address.

use std::ops::Range;

use object::elf;
use object::write::elf::{FileHeader, SectionHeader, Sym, Writer};
use object::{Endianness, Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};

use super::Symbol;

/// The number of the section that stands for the code: the one behind the null section.
const CODE_SECTION: u32 = 1;

/// How sections of debug information are aligned, in bytes.
const ALIGNMENT: u64 = 8;

/// An object file that says about the code at these addresses: it has these functions, and this is known about it. The
/// contents of `sections` are in their final form, with addresses of memory.
///
/// # Panics
/// There are more than 65,000 sections.
#[must_use]
pub fn write(code: Range<usize>, functions: &[Symbol], sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut header = Vec::new();
    let mut writer = Writer::new_single_phase(Endianness::Little, true, &mut bytes);
    let kind = FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        // Nothing in it is to be moved or linked.
        e_type: elf::ET_EXEC,
        e_machine: elf::EM_X86_64,
        e_entry: 0,
        e_flags: elf::FileFlags(0),
    };
    writer.write_file_header(&kind).expect("a file of a few sections");
    let code_name = writer.add_section_name(b".text");
    let mut headers = vec![SectionHeader {
        sh_name: writer.section_name_offset(Some(code_name)),
        // The code is where it is, and not in the file.
        sh_type: elf::SHT_NOBITS,
        sh_flags: elf::SHF_ALLOC | elf::SHF_EXECINSTR,
        sh_addr: code.start as u64,
        sh_size: code.len() as u64,
        sh_offset: writer.offset(),
        sh_link: 0,
        sh_info: 0,
        sh_addralign: 1,
        sh_entsize: 0,
    }];
    for (name, contents) in sections {
        let name = writer.add_section_name(name.as_bytes());
        headers.push(SectionHeader {
            sh_name: writer.section_name_offset(Some(name)),
            sh_type: elf::SHT_PROGBITS,
            sh_flags: elf::SectionFlags(0),
            sh_addr: 0,
            sh_size: contents.len() as u64,
            sh_offset: writer.write_align(ALIGNMENT),
            sh_link: 0,
            sh_info: 0,
            sh_addralign: ALIGNMENT,
            sh_entsize: 0,
        });
        writer.write(contents);
    }
    writer.write_null_symbol();
    for function in functions {
        let name = writer.add_string(function.name.as_bytes());
        writer.write_symbol(&Sym {
            section: Some(CODE_SECTION),
            st_name: writer.string_offset(Some(name)),
            st_info: elf::SymbolInfo::new(elf::STB_LOCAL, elf::STT_FUNC),
            st_other: elf::SymbolOther(0),
            st_shndx: elf::SymbolSection(0),
            st_value: function.address as u64,
            st_size: function.bytes as u64,
        });
    }
    writer.write_strtab().expect("names of less than 4 GB");
    writer.write_shstrtab().expect("a few names");
    writer.write_null_section_header();
    for header in &headers {
        writer.write_section_header(header);
    }
    writer.write_strtab_section_header();
    writer.write_symtab_section_header(functions.len() as u32 + 1);
    writer.write_shstrtab_section_header();
    writer.write_file_header_to(&mut header).expect("a file of a few sections");
    bytes[..header.len()].copy_from_slice(&header);
    bytes
}

/// The functions of an object file whose sections have their addresses in memory, in no certain order; none if it is no such
/// file.
#[must_use]
pub fn functions(object: &[u8]) -> Vec<Symbol> {
    let Ok(file) = object::File::parse(object) else { return Vec::new() };
    // Symbols count from their sections in files that are still to be linked.
    let is_relative = file.kind() == object::ObjectKind::Relocatable;
    let functions = file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0);
    functions
        .filter_map(|symbol| {
            let section = file.section_by_index(symbol.section_index()?).ok()?;
            let start = if is_relative { section.address() } else { 0 };
            let address = (start + symbol.address()) as usize;
            Some(Symbol { address, bytes: symbol.size() as usize, name: symbol.name().ok()?.to_owned() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let symbol = |address, bytes, name: &str| Symbol { address, bytes, name: name.to_owned() };
        let symbols = [symbol(0x7000_0000_1000, 16, "first"), symbol(0x7000_0000_1010, 240, "second")];
        let object =
            write(0x7000_0000_1000..0x7000_0000_1100, &symbols, &[(".debug_line", b"lines"), (".debug_x", b"")]);
        assert_eq!(functions(&object), symbols);
        let file = object::File::parse(&*object).unwrap();
        let text = file.section_by_name(".text").unwrap();
        assert_eq!((text.address(), text.size()), (0x7000_0000_1000, 0x100));
        assert_eq!(file.section_by_name(".debug_line").unwrap().data().unwrap(), b"lines");
        assert_eq!(file.section_by_name(".debug_x").unwrap().data().unwrap(), b"");
    }

    #[test]
    fn what_is_no_object_has_no_functions() {
        assert_eq!(functions(b"\x7fELF and then nothing"), []);
    }
}
