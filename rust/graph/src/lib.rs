//! Interaction graphs, their propagation and its gradients. Knows no Python.

mod bipartite;
mod build;
mod csr;
mod error;
mod memory;
mod propagation;
mod ratings;
mod scatter;
pub mod simd;
mod triplets;

pub use bipartite::Bipartite;
pub use csr::{Csr, ids};
pub use error::{Error, Result};
pub use memory::{Workspace, prefer_huge_pages};
pub use propagation::{
    Adjacency, Dropout, Normalization, Operator, Propagation, Real, adjacency, propagate,
    propagate_bfloat16,
};
pub use ratings::{
    KernelShape, Number, Ratings, Shaped, ShapedGradient, SquaredError, shaped, shaped_gradient,
};
pub use scatter::scatter_rows;
pub use triplets::{TripletLoss, bpr};
