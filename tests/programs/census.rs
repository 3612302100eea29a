//! The audit: a test runs alone in a process of its own, and leaves nothing behind.
//!
//! # The life of one audit
//!
//! 1. The test calls [`alone`] with its own name. This process runs the test binary again, for
//!    that one test, with a mark in its environment.
//! 2. In the marked process the same call takes a census, runs the body, and takes the census
//!    again, for up to two seconds, until it is equal: a thread that was told to end may
//!    still be at it.
//! 3. What is left over by then, or gone that was there before, fails the test with a list.
//! 4. The first process waits, kills what carries the mark and still runs, and passes the
//!    verdict on. A binary that did not run the test at all has not passed.
//!
//! # What is counted
//!
//! Descriptors, threads, child processes (zombies too), processes further down that were
//! left to somebody else, and the names in `/dev/shm`. Children are found by their parent in
//! `/proc/*/stat`, others by the mark, which they inherit unless they clear their environment.
//!
//! `/dev/shm` belongs to the whole machine, so audits take turns through a lock on a file.
//!
//! A test binary with its own `main` must run the one test that follows `--exact` in its
//! arguments, and nothing else; other audits return at once in a marked process.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The name of the mark. Its value is the name of the test, a blank, and what makes it unique.
const MARK: &str = "TRAINYARD_AUDIT";

/// What the marked process prints when everything is back where it was.
const CLEAN: &str = "audit: clean";

/// How long to wait between two looks at `/proc`, which cannot be waited for.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Runs `body` alone in a fresh process, and panics unless it succeeds and leaves nothing behind.
/// `test` is the full name of the calling test, its modules included.
#[track_caller]
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    if let Err(report) = Audit::of(test).run(body) {
        panic!("{report}");
    }
}

/// An audit before it has begun.
pub(crate) struct Audit<'a> {
    pub(crate) test: &'a str,
    /// How long the process may take in all.
    pub(crate) limit: Duration,
    /// How long what the body has let go of may take to disappear.
    pub(crate) patience: Duration,
}

impl<'a> Audit<'a> {
    pub(crate) fn of(test: &'a str) -> Self {
        Self { test, limit: Duration::from_mins(1), patience: Duration::from_secs(2) }
    }

    /// Runs the audit: in the first process this returns the verdict, in the marked one it
    /// panics unless it is good.
    pub(crate) fn run(&self, body: impl FnOnce()) -> Result<(), String> {
        match std::env::var(MARK) {
            Ok(mark) if mark.split(' ').next() == Some(self.test) => self.run_here(&mark, body),
            Ok(_) => {} // Somebody else's process, which runs more than it was asked to.
            Err(_) => self.run_elsewhere()?,
        }
        Ok(())
    }

    #[expect(clippy::print_stdout, reason = "the first process reads it")]
    fn run_here(&self, mark: &str, body: impl FnOnce()) {
        let before = census(mark);
        body();
        let deadline = Instant::now() + self.patience;
        loop {
            let changes = changes(&before, &census(mark));
            if changes.is_empty() {
                break;
            }
            assert!(
                Instant::now() < deadline,
                "{} left a trace:\n{}",
                self.test,
                changes.join("\n")
            );
            pause();
        }
        println!("{CLEAN}");
    }

    fn run_elsewhere(&self) -> Result<(), String> {
        static AUDITS: AtomicU32 = AtomicU32::new(0);
        let number = AUDITS.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{} {} {number}", self.test, std::process::id());
        let turn = File::create(concat!(env!("CARGO_TARGET_TMPDIR"), "/audit.lock"));
        let turn = turn.expect("cargo's folder for tests can be written");
        turn.lock().expect("a file can be locked");

        // A file, not a pipe: whoever is left over would hold the pipe open.
        let mut output = tempfile::tempfile().expect("a file for the output");
        let handle = || Stdio::from(output.try_clone().expect("a second descriptor"));
        let child = Command::new(std::env::current_exe().expect("the test knows its program"))
            .args(["--exact", self.test, "--nocapture", "--test-threads=1"])
            .env(MARK, &mark)
            .stdin(Stdio::null())
            .stdout(handle())
            .stderr(handle())
            .spawn();
        let verdict = self.wait_for(child.expect("the test binary runs again"));
        sweep(&mark);

        let mut text = String::new();
        output
            .rewind()
            .and_then(|()| output.read_to_string(&mut text))
            .expect("the output is text");
        match verdict {
            Ok(()) if text.contains(CLEAN) => Ok(()),
            Ok(()) => Err(format!("no test named {} ran:\n{text}", self.test)),
            Err(how) => Err(format!("{} {how}:\n{text}", self.test)),
        }
    }

