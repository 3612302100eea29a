//! What a wake-up costs: nothing, or one system call, and when.
//!
//! A loop that has nothing to do sleeps in `epoll`. Whoever has news for one of its tasks must
//! wake it, and the only thing that ends that sleep is a system call. The art is to make it only
//! when the loop really sleeps. What is counted here comes from the recorder, and, so that it is
//! not our word alone, from the kernel: the writes of the thread that calls.

use std::fs;
use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread;

use crate::ask::experiment::kit::prelude::*;
use trainyard::coop::{self, yield_now};
use trainyard::trace::{self, Kind};

/// Who wakes a task, and what that takes.
pub const EXPERIMENT: Experiment = Experiment {
    name: "how-a-task-wakes",
    group: Group::Tasks,
    title: "a wake-up from the loop's own thread, and from another",
    question: "A task waits for news, and 200 times somebody has some: another task, or another \
               thread. How many system calls do the wake-ups take?",
    choices: &[
        "200, whoever calls: a task is woken by the kernel",
        "none from a task; from a thread 200",
        "none from a task; from a thread 200 if the loop sleeps, and none if it is awake",
        "none: waking is writing to memory",
    ],
    answer: 2,
    method: "A task is woken 200 times, each time when the news before has been heard: by another \
             task, by a thread while a third task keeps the loop awake, and by a thread that waits \
             each time until the kernel says that the loop's thread sleeps. The recorder counts \
             rings of the loop's bell, an eventfd; the kernel counts the writes of who calls. In \
             asyncio a thread calls `call_soon_threadsafe`, and counted is what it sends to the loop.",
    cells,
    ours: measure,
    twin: Some(include_str!("how_a_task_wakes.py")),
    plays: |python, _| python.has_tasks(),
    columns: &[
        Column { figure: "heard", title: "wake-ups", unit: Unit::Count },
        Column { figure: "rung", title: "rings", unit: Unit::Count },
        Column { figure: "saved", title: "rings\nsaved", unit: Unit::Count },
        Column { figure: "writes", title: "writes, says\nthe kernel", unit: Unit::Count },
    ],
    relations: &[
        counting("own-thread-no-call")
            .says("a wake-up from the loop's own thread takes no system call.")
            .claims(&special(|cell| cell.label == OWN, |results, who| rings(results, who, OWN, 0)))
            .wrong("from a thread", |cell| cell.set("from", "asleep")),
        counting("awake-no-call")
            .says("a wake-up from another thread takes none while the loop is awake.")
            .of_ours()
            .claims(&special(
                |cell| cell.label == AWAKE,
                |results, who| rings(results, who, AWAKE, 0),
            ))
            .wrong("the loop asleep", |cell| cell.set("from", "asleep")),
        counting("asleep-one-call")
            .says("a wake-up from another thread takes exactly one while the loop sleeps.")
            .claims(&special(
                |cell| cell.label == ASLEEP,
                |results, who| rings(results, who, ASLEEP, WAKES),
            ))
            .wrong("from a task", |cell| cell.set("from", "own")),
    ],
    explain: By(explain),
    read: &[
        "src/coop/kernel/inbox.rs: who rings, and why no wake-up is lost",
        "CPython's Lib/asyncio/selector_events.py: _write_to_self",
    ],
};

const OWN: &str = "from a task";
const AWAKE: &str = "a thread, loop awake";
const ASLEEP: &str = "a thread, loop asleep";
const WAKES: u64 = 200;

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |label, from| Cell::plain(label).with("from", from).with("wakes", WAKES);
    vec![cell(OWN, "own"), cell(AWAKE, "awake"), cell(ASLEEP, "asleep")]
}

/// A task that waits for news, and whoever has some.
#[derive(Default)]
struct News {
    told: AtomicU64,
    heard: AtomicU64,
    waker: Mutex<Option<Waker>>,
}

