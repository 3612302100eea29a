//! The program under test: started with a mark, so that whatever it starts is found, and ended.
//!
//! Its outputs go to files, not to pipes: a process that was left over would hold a pipe open,
//! and the test would wait for it instead of reporting it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// Far more than any step of these tests takes, also in a debug build on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The variable of the mark, which everything that the program starts inherits.
const MARK: &str = "TRAINYARD_ACCEPTANCE";

/// How long to wait between two looks at what cannot be waited for.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The program, running.
pub(crate) struct Program {
    mark: String,
    child: Child,
    stdout: File,
    stderr: File,
}

/// How it ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The words of `line`: it is split at blanks, but for what stands between single quotes.
pub(crate) fn words(line: &str) -> Vec<&str> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    words.collect()
}

/// Runs the program to its end.
#[track_caller]
pub(crate) fn trainyard(line: &str) -> Ended {
    Program::start(line).end()
}

/// What it prints when all goes well.
#[track_caller]
pub(crate) fn printed(line: &str) -> String {
    trainyard(line).with_code(0).stdout
}

/// The document that it prints when all goes well.
#[track_caller]
pub(crate) fn document(line: &str) -> Value {
    trainyard(&format!("{line} --format json")).with_code(0).json()
}

/// Bad input: standard error begins with `trainyard: ` and `first`, a hint may follow, and there is
/// nothing on standard output.
#[track_caller]
pub(crate) fn check_refused(line: &str, first: &str) {
    let ended = trainyard(line).with_code(2);
    assert!(ended.stderr.starts_with(&format!("trainyard: {first}")), "{line}: {ended:?}");
    assert!(ended.stderr.lines().count() <= 2, "{line}: {ended:?}");
    assert_eq!(ended.stdout, "", "{line}");
}

/// The rows of a document of a comparison or a sweep.
pub(crate) fn rows(document: &Value) -> &Vec<Value> {
    document["results"].as_array().unwrap()
}

/// The names of the files in `folder`.
#[track_caller]
pub(crate) fn names(folder: &Path) -> Vec<OsString> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<OsString> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

impl Program {
    pub(crate) fn start(line: &str) -> Self {
        let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let (out, err) = (stdout.try_clone().unwrap(), stderr.try_clone().unwrap());
        let mut program = Self::start_into(line, out.into(), err.into());
        (program.stdout, program.stderr) = (stdout, stderr);
        program
    }

    /// Starts it with outputs of the test's own; what they get is not seen at the end.
    pub(crate) fn start_into(line: &str, stdout: Stdio, stderr: Stdio) -> Self {
        static PROGRAMS: AtomicU32 = AtomicU32::new(0);
        let number = PROGRAMS.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{number}", std::process::id());
        let child = Command::new(env!("CARGO_BIN_EXE_trainyard"))
            .args(words(line))
            .env(MARK, &mark)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap();
        let nothing = || tempfile::tempfile().unwrap();
        Self { mark, child, stdout: nothing(), stderr: nothing() }
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn end(&mut self) -> Ended {
        let mut status = None;
        eventually("the program ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let ended = Ended {
            status: status.unwrap(),
            stdout: content(&mut self.stdout),
            stderr: content(&mut self.stderr),
        };
        assert!(!ended.stderr.contains("panicked"), "{ended:?}");
        ended
    }

    pub(crate) fn signal(&self, signal: Signal) {
        send(signal, self.child.id());
    }

    /// Everything that it has started and that is still there, in the order of the numbers.
    pub(crate) fn family(&self) -> Vec<Process> {
        let own = self.child.id();
        let all = processes().into_iter().filter(|process| process.carries(&self.mark));
        all.filter(|process| process.pid != own).collect()
    }

    /// Waits until `holds` of its family.
    #[track_caller]
    pub(crate) fn family_when(
        &self,
        what: &str,
        holds: impl Fn(&[Process]) -> bool,
    ) -> Vec<Process> {
        let mut family = Vec::new();
        eventually(what, || {
            family = self.family();
            holds(&family)
        });
        family
    }
}

impl Drop for Program {
    /// A failed test must not leave the machine to its children.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        for process in self.family() {
            send(Signal::SIGKILL, process.pid);
        }
    }
}

impl Ended {
    /// The one document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn with_code(self, code: i32) -> Self {
        assert_eq!((self.status.code(), self.status.signal()), (Some(code), None), "{self:?}");
        self
    }
}

/// A process as `/proc` shows it.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) name: String,
    pub(crate) parent: u32,
    pub(crate) arguments: String,
}

impl Process {
    fn read(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name stands in brackets and may hold anything; state and parent follow.
        let (name, rest) = stat.rsplit_once(')')?;
        let parent = rest.split_whitespace().nth(1)?.parse().ok()?;
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
        let name = name.split_once('(')?.1.to_owned();
        Some(Self { pid, name, parent, arguments })
    }

    fn carries(&self, mark: &str) -> bool {
        // A process that is being replaced by another program has none for a moment.
        let environment = fs::read(format!("/proc/{}/environ", self.pid)).unwrap_or_default();
        let expected = format!("{MARK}={mark}");
        environment.split(|byte| *byte == 0).any(|variable| variable == expected.as_bytes())
    }

    pub(crate) fn is_worker(&self) -> bool {
        self.name == "trainyard-work"
    }

    pub(crate) fn is_arm(&self) -> bool {
        self.arguments.contains(" __arm ")
    }

    pub(crate) fn is_server(&self) -> bool {
        self.arguments.contains(" serve ")
    }

    /// How long it has computed, in ticks of 10 ms.
    pub(crate) fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        fields.split_whitespace().nth(11).map_or(0, |ticks| ticks.parse().unwrap())
    }

    /// Whether the kernel still knows it, be it as a zombie.
    pub(crate) fn is_known(&self) -> bool {
        fs::exists(format!("/proc/{}", self.pid)).unwrap()
    }

    /// Whether it still runs. A zombie is its parent's to bury, and no program any more.
    pub(crate) fn is_running(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.starts_with(" Z"))
    }
}

fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut processes: Vec<Process> = pids.filter_map(Process::read).collect();
    processes.sort_by_key(|process| process.pid);
    processes
}

pub(crate) fn send(signal: Signal, pid: u32) {
    // One that is gone by now does not mind.
    let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
}

pub(crate) fn content(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::park_timeout(LOOK_EVERY);
    }
}
