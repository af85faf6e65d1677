//! From a rank to the member of a set's complement that has it.
//!
//! `sorted[i] - i` counts the numbers missing before `sorted[i]` and never decreases, so a binary
//! search finds how many members to step over: one first step that leaves a power of two less one,
//! then halving steps. Where a search goes is unpredictable by design, so there is no branch on the
//! data, and many searches of one set run side by side to hide each other's memory accesses.

use std::hint::select_unpredictable;

/// The `rank`-th natural number, from 0, that is missing from the strictly increasing `sorted`:
/// `O(log sorted.len())`.
#[inline]
pub fn nth_absent(sorted: &[u32], rank: u32) -> u32 {
    let mut ranks = [rank];
    nth_absent_each(sorted, &mut ranks);
    ranks[0]
}

/// Searches that run side by side in registers.
const ABREAST: usize = 8;

/// Replaces every rank by the number of that rank that is missing from `sorted`.
///
/// Never inlined, so that it is compiled without wide vectors: they would only slow it down.
#[inline(never)]
pub(crate) fn nth_absent_each(sorted: &[u32], ranks: &mut [u32]) {
    let Some(class) = sorted.len().checked_ilog2() else { return };
    let (groups, rest) = ranks.as_chunks_mut::<ABREAST>();
    for group in groups {
        search(sorted, class, group);
    }
    for rank in rest {
        search(sorted, class, std::array::from_mut(rank));
    }
}

#[inline(always)]
fn search<const N: usize>(sorted: &[u32], class: u32, ranks: &mut [u32; N]) {
    let half = 1usize << class;
    // `below[i]` is the answer less one, seen from the members known to be stepped over.
    let mut below: [usize; N] = std::array::from_fn(|i| (ranks[i] as usize).wrapping_sub(1));
    let first = sorted[half - 1] as usize;
    for below in &mut below {
        let stepped = below.wrapping_add(sorted.len() - half + 1);
        *below = select_unpredictable(first <= below.wrapping_add(half), stepped, *below);
    }
    let mut step = half / 2;
    while step > 0 {
        for i in 0..N {
            let stepped = below[i].wrapping_add(step);
            let member = sorted[stepped - ranks[i] as usize] as usize;
            below[i] = select_unpredictable(member <= stepped, stepped, below[i]);
        }
        step /= 2;
    }
    for i in 0..N {
        ranks[i] = below[i].wrapping_add(1) as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nth_absent_agrees_with_counting_on_every_subset_of_ten() {
        for mask in 0u32..1024 {
            let inside = |c: &u32| mask >> c & 1 == 1;
            let sorted: Vec<u32> = (0..10).filter(inside).collect();
            let absent: Vec<u32> = (0..24).filter(|c| !inside(c)).take(14).collect();
            let mut ranks: Vec<u32> = (0..14).collect();
            nth_absent_each(&sorted, &mut ranks);
            assert_eq!(ranks, absent, "mask {mask:010b}");
            for (rank, &column) in absent.iter().enumerate() {
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
