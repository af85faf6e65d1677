//! Vectors side by side, coordinate by coordinate: what the kernels read in one stream.

use crate::table::Table;

/// Writes up to `WIDTH` vectors so that coordinate `d` of vector `i` stands at `d * WIDTH + i`.
/// Places without a vector hold zeros.
pub(crate) fn pack<const WIDTH: usize>(
    table: &Table<'_>,
    rows: impl ExactSizeIterator<Item = usize>,
    out: &mut [f32],
) {
    debug_assert!(rows.len() <= WIDTH && out.len() == WIDTH * table.dim());
    if rows.len() < WIDTH {
        out.fill(0.0);
    }
    let (out, _) = out.as_chunks_mut::<WIDTH>();
    for (i, row) in rows.enumerate() {
        for (lanes, &value) in out.iter_mut().zip(table.row(row)) {
            lanes[i] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_stand_side_by_side_and_gaps_are_zero() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let table = Table::new("values", &values, 3, 2).unwrap();
        let mut out = [7.0; 6];
        pack::<3>(&table, [2, 0].into_iter(), &mut out);
        assert_eq!(out, [5.0, 1.0, 0.0, 6.0, 2.0, 0.0]);
    }
}
