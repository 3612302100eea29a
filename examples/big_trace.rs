//! Writes traces that nobody has lived through, to try a view with what is rare in real ones.
//!
//! Many events: threads that hand a lock over, for as long as one likes. A view that is quick with
//! the recording of one round may crawl with that of an hour.
//!
//! ```text
//! cargo run --release --example big_trace -- 1000000 /tmp/big.trace
//! ```
//!
//! Odd ones, with `odd` in place of the number: one wait of two microseconds in a second of work, a
//! thread whose name is meant to break out of a page, and events that were lost.
//!
//! A short one that ends in the middle, with `killed`: what is left in the file when the program
//! that recorded died.
//!
//! The events are possible ones: `trainyard trace check` finds nothing wrong with them.
#![expect(clippy::print_stdout, reason = "it says how much it wrote")]

use std::error::Error;
use std::fs::File;

use trainyard::trace::file::{Ending, Facts, Run, Trace};
use trainyard::trace::{Event, Kind, Recording, Track};

const THREADS: u32 = 8;
const LOCK: u64 = 1;
/// The events of one turn: the lock is asked for, dropped, waited for by who dropped it, and taken.
const EVENTS_PER_TURN: u64 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, path] = arguments.as_slice() else {
        println!("usage: big_trace EVENTS|odd|killed FILE");
        return Ok(());
    };
    let threads = || format!("{THREADS} threads, lock on");
    let (label, recording, ending) = match what.as_str() {
        "odd" => (HOSTILE_NAME.to_owned(), odd(), Ending::Whole),
        "killed" => (threads(), killed(), Ending::CutShort),
        count => {
            let turns = count.replace('_', "").parse::<u64>()? / EVENTS_PER_TURN;
            (threads(), hand_overs(turns), Ending::Whole)
        }
    };
    println!("{} events", recording.events.len());
    let run = Run { about: Facts::default().with("label", label), recording };
    let about = Facts::default()
        .with("program", concat!("big_trace of trainyard ", env!("CARGO_PKG_VERSION")))
        .with("command", format!("big_trace {what}"));
    Trace { about, runs: vec![run], ending }.write_to(&mut File::create(path)?)?;
    Ok(())
}

/// What a view must show as text and nothing else.
const HOSTILE_NAME: &str =
    "<img src=x onerror=alert(1)></script><script>window.hostile = true</script><!-- \"'&";

/// A second of work, with a wait of two microseconds in its middle.
fn odd() -> Recording {
    let event = |time_ns, kind, a| Event { time_ns, track: 1, kind, cpu: 0, a, b: 0 };
    let middle_ns = 500_000_000;
    let events = vec![
        event(0, Kind::UnitBegin, 1),
        event(0, Kind::GilTake, LOCK),
        event(middle_ns, Kind::GilDrop, LOCK),
        event(middle_ns, Kind::GilWait, LOCK),
        Event { b: 1, ..event(middle_ns + 2_000, Kind::GilTake, LOCK) },
        event(2 * middle_ns, Kind::UnitEnd, 1),
    ];
    let track = Track { number: 1, name: HOSTILE_NAME.to_owned(), pid: 1, overwritten: 12_345 };
    Recording { begin_ns: 0, end_ns: 2 * middle_ns, events, tracks: vec![track] }
}

/// Threads that hand a lock over until, in the middle of a turn, there is no one left.
fn killed() -> Recording {
    let mut recording = hand_overs(100);
    let half = recording.events.len() / 2;
    recording.events.truncate(half);
    recording.end_ns = recording.events.last().map_or(0, |event| event.time_ns);
    recording
}

/// Turns are of uneven length, from a fixed seed. In every hundredth the holder lets the lock go
/// and waits two microseconds to have it back.
fn hand_overs(turns: u64) -> Recording {
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    let mut events = Vec::new();
    let mut now_ns = 1_000_000;
    let mut add = |time_ns, track, kind, a, b| {
        let cpu = u16::try_from(track % 2).expect("it is 0 or 1");
        events.push(Event { time_ns, track, kind, cpu, a, b });
    };
    for track in 1..=THREADS {
        add(now_ns, track, Kind::UnitBegin, u64::from(track), 0);
        let kind = if track == 1 { Kind::GilTake } else { Kind::GilWait };
        add(now_ns + 10, track, kind, LOCK, 0);
    }
    let mut holder = 1;
    for turn in 0..turns {
        let next = holder % THREADS + 1;
        // Xorshift, Marsaglia 2003: no randomness worth the name, but uneven enough.
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let long_ns = 20_000 + dice % 400_000;
        if turn % 100 == 50 {
            add(now_ns + 9_900, holder, Kind::GilDrop, LOCK, 0);
            add(now_ns + 10_000, holder, Kind::GilWait, LOCK, 0);
            add(now_ns + 12_000, holder, Kind::GilTake, LOCK, u64::from(holder));
        }
        add(now_ns + long_ns - 500, next, Kind::GilDropRequest, LOCK, u64::from(holder));
        add(now_ns + long_ns, holder, Kind::GilDrop, LOCK, 1);
        add(now_ns + long_ns + 300, next, Kind::GilTake, LOCK, u64::from(holder));
        add(now_ns + long_ns + 400, holder, Kind::GilWait, LOCK, 0);
        now_ns += long_ns + 300;
        holder = next;
    }
    for track in (1..=THREADS).filter(|track| *track != holder) {
        add(now_ns + 450, track, Kind::GilGiveUp, LOCK, 0);
    }
    for track in 1..=THREADS {
        add(now_ns + 500, track, Kind::UnitEnd, u64::from(track), 0);
    }
    let track = |number: u32| {
        let name = format!("worker-{}", number - 1);
        Track { number, name, pid: 1, overwritten: 0 }
    };
    let tracks = (1..=THREADS).map(track).collect();
    Recording { begin_ns: 1_000_000, end_ns: now_ns + 1_000, events, tracks }
}
