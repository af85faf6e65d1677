//! Searches in many rows at once, each of them through two cache lines.
//!
//! A draw visits rows at random, so what a search costs is the number of cache lines that it
//! touches. The first members of all cache lines of the indices are kept side by side, a sixteenth
//! of the indices, small enough for the inner caches: comparing those of a row finds the one line
//! that the search ends in, and comparing that line ends it. Of a row with many lines, every
//! sixteenth of these heads is compared first.

use crate::block::SIZE;
use crate::lanes::{LANES, Lanes};
use crate::prefetch::prefetch;

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

    /// Writes how many of the `n_cols` columns each row does not have.
    #[inline(always)]
    pub(crate) fn write_absent(self, n_cols: usize, out: &mut [u32]) {
        for (out, &degree) in out.iter_mut().zip(self.degrees) {
            *out = (n_cols - degree as usize) as u32;
        }
    }
}

/// The first members of the cache lines of a graph's indices.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    heads: Box<[u32]>,
    /// Every sixteenth head.
    tops: Box<[u32]>,
    /// Where in its line the first of all indices stands.
    shift: usize,
}

impl Lines {
    /// The lines of `indices`. If the indices move, searches stay right, but touch more lines.
    pub(crate) fn new(indices: &[u32]) -> Self {
        Self::shifted(indices, indices.as_ptr().addr() / size_of::<u32>() % LANES)
    }

    fn shifted(indices: &[u32], shift: usize) -> Self {
        let starts = (0..indices.len() + shift).step_by(LANES);
        let heads = starts.filter_map(|start| indices.get(start.saturating_sub(shift)).copied());
        // An empty last row may begin one line behind the last one.
        let heads: Box<[u32]> = heads.chain([0; LANES + 1]).collect();
        let tops = heads.iter().step_by(LANES).copied().chain([0; LANES]).collect();
        Self { heads, tops, shift }
    }

    /// Asks for the memory where [`Self::nth_absent`] begins.
    #[inline(always)]
    pub(crate) fn ask(&self, members: Members<'_>) {
        for &first in members.firsts {
            self.ask_one(first);
        }
    }

    /// The same for a row whose members begin at `first`.
    #[inline(always)]
    pub(crate) fn ask_one(&self, first: u64) {
        prefetch(&self.heads, (first as usize + self.shift) / LANES + 1);
    }

    /// Replaces every rank by the number of that rank that is missing from its row of `indices`.
    ///
    /// There may be at most [`SIZE`] rows. `O(log d)` for each. `meanwhile` is called once for each
    /// place in a block, between searches.
    #[inline(always)]
    pub(crate) fn nth_absent<L: Lanes>(
        &self,
        indices: &[u32],
        members: Members<'_>,
        look: &mut Look,
        ranks: &mut [u32],
        meanwhile: impl Fn(usize),
    ) {
        // Arithmetic is done for the whole block at once, where the compiler can use wide registers;
        // only the two looks into memory are done search by search.
        self.look_at_heads(members, look);
        for (i, &rank) in ranks.iter().enumerate() {
            look.lines[i] += self.lines_stepped_over::<L, { LANES as u32 }>(look, i, rank);
            prefetch(indices, (look.lines[i] * LANES).wrapping_sub(self.shift));
        }
        self.look_at_members(members, look);
        for (i, rank) in ranks.iter_mut().enumerate() {
            *rank += self.stepped_over::<L>(indices, look, i, *rank);
            meanwhile(i);
        }
    }

    /// Finds which of some numbers are members of their rows of `indices`: their places in the block
    /// are written to `found`, and their number is returned.
    ///
    /// As [`Self::nth_absent`] in everything else.
    #[inline(always)]
    pub(crate) fn members_among<L: Lanes>(
        &self,
        indices: &[u32],
        members: Members<'_>,
        look: &mut Look,
        numbers: &[u32],
        found: &mut [u32; SIZE],
        meanwhile: impl Fn(usize),
    ) -> usize {
        self.look_at_heads(members, look);
        for (i, &number) in numbers.iter().enumerate() {
            look.lines[i] += self.lines_stepped_over::<L, 0>(look, i, number);
            prefetch(indices, (look.lines[i] * LANES).wrapping_sub(self.shift));
        }
        self.look_at_members(members, look);
        let mut n = 0;
        for (i, &number) in numbers.iter().enumerate() {
            // Only the number itself leaves nothing once it is taken off.
            let same = self.compared::<L, 0>(indices, look, i, number, 0);
            found[n] = i as u32;
            n += usize::from(same != 0);
            meanwhile(i);
        }
        n
    }