impl News {
    /// Waits until `all` news are there, and notes at each look how many were.
    async fn listen(&self, all: u64) {
        poll_fn(|context| {
            *self.waker.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(context.waker().clone());
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
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn is_awaited(&self) -> bool {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner).is_some()
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
    let failed = |why: io::Error| LabError::failed("/proc", why);
    let loop_thread =
        PathBuf::from("/proc").join(fs::read_link("/proc/thread-self").map_err(failed)?);
    let news = Arc::new(News::default());
    let recorder = trace::arm();
    let writes = thread::scope(|scope| {
        let caller = (from != "own").then(|| {
            let (news, asleep) = (&*news, (from == "asleep").then(|| loop_thread.join("stat")));
            scope.spawn(move || tell_all(news, wakes, asleep.as_deref()))
        });
        let writes = coop::run(together(&news, wakes, from))?;
        Ok::<_, LabError>(match caller {
            Some(caller) => caller.join().expect("the caller does not panic"),
            None => writes,
        })
    })?;
    let events = recorder.finish().events;
    let count = |kind| events.iter().filter(|event| event.kind == kind).count() as u64;
    let figures = Figures::default()
        .with_count("heard", news.heard())
        .with_count("rung", count(Kind::BellRung))
        .with_count("saved", count(Kind::BellSaved));
    Ok(match writes {
        Some(writes) => figures.with_count("writes", writes),
        None => figures,
    })
}

/// What runs in the loop: the task that listens, and beside it who tells, or who keeps the loop
/// awake. Answers with the writes of the loop's thread.
async fn together(news: &Arc<News>, wakes: u64, from: &str) -> Result<Option<u64>> {
    let before = writes();
    let listener = Arc::clone(news);
    let listener = coop::spawn(async move { listener.listen(wakes).await });
    match from {
        "own" => {
            for _ in 0..wakes {
                news.tell();
                while !news.is_heard() {
                    yield_now().await;
                }
            }
        }
        "awake" => {
            while news.heard() < wakes {
                yield_now().await;
            }
        }
        _ => {}
    }
    listener.await?;
    Ok(writes().zip(before).map(|(after, before)| after - before))
}

/// In another thread: tells, and waits until it was heard; before that, if `asleep` is given,
/// until the thread whose file that is sleeps. Answers with the thread's writes.
fn tell_all(news: &News, wakes: u64, asleep: Option<&Path>) -> Option<u64> {
    let before = writes();
    while !news.is_awaited() {
        thread::yield_now();
    }
    for _ in 0..wakes {
        while asleep.is_some_and(|stat| !is_asleep(stat)) {
            thread::yield_now();
        }
        news.tell();
        while !news.is_heard() {
            thread::yield_now();
        }
    }
    writes().zip(before).map(|(after, before)| after - before)
}

/// The state stands behind the name, which is in brackets; see `proc_pid_stat(5)`.
fn is_asleep(stat: &Path) -> bool {
    let text = fs::read_to_string(stat).unwrap_or_default();
    text.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'))
}

/// How often the calling thread has called `write` and its relatives, if the kernel says.
fn writes() -> Option<u64> {
    let text = fs::read_to_string("/proc/thread-self/io").ok()?;
    text.lines().find_map(|line| line.strip_prefix("syscw: "))?.parse().ok()
}

fn rings(results: &Results, who: &Contender, cell: &str, expected: u64) -> Option<Check> {
    let count = |figure| results.count(who, cell, figure);
    let (rung, heard, writes) = (count("rung")?, count("heard")?, count("writes"));
    let kernel = writes.map_or_else(String::new, |writes| format!(", and {writes} writes"));
    let agrees = writes.is_none_or(|writes| writes == rung);
    let figures = format!("{rung} rings for {heard} wake-ups{kernel}");
    Some(Check::that(rung == expected && heard == WAKES && agrees, figures))
}

fn explain(results: &Results) -> Option<String> {
    let ours = |cell, figure| results.ours(cell, figure);
    let kernel = ours(ASLEEP, "writes").map_or_else(String::new, |writes| {
        format!(", and the kernel counted {writes} writes of who called")
    });
    let theirs = results.pythons(AWAKE, "rung").map(|(who, rung)| (who.name(), rung)).next();
    let theirs = theirs.map_or_else(String::new, |(who, rung)| {
        format!(" asyncio does not look whether the loop sleeps: {who} sent {rung} bytes to it.")
    });
    Some(format!(
        "From a task a wake-up is a push into the run queue: {} rings. From a thread it goes \
         through the inbox, and the caller looks whether the loop sleeps: {} rings while it was \
         awake, {} of {WAKES} while it slept. Each ring is a write to an eventfd{kernel}.{theirs}",
        ours(OWN, "rung")?,
        ours(AWAKE, "rung")?,
        ours(ASLEEP, "rung")?,
    ))
}
