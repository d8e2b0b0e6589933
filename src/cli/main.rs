//! The `aksel` binary.
fn main() {}
