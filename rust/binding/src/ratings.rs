//! `glowrec._native.Ratings32`, `Ratings64` and the weights of kernel layers.

use glowrec_graph::KernelShape;
use glowrec_graph::simd::Level;
use numpy::{
    Element, IntoPyArray, PyArray1, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1,
    PyReadonlyArray2, PyReadonlyArray3,
};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::ShapeError;
use crate::graph::contiguous;

type Matrix<'py, T> = Bound<'py, PyArray2<T>>;
type Vector<'py, T> = Bound<'py, PyArray1<T>>;

macro_rules! ratings {
    ($class:ident, $real:ty) => {
        /// A frozen matrix of ratings; see `glowrec.nn.glocal_sparse`.
        #[pyclass(frozen, module = "glowrec._native")]
        pub(crate) struct $class {
            core: glowrec_graph::Ratings<$real>,
        }

        #[pymethods]
        impl $class {
            #[new]
            fn new(
                py: Python<'_>,
                n_rows: usize,
                n_columns: usize,
                rows: PyReadonlyArray1<'_, i64>,
                columns: PyReadonlyArray1<'_, i64>,
                values: PyReadonlyArray1<'_, $real>,
            ) -> PyResult<Self> {
                let (rows, columns) =
                    (contiguous(&rows, "rows")?, contiguous(&columns, "columns")?);
                let values = contiguous(&values, "values")?;
                let build =
                    || glowrec_graph::Ratings::new(n_rows, n_columns, rows, columns, values);
                run(py, build).map(|core| Self { core })
            }

            /// The distinct row that each row is.
            fn places<'py>(&self, py: Python<'py>) -> Vector<'py, i64> {
                let places: Vec<i64> = self.core.places().iter().map(|&at| at.into()).collect();
                places.into_pyarray(py)
            }

            /// Number of distinct rows.
            #[getter]
            fn n_distinct(&self) -> usize {
                self.core.n_distinct()
            }

            /// `X W + b`.
            fn product<'py>(
                &self,
                py: Python<'py>,
                weights: PyReadonlyArray2<'py, $real>,
                bias: PyReadonlyArray1<'py, $real>,
            ) -> PyResult<Matrix<'py, $real>> {
                let (weights, bias) = (cells(&weights, "weights")?, contiguous(&bias, "bias")?);
                let out = run(py, || self.core.product(Level::current(), weights, bias))?;
                out.into_pyarray(py).reshape([self.core.n_distinct(), bias.len()])
            }

            /// `Xᵀ Z`.
            fn transposed_product<'py>(
                &self,
                py: Python<'py>,
                rows: PyReadonlyArray2<'py, $real>,
            ) -> PyResult<Matrix<'py, $real>> {
                let dim = rows.as_array().ncols();
                let rows = cells(&rows, "rows")?;
                let product = || self.core.transposed_product(Level::current(), rows, dim);
                run(py, product)?.into_pyarray(py).reshape([self.core.n_cols(), dim])
            }

            /// `X̂ W + b`.
            fn convolved_product<'py>(
                &self,
                py: Python<'py>,
                kernels: PyReadonlyArray3<'py, $real>,
                weights: PyReadonlyArray2<'py, $real>,
                bias: PyReadonlyArray1<'py, $real>,
            ) -> PyResult<Matrix<'py, $real>> {
                let (kernels, sizes) = kernel_cells(&kernels)?;
                let (weights, bias) = (cells(&weights, "weights")?, contiguous(&bias, "bias")?);
                let core = &self.core;
                let out = run(py, || {
                    core.convolved_product(Level::current(), kernels, sizes, weights, bias)
                })?;
                out.into_pyarray(py).reshape([core.n_distinct(), bias.len()])
            }

            /// The gradients of `convolved_product` by the weights and by the kernels.
            fn convolved_gradient<'py>(
                &self,
                py: Python<'py>,
                kernels: PyReadonlyArray3<'py, $real>,
                weights: PyReadonlyArray2<'py, $real>,
                gradient: PyReadonlyArray2<'py, $real>,
            ) -> PyResult<(Matrix<'py, $real>, Bound<'py, PyArray3<$real>>)> {
                let dim = gradient.as_array().ncols();
                let (kernels, sizes) = kernel_cells(&kernels)?;
                let (weights, gradient) =
                    (cells(&weights, "weights")?, cells(&gradient, "gradient")?);
                let (core, level) = (&self.core, Level::current());
                let (by_weights, by_kernels) = run(py, || {
                    core.convolved_gradient(level, kernels, sizes, weights, gradient, dim)
                })?;
                let by_weights = by_weights.into_pyarray(py).reshape([core.n_cols(), dim])?;
                let by_kernels =
                    by_kernels.into_pyarray(py).reshape([sizes.0, sizes.1, sizes.1])?;
                Ok((by_weights, by_kernels))
            }

            /// The loss at the ratings, and its gradients by the hidden rows, weights and bias.
            fn squared_error<'py>(
                &self,
                py: Python<'py>,
                hidden: PyReadonlyArray2<'py, $real>,
                weights: PyReadonlyArray2<'py, $real>,
                bias: PyReadonlyArray1<'py, $real>,
            ) -> PyResult<(f64, Matrix<'py, $real>, Matrix<'py, $real>, Vector<'py, $real>)> {
                let (n_rows, dim) = hidden.as_array().dim();
                let (hidden, weights) = (cells(&hidden, "hidden")?, cells(&weights, "weights")?);
                let bias = contiguous(&bias, "bias")?;
                let found = run(py, || {
                    self.core.squared_error(Level::current(), hidden, weights, bias, dim)
                })?;
                let by_hidden = found.by_hidden.into_pyarray(py).reshape([n_rows, dim])?;
                let by_weights = found.by_weights.into_pyarray(py).reshape([dim, bias.len()])?;
                Ok((found.loss, by_hidden, by_weights, found.by_bias.into_pyarray(py)))
            }
        }
    };
}

