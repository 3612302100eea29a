//! What may happen to a task, and when: each deed before its first poll, during a poll, while it
//! waits, and after its end. Whatever happens, its future is dropped once and its answer is one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use trainyard::coop::{self, JoinError, JoinHandle, Runtime, TaskState, WaitsOn};

type Deed = Box<dyn FnOnce()>;

/// What a probe's test sees and sets.
#[derive(Default)]
struct Probe {
    polls: Cell<u32>,
    drops: Cell<u32>,
    waker: RefCell<Option<Waker>>,
    /// Done once, inside the next poll.
    during: RefCell<Option<Deed>>,
    may_end: Cell<bool>,
}

impl Probe {
    /// Returns a probe that answers 7 as soon as it may end, and a future that is probed.
    fn new(may_end: bool) -> (Rc<Self>, Probed) {
        let probe = Rc::new(Self { may_end: Cell::new(may_end), ..Self::default() });
        (Rc::clone(&probe), Probed(probe))
    }

    fn wake(&self) {
        self.waker.borrow().as_ref().unwrap().wake_by_ref();
    }

    fn end(&self) {
        self.may_end.set(true);
        self.wake();
    }

    fn during(&self, deed: impl FnOnce() + 'static) {
        *self.during.borrow_mut() = Some(Box::new(deed));
    }

    #[track_caller]
    fn check(&self, polls: u32, drops: u32) {
        assert_eq!((self.polls.get(), self.drops.get()), (polls, drops), "polls and drops");
    }
}

struct Probed(Rc<Probe>);

impl Future for Probed {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u32> {
        let probe = &self.0;
        probe.polls.set(probe.polls.get() + 1);
        *probe.waker.borrow_mut() = Some(context.waker().clone());
        let deed = probe.during.borrow_mut().take();
        if let Some(deed) = deed {
            deed();
        }
        if probe.may_end.get() { Poll::Ready(7) } else { Poll::Pending }
    }
}

impl Drop for Probed {
    fn drop(&mut self) {
        self.0.drops.set(self.0.drops.get() + 1);
    }
}

/// Lets everything that is ready run until nothing is, for tasks that settle within ten turns.
async fn settle() {
    for _ in 0..10 {
        coop::yield_now().await;
    }
}

#[track_caller]
fn check_cancelled<T>(answer: Result<T, JoinError>) {
    assert!(answer.is_err_and(|error| error.is_cancelled()));
}

#[test]
fn a_wake_before_or_during_a_poll_is_one_more_poll_and_after_the_end_is_nothing() {
    coop::run(async {
        let (probe, future) = Probe::new(false);
        let handle = coop::spawn(future);
        settle().await;
        probe.check(1, 0);
        // Twice before the poll: queued once.
        probe.wake();
        probe.wake();
        settle().await;
        probe.check(2, 0);
        // During the poll: the poll that is under way has not seen the news.
        let inner = Rc::clone(&probe);
        probe.during(move || inner.wake());
        probe.wake();
        settle().await;
        probe.check(4, 0);
        probe.end();
        assert_eq!(handle.await.unwrap(), 7);
        probe.wake();
        settle().await;
        probe.check(5, 1);
    });
}

#[test]
fn an_abort_before_the_first_poll_means_that_the_body_never_runs() {
    coop::run(async {
        let (probe, future) = Probe::new(true);
        let handle = coop::spawn(future);
        handle.abort();
        assert!(handle.is_finished());
        check_cancelled(handle.await);
        probe.check(0, 1);
    });
}

/// Fails if `rest` puts the body back whatever was asked during the poll.
#[test]
fn a_task_that_aborts_itself_goes_on_to_its_next_await() {
    coop::run(async {
        let (probe, future) = Probe::new(false);
        let handle = Rc::new(coop::spawn(future));
        let own = Rc::clone(&handle);
        probe.during(move || own.abort());
        settle().await;
        probe.check(1, 1);
        check_cancelled(Rc::into_inner(handle).unwrap().await);
    });
}

#[test]
fn an_abort_during_the_last_poll_comes_too_late() {
    coop::run(async {
        let (probe, future) = Probe::new(true);
        let handle = Rc::new(coop::spawn(future));
        let own = Rc::clone(&handle);
        probe.during(move || own.abort());
        settle().await;
        assert_eq!(Rc::into_inner(handle).unwrap().await.unwrap(), 7);
        probe.check(1, 1);
    });
}

#[test]
fn an_abort_while_it_waits_drops_the_future_at_once_and_wakes_the_joiner() {
    coop::run(async {
        let (probe, future) = Probe::new(false);
        let handle = Rc::new(coop::spawn(future));
        settle().await;
        handle.abort();
        probe.check(1, 1);
        handle.abort();
        probe.wake();
        settle().await;
        probe.check(1, 1);
        check_cancelled(Rc::into_inner(handle).unwrap().await);
    });
}

#[test]
fn an_abort_after_the_end_leaves_the_answer() {
    coop::run(async {
        let (probe, future) = Probe::new(true);
        let handle = coop::spawn(future);
        settle().await;
        handle.abort();
        assert_eq!(handle.await.unwrap(), 7);
        probe.check(1, 1);
    });
}

#[test]
fn a_task_whose_handle_is_dropped_at_any_moment_goes_on() {
    coop::run(async {
        let (before, future) = Probe::new(true);
        drop(coop::spawn(future));
        settle().await;
        before.check(1, 1);

        let (during, future) = Probe::new(true);
        let handle = coop::spawn(future);
        during.during(move || drop(handle));
        settle().await;
        during.check(1, 1);

        let (waiting, future) = Probe::new(false);
        let handle = coop::spawn(future);
        settle().await;
        drop(handle);
        waiting.end();
        settle().await;
        waiting.check(2, 1);
    });
}

