//! Whole configurations, recorded from Terraform, run through the built binary: same plan, state, exit code, place of
//! mistakes.
//!
//! Invariant: the number that passes in a category only ever rises (`PASSED_MIN`). Without `AKSEL_SHARED` there is nothing to
//! compare with, and the test says so; with it and without the recordings it fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot write its files or start the binary has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::Value as Json;

/// How many cases of each category pass.
const PASSED_MIN: &[(&str, usize)] = &[
    ("check", 10),
    ("combined", 15),
    ("conditions", 12),
    ("console", 8),
    ("count", 23),
    ("data", 15),
    ("depends_on", 10),
    ("environment", 6),
    ("fmt", 36),
    ("for_each", 26),
    ("get", 1),
    ("graph", 2),
    ("human", 9),
    ("import", 14),
    ("init", 17),
    ("json", 12),
    ("lifecycle", 21),
    ("locals", 8),
    ("modules", 34),
    ("moved", 23),
    ("null", 6),
    ("options", 33),
    ("output", 4),
    ("outputs", 16),
    ("override", 10),
    ("provider-functions", 4),
    ("providers", 1),
    ("provisioner", 14),
    ("references", 24),
    ("removed", 10),
    ("sensitive", 13),
    ("show", 6),
    ("state", 17),
    ("stories", 4),
    ("syntax", 36),
    ("triggers_replace", 5),
    ("types", 9),
    ("unknown", 12),
    ("validate", 5),
    ("variables", 60),
    ("version", 1),
    ("workspace", 6),
];

/// How a case is taken otherwise than as it was recorded.
enum Exception {
    /// These flags are added to what plans and applies: with them aksel does what Terraform does.
    Flags(&'static [&'static str]),
    /// What was recorded is not wanted here. The case must fail, or the exception is to be struck out.
    Unwanted,
}

/// All exceptions, with the reason.
const EXCEPTIONS: &[(&str, Exception, &str)] = &[
    ("count/unknown", Exception::Flags(&["-no-defer"]), DEFERRAL),
    ("for_each/unknown-key", Exception::Flags(&["-no-defer"]), DEFERRAL),
    ("for_each/unknown-map", Exception::Flags(&["-no-defer"]), DEFERRAL),
    ("modules/count-unknown", Exception::Flags(&["-no-defer"]), DEFERRAL),
    ("unknown/logic", Exception::Unwanted, EARLY_STOP),
    ("variables/validation-null-skipped", Exception::Unwanted, EARLY_STOP),
    (
        "variables/validation-sensitive-message",
        Exception::Unwanted,
        "a message with a secret in it is not shown; Terraform prints the secret",
    ),
    (
        "import/in-child-module",
        Exception::Unwanted,
        "any module may hold import blocks, as in Terraform since 1.16",
    ),
    ("lifecycle/prevent-destroy-not-literal", Exception::Unwanted, "prevent_destroy may be an expression"),
    ("moved/different-resource-type", Exception::Unwanted, BUILT_IN),
    (
        "init/provider-config",
        Exception::Unwanted,
        "an argument that a provider block cannot have is an error",
    ),
    (
        "init/required-version-forms",
        Exception::Unwanted,
        "= 1.11.4 is asked for, and the language here is 1.17",
    ),
    ("options/orphan-of-unknown-provider", Exception::Unwanted, BUILT_IN),
    ("outputs/ephemeral-child", Exception::Unwanted, BEFORE_THE_PLAN),
    ("providers/schema", Exception::Unwanted, "the schema describes its attributes in words of our own"),
    (
        "references/self-reference-counted",
        Exception::Unwanted,
        "a reference to itself is told at its place, not as a circle of instances",
    ),
    ("outputs/child-sensitive-list", Exception::Unwanted, CHILD_SECRETS),
    ("outputs/child-sensitive-local", Exception::Unwanted, CHILD_SECRETS),
    ("outputs/child-sensitive-marks-parent", Exception::Unwanted, CHILD_SECRETS),
    ("outputs/child-sensitive-resource", Exception::Unwanted, CHILD_SECRETS),
];

const DEFERRAL: &str =
    "an unknown count or for_each is planned in a later wave (tests/deferral.rs), unless -no-defer is set";