ratings!(Ratings32, f32);
ratings!(Ratings64, f64);

/// The cells of a matrix, row after row.
fn cells<'a, T: Element>(matrix: &'a PyReadonlyArray2<'_, T>, name: &str) -> PyResult<&'a [T]> {
    // ndarray's `to_slice` insists on C order, where `PyReadonlyArray::as_slice` would not.
    let cells = matrix.as_array().to_slice();
    cells.ok_or_else(|| ShapeError::new_err(format!("{name}: expected a C-ordered array")))
}

/// The cells of square kernels, their number and the side of one.
fn kernel_cells<'a, T: Element>(
    kernels: &'a PyReadonlyArray3<'_, T>,
) -> PyResult<(&'a [T], (usize, usize))> {
    let view = kernels.as_array();
    let (n, side, other) = view.dim();
    view.to_slice().filter(|_| side == other && side % 2 == 1 && side < 64 && n > 0).map_or_else(
        || Err(ShapeError::new_err("kernels: expected C-ordered squares of an odd side below 64")),
        |cells| Ok((cells, (n, side))),
    )
}

macro_rules! shaped {
    ($shaped:ident, $gradient:ident, $real:ty) => {
        /// `W ∘ K`, `‖W‖²` and `‖K‖²`; a Gaussian kernel where there is a scale.
        #[pyfunction]
        #[pyo3(signature = (weights, u, v, scale))]
        fn $shaped<'py>(
            py: Python<'py>,
            weights: PyReadonlyArray2<'py, $real>,
            u: PyReadonlyArray2<'py, $real>,
            v: PyReadonlyArray2<'py, $real>,
            scale: Option<f64>,
        ) -> PyResult<(Matrix<'py, $real>, f64, f64)> {
            let (sizes, dim) = (weights.as_array().dim(), u.as_array().ncols());
            let (w, u, v) = (cells(&weights, "weights")?, cells(&u, "u")?, cells(&v, "v")?);
            let level = Level::current();
            let found = run(py, || glowrec_graph::shaped(level, shape(scale), w, u, v, dim))?;
            let out = found.weights.into_pyarray(py).reshape([sizes.0, sizes.1])?;
            Ok((out, found.squares[0], found.squares[1]))
        }

        /// The gradients of `⟨gradient, W ∘ K⟩` and of half the weighted squares of both.
        #[pyfunction]
        #[pyo3(signature = (weights, u, v, scale, gradient, factors))]
        fn $gradient<'py>(
            py: Python<'py>,
            weights: PyReadonlyArray2<'py, $real>,
            u: PyReadonlyArray2<'py, $real>,
            v: PyReadonlyArray2<'py, $real>,
            scale: Option<f64>,
            gradient: PyReadonlyArray2<'py, $real>,
            factors: [f64; 2],
        ) -> PyResult<(Matrix<'py, $real>, Matrix<'py, $real>, Matrix<'py, $real>)> {
            let ((n_in, n_out), dim) = (weights.as_array().dim(), u.as_array().ncols());
            let (w, u, v) = (cells(&weights, "weights")?, cells(&u, "u")?, cells(&v, "v")?);
            let (gradient, level) = (cells(&gradient, "gradient")?, Level::current());
            let found = run(py, || {
                let shape = shape(scale);
                glowrec_graph::shaped_gradient(level, shape, w, u, v, dim, gradient, factors)
            })?;
            let by_weights = found.by_weights.into_pyarray(py).reshape([n_in, n_out])?;
            let by_u = found.by_u.into_pyarray(py).reshape([n_in, dim])?;
            Ok((by_weights, by_u, found.by_v.into_pyarray(py).reshape([n_out, dim])?))
        }
    };
}

shaped!(shaped32, shaped_gradient32, f32);
shaped!(shaped64, shaped_gradient64, f64);

fn shape(scale: Option<f64>) -> KernelShape {
    scale.map_or(KernelShape::Finite, |scale| KernelShape::Gaussian { scale })
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Ratings32>()?;
    module.add_class::<Ratings64>()?;
    module.add_function(wrap_pyfunction!(shaped32, module)?)?;
    module.add_function(wrap_pyfunction!(shaped64, module)?)?;
    module.add_function(wrap_pyfunction!(shaped_gradient32, module)?)?;
    module.add_function(wrap_pyfunction!(shaped_gradient64, module)?)
}
