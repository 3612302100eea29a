//! The loop: polls what is ready, serves the outside, sleeps when there is nothing to do.
//!
//! # The life of one round
//!
//! 1. Poll tasks from the run queue, at most `event_interval` of them. Each goes back to rest, or
//!    ends: done, panicked, aborted.
//! 2. Serve the outside, which is the next file, [`outside`](super::outside).
//!
//! # Invariants
//!
//! - **LOOP-1** No table is borrowed while foreign code runs: a future, a waker (its clone and its
//!   destructor too), a destructor may call anything here.
//! - **LOOP-2** Sockets, timers and other threads are served at least once in `event_interval`
//!   polls, however long the run queue is.
//! - **LOOP-3** A task's panic is caught here, and the loop goes on.
//!
//! Read next: [`outside`](super::outside), [`join`](super::join),
//! [`runtime`](crate::coop::runtime).
#![forbid(unsafe_code)]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::current::{Entered, Root};
use super::inbox::{Bell, Inbox};
use super::join::{JoinCell, JoinError, JoinHandle, Spawned};
use super::run_queue::RunQueue;
use super::settings::{Settings, SlowPoll};
use super::task::{Body, Key, TaskId, TaskInfo, Tasks, Turn, WaitsOn};
use super::timer::{TimerKey, Timers};
use super::waker::TaskWaker;
use super::world::World;
use crate::handle::contained::contained;
use crate::sys::clock;
use crate::trace::{self, Kind};

/// One loop: everything that its thread alone touches, and the inbox that others push to.
pub(in crate::coop) struct Scheduler {
    pub(super) world: World,
    pub(super) inbox: Arc<Inbox<Bell>>,
    pub(super) tasks: RefCell<Tasks>,
    pub(super) run_queue: RefCell<RunQueue>,
    pub(super) timers: RefCell<Timers>,
    /// Tasks that made room for others; woken when the outside has been served.
    pub(super) made_room: RefCell<Vec<Waker>>,
    life: Cell<Life>,
    settings: Settings,
    /// The task that is being polled.
    running: Cell<Option<Key>>,
    /// What its next operations may still take, and what it was last seen to wait for.
    budget_left: Cell<u32>,
    waits_on: Cell<WaitsOn>,
}

/// Whether tasks may still be spawned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Open,
    Closing,
}

/// What a task may do with its next I/O operation.
#[must_use = "an operation beyond the budget starves the other tasks"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::coop) enum Budget {
    Left,
    /// The task has been put behind the others: answer "pending".
    Spent,
}

impl Scheduler {
    /// Creates a loop without tasks; fails if the process has no descriptors left.
    pub(in crate::coop) fn new(settings: Settings) -> io::Result<Rc<Self>> {
        let (world, bell) = World::new(settings.time)?;
        Ok(Rc::new(Self {
            inbox: Arc::new(Inbox::new(bell)),
            tasks: RefCell::default(),
            run_queue: RefCell::new(RunQueue::new(world.order())),
            timers: RefCell::default(),
            made_room: RefCell::default(),
            life: Cell::new(Life::Open),
            running: Cell::new(None),
            budget_left: Cell::new(settings.budget),
            waits_on: Cell::new(WaitsOn::Other),
            world,
            settings,
        }))
    }

    /// Creates a task and puts it at the back of the run queue.
    pub(in crate::coop) fn spawn<F>(
        self: &Rc<Self>,
        future: F,
        spawned_at: &'static Location<'static>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
    {
        let cell = JoinCell::new();
        let key = self.tasks.borrow_mut().insert(spawned_at, |key| {
            let task = Arc::new(TaskWaker::new_queued(key, Arc::clone(&self.inbox)));
            let job = Box::new(Spawned::new(key.id, future, Rc::clone(&cell)));
            Body { waker: Waker::from(Arc::clone(&task)), task, job }
        });
        self.enter_new(key);
        if self.life.get() == Life::Closing {
            self.abort(key);
        }
        JoinHandle::new(key, cell, Rc::clone(self))
    }

    /// Gives the future of `block_on` a place among the tasks, and its first turn.
    pub(super) fn insert_root(&self, spawned_at: &'static Location<'static>) -> Arc<TaskWaker> {
        let task = self.tasks.borrow_mut().insert_root(spawned_at, |key| {
            Arc::new(TaskWaker::new_queued(key, Arc::clone(&self.inbox)))
        });
        self.enter_new(task.key());
        task
    }

    pub(super) fn remove_root(&self, task: &TaskWaker) {
        task.retire();
        self.tasks.borrow_mut().remove(task.key());
    }

    /// Runs the loop until `future` is done, and returns its output.
    pub(in crate::coop) fn block_on<F: Future>(
        self: &Rc<Self>,
        future: F,
        spawned_at: &'static Location<'static>,
    ) -> F::Output {
        let root = Root::enter(self, spawned_at);
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = self.round(&root, future.as_mut()) {
                return output;
            }
            self.serve_outside();
        }
    }

