//! A session per thread: what goes wrong with one that is shared, and two cures.
//!
//! The notes say that each thread needs a session of its own, because `requests.Session` is not
//! made to be shared (requests #2766). Here is why: a session asks and waits for the answer, and
//! of two threads that do so on one connection, either may read what the other was sent.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Scope};
use std::time::Duration;

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
             is held from the question to its answer; then each thread has a connection of its own.",
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
            .claims(&special(
                |cell| cell.label == SHARED,
                |results, who| answers(results, who, SHARED, |wrong| wrong > 0),
            ))
            .wrong("a session for each", |cell| cell.set("session", "own")),
        counting("a-lock-cures")
            .says("with a lock from question to answer each thread gets its own answers.")
            .claims(&special(
                |cell| cell.label == LOCKED,
                |results, who| answers(results, who, LOCKED, |wrong| wrong == 0),
            ))
            .wrong("without that lock", share),
        counting("a-session-each-cures")
            .says("with a session for each thread each gets its own answers.")
            .claims(&special(
                |cell| cell.label == OWN,
                |results, who| answers(results, who, OWN, |wrong| wrong == 0),
            ))
            .wrong("one session for all", share),
        timing("only-a-session-each-overlaps")
            .says("with the lock one question is asked at a time, with a session each several are.")
            .claims(&special(
                |cell| cell.label == LOCKED || cell.label == OWN,
                only_a_session_each_overlaps,
            ))
            .wrong("a lock in both", |cell| cell.set("session", "locked")),
    ],
    explain: By(explain),
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

const SHARED: &str = "one for all";
const LOCKED: &str = "one, and a lock";
const OWN: &str = "one for each";

fn cells(_: Scale) -> Vec<Cell> {
    let rows = [(SHARED, "shared"), (LOCKED, "locked"), (OWN, "own")];
    let cell = |(label, session)| {
        let cell = Cell::new(label, Lock::TIMED).with("session", session).with("answer_s", 0.0002);
        cell.with("trains", 4).with("questions", 100)
    };
    rows.map(cell).into()
}

fn share(cell: &mut Cell) {
    cell.set("session", "shared");
}

/// A connection that may be shared, which is the mistake.
struct Session {
    stream: UnixStream,
}

impl Session {
    /// Opens a connection to a server that ends when the connection does.
    fn open<'scope>(cell: &Cell, scope: &'scope Scope<'scope, '_>) -> io::Result<Self> {
        let (stream, mut served) = UnixStream::pair()?;
        let takes = Duration::from_secs_f64(cell.number("answer_s"));
        scope.spawn(move || {
            let mut question = [0; 8];
            while served.read_exact(&mut question).is_ok() {
                pause(takes);
                // Who is gone does not need it.
                drop(served.write_all(&question));
            }
        });
        Ok(Self { stream })
    }

    /// Asks, waits, and reads what there is, whosever it may be.
    fn ask(&self, question: u64) -> io::Result<u64> {
        let mut answer = [0; 8];
        blocking(Why::Io, || (&self.stream).write_all(&question.to_le_bytes()))?;
        poll::wait(&[(self.stream.as_fd(), Interest::Read)], Some(Duration::from_secs(30)))?;
        blocking(Why::Io, || (&self.stream).read_exact(&mut answer))?;
        Ok(u64::from_le_bytes(answer))
    }
}

/// What the threads count together; all of it plain counters.
#[derive(Default)]
struct Counts {
    answers: AtomicUsize,
    wrong: AtomicUsize,
    in_flight: AtomicUsize,
    in_flight_max: AtomicUsize,
}

fn measure(cell: &Cell) -> Result<Figures> {
    let failed = |why: io::Error| LabError::failed("a session", why);
    let (gil, trains) = (hogs::gil(cell), cell.count("trains"));
    let sessions = if cell.word("session") == "own" { trains } else { 1 };
    let (counts, one_at_a_time) = (Counts::default(), Mutex::new(()));
    let asked = thread::scope(|scope| {
        let open = || Session::open(cell, scope).map(Arc::new);
        let sessions: Vec<_> = (0..sessions).map(|_| open()).collect::<io::Result<_>>()?;
        let train = |(number, session): (usize, &Arc<Session>)| {
            let (gil, counts, lock, session) = (&gil, &counts, &one_at_a_time, Arc::clone(session));
            scope.spawn(move || gil.attach(|_| ask_all(cell, number, &session, lock, counts)))
        };
        let trains: Vec<_> = (0..trains).zip(sessions.iter().cycle()).map(train).collect();
        trains.into_iter().try_for_each(|train| train.join().expect("a thread does not panic"))
    });
    asked.map_err(failed)?;
    Ok(Figures::default()
        .with_count("sessions", sessions)
        .with_count("answers", counts.answers.into_inner())
        .with_count("wrong", counts.wrong.into_inner())
        .with_count("in_flight_max", counts.in_flight_max.into_inner()))
}

fn ask_all(
    cell: &Cell,
    train: usize,
    session: &Session,
    one_at_a_time: &Mutex<()>,
    counts: &Counts,
) -> io::Result<()> {
    let is_locked = cell.word("session") == "locked";
    for number in 0..cell.count("questions") {
        let question = (train * cell.count("questions") + number) as u64;
        let _held = is_locked.then(|| blocking(Why::Lock, || one_at_a_time.lock()));
        // ORDER: Relaxed, all of them; plain counters, read when the threads have ended.
        let in_flight = counts.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        counts.in_flight_max.fetch_max(in_flight, Ordering::Relaxed);
        let answer = session.ask(question)?;
        counts.in_flight.fetch_sub(1, Ordering::Relaxed);
        counts.answers.fetch_add(1, Ordering::Relaxed);
        counts.wrong.fetch_add(usize::from(answer != question), Ordering::Relaxed);
    }
    Ok(())
}

fn answers(
    results: &Results,
    who: &Contender,
    cell: &str,
    expected: fn(u64) -> bool,
) -> Option<Check> {
    let (all, wrong) = (results.count(who, cell, "answers")?, results.count(who, cell, "wrong")?);
    let figures = format!("{wrong} of {all} answers were to another thread's question");
    Some(Check::that(all > 0 && expected(wrong), figures))
}

fn only_a_session_each_overlaps(results: &Results, who: &Contender) -> Option<Check> {
    let [locked, own] = [LOCKED, OWN].map(|cell| results.count(who, cell, "in_flight_max"));
    let (locked, own) = (locked?, own?);
    let figures = format!("{locked} at once with the lock, {own} with a session each");
    Some(Check::that(locked == 1 && own > 1, figures))
}

fn explain(results: &Results) -> Option<String> {
    Some(format!(
        "On the shared session {} of {} answers went to the wrong thread. Nothing is lost, and the \
         server keeps the order; but a question and its answer are two calls, each of which gives \
         the lock up, and in between another thread asks, or reads. A lock from question to answer \
         cures that, and then one question is asked at a time. With a session each, {} were asked \
         at once, and nobody has to wait. Here the mistake had to be built on purpose: our client \
         changes when it asks, so the compiler does not let two threads have it at once.",
        results.ours(SHARED, "wrong")?,
        results.ours(SHARED, "answers")?,
        results.ours(OWN, "in_flight_max")?
    ))
}
