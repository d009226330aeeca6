//! A thread pool for jobs of microseconds: a worker spins before it sleeps, so that the next job starts within a
//! fraction of a microsecond. A nested job, and one that starts while the pool works for another JavaScript thread, runs on
//! the calling thread.
//!
//! Parts are assigned dynamically. Results depend only on the part, and sums of parts on a number of parts that the sizes
//! determine: they are equal bit for bit for any number of threads.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};

#[cfg(not(target_arch = "wasm32"))]
mod system;
#[cfg(not(target_arch = "wasm32"))]
use system::{Sleep, Spin, start};
#[cfg(target_arch = "wasm32")]
mod wasm;
#[cfg(target_arch = "wasm32")]
pub use wasm::work;
#[cfg(target_arch = "wasm32")]
use wasm::{Sleep, Spin, start};

/// Bit of GATE: the task may be entered.
const OPEN: u32 = 1 << 31;

type Job<'a> = dyn Fn(usize, usize) + Sync + 'a;

/// A job in progress.
struct Task {
    job: *const Job<'static>,
    parts: usize,
    next: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// OPEN while the task may be entered, plus the number of workers inside it.
static GATE: AtomicU32 = AtomicU32::new(0);
/// Number of tasks so far; workers wait for it to change.
static EPOCH: AtomicUsize = AtomicUsize::new(0);
static TASK: AtomicPtr<Task> = AtomicPtr::new(std::ptr::null_mut());
static POOL: Mutex<Pool> = Mutex::new(Pool { workers: Vec::new(), threads: 0 });
/// Number of threads including the calling one; 0 before the first call of `threads`.
static THREADS: AtomicUsize = AtomicUsize::new(0);

struct Pool {
    workers: Vec<&'static Worker>,
    threads: usize,
}

/// A thread of the pool.
struct Worker {
    lane: usize,
    sleep: Sleep,
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Number of threads that a job uses, including the calling one.
pub fn threads() -> usize {
    match THREADS.load(Ordering::Relaxed) {
        0 => set_threads(default_threads()),
        count => count,
    }
}

/// Number of cores available to this process, within affinity and cgroup limits; 1 where that is unknown.
pub fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get())
}

/// Sets the number of threads and returns the new number, which is smaller if the system refuses to create threads.
pub fn set_threads(count: usize) -> usize {
    let mut pool = lock();
    resize(&mut pool, count.clamp(1, 1024))
}

fn lock() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The pool, unless it works for another thread. Waiting could take for ever: the lock is not fair.
fn try_lock() -> Option<MutexGuard<'static, Pool>> {
    match POOL.try_lock() {
        Ok(pool) => Some(pool),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn resize(pool: &mut Pool, count: usize) -> usize {
    while pool.workers.len() + 1 < count {
        let worker: &'static Worker =
            Box::leak(Box::new(Worker { lane: pool.workers.len() + 1, sleep: Sleep::new() }));
        if !start(worker) {
            break;
        }
        pool.workers.push(worker);
    }
    pool.threads = count.min(pool.workers.len() + 1);
    THREADS.store(pool.threads, Ordering::Relaxed);
    pool.threads
}

/// Calls `job(part, lane)` for parts 0 to `parts` - 1 on all threads; `lane` is the index of the thread.
///
/// # Panics
/// With the first panic of a part, after all parts have ended.
pub fn run(parts: usize, job: impl Fn(usize, usize) + Sync) {
    let count = threads();
    let pool = if parts <= 1 || count == 1 || INSIDE.get() { None } else { try_lock() };
    let Some(pool) = pool else {
        for part in 0..parts {
            job(part, 0);
        }
        return;
    };
    let job: &Job<'_> = &job;
    // SAFETY: only the lifetime changes; no worker uses the task after this function returns.
    let job = unsafe { std::mem::transmute::<*const Job<'_>, *const Job<'static>>(job) };
    let task = Task { job, parts, next: AtomicUsize::new(0), panic: Mutex::new(None) };
    TASK.store((&raw const task).cast_mut(), Ordering::Relaxed);
    GATE.store(OPEN, Ordering::Release);
    EPOCH.fetch_add(1, Ordering::SeqCst);
    for worker in pool.workers.iter().take((pool.threads - 1).min(parts - 1)) {
        worker.sleep.wake();
    }
    INSIDE.set(true);
    take_parts(&task, 0);
    INSIDE.set(false);
    GATE.fetch_and(!OPEN, Ordering::AcqRel);
    let mut waited = 0u32;
    while GATE.load(Ordering::Acquire) != 0 {
        std::hint::spin_loop();
        waited = waited.wrapping_add(1);
        if waited.is_multiple_of(1 << 14) {
            std::thread::yield_now();
        }
    }
    drop(pool);
    let panic = task.panic.lock().unwrap_or_else(|p| p.into_inner()).take();
    if let Some(payload) = panic {
        resume_unwind(payload);
    }
}

fn take_parts(task: &Task, lane: usize) {
    // SAFETY: `run` waits until no worker is inside the task, so the job is alive.
    let job = unsafe { &*task.job };
    loop {
        let part = task.next.fetch_add(1, Ordering::Relaxed);
        if part >= task.parts {
            break;
        }
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| job(part, lane))) {
            let mut first = task.panic.lock().unwrap_or_else(|p| p.into_inner());
            first.get_or_insert(payload);
        }
    }
}

