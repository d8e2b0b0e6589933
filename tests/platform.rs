//! The example, from nothing to a platform and back: what the README promises, through the built binary.
//!
//! Invariant: a test works in a copy of the example; its sandbox lives there and goes with it.

#![expect(clippy::unwrap_used, reason = "a test that cannot write its files or start the binary has failed")]

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

mod documents;
mod events;
mod example;
mod interrupts;
mod terminal;

use example::{Example, OBJECTS, objects_of_state};

/// The lines of a plan that say what changes.
fn changed_lines(plan: &str) -> Vec<&str> {
    let marked = |line: &&str| ["+ ", "- ", "~ "].iter().any(|mark| line.starts_with(mark));
    plan.lines().map(str::trim).filter(marked).collect()
}

#[test]
fn a_platform_is_made_changed_and_taken_down() {
    let example = Example::new();
    let applied = example.good(&["apply", "-sandbox", "-auto-approve"]);
    assert!(
        applied.contains(&format!("Apply complete! Resources: {OBJECTS} added, 0 changed, 0 destroyed."))
    );
    assert_eq!(example.run(&["plan", "-sandbox", "-detailed-exitcode"]).code, 0);

    example.edit("cluster.tf", "node_count = 2", "node_count = 3");
    let planned = example.run(&["plan", "-sandbox", "-detailed-exitcode", "-out=p"]);
    assert_eq!(planned.code, 2, "{}", planned.text);
    assert_eq!(
        changed_lines(&planned.text),
        [
            r#"~ resource "azurerm_kubernetes_cluster" "ml" {"#,
            "~ default_node_pool {",
            "~ node_count = 2 -> 3",
        ]
    );
    assert!(example.good(&["show", "p"]).contains("Plan: 0 to add, 1 to change, 0 to destroy."));
    let shown: serde_json::Value = serde_json::from_str(&example.good(&["show", "-json", "p"])).unwrap();
    let changes = shown["resource_changes"].as_array().unwrap();
    let updated = changes.iter().filter(|change| change["change"]["actions"][0] == "update");
    let updated: Vec<&str> = updated.filter_map(|change| change["address"].as_str()).collect();
    assert_eq!(updated, ["azurerm_kubernetes_cluster.ml"]);
    let review = example.good(&["review", "p"]);
    assert!(review.starts_with("**1 to change**\n"), "{review}");
    assert!(review.contains("!          ~ node_count = 2 -> 3\n"), "{review}");
    let applied = example.good(&["apply", "-sandbox", "p"]);
    assert!(applied.contains("Apply complete! Resources: 0 added, 1 changed, 0 destroyed."));
    assert_eq!(example.run(&["plan", "-sandbox", "-detailed-exitcode"]).code, 0);

    assert!(
        example.good(&["drift", "-sandbox"]).contains("In step. 21 objects are as they were last applied.")
    );
    let outputs = example.good(&["output"]);
    assert!(outputs.contains(r#"model_address = "http://iris.models.svc.cluster.local""#));
    assert!(outputs.contains("storage_connection_string = <sensitive>"));
    assert_eq!(example.good(&["state", "list"]).lines().count(), OBJECTS);

    is_replaced_while_what_it_needs_is_updated(&example);
    let destroyed = example.good(&["destroy", "-sandbox", "-auto-approve"]);
    assert!(destroyed.contains(&format!("Destroy complete! Resources: {OBJECTS} destroyed.")));
    assert_eq!(example.good(&["state", "list"]), "");
    // Nothing is left in the sandbox that would stand in the way of doing it all again without state.
    std::fs::remove_file(example.folder().join("terraform.tfstate")).unwrap();
    example.good(&["apply", "-sandbox", "-auto-approve"]);
}

/// The cluster is updated before the job is deleted, which needs its API server; the namespace only afterwards.
fn is_replaced_while_what_it_needs_is_updated(example: &Example) {
    example.edit("cluster.tf", "node_count = 3", "node_count = 2");
    example.edit("workloads.tf", "backoff_limit = 2", "backoff_limit = 2\n    completions = 2");
    example.edit("workloads.tf", "environment\" = var.environment", "environment\" = \"other\"");
    let applied = example.good(&["apply", "-sandbox", "-auto-approve"]);
    let place = |words: &str| applied.find(words).ok_or_else(|| format!("no {words} in {applied}")).unwrap();
    let order = [
        "azurerm_kubernetes_cluster.ml: Modifications complete",
        "kubernetes_job_v1.training[0]: Destroying...",
        "kubernetes_job_v1.training[0]: Destruction complete",
        "kubernetes_namespace_v1.team[\"training\"]: Modifying...",
        "kubernetes_job_v1.training[0]: Creating...",
    ];
    assert!(order.map(place).is_sorted(), "{applied}");
    assert_eq!(example.run(&["plan", "-sandbox", "-detailed-exitcode"]).code, 0);
}

#[test]
fn a_secret_of_the_platform_is_in_state_alone() {
    let example = Example::new();
    let said = example.good(&["apply", "-sandbox", "-auto-approve"])
        + &example.good(&["show"])
        + &example.good(&["output"])
        + &example.good(&["plan", "-sandbox", "-out=p"]);
    let secret = example.good(&["output", "-raw", "storage_connection_string"]);
    let key = secret.split("AccountKey=").nth(1).unwrap().split(';').next().unwrap();
    assert!(key.len() > 20 && !said.contains(key));
}

#[test]
fn what_changed_outside_is_told_and_accepted() {
    let example = Example::new();
    example.good(&["apply", "-sandbox", "-auto-approve"]);
    let state = std::fs::read(example.folder().join("terraform.tfstate")).unwrap();
    // Somebody else's hand: the same change, with a state of its own.
    example.edit("cluster.tf", "node_count = 2", "node_count = 3");
    example.good(&["apply", "-sandbox", "-auto-approve"]);
    std::fs::write(example.folder().join("terraform.tfstate"), state).unwrap();
    example.edit("cluster.tf", "node_count = 3", "node_count = 2");

    let drift = example.run(&["drift", "-sandbox"]);
    assert_eq!(drift.code, 2, "{}", drift.text);
    insta::assert_snapshot!(drift.text.trim(), @r"
    ~ azurerm_kubernetes_cluster.ml   default_node_pool[0].node_count 2 -> 3

    1 of 21 objects differs from what was last applied. The configuration says otherwise: default_node_pool[0].node_count (cluster.tf:14).
    To write the configuration back: aksel apply. To accept one: aksel drift accept ADDRESS.
    ");
    let told = example.run(&["drift", "-sandbox", "-json"]);
    assert_eq!(told.code, 2);
    let told: serde_json::Value = serde_json::from_str(told.text.lines().last().unwrap()).unwrap();
    assert_eq!(told["drift"][0]["attributes"][0]["after"], 3);
    assert_eq!(example.run(&["drift", "accept", "azurerm_storage_account.data", "-sandbox"]).code, 1);
    example.good(&["drift", "accept", "azurerm_kubernetes_cluster.ml", "-sandbox"]);
    assert_eq!(example.run(&["drift", "-sandbox"]).code, 0);
    assert_eq!(example.run(&["plan", "-sandbox", "-detailed-exitcode"]).code, 2);
}

/// Starts an apply and kills it as soon as it has said so many lines of progress. Gives whether it was still at work.
fn kill_after(example: &Example, lines: usize) {
    let mut command = example.command(&["apply", "-sandbox", "-auto-approve"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let told = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let progress = told.filter(|line| line.ends_with("Creating...") || line.contains("Creation complete"));
    let seen = progress.take(lines).count();
    assert_eq!(seen, lines, "the apply ended before it could be killed");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Kills an apply at these moments, each in a world of its own, and lets the next one finish.
fn killed_at(moments: &[usize]) {
    for lines in moments {
        let example = Example::new();
        kill_after(&example, *lines);
        example.good(&["apply", "-sandbox", "-auto-approve"]);
        let planned = example.run(&["plan", "-sandbox", "-detailed-exitcode"]);
        assert_eq!(planned.code, 0, "killed after {lines} lines:\n{}", planned.text);
        assert_eq!(example.good(&["state", "list"]).lines().count(), OBJECTS, "killed after {lines} lines");
        assert_eq!(example.objects(), objects_of_state(&example), "killed after {lines} lines");
        // What was made twice or forgotten would be left, and in the way of the next one.
        example.good(&["destroy", "-sandbox", "-auto-approve"]);
        std::fs::remove_file(example.folder().join("terraform.tfstate")).unwrap();
        example.good(&["apply", "-sandbox", "-auto-approve"]);
    }
}

#[test]
fn an_apply_that_was_killed_early_is_finished_by_the_next() {
    killed_at(&[1, 4, 8, 12, 16]);
}

#[test]
fn an_apply_that_was_killed_late_is_finished_by_the_next() {
    killed_at(&[20, 25, 29, 34, 38]);
}
