//! `aksel fmt`
//!
//! Exit codes: 0, 2 after an error, 3 where `-check` found a file that is not formatted.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_lang::format::format;

use crate::arguments::FmtOptions;
use crate::exit::Exit;
use crate::workplace::Workplace;

/// The ends of names of files that are formatted.
const EXTENSIONS: &[&str] = &[".tf", ".tfvars", ".tofu", ".tftest.hcl", ".tfmock.hcl"];

/// Formats files, folders or what is piped in.
pub(crate) fn run(place: &Workplace, options: &FmtOptions) -> Exit {
    if options.targets.iter().any(|target| target.as_os_str() == "-") {
        return piped(place, options);
    }
    let mut run = Run { place, options, unformatted: false, failed: false };
    let here = [PathBuf::from(".")];
    let targets = if options.targets.is_empty() { &here[..] } else { &options.targets };
    for target in targets {
        run.target(target);
    }
    match (run.failed, options.check && run.unformatted) {
        (true, _) => Exit::Broken,
        (false, true) => Exit::Unformatted,
        (false, false) => Exit::Done,
    }
}

fn piped(place: &Workplace, options: &FmtOptions) -> Exit {
    let mut text = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut text) {
        let error = Diagnostic::error(Code::Io, "Standard input cannot be read").detail(format!("{error}."));
        place.screen.fail(&error);
        return Exit::Broken;
    }
    let formatted = match format("<stdin>", &text) {
        Ok(formatted) => formatted,
        Err((diagnostics, sources)) => {
            place.screen.diagnostics(&diagnostics, &sources);
            return Exit::Broken;
        }
    };
    match (options.check, options.diff) {
        (true, _) if formatted != text => return Exit::Unformatted,
        (true, _) => {}
        (false, true) => print!("{}", difference("<stdin>", &text, &formatted)),
        // The end of the last line is part of the screen, not of the text.
        (false, false) => println!("{}", formatted.strip_suffix('\n').unwrap_or(&formatted)),
    }
    Exit::Done
}

struct Run<'a> {
    place: &'a Workplace,
    options: &'a FmtOptions,
    unformatted: bool,
    failed: bool,
}

impl Run<'_> {
    fn fail(&mut self, summary: &str, detail: String) {
        self.place.screen.fail(&Diagnostic::error(Code::Io, summary).detail(detail));
        self.failed = true;
    }

    fn target(&mut self, target: &Path) {
        let full = self.place.path(target);
        if full.is_dir() {
            return self.folder(target);
        }
        if !full.exists() {
            return self.fail("No file or folder", format!("There is nothing at {}.", target.display()));
        }
        match is_formatted(&target.to_string_lossy()) {
            true => self.file(target),
            false => self.fail(
                "Only .tf, .tfvars and .tftest.hcl files can be formatted",
                format!("{} has none of the ends {}.", target.display(), EXTENSIONS.join(", ")),
            ),
        }
    }

    fn folder(&mut self, folder: &Path) {
        let mut names: Vec<String> = match std::fs::read_dir(self.place.path(folder)) {
            Ok(entries) => {
                entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
            }
            Err(error) => {
                return self.fail("Folder cannot be read", format!("{}: {error}.", folder.display()));
            }
        };
        names.sort_unstable();
        names.retain(|name| !name.starts_with('.') && !name.ends_with('~') && !name.starts_with('#'));
        for name in names {
            let path = if folder == Path::new(".") { PathBuf::from(&name) } else { folder.join(&name) };
            let is_folder = self.place.path(&path).is_dir();
            if is_folder && self.options.recursive {
                self.folder(&path);
            } else if !is_folder && is_formatted(&name) {
                self.file(&path);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let full = self.place.path(path);
        let text = match std::fs::read_to_string(&full) {
            Ok(text) => text,
            Err(error) => return self.fail("File cannot be read", format!("{}: {error}.", path.display())),
        };
        let formatted = match format(&path.display().to_string(), &text) {
            Ok(formatted) => formatted,
            Err((diagnostics, sources)) => {
                self.place.screen.diagnostics(&diagnostics, &sources);
                self.failed = true;
                return;
            }
        };
        let writes = self.options.write && !self.options.check;
        if formatted != text {
            self.unformatted = true;
            if self.options.list {
                println!("{}", path.display());
            }
            if self.options.diff {
                print!("{}", difference(&path.display().to_string(), &text, &formatted));
            }
            if writes && let Err(error) = std::fs::write(&full, &formatted) {
                self.fail("File cannot be written", format!("{}: {error}.", path.display()));
            }
        }
        if !self.options.list && !self.options.write && !self.options.diff && !self.options.check {
            print!("{formatted}");
        }
    }
}

fn is_formatted(name: &str) -> bool {
    EXTENSIONS.iter().any(|extension| name.ends_with(extension))
}

/// What would change, as `diff -u` writes it.
fn difference(name: &str, old: &str, new: &str) -> String {
    let (before, after) = (format!("old/{name}"), format!("new/{name}"));
    similar::TextDiff::from_lines(old, new).unified_diff().header(&before, &after).to_string()
}
