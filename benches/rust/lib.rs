//! What the benches share: data of Gowalla's size and shape, and the limit that memory sets.

mod foreign;
mod gathers;
mod synthetic;

pub use foreign::glowrec_bare_gathers;
pub use gathers::gathers;
pub use synthetic::{GOWALLA, Shape, TINY, normal, pairs};
