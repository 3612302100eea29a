//! A session per thread: what goes wrong with one that is shared, and two cures.
//!
//! `requests.Session` is not made to be shared (requests #2766). A session asks and waits for the
//! answer; if two threads do so on one connection, either may read the other's answer.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use super::InFlight;
use crate::ask::experiment::kit::prelude::*;
use trainyard::sys::poll::{self, Interest};
use trainyard::sys::prim::Mutex;
use trainyard::sys::{Why, blocking};

/// One session for all threads, the same with a lock, and one each.
pub const EXPERIMENT: Experiment = Experiment {
    name: "session-per-thread",
    group: Group::Threads,
    title: "a session that threads share answers the wrong thread",
    question: "Four threads share one connection. Each sends a number, waits for an answer, and \
               reads it; the server sends back what it got, in order. Under the global lock one \
               thread runs at a time. Does each thread get its own number back?",
    choices: &[
        "yes: one thread runs at a time, and the server keeps the order",
        "no: a thread may read the answer to another's question",
        "no: numbers get lost on the way",
    ],
    answer: 1,
    method: "Four threads under the lock, 100 questions each. A question is the eight bytes of a \
             number, which tells the thread and the question. The server takes 0.2 ms for it. A \
             thread waits until there is something to read, as a client with a time limit does, \
             and reads eight bytes. First all share one connection; then all share it, and a lock \
             is held from the question to its answer; then each thread has a connection of its \
             own.",
    cells,
    ours: measure,
    twin: Some(include_str!("session_per_thread.py")),
    plays: by_lock,
    columns: &[
        Column { figure: "answers", title: "answers", unit: Unit::Count },
        Column { figure: "wrong", title: "to another's\nquestion", unit: Unit::Count },
        Column { figure: "in_flight_max", title: "asked at\nonce", unit: Unit::Count },
        Column { figure: "sessions", title: "sessions", unit: Unit::Count },
    ],
    relations: &[
        timing("shared-answers-the-wrong-thread")
            .says("with one session for all, threads get answers to each other's questions.")
            .claims(&that(
                "{wrong in one for all} of {answers in one for all} answers were to another \
                 thread's question",
                |[wrong, all]| all > 0.0 && wrong > 0.0,
            ))
            .wrong("a session for each", |cell| cell.set("session", "own")),
        counting("a-lock-cures")
            .says("with a lock from question to answer each thread gets its own answers.")
            .claims(&that(
                "{wrong in one, and a lock} of {answers in one, and a lock} answers were to \
                 another thread's question",
                |[wrong, all]| all > 0.0 && is(wrong, 0),
            ))
            .wrong("without that lock", |cell| cell.set("session", "shared")),
        counting("a-session-each-cures")
            .says("with a session for each thread each gets its own answers.")
            .claims(&that(
                "{wrong in one for each} of {answers in one for each} answers were to another \
                 thread's question",
                |[wrong, all]| all > 0.0 && is(wrong, 0),
            ))
            .wrong("one session for all", |cell| cell.set("session", "shared")),
        timing("only-a-session-each-overlaps")
            .says("with the lock one question is asked at a time, with a session each several are.")
            .claims(&that(
                "{in_flight_max in one, and a lock} at once with the lock, {in_flight_max in one \
                 for each} with a session each",
                |[locked, own]| is(locked, 1) && own > 1.0,
            ))
            .wrong("a lock in both", |cell| cell.set("session", "locked")),
    ],
    explain: Told(
        "On the shared session {wrong in one for all} of {answers in one for all} answers went to \
         the wrong thread. Nothing is lost, and the server keeps the order; but a question and its \
         answer are two calls, each of which gives the lock up, and in between another thread \
         asks, or reads. A lock from question to answer cures that, and then one question is asked \
         at a time. With a session each, {in_flight_max in one for each} were asked at once, and \
         nobody has to wait. Here the mistake had to be built on purpose: our client changes when \
         it asks, so the compiler does not let two threads have it at once.",
    ),
    read: &[
        "lab/core/src/work/io/session.rs: our client, and the program that Rust refuses to compile",
        "lab/core/src/work/io/threads.rs: a session per thread in a thread-local variable",
        "https://github.com/psf/requests/issues/2766: \"Document threading contract for Session\"",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "compare io --models threads,coop --runs 1 --requests 40",
        says: "each row has sessions of its own, one for each worker: see lab/core/src/work/io/threads.rs and lab/core/src/work/io/coop.rs.",
    },
    change: Activity {
        command: "experiment run session-per-thread --quick --wrong a-lock-cures",
        says: "the lock taken away again, and with it the cure.",
    },
    make: "Let two threads share a `std::cell::RefCell` in Rust, and read what the compiler says: there the illness cannot be caught.",
};

fn cells(_: Scale) -> Vec<Cell> {
    let rows = [("one for all", "shared"), ("one, and a lock", "locked"), ("one for each", "own")];
    let cell = |label| Cell::new(label, Lock::TIMED).with("trains", 4).with("questions", 100);
    let cell = |(label, session)| cell(label).with("session", session).with("answer_s", 0.0002);
    rows.map(cell).into()
}

/// A connection that may be shared, which is the mistake.
struct Session(UnixStream);

impl Session {
    /// Opens a connection to a server that ends when the connection does.
    fn open(takes: Duration) -> io::Result<Self> {
        let (stream, mut served) = UnixStream::pair()?;
        thread::spawn(move || {
            let mut question = [0; 8];
            while served.read_exact(&mut question).is_ok() {
                pause(takes);
                // Who is gone does not need it.
                drop(served.write_all(&question));
            }
        });
        Ok(Self(stream))
    }

    /// Asks, waits, and reads what there is, whosever it may be.
    fn ask(&self, question: u64) -> io::Result<u64> {
        let mut answer = [0; 8];
        blocking(Why::Io, || (&self.0).write_all(&question.to_le_bytes()))?;
        poll::wait(&[(self.0.as_fd(), Interest::Read)], Some(Duration::from_secs(30)))?;
        blocking(Why::Io, || (&self.0).read_exact(&mut answer))?;
        Ok(u64::from_le_bytes(answer))
    }
}

fn measure(cell: &Cell) -> Result<Figures> {
    let failed = |why: io::Error| LabError::failed("a session", why);
    let (gil, trains, session) = (hogs::gil(cell), cell.count("trains"), cell.word("session"));
    let takes = Duration::from_secs_f64(cell.number("answer_s"));
    let sessions = (0..if session == "own" { trains } else { 1 }).map(|_| Session::open(takes));
    let sessions = sessions.collect::<io::Result<Vec<_>>>().map_err(failed)?;
    let (in_flight, one_at_a_time) = (InFlight::default(), Mutex::new(()));
    let ask_all = |train: usize| -> io::Result<usize> {
        let (session, mut wrong) = (&sessions[train % sessions.len()], 0);
        for number in 0..cell.count("questions") {
            let question = (train * cell.count("questions") + number) as u64;
            let lock = || blocking(Why::Lock, || one_at_a_time.lock());
            let _held = (cell.word("session") == "locked").then(lock);
            let answer = in_flight.during(|| session.ask(question))?;
            wrong += usize::from(answer != question);
        }
        Ok(wrong)
    };
    let wrong = in_threads(trains, |train| gil.attach(|_| ask_all(train))).into_iter();
    let wrong: usize = wrong.sum::<io::Result<_>>().map_err(failed)?;
    let figures = in_flight.figures("answers").with_count("sessions", sessions.len());
    Ok(figures.with_count("wrong", wrong))
}
