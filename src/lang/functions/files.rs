//! Functions that read files. Paths are relative to the folder in which the command runs.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::call::{Context, FunctionError};
use super::hashes::{base64, hex};
use super::strings::{string, text};
use super::{Accepts, Function, Returns, TEXT, TRUTH, parameter, row};
use crate::types::Type;
use crate::value::Value;

type Result = std::result::Result<Value, FunctionError>;

const PATH: super::Parameter = parameter("path", Accepts::Text);
const SET: Returns = Returns::Fixed(|| Type::set(Type::String));

pub(super) const TABLE: &[Function] = &[
    row("abspath", &[PATH], None, TEXT, |c, a| {
        let path = std::path::absolute(c.surroundings.folder.join(string(a, 0))).unwrap_or_default();
        text(crate::files::clean(&path).display().to_string())
    }),
    row("basename", &[PATH], None, TEXT, |_, a| text(basename(string(a, 0)))),
    row("dirname", &[PATH], None, TEXT, |_, a| text(dirname(string(a, 0)))),
    row("pathexpand", &[PATH], None, TEXT, |_, a| text(expanded(string(a, 0)))),
    row("file", &[PATH], None, TEXT, |c, a| text(read_text(c, string(a, 0))?)),
    row("filebase64", &[PATH], None, TEXT, |c, a| text(STANDARD.encode(read(c, string(a, 0))?))),
    row("fileexists", &[PATH], None, TRUTH, |c, a| exists(c, string(a, 0))),
    row("fileset", &[PATH, parameter("pattern", Accepts::Text)], None, SET, file_set),
    row("filemd5", &[PATH], None, TEXT, |c, a| text(hex::<Md5>(&read(c, string(a, 0))?))),
    row("filesha1", &[PATH], None, TEXT, |c, a| text(hex::<Sha1>(&read(c, string(a, 0))?))),
    row("filesha256", &[PATH], None, TEXT, |c, a| text(hex::<Sha256>(&read(c, string(a, 0))?))),
    row("filesha512", &[PATH], None, TEXT, |c, a| text(hex::<Sha512>(&read(c, string(a, 0))?))),
    row("filebase64sha256", &[PATH], None, TEXT, |c, a| text(base64::<Sha256>(&read(c, string(a, 0))?))),
    row("filebase64sha512", &[PATH], None, TEXT, |c, a| text(base64::<Sha512>(&read(c, string(a, 0))?))),
];

fn basename(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (trimmed, path) {
        ("", "") => ".",
        ("", _) => "/",
        (trimmed, _) => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

fn dirname(path: &str) -> String {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| if parent.is_empty() { "/" } else { parent });
    let cleaned = crate::files::clean(Path::new(parent));
    if cleaned.as_os_str().is_empty() { ".".into() } else { cleaned.display().to_string() }
}

fn expanded(path: &str) -> String {
    match path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        Some(rest) => std::env::var("HOME").map_or_else(|_| path.to_owned(), |home| format!("{home}{rest}")),
        None => path.to_owned(),
    }
}

/// The path on disk of a path as it is written.
pub(super) fn located(context: &Context<'_>, path: &str) -> PathBuf {
    context.surroundings.folder.join(expanded(path))
}

/// The text of a file.
pub(super) fn read_text(context: &Context<'_>, path: &str) -> std::result::Result<String, FunctionError> {
    String::from_utf8(read(context, path)?).map_err(|_| FunctionError::argument(0, format!("contents of {path:?} are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded contents or the other file functions (e.g. filemd5, filesha256) to obtain file hashing results instead")))
}

pub(super) fn read(context: &Context<'_>, path: &str) -> std::result::Result<Vec<u8>, FunctionError> {
    std::fs::read(located(context, path)).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => FunctionError::argument(
            0,
            format!("no file exists at {path:?}; this function works only with files that are distributed as part of the configuration source code, so if this file will be created by a resource in this configuration you must instead obtain this result from an attribute of that resource"),
        ),
        _ => FunctionError::argument(0, format!("failed to read {path:?}: {error}")),
    })
}

fn exists(context: &Context<'_>, path: &str) -> Result {
    match std::fs::metadata(located(context, path)) {
        Ok(found) if found.is_file() => Ok(true.into()),
        Ok(_) => Err(FunctionError::whole(format!("{path:?} is a directory, not a file"))),
        Err(_) => Ok(false.into()),
    }
}

/// All regular files below a folder whose path fits a pattern: `*`, `?`, `[a-z]`, `{a,b}` and `**` for folders.
fn file_set(context: &Context<'_>, arguments: &[Value]) -> Result {
    let (folder, pattern) = (located(context, string(arguments, 0)), string(arguments, 1));
    let fits =
        glob(pattern).ok_or_else(|| FunctionError::whole(format!("failed to glob pattern {pattern:?}")))?;
    let mut found = Vec::new();
    let mut folders = vec![(folder, String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            match std::fs::metadata(entry.path()) {
                Ok(meta) if meta.is_dir() => folders.push((entry.path(), path)),
                Ok(meta) if meta.is_file() && fits.is_match(&path) => found.push(Value::string(path)),
                Ok(_) | Err(_) => {}
            }
        }
    }
    Ok(crate::set::set(Type::String, found))
}

fn glob(pattern: &str) -> Option<regex::Regex> {
    let mut out = String::from("^");
    let mut rest = pattern;
    let mut braces = 0;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '*' if rest.starts_with("*/") => {
                out.push_str("(?:.*/)?");
                rest = &rest[2..];
            }
            '*' if rest.starts_with('*') => {
                out.push_str(".*");
                rest = &rest[1..];
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => {
                let (class, after) = rest.split_once(']')?;
                out.push_str(&format!("[{}]", class.replacen('!', "^", usize::from(class.starts_with('!')))));
                rest = after;
            }
            '{' => {
                braces += 1;
                out.push_str("(?:");
            }
            '}' if braces > 0 => {
                braces -= 1;
                out.push(')');
            }
            ',' if braces > 0 => out.push('|'),
            '\\' => {
                let next = rest.chars().next()?;
                out.push_str(&regex::escape(&next.to_string()));
                rest = &rest[next.len_utf8()..];
            }
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    out.push('$');
    regex::Regex::new(&out).ok()
}
