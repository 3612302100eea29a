//! Where an output file is in the end, and what the files beside it are called.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The links that Linux follows before it gives up: `path_resolution(7)`.
const LINKS_MAX: usize = 40;
/// A longer name is shortened before something is appended: a name has at most 255 bytes, and
/// about 95 are appended to a FILE.
const NAME_BYTES_MAX: usize = 155;
/// What is left of a longer name; its hash is appended, because two may begin alike.
const STEM_BYTES: usize = 138;

/// Where a file is written in the end: links are followed, also one that leads to nothing yet.
pub(super) fn target(path: &Path) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(link) = fs::read_link(&path) else { break };
        path = folder(&path).join(link);
    }
    match (fs::canonicalize(folder(&path)), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path of a file beside this one.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().as_bytes().to_vec();
    if name.len() > NAME_BYTES_MAX {
        // FNV-1a, with the constants of its authors.
        let hash = name.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        name.truncate(STEM_BYTES);
        name.extend_from_slice(format!("~{hash:016x}").as_bytes());
    }
    name.extend_from_slice(suffix.as_bytes());
    path.with_file_name(OsStr::from_bytes(&name))
}

pub(super) fn is_one(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// The first path that leads to nothing, of one for each number.
pub(super) fn first_free(path: impl Fn(u32) -> PathBuf) -> PathBuf {
    let mut paths = (0..).map(path);
    let free = paths.find(|path| fs::symlink_metadata(path).is_err());
    free.expect("no folder has so many files")
}
