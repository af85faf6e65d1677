//! LightGCN's propagation: sums of neighbours' rows, normalised on the fly.

mod adjacency;
mod dropout;
mod gather;
mod layers;
mod normalization;
mod operator;
mod real;
mod tasks;

pub use adjacency::{Adjacency, adjacency};
pub use dropout::Dropout;
pub use layers::{Propagation, propagate, propagate_bfloat16};
pub use normalization::Normalization;
pub use operator::Operator;
pub use real::Real;
