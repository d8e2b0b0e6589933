//! The Terraform language: text to syntax to configuration; values, types, functions, evaluation, diagnostics.
//!
//! Never: this crate opens no file that it was not asked to read, makes no request and knows no provider.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a value, a type or an expression that has not the shape asked for is one case, however many shapes there are"
)]

pub mod address;
mod allowance;
pub mod blocks;
pub mod code;
pub mod configuration;
pub mod console_text;
pub mod constants;
pub mod content;
pub mod convert;
pub mod declare;
pub mod decode;
mod describe;
pub mod diagnostic;
pub mod evaluate;
mod evaluate_for;
mod evaluate_template;
pub mod expression;
pub mod files;
pub mod format;
mod format_layout;
pub mod former;
pub mod former_values;
pub mod functions;
pub mod json;
mod json_escapes;
mod json_parser;
mod json_scanner;
pub mod json_syntax;
pub mod lexer;
pub mod load;
pub mod lower;
pub mod module_source;
pub mod number;
pub mod operators;
mod parse_body;
mod parse_expression;
mod parse_for;
mod parse_template;
pub mod parser;
pub mod path;
mod ranges;
pub mod reference;
pub mod schema;
pub mod set;
pub mod source;
pub mod step;
pub mod string_literal;
pub mod syntax;
pub mod terms;
pub mod type_constraint;
pub mod types;
pub mod value;
pub mod version;
pub mod writing;

#[cfg(test)]
mod algebra_tests;
#[cfg(test)]
mod conformance_tests;
#[cfg(test)]
mod hostile_tests;
