//! The allocator of the statically linked program.
//!
//! The C library that it is linked with takes a system call or two for many a small piece of memory, which short programs
//! notice. [`dlmalloc`] does not, but copies large pieces when they grow, where the C library has the system move their pages. So
//! each gets what it is good at.

use std::alloc::{GlobalAlloc, Layout, System};

use dlmalloc::GlobalDlmalloc;

/// From this size on, in bytes, a piece of memory is the C library's: it takes it from the system, and gives it back.
const LARGE: usize = 128 << 10;

/// Both, by size.
pub struct BySize;

// SAFETY: both allocators are sound, and a piece of memory goes back to the one that it is from: that depends on its size alone,
// which whoever gives it back has to know.
unsafe impl GlobalAlloc for BySize {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as required of the caller, here and below.
        unsafe { if layout.size() < LARGE { GlobalDlmalloc.alloc(layout) } else { System.alloc(layout) } }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { if layout.size() < LARGE { GlobalDlmalloc.alloc_zeroed(layout) } else { System.alloc_zeroed(layout) } }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe {
            if layout.size() < LARGE {
                GlobalDlmalloc.dealloc(memory, layout);
            } else {
                System.dealloc(memory, layout);
            }
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe {
            match (layout.size() < LARGE, size < LARGE) {
                (true, true) => GlobalDlmalloc.realloc(memory, layout, size),
                (false, false) => System.realloc(memory, layout, size),
                _ => {
                    let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                    if !moved.is_null() {
                        moved.copy_from_nonoverlapping(memory, layout.size().min(size));
                        self.dealloc(memory, layout);
                    }
                    moved
                }
            }
        }
    }
}
