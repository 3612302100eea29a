//! Each law in a few made events: legal up to the last one, which breaks it. That real recordings
//! keep the laws, and what is noticed in them, is the business of `tests/procs/trace_check.rs`.

mod lock;

use super::*;
use crate::trace;

type Line = (u32, Kind, u64, u64);

fn events(history: &[Line]) -> Vec<Event> {
    (0..)
        .zip(history)
        .map(|(time_ns, &(track, kind, a, b))| Event { time_ns, track, kind, cpu: 0, a, b })
        .collect()
}

/// Checks a history: legal without its last event, illegal with it.
#[track_caller]
fn check_last_is_illegal(history: &[Line], law: &str) {
    let events = events(history);
    let last = events.len() - 1;
    assert_eq!(check(&events[..last]), Ok(()));
    let illegal = check(&events).expect_err("the last event breaks a law");
    assert_eq!((illegal.index, illegal.law), (last, law));
}

#[track_caller]
fn check_is_legal(history: &[Line]) {
    assert_eq!(check(&events(history)), Ok(()));
}

#[test]
fn calls_that_may_sleep_nest() {
    let (begin, end) = (Kind::BlockBegin, Kind::BlockEnd);
    check_is_legal(&[(1, end, 0, 2), (1, end, 3, 1), (1, begin, 0, 1)]);
    check_last_is_illegal(
        &[(1, begin, 0, 1), (1, begin, 0, 1)],
        "a call that may sleep began inside as many others as are under way",
    );
    check_last_is_illegal(
        &[(1, begin, 0, 1), (1, end, 0, 1), (1, end, 0, 1)],
        "a call that may sleep ends once, the inner one first",
    );
    check_last_is_illegal(
        &[(1, begin, 0, 1), (1, end, 2, 1)],
        "a call ends with the reason that it began with",
    );
    check_last_is_illegal(
        &[(1, Kind::GilTake, 5, 0), (1, begin, 0, 1), (1, Kind::GilDrop, 5, 0), (1, end, 0, 1)],
        "a thread comes back from a call attached as it went in",
    );
}

#[test]
fn a_job_runs_and_is_answered_once() {
    let (queued, begin) = (Kind::JobQueued, Kind::ThreadJobBegin);
    let (end, done) = (Kind::ThreadJobEnd, Kind::JobDone);
    check_last_is_illegal(
        &[(1, queued, 7, 0), (1, queued, 7, 0)],
        "a job is queued once, before all else",
    );
    check_last_is_illegal(
        &[(1, begin, 7, 0), (2, begin, 7, 0)],
        "a thread runs a job that is queued, once",
    );
    check_last_is_illegal(
        &[(1, done, 7, 0), (2, begin, 7, 0)],
        "nothing happens to a job that is answered",
    );
    check_last_is_illegal(
        &[(1, begin, 7, 0), (1, done, 7, 0)],
        "a job that has begun is answered when it is over, or its worker is gone",
    );
    check_last_is_illegal(
        &[(1, begin, 7, 0), (1, end, 7, 0), (1, begin, 8, 0)],
        "a thread gives the answer when its job is over",
    );
    check_last_is_illegal(
        &[(1, queued, 7, 0), (1, queued, 8, 0), (2, begin, 9, 0)],
        "a job is queued first",
    );
}

#[test]
fn a_thread_of_a_pool_has_one_life() {
    check_last_is_illegal(
        &[(1, Kind::BlockEnd, 0, 1), (1, Kind::ThreadStart, 0, 0)],
        "the start of a thread is its first event",
    );
    check_last_is_illegal(
        &[(1, Kind::ThreadStart, 0, 0), (1, Kind::ThreadJobBegin, 7, 0)],
        "a job of a pool runs attached",
    );
    check_last_is_illegal(
        &[(1, Kind::GilTake, 5, 0), (1, Kind::ThreadEnd, 0, 0)],
        "a thread ends detached",
    );
}

