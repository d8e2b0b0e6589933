//! aksel-lang.
