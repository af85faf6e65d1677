//! What may be drawn for each row, without a mask.
//!
//! Columns that may be drawn for some row are numbered anew, the blocked ones left out: these
//! numbers are *places*. A row may draw all places but a few, or, with an allow list, only a few.
//! Either way the few are stored once, ascending, so that a rank leads to a place and back in
//! `O(log d)`.

use glowrec_graph::Csr;

use crate::complement::nth_absent;
use crate::error::Result;
use crate::limits::Limits;
use crate::rows::{OwnedRows, Rows};

/// What may be drawn for each row of a graph.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    n_places: usize,
    /// The column of each place, where some are blocked.
    columns: Option<Box<[u32]>>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// All places but the columns that the graph links to.
    Unlinked,
    /// All places but these.
    Except(OwnedRows),
    /// Only these.
    Only(OwnedRows),
}

impl Choices {
    pub(crate) fn new(graph: &Csr, limits: &Limits<'_>) -> Result<Self> {
        limits.check(graph)?;
        let (n_rows, n_cols) = (graph.n_rows(), graph.n_cols());
        if limits.none() {
            return Ok(Self { n_places: n_cols, columns: None, kind: Kind::Unlinked });
        }
        let mut blocked = limits.blocked.to_vec();
        blocked.sort_unstable();
        blocked.dedup();
        let is_blocked = |column: &u32| blocked.binary_search(column).is_ok();
        let excluded = |row| limits.exclude.map_or(&[][..], |exclude| exclude.row(row));
        if let Some(allow) = limits.allow {
            let rows = OwnedRows::collect(n_rows, |row, out| {
                let (linked, excluded) = (graph.row(row), excluded(row));
                out.extend(allow.row(row).iter().filter(|column| {
                    linked.binary_search(column).is_err()
                        && excluded.binary_search(column).is_err()
                        && !is_blocked(column)
                }));
            });
            return Ok(Self { n_places: n_cols, columns: None, kind: Kind::Only(rows) });
        }
        // A column's place is the column less the blocked ones before it.
        let rows = OwnedRows::collect(n_rows, |row, out| {
            for column in merged(graph.row(row), excluded(row)) {
                if let Err(before) = blocked.binary_search(&column) {
                    out.push(column - before as u32);
                }
            }
        });
        let columns = (!blocked.is_empty())
            .then(|| (0..n_cols).map(|column| column as u32).filter(|c| !is_blocked(c)).collect());
        let n_places = n_cols - blocked.len();
        Ok(Self { n_places, columns, kind: Kind::Except(rows) })
    }

    /// The choices that `graph`, the one they were made for, leaves.
    #[inline(always)]
    pub(crate) fn of<'a>(&'a self, graph: &'a Csr) -> Possible<'a> {
        let (rows, listed) = match &self.kind {
            Kind::Unlinked => (Rows::of(graph), false),
            Kind::Except(rows) => (rows.view(), false),
            Kind::Only(rows) => (rows.view(), true),
        };
        Possible { n_places: self.n_places, columns: self.columns.as_deref(), rows, listed }
    }

    /// Whether the graph's own rows are all that is left out.
    pub(crate) fn unlimited(&self) -> bool {
        matches!(self.kind, Kind::Unlinked)
    }
}

/// What may be drawn for each row; borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Possible<'a> {
    pub(crate) n_places: usize,
    columns: Option<&'a [u32]>,
    /// The places that are left out, or, if `listed`, the only ones.
    pub(crate) rows: Rows<'a>,
    pub(crate) listed: bool,
}

