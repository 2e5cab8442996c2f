//! Tells debuggers of code in memory, through the interface that gdb defines and lldb knows as well ("JIT Compilation
//! Interface" in gdb's manual): a list of object files with a certain name, and a function with a certain name that is
//! called when the list has changed, on which the debugger has a breakpoint.
//!
//! LLVM's library has a list of its own, and we have one for where it is missing. gdb looks in each file of a process, lldb
//! in the first file that has the function. So ours is hidden from lldb; and lest the library finds ours when it is
//! opened, from the dynamic linker.

use std::ffi::c_void;
use std::ptr;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The list.
#[repr(C)]
struct Descriptor {
    version: u32,
    /// What was done last: [`REGISTER`] or [`UNREGISTER`].
    action: u32,
    /// To which entry.
    relevant: *mut Entry,
    first: *mut Entry,
}

#[repr(C)]
struct Entry {
    next: *mut Entry,
    previous: *mut Entry,
    object: *const u8,
    object_bytes: u64,
}

const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

// The names are the interface's. In assembler, since a debugger must find them whatever the linker leaves out, and the
// function must be one that is called. It is called an object because lldb, unlike gdb, takes nothing else for a function then.
std::arch::global_asm!(
    ".text",
    ".globl __jit_debug_register_code",
    ".hidden __jit_debug_register_code",
    ".type __jit_debug_register_code, @object",
    "__jit_debug_register_code:",
    "ret",
    ".size __jit_debug_register_code, . - __jit_debug_register_code",
    ".data",
    ".balign 8",
    ".globl __jit_debug_descriptor",
    ".hidden __jit_debug_descriptor",
    ".type __jit_debug_descriptor, @object",
    "__jit_debug_descriptor:",
    // The version is 1.
    ".long 1, 0",
    ".quad 0, 0",
    ".size __jit_debug_descriptor, . - __jit_debug_descriptor",
    ".text",
);

unsafe extern "C" {
    fn __jit_debug_register_code();
    static mut __jit_debug_descriptor: Descriptor;
}

/// Held alone by who changes or reads a list here.
static LISTS: RwLock<()> = RwLock::new(());

/// To be held while somebody else may change a list of theirs, as LLVM does: any number of them at a time, they take care of
/// one another.
pub fn changing() -> RwLockReadGuard<'static, ()> {
    LISTS.read().unwrap_or_else(PoisonError::into_inner)
}

fn alone() -> RwLockWriteGuard<'static, ()> {
    LISTS.write().unwrap_or_else(PoisonError::into_inner)
}

/// A list, and the function to call when it has changed.
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    list: *mut Descriptor,
    changed: unsafe extern "C" fn(),
}

impl Interface {
    /// Ours.
    #[must_use]
    pub fn own() -> Interface {
        Interface { list: &raw mut __jit_debug_descriptor, changed: __jit_debug_register_code }
    }

    /// The list at `list`, whose function is at `changed`.
    ///
    /// # Safety
    /// They are what the debuggers' interface says, until the process ends. Who else changes the list does so while it
    /// holds [`changing`].
    pub unsafe fn at(list: *const c_void, changed: *const c_void) -> Interface {
        // SAFETY: the address of such a function, as required of the caller.
        let changed = unsafe { std::mem::transmute::<*const c_void, unsafe extern "C" fn()>(changed) };
        Interface { list: list.cast_mut().cast(), changed }
    }

    /// Tells debuggers of `object`, which is about code that is in memory as long as the result exists.
    #[must_use]
    pub fn register(self, object: Vec<u8>) -> Registered {
        let object = object.into_boxed_slice();
        let _turn = alone();
        // SAFETY: nobody else is at the list; its entries are valid as long as they are in it.
        unsafe {
            let next = (*self.list).first;
            let (previous, object_bytes) = (ptr::null_mut(), object.len() as u64);
            let entry = Box::into_raw(Box::new(Entry { next, previous, object: object.as_ptr(), object_bytes }));
            if !next.is_null() {
                (*next).previous = entry;
            }
            (*self.list).first = entry;
            self.tell(REGISTER, entry);
            Registered { interface: self, entry, _object: object }
        }
    }

    /// Looks through the object files for the first of which `find` makes something.
    pub fn find_object<T>(self, find: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        let _turn = alone();
        // SAFETY: as above.
        unsafe {
            let mut next = (*self.list).first;
            while !next.is_null() {
                let Entry { object, object_bytes, .. } = *next;
                let found = find(std::slice::from_raw_parts(object, object_bytes as usize));
                if found.is_some() {
                    return found;
                }
                next = (*next).next;
            }
        }
        None
    }

    /// Has debuggers look at the list.
    ///
    /// # Safety
    /// Nobody else is at the list, and `entry` is valid.
    unsafe fn tell(self, action: u32, entry: *mut Entry) {
        // SAFETY: as required of the caller; the function does nothing.
        unsafe {
            (*self.list).action = action;
            (*self.list).relevant = entry;
            (self.changed)();
        }
    }
}

/// An object file that debuggers know while this exists.
#[derive(Debug)]
pub struct Registered {
    interface: Interface,
    entry: *mut Entry,
    /// What the entry points at.
    _object: Box<[u8]>,
}

impl Drop for Registered {
    fn drop(&mut self) {
        let _turn = alone();
        // SAFETY: nobody else is at the list; the entry is a boxed one, and in it.
        unsafe {
            let Entry { next, previous, .. } = *self.entry;
            match previous.is_null() {
                true => (*self.interface.list).first = next,
                false => (*previous).next = next,
            }
            if !next.is_null() {
                (*next).previous = previous;
            }
            self.interface.tell(UNREGISTER, self.entry);
            drop(Box::from_raw(self.entry));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_what_is_registered() {
        let own = Interface::own();
        let has = |start: &[u8]| own.find_object(|object| object.starts_with(start).then_some(())).is_some();
        let objects = [b"registered 1", b"registered 2", b"registered 3"];
        let [first, second, third] = objects.map(|object| own.register(object.to_vec()));
        assert_eq!(objects.map(|object| has(object)), [true, true, true]);
        drop(second);
        assert_eq!(objects.map(|object| has(object)), [true, false, true]);
        drop(third);
        assert_eq!(objects.map(|object| has(object)), [true, false, false]);
        drop(first);
        assert_eq!(objects.map(|object| has(object)), [false, false, false]);
    }
}
