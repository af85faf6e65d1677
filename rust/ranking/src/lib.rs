//! Full rankings without stored scores, and their metrics. Knows no Python.

mod best;
mod codes;
mod error;
mod kernels;
mod metrics;
mod pack;
mod ranker;
mod table;
mod unpruned;

pub use codes::{Codes, Dots, Pruned};
pub use error::{Error, Result};
pub use metrics::{Metric, check_lists, mean, rate};
pub use ranker::{PAD, Queries, Ranker, lists};
pub use table::{Columns, Table};
