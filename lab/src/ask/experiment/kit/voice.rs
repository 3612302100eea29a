//! How a process of an experiment begins, and how it speaks to the lab that started it.

use std::io::{self, Write};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use trainyard::sys::child;
use trainyard::trace::Recording;

/// Says a line, of figures or of the port, to the lab that started this process.
pub(crate) fn say(line: &impl Serialize) {
    let line = serde_json::to_string(line).expect("figures are plain data");
    let mut stdout = io::stdout().lock();
    // A lab that is gone does not listen.
    drop(writeln!(stdout, "{line}").and_then(|()| stdout.flush()));
}

/// What a cell recorded that measures another process of ours.
static ELSEWHERE: Mutex<Option<Recording>> = Mutex::new(None);

/// The place where [`recorded_elsewhere`] leaves it.
pub(crate) fn elsewhere() -> MutexGuard<'static, Option<Recording>> {
    ELSEWHERE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Leaves the recording of the process that was measured, where it is not this one.
pub(crate) fn recorded_elsewhere(recording: Recording) {
    *elsewhere() = Some(recording);
}

/// This program, as one of the processes.
pub(crate) fn own(words: &[&str]) -> Command {
    let mut command = child::own_program();
    command.arg("__experiment").arg(std::process::id().to_string()).args(words);
    command
}
