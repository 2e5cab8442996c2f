//! Opens libLLVM when it is first needed, and only then.
//!
//! A process that is linked against libLLVM pays for it at every start (18.5 ms measured, against
//! 1.0 ms without), also to print a version or to report an unmatched bracket. So llvm-sys and inkwell
//! are built with `no-llvm-linking`, and this file defines the C API's names instead: each is a
//! trampoline `LLVMFoo: jmp *slot`, and [`load`] fills the slots from the library. inkwell
//! works on top of that unchanged.
//!
//! The names stand in `symbols.s`, a line each. The assembler turns a line into the trampoline, its
//! slot and its name, so no list is written twice.
//!
//! Knows nothing of what LLVM is used for. Everything under `src/llvm` reaches LLVM through a
//! [`Llvm`], of which a value exists only after the library was opened.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::runtime::address_space_left;

/// The LLVM release the project is built for: the content of `llvm-version.txt`.
pub const LLVM_VERSION: &str = include_str!("../../llvm-version.txt").trim_ascii();

/// Proof that libLLVM is open and its functions may be called: the library's handle.
#[derive(Clone, Copy, Debug)]
pub struct Llvm(usize);

impl Llvm {
    /// The address of what the library defines under a name that is not of the C API.
    #[must_use]
    pub fn symbol(self, name: &CStr) -> Option<*const c_void> {
        // SAFETY: the handle of an open library and a C string.
        let address = unsafe { libc::dlsym(self.0 as *mut c_void, name.as_ptr()) };
        Some(address.cast_const()).filter(|address| !address.is_null())
    }
}

/// Why libLLVM could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// No library was found under any of the names; the last message of the dynamic linker.
    Missing { tried: Vec<String>, message: String },
    /// The same where the address space is limited, and so few bytes of it are left that they may be too few.
    NoRoom { tried: Vec<String>, message: String, left: u64 },
    /// A library was found, but lacks a function of the C API: it is of another version.
    WrongVersion { library: String, symbol: String },
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LoadError::Missing { tried, message } => {
                write!(f, "LLVM {LLVM_VERSION} was not found (tried {}): {message}", tried.join(", "))?
            }
            LoadError::NoRoom { tried, message, left } => {
                let (tried, left) = (tried.join(", "), left >> 20);
                return write!(
                    f,
                    "LLVM {LLVM_VERSION} cannot be opened (tried {tried}): {message}; the limit on memory (ulimit -v) leaves \
                     {left} MB, which are most likely too few"
                );
            }
            LoadError::WrongVersion { library, symbol } => {
                write!(f, "{library} is not LLVM {LLVM_VERSION}: it does not have the function {symbol}")?
            }
        }
        write!(f, "; install it with `apt install libllvm{LLVM_VERSION}`, or name the library in BFLLVM_LIBLLVM")
    }
}

impl std::error::Error for LoadError {}

/// Where less than this is left of a limit on the address space, in bytes, that may be why the library cannot be opened: with
/// the libraries that it needs itself, Debian's takes 185 MB.
const ROOM_BYTES: u64 = 256 << 20;

/// Opens libLLVM, the first time it is called; later calls return the first one's answer.
///
/// The environment variable `BFLLVM_LIBLLVM` names the library's file; without it the dynamic linker
/// looks for LLVM's own and Debian's names.
///
/// # Errors
/// The library is missing, or of another version.
pub fn load() -> Result<Llvm, LoadError> {
    static OUTCOME: OnceLock<Result<Llvm, LoadError>> = OnceLock::new();
    OUTCOME.get_or_init(open).clone()
}

fn candidates() -> Vec<String> {
    match std::env::var_os("BFLLVM_LIBLLVM") {
        Some(path) => vec![PathBuf::from(path).to_string_lossy().into_owned()],
        None => vec![
            format!("libLLVM.so.{LLVM_VERSION}.1"),
            format!("libLLVM-{LLVM_VERSION}.so"),
            format!("/usr/lib/llvm-{LLVM_VERSION}/lib/libLLVM.so"),
        ],
    }
}

unsafe extern "C" {
    static bfllvm_llvm_names: c_char;
    static mut bfllvm_llvm_slots: *mut c_void;
    static bfllvm_llvm_slots_end: c_char;
}

