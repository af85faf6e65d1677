//! Sums of products of 8-bit codes of a small tile of rows × columns, compared in registers.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ops::Range;

use glowrec_graph::simd::Level;

use super::columns::Units;
use super::rows::{Groups, Starts};
use super::{COLS, ROWS, STEP};

/// How products of codes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dots {
    /// Ordinary code: the definition.
    Portable,
    /// AVX2: codes of 7 bits, so that four products fit 16 bits.
    Avx2,
    /// AVX-VNNI: 256-bit registers.
    AvxVnni,
    /// AVX-512 VNNI.
    Avx512Vnni,
}

/// What became of a tile.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Tile {
    /// What the sums of each row would have had to exceed, negated: they start from it.
    pub(super) starts: Starts,
    /// The sums; only those of rows with survivors mean something.
    pub(super) sums: [[i32; COLS]; ROWS],
    /// Per row, the columns whose sum is not negative.
    pub(super) survivors: [u32; ROWS],
    /// A bit for each row with survivors.
    pub(super) rows: u8,
}

/// Tiles that are made before any is looked at: what is found in the last of them is not waited
/// for where the products of the next could begin.
pub(super) const BATCH: usize = 4;

impl Tile {
    pub(super) const EMPTY: Self =
        Self { starts: Starts::ZERO, sums: [[0; COLS]; ROWS], survivors: [0; ROWS], rows: 0 };
}

impl Dots {
    /// All that this processor can run, slowest first.
    pub fn available() -> Vec<Self> {
        let mut found = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let level = *Level::available().last().unwrap_or(&Level::Baseline);
            if level >= Level::Avx2 {
                found.push(Self::Avx2);
                if is_x86_feature_detected!("avxvnni") {
                    found.push(Self::AvxVnni);
                }
            }
            if level >= Level::Avx512 && is_x86_feature_detected!("avx512vnni") {
                found.push(Self::Avx512Vnni);
            }
        }
        found
    }

    /// The fastest for vector instructions up to `level`.
    ///
    /// AVX-VNNI counts as wider than AVX2, so that a process held to AVX2 measures AVX2 alone.
    pub fn of(level: Level) -> Self {
        let fits = |dots: &Self| match dots {
            Self::Portable => true,
            Self::Avx2 => level >= Level::Avx2,
            Self::AvxVnni => level == Level::Avx2 && Level::available().last() == Some(&level),
            Self::Avx512Vnni => level >= Level::Avx512,
        };
        Self::available().into_iter().rev().find(fits).unwrap_or(Self::Portable)
    }

    /// The largest code of a row.
    pub(super) fn row_codes(self) -> i16 {
        if self == Self::Avx2 { 64 } else { 127 }
    }

    /// The largest code of a column, before it is moved up.
    pub(super) fn column_codes(self) -> i16 {
        if self == Self::Avx2 { 63 } else { 127 }
    }

    /// What codes of columns are moved up by, since one side's codes must not be negative.
    pub(super) fn zero(self) -> u8 {
        if self == Self::Avx2 { 64 } else { 128 }
    }

    /// A code of a column as the kernels read it.
    #[inline]
    pub(super) fn moved_up(self, code: i8) -> u8 {
        code.cast_unsigned().wrapping_add(self.zero())
    }

    /// Adds up the products of codes of some groups with those of a panel, and gives their tiles to
    /// `found`, up to `BATCH` at a time, with the first one's group.
    #[inline]
    #[allow(unsafe_code)]
    pub(super) fn sweep(
        self,
        groups: (&Groups, Range<usize>),
        cols: &[[u8; COLS * STEP]],
        units: &Units,
        tiles: &mut [Tile; BATCH],
        found: impl FnMut(usize, &[Tile]),
    ) {
        match self {
            // SAFETY: `Dots::available` lists only what the processor has.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe {
                x86::avx2::sweep(groups, cols, units, tiles, found);
            },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => unsafe {
                x86::avxvnni::sweep(groups, cols, units, tiles, found);
            },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => unsafe {
                x86::avx512vnni::sweep(groups, cols, units, tiles, found);
            },
            _ => sweep(groups, cols, units, tiles, found, portable::scan),
        }
    }
}

/// The body of [`Dots::sweep`] for one way of making products.
#[inline(always)]
fn sweep(
    (groups, range): (&Groups, Range<usize>),
    cols: &[[u8; COLS * STEP]],
    units: &Units,
    tiles: &mut [Tile; BATCH],
    mut found: impl FnMut(usize, &[Tile]),
    scan: impl Fn(&[[i8; ROWS * STEP]], &[[u8; COLS * STEP]], &mut Tile),
) {
    for first in range.clone().step_by(BATCH) {
        let tiles = &mut tiles[..BATCH.min(range.end - first)];
        for (group, tile) in (first..).zip(&mut *tiles) {
            tile.starts = groups.limits(group).starts(units);
            scan(groups.codes(group), cols, tile);
        }
        found(first, tiles);
    }
}
