//! Reports: diagnostics, plans, progress and drift as text, JSON and Markdown.
//!
//! Never: a report computes a difference or decides anything; it shows what it is given.

pub mod diagnostic_json;
pub mod diagnostic_text;
pub mod style;
