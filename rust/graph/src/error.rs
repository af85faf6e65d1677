//! Everything that can go wrong in this crate, as data rather than as sentences.

/// Result of every fallible function in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A contract of the core that its caller broke.
///
/// Each variant carries the offending numbers, so that a test can match on them and the
/// binding can choose the Python exception without parsing text. Not `non_exhaustive`, on
/// purpose: a new variant must not compile until the binding has named its exception.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum Error {
    /// Two inputs that must agree in length do not.
    #[error("{name}: expected length {expected}, got {found}")]
    Length { name: &'static str, expected: usize, found: usize },

    /// An id lies outside the axis it indexes.
    #[error("{name}[{position}] = {found} is not in 0..{bound}")]
    OutOfRange { name: &'static str, position: usize, found: i64, bound: usize },

    /// An axis is longer than 32-bit ids can name.
    #[error("{name} = {found} is more than the {limit} that 32-bit ids can name")]
    TooMany { name: &'static str, found: usize, limit: usize },

    /// Something that must hold at least one element is empty.
    #[error("{name} must not be empty")]
    Empty { name: &'static str },

    /// A range reaches outside its axis, or ends before it starts.
    #[error("{name} = {start}..{end} is not within 0..{bound}")]
    Range { name: &'static str, start: usize, end: usize, bound: usize },

    /// A probability that must be positive and at most one is not.
    #[error("{name} = {found} is not in (0, 1]")]
    Probability { name: &'static str, found: f64 },

    /// A name of vector instructions that is none.
    #[error("GLOWREC_SIMD = {found:?}: expected baseline, avx2 or avx512, or unset it")]
    Level { found: String },

    /// The allocator has no room for something.
    #[error("{bytes} bytes of memory for the {name} cannot be had")]
    Memory { name: &'static str, bytes: usize },
}
