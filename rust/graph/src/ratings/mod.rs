//! Products with a sparse matrix of ratings, and their gradients: what GLocal-K computes.

mod cells;
mod convolution;
mod convolved;
mod matrix;
mod number;
mod product;
mod shaped;
mod squared_error;
mod table;

pub use matrix::Ratings;
pub use number::Number;
pub use shaped::{KernelShape, Shaped, ShapedGradient, shaped, shaped_gradient};
pub use squared_error::SquaredError;
