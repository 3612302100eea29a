//! A producer and a consumer: a queue that is made to be shared, and a variable that is not. Real
//! Python's article on threads builds the same pipeline, first with the one, then with the other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread;

use crate::ask::experiment::kit::prelude::*;
use trainyard::sys::{Why, blocking};
use trainyard::threads::Attached;

/// Messages between two threads.
pub const EXPERIMENT: Experiment = Experiment {
    name: "pipeline",
    group: Group::Models,
    title: "a producer and a consumer, with a slot or a queue between them",
    question: "A producer makes 1 000 messages, a consumer works on each for a while. Between them \
               is a queue for 10 messages. The producer is far faster. What happens to the \
               messages for which there is no room?",
    choices: &[
        "they are lost",
        "they overtake each other",
        "nothing: the producer waits until there is room",
        "nothing: the queue grows",
    ],
    answer: 2,
    method: "Two threads under one lock. The producer puts the numbers from 1 to 1 000 into a \
             variable that has room for one, or into a queue with room for 10, or into one without \
             a bound; the consumer computes digits of pi for each that it takes. Counted are the \
             numbers that never arrived, those that came in a wrong order, and how many were under \
             way at most.",
    cells,
    ours: measure,
    twin: Some(include_str!("pipeline.py")),
    plays: by_lock,
    columns: &[
        Column { figure: "arrived", title: "arrived", unit: Unit::Count },
        Column { figure: "lost", title: "lost", unit: Unit::Count },
        Column { figure: "out_of_order", title: "out of\norder", unit: Unit::Count },
        Column { figure: "under_way_max", title: "under way\nat most", unit: Unit::Count },
    ],
    relations: &[
        counting("a-slot-loses")
            .says("a variable with room for one message loses messages, though the lock is on.")
            .claims(&that("{grouped lost in a variable} of 1 000 lost", |[lost]| lost > 0.0))
            .wrong("a queue", |cell| cell.set("between", "bounded")),
        counting("a-queue-loses-nothing")
            .says("a queue loses no message and keeps their order.")
            .claims(&that_by(
                "{lost in a queue of 10}{lost in a queue without bound}{out_of_order in a queue of \
                 10}{out_of_order in a queue without bound}",
                |all| all.iter().all(|count| is(*count, 0)),
                |[lost, more, out, further]| {
                    format!("{} lost, {} out of order", lost + more, out + further)
                },
            ))
            .wrong("a variable", |cell| cell.set("between", "slot")),
        counting("the-bound-holds")
            .says(
                "no more messages are under way than the queue has room for, and one in each hand.",
            )
            .claims(&that("{grouped under_way_max in a queue of 10} under way", |[most]| {
                most <= f64::from(ROOM + 2)
            }))
            .wrong("no bound", |cell| cell.set("between", "unbounded")),
    ],
    explain: Told(
        "The variable lost {lost in a variable} of 1 000 messages: the lock lets one thread run at \
         a time, and says nothing about whose turn it is, so the producer wrote over what nobody \
         had read. A queue keeps what was put and the order of it: {lost in a queue of 10} and \
         {lost in a queue without bound} lost. The one without a bound had {grouped under_way_max \
         in a queue without bound} messages under way at most, which is memory; the one with room \
         for 10 had {under_way_max in a queue of 10}. A producer that finds it full waits, and \
         gives the lock up for that: the slow side sets the pace. So a bounded queue is a \
         pipeline's brake, and needs no other.",
    ),
    read: &[
        "examples/threads_story.rs: tickets from one queue",
        "https://realpython.com/intro-to-python-threading/: Producer-Consumer Threading",
        "https://docs.python.org/3/library/queue.html: maxsize",
    ],
};

const MESSAGES: u64 = 1_000;
const ROOM: u32 = 10;

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |label, between| {
        let cell = Cell::new(label, Lock::TIMED).with("between", between);
        cell.with("messages", MESSAGES).with("room", ROOM)
    };
    vec![
        cell("a variable", "slot"),
        cell("a queue of 10", "bounded"),
        cell("a queue without bound", "unbounded"),
    ]
}

/// Puts a message; waits for room if it must, and gives the lock up meanwhile.
type Put<'a> = Box<dyn Fn(u64) + Send + 'a>;
/// Waits for a message that is not the one before; `None` when there will be no more.
type Take<'a> = Box<dyn Fn(u64, &mut Attached<'_>) -> Option<u64> + 'a>;

#[expect(clippy::unnecessary_wraps, reason = "as other experiments, which can fail")]
fn measure(cell: &Cell) -> Result<Figures> {
    let (gil, messages) = (hogs::gil(cell), cell.count("messages") as u64);
    let (slot, made) = (AtomicU64::new(0), AtomicU64::new(0));
    let (put, take): (Put<'_>, Take<'_>) = match cell.word("between") {
        "slot" => (
            // ORDER: Relaxed; the lock orders it.
            Box::new(|message| slot.store(message, Ordering::Relaxed)),
            Box::new(|before, at| (before != messages).then(|| take_another(&slot, before, at))),
        ),
        "bounded" => {
            let (put, take) = mpsc::sync_channel(cell.count("room"));
            (Box::new(move |message| put_or_wait(&put, message)), take_from(take))
        }
        _ => {
            let (put, take) = mpsc::channel();
            (Box::new(move |message| put.send(message).expect(LISTENS)), take_from(take))
        }
    };
    let produce = || {
        gil.attach(|at| {
            for message in 1..=messages {
                put(message);
                made.store(message, Ordering::Relaxed); // ORDER: Relaxed; the lock orders it.
                at.checkpoint();
            }
        });
        // The consumer of a queue learns from this that there will be no more.
        drop(put);
    };
    // Each message, and how many had been made by then: a count that may lag by one.
    let seen = thread::scope(|scope| {
        scope.spawn(produce);
        gil.attach(|at| {
            let mut seen: Vec<[u64; 2]> = Vec::new();
            while let Some(message) = take(seen.last().map_or(0, |last| last[0]), at) {
                seen.push([message, made.load(Ordering::Relaxed)]); // ORDER: Relaxed; as above.
                Task::Pi.call(at);
            }
            seen
        })
    });
    let (arrived, pairs) = (seen.len() as u64, seen.windows(2));
    let under_way = (0..).zip(&seen).map(|(taken, seen)| seen[1].saturating_sub(taken));
    let figures = Figures::default()
        .with_count("arrived", arrived)
        .with_count("lost", messages - arrived)
        .with_count("out_of_order", pairs.filter(|pair| pair[1][0] <= pair[0][0]).count());
    Ok(match cell.word("between") {
        // What was written over is not under way.
        "slot" => figures,
        _ => figures.with_count("under_way_max", under_way.max().unwrap_or(0)),
    })
}

const LISTENS: &str = "the consumer takes until the producer is gone";

fn put_or_wait(queue: &SyncSender<u64>, message: u64) {
    let sent = match queue.try_send(message) {
        Err(TrySendError::Full(message)) => blocking(Why::Lock, || queue.send(message).is_ok()),
        sent => sent.is_ok(),
    };
    assert!(sent, "{LISTENS}");
}

fn take_another(slot: &AtomicU64, before: u64, at: &mut Attached<'_>) -> u64 {
    loop {
        let message = slot.load(Ordering::Relaxed); // ORDER: Relaxed; the lock orders it.
        if message != before {
            return message;
        }
        at.checkpoint();
    }
}

fn take_from(queue: Receiver<u64>) -> Take<'static> {
    Box::new(move |_, _| {
        queue.try_recv().ok().or_else(|| blocking(Why::Lock, || queue.recv().ok()))
    })
}
