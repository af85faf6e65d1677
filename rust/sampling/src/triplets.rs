//! What was drawn, as triplets, as labelled pairs, or as a batch whose positives are negatives.

/// What was drawn: one row and one positive per position, and the negatives of each position side
/// by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triplets {
    /// Row of each position.
    pub rows: Vec<i64>,
    /// A column linked to the row.
    pub positives: Vec<i64>,
    /// Columns not linked to the row, `n_negatives` of each position.
    pub negatives: Vec<i64>,
}

/// Pairs and whether they are linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointwise {
    /// Row of each pair.
    pub rows: Vec<i64>,
    /// Column of each pair.
    pub columns: Vec<i64>,
    /// 1 for a positive, 0 for a negative.
    pub labels: Vec<i64>,
}

impl Triplets {
    /// Each position as a positive pair and behind it its negative ones.
    ///
    /// ```
    /// use glowrec_sampling::Triplets;
    ///
    /// let drawn = Triplets { rows: vec![4, 2], positives: vec![0, 1], negatives: vec![7, 8, 9, 7] };
    /// let pairs = drawn.pointwise();
    /// assert_eq!(pairs.rows, [4, 4, 4, 2, 2, 2]);
    /// assert_eq!(pairs.columns, [0, 7, 8, 1, 9, 7]);
    /// assert_eq!(pairs.labels, [1, 0, 0, 1, 0, 0]);
    /// ```
    pub fn pointwise(&self) -> Pointwise {
        let n = self.negatives.len() / self.rows.len().max(1);
        let size = self.rows.len() * (n + 1);
        let mut pairs = Pointwise {
            rows: Vec::with_capacity(size),
            columns: Vec::with_capacity(size),
            labels: Vec::with_capacity(size),
        };
        let positions = self.rows.iter().zip(&self.positives).zip(self.negatives.chunks(n.max(1)));
        for ((&row, &positive), negatives) in positions {
            pairs.rows.extend(std::iter::repeat_n(row, n + 1));
            pairs.columns.push(positive);
            pairs.columns.extend(negatives);
            pairs.labels.push(1);
            pairs.labels.extend(std::iter::repeat_n(0, n));
        }
        pairs
    }
}

/// A batch whose positives are the negatives of one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InBatch {
    /// Row of each position.
    pub rows: Vec<i64>,
    /// A column linked to the row.
    pub positives: Vec<i64>,
    /// Positions `i` of pairs `(i, j)` for which the positive of `j` is no negative of the row of
    /// `i`: `(i, i)` and all others that the row may not draw. Ascending.
    pub clash_rows: Vec<i64>,
    /// The `j` of the pairs, ascending for each `i`.
    pub clash_columns: Vec<i64>,
}