    /// Polls what is ready, until the root is done, nothing is ready, or it is time to look out.
    fn round<F: Future>(&self, root: &Root<'_>, mut future: Pin<&mut F>) -> Poll<F::Output> {
        // INVARIANT: [LOOP-2]
        for _ in 0..self.settings.event_interval {
            // STEP: take-from-queue
            let Some(key) = self.run_queue.borrow_mut().pop() else { break };
            let turn = self.tasks.borrow_mut().start(key);
            let output = match turn {
                Turn::Root => self.run_root(root, future.as_mut()),
                Turn::Spawned(body) => {
                    self.run(body);
                    Poll::Pending
                }
                Turn::Ended => Poll::Pending,
            };
            if output.is_ready() {
                return output;
            }
        }
        Poll::Pending
    }

    /// Polls a spawned task and settles what became of it.
    fn run(&self, mut body: Body) {
        let job = &mut body.job;
        match self.poll(&body.task, &body.waker, |context| job.poll(context)) {
            Ok(Poll::Pending) => {
                let key = body.task.key();
                let aborted = self.tasks.borrow_mut().rest(key, body, self.waits_on.get());
                if let Some(body) = aborted {
                    self.cancel(body);
                }
            }
            Ok(Poll::Ready(())) => self.end(body),
            Err(payload) => {
                let error = JoinError::panicked(body.task.key().id, payload);
                self.fail(body, error);
            }
        }
    }

    /// Polls the future of `block_on`; its panic goes to whoever called that.
    fn run_root<F: Future>(&self, root: &Root<'_>, future: Pin<&mut F>) -> Poll<F::Output> {
        let mut output = None;
        let polled = self.poll(&root.task, &root.waker, |context| {
            future.poll(context).map(|done| output = Some(done))
        });
        self.tasks.borrow_mut().rest_root(root.task.key(), self.waits_on.get());
        if !matches!(polled, Ok(Poll::Pending)) {
            root.task.retire();
        }
        if let Err(payload) = polled {
            resume_unwind(payload);
        }
        output.map_or(Poll::Pending, Poll::Ready)
    }

    /// One poll, of whatever task: on the record, within its budget, its panic caught.
    fn poll(
        &self,
        task: &TaskWaker,
        waker: &Waker,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<()>,
    ) -> Result<Poll<()>, Box<dyn Any + Send>> {
        let key = task.key();
        self.running.set(Some(key));
        self.budget_left.set(self.settings.budget);
        self.waits_on.set(WaitsOn::Other);
        let begin_ns = self.settings.slow_poll.as_ref().map(|_| clock::now_ns());
        task.begin_poll();
        trace::emit(Kind::TaskPollBegin, key.id.0, 0);
        // STEP: poll
        // INVARIANT: [LOOP-3]
        let outcome = catch_unwind(AssertUnwindSafe(|| poll(&mut Context::from_waker(waker))));
        trace::emit(Kind::TaskPollEnd, key.id.0, outcome_word(&outcome));
        self.running.set(None);
        if let Some(begin_ns) = begin_ns {
            self.watch(key, begin_ns);
        }
        outcome
    }

    /// Names the task that has held the loop for too long.
    fn watch(&self, key: Key, begin_ns: u64) {
        let took_ns = clock::now_ns().saturating_sub(begin_ns);
        let spawned_at = self.tasks.borrow().spawned_at(key);
        if let (Some(watch), Some(spawned_at)) = (&self.settings.slow_poll, spawned_at) {
            let report =
                || watch.report(took_ns, |took| SlowPoll { task: key.id, spawned_at, took });
            // The task is still in our hands, and must be settled whatever the report does.
            contained(report);
        }
    }

    /// Drops a task's future and tells its joiner why there is no output.
    fn fail(&self, mut body: Body, error: JoinError) {
        // First: a destructor in the future may wake its own task, which has ended.
        body.task.retire();
        // The joiner's waker may be foreign, and the task must be settled whatever it does.
        contained(|| body.job.fail(error));
        self.end(body);
    }

