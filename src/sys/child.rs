//! Starting a program the way std does, with nothing of this one in its way.
//!
//! A child of std inherits the signal mask of the thread that starts it. A program that listens to
//! Ctrl-C (see [`signal`](super::signal)) blocks SIGINT and SIGTERM, and its children would be deaf
//! to both: `kill` would not end them, and neither would Python's `Process.terminate()`. So every
//! child of such a program is started by [`start`].
//!
//! What it says is heard by [`hear`], within a limit of time.
//!
//! A program that starts itself again goes by [`own_program`], because the file it was started
//! from may have been replaced since.
//!
//! Read next: [`process`], which starts a pool's workers.
//!
//! See `sigprocmask(2)`, `proc_pid_exe(5)`, `pid_namespaces(7)`.
#![expect(unsafe_code, reason = "unblocks signals between fork and exec")]

use std::ffi::{CString, OsStr};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};

use super::poll::{self, Interest};
use super::{clock, limits, process};

/// The program that this process runs, whatever became of its file.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// Starts `command` in a process in which no signal is blocked.
///
/// # Errors
///
/// Fails if there is no such program, or no room for a process: the error says which, and names
/// the limit.
pub fn start(command: &mut Command) -> io::Result<Child> {
    let unblock = || Ok(sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?);
    // SAFETY: in the child the closure makes one async-signal-safe call, and allocates nothing.
    unsafe { command.pre_exec(unblock) };
    command.spawn().map_err(|why| explained(command.get_program(), why))
}

/// What a failed start was about: a file of ours that is not there, or the limit that was reached.
fn explained(program: &OsStr, why: io::Error) -> io::Error {
    let kind = why.kind();
    if limits::is_of_one(&why) {
        let why = limits::named(why);
        return io::Error::new(kind, format!("a process cannot be started: {why}"));
    }
    // Whoever names another program names it in the error too.
    let own = Some(OWN_PROGRAM).filter(|own| program == OsStr::new(own));
    let mut files = own.into_iter().chain(["/dev/null"]);
    match files.find(|file| kind == ErrorKind::NotFound && !Path::new(file).exists()) {
        Some(file) => io::Error::new(kind, format!("a process cannot be started: {file}: {why}")),
        None => why,
    }
}

/// How listening to a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what was heard may be a part"]
pub enum Heard {
    /// Its output was closed, by which most programs end.
    Everything,
    /// What was heard is enough.
    Enough,
    /// The time was over before that.
    Silence,
}

/// Reads `output` into `said` until it is closed, `is_enough`, or `patience` is over.
///
/// # Errors
///
/// Fails if reading does.
pub fn hear(
    output: &mut (impl Read + AsFd),
    patience: Duration,
    said: &mut Vec<u8>,
    is_enough: impl Fn(&[u8]) -> bool,
) -> io::Result<Heard> {
    let deadline_ns = clock::deadline_ns(patience);
    let mut piece = [0; 4096];
    while !is_enough(said) {
        let left = Duration::from_nanos(deadline_ns.saturating_sub(clock::now_ns()));
        if poll::wait(&[(output.as_fd(), Interest::Read)], Some(left))?[0] {
            match output.read(&mut piece)? {
                0 => return Ok(Heard::Everything),
                count => said.extend_from_slice(&piece[..count]),
            }
        }
        if left.is_zero() {
            return Ok(Heard::Silence);
        }
    }
    Ok(Heard::Enough)
}

/// Returns a command that runs this very program again, also when its file was replaced or
/// deleted. In `ps` it has the name that this process was called by, and in `top` too once it has
/// called [`take_own_name`].
pub fn own_program() -> Command {
    let mut command = Command::new(OWN_PROGRAM);
    command.arg0(std::env::args_os().next().unwrap_or_default());
    command
}

/// Names this process after what it was called by: one that [`own_program`] started is `exe` to the
/// kernel otherwise.
pub fn take_own_name() {
    let name = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&name).file_name().map(|name| CString::new(name.as_bytes()));
    if let Some(Ok(name)) = name {
        // A process with another name works as well.
        drop(process::set_name(&name));
    }
}

