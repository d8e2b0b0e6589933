//! Packages in git repositories, by the `git` program.
//!
//! Invariant: git is told only addresses of https, ssh and file, behind `--`; nothing in an address can be an option or a helper.
//! Invariant: what a repository names in turn (submodules) is fetched by the same transports alone.

use std::path::Path;
use std::process::{Command, Stdio};

use url::Url;

use crate::fetch_error::FetchError;
use crate::sheltered::judge_links;

/// What is to be cloned.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Clone {
    address: String,
    /// A branch, tag or commit.
    revision: Option<String>,
    /// How many commits of history.
    depth: Option<u32>,
    /// What git may use to reach repositories.
    transports: &'static str,
}

/// Clones a repository into a folder that is not there yet.
pub(crate) fn fetch(address: &str, target: &Path) -> Result<(), FetchError> {
    let clone = read(address)?;
    run(clone_command(&clone, target), &clone)?;
    if let (Some(revision), None) = (&clone.revision, clone.depth) {
        let mut checkout = Command::new("git");
        checkout.arg("-C").arg(target).args(["checkout", "--quiet", revision, "--"]);
        run(checkout, &clone)?;
    }
    if target.join(".gitmodules").is_file() {
        let mut submodules = Command::new("git");
        submodules.arg("-C").arg(target).args(["submodule", "--quiet", "update", "--init", "--recursive"]);
        run(submodules, &clone)?;
    }
    judge_links(target)
}

fn read(address: &str) -> Result<Clone, FetchError> {
    let refused = |reason: String| {
        FetchError::new(reason).help("A repository is reached by https://, ssh:// or file://, such as git::https://example.com/network.git?ref=v1.2.0.")
    };
    let mut url =
        Url::parse(address).map_err(|error| refused(format!("the address is not valid: {error}")))?;
    let transports = match url.scheme() {
        "https" | "ssh" => "https:ssh",
        "file" => "https:ssh:file",
        other => return Err(refused(format!("git is not used over \"{other}\""))),
    };
    let (mut revision, mut depth, mut rest) = (None, None, Vec::new());
    for (name, value) in url.query_pairs() {
        match &*name {
            "ref" => revision = Some(value.into_owned()),
            "depth" => {
                let number = value.parse().ok().filter(|depth| *depth > 0);
                depth =
                    Some(number.ok_or_else(|| refused(format!("depth={value} is no number of commits")))?);
            }
            "sshkey" => {
                return Err(refused("a private key in an address is not used".into())
                    .help("Give the key to ssh instead: an agent, ~/.ssh/config or GIT_SSH_COMMAND."));
            }
            _ => rest.push((name.into_owned(), value.into_owned())),
        }
    }
    if let Some(revision) = revision.as_deref().filter(|revision| !is_revision(revision)) {
        return Err(refused(format!("ref={revision} is no branch, tag or commit")));
    }
    url.set_query(None);
    if !rest.is_empty() {
        url.query_pairs_mut().extend_pairs(rest);
    }
    let dashes = |part: Option<&str>| part.is_some_and(|part| part.starts_with('-'));
    if dashes(url.host_str()) || dashes(Some(url.username())) {
        return Err(refused("a host cannot begin with a hyphen".into()));
    }
    Ok(Clone {
        address: url.into(),
        revision: revision.filter(|revision| !revision.is_empty()),
        depth,
        transports,
    })
}

/// Whether git can take a text for a revision and for nothing else.
fn is_revision(text: &str) -> bool {
    !text.starts_with('-') && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == ':')
}

fn clone_command(clone: &Clone, target: &Path) -> Command {
    let mut command = Command::new("git");
    command.args(["clone", "--quiet"]);
    if let Some(depth) = clone.depth {
        command.arg(format!("--depth={depth}"));
        // With a depth only the tip of a branch or tag is there to be checked out.
        command.args(clone.revision.iter().map(|revision| format!("--branch={revision}")));
    }
    command.arg("--").arg(&clone.address).arg(target);
    command
}

fn run(mut command: Command, clone: &Clone) -> Result<(), FetchError> {
    command.env("GIT_ALLOW_PROTOCOL", clone.transports).stdin(Stdio::null()).stdout(Stdio::null());
    if !std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        // Nobody can answer: an error is better than a question.
        command.env("GIT_TERMINAL_PROMPT", "0");
    }
    let output = command.output().map_err(|error| match error.kind() == std::io::ErrorKind::NotFound {
        true => FetchError::new("the program git was not found")
            .help("Modules from repositories are fetched by git: install it and have it in PATH."),
        false => FetchError::new(format!("git could not be started: {error}")),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let password = Url::parse(&clone.address).ok().and_then(|url| url.password().map(str::to_owned));
    let said = match password.filter(|password| !password.is_empty()) {
        Some(password) => said.replace(&password, "(hidden)"),
        None => said.into_owned(),
    };
    Err(FetchError::new(format!("git ended with {}: {}", output.status, said.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: &str) -> String {
        let clone = match read(address) {
            Ok(clone) => clone,
            Err(error) => return error.reason,
        };
        let mut words: Vec<String> = clone_command(&clone, Path::new("to"))
            .get_args()
            .map(|word| word.to_string_lossy().into())
            .collect();
        words.extend(clone.revision.map(|revision| format!("({revision})")));
        words.join(" ")
    }

    #[test]
    fn what_git_is_told() {
        for (address, command) in [
            ("https://h.io/x.git", "clone --quiet -- https://h.io/x.git to"),
            ("https://h.io/x.git?ref=v1&a=b", "clone --quiet -- https://h.io/x.git?a=b to (v1)"),
            (
                "ssh://git@h.io/x?depth=2&ref=main",
                "clone --quiet --depth=2 --branch=main -- ssh://git@h.io/x to (main)",
            ),
            ("file:///srv/x", "clone --quiet -- file:///srv/x to"),
            ("ext::sh -c true", "git is not used over \"ext\""),
            ("http://h.io/x", "git is not used over \"http\""),
            ("https://h.io/x?ref=--upload-pack=x", "ref=--upload-pack=x is no branch, tag or commit"),
            ("https://h.io/x?depth=-1", "depth=-1 is no number of commits"),
            ("https://h.io/x?sshkey=aGk", "a private key in an address is not used"),
            ("ssh://-oProxyCommand=x/y", "a host cannot begin with a hyphen"),
        ] {
            assert_eq!(shown(address), command, "{address}");
        }
    }
}
