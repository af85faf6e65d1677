//! Rankings without pruning: every score of a chunk of rows, tile by tile, in float32.

use crate::best::{Best, Hit, TAKES_ALL};
use crate::error::{Error, Result};
use crate::kernels::{COLS, ROWS, Tile, score};
use crate::pack::pack;
use crate::ranker::{Queries, Ranker};
use crate::table::Columns;

/// Gives the best columns of each query to `write`, best first, with the query's position.
pub(crate) fn rank(
    ranker: &Ranker<'_>,
    queries: Queries<'_>,
    mut write: impl FnMut(usize, &[Hit]),
) -> Result<()> {
    if queries.rows.is_empty() {
        return Ok(());
    }
    let mut chunk = Chunk::new(ranker, queries);
    chunk.scan()?;
    for row in 0..queries.rows.len() {
        write(row, chunk.best.sorted(row));
    }
    Ok(())
}

/// Columns side by side, as tiles read them.
#[derive(Debug)]
pub(crate) struct Panel {
    pub(crate) packed: Vec<f32>,
    pub(crate) starts: [f32; COLS],
    pub(crate) first: u32,
    /// Which of the columns exist.
    pub(crate) exists: u32,
}

impl Panel {
    pub(crate) fn new(dim: usize) -> Self {
        Self { packed: vec![0.0; COLS * dim], starts: [0.0; COLS], first: 0, exists: 0 }
    }

    pub(crate) fn fill(&mut self, cols: &Columns<'_>, first: usize) {
        let last = (first + COLS).min(cols.len());
        pack::<COLS>(cols.vectors(), first..last, &mut self.packed);
        for (start, column) in self.starts.iter_mut().zip(first..last) {
            *start = cols.start(column);
        }
        self.first = first as u32;
        self.exists = u32::MAX >> (COLS - (last - first));
    }
}

/// The rankings that one thread makes at a time.
struct Chunk<'a> {
    ranker: &'a Ranker<'a>,
    queries: Queries<'a>,
    packed: Vec<f32>,
    thresholds: Vec<[f32; ROWS]>,
    best: Best,
    /// Per row, how many of its excluded columns lie behind.
    passed: Vec<u32>,
    failure: Option<(usize, u32)>,
}

impl<'a> Chunk<'a> {
    fn new(ranker: &'a Ranker<'a>, queries: Queries<'a>) -> Self {
        let n = queries.rows.len();
        let size = ROWS * ranker.rows.dim();
        let mut packed = vec![0.0; n.div_ceil(ROWS) * size];
        for (i, rows) in queries.rows.chunks(ROWS).enumerate() {
            let rows = rows.iter().map(|&row| row as usize);
            pack::<ROWS>(&ranker.rows, rows, &mut packed[i * size..][..size]);
        }
        Self {
            ranker,
            queries,
            packed,
            thresholds: vec![[TAKES_ALL; ROWS]; n.div_ceil(ROWS)],
            best: Best::new(n, ranker.cols.len(), ranker.k),
            passed: vec![0; n],
            failure: None,
        }
    }

    /// Scores everything.
    fn scan(&mut self) -> Result<()> {
        let Ranker { cols, rows, .. } = self.ranker;
        let mut panel = Panel::new(rows.dim());
        for first in (0..cols.len()).step_by(COLS) {
            panel.fill(cols, first);
            self.panel(&panel);
        }
        match self.failure {
            None => Ok(()),
            Some((row, column)) => {
                let row = self.queries.ids[row] as usize;
                Err(Error::NotANumber { row, column: column as usize })
            }
        }
    }

    /// Scores every row against one panel of columns.
    fn panel(&mut self, panel: &Panel) {
        let size = ROWS * self.ranker.rows.dim();
        let mut tile = Tile::EMPTY;
        for i in 0..self.thresholds.len() {
            let rows = &self.packed[i * size..][..size];
            let (level, thresholds) = (self.ranker.level, &self.thresholds[i]);
            if score(level, rows, &panel.packed, &panel.starts, thresholds, &mut tile) {
                self.admit(i, &tile, panel.first, panel.exists);
            }
        }
    }

    /// Looks at the survivors of a tile, one by one, in the order of columns.
    fn admit(&mut self, i: usize, tile: &Tile, first: u32, exists: u32) {
        let n_rows = (self.queries.rows.len() - i * ROWS).min(ROWS);
        for r in 0..n_rows {
            let mut survivors = tile.survivors[r] & exists;
            while survivors != 0 {
                let lane = survivors.trailing_zeros();
                survivors &= survivors - 1;
                let threshold = &mut self.thresholds[i][r];
                let (row, column) = (i * ROWS + r, first + lane);
                let score = tile.scores[r][lane as usize];
                if score <= *threshold
                    || self.ranker.excludes(self.queries.ids[row], column, &mut self.passed[row])
                {
                    continue;
                }
                if score.is_nan() {
                    if self.failure.is_none_or(|(failed, _)| row < failed) {
                        self.failure = Some((row, column));
                    }
                    continue;
                }
                if let Some(new) = self.best.push(row, Hit::new(score, column), *threshold) {
                    *threshold = new;
                }
            }
        }
    }
}

impl Ranker<'_> {
    /// Whether `column` is excluded for `id`; columns must ascend from call to call.
    #[inline]
    fn excludes(&self, id: u32, column: u32, passed: &mut u32) -> bool {
        let Some(excluded) = self.excluded else { return false };
        let row = excluded.row(id as usize);
        while row.get(*passed as usize).is_some_and(|&other| other < column) {
            *passed += 1;
        }
        row.get(*passed as usize) == Some(&column)
    }
}
