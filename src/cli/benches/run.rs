//! What whole commands cost, with everything between the files and the screen. By hand: `cargo bench -p aksel`.
//!
//! Each is measured at three sizes, four times apart, so that a square shows as sixteen.

use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    divan::main();
}

/// So many resources, each of which refers to the one before; every tenth begins a new chain.
fn resources(count: usize) -> String {
    let one = |at: usize| match at % 10 {
        0 => format!("resource \"terraform_data\" \"r{at}\" {{\n  input = {{ at = {at} }}\n}}\n"),
        _ => format!(
            "resource \"terraform_data\" \"r{at}\" {{\n  input = {{ at = {at}, before = terraform_data.r{}.id }}\n}}\n",
            at - 1
        ),
    };
    (0..count).map(one).collect()
}

fn folder(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("main.tf"), resources(count))
        .expect("the configuration can be written");
    folder
}

fn aksel(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aksel"));
    let command = command.args(arguments).current_dir(folder).stdout(Stdio::null());
    let status = command.status().expect("the binary starts");
    assert!(status.success(), "{arguments:?}");
}

#[divan::bench(args = [250, 1_000, 4_000], sample_count = 3, sample_size = 1)]
fn validate(bencher: divan::Bencher<'_, '_>, count: usize) {
    let folder = folder(count);
    bencher.bench(|| aksel(folder.path(), &["validate"]));
}

#[divan::bench(args = [250, 1_000, 4_000], sample_count = 3, sample_size = 1)]
fn plan(bencher: divan::Bencher<'_, '_>, count: usize) {
    let folder = folder(count);
    bencher.bench(|| aksel(folder.path(), &["plan"]));
}

#[divan::bench(args = [250, 1_000, 4_000], sample_count = 3, sample_size = 1)]
fn apply(bencher: divan::Bencher<'_, '_>, count: usize) {
    bencher.with_inputs(|| folder(count)).bench_values(|folder| {
        aksel(folder.path(), &["apply", "-auto-approve"]);
        folder
    });
}

#[divan::bench(args = [250, 1_000, 4_000], sample_count = 3, sample_size = 1)]
fn plan_again(bencher: divan::Bencher<'_, '_>, count: usize) {
    let folder = folder(count);
    aksel(folder.path(), &["apply", "-auto-approve"]);
    bencher.bench(|| aksel(folder.path(), &["plan", "-detailed-exitcode"]));
}
