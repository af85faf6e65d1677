//! Interaction graphs, their propagation and its gradients. Knows no Python.

mod bipartite;
mod csr;
mod error;
pub mod simd;

pub use bipartite::Bipartite;
pub use csr::{Csr, ids};
pub use error::{Error, Result};
