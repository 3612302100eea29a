//! Plain data that nothing but the code under test protects.
//!
//! If that code fails to order two accesses, counts are lost now and then, and `ThreadSanitizer`
//! reports the race each time.
#![expect(unsafe_code, reason = "data without protection of its own is the point")]

use std::cell::UnsafeCell;

/// A number without any protection of its own.
#[derive(Default)]
pub(crate) struct Unguarded(UnsafeCell<u64>);

// SAFETY: every test orders its accesses by what it tests; that they are ordered is what the
// sanitizer checks.
unsafe impl Sync for Unguarded {}

impl Unguarded {
    pub(crate) fn get(&self) -> u64 {
        // SAFETY: the caller's access is ordered against all others; see above.
        unsafe { *self.0.get() }
    }

    pub(crate) fn set(&self, value: u64) {
        // SAFETY: as in `get`.
        unsafe { *self.0.get() = value };
    }
}
