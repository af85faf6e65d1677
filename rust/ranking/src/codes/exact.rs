//! Scores in float32, of columns that are spread over their table.

use glowrec_graph::dispatched;

use crate::best::Hit;
use crate::table::Columns;

/// Columns that are scored side by side.
const LANES: usize = 8;
/// Coordinates that are read at once.
const BLOCK: usize = 16;

dispatched! {
    /// Fills in the scores of hits whose columns are given. Meanwhile asks for the vectors of the
    /// columns that are scored next.
    pub(super) fn score_all(
        level, row: &[f32], cols: &Columns<'_>, hits: &mut [Hit], next: &[Hit],
    ) = score_all_body;
}

#[inline(always)]
fn score_all_body(row: &[f32], cols: &Columns<'_>, hits: &mut [Hit], next: &[Hit]) {
    let mut next = next.iter();
    let (row, row_rest) = row.as_chunks::<BLOCK>();
    for hits in hits.chunks_mut(LANES) {
        // Lanes without a hit repeat the first one.
        let column = |lane: usize| hits[if lane < hits.len() { lane } else { 0 }].column();
        let columns: [u32; LANES] = std::array::from_fn(column);
        let vectors =
            columns.map(|column| cols.vectors().row(column as usize).as_chunks::<BLOCK>());
        let mut sums = columns.map(|column| cols.start(column as usize));
        next.by_ref().take(LANES).for_each(|hit| cols.vectors().prefetch(hit.column() as usize));
        for (i, values) in row.iter().enumerate() {
            let blocks = vectors.map(|(blocks, _)| &blocks[i]);
            for (d, &value) in values.iter().enumerate() {
                for (sum, block) in sums.iter_mut().zip(blocks) {
                    *sum = value.mul_add(block[d], *sum);
                }
            }
        }
        for (d, &value) in row_rest.iter().enumerate() {
            for (sum, (_, rest)) in sums.iter_mut().zip(vectors) {
                *sum = value.mul_add(rest[d], *sum);
            }
        }
        for (hit, (sum, column)) in hits.iter_mut().zip(sums.into_iter().zip(columns)) {
            *hit = Hit::new(sum, column);
        }
    }
    next.for_each(|hit| cols.vectors().prefetch(hit.column() as usize));
}

#[cfg(test)]
mod tests {
    use glowrec_graph::simd::Level;

    use super::*;
    use crate::table::Table;

    #[test]
    fn scores_are_chains_of_fused_operations() {
        let number = |i: u32| (i.wrapping_mul(2_654_435_761) >> 9) as f32 / 4e6 - 1.0;
        for dim in [1, 15, 16, 35] {
            let values: Vec<f32> = (0..20 * dim as u32).map(number).collect();
            let bias: Vec<f32> = (0..20).map(|i| number(i + 7777)).collect();
            let vectors = Table::new("cols", &values, 20, dim).unwrap();
            let cols = Columns::new(vectors, Some(&bias)).unwrap();
            let row: Vec<f32> = (0..dim as u32).map(|i| number(i + 99_999)).collect();
            for &level in Level::available() {
                for n in [0, 1, 8, 13] {
                    let mut hits: Vec<Hit> = (0..n).map(|i| Hit::new(0.0, (i * 3) % 20)).collect();
                    score_all(level, &row, &cols, &mut hits, &[Hit::new(0.0, 19)]);
                    for (i, hit) in (0..n).zip(hits) {
                        let column = (i * 3) % 20;
                        let pairs = row.iter().zip(vectors.row(column as usize));
                        let chain = |sum, (x, y): (&f32, &f32)| x.mul_add(*y, sum);
                        let score = pairs.fold(bias[column as usize], chain);
                        assert_eq!(hit, Hit::new(score, column));
                    }
                }
            }
        }
    }
}
