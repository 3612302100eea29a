//! What the process pool promises, tried with real processes.
//!
//! The file has its own `main`, because a worker is this program started again and has to come by
//! `init` first. [`runner`] stands in for the test harness, and checks after every test that no
//! child, thread or descriptor is left. Programs that a test starts and watches from outside are in
//! [`stories`]: this same program again, told by a variable what to be.
#![expect(clippy::unwrap_used, reason = "all of it is test code, which clippy cannot know")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a test harness does")]

mod deaths;
mod foreign;
mod jobs;
mod life;
mod runner;
mod stories;

fn main() {
    stories::before_init();
    trainyard::procs::init();
    if !stories::after_init() {
        runner::run(&[jobs::TESTS, deaths::TESTS, life::TESTS, foreign::TESTS]);
    }
}
