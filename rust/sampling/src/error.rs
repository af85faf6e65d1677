//! Everything that can go wrong in this crate, as data rather than as sentences.

/// Result of every fallible function in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A contract of the sampler that its caller broke.
///
/// Not `non_exhaustive`, on purpose: a new variant must not compile until the binding has named
/// its exception.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum Error {
    /// Two inputs that must agree in length do not.
    #[error("{name}: expected length {expected}, got {found}")]
    Length { name: &'static str, expected: usize, found: usize },

    /// A count that must be at least one is zero.
    #[error("{name} must be at least 1")]
    Zero { name: &'static str },

    /// There is no interaction to draw.
    #[error("there is no interaction to draw")]
    Empty,

    /// A row is linked to every column, so it has no negative to draw.
    #[error("user {row} is linked to all {n_cols} items: it has no negative")]
    Saturated { row: usize, n_cols: usize },

    /// A row is left with fewer columns to draw than its negatives need.
    #[error("user {row} has {} that may be drawn, fewer than {needed}", items(*.n))]
    TooFew { row: usize, n: usize, needed: usize },

    /// A row is left with enough columns, but too few that popularity gives any weight.
    #[error(
        "user {row} has {} of any popularity that may be drawn, fewer than {needed} (the other \
         {rest} have no interactions); mix with Uniform() by Mixed",
        items(*.n)
    )]
    Weightless { row: usize, n: usize, needed: usize, rest: usize },

    /// A batch holds fewer columns that a row may draw than its negatives need.
    #[error(
        "user {row} finds no negative{} in the batch of positions {start}..{stop}; make batches \
         larger",
        beyond(*.n)
    )]
    TooFewInBatch { row: usize, n: usize, start: u64, stop: u64 },

    /// An id lies outside the axis it indexes.
    #[error("{name}[{position}] = {found} is not in 0..{bound}")]
    OutOfRange { name: &'static str, position: usize, found: usize, bound: usize },

    /// An exponent of popularity is out of range.
    #[error("beta = {found} must be from 0 to 64, such as 0.75")]
    Beta { found: String },

    /// A strategy that cannot be mixed with others.
    #[error("{found} cannot be mixed; mix uniform draws and draws by popularity")]
    Mixed { found: String },

    /// A weight of a mixture is out of range.
    #[error("the weight {found} of a mixture must be above 0 and finite")]
    Weight { found: String },

    /// Negatives that differ were asked for of a strategy that cannot tell.
    #[error("the hardest of several candidates are drawn with replacement")]
    Replacement,

    /// A probability that no formula gives was asked for.
    #[error("these draws have no probability in closed form")]
    NoClosedForm,

    /// Positions outside the epoch were asked for.
    #[error("positions {start}..{stop} are not within the epoch's 0..{n}")]
    Positions { start: u64, stop: u64, n: u64 },

    /// The best of several candidates was asked for without the vectors that rank them.
    #[error("hardest_of = {hardest_of} needs vectors to score the candidates with")]
    NoVectors { hardest_of: usize },

    /// The allocator has no room for what would be drawn.
    #[error("no room for an int64 array of {shape:?}")]
    Memory { shape: Vec<usize> },

    /// The allocator has no room for the clashes of a batch.
    #[error("no room for {n} clashes of {n_positions} positions; make batches smaller")]
    Clashes { n: usize, n_positions: usize },

    /// A score is NaN, so no candidate is the best.
    #[error("the score of user {row} and item {column} is NaN")]
    NotANumber { row: usize, column: usize },
}

fn items(n: usize) -> String {
    if n == 1 { "1 item".into() } else { format!("{n} items") }
}

fn beyond(n: usize) -> String {
    match n {
        0 => String::new(),
        1 => " beyond the first".into(),
        _ => format!(" beyond the first {n}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_in_sentences() {
        let told = |n| Error::TooFew { row: 3, n, needed: 4 }.to_string();
        assert_eq!(told(0), "user 3 has 0 items that may be drawn, fewer than 4");
        assert_eq!(told(1), "user 3 has 1 item that may be drawn, fewer than 4");
        let told = |n| Error::TooFewInBatch { row: 3, n, start: 6, stop: 9 }.to_string();
        let rest = "in the batch of positions 6..9; make batches larger";
        assert_eq!(told(0), format!("user 3 finds no negative {rest}"));
        assert_eq!(told(1), format!("user 3 finds no negative beyond the first {rest}"));
        assert_eq!(told(2), format!("user 3 finds no negative beyond the first 2 {rest}"));
    }
}
