//! A block of positions on its way from numbers to rows and positives.

use crate::epoch::{Epoch, Source};
use crate::lanes::{LANES, Lanes};
use crate::lines::Members;
use crate::output::Cell;
use crate::prefetch::prefetch;
use crate::rows::Rows;
use crate::stream::below;

/// Positions that are worked on together, so that their memory accesses overlap.
pub(crate) const SIZE: usize = 128;

/// Up to [`SIZE`] neighbouring positions and what was drawn for them.
#[derive(Debug)]
pub(crate) struct Block {
    start: u64,
    n: usize,
    entries: [u64; SIZE],
    rows: [u32; SIZE],
    firsts: [u64; SIZE],
    degrees: [u32; SIZE],
    positives: [u32; SIZE],
}

impl Block {
    pub(crate) const fn new() -> Self {
        Self {
            start: 0,
            n: 0,
            entries: [0; SIZE],
            rows: [0; SIZE],
            firsts: [0; SIZE],
            degrees: [0; SIZE],
            positives: [0; SIZE],
        }
    }

    /// The rows of the block's positions.
    #[inline(always)]
    pub(crate) fn rows(&self) -> &[u32] {
        &self.rows[..self.n]
    }

    /// Writes rows and positives out.
    #[inline(always)]
    pub(crate) fn write(&self, rows: &mut [Cell], positives: &mut [Cell]) {
        for (out, &row) in rows.iter_mut().zip(&self.rows) {
            out.write(i64::from(row));
        }
        for (out, &positive) in positives.iter_mut().zip(&self.positives) {
            out.write(i64::from(positive));
        }
    }

    /// Where the members of each position's row stand among the indices of those visited.
    #[inline(always)]
    pub(crate) fn members(&self) -> Members<'_> {
        Members { firsts: &self.firsts[..self.n], degrees: &self.degrees[..self.n] }
    }

    /// Draws rows and positives of the `n` positions from `start` on.
    #[inline(always)]
    pub(crate) fn draw<L: Lanes>(
        &mut self,
        visited: Rows<'_>,
        source: &Source,
        epoch: &Epoch,
        start: u64,
        n: usize,
    ) {
        self.choose(source, epoch, start, n);
        (0..self.n).for_each(|i| self.ask(visited, source, i));
        self.take::<L>(visited, source, epoch, |_| ());
    }

    /// Chooses the entries, or the rows, of up to [`SIZE`] of the `n` positions from `start` on.
    #[inline(always)]
    pub(crate) fn choose(&mut self, source: &Source, epoch: &Epoch, start: u64, n: usize) {
        (self.start, self.n) = (start, n.min(SIZE));
        let entries = &mut self.entries[..self.n];
        match source {
            Source::Interaction { .. } => epoch.shuffle.fill(start, entries),
            Source::RowUniform { occupied } | Source::ColumnUniform { occupied, .. } => {
                for (i, entry) in entries.iter_mut().enumerate() {
                    *entry = below(epoch.rows.word(start + i as u64), occupied.len() as u64);
                }
            }
        }
    }

    /// Asks for the memory where [`Self::take`] begins with what was chosen for the `i`-th
    /// position, if there is one.
    ///
    /// For one at a time, among other work: a processor drops requests that come too thick.
    #[inline(always)]
    pub(crate) fn ask(&self, visited: Rows<'_>, source: &Source, i: usize) {
        if let Some(&entry) = self.entries[..self.n].get(i) {
            match source {
                Source::Interaction { milestones, shift } => {
                    prefetch(milestones, (entry >> shift) as usize);
                    prefetch(visited.indices, entry as usize);
                }
                Source::RowUniform { occupied } | Source::ColumnUniform { occupied, .. } => {
                    prefetch(occupied, entry as usize);
                }
            }
        }
    }

    /// Draws rows and positives of what was chosen.
    ///
    /// In stages, each over the whole block: the next stage's memory is asked for while the
    /// present one works.
    #[inline(always)]
    pub(crate) fn take<L: Lanes>(
        &mut self,
        visited: Rows<'_>,
        source: &Source,
        epoch: &Epoch,
        found: impl Fn(u64),
    ) {
        let Rows { indptr, indices } = visited;
        match source {
            Source::Interaction { milestones, shift } => {
                for i in 0..self.n {
                    self.rows[i] = milestones[(self.entries[i] >> shift) as usize];
                    prefetch(indptr, self.rows[i] as usize + 1);
                }
                for i in 0..self.n {
                    let entry = self.entries[i];
                    let row = row_of::<L>(indptr, entry, self.rows[i] as usize);
                    let (first, last) = (indptr[row], indptr[row + 1]);
                    found(first);
                    self.rows[i] = row as u32;
                    (self.firsts[i], self.degrees[i]) = (first, (last - first) as u32);
                    self.positives[i] = indices[entry as usize];
                }
            }
            Source::RowUniform { occupied } => {
                for i in 0..self.n {
                    self.rows[i] = occupied[self.entries[i] as usize];
                    prefetch(indptr, self.rows[i] as usize);
                }
                for i in 0..self.n {
                    let row = self.rows[i] as usize;
                    let (first, last) = (indptr[row], indptr[row + 1]);
                    let offset = below(epoch.positives.word(self.start + i as u64), last - first);
                    (self.firsts[i], self.degrees[i]) = (first, (last - first) as u32);
                    self.entries[i] = first + offset;
                    prefetch(indices, self.entries[i] as usize);
                }
                for i in 0..self.n {
                    self.positives[i] = indices[self.entries[i] as usize];
                }
            }
            Source::ColumnUniform { occupied, rows } => {
                let Rows { indptr: starts, indices: rows } = rows.view();
                for i in 0..self.n {
                    self.positives[i] = occupied[self.entries[i] as usize];
                    prefetch(starts, self.positives[i] as usize);
                }
                for i in 0..self.n {
                    let column = self.positives[i] as usize;
                    let (first, last) = (starts[column], starts[column + 1]);
                    let word = epoch.positives.word(self.start + i as u64);
                    self.entries[i] = first + below(word, last - first);
                    prefetch(rows, self.entries[i] as usize);
                }
                for i in 0..self.n {
                    self.rows[i] = rows[self.entries[i] as usize];
                    prefetch(indptr, self.rows[i] as usize);
                }
                for i in 0..self.n {
                    let row = self.rows[i] as usize;
                    let (first, last) = (indptr[row], indptr[row + 1]);
                    (self.firsts[i], self.degrees[i]) = (first, (last - first) as u32);
                }
            }
        }
    }
}

/// The row of an entry, which is `row` or one of those behind it.
#[inline(always)]
fn row_of<L: Lanes>(indptr: &[u64], entry: u64, mut row: usize) -> usize {
    while let Some(ends) = indptr[row + 1..].first_chunk() {
        let passed = L::up_to(ends, entry);
        row += passed as usize;
        if passed < LANES as u32 / 2 {
            return row;
        }
    }
    row + indptr[row + 1..].iter().take_while(|&&end| end <= entry).count()
}
