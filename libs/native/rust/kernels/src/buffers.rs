//! Scratch memory of kernels: aligned to cache lines and reused. The contents of a new buffer are arbitrary (memory from
//! the operating system is zeroed once, so they are initialized).

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Mutex;

const ALIGNMENT: usize = 64;
/// Number of bytes kept for reuse; more is freed.
const KEPT: usize = 64 << 20;
/// Capacities are multiples of this, so that few sizes occur.
const GRAIN: usize = 1024;

/// Floats at a 64-byte boundary.
pub struct Buffer {
    place: NonNull<f32>,
    /// In floats.
    length: usize,
    /// In floats.
    capacity: usize,
}

// SAFETY: a buffer owns its memory exclusively, like a Vec.
unsafe impl Send for Buffer {}
// SAFETY: shared access only reads.
unsafe impl Sync for Buffer {}

struct Spare {
    buffers: Vec<(usize, NonNull<f32>)>,
    bytes: usize,
}

// SAFETY: it owns the memory at these addresses exclusively.
unsafe impl Send for Spare {}

static SPARE: Mutex<Spare> = Mutex::new(Spare { buffers: Vec::new(), bytes: 0 });

/// A buffer of `length` floats.
///
/// # Panics
/// When out of memory; the message names the size.
pub fn floats(length: usize) -> Buffer {
    let rounded = length.max(1).checked_next_multiple_of(GRAIN);
    let capacity = rounded.filter(|&n| n <= isize::MAX as usize / 8);
    let Some(capacity) = capacity else { out_of_memory(length) };
    {
        let mut spare = SPARE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let found = spare.buffers.iter().rposition(|&(size, _)| size == capacity);
        if let Some(at) = found {
            let (_, place) = spare.buffers.swap_remove(at);
            spare.bytes -= capacity * 4;
            return Buffer { place, length, capacity };
        }
    }
    // SAFETY: the size is at least one page and at most isize::MAX.
    let place = unsafe { alloc_zeroed(layout(capacity)) };
    match NonNull::new(place.cast::<f32>()) {
        Some(place) => Buffer { place, length, capacity },
        None => out_of_memory(length),
    }
}

fn out_of_memory(length: usize) -> ! {
    panic!("out of memory: {length} floats of scratch memory. Use a smaller batch")
}

fn layout(capacity: usize) -> Layout {
    Layout::from_size_align(capacity * 4, ALIGNMENT).expect("capacity was checked when the buffer was made")
}

impl Buffer {
    /// The same memory as 16-bit words.
    pub fn halves(&mut self) -> &mut [u16] {
        // SAFETY: every bit pattern is a valid u16, the alignment is sufficient, and self is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.place.as_ptr().cast(), self.length * 2) }
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        // SAFETY: `capacity` floats are initialized, and `length` is at most `capacity`.
        unsafe { std::slice::from_raw_parts(self.place.as_ptr(), self.length) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in deref, and self is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.place.as_ptr(), self.length) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = self.capacity * 4;
        let mut spare = SPARE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if spare.bytes + bytes <= KEPT {
            spare.bytes += bytes;
            spare.buffers.push((self.capacity, self.place));
        } else {
            // SAFETY: allocated in `floats` with this layout, and owned exclusively.
            unsafe { dealloc(self.place.as_ptr().cast(), layout(self.capacity)) };
        }
    }
}

/// A pointer shared by threads, each of which accesses other elements.
#[derive(Clone, Copy)]
pub struct Shared<T>(*mut T);

// SAFETY: it is only an address; the callers of `at` and `part` guarantee disjoint accesses.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub fn new(slice: &mut [T]) -> Self {
        Self(slice.as_mut_ptr())
    }

    /// The address of element `offset`.
    ///
    /// # Safety
    /// `offset` is at most the slice's length.
    #[inline(always)]
    pub unsafe fn at(self, offset: usize) -> *mut T {
        // SAFETY: guaranteed by the caller.
        unsafe { self.0.add(offset) }
    }

    /// A subslice.
    ///
    /// # Safety
    /// The subslice is in bounds, the slice outlives `'a`, and nothing else accesses the subslice meanwhile.
    #[inline(always)]
    pub unsafe fn part<'a>(self, offset: usize, length: usize) -> &'a mut [T] {
        // SAFETY: guaranteed by the caller.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(offset), length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_aligned() {
        for length in [0, 1, 63, 1024, 1025, 100_000] {
            let mut buffer = floats(length);
            assert_eq!(buffer.len(), length);
            assert_eq!(buffer.as_ptr() as usize % ALIGNMENT, 0);
            buffer.fill(1.0);
        }
    }

    #[test]
    #[should_panic(expected = "out of memory")]
    fn panics_when_out_of_memory() {
        let _ = floats(usize::MAX / 16);
    }
}