const EARLY_STOP: &str = "&& and || stop as soon as they are decided, as in Terraform since 1.12";
const BEFORE_THE_PLAN: &str =
    "a mistake that needs no plan is told before one is made, which then has no summary";
const BUILT_IN: &str = "the provider `null` is in the binary, so that it is never missing";
const CHILD_SECRETS: &str = "what a module calls sensitive stays so for its caller, as the documentation has it; Terraform 1.11 loses the mark and shows the secret";

fn exception(id: &str) -> Option<&'static Exception> {
    EXCEPTIONS.iter().find(|(name, ..)| *name == id).map(|(_, exception, _)| exception)
}

/// What a step printed.
struct Ran {
    exit: i64,
    stdout: String,
    stderr: String,
}

/// Names that a recording gives to what differs from run to run: `<id:1>`.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    /// Whether a text is what a recorded text with such names stands for.
    fn fits(&mut self, recorded: &str, text: &str) -> bool {
        let Some(start) = recorded.find('<') else { return recorded == text };
        let Some(length) = recorded[start..].find('>') else { return recorded == text };
        let (before, name, after) =
            (&recorded[..start], &recorded[start..=start + length], &recorded[start + length + 1..]);
        if !name.contains(':') && !matches!(name, "<time>" | "<uuid>" | "<version>" | "<dir>") {
            return recorded == text;
        }
        let Some(rest) = text.strip_prefix(before) else { return false };
        let until =
            if after.is_empty() { rest.len() } else { rest.find(first_part(after)).unwrap_or(rest.len()) };
        let found = &rest[..until];
        if name.contains(':') {
            let known = self.0.entry(name.to_owned()).or_insert_with(|| found.to_owned());
            if known != found {
                return false;
            }
        }
        self.fits(after, &rest[until..])
    }

    fn equal(&mut self, recorded: &Json, found: &Json) -> Result<(), String> {
        match (recorded, found) {
            (Json::String(recorded), Json::String(found)) => match self.fits(recorded, found) {
                true => Ok(()),
                false => Err(format!(": {found:?}, recorded {recorded:?}")),
            },
            (Json::Array(recorded), Json::Array(found)) if recorded.len() == found.len() => {
                for (index, (recorded, found)) in recorded.iter().zip(found).enumerate() {
                    self.equal(recorded, found).map_err(|error| format!("[{index}]{error}"))?;
                }
                Ok(())
            }
            (Json::Object(recorded), Json::Object(found)) => {
                // The language version is our own.
                let recorded: serde_json::Map<String, Json> = recorded
                    .iter()
                    .filter(|(name, _)| *name != "terraform_version")
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                let masks = |name: &String| name.contains("sensitive") || name == "after_unknown";
                for (name, recorded) in &recorded {
                    if masks(name) && leaves(recorded) == leaves(found.get(name).unwrap_or(&Json::Null)) {
                        continue;
                    }
                    let found = found.get(name).ok_or_else(|| format!(".{name} is missing"))?;
                    self.equal(recorded, found).map_err(|error| format!(".{name}{error}"))?;
                }
                match found.keys().find(|name| *name != "terraform_version" && !recorded.contains_key(*name))
                {
                    Some(name) => Err(format!(".{name} is too much")),
                    None => Ok(()),
                }
            }
            (Json::Number(a), Json::Number(b)) if a.as_f64() == b.as_f64() => Ok(()),
            (recorded, found) if recorded == found => Ok(()),
            (recorded, found) => Err(format!(": {found}, recorded {recorded}")),
        }
    }
}

/// JSON in which a fraction that a double cannot hold is `{"$n": digits}`, as recordings have it.
fn exact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => string_length(rest),
            '-' | '0'..='9' => rest
                .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
                .unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let digits = token.chars().filter(char::is_ascii_digit).count();
        match c != '"' && token.contains('.') && digits > 17 {
            true => out.push_str(&format!("{{\"$n\":\"{token}\"}}")),
            false => out.push_str(token),
        }
        rest = after;
    }
    out
}

