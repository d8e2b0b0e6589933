//! Who changed an object last, as the other side tells.

use jiff::Timestamp;

/// The last change of an object by somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The person or program.
    pub who: String,
    /// When.
    pub when: Timestamp,
    /// Where that is written: `Activity Log`, `managedFields`.
    pub told_by: &'static str,
}
