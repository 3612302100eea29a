//! The error number of this thread's last system call, kept over calls that are not the caller's.
//!
//! Code that runs unasked between a program's system call and its look at `errno` (a lock taken at
//! the end of a blocking call) must leave the number as it was; CPython's `take_gil` does the same.
//!
//! See `errno(3)`.

use nix::errno::Errno;

/// Puts the error number back when it is dropped.
#[must_use = "dropped at once, it keeps nothing"]
#[derive(Debug)]
pub struct Kept {
    number: i32,
}

/// Keeps the thread's error number until the answer is dropped.
///
/// # Example
///
/// ```
/// use trainyard::sys::errno;
///
/// let _ = std::fs::read("/no/such/file");
/// let before = std::io::Error::last_os_error().raw_os_error();
/// let kept = errno::keep();
/// let _ = std::fs::read("/");
/// drop(kept);
/// assert_eq!(std::io::Error::last_os_error().raw_os_error(), before);
/// ```
pub fn keep() -> Kept {
    Kept { number: Errno::last_raw() }
}

impl Drop for Kept {
    fn drop(&mut self) {
        Errno::set_raw(self.number);
    }
}
