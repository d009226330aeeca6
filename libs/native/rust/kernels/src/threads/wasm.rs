//! Threads of WebAssembly: JavaScript starts a worker with its own instance of the module over the same memory, and calls
//! `work` there. Until it does, the other threads do that worker's share.

use super::{POOL, Worker, work_for_ever};
use std::arch::wasm32::{memory_atomic_notify, memory_atomic_wait32};
use std::sync::atomic::{AtomicI32, Ordering};

/// JavaScript starts it.
pub fn start(_worker: &'static Worker) -> bool {
    true
}

/// Runs the worker of this lane on the calling thread, for ever.
///
/// # Panics
/// When `set_threads` has made no such worker.
pub fn work(lane: usize) -> ! {
    let worker = POOL.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).workers[lane - 1];
    work_for_ever(worker)
}

/// The turns that an idle worker spins before it sleeps: there is no clock.
pub struct Spin(u32);

impl Spin {
    const LIMIT: u32 = 100_000;

    pub fn new() -> Self {
        Self(0)
    }

    /// To be called in each turn.
    #[inline(always)]
    pub fn is_over(&mut self) -> bool {
        self.0 += 1;
        self.0 > Self::LIMIT
    }
}

const AWAKE: i32 = 0;
const ASLEEP: i32 = 1;

/// How an idle worker sleeps.
pub struct Sleep(AtomicI32);

impl Sleep {
    pub fn new() -> Self {
        Self(AtomicI32::new(AWAKE))
    }

    /// Called by the worker at its start.
    pub fn begin(&self) {}

    /// Sleeps until the condition holds, which is checked after each `wake`.
    pub fn until(&self, condition: impl Fn() -> bool) {
        loop {
            self.0.store(ASLEEP, Ordering::SeqCst);
            if condition() {
                self.0.store(AWAKE, Ordering::SeqCst);
                return;
            }
            // SAFETY: the address is that of an atomic; only workers sleep, which may.
            unsafe { memory_atomic_wait32(self.0.as_ptr(), ASLEEP, -1) };
        }
    }

    /// Called by another thread after it has made the condition true.
    pub fn wake(&self) {
        if self.0.swap(AWAKE, Ordering::SeqCst) == ASLEEP {
            // SAFETY: as above.
            unsafe { memory_atomic_notify(self.0.as_ptr(), 1) };
        }
    }
}
