//! Values that the service makes up: the same for the same id in every world.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256, Sha512};
use uuid::Uuid;

/// A GUID for what `part` of `id` is. Letter case of the id does not matter.
pub(crate) fn guid(id: &str, part: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{}#{part}", id.to_lowercase()).as_bytes()).to_string()
}

/// As many hexadecimal digits, up to 64.
pub(crate) fn hex(id: &str, part: &str, digits: usize) -> String {
    let digest = Sha256::digest(format!("{}#{part}", id.to_lowercase()));
    let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    text[..digits].to_owned()
}

/// A key of 64 bytes in base 64, as storage accounts have.
pub(crate) fn key(id: &str, part: &str) -> String {
    STANDARD.encode(Sha512::digest(format!("{}#{part}", id.to_lowercase())))
}