#[test]
fn a_task_is_polled_once_for_each_wake() {
    let (begin, end, wake) = (Kind::TaskPollBegin, Kind::TaskPollEnd, Kind::TaskWake);
    check_last_is_illegal(
        &[(1, begin, 7, 0), (1, end, 7, 0), (1, begin, 7, 0)],
        "a task is polled once for each time that it is woken",
    );
    check_last_is_illegal(
        &[(1, begin, 7, 0), (1, begin, 8, 0)],
        "a loop polls one task at a time, and none in its sleep",
    );
    check_last_is_illegal(
        &[(1, begin, 7, 0), (1, end, 7, 1), (1, wake, 7, 0)],
        "nothing happens to a task that is done",
    );
    check_last_is_illegal(&[(1, wake, 7, 0), (1, wake, 7, 0)], "a task is in the run queue once");
    check_last_is_illegal(
        &[(1, Kind::TaskSpawn, 7, 0), (1, wake, 8, 0)],
        "something happens to a task after it was spawned",
    );
    check_last_is_illegal(
        &[(1, begin, 7, 0), (1, end, 7, 0), (1, wake, 8, 7)],
        "a task does something only while it is polled",
    );
    check_is_legal(&[
        (1, Kind::TaskSpawn, 1, 0),
        (1, begin, 1, 0),
        (1, wake, 1, 1),
        (1, end, 1, 0),
        (1, begin, 1, 0),
    ]);
}

#[test]
fn a_loop_sleeps_between_two_polls_and_wakes_what_has_news() {
    let (park, unpark) = (Kind::LoopPark, Kind::LoopUnpark);
    check_last_is_illegal(
        &[(1, park, 0, 0), (1, Kind::TaskPollBegin, 7, 0)],
        "a loop polls one task at a time, and none in its sleep",
    );
    check_last_is_illegal(
        &[(1, park, 0, 0), (1, unpark, 0, 0), (1, unpark, 0, 0)],
        "a loop wakes up that has slept",
    );
    check_last_is_illegal(
        &[(1, park, 0, 0), (1, Kind::TaskWake, 7, 0)],
        "a loop that sleeps wakes a task when the kernel has news of a descriptor",
    );
    let slept = [(1, park, 0, 0), (1, Kind::BlockBegin, 0, 1), (1, Kind::BlockEnd, 0, 1)];
    check_is_legal(&[&slept[..], &[(1, Kind::IoReady, 9, 0), (1, Kind::TaskWake, 7, 0)]].concat());
    check_last_is_illegal(
        &[(1, park, 0, 0), (1, Kind::IoReady, 9, 0)],
        "a loop hears of its descriptors between two polls, or at the end of its sleep",
    );
    // A loop on virtual time that waits for nothing panics, and another future gets its turn.
    check_is_legal(&[(1, park, 0, 0), (1, Kind::TaskSpawn, 7, 0), (1, Kind::TaskPollBegin, 7, 0)]);
}

#[test]
fn a_timer_fires_that_was_set() {
    let task = [(1, Kind::TaskSpawn, 7, 0), (1, Kind::TaskPollBegin, 7, 0)];
    let over = (1, Kind::TaskPollEnd, 7, 0);
    check_last_is_illegal(
        &[&task[..], &[over, (1, Kind::TimerFire, 7, 99)]].concat(),
        "a timer fires that was set",
    );
    let set = (1, Kind::TimerSet, 7, 99);
    check_is_legal(&[&task[..], &[set, over, (1, Kind::TimerFire, 7, 99)]].concat());
}

/// A worker that was there before the recording, and waits.
const WAITS: Line = (9, Kind::WorkerIdle, 4711, 0);

#[test]
fn a_worker_runs_what_was_sent_to_it() {
    let sent = [(1, Kind::JobQueued, 7, 0), (2, Kind::FrameSend, 7, 0), WAITS];
    let begun = [&sent[..], &[(9, Kind::WorkerJobBegin, 7, 0)]].concat();
    check_last_is_illegal(
        &[(1, Kind::JobQueued, 7, 0), (9, Kind::WorkerJobBegin, 7, 0)],
        "a worker runs a job that was sent to it, once",
    );
    check_last_is_illegal(
        &[&begun[..], &[(2, Kind::FrameReceive, 7, 0)]].concat(),
        "the parent reads an answer that a worker has sent",
    );
    check_last_is_illegal(
        &[&begun[..], &[WAITS]].concat(),
        "a worker waits for a job once, after the one before",
    );
    let ended = [&begun[..], &[(9, Kind::WorkerJobEnd, 7, 0)]].concat();
    check_last_is_illegal(
        &[&ended[..], &[(2, Kind::JobDone, 7, 0)]].concat(),
        "a job that has begun is answered when it is over, or its worker is gone",
    );
    check_last_is_illegal(
        &[&ended[..], &[(9, Kind::WorkerJobBegin, 8, 0)]].concat(),
        "a worker begins a job that it has waited for",
    );
    check_is_legal(
        &[&begun[..], &[(2, Kind::WorkerExit, 4711, 9), (2, Kind::JobDone, 7, 1)]].concat(),
    );
    check_last_is_illegal(
        &[&begun[..], &[(2, Kind::WorkerExit, 4712, 9), (2, Kind::JobDone, 7, 1)]].concat(),
        "a job that has begun is answered when it is over, or its worker is gone",
    );
}

