//! How often each column is listed.

/// Counts, for each cut-off, how many of the lists hold each column within it.
///
/// `lists` are rows of `width` columns padded with -1; the lists `rows` are counted. `out` has
/// `n_cols` counts per cut-off. A column that a list repeats counts as often.
///
/// # Panics
///
/// If a list holds a column that is not below `n_cols`, or a row is no list.
pub fn exposure(
    lists: &[i64],
    width: usize,
    rows: &[u32],
    n_cols: usize,
    cuts: &[usize],
) -> Vec<i64> {
    let mut counts = vec![0i64; n_cols * cuts.len()];
    let mut ascending: Vec<usize> = (0..cuts.len()).collect();
    ascending.sort_unstable_by_key(|&cut| cuts[cut]);
    let mut start = 0;
    let mut before = None;
    for cut in ascending {
        if let Some(before) = before {
            counts.copy_within(before * n_cols..(before + 1) * n_cols, cut * n_cols);
        }
        let end = cuts[cut].min(width);
        let counts = &mut counts[cut * n_cols..][..n_cols];
        for &row in rows {
            let list = &lists[row as usize * width..][start..end];
            for &column in list.iter().take_while(|column| **column >= 0) {
                counts[column.cast_unsigned() as usize] += 1;
            }
        }
        (start, before) = (end, Some(cut));
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_count_what_lies_within_them_in_any_order() {
        let lists = [3, 1, 0, 2, 3, -1, 1, -1, -1];
        assert_eq!(
            exposure(&lists, 3, &[0, 1], 4, &[3, 1, 2]),
            [[1, 1, 1, 2], [0, 0, 1, 1], [0, 1, 1, 2]].concat()
        );
        assert_eq!(exposure(&lists, 3, &[2], 4, &[9]), [0, 1, 0, 0]);
        assert_eq!(exposure(&[], 0, &[0], 2, &[1]), [0, 0]);
    }
}
