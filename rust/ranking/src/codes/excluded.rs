//! What the rows of a chunk exclude.

use super::scan::Task;

/// The places of the columns that each row excludes.
#[derive(Debug)]
pub(super) struct Excluded {
    places: Vec<u32>,
    ends: Vec<usize>,
    /// A bit per place: those of one row.
    marks: Vec<u64>,
    marked: Option<usize>,
}

/// Tells whether a row excludes a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks<'a>(&'a [u64]);

impl Excluded {
    pub(super) fn new(task: &Task<'_>, ids: &[u32]) -> Self {
        let (mut places, mut ends) = (vec![], vec![0]);
        for &id in ids {
            if let Some(excluded) = task.ranker.excluded {
                places.extend(excluded.row(id as usize).iter().map(|&col| task.codes.place(col)));
            }
            ends.push(places.len());
        }
        let marks = vec![0; task.codes.n_columns().div_ceil(64)];
        Self { places, ends, marks, marked: None }
    }

    /// What a row excludes, in no order.
    pub(super) fn of(&self, row: usize) -> &[u32] {
        &self.places[self.ends[row]..self.ends[row + 1]]
    }

    /// What tells the excluded places of a row from the others.
    pub(super) fn marks(&mut self, row: usize) -> Marks<'_> {
        let before = self.marked.replace(row);
        let places = |row: usize| self.ends[row]..self.ends[row + 1];
        for &place in before.map_or(&[][..], |row| &self.places[places(row)]) {
            self.marks[place as usize / 64] = 0;
        }
        for &place in &self.places[places(row)] {
            self.marks[place as usize / 64] |= 1 << (place % 64);
        }
        Marks(&self.marks)
    }
}

impl Marks<'_> {
    #[inline]
    pub(super) fn has(self, place: u32) -> bool {
        self.0[place as usize / 64] >> (place % 64) & 1 == 1
    }
}
