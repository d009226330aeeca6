//! The heap: all of the memory behind the static data, which JavaScript makes of its full size at once. It never grows, so
//! that JavaScript's arrays over it stay valid.

use dlmalloc::{Allocator, Dlmalloc};
use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const PAGE: usize = 1 << 16;

/// What dlmalloc takes pages from.
struct Pages;

/// The first page that was never handed out; 0 before the first.
static NEXT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it hands out each page once.
unsafe impl Allocator for Pages {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        unsafe extern "C" {
            static __heap_base: u8;
        }
        let pages = size.div_ceil(PAGE);
        let first = match NEXT.load(Ordering::Relaxed) {
            0 => (&raw const __heap_base as usize).div_ceil(PAGE),
            next => next,
        };
        if first + pages > std::arch::wasm32::memory_size::<0>() {
            return (null_mut(), 0, 0);
        }
        NEXT.store(first + pages, Ordering::Relaxed); // under the lock of the heap
        // The last page ends at 2^32, which is no address.
        let bytes = if (first + pages) == PAGE { pages * PAGE - 64 } else { pages * PAGE };
        ((first * PAGE) as *mut u8, bytes, 0)
    }
    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        null_mut()
    }
    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }
    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }
    fn can_release_part(&self, _: u32) -> bool {
        false
    }
    fn allocates_zeros(&self) -> bool {
        true
    }
    fn page_size(&self) -> usize {
        PAGE
    }
}

struct Heap {
    is_locked: AtomicBool,
    dlmalloc: UnsafeCell<Dlmalloc<Pages>>,
}

// SAFETY: `with` gives access to one thread at a time.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap {
    is_locked: AtomicBool::new(false),
    dlmalloc: UnsafeCell::new(Dlmalloc::new_with_allocator(Pages)),
};

impl Heap {
    fn with<R>(&self, use_it: impl FnOnce(&mut Dlmalloc<Pages>) -> R) -> R {
        while self.is_locked.swap(true, Ordering::Acquire) {
            std::hint::spin_loop();
        }
        // SAFETY: the lock is held.
        let result = use_it(unsafe { &mut *self.dlmalloc.get() });
        self.is_locked.store(false, Ordering::Release);
        result
    }
}

// SAFETY: dlmalloc is an allocator; it runs on one thread at a time.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: guaranteed by the caller.
        self.with(|heap| unsafe { heap.malloc(layout.size(), layout.align()) })
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: guaranteed by the caller.
        self.with(|heap| unsafe { heap.calloc(layout.size(), layout.align()) })
    }
    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        // SAFETY: guaranteed by the caller.
        self.with(|heap| unsafe { heap.free(address, layout.size(), layout.align()) })
    }
    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: guaranteed by the caller.
        self.with(|heap| unsafe { heap.realloc(address, layout.size(), layout.align(), size) })
    }
}
