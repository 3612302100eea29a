//! A ring of events: one writer, no lock, the oldest overwritten.
//!
//! # Layout
//!
//! ```text
//! word   0      1      2      3      4      5        6       7     8 .. 15   16 .. 16 + 4 * capacity
//!      magic  block  bytes   run   track  count  overwritten pid    name     events, event i in slot i % capacity
//! ```
//!
//! The words live in memory of this process, in memory shared with a worker process, or in a file.
//! In the second case the parent can read what a worker wrote even when the worker is dead, in the
//! third anybody can when all of them are: the ring is a flight recorder. The first 16 words are
//! those of a block of a trace file, so a file of rings is a trace file as it stands; see
//! [`file`](super::file).
//!
//! # Invariants
//!
//! - **RING-1** One thread writes, and `count` goes up by one after the event's four words.
//! - **RING-2** The reader gives back no event that the writer may have touched while it read.
//! - **RING-3** A ring holds ticks, and its reader gives back nanoseconds that rise: where two events
//!   would have the same, the second is a nanosecond later. So sorting the events of all rings by
//!   time keeps each one's order.
//!
//! # Why the reader never sees half an event
//!
//! The writer fills the slot of event `count` and then raises `count`. The reader copies, then
//! reads `count` once more: of the slots it copied, the writer may since have filled those of the
//! events up to that `count`, and be filling that of the next one. It throws away every event
//! whose slot these are. If it copied a word of a later event still, the fences order the raise
//! that came before that word ahead of its second look, which then would have seen it.

use std::fmt;
use std::sync::atomic::AtomicU64 as Plain;

use super::event::{Event, WORDS};
#[cfg(not(loom))]
use super::file::block::Kind as Block;
use super::file::block::{self, HEADER, Name};
#[cfg(not(loom))]
use crate::sys::memory::SharedWords;
use crate::sys::prim::{AtomicU64, Ordering, fence};
use crate::sys::ticks::Scale;

/// A ring of events; see the module.
pub struct Ring {
    memory: Memory,
    capacity: usize,
    /// The number of the next event. The writer's own copy of the count, so that it reads nothing
    /// that others may write; std's atomic, because it is no part of the protocol.
    next: Plain,
}

enum Memory {
    Own(Box<[AtomicU64]>),
    #[cfg(not(loom))]
    Shared(SharedWords),
}

/// What a reader found in a ring.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The events that are whole, oldest first.
    pub events: Vec<Event>,
    /// How many older ones are lost to overwriting.
    pub overwritten: u64,
}

impl Ring {
    /// Creates a ring of this process for `capacity` events, one at least.
    pub fn new(track: u32, name: &str, capacity: usize) -> Self {
        let capacity = capacity.max(1);
        let words = (0..words_of(capacity)).map(|_| AtomicU64::new(0)).collect();
        Self::with_header(Memory::Own(words), track, name, capacity)
    }

    /// Creates a ring in `words`, which other processes can map: [`words_of`] says how many.
    #[cfg(not(loom))]
    pub fn create_in(words: SharedWords, track: u32, name: &str) -> Self {
        let capacity = words.words().len().saturating_sub(HEADER) / WORDS;
        Self::with_header(Memory::Shared(words), track, name, capacity)
    }

