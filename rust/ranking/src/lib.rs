//! Full rankings without stored scores, and their metrics. Knows no Python.
