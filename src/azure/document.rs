//! What ARM says of an object: its body, and the answers of further calls; and paths into it.
//!
//! A document is one JSON object: `body`, and a member for each call by its key.
//!
//! Invariant: writing at a path makes the objects on the way, and arrays where a step is a number.
//! Never: a path holds a wildcard.

use serde_json::{Map, Value as Json, json};

/// Where a path starts and its steps.
fn steps(path: &str) -> (String, Vec<&str>) {
    if let Some((key, rest)) = path.split_once(":/") {
        return (key.to_owned(), split(rest, '/'));
    }
    match path.strip_prefix('/') {
        Some(rest) => ("body".into(), split(rest, '/')),
        None => {
            let below = split(path, '.');
            ("body".into(), std::iter::once("properties").chain(below).collect())
        }
    }
}

fn split(path: &str, by: char) -> Vec<&str> {
    path.split(by).filter(|step| !step.is_empty()).collect()
}

/// An empty document.
pub fn empty() -> Json {
    json!({ "body": {} })
}

/// What stands at a row's path.
pub fn at<'a>(document: &'a Json, path: &str) -> Option<&'a Json> {
    let (root, steps) = steps(path);
    steps
        .iter()
        .try_fold(document.get(&root)?, |json, step| step_into(json, step))
        .filter(|json| !json.is_null())
}

/// What stands at a path below a piece of JSON, for rows inside of a block.
pub fn below<'a>(json: &'a Json, path: &str) -> Option<&'a Json> {
    let by = if path.starts_with('/') { '/' } else { '.' };
    split(path, by).iter().try_fold(json, |json, step| step_into(json, step)).filter(|json| !json.is_null())
}

fn step_into<'a>(json: &'a Json, step: &str) -> Option<&'a Json> {
    match json {
        Json::Object(members) => members
            .get(step)
            .or_else(|| members.iter().find(|(name, _)| name.eq_ignore_ascii_case(step)).map(|(_, v)| v)),
        Json::Array(items) => items.get(step.parse::<usize>().ok()?),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => None,
    }
}

/// Writes at a row's path.
pub fn put(document: &mut Json, path: &str, value: Json) {
    let (root, steps) = steps(path);
    let Json::Object(members) = document else { return };
    let mut place = members.entry(root).or_insert_with(|| json!({}));
    for step in steps {
        place = make_step(place, step);
    }
    if place.is_object() { overlay(place, value) } else { *place = value }
}

/// Takes away every member that is null.
pub fn without_nulls(json: &mut Json) {
    match json {
        Json::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Json::Array(items) => items.iter_mut().for_each(without_nulls),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// Writes at a path below a piece of JSON.
pub fn put_below(json: &mut Json, path: &str, value: Json) {
    let by = if path.starts_with('/') { '/' } else { '.' };
    let mut place = json;
    for step in split(path, by) {
        place = make_step(place, step);
    }
    if place.is_object() { overlay(place, value) } else { *place = value }
}

fn make_step<'a>(place: &'a mut Json, step: &str) -> &'a mut Json {
    if let Ok(index) = step.parse::<usize>() {
        if !place.is_array() {
            *place = json!([]);
        }
        let Json::Array(items) = place else { unreachable!("it has just been made an array") };
        while items.len() <= index {
            items.push(json!({}));
        }
        return &mut items[index];
    }
    if !place.is_object() {
        *place = Json::Object(Map::new());
    }
    let Json::Object(members) = place else { unreachable!("it has just been made an object") };
    // A member that differs in letter case only is the same member.
    let known = members.keys().find(|name| name.eq_ignore_ascii_case(step)).cloned();
    members.entry(known.unwrap_or_else(|| step.to_owned())).or_insert(Json::Null)
}

/// Lays one piece of JSON over another: objects member by member, everything else as a whole.
pub fn overlay(base: &mut Json, over: Json) {
    match (base, over) {
        (Json::Object(base), Json::Object(over)) => {
            for (name, value) in over {
                overlay(base.entry(name).or_insert(Json::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_found_again() {
        let mut document = empty();
        put(&mut document, "agentPoolProfiles.0.count", json!(2));
        put(&mut document, "/sku/name", json!("Basic"));
        put(&mut document, "blob:/properties/versioning", json!(true));
        assert_eq!(at(&document, "agentPoolProfiles.0.count"), Some(&json!(2)));
        assert_eq!(document["body"]["sku"]["name"], "Basic");
        assert_eq!(at(&document, "blob:/properties/versioning"), Some(&json!(true)));
    }

    #[test]
    fn an_overlay_keeps_what_it_does_not_mention() {
        let mut base = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        overlay(&mut base, json!({"a": {"b": 3}, "d": []}));
        assert_eq!(base, json!({"a": {"b": 3, "c": 2}, "d": []}));
    }
}