impl Possible<'_> {
    /// How many places may be drawn for `row`.
    #[inline(always)]
    pub(crate) fn n(self, row: usize) -> usize {
        let stored = self.rows.degree(row);
        if self.listed { stored } else { self.n_places - stored }
    }

    /// The possible place of `row` with this rank.
    #[inline(always)]
    pub(crate) fn nth(self, row: usize, rank: u32) -> u32 {
        let stored = self.rows.row(row);
        if self.listed { stored[rank as usize] } else { nth_absent(stored, rank) }
    }

    /// How many possible places of `row` come before `place`.
    pub(crate) fn rank(self, row: usize, place: u32) -> u32 {
        let before = self.rows.row(row).partition_point(|&other| other < place) as u32;
        if self.listed { before } else { place - before }
    }

    /// Whether `place` may be drawn for `row`.
    #[inline(always)]
    pub(crate) fn holds(self, row: usize, place: u32) -> bool {
        self.rows.row(row).binary_search(&place).is_ok() == self.listed
    }

    #[inline(always)]
    pub(crate) fn column(self, place: u32) -> u32 {
        self.columns.map_or(place, |columns| columns[place as usize])
    }

    /// The place of a column, unless it is blocked.
    pub(crate) fn place(self, column: u32) -> Option<u32> {
        match self.columns {
            None => Some(column),
            Some(columns) => columns.binary_search(&column).ok().map(|place| place as u32),
        }
    }

    /// The place of a column if it may be drawn for `row`.
    pub(crate) fn possible_place(self, row: usize, column: u32) -> Option<u32> {
        self.place(column).filter(|&place| self.holds(row, place))
    }
}

/// The union of two strictly increasing sequences.
fn merged<'a>(mut left: &'a [u32], mut right: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
    std::iter::from_fn(move || {
        let next = match (left.first(), right.first()) {
            (Some(&a), Some(&b)) => a.min(b),
            (Some(&a), None) => a,
            (None, Some(&b)) => b,
            (None, None) => return None,
        };
        left = &left[usize::from(left.first() == Some(&next))..];
        right = &right[usize::from(right.first() == Some(&next))..];
        Some(next)
    })
}

#[cfg(test)]
mod tests {
    use glowrec_graph::Bipartite;

    use super::*;

    fn graph(edges: &[(i64, i64)]) -> Bipartite {
        let (rows, cols): (Vec<i64>, Vec<i64>) = edges.iter().copied().unzip();
        Bipartite::from_edges(2, 7, &rows, &cols).unwrap()
    }

    /// Every kind of limits against sets, by rank and back.
    #[test]
    fn ranks_lead_to_the_possible_columns_and_back() {
        let train = graph(&[(0, 0), (0, 3), (1, 6)]);
        let exclude = graph(&[(0, 3), (0, 5), (1, 2)]);
        let allow = graph(&[(0, 0), (0, 1), (0, 2), (0, 5), (1, 4)]);
        for mask in 0..8 {
            let blocked: &[u32] = if mask & 1 > 0 { &[2, 6, 2] } else { &[] };
            let limits = Limits {
                exclude: (mask & 2 > 0).then(|| exclude.by_row()),
                allow: (mask & 4 > 0).then(|| allow.by_row()),
                blocked,
            };
            let choices = Choices::new(train.by_row(), &limits).unwrap();
            let possible = choices.of(train.by_row());
            for row in 0..2 {
                let may = |column: &u32| {
                    !train.by_row().contains(row, *column)
                        && !limits.exclude.is_some_and(|csr| csr.contains(row, *column))
                        && limits.allow.is_none_or(|csr| csr.contains(row, *column))
                        && !blocked.contains(column)
                };
                let expected: Vec<u32> = (0..7).filter(may).collect();
                assert_eq!(possible.n(row), expected.len(), "mask {mask}");
                for (rank, &column) in expected.iter().enumerate() {
                    let place = possible.nth(row, rank as u32);
                    assert_eq!(possible.column(place), column, "mask {mask}");
                    assert_eq!(possible.rank(row, place), rank as u32);
                    assert_eq!(possible.possible_place(row, column), Some(place));
                }
                for column in (0..7).filter(|column| !may(column)) {
                    assert_eq!(possible.possible_place(row, column), None, "mask {mask}");
                }
            }
        }
    }
}
