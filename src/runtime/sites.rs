//! The instructions at the heads of loops that lead through slots: nothing as long as no slot is needed, and a jump from then on.
//!
//! Most programs are over before any of their loops is worth another compiler's time. Looking at a slot at each passage took up
//! to a tenth of theirs: so the code is changed once it pays. The running thread does that itself, while it is in no other code,
//! and each site is one instruction before and behind the change, so that it never stands inside of one. Pages are
//! executable or writable, never both.

use std::ffi::{c_int, c_void};
use std::io::Error;
use std::mem::offset_of;
use std::ops::Range;

use super::slots::{Sites, Slot};

/// How long the instruction at a site is, in bytes.
pub const BYTES: usize = 7;

/// It does nothing: `nop DWORD [rax + 0]`, with the displacement in full length.
pub const CLOSED: [u8; BYTES] = [0x0f, 0x1f, 0x80, 0, 0, 0, 0];

/// It jumps where the slot leads: `jmp [r14 + displacement]`, where `r14` points at the slots.
#[must_use]
pub fn opened(slot: u32) -> [u8; BYTES] {
    let displacement = slot as usize * size_of::<Slot>() + offset_of!(Slot, target);
    let [first, second, third, fourth] = (displacement as u32).to_le_bytes();
    [0x41, 0xff, 0xa6, first, second, third, fourth]
}

/// Opens sites.
///
/// # Safety
/// At each address is a closed site, of code that nobody but this thread runs, in memory that nobody frees or protects otherwise at
/// the same time.
///
/// # Errors
/// The system does not let code become writable; those before are open.
pub unsafe fn open(sites: &mut Sites<'_>) -> Result<(), Error> {
    let mut writable = 0..0;
    for (site, slot) in sites {
        if site < writable.start || writable.end < site + BYTES {
            protect(&writable, libc::PROT_EXEC)?;
            writable = pages_of(site..site + BYTES);
            protect(&writable, libc::PROT_WRITE)?;
        }
        // SAFETY: as required of the caller; the pages are writable now.
        unsafe { (site as *mut [u8; BYTES]).write(opened(slot)) };
    }
    protect(&writable, libc::PROT_EXEC)
}

/// The pages that these addresses are in.
fn pages_of(addresses: Range<usize>) -> Range<usize> {
    // SAFETY: has no precondition.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    addresses.start & !(page - 1)..addresses.end.next_multiple_of(page)
}

/// Makes pages of code readable, and executable or writable.
fn protect(pages: &Range<usize>, how: c_int) -> Result<(), Error> {
    // SAFETY: none, or pages of code that does not run meanwhile.
    match unsafe { libc::mprotect(pages.start as *mut c_void, pages.len(), libc::PROT_READ | how) } {
        0 => Ok(()),
        _ => Err(Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_opened_and_nothing_else() {
        // SAFETY: a new mapping of three pages.
        let memory = unsafe {
            let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            libc::mmap(std::ptr::null_mut(), 3 << 12, protection, flags, -1, 0).cast::<u8>()
        };
        // The first two lie on a page, one on the border of two, the others behind.
        let sites = [0, 9, (1 << 12) - 3, 1 << 12 | 9, (3 << 12) - BYTES];
        let mut expected = vec![0xcc; 3 << 12];
        for (site, slot) in sites.into_iter().zip(0..) {
            expected[site..site + BYTES].copy_from_slice(&opened(slot * 1000));
        }
        // SAFETY: within the mapping, which is nobody else's.
        unsafe {
            memory.write_bytes(0xcc, 3 << 12);
            protect(&(memory as usize..memory as usize + (3 << 12)), libc::PROT_EXEC).unwrap();
            open(&mut sites.iter().zip(0..).map(|(&site, slot)| (memory as usize + site, slot * 1000))).unwrap();
            assert_eq!(std::slice::from_raw_parts(memory, 3 << 12), expected);
            libc::munmap(memory.cast(), 3 << 12);
        }
    }

    #[test]
    fn instructions_name_slots() {
        assert_eq!(opened(0), [0x41, 0xff, 0xa6, 0, 0, 0, 0]);
        assert_eq!(opened(100), [0x41, 0xff, 0xa6, 0x60, 0x09, 0, 0]);
    }
}
