//! Timers: never early, in order, and how late.
//!
//! `epoll` counts its timeout in whole milliseconds, and a loop that relies on it must round up. A
//! timerfd counts in nanoseconds.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::ask::experiment::kit::prelude::*;
use crate::ask::experiment::tasks::theirs;
use trainyard::coop::{self, join_all};

/// When a timer fires.
pub const EXPERIMENT: Experiment = Experiment {
    name: "timers-on-time",
    group: Group::Tasks,
    title: "200 timers: in order, never early, and how late",
    question: "200 tasks sleep until deadlines that are 0.3 ms apart, and were set in no order. \
               How late do half of them wake up, at most?",
    choices: &[
        "half a millisecond: epoll counts in milliseconds",
        "0.3 ms: each waits for the one before",
        "far less than that, and a few may be early",
        "far less than that, and none is early",
    ],
    answer: 3,
    method: "200 tasks sleep until deadlines 0.3 ms apart, and note the time when they run. The \
             last deadline is set first, the first last. The same with deadlines rounded up to \
             milliseconds, as epoll would; and a thread that sleeps from one deadline to the next, \
             to see what the machine can do now.",
    cells,
    ours: measure,
    twin: Some(include_str!("timers_on_time.py")),
    plays: |python, cell| python.has_tasks() && cell.label == AS_SET,
    columns: &[
        Column { figure: "early", title: "early", unit: Unit::Count },
        Column { figure: "out_of_order", title: "out of\norder", unit: Unit::Count },
        Column { figure: "late_p50_s", title: "half late\nby at most", unit: Unit::Seconds },
        Column { figure: "late_p95_s", title: "95 %", unit: Unit::Seconds },
    ],
    relations: &[
        counting("never-early")
            .says("no timer fires before its deadline.")
            .of_ours()
            .claims(&that("{early in the loop's timers} of 200", |[early]| is(early, 0)))
            .wrong("deadlines rounded down to milliseconds", |cell| {
                cell.set("how", "rounded down");
            }),
        counting("in-order")
            .says("timers fire in the order of their deadlines, in whatever order they were set.")
            .claims(&that("{out_of_order in the loop's timers} of 200", |[others]| is(others, 0)))
            .wrong("one task waits for them in the order in which they were set", |cell| {
                cell.set("how", "one by one");
            }),
        timing("finer-than-a-millisecond")
            .says(
                "half of them are late by less than a quarter of the millisecond that epoll counts \
                 in.",
            )
            .of_ours()
            .claims(&special(|cell| cell.is(&[AS_SET, THREAD]), finer_than_a_millisecond))
            .wrong("deadlines rounded up to milliseconds", |cell| {
                if cell.label == AS_SET {
                    cell.set("how", "rounded up");
                }
            }),
    ],
    explain: By(explain),
    read: &[
        "src/coop/kernel/timer.rs: the heap of deadlines",
        "src/sys/timerfd.rs: what ends the loop's sleep",
        "epoll_wait(2): the timeout is in milliseconds",
    ],
};

const AS_SET: &str = "the loop's timers";
const THREAD: &str = "a thread that sleeps";
const TIMERS: u32 = 200;
const APART: Duration = Duration::from_micros(300);
/// From the beginning to the first deadline: two hundred tasks begin in a tenth of it.
const LEAD: Duration = Duration::from_millis(5);
/// What epoll counts in.
const MILLISECOND: Duration = Duration::from_millis(1);

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |label, how| {
        let cell = Cell::plain(label).with("how", how).with("timers", TIMERS);
        cell.with("apart_ns", APART.subsec_nanos())
    };
    vec![cell(AS_SET, "as set"), cell("rounded up to 1 ms", "rounded up"), cell(THREAD, "thread")]
}

fn measure(cell: &Cell) -> Result<Figures> {
    let mut lead = LEAD;
    loop {
        let deadlines: Vec<Duration> = (0..TIMERS).map(|number| lead + number * APART).collect();
        let fired = match cell.word("how") {
            "thread" => Some(sleep_in_thread(&deadlines)),
            how => coop::run(wait(&deadlines, how)),
        };
        if let Some(fired) = fired {
            return Ok(figures(&fired));
        }
        // The system had other things to do than to let the tasks begin.
        lead *= 2;
    }
}

