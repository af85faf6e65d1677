//! The loop of bare gathers for the Python benches, which load this crate as a shared library.

use std::slice;
use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::gathers::gathers;

/// Runs [`gathers`] on `threads` threads and writes the `dim` sums to `out`.
///
/// # Panics
///
/// If threads cannot be started, or as [`gathers`] does.
///
/// # Safety
///
/// `indptr` points to `n_rows + 1` row starts, of which the last is the length of `indices`;
/// `table` to `n_values` floats and `out` to `dim` floats that nobody else uses meanwhile.
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
pub unsafe extern "C" fn glowrec_bare_gathers(
    indptr: *const u64,
    n_rows: usize,
    indices: *const u32,
    table: *const f32,
    n_values: usize,
    dim: usize,
    threads: usize,
    out: *mut f32,
) {
    static POOL: OnceLock<ThreadPool> = OnceLock::new();
    // SAFETY: the caller's promise.
    let (indptr, table, out) = unsafe {
        (
            slice::from_raw_parts(indptr, n_rows + 1),
            slice::from_raw_parts(table, n_values),
            slice::from_raw_parts_mut(out, dim),
        )
    };
    // SAFETY: the caller's promise.
    let indices = unsafe { slice::from_raw_parts(indices, indptr[n_rows] as usize) };
    let pool = POOL.get_or_init(|| {
        ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started")
    });
    out.copy_from_slice(&pool.install(|| gathers(indptr, indices, table, dim)));
}