    /// Opens a ring that another process created, to write into it.
    ///
    /// # Errors
    ///
    /// Fails if the memory is no ring, or its sizes do not agree.
    #[cfg(not(loom))]
    pub fn open_shared(words: SharedWords) -> std::io::Result<Self> {
        let header = |index: usize| words.words().get(index).map(|w| w.load(Ordering::Relaxed));
        let capacity = words.words().len().saturating_sub(HEADER) / WORDS;
        let is_ring = header(block::MAGIC_WORD) == Some(block::MAGIC)
            && header(block::KIND_WORD) == Some(Block::Ring as u64);
        let sizes_agree = header(block::BYTES_WORD) == Some(bytes_of(capacity)) && capacity > 0;
        if !is_ring || !sizes_agree {
            let text = "trace ring: the shared memory holds no ring";
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, text));
        }
        let next = header(block::COUNT_WORD).unwrap_or(0).into();
        let ring = Self { memory: Memory::Shared(words), capacity, next };
        ring.words()[block::PID_WORD].store(u64::from(std::process::id()), Ordering::Relaxed);
        Ok(ring)
    }

    fn with_header(memory: Memory, track: u32, name: &str, capacity: usize) -> Self {
        let ring = Self { memory, capacity, next: 0.into() };
        let header = block::ring_header(track, std::process::id(), name, bytes_of(capacity));
        // The magic word last: a writer that is killed before it leaves no ring, not half of one.
        for (word, value) in ring.words().iter().zip(header).skip(1) {
            word.store(value, Ordering::Relaxed);
        }
        // ORDER: Release; whoever finds the magic word in shared memory finds the rest.
        ring.words()[block::MAGIC_WORD].store(block::MAGIC, Ordering::Release);
        ring
    }

    fn header(&self, word: usize) -> u64 {
        self.words()[word].load(Ordering::Relaxed)
    }

    /// Returns whose events these are: the name of a thread or a worker.
    pub fn name(&self) -> String {
        Name(std::array::from_fn(|index| self.header(block::NAME_WORD + index))).to_string()
    }

    /// Returns the process that writes.
    #[expect(clippy::cast_possible_truncation, reason = "it was a u32 when it was stored")]
    pub fn pid(&self) -> u32 {
        self.header(block::PID_WORD) as u32
    }

    /// Returns the memory that a worker process can map; `None` for a ring of this process alone.
    #[cfg(not(loom))]
    pub fn room(&self) -> Option<&SharedWords> {
        match &self.memory {
            Memory::Own(_) => None,
            Memory::Shared(words) => Some(words),
        }
    }

    /// Returns the number of the track that the ring's events carry.
    #[expect(clippy::cast_possible_truncation, reason = "it was a u32 when it was stored")]
    pub fn track(&self) -> u32 {
        self.header(block::TRACK_WORD) as u32
    }

    fn words(&self) -> &[AtomicU64] {
        match &self.memory {
            Memory::Own(words) => words,
            #[cfg(not(loom))]
            Memory::Shared(words) => words.words(),
        }
    }

    fn slot(&self, index: u64) -> &[AtomicU64] {
        #[expect(clippy::cast_possible_truncation, reason = "below the capacity, a usize")]
        let slot = (index % self.capacity as u64) as usize;
        &self.words()[HEADER + slot * WORDS..][..WORDS]
    }

    /// Writes one event, whose time is in ticks. Only the ring's one writer may call this.
    pub fn push(&self, event: Event) {
        // ORDER: Relaxed. INVARIANT: [RING-1] nobody else reads or writes it.
        let index = self.next.load(Ordering::Relaxed);
        self.next.store(index + 1, Ordering::Relaxed);
        // ORDER: Release; pairs with the Acquire fence in `read`: whoever copies a word written
        // below sees the count that was stored before this line.
        fence(Ordering::Release);
        for (word, value) in self.slot(index).iter().zip(event.to_words()) {
            word.store(value, Ordering::Relaxed);
        }
        // ORDER: Release; pairs with the Acquire in `read`, which must see the four words.
        self.words()[block::COUNT_WORD].store(index + 1, Ordering::Release);
    }

    /// Copies the events that came after the first `from`, while the writer goes on. `scale` makes
    /// times of their ticks.
    pub fn read(&self, from: u64, scale: Scale) -> Contents {
        let count = &self.words()[block::COUNT_WORD];
        // ORDER: Acquire; pairs with the Release at the end of `push`.
        let end = count.load(Ordering::Acquire);
        let start = end.saturating_sub(self.capacity as u64).max(from).min(end);
        let copied: Vec<(u64, [u64; WORDS])> = (start..end)
            .map(|index| {
                let slot = self.slot(index);
                (index, std::array::from_fn(|word| slot[word].load(Ordering::Relaxed)))
            })
            .collect();
        // ORDER: Acquire; pairs with the Release fence in `push`.
        fence(Ordering::Acquire);
        // INVARIANT: [RING-2] the event `now` may be half written: it shares the slot of
        // `now - capacity`, so that one is thrown away too.
        let now = count.load(Ordering::Relaxed);
        let whole = (now + 1).saturating_sub(self.capacity as u64).max(start).min(end);
        let events = copied.into_iter().filter(|(index, _)| *index >= whole);
        let mut events: Vec<Event> =
            events.filter_map(|(_, words)| Event::from_words(words)).collect();
        in_nanoseconds(&mut events, scale);
        Contents { events, overwritten: whole - from.min(whole) }
    }

    /// Returns how many events were ever written.
    pub fn count(&self) -> u64 {
        // ORDER: Acquire; pairs with the Release at the end of `push`.
        self.words()[block::COUNT_WORD].load(Ordering::Acquire)
    }
}

