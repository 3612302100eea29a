//! What the process pool promises, tried with real processes; and, as it starts pools of all kinds,
//! what the checker of recordings is worth: [`trace_check`].
//!
//! The file has its own `main`, because a worker is this program started again and has to come by
//! `init` first. [`runner`] stands in for the test harness, and [`belongings`] checks after every
//! test that no child, thread or descriptor is left. Programs that a test starts and watches from
//! outside are in [`stories`]: this same program again, told by a variable what to be.
#![expect(clippy::unwrap_used, reason = "all of it is test code, which clippy cannot know")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a test harness does")]

mod belongings;
mod deaths;
mod foreign;
mod jobs;
mod life;
#[path = "../support/runner.rs"]
mod runner;
mod stories;
mod trace_check;

use std::process::ExitCode;

fn main() -> ExitCode {
    stories::before_init();
    trainyard::procs::init();
    if stories::after_init() {
        return ExitCode::SUCCESS;
    }
    let groups = [jobs::TESTS, deaths::TESTS, life::TESTS, foreign::TESTS, trace_check::TESTS];
    runner::run(&groups, belongings::leaving_nothing)
}
