//! From a rank to the member of a set's complement that has it.
//!
//! `sorted[i] - i` counts the numbers missing before `sorted[i]` and never decreases, so a binary
//! search finds how many members to step over. All searches here take the same steps for sets of
//! the same size class, `floor(log2(len))`: one first step that leaves a power of two less one,
//! then halving steps. Where a search goes is unpredictable by design, so there is no branch on the
//! data, and many searches run side by side to hide each other's memory accesses.

use std::hint::select_unpredictable;

use crate::block::SIZE;
use crate::lanes::Lanes;

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

/// Where the members of some rows stand among a graph's indices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Members<'a> {
    pub(crate) firsts: &'a [u64],
    pub(crate) degrees: &'a [u32],
}

impl Members<'_> {
    /// Where the members of the `i`-th row begin, and how many they are.
    #[inline(always)]
    pub(crate) fn of(self, i: usize) -> (usize, usize) {
        (self.firsts[i] as usize, self.degrees[i] as usize)
    }
}

/// Rows of a graph in order of their size class, so that those of one class are searched together.
#[derive(Debug)]
pub(crate) struct Classes {
    order: [u8; SIZE],
    /// Where each class ends in `order`.
    ends: [u8; 33],
}

impl Classes {
    pub(crate) const fn new() -> Self {
        Self { order: [0; SIZE], ends: [0; 33] }
    }

    /// Sorts rows by their degrees, none of them 0 and at most [`SIZE`].
    #[inline(always)]
    pub(crate) fn sort(&mut self, degrees: &[u32]) {
        let mut ends = [0u8; 33];
        let mut class_of = [0u8; SIZE];
        for (class, &degree) in class_of.iter_mut().zip(degrees) {
            *class = degree.ilog2() as u8;
            ends[*class as usize + 1] += 1;
        }
        for class in 0..32 {
            ends[class + 1] += ends[class];
        }
        for (i, &class) in class_of[..degrees.len()].iter().enumerate() {
            let slot = &mut ends[class as usize];
            self.order[*slot as usize] = i as u8;
            *slot += 1;
        }
        self.ends = ends;
    }

    /// Replaces every rank by the number of that rank that is missing from its row of `indices`.
    ///
    /// Halving steps down to rows of fewer than `2^L::COUNTED` members; these are counted through.
    #[inline(always)]
    pub(crate) fn nth_absent<L: Lanes>(
        &self,
        indices: &[u32],
        members: Members<'_>,
        ranks: &mut [u32],
    ) {
        let mut stepped = [0; SIZE];
        let mut begin = 0;
        for class in 0..32 {
            let end = self.ends[class] as usize;
            if end > begin {
                let order = &self.order[begin..end];
                let stepped = &mut stepped[..order.len()];
                if class >= L::COUNTED {
                    let window = (1 << L::COUNTED) / 2;
                    step_rows(indices, members, (class, window), order, ranks, stepped);
                }
                // Fewer than two to the power of this are left.
                match L::COUNTED.min(class + 1) {
                    0 => {}
                    1..=4 => count_rows::<L, 1>(indices, members, order, ranks, stepped),
                    5 => count_rows::<L, 2>(indices, members, order, ranks, stepped),
                    _ => count_rows::<L, 4>(indices, members, order, ranks, stepped),
                }
                for (&i, stepped) in order.iter().zip(stepped) {
                    ranks[i as usize] += std::mem::take(stepped);
                }
            }
            begin = end;
        }
    }
}

/// Writes how many members each search has stepped over, once it has come down to the last
/// `2 * window - 1` members that may be stepped over.
///
/// Never inlined, like [`nth_absent_each`].
#[inline(never)]
fn step_rows(
    indices: &[u32],
    members: Members<'_>,
    (class, window): (usize, usize),
    order: &[u8],
    ranks: &[u32],
    out: &mut [u32],
) {
    let half = 1usize << class;
    let mut below = [0usize; SIZE];
    let mut offset = [0usize; SIZE];
    for (j, &i) in order.iter().enumerate() {
        let (first, degree) = members.of(i as usize);
        let rank = ranks[i as usize] as usize;
        let start = rank.wrapping_sub(1);
        let member = indices[first + half - 1] as usize;
        let stepped = start.wrapping_add(degree - half + 1);
        below[j] = select_unpredictable(member <= start.wrapping_add(half), stepped, start);
        offset[j] = first.wrapping_sub(rank);
    }
    let n = order.len();
    let mut step = half / 2;
    while step > window {
        for (below, offset) in below[..n].iter_mut().zip(&offset[..n]) {
            let stepped = below.wrapping_add(step);
            let member = indices[offset.wrapping_add(stepped)] as usize;
            *below = select_unpredictable(member <= stepped, stepped, *below);
        }
        step /= 2;
    }
    for ((&i, below), out) in order.iter().zip(&below).zip(out) {
        *out = (below.wrapping_add(1) as u32).wrapping_sub(ranks[i as usize]);
    }
}

/// Adds how many of the next members, fewer than `CHUNKS * LANES` of them, are to be stepped over.
#[inline(always)]
fn count_rows<L: Lanes, const CHUNKS: usize>(
    indices: &[u32],
    members: Members<'_>,
    order: &[u8],
    ranks: &[u32],
    stepped: &mut [u32],
) {
    for (&i, stepped) in order.iter().zip(stepped) {
        let (first, degree) = members.of(i as usize);
        let (first, last) = (first + *stepped as usize, first + degree);
        let limit = ranks[i as usize] + *stepped;
        let window = indices[first..].as_chunks().0.first_chunk::<CHUNKS>();
        *stepped += if let Some(window) = window {
            L::stepped(window, last - first, limit)
        } else {
            // The end of all rows: there are no other members to read on into.
            let members = indices[first..last].iter().zip(0..);
            members.map(|(&member, before)| u32::from(member - before <= limit)).sum()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Portable;

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
            if sorted.is_empty() {
                continue;
            }
            let mut indices = vec![7, 9];
            indices.extend_from_slice(&sorted);
            let (firsts, degrees) = ([2, 0, 0], [sorted.len() as u32, 2, 1]);
            let members = Members { firsts: &firsts, degrees: &degrees };
            let mut classes = Classes::new();
            classes.sort(&degrees);
            for (rank, &column) in absent.iter().enumerate() {
                let mut ranks = [rank as u32, 7, 7];
                classes.nth_absent::<Portable>(&indices, members, &mut ranks);
                assert_eq!(ranks, [column, 8, 8], "mask {mask:010b}");
            }
        }
    }

    #[test]
    fn the_largest_ids_fit() {
        assert_eq!(nth_absent(&[0, u32::MAX - 1], u32::MAX - 3), u32::MAX - 2);
        assert_eq!(nth_absent(&[0, u32::MAX - 1], u32::MAX - 2), u32::MAX);
    }
}
