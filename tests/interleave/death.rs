//! The death of a worker process: its last answer must outlive it.
//!
//! # The life of one death
//!
//! 1. The worker writes its RESULT frame into the socket, or is killed before it gets there.
//! 2. The kernel ends it: closes its end of the socket, then posts the exit notice (the pidfd
//!    becomes readable). What was written before stays in the socket.
//! 3. The supervisor hears of socket and notice through one poll, and reads the socket to its
//!    end before it looks at the notice. A job that is unanswered then has died with its
//!    worker.
//!
//! The twin believes the notice at once: it declares the job dead whose answer is in the
//! socket.

use trainyard::interleave::{Action, Explorer, Step, ensure};

/// How the job ended, as its caller sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Job {
    #[default]
    Open,
    Answered,
    WorkerDied,
    /// Told twice: no supervisor may come to this.
    AnsweredTwice,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact that one of the actors sees")]
pub(crate) struct Worker {
    killed: bool,
    frame_in_socket: bool,
    end_of_file: bool,
    exit_notice: bool,
    job: Job,
    /// Only for the rules.
    result_sent: bool,
    reaped: bool,
}

impl Worker {
    fn finish(&mut self, ending: Job) {
        self.job = if self.job == Job::Open { ending } else { Job::AnsweredTwice };
    }
}

fn send_result(worker: &mut Worker) -> Step {
    if !worker.killed {
        worker.frame_in_socket = true;
        worker.result_sent = true;
    }
    Step::Done
}

fn kill_worker(worker: &mut Worker) -> Step {
    worker.killed = true;
    Step::Next
}

fn close_socket(worker: &mut Worker) -> Step {
    worker.end_of_file = true;
    Step::Next
}

fn post_exit_notice(worker: &mut Worker) -> Step {
    worker.exit_notice = true;
    Step::Done
}

fn await_news(worker: &mut Worker) -> Step {
    if worker.frame_in_socket || worker.end_of_file || worker.exit_notice {
        Step::Next
    } else {
        Step::Blocked
    }
}

fn await_news_and_believe_the_notice(worker: &mut Worker) -> Step {
    if worker.exit_notice { Step::Goto("reap-worker") } else { await_news(worker) }
}

fn read_to_end(worker: &mut Worker) -> Step {
    if std::mem::replace(&mut worker.frame_in_socket, false) {
        worker.finish(Job::Answered);
        return Step::Goto("read-to-end");
    }
    if worker.end_of_file { Step::Next } else { Step::Goto("await-news") }
}

fn reap_worker(worker: &mut Worker) -> Step {
    if !worker.exit_notice {
        return Step::Blocked;
    }
    worker.reaped = true;
    Step::Next
}

fn declare_death(worker: &mut Worker) -> Step {
    if worker.job == Job::Open {
        worker.finish(Job::WorkerDied);
    }
    Step::Done
}

fn with_supervisor(await_news: Action<Worker>) -> Explorer<Worker> {
    Explorer::new(Worker::default())
        .script("worker", &[("send-result", send_result)])
        .script(
            "kernel",
            &[
                ("kill-worker", kill_worker),
                ("close-socket", close_socket),
                ("post-exit-notice", post_exit_notice),
            ],
        )
        .script(
            "supervisor",
            &[
                ("await-news", await_news),
                ("read-to-end", read_to_end),
                ("reap-worker", reap_worker),
                ("declare-death", declare_death),
            ],
        )
}

/// The supervisor as it is.
pub(crate) fn correct() -> Explorer<Worker> {
    with_supervisor(await_news)
}

/// The twin: an exit notice is acted on before the socket is read to its end.
pub(crate) fn believes_the_notice_first() -> Explorer<Worker> {
    with_supervisor(await_news_and_believe_the_notice)
}

/// Must hold in every state.
pub(crate) fn always(worker: &Worker) -> Result<(), &'static str> {
    ensure(worker.job != Job::AnsweredTwice, "a job ends once")
}

/// Must hold once every script is done.
pub(crate) fn finally(worker: &Worker) -> Result<(), &'static str> {
    let expected = if worker.result_sent { Job::Answered } else { Job::WorkerDied };
    ensure(worker.job == expected, "a result that was sent is delivered")?;
    ensure(worker.reaped, "a dead worker is reaped")
}
