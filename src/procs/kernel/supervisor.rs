//! The one thread that starts a pool's workers, feeds them, and buries them.
//!
//! # One turn
//!
//! ```text
//!   +--> start what is due --> hand out jobs --> sleep in poll --> listen to workers --+
//!   |                                                                                  |
//!   +---- take the inbox <---- enforce deadlines <---- bury the dead <-----------------+
//! ```
//!
//! # The death of a worker
//!
//! 1. `poll` says that its pidfd is readable: the process is gone, and will write no more.
//! 2. Its socket is read to the end. An answer that arrived whole counts, however its writer ended
//!    afterwards; half of one does not.
//! 3. What is left of its process group is killed, and it is reaped.
//! 4. The first job without an answer is the one that it was running: `WorkerDied`, unless the ring
//!    shows that it never began. That one and those behind it go back to the front of the queue.
//! 5. The slot gets another worker.
//!
//! # Invariants
//!
//! - **SUPERVISOR-1** It alone starts, signals and reaps workers. The kernel's "kill me when my
//!   parent ends" means the parent *thread*, which must therefore live as long as its workers.
//! - **SUPERVISOR-2** A job leaves the queue for one worker, or for its owner; it is in one place.
//! - **SUPERVISOR-3** When the thread ends, every worker is reaped and every job is answered.
//!
//! # Why poll
//!
//! mio's edges tell of a change once; a supervisor that reads a part of what is there would have to
//! remember the rest. `poll` tells what is so, in one call for a whole pool, and costs microseconds
//! for hundreds of descriptors; the pools of this crate have as many workers as a machine has
//! processors.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use super::job::Job;
use super::shared::{Phase, Shared, Shutdown};
use super::slot::{LAST_WAIT, Retry, Slot, SlotState};
use super::spawn::Starter;
use super::worker::{Ending, Stage, Worker, after};
use crate::handle::{JobError, Start};
use crate::procs::death::Death;
use crate::sys::clock;
use crate::sys::poll::{Interest, wait};
use crate::trace::{self, Kind};

/// How a pool treats its workers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) prefetch: usize,
    pub(crate) hello_timeout: Duration,
    pub(crate) shutdown_grace: Duration,
    pub(crate) kill_grace: Duration,
}

/// Starts, feeds and buries workers.
pub(crate) struct Supervisor {
    shared: Arc<Shared>,
    policy: Policy,
    starter: Starter,
    slots: Vec<Slot>,
    queue: VecDeque<Job>,
    course: Course,
}

/// Where the pool is heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// It works.
    On,
    /// It finishes the jobs it has.
    Finishing,
    /// Its workers are sent home; those that still run at this moment are ended.
    Closing { until_ns: Option<u64> },
}

impl Supervisor {
    pub(crate) fn new(
        shared: Arc<Shared>,
        policy: Policy,
        starter: Starter,
        workers: usize,
    ) -> io::Result<Self> {
        let slots = (0..workers).map(Slot::new).collect::<io::Result<_>>()?;
        Ok(Self { shared, policy, starter, slots, queue: VecDeque::new(), course: Course::On })
    }

    /// Runs until the pool is shut down and its last worker is reaped.
    pub(crate) fn run(mut self) {
        while !self.is_over() {
            self.start_due(clock::now_ns());
            self.hand_out();
            let ready = self.sleep();
            self.listen(&ready);
            self.enforce_deadlines(clock::now_ns());
            self.take_inbox();
        }
        // INVARIANT: [SUPERVISOR-3] the queue was refused when the pool closed.
        self.shared.end(None);
    }

    fn is_over(&self) -> bool {
        self.slots.iter().all(|slot| matches!(slot.state, SlotState::Closed))
    }

