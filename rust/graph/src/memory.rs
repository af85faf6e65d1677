//! Memory for tables: on huge pages, and used again where that saves clearing it.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use bytemuck::{Pod, Zeroable};

/// A cache line, so that no vector of 64 bytes straddles two.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([u64; 8]);

// SAFETY: eight integers without padding; every pattern of bits is one.
unsafe impl Zeroable for Line {}
// SAFETY: as above.
unsafe impl Pod for Line {}

/// Room that propagations gather from, for one of them at a time.
///
/// Handing the same one to propagation after propagation spares the system the clearing of fresh
/// pages. What it holds between calls means nothing.
#[derive(Debug, Default)]
pub struct Workspace {
    lines: Vec<Line>,
}

impl Workspace {
    /// A workspace that owns no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes it holds.
    pub fn bytes(&self) -> usize {
        size_of_val(self.lines.as_slice())
    }

    /// A table of `n` cells that begins on a cache line, with anything in it.
    pub(crate) fn table<S: Pod>(&mut self, n: usize) -> &mut [S] {
        let lines = (n * size_of::<S>()).div_ceil(size_of::<Line>());
        if self.lines.len() < lines {
            // Freed first: both need not fit the memory.
            self.lines = Vec::new();
            self.lines.reserve_exact(lines);
            prefer_huge_pages(self.lines.spare_capacity_mut());
            self.lines.resize(lines, Line::zeroed());
        }
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..n]
    }
}

/// An empty vector with room for `n` cells.
pub(crate) fn room<T>(n: usize) -> Vec<T> {
    let mut vec = Vec::with_capacity(n);
    prefer_huge_pages(vec.spare_capacity_mut());
    vec
}

/// `n` zeros.
pub(crate) fn zeros<T: Pod>(n: usize) -> Vec<T> {
    let mut cells = vec![T::zeroed(); n]; // from the system, which has not touched them either
    prefer_huge_pages(&mut cells);
    cells
}

/// Cells to be overwritten.
pub(crate) fn to_fill<T: Copy>(cells: &mut [T]) -> &mut [MaybeUninit<T>] {
    // SAFETY: same layout, and this crate never writes an uninitialised value.
    unsafe { &mut *(std::ptr::from_mut(cells) as *mut [MaybeUninit<T>]) }
}

/// The vector with its first `n` cells.
///
/// # Safety
///
/// The first `n` cells of its spare capacity have been written.
pub(crate) unsafe fn filled<T>(mut vec: Vec<T>, n: usize) -> Vec<T> {
    debug_assert!(vec.is_empty() && vec.capacity() >= n);
    // SAFETY: the caller's promise.
    unsafe { vec.set_len(n) };
    vec
}

/// Bytes below which huge pages are not worth a call.
const LARGE: usize = 4 << 20;

/// Asks for huge pages behind memory that nobody has touched yet, if there is much of it: gathers
/// from small ones mostly wait for address translation, and the first touch of each one costs as
/// much as writing it a few times.
pub fn prefer_huge_pages<T>(memory: &mut [T]) {
    let bytes = size_of_val(memory);
    if bytes < LARGE {
        return;
    }
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let start = memory.as_mut_ptr().cast::<u8>();
        let skipped = start.align_offset(PAGE);
        // SAFETY: whole pages of memory that is exclusively ours; the advice changes no byte.
        // It may be refused, which changes nothing either.
        unsafe {
            let first = start.add(skipped);
            libc::madvise(first.cast(), (bytes - skipped) & !(PAGE - 1), libc::MADV_HUGEPAGE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_begins_on_a_cache_line_and_its_room_is_kept() {
        let mut workspace = Workspace::new();
        for n in [0usize, 1, 15, 17, 3 << 20] {
            let table = workspace.table::<f32>(n);
            assert_eq!(table.len(), n);
            assert_eq!(table.as_ptr() as usize % 64, 0);
        }
        let bytes = workspace.bytes();
        assert!(bytes >= 4 * (3 << 20));
        workspace.table::<f64>(5);
        assert_eq!(workspace.bytes(), bytes);
    }
}
