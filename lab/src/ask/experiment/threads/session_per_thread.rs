//! A session per thread: what goes wrong with one that is shared, and two cures.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use super::InFlight;
use crate::ask::experiment::kit::prelude::*;
use trainyard::sys::poll::{self, Interest};
use trainyard::threads;

pub(super) const DESIGN: Design = Design::new(include_str!("session_per_thread.md"), measure)
    .twin(include_str!("session_per_thread.py"), by_lock)
    .relations(&[
        timing("shared-answers-the-wrong-thread", &that(|[wrong, all]| all > 0.0 && wrong > 0.0)),
        counting("a-lock-cures", &that(|[wrong, all]| all > 0.0 && is(wrong, 0))),
        counting("a-session-each-cures", &that(|[wrong, all]| all > 0.0 && is(wrong, 0))),
        timing("only-a-session-each-overlaps", &that(|[locked, own]| is(locked, 1) && own > 1.0)),
    ]);

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
    let takes = cell.time("answer_s");
    let sessions = (0..if session == "own" { trains } else { 1 }).map(|_| Session::open(takes));
    let sessions = sessions.collect::<io::Result<Vec<_>>>().map_err(failed)?;
    let (in_flight, one_at_a_time) = (InFlight::default(), threads::Lock::new(()));
    let ask_all = |train: usize| -> io::Result<usize> {
        let (session, mut wrong) = (&sessions[train % sessions.len()], 0);
        for number in 0..cell.count("questions") {
            let question = (train * cell.count("questions") + number) as u64;
            let _held = (cell.word("session") == "locked").then(|| one_at_a_time.acquire());
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
