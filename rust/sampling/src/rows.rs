//! Ascending numbers of each row, wherever they are stored.

use glowrec_graph::Csr;

/// The numbers of each row, strictly increasing; borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) indptr: &'a [u64],
    pub(crate) indices: &'a [u32],
}

impl<'a> Rows<'a> {
    pub(crate) fn of(graph: &'a Csr) -> Self {
        Self { indptr: graph.indptr(), indices: graph.indices() }
    }

    pub(crate) fn n_rows(self) -> usize {
        self.indptr.len() - 1
    }

    #[inline(always)]
    pub(crate) fn row(self, row: usize) -> &'a [u32] {
        &self.indices[self.indptr[row] as usize..self.indptr[row + 1] as usize]
    }

    #[inline(always)]
    pub(crate) fn degree(self, row: usize) -> usize {
        (self.indptr[row + 1] - self.indptr[row]) as usize
    }

    /// Rows and columns exchanged, in `O(entries + n_cols)`.
    pub(crate) fn transposed(self, n_cols: usize) -> OwnedRows {
        let mut indptr = vec![0u64; n_cols + 1];
        for &column in self.indices {
            indptr[column as usize + 1] += 1;
        }
        for column in 0..n_cols {
            indptr[column + 1] += indptr[column];
        }
        let mut next = indptr.clone();
        let mut indices = vec![0u32; self.indices.len()];
        for row in 0..self.n_rows() {
            for &column in self.row(row) {
                let at = &mut next[column as usize];
                indices[*at as usize] = row as u32;
                *at += 1;
            }
        }
        OwnedRows { indptr: indptr.into(), indices: indices.into() }
    }
}

/// [`Rows`] that are stored.
#[derive(Clone, Debug)]
pub(crate) struct OwnedRows {
    indptr: Box<[u64]>,
    indices: Box<[u32]>,
}

impl OwnedRows {
    /// The rows that `push` appends to the indices, one after another.
    pub(crate) fn collect(n_rows: usize, mut push: impl FnMut(usize, &mut Vec<u32>)) -> Self {
        let mut indptr = Vec::with_capacity(n_rows + 1);
        let mut indices = Vec::new();
        indptr.push(0);
        for row in 0..n_rows {
            push(row, &mut indices);
            indptr.push(indices.len() as u64);
        }
        Self { indptr: indptr.into(), indices: indices.into() }
    }

    #[inline(always)]
    pub(crate) fn view(&self) -> Rows<'_> {
        Rows { indptr: &self.indptr, indices: &self.indices }
    }
}
