//! How a wake-up gets lost, step by step, and why a test that tries its luck does not notice.
//!
//! Run with `cargo run --example lose_a_wakeup`. The two scripts are those of
//! `tests/interleave/inbox.rs`, where the steps are explained; the code that they model is
//! the scheduler's inbox.
#![expect(clippy::print_stdout, reason = "an example tells its story on the terminal")]

#[path = "../tests/interleave/inbox.rs"]
#[expect(dead_code, reason = "the rules are for tests/logic")]
mod inbox;

use trainyard::interleave::{Ending, ExploreError};

fn main() -> Result<(), ExploreError> {
    println!(
        "A scheduler that finds no work goes to sleep. Another thread leaves a task in its\n\
         inbox and must wake it. Both sides take care, but one of them does two things in the\n\
         wrong order:\n"
    );
    let wrong = inbox::looks_before_it_raises(1).explore(|_| ())?;
    let lost = wrong.outcomes.iter().find(|outcome| outcome.ending == Ending::Deadlock);
    let lost = lost.expect("the twin loses its wake-up");
    println!("{}", lost.schedule);
    println!(
        "The sleeper looked before it said that it sleeps. The push came in between: the pusher\n\
         saw nobody asleep and did not ring, and the sleeper will not look again. The task is in\n\
         the inbox, the bell is silent, and both will wait for ever.\n"
    );
    let count = |schedules: Option<u128>| schedules.expect("with one push there is no loop");
    println!(
        "Orders that end like this: {} of {}. A stress test sees one only if it is interrupted\n\
         between two neighbouring instructions; and in a busy program the next push rescues the\n\
         lost task, so that all that remains is a delay which nobody can explain.\n",
        count(lost.schedules),
        count(wrong.schedules),
    );
    let right = inbox::correct(1).explore(|_| ())?;
    assert!(right.find(&Ending::Deadlock).is_none(), "the inbox as it is loses nothing");
    println!(
        "With the two lines the right way round, raise and then look, none of {} orders loses it.\n\n\
         (The explorer assumes that all see every step in the same order. What processors do to\n\
         weaker atomics is another story; there the inbox relies on its queue's lock.)",
        count(right.schedules),
    );
    Ok(())
}