/// The main loop of a worker.
fn work_for_ever(own: &'static Worker) -> ! {
    own.sleep.begin();
    INSIDE.set(true);
    let mut seen = 0;
    loop {
        wait_for_task(own, seen);
        seen = EPOCH.load(Ordering::SeqCst);
        if own.lane >= THREADS.load(Ordering::Relaxed).max(1) {
            continue; // the number of threads was reduced
        }
        let mut gate = GATE.load(Ordering::Acquire);
        while gate & OPEN != 0 {
            match GATE.compare_exchange_weak(gate, gate + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    // SAFETY: being inside the gate keeps the task alive.
                    take_parts(unsafe { &*TASK.load(Ordering::Relaxed) }, own.lane);
                    GATE.fetch_sub(1, Ordering::AcqRel);
                    break;
                }
                Err(now) => gate = now,
            }
        }
    }
}

fn wait_for_task(own: &Worker, seen: usize) {
    let mut spin = Spin::new();
    while EPOCH.load(Ordering::Acquire) == seen {
        std::hint::spin_loop();
        if spin.is_over() {
            own.sleep.until(|| EPOCH.load(Ordering::SeqCst) != seen);
        }
    }
}

/// Most parts of a sum that threads compute side by side. It does not depend on the number of threads, and neither do the sums.
pub const SUM_PARTS: usize = 8;

/// Splits `count` items into `parts` ranges of nearly equal length, in multiples of `grain`; returns range `part`.
pub fn split(count: usize, parts: usize, grain: usize, part: usize) -> (usize, usize) {
    let grains = count.div_ceil(grain);
    let bound = |i: usize| (grains * i / parts * grain).min(count);
    (bound(part), bound(part + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_runs_once() {
        set_threads(3);
        for parts in [0, 1, 2, 3, 7, 1000] {
            let counts: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
            for _ in 0..200 {
                run(parts, |part, lane| {
                    assert!(lane < 3);
                    counts[part].fetch_add(1, Ordering::Relaxed);
                });
            }
            assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 200));
        }
    }

    #[test]
    fn panics_propagate_and_the_pool_survives() {
        let result = catch_unwind(|| run(8, |part, _| assert!(part != 5, "part five")));
        assert!(result.is_err());
        let sum = AtomicUsize::new(0);
        run(8, |part, _| {
            sum.fetch_add(part, Ordering::Relaxed);
        });
        assert_eq!(sum.load(Ordering::Relaxed), 28);
    }

    #[test]
    fn several_threads_run_jobs_at_once() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let sum = AtomicUsize::new(0);
                        run(5, |part, _| {
                            run(2, |inner, _| {
                                sum.fetch_add(part * inner, Ordering::Relaxed);
                            })
                        });
                        assert_eq!(sum.load(Ordering::Relaxed), 10);
                    }
                });
            }
        });
    }

    #[test]
    fn splits_cover_all_items_once() {
        for count in [0, 1, 5, 64, 1000] {
            for parts in 1..6 {
                for grain in [1, 8] {
                    let mut at = 0;
                    for part in 0..parts {
                        let (first, end) = split(count, parts, grain, part);
                        assert_eq!(first, at);
                        at = end;
                    }
                    assert_eq!(at, count);
                }
            }
        }
    }
}
