//! The convolved matrix, one row at a time: computed where it is used, stored nowhere.

use super::{Number, Ratings};
use crate::csr::Csr;

/// Several square kernels, in the order in which a row's cells meet them.
#[derive(Clone, Debug)]
pub(super) struct Kernels<T> {
    pub(super) size: usize,
    pub(super) n: usize,
    /// Weight of row `a`, offset `t`, kernel `k` at `(a · size + t) · n + k`, where offset `t` is
    /// column `size − 1 − t` of the kernel: what lies at `j` adds to what lies around it.
    weights: Vec<T>,
}

impl<T: Number> Kernels<T> {
    /// `n` kernels of `size · size` weights each; transposed, they convolve the transpose.
    pub(super) fn new(kernels: &[T], n: usize, size: usize, transpose: bool) -> Self {
        let mut weights = vec![T::default(); kernels.len()];
        for k in 0..n {
            for a in 0..size {
                for b in 0..size {
                    let from = if transpose { b * size + a } else { a * size + b };
                    weights[place(size, n, a, b, k)] = kernels[k * size * size + from];
                }
            }
        }
        Self { size, n, weights }
    }

    fn row(&self, a: usize) -> &[T] {
        let width = self.size * self.n;
        &self.weights[a * width..][..width]
    }

    /// Sums over the cells of `weights`, put back into the order of the caller's kernels.
    pub(super) fn unfold(&self, sums: &[f64]) -> Vec<T> {
        let (size, n) = (self.size, self.n);
        let at = |i: usize| place(size, n, i / size % size, i % size, i / (size * size));
        (0..sums.len()).map(|i| T::nearest(sums[at(i)])).collect()
    }
}

fn place(size: usize, n: usize, a: usize, b: usize, k: usize) -> usize {
    (a * size + size - 1 - b) * n + k
}

/// One of the matrix's two sides, with the ids that neighbourhoods are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a, T> {
    csr: &'a Csr,
    values: &'a [T],
    /// Ids of the side's own axis, and of the other one.
    n_rows: usize,
    n_cols: usize,
    /// From ids to places in `csr`, and back, where the two differ.
    rows: Option<Renumbered<'a>>,
    cols: Option<Renumbered<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct Renumbered<'a> {
    id: &'a [u32],
    place: &'a [u32],
}

impl<T: Number> Ratings<T> {
    pub(super) fn row_side(&self) -> Side<'_, T> {
        let (csr, values) = (&self.by_row, &*self.row_values);
        let (n_rows, n_cols) = (self.n_rows(), self.n_cols());
        Side { csr, values, n_rows, n_cols, rows: self.renumbered(), cols: None }
    }

    pub(super) fn col_side(&self) -> Side<'_, T> {
        let (csr, values) = (&self.by_col, &*self.col_values);
        let (n_rows, n_cols) = (self.n_cols(), self.n_rows());
        Side { csr, values, n_rows, n_cols, rows: None, cols: self.renumbered() }
    }

    fn renumbered(&self) -> Option<Renumbered<'_>> {
        let same = self.occupied.len() == self.n_rows();
        (!same).then_some(Renumbered { id: &self.occupied, place: &self.place })
    }
}

/// An upper bound of the cells of a convolved row, for sharing out the work.
pub(super) fn most_cells<T: Number>(axis: &Side<'_, T>, size: usize, place: usize) -> usize {
    (size * size * axis.csr.degree(place)).min(axis.n_cols)
}

/// Room for one row, all zeros between rows.
#[derive(Debug)]
pub(super) struct Scratch<T> {
    /// Cell `j` of kernel `k` at `(j + size / 2) · n + k`; what falls off the edges has room.
    cells: Vec<T>,
    /// A bit for each cell that something was added to.
    touched: Vec<u64>,
}

impl<T: Number> Scratch<T> {
    pub(super) fn new(side: &Side<'_, T>, kernels: &Kernels<T>) -> Self {
        let width = side.n_cols + kernels.size - 1;
        Self {
            cells: vec![T::default(); width * kernels.n],
            touched: vec![0; (width + kernels.size).div_ceil(64) + 1],
        }
    }
}

/// Positive cells of neighbouring rows of the convolved matrix.
#[derive(Debug)]
pub(super) struct Convolved<T> {
    pub(super) starts: Vec<u64>,
    pub(super) columns: Vec<u32>,
    pub(super) values: Vec<T>,
    /// Each kernel's own cells, where there are several kernels.
    pub(super) maps: Vec<T>,
}

impl<T: Number> Convolved<T> {
    pub(super) fn new() -> Self {
        Self { starts: vec![0], columns: Vec::new(), values: Vec::new(), maps: Vec::new() }
    }

    /// Appends the row at `place`: the mean of its rectified convolutions, where it is not zero.
    ///
    /// The place for rows without ratings gets no cell: nothing of theirs is observed.
    pub(super) fn push_row(
        &mut self,
        side: &Side<'_, T>,
        kernels: &Kernels<T>,
        place: usize,
        scratch: &mut Scratch<T>,
    ) {
        if let Some(row) = side.id(place) {
            side.each_near(row, kernels.size, |a, cells| {
                side.spread(cells, kernels.row(a), kernels, scratch);
            });
            self.collect(side, kernels, scratch);
        }
        self.starts.push(self.columns.len() as u64);
    }

