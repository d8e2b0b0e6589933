//! How many of the exchanges recorded from a real control plane are answered alike.
//!
//! Reads what the environment variable `AKSEL_SHARED` points at; without it there is nothing to compare with.
//! Compared: status, content type, kept headers, body, the events of watches; of versions how they relate.
//! `AKSEL_CASE` narrows it to cases whose id begins so, and shows where each goes another way.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Extension;
use axum::body::BodyDataStream;
use axum::extract::{Query, State};
use axum::response::Response;
use futures::StreamExt as _;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use serde_json::{Value, json};

use super::{Cluster, ClusterSettings, server};
use crate::tls::Identity;

/// The number of cases of each category that pass; none may go down.
const PASSED_MIN: &[(&str, usize)] = &[
    ("access", 6),
    ("customresources", 16),
    ("defaults", 85),
    ("limits", 3),
    ("listing", 29),
    ("metadata", 17),
    ("patch", 35),
    ("ssa", 78),
    ("update", 35),
    ("validation", 42),
    ("watch", 15),
];

/// What placeholders have stood for so far in a case.
#[derive(Default)]
pub(super) struct Known(BTreeMap<String, String>);

impl Known {
    /// Whether a text is the recorded one, when placeholders are filled in; learns what they stand for.
    fn text(&mut self, wanted: &str, found: &str) -> bool {
        let Some((literal, mark, rest)) = split_mark(wanted) else { return wanted == found };
        let Some(found) = found.strip_prefix(literal) else { return false };
        let next = split_mark(rest).map_or(rest, |(literal, ..)| literal);
        let stop = if rest.is_empty() { Some(found.len()) } else { found.find(next) };
        let Some(stop) = stop else { return false };
        let value = &found[..stop];
        self.fits(mark, value) && self.text(rest, &found[stop..])
    }

    fn fits(&mut self, mark: &str, value: &str) -> bool {
        if mark == "<time>" {
            return !value.is_empty();
        }
        if let Some(known) = self.0.get(mark) {
            return known == value;
        }
        let fits = match number(mark, "<rv:") {
            None => true,
            Some(n) => value.parse::<u64>().is_ok_and(|version| self.keeps_order(n, version)),
        };
        self.0.insert(mark.to_owned(), value.to_owned());
        fits
    }

    /// A greater number is a later version.
    fn keeps_order(&self, n: u64, version: u64) -> bool {
        self.0.iter().all(|(mark, value)| {
            let Some(other) = number(mark, "<rv:") else { return true };
            let known: u64 = value.parse().unwrap_or(0);
            if other < n { known <= version } else { known >= version }
        })
    }

    fn value(&mut self, wanted: &Value, found: &Value, path: &str) -> Result<(), String> {
        let differs = || Err(format!("at {path}\n    wanted {wanted}\n    found  {found}"));
        match (wanted, found) {
            (Value::String(wanted), Value::String(found))
                if self.text(&unversioned(wanted), &unversioned(found)) =>
            {
                Ok(())
            }
            (Value::String(wanted), Value::Number(found)) if self.text(wanted, &found.to_string()) => Ok(()),
            (Value::Array(wanted), Value::Array(items)) if wanted.len() == items.len() => {
                let mut pairs = wanted.iter().zip(items).enumerate();
                pairs.try_for_each(|(index, (w, f))| self.value(w, f, &format!("{path}[{index}]")))
            }
            (Value::Object(wanted), Value::Object(members)) => {
                let wanted: serde_json::Map<String, Value> =
                    wanted.iter().map(|(name, value)| (self.filled(name), value.clone())).collect();
                if let Some(extra) = members.keys().find(|name| !wanted.contains_key(*name)) {
                    return Err(format!(
                        "at {path}.{extra}\n    wanted nothing\n    found  {}",
                        members[extra]
                    ));
                }
                wanted.iter().try_for_each(|(name, w)| match members.get(name) {
                    Some(f) => self.value(w, f, &format!("{path}.{name}")),
                    None => Err(format!("at {path}.{name}\n    wanted {w}\n    found  nothing")),
                })
            }
            (wanted, found) if wanted == found => Ok(()),
            _ => differs(),
        }
    }

