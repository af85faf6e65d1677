//! Metrics of ranked lists against the relevant columns of their rows.
//!
//! [`Rater`] computes them; [`Convention`] says which of the formulas that share a name is meant.

mod convention;
mod discounts;
mod expected;
mod exposure;
mod groups;
mod lists;
mod metric;
mod rater;
mod total;
mod value;

pub use convention::{
    AveragePrecision, Convention, Discount, Gain, HitCount, Ideal, Precision, Recall,
    ReciprocalRank, Ties,
};
pub use exposure::exposure;
pub use lists::{Beyond, Lists, Relevant, check_lists, without_repeats};
pub use metric::Metric;
pub use rater::{Part, Rater};
pub use total::total;
