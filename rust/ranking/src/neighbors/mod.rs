//! Neighbours of sparse vectors, and scores made of them; no dense matrix of pairs exists.
//!
//! A vector is a row of a [`Csr`](glowrec_graph::Csr): an item with a coordinate for each of its
//! users, or a user with one for each item. [`Nearest`] finds the vectors most like each one;
//! [`Products`] multiplies sparse rows by sparse rows, which is how a user's history and lists
//! of neighbours become scores.

mod list;
mod nearest;
mod overlaps;
mod products;
mod rows;
mod similarity;

pub use nearest::{Nearest, Vectors};
pub use products::Products;
pub use rows::SparseRows;
pub use similarity::Similarity;
