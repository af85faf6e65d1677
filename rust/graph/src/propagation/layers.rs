//! All layers at once, by Horner's rule.

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
    horner::<T, T>(graph, operator, x, dim, weights, level, workspace)
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
    horner::<f32, bf16>(graph, operator, x, dim, weights, level, workspace)
}

/// Horner's rule over rows that are stored as `S` between layers.
fn horner<T, S>(
    graph: &Bipartite,
    operator: &Operator,
    x: &[T],
    dim: usize,
    weights: &[f64],
    level: Level,
    workspace: &mut Workspace,
) -> Result<Vec<T>>
where
    T: Real + Kernel<S, S> + Kernel<S, T>,
    S: Cell<T>,
{
    let size = (graph.n_rows() + graph.n_cols()) * dim;
    if x.len() != size {
        return Err(Error::Length { name: "x", expected: size, found: x.len() });
    }
    let Some(deepest) = weights.len().checked_sub(1) else {
        return Err(Error::Empty { name: "weights" });
    };
    if dim == 0 {
        return Ok(Vec::new());
    }
    let applied = operator.on::<T>(graph);
    let layers = Layers { sides: applied.sides(), applied: &applied, x, dim, level };
    let cut = graph.n_rows() * dim;
    let mut out = room(size);
    let (of_rows, of_cols) = out.spare_capacity_mut()[..size].split_at_mut(cut);
    let table = workspace.table::<S>(if deepest == 0 { 0 } else { size });
    let (rows, cols) = table.split_at_mut(cut.min(table.len()));
    layers.chain(0, weights, [rows, cols], of_rows);
    layers.chain(1, weights, [rows, cols], of_cols);
    // SAFETY: each chain ends with all pieces of its side, and a piece writes all its cells.
    #[allow(unsafe_code)]
    Ok(unsafe { filled(out, size) })
}

/// The sum of all layers of one table.
struct Layers<'a, T> {
    applied: &'a Applied<'a, T>,
    sides: [Side<'a>; 2],
    x: &'a [T],
    dim: usize,
    level: Level,
}

impl<T: Real> Layers<'_, T> {
    /// Fills `out` with the rows of one side, 0 or 1.
    ///
    /// A side gathers from the other one only, so the layers alternate between them: what one
    /// side's read-out needs is half of each layer, and the two halves of `tables` hold it,
    /// overwritten in turn. A working set of one table instead of four stays in the cache.
    fn chain<S: Cell<T>>(
        &self,
        side: usize,
        weights: &[f64],
        mut tables: [&mut [S]; 2],
        out: &mut [MaybeUninit<T>],
    ) where
        T: Kernel<S, S> + Kernel<S, T>,
    {
        let deepest = weights.len() - 1;
        for (depth, &weight) in weights.iter().enumerate().skip(1).rev() {
            let side = side ^ (depth & 1);
            let [rows, cols] = &mut tables;
            let (to, from) = if side == 0 { (rows, cols) } else { (cols, rows) };
            // The deepest layer is x itself, which gathers nothing.
            let from = (depth < deepest).then_some(&**from);
            self.layer(side, weight, from, Some(&self.applied.right), to_fill(to));
        }
        let from = (deepest > 0).then_some(&*tables[1 - side]);
        self.layer(side, weights[0], from, None, out);
    }

    /// Fills `out` with the rows of `side` in one layer, gathered from the other side's `table`.
    fn layer<S: Cell<T>, O: Cell<T>>(
        &self,
        side: usize,
        weight: f64,
        table: Option<&[S]>,
        right: Option<&[T]>,
        mut out: &mut [MaybeUninit<O>],
    ) where
        T: Kernel<S, O>,
    {
        let Side { csr, first, tasks } = &self.sides[side];
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
