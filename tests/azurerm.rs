//! Configurations for azurerm, recorded from the public provider, run through the built binary on a sandbox: same plan,
//! bodies, state and objects, no more requests, every mistake told while planning, and nothing left to plan.
//!
//! Invariant: what passes only ever rises (`PASSED_MIN`, `CASES_MIN`). Without `AKSEL_SHARED` there is nothing to compare
//! with, and the test says so; with it and without the recordings it fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot write its files or start the binary has failed")]

mod azurerm_differences;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use aksel_sandbox::{Meddling, Options, Sandbox};
use serde_json::{Value as Json, json};

use azurerm_differences::{body, drift, is_within, object, plain, plan, short, state, told_drift};

/// How many steps pass in each aspect.
const PASSED_MIN: &[(&str, usize)] = &[
    ("apply", 74),
    ("bodies", 74),
    ("destroy", 40),
    ("diagnostics", 10),
    ("objects", 74),
    ("plan", 74),
    ("replan", 74),
    ("requests", 74),
    ("state", 74),
];

/// How many cases pass in every aspect of every step.
const CASES_MIN: usize = 45;

/// What stands beside the recorded configuration.
const PROVIDER: &str =
    "provider \"azurerm\" {\n  features {}\n  resource_provider_registrations = \"none\"\n}\n";

/// A folder with a configuration, and the sandbox that it is applied to.
struct Stage {
    folder: tempfile::TempDir,
    sandbox: Sandbox,
    runtime: tokio::runtime::Runtime,
    read: usize,
    /// Whether azurerm's apply failed before: its state then holds what it only planned.
    failed: Failed,
}

/// Whether azurerm's apply failed in the step before.
#[derive(Clone, Copy, PartialEq)]
enum Failed {
    Before,
    Never,
}

/// What a run of the binary printed.
struct Ran {
    code: i32,
    text: String,
    out: String,
}

/// A request that the sandbox has logged, or a recorded one.
struct Asked {
    method: String,
    path: String,
    body: Json,
}

impl Stage {
    fn open() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options {
            pace: 0.0,
            log: Some(folder.path().join("requests.jsonl")),
            ..Options::new(folder.path().join("world"))
        };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        std::fs::create_dir(folder.path().join("root")).unwrap();
        Stage { folder, sandbox, runtime, read: 0, failed: Failed::Never }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_aksel"))
            .args(arguments)
            .current_dir(self.folder.path().join("root"))
            .env_clear()
            .env("HOME", self.folder.path())
            .envs(self.sandbox.environment())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        Ran { code: output.status.code().unwrap_or(-1), text: format!("{out}{err}"), out }
    }

    fn json(&self, arguments: &[&str]) -> Json {
        serde_json::from_str(&self.run(arguments).out).unwrap_or_default()
    }

    fn meddle(&self, id: &str, how: Meddling) -> Json {
        self.runtime.block_on(self.sandbox.meddle(id, how)).unwrap().unwrap_or_default()
    }

    /// The requests since the last look, without signing in and without asking whether an operation has ended.
    fn requests(&mut self) -> Vec<Asked> {
        let text = std::fs::read_to_string(self.folder.path().join("requests.jsonl")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let new = lines[self.read..].iter().map(|line| serde_json::from_str::<Json>(line).unwrap());
        let asked: Vec<Asked> = new.map(|line| asked(&line)).filter(is_counted).collect();
        self.read = lines.len();
        asked
    }
}

fn asked(line: &Json) -> Asked {
    let path = line["path"].as_str().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { of_data(path) };
    Asked {
        method: line["method"].as_str().unwrap_or_default().to_owned(),
        path: plain(&path),
        body: if path.starts_with("/subscriptions") { line["body"].clone() } else { Json::Null },
    }
}

/// A recorded address of an account's own endpoint, as the sandbox has it.
fn of_data(address: &str) -> String {
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    format!("/{}/{path}", host.split('.').next().unwrap_or_default())
}

fn is_counted(asked: &Asked) -> bool {
    let unseen = ["/operations/", "/operationresults/", "/metadata/", "/oauth2/", "/common/", ".well-known"];
    !unseen.iter().any(|part| asked.path.contains(part))
}

