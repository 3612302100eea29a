//! Starting a program in a new process, and the few things a process asks about itself.
//!
//! # The life of one start
//!
//! 1. [`Plan::new`] prepares everything that needs memory: the arguments, the environment, the
//!    descriptors, moved out of the way.
//! 2. [`spawn`] holds all signals back and forks.
//! 3. The child tidies up what a fork leaves behind, and becomes the program.
//! 4. The parent lets signals in again. What became of step 3 it learns over the socket.
//!
//! # After a fork
//!
//! Only the thread that forked exists in the child; a lock that another thread held stays locked
//! there for ever, also the ones inside `malloc` and `println!`. So the child, from the fork to the
//! exec, makes these calls and no others, all async-signal-safe (`signal-safety(7)`):
//!
//! `sigaction`, `setpgid`, `dup2`, `dup3`, `close_range`, `sigprocmask`, `execveat`, and if that
//! fails `send` and `_exit`.
//!
//! # Not here
//!
//! `vfork`, which lends the parent's memory to the child instead of copying its page tables. It
//! starts a large parent's workers faster, and lets the child write to the parent's variables until
//! it is done; `posix_spawn` hides that behind a list of actions.
//!
//! # Invariants
//!
//! - **PROCESS-1** Between `fork` and `execveat` or `_exit` the child allocates nothing, takes no
//!   lock, and cannot panic: no indexing, no arithmetic that can overflow, no `?`.
//! - **PROCESS-2** The new program has the descriptors 0, 1, 2, 3 and no others: 0 is /dev/null,
//!   so that a worker never takes a line of input away from its parent, and 3 is the socket.
//! - **PROCESS-3** It starts with no signal blocked and none ignored, in a group of its own, so
//!   that a Ctrl-C at the terminal reaches its parent alone.
//!
//! See `fork(2)`, `execveat(2)`, `close_range(2)`, `setpgid(2)`, `prctl(2)`.
#![expect(unsafe_code, reason = "forks, and makes raw system calls in the child")]

use std::ffi::{CStr, CString, c_char, c_int};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

use super::channel::Channel;
use super::{limits, named};

/// The number of the socket in the new process: the first after the standard three.
pub const SOCKET_NUMBER: RawFd = 3;
const PROGRAM_NUMBER: RawFd = SOCKET_NUMBER + 1;
/// Above every number that the child fills, so that filling one never closes another.
const OUT_OF_THE_WAY: RawFd = PROGRAM_NUMBER + 1;
/// Linux has signals 1 to 64.
const SIGNAL_MAX: c_int = 64;

/// A program about to be started.
#[derive(Debug)]
pub struct Plan {
    program: OwnedFd,
    socket: OwnedFd,
    stdin: OwnedFd,
    arguments: Strings,
    environment: Strings,
    regret: Vec<u8>,
}

impl Plan {
    /// Prepares the start of `program` with `socket` as its descriptor 3.
    ///
    /// The program inherits the environment with `variable` set as well. If it cannot be started,
    /// the new process sends `regret` into the socket and exits with the error's number.
    ///
    /// # Errors
    ///
    /// Fails if descriptors are used up, or a string holds a zero byte.
    pub fn new(
        program: &File,
        socket: Channel,
        variable: (&str, &str),
        regret: Vec<u8>,
    ) -> io::Result<Self> {
        let (name, value) = variable;
        let own_name = std::env::args_os().next().unwrap_or_default();
        let inherited = std::env::vars_os().filter(|(other, _)| other != name);
        let environment = inherited
            .chain([(name.into(), value.into())])
            .map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat());
        Ok(Self {
            program: out_of_the_way(program)?,
            socket: out_of_the_way(OwnedFd::from(socket))?,
            stdin: out_of_the_way(open("/dev/null")?)?,
            arguments: Strings::new([own_name.as_bytes().to_vec(), b"(worker)".to_vec()])?,
            environment: Strings::new(environment)?,
            regret,
        })
    }
}