/// Checks that `/proc` is mounted, and numbers processes as this one does.
///
/// # Errors
///
/// One line that says what is wrong with `/proc`, and what helps.
pub fn check_proc() -> io::Result<()> {
    let link = Path::new("/proc/self");
    let is_mounted = link.with_file_name("version").exists();
    check_link(link.read_link().ok().as_deref(), std::process::id(), is_mounted)
}

/// Checks that /proc/self leads to the process `pid`.
fn check_link(target: Option<&Path>, pid: u32, is_mounted: bool) -> io::Result<()> {
    match target {
        Some(target) if target == Path::new(&pid.to_string()) => Ok(()),
        None if !is_mounted => Err(io::Error::new(
            ErrorKind::NotFound,
            "/proc is not mounted, and processes are started and measured through it: \
             `mount -t proc proc /proc`",
        )),
        _ => Err(io::Error::other(format!(
            "/proc belongs to another pid namespace, where this process is not number {pid}: \
             `unshare --mount-proc`, or `mount -t proc proc /proc`"
        ))),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::process::Stdio;

    use super::*;
    use crate::sys::signal::Interrupts;

    /// Fails if the child keeps the mask of its parent.
    #[test]
    fn a_child_of_a_program_that_listens_to_signals_blocks_none() {
        let _interrupts = Interrupts::listen().unwrap();
        let mut grep = Command::new("grep");
        grep.args(["^SigBlk", "/proc/self/status"]).stdout(Stdio::piped());
        let mut child = start(&mut grep).unwrap();
        let mut line = String::new();
        child.stdout.take().unwrap().read_to_string(&mut line).unwrap();
        child.wait().unwrap();
        assert_eq!(line.trim_end(), "SigBlk:\t0000000000000000");
    }

    #[test]
    fn a_start_that_fails_names_what_is_missing() {
        let why = start(&mut Command::new("/no/such/program")).unwrap_err();
        assert_eq!(why.kind(), ErrorKind::NotFound);
        assert_eq!(why.to_string(), "No such file or directory (os error 2)");
        let full = nix::errno::Errno::EMFILE.into();
        let why = explained(OsStr::new("/bin/true"), full).to_string();
        assert!(why.starts_with("a process cannot be started: Too many open files"), "{why}");
        assert!(why.contains("(limit "), "{why}");
    }

    #[test]
    fn a_child_is_heard_until_it_ends_has_said_enough_or_its_time_is_over() {
        let hear = |script: &str, patience, enough| {
            let mut shell = Command::new("sh");
            let mut child = start(shell.args(["-c", script]).stdout(Stdio::piped())).unwrap();
            let (mut output, mut said) = (child.stdout.take().unwrap(), Vec::new());
            let heard = hear(&mut output, patience, &mut said, |said| said.len() >= enough);
            child.kill().unwrap();
            child.wait().unwrap();
            (heard.unwrap(), String::from_utf8(said).unwrap())
        };
        let long = Duration::from_mins(1);
        assert_eq!(hear("echo one", long, 9), (Heard::Everything, "one\n".to_owned()));
        assert_eq!(hear("echo one; exec sleep 99", long, 4).0, Heard::Enough);
        assert_eq!(hear("exec sleep 99", Duration::from_millis(10), 4).0, Heard::Silence);
    }

    #[test]
    fn a_proc_that_is_missing_or_of_others_is_named_with_what_helps() {
        assert!(check_proc().is_ok());
        let line = |target: Option<&str>, is_mounted| {
            let checked = check_link(target.map(Path::new), 7, is_mounted);
            checked.map_err(|why| why.to_string().split(':').next().unwrap().to_owned())
        };
        let other = "/proc belongs to another pid namespace, where this process is not number 7";
        let none = "/proc is not mounted, and processes are started and measured through it";
        assert_eq!(line(Some("7"), true), Ok(()));
        assert_eq!(line(Some("4711"), true), Err(other.to_owned()));
        assert_eq!(line(None, true), Err(other.to_owned()), "this process has no number there");
        assert_eq!(line(None, false), Err(none.to_owned()));
        assert_eq!(own_program().get_program(), OWN_PROGRAM);
    }
}
