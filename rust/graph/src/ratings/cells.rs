//! Rows of a sparse matrix, shared out over threads and walked block by block.

use std::ops::Range;

use super::Number;
use super::table::Rows;

/// Neighbouring rows with their cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct CellRows<'a, T> {
    /// Row `i` has the cells `starts[i]..starts[i + 1]`.
    pub(super) starts: &'a [u64],
    /// Ascending within a row.
    pub(super) columns: &'a [u32],
    pub(super) values: &'a [T],
}

impl<T> CellRows<'_, T> {
    pub(super) fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }
}

/// Bytes of a table that stay in a core's second cache while rows are walked.
const BLOCK: usize = 512 << 10;
/// Cells of a row, on the average, below which a block is not worth the row's visit.
const VISIT: usize = 8;

/// Visits the cells of all rows, one block of the table's rows after another.
///
/// A row's cells are visited in their order, whatever the blocks.
pub(super) fn walk<T: Number, S>(
    cells: &CellRows<'_, S>,
    table: Rows<'_, T>,
    mut visit: impl FnMut(usize, Range<usize>),
) {
    let n_rows = cells.n_rows();
    let (first, last) = (cells.starts[0] as usize, cells.starts[n_rows] as usize);
    if first == last {
        return;
    }
    let n_table = table.n_rows();
    let fitting = BLOCK / (table.stride * size_of::<T>());
    let block = fitting.max(VISIT * n_rows * n_table / (last - first)).max(1);
    let mut next: Vec<usize> = cells.starts[..n_rows].iter().map(|&start| start as usize).collect();
    for end in (block..n_table + block).step_by(block) {
        for (row, next) in next.iter_mut().enumerate() {
            let rest = &cells.columns[*next..cells.starts[row + 1] as usize];
            let n = if end >= n_table {
                rest.len()
            } else {
                rest.partition_point(|&column| (column as usize) < end)
            };
            if n > 0 {
                visit(row, *next..*next + n);
                *next += n;
            }
        }
    }
}

/// Rows whose results one thread holds at a time.
const MOST_ROWS: usize = 256;
/// Times that a piece of work reads each row of the table, on the average.
const READS: usize = 4;
/// Cells below which a piece is not worth handing to another thread.
const GRAIN: usize = 4096;

/// Splits rows into pieces of about as many cells; `cost` are the cells of a row.
///
/// The pieces depend on the matrix alone: what is summed piece by piece has the same bits on any
/// number of threads.
pub(super) fn pieces(
    n_rows: usize,
    n_table: usize,
    cost: impl Fn(usize) -> usize,
) -> Vec<Range<usize>> {
    let target = GRAIN.max(READS * n_table);
    let (mut pieces, mut start, mut cells) = (Vec::new(), 0, 0);
    for row in 0..n_rows {
        cells += cost(row);
        if cells >= target || row + 1 - start == MOST_ROWS || row + 1 == n_rows {
            pieces.push(start..row + 1);
            (start, cells) = (row + 1, 0);
        }
    }
    pieces
}

/// Cuts a table of rows of `dim` cells at the ends of the pieces.
pub(super) fn cut<'a, T>(
    pieces: &[Range<usize>],
    mut table: &'a mut [T],
    dim: usize,
) -> Vec<(Range<usize>, &'a mut [T])> {
    let cut = |piece: &Range<usize>| {
        let (head, tail) = std::mem::take(&mut table).split_at_mut(piece.len() * dim);
        table = tail;
        (piece.clone(), head)
    };
    pieces.iter().map(cut).collect()
}

/// Copies padded rows into rows of `dim` cells.
pub(super) fn unpad<T: Copy>(padded: &[T], stride: usize, out: &mut [T], dim: usize) {
    for (from, to) in padded.chunks_exact(stride).zip(out.chunks_exact_mut(dim.max(1))) {
        to.copy_from_slice(&from[..dim]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_row_once() {
        for (n_rows, cost) in [(0, 1), (1, 0), (1000, 0), (1000, 100), (3, 100_000)] {
            let found = pieces(n_rows, 10, |_| cost);
            let rows: Vec<usize> = found.iter().cloned().flatten().collect();
            assert_eq!(rows, (0..n_rows).collect::<Vec<_>>());
            assert!(found.iter().all(|piece| !piece.is_empty() && piece.len() <= MOST_ROWS));
        }
    }

    #[test]
    fn every_cell_is_visited_once_and_in_order() {
        let table = vec![0.0f32; 1000 * 512];
        let table = Rows { cells: &table, stride: 512 };
        let columns: Vec<u32> = (0..1000).step_by(7).chain([3, 255, 256, 999]).collect();
        let n = columns.len() as u64;
        let starts = [0, n - 4, n - 4, n];
        let cells = CellRows { starts: &starts, columns: &columns, values: &[0.0f32; 0] };
        let mut seen = vec![Vec::new(); 3];
        walk(&cells, table, |row, cells| seen[row].extend(cells));
        assert_eq!(seen[0], (0..columns.len() - 4).collect::<Vec<_>>());
        assert_eq!(seen[1], []);
        assert_eq!(seen[2], (columns.len() - 4..columns.len()).collect::<Vec<_>>());
    }
}
