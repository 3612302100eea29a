//! Limits, and which of them stands behind an error.
//!
//! "Resource temporarily unavailable" does not say of what there is no more. The kernel has few
//! reasons, though: descriptors are limited for a process, and processes with their threads for a
//! user and for a control group.
//!
//! See `getrlimit(2)`, `cgroups(7)`, and the kernel's `admin-guide/cgroup-v2.rst`.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

/// A limit of this process: what holds now, and how far the process may raise it. `None`: there is
/// no such limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// What holds now.
    pub soft: Option<u64>,
    /// How far the process may raise it.
    pub hard: Option<u64>,
}

impl Limit {
    fn of(resource: Resource) -> Self {
        let finite = |limit| Some(limit).filter(|limit| *limit != RLIM_INFINITY);
        let limits = getrlimit(resource);
        limits
            .map_or(Self::default(), |(soft, hard)| Self { soft: finite(soft), hard: finite(hard) })
    }
}

/// How many descriptors this process may have open.
pub fn descriptors() -> Limit {
    Limit::of(Resource::RLIMIT_NOFILE)
}

/// How many processes and threads this user may have. It does not hold for root.
pub fn processes() -> Limit {
    Limit::of(Resource::RLIMIT_NPROC)
}

/// What a file of this process's control group says, or of the root group as a container sees it;
/// `None` if there is none, as where groups have version 1.
pub fn of_group(file: &str) -> Option<String> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = groups.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    [own, ""].iter().find_map(|group| {
        let text = fs::read_to_string(format!("/sys/fs/cgroup{group}/{file}")).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    })
}

/// Tells whether `error` is one that [`named`] adds a limit to.
pub fn is_of_one(error: &io::Error) -> bool {
    let reached = [Errno::EAGAIN, Errno::EMFILE, Errno::ENFILE];
    error.raw_os_error().is_some_and(|errno| reached.contains(&Errno::from_raw(errno)))
}

/// Adds the limit to an error that says that one was reached (`EAGAIN`, `EMFILE`, `ENFILE`). Any
/// other stays as it is. `EAGAIN` is taken for one of `clone(2)`: do not give it that of a socket.
#[must_use]
pub fn named(error: io::Error) -> io::Error {
    let limit = match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EMFILE) => descriptors().soft.map(|limit| (limit, "ulimit -n")),
        Some(Errno::ENFILE) => number("/proc/sys/fs/file-max").map(|limit| (limit, "fs.file-max")),
        Some(Errno::EAGAIN) => {
            let of_user = processes().soft.filter(|_| !is_root());
            let of_group = of_group("pids.max").and_then(|text| text.parse().ok());
            let of_user = of_user.map(|limit| (limit, "ulimit -u"));
            of_user.into_iter().chain(of_group.map(|limit| (limit, "pids.max of its group"))).min()
        }
        _ => return error,
    };
    let Some((limit, name)) = limit else { return error };
    io::Error::new(error.kind(), format!("{error} (limit {limit}: {name})"))
}

/// As [`named`], for a thread that could not be started.
#[must_use]
pub fn of_a_thread(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("a thread cannot be started: {}", named(error)))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_a_limit_names_it_and_another_stays_as_it_is() {
        let limit = descriptors().soft.unwrap();
        let full = named(io::Error::from(Errno::EMFILE)).to_string();
        assert_eq!(full, format!("Too many open files (os error 24) (limit {limit}: ulimit -n)"));
        let other = named(io::Error::from(Errno::ENOENT)).to_string();
        assert_eq!(other, "No such file or directory (os error 2)");
        let thread = of_a_thread(io::Error::from(Errno::EAGAIN)).to_string();
        let line = "a thread cannot be started: Resource temporarily unavailable (os error 11)";
        assert!(thread.starts_with(line), "{thread}");
    }
}
