//! What a draw without replacement has drawn already.

use crate::choices::Possible;
use crate::epoch::negative;
use crate::stream::Stream;

/// Words of one slot of a position, by attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) stream: Stream,
    pub(crate) slot: usize,
}

impl Words {
    #[inline(always)]
    pub(crate) fn at(self, attempt: usize) -> u64 {
        self.stream.word(negative(self.slot, attempt))
    }
}

/// Possible places of one row that may not be drawn again; room that is used from row to row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drawn {
    places: Vec<u32>,
    ranks: Vec<u32>,
}

impl Drawn {
    /// Nothing, without room.
    pub(crate) const fn new() -> Self {
        Self { places: Vec::new(), ranks: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.ranks.clear();
    }

    /// The places, ascending.
    pub(crate) fn places(&self) -> &[u32] {
        &self.places
    }

    /// Their ranks among the possible places of the row, ascending.
    pub(crate) fn ranks(&self) -> &[u32] {
        &self.ranks
    }

    pub(crate) fn holds(&self, place: u32) -> bool {
        self.places.binary_search(&place).is_ok()
    }

    /// Adds a possible place of the row that is not there yet.
    pub(crate) fn insert(&mut self, possible: Possible<'_>, row: usize, place: u32) {
        let at = self.places.partition_point(|&other| other < place);
        debug_assert!(self.places.get(at) != Some(&place));
        self.places.insert(at, place);
        self.ranks.insert(at, possible.rank(row, place));
    }
}
