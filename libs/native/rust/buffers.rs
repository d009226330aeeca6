//! Scratch memory of kernels: aligned to cache lines, kept for the next call, never handed to JavaScript.
//!
//! Contents of a fresh buffer are whatever was there (initialised once, to zero, when it came from the system).

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Mutex;

const ALIGNMENT: usize = 64;
/// Bytes kept for later; what is returned beyond goes back to the system.
const KEPT: usize = 64 << 20;
/// Buffers are made in whole pages of floats, so that few sizes occur.
const GRAIN: usize = 1024;

/// Numbers at an address that is a multiple of 64, free to use until dropped.
pub struct Buffer {
    place: NonNull<f32>,
    /// Floats asked for.
    length: usize,
    /// Floats there are.
    capacity: usize,
}

// SAFETY: a buffer owns its memory alone, like a Vec.
unsafe impl Send for Buffer {}
// SAFETY: shared access only reads.
unsafe impl Sync for Buffer {}

struct Spare {
    buffers: Vec<(usize, NonNull<f32>)>,
    bytes: usize,
}

// SAFETY: the addresses in it belong to nobody else.
unsafe impl Send for Spare {}

static SPARE: Mutex<Spare> = Mutex::new(Spare { buffers: Vec::new(), bytes: 0 });

/// A buffer of `length` floats.
///
/// # Panics
/// When the system has no more memory; the message names the size.
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
    panic!("out of memory: no room for {length} floats of scratch space; smaller batches need less")
}

fn layout(capacity: usize) -> Layout {
    Layout::from_size_align(capacity * 4, ALIGNMENT).expect("capacity was checked when the buffer was made")
}

impl Buffer {
    /// The same memory as 16-bit words, twice as many.
    pub fn halves(&mut self) -> &mut [u16] {
        // SAFETY: every pattern of bits is a u16, alignment is stricter than needed, and self is borrowed.
        unsafe { std::slice::from_raw_parts_mut(self.place.as_ptr().cast(), self.length * 2) }
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        // SAFETY: `capacity` initialised floats are there, and `length` is not more.
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
            // SAFETY: allocated in `floats` with this layout, and nobody else knows it.
            unsafe { dealloc(self.place.as_ptr().cast(), layout(self.capacity)) };
        }
    }
}

/// A pointer that threads may share: each part of a job uses its own places behind it.
#[derive(Clone, Copy)]
pub struct Shared<T>(*mut T);

// SAFETY: only an address; whoever dereferences it answers for the places being apart.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub fn new(slice: &mut [T]) -> Self {
        Self(slice.as_mut_ptr())
    }

    /// The address `offset` places on.
    ///
    /// # Safety
    /// `offset` is inside the slice this was made of, or just behind it.
    #[inline(always)]
    pub unsafe fn at(self, offset: usize) -> *mut T {
        // SAFETY: promised by the caller.
        unsafe { self.0.add(offset) }
    }

    /// A part of the slice.
    ///
    /// # Safety
    /// The part is inside the slice, which outlives `'a`, and nobody else uses the part meanwhile.
    #[inline(always)]
    pub unsafe fn part<'a>(self, offset: usize, length: usize) -> &'a mut [T] {
        // SAFETY: promised by the caller.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(offset), length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_aligned_and_of_the_length_asked_for() {
        for length in [0, 1, 63, 1024, 1025, 100_000] {
            let mut buffer = floats(length);
            assert_eq!(buffer.len(), length);
            assert_eq!(buffer.as_ptr() as usize % ALIGNMENT, 0);
            buffer.fill(1.0);
        }
    }

    #[test]
    #[should_panic(expected = "out of memory")]
    fn says_when_there_is_no_memory() {
        let _ = floats(usize::MAX / 16);
    }
}
