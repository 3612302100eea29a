//! Threads of a pool that are started on demand: no job waits while one may be started for it.
//!
//! # The life of one job
//!
//! 1. A submitter queues it, and calls a thread that is idle, if one is.
//! 2. It looks: are more jobs queued than threads are idle, called, or on their way? If so it starts
//!    one.
//! 3. The thread arrives: it is no longer on its way.
//! 4. It looks for a job, and has one, or is idle until it is called.
//!
//! There are two jobs, of two submitters, and each waits until the other runs: it needs a thread of its
//! own. The steps are those of `src/threads/pool/roster.rs`, and (1) of `work_queue.rs`. In the first
//! twin a thread has its job before it arrives; in the second a submitter looks before it queues.

use trainyard::interleave::{Action, Explorer, Step, ensure};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Pool {
    queued: u8,
    idle: u8,
    called: u8,
    starting: u8,
    started: u8,
    running: u8,
}

impl Pool {
    fn looking(&self) -> u8 {
        self.idle + self.called + self.starting
    }

    fn start_if(&mut self, nobody_looks: bool) {
        if nobody_looks && self.started < 2 {
            self.starting += 1;
            self.started += 1;
        }
    }
}

fn queue_job(pool: &mut Pool) -> Step {
    pool.queued += 1;
    if pool.idle > 0 {
        pool.idle -= 1;
        pool.called += 1;
    }
    Step::Next
}

fn queue_job_and_go(pool: &mut Pool) -> Step {
    _ = queue_job(pool);
    Step::Done
}

fn start_if_nobody_looks(pool: &mut Pool) -> Step {
    pool.start_if(pool.queued > pool.looking());
    Step::Done
}

fn start_for_the_job_to_come(pool: &mut Pool) -> Step {
    pool.start_if(pool.queued + 1 > pool.looking());
    Step::Next
}

fn be_started<const ME: u8>(pool: &mut Pool) -> Step {
    if pool.started > ME { Step::Next } else { Step::Blocked }
}

fn arrive(pool: &mut Pool) -> Step {
    pool.starting -= 1;
    Step::Next
}

fn take_or_sleep(pool: &mut Pool) -> Step {
    if pool.queued == 0 {
        pool.idle += 1;
        return Step::Goto("be-called");
    }
    pool.queued -= 1;
    pool.running += 1;
    Step::Next
}

fn meet_the_other(pool: &mut Pool) -> Step {
    if pool.running == 2 { Step::Done } else { Step::Blocked }
}

fn be_called(pool: &mut Pool) -> Step {
    if pool.called == 0 {
        return Step::Blocked;
    }
    pool.called -= 1;
    Step::Goto("take-job-or-sleep")
}

type Named = (&'static str, Action<Pool>);

const QUEUE_THEN_LOOK: [Named; 2] =
    [("queue-job", queue_job), ("start-if-nobody-looks", start_if_nobody_looks)];

fn thread<const ME: u8>() -> [Named; 5] {
    [
        ("be-started", be_started::<ME>),
        ("arrive-in-pool", arrive),
        ("take-job-or-sleep", take_or_sleep),
        ("meet-the-other", meet_the_other),
        ("be-called", be_called),
    ]
}

fn with(submits: &[Named], threads: [&[Named]; 2]) -> Explorer<Pool> {
    Explorer::new(Pool::default())
        .script("submitter", submits)
        .script("submitter 2", submits)
        .script("thread", threads[0])
        .script("thread 2", threads[1])
}

/// The pool as it is.
pub(crate) fn correct() -> Explorer<Pool> {
    with(&QUEUE_THEN_LOOK, [&thread::<0>(), &thread::<1>()])
}

/// The first twin: a thread that has a job still counts as on its way.
pub(crate) fn arrives_with_a_job() -> Explorer<Pool> {
    let [mut first, mut second] = [thread::<0>(), thread::<1>()];
    first.swap(1, 2);
    second.swap(1, 2);
    with(&QUEUE_THEN_LOOK, [&first, &second])
}

/// The second twin: who submits a job looks for a thread before it is queued.
pub(crate) fn looks_before_it_queues() -> Explorer<Pool> {
    let look_then_queue: [Named; 2] =
        [("start-if-nobody-looks", start_for_the_job_to_come), ("queue-job", queue_job_and_go)];
    with(&look_then_queue, [&thread::<0>(), &thread::<1>()])
}

/// Must hold in every state.
pub(crate) fn always(pool: &Pool) -> Result<(), &'static str> {
    ensure(pool.started <= 2, "there are no more threads than there may be")
}

/// Must hold once every script is done.
pub(crate) fn finally(pool: &Pool) -> Result<(), &'static str> {
    ensure(pool.running == 2 && pool.looking() == 0, "each job has a thread of its own")
}
