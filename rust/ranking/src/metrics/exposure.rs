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
        let of_row = |&row: &u32| &lists[row as usize * width..][start..end];
        let counts = &mut counts[cut * n_cols..][..n_cols];
        count(rows, of_row, counts, rayon::current_num_threads());
        (start, before) = (end, Some(cut));
    }
    counts
}

/// Adds one for each column of each row's list, on up to `n_threads` threads.
fn count<'a>(
    rows: &[u32],
    of_row: impl Fn(&u32) -> &'a [i64] + Copy + Send + Sync,
    counts: &mut [i64],
    n_threads: usize,
) {
    let cells = rows.first().map_or(0, |row| of_row(row).len()) * rows.len();
    // Who counts apart has counts to hold and to add up.
    if n_threads > 1 && cells / n_threads > counts.len() {
        let (some, others) = rows.split_at(rows.len() / 2);
        let mut apart = vec![0; counts.len()];
        rayon::join(
            || count(some, of_row, counts, n_threads.div_ceil(2)),
            || count(others, of_row, &mut apart, n_threads / 2),
        );
        counts.iter_mut().zip(apart).for_each(|(count, apart)| *count += apart);
        return;
    }
    for &column in rows.iter().flat_map(|row| of_row(row).iter().take_while(|&&c| c >= 0)) {
        counts[column.cast_unsigned() as usize] += 1;
    }
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

    #[test]
    fn threads_that_count_apart_count_everything_once() {
        let lists: Vec<i64> = (0..4000).map(|i| i % 7).collect();
        let rows: Vec<u32> = (0..1000).collect();
        for n_threads in [1, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            let found = pool.install(|| exposure(&lists, 4, &rows, 7, &[1, 4]));
            let count = |column, cut| {
                let listed = lists.chunks(4).flat_map(|list| &list[..cut]);
                listed.map(|&listed| i64::from(listed == column)).sum()
            };
            let expected: Vec<i64> =
                [1, 4].iter().flat_map(|&k| (0..7).map(move |c| count(c, k))).collect();
            assert_eq!(found, expected);
        }
    }
}