/// Strings as `exec` wants them: an array of pointers with a null at its end.
#[derive(Debug)]
struct Strings {
    strings: Vec<CString>,
}

impl Strings {
    fn new(strings: impl IntoIterator<Item = Vec<u8>>) -> io::Result<Self> {
        let strings: Result<_, _> = strings.into_iter().map(CString::new).collect();
        Ok(Self { strings: strings? })
    }

    fn pointers(&self) -> Vec<*const c_char> {
        let pointers = self.strings.iter().map(|string| string.as_ptr());
        pointers.chain([std::ptr::null()]).collect()
    }
}

fn out_of_the_way(descriptor: impl AsFd) -> io::Result<OwnedFd> {
    // Duplicated in any case: it is simple, and a start is not where time matters.
    let number = fcntl(&descriptor, FcntlArg::F_DUPFD_CLOEXEC(OUT_OF_THE_WAY))
        .map_err(named("fcntl(F_DUPFD_CLOEXEC)"))?;
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { std::os::fd::FromRawFd::from_raw_fd(number) })
}

/// Starts the program of `plan` and returns the number of its process.
///
/// # Errors
///
/// Fails with EAGAIN or ENOMEM if the system has no room for another process.
pub fn spawn(plan: &Plan) -> io::Result<u32> {
    let (arguments, environment) = (plan.arguments.pointers(), plan.environment.pointers());
    // Until the child has put back what signals do, none may arrive there: a handler of the
    // program would run in it, without the program.
    let before = SigSet::all()
        .thread_swap_mask(SigmaskHow::SIG_SETMASK)
        .map_err(named("pthread_sigmask"))?;
    // SAFETY: [PROCESS-1] `become_program`, the only thing the child does, never returns and keeps
    // to the list above.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        become_program(plan, arguments.as_ptr(), environment.as_ptr());
    }
    let forked = if pid > 0 { Ok(pid.cast_unsigned()) } else { Err(io::Error::last_os_error()) };
    before.thread_set_mask().map_err(named("pthread_sigmask"))?;
    forked.map_err(|cause| io::Error::new(cause.kind(), format!("fork: {}", limits::named(cause))))
}

/// The child's way from the fork to the program.
fn become_program(
    plan: &Plan,
    arguments: *const *const c_char,
    environment: *const *const c_char,
) -> ! {
    let (program, socket) = (plan.program.as_raw_fd(), plan.socket.as_raw_fd());
    // INVARIANT: [PROCESS-3]
    back_to_default_signals();
    // SAFETY: plain numbers; 0 and 0 mean this process and a group of its own.
    unsafe { libc::setpgid(0, 0) };
    // INVARIANT: [PROCESS-2] the sources lie above OUT_OF_THE_WAY, so no step undoes another.
    // SAFETY: plain numbers; the parent's descriptors are not affected.
    unsafe { libc::dup2(plan.stdin.as_raw_fd(), 0) };
    // SAFETY: as above.
    unsafe { libc::dup2(socket, SOCKET_NUMBER) };
    // SAFETY: as above; this one is closed by the exec that uses it.
    unsafe { libc::dup3(program, PROGRAM_NUMBER, libc::O_CLOEXEC) };
    // SAFETY: as above. The process has no other thread whose descriptors these could be.
    unsafe { libc::syscall(libc::SYS_close_range, OUT_OF_THE_WAY, c_int::MAX, 0) };
    let nothing: *const c_char = c"".as_ptr();
    // SAFETY: both arrays end with a null and outlive the call, which ends this program.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            PROGRAM_NUMBER,
            nothing,
            arguments,
            environment,
            libc::AT_EMPTY_PATH,
        )
    };
    let errno = nix::errno::Errno::last_raw();
    let (regret, len) = (plan.regret.as_ptr().cast(), plan.regret.len());
    // SAFETY: the bytes are the plan's and outlive the call.
    unsafe { libc::send(SOCKET_NUMBER, regret, len, libc::MSG_NOSIGNAL) };
    exit_now(errno)
}

