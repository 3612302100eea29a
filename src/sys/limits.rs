//! Limits, and which of them stands behind an error.
//!
//! "Resource temporarily unavailable" does not say of what there is no more. The kernel has few
//! reasons, though: descriptors are limited for a process, and processes with their threads for a
//! user and for a control group.
//!
//! See `getrlimit(2)`, `cgroups(7)`, and the kernel's `admin-guide/cgroup-v2.rst`.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

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

/// What `file` says in this process's control group, or else in the next one above that has it;
/// `None` if none has.
pub fn of_group(file: &str) -> Option<String> {
    groups(file).iter().find_map(|group| {
        let text = fs::read_to_string(group.join(file)).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    })
}

/// The smallest number that `file` holds in this process's control group and those above it, all
/// of which limit it. `max` is no number.
pub fn of_groups(file: &str) -> Option<u64> {
    groups(file).iter().filter_map(|group| number(&group.join(file))).min()
}

/// How many processes and threads a control group may have, and how many it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many it may have.
    pub max: u64,
    /// How many it has.
    pub used: u64,
}

/// The quota of this process's control group, or of one above it: the one with the least room.
pub fn processes_of_group() -> Option<Quota> {
    let quotas = groups("pids.max").into_iter().filter_map(|group| {
        let max = number(&group.join("pids.max"))?;
        Some(Quota { max, used: number(&group.join("pids.current")).unwrap_or(0) })
    });
    quotas.min_by_key(|quota| quota.max.saturating_sub(quota.used))
}

/// The folders of this process's control groups that may hold `file`: its own first, the root of
/// the hierarchy last.
fn groups(file: &str) -> Vec<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    groups_in(&own, file.split('.').next().unwrap_or_default())
}

/// The same, for a text such as `0::/user.slice/own` (version 2) or `4:pids:/own` (version 1).
fn groups_in(own: &str, controller: &str) -> Vec<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    let mut groups = Vec::new();
    for line in own.lines() {
        let Some((controllers, path)) = line.split_once(':').and_then(|it| it.1.split_once(':'))
        else {
            continue;
        };
        let root = match controllers {
            "" => root.to_owned(),
            _ if controllers.split(',').any(|one| one == controller) => root.join(controllers),
            _ => continue,
        };
        // A group outside of what this namespace sees begins with `/..`.
        let names =
            Path::new(path).components().filter(|part| matches!(part, Component::Normal(_)));
        let own = root.join(names.collect::<PathBuf>());
        groups.extend(
            own.ancestors().take_while(|group| group.starts_with(&root)).map(Path::to_owned),
        );
    }
    if groups.is_empty() { vec![root.to_owned()] } else { groups }
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
        Some(Errno::ENFILE) => {
            number(Path::new("/proc/sys/fs/file-max")).map(|limit| (limit, "fs.file-max"))
        }
        Some(Errno::EAGAIN) => {
            let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
            let of_user = processes().soft.filter(|_| !is_exempt(&status));
            let of_user = of_user.map(|limit| (limit, "ulimit -u"));
            let of_group = processes_of_group().map(|quota| (quota.max, "pids.max of its group"));
            of_user.into_iter().chain(of_group).min()
        }
        _ => return error,
    };
    let Some((limit, name)) = limit else { return error };
    io::Error::new(error.kind(), format!("{error} (limit {limit}: {name})"))
}

/// Puts the name of a system call in front of an error that std has returned for it, and the limit
/// behind it.
pub fn of_call(call: &'static str) -> impl Fn(io::Error) -> io::Error {
    move |error| {
        let kind = error.kind();
        // EAGAIN is a socket's here; where it is `fork`'s, the limit is named there.
        let error = if kind == io::ErrorKind::WouldBlock { error } else { named(error) };
        io::Error::new(kind, format!("{call}: {error}"))
    }
}

/// As [`named`], for a thread that could not be started.
#[must_use]
pub fn of_a_thread(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("a thread cannot be started: {}", named(error)))
}

/// Whether the limit of a user's processes does not hold for the process with this `status`: it is
/// root's, or has `CAP_SYS_RESOURCE` or `CAP_SYS_ADMIN`.
fn is_exempt(status: &str) -> bool {
    const CAP_SYS_ADMIN: u64 = 1 << 21;
    const CAP_SYS_RESOURCE: u64 = 1 << 24;
    let field = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name))?;
        value.split_ascii_whitespace().next()
    };
    let capable = field("CapEff:").and_then(|mask| u64::from_str_radix(mask, 16).ok());
    // The first of four is the real one, whose processes are counted.
    field("Uid:") == Some("0")
        || capable.is_some_and(|mask| mask & (CAP_SYS_RESOURCE | CAP_SYS_ADMIN) != 0)
}

fn number(path: &Path) -> Option<u64> {
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

    #[test]
    fn the_call_is_named_in_front_and_the_limit_behind() {
        let full = of_call("socketpair")(io::Error::from(Errno::EMFILE));
        assert!(full.to_string().starts_with("socketpair: Too many open files"), "{full}");
        assert!(full.to_string().ends_with(": ulimit -n)"), "{full}");
        let later = of_call("connect")(io::Error::from(Errno::EAGAIN)).to_string();
        assert_eq!(later, "connect: Resource temporarily unavailable (os error 11)");
    }

    #[test]
    fn roots_processes_and_capable_ones_are_not_limited() {
        let status = |uid: &str, mask: &str| format!("Name:\tx\nUid:\t{uid}\nCapEff:\t{mask}\n");
        let (none, resource) = ("0000000000000000", "0000000001000000");
        assert!(is_exempt(&status("0\t1000\t1000\t1000", none)));
        assert!(!is_exempt(&status("1000\t0\t0\t0", none)), "effective, but not real");
        assert!(is_exempt(&status("1000\t1000\t1000\t1000", resource)));
        assert!(!is_exempt(""));
    }

    #[test]
    fn every_group_up_to_the_root_is_looked_at() {
        let groups = |own, controller| {
            let groups = groups_in(own, controller);
            groups.iter().map(|group| group.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        let root = "/sys/fs/cgroup";
        let both = [format!("{root}/a/b"), format!("{root}/a"), root.to_owned()];
        assert_eq!(groups("0::/a/b\n", "pids"), both);
        assert_eq!(groups("0::/../a\n", "pids"), both[1..]);
        let first = "9:cpu,cpuacct:/c\n4:pids:/a\n";
        assert_eq!(groups(first, "pids"), [format!("{root}/pids/a"), format!("{root}/pids")]);
        assert_eq!(groups(first, "memory"), [root], "a container may show its group as the root");
        assert_eq!(groups("", "pids"), [root]);
    }
}
