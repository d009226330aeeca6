//! Scratch memory for each thread, in one buffer.

use crate::buffers::{self, Buffer, Shared};
use crate::threads;

pub struct Scratch {
    numbers: Shared<f32>,
    each: usize,
    lanes: usize,
    _buffer: Buffer,
}

impl Scratch {
    /// `size` floats for each thread.
    pub fn new(each: usize) -> Self {
        let lanes = threads::threads();
        let each = each.next_multiple_of(32) + 16;
        let mut buffer = buffers::floats(each.saturating_mul(lanes));
        Self { numbers: Shared::new(&mut buffer), each, lanes, _buffer: buffer }
    }

    /// The scratch memory of a thread.
    pub fn of(&self, lane: usize) -> Cut {
        if lane < self.lanes {
            // SAFETY: in bounds, as checked above.
            return Cut { at: unsafe { self.numbers.at(lane * self.each) }, left: self.each, _own: None };
        }
        // the number of threads was increased meanwhile
        let mut own = buffers::floats(self.each);
        Cut { at: own.as_mut_ptr(), left: self.each, _own: Some(own) }
    }
}

/// A bump allocator.
pub struct Cut {
    at: *mut f32,
    left: usize,
    _own: Option<Buffer>,
}

impl Cut {
    /// The next `count` floats, at a 64-byte boundary.
    pub fn take(&mut self, count: usize) -> *mut f32 {
        let count = count.next_multiple_of(16);
        assert!(count <= self.left, "attention: too little scratch memory");
        let taken = self.at;
        self.at = taken.wrapping_add(count);
        self.left -= count;
        taken
    }
}
