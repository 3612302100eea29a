//! How a regular file gets new content: beside it first, and all at once.
//!
//! Read after [`outfile`](super).

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Seek};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use trainyard::sys::access::may_create_in;

use super::leftovers::{sweep, unfinished};
use super::place::{beside, first_free, folder, is_one, target};

/// What a new file may be used for, before the umask: by everybody, as files are.
const MODE_OF_NEW: u32 = 0o666;
/// What a file may be used for that replaces another, until it is complete: only by its owner.
const MODE_OF_UNFINISHED: u32 = 0o600;

/// Writes `target`, which is no link. The new file is `like` another, which it replaces or not.
pub(super) fn replace(
    target: &Path,
    like: Option<&Metadata>,
    content: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    sweep(target);
    let old = fs::symlink_metadata(target).ok().filter(Metadata::is_file);
    let mode = if like.is_some() { MODE_OF_UNFINISHED } else { MODE_OF_NEW };
    let (mut file, path) = match (unfinished(target, mode), &old) {
        (Ok(new), _) => new,
        // The folder takes no other file; this one may be written all the same.
        (Err(why), Some(old)) if takes_no_file(&why) => {
            return in_place(target, old).and_then(|mut file| content(&mut file));
        }
        (Err(why), _) => return Err(why),
    };
    if let Err(why) = content(&mut file) {
        // What could not be finished is of no use.
        drop(fs::remove_file(path));
        return Err(why);
    }
    if let Some(like) = like {
        make_as(&file, like);
    }
    // INVARIANT: [OUTFILE-1]
    match (fs::rename(&path, target), &old) {
        (Ok(()), _) => Ok(()),
        // A file that is mounted by itself keeps its place, as containers have it; so does another
        // user's in a folder like /tmp.
        (Err(why), Some(old)) if is_held(&why) => copy_over(&mut file, &path, target, old),
        (Err(why), _) => {
            drop(fs::remove_file(path));
            Err(why)
        }
    }
}

/// Writes a part of what was asked for beside `target`, which holds a whole result and stays.
/// Returns where: in the folder for temporary files if there it cannot be.
pub(super) fn keep_part(
    asked: &Path,
    old: &Metadata,
    content: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<PathBuf> {
    let whole = target(asked);
    let mut part = target(&beside(&whole, ".incomplete"));
    let earlier = fs::metadata(&part).ok();
    if earlier.is_none() && may_create_in(folder(&part)).is_err() {
        let place = std::env::temp_dir().join(whole.file_name().unwrap_or_default());
        part = first_free(|number| match number {
            0 => beside(&place, ".incomplete"),
            _ => beside(&place, &format!(".{number}.incomplete")),
        });
    }
    replace(&part, earlier.as_ref().or(Some(old)), content)?;
    // As the user spells it, if it can be.
    let spelled = beside(asked, ".incomplete");
    Ok(if target(&spelled) == part { spelled } else { part })
}

/// Opens and empties the file that is `old`, and makes none: another user's in a folder like /tmp
/// may be opened only so, see `protected_regular` in `proc_sys_fs(5)`.
fn in_place(target: &Path, old: &Metadata) -> io::Result<File> {
    let file = OpenOptions::new().write(true).open(target)?;
    if is_one(&file.metadata()?, old) {
        file.set_len(0)?;
        Ok(file)
    } else {
        Err(io::Error::other("somebody else has replaced it meanwhile"))
    }
}

/// Whether a folder, by what it answered, takes no new file. The disk may have room all the same.
fn takes_no_file(why: &io::Error) -> bool {
    matches!(why.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Whether the kernel refuses to take a file's name away, though the file may be writable.
fn is_held(why: &io::Error) -> bool {
    matches!(why.kind(), ErrorKind::ResourceBusy | ErrorKind::PermissionDenied)
}

/// Gives the new file the owner and the mode of the old one, as far as we may and the file system
/// can: without them it is a result all the same.
fn make_as(file: &File, old: &Metadata) {
    // Only root may give a file away; whoever else writes it becomes its owner.
    if fchown(file, Some(old.uid()), Some(old.gid())).is_err() {
        drop(fchown(file, None, Some(old.gid())));
    }
    drop(file.set_permissions(old.permissions()));
}

/// Copies the complete new content into the old file. If that fails the copy stays.
pub(super) fn copy_over(
    file: &mut File,
    path: &Path,
    target: &Path,
    old: &Metadata,
) -> io::Result<()> {
    let copied = file.rewind().and_then(|()| io::copy(file, &mut in_place(target, old)?));
    match copied {
        Ok(_) => {
            drop(fs::remove_file(path));
            Ok(())
        }
        Err(why) => {
            let line = format!("{why}; what should be in it is in '{}'", path.display());
            Err(io::Error::new(why.kind(), line))
        }
    }
}
