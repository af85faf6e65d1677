//! The loss of triplets and its gradient, without a row per triplet in memory.

mod gradient;
mod loss;
mod places;
mod rows;

pub use gradient::{Scored, bpr_gradient};
pub use loss::{TripletLoss, bpr};
