//! aksel-state.
