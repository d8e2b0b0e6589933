//! aksel-engine.
