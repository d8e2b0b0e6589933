//! aksel-utility.
