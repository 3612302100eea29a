//! A queue: how an item reaches a getter that waits, and room a putter.
//!
//! # The life of one item
//!
//! 1. A getter looks under the queue's lock, finds nothing, and stands in line in the same turn.
//! 2. The putter looks, finds room, puts its item in, and calls the first getter in line.
//! 3. The getter is awake, and looks: also if its time is over by now. It takes the item, and calls the
//!    first putter in line; or one that came by was quicker, and it stands in line again.
//! 4. In the end the putter shuts the queue down: all who wait are called, take what is left, and go.
//!
//! The steps are those of `src/threads/queue/ordered.rs`. The queue has room for one item. Two are put;
//! the first getter wants one, and gives up when its time is over; the second takes what there is.
//!
//! The first twin looks in one turn, and stands in line in another. The second goes when its time is
//! over, though it was called. The third calls the first in line alone when it shuts down.

use trainyard::interleave::{Action, Explorer, Step, ensure};

const CAPACITY: u8 = 1;
const ITEMS: u8 = 2;
/// The numbers of the threads: two getters, and the putter.
const IMPATIENT: usize = 0;
const PUTTER: usize = 2;

/// What the lock protects, and what each thread remembers, by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Queue {
    items: u8,
    is_shut_down: bool,
    getters: Vec<usize>,
    putters: Vec<usize>,
    /// Called, and has yet to look.
    is_called: [bool; 3],
    time_is_over: bool,
    // Only for the rules:
    put: u8,
    got: u8,
}

impl Queue {
    fn call_first(&mut self, line: fn(&mut Self) -> &mut Vec<usize>) {
        if !line(self).is_empty() {
            let first = line(self).remove(0);
            self.is_called[first] = true;
        }
    }

    fn getters(&mut self) -> &mut Vec<usize> {
        &mut self.getters
    }

    fn putters(&mut self) -> &mut Vec<usize> {
        &mut self.putters
    }
}

/// What a getter does in one turn of the lock.
fn get<const ME: usize>(queue: &mut Queue) -> Step {
    match look_for_item::<ME>(queue) {
        Step::Blocked => {
            queue.getters.push(ME);
            Step::Goto("sleep-in-line")
        }
        over => over,
    }
}

/// Blocked: there is nothing, and more may come.
fn look_for_item<const ME: usize>(queue: &mut Queue) -> Step {
    if queue.items == 0 {
        return if queue.is_shut_down { Step::Done } else { Step::Blocked };
    }
    queue.items -= 1;
    queue.got += 1;
    queue.call_first(Queue::putters);
    if ME == IMPATIENT { Step::Done } else { Step::Goto("look-or-stand-in-line") }
}

fn look_and_stand_in_line_later<const ME: usize>(queue: &mut Queue) -> Step {
    match look_for_item::<ME>(queue) {
        Step::Blocked => Step::Goto("stand-in-line-later"),
        over => over,
    }
}

fn stand_in_line_later<const ME: usize>(queue: &mut Queue) -> Step {
    queue.getters.push(ME);
    Step::Goto("sleep-in-line")
}

fn sleep_in_line<const ME: usize>(queue: &mut Queue) -> Step {
    let is_over = ME == IMPATIENT && queue.time_is_over;
    if queue.is_called[ME] || is_over { Step::Next } else { Step::Blocked }
}

fn get_when_called<const ME: usize>(queue: &mut Queue) -> Step {
    if std::mem::take(&mut queue.is_called[ME]) {
        return get::<ME>(queue);
    }
    queue.getters.retain(|getter| *getter != ME);
    Step::Done
}

fn go_when_time_is_over<const ME: usize>(queue: &mut Queue) -> Step {
    if queue.time_is_over {
        queue.is_called[ME] = false;
    }
    get_when_called::<ME>(queue)
}

fn put(queue: &mut Queue) -> Step {
    if queue.items == CAPACITY {
        queue.putters.push(PUTTER);
        return Step::Goto("sleep-in-line");
    }
    queue.items += 1;
    queue.put += 1;
    queue.call_first(Queue::getters);
    Step::Goto(if queue.put == ITEMS { "shut-down" } else { "look-or-stand-in-line" })
}

fn put_when_called(queue: &mut Queue) -> Step {
    queue.is_called[PUTTER] = false;
    put(queue)
}

fn shut_down(queue: &mut Queue) -> Step {
    queue.is_shut_down = true;
    while !queue.getters.is_empty() {
        queue.call_first(Queue::getters);
    }
    Step::Done
}

fn shut_down_and_call_one(queue: &mut Queue) -> Step {
    queue.is_shut_down = true;
    queue.call_first(Queue::getters);
    Step::Done
}

fn pass_time(queue: &mut Queue) -> Step {
    queue.time_is_over = true;
    Step::Done
}

type Steps = Vec<(&'static str, Action<Queue>)>;

fn getter<const ME: usize>() -> Steps {
    vec![
        ("look-or-stand-in-line", get::<ME>),
        ("sleep-in-line", sleep_in_line::<ME>),
        ("look-when-called", get_when_called::<ME>),
    ]
}

fn with_putter(shut_down: Action<Queue>) -> Explorer<Queue> {
    let putter: [(&str, Action<Queue>); 4] = [
        ("look-or-stand-in-line", put),
        ("sleep-in-line", sleep_in_line::<PUTTER>),
        ("look-when-called", put_when_called),
        ("shut-down", shut_down),
    ];
    Explorer::new(Queue::default()).script("putter", &putter)
}

const CLOCK: [(&str, Action<Queue>); 1] = [("pass-time", pass_time)];

/// The queue as it is.
pub(crate) fn correct() -> Explorer<Queue> {
    let explorer = with_putter(shut_down).script("getter", &getter::<0>());
    explorer.script("getter 2", &getter::<1>()).script("clock", &CLOCK)
}

/// The first twin: somebody puts an item in between the look and the line.
pub(crate) fn stands_in_line_later() -> Explorer<Queue> {
    let mut later = getter::<1>();
    later[0].1 = look_and_stand_in_line_later::<1>;
    later.push(("stand-in-line-later", stand_in_line_later::<1>));
    with_putter(shut_down).script("getter", &later)
}

/// The second twin: a call is lost with the getter that does not look any more.
pub(crate) fn goes_though_it_was_called() -> Explorer<Queue> {
    let mut hasty = getter::<0>();
    hasty[2].1 = go_when_time_is_over::<0>;
    let explorer = with_putter(shut_down).script("getter", &hasty);
    explorer.script("getter 2", &getter::<1>()).script("clock", &CLOCK)
}

/// The third twin: of two getters that wait for the end one hears of it.
pub(crate) fn ends_for_one_alone() -> Explorer<Queue> {
    let explorer = with_putter(shut_down_and_call_one).script("getter", &getter::<0>());
    explorer.script("getter 2", &getter::<1>())
}

/// Must hold in every state.
pub(crate) fn always(queue: &Queue) -> Result<(), &'static str> {
    let called = queue.is_called[..PUTTER].iter().filter(|is_called| **is_called).count();
    ensure(
        queue.getters.is_empty() || usize::from(queue.items) <= called,
        "nobody stands in line beside an item that no other was called for",
    )?;
    ensure(
        queue.putters.is_empty() || queue.items == CAPACITY,
        "nobody stands in line beside room that no other was called for",
    )?;
    ensure(queue.got + queue.items == queue.put, "no item is lost or got twice")
}

/// Must hold once every script is done.
pub(crate) fn finally(queue: &Queue) -> Result<(), &'static str> {
    ensure(queue.got == ITEMS, "every item was got")
}
