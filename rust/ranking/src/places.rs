//! Where given columns stand among all candidates of their rows.

use glowrec_graph::Csr;
use rayon::prelude::*;

use crate::error::{Error, Result, check};
use crate::lanes::{Excluded, Score, scan};
use crate::scores::ScoreRows;
use crate::steps::Steps;

/// Where a column stands among the candidates of its row: its rank is `above + before + 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Its score.
    pub score: f64,
    /// Candidates with a higher score.
    pub above: i64,
    /// Candidates with the same score and a lower column.
    pub before: i64,
    /// Candidates with the same score, the column itself left out.
    pub tied: i64,
}

impl Place {
    /// What is no candidate stands nowhere.
    pub const NOWHERE: Self = Self { score: f64::NAN, above: -1, before: -1, tied: -1 };
}

impl<S: Score> ScoreRows<'_, S> {
    /// Writes the places of the columns that `targets` links to the id of each row, one row
    /// after another, its columns ascending; [`Place::NOWHERE`] for those that are excluded.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`] for the first row with a target among its candidates, and its first
    /// column, whose score is NaN; excluded columns may score anything. [`Error::Length`] if a
    /// slice does not fit.
    pub fn places(&self, targets: &Csr, out: &mut [Place]) -> Result<()> {
        check("items of test", self.n_cols(), targets.n_cols())?;
        let lengths = self.ids().iter().map(|&id| targets.degree(id as usize)).collect();
        let outputs = parts(lengths, out)?.into_par_iter().enumerate();
        let failure = outputs.find_map_first(|(i, out)| {
            out.fill(Place::NOWHERE);
            let (row, excluded) = (self.row(i), self.excluded(i));
            let columns = targets.row(self.ids()[i] as usize).iter().enumerate();
            let candidates = columns.filter(|(_, column)| excluded.binary_search(column).is_err());
            let scored = candidates.map(|(slot, &column)| (row[column as usize], column, slot));
            let scored: Vec<_> = scored.collect();
            if scored.is_empty() {
                return None;
            }
            let mut steps = Steps::new(scored);
            let counted = self.count(i, &mut steps);
            counted.map(|()| steps.write(out)).err()
        });
        failure.map_or(Ok(()), Err)
    }

    /// Writes how many candidates of each row score exactly what is given; none score NaN.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`] for the first row, and its first column, whose score is NaN;
    /// excluded columns may score anything. [`Error::Length`] if a slice does not fit.
    pub fn equal_to(&self, scores: &[S], out: &mut [i64]) -> Result<()> {
        check("scores", self.ids().len(), scores.len())?;
        check("counts", self.ids().len(), out.len())?;
        let work = scores.par_iter().zip(out).enumerate();
        let failure = work.find_map_first(|(i, (&score, out))| {
            let mut steps = Steps::one(score);
            let counted = self.count(i, &mut steps);
            *out = steps.level_with();
            counted.err()
        });
        failure.map_or(Ok(()), Err)
    }

    fn count(&self, i: usize, steps: &mut Steps<S>) -> Result<()> {
        let (bound, level) = (steps.bound(), self.level());
        let mut excluded = Excluded::new(self.excluded(i));
        scan(level, self.row(i), bound, |group, first, lanes| {
            let lanes = lanes & !excluded.lanes(first);
            steps.count(level, group, first, lanes).map(|()| bound).map_err(|column| {
                Error::NotANumber { row: self.ids()[i] as usize, column: column as usize }
            })
        })
    }
}

/// Cuts a slice into consecutive parts of the given lengths.
pub(crate) fn parts<T>(lengths: Vec<usize>, mut rest: &mut [T]) -> Result<Vec<&mut [T]>> {
    check("places", lengths.iter().sum(), rest.len())?;
    let cut = |length| rest.split_off_mut(..length).expect("the lengths add up");
    Ok(lengths.into_iter().map(cut).collect())
}
