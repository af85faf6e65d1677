//! The one door through which kernels run.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use glowrec_graph::simd::Level;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::errors::{CoreError, ParameterError, into_py};

/// The pool of one process, with the number of threads that was asked for (0: one per core).
type Slot = Mutex<(usize, Option<(u32, Arc<ThreadPool>)>)>;

static POOL: Slot = Mutex::new((usize::MAX, None));

/// Runs `kernel` on the package's pool, with the interpreter detached.
pub(crate) fn run<T, E, F>(py: Python<'_>, kernel: F) -> PyResult<T>
where
    T: Send,
    E: Into<CoreError> + Send,
    F: FnOnce() -> Result<T, E> + Send,
{
    let pool = pool()?;
    py.detach(|| pool.install(kernel)).map_err(|error| into_py(error.into()))
}

/// Runs the steps of a kernel until one says that nothing is left; signals are handled between.
pub(crate) fn run_steps<E, F>(py: Python<'_>, mut step: F) -> PyResult<()>
where
    E: Into<CoreError> + Send,
    F: FnMut() -> Result<bool, E> + Send,
{
    while run(py, &mut step)? {
        py.check_signals()?;
    }
    Ok(())
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
    Level::chosen().map_err(|error| into_py(error.into()))?;
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

/// The most threads that a pool may have.
const MOST_THREADS: usize = 1024;

fn threads_from_environment() -> PyResult<usize> {
    let text = std::env::var_os("GLOWREC_NUM_THREADS").unwrap_or_default();
    let text = text.to_string_lossy();
    match text.trim() {
        "" => Ok(0),
        number => number.parse().ok().filter(|&n| n <= MOST_THREADS).ok_or_else(|| {
            ParameterError::new_err(format!(
                "GLOWREC_NUM_THREADS = {text:?}: expected a number of threads up to \
                 {MOST_THREADS}, or 0 for one per core"
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

/// Name of the vector instructions in use.
#[pyfunction]
fn simd_level() -> PyResult<&'static str> {
    Level::chosen().map(Level::name).map_err(|error| into_py(error.into()))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(num_threads, module)?)?;
    module.add_function(wrap_pyfunction!(set_num_threads, module)?)?;
    module.add_function(wrap_pyfunction!(simd_level, module)?)?;
    module.add("MOST_THREADS", MOST_THREADS)
}
