//! From a rank to the member of a set's complement that has it.

/// The `rank`-th natural number, from 0, that is missing from the strictly increasing `sorted`.
///
/// `sorted[i] - i` counts the numbers missing before `sorted[i]` and never decreases, so a binary
/// search finds how many members to step over: `O(log sorted.len())`.
#[inline]
pub fn nth_absent(sorted: &[u32], rank: u32) -> u32 {
    let (mut base, mut len) = (0, sorted.len());
    while len > 0 {
        let half = len.div_ceil(2);
        let last = base + half - 1;
        // No branch on the data: where the search goes is unpredictable by design.
        base += if sorted[last] - last as u32 <= rank { half } else { 0 };
        len -= half;
    }
    rank + base as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nth_absent_agrees_with_counting_on_every_subset_of_ten() {
        for mask in 0u32..1024 {
            let inside = |c: &u32| mask >> c & 1 == 1;
            let sorted: Vec<u32> = (0..10).filter(inside).collect();
            let absent = (0..14).filter(|c| !inside(c));
            for (rank, column) in absent.enumerate() {
                assert_eq!(nth_absent(&sorted, rank as u32), column, "mask {mask:010b}");
            }
        }
    }

    #[test]
    fn the_largest_ids_fit() {
        assert_eq!(nth_absent(&[0, u32::MAX - 1], u32::MAX - 3), u32::MAX - 2);
        assert_eq!(nth_absent(&[0, u32::MAX - 1], u32::MAX - 2), u32::MAX);
    }
}
