//! The one door through which kernels run.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The pool of one process, with the number of threads that was asked for (0: one per core).
type Slot = Mutex<(usize, Option<(u32, Arc<ThreadPool>)>)>;

static POOL: Slot = Mutex::new((usize::MAX, None));

/// Runs `kernel` on the package's pool, with the interpreter detached.
pub(crate) fn run<T, E, F>(py: Python<'_>, kernel: F) -> PyResult<T>
where
    T: Send,
    E: Into<crate::errors::CoreError> + Send,
    F: FnOnce() -> Result<T, E> + Send,
{
    let pool = pool()?;
    py.detach(|| pool.install(kernel)).map_err(|error| crate::errors::into_py(error.into()))
}

/// The pool of this process.
///
/// Worker threads do not survive `fork`, so a forked child, such as a `DataLoader` worker,
/// builds its own and leaks the one it inherited: there is no thread left to shut down. (A
/// fork during this function still deadlocks the child; the window is the few microseconds of
/// the lock.)
fn pool() -> PyResult<Arc<ThreadPool>> {
    let me = std::process::id();
    let mut slot = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, pool)) = &slot.1
        && *owner == me
    {
        return Ok(Arc::clone(pool));
    }
    mem::forget(slot.1.take());
    if slot.0 == usize::MAX {
        slot.0 = threads_from_environment()?;
    }
    let pool = ThreadPoolBuilder::new()
        .num_threads(slot.0)
        .thread_name(|i| format!("glowrec-{i}"))
        .build()
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let pool = Arc::new(pool);
    slot.1 = Some((me, Arc::clone(&pool)));
    Ok(pool)
}

fn threads_from_environment() -> PyResult<usize> {
    match std::env::var("GLOWREC_NUM_THREADS") {
        Err(_) => Ok(0),
        Ok(text) => text.trim().parse().map_err(|_| {
            PyValueError::new_err(format!(
                "GLOWREC_NUM_THREADS={text:?} is not a number of threads; unset it or give 0 for one per core"
            ))
        }),
    }
}

/// Number of threads that kernels run on.
#[pyfunction]
fn num_threads() -> PyResult<usize> {
    Ok(pool()?.current_num_threads())
}

/// Lets later kernels run on `n` threads; 0 means one per core.
#[pyfunction]
fn set_num_threads(py: Python<'_>, n: usize) {
    let old = py.detach(|| {
        let mut slot = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        slot.0 = n;
        slot.1.take()
    });
    if let Some((owner, pool)) = old
        && owner != std::process::id()
    {
        mem::forget(pool);
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(num_threads, module)?)?;
    module.add_function(wrap_pyfunction!(set_num_threads, module)?)?;
    module.add("simd_level", glowrec_graph::simd::Level::current().name())
}
