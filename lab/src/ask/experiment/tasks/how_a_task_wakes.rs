//! What a wake-up costs: nothing, or one system call, and when.

use std::fs;
use std::future::poll_fn;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::task::{Poll, Waker};

use crate::ask::experiment::kit::prelude::*;
use trainyard::coop::{self, yield_now};
use trainyard::trace::{self, Kind};

pub(super) const DESIGN: Design = Design::new(include_str!("how_a_task_wakes.md"), measure)
    .twin(include_str!("how_a_task_wakes.py"), |python, _| python.has_tasks())
    .relations(&[
        counting("own-thread-no-call", &that(|seen| are_rung(seen, 0))),
        counting("awake-no-call", &that(|seen| are_rung(seen, 0))).of_ours(),
        counting("asleep-one-call", &that(|seen| are_rung(seen, 200))),
    ]);

/// A task that waits for news, and whoever has some.
#[derive(Default)]
struct News {
    told: AtomicU64,
    heard: AtomicU64,
    /// A task has the same one in each poll.
    waker: OnceLock<Waker>,
}

impl News {
    /// Waits until `all` news are there, and notes at each look how many were.
    async fn listen(&self, all: u64) {
        poll_fn(|context| {
            self.waker.get_or_init(|| context.waker().clone());
            // ORDER: Acquire and Release; they pair with `tell` and `heard`.
            let told = self.told.load(Ordering::Acquire);
            self.heard.store(told, Ordering::Release);
            if told >= all { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Has news, and wakes the task.
    fn tell(&self) {
        self.told.fetch_add(1, Ordering::Release); // ORDER: Release; see `listen`.
        // Another thread comes here only when there is a waker.
        self.waker.get().into_iter().for_each(Waker::wake_by_ref);
    }

    fn heard(&self) -> u64 {
        self.heard.load(Ordering::Acquire) // ORDER: Acquire; see `listen`.
    }

    /// Asked by the only one who tells.
    fn is_heard(&self) -> bool {
        self.heard() == self.told.load(Ordering::Relaxed) // ORDER: Relaxed; its own count.
    }
}

fn measure(cell: &Cell) -> Result<Figures> {
    let (from, wakes) = (cell.word("from"), cell.count("wakes") as u64);
    let own = fs::read_link("/proc/thread-self").map_err(|why| LabError::failed("/proc", why))?;
    let sleeper = (from == "asleep").then(|| Path::new("/proc").join(own).join("stat"));
    let news = Arc::new(News::default());
    let recorder = trace::arm();
    let writes = thread::scope(|scope| {
        let tell = || writes_of(|| tell_all(&news, wakes, sleeper.as_deref()));
        let caller = (from != "own").then(|| start_in(scope, tell)).transpose()?;
        let writes = writes_of(|| coop::run(hear_all(&news, wakes, from)));
        let join = |caller: thread::ScopedJoinHandle<'_, _>| {
            caller.join().expect("the caller does not panic")
        };
        Ok::<_, LabError>(caller.map_or(writes, join))
    })?;
    let events = recorder.finish().events;
    let count = |kind| events.iter().filter(|event| event.kind == kind).count();
    Ok(Figures::default()
        .with_count("heard", news.heard())
        .with_count("rung", count(Kind::BellRung))
        .with_count("saved", count(Kind::BellSaved))
        .with_some("writes", writes.map(to_f64)))
}

/// What runs in the loop: the task that listens, and beside it who tells, or who keeps the loop
/// awake.
async fn hear_all(news: &Arc<News>, wakes: u64, from: &str) {
    let listener = Arc::clone(news);
    let listener = coop::spawn(async move { listener.listen(wakes).await });
    while from != "asleep" && news.heard() < wakes {
        if from == "own" && news.is_heard() {
            news.tell();
        }
        yield_now().await;
    }
    listener.await.expect("a listener does not panic");
}

/// In another thread: tells, and waits until it was heard. With a `sleeper`, the `stat` file of a
/// thread, it first waits until that thread sleeps.
fn tell_all(news: &News, wakes: u64, sleeper: Option<&Path>) {
    let until = |is_so: &dyn Fn() -> bool| {
        while !is_so() {
            thread::yield_now();
        }
    };
    until(&|| news.waker.get().is_some());
    for _ in 0..wakes {
        until(&|| sleeper.is_none_or(is_asleep));
        news.tell();
        until(&|| news.is_heard());
    }
}

/// The state stands behind the name, which is in brackets; see `proc_pid_stat(5)`.
fn is_asleep(stat: &Path) -> bool {
    let text = fs::read_to_string(stat).unwrap_or_default();
    text.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'))
}

/// How often the calling thread calls `write` and its relatives meanwhile, if the kernel counts.
fn writes_of(work: impl FnOnce()) -> Option<u64> {
    let writes = || -> Option<u64> {
        let text = fs::read_to_string("/proc/thread-self/io").ok()?;
        text.lines().find_map(|line| line.strip_prefix("syscw: "))?.parse().ok()
    };
    let before = writes();
    work();
    Some(writes()? - before?)
}

/// That so many rings were counted for the wake-ups; by the kernel too, if it counts.
fn are_rung([rung, heard, writes]: [f64; 3], count: u32) -> bool {
    is(rung, count) && is(heard, 200) && (writes.is_nan() || is(writes, count))
}
