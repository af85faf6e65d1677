//! From what two sparse vectors share to how alike they are.

use rayon::prelude::*;

use super::nearest::Vectors;

/// How alike two vectors x and y of length n are; coordinates that are not stored are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Similarity {
    /// x·y / (|x| |y|).
    Cosine,
    /// (n x·y − Σx Σy) / √((n x·x − (Σx)²) (n y·y − (Σy)²)): the correlation of the whole vectors.
    Pearson,
    /// x·y / (x·x + y·y − x·y), Tanimoto's coefficient: Jaccard's where all coordinates are 1.
    Jaccard,
}

/// A measure, with what it needs to know of each vector alone.
#[derive(Debug)]
pub(crate) struct Measure {
    similarity: Similarity,
    shrinkage: f64,
    dim: f64,
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// 1 / |x|, or that of the centred vector; 0 where the vector has no direction.
    inverse: Vec<f64>,
}

impl Measure {
    pub(crate) fn new(vectors: &Vectors<'_>, similarity: Similarity, shrinkage: f64) -> Self {
        let dim = vectors.dim() as f64;
        let (sums, squares): (Vec<f64>, Vec<f64>) =
            (0..vectors.len()).into_par_iter().map(|i| vectors.sums(i)).unzip();
        let norm = |(&sum, &square): (&f64, &f64)| match similarity {
            Similarity::Cosine => square,
            Similarity::Pearson => dim * square - sum * sum,
            Similarity::Jaccard => 0.0,
        };
        let inverse = sums.iter().zip(&squares).map(norm);
        let inverse = inverse.map(|norm| if norm > 0.0 { 1.0 / norm.sqrt() } else { 0.0 });
        Self { similarity, shrinkage, dim, inverse: inverse.collect(), sums, squares }
    }

    /// How alike vectors `i` and `j` are, of their dot product and their number of shared
    /// coordinates; the same bits with both exchanged.
    #[inline]
    pub(crate) fn of(&self, i: usize, j: usize, dot: f64, shared: f64) -> f32 {
        let alike = match self.similarity {
            Similarity::Cosine => dot * (self.inverse[i] * self.inverse[j]),
            Similarity::Pearson => {
                let covariance = self.dim * dot - self.sums[i] * self.sums[j];
                covariance * (self.inverse[i] * self.inverse[j])
            }
            Similarity::Jaccard => dot / (self.squares[i] + self.squares[j] - dot),
        };
        if self.shrinkage > 0.0 {
            (alike * (shared / (shared + self.shrinkage))) as f32
        } else {
            alike as f32
        }
    }
}
