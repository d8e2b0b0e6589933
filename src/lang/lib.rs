//! The Terraform language: text to syntax to configuration; values, types, functions, evaluation, diagnostics.
//!
//! Never: this crate opens no file that it was not asked to read, makes no request and knows no provider.

pub mod address;
pub mod code;
pub mod content;
pub mod diagnostic;
pub mod files;
pub mod json_syntax;
pub mod number;
pub mod path;
pub mod schema;
pub mod source;
pub mod syntax;
pub mod types;
pub mod value;
pub mod version;
