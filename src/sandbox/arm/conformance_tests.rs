//! What ARM answered to a public client, step by step: the same requests are made here, and the answers compared.
//!
//! Reads what the environment variable `AKSEL_SHARED` points at; without it there is nothing to compare with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::types::CLUSTER;
use super::{Place, Reply, Request, answer, finish, settle};
use crate::clock::Moment;
use crate::world::{Access, Change, Tables};

/// How many exchanges and objects agree at least. It only ever rises.
const EXCHANGES_MIN: usize = 1616;
const OBJECTS_MIN: usize = 303;

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("AKSEL_SHARED")?;
    let cases = Path::new(&folder).join("oracle/azurerm");
    assert!(cases.is_dir(), "{} is missing", cases.display());
    Some(cases)
}

fn cases(folder: &Path) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for area in
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for path in std::fs::read_dir(area).unwrap().map(|entry| entry.unwrap().path()) {
            let case: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            found.push((path.strip_prefix(folder).unwrap().display().to_string(), case));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// A world without disk or network, in which a minute passes with each request.
pub(super) struct Desk {
    pub(super) tables: Tables,
    place: Place,
    now: Moment,
}

impl Desk {
    pub(super) fn new() -> Self {
        let place = Place { endpoint: "https://127.0.0.1:20000".to_owned(), pace: 1.0 };
        Self { tables: Tables::default(), place, now: Moment(1_767_323_045_000) }
    }

    fn send(&mut self, request: &Request) -> Reply {
        self.wait(60_000);
        self.send_at_once(request)
    }

    pub(super) fn wait(&mut self, milliseconds: i64) {
        self.now = Moment(self.now.0 + milliseconds);
    }

    pub(super) fn send_at_once(&mut self, request: &Request) -> Reply {
        let settled = settle(&self.tables, self.now);
        self.tables.apply(settled);
        let (reply, changes) = answer(&self.tables, &self.place, self.now, request);
        self.tables.apply(changes);
        self.admit();
        finish(&self.tables, &self.place, self.now, reply)
    }

    fn settle(&mut self) {
        self.now = Moment(self.now.0 + 60_000);
        let settled = settle(&self.tables, self.now);
        self.tables.apply(settled);
    }

    /// Clusters have credentials from the moment they exist.
    fn admit(&mut self) {
        let clusters: Vec<String> = self
            .tables
            .objects
            .iter()
            .filter(|(_, object)| object.kind == CLUSTER)
            .map(|(key, _)| key.clone())
            .collect();
        for key in clusters {
            let text = |text: &str| text.to_owned();
            let access = Access {
                server: text("https://127.0.0.1:20001"),
                authority: text("a"),
                certificate: text("c"),
                key: text("k"),
                token: text("t"),
            };
            let changes =
                ["user", "admin"].map(|who| Change::Access(format!("{key}/{who}"), Some(access.clone())));
            self.tables.apply(changes.into());
        }
    }
}

fn request(exchange: &Value) -> Option<Request> {
    let path = exchange["path"].as_str()?;
    if !path.starts_with('/') {
        return None; // Blobs and vaults have endpoints of their own.
    }
    let query = exchange["query"].as_object().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(Request {
        method: exchange["method"].as_str()?.parse().ok()?,
        path: path.trim_end_matches('/').to_owned(),
        query: query
            .iter()
            .map(|(name, value)| (name.to_lowercase(), text(value)))
            .collect::<BTreeMap<_, _>>(),
        if_match: None,
        if_none_match: None,
        body: exchange["body"].as_object().cloned().unwrap_or_default(),
    })
}

/// Whether a deletion or an empty answer means the same: done, accepted, nothing there.
fn same_status(method: &str, recorded: u64, ours: u16) -> bool {
    let done = |status: u64| matches!(status, 200 | 202 | 204);
    recorded == u64::from(ours) || (method == "DELETE" && done(recorded) && done(u64::from(ours)))
}

/// What differs: nothing, null and empty are the same, and made-up values need only be there.
fn differences(path: &str, recorded: &Value, ours: &Value, found: &mut Vec<String>) {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            let names: std::collections::BTreeSet<&String> = recorded.keys().chain(ours.keys()).collect();
            for name in names {
                let none = Value::Null;
                let pair = (recorded.get(name).unwrap_or(&none), ours.get(name).unwrap_or(&none));
                differences(&format!("{path}/{name}"), pair.0, pair.1, found);
            }
        }
        (Value::Array(recorded), Value::Array(ours)) if recorded.len() == ours.len() => {
            for (at, pair) in recorded.iter().zip(ours).enumerate() {
                differences(&format!("{path}/{at}"), pair.0, pair.1, found);
            }
        }
        (recorded, ours) if recorded == ours || (empty(recorded) && empty(ours)) => {}
        (Value::String(recorded), Value::String(ours)) if is_made_up(path, recorded) && !ours.is_empty() => {}
        (recorded, ours) => found.push(format!("{path}: recorded {recorded}, ours {ours}")),
    }
}

