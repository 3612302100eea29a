//! A panic of a task is the task's: it reaches whoever joins it, and the loop lives.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use trainyard::coop::{self, JoinError, Runtime};

#[test]
fn a_panic_reaches_the_joiner_with_its_text_and_the_loop_lives() {
    coop::run(async {
        let error = coop::spawn(async { panic!("with text") }).await.unwrap_err();
        assert!(error.to_string().ends_with("panicked: with text"), "{error}");
        let error = coop::spawn(async { std::panic::panic_any(41) }).await.unwrap_err();
        let JoinError::Panicked { message, payload, .. } = error else { panic!("{error}") };
        assert_eq!(message, "a value that is no text");
        assert_eq!(payload.into_inner().unwrap().downcast_ref(), Some(&41));
        assert_eq!(coop::spawn(async { 7 }).await.unwrap(), 7);
    });
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

#[test]
fn a_panic_of_a_destructor_is_the_tasks_panic() {
    coop::run(async {
        // At the end of the future.
        let ends = coop::spawn(async {
            let _held = PanicsWhenDropped;
        });
        assert!(ends.await.unwrap_err().to_string().ends_with("panicked: in drop"));
        // When it is aborted.
        let held = PanicsWhenDropped;
        let waits = coop::spawn(async move {
            let _held = held;
            pending::<()>().await;
        });
        coop::yield_now().await;
        waits.abort();
        assert!(waits.await.unwrap_err().to_string().ends_with("panicked: in drop"));
        // Of an output that nobody takes: nobody is left to be told, and the loop lives.
        drop(coop::spawn(async { PanicsWhenDropped }));
        coop::yield_now().await;
    });
}

/// What a panic carries: to drop it is another panic, and to drop what that carries is a third.
struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 {
            std::panic::panic_any(Self(self.0 - 1));
        }
    }
}

/// Fails if the loop drops what a panic carries where a panic ends it.
#[test]
fn a_panic_whose_payload_panics_when_it_is_dropped_is_nobodys_but_the_tasks() {
    coop::run(async {
        drop(coop::spawn(async { std::panic::panic_any(Bomb(3)) }));
        // An output that nobody takes.
        drop(coop::spawn(async { Bomb(3) }));
        for _ in 0..3 {
            coop::yield_now().await;
        }
        assert_eq!(coop::tasks().len(), 1);
        assert_eq!(coop::spawn(async { 7 }).await.unwrap(), 7);
    });
}

/// Fails if a task's end is not settled before and whatever its joiner's waker does.
#[test]
fn a_waker_that_panics_costs_no_other_task_anything() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("in wake");
        }
    }
    coop::run(async {
        for end in [Poll::Pending, Poll::Ready(())] {
            let mut handle = coop::spawn(async move {
                coop::yield_now().await;
                std::future::poll_fn(|_| end).await;
            });
            let waker = Waker::from(Arc::new(Panics));
            assert!(Pin::new(&mut handle).poll(&mut Context::from_waker(&waker)).is_pending());
            for _ in 0..3 {
                coop::yield_now().await;
            }
            handle.abort();
            assert!(handle.is_finished());
            assert_eq!(handle.await.is_ok(), end.is_ready());
            assert_eq!(coop::tasks().len(), 1);
        }
    });
}

#[test]
fn a_panic_of_the_main_future_passes_through_and_the_runtime_can_be_used_again() {
    let mut runtime = Runtime::new().unwrap();
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { panic!("main") })));
    assert!(outcome.is_err());
    assert!(runtime.tasks().is_empty());
    assert_eq!(runtime.block_on(async { coop::spawn(async { 7 }).await.unwrap() }), 7);
}
