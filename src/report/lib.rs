//! Reports: diagnostics, plans, progress and drift as text, JSON and Markdown.
//!
//! Never: a report computes a difference or decides anything; it shows what it is given.

pub mod code_page;
pub mod diagnostic_json;
pub mod diagnostic_text;
pub mod drift;
pub mod duration_text;
pub mod event_json;
pub mod event_text;
pub mod functions_json;
pub mod json_tree;
pub mod live;
pub mod matching;
pub mod pace;
pub mod picture_text;
pub mod plan_json;
pub mod plan_text;
pub mod providers_text;
pub mod review;
pub mod schema_json;
mod secrets;
pub mod state_json;
pub mod state_text;
pub mod style;
pub mod value_json;
pub mod value_text;
