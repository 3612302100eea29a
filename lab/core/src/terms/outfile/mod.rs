//! Output files: every file that is written for the user is written here.
//!
//! # The life of one output
//!
//! 1. The command line refuses two options that name one file: [`is_same`].
//! 2. Before anything is measured, [`check_writable`] refuses what cannot be written.
//! 3. [`write()`] writes a new file beside the target and renames it when it is whole: a full disk, or
//!    a signal, leaves the old file as it was. The new one has the old one's mode and owner.
//!
//! A link stays a link: its target is replaced, or created. A pipe or a device is written directly;
//! so is a file in a folder that takes no other file. The disk is not asked to flush.
//!
//! What an interrupted run has so far does not replace the result of an earlier run: if there is
//! one, the new document goes to `FILE.incomplete`, and that is said.
//!
//! # Invariants
//!
//! - **OUTFILE-1** At every moment a regular file holds its old content or its new one.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

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
    /// The extent of a run that came to its end or not.
    pub fn of(is_complete: bool) -> Self {
        if is_complete { Self::Whole } else { Self::Partial }
    }
}

/// The links that Linux follows before it gives up: `path_resolution(7)`.
const LINKS_MAX: usize = 40;
/// Room for what is appended to a name, which has at most 255 bytes.
const NAME_BYTES_MAX: usize = 220;

/// Whether both paths lead to one file, which need not exist yet.
pub fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        (Err(_), Err(_)) => target(one) == target(other),
        _ => false,
    }
}

/// Whether `path` leads to the file that standard output is redirected to.
pub fn is_stdout(path: &Path) -> bool {
    let stdout = Path::new("/proc/self/fd/1");
    fs::metadata(stdout).is_ok_and(|metadata| metadata.is_file()) && is_same(path, stdout)
}

/// Finds out whether a file can be written, and changes none.
///
/// # Errors
///
/// [`LabError::BadInput`] with one line that names the file and the reason.
pub fn check_writable(path: &Path) -> Result<()> {
    try_writing(path).map_err(|error| {
        LabError::BadInput(format!("cannot write to '{}': {error}", path.display()))
    })
}

fn try_writing(path: &Path) -> io::Result<()> {
    match kind(path)? {
        // Opening a pipe waits for its reader, who may come only when we are done.
        Kind::Pipe => Ok(()),
        Kind::Special | Kind::File(_) => OpenOptions::new().write(true).open(path).map(drop),
        Kind::New => {
            let target = target(path);
            OpenOptions::new().write(true).create_new(true).open(&target)?;
            fs::remove_file(target)
        }
    }
}

/// Writes what `content` writes, and returns where it is.
///
/// # Errors
///
/// [`LabError::Failed`] with one line that names the file and the reason.
pub fn write(
    path: &Path,
    extent: Extent,
    content: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<PathBuf> {
    let failed = |why| LabError::failed(format!("cannot write to '{}'", path.display()), why);
    match kind(path).map_err(failed)? {
        Kind::File(old) if extent == Extent::Partial && old.len() > 0 => {
            let beside = with_suffix(path, ".incomplete");
            replace(&beside, fs::metadata(&beside).ok().as_ref(), content).map_err(failed)?;
            // If standard error is gone nobody reads it.
            drop(writeln!(
                anstream::stderr(),
                "not complete: '{}' is as it was, this run's is '{}'",
                path.display(),
                beside.display()
            ));
            return Ok(beside);
        }
        Kind::File(old) => replace(path, Some(&old), content),
        Kind::New => replace(path, None, content),
        Kind::Pipe | Kind::Special => {
            OpenOptions::new().write(true).open(path).and_then(|mut file| content(&mut file))
        }
    }
    .map_err(failed)?;
    Ok(path.to_owned())
}

/// What a path leads to.
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

/// Writes the file that `path` leads to, beside it first.
fn replace(
    path: &Path,
    old: Option<&fs::Metadata>,
    content: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let target = target(path);
    sweep(&target);
    let unfinished = with_suffix(&target, &format!(".{}.unfinished", std::process::id()));
    let mut file = match OpenOptions::new().write(true).create_new(true).open(&unfinished) {
        Ok(file) => file,
        // The folder takes no other file; this one may be written all the same.
        Err(why)
            if old.is_some()
                && matches!(
                    why.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
                ) =>
        {
            return File::create(&target).and_then(|mut file| content(&mut file));
        }
        Err(why) => return Err(why),
    };
    let written = content(&mut file).and_then(|()| {
        if let Some(old) = old {
            // Only root may give a file away; whoever else writes it becomes its owner.
            drop(fchown(&file, Some(old.uid()), Some(old.gid())));
            file.set_permissions(old.permissions())?;
        }
        // INVARIANT: [OUTFILE-1]
        match fs::rename(&unfinished, &target) {
            // A file that is mounted by itself, as containers do, keeps its place.
            Err(why) if why.kind() == ErrorKind::ResourceBusy => {
                fs::copy(&unfinished, &target)?;
                fs::remove_file(&unfinished)
            }
            renamed => renamed,
        }
    });
    if written.is_err() {
        // What could not be finished is of no use; the first error says why.
        drop(fs::remove_file(unfinished));
    }
    written
}

/// Removes what processes that are dead have left beside `target`: unfinished files, and the rings
/// of recordings that a new trace replaces.
pub fn sweep(target: &Path) {
    // Without it every process would look dead.
    let can_tell = Path::new("/proc/self").exists();
    for (left, pid) in left_beside(target).into_iter().filter(|_| can_tell) {
        if !Path::new("/proc").join(pid).exists() {
            // A file that cannot be removed does no harm.
            drop(fs::remove_file(left));
        }
    }
}

/// The files that are made on the way to `target`, each with the process that made it:
/// `FILE.PID.unfinished`, and `FILE.….PID.flight`, the rings of a recording.
pub fn left_beside(target: &Path) -> Vec<(PathBuf, String)> {
    let begin = with_suffix(target, ".");
    let begin = begin.file_name().unwrap_or_default().as_bytes();
    let pid = |name: &OsStr| {
        let end = str::from_utf8(name.as_bytes().strip_prefix(begin)?).ok()?;
        let end = end.strip_suffix(".unfinished").or_else(|| end.strip_suffix(".flight"))?;
        let pid = end.rsplit('.').next().filter(|pid| pid.bytes().all(|b| b.is_ascii_digit()))?;
        Some(pid.to_owned())
    };
    let entries = fs::read_dir(folder(target)).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.file_name());
    files.filter_map(|name| Some((target.with_file_name(&name), pid(&name)?))).collect()
}

/// Where a file is written in the end: links are followed, also one that leads to nothing yet.
fn target(path: &Path) -> PathBuf {
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

/// The folder that `path` is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path of a file beside this one.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let mut name = OsStr::from_bytes(&name[..name.len().min(NAME_BYTES_MAX)]).to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests;
