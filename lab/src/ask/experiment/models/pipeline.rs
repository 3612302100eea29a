//! A producer and a consumer: a queue that is made to be shared, and a variable that is not. Real
//! Python's article on threads builds the same pipeline, first with the one, then with the other.

use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design =
    Design::new(include_str!("pipeline.md"), |cell| Ok(measure(cell)))
        .twin(include_str!("pipeline.py"), by_lock)
        .relations(&[
            counting("a-slot-loses", &that(|[lost]| lost > 0.0)),
            counting(
                "a-queue-loses-nothing",
                &that(|all| all.iter().all(|count| is(*count, 0))).shown(
                    |[lost, more, out, further]| {
                        format!("{} lost, {} out of order", lost + more, out + further)
                    },
                ),
            ),
            // Room for 10, and one in each hand.
            counting("the-bound-holds", &that(|[most]| most <= 12.0)),
        ]);

/// Puts a message; waits for room if it must, and gives the lock up meanwhile.
type Put<'a> = Box<dyn Fn(u64) + Send + 'a>;
/// Waits for a message that is not the one before; `None` when there will be no more.
type Take<'a> = Box<dyn Fn(u64, &mut Attached<'_>) -> Option<u64> + 'a>;

fn measure(cell: &Cell) -> Figures {
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
    // What was written over is not under way.
    let under_way = under_way.max().filter(|_| cell.word("between") != "slot");
    Figures::default()
        .with_count("arrived", arrived)
        .with_count("lost", messages - arrived)
        .with_count("out_of_order", pairs.filter(|pair| pair[1][0] <= pair[0][0]).count())
        .with_some("under_way_max", under_way.map(to_f64))
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