    fn wait_for(&self, mut child: Child) -> Result<(), String> {
        let deadline = Instant::now() + self.limit;
        while Instant::now() < deadline {
            match child.try_wait().expect("our own child can be waited for") {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("failed with {status}")),
                None => pause(),
            }
        }
        child.kill().and_then(|()| child.wait()).expect("our own child can be killed");
        Err(format!("was not done after {:?}", self.limit))
    }
}

#[expect(clippy::disallowed_methods, reason = "nothing announces a change in /proc")]
fn pause() {
    std::thread::sleep(LOOK_EVERY);
}

/// What exists: each thing by what identifies it, with what else is known about it.
type Census = BTreeMap<String, String>;

fn census(mark: &str) -> Census {
    let mut census = Census::new();
    census.extend(descriptors());
    for thread in names_in("/proc/self/task") {
        let name = fs::read_to_string(format!("/proc/self/task/{thread}/comm"));
        census.insert(format!("thread {thread}"), name.unwrap_or_default().trim().to_owned());
    }
    for process in processes_of(mark) {
        let about = format!("{}, state {}", process.name, process.state);
        census.insert(format!("{} {}", process.kin, process.pid), about);
    }
    census.extend(names_in("/dev/shm").map(|name| (format!("/dev/shm/{name}"), String::new())));
    census
}

fn descriptors() -> impl Iterator<Item = (String, String)> {
    let own_listing = format!("/proc/{}/fd", std::process::id());
    names_in("/proc/self/fd").filter_map(move |number| {
        let target = fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
        let target = target.to_string_lossy().into_owned();
        (target != own_listing).then(|| (format!("descriptor {number}, {target}"), String::new()))
    })
}

/// What is there and was not, and what was there and is not.
fn changes(before: &Census, after: &Census) -> Vec<String> {
    let missing = |from: &Census, what: &Census, word: &str| -> Vec<String> {
        let missing = what.iter().filter(|(key, _)| !from.contains_key(*key));
        missing.map(|(key, about)| format!("{word}: {key} {about}").trim().to_owned()).collect()
    };
    [missing(before, after, "left over"), missing(after, before, "gone")].concat()
}

/// A process that the audited one has brought into the world.
struct Process {
    pid: i32,
    name: String,
    state: String,
    kin: &'static str,
}

/// Our children, and all others that carry the mark, except this process itself.
fn processes_of(mark: &str) -> Vec<Process> {
    let own_pid = std::process::id().to_string();
    let mut found = Vec::new();
    for pid in names_in("/proc").filter(|name| *name != own_pid) {
        let Ok(number) = pid.parse() else { continue };
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        // The name stands in brackets and may hold anything; state and parent follow.
        let Some((name, rest)) = stat.rsplit_once(')') else { continue };
        let mut fields = rest.split_whitespace();
        let (state, parent) = (fields.next(), fields.next());
        let kin = if parent == Some(&own_pid) {
            "child process"
        } else if carries(&pid, mark) {
            "orphaned process"
        } else {
            continue;
        };
        let name = name.split_once('(').map_or(name, |(_, name)| name).to_owned();
        found.push(Process { pid: number, name, state: state.unwrap_or("?").to_owned(), kin });
    }
    found
}

fn carries(pid: &str, mark: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let expected = format!("{MARK}={mark}");
    environment.split(|byte| *byte == 0).any(|variable| variable == expected.as_bytes())
}

/// Kills whatever carries the mark: a failed test must not leave the machine to its children.
fn sweep(mark: &str) {
    for process in
        processes_of(mark).into_iter().filter(|process| carries(&process.pid.to_string(), mark))
    {
        // It may have ended meanwhile, which is as good.
        let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
    }
}

fn names_in(folder: &str) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned())
}
