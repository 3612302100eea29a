//! Foreign code that must not end its caller: wakers, callbacks, destructors.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `call`. A panic ends here: the panic hook has reported it.
pub(crate) fn contained(call: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(call)) {
        discard(payload);
    }
}

/// Drops what a panic carried. Its destructor may panic too, with a payload of its own, and so on: the
/// second one is leaked.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        Box::leak(second);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the payload's destructor");
        }
    }

    #[test]
    fn a_payload_whose_destructor_panics_ends_nobody() {
        contained(|| std::panic::panic_any(Bomb));
        discard(Box::new(Bomb));
    }
}
