//! The tile in portable code: the definition that the other levels must meet bit by bit.

use super::{COLS, ROWS, Tile};

pub(super) fn score(
    rows: &[[f32; ROWS]],
    cols: &[[f32; COLS]],
    starts: &[f32; COLS],
    thresholds: &[f32; ROWS],
    tile: &mut Tile,
) -> bool {
    tile.scores = [*starts; ROWS];
    for (row_lanes, col_lanes) in rows.iter().zip(cols) {
        for (sums, &row) in tile.scores.iter_mut().zip(row_lanes) {
            for (sum, &col) in sums.iter_mut().zip(col_lanes) {
                *sum = row.mul_add(col, *sum);
            }
        }
    }
    let mut any = 0;
    for ((survivors, scores), &threshold) in
        tile.survivors.iter_mut().zip(&tile.scores).zip(thresholds)
    {
        *survivors = 0;
        for (i, &score) in scores.iter().enumerate() {
            let fails = score <= threshold;
            *survivors |= u32::from(!fails) << i;
        }
        any |= *survivors;
    }
    any != 0
}
