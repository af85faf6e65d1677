//! From shuffled, repeated edges to both directions of a graph, in linear time.
//!
//! Each direction is one partition and one counting sort. The partition brings entries of
//! neighbouring rows together, in buckets that fit a core's cache; the counting sort then puts a
//! bucket's rows in order without leaving the cache. Everything is stable, so the second
//! direction, which reads the sorted first one, comes out sorted by itself.

mod compress;
mod entries;
mod partition;

pub(crate) use compress::{collapsed, transposed};