    /// Learns what placeholders stand for, whatever else differs.
    fn learn(&mut self, wanted: &Value, found: &Value) {
        match (wanted, found) {
            (Value::String(wanted), Value::String(found)) => {
                let _fits = self.text(wanted, found);
            }
            (Value::String(wanted), Value::Number(found)) => {
                let _fits = self.text(wanted, &found.to_string());
            }
            (Value::Array(wanted), Value::Array(found)) => {
                wanted.iter().zip(found).for_each(|(wanted, found)| self.learn(wanted, found));
            }
            (Value::Object(wanted), _) => {
                wanted.iter().for_each(|(name, wanted)| self.learn(wanted, &found[name]));
            }
            _ => {}
        }
    }

    fn filled(&self, text: &str) -> String {
        let fill = |text: String, (mark, value): (&String, &String)| {
            // A port is a number where a recording has a text for it.
            let port = mark.starts_with("<nodeport:");
            let text = if port { text.replace(&format!("\"{mark}\""), value) } else { text };
            text.replace(mark.as_str(), value)
        };
        self.0.iter().fold(text.replace("<time>", "2026-01-02T03:04:05Z"), fill)
    }
}

/// A text without the versions of whole clusters, which recordings hold as they were.
fn unversioned(text: &str) -> String {
    const BEFORE: &[&str] = &[
        "current: ",
        "too old resource version: 1 (",
        "\"resourceVersion\\\":\\\"",
        "resourceVersion\\\":\\\"",
        "resourceVersion: \"",
    ];
    let mut text = text.to_owned();
    for before in BEFORE {
        let mut from = 0;
        while let Some(at) = text[from..].find(before).map(|at| from + at + before.len()) {
            let digits = text[at..].bytes().take_while(u8::is_ascii_digit).count();
            text.replace_range(at..at + digits, "");
            from = at;
        }
    }
    text
}

fn number(mark: &str, kind: &str) -> Option<u64> {
    mark.strip_prefix(kind)?.strip_suffix('>')?.parse().ok()
}

/// The first placeholder of a text, with what stands before and after it.
fn split_mark(text: &str) -> Option<(&str, &str, &str)> {
    const KINDS: &[&str] =
        &["uid:", "rv:", "time>", "gen:", "hash", "ip:", "nodeport:", "continue:", "jwt", "pem", "server"];
    let start =
        text.match_indices('<').find(|(at, _)| KINDS.iter().any(|kind| text[at + 1..].starts_with(kind)))?.0;
    let end = text[start..].find('>')? + start + 1;
    Some((&text[..start], &text[start..end], &text[end..]))
}

pub(super) fn open(folder: &Path, authority: &str) -> Cluster {
    let settings = ClusterSettings {
        folder: folder.to_owned(),
        version: "1.36.2".into(),
        endpoint: "https://127.0.0.1:6443".into(),
        authority: authority.into(),
    };
    Cluster::open(settings).unwrap()
}

fn cluster(folder: &Path, case: &Value) -> Cluster {
    let cluster = open(folder, "");
    // The recorded cluster had no classes of storage.
    for class in ["default", "managed-csi", "managed-csi-premium", "azurefile-csi"] {
        let key = ("storage.k8s.io/storageclasses".to_owned(), String::new(), class.to_owned());
        cluster.world().store.remove(&key).unwrap();
    }
    for name in case["namespaces"].as_array().into_iter().flatten() {
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        super::make(&mut cluster.world(), &object);
        let metadata = json!({ "name": "default", "namespace": name });
        let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata });
        super::make(&mut cluster.world(), &account);
    }
    cluster
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// `data.a of 3200000 times x`: a body too large to be recorded.
fn generated(rule: &str) -> Value {
    let (place, times) = rule.split_once(" of ").unwrap();
    let count: usize = times.split(' ').next().unwrap().parse().unwrap();
    let long = "x".repeat(count);
    let mut body = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "x" } });
    match place.split_once(['.', ' ']).unwrap() {
        ("annotation", name) => body["metadata"]["annotations"][name] = long.into(),
        (member, name) => body[member][name] = long.into(),
    }
    body
}

