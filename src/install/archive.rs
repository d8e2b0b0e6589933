//! Archives: zip, and tar as it is or compressed by gzip, bzip2 or xz.
//!
//! Invariant: only files, folders and links come out of an archive; all of them through `Sheltered`.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::fetch_error::FetchError;
use crate::sheltered::{Mode, Sheltered};

/// How an archive is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Zip,
    Tar,
    TarGzip,
    TarBzip2,
    TarXz,
}

/// By how a file's name ends.
const ENDINGS: &[(&str, Packing)] = &[
    ("zip", Packing::Zip),
    ("tar.gz", Packing::TarGzip),
    ("tgz", Packing::TarGzip),
    ("tar.bz2", Packing::TarBzip2),
    ("tbz2", Packing::TarBzip2),
    ("tar.xz", Packing::TarXz),
    ("txz", Packing::TarXz),
    ("tar", Packing::Tar),
];

impl Packing {
    /// What the `archive` parameter of an address names.
    pub(crate) fn named(name: &str) -> Option<Packing> {
        ENDINGS.iter().find(|(ending, _)| *ending == name).map(|(_, packing)| *packing)
    }

    /// What the end of a path says.
    pub(crate) fn of_path(path: &str) -> Option<Packing> {
        let ends = |ending: &str| path.strip_suffix(ending).is_some_and(|before| before.ends_with('.'));
        ENDINGS.iter().find(|(ending, _)| ends(ending)).map(|(_, packing)| *packing)
    }
}

/// Unpacks an archive into a folder that is there and empty.
pub(crate) fn unpack(archive: File, packing: Packing, target: &Path) -> Result<(), FetchError> {
    let mut sheltered = Sheltered::new(target);
    let archive = BufReader::new(archive);
    match packing {
        Packing::Zip => unzip(archive, &mut sheltered)?,
        Packing::Tar => untar(archive, &mut sheltered)?,
        Packing::TarGzip => untar(flate2::bufread::MultiGzDecoder::new(archive), &mut sheltered)?,
        Packing::TarBzip2 => untar(bzip2::bufread::MultiBzDecoder::new(archive), &mut sheltered)?,
        Packing::TarXz => untar(lzma_rust2::XzReader::new(archive, true), &mut sheltered)?,
    }
    sheltered.finish()
}

fn damaged(error: impl std::fmt::Display) -> FetchError {
    FetchError::new(format!("the archive cannot be read: {error}"))
}

fn untar(stream: impl Read, target: &mut Sheltered) -> Result<(), FetchError> {
    let mut archive = tar::Archive::new(stream);
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = entry.path().map_err(damaged)?.into_owned();
        let kind = entry.header().entry_type();
        if kind.is_dir() {
            target.folder(&name)?;
        } else if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
            let mode = Mode::of(entry.header().mode().unwrap_or(0));
            target.file(&name, mode, &mut entry)?;
        } else if kind.is_symlink() {
            let leads_to = entry.link_name().map_err(damaged)?.unwrap_or_default().into_owned();
            target.link(&name, &leads_to)?;
        } else if !kind.is_pax_global_extensions() {
            // A global header is what git says about the commit that it packed.
            return Err(FetchError::new(format!("{} is neither file, folder nor link", name.display())));
        }
    }
    Ok(())
}

fn unzip(archive: impl Read + io::Seek, target: &mut Sheltered) -> Result<(), FetchError> {
    let mut archive = zip::ZipArchive::new(archive).map_err(damaged)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(damaged)?;
        let name = PathBuf::from(&*entry.name().map_err(damaged)?);
        if entry.is_dir() {
            target.folder(&name)?;
        } else if entry.is_symlink() {
            let mut leads_to = String::new();
            (&mut entry).take(PATH_MAX).read_to_string(&mut leads_to).map_err(damaged)?;
            target.link(&name, Path::new(&leads_to))?;
        } else {
            let mode = Mode::of(entry.unix_mode().unwrap_or(0));
            target.file(&name, mode, &mut entry)?;
        }
    }
    Ok(())
}

/// The longest path that a link may have.
const PATH_MAX: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek as _, Write as _};

    fn tar_of(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, text) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            // Past the check of the writer, as an attacker would.
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, text.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn unpacked(bytes: &[u8], packing: Packing) -> Result<tempfile::TempDir, FetchError> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        let folder = tempfile::tempdir().unwrap();
        unpack(file, packing, folder.path()).map(|()| folder)
    }

    #[test]
    fn every_packing_is_unpacked() {
        let tar = tar_of(&[("m/main.tf", "# x\n")]);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&tar).unwrap();
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        bzip2.write_all(&tar).unwrap();
        let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).unwrap();
        xz.write_all(&tar).unwrap();
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        zip.start_file("m/main.tf", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"# x\n").unwrap();
        for (bytes, packing) in [
            (tar, Packing::Tar),
            (gzip.finish().unwrap(), Packing::TarGzip),
            (bzip2.finish().unwrap(), Packing::TarBzip2),
            (xz.finish().unwrap(), Packing::TarXz),
            (zip.finish().unwrap().into_inner(), Packing::Zip),
        ] {
            let folder = unpacked(&bytes, packing).unwrap();
            let text = std::fs::read_to_string(folder.path().join("m/main.tf")).unwrap();
            assert_eq!(text, "# x\n", "{packing:?}");
        }
    }

    #[test]
    fn an_archive_with_a_name_that_leads_out_is_refused() {
        let error = unpacked(&tar_of(&[("ok.tf", ""), ("../evil.tf", "x")]), Packing::Tar).unwrap_err();
        assert_eq!(error.reason, "../evil.tf leads out of the package");
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        zip.start_file("../evil.tf", zip::write::SimpleFileOptions::default()).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        assert!(unpacked(&bytes, Packing::Zip).unwrap_err().reason.contains("leads out"));
    }

    #[test]
    fn garbage_is_an_error() {
        for packing in [Packing::Zip, Packing::TarGzip, Packing::TarBzip2, Packing::TarXz] {
            assert!(unpacked(b"<html>not found</html>", packing).is_err(), "{packing:?}");
        }
    }

    #[test]
    fn names_of_files_tell_their_packing() {
        for (path, packing) in [
            ("/x/m.tar.gz", Some(Packing::TarGzip)),
            ("/x/m.tgz", Some(Packing::TarGzip)),
            ("/x/m.zip", Some(Packing::Zip)),
            ("/x/m.tar.xz", Some(Packing::TarXz)),
            ("/x/zip", None),
            ("/x/m.gz", None),
        ] {
            assert_eq!(Packing::of_path(path), packing, "{path}");
        }
    }
}
