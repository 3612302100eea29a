//! Spans: how a stream of events becomes a lane, and how a lane is cut into cells.
//!
//! Trains, tasks and locks differ in what their states mean and in nothing else. Each of them is
//! replayed onto a [`Tape`], which holds LANES-1 whatever the times are, also those of a damaged
//! file that go back or lie outside of the round.

use crate::look::palette::State;

/// A time in one state: of a train, of a task, or, as `Span<Holder>`, of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<S = State> {
    pub from_ns: u64,
    pub until_ns: u64,
    /// What the train did meanwhile, or whose the lock was.
    pub state: S,
    /// The processor that the train was last seen on.
    pub cpu: u16,
    /// The event that began it, by its index in the recording; `None` before the first one.
    pub event: Option<u32>,
}

impl<S> Span<S> {
    pub fn length_ns(&self) -> u64 {
        self.until_ns.saturating_sub(self.from_ns)
    }

    /// How much of it lies between two moments.
    fn inside_ns(&self, from_ns: u64, until_ns: u64) -> u64 {
        self.until_ns.min(until_ns).saturating_sub(self.from_ns.max(from_ns))
    }
}

/// What becomes of neighbours in the same state, on the same processor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alike {
    Join,
    Keep,
}

/// One lane while its events are read: the spans so far, and the one under way.
pub(super) struct Tape<S> {
    spans: Vec<Span<S>>,
    now: Span<S>,
    end_ns: u64,
    alike: Alike,
}

impl<S: Copy + PartialEq> Tape<S> {
    /// A lane that is known from `from_ns` on, and until then in `state` as far as anybody knows.
    pub(super) fn new(from_ns: u64, end_ns: u64, (state, cpu): (S, u16), alike: Alike) -> Self {
        let from_ns = from_ns.min(end_ns);
        let now = Span { from_ns, until_ns: from_ns, state, cpu, event: None };
        Self { spans: Vec::new(), now, end_ns, alike }
    }

    /// What the lane is in after all events so far.
    pub(super) fn now(&self) -> (S, u16) {
        (self.now.state, self.now.cpu)
    }

    /// From `at_ns` on the lane is in another state, because of `event`.
    pub(super) fn turn(&mut self, at_ns: u64, (state, cpu): (S, u16), event: u32) {
        self.cut(at_ns);
        self.now = Span { state, cpu, event: Some(event), ..self.now };
    }

    // INVARIANT: [LANES-1] a span begins where the one before it ended, and joins it if alike.
    fn cut(&mut self, until_ns: u64) {
        let until_ns = until_ns.clamp(self.now.from_ns, self.end_ns);
        if until_ns > self.now.from_ns {
            let now = Span { until_ns, ..self.now };
            let is_alike = |last: &&mut Span<S>| (last.state, last.cpu) == (now.state, now.cpu);
            match self.spans.last_mut().filter(is_alike).filter(|_| self.alike == Alike::Join) {
                Some(last) => last.until_ns = until_ns,
                None => self.spans.push(now),
            }
            self.now.from_ns = until_ns;
        }
    }

    /// The spans, up to the end of the round.
    pub(super) fn finish(mut self) -> Vec<Span<S>> {
        self.cut(self.end_ns);
        self.spans
    }
}

/// The same spans, neighbours in the same state joined, whatever processor they ran on.
pub(crate) fn joined(spans: &[Span]) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for &span in spans {
        match joined.last_mut() {
            Some(last) if last.state == span.state => last.until_ns = span.until_ns,
            _ => joined.push(span),
        }
    }
    joined
}

/// Where cell `cell` begins, if the time between two moments is cut into `count` of one length.
pub(crate) fn edge(from_ns: u64, until_ns: u64, cell: usize, count: usize) -> u64 {
    let length_ns = u128::from(until_ns.saturating_sub(from_ns));
    let offset_ns = length_ns * cell as u128 / count.max(1) as u128;
    from_ns.saturating_add(u64::try_from(offset_ns).unwrap_or(u64::MAX))
}

/// In which of `count` cells a moment between two others lies.
pub(crate) fn place(at_ns: u64, from_ns: u64, until_ns: u64, count: usize) -> usize {
    let length_ns = u128::from(until_ns.saturating_sub(from_ns).max(1));
    let place = u128::from(at_ns.saturating_sub(from_ns)) * count as u128 / length_ns;
    usize::try_from(place).unwrap_or(count)
}

/// Calls `add` for each piece of a span that lies in one cell: the cell, the state, how long.
///
/// `spans` are in order and do not overlap; each is looked at once for every cell that it touches.
pub(crate) fn pieces<S: Copy>(
    spans: &[Span<S>],
    (from_ns, until_ns): (u64, u64),
    count: usize,
    mut add: impl FnMut(usize, S, u64),
) {
    let mut next = spans.partition_point(|span| span.until_ns <= from_ns);
    for cell in 0..count {
        let begin_ns = edge(from_ns, until_ns, cell, count);
        let end_ns = edge(from_ns, until_ns, cell + 1, count);
        while let Some(span) = spans.get(next).filter(|span| span.from_ns < end_ns) {
            add(cell, span.state, span.inside_ns(begin_ns, end_ns));
            if span.until_ns > end_ns {
                break;
            }
            next += 1;
        }
    }
}
