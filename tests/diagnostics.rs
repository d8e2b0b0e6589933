//! Every code, as people see it: the example on its page is a scene, and what the binary says of it is a snapshot.
//!
//! Invariant: each code has a scene, or a reason why none can be made in a folder with a few files. The screens stand in
//! `tests/screens`; `INSTA_UPDATE=always` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot write its files or start the binary has failed")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most codes are shown by validating the example on their page"
)]

use std::path::Path;
use std::process::{Command, Output};

use aksel_lang::code::Code;

/// How a code is brought about.
struct Scene {
    /// What is done before, in order.
    before: &'static [&'static [&'static str]],
    /// What then shows the code.
    command: &'static [&'static str],
    /// Files besides the example of the page, or in its place.
    files: &'static [(&'static str, &'static str)],
}

const VALIDATE: Scene = Scene { before: &[], command: &["validate"], files: &[] };
const PLAN: Scene = Scene { before: &[], command: &["plan"], files: &[] };
const APPLY: &[&str] = &["apply", "-auto-approve"];
const ONE: &str = "resource \"terraform_data\" \"a\" {\n  input = 1\n}\n";
const PROTECTED: &str = "resource \"terraform_data\" \"a\" {\n  triggers_replace = 1\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n";
const NOT_IMPORTED: &str =
    "resource \"null_resource\" \"a\" {}\n\nimport {\n  to = null_resource.a\n  id = \"x\"\n}\n";
const OPEN: &str = "resource \"terraform_data\" \"a\" {}\n\ncheck \"id\" {\n  assert {\n    condition     = terraform_data.a.id != \"\"\n    error_message = \"It has no id.\"\n  }\n}\n";
const RETAINED: &str = "removed {\n  from = terraform_data.a\n  lifecycle {\n    destroy = false\n  }\n}\n";
/// Why a code has no scene here: it needs another side, a crash or a person.
const ELSEWHERE: &[(Code, &str)] = &[
    (Code::Interrupted, "needs a person who interrupts: tests/interrupts.rs"),
    (Code::InconsistentProvider, "no provider of the house does that"),
    (Code::StateLocked, "needs another run that holds the lock"),
    (Code::Journal, "needs a broken disk"),
    (Code::Arm, "needs Azure's answers: tests/platform.rs"),
    (Code::Cluster, "needs a cluster's answers: tests/platform.rs"),
    (Code::Credentials, "needs a machine without any"),
    (Code::Unreachable, "needs a network without an endpoint"),
    (Code::Canceled, "needs a person who says no"),
];

fn scene(code: Code) -> Scene {
    match code {
        Code::InvalidVariable => Scene { command: &["plan", "-var", "stage=dev"], ..PLAN },
        Code::ConditionFailed | Code::SensitiveOutput => PLAN,
        Code::NestingTooDeep => Scene { files: &[("main.tf", "deep")], ..VALIDATE },
        Code::InvalidOverride => {
            Scene { files: &[("main.tf", ONE), ("override.tf", "locals {\n  size = 3\n}\n")], ..VALIDATE }
        }
        Code::UndeclaredVariable => {
            Scene { command: &["plan", "-var", "sise=3"], files: &[("main.tf", ONE)], ..PLAN }
        }
        Code::PreventedDestroy => {
            Scene { before: &[APPLY], command: &["plan", "-destroy"], files: &[("main.tf", PROTECTED)] }
        }
        Code::StalePlan => Scene {
            before: &[&["plan", "-out=p"], APPLY],
            command: &["apply", "p"],
            files: &[("main.tf", ONE)],
        },
        Code::ConditionOpen => Scene { files: &[("main.tf", OPEN)], ..PLAN },
        Code::InvalidImport => PLAN,
        Code::Targeting => {
            Scene { command: &["plan", "-target=terraform_data.a"], files: &[("main.tf", ONE)], ..PLAN }
        }
        Code::Provisioner => Scene { command: APPLY, ..PLAN },
        Code::Forgotten => Scene {
            before: &[APPLY, &["-", "main.tf", RETAINED]],
            command: &["plan"],
            files: &[("main.tf", ONE)],
        },
        Code::State => {
            Scene { files: &[("main.tf", ONE), ("terraform.tfstate", "{\"version\": 4, \"ser")], ..PLAN }
        }
        Code::Usage => Scene { command: &["plan", "-var", "x"], files: &[("main.tf", ONE)], ..PLAN },
        Code::Io => Scene { command: &["plan", "-var-file=none.tfvars"], files: &[("main.tf", ONE)], ..PLAN },
        Code::Provider => Scene { files: &[("main.tf", NOT_IMPORTED)], ..PLAN },
        _ => VALIDATE,
    }
}

/// The example on the page of a code, with the name of the file that it would stand in.
fn example(code: Code) -> Option<(&'static str, String)> {
    let mut lines = code.page().iter().map(|line| line.strip_prefix(' ').unwrap_or(line));
    let name = lines.find_map(|line| match line {
        "```hcl" => Some("main.tf"),
        "```json" => Some("main.tf.json"),
        _ => None,
    })?;
    Some((name, lines.take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect()))
}

fn aksel(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aksel"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", folder).output().unwrap()
}

fn step(folder: &Path, arguments: &[&str]) {
    match arguments {
        ["-", name, text] => std::fs::write(folder.join(name), text).unwrap(),
        arguments => {
            let output = aksel(folder, arguments);
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

fn shown(code: Code) -> String {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(code);
    if scene.files.is_empty() {
        let Some((name, text)) = example(code) else { return "neither a scene nor an example".into() };
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    for (name, text) in scene.files {
        let deep = format!("locals {{\n  a = {}\n}}\n", "[".repeat(300));
        let text = if *text == "deep" { &deep } else { *text };
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    scene.before.iter().for_each(|arguments| step(folder.path(), arguments));
    let output = aksel(folder.path(), scene.command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let text = format!(
        "{}{}exit {}",
        text(&output.stderr),
        text(&output.stdout),
        output.status.code().unwrap_or(-1)
    );
    settled(&text.replace(&folder.path().display().to_string(), "<folder>"))
}

/// Times and ids, which differ from run to run, by their names.
fn settled(text: &str) -> String {
    let time = regex::Regex::new(r"\d+(\.\d+)? m?s\b").unwrap();
    let id = regex::Regex::new(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    id.replace_all(&time.replace_all(text, "<time>"), "<id>").into_owned()
}

#[test]
fn every_code_has_a_scene_and_a_screen() {
    let mut without = Vec::new();
    for code in Code::ALL.iter().copied().filter(|code| ELSEWHERE.iter().all(|(other, _)| other != code)) {
        let screen = shown(code);
        if !screen.contains(&format!("[{code}]")) {
            without.push(format!("{code} is not in:\n{screen}"));
            continue;
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("screens");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(code.to_string(), screen));
    }
    assert!(without.is_empty(), "{}", without.join("\n\n"));
}
