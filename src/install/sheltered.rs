//! A folder that nothing leads out of.
//!
//! Invariant: what is written stays below the folder, whatever names and links a package holds.
//! Invariant: a package has a bounded number of files and a bounded size.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Component, Path, PathBuf};

use crate::fetch_error::FetchError;

/// How many files a package may have.
pub(crate) const FILES_MAX: u64 = 50_000;

/// How many bytes a package may have when it is unpacked.
pub(crate) const BYTES_MAX: u64 = 1 << 30;

/// A folder that is filled with what comes from elsewhere.
#[derive(Debug)]
pub(crate) struct Sheltered {
    root: PathBuf,
    files: u64,
    bytes: u64,
    links: Vec<PathBuf>,
}

/// Whether a file may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Plain,
    Runnable,
}

impl Mode {
    /// What the permissions of a file say.
    pub(crate) fn of(permissions: u32) -> Mode {
        if permissions & 0o111 == 0 { Mode::Plain } else { Mode::Runnable }
    }
}

impl Sheltered {
    /// A folder that is there and empty.
    pub(crate) fn new(root: &Path) -> Sheltered {
        Sheltered { root: root.to_path_buf(), files: 0, bytes: 0, links: Vec::new() }
    }

    /// Makes a folder.
    pub(crate) fn folder(&mut self, name: &Path) -> Result<(), FetchError> {
        self.count(name)?;
        self.way_to(&inside(name)?)
    }

    /// Writes a file; what is read beyond the limit is not written.
    pub(crate) fn file(&mut self, name: &Path, mode: Mode, content: &mut dyn Read) -> Result<(), FetchError> {
        self.count(name)?;
        let relative = inside(name)?;
        self.way_to(relative.parent().unwrap_or(Path::new("")))?;
        let path = self.root.join(&relative);
        let failed = |error: io::Error| FetchError::new(format!("{}: {error}", name.display()));
        // Never through a link that an earlier entry of this name may be.
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        let left = BYTES_MAX - self.bytes;
        let written = io::copy(&mut content.take(left + 1), &mut file).map_err(failed)?;
        self.bytes += written.min(left);
        if written > left {
            return Err(FetchError::new(format!("it is larger than {} MiB when unpacked", BYTES_MAX >> 20)));
        }
        if mode == Mode::Runnable {
            file.set_permissions(fs::Permissions::from_mode(0o755)).map_err(failed)?;
        }
        Ok(())
    }

    /// Makes a link; `finish` judges where it leads.
    pub(crate) fn link(&mut self, name: &Path, target: &Path) -> Result<(), FetchError> {
        self.count(name)?;
        let relative = inside(name)?;
        if target.is_absolute() {
            return Err(leads_out(name));
        }
        self.way_to(relative.parent().unwrap_or(Path::new("")))?;
        symlink(target, self.root.join(&relative)).map_err(FetchError::io(name.display()))?;
        self.links.push(relative);
        Ok(())
    }

    /// Judges all links, now that everything they may lead to is there.
    pub(crate) fn finish(self) -> Result<(), FetchError> {
        let root = fs::canonicalize(&self.root).map_err(FetchError::io(self.root.display()))?;
        self.links.iter().try_for_each(|link| judge_link(&root, link))
    }

    fn count(&mut self, name: &Path) -> Result<(), FetchError> {
        self.files += 1;
        if self.files > FILES_MAX {
            return Err(FetchError::new(format!(
                "it has more than {FILES_MAX} files, at {}",
                name.display()
            )));
        }
        Ok(())
    }

    /// Makes the folders on the way, none of which may be a link.
    fn way_to(&self, relative: &Path) -> Result<(), FetchError> {
        let mut path = self.root.clone();
        for step in relative.components() {
            path.push(step);
            match fs::symlink_metadata(&path) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => {
                    return Err(FetchError::new(format!(
                        "{} is below something that is no folder",
                        relative.display()
                    )));
                }
                Err(_) => fs::create_dir(&path).map_err(FetchError::io(relative.display()))?,
            }
        }
        Ok(())
    }
}

/// A name without `.`; one that is absolute or has `..` is refused.
fn inside(name: &Path) -> Result<PathBuf, FetchError> {
    let mut relative = PathBuf::new();
    for part in name.components() {
        match part {
            Component::Normal(step) => relative.push(step),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(leads_out(name)),
        }
    }
    Ok(relative)
}

fn leads_out(name: &Path) -> FetchError {
    FetchError::new(format!("{} leads out of the package", name.display()))
        .help("A module that needs this cannot be trusted; nothing of it was kept.")
}

/// Whether a link stays below the root, which has no links in its own path.
fn judge_link(root: &Path, link: &Path) -> Result<(), FetchError> {
    let path = root.join(link);
    match fs::canonicalize(&path) {
        Ok(target) if target.starts_with(root) => Ok(()),
        Ok(_) => Err(leads_out(link)),
        // What is not there leads nowhere, if its text does not lead out either.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let target = fs::read_link(&path).map_err(FetchError::io(link.display()))?;
            let parent = link.parent().unwrap_or(Path::new(""));
            let text = aksel_lang::files::clean(&parent.join(target));
            inside(&text).map(drop).map_err(|_| leads_out(link))
        }
        Err(error) => Err(FetchError::new(format!("{}: {error}", link.display()))),
    }
}