/// What differs in each aspect.
#[derive(Default)]
struct Verdict(BTreeMap<&'static str, Vec<(usize, Vec<String>)>>);

impl Verdict {
    fn judge(&mut self, aspect: &'static str, step: usize, found: Vec<String>) {
        self.0.entry(aspect).or_default().push((step, found));
    }

    fn passes(&self) -> bool {
        self.0.values().flatten().all(|(_, found)| found.is_empty())
    }
}

fn bodies(step: &Json, ours: &[Asked]) -> Vec<String> {
    let mut found = Vec::new();
    let recorded: Vec<Asked> = step["apply_requests"].as_array().into_iter().flatten().map(asked).collect();
    let after = step["objects"].as_object().cloned().unwrap_or_default();
    let after: BTreeMap<String, Json> = after.into_iter().map(|(id, object)| (plain(&id), object)).collect();
    let writes = |list: &[Asked]| -> BTreeMap<String, Vec<Json>> {
        let mut by_path: BTreeMap<String, Vec<Json>> = BTreeMap::new();
        for one in list.iter().filter(|one| matches!(one.method.as_str(), "PUT" | "PATCH" | "DELETE")) {
            by_path.entry(one.path.clone()).or_default().push(match one.method.as_str() {
                "DELETE" => json!("deleted"),
                _ => one.body.clone(),
            });
        }
        by_path
    };
    let (wanted, has) = (writes(&recorded), writes(ours));
    let none = Json::Null;
    for (path, recorded) in &wanted {
        // Of what is gone again, another of its kind tells what the service adds.
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let kin = || after.iter().find(|(id, _)| id.rsplit_once('/').is_some_and(|(one, _)| one == folder));
        let object = after.get(path).or_else(|| kin().map(|(_, object)| object)).unwrap_or(&none);
        match has.get(path) {
            None if recorded.iter().all(|body| is_within(body, object) && !object.is_null()) => {}
            None => found.push(format!("nothing is written to {path}; recorded {}", short(&recorded[0]))),
            // Several writes of azurerm may be one of ours: then the last says it all.
            Some(ours) if ours.len() < recorded.len() => {
                body(
                    path,
                    recorded.last().unwrap_or(&none),
                    ours.last().unwrap_or(&none),
                    object,
                    &mut found,
                );
            }
            // What a later write says need not have been said before.
            Some(ours) => {
                for (at, (a, b)) in recorded.iter().zip(ours).enumerate() {
                    let mut wrong = Vec::new();
                    body(path, a, b, object, &mut wrong);
                    wrong.retain(|one| at + 1 == recorded.len() || !one.ends_with("ours null"));
                    found.extend(wrong);
                }
            }
        }
    }
    found.extend(
        has.keys().filter(|path| !wanted.contains_key(*path)).map(|path| format!("{path} is written")),
    );
    found
}

fn requests(which: &str, recorded: &Json, ours: &[Asked]) -> Vec<String> {
    let recorded: Vec<Asked> =
        recorded.as_array().into_iter().flatten().map(asked).filter(is_counted).collect();
    if ours.len() <= recorded.len() {
        return Vec::new();
    }
    let list: Vec<String> = ours.iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    vec![format!("{} requests to {which}, recorded {}: {list:#?}", ours.len(), recorded.len())]
}

/// Every recorded error is told, at its block, in words of the same meaning.
fn diagnostics(recorded: &Json, ran: &Ran) -> Vec<String> {
    let lines = ran.out.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let told: Vec<Json> =
        lines.filter(|line| line["type"] == "diagnostic").map(|line| line["diagnostic"].clone()).collect();
    let fits = |one: &Json, ours: &Json| {
        let placed = one["address"].is_null() || one["address"] == ours["address"];
        placed && ours["range"]["start"]["line"].is_u64() && same_meaning(one, ours)
    };
    let missing = recorded.as_array().into_iter().flatten().filter(|one| one["severity"] == "error");
    let missing = missing.filter(|one| !told.iter().any(|ours| fits(one, ours)));
    missing.map(|one| format!("not told: {one}; told: {}", Json::from(told.clone()))).collect()
}

/// The same words, or the same names and values in other words.
fn same_meaning(recorded: &Json, ours: &Json) -> bool {
    let text = |json: &Json| {
        format!("{} {}", json["summary"].as_str().unwrap_or(""), json["detail"].as_str().unwrap_or(""))
    };
    let words = |text: &str| -> BTreeSet<String> {
        let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
        let telling = |part: &&str| {
            part.contains('_')
                || part.contains('.')
                || part.chars().any(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
        };
        parts
            .map(|part| part.trim_matches('.'))
            .filter(|part| !part.is_empty())
            .filter(telling)
            .map(str::to_owned)
            .collect()
    };
    let (recorded, ours) = (text(recorded), text(ours));
    ours.contains(recorded.trim())
        || words(&recorded)
            .iter()
            .filter(|word| word.contains('_') || word.contains('.'))
            .all(|word| ours.contains(word.as_str()))
            && words(&recorded).len() > 1
}

fn run_case(case: &Json) -> Verdict {
    let mut stage = Stage::open();
    let mut verdict = Verdict::default();
    for (at, step) in case["steps"].as_array().into_iter().flatten().enumerate() {
        run_step(&mut stage, step, at, &mut verdict);
    }
    if let Some(recorded) = case["destroy"].as_object() {
        stage.requests();
        let ran = stage.run(&["destroy", "-auto-approve", "-no-color"]);
        let asked = stage.requests();
        verdict.judge("destroy", 0, destroyed(&recorded["requests"], &ran, &asked));
    }
    let Stage { folder, sandbox, runtime, .. } = stage;
    runtime.block_on(sandbox.stop());
    drop(folder);
    verdict
}

fn destroyed(recorded: &Json, ran: &Ran, ours: &[Asked]) -> Vec<String> {
    if ran.code != 0 {
        return vec![format!("destroy: exit {}: {}", ran.code, ran.text)];
    }
    let recorded: Vec<Asked> = recorded.as_array().into_iter().flatten().map(asked).collect();
    let gone = |list: &[Asked]| -> BTreeSet<String> {
        list.iter().filter(|one| one.method == "DELETE").map(|one| one.path.clone()).collect()
    };
    let (wanted, has) = (gone(&recorded), gone(ours));
    let mut found: Vec<String> =
        wanted.difference(&has).map(|path| format!("{path} is not deleted")).collect();
    found.extend(has.difference(&wanted).map(|path| format!("{path} is deleted")));
    found
}

fn run_step(stage: &mut Stage, step: &Json, at: usize, verdict: &mut Verdict) {
    let root = stage.folder.path().join("root");
    std::fs::write(root.join("main.tf"), step["config"].as_str().unwrap()).unwrap();
    std::fs::write(root.join("provider.tf"), PROVIDER).unwrap();
    if let Some(id) = step["drift"]["id"].as_str() {
        let merge = step["drift"]["merge"].as_object().cloned();
        stage.meddle(id, merge.map_or(Meddling::Delete, Meddling::Merge));
    }
    stage.requests();
    let fails = step["plan_exit"] == 1 || step.get("apply_diagnostics").is_some();
    let planned = stage.run(&["plan", "-out=p", "-no-color", "-json"]);
    if fails {
        let wanted = if step["plan_exit"] == 1 { &step["diagnostics"] } else { &step["apply_diagnostics"] };
        let mut found = diagnostics(wanted, &planned);
        if planned.code != 1 {
            found.push(format!("plan: exit {}", planned.code));
        }
        verdict.judge("diagnostics", at, found);
        make_up_for(stage, step);
        stage.failed = Failed::Before;
        return;
    }
    let asked = stage.requests();
    if planned.code != 0 {
        let told =
            planned.out.lines().filter(|line| line.contains("\"error\"")).collect::<Vec<_>>().join("\n");
        for aspect in ["plan", "apply", "bodies", "objects", "replan", "requests", "state"] {
            verdict.judge(aspect, at, vec![format!("plan: exit {}: {told}", planned.code)]);
        }
        return;
    }
    let shown = stage.json(&["show", "-json", "p"]);
    let mut found = plan(step, &shown);
    match std::mem::replace(&mut stage.failed, Failed::Never) {
        Failed::Before => {}
        Failed::Never => found.extend(drift(step, &shown)),
    }
    found.extend(told_drift(step, &shown));
    verdict.judge("plan", at, found);
    let mut more = requests("plan", &step["plan_requests"], &asked);
    applied(stage, step, at, verdict, &mut more);
    verdict.judge("requests", at, more);
}

fn applied(stage: &mut Stage, step: &Json, at: usize, verdict: &mut Verdict, more: &mut Vec<String>) {
    let ran = stage.run(&["apply", "-no-color", "p"]);
    let asked = stage.requests();
    let failed =
        if ran.code == 0 { Vec::new() } else { vec![format!("apply: exit {}: {}", ran.code, ran.text)] };
    verdict.judge("apply", at, failed);
    more.extend(requests("apply", &step["apply_requests"], &asked));
    verdict.judge("bodies", at, bodies(step, &asked));
    verdict.judge("state", at, state(&step["state"], &stage.json(&["show", "-json"])));
    let mut found = Vec::new();
    for (id, recorded) in
        step["objects"].as_object().into_iter().flatten().filter(|(id, _)| id.starts_with('/'))
    {
        let meddled =
            step["drift"]["id"].as_str().is_some_and(|drifted| plain(id).starts_with(&plain(drifted)));
        // Names that the client chose; what the recorder's ARM forgot when somebody meddled with it; and cards, of which it
        // knows the name alone.
        if plain(id).contains('*') || meddled || id.contains("/networkInterfaces/") {
            continue;
        }
        object(id, recorded, &stage.meddle(id, Meddling::Look), &mut found);
    }
    verdict.judge("objects", at, found);
    let replanned = stage.run(&["plan", "-detailed-exitcode", "-no-color"]);
    let left = if replanned.code == 0 {
        Vec::new()
    } else {
        vec![format!("exit {}: {}", replanned.code, replanned.text)]
    };
    verdict.judge("replan", at, left);
    stage.requests();
}

/// What azurerm made before its apply failed, where we made nothing because the plan failed.
fn make_up_for(stage: &mut Stage, step: &Json) {
    let shown = stage.json(&["show", "-json"]);
    let empty = Vec::new();
    let ours = shown["values"]["root_module"]["resources"].as_array().unwrap_or(&empty);
    let recorded = step["state"]["resources"].as_array().into_iter().flatten();
    for one in recorded.filter(|one| !ours.iter().any(|ours| ours["address"] == one["address"])) {
        let target = format!("-target={}", one["address"].as_str().unwrap_or_default());
        stage.run(&["apply", "-auto-approve", "-no-color", &target]);
    }
}

fn cases(folder: &Path) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    for area in
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for path in std::fs::read_dir(area).unwrap().map(|entry| entry.unwrap().path()) {
            let case: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            found.push((path.strip_prefix(folder).unwrap().with_extension("").display().to_string(), case));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn recordings() -> Option<PathBuf> {
    let shared = std::env::var_os("AKSEL_SHARED")?;
    Some(PathBuf::from(shared).join("oracle/azurerm"))
}

#[test]
fn recorded_configurations_of_azurerm_do_the_same() {
    let Some(folder) = recordings() else {
        println!("AKSEL_SHARED is not set: nothing to compare with");
        return;
    };
    let only = std::env::var("AKSEL_CASE").unwrap_or_default();
    let cases: Vec<(String, Json)> =
        cases(&folder).into_iter().filter(|(id, _)| id.starts_with(&only)).collect();
    assert!(!cases.is_empty(), "there are no recordings in {}", folder.display());
    let verdicts: Mutex<BTreeMap<String, Verdict>> = Mutex::default();
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((id, case)) =
                    cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    let verdict = run_case(case);
                    verdicts.lock().unwrap().insert(id.clone(), verdict);
                }
            });
        }
    });
    let verdicts = verdicts.into_inner().unwrap();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (id, verdict) in &verdicts {
        for (aspect, steps) in &verdict.0 {
            for (at, found) in steps {
                let count = counts.entry(aspect).or_default();
                count.0 += usize::from(found.is_empty());
                count.1 += 1;
                if !found.is_empty() {
                    println!("FAIL {id} step {at} {aspect}: {found:#?}");
                }
            }
        }
    }
    let passed: Vec<&String> =
        verdicts.iter().filter(|(_, verdict)| verdict.passes()).map(|(id, _)| id).collect();
    println!("{counts:?}\nazurerm: {} of {} cases: {passed:?}", passed.len(), cases.len());
    if only.is_empty() {
        assert!(passed.len() >= CASES_MIN, "{} cases pass, {CASES_MIN} passed before", passed.len());
        for (aspect, minimum) in PASSED_MIN {
            let passed = counts.get(aspect).map_or(0, |(passed, _)| *passed);
            assert!(passed >= *minimum, "{aspect}: {passed} steps pass, {minimum} passed before");
        }
    }
}
