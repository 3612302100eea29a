//! A child process, by a descriptor that cannot mean another one.
//!
//! A process number is free for reuse as soon as its process is reaped; a pidfd is not. It becomes
//! readable when the process has ended, so one `poll` waits for sockets and deaths together, and no
//! handler for SIGCHLD is needed, which would be one per program and could reap other libraries'
//! children.
//!
//! # Invariants
//!
//! - **PIDFD-1** Signals go out only while the process is not reaped: [`Pidfd::reap`] is the only
//!   thing here that reaps, and it consumes the value.
//!
//! See `pidfd_open(2)`, `pidfd_send_signal(2)`, `waitid(2)`, `kill(2)`.
#![expect(unsafe_code, reason = "three system calls that neither std nor nix wraps whole")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// What to tell a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Signal {
    /// To end; it may have arranged to be told, and do something first.
    Terminate = libc::SIGTERM,
    /// Nothing: it is ended.
    Kill = libc::SIGKILL,
}

/// A child of this process that has not been reaped.
#[derive(Debug)]
pub struct Pidfd {
    descriptor: OwnedFd,
    pid: u32,
}

impl Pidfd {
    /// Opens the child `pid`, which must not have been reaped.
    ///
    /// # Errors
    ///
    /// Fails with EMFILE or ENFILE if descriptors are used up, ESRCH if there is no such process.
    pub fn open(pid: u32) -> io::Result<Self> {
        // SAFETY: takes and returns plain numbers.
        let number = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        let number = RawFd::try_from(checked("pidfd_open", number)?).map_err(io::Error::other)?;
        // SAFETY: the kernel has just made this descriptor for us, close-on-exec.
        Ok(Self { descriptor: unsafe { OwnedFd::from_raw_fd(number) }, pid })
    }

    /// Returns the process number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends a signal; one that has ended already does not mind.
    ///
    /// # Errors
    ///
    /// Fails with ESRCH if somebody else has reaped the process.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        self.send(signal as i32)
    }

    fn send(&self, signal: i32) -> io::Result<()> {
        let descriptor = self.descriptor.as_raw_fd();
        let details = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: plain numbers, and a null pointer that means "no details".
        let answer =
            unsafe { libc::syscall(libc::SYS_pidfd_send_signal, descriptor, signal, details, 0) };
        checked("pidfd_send_signal", answer).map(|_| ())
    }

    /// Kills what is left of the process group that the process leads: its own children.
    ///
    /// # Errors
    ///
    /// Fails with ESRCH if there is nobody left, it never led a group, or somebody else has reaped
    /// it.
    pub fn kill_group(&self) -> io::Result<()> {
        // A signal of 0 only asks whether the process is there.
        self.send(0)?;
        // SAFETY: plain numbers. [PIDFD-1] the process is not reaped, so its number, which is also
        // the group's, cannot belong to anybody else.
        let answer = unsafe { libc::kill(-self.pid.cast_signed(), libc::SIGKILL) };
        checked("kill", i64::from(answer)).map(|_| ())
    }

    /// Waits for the end of the process, takes it out of the kernel's table, and says how it ended.
    ///
    /// # Errors
    ///
    /// Fails with ECHILD if somebody else has reaped the process.
    pub fn reap(self) -> io::Result<ExitStatus> {
        // SAFETY: all zeroes is a valid `siginfo_t`: it is a record of numbers.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let descriptor = self.descriptor.as_raw_fd().cast_unsigned();
        loop {
            // SAFETY: `info` is ours and outlives the call.
            let answer =
                unsafe { libc::waitid(libc::P_PIDFD, descriptor, &raw mut info, libc::WEXITED) };
            match checked("waitid", i64::from(answer)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(_) => break,
            }
        }
        // SAFETY: waitid has filled in the part that belongs to a child's end.
        let status = unsafe { info.si_status() };
        Ok(ExitStatus::from_raw(match info.si_code {
            libc::CLD_EXITED => (status & 0xff) << 8,
            libc::CLD_DUMPED => status | CORE,
            _ => status,
        }))
    }
}

impl AsFd for Pidfd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// The layout of a wait status, which `wait(2)` hides in macros: code << 8, or signal and this.
const CORE: i32 = 0x80;

fn checked(call: &'static str, answer: i64) -> io::Result<i64> {
    if answer != -1 {
        return Ok(answer);
    }
    let cause = io::Error::last_os_error();
    Err(io::Error::new(cause.kind(), format!("{call}: {cause}")))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::sys::poll::{Interest, wait};

    /// Starts a shell command and opens it, so that nothing but the test reaps it.
    fn child(script: &str) -> Pidfd {
        #[expect(clippy::zombie_processes, reason = "`Pidfd::reap` is what is tested")]
        let child = Command::new("sh").args(["-c", script]).spawn().unwrap();
        Pidfd::open(child.id()).unwrap()
    }

    #[test]
    fn a_process_that_ends_becomes_readable_and_says_how_it_ended() {
        let child = child("exit 7");
        while !wait(&[(child.as_fd(), Interest::Read)], None).unwrap()[0] {}
        assert_eq!(child.reap().unwrap().code(), Some(7));
    }

    #[test]
    fn a_process_that_was_killed_says_by_which_signal() {
        let child = child("exec sleep 1000");
        child.signal(Signal::Kill).unwrap();
        assert_eq!(child.reap().unwrap().signal(), Some(9));
    }

    #[test]
    fn a_process_that_is_not_there_cannot_be_opened() {
        let error = Pidfd::open(0x7fff_fff0).unwrap_err();
        assert!(error.to_string().starts_with("pidfd_open: "), "{error}");
    }
}
