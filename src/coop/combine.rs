//! Waiting for several futures inside of one task.
#![forbid(unsafe_code)]

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::sys::prim::{AtomicBool, Mutex, Ordering};

/// Waits until every one of `futures` is done, and returns their outputs in the order given.
///
/// They run in the calling task, so they may borrow from it. A panic of one is a panic of the
/// task. Each wake-up polls the future it is for and no other.
///
/// # Cancel behaviour
///
/// Dropping it drops all of them.
///
/// # Example: as long as the longest
///
/// ```
/// use std::time::Duration;
/// use trainyard::coop;
///
/// let naps = (1..=3).map(|ms| async move {
///     coop::sleep(Duration::from_millis(4 - ms)).await;
///     ms
/// });
/// assert_eq!(coop::run(coop::join_all(naps)), [1, 2, 3]);
/// ```
pub async fn join_all<I>(futures: I) -> Vec<<I::Item as IntoFuture>::Output>
where
    I: IntoIterator<Item: IntoFuture>,
{
    let parent = Arc::new(Mutex::new(None));
    let mut children: Vec<_> =
        futures.into_iter().map(|future| Child::new(future.into_future(), &parent)).collect();
    poll_fn(|context| {
        let waker = context.waker().clone();
        let replaced = parent.lock().replace(waker);
        drop(replaced);
        let mut outcome = Poll::Ready(());
        for child in &mut children {
            if child.poll().is_pending() {
                outcome = Poll::Pending;
            }
        }
        outcome
    })
    .await;
    children.into_iter().filter_map(|child| child.output).collect()
}

/// One future of a [`join_all`].
struct Child<F: Future> {
    /// `None` once it is done.
    future: Option<Pin<Box<F>>>,
    output: Option<F::Output>,
    news: Arc<News>,
    waker: Waker,
}

/// Whether a child has been woken, and whom that wakes in turn.
struct News {
    is_woken: AtomicBool,
    parent: Arc<Mutex<Option<Waker>>>,
}

impl<F: Future> Child<F> {
    fn new(future: F, parent: &Arc<Mutex<Option<Waker>>>) -> Self {
        let is_woken = AtomicBool::new(true);
        let news = Arc::new(News { is_woken, parent: Arc::clone(parent) });
        let waker = Waker::from(Arc::clone(&news));
        Self { future: Some(Box::pin(future)), output: None, news, waker }
    }

    /// Polls the future if it was woken since the last time.
    fn poll(&mut self) -> Poll<()> {
        let Some(future) = &mut self.future else { return Poll::Ready(()) };
        // ORDER: Acquire; pairs with the Release in `wake`, whose news the poll must see. Cleared
        // before the poll, for the same reason as a task's flag.
        if !self.news.is_woken.swap(false, Ordering::Acquire) {
            return Poll::Pending;
        }
        let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&self.waker))
        else {
            return Poll::Pending;
        };
        (self.future, self.output) = (None, Some(output));
        Poll::Ready(())
    }
}

impl Wake for News {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // ORDER: Release; pairs with the Acquire in `poll`.
        self.is_woken.store(true, Ordering::Release);
        // Gone if another child has woken it already: then its next poll is still to come.
        let parent = self.parent.lock().take();
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

/// The output of whichever was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// Of the first argument.
    First(A),
    /// Of the second argument.
    Second(B),
}

/// Waits for whichever of two futures is done first, and drops the other at its await point.
///
/// When both are ready together, the first wins: two runs of a program agree.
///
/// # Example: a question and its end
///
/// ```
/// use std::time::Duration;
/// use trainyard::coop::{self, Either};
///
/// let answer = async { 42 };
/// let bell = coop::run(async { coop::select(answer, coop::sleep(Duration::from_secs(9))).await });
/// assert_eq!(bell, Either::First(42));
/// ```
pub async fn select<A: Future, B: Future>(first: A, second: B) -> Either<A::Output, B::Output> {
    let (mut first, mut second) = (pin!(first), pin!(second));
    poll_fn(|context| {
        if let Poll::Ready(output) = first.as_mut().poll(context) {
            return Poll::Ready(Either::First(output));
        }
        second.as_mut().poll(context).map(Either::Second)
    })
    .await
}
