//! Is the machine fast enough that its programs race as CPython's do?
//!
//! A switch interval is 5 ms; how many updates fit into it, and so how many one switch can lose,
//! depends on the speed of the machine. The same loop is run here and by each CPython that is
//! named, in turn; a ratio is taken within a round, from neighbours in time.
//!
//! ```sh
//! cargo bench --bench vm -- python3.11 python3.13
//! ```
//!
//! Misleading if read as "faster than Python": that numbers have 64 bits is most of the difference.
#![expect(clippy::print_stdout, reason = "a report")]

use std::cell::Cell;
use std::ops::ControlFlow;
use std::process::Command;
use std::time::Instant;

use trainyard::vm::{Machine, Pause, Program};

const ITERATIONS: u32 = 1_000_000;
const SUM: i64 = 333_332_833_333_500_000;
const ROUNDS: usize = 15;

/// The sum is the train's own; the sum is shared.
const PROGRAMS: [(&str, &str); 2] = [
    ("s local", "global result\ns = 0\nfor i in range(1_000_000): s += i * i\nresult = s"),
    ("s global", "global s\nfor i in range(1_000_000): s += i * i"),
];

/// In functions, as Python is fastest; timed from inside, so that start-up does not count.
const PYTHON: &str = "
import time
def local():
    s = 0
    for i in range(1_000_000): s += i * i
    return s
s = 0
def shared():
    global s
    for i in range(1_000_000): s += i * i
    return s
for train in local, shared:
    begin = time.perf_counter_ns()
    result = train()
    print(time.perf_counter_ns() - begin, result)
";

fn main() {
    let mut pythons: Vec<String> = std::env::args().skip(1).collect();
    let is_test = pythons.iter().any(|argument| argument == "--test");
    pythons.retain(|argument| !argument.starts_with('-'));
    if pythons.is_empty() {
        pythons.push("python3".to_owned());
    }
    let rounds = if is_test { 1 } else { ROUNDS };
    let programs = PROGRAMS.map(|(_, text)| Program::compile(text).expect("a program"));
    let mut ours = [Vec::new(), Vec::new()];
    let mut ratios = vec![[Vec::new(), Vec::new()]; pythons.len()];
    for _ in 0..rounds {
        let now = programs.each_ref().map(nanoseconds);
        for (python, ratios) in pythons.iter().zip(&mut ratios) {
            let Some(theirs) = python_nanoseconds(python) else { continue };
            (0..2).for_each(|which| ratios[which].push(theirs[which] / now[which]));
        }
        (0..2).for_each(|which| ours[which].push(now[which]));
    }
    println!("for i in range(n): s += i * i, one turn, median of {rounds} rounds");
    for (which, (name, _)) in PROGRAMS.into_iter().enumerate() {
        println!("{name}: {:.1} ns", median(&ours[which]));
        for (python, ratios) in pythons.iter().zip(&ratios) {
            if ratios[which].is_empty() {
                println!("  {python} cannot be run");
            } else {
                println!("  {python} takes {:.1} times as long", median(&ratios[which]));
            }
        }
    }
}

fn nanoseconds(program: &Program) -> f64 {
    let memory = [Cell::new(0)];
    let mut machine = Machine::new(program, 0);
    let begin = Instant::now();
    let pause = machine.run(program, &memory[..], |_| ControlFlow::Continue(()));
    let elapsed = begin.elapsed();
    assert_eq!(pause, Ok(Pause::Ended));
    assert_eq!(memory[0].get(), SUM);
    elapsed.as_secs_f64() * 1e9 / f64::from(ITERATIONS)
}

fn python_nanoseconds(python: &str) -> Option<[f64; 2]> {
    let output = Command::new(python).args(["-c", PYTHON]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut figures = text.lines().map(|line| {
        let (elapsed, sum) = line.split_once(' ')?;
        assert_eq!(sum, SUM.to_string(), "{python}");
        Some(elapsed.parse::<f64>().ok()? / f64::from(ITERATIONS))
    });
    Some([figures.next()??, figures.next()??])
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