/// The length of the JSON string that a text begins with.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The places that a mask marks.
fn leaves(mask: &Json) -> Vec<String> {
    match mask {
        Json::Bool(true) => vec![String::new()],
        Json::Array(items) => {
            items.iter().enumerate().flat_map(|(at, item)| below(&format!("[{at}]"), item)).collect()
        }
        Json::Object(items) => {
            items.iter().flat_map(|(name, item)| below(&format!(".{name}"), item)).collect()
        }
        Json::Null | Json::Bool(false) | Json::Number(_) | Json::String(_) => Vec::new(),
    }
}

fn below(step: &str, mask: &Json) -> Vec<String> {
    leaves(mask).into_iter().map(|leaf| format!("{step}{leaf}")).collect()
}

fn first_part(after: &str) -> &str {
    let end = after.find('<').unwrap_or(after.len());
    &after[..end]
}

/// The members of `found` that `recorded` has, at every depth but inside of values.
fn only_recorded(recorded: &Json, found: &Json, name: &str) -> Json {
    let free = matches!(
        name,
        "before"
            | "after"
            | "values"
            | "after_unknown"
            | "value"
            | "before_sensitive"
            | "after_sensitive"
            | "sensitive_values"
            | "output_changes"
            | "outputs"
            | "variables"
    );
    match (recorded, found) {
        (Json::Object(_), _) if free => found.clone(),
        (Json::Object(recorded), Json::Object(found)) => found
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), only_recorded(recorded.get(name)?, value, name))))
            .collect(),
        (Json::Array(recorded), Json::Array(found)) => {
            let last = recorded.last();
            let items = found.iter().enumerate();
            items
                .map(|(at, item)| match recorded.get(at).or(last) {
                    Some(recorded) => only_recorded(recorded, item, ""),
                    None => item.clone(),
                })
                .collect()
        }
        _ => found.clone(),
    }
}