    /// Where each search looks among the heads: at those of its row's further lines.
    #[inline(always)]
    fn look_at_heads(&self, members: Members<'_>, look: &mut Look) {
        for (i, (&first, &degree)) in members.firsts.iter().zip(members.degrees).enumerate() {
            let first = first as usize + self.shift;
            let (line, last) = (first / LANES, (first + degree.max(1) as usize - 1) / LANES);
            look.lines[i] = line;
            look.before[i] = ((line + 1) * LANES - first) as u32;
            look.n[i] = (last - line) as u32;
        }
    }

    /// Where each search looks among the members: at those of its row in one line.
    ///
    /// The line may begin before the row, even before all rows, and end behind them.
    #[inline(always)]
    fn look_at_members(&self, members: Members<'_>, look: &mut Look) {
        for (i, (&first, &degree)) in members.firsts.iter().zip(members.degrees).enumerate() {
            let (start, first) = (look.lines[i] * LANES, first as usize + self.shift);
            let outside = first.saturating_sub(start) as u32;
            look.before[i] = start.wrapping_sub(first) as u32;
            look.outside[i] = outside;
            look.n[i] = (first + degree as usize - start).min(LANES) as u32 - outside;
        }
    }

    /// How many further lines of its row the search for `rank` steps over: those whose first
    /// member it does. With a stride of 0, `rank` is a number, and those with members up to it are
    /// stepped over.
    #[inline(always)]
    fn lines_stepped_over<L: Lanes, const STRIDE: u32>(
        &self,
        look: &Look,
        i: usize,
        rank: u32,
    ) -> usize {
        let (heads, n) = (&self.heads[look.lines[i] + 1..], look.n[i]);
        let before = if STRIDE == 0 { 0 } else { look.before[i] };
        if n <= LANES as u32 {
            let window = heads.first_chunk().expect("there is a line's worth behind the last one");
            let stepped = L::at_most::<STRIDE>(window, before, rank);
            return (stepped & lowest(n)).count_ones() as usize;
        }
        self.of_a_long_row::<L, STRIDE>(look.lines[i] + 1, n as usize, before, rank)
    }

    /// The same for the `n` heads from `begin` on: their tops tell the line of heads to compare.
    #[inline(always)]
    fn of_a_long_row<L: Lanes, const STRIDE: u32>(
        &self,
        begin: usize,
        n: usize,
        before: u32,
        rank: u32,
    ) -> usize {
        let (end, first) = (begin + n, begin.div_ceil(LANES));
        let n_tops = end.div_ceil(LANES) - first;
        let offset = |head: usize| before + (head - begin) as u32 * STRIDE;
        let passed = if n_tops <= LANES {
            let window = self.tops[first..].first_chunk().expect("as there is behind the heads");
            let stepped = if STRIDE == 0 {
                L::at_most::<0>(window, before, rank)
            } else {
                L::at_most::<{ (LANES * LANES) as u32 }>(window, offset(first * LANES), rank)
            };
            (stepped & lowest(n_tops as u32)).count_ones() as usize
        } else {
            let stepped = |top: usize| self.tops[top] - offset(top * LANES) <= rank;
            let (mut low, mut high) = (0, n_tops);
            while low < high {
                let middle = low.midpoint(high);
                (low, high) =
                    if stepped(first + middle) { (middle + 1, high) } else { (low, middle) };
            }
            low
        };
        let line = first + passed;
        let start = begin.max((line - 1) * LANES);
        let window = self.heads[start..].first_chunk().expect("as for short rows");
        let stepped = L::at_most::<STRIDE>(window, offset(start), rank);
        let n = end.min(line * LANES) - start;
        start - begin + (stepped & lowest(n as u32)).count_ones() as usize
    }

