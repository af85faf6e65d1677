//! Which positions of a batch hold no negative of one another's rows.

use rayon::prelude::*;

use crate::choices::Possible;
use crate::error::{Error, Result};
use crate::output::{Cell, room, to_write, written};

/// Positions that one task writes for.
const TASK: usize = 64;

/// The positives of one batch, with how often each position clashes.
#[derive(Debug)]
pub(crate) struct Clashes<'a> {
    possible: Possible<'a>,
    rows: &'a [i64],
    /// The place of each position's column, `None` if it is blocked for every row.
    places: Vec<Option<u32>>,
    /// Positions whose column is blocked, ascending.
    blocked: Vec<u32>,
    /// Places that are not blocked with their positions, ascending.
    items: Vec<(u32, u32)>,
    /// The different places with where each begins in `items`, ascending.
    groups: Vec<(u32, usize)>,
    /// Clashes of the positions before each, and at last of all.
    starts: Vec<usize>,
}

impl<'a> Clashes<'a> {
    /// Counts the clashes of every position. `O(d log n)` for a row that leaves out `d` places, or
    /// `O(n log d)` if that is less.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if there is no room for a few numbers per position.
    pub(crate) fn count(
        possible: Possible<'a>,
        rows: &'a [i64],
        positives: &[i64],
    ) -> Result<Self> {
        let n = rows.len();
        let (mut places, mut items) = (room(&[n])?, room(&[n])?);
        places
            .extend(positives.iter().map(|&column| possible.place(column.cast_unsigned() as u32)));
        items.extend(places.iter().zip(0u32..).filter_map(|(&place, at)| Some((place?, at))));
        items.sort_unstable();
        let mut groups: Vec<(u32, usize)> = room(&[items.len()])?;
        for (first, &(place, _)) in items.iter().enumerate() {
            if groups.last().is_none_or(|&(last, _)| last < place) {
                groups.push((place, first));
            }
        }
        let mut starts = room(&[n + 1])?;
        starts.resize(n + 1, 0);
        let mut blocked = room(&[n - items.len()])?;
        blocked.extend(places.iter().zip(0u32..).filter(|(p, _)| p.is_none()).map(|(_, at)| at));
        let mut found = Self { possible, rows, places, blocked, items, groups, starts: vec![] };
        starts[1..].par_iter_mut().zip(rows).for_each(|(n, &row)| *n = found.n(row));
        for position in 0..n {
            starts[position + 1] += starts[position];
        }
        found.starts = starts;
        Ok(found)
    }

    /// All clashes: positions `i`, and beside them the positions `j` whose column is no negative
    /// of the row of `i`, ascending by `i`, then `j`.
    ///
    /// # Errors
    ///
    /// [`Error::Clashes`] if there is no room for them.
    pub(crate) fn list(&self) -> Result<(Vec<i64>, Vec<i64>)> {
        let (n, n_positions) = (self.starts[self.rows.len()], self.rows.len());
        let too_many = |_| Error::Clashes { n, n_positions };
        let mut rows = room(&[n]).map_err(too_many)?;
        let mut columns = room(&[n]).map_err(too_many)?;
        self.write(0, n_positions, to_write(&mut rows, n), to_write(&mut columns, n));
        // SAFETY: every position has written as many cells as it was counted for.
        #[allow(unsafe_code)]
        unsafe {
            written(&mut rows, n);
            written(&mut columns, n);
        }
        Ok((rows, columns))
    }

    /// Writes the clashes of positions `start..stop`, halves side by side.
    fn write(&self, start: usize, stop: usize, rows: &mut [Cell], columns: &mut [Cell]) {
        if stop - start <= TASK {
            let (mut rows, mut columns) = (rows, columns);
            for position in start..stop {
                let n = self.starts[position + 1] - self.starts[position];
                let (of_row, of_column);
                (of_row, rows) = rows.split_at_mut(n);
                (of_column, columns) = columns.split_at_mut(n);
                of_row.fill(Cell::new((position as u64).cast_signed()));
                self.fill(position, of_column);
            }
            return;
        }
        let middle = start.midpoint(stop);
        let n = self.starts[middle] - self.starts[start];
        let (rows, more_rows) = rows.split_at_mut(n);
        let (columns, more_columns) = columns.split_at_mut(n);
        rayon::join(
            || self.write(start, middle, rows, columns),
            || self.write(middle, stop, more_rows, more_columns),
        );
    }

