//! Full rankings without stored scores, and their metrics. Knows no Python.

mod best;
mod codes;
mod error;
mod factor_places;
mod kernels;
mod lanes;
pub mod metrics;
mod neighbors;
mod pack;
mod places;
mod ranker;
mod scores;
mod steps;
mod table;
mod unpruned;

pub use codes::{Codes, Dots, Pruned};
pub use error::{Error, Result};
pub use factor_places::FactorPlaces;
pub use lanes::Score;
pub use neighbors::{Nearest, Products, Similarity, SparseRows, Vectors};
pub use places::Place;
pub use ranker::{PAD, Queries, Ranker, lists};
pub use scores::ScoreRows;
pub use table::{Columns, Table};
