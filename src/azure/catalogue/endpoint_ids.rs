//! Ids of containers and shares in the state of azurerm 4: the address at the account's own endpoint, with ARM's id beside.
//!
//! Never: an id is made up; where ARM's is not beside, the old one stays.

use serde_json::Value as Json;

/// A container that an older version knew by its address.
pub fn container(attributes: &mut Json) {
    by_arm(attributes, "/blobServices/");
}

/// A share that an older version knew by its address, and ARM's rights by another word.
pub fn share(attributes: &mut Json) {
    by_arm(attributes, "/fileServices/");
    if let Some(id) = attributes["id"].as_str() {
        attributes["id"] = id.replace("/fileshares/", "/shares/").into();
    }
}

fn by_arm(attributes: &mut Json, service: &str) {
    let own = attributes["id"].as_str().is_some_and(|id| id.starts_with("/subscriptions/"));
    let Some(id) = attributes["resource_manager_id"].as_str().filter(|_| !own).map(str::to_owned) else {
        return;
    };
    if let Some((account, _)) = id.split_once(service) {
        attributes["storage_account_id"] = account.into();
    }
    attributes["id"] = id.into();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_gives_way_to_the_id_that_stands_beside() {
        let account = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st";
        let mut state = json!({
            "id": "https://st.blob.core.windows.net/data",
            "name": "data",
            "resource_manager_id": format!("{account}/blobServices/default/containers/data"),
            "storage_account_name": "st",
        });
        container(&mut state);
        assert_eq!(state["id"], format!("{account}/blobServices/default/containers/data"));
        assert_eq!(state["storage_account_id"], account);
        let mut state = json!({
            "id": "https://st.file.core.windows.net/data",
            "resource_manager_id": format!("{account}/fileServices/default/fileshares/data"),
        });
        share(&mut state);
        assert_eq!(state["id"], format!("{account}/fileServices/default/shares/data"));
    }
}
