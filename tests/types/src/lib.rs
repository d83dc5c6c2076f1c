//! See `tests/table`.
