//! The `identity` block: which identities an object acts as.
//!
//! ARM writes both kinds together with a blank or without one, and azurerm always with one.

use crate::row::{Row, text, text_set};
use crate::spelling::Spelling;

/// Sent with a blank, as the newer services have it.
pub const WITH_BLANK: Spelling = Spelling::Pairs(&[
    ("SystemAssigned, UserAssigned", "SystemAssigned, UserAssigned"),
    ("SystemAssigned, UserAssigned", "SystemAssigned,UserAssigned"),
]);

/// Sent without a blank, as the older services have it.
pub const WITHOUT_BLANK: Spelling = Spelling::Pairs(&[
    ("SystemAssigned, UserAssigned", "SystemAssigned,UserAssigned"),
    ("SystemAssigned, UserAssigned", "SystemAssigned, UserAssigned"),
]);

const ONE: &[&str] = &["SystemAssigned", "UserAssigned"];
const ALL: &[&str] = &["SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned"];

const fn rows(kind: Row, ids: Row) -> [Row; 4] {
    [kind, ids, text("principal_id", "principalId").read_only(), text("tenant_id", "tenantId").read_only()]
}

const fn kind() -> Row {
    text("type", "type").required()
}

const fn ids() -> Row {
    text_set("identity_ids", "userAssignedIdentities").spelled(Spelling::Keys)
}

/// The object's own identity, or given ones.
pub const ONE_KIND: &[Row] = &rows(kind().one_of(ONE), ids());

/// The object's own identity, or given ones, for good.
pub const ONE_KIND_FOR_GOOD: &[Row] = &rows(kind().one_of(ONE).replaces(), ids().replaces());

/// The object's own identity, given ones, or both.
pub const BOTH_KINDS: &[Row] = &rows(kind().one_of(ALL).spelled(WITH_BLANK), ids());

/// The object's own identity, given ones, or both, for an older service.
pub const BOTH_KINDS_OLDER: &[Row] = &rows(kind().one_of(ALL).spelled(WITHOUT_BLANK), ids());

/// The object's own identity, given ones, or both, for an older service and for good.
pub const BOTH_KINDS_FOR_GOOD: &[Row] =
    &rows(kind().one_of(ALL).spelled(WITHOUT_BLANK).replaces(), ids().replaces());