/// A deadline, and when somebody saw that it had passed; both since the beginning.
#[derive(Clone, Copy)]
struct Fired {
    deadline: Duration,
    seen: Duration,
}

/// A task for each, or one for all, the last deadline first. `None` if one began too late for the
/// first deadline.
async fn wait(deadlines: &[Duration], how: &str) -> Option<Vec<Fired>> {
    let (begin, fired) = (coop::now(), Rc::new(RefCell::new(Vec::new())));
    let until = |&deadline: &Duration| (deadline, begin + rounded(deadline, how));
    let last_first: Vec<_> = deadlines.iter().rev().map(until).collect();
    let of_a_task = if how == "one by one" { deadlines.len() } else { 1 };
    let tasks = last_first.chunks(of_a_task).map(|some| {
        let (fired, some) = (Rc::clone(&fired), some.to_vec());
        coop::spawn(async move {
            let waits_since = coop::now() - begin;
            for (deadline, until) in some {
                coop::sleep_until(until).await;
                fired.borrow_mut().push(Fired { deadline, seen: coop::now() - begin });
            }
            waits_since
        })
    });
    let waits_since = join_all(tasks.collect::<Vec<_>>()).await;
    let latest = waits_since.into_iter().flatten().max()?;
    (latest < deadlines[0]).then(|| fired.take())
}

fn rounded(deadline: Duration, how: &str) -> Duration {
    let down = Duration::new(deadline.as_secs(), deadline.subsec_millis() * 1_000_000);
    match how {
        "rounded up" if down < deadline => down + MILLISECOND,
        "rounded down" => down,
        _ => deadline,
    }
}

fn sleep_in_thread(deadlines: &[Duration]) -> Vec<Fired> {
    let since = Stopwatch::start();
    let sleep = |&deadline: &Duration| {
        pause_and_keep(deadline.saturating_sub(since.elapsed()));
        Fired { deadline, seen: since.elapsed() }
    };
    deadlines.iter().map(sleep).collect()
}

fn figures(fired: &[Fired]) -> Figures {
    let early = fired.iter().filter(|one| one.seen < one.deadline).count();
    let out_of_order = fired.windows(2).filter(|pair| pair[0].deadline > pair[1].deadline).count();
    let late = |one: &Fired| one.seen.saturating_sub(one.deadline).as_secs_f64();
    let late_s: Vec<f64> = fired.iter().map(late).collect();
    let at = |share| percentile(&late_s, share).unwrap_or(f64::NAN);
    Figures::default()
        .with_count("early", early)
        .with_count("out_of_order", out_of_order)
        .with("late_p50_s", at(0.5))
        .with("late_p95_s", at(0.95))
}

fn finer_than_a_millisecond(results: &Results, who: &Contender) -> Option<Check> {
    let (late_s, thread_s) =
        (results.of(who, AS_SET, "late_p50_s")?, results.of(who, THREAD, "late_p50_s")?);
    if thread_s > MILLISECOND.as_secs_f64() / 8.0 {
        return Some(Check::Skipped(format!(
            "A plain thread that sleeps is late by {} on this machine, now",
            seconds(thread_s)
        )));
    }
    let figures = format!("{}; a plain thread {}", seconds(late_s), seconds(thread_s));
    Some(Check::that(late_s < MILLISECOND.as_secs_f64() / 4.0, figures))
}

fn explain(results: &Results) -> Option<String> {
    let told = Told(
        "Half of the loop's timers were late by {late_p50_s in the loop's timers} at most, {early \
         in the loop's timers} were early, {out_of_order in the loop's timers} out of order: the \
         deadlines lie in a heap, and the next one is set in a timerfd, to the nanosecond. With \
         deadlines rounded up to milliseconds it was {late_p50_s in rounded up to 1 ms}. A thread \
         that just sleeps was late by {late_p50_s in a thread that sleeps}: the rest is the \
         machine's.",
    );
    let theirs = theirs(results, AS_SET, "late_p50_s", |who, late_s| {
        format!(" asyncio rounds up to what epoll counts in: {} in {who}.", seconds(late_s))
    });
    Some(told.say(results)? + &theirs)
}
