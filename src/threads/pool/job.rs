//! A job of the pool: its program, and what becomes of its answer.
//!
//! An *answering* job is one block with its handle: both ends, and the program in it. A *bare* one is a
//! box, and nobody waits for it.
//!
//! Read next: `work_queue`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::handle::crew::CrewId;
use crate::handle::{JobError, JobHandle, JobId, Only, Shared, Start};
use crate::sys::prim::Mutex;
use crate::threads::kernel::attach::Attached;
use crate::trace::{self, Kind};

/// What a worker takes from the queue.
pub(super) enum Job {
    Answering(Answering),
    Bare(Bare),
    /// Runs other jobs, and is none itself.
    Helper(Box<dyn FnOnce(&mut Attached<'_>) + Send>),
}

impl Job {
    /// Runs it, and passes on a panic, which an answering job does not let out.
    pub(super) fn run(self, at: &mut Attached<'_>) {
        match self {
            Self::Answering(mut job) => {
                if let Some(block) = job.0.take() {
                    block.run(at);
                }
            }
            Self::Bare(job) => job.run(at),
            Self::Helper(program) => program(at),
        }
    }
}

/// Says that this thread runs a job.
pub(super) fn begin(JobId(id): JobId) {
    trace::emit(Kind::ThreadJobBegin, id, 0);
}

/// Says that this thread is done with a job.
pub(super) fn end(JobId(id): JobId) {
    trace::emit(Kind::ThreadJobEnd, id, 0);
}

/// A job with a handle. Dropped, it answers [`JobError::Shutdown`].
pub(super) struct Answering(Option<Arc<dyn Block>>);

impl Answering {
    pub(super) fn new<T, F>(crew: CrewId, program: F) -> (Self, JobHandle<T>)
    where
        T: Send + 'static,
        F: FnOnce(&mut Attached<'_>) -> T + Send + 'static,
    {
        let block = Shared::new(crew, Program(Mutex::new(Some(program))));
        let shared: Arc<Shared<T>> = Arc::<Shared<T, Program<F>>>::clone(&block);
        let handle = JobHandle::of(shared);
        (Self(Some(block)), handle)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(block) = self.0.take() {
            block.abandon();
        }
    }
}

/// The program, until the job runs.
struct Program<F>(Mutex<Option<F>>);

/// The block of an answering job, whatever its types.
trait Block: Send + Sync {
    fn run(&self, at: &mut Attached<'_>);
    fn abandon(&self);
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

    fn abandon(&self) {
        self.finish(Only::Always, Err(JobError::Shutdown));
        drop(self.work.0.lock().take());
    }
}

/// A job that nobody waits for.
pub(super) struct Bare {
    id: JobId,
    program: Box<dyn FnOnce(&mut Attached<'_>) + Send>,
}

impl Bare {
    pub(super) fn new(program: Box<dyn FnOnce(&mut Attached<'_>) + Send>) -> Self {
        Self { id: JobId::next(), program }
    }

    fn run(self, at: &mut Attached<'_>) {
        begin(self.id);
        let done = Done(self.id);
        (self.program)(at);
        drop(done);
    }
}

/// Says that a bare job has ended, also when it panicked.
struct Done(JobId);

impl Drop for Done {
    fn drop(&mut self) {
        end(self.0);
        self.0.note_done(std::thread::panicking());
    }
}