#[test]
fn a_slot_has_one_worker_at_a_time() {
    let (spawn, ready, exit) = (Kind::WorkerSpawn, Kind::WorkerReady, Kind::WorkerExit);
    let first = [(2, spawn, 0, 4711), (2, ready, 0, 4711), WAITS];
    check_last_is_illegal(
        &[&first[..], &[(2, spawn, 0, 4712)]].concat(),
        "a slot gets a worker when the one before is reaped",
    );
    let reaped = [&first[..], &[(2, exit, 4711, 9)]].concat();
    check_last_is_illegal(
        &[&reaped[..], &[(9, Kind::BlockBegin, 0, 1)]].concat(),
        "a worker that is reaped says no more",
    );
    check_last_is_illegal(
        &[&reaped[..], &[(2, ready, 0, 4712)]].concat(),
        "a worker says hello once, after it was started",
    );
    check_last_is_illegal(
        &[&reaped[..], &[(9, Kind::WorkerIdle, 4712, 0)]].concat(),
        "a slot's next worker is started when the one before is reaped",
    );
    let again = [&reaped[..], &[(2, spawn, 0, 4712), (9, Kind::WorkerIdle, 4712, 0)]].concat();
    check_last_is_illegal(
        &[&again[..], &[(9, Kind::WorkerJobBegin, 7, 0)]].concat(),
        "a worker gets its first job when it has said hello",
    );
}

#[test]
fn a_unit_of_work_ends_where_it_began() {
    let (begin, end) = (Kind::UnitBegin, Kind::UnitEnd);
    check_last_is_illegal(&[(1, begin, 1, 0), (1, begin, 2, 0)], "one unit of work after another");
    check_last_is_illegal(
        &[(1, begin, 1, 0), (1, end, 1, 0), (1, end, 2, 0)],
        "a unit of work ends that has begun",
    );
    check_last_is_illegal(
        &[(1, Kind::TaskPollBegin, 7, 0), (1, begin, 1, 0), (1, Kind::TaskPollEnd, 7, 1)],
        "a unit of work ends before its job or task does",
    );
}

#[test]
fn what_came_before_a_loss_is_not_judged() {
    let track = |number, overwritten| trace::Track {
        number,
        name: format!("worker-{number}"),
        pid: 1,
        overwritten,
    };
    let take = Kind::GilTake;
    let events = events(&[(1, take, 5, 0), (1, take, 5, 0), (2, Kind::GilDrop, 5, 0)]);
    let tracks = vec![track(1, 0), track(2, 9)];
    let recording = Recording { begin_ns: 0, end_ns: 9, events, tracks };
    let judged = check_recording(&recording).unwrap();
    assert_eq!((judged.events, judged.skipped, judged.overwritten), (1, 2, 9));
    let whole = Recording { tracks: vec![track(1, 0), track(2, 0)], ..recording };
    let illegal = check_recording(&whole).unwrap_err();
    assert_eq!((illegal.index, illegal.track.as_str()), (1, "worker-1"));
}

#[test]
fn an_illegal_event_is_told_in_one_line() {
    let events = events(&[(1, Kind::GilTake, 5, 0), (2, Kind::GilTake, 5, 1)]);
    let line = check(&events).unwrap_err().to_string();
    assert_eq!(
        line,
        "event 1, 0.000001 ms after the begin, track 2: GilTake (lock 5, previous holder 1) says \
         \"A thread took the global lock\", but a lock has one holder; expected GilDrop by it"
    );
}

/// Fails if the model looks through all jobs, or all tasks, at each event: that takes minutes.
#[test]
fn a_long_recording_is_replayed_in_seconds() {
    let (begin, numbers) = (std::time::Instant::now(), 0..100_000);
    let life = |pid| [(2, Kind::WorkerSpawn, 0, pid), (2, Kind::WorkerExit, pid, 0)];
    let jobs = numbers.clone().map(|job| (1, Kind::JobQueued, job, 0));
    check_is_legal(&jobs.chain(numbers.clone().flat_map(life)).collect::<Vec<_>>());
    let poll = [Kind::TaskPollBegin, Kind::UnitBegin, Kind::TaskPollEnd];
    let polls = numbers.clone().flat_map(|task| poll.map(|kind| (1, kind, task, 0)));
    let ends = numbers.map(|unit| (1, Kind::UnitEnd, unit, 0));
    check_is_legal(&polls.chain(ends).collect::<Vec<_>>());
    assert!(begin.elapsed().as_secs() < 60, "{:?}", begin.elapsed());
}