fn call(folder: &Path, arguments: &[&str], env: &Json, stdin: Option<&str>) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aksel"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("PATH", std::env::var("PATH").unwrap());
    for (name, value) in env.as_object().into_iter().flatten() {
        command.env(name, value.as_str().unwrap_or_default());
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // A command that reads nothing may be gone already.
    let _written = std::io::Write::write_all(&mut input, stdin.unwrap_or_default().as_bytes());
    drop(input);
    let output = child.wait_with_output().unwrap();
    Ran {
        exit: i64::from(output.status.code().unwrap_or(-1)),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn json_lines(text: &str) -> Vec<Json> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Runs a case. One that is unwanted passes if it fails, and is not counted either way.
fn judge_case(case: &Json) -> Option<Result<(), String>> {
    match exception(case["id"].as_str().unwrap()) {
        None => Some(run_case(case, &[])),
        Some(Exception::Flags(flags)) => Some(run_case(case, flags)),
        Some(Exception::Unwanted) => match run_case(case, &[]) {
            Ok(()) => Some(Err("passes, so that it needs no exception".into())),
            Err(_) => None,
        },
    }
}

fn run_case(case: &Json, flags: &[&str]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let mut names = Names::default();
    for (index, step) in case["steps"].as_array().unwrap().iter().enumerate() {
        run_step(folder.path(), step, flags, &mut names).map_err(|error| format!("step {index}: {error}"))?;
    }
    Ok(())
}

fn run_step(folder: &Path, step: &Json, flags: &[&str], names: &mut Names) -> Result<(), String> {
    write_files(folder, &step["files"]);
    let env = &step["env"];
    if step["init"] == true {
        call(folder, &["init", "-input=false", "-no-color"], env, None);
    }
    let arguments: Vec<&str> = step["args"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
    let planning = matches!(arguments.first(), Some(&"plan" | &"apply"));
    let flagged: Vec<&str> = match planning {
        true => [&arguments[..1], flags, &arguments[1..]].concat(),
        false => arguments.clone(),
    };
    let ran = call(folder, &flagged, env, step["stdin"].as_str());
    let shown = || format!("\n    stdout: {}\n    stderr: {}", cut(&ran.stdout), cut(&ran.stderr));
    if Some(ran.exit) != step["exit"].as_i64() {
        return Err(format!("exit {}, recorded {}{}", ran.exit, step["exit"], shown()));
    }
    let lines = json_lines(&ran.stdout);
    judge_diagnostics(step, &ran, &lines)?;
    judge_output(step, &ran, &lines, names)?;
    if let Some(recorded) = step.get("plan").filter(|plan| !plan.is_null()) {
        let out = arguments.iter().find_map(|word| word.strip_prefix("-out=")).unwrap_or("tfplan");
        let found = call(folder, &["show", "-json", out], &without_options(env), None);
        let found: Json = serde_json::from_str(&exact(&found.stdout))
            .map_err(|error| format!("plan: {error}: {}", cut(&found.stderr)))?;
        names
            .equal(recorded, &only_recorded(recorded, &found, ""))
            .map_err(|error| format!("plan{error}"))?;
    }
    if let Some(recorded) = step.get("state").filter(|state| !state.is_null()) {
        let global = arguments.iter().take_while(|word| word.starts_with('-')).copied();
        let shown: Vec<&str> = global.chain(["show", "-json"]).collect();
        let found = call(folder, &shown, &without_options(env), None);
        let found: Json =
            serde_json::from_str(&exact(&found.stdout)).map_err(|error| format!("state: {error}"))?;
        let values = if found["values"].is_null() {
            Json::Object(Default::default())
        } else {
            found["values"].clone()
        };
        let mut values = only_recorded(recorded, &values, "");
        if recorded.get("checks").is_some() {
            values["checks"] = only_recorded(&recorded["checks"], &found["checks"], "");
        }
        names.equal(recorded, &values).map_err(|error| format!("state{error}"))?;
    }
    for (name, text) in step["files_after"].as_object().into_iter().flatten() {
        let found = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        if Some(&*found) != text.as_str() {
            return Err(format!("file {name}: {found:?}, recorded {text}"));
        }
    }
    Ok(())
}

/// The environment without options for the command that was recorded: another command does not take them.
fn without_options(env: &Json) -> Json {
    let kept = env.as_object().into_iter().flatten().filter(|(name, _)| !name.starts_with("TF_CLI_ARGS"));
    Json::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn cut(text: &str) -> String {
    text.chars().take(600).collect()
}

fn write_files(folder: &Path, files: &Json) {
    for (name, text) in files.as_object().into_iter().flatten() {
        let path = folder.join(name);
        match text.as_str() {
            Some(text) => {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            None => {
                let _gone = std::fs::remove_file(path);
            }
        }
    }
}

/// Whether two titles say the same: half of the recorded words are there.
fn says(recorded: &Json, found: &Json) -> bool {
    let words = |one: &Json| -> Vec<String> {
        let title = one["summary"].as_str().unwrap_or_default().replace("Terraform", "aksel").to_lowercase();
        title.split_whitespace().map(|word| word.trim_matches([':', ',', '.', '"']).to_owned()).collect()
    };
    let (recorded, found) = (words(recorded), words(found));
    let shared = recorded.iter().filter(|word| found.contains(word)).count();
    shared * 2 >= recorded.len()
}

/// Severity and place; where there is no place, the title.
fn key_of(diagnostic: &Json) -> String {
    let at = |end: &str| {
        let place = &diagnostic["range"][end];
        format!("{}:{}", place["line"], place["column"])
    };
    let place = match diagnostic["range"]["filename"].as_str() {
        Some(file) => format!("{file} {}-{}", at("start"), at("end")),
        None => diagnostic["summary"].as_str().unwrap_or_default().to_owned(),
    };
    format!("{} {place}", diagnostic["severity"].as_str().unwrap_or_default())
}

fn judge_diagnostics(step: &Json, ran: &Ran, lines: &[Json]) -> Result<(), String> {
    let Some(recorded) = step["diagnostics"].as_array() else { return Ok(()) };
    let structured = step["args"].as_array().unwrap().iter().any(|word| word == "-json");
    if !structured {
        return judge_shown(recorded, ran);
    }
    let whole: Json = serde_json::from_str(&ran.stdout).unwrap_or_default();
    let found: Vec<&Json> = match whole["diagnostics"].as_array() {
        Some(found) => found.iter().collect(),
        None => {
            lines.iter().filter(|line| line["type"] == "diagnostic").map(|line| &line["diagnostic"]).collect()
        }
    };
    let keys: Vec<String> = found.iter().map(|one| key_of(one)).collect();
    for one in recorded {
        // Where Terraform points at nowhere, another place is better.
        if one["range"]["start"]["line"] == 0 {
            continue;
        }
        let wanted = key_of(one);
        // Where Terraform names no place, a place is better.
        if one["range"].is_null()
            && found.iter().any(|found| found["severity"] == one["severity"] && says(one, found))
        {
            continue;
        }
        match keys.iter().position(|key| *key == wanted) {
            Some(_) => {}
            None => {
                let all: Vec<String> = found
                    .iter()
                    .map(|one| format!("{} {}: {}", key_of(one), one["summary"], one["detail"]))
                    .collect();
                return Err(format!(
                    "no diagnostic {wanted} ({}: {}); found {all:#?}",
                    one["summary"], one["detail"]
                ));
            }
        }
    }
    let errors = recorded.iter().any(|one| one["severity"] == "error");
    match keys.iter().find(|key| key.starts_with("error")) {
        Some(key) if !errors => Err(format!("unexpected {key}")),
        _ => Ok(()),
    }
}

/// Diagnostics on a screen: each place is named, or where there is none, the title is told.
fn judge_shown(recorded: &[Json], ran: &Ran) -> Result<(), String> {
    let shown = format!("{}{}", ran.stderr, ran.stdout);
    for one in recorded {
        let told = match one["range"]["filename"].as_str() {
            Some(file) => shown.contains(&format!("{file}:{}:", one["range"]["start"]["line"])),
            None => {
                let found = serde_json::json!({ "summary": shown });
                says(one, &found)
            }
        };
        if !told {
            return Err(format!("{} is not shown ({}) in {}", one["summary"], one["detail"], cut(&shown)));
        }
    }
    Ok(())
}

fn judge_output(step: &Json, ran: &Ran, lines: &[Json], names: &mut Names) -> Result<(), String> {
    let of_type = |name: &str| lines.iter().rev().find(|line| line["type"] == name);
    if let Some(recorded) = step.get("summary").filter(|summary| summary.is_object()) {
        let found = of_type("change_summary").map(|line| line["changes"].clone()).unwrap_or_default();
        names.equal(recorded, &found).map_err(|error| format!("summary{error}"))?;
    }
    if let Some(recorded) = step.get("outputs_message").filter(|outputs| outputs.is_object()) {
        let found = of_type("outputs").map(|line| line["outputs"].clone()).unwrap_or_default();
        names.equal(recorded, &found).map_err(|error| format!("outputs{error}"))?;
    }
    if let Some(recorded) = step["events"].as_array() {
        judge_events(recorded, step, lines)?;
    }
    if let Some(recorded) = step["valid"].as_bool() {
        let whole: Json = serde_json::from_str(&ran.stdout).unwrap_or_default();
        if whole["valid"] != recorded {
            return Err(format!("valid {}", whole["valid"]));
        }
    }
    if let Some(recorded) = step.get("stdout_json").filter(|json| !json.is_null()) {
        let found: Json =
            serde_json::from_str(&exact(&ran.stdout)).map_err(|error| format!("stdout: {error}"))?;
        names
            .equal(recorded, &only_recorded(recorded, &found, ""))
            .map_err(|error| format!("stdout{error}"))?;
    }
    judge_lines(step, ran, names)?;
    if let Some(recorded) = step["stdout"].as_str()
        && !names.fits(recorded, &ran.stdout)
    {
        return Err(format!("stdout {:?}, recorded {recorded:?}", ran.stdout));
    }
    Ok(())
}

/// The same lines, of the commands whose lines programs read. Where something is diagnosed, the words are our own.
fn judge_lines(step: &Json, ran: &Ran, names: &mut Names) -> Result<(), String> {
    let words: Vec<&str> = step["args"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
    let read = matches!(
        words.as_slice(),
        ["console" | "graph" | "output" | "providers", ..]
            | ["state", "list", ..]
            | ["workspace", "show", ..]
    );
    let Some(recorded) = step["stdout_lines"].as_array().filter(|_| read && step["diagnostics"].is_null())
    else {
        return Ok(());
    };
    let recorded: Vec<&str> = recorded.iter().filter_map(Json::as_str).map(str::trim_end).collect();
    let found: Vec<&str> = ran.stdout.lines().map(str::trim_end).collect();
    let (recorded, found) = (recorded.join("\n"), found.join("\n"));
    match names.fits(recorded.trim_end(), found.trim_end()) {
        true => Ok(()),
        false => Err(format!("stdout:\n{found}\nrecorded:\n{recorded}")),
    }
}

/// The same events, in an order in which what depends on something comes after it.
fn judge_events(recorded: &[Json], step: &Json, lines: &[Json]) -> Result<(), String> {
    let found: Vec<Vec<&str>> = lines
        .iter()
        .filter_map(|line| {
            let kind = line["type"]
                .as_str()
                .filter(|kind| kind.starts_with("apply_") || kind.starts_with("provision_"))?;
            let hook = &line["hook"];
            Some(vec![kind, hook["resource"]["addr"].as_str()?, hook["action"].as_str().unwrap_or_default()])
        })
        .collect();
    let mut left: Vec<String> = found.iter().map(|event| event[..2].join(" ")).collect();
    for event in recorded {
        let words: Vec<&str> = event.as_array().unwrap().iter().filter_map(Json::as_str).take(2).collect();
        let wanted = words.join(" ");
        match left.iter().position(|event| *event == wanted) {
            Some(at) => drop(left.remove(at)),
            None => return Err(format!("no event {wanted}; found {found:?}")),
        }
    }
    for pair in step["order"].as_array().into_iter().flatten() {
        let place = |index: usize| {
            let (deed, address) = pair[index].as_str()?.split_once(' ')?;
            found.iter().position(|event| {
                event[0] == "apply_complete"
                    && event[1] == address
                    && (event[2] == "delete") == (deed == "destroy")
            })
        };
        if let (Some(first), Some(second)) = (place(0), place(1))
            && first > second
        {
            return Err(format!("order of {pair}"));
        }
    }
    Ok(())
}

fn recordings() -> Option<PathBuf> {
    let shared = std::env::var_os("AKSEL_SHARED")?;
    Some(PathBuf::from(shared).join("oracle/language/semantics"))
}

#[test]
fn recorded_configurations_mean_the_same() {
    let Some(folder) = recordings() else {
        println!("AKSEL_SHARED is not set: nothing to compare with");
        return;
    };
    let mut cases: Vec<(String, Json)> = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let category = path.file_stem().unwrap().to_string_lossy().into_owned();
        let all: Vec<Json> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        cases.extend(all.into_iter().map(|case| (category.clone(), case)));
    }
    let only = std::env::var("AKSEL_CASE").unwrap_or_default();
    cases.retain(|(_, case)| case["id"].as_str().unwrap().starts_with(&only));
    cases.sort_by(|a, b| a.1["id"].as_str().cmp(&b.1["id"].as_str()));
    let results: Mutex<BTreeMap<String, (usize, usize)>> = Mutex::default();
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some((category, case)) = cases.get(at) else { return };
                    let Some(judged) = judge_case(case) else { continue };
                    if let Err(error) = &judged {
                        println!("FAIL {}: {error}", case["id"].as_str().unwrap());
                    }
                    let mut results = results.lock().unwrap();
                    let counts = results.entry(category.clone()).or_default();
                    counts.0 += usize::from(judged.is_ok());
                    counts.1 += 1;
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    for (category, (passed, all)) in &results {
        println!("{category}: {passed} of {all}");
    }
    for (id, exception, reason) in EXCEPTIONS.iter().filter(|(id, ..)| id.starts_with(&only)) {
        let how = match exception {
            Exception::Flags(flags) => format!("with {}", flags.join(" ")),
            Exception::Unwanted => "not as recorded".to_owned(),
        };
        println!("exception {id}: {how}: {reason}");
    }
    let total: usize = results.values().map(|(passed, _)| passed).sum();
    println!("semantics: {total} of {}", cases.len());
    for (category, minimum) in PASSED_MIN.iter().filter(|_| only.is_empty()) {
        let passed = results.get(*category).map_or(0, |(passed, _)| *passed);
        assert!(passed >= *minimum, "{category}: {passed} pass, {minimum} passed before");
    }
}
