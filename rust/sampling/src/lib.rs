//! Exact, reproducible negative sampling. Knows no Python.
//!
//! Everything drawn is a pure function of `(seed, epoch, position)`: [`Stream`] is the source of
//! random words, [`Permutation`] shuffles an epoch without storing it, [`nth_absent`] turns a rank
//! into a negative, and [`Sampler`] puts them together. A [`Strategy`] says how negatives are
//! chosen, [`Limits`] what else may not be; [`Candidates`] draws negatives of rows, for evaluation.

mod alias;
mod block;
mod candidates;
mod choices;
mod clashes;
mod complement;
mod drawing;
mod drawn;
mod epoch;
mod error;
mod hardest;
mod in_batch;
mod lanes;
#[cfg(test)]
mod levels;
mod limits;
mod lines;
mod listing;
mod negatives;
mod one_by_one;
mod options;
mod output;
mod permutation;
mod popular;
mod popularity;
mod power;
mod prefetch;
mod rows;
mod sampler;
mod slots;
mod strategy;
mod stream;
mod table;
mod triplets;
mod uniform;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use candidates::Candidates;
pub use complement::nth_absent;
pub use drawing::Drawing;
pub use epoch::Order;
pub use error::{Error, Result};
pub use limits::Limits;
pub use listing::Listing;
pub use options::{Options, Saturation};
pub use permutation::Permutation;
pub use sampler::Sampler;
pub use strategy::Strategy;
pub use stream::{Stream, below};
pub use table::Table;
pub use triplets::{InBatch, Pointwise, Triplets};
