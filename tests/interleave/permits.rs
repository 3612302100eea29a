//! The word of a semaphore: how permits that are given one by one reach everybody who sleeps.
//!
//! # The life of one permit
//!
//! 1. A taker finds none. It sets the mark, and sleeps while the word is that.
//! 2. The giver adds one and clears the mark, in one step. It was set: it wakes one sleeper.
//! 3. The sleeper takes the permit and sets the mark again: it cannot know whether others sleep.
//! 4. It leaves permits behind: whoever gave those found the mark cleared, and has woken nobody. So it
//!    wakes the next.
//!
//! The steps are those of `src/threads/sync/permits.rs`. The first twin leaves out step 4, and the
//! second the mark of step 3.

use trainyard::interleave::{Action, Explorer, Step, ensure};

/// The word, and what each taker remembers, by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Permits {
    free: u8,
    is_marked: bool,
    asleep: [bool; 2],
    has_slept: [bool; 2],
    // The giver's.
    given: u8,
    must_wake: bool,
    // Only for the rules:
    taken: u8,
}

impl Permits {
    /// Wakes the one that has slept longest; here any, as they are alike.
    fn wake_one(&mut self) {
        if let Some(asleep) = self.asleep.iter_mut().find(|asleep| **asleep) {
            *asleep = false;
        }
    }
}

fn take<const ME: usize>(word: &mut Permits) -> Step {
    match take_without_a_mark::<ME>(word) {
        Step::Goto(none) => Step::Goto(none),
        taken => {
            word.is_marked |= word.has_slept[ME];
            taken
        }
    }
}

fn take_without_a_mark<const ME: usize>(word: &mut Permits) -> Step {
    if word.free == 0 {
        return Step::Goto("announce-sleep");
    }
    word.free -= 1;
    word.taken += 1;
    if word.has_slept[ME] && word.free > 0 { Step::Next } else { Step::Done }
}

fn take_and_go<const ME: usize>(word: &mut Permits) -> Step {
    match take::<ME>(word) {
        Step::Next => Step::Done,
        other => other,
    }
}

fn pass_on(word: &mut Permits) -> Step {
    word.wake_one();
    Step::Done
}

fn announce(word: &mut Permits) -> Step {
    if word.free > 0 {
        return Step::Goto("take-permit");
    }
    word.is_marked = true;
    Step::Next
}

/// The kernel compares, and puts the thread to sleep, in one step.
fn compare_and_sleep<const ME: usize>(word: &mut Permits) -> Step {
    word.has_slept[ME] = true;
    if word.free > 0 || !word.is_marked {
        return Step::Goto("take-permit");
    }
    word.asleep[ME] = true;
    Step::Next
}

fn wake_up<const ME: usize>(word: &mut Permits) -> Step {
    if word.asleep[ME] { Step::Blocked } else { Step::Goto("take-permit") }
}

fn give(word: &mut Permits) -> Step {
    word.free += 1;
    word.given += 1;
    word.must_wake = std::mem::replace(&mut word.is_marked, false);
    Step::Next
}

fn wake_sleepers(word: &mut Permits) -> Step {
    if std::mem::take(&mut word.must_wake) {
        word.wake_one();
    }
    if word.given < 2 { Step::Goto("give-permits") } else { Step::Done }
}

type Takes = [Action<Permits>; 2];

fn with_takes([first, second]: Takes) -> Explorer<Permits> {
    let taker = |take, sleep, wake| -> [(&'static str, Action<Permits>); 5] {
        [
            ("take-permit", take),
            ("pass-on", pass_on),
            ("announce-sleep", announce),
            ("compare-and-sleep", sleep),
            ("wake-up-for-permit", wake),
        ]
    };
    Explorer::new(Permits::default())
        .script("taker", &taker(first, compare_and_sleep::<0>, wake_up::<0>))
        .script("taker 2", &taker(second, compare_and_sleep::<1>, wake_up::<1>))
        .script("giver", &[("give-permits", give), ("wake-sleepers", wake_sleepers)])
}

/// The word as it is: two who take, and one who gives twice.
pub(crate) fn correct() -> Explorer<Permits> {
    with_takes([take::<0>, take::<1>])
}

/// The first twin: who has slept and leaves a permit behind wakes nobody.
pub(crate) fn passes_nothing_on() -> Explorer<Permits> {
    with_takes([take_and_go::<0>, take_and_go::<1>])
}

/// The second twin: who has slept forgets that others may.
pub(crate) fn forgets_the_others() -> Explorer<Permits> {
    with_takes([take_without_a_mark::<0>, take_without_a_mark::<1>])
}

/// Must hold in every state.
pub(crate) fn always(word: &Permits) -> Result<(), &'static str> {
    ensure(word.taken + word.free == word.given, "no permit is lost or taken twice")
}

/// Must hold once every script is done.
pub(crate) fn finally(word: &Permits) -> Result<(), &'static str> {
    ensure(word.taken == 2 && word.free == 0, "every permit was taken")
}
