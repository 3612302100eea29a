//! Output files: every file that is written for the user is written here.
//!
//! # The life of one output
//!
//! 1. The command line refuses two options that name one file: [`is_same`].
//! 2. Before anything is measured, [`check_writable`] refuses what cannot be written.
//! 3. [`write()`] writes a new file beside the target and renames it when it is complete: a full
//!    disk, or a signal, leaves the old file as it was. The new file gets the old one's mode and
//!    owner, if the file system and our rights allow it; before, only its owner may read it.
//!
//! A link stays a link: its target is replaced, or created. Other hard links of the old file keep
//! the old content. A pipe or a device is written directly. The disk is not asked to flush.
//!
//! What an interrupted run has so far does not replace an earlier result: it goes to
//! `FILE.incomplete`, or, where the folder takes no new file, to that for temporary files.
//!
//! # Invariants
//!
//! - **OUTFILE-1** At every moment a regular file holds its old content or its new one, unless it
//!   can only be written in place: its folder takes no new file, or the kernel does not let us
//!   replace it (another user's file in a sticky folder, a file that is mounted by itself).
//!
//! Read next: `replace.rs`, then `leftovers.rs`.

mod leftovers;
mod place;
mod replace;

pub use leftovers::{flight_path, flights_left, sweep};

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use trainyard::sys::access::may_create_in;

use self::place::{folder, is_one, target};
use crate::terms::error::{LabError, Result};

/// Whether an output is all that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The run came to its end.
    Whole,
    /// It was interrupted, or failed: this is what there is so far.
    Partial,
}

impl Extent {
    pub fn of(is_complete: bool) -> Self {
        if is_complete { Self::Whole } else { Self::Partial }
    }
}

/// Whether both paths lead to one file, which need not exist yet.
pub fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => is_one(&one, &other),
        (Err(_), Err(_)) => target(one) == target(other),
        _ => false,
    }
}

/// Whether `path` leads to the file that standard output is redirected to.
pub fn is_stdout(path: &Path) -> bool {
    let stdout = Path::new("/proc/self/fd/1");
    fs::metadata(stdout).is_ok_and(|metadata| metadata.is_file()) && is_same(path, stdout)
}

/// Finds out whether a file can be written, and changes none. A file that standard output is
/// redirected to would hold the page or the document, not both.
/// Fails with one line that names the file and the reason.
pub fn check_writable(path: &Path) -> Result<()> {
    let refused =
        |why| Err(LabError::BadInput(format!("cannot write to '{}': {why}", path.display())));
    if is_stdout(path) {
        return refused("standard output goes there".to_owned());
    }
    try_writing(path).or_else(|why| refused(why.to_string()))
}

fn try_writing(path: &Path) -> io::Result<()> {
    match kind(path)? {
        // Opening a pipe waits for its reader, who may come only when we are done.
        Kind::Pipe => Ok(()),
        Kind::Special | Kind::File(_) => OpenOptions::new().write(true).open(path).map(drop),
        Kind::New => {
            let target = target(path);
            let folder = folder(&target);
            if target.file_name().is_none() || !fs::metadata(folder)?.is_dir() {
                return Err(ErrorKind::NotFound.into());
            }
            may_create_in(folder).map_err(|why| why.kind().into())
        }
    }
}

/// Writes what `content` writes, and returns where it is.
/// Fails with one line that names the file and the reason.
pub fn write(
    path: &Path,
    extent: Extent,
    content: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<PathBuf> {
    let failed = |why| LabError::failed(format!("cannot write to '{}'", path.display()), why);
    match kind(path).map_err(failed)? {
        Kind::File(old) if extent == Extent::Partial && old.len() > 0 => {
            let part = replace::keep_part(path, &old, content).map_err(failed)?;
            // If standard error is gone nobody reads it.
            drop(writeln!(
                anstream::stderr(),
                "not complete: '{}' is as it was, this run's is '{}'",
                path.display(),
                part.display()
            ));
            return Ok(part);
        }
        Kind::File(old) => replace::replace(&target(path), Some(&old), content),
        Kind::New => replace::replace(&target(path), None, content),
        Kind::Pipe | Kind::Special => {
            sweep(path);
            OpenOptions::new().write(true).open(path).and_then(|mut file| content(&mut file))
        }
    }
    .map_err(failed)?;
    Ok(path.to_owned())
}

enum Kind {
    New,
    File(fs::Metadata),
    Pipe,
    Special,
}

fn kind(path: &Path) -> io::Result<Kind> {
    use std::os::unix::fs::FileTypeExt;
    match fs::metadata(path) {
        Ok(metadata) if metadata.file_type().is_fifo() => Ok(Kind::Pipe),
        // What has no name any more cannot be replaced: /dev/stdout, of a file that was deleted.
        Ok(metadata) if metadata.is_file() && fs::canonicalize(path).is_ok() => {
            Ok(Kind::File(metadata))
        }
        Ok(_) => Ok(Kind::Special),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Kind::New),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
