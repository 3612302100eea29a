//! A test harness that the sanitizers can follow: one test after another, in `main`'s own thread.
//!
//! libtest gives each test a thread and hands its outcome over through locks of std, which is
//! shipped without instrumentation: `ThreadSanitizer` reports races there that are none. Tests
//! that it is to watch have `harness = false` and call [`run`] from their `main`. So do tests that
//! start their own program again, to be a worker or a server: `main` looks first what it is to be.
//!
//! It understands what `cargo test` and `cargo nextest` say: names or parts of names, `--exact`,
//! `--list`, and `--ignored`, which nothing here is. Other options change nothing.
#![expect(clippy::print_stdout, reason = "what a test harness does")]

use std::io::Write;
use std::panic::{UnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::unistd::alarm;

/// A test and its name.
pub(crate) type Test = (&'static str, fn());

/// Lists tests by their functions' names.
macro_rules! tests {
    ($($test:ident),+ $(,)?) => {
        pub(crate) const TESTS: &[crate::runner::Test] = &[$((stringify!($test), $test)),+];
    };
}
pub(crate) use tests;

/// Longer than any test takes on a slow machine under a sanitizer: what takes longer hangs.
const TEST_SECONDS_MAX: u32 = 120;

/// The options that are followed by a value.
const WITH_VALUE: [&str; 3] = ["--format", "--test-threads", "--color"];

/// Runs the tests that the command line names, or all of them, each by `call`.
pub(crate) fn run(groups: &[&[Test]], call: fn(fn())) -> ExitCode {
    let wanted = Wanted::from_command_line();
    let tests = groups.iter().copied().flatten();
    let (chosen, others): (Vec<&Test>, Vec<&Test>) = tests.partition(|(name, _)| wanted.is(name));
    if wanted.list_only {
        for (name, _) in chosen {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    println!("\nrunning {} tests", chosen.len());
    let began = Instant::now();
    let fails = |(name, test): &&&Test| !passes(name, || call(*test));
    let failed: Vec<&str> = chosen.iter().filter(fails).map(|(name, _)| *name).collect();
    summarise(chosen.len() - failed.len(), &failed, others.len(), began.elapsed());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the command line asks for.
struct Wanted {
    names: Vec<String>,
    exact: bool,
    list_only: bool,
    only_ignored: bool,
}

impl Wanted {
    fn from_command_line() -> Self {
        let mut wanted =
            Self { names: vec![], exact: false, list_only: false, only_ignored: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--exact" => wanted.exact = true,
                "--list" => wanted.list_only = true,
                "--ignored" => wanted.only_ignored = true,
                option if WITH_VALUE.contains(&option) => drop(arguments.next()),
                option if option.starts_with('-') => {}
                _ => wanted.names.push(argument),
            }
        }
        wanted
    }

    fn is(&self, name: &str) -> bool {
        let fits = |part: &String| if self.exact { name == part } else { name.contains(part) };
        !self.only_ignored && (self.names.is_empty() || self.names.iter().any(fits))
    }
}

fn passes(name: &str, test: impl FnOnce() + UnwindSafe) -> bool {
    // Written before the test begins: of one that hangs, it is the last that is seen.
    print!("test {name} ... ");
    std::io::stdout().flush().expect("the output can be written to");
    // A signal, not a watchdog thread: it would be one more thread for the sanitizer to follow.
    alarm::set(TEST_SECONDS_MAX);
    let passes = catch_unwind(test).is_ok();
    alarm::cancel();
    println!("{}", if passes { "ok" } else { "FAILED" });
    passes
}

/// Ends the output as libtest does, which people and programs know.
fn summarise(passed: usize, failed: &[&str], filtered_out: usize, took: Duration) {
    if !failed.is_empty() {
        println!("\nfailures:\n    {}", failed.join("\n    "));
    }
    println!(
        "\ntest result: {}. {passed} passed; {} failed; 0 ignored; 0 measured; \
         {filtered_out} filtered out; finished in {:.2}s\n",
        if failed.is_empty() { "ok" } else { "FAILED" },
        failed.len(),
        took.as_secs_f64(),
    );
}
