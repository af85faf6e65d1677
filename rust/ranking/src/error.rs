//! Everything that can go wrong in this crate, as data rather than as sentences.

/// Result of every fallible function in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A contract of this crate that its caller broke.
///
/// Not `non_exhaustive`, on purpose: a new variant must not compile until the binding has named
/// its exception.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum Error {
    /// Two inputs that must agree in length do not.
    #[error("{name}: expected length {expected}, got {found}")]
    Length { name: &'static str, expected: usize, found: usize },

    /// The allocator has no room for the lists.
    #[error("no room for {n} lists of {k} items")]
    Memory { n: usize, k: usize },

    /// A score is NaN, so no ranking exists.
    #[error("the score of user {row} and item {column} is NaN")]
    NotANumber { row: usize, column: usize },

    /// A list holds what is no column.
    #[error("recommended[{list}, {position}] = {id} is not an item in 0..{n}")]
    NoColumn { list: usize, position: usize, id: i64, n: usize },

    /// A list goes on after its padding.
    #[error("recommended[{list}, {position}] follows padding: -1 may stand only at a row's end")]
    AfterPadding { list: usize, position: usize },

    /// A list holds the same column twice.
    #[error(
        "recommended[{list}, {position}] repeats item {id}; choose duplicates='first' or 'keep'"
    )]
    Repeated { list: usize, position: usize, id: i64 },

    /// Rows do not follow one another.
    #[error("row starts: expected 0 first and none below the one before it; see entry {row}")]
    Starts { row: usize },

    /// An entry stands in what is no column.
    #[error("columns[{position}] = {found} is not in 0..{bound}")]
    Column { position: usize, found: u32, bound: usize },

    /// A convention gives a metric no meaning.
    #[error("{metric}: {reason}")]
    Undefined { metric: &'static str, reason: &'static str },
}

/// [`Error::Length`] unless both lengths agree.
pub(crate) fn check(name: &'static str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(Error::Length { name, expected, found }) }
}
