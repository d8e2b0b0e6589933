//! What the documents promise: every command on a page is run, in a copy of the example.
//!
//! A block of kind `console` holds commands behind `$ `. One of kind `console azure` is for real Azure: there `-sandbox` is
//! added to every command that would ask it. `az` and `terraform` do nothing here, and so does `kubectl` where there is none.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::example::Example;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(project().join(name)).unwrap()
}

/// The fenced blocks of a page: kind and text.
fn blocks(page: &str) -> Vec<(&str, Vec<&str>)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            blocks.push((kind, lines.by_ref().take_while(|line| *line != "```").collect()));
        }
    }
    blocks
}

/// The commands of a page as one script.
fn script(page: &str) -> String {
    // What a page starts in the background ends with it, also when a command fails.
    let mut script = String::from("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n");
    for (kind, lines) in blocks(page) {
        match kind {
            "console" | "console azure" => {
                script.push_str(if kind == "console" { "unset AZURE\n" } else { "export AZURE=yes\n" });
                for line in lines {
                    script.push_str(line.strip_prefix("$ ").unwrap_or(line));
                    script.push('\n');
                }
            }
            "yaml" | "cron" => {
                let called = lines.iter().filter_map(|line| Some(&line[line.find("aksel ")?..]));
                let commands = called.map(|call| call.split(['|', '>', '&']).next().unwrap_or_default());
                script.extend(commands.map(|command| format!("AZURE=yes {command}\n")));
            }
            _ => {}
        }
    }
    script
}

/// The programs that a page calls, as far as they are not the system's.
fn programs(folder: &Path) {
    let real = env!("CARGO_BIN_EXE_aksel");
    let aksel = format!(
        "#!/bin/sh\nif [ -n \"${{AZURE:-}}\" ]; then case \"$1\" in plan|apply|destroy|drift|refresh)\n\
         verb=$1; shift; set -- \"$verb\" -sandbox \"$@\";; esac; fi\nexec {real} \"$@\"\n"
    );
    let cargo = format!("#!/bin/sh\nif [ \"$1\" = run ]; then shift 3; exec {real} \"$@\"; fi\n");
    let nothing = "#!/bin/sh\n".to_owned();
    let there = std::env::var("PATH").unwrap_or_default();
    let kubectl = there.split(':').map(|folder| Path::new(folder).join("kubectl")).find(|path| path.exists());
    let kubectl = kubectl.map(|path| format!("#!/bin/sh\nexec {} \"$@\"\n", path.display()));
    let texts = [
        ("aksel", aksel),
        ("cargo", cargo),
        ("az", nothing.clone()),
        ("terraform", nothing.clone()),
        ("kubectl", kubectl.unwrap_or(nothing)),
    ];
    std::fs::create_dir_all(folder).unwrap();
    for (name, text) in texts {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// Runs a page, and gives what its commands said.
fn run(name: &str, folder: &str) -> String {
    let example = Example::new();
    let root = example.root.path();
    programs(&root.join("bin"));
    std::fs::write(root.join(folder).join("secret.txt"), "sandbox").unwrap();
    let script = script(&page(name));
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(root.join(folder)).env_clear().env("HOME", root);
    let output = shell.env("PATH", format!("{}:/usr/bin:/bin", root.join("bin").display())).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{name}:\n{script}\nsaid:\n{said}");
    said
}

/// A line without what aligns it.
fn bare(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

const EXAMPLE: &str = "examples/ml-platform";

#[test]
fn the_readme_shows_a_real_plan() {
    let said = run("README.md", ".");
    let lines: Vec<String> = said.lines().map(bare).collect();
    let readme = page("README.md");
    let (_, plan) = blocks(&readme).into_iter().find(|(kind, _)| *kind == "plan").unwrap();
    for line in plan.iter().map(|line| bare(line)) {
        let counted = line.starts_with("Refreshing 21 objects");
        let found =
            lines.iter().any(|told| *told == line || counted && told.starts_with("Refreshing 21 objects"));
        assert!(found, "`{line}` was not printed:\n{said}");
    }
}

#[test]
fn signing_in() {
    run("docs/azure.md", EXAMPLE);
}

#[test]
fn planning_in_a_pull_request() {
    run("docs/pull-request.md", EXAMPLE);
}

#[test]
fn watching_for_drift() {
    run("docs/drift.md", EXAMPLE);
}

#[test]
fn taking_over_what_exists() {
    let said = run("docs/import.md", EXAMPLE);
    assert!(said.contains("1 to import"), "{said}");
    assert!(said.contains("Apply complete! Resources: 1 imported"), "{said}");
}

#[test]
fn moving_from_terraform() {
    run("docs/from-terraform.md", EXAMPLE);
}

#[test]
fn taking_everything_down() {
    run("docs/destroy.md", EXAMPLE);
}

#[test]
fn the_sandbox_alone() {
    let said = run("docs/sandbox.md", EXAMPLE);
    assert!(said.contains("The sandbox answers at https://127.0.0.1:"), "{said}");
}

#[test]
fn calling_a_module() {
    let said = run("docs/modules.md", EXAMPLE);
    assert!(said.contains("http://churn.models.svc.cluster.local"), "{said}");
}

#[test]
fn going_on_after_a_crash() {
    run("docs/recover.md", EXAMPLE);
}

#[test]
fn the_module_says_what_it_takes_and_gives() {
    let readme = page("modules/model-service/README.md");
    let files = page("modules/model-service/variables.tf") + &page("modules/model-service/outputs.tf");
    let mut name = "";
    let mut count = 0;
    for line in files.lines() {
        if let Some(header) = line.strip_prefix("variable \"").or(line.strip_prefix("output \"")) {
            name = header.split('"').next().unwrap();
        }
        if let Some((_, description)) = line.split_once("description = \"") {
            let description = description.trim_end_matches('"');
            let row = readme.lines().find(|row| row.starts_with(&format!("| `{name}` |")));
            assert!(
                row.is_some_and(|row| row.ends_with(&format!("| {description} |"))),
                "{name}: {description}"
            );
            count += 1;
        }
    }
    assert!(count > 15);
}

#[test]
fn links_lead_somewhere() {
    let mut pages =
        vec!["README.md".to_owned(), "ARCHITECTURE.md".into(), "modules/model-service/README.md".into()];
    for entry in std::fs::read_dir(project().join("docs")).unwrap() {
        pages.push(format!("docs/{}", entry.unwrap().file_name().to_string_lossy()));
    }
    for name in pages {
        let text = page(&name);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let local = !link.starts_with("http") && !link.starts_with('#');
            let folder = project().join(&name).parent().unwrap().to_owned();
            assert!(!local || folder.join(link.split('#').next().unwrap()).exists(), "{name}: {link}");
        }
    }
}