fn body_of(request: &Value, known: &Known) -> String {
    if let Some(rule) = request["body_generated"].as_str() {
        let mut body = generated(rule);
        if text(request, "path").ends_with("/secrets") {
            body["kind"] = "Secret".into();
        }
        return body.to_string();
    }
    match &request["body"] {
        Value::Null => {
            if request["content_type"].is_string()
                && request["method"] != "DELETE"
                && request.get("body").is_some()
            {
                "null".into()
            } else {
                String::new()
            }
        }
        Value::String(body) => known.filled(body),
        body => known.filled(&body.to_string()),
    }
}

async fn send(cluster: &Cluster, request: &Value, known: &Known) -> Response {
    let address = known.filled(&format!("{}?{}", text(request, "path"), text(request, "query")));
    let uri: Uri = address.replace(' ', "%20").parse().unwrap();
    let query = Query::<HashMap<String, String>>::try_from_uri(&uri).unwrap();
    let mut headers = HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::from_static("recorder"))]);
    for (name, member) in [(header::CONTENT_TYPE, "content_type"), (header::ACCEPT, "accept")] {
        if let Some(value) = request[member].as_str() {
            headers.insert(name, value.parse().unwrap());
        }
    }
    let (user, group) = match request["user"].as_str() {
        None | Some("admin") => ("admin", "system:masters"),
        Some("alice") => ("alice", "dev"),
        Some(_) => ("system:anonymous", "system:unauthenticated"),
    };
    let identity = Some(Extension(Identity { user: user.into(), groups: vec![group.into()] }));
    let method: Method = text(request, "method").parse().unwrap();
    server::answer(
        State(cluster.clone()),
        identity,
        method,
        uri,
        query,
        headers,
        body_of(request, known).into(),
    )
    .await
}

/// A watch that is open while the case goes on.
struct Open<'s> {
    wanted: &'s Value,
    stream: BodyDataStream,
}

/// Compares all of an answer but its body.
fn head(response: &Value, answer: &Response) -> Result<(), String> {
    let status = answer.status().as_u16();
    if response["status"] != status {
        return Err(format!("status: wanted {}, found {status}", response["status"]));
    }
    let kind = answer.headers().get(header::CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap());
    if text(response, "content_type") != kind {
        return Err(format!("content type: wanted {}, found {kind}", response["content_type"]));
    }
    for name in ["warning", "allow", "retry-after"] {
        let found: Vec<&str> =
            answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
        let wanted = response["headers"].get(name).cloned().unwrap_or_else(|| json!([]));
        if wanted != json!(found) {
            return Err(format!("{name}: wanted {wanted}, found {}", json!(found)));
        }
    }
    Ok(())
}

async fn exchange<'s>(
    cluster: &Cluster,
    step: &'s Value,
    later: &[Value],
    known: &mut Known,
    open: &mut Vec<Open<'s>>,
) -> Result<(), String> {
    let response = &step["response"];
    let answer = send(cluster, &step["request"], known).await;
    let headed = head(response, &answer);
    if response.get("events").is_some() {
        open.push(Open { wanted: response, stream: answer.into_body().into_data_stream() });
        return headed;
    }
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let plain = || Value::String(String::from_utf8_lossy(&body).into_owned());
    let body: Value = serde_json::from_slice(&body).unwrap_or_else(|_| plain());
    headed.map_err(|words| format!("{words}: {body}"))?;
    if is_overwritten(step, later) {
        // What the recorder sent next was written into this answer; its placeholders still hold.
        known.learn(&response["body"], &body);
        return Ok(());
    }
    known.value(&response["body"], &body, "")
}

