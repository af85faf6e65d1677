//! The vectors most like each one.

use std::ops::Range;

use glowrec_graph::Csr;
use rayon::prelude::*;

use super::list::List;
use super::overlaps::{Cell, Overlaps, Weighted};
use super::rows::SparseRows;
use super::similarity::{Measure, Similarity};
use crate::best::Hit;
use crate::error::{Result, check};

/// Sparse vectors, readable from both sides.
#[derive(Clone, Copy, Debug)]
pub struct Vectors<'a> {
    by_vector: &'a Csr,
    by_coordinate: &'a Csr,
    values: Option<(&'a [f64], &'a [f64])>,
}

impl<'a> Vectors<'a> {
    /// Wraps a pattern and its transpose, and the values of both in the order of their entries;
    /// without, every value is 1.
    ///
    /// # Errors
    ///
    /// [`Error::Length`](crate::Error::Length) if something does not fit.
    pub fn new(
        by_vector: &'a Csr,
        by_coordinate: &'a Csr,
        values: Option<(&'a [f64], &'a [f64])>,
    ) -> Result<Self> {
        check("vectors", by_vector.n_rows(), by_coordinate.n_cols())?;
        check("coordinates", by_vector.n_cols(), by_coordinate.n_rows())?;
        check("entries", by_vector.nnz(), by_coordinate.nnz())?;
        if let Some((one, other)) = values {
            check("values", by_vector.nnz(), one.len())?;
            check("values", by_vector.nnz(), other.len())?;
        }
        Ok(Self { by_vector, by_coordinate, values })
    }

    pub(crate) fn len(&self) -> usize {
        self.by_vector.n_rows()
    }

    /// Coordinates of a vector, stored or not.
    pub(crate) fn dim(&self) -> usize {
        self.by_vector.n_cols()
    }

    /// The stored coordinates of vector `i`.
    #[inline]
    pub(crate) fn row(&self, i: usize) -> &'a [u32] {
        self.by_vector.row(i)
    }

    /// The vectors that store coordinate `d`.
    #[inline]
    pub(crate) fn with(&self, d: u32) -> &'a [u32] {
        self.by_coordinate.row(d as usize)
    }

    /// The values of [`Self::row`]; empty where all are 1.
    pub(crate) fn values(&self, i: usize) -> &'a [f64] {
        self.values.map_or(&[], |(values, _)| &values[entries(self.by_vector, i)])
    }

    /// The values of [`Self::with`]; empty where all are 1.
    pub(crate) fn values_with(&self, d: u32) -> &'a [f64] {
        self.values.map_or(&[], |(_, values)| &values[entries(self.by_coordinate, d as usize)])
    }

    /// The sum of a vector's values, and that of their squares.
    pub(crate) fn sums(&self, i: usize) -> (f64, f64) {
        if self.values.is_none() {
            let degree = self.by_vector.degree(i) as f64;
            return (degree, degree);
        }
        let values = self.values(i);
        (values.iter().sum(), values.iter().map(|value| value * value).sum())
    }
}

fn entries(csr: &Csr, row: usize) -> Range<usize> {
    csr.indptr()[row] as usize..csr.indptr()[row + 1] as usize
}

/// Finds, for each vector, the others most like it.
///
/// Only vectors that share a stored coordinate are compared, and only similarities above 0
/// count, rounded to `f32`; ties go to the lower vector. A row of the Gram matrix is added up at
/// a time, in an accumulator as long as there are vectors, in the order of the entries: time
/// grows with the sum of the squared degrees of the coordinates, memory with the result, and the
/// bits are those of any number of threads.
///
/// With a `shrinkage` of h, a similarity counts c / (c + h) of itself, where c is the number of
/// shared coordinates (Bell and Koren, "Scalable collaborative filtering with jointly derived
/// neighborhood interpolation weights", ICDM 2007).
#[derive(Debug)]
pub struct Nearest<'a> {
    vectors: Vectors<'a>,
    measure: Measure,
    n: usize,
}

/// Vectors whose neighbours one thread finds before it looks for more.
const CHUNK: usize = 16;

impl<'a> Nearest<'a> {
    /// A search for the `n` nearest by a similarity.
    pub fn new(vectors: Vectors<'a>, similarity: Similarity, shrinkage: f64, n: usize) -> Self {
        Self { vectors, measure: Measure::new(&vectors, similarity, shrinkage), n }
    }

    /// The neighbours of some vectors, best first.
    pub fn of(&self, vectors: Range<usize>) -> SparseRows {
        if self.n == 0 {
            return SparseRows::empty(vectors.len(), self.vectors.len());
        }
        if self.vectors.values.is_some() {
            self.by_cells::<Weighted>(&vectors)
        } else {
            self.by_cells::<u32>(&vectors)
        }
    }

    fn by_cells<C: Cell>(&self, vectors: &Range<usize>) -> SparseRows {
        let chunks = vectors.len().div_ceil(CHUNK);
        let workspace = || (Overlaps::<C>::new(self.vectors.len()), List::new(self.n));
        let found: Vec<SparseRows> = (0..chunks)
            .into_par_iter()
            .map_init(workspace, |(overlaps, list), chunk| {
                let start = vectors.start + chunk * CHUNK;
                self.chunk(start..(start + CHUNK).min(vectors.end), overlaps, list)
            })
            .collect();
        SparseRows::joined(self.vectors.len(), &found)
    }

    fn chunk<C: Cell>(
        &self,
        vectors: Range<usize>,
        overlaps: &mut Overlaps<C>,
        list: &mut List,
    ) -> SparseRows {
        let mut rows = SparseRows::empty(0, self.vectors.len());
        for i in vectors {
            overlaps.visit(&self.vectors, i, |j, dot, shared| {
                let alike = self.measure.of(i, j as usize, dot, shared);
                if alike > 0.0 && j as usize != i {
                    list.push(Hit::new(alike, j));
                }
            });
            rows.push_row(list.drain().map(|hit| (hit.column(), hit.score())));
        }
        rows
    }
}
