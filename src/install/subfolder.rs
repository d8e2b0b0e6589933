//! The folder of a module in its package.
//!
//! Rule: a step may have a `*`, as archives have a folder whose name has the version in it; it must then fit one folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fetch_error::FetchError;

/// Finds a folder in a package; the answer is relative to it.
pub(crate) fn find_subfolder(package: &Path, subfolder: &str) -> Result<PathBuf, FetchError> {
    let mut found = vec![PathBuf::new()];
    for step in subfolder.split('/').filter(|step| !step.is_empty()) {
        found = found.iter().flat_map(|below| matching(package, below, step)).collect();
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(FetchError::new(format!("the package has no folder \"{subfolder}\""))),
        _ => Err(FetchError::new(format!("\"{subfolder}\" fits several folders of the package"))),
    }
}

fn matching(package: &Path, below: &Path, step: &str) -> Vec<PathBuf> {
    if !step.contains('*') {
        let folder = below.join(step);
        return if package.join(&folder).is_dir() { vec![folder] } else { Vec::new() };
    }
    let entries = fs::read_dir(package.join(below)).into_iter().flatten().flatten();
    let names = entries
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| !name.starts_with('.') && fits(step, name)).map(|name| below.join(name)).collect()
}

/// Whether a name is what a text with `*` stands for.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(before) else { return false };
    let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.any(|at| fits(after, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_fits_one_folder() {
        let package = tempfile::tempdir().unwrap();
        for folder in ["net-1.2.0/sub", "docs"] {
            fs::create_dir_all(package.path().join(folder)).unwrap();
        }
        let found = |subfolder: &str| {
            find_subfolder(package.path(), subfolder)
                .map(|path| path.display().to_string())
                .map_err(|e| e.reason)
        };
        assert_eq!(found("").as_deref(), Ok(""));
        assert_eq!(found("net-*").as_deref(), Ok("net-1.2.0"));
        assert_eq!(found("n*0/s*b").as_deref(), Ok("net-1.2.0/sub"));
        assert!(found("*").unwrap_err().contains("several"));
        assert_eq!(found("none"), Err("the package has no folder \"none\"".into()));
    }
}
