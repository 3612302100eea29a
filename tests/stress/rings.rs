//! A trace ring with its reader beside its writer.

use std::sync::Arc;
use std::thread;

use trainyard::sys::ticks::Scale;
use trainyard::trace::{Event, Kind, Ring};

use crate::runner::tests;
use crate::turns;

tests![stress_a_reader_beside_the_writer_misses_nothing_and_sees_nothing_torn];

/// The event number `number`: all of its words say so.
fn numbered(number: u64) -> Event {
    Event { time_ns: number + 1, track: 1, kind: Kind::UnitBegin, cpu: 0, a: number, b: number }
}

/// Fails within a second or so if the `+ 1` of RING-2 is removed: an event of two halves.
fn stress_a_reader_beside_the_writer_misses_nothing_and_sees_nothing_torn() {
    for capacity in [2, 8, 64] {
        let ring = Arc::new(Ring::new(1, "ring", capacity));
        let (count, shared) = (turns(300_000), Arc::clone(&ring));
        let writer = thread::spawn(move || (0..count).for_each(|n| shared.push(numbered(n))));
        let mut next = 0;
        while next < count {
            let contents = ring.read(next, Scale::NANOSECONDS);
            next += contents.overwritten;
            for event in contents.events {
                assert_eq!(event, numbered(next), "capacity {capacity}");
                next += 1;
            }
        }
        writer.join().expect("writing does not panic");
    }
}
