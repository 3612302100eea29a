//! One question to a program that may be anything: it may answer, end, chatter or sleep for ever.
//!
//! # The life of one question
//!
//! 1. The program is started with the question as `-c QUESTION`, and nothing to read. Processes that
//!    lose their parent become ours from now on, as in every comparison.
//! 2. What it writes is read until it closes its output, has written more than any answer, or its
//!    time is over.
//! 3. It is ended and reaped in every case, with the processes that it started.
//!
//! # Not here
//!
//! A process group of its own, by which its processes could be ended together: Ctrl-C at the
//! terminal ends us, and is to end it too.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::measure::usage::Tree;
use trainyard::sys::child::{self, Heard};
use trainyard::sys::process;

/// More than any answer is long: one that prints for ever is not heard out.
const ANSWER_MAX: usize = 4096;

/// Runs `program -c question`, and listens for `patience` at most: to all that it writes before it
/// closes its output, or `None` if its time is over before that.
///
/// # Errors
///
/// Fails if it cannot be started.
pub(super) fn ask(
    program: &Path,
    question: &str,
    patience: Duration,
) -> io::Result<Option<Vec<u8>>> {
    process::adopt_orphans()?;
    let mut command = Command::new(program);
    command.args([OsStr::new("-c"), OsStr::new(question)]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut asked = Tree::of(child::start(&mut command)?);
    let mut output = asked.child.stdout.take().expect("its output is a pipe");
    let mut said = Vec::new();
    let heard = child::hear(&mut output, patience, &mut said, |said| said.len() > ANSWER_MAX)?;
    Ok(Some(said).filter(|_| heard != Heard::Silence))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn ask_shell(script: &str, patience: Duration) -> Option<Vec<u8>> {
        ask(Path::new("/bin/sh"), script, patience).unwrap()
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn a_program_is_heard_to_its_end_but_not_for_ever() {
        assert_eq!(ask_shell("echo one; echo two", LONG), Some(b"one\ntwo\n".to_vec()));
        assert_eq!(ask_shell("exit 3", LONG), Some(Vec::new()));
        let said = ask_shell("while :; do echo y; done", LONG).unwrap();
        assert!((ANSWER_MAX + 1..=2 * ANSWER_MAX).contains(&said.len()), "{}", said.len());
    }

    /// Fails if the wait has no end, or if the shell's own child is left to hold the pipe.
    #[test]
    fn a_program_that_sleeps_is_ended_when_its_time_is_over() {
        let begin = Instant::now();
        let answer = ask_shell("echo so far; sleep 100; echo more", Duration::from_millis(100));
        assert_eq!(answer, None);
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    }
}
