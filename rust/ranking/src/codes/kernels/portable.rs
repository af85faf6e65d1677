//! The tile in portable code: the definition of the others.

use super::{COLS, ROWS, STEP, Tile};

pub(super) fn scan(rows: &[[i8; ROWS * STEP]], cols: &[[u8; COLS * STEP]], tile: &mut Tile) {
    tile.sums = tile.starts.sums.map(|start| [start; COLS]);
    for (rows, cols) in rows.iter().zip(cols) {
        for (sums, row) in tile.sums.iter_mut().zip(rows.as_chunks::<STEP>().0) {
            for (sum, col) in sums.iter_mut().zip(cols.as_chunks::<STEP>().0) {
                *sum +=
                    row.iter().zip(col).map(|(&q, &c)| i32::from(q) * i32::from(c)).sum::<i32>();
            }
        }
    }
    tile.rows = 0;
    for (r, (survivors, sums)) in tile.survivors.iter_mut().zip(&tile.sums).enumerate() {
        *survivors = 0;
        for (i, &sum) in sums.iter().enumerate() {
            *survivors |= u32::from(sum >= 0) << i;
        }
        tile.rows |= u8::from(*survivors != 0) << r;
    }
}
