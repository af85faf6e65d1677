//! All layers, by Horner's rule.

use std::mem::MaybeUninit;

use half::bf16;
use rayon::prelude::*;

use super::gather::{Kernel, Sums};
use super::operator::{Applied, Operator, Side};
use super::real::{Cell, Real};
use super::tasks::Task;
use crate::bipartite::Bipartite;
use crate::error::{Error, Result};
use crate::memory::{Workspace, filled, room, to_fill};
use crate::simd::Level;

/// `Σ weights[k] Â^k x`: the read-out of `LightGCN` (SIGIR 2020, equations 7 and 8).
///
/// `x` has one row of `dim` cells for each node, the graph's rows first. By Horner's rule,
/// `h_K = weights[K] x` and `h_k = weights[k] x + Â h_(k+1)`: no layer is kept, and the adjacency
/// has no stored values. `O(edges · dim)` time for each layer, one table of extra memory.
/// The bits depend neither on the number of threads nor on `level`. A layer of weight 0 is not
/// read.
///
/// # Errors
///
/// [`Error::Length`] unless `x` is `(n_rows + n_cols) · dim` long, [`Error::Empty`] without
/// weights.
pub fn propagate<T: Real>(
    graph: &Bipartite,
    operator: &Operator,
    x: &[T],
    dim: usize,
    weights: &[f64],
    level: Level,
    workspace: &mut Workspace,
) -> Result<Vec<T>> {
    Propagation::new(graph, operator, x, dim, weights, level, workspace).map(Propagation::finished)
}

/// [`propagate`] with rows rounded to bfloat16 before they are gathered, and summed in `f32`.
///
/// Half the traffic of the gathers, for a relative error of up to 2^-8 in each gathered cell.
///
/// # Errors
///
/// Those of [`propagate`].
pub fn propagate_bfloat16(
    graph: &Bipartite,
    operator: &Operator,
    x: &[f32],
    dim: usize,
    weights: &[f64],
    level: Level,
    workspace: &mut Workspace,
) -> Result<Vec<f32>> {
    Propagation::bfloat16(graph, operator, x, dim, weights, level, workspace)
        .map(Propagation::finished)
}

/// Cells that are gathered between two looks at what the caller wants: a fraction of a second.
const STEP: usize = 1 << 29;

/// A propagation on its way, made in steps, between which a caller who waits may look up.
#[derive(Debug)]
pub struct Propagation<'a, T> {
    graph: &'a Bipartite,
    operator: &'a Operator,
    /// Made by the first step.
    applied: Option<Applied<'a, T>>,
    x: &'a [T],
    dim: usize,
    weights: &'a [f64],
    level: Level,
    workspace: &'a mut Workspace,
    /// Makes the next half of a layer, with rows stored in one of the two ways between layers.
    half: fn(&mut Self),
    /// Halves that have been made.
    made: usize,
    /// Cells that a step gathers, at least.
    step: usize,
    out: Vec<T>,
}

impl<'a, T: Real> Propagation<'a, T> {
    /// Begins what [`propagate`] does at once.
    ///
    /// # Errors
    ///
    /// Those of [`propagate`].
    pub fn new(
        graph: &'a Bipartite,
        operator: &'a Operator,
        x: &'a [T],
        dim: usize,
        weights: &'a [f64],
        level: Level,
        workspace: &'a mut Workspace,
    ) -> Result<Self> {
        let size = (graph.n_rows() + graph.n_cols()) * dim;
        if x.len() != size {
            return Err(Error::Length { name: "x", expected: size, found: x.len() });
        }
        if weights.is_empty() {
            return Err(Error::Empty { name: "weights" });
        }
        let (half, out): (fn(&mut Self), _) = (Self::half::<T>, room(size));
        let (applied, made, step) = (None, 0, STEP);
        Ok(Self {
            graph,
            operator,
            applied,
            x,
            dim,
            weights,
            level,
            workspace,
            half,
            made,
            step,
            out,
        })
    }

    /// Makes the next layers, a fraction of a second of work or one half of a layer; whether some
    /// are left. Nothing depends on the steps.
    pub fn advance(&mut self) -> bool {
        let mut cells = 0;
        while cells < self.step && self.made < self.halves() {
            (self.half)(self);
            cells += (self.graph.n_edges() + 1) * self.dim;
            self.made += 1;
        }
        self.made < self.halves()
    }

    /// The table, once nothing is left.
    ///
    /// # Panics
    ///
    /// If [`Self::advance`] has not said so yet.
    pub fn into_table(self) -> Vec<T> {
        assert_eq!(self.made, self.halves(), "a propagation is used before its end");
        // SAFETY: each side's last half is that of its read-out, and writes all its cells.
        #[allow(unsafe_code)]
        unsafe {
            filled(self.out, self.x.len())
        }
    }

    fn finished(mut self) -> Vec<T> {
        while self.advance() {}
        self.into_table()
    }

    /// Halves of layers that both sides' read-outs take together.
    fn halves(&self) -> usize {
        if self.dim == 0 { 0 } else { 2 * self.weights.len() }
    }