#[test]
fn a_join_before_and_after_the_end_answers_the_same() {
    coop::run(async {
        let (probe, future) = Probe::new(true);
        assert_eq!(coop::spawn(future).await.unwrap(), 7);
        probe.check(1, 1);

        let (_, future) = Probe::new(true);
        let handle = coop::spawn(future);
        assert!(!handle.is_finished());
        settle().await;
        assert!(handle.is_finished());
        assert_eq!(handle.await.unwrap(), 7);
    });
}

#[test]
fn a_task_that_waits_for_itself_is_told_so() {
    coop::run(async {
        let own: Rc<RefCell<Option<JoinHandle<()>>>> = Rc::default();
        let handle = Rc::clone(&own);
        let witness = coop::spawn(async move {
            let task = handle.borrow_mut().take().unwrap();
            drop(task.await);
        });
        // The task gets its own handle, and a second handle does not exist: ask the list.
        let id = witness.id();
        *own.borrow_mut() = Some(witness);
        settle().await;
        assert!(coop::tasks().iter().all(|task| task.id != id), "it has panicked and ended");
    });
}

#[test]
fn dropping_the_runtime_drops_every_task_once_at_whatever_moment_it_is() {
    let mut runtime = Runtime::new().unwrap();
    let (before, future) = Probe::new(false);
    let (waiting, waits) = Probe::new(false);
    let (after, ends) = Probe::new(true);
    let waits = runtime.spawn(waits);
    let ends = runtime.spawn(ends);
    runtime.block_on(settle());
    let unpolled = runtime.spawn(future);
    drop(runtime);
    before.check(0, 1);
    waiting.check(1, 1);
    after.check(1, 1);
    check_cancelled(coop::run(waits));
    check_cancelled(coop::run(unpolled));
    assert_eq!(coop::run(ends).unwrap(), 7);
}

/// Fails if `spawn` lets tasks into a loop that is being closed.
#[test]
fn a_task_that_is_spawned_while_the_runtime_is_dropped_is_dropped_at_once() {
    struct SpawnsWhenDropped(Rc<Probe>);
    impl Drop for SpawnsWhenDropped {
        fn drop(&mut self) {
            let handle = coop::spawn(Probed(Rc::clone(&self.0)));
            self.0.may_end.set(handle.is_finished());
        }
    }
    let (probe, future) = Probe::new(false);
    drop(future);
    probe.drops.set(0);
    let runtime = Runtime::new().unwrap();
    let held = SpawnsWhenDropped(Rc::clone(&probe));
    runtime.spawn(async move {
        let _held = held;
        pending::<()>().await;
    });
    drop(runtime);
    probe.check(0, 1);
    assert!(probe.may_end.get(), "its handle said so at once");
}

#[test]
fn tasks_rest_between_two_runs_and_go_on() {
    let mut runtime = Runtime::new().unwrap();
    let (probe, future) = Probe::new(false);
    let handle = runtime.spawn(future);
    runtime.block_on(settle());
    // Outside of the loop, but on its thread.
    probe.end();
    probe.check(1, 0);
    assert_eq!(runtime.block_on(handle).unwrap(), 7);
}

/// Fails (aborts the process) if the runtime insists on the thread-local value that is gone.
#[test]
fn a_runtime_that_lives_as_long_as_its_thread_drops_its_tasks_too() {
    thread_local! {
        static LAST: RefCell<Option<Runtime>> = const { RefCell::new(None) };
    }
    struct Tells(mpsc::Sender<()>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }
    let (sender, dropped) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        // Touched first, so destroyed last.
        LAST.set(None);
        let mut runtime = Runtime::new().unwrap();
        let tells = Tells(sender);
        drop(runtime.spawn(async move {
            let _tells = tells;
            pending::<()>().await;
        }));
        runtime.block_on(settle());
        LAST.set(Some(runtime));
    });
    thread.join().unwrap();
    dropped.recv().unwrap();
}

#[test]
#[should_panic(expected = "`block_on` inside a task would stop its own loop")]
fn a_loop_inside_a_loop_is_refused() {
    coop::run(async { coop::run(async {}) });
}

#[test]
#[should_panic(expected = "no event loop runs in this thread")]
fn a_spawn_outside_of_a_loop_is_refused() {
    drop(coop::spawn(async {}));
}

#[test]
fn the_list_of_tasks_says_what_each_waits_for_and_who_spawned_it() {
    coop::run(async {
        let line = line!() + 1;
        let sleeper = coop::spawn(coop::sleep(std::time::Duration::MAX));
        let id = sleeper.id();
        let joiner = coop::spawn(sleeper);
        let other = coop::spawn(pending::<()>());
        settle().await;
        let (_, future) = Probe::new(true);
        let ready = coop::spawn(future);
        let tasks = coop::tasks();
        let find = |id| *tasks.iter().find(|task| task.id == id).unwrap();
        assert_eq!(find(id).state, TaskState::Waiting(WaitsOn::Timer));
        assert_eq!((find(id).spawned_at.file(), find(id).spawned_at.line()), (file!(), line));
        assert_eq!(find(joiner.id()).state, TaskState::Waiting(WaitsOn::Task(id)));
        assert_eq!(find(other.id()).state, TaskState::Waiting(WaitsOn::Other));
        assert_eq!(find(ready.id()).state, TaskState::Ready);
        assert_eq!(tasks[0].state, TaskState::Running, "the main future is the oldest");
    });
}