/// Makes times of the ticks that the events of one ring were stamped with.
pub(super) fn in_nanoseconds(events: &mut [Event], scale: Scale) {
    let mut last_ns = None;
    for event in events {
        let time_ns = scale.to_ns(event.time_ns);
        // INVARIANT: [RING-3]
        let next_ns = last_ns.map_or(0, |last_ns: u64| last_ns.saturating_add(1));
        event.time_ns = time_ns.max(next_ns);
        last_ns = Some(event.time_ns);
    }
}

/// How many words a ring for `capacity` events takes.
pub fn words_of(capacity: usize) -> usize {
    HEADER + capacity * WORDS
}

fn bytes_of(capacity: usize) -> u64 {
    (capacity * size_of::<Event>()) as u64
}

impl fmt::Debug for Ring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ring")
            .field("track", &self.track())
            .field("capacity", &self.capacity)
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
fn numbered(number: u64) -> Event {
    let kind = super::Kind::UnitBegin;
    Event { time_ns: number, track: 1, kind, cpu: 0, a: number, b: number }
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::sync::Arc;

    use super::*;

    /// Fails if the `+ 1` of RING-2 or one of the two fences is removed: the reader then gives
    /// back an event whose words come from two.
    #[test]
    fn loom_a_reader_beside_the_writer_never_sees_half_an_event() {
        loom::model(|| {
            let ring = Arc::new(Ring::new(1, "r", 2));
            let writer = Arc::clone(&ring);
            let thread = loom::thread::spawn(move || {
                for number in 1..=3 {
                    writer.push(numbered(number));
                }
            });
            for event in ring.read(0, Scale::NANOSECONDS).events {
                assert_eq!((event.a, event.b), (event.time_ns, event.time_ns), "RING-2");
            }
            thread.join().unwrap();
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sys::ticks::Look;

    #[track_caller]
    fn check_read(written: u64, from: u64, expected: std::ops::Range<u64>, overwritten: u64) {
        let ring = Ring::new(1, "r", 4);
        (0..written).for_each(|number| ring.push(numbered(number)));
        let contents = ring.read(from, Scale::NANOSECONDS);
        let numbers: Vec<u64> = contents.events.iter().map(|event| event.a).collect();
        assert_eq!(numbers, expected.collect::<Vec<_>>());
        assert_eq!(contents.overwritten, overwritten);
    }

    #[test]
    fn an_empty_ring_has_no_events() {
        check_read(0, 0, 0..0, 0);
    }

    #[test]
    fn events_come_back_in_order() {
        check_read(3, 0, 0..3, 0);
    }

    #[test]
    fn a_reader_can_go_on_where_it_stopped() {
        check_read(3, 2, 2..3, 0);
        check_read(3, 3, 3..3, 0);
    }

    #[test]
    fn overwritten_events_are_counted() {
        // The slot that the next event will use counts as overwritten: RING-2.
        check_read(10, 0, 7..10, 7);
        check_read(10, 6, 7..10, 1);
    }

    #[test]
    fn two_events_of_one_moment_keep_their_order_and_get_different_times() {
        let ring = Ring::new(1, "r", 4);
        for number in [7, 3, 5] {
            ring.push(Event { time_ns: 100, ..numbered(number) });
        }
        let scale = Scale::between(Look { ticks: 0, ns: 0 }, Look { ticks: 100, ns: 40 });
        let read = ring.read(0, scale).events;
        let times: Vec<(u64, u64)> = read.iter().map(|event| (event.time_ns, event.a)).collect();
        assert_eq!(times, [(40, 7), (41, 3), (42, 5)]);
    }

    #[test]
    fn what_one_mapping_wrote_another_reads() {
        let words = SharedWords::create("ring", words_of(8)).unwrap();
        let ring = Ring::create_in(words, 9, "worker 1");
        let descriptor = ring.room().unwrap().descriptor().try_clone_to_owned().unwrap();
        let other = Ring::open_shared(SharedWords::open(descriptor).unwrap()).unwrap();
        other.push(numbered(5));
        let events = ring.read(0, Scale::NANOSECONDS).events;
        assert_eq!((ring.track(), events), (9, vec![numbered(5)]));
        assert_eq!((ring.name().as_str(), ring.pid()), ("worker 1", std::process::id()));
    }

    #[test]
    fn memory_that_is_no_ring_is_refused() {
        let words = SharedWords::create("no-ring", 64).unwrap();
        assert!(Ring::open_shared(words).is_err());
    }
}