    /// Makes one half of one layer.
    ///
    /// A side gathers from the other one only, so the layers alternate between them: what one
    /// side's read-out needs is half of each layer, and the two halves of one table hold it,
    /// overwritten in turn. A working set of one table instead of four stays in the cache.
    fn half<S: Cell<T>>(&mut self)
    where
        T: Kernel<S, S> + Kernel<S, T>,
    {
        let applied = self.applied.get_or_insert_with(|| self.operator.on::<T>(self.graph));
        let layers = Layers { applied, x: self.x, dim: self.dim, level: self.level };
        let (deepest, cut) = (self.weights.len() - 1, self.graph.n_rows() * self.dim);
        let (of, depth) =
            (self.made / self.weights.len(), deepest - self.made % self.weights.len());
        let side = of ^ (depth & 1);
        let table = self.workspace.table::<S>(if deepest == 0 { 0 } else { self.x.len() });
        let (rows, cols) = table.split_at_mut(cut.min(table.len()));
        let (to, from) = if side == 0 { (rows, cols) } else { (cols, rows) };
        // The deepest layer is x itself, which gathers nothing.
        let (weight, from) = (self.weights[depth], (depth < deepest).then_some(&*from));
        if depth > 0 {
            layers.half(side, weight, from, Some(&applied.right), to_fill(to));
        } else {
            let (of_rows, of_cols) =
                self.out.spare_capacity_mut()[..self.x.len()].split_at_mut(cut);
            layers.half(side, weight, from, None, if side == 0 { of_rows } else { of_cols });
        }
    }
}

impl<'a> Propagation<'a, f32> {
    /// Begins what [`propagate_bfloat16`] does at once.
    ///
    /// # Errors
    ///
    /// Those of [`propagate`].
    pub fn bfloat16(
        graph: &'a Bipartite,
        operator: &'a Operator,
        x: &'a [f32],
        dim: usize,
        weights: &'a [f64],
        level: Level,
        workspace: &'a mut Workspace,
    ) -> Result<Self> {
        let mut begun = Self::new(graph, operator, x, dim, weights, level, workspace)?;
        begun.half = Self::half::<bf16>;
        Ok(begun)
    }
}

/// What all layers have in common.
struct Layers<'a, T> {
    applied: &'a Applied<'a, T>,
    x: &'a [T],
    dim: usize,
    level: Level,
}

impl<T: Real> Layers<'_, T> {
    /// Fills `out` with the rows of `side` in one layer, gathered from the other side's `table`.
    fn half<S: Cell<T>, O: Cell<T>>(
        &self,
        side: usize,
        weight: f64,
        table: Option<&[S]>,
        right: Option<&[T]>,
        mut out: &mut [MaybeUninit<O>],
    ) where
        T: Kernel<S, O>,
    {
        let Side { csr, first, tasks } = self.applied.side(side);
        // Without a table every row is empty: its starts are equal.
        let nothing = if table.is_some() { Vec::new() } else { vec![0; csr.n_rows() + 1] };
        let starts = if table.is_some() { csr.indptr() } else { &nothing };
        let mut pieces = Vec::with_capacity(tasks.len());
        for Task { rows } in tasks {
            let (mine, rest) = out.split_at_mut(rows.len() * self.dim);
            out = rest;
            let nodes = first + rows.start..first + rows.end;
            let own = &self.x[nodes.start * self.dim..nodes.end * self.dim];
            let sums = Sums {
                starts: &starts[rows.start..=rows.end],
                indices: csr.indices(),
                table: table.unwrap_or_default(),
                dim: self.dim,
                left: &self.applied.left[nodes.clone()],
                own: (weight != 0.0).then_some((T::nearest(weight), own)),
                right: right.map(|right| &right[nodes]),
            };
            pieces.push((sums, mine));
        }
        pieces.into_par_iter().for_each(|(sums, out)| T::sum_rows(self.level, &sums, out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_made_half_by_half_has_the_bits_of_one_made_at_once() {
        let (rows, cols): (Vec<i64>, Vec<i64>) = (0..90).map(|i| (i * i % 7, i % 11)).unzip();
        let graph = Bipartite::from_edges(7, 11, &rows, &cols).unwrap();
        let x: Vec<f32> = (0..18 * 5).map(|i| (i * 37 % 101) as f32 / 7.0).collect();
        let (operator, level) = (Operator::default(), Level::current());
        let weights = [0.5, 0.25, 0.0, 0.125];
        let mut room = Workspace::new();
        let expected = propagate(&graph, &operator, &x, 5, &weights, level, &mut room).unwrap();

        let begun = Propagation::new(&graph, &operator, &x, 5, &weights, level, &mut room);
        let mut steps = Propagation { step: 1, ..begun.unwrap() };
        let n_steps = 1 + std::iter::from_fn(|| steps.advance().then_some(())).count();
        assert_eq!(n_steps, 2 * weights.len());
        assert_eq!(steps.into_table(), expected);

        let begun = Propagation::bfloat16(&graph, &operator, &x, 5, &weights, level, &mut room);
        let mut steps = Propagation { step: 1, ..begun.unwrap() };
        while steps.advance() {}
        let coarse = steps.into_table();
        let at_once = propagate_bfloat16(&graph, &operator, &x, 5, &weights, level, &mut room);
        assert_eq!(Ok(&coarse), at_once.as_ref());
        assert_ne!(coarse, expected);
    }

    #[test]
    #[should_panic(expected = "before its end")]
    fn half_a_table_cannot_be_had() {
        let graph = Bipartite::from_edges(1, 1, &[0], &[0]).unwrap();
        let (operator, level) = (Operator::default(), Level::current());
        let mut room = Workspace::new();
        let begun =
            Propagation::new(&graph, &operator, &[1.0f32, 2.0], 1, &[0.5, 0.5], level, &mut room);
        begun.unwrap().into_table();
    }
}
