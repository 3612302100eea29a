//! What is made on the way to an output file, and is removed when its maker is dead.
//!
//! | name | what it is |
//! | --- | --- |
//! | `FILE.TAG.unfinished` | new content, until it is complete and takes FILE's place |
//! | `FILE.NAME.TAG.flight` | the rings of one recording of a trace |
//! | `FILE.NAME.TAG.flight.TAG.unfinished` | a whole recording, until it takes the place of its rings |
//!
//! TAG is the number of a process, and `-1`, `-2` if there is such a file already: containers that
//! share a folder may have the same numbers. NAME has no dot, and so what belongs to `run.trace`
//! does not look as if it belonged to `run`. A long FILE is shortened, and has its hash.
//!
//! # Invariants
//!
//! - **LEFT-1** Whoever writes to such a file has locked it, see `flock(2)`, and [`sweep`] removes
//!   only what it could lock. So the file of a living process stays, also of one that `/proc` does
//!   not show. Where the file system knows no locks, nothing is removed.
//!
//! Rings also stay as long as the laboratory lives that will read them: the process in TAG.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::place::{beside, first_free, folder, is_one, target};

/// As much of a recording's name as is kept: its end, which has its number.
const NAME_BYTES_MAX: usize = 50;

/// Where a process keeps its rings until the trace at `path` is written.
pub fn flight_path(path: &Path, name: &str) -> PathBuf {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = &name[name.len().saturating_sub(NAME_BYTES_MAX)..];
    let base = base(path);
    first_free(|number| beside(&base, &format!(".{name}.{}.flight", tag(number))))
}

/// The rings of recordings that never became the trace at `path`, if their program was killed.
pub fn flights_left(path: &Path) -> Vec<PathBuf> {
    let rings = left_beside(path).into_iter().filter(|left| left.is_flight);
    let mut rings: Vec<PathBuf> = rings.map(|left| left.path).collect();
    rings.sort();
    rings
}

/// Removes what dead processes have left of `path`: unfinished files, and the rings of recordings
/// that a new trace replaces.
pub fn sweep(path: &Path) {
    for left in left_beside(path) {
        if !(left.is_flight && is_alive(&left.pid)) {
            remove_unless_locked(&left.path);
        }
    }
}

/// Makes the file in which the new content of `target` is written, and locks it.
pub(super) fn unfinished(target: &Path, mode: u32) -> io::Result<(File, PathBuf)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(mode);
    loop {
        let path = first_free(|number| beside(target, &format!(".{}.unfinished", tag(number))));
        match options.open(&path) {
            // Another process of this number was faster.
            Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
            Err(why) => return Err(why),
            Ok(file) => {
                // INVARIANT: [LEFT-1] where this fails because there are no locks, so it does in
                // `sweep`; and whoever had the lock first has removed the file.
                let lock = file.try_lock();
                if !matches!(lock, Err(fs::TryLockError::WouldBlock)) && is_at(&file, &path) {
                    return Ok((file, path));
                }
            }
        }
    }
}

/// What the names of these files begin with. Beside a pipe or a device there is no place for files.
fn base(path: &Path) -> PathBuf {
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let mut name = OsStr::new("trainyard-").to_owned();
        name.push(path.file_name().unwrap_or_default());
        return std::env::temp_dir().join(name);
    }
    target(path)
}

fn tag(number: u32) -> String {
    let pid = std::process::id();
    if number == 0 { pid.to_string() } else { format!("{pid}-{number}") }
}

/// A file that somebody made on the way to an output.
struct Left {
    path: PathBuf,
    is_flight: bool,
    pid: String,
}

fn left_beside(path: &Path) -> Vec<Left> {
    let base = base(path);
    let begin = beside(&base, ".");
    let begin = begin.file_name().unwrap_or_default().as_bytes();
    let entries = fs::read_dir(folder(&base)).into_iter().flatten().flatten();
    let left = entries.map(|entry| entry.file_name()).filter_map(|name| {
        let end = str::from_utf8(name.as_bytes().strip_prefix(begin)?).ok()?;
        let (pid, is_flight) = parse(end)?;
        Some(Left { path: base.with_file_name(&name), is_flight, pid: pid.to_owned() })
    });
    left.collect()
}

/// Reads what follows `FILE.`: which process, and whether these are rings.
fn parse(end: &str) -> Option<(&str, bool)> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    match end.split('.').collect::<Vec<&str>>()[..] {
        [tag, "unfinished"] => Some((pid_of(tag)?, false)),
        [name, tag, "flight"] if is_name(name) => Some((pid_of(tag)?, true)),
        [name, rings, "flight", tag, "unfinished"] if is_name(name) && pid_of(rings).is_some() => {
            Some((pid_of(tag)?, false))
        }
        _ => None,
    }
}

fn pid_of(tag: &str) -> Option<&str> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (pid, number) = tag.split_once('-').unwrap_or((tag, "0"));
    (is_number(pid) && is_number(number)).then_some(pid)
}

/// Without a `/proc` nobody is known to be dead.
fn is_alive(pid: &str) -> bool {
    let proc = Path::new("/proc");
    !proc.join("self").exists() || proc.join(pid).exists()
}

fn remove_unless_locked(path: &Path) {
    // A link or a pipe is none of ours, and opening a pipe may wait.
    if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return;
    }
    let Ok(file) = OpenOptions::new().write(true).open(path) else { return };
    // INVARIANT: [LEFT-1] with the lock, or its maker could rename another file to this name.
    if file.try_lock().is_ok() && is_at(&file, path) {
        // A file that cannot be removed does no harm.
        drop(fs::remove_file(path));
    }
}

/// Whether `path` still leads to this file.
fn is_at(file: &File, path: &Path) -> bool {
    matches!((file.metadata(), fs::metadata(path)), (Ok(file), Ok(named)) if is_one(&file, &named))
}
