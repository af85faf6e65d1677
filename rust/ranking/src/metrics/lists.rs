//! Ranked lists and what is relevant, as they are handed over.

use glowrec_graph::Csr;
use rayon::prelude::*;

use super::convention::Gain;
use crate::error::{Error, Result, check};

/// Ranked lists of equal width, padded with -1, as [`check_lists`] wants them.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    /// The columns of all lists.
    pub columns: &'a [i64],
    /// Places per list.
    pub width: usize,
    /// For each place, whether its score equals that of the place before; empty if none does.
    pub tied: &'a [bool],
    /// What follows the lists with the score of their last column; per query.
    pub beyond: Option<Beyond<'a>>,
}

/// Columns behind the end of each list that have the score of its last one.
#[derive(Clone, Copy, Debug)]
pub struct Beyond<'a> {
    /// How many there are.
    pub sizes: &'a [i64],
    /// Where those of a query start in `columns`; one entry more than there are queries.
    pub starts: &'a [i64],
    /// Those that are relevant.
    pub columns: &'a [i64],
}

/// The relevant columns of each row, and their grades.
#[derive(Clone, Copy, Debug)]
pub struct Relevant<'a> {
    /// Which they are.
    pub columns: &'a Csr,
    /// One grade above 0 per entry of `columns`; all are 1 if there are none.
    pub grades: Option<&'a [f64]>,
}

impl<'a> Beyond<'a> {
    pub(crate) fn check(&self, n: usize) -> Result<()> {
        check("sizes beyond", n, self.sizes.len())?;
        check("starts beyond", n + 1, self.starts.len())
    }

    /// How many columns follow a list, and those that are relevant.
    pub(crate) fn of(&self, query: usize) -> (usize, &'a [i64]) {
        let [start, end] =
            [self.starts[query], self.starts[query + 1]].map(|at| at.cast_unsigned() as usize);
        (self.sizes[query].cast_unsigned() as usize, &self.columns[start..end])
    }
}

impl<'a> Relevant<'a> {
    /// Those of one row.
    pub(crate) fn row(&self, row: usize) -> OfRow<'a> {
        let start = self.columns.indptr()[row] as usize;
        let columns = self.columns.row(row);
        let grades = self.grades.map(|grades| &grades[start..][..columns.len()]);
        OfRow { columns, grades, last_bits: OfRow::last_bits(columns) }
    }
}

/// The relevant columns of one row, ascending.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfRow<'a> {
    pub(crate) columns: &'a [u32],
    pub(crate) grades: Option<&'a [f64]>,
    /// Which last six bits the columns have: most others are told apart by theirs.
    last_bits: u64,
}

impl OfRow<'_> {
    fn last_bits(columns: &[u32]) -> u64 {
        columns.iter().fold(0, |bits, column| bits | 1 << (column % 64))
    }

    /// The place of a column among the relevant ones.
    #[inline]
    pub(crate) fn place(&self, column: i64) -> Option<usize> {
        if self.last_bits >> (column & 63) & 1 == 0 {
            return None;
        }
        u32::try_from(column).ok().and_then(|column| self.columns.binary_search(&column).ok())
    }

    pub(crate) fn gain(&self, place: usize, gain: Gain) -> f64 {
        self.grades.map_or(1.0, |grades| gain.of(grades[place]))
    }
}

/// Checks that lists of `width` hold columns below `n_cols`, -1 only at their end, and, unless
/// `repeats` are fine, no column twice.
///
/// # Errors
///
/// [`Error::NoColumn`], [`Error::AfterPadding`] or [`Error::Repeated`], for the first bad list
/// and, in this order, its first bad place.
pub fn check_lists(lists: &[i64], width: usize, n_cols: usize, repeats: bool) -> Result<()> {
    if width == 0 {
        return Ok(());
    }
    let chunks = lists.par_chunks(width * 1024).enumerate();
    let failure = chunks.find_map_first(|(chunk, lists)| {
        let mut scratch = Vec::with_capacity(width);
        let lists = lists.chunks(width).enumerate();
        lists
            .map(|(i, columns)| {
                let list = chunk * 1024 + i;
                let columns = check_places(list, columns, n_cols)?;
                if repeats { Ok(()) } else { check_repeats(list, columns, &mut scratch) }
            })
            .find_map(Result::err)
    });
    failure.map_or(Ok(()), Err)
}

/// The columns of a list without its padding.
fn check_places(list: usize, columns: &[i64], n: usize) -> Result<&[i64]> {
    let length = columns.iter().position(|&id| id == -1).unwrap_or(columns.len());
    if let Some(after) = columns[length..].iter().position(|&id| id != -1) {
        return Err(Error::AfterPadding { list, position: length + after });
    }
    let columns = &columns[..length];
    let known = 0..n.cast_signed() as i64;
    match columns.iter().position(|id| !known.contains(id)) {
        Some(position) => Err(Error::NoColumn { list, position, id: columns[position], n }),
        None => Ok(columns),
    }
}

fn check_repeats(list: usize, columns: &[i64], scratch: &mut Vec<u32>) -> Result<()> {
    scratch.clear();
    scratch.extend(columns.iter().map(|&column| column.cast_unsigned() as u32));
    if repeats(scratch) {
        let repeats = |&position: &usize| columns[..position].contains(&columns[position]);
        if let Some(position) = (0..columns.len()).find(repeats) {
            return Err(Error::Repeated { list, position, id: columns[position] });
        }
    }
    Ok(())
}

/// Whether a column stands at two places. In short lists all pairs are compared, without leaving
/// early, which vector instructions do faster than a sort.
fn repeats(columns: &mut [u32]) -> bool {
    if columns.len() > 64 {
        columns.sort_unstable();
        return columns.windows(2).any(|pair| pair[0] == pair[1]);
    }
    (1..columns.len()).any(|i| {
        let same = |other: &&u32| **other == columns[i];
        columns[..i].iter().filter(same).count() > 0
    })
}

/// The lists with every column at its first place only, what follows moved up.
pub fn without_repeats(lists: &[i64], width: usize) -> Vec<i64> {
    let mut out = vec![-1; lists.len()];
    if width == 0 {
        return out;
    }
    let work = out.par_chunks_mut(width).zip(lists.par_chunks(width)).with_min_len(256);
    work.for_each_init(Vec::new, |order: &mut Vec<u32>, (out, list)| {
        order.clear();
        order.extend(0..list.len() as u32);
        order.sort_unstable_by_key(|&place| (list[place as usize], place));
        order.dedup_by_key(|place| list[*place as usize]);
        order.sort_unstable();
        let kept = order.iter().map(|&place| list[place as usize]).filter(|&column| column >= 0);
        for (slot, column) in out.iter_mut().zip(kept) {
            *slot = column;
        }
    });
    out
}
