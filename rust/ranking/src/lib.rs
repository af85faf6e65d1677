//! Full rankings without stored scores, and their metrics. Knows no Python.

mod best;
mod error;
mod kernels;
pub mod metrics;
mod pack;
mod ranker;
mod table;

pub use error::{Error, Result};
pub use ranker::{PAD, Queries, Ranker};
pub use table::Table;
