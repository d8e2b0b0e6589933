//! What `init` and `get` have installed: `.terraform/modules/modules.json`, as Terraform writes it.

use aksel_install::installed::{Installed, Unseen};
use aksel_install::manifest::Manifest;

use crate::workplace::Workplace;

/// The installed modules. A manifest that cannot be read is none: `init` says what is wrong with it.
pub(crate) fn modules(place: &Workplace, unseen: Unseen) -> Installed {
    let manifest = Manifest::read(&place.data_folder().join("modules")).unwrap_or_default();
    Installed::new(place.path(""), manifest, unseen)
}
