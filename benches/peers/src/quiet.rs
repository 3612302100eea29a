//! Waits for a quiet moment, on a machine that is not ours alone.
//!
//! A turn that shares its processors with a compiler measures the compiler. Before each turn the
//! runner looks at how many threads want a processor; if that is more than its own, it waits, as
//! long as its patience lasts, and counts the turns that it had to begin all the same. So a turn
//! is chosen by what runs before it, never by what it measured.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// So many looks in a row must find nobody.
const LOOKS: usize = 5;
/// Between two looks. A compiler's threads sleep seldom, and not for so long.
const PAUSE: Duration = Duration::from_millis(2);

/// How long to wait for quiet, in all, and what came of it.
pub(crate) struct Patience {
    left: Duration,
    turns: usize,
    disturbed: usize,
}

impl Patience {
    pub(crate) fn new(left: Duration) -> Self {
        Self { left, turns: 0, disturbed: 0 }
    }

    /// Waits until nothing else runs, or until patience has ended.
    pub(crate) fn wait(&mut self) {
        let began = Instant::now();
        self.turns += 1;
        while !is_quiet() {
            if began.elapsed() >= self.left {
                self.disturbed += 1;
                break;
            }
        }
        self.left = self.left.saturating_sub(began.elapsed());
    }

    /// Prints how many turns began beside other work.
    pub(crate) fn report(&self) {
        println!("  {} of {} turns began while something else ran", self.disturbed, self.turns);
    }
}

fn is_quiet() -> bool {
    (0..LOOKS).all(|_| {
        thread::sleep(PAUSE);
        running() <= 1
    })
}

/// How many threads of the machine run or could; one of them is ours. See `proc_stat(5)`.
fn running() -> usize {
    let stat = fs::read_to_string("/proc/stat").expect("Linux has it");
    let line = stat.lines().find_map(|line| line.strip_prefix("procs_running "));
    line.and_then(|count| count.parse().ok()).expect("it counts them")
}
