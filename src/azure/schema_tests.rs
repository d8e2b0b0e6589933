//! The tables against the recorded schema: every attribute and block is there, with its type, presence and secrecy.

use std::path::PathBuf;

use aksel_lang::address::Mode;
use aksel_lang::schema::{BlockSchema, Presence, Secrecy};
use aksel_provider::provider::Provider as _;
use serde_json::Value as Json;

use crate::catalogue::RESOURCES;
use crate::provider::Azurerm;
use crate::row::{Change, Default, Kind, Row};
use crate::schema::{TIMEOUTS, schema};

/// Differences that are wanted: what version 4 did not require is optional; an id is never written.
const WANTED: &[&str] =
    &["azurerm_key_vault.rbac_authorization_enabled", "azurerm_kubernetes_cluster.node_provisioning_profile"];

/// How many attributes and blocks fit; it may not go down.
const FITTING_MIN: usize = 1611;

fn compare(place: &str, block: &BlockSchema, recorded: &Json, wrong: &mut Vec<String>) -> usize {
    let mut fitting = 0;
    for (name, fact) in recorded.as_object().into_iter().flatten() {
        let here = format!("{place}.{name}");
        if name == "timeouts" || name == "id" || WANTED.contains(&here.as_str()) {
            continue;
        }
        let is = |key: &str| fact[key] == true;
        let fits = if fact.get("block").is_some() {
            block.blocks.get(name.as_str()).is_some_and(|nested| {
                fitting += compare(&here, &nested.block, &fact["attributes"], wrong);
                nested.max_items as u64 == fact["max_items"].as_u64().unwrap_or(0)
            })
        } else {
            block.attributes.get(name.as_str()).is_some_and(|attribute| {
                let presence = match (is("required"), is("optional"), is("computed")) {
                    (true, _, _) => Presence::Required,
                    (_, true, true) => Presence::OptionalComputed,
                    (_, true, false) => Presence::Optional,
                    (_, false, _) => Presence::Computed,
                };
                attribute.presence == presence
                    && (attribute.secrecy == Secrecy::Open) != (is("sensitive") || is("write_only"))
                    && aksel_lang::json::type_to_json(&attribute.ty) == fact["type"]
            })
        };
        if fits { fitting += 1 } else { wrong.push(here) }
    }
    fitting
}

fn recorded(shared: &std::ffi::OsStr, name: &str) -> Json {
    let file = PathBuf::from(shared).join("azurerm-schema/resources").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&file).expect("the recorded schema is there");
    serde_json::from_str(&text).expect("the recorded schema is JSON")
}

#[test]
fn every_table_says_what_the_recorded_schema_says() {
    let Some(shared) = std::env::var_os("AKSEL_SHARED") else {
        println!("AKSEL_SHARED is not set: nothing is compared");
        return;
    };
    let (mut wrong, mut fitting) = (Vec::new(), 0);
    for resource in RESOURCES {
        let recorded = recorded(&shared, resource.name);
        let ours = schema(resource.schema_version, resource.attributes, &TIMEOUTS);
        assert_eq!(ours.version, recorded["schema_version"].as_u64().unwrap_or(0), "{}", resource.name);
        fitting += compare(resource.name, &ours.block, &recorded["attributes"], &mut wrong);
    }
    println!("{fitting} attributes and blocks fit, {} do not: {wrong:#?}", wrong.len());
    assert!(fitting >= FITTING_MIN, "{fitting} fit; these do not: {wrong:#?}");
}

/// Where a table decides otherwise than the recorded flag, and why.
const DECIDED_OTHERWISE: &[(&str, &str)] = &[
    ("azurerm_key_vault.rbac_authorization_enabled", "version 4 did not require it: then it is off"),
    ("azurerm_kubernetes_cluster.node_provisioning_profile", "version 4 did not require it"),
];

