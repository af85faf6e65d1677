//! A block of positions on its way from numbers to rows and positives.

use glowrec_graph::Csr;

use crate::epoch::{Epoch, Source};
use crate::prefetch::prefetch;
use crate::stream::below;

/// Positions that are worked on together, so that their memory accesses overlap.
pub(crate) const SIZE: usize = 128;

/// Up to [`SIZE`] neighbouring positions and what was drawn for them.
#[derive(Debug)]
pub(crate) struct Block {
    n: usize,
    entries: [u64; SIZE],
    rows: [u32; SIZE],
    bounds: [(u64, u64); SIZE],
    positives: [u32; SIZE],
}

impl Block {
    pub(crate) const fn new() -> Self {
        Self {
            n: 0,
            entries: [0; SIZE],
            rows: [0; SIZE],
            bounds: [(0, 0); SIZE],
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
    pub(crate) fn write(&self, rows: &mut [i64], positives: &mut [i64]) {
        for (out, &row) in rows.iter_mut().zip(&self.rows) {
            *out = i64::from(row);
        }
        for (out, &positive) in positives.iter_mut().zip(&self.positives) {
            *out = i64::from(positive);
        }
    }

    /// Writes how many of the `n_cols` columns each row is not linked to.
    #[inline(always)]
    pub(crate) fn write_absent(&self, n_cols: usize, out: &mut [u32]) {
        for (out, &(first, last)) in out.iter_mut().zip(self.bounds()) {
            *out = (n_cols as u64 - (last - first)) as u32;
        }
    }

    /// Where the row of each position starts and stops among the graph's indices.
    #[inline(always)]
    pub(crate) fn bounds(&self) -> &[(u64, u64)] {
        &self.bounds[..self.n]
    }

    /// Draws rows and positives of the `n` positions from `start` on.
    ///
    /// In stages, each over the whole block: the next stage's memory is asked for while the
    /// present one works.
    #[inline(always)]
    pub(crate) fn draw(
        &mut self,
        graph: &Csr,
        source: &Source,
        epoch: &Epoch,
        start: u64,
        n: usize,
    ) {
        self.n = n;
        match source {
            Source::Interaction { row_of_entry } => {
                self.draw_entries(graph, row_of_entry, epoch, start);
            }
            Source::RowUniform { occupied } => self.draw_rows(graph, occupied, epoch, start),
        }
    }

    #[inline(always)]
    fn draw_entries(&mut self, graph: &Csr, row_of_entry: &[u32], epoch: &Epoch, start: u64) {
        let (indptr, indices) = (graph.indptr(), graph.indices());
        epoch.shuffle.fill(start, &mut self.entries[..self.n]);
        for &entry in &self.entries[..self.n] {
            prefetch(row_of_entry, entry as usize);
            prefetch(indices, entry as usize);
        }
        for (row, &entry) in self.rows[..self.n].iter_mut().zip(&self.entries) {
            *row = row_of_entry[entry as usize];
            prefetch(indptr, *row as usize);
        }
        for i in 0..self.n {
            self.positives[i] = indices[self.entries[i] as usize];
            let row = self.rows[i] as usize;
            self.bounds[i] = (indptr[row], indptr[row + 1]);
        }
    }

    #[inline(always)]
    fn draw_rows(&mut self, graph: &Csr, occupied: &[u32], epoch: &Epoch, start: u64) {
        let (indptr, indices) = (graph.indptr(), graph.indices());
        let n_occupied = occupied.len() as u64;
        for i in 0..self.n {
            self.entries[i] = below(epoch.rows.word(start + i as u64), n_occupied);
            prefetch(occupied, self.entries[i] as usize);
        }
        for i in 0..self.n {
            self.rows[i] = occupied[self.entries[i] as usize];
            prefetch(indptr, self.rows[i] as usize);
        }
        for i in 0..self.n {
            let row = self.rows[i] as usize;
            let (first, last) = (indptr[row], indptr[row + 1]);
            let offset = below(epoch.positives.word(start + i as u64), last - first);
            self.bounds[i] = (first, last);
            self.entries[i] = first + offset;
            prefetch(indices, self.entries[i] as usize);
        }
        for i in 0..self.n {
            self.positives[i] = indices[self.entries[i] as usize];
        }
    }
}
