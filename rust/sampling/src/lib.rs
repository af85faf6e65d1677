//! Exact, reproducible negative sampling. Knows no Python.
//!
//! Everything drawn is a pure function of `(seed, epoch, position)`: [`Stream`] is the source of
//! random words, [`Permutation`] shuffles an epoch without storing it, [`nth_absent`] turns a rank
//! into a negative, and [`Sampler`] puts them together.

mod block;
mod complement;
mod drawing;
mod epoch;
mod error;
mod hardest;
mod lanes;
#[cfg(test)]
mod levels;
mod lines;
mod listing;
mod output;
mod permutation;
mod prefetch;
mod sampler;
mod stream;
mod table;
mod uniform;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use complement::nth_absent;
pub use drawing::Drawing;
pub use epoch::Order;
pub use error::{Error, Result};
pub use listing::Listing;
pub use permutation::Permutation;
pub use sampler::{Options, Sampler, Triplets};
pub use stream::{Stream, below};
pub use table::Table;
