//! Exact, reproducible negative sampling. Knows no Python.
