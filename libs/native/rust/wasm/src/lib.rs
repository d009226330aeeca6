//! The kernels as WebAssembly, for any number of threads over one memory.
//!
//! JavaScript writes the arguments of a call to the frame, a growing array of numbers, and calls `call` with the index of the
//! function in `CALLS`. A number or boolean takes one slot; an array three: address, length and kind, with the kind -1 for an
//! array that is not given; a list its length, then three for each of its arrays.
#![cfg(target_arch = "wasm32")]

mod heap;

#[cfg(feature = "relaxed")]
use lilformer_relaxed as _;

use lilformer_kernels::calls::CALLS;
use lilformer_kernels::calls::arguments::{Arguments, Handle, Kind, Memory, Result};
use lilformer_kernels::threads;
use std::alloc::{Layout, alloc, dealloc};
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard};

/// Alignment of what JavaScript allocates.
const ALIGNMENT: usize = 64;

// Not of each thread: destructors of threads need memory of std's own allocator, which would grow the memory.
static FRAME: Mutex<Vec<f64>> = Mutex::new(Vec::new());
/// The message of the last error.
static MESSAGE: Mutex<String> = Mutex::new(String::new());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The address of a frame of at least this many slots; earlier addresses become invalid.
#[unsafe(no_mangle)]
pub extern "C" fn frame(slots: usize) -> *mut f64 {
    let mut frame = lock(&FRAME);
    frame.resize(slots, 0.0);
    frame.as_mut_ptr()
}

/// Memory of this many bytes with arbitrary contents, at a 64-byte boundary; null when there is not as much.
#[unsafe(no_mangle)]
pub extern "C" fn allocate(bytes: usize) -> *mut u8 {
    match Layout::from_size_align(bytes.max(1), ALIGNMENT) {
        // SAFETY: the size is not 0.
        Ok(layout) => unsafe { alloc(layout) },
        Err(_) => std::ptr::null_mut(),
    }
}

/// Frees memory of `allocate`.
///
/// # Safety
/// The address and size are those of a call of `allocate`, and freed once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free(address: *mut u8, bytes: usize) {
    if let Ok(layout) = Layout::from_size_align(bytes.max(1), ALIGNMENT) {
        // SAFETY: guaranteed by the caller.
        unsafe { dealloc(address, layout) };
    }
}

/// Calls a function with the arguments in the frame. Returns 0 without a result, 1 with one in slot 0 of the frame, and 2 after
/// an error.
#[unsafe(no_mangle)]
pub extern "C" fn call(index: usize) -> u32 {
    let slots = lock(&FRAME).as_ptr();
    let mut arguments = FrameArguments { next: slots };
    match CALLS[index].run(&mut arguments) {
        Ok(None) => 0,
        Ok(Some(number)) => {
            lock(&FRAME)[0] = number;
            1
        }
        Err(message) => {
            *lock(&MESSAGE) = message;
            2
        }
    }
}

/// Address and number of bytes of the last error's message, in UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn message_address() -> *const u8 {
    lock(&MESSAGE).as_ptr()
}

#[unsafe(no_mangle)]
pub extern "C" fn message_length() -> usize {
    lock(&MESSAGE).len()
}

/// Runs worker `lane` of the pool on the calling thread, for ever.
#[unsafe(no_mangle)]
pub extern "C" fn work(lane: usize) {
    threads::work(lane)
}

/// Reads the arguments one after the other.
struct FrameArguments {
    next: *const f64,
}

impl FrameArguments {
    fn slot(&mut self) -> f64 {
        // SAFETY: JavaScript has written all slots that the function takes.
        unsafe {
            let slot = *self.next;
            self.next = self.next.add(1);
            slot
        }
    }
}

impl Arguments for FrameArguments {
    fn number(&mut self, _index: usize) -> Result<f64> {
        Ok(self.slot())
    }

    fn boolean(&mut self, _index: usize) -> Result<bool> {
        Ok(self.slot() != 0.0)
    }

    fn array(&mut self, _index: usize) -> Result<Option<Handle>> {
        let first = self.next;
        let is_given = [self.slot(), self.slot(), self.slot()][2] >= 0.0;
        Ok(is_given.then(|| Handle { context: std::ptr::null_mut(), value: first.cast_mut().cast(), find }))
    }

    fn list(&mut self, index: usize) -> Result<Vec<Handle>> {
        let length = self.slot() as usize;
        let mut handles = Vec::with_capacity(length);
        for _ in 0..length {
            handles.extend(self.array(index)?);
        }
        Ok(handles)
    }
}

/// The memory of the array in three slots.
unsafe fn find(_context: *mut c_void, value: *mut c_void) -> Result<Memory> {
    // SAFETY: the address is that of three slots of the frame, during the call.
    let [address, length, kind] = unsafe { *value.cast::<[f64; 3]>() };
    let kind = [Kind::Float32, Kind::Int32, Kind::Uint8, Kind::Float64][kind as usize];
    Ok(Memory { kind, data: address as usize as *mut c_void, length: length as usize, is_shared: false })
}
