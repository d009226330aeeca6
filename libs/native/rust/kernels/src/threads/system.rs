//! Threads of the operating system.

use super::{Worker, work_for_ever};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, Thread};
use std::time::{Duration, Instant};

/// Starts the worker's thread; false if the system refuses.
pub fn start(worker: &'static Worker) -> bool {
    Builder::new().name("lilformer".into()).spawn(move || work_for_ever(worker)).is_ok()
}

/// The time that an idle worker spins before it sleeps.
pub struct Spin {
    turns: u32,
    start: Option<Instant>,
}

impl Spin {
    const LIMIT: Duration = Duration::from_micros(300);

    pub fn new() -> Self {
        Self { turns: 0, start: None }
    }

    /// To be called in each turn.
    #[inline(always)]
    pub fn is_over(&mut self) -> bool {
        self.turns += 1;
        self.turns.is_multiple_of(64) && self.start.get_or_insert_with(Instant::now).elapsed() > Self::LIMIT
    }
}

/// How an idle worker sleeps.
pub struct Sleep {
    asleep: AtomicBool,
    /// None until it has begun.
    thread: OnceLock<Thread>,
}

impl Sleep {
    pub fn new() -> Self {
        Self { asleep: AtomicBool::new(false), thread: OnceLock::new() }
    }

    /// Called by the worker at its start.
    pub fn begin(&self) {
        let _ = self.thread.set(std::thread::current());
    }

    /// Sleeps until the condition holds, which is checked after each `wake`.
    pub fn until(&self, condition: impl Fn() -> bool) {
        self.asleep.store(true, Ordering::SeqCst);
        while !condition() {
            std::thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }

    /// Called by another thread after it has made the condition true.
    pub fn wake(&self) {
        if self.asleep.load(Ordering::SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }
}