fn open() -> Result<Llvm, LoadError> {
    let tried = candidates();
    let mut message = String::new();
    for library in &tried {
        let Ok(path) = CString::new(library.as_str()) else {
            continue;
        };
        // SAFETY: dlopen takes a C string; it runs the library's initialisers, which LLVM's
        // own programs run too. The handle is never closed: code and slots point into it.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if handle.is_null() {
            // SAFETY: after a failed dlopen, dlerror returns a C string.
            message = unsafe { CStr::from_ptr(libc::dlerror()) }.to_string_lossy().into_owned();
            continue;
        }
        return fill(handle, library);
    }
    Err(match address_space_left().filter(|&left| left < ROOM_BYTES) {
        Some(left) => LoadError::NoRoom { tried, message, left },
        None => LoadError::Missing { tried, message },
    })
}

/// Points every slot at its function.
fn fill(handle: *mut c_void, library: &str) -> Result<Llvm, LoadError> {
    // SAFETY: `symbols.s` puts one NUL-terminated name and one slot a line into two sections that
    // nothing else writes to, in the same order; `load` calls this once, before any trampoline is used.
    unsafe {
        let mut name = &raw const bfllvm_llvm_names;
        let mut slot = &raw mut bfllvm_llvm_slots;
        let end = (&raw const bfllvm_llvm_slots_end).cast::<*mut c_void>();
        while slot.cast_const() < end {
            let symbol = CStr::from_ptr(name);
            let address = libc::dlsym(handle, name);
            if address.is_null() {
                return Err(LoadError::WrongVersion {
                    library: library.to_owned(),
                    symbol: symbol.to_string_lossy().into_owned(),
                });
            }
            *slot = address;
            slot = slot.add(1);
            name = name.add(symbol.count_bytes() + 1);
        }
    }
    Ok(Llvm(handle as usize))
}

std::arch::global_asm!(
    ".macro lazy name",
    ".text",
    ".globl \\name",
    ".type \\name, @function",
    "\\name:",
    "jmp *.Lslot_\\name(%rip)",
    ".section .data.bfllvm_llvm_slots, \"aw\"",
    ".Lslot_\\name: .quad 0",
    ".section .rodata.bfllvm_llvm_names, \"a\"",
    ".asciz \"\\name\"",
    ".endm",
    ".section .data.bfllvm_llvm_slots, \"aw\"",
    ".balign 8",
    ".globl bfllvm_llvm_slots",
    ".hidden bfllvm_llvm_slots",
    "bfllvm_llvm_slots:",
    ".section .rodata.bfllvm_llvm_names, \"a\"",
    ".globl bfllvm_llvm_names",
    ".hidden bfllvm_llvm_names",
    "bfllvm_llvm_names:",
    include_str!("symbols.s"),
    ".section .data.bfllvm_llvm_slots, \"aw\"",
    ".globl bfllvm_llvm_slots_end",
    ".hidden bfllvm_llvm_slots_end",
    "bfllvm_llvm_slots_end:",
    ".text",
    options(att_syntax)
);

// llvm-sys compiles these few from C, out of macros in LLVM's headers; we do without the headers.
// "Native" is x86-64 here, as everywhere in this file.

use llvm_sys::target::{
    LLVMInitializeX86AsmParser, LLVMInitializeX86AsmPrinter, LLVMInitializeX86Disassembler, LLVMInitializeX86Target,
    LLVMInitializeX86TargetInfo, LLVMInitializeX86TargetMC,
};

macro_rules! target_wrappers {
    ($($name:ident => $($call:ident),+;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> c_int {
            // SAFETY: called by inkwell, which is only reached with an `Llvm`.
            unsafe { $($call();)+ }
            0
        }
    )*};
}

target_wrappers! {
    LLVM_InitializeNativeTarget => LLVMInitializeX86TargetInfo, LLVMInitializeX86Target, LLVMInitializeX86TargetMC;
    LLVM_InitializeNativeAsmParser => LLVMInitializeX86AsmParser;
    LLVM_InitializeNativeAsmPrinter => LLVMInitializeX86AsmPrinter;
    LLVM_InitializeNativeDisassembler => LLVMInitializeX86Disassembler;
    LLVM_InitializeAllTargetInfos => LLVMInitializeX86TargetInfo;
    LLVM_InitializeAllTargets => LLVMInitializeX86Target;
    LLVM_InitializeAllTargetMCs => LLVMInitializeX86TargetMC;
    LLVM_InitializeAllAsmParsers => LLVMInitializeX86AsmParser;
    LLVM_InitializeAllAsmPrinters => LLVMInitializeX86AsmPrinter;
    LLVM_InitializeAllDisassemblers => LLVMInitializeX86Disassembler;
}
