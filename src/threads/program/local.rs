//! A value for each thread: the counterpart of `threading.local`.
//!
//! # The life of one value
//!
//! 1. A thread asks for it the first time: it is made, in that thread, by the closure of the
//!    [`Local`].
//! 2. The thread finds it each time that it asks again; nobody else can reach it.
//! 3. It is dropped in its thread: when the thread ends, still attached to its global lock; or when the
//!    `Local` was dropped, and the thread has come to have twice as many values as it had before.
//!
//! A destructor that panics is reported by the panic hook, and nothing else comes of it, as in Python.
//!
//! What a thread has is in a table of its own, by the number of the `Local`, so that there may be as
//! many as there are objects that want one; `thread_local!` is for statics.
//!
//! # Not here
//!
//! Dropping the values of other threads along with the `Local`, as Python does: they need not be
//! `Send`.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use crate::handle::contained::contained;

/// A value for each thread that asks for it.
///
/// # Example: each thread counts for itself
///
/// ```
/// use trainyard::threads::Local;
///
/// let count = Local::new(|| 0);
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| {
///             (0..3).for_each(|_| count.with(|count| *count += 1));
///             assert_eq!(count.with(|count| *count), 3);
///         });
///     }
/// });
/// assert_eq!(count.with(|count| *count), 0);
/// ```
pub struct Local<T> {
    number: u64,
    make: Box<dyn Fn() -> T + Send + Sync>,
    /// Lives as long as the `Local`; whoever has a value sees by it that the `Local` is gone.
    lives: Arc<()>,
}

struct Value {
    /// `None` while it is being made, or dropped.
    value: Option<Rc<dyn Any>>,
    lives: Weak<()>,
}

/// A destructor is foreign code: one that panics takes no other value along, and no thread.
impl Drop for Value {
    fn drop(&mut self) {
        let value = self.value.take();
        contained(|| drop(value));
    }
}

/// What one thread has.
#[derive(Default)]
struct Table {
    values: HashMap<u64, Value>,
    /// Twice as many as there were when those whose `Local` is gone were last looked for.
    swept_again_at: usize,
}

/// How often a thread that ends looks for values that destructors have asked for. POSIX's for its own
/// (`PTHREAD_DESTRUCTOR_ITERATIONS`).
const ROUNDS: usize = 4;

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

impl<T: 'static> Local<T> {
    /// Creates one whose values are made by `make`, each in its thread.
    pub fn new(make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // ORDER: Relaxed; a plain counter.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { number, make: Box::new(make), lives: Arc::new(()) }
    }

    /// Runs `visit` with this thread's value.
    ///
    /// # Panics
    ///
    /// Panics if it is called inside itself, or by `make`, for the same `Local`; or by a destructor, when
    /// the thread's locals are gone. Passes on a panic of `make` or `visit`.
    pub fn with<R>(&self, visit: impl FnOnce(&mut T) -> R) -> R {
        let known = TABLE.with(|table| {
            let table = table.borrow();
            table.values.get(&self.number).map(|value| value.value.clone())
        });
        let value = match known {
            Some(value) => value.expect("a Local was asked for its value while that was made"),
            None => self.make(),
        };
        let cell = value.downcast_ref::<RefCell<T>>().expect("a number belongs to one `Local`");
        visit(&mut cell.borrow_mut())
    }

    /// Makes this thread's value.
    fn make(&self) -> Rc<dyn Any> {
        let entry = Value { value: None, lives: Arc::downgrade(&self.lives) };
        let gone = TABLE.with(|table| {
            let mut table = table.borrow_mut();
            table.values.insert(self.number, entry);
            table.sweep()
        });
        drop(gone);
        let making = Making(self.number);
        // Foreign code: it may ask for another `Local`, so the table is not borrowed.
        let value: Rc<dyn Any> = Rc::new(RefCell::new((self.make)()));
        making.ends(&value);
        value
    }
}

impl Table {
    /// Takes out the values whose `Local` is gone; now and then, so that many cost no more each than few.
    fn sweep(&mut self) -> Vec<Value> {
        if self.values.len() < self.swept_again_at {
            return Vec::new();
        }
        let gone = self.values.extract_if(|_, value| value.lives.strong_count() == 0);
        let gone = gone.map(|(_, value)| value).collect();
        self.swept_again_at = 2 * self.values.len();
        gone
    }
}

/// The value of this number is being made. If that panics, it was never begun.
struct Making(u64);

impl Making {
    fn ends(self, value: &Rc<dyn Any>) {
        TABLE.with(|table| {
            if let Some(entry) = table.borrow_mut().values.get_mut(&self.0) {
                entry.value = Some(Rc::clone(value));
            }
        });
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        TABLE.with(|table| {
            let mut table = table.borrow_mut();
            if table.values.get(&self.0).is_some_and(|entry| entry.value.is_none()) {
                table.values.remove(&self.0);
            }
        });
    }
}

/// Drops every value of this thread, which is about to end.
pub(in crate::threads) fn drop_all() {
    // A destructor may ask for a value, which is then dropped in the next round; after the last, with
    // the thread's other locals.
    for _ in 0..ROUNDS {
        let table = TABLE.try_with(|table| std::mem::take(&mut *table.borrow_mut()));
        if table.is_ok_and(|table| table.values.is_empty()) {
            break;
        }
    }
}

impl<T: Default + 'static> Default for Local<T> {
    /// Creates one whose values begin as their type's default.
    fn default() -> Self {
        Self::new(T::default)
    }
}

impl<T> fmt::Debug for Local<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Local").field("number", &self.number).finish_non_exhaustive()
    }
}
