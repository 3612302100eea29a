//! A process that is heard line by line, and that does not outlive who listens.
//!
//! Dropping a [`Running`] kills and reaps it; if the lab itself is killed the kernel does, as the
//! process has asked for. It is the leader of a process group of its own, so that Ctrl-C at the
//! terminal reaches the lab alone.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use lab_core::terms::error::{LabError, Result};
use trainyard::sys::poll::{self, Interest};
use trainyard::sys::signal::Interrupts;
use trainyard::sys::{child, clock};

/// A process that speaks.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: ChildStdout,
    said: Vec<u8>,
    complained: Vec<u8>,
}

/// What is heard next.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line, without its end.
    Line(Vec<u8>),
    /// The other end is closed: the process has ended, or is about to.
    Closed,
    /// Nothing, in time.
    Silence,
}

impl Running {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// Fails if no process can be had.
    ///
    /// # Panics
    ///
    /// Does not: its standard output is a pipe.
    pub fn start(mut command: Command) -> Result<Self> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child::start(command.process_group(0)).map_err(failed)?;
        let stdout = child.stdout.take().expect("it is piped");
        Ok(Self { child, stdout, said: Vec::new(), complained: Vec::new() })
    }

    /// Waits for the next line, until a deadline of the monotonic clock.
    ///
    /// # Errors
    ///
    /// [`LabError::Interrupted`] after Ctrl-C, if that is to be listened to.
    pub fn hear(&mut self, deadline_ns: u64, interrupts: Option<&Interrupts>) -> Result<Heard> {
        loop {
            if let Some(end) = self.said.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.said.drain(..=end).collect();
                line.pop();
                return Ok(Heard::Line(line));
            }
            let left = Duration::from_nanos(deadline_ns.saturating_sub(clock::now_ns()));
            if left.is_zero() {
                return Ok(Heard::Silence);
            }
            let mut sources = vec![(self.stdout.as_fd(), Interest::Read)];
            sources.extend(interrupts.map(|one| (one.as_fd(), Interest::Read)));
            sources.extend(self.child.stderr.as_ref().map(|one| (one.as_fd(), Interest::Read)));
            let ready = poll::wait(&sources, Some(left)).map_err(failed)?;
            // What is not read would stop, in the end, whoever writes it.
            if self.child.stderr.is_some() && ready.last() == Some(&true) {
                self.hear_complaints();
            }
            if interrupts.is_some_and(|interrupts| ready[1] && interrupts.take()) {
                return Err(LabError::Interrupted);
            }
            if ready[0] && read(&mut self.stdout, &mut self.said).map_err(failed)? == 0 {
                return Ok(Heard::Closed);
            }
        }
    }

    /// Reads what there is on its standard error.
    fn hear_complaints(&mut self) {
        let Some(stderr) = self.child.stderr.as_mut() else { return };
        if !matches!(read(stderr, &mut self.complained), Ok(1..)) {
            self.child.stderr = None;
        }
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    ///
    /// Fails if somebody else has reaped it.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().map_err(failed)
    }

    /// Why it ended without saying what it should: the last line on its standard error, or its
    /// status.
    pub fn last_words(&mut self) -> LabError {
        if let Some(mut stderr) = self.child.stderr.take() {
            // What cannot be read is not the reason.
            drop(stderr.read_to_end(&mut self.complained));
        }
        let complaint = String::from_utf8_lossy(&self.complained);
        let line = reason(&complaint);
        let line = line.map(|line| line.strip_prefix("trainyard: ").unwrap_or(line).to_owned());
        LabError::Failed(line.unwrap_or_else(|| match self.child.wait() {
            Ok(status) => format!("it ended without figures ({status})"),
            Err(why) => why.to_string(),
        }))
    }
}

/// The line that says why: of a panic the message, behind which there may be a backtrace; and else
/// the last.
fn reason(complaint: &str) -> Option<&str> {
    let mut lines = complaint.lines().filter(|line| !line.trim().is_empty());
    let message = lines.by_ref().skip_while(|line| !line.contains(" panicked at ")).nth(1);
    message.or_else(|| complaint.lines().rfind(|line| !line.trim().is_empty()))
}

/// Adds to `known` what is there now, and returns how much that is.
fn read(source: &mut impl Read, known: &mut Vec<u8>) -> io::Result<usize> {
    let mut bytes = [0; 4096];
    let len = source.read(&mut bytes)?;
    known.extend(&bytes[..len]);
    Ok(len)
}

fn failed(why: io::Error) -> LabError {
    LabError::failed("the lab", why)
}

impl Drop for Running {
    fn drop(&mut self) {
        // Errors mean that it has ended and was reaped.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Running {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Running::start(command).unwrap()
    }

    #[test]
    fn what_was_said_before_the_end_is_heard_and_so_is_why_it_came() {
        let mut running = shell("echo a line; echo no reason >&2; echo half | tr -d '\\n'");
        assert_eq!(running.hear(u64::MAX, None).unwrap(), Heard::Line(b"a line".to_vec()));
        assert_eq!(running.hear(u64::MAX, None).unwrap(), Heard::Closed);
        assert_eq!(running.last_words(), LabError::Failed("no reason".to_owned()));
        let ended = shell("exit 3").last_words();
        let status = "it ended without figures (exit status: 3)";
        assert_eq!(ended, LabError::Failed(status.to_owned()));
    }

    #[test]
    fn whoever_says_no_more_is_not_waited_for_beyond_the_deadline() {
        let mut running = shell("exec sleep 60");
        let deadline_ns = clock::deadline_ns(Duration::from_millis(1));
        assert_eq!(running.hear(deadline_ns, None).unwrap(), Heard::Silence);
    }

    #[test]
    fn a_panic_is_told_by_its_message_and_all_else_by_the_last_line() {
        let panic = "one\n\nthread 'main' (7) panicked at a.rs:1:2:\nno room\nnote: run with ...\n";
        for (complaint, line) in [
            (panic, Some("no room")),
            ("trainyard: first\ntrainyard: last\n\n", Some("trainyard: last")),
            ("\n", None),
        ] {
            assert_eq!(reason(complaint), line);
        }
    }
}