/// GUIDs, times, keys, addresses, and the names of hosts that are derived from ids.
fn is_made_up(path: &str, text: &str) -> bool {
    let endings =
        ["eTag", "etag", "value", "message", "Key", "/id", "immutableId", "resourceUID", "ipAddress"];
    uuid::Uuid::try_parse(text).is_ok()
        || text.contains("azure.test")
        || text.starts_with("2026-01-02T")
        || text.contains("-2c6c999e")
        || text.contains(".oic.prod-aks.azure.com")
        || text.contains("InstrumentationKey=")
        || text.contains("mac_")
        || text == "example.privatelink"
        || endings.iter().any(|ending| path.ends_with(ending))
}

#[derive(Default)]
struct Score {
    exchanges: (usize, usize),
    objects: (usize, usize),
    wrong: Vec<String>,
}

impl Score {
    fn exchange(&mut self, desk: &mut Desk, case: &str, exchange: &Value) {
        let Some(request) = request(exchange) else { return };
        let reply = desk.send(&request);
        let recorded = exchange["status"].as_u64().unwrap_or(0);
        let mut found = Vec::new();
        if !same_status(request.method.as_str(), recorded, reply.status) {
            found.push(format!("recorded {recorded}, ours {}", reply.status));
        }
        if let Some(response) = exchange.get("response").filter(|response| !response.is_null()) {
            differences("", response, &reply.body.clone().unwrap_or(Value::Null), &mut found);
        }
        self.exchanges.1 += 1;
        if found.is_empty() {
            self.exchanges.0 += 1;
        } else {
            let body =
                reply.body.map(|body| body.to_string()).filter(|_| reply.status >= 400).unwrap_or_default();
            self.wrong.push(format!("{case}: {} {}: {found:?} {body}", request.method, request.path));
        }
    }

    fn objects(&mut self, desk: &mut Desk, case: &str, objects: &Map<String, Value>) {
        desk.settle();
        for (id, recorded) in objects {
            let query = BTreeMap::from([("api-version".to_owned(), "2025-01-01".to_owned())]);
            let get = Request {
                method: http::Method::GET,
                path: id.clone(),
                query,
                if_match: None,
                if_none_match: None,
                body: Map::new(),
            };
            let ours = desk.send(&get).body.unwrap_or(Value::Null);
            let mut found = Vec::new();
            differences("", recorded, &ours, &mut found);
            self.objects.1 += 1;
            if found.is_empty() {
                self.objects.0 += 1;
            } else {
                self.wrong.push(format!("{case}: object {id}: {found:#?}"));
            }
        }
    }
}

fn drift(desk: &mut Desk, drift: &Value) {
    let key = drift["id"].as_str().unwrap_or("").to_lowercase();
    if drift["delete"] == Value::Bool(true) {
        let below = format!("{key}/");
        let gone: Vec<String> = desk.tables.below(&below).map(|(key, _)| key.clone()).chain([key]).collect();
        desk.tables.apply(gone.into_iter().map(|key| Change::Object(key, None)).collect());
        return;
    }
    let merge = drift["merge"].as_object().cloned().unwrap_or_default();
    let query = BTreeMap::from([("api-version".to_owned(), "2025-01-01".to_owned())]);
    let patch = http::Method::PATCH;
    desk.send(&Request { method: patch, path: key, query, if_match: None, if_none_match: None, body: merge });
}

#[test]
fn the_answers_are_those_that_were_recorded() {
    let Some(folder) = shared() else {
        println!("AKSEL_SHARED is not set: nothing to compare with");
        return;
    };
    let mut score = Score::default();
    for (name, case) in cases(&folder) {
        let mut desk = Desk::new();
        for step in case["steps"].as_array().into_iter().flatten() {
            for one in step["drift"]
                .as_array()
                .cloned()
                .unwrap_or_else(|| step.get("drift").cloned().into_iter().collect())
            {
                drift(&mut desk, &one);
            }
            for list in ["plan_requests", "apply_requests"] {
                for exchange in step[list].as_array().into_iter().flatten() {
                    score.exchange(&mut desk, &name, exchange);
                }
            }
            if let Some(objects) = step["objects"].as_object() {
                score.objects(&mut desk, &name, objects);
            }
        }
        for exchange in case["destroy"]["requests"].as_array().into_iter().flatten() {
            score.exchange(&mut desk, &name, exchange);
        }
    }
    for wrong in &score.wrong {
        println!("{wrong}");
    }
    println!("exchanges {:?}, objects {:?}", score.exchanges, score.objects);
    assert!(score.exchanges.0 >= EXCHANGES_MIN && score.objects.0 >= OBJECTS_MIN, "fewer agree than before");
}