    /// Forgets a task that has answered its joiner.
    fn end(&self, body: Body) {
        body.task.retire();
        self.tasks.borrow_mut().remove(body.task.key());
        // The output of a detached task dies here, and its destructor is foreign code.
        // INVARIANT: [LOOP-3] nobody is left to be told of its panic but the panic hook.
        contained(|| drop(body));
    }

    /// Drops a task's future where it stands.
    fn cancel(&self, body: Body) {
        let task = body.task.key().id;
        trace::emit(Kind::TaskCancel, task.0, 0);
        self.fail(body, JoinError::Cancelled { task });
    }

    pub(super) fn abort(&self, key: Key) {
        let aborted = self.tasks.borrow_mut().abort(key);
        if let Some(body) = aborted {
            self.cancel(body);
        }
    }

    /// Drops every task, here and now; tasks that are spawned meanwhile are dropped at once.
    pub(in crate::coop) fn close(self: &Rc<Self>) {
        let entered = Entered::over(self);
        self.life.set(Life::Closing);
        let keys = self.tasks.borrow().keys();
        for key in keys {
            self.abort(key);
        }
        drop(entered);
    }
}

/// Into the run queue.
impl Scheduler {
    /// Queues a task that was woken: its `queued` flag is set, and it is not in the queue.
    pub(super) fn enqueue(&self, key: Key) {
        trace::emit(Kind::TaskWake, key.id.0, self.running_word());
        self.run_queue.borrow_mut().push(key);
    }

    /// Queues a task for the first time.
    fn enter_new(&self, key: Key) {
        trace::emit(Kind::TaskSpawn, key.id.0, self.running_word());
        self.run_queue.borrow_mut().push(key);
    }

    /// Tells whether `inbox` is this loop's.
    pub(super) fn owns(&self, inbox: &Arc<Inbox<Bell>>) -> bool {
        Arc::ptr_eq(&self.inbox, inbox)
    }

    fn running_word(&self) -> u64 {
        self.running.get().map_or(0, |key| key.id.0)
    }
}

/// What leaf futures ask for.
impl Scheduler {
    pub(in crate::coop) fn now_ns(&self) -> u64 {
        self.world.now_ns()
    }

    pub(super) fn is_running(&self, key: Key) -> bool {
        self.running.get() == Some(key)
    }

    /// Returns the running task, or 0 outside of every task.
    pub(in crate::coop) fn current_task(&self) -> TaskId {
        TaskId(self.running_word())
    }

    pub(in crate::coop) fn list(&self) -> Vec<TaskInfo> {
        self.tasks.borrow().list(self.running.get())
    }

    /// Notes what the running task is about to wait for.
    pub(in crate::coop) fn note_wait(&self, waits_on: WaitsOn) {
        self.waits_on.set(waits_on);
    }

    /// Puts `waker`'s task behind the others: it runs again when the outside has been served.
    pub(in crate::coop) fn make_room(&self, waker: &Waker) {
        let waker = waker.clone();
        self.made_room.borrow_mut().push(waker);
    }

    /// Asks for one operation that may be ready at once; pay for it with [`spend`](Self::spend).
    pub(in crate::coop) fn budget(&self, waker: &Waker) -> Budget {
        if self.budget_left.get() > 0 {
            return Budget::Left;
        }
        self.make_room(waker);
        Budget::Spent
    }

    pub(in crate::coop) fn spend(&self) {
        self.budget_left.set(self.budget_left.get().saturating_sub(1));
    }

    /// Makes the name of a timer that is not set yet.
    pub(super) fn name_timer(&self, deadline_ns: u64) -> TimerKey {
        self.timers.borrow_mut().name(deadline_ns)
    }

    pub(super) fn set_timer(&self, key: TimerKey, waker: &Waker) {
        self.note_wait(WaitsOn::Timer);
        // The moment that never comes: on virtual time the clock would jump there.
        if key.deadline_ns == u64::MAX {
            return;
        }
        let (waker, task) = (waker.clone(), self.current_task());
        let replaced = self.timers.borrow_mut().put(key, waker, task);
        // INVARIANT: [LOOP-1]
        drop(replaced);
    }

    pub(super) fn remove_timer(&self, key: TimerKey) {
        let removed = self.timers.borrow_mut().remove(key);
        // INVARIANT: [LOOP-1]
        drop(removed);
    }
}

fn outcome_word(outcome: &Result<Poll<()>, Box<dyn Any + Send>>) -> u64 {
    match outcome {
        Ok(Poll::Pending) => 0,
        Ok(Poll::Ready(())) => 1,
        Err(_) => 2,
    }
}
