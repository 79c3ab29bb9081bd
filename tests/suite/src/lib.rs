//! Whole-program suites; each is a test in `tests/`.
