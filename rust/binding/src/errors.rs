//! The one place where core errors become Python exceptions.

use pyo3::exceptions::PyMemoryError;
use pyo3::{PyErr, import_exception};

import_exception!(glowrec.errors, DataError);
import_exception!(glowrec.errors, IdError);
import_exception!(glowrec.errors, ParameterError);
import_exception!(glowrec.errors, SaturatedError);
import_exception!(glowrec.errors, ScoreError);
import_exception!(glowrec.errors, ShapeError);

/// An error of any core crate.
pub(crate) enum CoreError {
    Graph(glowrec_graph::Error),
    Sampling(glowrec_sampling::Error),
    Ranking(glowrec_ranking::Error),
}

impl From<glowrec_graph::Error> for CoreError {
    fn from(error: glowrec_graph::Error) -> Self {
        Self::Graph(error)
    }
}

impl From<glowrec_sampling::Error> for CoreError {
    fn from(error: glowrec_sampling::Error) -> Self {
        Self::Sampling(error)
    }
}

impl From<glowrec_ranking::Error> for CoreError {
    fn from(error: glowrec_ranking::Error) -> Self {
        Self::Ranking(error)
    }
}

/// Exhaustive on purpose: a new variant does not compile until it is named here.
pub(crate) fn into_py(error: CoreError) -> PyErr {
    match error {
        CoreError::Graph(error) => graph(&error),
        CoreError::Sampling(error) => sampling(&error),
        CoreError::Ranking(error) => ranking(&error),
    }
}

fn graph(error: &glowrec_graph::Error) -> PyErr {
    use glowrec_graph::Error;
    let message = error.to_string();
    match error {
        Error::Length { .. } => ShapeError::new_err(message),
        Error::OutOfRange { .. } | Error::TooMany { .. } | Error::Range { .. } => {
            IdError::new_err(message)
        }
        Error::Empty { .. } | Error::Probability { .. } | Error::Level { .. } => {
            ParameterError::new_err(message)
        }
        Error::Memory { .. } => PyMemoryError::new_err(message),
    }
}

fn sampling(error: &glowrec_sampling::Error) -> PyErr {
    use glowrec_sampling::Error;
    let message = error.to_string();
    match error {
        Error::Length { .. } => ShapeError::new_err(message),
        Error::Zero { .. }
        | Error::NoVectors { .. }
        | Error::Beta { .. }
        | Error::Mixed { .. }
        | Error::Weight { .. }
        | Error::Replacement
        | Error::NoClosedForm => ParameterError::new_err(message),
        Error::Empty => DataError::new_err(message),
        // The user is a number here; Python knows the name.
        Error::Saturated { row, .. }
        | Error::TooFew { row, .. }
        | Error::Weightless { row, .. }
        | Error::TooFewInBatch { row, .. } => SaturatedError::new_err((message, *row)),
        Error::Positions { .. } | Error::OutOfRange { .. } => IdError::new_err(message),
        Error::Memory { .. } | Error::Clashes { .. } => PyMemoryError::new_err(message),
        Error::NotANumber { .. } => ScoreError::new_err(message),
    }
}

fn ranking(error: &glowrec_ranking::Error) -> PyErr {
    use glowrec_ranking::Error;
    let message = error.to_string();
    match error {
        Error::Length { .. } => ShapeError::new_err(message),
        Error::NotANumber { .. } => ScoreError::new_err(message),
        Error::NoColumn { .. } | Error::Column { .. } => IdError::new_err(message),
        Error::Memory { .. } => PyMemoryError::new_err(message),
        Error::AfterPadding { .. } | Error::Repeated { .. } | Error::Starts { .. } => {
            DataError::new_err(message)
        }
        Error::Undefined { .. } => ParameterError::new_err(message),
    }
}
