//! Foreign code that must not end its caller: wakers, callbacks, destructors.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A destructor that panics once is a mistake; one that always does is no way to end a loop.
const DROPS_MAX: u32 = 8;

/// Runs `call`. A panic ends here: the panic hook has reported it.
pub(crate) fn contained(call: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(call)) {
        discard(payload);
    }
}

/// Drops what a panic carried. Its destructor may panic too, with something whose destructor panics, and
/// so on: what is left after a few times is leaked.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    let mut left = Some(payload);
    for _ in 0..DROPS_MAX {
        let Some(payload) = left.take() else { return };
        left = catch_unwind(AssertUnwindSafe(|| drop(payload))).err();
    }
    left.map(Box::leak);
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
