//! The best of what comes in any order.

use crate::best::Hit;

/// The best `n` hits so far. Holds up to twice as many and falls back to the best when it is
/// full, so that a newcomer costs constant time on average.
#[derive(Debug)]
pub(crate) struct List {
    n: usize,
    hits: Vec<Hit>,
    /// The last of the best `n` when there were last too many: worse ones are not taken in.
    last: Option<Hit>,
}

impl List {
    /// An empty list for the best `n` > 0.
    pub(crate) fn new(n: usize) -> Self {
        Self { n, hits: Vec::new(), last: None }
    }

    #[inline]
    pub(crate) fn push(&mut self, hit: Hit) {
        if self.last.is_some_and(|last| last < hit) {
            return;
        }
        self.hits.push(hit);
        if self.hits.len() >= self.n.saturating_mul(2) {
            self.shrink();
        }
    }

    #[cold]
    fn shrink(&mut self) {
        let (_, &mut last, _) = self.hits.select_nth_unstable(self.n - 1);
        self.hits.truncate(self.n);
        self.last = Some(last);
    }

    /// Gives away the best, best first, and is empty.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Hit> + '_ {
        self.hits.sort_unstable();
        self.hits.truncate(self.n);
        self.last = None;
        self.hits.drain(..)
    }
}