/// Whether an answer was changed after it came: the recorder made a later request's body of it in place.
fn is_overwritten(step: &Value, later: &[Value]) -> bool {
    let body = &step["response"]["body"];
    body["metadata"]["uid"].is_string()
        && later.iter().any(|other| other["request"]["method"] == "PUT" && other["request"]["body"] == *body)
}

/// The events that have come, or will until the server ends the watch.
async fn events(open: Open<'_>, known: &mut Known) -> Result<(), String> {
    let Open { wanted, mut stream } = open;
    let mut found = Vec::new();
    let ends = wanted["ended_by_server"] == true;
    let ended = loop {
        let next = stream.next();
        let next =
            if ends { Ok(next.await) } else { tokio::time::timeout(Duration::from_millis(50), next).await };
        match next {
            Err(_) => break false,
            Ok(None) => break true,
            Ok(Some(line)) => {
                let line = line.unwrap();
                found.push(serde_json::from_slice::<Value>(&line).unwrap());
            }
        }
    };
    if ended != ends {
        return Err(format!("the watch: wanted ended {ends}, found ended {ended}"));
    }
    known.value(&wanted["events"], &Value::Array(found), "events")
}

/// Where a case goes another way than recorded.
async fn judge(case: &Value) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    crate::clock::stand_still();
    let cluster = cluster(folder.path(), case);
    let controllers =
        case["needs"].as_array().is_some_and(|needs| needs.iter().any(|need| need == "controllers"));
    let mut known = Known::default();
    let mut open = Vec::new();
    if controllers {
        cluster.settle();
    }
    for (index, step) in case["steps"].as_array().into_iter().flatten().enumerate() {
        if step.get("wait").is_some() {
            crate::clock::advance(jiff::SignedDuration::from_secs(1));
            if controllers {
                let _due = cluster.settle();
            } else {
                cluster.establish();
            }
            continue;
        }
        let later = &case["steps"].as_array().unwrap()[index + 1..];
        let done = exchange(&cluster, step, later, &mut known, &mut open).await;
        done.map_err(|words| format!("step {index} {} {words}", step["request"]["path"]))?;
        if controllers {
            let _due = cluster.settle();
        }
    }
    for open in open {
        events(open, &mut known).await?;
    }
    Ok(())
}

pub(super) fn shared(folder: &str) -> Option<Vec<(String, Vec<Value>)>> {
    let Some(shared) = std::env::var_os("AKSEL_SHARED") else {
        println!("AKSEL_SHARED is not set: nothing to compare with");
        return None;
    };
    let folder = PathBuf::from(shared).join("oracle/kubernetes").join(folder);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let cases = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        (file.file_stem().unwrap().to_string_lossy().into_owned(), cases)
    };
    Some(files.iter().map(read).collect())
}

/// Judges a category's number of passed cases.
pub(super) fn at_least(minima: &[(&str, usize)], category: &str, passed: usize) -> Option<String> {
    let least = minima.iter().find(|(name, _)| *name == category).map_or(0, |(_, least)| *least);
    (passed < least).then(|| format!("{category}: {passed} pass, {least} did before"))
}

#[tokio::test(start_paused = true)]
async fn recorded_exchanges_are_answered_alike() {
    let Some(categories) = shared("api") else { return };
    let only = std::env::var("AKSEL_CASE").ok();
    let (mut all, mut total, mut fewer) = (0, 0, Vec::new());
    for (category, cases) in categories {
        let mut passed = 0;
        let wanted =
            |case: &&Value| only.as_ref().is_none_or(|only| text(case, "id").starts_with(only.as_str()));
        for case in cases.iter().filter(wanted) {
            match judge(case).await {
                Ok(()) => passed += 1,
                Err(words) if only.is_some() => println!("FAIL {}: {words}", text(case, "id")),
                Err(_) => {}
            }
        }
        println!("{category}: {passed} of {}", cases.len());
        all += passed;
        total += cases.len();
        if only.is_none() {
            fewer.extend(at_least(PASSED_MIN, &category, passed));
        }
    }
    println!("{all} of {total}");
    assert!(fewer.is_empty(), "{}", fewer.join("\n"));
}
