//! Columns that may be among the best of a row, and the sums that say so.

use super::kernels::Tile;
use super::{COLS, ROWS};

/// Bounded lists of candidates of many rows.
#[derive(Debug)]
pub(super) struct Candidates {
    room: usize,
    entries: Vec<Candidate>,
    /// Per row, how many entries count.
    lengths: Vec<u32>,
    /// Rows without room for another panel.
    full: Vec<usize>,
}

/// A place, and what the codes say of its score, in units of the row's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Candidate {
    pub(super) estimate: f32,
    pub(super) place: u32,
}

impl Candidates {
    /// Empty lists for the rows of some groups, with room for this many candidates each.
    pub(super) fn new(n_groups: usize, room: usize) -> Self {
        let n_rows = n_groups * ROWS;
        let entries = vec![Candidate::default(); n_rows * room];
        Self { room, entries, lengths: vec![0; n_rows], full: vec![] }
    }

    /// Adds what survived of the tiles of a panel's columns: the first of these is at place
    /// `first`, `scale` is one unit of their codes, and `exists` has a bit for each that there is.
    #[inline]
    pub(super) fn add(
        &mut self,
        first_group: usize,
        tiles: &[Tile],
        first: u32,
        exists: u32,
        scale: f32,
    ) {
        let bytes = (0..).zip(tiles).map(|(t, tile)| u64::from(tile.rows) << (ROWS as u32 * t));
        let mut rows = bytes.fold(0, |rows, byte| rows | byte);
        while rows != 0 {
            let at = rows.trailing_zeros() as usize;
            rows &= rows - 1;
            let (tile, r, row) = (&tiles[at / ROWS], at % ROWS, first_group * ROWS + at);
            let mut survivors = tile.survivors[r] & exists;
            let mut length = self.lengths[row] as usize;
            let list = &mut self.entries[row * self.room..][..self.room];
            while survivors != 0 {
                let lane = survivors.trailing_zeros();
                survivors &= survivors - 1;
                let sum = tile.sums[r][lane as usize].wrapping_sub(tile.starts.products[r]);
                list[length] = Candidate { estimate: sum as f32 * scale, place: first + lane };
                length += 1;
            }
            self.lengths[row] = length as u32;
            if length + COLS >= self.room {
                self.full.push(row);
            }
        }
    }

    /// Adds one; whether there was room.
    #[inline]
    pub(super) fn push(&mut self, row: usize, candidate: Candidate) -> bool {
        let length = self.lengths[row] as usize;
        let fits = length + COLS < self.room;
        if length < self.room {
            self.entries[row * self.room + length] = candidate;
            self.lengths[row] += 1;
        }
        fits
    }

    /// A row without room for another panel, which is taken off the list of such rows.
    pub(super) fn full(&mut self) -> Option<usize> {
        self.full.pop()
    }

    pub(super) fn of(&self, row: usize) -> &[Candidate] {
        &self.entries[row * self.room..][..self.lengths[row] as usize]
    }

    /// Leaves the candidates that count; whether half of the room is free again.
    pub(super) fn retain(&mut self, row: usize, counts: impl Fn(Candidate) -> bool) -> bool {
        let length = self.lengths[row] as usize;
        let entries = &mut self.entries[row * self.room..][..length];
        let mut n = 0;
        for i in 0..length {
            entries[n] = entries[i];
            n += usize::from(counts(entries[i]));
        }
        self.lengths[row] = n as u32;
        n <= self.room / 2
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernels::Tile;
    use super::*;

    /// A tile in which some lanes of two rows survived; every sum is its lane, times its row.
    fn tile() -> Tile {
        let mut tile = Tile::EMPTY;
        tile.starts.products = [5; ROWS];
        for (r, sums) in (0..).zip(&mut tile.sums) {
            sums.iter_mut().zip(0..).for_each(|(sum, lane)| *sum = lane * r + 5);
        }
        (tile.survivors[1], tile.survivors[3]) = (1 << 31, 0b1011);
        tile.rows = 0b1010;
        tile
    }

    fn found(lists: &Candidates, row: usize) -> Vec<(f32, u32)> {
        lists.of(row).iter().map(|candidate| (candidate.estimate, candidate.place)).collect()
    }

    #[test]
    fn survivors_come_with_their_estimates() {
        let mut lists = Candidates::new(2, 3 * COLS);
        lists.add(1, &[tile()], 64, u32::MAX, 0.5);
        assert_eq!(found(&lists, 9), [(15.5, 95)]);
        assert_eq!(found(&lists, 11), [(0.0, 64), (1.5, 65), (4.5, 67)]);
        lists.add(1, &[tile()], 96, u32::MAX >> 1, 1.0); // the last column of all does not exist
        assert_eq!(found(&lists, 9).len(), 1);
        assert_eq!(found(&lists, 11).len(), 6);
        assert!((0..16).filter(|row| ![9, 11].contains(row)).all(|row| lists.of(row).is_empty()));
        assert_eq!(lists.full(), None);
    }

    #[test]
    fn lists_without_room_for_a_panel_are_named_until_there_is_some() {
        let mut lists = Candidates::new(1, 2 * COLS);
        let mut all = tile();
        all.survivors = [0; ROWS];
        (all.survivors[6], all.rows) = (u32::MAX, 1 << 6);
        lists.add(0, &[all], 0, u32::MAX, 1.0);
        assert_eq!((lists.full(), lists.full()), (Some(6), None));
        assert!(!lists.push(6, Candidate { estimate: 0.0, place: 999 }));
        assert!(lists.retain(6, |candidate| candidate.place % 2 == 1));
        assert_eq!(lists.of(6).len(), 17); // 999 was taken all the same
        assert!(!lists.retain(6, |_| true) || lists.of(6).len() <= COLS);
        lists.add(0, &[tile()], 32, u32::MAX, 1.0);
        assert_eq!(lists.full(), None);
    }
}
