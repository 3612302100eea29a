//! A producer and a consumer: a queue that is made to be shared, and a variable that is not. Real
//! Python's article on threads builds the same pipeline, first with the one, then with the other.

use crate::ask::experiment::kit::prelude::*;
use trainyard::threads::Queue;

pub(super) const DESIGN: Design = Design::new(include_str!("pipeline.md"), measure)
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

fn measure(cell: &Cell) -> Result<Figures> {
    let (gil, messages) = (hogs::gil(cell), cell.count("messages") as u64);
    let (slot, made) = (AtomicU64::new(0), AtomicU64::new(0));
    let queue = match cell.word("between") {
        "slot" => None,
        "bounded" => Some(Queue::bounded(cell.count("room"))),
        _ => Some(Queue::new()),
    };
    let put = |message| match &queue {
        None => slot.store(message, Ordering::Relaxed), // ORDER: Relaxed; the lock orders it.
        Some(queue) => queue.put(message).expect(OPEN),
    };
    let take = |before, at: &mut Attached<'_>| match &queue {
        None => take_another(&slot, before, at),
        Some(queue) => queue.get().expect(OPEN),
    };
    let produce = |at: &mut Attached<'_>| {
        for message in 1..=messages {
            put(message);
            made.store(message, Ordering::Relaxed); // ORDER: Relaxed; the lock orders it.
            at.checkpoint();
        }
    };
    // Each message, and how many had been made by then: a count that may lag by one.
    let consume = |at: &mut Attached<'_>| {
        let (mut seen, mut last) = (Vec::new(), 0);
        while last != messages {
            last = take(last, at);
            seen.push([last, made.load(Ordering::Relaxed)]); // ORDER: Relaxed; as above.
            Task::Pi.call(at);
        }
        seen
    };
    let seen = thread::scope(|scope| {
        start_in(scope, || gil.attach(produce))?;
        Ok::<_, LabError>(gil.attach(consume))
    })?;
    let (arrived, pairs) = (seen.len() as u64, seen.windows(2));
    let under_way = (0..).zip(&seen).map(|(taken, seen)| seen[1].saturating_sub(taken));
    // What was written over is not under way.
    let under_way = under_way.max().filter(|_| queue.is_some());
    Ok(Figures::default()
        .with_count("arrived", arrived)
        .with_count("lost", messages - arrived)
        .with_count("out_of_order", pairs.filter(|pair| pair[1][0] <= pair[0][0]).count())
        .with_some("under_way_max", under_way.map(to_f64)))
}

const OPEN: &str = "nobody shuts the queue down";

fn take_another(slot: &AtomicU64, before: u64, at: &mut Attached<'_>) -> u64 {
    loop {
        let message = slot.load(Ordering::Relaxed); // ORDER: Relaxed; the lock orders it.
        if message != before {
            return message;
        }
        at.checkpoint();
    }
}
