//! aksel-sandbox.
