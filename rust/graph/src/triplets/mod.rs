//! The loss of triplets and its gradient, without a row per triplet in memory.

mod loss;
mod places;
mod rows;

pub use loss::{TripletLoss, bpr};
