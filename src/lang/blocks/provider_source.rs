//! Provider sources as they are written: `[host/][namespace/]type`.
//!
//! Never: a registry is asked whether there is such a provider.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

const PARTS: &str = "A part of a source contains only letters, digits and dashes, and no dash at its start or end, nor two in a row.";

/// What is wrong with a source, if anything.
pub fn fault(source: &str, place: Span) -> Option<Diagnostic> {
    let fault = |summary: &str, detail: String| {
        let error = Diagnostic::error(Code::InvalidProviderSource, summary).detail(detail);
        Some(error.help("Write it as in `source = \"hashicorp/azurerm\"`.").at(place))
    };
    let parts: Vec<&str> = source.split('/').collect();
    let (host, namespace, kind) = match parts.as_slice() {
        [kind] => (None, None, *kind),
        [namespace, kind] => (None, Some(*namespace), *kind),
        [host, namespace, kind] => (Some(*host), Some(*namespace), *kind),
        _ => (None, None, ""),
    };
    if kind.is_empty() || parts.iter().any(|part| part.is_empty()) {
        let detail = "A source has the form `[host/][namespace/]type`.";
        return fault("Invalid provider source string", detail.into());
    }
    if let Some(host) = host.filter(|host| !is_host(host)) {
        return fault("Invalid provider source hostname", format!("\"{host}\" is no name of a host."));
    }
    if let Some(namespace) = namespace.filter(|namespace| *namespace != "-" && !is_part(namespace)) {
        return fault("Invalid provider namespace", format!("The namespace is \"{namespace}\". {PARTS}"));
    }
    if !is_part(kind) {
        return fault("Invalid provider type", format!("The type is \"{kind}\". {PARTS}"));
    }
    if let Some(short) = kind.strip_prefix("terraform-provider-") {
        let detail =
            "The prefix `terraform-provider-` belongs to the name of the repository, not to the provider's.";
        let error = Diagnostic::error(Code::InvalidProviderSource, "Invalid provider type").detail(detail);
        return Some(error.help(format!("Did you mean \"{short}\"?")).at(place));
    }
    None
}

fn is_part(part: &str) -> bool {
    let valid = part.chars().all(|c| c == '-' || c.is_alphanumeric());
    valid && !part.starts_with('-') && !part.ends_with('-') && !part.contains("--")
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "443"));
    let labels = name.split('.').all(|label| !label.is_empty() && is_part(&label.replace("--", "-")));
    labels && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[test]
    fn a_source_is_host_namespace_and_type() {
        let place = Span::new(Sources::default().add("main.tf", ""), 0, 0);
        let said = |source: &str| fault(source, place).map(|error| error.summary);
        for valid in ["aws", "a.b/c/d", "-/a", "localhost:80/a/b", "terraform-x", "é/a", "A/B"] {
            assert_eq!(said(valid), None, "{valid}");
        }
        let cases = [
            ("", "Invalid provider source string"),
            ("hashicorp/", "Invalid provider source string"),
            ("a/b/c/d", "Invalid provider source string"),
            ("a b/c/d", "Invalid provider source hostname"),
            ("a_b/c", "Invalid provider namespace"),
            ("ab--c/d", "Invalid provider namespace"),
            ("a ", "Invalid provider type"),
            ("a/terraform-provider-aws", "Invalid provider type"),
        ];
        for (source, summary) in cases {
            assert_eq!(said(source).as_deref(), Some(summary), "{source}");
        }
    }
}
