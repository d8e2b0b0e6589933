//! What whole commands need, in time and memory: the example on the sandbox, and many resources that refer to each other.
//! By hand, on Linux: `cargo bench -p aksel --bench memory`.
//!
//! Peak memory is the kernel's high-water mark (`VmHWM`), read until the process ends: the last reading is milliseconds old.

#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]
#![expect(
    clippy::disallowed_methods,
    reason = "a clock and a pause are how a process is watched from outside"
)]
#![expect(clippy::cast_precision_loss, reason = "a figure that people read")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    println!("{:34} {:>9} {:>10}", "", "seconds", "MiB");
    example();
    for count in [250, 1_000, 4_000] {
        chain(count);
    }
}

fn example() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for part in ["examples", "modules"] {
        let from = project.join(part);
        let copied = Command::new("cp").arg("-r").arg(from).arg(folder.path()).status();
        assert!(copied.expect("`cp` starts").success());
    }
    let example = folder.path().join("examples/ml-platform");
    // What an earlier run of the example left there is not part of it.
    for left in [".aksel/sandbox", "terraform.tfstate"] {
        let path = example.join(left);
        let _ = std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path));
    }
    measure("example: plan of everything", &example, &["plan", "-sandbox"]);
    measure("example: apply", &example, &["apply", "-sandbox", "-auto-approve"]);
    measure("example: plan of nothing", &example, &["plan", "-sandbox"]);
    measure("example: destroy", &example, &["destroy", "-sandbox", "-auto-approve"]);
}

/// So many resources; each but every tenth refers to the one before it.
fn chain(count: usize) {
    let one = |at: usize| match at % 10 {
        0 => format!("resource \"terraform_data\" \"r{at}\" {{\n  input = {{ at = {at} }}\n}}\n"),
        _ => format!(
            "resource \"terraform_data\" \"r{at}\" {{\n  input = {{ at = {at}, before = terraform_data.r{}.id }}\n}}\n",
            at - 1
        ),
    };
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("main.tf"), (0..count).map(one).collect::<String>())
        .expect("the configuration can be written");
    measure(&format!("terraform_data x {count}: plan"), folder.path(), &["plan"]);
    measure(&format!("terraform_data x {count}: apply"), folder.path(), &["apply", "-auto-approve"]);
    measure(&format!("terraform_data x {count}: plan again"), folder.path(), &["plan"]);
    measure(&format!("terraform_data x {count}: destroy"), folder.path(), &["destroy", "-auto-approve"]);
}

fn measure(title: &str, folder: &Path, arguments: &[&str]) {
    let begin = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aksel"));
    let command = command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the binary starts");
    let mut peak = 0;
    let status = loop {
        peak = high_water_mark(child.id()).unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait().expect("the process can be asked") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(status.success(), "{arguments:?}");
    println!("{title:34} {:>9.2} {:>10.0}", begin.elapsed().as_secs_f64(), peak as f64 / 1024.0);
}

/// The most memory that a process had so far, in KiB.
fn high_water_mark(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
