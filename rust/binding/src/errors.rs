//! The one place where core errors become Python exceptions.

use pyo3::{PyErr, import_exception};

import_exception!(glowrec.errors, IdError);
import_exception!(glowrec.errors, ShapeError);

/// An error of any core crate.
pub(crate) enum CoreError {
    Graph(glowrec_graph::Error),
}

impl From<glowrec_graph::Error> for CoreError {
    fn from(error: glowrec_graph::Error) -> Self {
        Self::Graph(error)
    }
}

/// Exhaustive on purpose: a new variant does not compile until it is named here.
pub(crate) fn into_py(error: CoreError) -> PyErr {
    match error {
        CoreError::Graph(error) => graph(&error),
    }
}

fn graph(error: &glowrec_graph::Error) -> PyErr {
    use glowrec_graph::Error;
    let message = error.to_string();
    match error {
        Error::Length { .. } => ShapeError::new_err(message),
        Error::OutOfRange { .. } | Error::TooMany { .. } => IdError::new_err(message),
    }
}
