//! Futures and tasks that belong together: groups, joins, races.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use trainyard::coop::{self, Builder, Either, GroupError, TaskGroup};

const SECOND: Duration = Duration::from_secs(1);

/// What happened, in order.
type Log = Rc<RefCell<Vec<&'static str>>>;

/// Notes in the log that it was dropped.
struct Member {
    name: &'static str,
    log: Log,
}

impl Drop for Member {
    fn drop(&mut self) {
        self.log.borrow_mut().push(self.name);
    }
}

/// Waits for ever, and notes its end.
fn child(
    name: &'static str,
    log: &Log,
) -> impl Future<Output = Result<(), &'static str>> + 'static {
    let member = Member { name, log: Rc::clone(log) };
    async move {
        let _member = member;
        pending().await
    }
}

async fn fails_after(seconds: u32, error: &'static str) -> Result<(), &'static str> {
    coop::sleep(seconds * SECOND).await;
    Err(error)
}

/// These tests have one order of events only, whatever the seed.
const SEED: u64 = 1;

fn on_virtual_time<F: Future>(future: F) -> F::Output {
    let mut runtime = Builder::new().virtual_time(SEED).build().expect("it needs no descriptors");
    runtime.block_on(future)
}

/// Returns the group's only failure.
#[track_caller]
fn failure<T>(outcome: Result<T, GroupError<&'static str>>) -> &'static str {
    match outcome {
        Err(GroupError::Failed(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the group has not failed"),
    }
}

#[test]
fn a_group_waits_for_its_children_and_returns_the_value_of_its_body() {
    on_virtual_time(async {
        let begin = coop::now();
        let sum = TaskGroup::run(async |group| {
            let late = group.spawn(async {
                coop::sleep(2 * SECOND).await;
                Ok(40)
            });
            // Nobody awaits this one, but the group does.
            group.spawn(async {
                coop::sleep(5 * SECOND).await;
                Ok::<(), &str>(())
            });
            Ok(late.await.expect("it does not fail") + 2)
        })
        .await;
        assert_eq!(sum.expect("nobody fails"), 42);
        assert_eq!(coop::now() - begin, 5 * SECOND);
        assert_eq!(coop::tasks().len(), 1, "the main future alone");
    });
}

#[test]
fn the_first_failure_drops_the_siblings_and_the_body_and_is_the_answer() {
    on_virtual_time(async {
        let log = Log::default();
        let begin = coop::now();
        let outcome = TaskGroup::run(async |group| {
            group.spawn(child("sibling", &log));
            group.spawn(fails_after(2, "late"));
            group.spawn(fails_after(1, "early"));
            child("body", &log).await
        })
        .await;
        assert_eq!(failure(outcome), "early");
        assert_eq!(coop::now() - begin, SECOND);
        assert_eq!(*log.borrow(), ["sibling", "body"]);
        assert_eq!(coop::tasks().len(), 1, "nothing outlives the group");
    });
}

#[test]
fn a_body_that_fails_drops_the_children() {
    on_virtual_time(async {
        let log = Log::default();
        let outcome = TaskGroup::run(async |group| {
            group.spawn(child("child", &log));
            fails_after(1, "body").await
        })
        .await;
        assert_eq!(failure(outcome), "body");
        assert_eq!(*log.borrow(), ["child"]);
    });
}

#[test]
fn a_child_that_panics_fails_the_group() {
    on_virtual_time(async {
        let log = Log::default();
        let outcome: Result<(), GroupError<&str>> = TaskGroup::run(async |group| {
            group.spawn(child("sibling", &log));
            group.spawn::<(), _>(async { panic!("of a child") });
            pending().await
        })
        .await;
        let error = outcome.expect_err("a child panics").to_string();
        assert!(error.ends_with("panicked: of a child"), "{error}");
        assert_eq!(*log.borrow(), ["sibling"]);
    });
}

/// Fails if the group has no destructor.
#[test]
fn a_group_that_is_dropped_drops_its_body_and_children_at_once() {
    on_virtual_time(async {
        let log = Log::default();
        let group = TaskGroup::run(async |group| {
            group.spawn(child("child", &log));
            child("body", &log).await
        });
        assert!(coop::timeout(SECOND, group).await.is_err());
        let mut dropped = log.take();
        dropped.sort_unstable();
        assert_eq!(dropped, ["body", "child"]);
        assert_eq!(coop::tasks().len(), 1);
    });
}

#[test]
fn a_child_that_is_aborted_leaves_its_group_without_a_failure() {
    on_virtual_time(async {
        let log = Log::default();
        let outcome = TaskGroup::run(async |group| {
            let handle = group.spawn(child("child", &log));
            coop::yield_now().await;
            handle.abort();
            Ok::<_, &str>(handle.await)
        })
        .await;
        assert!(outcome.expect("nobody fails").expect_err("it was aborted").is_cancelled());
    });
}

/// A group of one child, whose body waits for ever.
async fn inner_group(log: Log) -> Result<(), &'static str> {
    let inner = TaskGroup::run(async |group| {
        group.spawn(child("grandchild", &log));
        child("child", &log).await
    });
    inner.await.map_err(|_| "the inner group was dropped, it does not answer")
}

#[test]
fn groups_in_groups_end_with_the_outermost() {
    on_virtual_time(async {
        let log = Log::default();
        let outcome = TaskGroup::run(async |group| {
            group.spawn(inner_group(Rc::clone(&log)));
            fails_after(1, "outer").await
        })
        .await;
        assert_eq!(failure(outcome), "outer");
        assert_eq!(log.borrow().len(), 2);
        assert_eq!(coop::tasks().len(), 1);
    });
}

#[test]
fn a_join_of_nothing_is_ready_at_once() {
    let nothing: Vec<coop::Sleep> = Vec::new();
    assert!(coop::run(coop::join_all(nothing)).is_empty());
}

/// Fails if each wake-up polls every future.
#[test]
fn a_join_polls_only_what_was_woken() {
    on_virtual_time(async {
        let polls = Rc::new(RefCell::new(0));
        let naps = (1..=100).map(|seconds| {
            let (polls, mut nap) = (Rc::clone(&polls), Box::pin(coop::sleep(seconds * SECOND)));
            poll_fn(move |context| {
                *polls.borrow_mut() += 1;
                nap.as_mut().poll(context)
            })
        });
        coop::join_all(naps).await;
        assert_eq!(*polls.borrow(), 200);
    });
}

#[test]
fn a_select_drops_the_loser_and_prefers_the_first() {
    on_virtual_time(async {
        let log = Log::default();
        let fast = coop::sleep(SECOND);
        assert_eq!(coop::select(child("loser", &log), fast).await, Either::Second(()));
        assert_eq!(*log.borrow(), ["loser"]);
        let both = coop::select(async { 1 }, poll_fn(|_| Poll::Ready(2)));
        assert_eq!(both.await, Either::First(1));
    });
}
