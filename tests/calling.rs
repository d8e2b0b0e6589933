//! Calling the built binary as people call it, for tests that look at what they see.
//!
//! Invariant: a call works in a folder of its own and sees nothing of the caller's environment.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::folder::{folder, write};

/// A folder in which aksel is called.
pub(crate) struct Scene(tempfile::TempDir);

impl Scene {
    /// A folder with these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Scene {
        Scene(folder(files))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        write(self.path(), name, text);
    }

    /// What a call prints, errors first, and how it ends.
    pub(crate) fn run(&self, line: &str) -> String {
        self.call(line, &[], "")
    }

    /// A call with standard input.
    pub(crate) fn fed(&self, line: &str, input: &str) -> String {
        self.call(line, &[], input)
    }

    /// A call with variables of the environment.
    pub(crate) fn within(&self, environment: &[(&str, &str)], line: &str) -> String {
        self.call(line, environment, "")
    }

    fn call(&self, line: &str, environment: &[(&str, &str)], input: &str) -> String {
        let mut child = Command::new(env!("CARGO_BIN_EXE_aksel"))
            .args(line.split_whitespace())
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        // A command that reads nothing may be gone already.
        let _written = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the binary ends");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        format!("{}{}exit {code}", text(&output.stderr), text(&output.stdout))
    }
}