    /// Writes the positions that clash with one, ascending.
    fn fill(&self, position: usize, out: &mut [Cell]) {
        let row = self.rows[position].cast_unsigned() as usize;
        if self.one_by_one(row) {
            let all = self.places.iter().zip(0i64..);
            let clashing = all.filter(|(place, _)| !self.holds(row, **place));
            write(out, clashing.map(|(_, at)| at));
            return;
        }
        let stored = self.possible.rows.row(row).iter();
        let same = stored.flat_map(|&place| self.of(place)).map(|&(_, at)| i64::from(at));
        let (first, rest) = out.split_at_mut(self.blocked.len());
        write(first, self.blocked.iter().copied().map(i64::from));
        write(rest, same);
        // SAFETY: both halves were just written.
        #[allow(unsafe_code)]
        out.sort_unstable_by_key(|cell| unsafe { cell.assume_init() });
    }

    /// How many positions clash with one of `row`.
    fn n(&self, row: i64) -> usize {
        let row = row.cast_unsigned() as usize;
        if self.one_by_one(row) {
            return self.places.iter().filter(|place| !self.holds(row, **place)).count();
        }
        let same = self.possible.rows.row(row).iter().map(|&place| self.of(place).len());
        self.blocked.len() + same.sum::<usize>()
    }

    /// Whether every position is asked for its place: where those that `row` leaves out are not
    /// stored, or are more.
    fn one_by_one(&self, row: usize) -> bool {
        self.possible.listed || self.possible.rows.degree(row) > self.items.len()
    }

    fn holds(&self, row: usize, place: Option<u32>) -> bool {
        place.is_some_and(|place| self.possible.holds(row, place))
    }

    /// The positions of a place.
    fn of(&self, place: u32) -> &[(u32, u32)] {
        let Ok(at) = self.groups.binary_search_by_key(&place, |&(place, _)| place) else {
            return &[];
        };
        let stop = self.groups.get(at + 1).map_or(self.items.len(), |&(_, first)| first);
        &self.items[self.groups[at].1..stop]
    }
}

/// Writes one number into each cell.
fn write(out: &mut [Cell], numbers: impl Iterator<Item = i64>) {
    let mut n = 0;
    for (cell, number) in out.iter_mut().zip(numbers) {
        cell.write(number);
        n += 1;
    }
    assert_eq!(n, out.len(), "clashes were counted as they are written");
}

#[cfg(test)]
mod tests {
    use glowrec_graph::Bipartite;

    use super::*;
    use crate::choices::Choices;
    use crate::limits::Limits;

    /// Every kind of limits, few and many positions, against the definition.
    #[test]
    fn clashes_are_the_pairs_that_the_definition_names() {
        let (rows, cols): (Vec<i64>, Vec<i64>) = (0..60).map(|i| (i % 4, i * i % 17)).unzip();
        let train = Bipartite::from_edges(5, 18, &rows, &cols).unwrap();
        let allow = Bipartite::from_edges(5, 18, &[0, 0, 1, 3], &[1, 2, 2, 9]).unwrap();
        for mask in 0..4 {
            let blocked: &[u32] = if mask & 1 > 0 { &[0, 4, 9] } else { &[] };
            let allow = (mask & 2 > 0).then(|| allow.by_row());
            let choices = Choices::new(train.by_row(), &Limits { exclude: None, allow, blocked });
            let choices = choices.unwrap();
            let possible = choices.of(train.by_row());
            for n in [0, 1, 5, 60, 300] {
                let users: Vec<u32> = (0..n).map(|i| i * 7 % 5).collect();
                let items: Vec<u32> = (0..n).map(|i| i * i * 5 % 18).collect();
                let clash = |i: usize, j: usize| {
                    possible.possible_place(users[i] as usize, items[j]).is_none()
                };
                let expected: (Vec<i64>, Vec<i64>) = (0..n)
                    .flat_map(|i| (0..n).map(move |j| (i, j)))
                    .filter(|&(i, j)| clash(i as usize, j as usize))
                    .map(|(i, j)| (i64::from(i), i64::from(j)))
                    .unzip();
                let wide = |ids: &[u32]| ids.iter().copied().map(i64::from).collect::<Vec<_>>();
                let (users, items) = (wide(&users), wide(&items));
                let found = Clashes::count(possible, &users, &items).unwrap().list().unwrap();
                assert_eq!(found, expected, "mask {mask}, {n} positions");
            }
        }
    }
}
