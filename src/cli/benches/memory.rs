//! What whole commands need, in time and memory: the example on the sandbox, and many resources that refer to each other.
//! By hand, on Linux: `cargo bench -p aksel --bench memory`.
//!
//! Peak memory is what the kernel counts for children that have ended. It counts the greatest of all: so each command has a
//! parent of its own, which is this program again and waits for that one child.

#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]
#![expect(clippy::disallowed_methods, reason = "a clock is how long a process takes, seen from outside")]
#![expect(clippy::cast_precision_loss, reason = "a figure that people read")]

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

/// The first argument of the program as a parent of one command; the arguments of the command follow.
const PARENT: &str = "parent-of";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().is_some_and(|first| first == PARENT) {
        return parent_of(&arguments.collect::<Vec<_>>());
    }
    println!("{:34} {:>9} {:>10}", "", "seconds", "MiB");
    example();
    for count in [250, 1_000, 4_000] {
        chain(count);
    }
    ExitCode::SUCCESS
}

/// Runs one command to its end and prints the most memory that it had, in KiB.
fn parent_of(arguments: &[String]) -> ExitCode {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aksel"));
    let status = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts for children");
    println!("{}", usage.max_rss());
    match status.expect("the binary starts").success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
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
    let this = std::env::current_exe().expect("a program knows where it is");
    let begin = Instant::now();
    let output = Command::new(this).arg(PARENT).args(arguments).current_dir(folder).output();
    let seconds = begin.elapsed().as_secs_f64();
    let output = output.expect("this program starts again");
    assert!(output.status.success(), "{arguments:?}");
    let peak: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a count of KiB");
    println!("{title:34} {seconds:>9.2} {:>10.0}", peak as f64 / 1024.0);
}