    /// How many members the search for `rank` steps over, given the line it ends in.
    #[inline(always)]
    fn stepped_over<L: Lanes>(&self, indices: &[u32], look: &Look, i: usize, rank: u32) -> u32 {
        let before = look.before[i];
        let stepped = self.compared::<L, 1>(indices, look, i, before, rank);
        before.wrapping_add(look.outside[i]) + stepped.count_ones()
    }

    /// One bit for each member in the line of the `i`-th search that is at most `limit` once
    /// `offset + STRIDE * lane` is taken off.
    #[inline(always)]
    fn compared<L: Lanes, const STRIDE: u32>(
        &self,
        indices: &[u32],
        look: &Look,
        i: usize,
        offset: u32,
        limit: u32,
    ) -> u32 {
        let start = (look.lines[i] * LANES).wrapping_sub(self.shift);
        let whole = indices.get(start..);
        let bits = if let Some(window) = whole.and_then(|window| window.first_chunk()) {
            L::at_most::<STRIDE>(window, offset, limit)
        } else {
            let member = |lane| indices.get(start.wrapping_add(lane)).copied();
            let window = std::array::from_fn(|lane| member(lane).unwrap_or(0));
            L::at_most::<STRIDE>(&window, offset, limit)
        };
        bits & lowest(look.n[i]) << look.outside[i]
    }
}

/// What the searches of a block look at next; room that is used again from block to block.
#[derive(Debug)]
pub(crate) struct Look {
    lines: [usize; SIZE],
    /// How many members of the row come before the window that is looked at; negative, modulo
    /// 2^32, if it begins before the row.
    before: [u32; SIZE],
    /// How many numbers of the window are not the row's yet.
    outside: [u32; SIZE],
    /// How many numbers of the window count.
    n: [u32; SIZE],
}

impl Look {
    pub(crate) const fn new() -> Self {
        Self { lines: [0; SIZE], before: [0; SIZE], outside: [0; SIZE], n: [0; SIZE] }
    }
}

/// The `n` lowest bits, at most [`LANES`].
#[inline(always)]
fn lowest(n: u32) -> u32 {
    (1 << n) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::complement::nth_absent;
    use crate::lanes::Portable;
    use crate::stream::{Stream, below};

    #[test]
    fn every_rank_in_every_row_wherever_the_lines_lie() {
        let words = Stream::of_seed(3);
        let mut indices = Vec::new();
        let (mut firsts, mut degrees) = (Vec::new(), Vec::new());
        for (row, degree) in
            [1usize, 3, 15, 16, 0, 17, 40, 255, 1, 272, 273, 900, 4700, 2, 0].iter().enumerate()
        {
            firsts.push(indices.len() as u64);
            degrees.push(*degree as u32);
            let mut row: Vec<u32> = (0..10 * *degree as u64 + 9)
                .map(|i| below(Stream::child(words, row as u64).word(i), 9000) as u32)
                .collect();
            row.sort_unstable();
            row.dedup();
            row.truncate(*degree);
            assert_eq!(row.len(), *degree);
            indices.extend(row);
        }
        let members = Members { firsts: &firsts, degrees: &degrees };
        for shift in 0..LANES {
            let lines = Lines::shifted(&indices, shift);
            for rank in (0..620).chain((620..5000).step_by(13)) {
                let mut ranks = [rank; 15];
                lines.nth_absent::<Portable>(
                    &indices,
                    members,
                    &mut Look::new(),
                    &mut ranks,
                    |_| (),
                );
                for (i, found) in ranks.into_iter().enumerate() {
                    let (first, degree) = members.of(i);
                    let row = &indices[first..first + degree];
                    assert_eq!(found, nth_absent(row, rank), "row {i}, shift {shift}");
                }
                let (mut found, mut look) = ([0; SIZE], Look::new());
                let n = lines.members_among::<Portable>(
                    &indices,
                    members,
                    &mut look,
                    &[rank; 15],
                    &mut found,
                    |_| (),
                );
                let expected = (0..15).filter(|&i| {
                    let (first, degree) = members.of(i as usize);
                    indices[first..first + degree].contains(&rank)
                });
                assert_eq!(found[..n], expected.collect::<Vec<u32>>(), "shift {shift}");
            }
        }
    }
}
