//! The rules of the house that no compiler checks: which crate may use which, how a module begins, how long a file is.
//!
//! Invariant: a rule is stated here once, with the reason in its message.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The floor of each crate; a crate uses only crates on floors below its own.
const FLOORS: &[(&str, &str, u8)] = &[
    ("src/cli", "aksel", 5),
    ("src/report", "aksel-report", 4),
    ("src/engine", "aksel-engine", 4),
    ("src/azure", "aksel-azure", 3),
    ("src/kubernetes", "aksel-kubernetes", 3),
    ("src/utility", "aksel-utility", 3),
    ("src/provider", "aksel-provider", 2),
    ("state", "aksel-state", 1),
    ("src/install", "aksel-install", 1),
    ("src/lang", "aksel-lang", 0),
];

/// The sandbox uses none of them and is used by the command line alone.
const SANDBOX: (&str, &str) = ("src/sandbox", "aksel-sandbox");

/// Report shows what the engine decided: the one edge within a floor.
const SAME_FLOOR: &[(&str, &str)] = &[("aksel-report", "aksel-engine")];

/// A file is one idea; past this many lines it is two, unless it is a list of equal things.
const LINES_MAX: usize = 700;

/// Files that are lists of equal things.
const LISTS: &[&str] = &["catalogue/", "kinds/", "functions/", "types/", "_tests.rs", "tables/"];

/// Names that say nothing of what is in a file.
const VAGUE: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "manager"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["src", "state", "tests"] {
        sources(&root().join(folder), &mut found);
    }
    found.sort();
    assert!(found.len() > 10, "the sources were not found");
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// The names of the crates of the house that a manifest uses to build, not those that only its tests use.
fn used_by(manifest: &str) -> Vec<String> {
    let section = manifest.split("[dependencies]").nth(1).unwrap_or("");
    let section = section.split("\n[").next().unwrap_or("");
    let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| name.starts_with("aksel")).map(str::to_owned).collect()
}

#[test]
fn crates_use_only_what_stands_below_them() {
    let floors: BTreeMap<&str, u8> = FLOORS.iter().map(|(_, name, floor)| (*name, *floor)).collect();
    let mut wrong = Vec::new();
    for (folder, name, floor) in FLOORS {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{folder} is not {name}");
        for used in used_by(&manifest) {
            let below = floors.get(&*used).is_some_and(|other| other < floor);
            let allowed = SAME_FLOOR.contains(&(*name, &*used)) || (*name == "aksel" && used == SANDBOX.1);
            if !below && !allowed {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    let sandbox = fs::read_to_string(root().join(SANDBOX.0).join("Cargo.toml")).unwrap();
    wrong.extend(used_by(&sandbox).into_iter().map(|used| format!("the sandbox uses {used}")));
    assert!(wrong.is_empty(), "imports go down: {wrong:?}");
}

#[test]
fn every_module_says_what_it_is() {
    let silent: Vec<String> = all_sources()
        .iter()
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//! "))
        .map(|path| shown(path))
        .collect();
    assert!(silent.is_empty(), "these begin without a module doc: {silent:?}");
}

#[test]
fn files_are_one_idea_and_are_named_after_it() {
    let mut wrong = Vec::new();
    for path in all_sources() {
        let name = shown(&path);
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if VAGUE.iter().any(|vague| stem == *vague || stem.ends_with(&format!("_{vague}"))) {
            wrong.push(format!("{name}: the name says nothing"));
        }
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        if lines > LINES_MAX && !LISTS.iter().any(|list| name.contains(list)) {
            wrong.push(format!("{name}: {lines} lines"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_is_left_for_later() {
    // Spelt apart so that this file does not find itself.
    let words =
        [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["#[al", "low("].concat(), ["#[ig", "nore"].concat()];
    let mut left = Vec::new();
    for path in all_sources() {
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            if words.iter().any(|word| line.contains(&**word)) {
                left.push(format!("{}:{}: {}", shown(&path), number + 1, line.trim()));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}