/// Makes every signal do what it does in a fresh process, and lets all of them in.
fn back_to_default_signals() {
    // SAFETY: all zeroes is the default action, with no flags and an empty mask.
    let default: libc::sigaction = unsafe { std::mem::zeroed() };
    let mut signal: c_int = 1;
    while signal <= SIGNAL_MAX {
        // SAFETY: `default` outlives the call. KILL and STOP refuse, and are right already; so do
        // the two that the C library keeps to itself.
        unsafe { libc::sigaction(signal, &raw const default, std::ptr::null_mut()) };
        signal = signal.saturating_add(1);
    }
    // SAFETY: `sa_mask` is an empty set that outlives the call.
    unsafe {
        libc::sigprocmask(libc::SIG_SETMASK, &raw const default.sa_mask, std::ptr::null_mut());
    }
}

/// Kills the child `pid`, which nobody watches, and reaps it.
///
/// # Errors
///
/// Fails with ECHILD, and kills nobody, if there is no such child.
pub fn kill_unwatched(pid: u32) -> io::Result<()> {
    let pid = nix::unistd::Pid::from_raw(pid.cast_signed());
    // A child's number cannot become another's before it is reaped, so whom this finds alive is
    // whom the signal reaches.
    if waitpid(pid, Some(WaitPidFlag::WNOHANG)).map_err(named("waitpid"))? == WaitStatus::StillAlive
    {
        nix::sys::signal::kill(pid, Signal::SIGKILL).map_err(named("kill"))?;
        waitpid(pid, None).map_err(named("waitpid"))?;
    }
    Ok(())
}

/// Makes this process the parent of those whose parent ends, among its children's children: it
/// will be the one to reap them.
///
/// # Errors
///
/// Does not fail on a kernel that this crate supports.
pub fn adopt_orphans() -> io::Result<()> {
    prctl::set_child_subreaper(true).map_err(named("prctl(PR_SET_CHILD_SUBREAPER)"))
}

/// Ends the process at once: nothing is flushed, no destructor and no exit handler runs.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: ends the process, whatever it was doing.
    unsafe { libc::_exit(code) }
}

/// Returns the number of the parent process.
pub fn parent_pid() -> u32 {
    nix::unistd::getppid().as_raw().cast_unsigned()
}

/// Asks the kernel to kill this process when the thread that started it ends.
///
/// A parent that has ended before the call is not noticed: compare [`parent_pid`] afterwards.
///
/// # Errors
///
/// Does not fail with a signal that exists.
pub fn die_with_parent() -> io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(named("prctl(PR_SET_PDEATHSIG)"))
}

/// Sets the name that `ps` and `top` show for this process, at most 15 bytes.
///
/// # Errors
///
/// Does not fail: a longer name is cut.
pub fn set_name(name: &CStr) -> io::Result<()> {
    prctl::set_name(name).map_err(named("prctl(PR_SET_NAME)"))
}

/// Lets the kernel keep how a child ended until it is asked.
///
/// A process that was started with SIGCHLD ignored would never learn it: the kernel then reaps its
/// children by itself. A handler of the program's own stays as it is.
pub fn keep_exit_statuses() {
    // SAFETY: all zeroes is the default action, and room for an answer.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let default = action;
    // SAFETY: asks, and changes nothing; `action` outlives the call.
    unsafe { libc::sigaction(libc::SIGCHLD, std::ptr::null(), &raw mut action) };
    if action.sa_sigaction == libc::SIG_IGN {
        // SAFETY: the default action runs no code of ours; `default` outlives the call.
        unsafe { libc::sigaction(libc::SIGCHLD, &raw const default, std::ptr::null_mut()) };
    }
}

/// Opens the program that this process runs, also when its file was replaced or deleted.
///
/// # Errors
///
/// Fails if /proc is not mounted.
pub fn own_program() -> io::Result<File> {
    open("/proc/self/exe")
}

fn open(path: &str) -> io::Result<File> {
    File::open(path).map_err(|cause| {
        io::Error::new(cause.kind(), format!("open {path}: {}", limits::named(cause)))
    })
}
