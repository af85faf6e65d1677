//! The codes of all columns, likeliest first, in panels that share a scale.

use glowrec_graph::simd::Level;
use rayon::prelude::*;

use super::kernels::Dots;
use super::order::likeliest_first;
use super::rounding::{Coded, largest};
use super::{COLS, MAX_DIM, STEP, steps};
use crate::table::{Columns, Table};

/// 8-bit codes of a table of columns, with what bounds their errors. Owned: it outlives the table
/// it was made of.
#[derive(Debug)]
pub struct Codes {
    dots: Dots,
    /// Coordinates, the bias among them.
    dim: usize,
    /// Biases are coded as multiples of this, the coordinate of every row that they meet.
    unit: Option<f32>,
    /// Column at each place.
    order: Box<[u32]>,
    /// Place of each column.
    places: Box<[u32]>,
    /// Per panel and step, `STEP` codes of each of its columns, moved up to be positive.
    steps: Box<[[u8; COLS * STEP]]>,
    panels: Box<[Panel]>,
    /// Per panel.
    units: Box<[Units]>,
    /// The largest norm of all.
    norm: f64,
}

/// What the columns of a panel have in common.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Panel {
    /// One unit of a code.
    pub(super) scale: f64,
    /// The largest distance of a column from what its codes say.
    pub(super) off: f64,
    /// The largest norm.
    pub(super) norm: f64,
}

/// What a panel adds to the limits of sums of codes, in units of its scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Units {
    /// Units per one.
    pub(super) per_one: f32,
    pub(super) off: f32,
    pub(super) norm: f32,
}

impl Panel {
    /// What codes say of a score, from the sum of their products.
    #[cfg(test)]
    pub(super) fn estimate(&self, sum: i32) -> f64 {
        self.scale * f64::from(sum)
    }

    pub(super) fn in_units(&self) -> Units {
        let per_one = 1.0 / self.scale;
        let [per_one, off, norm] =
            [per_one, self.off * per_one, self.norm * per_one].map(|value| value as f32);
        Units { per_one, off, norm }
    }
}

/// The least unit: what there is of it in one, and of limits in it, is a float32.
const LEAST: f64 = 1e-36;
/// Columns below which pruning does not pay.
const FEW: usize = 512;
/// Dimensions below which it does not either.
const SHORT: usize = 8;

impl Codes {
    /// The codes of `cols`, or `None` where they would not help: too few or degenerate columns,
    /// or a processor without fast products of 8-bit numbers.
    ///
    /// `rows` are a sample of what will be ranked for; it decides only which columns come first.
    pub fn new(cols: &Columns<'_>, rows: &Table<'_>, dots: Dots) -> Option<Self> {
        let pays = dots != Dots::Portable && cols.len() >= FEW && cols.dim() >= SHORT;
        if pays { Self::always(cols, rows, dots) } else { None }
    }

    /// As [`Self::new`], where it does not pay as well; `None` only for columns without codes: no
    /// column, no coordinate or too many, numbers that are not finite or close to overflow.
    pub fn always(cols: &Columns<'_>, rows: &Table<'_>, dots: Dots) -> Option<Self> {
        if cols.is_empty() || cols.dim() == 0 || cols.dim() >= MAX_DIM || cols.dim() != rows.dim() {
            return None;
        }
        let order = likeliest_first(cols, rows)?;
        let mut places = vec![0; cols.len()];
        for (place, &column) in (0u32..).zip(&order) {
            places[column as usize] = place;
        }
        let unit = unit(cols);
        let dim = cols.dim() + usize::from(unit.is_some());
        let (n_panels, n_steps) = (cols.len().div_ceil(COLS), steps(dim));
        let mut codes = vec![[0; COLS * STEP]; n_panels * n_steps];
        let mut panels = vec![Panel::default(); n_panels];
        let work = codes.par_chunks_mut(n_steps).zip(&mut panels).zip(order.par_chunks(COLS));
        work.for_each(|((codes, panel), columns)| {
            *panel = encode(cols, columns, unit, dots, codes);
        });
        let norm = panels.iter().fold(0.0, |norm, panel| panel.norm.max(norm));
        Some(Self {
            dots,
            dim,
            unit,
            order: order.into(),
            places: places.into(),
            steps: codes.into(),
            units: panels.iter().map(Panel::in_units).collect(),
            panels: panels.into(),
            norm,
        })
    }

    pub(super) fn dots(&self) -> Dots {
        self.dots
    }

    /// Coordinates, the one of the bias included.
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// The coordinate of every row that biases meet.
    pub(super) fn unit(&self) -> Option<f32> {
        self.unit
    }

    /// Number of columns.
    pub(crate) fn n_columns(&self) -> usize {
        self.order.len()
    }

    /// The largest norm of a column.
    pub(super) fn norm(&self) -> f64 {
        self.norm
    }

    pub(super) fn panels(&self) -> &[Panel] {
        &self.panels
    }

    /// What a panel adds to limits.
    pub(super) fn units(&self, panel: usize) -> &Units {
        &self.units[panel]
    }

    /// Steps of one panel.
    pub(super) fn steps(&self, panel: usize) -> &[[u8; COLS * STEP]] {
        let n_steps = steps(self.dim);
        &self.steps[panel * n_steps..][..n_steps]
    }

    pub(super) fn column(&self, place: u32) -> u32 {
        self.order[place as usize]
    }

    pub(super) fn place(&self, column: u32) -> u32 {
        self.places[column as usize]
    }
}

/// A power of two that brings biases to the size of other coordinates; `None` without biases.
fn unit(cols: &Columns<'_>) -> Option<f32> {
    let level = Level::current();
    let bias = largest(level, cols.bias()?);
    let sample = (0..cols.len()).step_by(cols.len().div_ceil(1024));
    let usual = sample.map(|column| largest(level, cols.vectors().row(column))).fold(0.0, f32::max);
    let exponent = (bias / usual).log2().round();
    Some(if exponent.is_finite() { exponent.clamp(-20.0, 60.0).exp2() } else { 1.0 })
}

/// Writes the codes of one panel.
fn encode(
    cols: &Columns<'_>,
    columns: &[u32],
    unit: Option<f32>,
    dots: Dots,
    out: &mut [[u8; COLS * STEP]],
) -> Panel {
    let level = Level::current();
    let vector = |column: u32, values: &mut Vec<f32>| {
        values.clear();
        values.extend_from_slice(cols.vectors().row(column as usize));
        values.extend(unit.map(|unit| cols.start(column as usize) / unit));
    };
    for &column in columns {
        cols.vectors().prefetch(column as usize);
    }
    let mut values = vec![];
    let most = columns.iter().fold(0.0f32, |most, &column| {
        vector(column, &mut values);
        most.max(largest(level, &values))
    });
    let scale = (f64::from(most) / f64::from(dots.column_codes())).max(LEAST);
    let mut panel = Panel { scale, off: 0.0, norm: 0.0 };
    let mut coded = Coded::default();
    for (i, &column) in columns.iter().enumerate() {
        vector(column, &mut values);
        coded.set(level, &values, scale, dots.column_codes());
        panel.norm = panel.norm.max(coded.norm);
        panel.off = panel.off.max(coded.off);
        for (out, &codes) in out.iter_mut().zip(coded.steps()) {
            out.as_chunks_mut().0[i] = codes.map(|code| dots.moved_up(code));
        }
    }
    panel
}