fn facts(place: &str, rows: &[Row], recorded: &Json, wrong: &mut Vec<String>) {
    for (name, fact) in recorded.as_object().into_iter().flatten() {
        let Some(row) = rows.iter().find(|row| row.name == name) else { continue };
        let here = format!("{place}.{name}");
        if (fact["force_new"] == true) != (row.change == Change::Replaces) {
            wrong.push(format!("{here}: force_new is {}", fact["force_new"] == true));
        }
        let usual = match row.default {
            Default::None => Json::Null,
            Default::Text(text) => text.into(),
            Default::Flag(flag) => flag.into(),
            Default::Number(number) => number.into(),
            Default::Fraction(number) => number.into(),
        };
        let same = usual == fact["default"]
            || usual.as_f64().is_some() && usual.as_f64() == fact["default"].as_f64();
        if !same {
            wrong.push(format!("{here}: default is {}, the row says {usual}", fact["default"]));
        }
        if let Kind::Block(blocks) | Kind::Objects(blocks) = row.kind {
            let inner =
                if fact["attributes"].is_object() { &fact["attributes"] } else { &fact["object_fields"] };
            facts(&here, blocks.rows, inner, wrong);
            if fact["min_items"].as_u64().unwrap_or(0) != blocks.min as u64 {
                wrong.push(format!("{here}: min_items is {}", fact["min_items"]));
            }
        }
    }
}

#[test]
fn every_table_says_what_replaces_and_what_is_usual() {
    let Some(shared) = std::env::var_os("AKSEL_SHARED") else {
        println!("AKSEL_SHARED is not set: nothing is compared");
        return;
    };
    let mut wrong = Vec::new();
    for resource in RESOURCES {
        let recorded = recorded(&shared, resource.name);
        facts(resource.name, resource.attributes, &recorded["attributes"], &mut wrong);
    }
    wrong.retain(|one| !DECIDED_OTHERWISE.iter().any(|(place, _)| one.starts_with(&format!("{place}:"))));
    assert!(wrong.is_empty(), "{} facts differ: {wrong:#?}", wrong.len());
}

/// What version 4 tells and version 5 does not; nobody writes it.
const TOLD_BY_4: &[&str] =
    &["azurerm_storage_container.resource_manager_id", "azurerm_storage_share.resource_manager_id"];

/// Whether a name of version 4 is read: at its place, or with a block that is read as a whole.
fn reads(block: &BlockSchema, path: &str) -> bool {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    if block.former.contains_key(name) {
        return true;
    }
    match rest {
        Some(rest) => block.blocks.get(name).is_some_and(|nested| reads(&nested.block, rest)),
        None => block.attributes.contains_key(name) || block.blocks.contains_key(name),
    }
}

#[test]
fn what_only_version_4_has_is_read() {
    let Some(shared) = std::env::var_os("AKSEL_SHARED") else {
        println!("AKSEL_SHARED is not set: nothing is compared");
        return;
    };
    let file = PathBuf::from(&shared).join("azurerm-schema/version-4.json");
    let text = std::fs::read_to_string(&file).expect("the differences of version 4 are there");
    let differences: Json = serde_json::from_str(&text).expect("they are JSON");
    let (mut read, mut wrong) = (0, Vec::new());
    for resource in RESOURCES {
        let schema =
            Azurerm.schema(Mode::Managed, resource.name).expect("a resource of the list has a schema");
        for path in differences[resource.name]["only_in_4"].as_object().into_iter().flat_map(|all| all.keys())
        {
            let here = format!("{}.{path}", resource.name);
            match reads(&schema.block, path) {
                true => read += 1,
                false if TOLD_BY_4.contains(&here.as_str()) => {}
                false => wrong.push(here),
            }
        }
    }
    println!("{read} names of version 4 are read");
    assert!(wrong.is_empty(), "{} names of version 4 are not read: {wrong:#?}", wrong.len());
    assert!(read >= 50, "{read} names of version 4 are read");
}
