//! Scores of a small tile of rows × columns, held in registers and compared there.
//!
//! Every score is one chain of fused multiply-adds over the coordinates, in order, from what its
//! column starts from: the same bits on every level.

mod baseline;
#[cfg(target_arch = "x86_64")]
mod x86;

use glowrec_graph::simd::Level;

/// Rows of a tile.
pub(crate) const ROWS: usize = 12;
/// Columns of a tile.
pub(crate) const COLS: usize = 32;

/// What became of a tile.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Tile {
    /// The scores; only those of rows with survivors mean something.
    pub(crate) scores: [[f32; COLS]; ROWS],
    /// Per row, the columns whose score is not at most the row's threshold.
    pub(crate) survivors: [u32; ROWS],
}

impl Tile {
    pub(crate) const EMPTY: Self = Self { scores: [[0.0; COLS]; ROWS], survivors: [0; ROWS] };
}

/// Scores packed `rows` against packed `cols`, from `starts` on; whether anything survives its
/// threshold.
///
/// A score survives unless it is at most the threshold, so NaN always does, and under a
/// threshold of NaN everything does.
#[inline]
#[allow(unsafe_code)]
pub(crate) fn score(
    level: Level,
    rows: &[f32],
    cols: &[f32],
    starts: &[f32; COLS],
    thresholds: &[f32; ROWS],
    tile: &mut Tile,
) -> bool {
    let (rows, rest) = rows.as_chunks::<ROWS>();
    let (cols, others) = cols.as_chunks::<COLS>();
    assert!(rest.is_empty() && others.is_empty() && rows.len() == cols.len());
    match level {
        // SAFETY: `Level::available` lists a level only where its features are.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::avx512(rows, cols, starts, thresholds, tile) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::avx2(rows, cols, starts, thresholds, tile) },
        _ => baseline::score(rows, cols, starts, thresholds, tile),
    }
}