    /// Starts workers in the slots whose wait is over.
    fn start_due(&mut self, now_ns: u64) {
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            let SlotState::Vacant { until_ns } = slot.state else { continue };
            if until_ns > now_ns || matches!(self.course, Course::Closing { .. }) {
                continue;
            }
            // INVARIANT: [SUPERVISOR-1] this is the only call.
            match self.starter.start(index, &slot.ring) {
                Ok(started) => {
                    let until_ns = after(now_ns, self.policy.hello_timeout);
                    slot.man(Worker::new(started, until_ns));
                }
                Err(error) => self.start_failed(index, &error),
            }
        }
    }

    /// Gives jobs to the workers that have the fewest, and sends what there is room for.
    fn hand_out(&mut self) {
        let now_ns = clock::now_ns();
        while !self.queue.is_empty() {
            let free = self.slots.iter_mut().filter_map(Slot::worker_mut).filter_map(|worker| {
                let load = worker.load().filter(|&load| load <= self.policy.prefetch)?;
                Some((load, worker))
            });
            let Some((_, worker)) = free.min_by_key(|(load, _)| *load) else { break };
            let Some(job) = self.queue.pop_front() else { break };
            // INVARIANT: [SUPERVISOR-2] the owner has it back if it is cancelled.
            if job.start() == Start::Run {
                worker.take_on(job, now_ns);
            }
        }
        self.slots.iter_mut().filter_map(Slot::worker_mut).for_each(Worker::send);
    }

    /// Sleeps until something happens, and tells to which workers: (process ended, socket ready).
    fn sleep(&self) -> Vec<bool> {
        let bell = (self.shared.bell.as_fd(), Interest::Read);
        let workers = self.slots.iter().filter_map(Slot::worker);
        let descriptors: Vec<_> =
            std::iter::once(bell).chain(workers.flat_map(Worker::descriptors)).collect();
        let now_ns = clock::now_ns();
        let timeout = self
            .next_deadline_ns()
            .map(|deadline_ns| Duration::from_nanos(deadline_ns.saturating_sub(now_ns)));
        // STEP: await-news
        let ready = wait(&descriptors, timeout);
        ready.expect("poll fails only if the limit of descriptors was set below those in use")
    }

    fn next_deadline_ns(&self) -> Option<u64> {
        let closing = match self.course {
            Course::Closing { until_ns } => until_ns,
            Course::On | Course::Finishing => None,
        };
        let slots = self.slots.iter().filter_map(|slot| match &slot.state {
            SlotState::Vacant { until_ns } => Some(*until_ns),
            SlotState::Manned(worker) => worker.next_deadline_ns(),
            SlotState::Closed => None,
        });
        slots.chain(closing).min()
    }

    /// Takes in what the workers have sent, and buries those that have ended.
    fn listen(&mut self, ready: &[bool]) {
        let now_ns = clock::now_ns();
        // The bell comes first, then each worker's process and socket, as `sleep` has listed them.
        let mut ready = ready.iter().skip(1).copied();
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            let Some(worker) = slot.worker_mut() else { continue };
            let is_listed = worker.descriptors().count();
            let signs: Vec<bool> = ready.by_ref().take(is_listed).collect();
            if !signs.contains(&true) {
                continue;
            }
            let was = worker.stage;
            // STEP: read-to-end
            worker.receive(now_ns);
            let (is, pid) = (worker.stage, worker.pid());
            if was != Stage::Ready && is == Stage::Ready {
                trace::emit(Kind::WorkerReady, index as u64, u64::from(pid));
                slot.note_ready();
                self.welcome(index, pid);
            }
            if signs.first() == Some(&true) {
                self.bury(index, now_ns);
            }
        }
    }

    /// A worker is ready. When all are, so is the pool.
    fn welcome(&mut self, index: usize, pid: u32) {
        self.shared.change(|state| {
            state.pids[index] = Some(pid);
            if state.phase == Phase::Starting && state.pids.iter().all(Option::is_some) {
                state.phase = Phase::Open;
            }
        });
    }

    /// Deals with a worker whose process has ended and whose socket has been read to its end.
    fn bury(&mut self, index: usize, now_ns: u64) {
        let slot = &mut self.slots[index];
        let next = SlotState::Vacant { until_ns: now_ns };
        let SlotState::Manned(worker) = std::mem::replace(&mut slot.state, next) else { return };
        let (stage, ending, unfit) = (worker.stage, worker.ending.clone(), worker.unfit.clone());
        let (pidfd, jobs) = worker.into_remains();
        let pid = pidfd.pid();
        // Nobody is left in the group, as a rule.
        drop(pidfd.kill_group());
        // Somebody who waits for all children of the program was faster; then nobody can know.
        // STEP: reap-worker
        let status = pidfd.reap().unwrap_or(ExitStatus::from_raw(0));
        trace::emit(Kind::WorkerExit, u64::from(pid), u64::from(status.into_raw().cast_unsigned()));
        let went_home = matches!(self.course, Course::Closing { .. }) && jobs.is_empty();
        let job = jobs.front().map(|job| job.id).filter(|&job| slot.may_have_run(job));
        let last_event = slot.last_event();
        let death = Death { pid, status, job, noticed_ns: now_ns, last_event };
        self.shared.change(|state| {
            state.pids[index] = None;
            if !went_home {
                state.note_death(death);
            }
        });
        // STEP: declare-death
        self.distribute(index, jobs, |job| match &ending {
            Some(Ending::Protocol(reason)) => JobError::Protocol { pid, reason: reason.clone() },
            Some(Ending::Deadline) => JobError::DeadlineExceeded,
            Some(Ending::Shutdown) => JobError::Shutdown,
            Some(Ending::Silent) | None => JobError::WorkerDied { pid, status, job: job.id },
        });
        if matches!(self.course, Course::Closing { .. }) {
            self.slots[index].state = SlotState::Closed;
        } else if let Some(reason) = unfit {
            self.break_down(format!("worker {pid} ({status}) cannot work: {reason}"));
        } else if stage != Stage::Ready {
            self.died_at_boot(index, boot_death(pid, status, stage, ending.as_ref()));
        }
    }

    /// Answers the job that a dead worker was running, and puts the others back into the queue.
    fn distribute(
        &mut self,
        index: usize,
        mut jobs: VecDeque<Job>,
        error: impl Fn(&Job) -> JobError,
    ) {
        if let Some(mut first) = jobs.pop_front() {
            if self.slots[index].may_have_run(first.id) || !first.may_return() {
                let error = error(&first);
                first.finish(Err(error));
            } else {
                jobs.push_front(first);
            }
        }
        for job in jobs.into_iter().rev() {
            self.queue.push_front(job);
        }
        if matches!(self.course, Course::Closing { .. }) {
            self.refuse_queue();
        }
    }

    /// A worker died before it was ready: so will the next one, as a rule.
    fn died_at_boot(&mut self, index: usize, reason: String) {
        let retry = self.slots[index].note_boot_death();
        match (retry, self.is_starting()) {
            (Retry::After(wait), false) => self.slots[index].vacate(clock::now_ns(), wait),
            _ => self.break_down(reason),
        }
    }

    /// The system has no room for a worker at the moment. Others, if there are, go on meanwhile.
    fn start_failed(&mut self, index: usize, error: &io::Error) {
        let retry = self.slots[index].note_boot_death();
        let has_others = self.slots.iter().any(|slot| slot.worker().is_some());
        match (retry, self.is_starting()) {
            (Retry::After(wait), false) => self.slots[index].vacate(clock::now_ns(), wait),
            (Retry::GiveUp, false) if has_others => {
                self.slots[index].vacate(clock::now_ns(), LAST_WAIT);
            }
            _ => self.break_down(format!("a worker cannot be started: {error}")),
        }
    }

    fn is_starting(&self) -> bool {
        self.shared.lock().phase == Phase::Starting
    }

    /// No worker can be had any more: those that run a job finish it, all other jobs fail.
    fn break_down(&mut self, reason: String) {
        self.shared.change(|state| {
            state.broken.get_or_insert(reason);
            state.phase = state.phase.max(Phase::Ending);
        });
        self.close(None);
    }

    /// Ends those whose time is over.
    fn enforce_deadlines(&mut self, now_ns: u64) {
        let grace = self.policy.kill_grace;
        for worker in self.slots.iter_mut().filter_map(Slot::worker_mut) {
            worker.enforce(now_ns, grace);
        }
        if let Course::Closing { until_ns: Some(until_ns) } = self.course
            && until_ns <= now_ns
        {
            self.course = Course::Closing { until_ns: None };
            for worker in self.slots.iter_mut().filter_map(Slot::worker_mut) {
                worker.end(Ending::Shutdown, now_ns, grace);
            }
        }
    }

    /// Takes new jobs and wishes.
    fn take_inbox(&mut self) {
        self.shared.bell.silence();
        let mut state = self.shared.lock();
        let jobs = std::mem::take(&mut state.inbox);
        let shutdown = state.shutdown.take();
        drop(state);
        self.queue.extend(jobs);
        match shutdown {
            Some(Shutdown::Finish) if self.course == Course::On => self.course = Course::Finishing,
            Some(Shutdown::Cancel) => self.close(Some(self.policy.shutdown_grace)),
            Some(Shutdown::Finish) | None => {}
        }
        match self.course {
            Course::Finishing if self.is_idle() => self.close(Some(self.policy.shutdown_grace)),
            // The pool broke after these had been pushed.
            Course::Closing { .. } => self.refuse_queue(),
            Course::On | Course::Finishing => {}
        }
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && !self.slots.iter().filter_map(Slot::worker).any(Worker::is_busy)
    }

    /// Sends the workers home: they leave when they have answered the job they have.
    fn close(&mut self, grace: Option<Duration>) {
        let until_ns = grace.map(|grace| after(clock::now_ns(), grace));
        // Asked twice, the pool keeps to the earlier end.
        let before_ns = match self.course {
            Course::Closing { until_ns } => until_ns,
            Course::On | Course::Finishing => None,
        };
        self.course = Course::Closing { until_ns: before_ns.into_iter().chain(until_ns).min() };
        self.refuse_queue();
        for slot in &mut self.slots {
            match slot.worker_mut() {
                // Nothing that anybody waits for is lost, and an initializer may take for ever.
                Some(worker) if worker.stage != Stage::Ready => worker.kill(),
                Some(worker) => worker.dismiss(),
                None => slot.state = SlotState::Closed,
            }
        }
    }

    fn refuse_queue(&mut self) {
        let error = self.shared.lock().refusal();
        for job in self.queue.drain(..) {
            job.finish(Err(error()));
        }
    }
}

/// Says why a worker that never was one has ended.
fn boot_death(pid: u32, status: ExitStatus, stage: Stage, ending: Option<&Ending>) -> String {
    let text = match ending {
        Some(Ending::Silent) => format!("worker {pid} did not say hello in time"),
        Some(Ending::Protocol(reason)) => format!("worker {pid} broke the protocol: {reason}"),
        _ => format!("worker {pid} ended ({status}) before it was ready"),
    };
    match stage {
        Stage::Starting { .. } => {
            format!("{text}; is `trainyard::procs::init();` the first line of main?")
        }
        _ => text,
    }
}
