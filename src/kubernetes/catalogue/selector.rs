//! Selectors: of labels and of nodes.

use crate::row::{Row, blocks, map, text, text_set};

const EXPRESSION: &[Row] = &[text("key"), text("operator"), text_set("values")];

/// A selector of labels.
pub(super) const LABEL_SELECTOR: &[Row] = &[blocks("match_expressions", EXPRESSION), map("match_labels")];

const REQUIREMENT: &[Row] = &[text("key").required(), text("operator").required(), text_set("values")];

/// A term of a selector of nodes.
pub(super) const NODE_SELECTOR_TERM: &[Row] =
    &[blocks("match_expressions", REQUIREMENT), blocks("match_fields", REQUIREMENT)];