/// Judges all links below a folder that something else has filled.
pub(crate) fn judge_links(folder: &Path) -> Result<(), FetchError> {
    let root = fs::canonicalize(folder).map_err(FetchError::io(folder.display()))?;
    let mut waiting = vec![PathBuf::new()];
    while let Some(below) = waiting.pop() {
        for entry in fs::read_dir(root.join(&below)).map_err(FetchError::io(below.display()))? {
            let entry = entry.map_err(FetchError::io(below.display()))?;
            let kind = entry.file_type().map_err(FetchError::io(below.display()))?;
            let relative = below.join(entry.file_name());
            if kind.is_symlink() {
                judge_link(&root, &relative)?;
            } else if kind.is_dir() {
                waiting.push(relative);
            }
        }
    }
    Ok(())
}

/// Copies a folder with its links, none of which may lead out of it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), FetchError> {
    let mut target = Sheltered::new(to);
    let mut waiting = vec![PathBuf::new()];
    while let Some(below) = waiting.pop() {
        for entry in fs::read_dir(from.join(&below)).map_err(FetchError::io(from.display()))? {
            let entry = entry.map_err(FetchError::io(from.display()))?;
            let relative = below.join(entry.file_name());
            let found = fs::symlink_metadata(entry.path()).map_err(FetchError::io(relative.display()))?;
            if found.is_dir() {
                target.folder(&relative)?;
                waiting.push(relative);
            } else if found.is_symlink() {
                let leads_to = fs::read_link(entry.path()).map_err(FetchError::io(relative.display()))?;
                target.link(&relative, &leads_to)?;
            } else if found.is_file() {
                let mut file = fs::File::open(entry.path()).map_err(FetchError::io(relative.display()))?;
                target.file(&relative, Mode::of(found.permissions().mode()), &mut file)?;
            }
        }
    }
    target.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelter() -> (tempfile::TempDir, Sheltered) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir(&root).unwrap();
        let sheltered = Sheltered::new(&root);
        (folder, sheltered)
    }

    fn write(sheltered: &mut Sheltered, name: &str) -> Result<(), FetchError> {
        sheltered.file(Path::new(name), Mode::Plain, &mut "x".as_bytes())
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        let (folder, mut sheltered) = shelter();
        for name in ["../x", "a/../../x", "/tmp/x"] {
            assert!(write(&mut sheltered, name).unwrap_err().reason.contains("leads out"), "{name}");
        }
        write(&mut sheltered, "./a/b").unwrap();
        assert!(!folder.path().join("x").exists());
        assert!(folder.path().join("root/a/b").exists());
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let (folder, mut sheltered) = shelter();
        fs::create_dir(folder.path().join("outside")).unwrap();
        sheltered.link(Path::new("out"), Path::new("../outside")).unwrap();
        sheltered.link(Path::new("file"), Path::new("../outside/new")).unwrap();
        assert!(write(&mut sheltered, "out/x").is_err());
        assert!(write(&mut sheltered, "file").is_err());
        assert_eq!(fs::read_dir(folder.path().join("outside")).unwrap().count(), 0);
        assert!(sheltered.finish().unwrap_err().reason.contains("leads out"));
    }

    #[test]
    fn links_are_judged_by_where_they_really_lead() {
        let (_folder, mut sheltered) = shelter();
        sheltered.folder(Path::new("a/b")).unwrap();
        sheltered.link(Path::new("a/b/up"), Path::new("..")).unwrap();
        // By its text it leads to `a`; in fact it leads out.
        sheltered.link(Path::new("escape"), Path::new("a/b/up/../..")).unwrap();
        assert_eq!(sheltered.finish().unwrap_err().reason, "escape leads out of the package");
    }

    #[test]
    fn links_within_the_package_are_kept() {
        let (folder, mut sheltered) = shelter();
        write(&mut sheltered, "a/x").unwrap();
        sheltered.link(Path::new("a/y"), Path::new("../a/x")).unwrap();
        sheltered.link(Path::new("a/later"), Path::new("not-there")).unwrap();
        sheltered.finish().unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("root/a/y")).unwrap(), "x");
    }

    #[test]
    fn a_package_that_never_ends_is_cut_off() {
        let (_folder, mut sheltered) = shelter();
        sheltered.bytes = BYTES_MAX - 10;
        let endless = &mut io::repeat(0);
        let error = sheltered.file(Path::new("big"), Mode::Plain, endless).unwrap_err();
        assert!(error.reason.contains("larger than 1024 MiB"), "{error}");
        sheltered.files = FILES_MAX;
        assert!(
            sheltered.folder(Path::new("one-more")).unwrap_err().reason.contains("more than 50000 files")
        );
    }
}
