//! A job of the pool: its program, and what becomes of its answer.
//!
//! An *answering* job is one block with its handle: both ends, and the program in it. A *bare* one is a
//! box, and nobody waits for it.
//!
//! Read next: [`work_queue`](super::work_queue).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::attach::Attached;
use crate::handle::crew::CrewId;
use crate::handle::{JobError, JobHandle, JobId, Only, Shared, Start};
use crate::sys::prim::Mutex;
use crate::trace::{self, Kind};

/// What a worker takes from the queue.
pub(in crate::threads) enum Job {
    Answering(Answering),
    Bare(Bare),
    /// Runs other jobs, and is none itself.
    Helper(Box<dyn FnOnce(&mut Attached<'_>) + Send>),
}

impl Job {
    /// Runs it, and passes on a panic, which an answering job does not let out.
    pub(in crate::threads) fn run(self, at: &mut Attached<'_>) {
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

/// A job with a handle. Dropped, it answers [`JobError::Shutdown`].
pub(in crate::threads) struct Answering(Option<Arc<dyn Block>>);

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
        trace::emit(Kind::ThreadJobBegin, self.id().0, 0);
        let answer = catch_unwind(AssertUnwindSafe(|| program(at)));
        trace::emit(Kind::ThreadJobEnd, self.id().0, 0);
        self.finish(Only::Always, answer.map_err(JobError::panicked));
    }

    fn abandon(&self) {
        self.finish(Only::Always, Err(JobError::Shutdown));
        drop(self.work.0.lock().take());
    }
}

/// A job that nobody waits for.
pub(in crate::threads) struct Bare {
    id: JobId,
    program: Box<dyn FnOnce(&mut Attached<'_>) + Send>,
}

impl Bare {
    pub(in crate::threads) fn new(program: Box<dyn FnOnce(&mut Attached<'_>) + Send>) -> Self {
        Self { id: JobId::next(), program }
    }

    fn run(self, at: &mut Attached<'_>) {
        trace::emit(Kind::ThreadJobBegin, self.id.0, 0);
        let done = Done(self.id);
        (self.program)(at);
        drop(done);
    }
}

/// Says that a bare job has ended, also when it panicked.
struct Done(JobId);

impl Drop for Done {
    fn drop(&mut self) {
        trace::emit(Kind::ThreadJobEnd, self.0.0, 0);
        trace::emit(Kind::JobDone, self.0.0, u64::from(std::thread::panicking()));
    }
}
