//! What one vector shares with every other: a sparse row of the Gram matrix.

use super::nearest::Vectors;

/// What is added up of a pair of vectors.
pub(crate) trait Cell: Copy + Default + Send {
    /// Whether nothing has been added yet.
    fn is_new(self) -> bool;

    /// The dot product and the number of shared coordinates.
    fn read(self) -> (f64, f64);

    /// Adds all that vector `i` shares with any other.
    fn gather(overlaps: &mut Overlaps<Self>, vectors: &Vectors<'_>, i: usize);
}

/// Of vectors of ones: the shared coordinates, counted.
impl Cell for u32 {
    #[inline]
    fn is_new(self) -> bool {
        self == 0
    }

    #[inline]
    fn read(self) -> (f64, f64) {
        (f64::from(self), f64::from(self))
    }

    fn gather(overlaps: &mut Overlaps<Self>, vectors: &Vectors<'_>, i: usize) {
        for &d in vectors.row(i) {
            for &j in vectors.with(d) {
                *overlaps.of(j) += 1;
            }
        }
    }
}

/// Of vectors with values.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weighted {
    dot: f64,
    shared: u32,
}

impl Cell for Weighted {
    #[inline]
    fn is_new(self) -> bool {
        self.shared == 0
    }

    #[inline]
    fn read(self) -> (f64, f64) {
        (self.dot, f64::from(self.shared))
    }

    fn gather(overlaps: &mut Overlaps<Self>, vectors: &Vectors<'_>, i: usize) {
        for (&d, value) in vectors.row(i).iter().zip(vectors.values(i)) {
            for (&j, other) in vectors.with(d).iter().zip(vectors.values_with(d)) {
                let cell = overlaps.of(j);
                cell.dot += value * other;
                cell.shared += 1;
            }
        }
    }
}

/// A dense accumulator that remembers which of its cells are in use.
#[derive(Debug)]
pub(crate) struct Overlaps<C> {
    cells: Vec<C>,
    /// The vectors in use, in the order in which they were met, and a place beyond them.
    used: Vec<u32>,
    n_used: usize,
}

impl<C: Cell> Overlaps<C> {
    pub(crate) fn new(n_vectors: usize) -> Self {
        Self { cells: vec![C::default(); n_vectors], used: vec![0; n_vectors + 1], n_used: 0 }
    }

    /// The cell of vector `j`, which is in use from now on.
    #[inline]
    fn of(&mut self, j: u32) -> &mut C {
        let cell = &mut self.cells[j as usize];
        // Written in any case and kept if it is new: no branch to guess.
        self.used[self.n_used] = j;
        self.n_used += usize::from(cell.is_new());
        cell
    }

    /// Calls `visit` with each vector that shares a coordinate with vector `i`, itself included,
    /// the dot product and the number of shared coordinates.
    pub(crate) fn visit(
        &mut self,
        vectors: &Vectors<'_>,
        i: usize,
        mut visit: impl FnMut(u32, f64, f64),
    ) {
        C::gather(self, vectors, i);
        for &j in &self.used[..self.n_used] {
            let cell = std::mem::take(&mut self.cells[j as usize]);
            let (dot, shared) = cell.read();
            visit(j, dot, shared);
        }
        self.n_used = 0;
    }
}
