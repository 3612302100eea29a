//! A job of the pool: its program, and what becomes of its answer.
//!
//! An *answering* job is one block with its handle: both ends, and the program in it. A *bare* one is
//! the program alone, and nobody waits for it; if it is small it costs no allocation.
//!
//! Read next: `closure`, then `work_queue`.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::closure::Closure;
use crate::handle::contained::contained;
use crate::handle::crew::CrewId;
use crate::handle::{JobError, JobHandle, JobId, Only, Shared, Start};
use crate::sys::prim::Mutex;
use crate::threads::kernel::attach::Attached;
use crate::trace::{self, Kind};

/// What a worker takes from the queue.
pub(super) enum Job {
    Answering(Answering),
    Bare(Closure),
    /// Runs other jobs, and is none itself.
    Helper(Closure),
}

impl Job {
    /// A job with a handle.
    pub(super) fn answering<T, F>(crew: CrewId, program: F) -> (Self, JobHandle<T>)
    where
        T: Send + 'static,
        F: FnOnce(&mut Attached<'_>) -> T + Send + 'static,
    {
        let block = Shared::new(crew, Program(Mutex::new(Some(program))));
        let handle = JobHandle::of(Arc::<Shared<T, Program<F>>>::clone(&block));
        (Self::Answering(Answering(Some(block))), handle)
    }

    /// A job that nobody waits for.
    pub(super) fn bare(program: impl FnOnce(&mut Attached<'_>) + Send + 'static) -> Self {
        Self::Bare(Closure::new(numbered(program)))
    }

    /// Runs it, and passes on a panic, which an answering job does not let out.
    pub(super) fn run(self, at: &mut Attached<'_>) {
        match self {
            Self::Answering(mut job) => {
                if let Some(block) = job.0.take() {
                    block.run(at);
                }
            }
            Self::Bare(program) | Self::Helper(program) => program.run(at),
        }
    }

    /// Ends it without running it, with this answer if it has one. Foreign code, so under no lock.
    pub(super) fn refuse(self, why: JobError) {
        contained(|| match self {
            Self::Answering(mut job) => {
                if let Some(block) = job.0.take() {
                    block.abandon(why);
                }
            }
            Self::Bare(_) | Self::Helper(_) => drop(self),
        });
    }
}

thread_local! {
    /// How many jobs this thread runs, one inside the other.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Says that this thread runs a job, unless it runs one already, which has opened a scope.
pub(super) fn begin(JobId(id): JobId) {
    if DEPTH.replace(DEPTH.get() + 1) == 0 {
        trace::emit(Kind::ThreadJobBegin, id, 0);
    }
}

/// Says that this thread is done with a job.
pub(super) fn end(JobId(id): JobId) {
    DEPTH.set(DEPTH.get() - 1);
    if DEPTH.get() == 0 {
        trace::emit(Kind::ThreadJobEnd, id, 0);
    }
}

/// A job with a handle. Dropped, it answers [`JobError::Shutdown`].
pub(super) struct Answering(Option<Arc<dyn Block>>);

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(block) = self.0.take() {
            block.abandon(JobError::Shutdown);
        }
    }
}

/// The program, until the job runs.
struct Program<F>(Mutex<Option<F>>);

/// The block of an answering job, whatever its types.
trait Block: Send + Sync {
    fn run(&self, at: &mut Attached<'_>);
    fn abandon(&self, why: JobError);
}

impl<T, F> Block for Shared<T, Program<F>>
where
    T: Send,
    F: FnOnce(&mut Attached<'_>) -> T + Send,
{
    fn run(&self, at: &mut Attached<'_>) {
        let program = self.work.0.lock().take();
        let Some(program) = program.filter(|_| self.start() == Start::Run) else { return };
        begin(self.id());
        let answer = catch_unwind(AssertUnwindSafe(|| program(at)));
        end(self.id());
        self.finish(Only::Always, answer.map_err(JobError::panicked));
    }

    fn abandon(&self, why: JobError) {
        self.finish(Only::Always, Err(why));
        // Not dropped under the lock: it is foreign code.
        let program = self.work.0.lock().take();
        drop(program);
    }
}

/// Makes a job's program say that it begins, and ends, also if it is dropped before.
pub(super) fn numbered<F>(program: F) -> impl FnOnce(&mut Attached<'_>)
where
    F: FnOnce(&mut Attached<'_>),
{
    let job = Bare { id: JobId::next(), program: Some(program) };
    move |at| job.run(at)
}

struct Bare<F> {
    id: JobId,
    /// `None` once it runs.
    program: Option<F>,
}

impl<F: FnOnce(&mut Attached<'_>)> Bare<F> {
    fn run(mut self, at: &mut Attached<'_>) {
        let Some(program) = self.program.take() else { return };
        begin(self.id);
        let mut ending = Ending { id: self.id, has_failed: true };
        program(at);
        ending.has_failed = false;
    }
}

impl<F> Drop for Bare<F> {
    /// A job that is dropped before it ran is done as well.
    fn drop(&mut self) {
        if self.program.is_some() {
            self.id.note_done(true);
        }
    }
}

/// Says that a bare job has ended, also when it panicked.
struct Ending {
    id: JobId,
    has_failed: bool,
}

impl Drop for Ending {
    fn drop(&mut self) {
        end(self.id);
        self.id.note_done(self.has_failed);
    }
}
