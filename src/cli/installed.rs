//! What `init` and `get` have installed: `.terraform/modules/modules.json`, as Terraform writes it.

use std::path::PathBuf;

use aksel_lang::load::Installed;

use crate::workplace::Workplace;

/// The folders of installed modules. Without the file nothing is installed.
pub(crate) fn modules(place: &Workplace) -> Installed {
    let mut installed = Installed::default();
    let path = place.data_folder().join("modules").join("modules.json");
    let Ok(text) = std::fs::read_to_string(path) else { return installed };
    let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) else { return installed };
    for entry in json["Modules"].as_array().into_iter().flatten() {
        if let (Some(key), Some(folder)) = (entry["Key"].as_str(), entry["Dir"].as_str()) {
            installed.folders.insert(key.to_owned(), PathBuf::from(folder));
        }
    }
    installed
}
