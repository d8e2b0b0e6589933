//! Names that no provider and no module may use, kept for the language.
//!
//! Rule: <https://developer.hashicorp.com/terraform/language/resources/syntax> (meta-arguments)

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::Name;

/// The error for a block of such a kind, in a `resource`, `data`, `module` or `provider` block.
pub fn block(kind: &Name, within: &str) -> Diagnostic {
    let detail =
        format!("The block type name \"{}\" is reserved for a future version of the language.", kind.text);
    Diagnostic::error(Code::InvalidConfiguration, format!("Reserved block type name in {within} block"))
        .detail(detail)
        .at(kind.span)
}

/// The error for an argument of such a name.
pub fn argument(name: &Name, within: &str) -> Diagnostic {
    let detail = format!(
        "The {within} argument name \"{}\" is reserved for a future version of the language.",
        name.text
    );
    Diagnostic::error(Code::InvalidConfiguration, format!("Reserved argument name in {within} block"))
        .detail(detail)
        .at(name.span)
}
