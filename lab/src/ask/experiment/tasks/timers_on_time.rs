//! Timers: never early, in order, and how late.

use std::cell::RefCell;
use std::rc::Rc;

use crate::ask::experiment::kit::prelude::*;
use trainyard::coop::{self, join_all};

pub(super) const DESIGN: Design = Design::new(include_str!("timers_on_time.md"), measure)
    .twin(include_str!("timers_on_time.py"), |python, cell| {
        python.has_tasks() && cell.label == AS_SET
    })
    .relations(&[
        counting("never-early", &that(|[early]| is(early, 0))).of_ours(),
        counting("in-order", &that(|[others]| is(others, 0))),
        timing(
            "finer-than-a-millisecond",
            &that(|[late_s, _]| late_s < MILLISECOND.as_secs_f64() / 4.0)
                .skipped(|[_, thread_s]| is_too_late(thread_s)),
        )
        .of_ours(),
    ]);

const AS_SET: &str = "the loop's timers";
/// From the beginning to the first deadline: two hundred tasks begin in a tenth of it.
const LEAD: Duration = Duration::from_millis(5);
/// What epoll counts in.
const MILLISECOND: Duration = Duration::from_millis(1);

fn measure(cell: &Cell) -> Result<Figures> {
    let (timers, apart_ns) = (cell.count("timers") as u64, cell.count("apart_ns") as u64);
    let mut lead = LEAD;
    loop {
        let deadline = |number| lead + Duration::from_nanos(number * apart_ns);
        let deadlines: Vec<Duration> = (0..timers).map(deadline).collect();
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

fn is_too_late(thread_s: f64) -> Option<String> {
    (thread_s > MILLISECOND.as_secs_f64() / 8.0).then(|| {
        let late = seconds(thread_s);
        format!("A plain thread that sleeps is late by {late} on this machine, now")
    })
}