    /// Moves what is in `scratch` to the end, and clears it.
    fn collect(&mut self, side: &Side<'_, T>, kernels: &Kernels<T>, scratch: &mut Scratch<T>) {
        let touched: usize = scratch.touched.iter().map(|word| word.count_ones() as usize).sum();
        // Room for all, of which the positive ones stay: whether one is cannot be predicted.
        let (start, mut end) = (self.columns.len(), self.columns.len());
        self.columns.resize(start + touched, 0);
        self.values.resize(start + touched, T::default());
        let (n, share) = (kernels.n, T::nearest(1.0 / kernels.n as f64));
        let (columns, values) = (&mut self.columns[..], &mut self.values[..]);
        for (index, word) in scratch.touched.iter_mut().enumerate() {
            let mut bits = std::mem::take(word);
            while bits != 0 {
                let at = 64 * index + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let column = side.place_of(at.wrapping_sub(kernels.size / 2));
                let value = if n == 1 {
                    std::mem::take(&mut scratch.cells[at])
                } else {
                    let cells = &mut scratch.cells[at * n..(at + 1) * n];
                    let sum = cells.iter().fold(T::default(), |sum, &cell| sum + rectified(cell));
                    let value = share * sum;
                    if column.is_some() && is_positive(value) {
                        self.maps.extend_from_slice(cells);
                    }
                    cells.fill(T::default());
                    value
                };
                columns[end] = column.unwrap_or_default();
                values[end] = value;
                end += usize::from(column.is_some() & is_positive(value));
            }
        }
        self.columns.truncate(end);
        self.values.truncate(end);
    }
}

/// Not a number counts as positive: it must be seen.
#[expect(clippy::neg_cmp_op_on_partial_ord, reason = "what is not a number must stay")]
#[inline(always)]
fn is_positive<T: Number>(value: T) -> bool {
    !(value <= T::default())
}

fn rectified<T: Number>(value: T) -> T {
    if is_positive(value) { value } else { T::default() }
}

impl<T: Number> Convolved<T> {
    /// Adds `Σ slope · x` over the cells of one row, given as `range`, to the sums of each weight.
    ///
    /// `dots` are the gradients by the cells; `room` is all zeros before and after.
    #[expect(clippy::too_many_arguments, reason = "one row, what it was made of, what it adds to")]
    pub(super) fn add_slopes(
        &self,
        side: &Side<'_, T>,
        kernels: &Kernels<T>,
        place: usize,
        range: std::ops::Range<usize>,
        dots: &[T],
        room: &mut Scratch<T>,
        sums: &mut [f64],
    ) {
        let Some(row) = side.id(place).filter(|_| !range.is_empty()) else { return };
        let (n, width) = (kernels.n, kernels.size * kernels.n);
        let share = T::nearest(1.0 / n as f64);
        let first = |cell: usize| (self.columns[cell] as usize + kernels.size / 2) * n;
        for cell in range.clone() {
            let slopes = &mut room.cells[first(cell)..][..n];
            if n == 1 {
                slopes[0] = dots[cell];
                continue;
            }
            for (slope, &map) in slopes.iter_mut().zip(&self.maps[cell * n..]) {
                *slope = if map > T::default() { share * dots[cell] } else { T::default() };
            }
        }
        let mut line = vec![T::default(); width];
        side.each_near(row, kernels.size, |a, cells| {
            line.fill(T::default());
            for (column, x) in side.cells(cells) {
                for (sum, &slope) in line.iter_mut().zip(&room.cells[column * n..]) {
                    *sum = *sum + x * slope;
                }
            }
            for (sum, &line) in sums[a * width..].iter_mut().zip(&line) {
                *sum += line.into();
            }
        });
        for cell in range {
            room.cells[first(cell)..][..n].fill(T::default());
        }
    }
}

impl<T: Number> Side<'_, T> {
    /// The id of the row at `place`, if it is one row.
    pub(super) fn id(&self, place: usize) -> Option<usize> {
        self.rows.map_or(Some(place), |rows| rows.id.get(place).map(|&id| id as usize))
    }

    /// Where the column with this id is, if there is one that matters.
    #[inline(always)]
    fn place_of(&self, id: usize) -> Option<u32> {
        match self.cols {
            None => (id < self.n_cols).then_some(id as u32),
            Some(cols) => {
                let place = cols.place.get(id).copied();
                place.filter(|&place| (place as usize) < cols.id.len())
            }
        }
    }

    /// Calls `visit(a, cells)` with the cells of row `row + a − size / 2`, for each that exists.
    pub(super) fn each_near(
        &self,
        row: usize,
        size: usize,
        mut visit: impl FnMut(usize, std::ops::Range<usize>),
    ) {
        let half = size / 2;
        for a in half.saturating_sub(row)..size.min(self.n_rows + half - row) {
            let id = row + a - half;
            let place = self.rows.map_or(id, |rows| rows.place[id] as usize);
            let starts = self.csr.indptr();
            visit(a, starts[place] as usize..starts[place + 1] as usize);
        }
    }

    /// Column id and value of each of some cells.
    pub(super) fn cells(
        &self,
        range: std::ops::Range<usize>,
    ) -> impl Iterator<Item = (usize, T)> + '_ {
        let columns = self.csr.indices()[range.clone()].iter();
        columns.zip(&self.values[range]).map(|(&column, &value)| {
            (self.cols.map_or(column, |cols| cols.id[column as usize]) as usize, value)
        })
    }

    /// Adds `value · weights` around each of some cells.
    fn spread(
        &self,
        range: std::ops::Range<usize>,
        weights: &[T],
        kernels: &Kernels<T>,
        scratch: &mut Scratch<T>,
    ) {
        let mask = (1u64 << kernels.size) - 1;
        for (column, value) in self.cells(range) {
            // Ascending columns: a cell is added to in the order of its neighbours.
            for (cell, &weight) in scratch.cells[column * kernels.n..].iter_mut().zip(weights) {
                *cell = *cell + value * weight;
            }
            // A kernel's width lies within two words.
            let (word, bit) = (column / 64, column % 64);
            scratch.touched[word] |= mask << bit;
            scratch.touched[word + 1] |= mask >> 1 >> (63 - bit);
        }
    }
}
