//! How a process of an experiment begins, speaks and is heard, and that it does not outlive who listens.
//!
//! It speaks on its standard output, in lines of JSON, one for its figures. Whatever it writes to its
//! standard error is a complaint, even half a line or JSON: that has a pipe of its own. So is any
//! other line of its output; the last complaint says why it ended. Dropping a [`Running`] kills and
//! reaps it; if the lab itself is killed the kernel does, as the process has asked for. It leads a
//! process group of its own, so that Ctrl-C at the terminal reaches the lab alone.

use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde::Serialize;

use lab_core::terms::error::{LabError, Result};
use trainyard::sys::poll::{self, Interest};
use trainyard::sys::signal::Interrupts;
use trainyard::sys::{child, clock};
use trainyard::trace::Recording;

/// Says a line, of figures or of the port, to the lab that started this process.
pub(crate) fn say(line: &impl Serialize) {
    let line = serde_json::to_string(line).expect("figures are plain data");
    let mut stdout = io::stdout().lock();
    // A lab that is gone does not listen.
    drop(writeln!(stdout, "{line}").and_then(|()| stdout.flush()));
}

/// What a cell leaves that has measured, and recorded, another process of ours.
pub(crate) static ELSEWHERE: OnceLock<Recording> = OnceLock::new();

/// This program, as one of the processes.
pub(crate) fn own(words: &[&str]) -> Command {
    let mut command = child::own_program();
    command.arg("__experiment").arg(std::process::id().to_string()).args(words);
    command
}

/// A process that speaks.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    output: Ear,
    error: Ear,
    /// The lines of its output that are not JSON.
    noise: String,
}

/// One of its two pipes, until that is closed, and what was read from it.
#[derive(Debug, Default)]
struct Ear {
    pipe: Option<PipeReader>,
    said: Vec<u8>,
}

impl Ear {
    fn of(pipe: Option<impl Into<OwnedFd>>) -> Self {
        Self { pipe: pipe.map(|pipe| PipeReader::from(pipe.into())), said: Vec::new() }
    }

    /// Reads what there is now.
    fn read(&mut self) -> io::Result<()> {
        let mut bytes = [0; 4096];
        let len = self.pipe.as_mut().map_or(Ok(0), |pipe| pipe.read(&mut bytes))?;
        self.said.extend(&bytes[..len]);
        self.pipe.take_if(|_| len == 0);
        Ok(())
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A line of JSON, without its end.
    Line(Vec<u8>),
    /// Both pipes are closed: the process has ended, or is about to.
    Closed,
    /// Nothing, in time.
    Silence,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child::start(command.process_group(0)).map_err(failed)?;
        let (output, error) = (Ear::of(child.stdout.take()), Ear::of(child.stderr.take()));
        Ok(Self { child, output, error, noise: String::new() })
    }

    /// Waits for the next line, until a deadline of the monotonic clock.
    /// Fails with [`LabError::Interrupted`] after Ctrl-C, if that is to be listened to.
    pub(crate) fn hear(
        &mut self,
        deadline_ns: u64,
        interrupts: Option<&Interrupts>,
    ) -> Result<Heard> {
        loop {
            if let Some(line) = self.next_line() {
                return Ok(Heard::Line(line));
            }
            let left = Duration::from_nanos(deadline_ns.saturating_sub(clock::now_ns()));
            if left.is_zero() {
                return Ok(Heard::Silence);
            }
            // What is complained is read too: a full pipe would stop whoever writes to it.
            let mut ears = vec![&mut self.output, &mut self.error];
            ears.retain(|ear| ear.pipe.is_some());
            if ears.is_empty() {
                return Ok(Heard::Closed);
            }
            let pipes = ears.iter().filter_map(|ear| ear.pipe.as_ref()).map(AsFd::as_fd);
            let sources = pipes.chain(interrupts.map(AsFd::as_fd));
            let sources: Vec<_> = sources.map(|one| (one, Interest::Read)).collect();
            let ready = poll::wait(&sources, Some(left)).map_err(failed)?;
            if interrupts.is_some_and(|one| ready.last() == Some(&true) && one.take()) {
                return Err(LabError::Interrupted);
            }
            for (ear, _) in ears.into_iter().zip(ready).filter(|(_, is_ready)| *is_ready) {
                ear.read().map_err(failed)?;
            }
        }
    }

    /// The next line of JSON that was read already, past all else.
    fn next_line(&mut self) -> Option<Vec<u8>> {
        loop {
            let end = self.output.said.iter().position(|byte| *byte == b'\n')?;
            let line: Vec<u8> = self.output.said.drain(..=end).collect();
            match line.strip_suffix(b"\n") {
                Some(json) if json.starts_with(b"{") => return Some(json.to_vec()),
                _ => self.noise += &String::from_utf8_lossy(&line),
            }
        }
    }

    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().map_err(failed)
    }

    /// Why it ended, when it is [`Heard::Closed`] without having said what it should: its last
    /// complaint, or its status.
    pub(crate) fn last_words(&mut self) -> LabError {
        self.noise += &String::from_utf8_lossy(&self.output.said);
        let complaints = String::from_utf8_lossy(&self.error.said);
        let line = reason(&complaints).or_else(|| reason(&self.noise));
        let line = line.map(|line| line.strip_prefix("trainyard: ").unwrap_or(line).to_owned());
        LabError::Failed(line.unwrap_or_else(|| match self.child.wait() {
            Ok(status) => format!("it ended without figures ({status})"),
            Err(why) => why.to_string(),
        }))
    }
}

/// The line that says why: of a panic the message, behind which there may be a backtrace; and else
/// the last.
fn reason(complaints: &str) -> Option<&str> {
    let mut lines = complaints.lines().filter(|line| !line.trim().is_empty());
    let message = lines.by_ref().skip_while(|line| !line.contains(" panicked at ")).nth(1);
    message.or_else(|| complaints.lines().rfind(|line| !line.trim().is_empty()))
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
        for (script, reason) in [
            ("echo '{}'; echo first; echo the reason >&2", "the reason"),
            ("echo '{}'; echo half a line | tr -d '\\n'", "half a line"),
            ("echo '{\"x\": 5}' >&2; echo '{}'; exit 3", "{\"x\": 5}"),
            ("printf 'note: ' >&2; echo '{}'; printf 'why' >&2", "note: why"),
            ("head -c 99999 /dev/zero | tr '\\0' '\\n' >&2; echo '{}'; echo the end", "the end"),
            ("echo '{}'; exit 3", "it ended without figures (exit status: 3)"),
            ("echo '{}'; echo 'trainyard: last'; echo", "last"),
            ("echo '{}'; echo 'x panicked at a.rs:'; echo no room; echo note: more", "no room"),
        ] {
            let mut running = shell(script);
            assert_eq!(running.hear(u64::MAX, None).unwrap(), Heard::Line(b"{}".to_vec()));
            assert_eq!(running.hear(u64::MAX, None).unwrap(), Heard::Closed);
            assert_eq!(running.last_words(), LabError::Failed(reason.to_owned()));
        }
    }

    #[test]
    fn whoever_says_no_more_is_not_waited_for_beyond_the_deadline() {
        let deadline_ns = clock::deadline_ns(Duration::from_millis(1));
        let heard = shell("exec sleep 60").hear(deadline_ns, None);
        assert_eq!(heard.unwrap(), Heard::Silence);
    }
}
