//! How many of the exchanges recorded from a real control plane are answered alike.
//!
//! Reads what the environment variable `AKSEL_SHARED` points at; without it there is nothing to compare with.
//! Compared: status and body. A watch counts as not answered alike, since its events are not compared yet.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use axum::Extension;
use axum::extract::{Query, State};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use serde_json::{Value, json};

use super::{Cluster, ClusterSettings, server};
use crate::tls::Identity;

/// The number of cases that pass; it may not go down.
const PASSED_MIN: usize = 12;

/// What placeholders have stood for so far in a case.
#[derive(Default)]
struct Known(BTreeMap<String, String>);

impl Known {
    /// Whether a text is the recorded one, when placeholders are filled in; learns what they stand for.
    fn text(&mut self, wanted: &str, found: &str) -> bool {
        let Some(start) = wanted.find('<') else { return wanted == found };
        let Some(end) = wanted[start..].find('>').map(|end| start + end + 1) else {
            return wanted == found;
        };
        let (literal, mark, rest) = (&wanted[..start], &wanted[start..end], &wanted[end..]);
        let Some(found) = found.strip_prefix(literal) else { return false };
        let next = &rest[..rest.find('<').unwrap_or(rest.len())];
        let stop = if rest.is_empty() { Some(found.len()) } else { found.find(next) };
        let Some(stop) = stop else { return false };
        let value = &found[..stop];
        if mark != "<time>" {
            let known = self.0.entry(mark.to_owned()).or_insert_with(|| value.to_owned());
            if known != value {
                return false;
            }
        }
        self.text(rest, &found[stop..])
    }

    fn value(&mut self, wanted: &Value, found: &Value) -> bool {
        match (wanted, found) {
            (Value::String(wanted), Value::String(found)) => self.text(wanted, found),
            (Value::Array(wanted), Value::Array(found)) => {
                wanted.len() == found.len() && wanted.iter().zip(found).all(|(w, f)| self.value(w, f))
            }
            (Value::Object(wanted), Value::Object(found)) => {
                wanted.len() == found.len()
                    && wanted.iter().all(|(name, w)| found.get(name).is_some_and(|f| self.value(w, f)))
            }
            (wanted, found) => wanted == found,
        }
    }

    fn filled(&self, text: &str) -> String {
        let fill = |text: String, (mark, value): (&String, &String)| text.replace(mark.as_str(), value);
        self.0.iter().fold(text.replace("<time>", "2026-01-02T03:04:05Z"), fill)
    }
}

fn cluster(folder: &Path, case: &Value) -> Cluster {
    let settings = ClusterSettings {
        folder: folder.to_owned(),
        version: "1.36.2".into(),
        endpoint: "https://127.0.0.1:6443".into(),
        authority: String::new(),
    };
    let cluster = Cluster::open(settings).unwrap();
    for name in case["namespaces"].as_array().into_iter().flatten() {
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        super::make(&mut cluster.world(), &object);
    }
    cluster
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// Makes one exchange; whether it went as recorded.
async fn exchange(cluster: &Cluster, step: &Value, known: &mut Known) -> bool {
    let (request, response) = (&step["request"], &step["response"]);
    let address = known.filled(&format!("{}?{}", text(request, "path"), text(request, "query")));
    if address.contains("watch=") || request.get("body_generated").is_some() {
        return false;
    }
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let Ok(query) = Query::<HashMap<String, String>>::try_from_uri(&uri) else { return false };
    let mut headers = HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::from_static("recorder"))]);
    for (name, member) in [(header::CONTENT_TYPE, "content_type"), (header::ACCEPT, "accept")] {
        if let Some(value) = request[member].as_str() {
            headers.insert(name, value.parse().unwrap());
        }
    }
    let body = match &request["body"] {
        Value::Null => String::new(),
        Value::String(body) => known.filled(body),
        body => known.filled(&body.to_string()),
    };
    let identity = match request["user"].as_str() {
        None | Some("admin") => Some(("admin", "system:masters")),
        Some("alice") => Some(("alice", "dev")),
        Some(_) => None,
    };
    let identity =
        identity.map(|(user, group)| Extension(Identity { user: user.into(), groups: vec![group.into()] }));
    let method: Method = text(request, "method").parse().unwrap();
    let state = State(cluster.clone());
    let answer = server::answer(state, identity, method, uri, query, headers, body.into()).await;
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let plain = || Value::String(String::from_utf8_lossy(&body).into_owned());
    let body: Value = serde_json::from_slice(&body).unwrap_or_else(|_| plain());
    response["status"] == status && known.value(&response["body"], &body)
}

async fn passes(case: &Value) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(folder.path(), case);
    let mut known = Known::default();
    for step in case["steps"].as_array().into_iter().flatten() {
        if step.get("wait").is_none() && !exchange(&cluster, step, &mut known).await {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn recorded_exchanges_are_answered_alike() {
    let Some(shared) = std::env::var_os("AKSEL_SHARED") else {
        println!("AKSEL_SHARED is not set: nothing to compare with");
        return;
    };
    let folder = PathBuf::from(shared).join("oracle/kubernetes/api");
    let (mut passed, mut total) = (0, 0);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let before = passed;
        for case in &cases {
            passed += usize::from(passes(case).await);
        }
        total += cases.len();
        println!("{}: {} of {}", file.file_stem().unwrap().display(), passed - before, cases.len());
    }
    println!("{passed} of {total}");
    assert!(passed >= PASSED_MIN, "{passed} of {total} cases pass, {PASSED_MIN} did before");
}
