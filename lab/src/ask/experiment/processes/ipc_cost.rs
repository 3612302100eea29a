//! What crossing costs: an argument for a thread, and one for a process, by its size.
//!
//! Threads share a memory, so a thread can be given the thing itself. A process gets a copy: it is
//! written out, goes through the kernel, and is read back, byte by byte, there and back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{process_pool, thread_pool};
use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::stats;
use trainyard::handle::JobHandle;
use trainyard::procs::{Reader, Wire, WireError, Writer};

/// Arguments of 8 bytes to 4 MiB, for threads and for processes.
pub const EXPERIMENT: Experiment = Experiment {
    name: "ipc-cost",
    group: Group::Processes,
    title: "an argument for a thread, and one for a process",
    question: "A job gets an array, and sets its first number. Whose array has changed, if the job runs \
               in a process of a pool?",
    choices: &[
        "the caller's too: it has given it away to be changed",
        "the job's alone: it has a copy",
        "the caller's too, when the answer is there",
    ],
    answer: 1,
    method: "An array of 8 bytes, 64 KiB or 4 MiB is given to a job in a pool of one thread, and of \
             one process. The job sets its first number to 1, and answers. Half of the round trips take \
             no longer than the time shown. Afterwards the caller looks at its own array.",
    cells,
    ours: measure,
    twin: Some(include_str!("ipc_cost.py")),
    plays: |python, _| python.version >= (3, 4, 0),
    columns: &[
        Column { figure: "round_trip_s", title: "there and\nback", unit: Unit::Seconds },
        Column { figure: "changed", title: "caller's\nhas changed", unit: Unit::Count },
    ],
    relations: &[
        counting("a-thread-gets-the-array")
            .says("what the job in a thread sets, the caller finds.")
            .claims(&special(
                |cell| cell.label == label(THREAD, SMALL),
                |results, who| changed(results, who, THREAD, 1),
            ))
            .wrong("in a process", |cell| cell.set("worker", PROCESS)),
        counting("a-process-gets-a-copy")
            .says("what the job in a process sets, the caller does not find.")
            .claims(&special(
                |cell| cell.label == label(PROCESS, SMALL),
                |results, who| changed(results, who, PROCESS, 0),
            ))
            .wrong("in a thread", make_it_a_thread),
        timing("a-process-pays-by-the-byte")
            .says("for a process 4 MiB take five times as long as 8 bytes, at least.")
            .claims(&special(
                |cell| cell.word("worker") == PROCESS && cell.count("bytes") != MEDIUM,
                |results, who| pays(results, who, PROCESS, |more| more >= 5.0),
            ))
            .wrong("8 bytes in both", |cell| cell.set("bytes", SMALL)),
        timing("a-thread-does-not")
            .says("for a thread 4 MiB take less than five times as long as 8 bytes.")
            .claims(&special(
                |cell| cell.word("worker") == THREAD && cell.count("bytes") != MEDIUM,
                |results, who| pays(results, who, THREAD, |more| more < 5.0),
            ))
            .wrong("in a process", |cell| cell.set("worker", PROCESS)),
    ],
    explain: By(explain),
    read: &[
        "src/procs/kernel/wire.rs: how values become bytes",
        "src/procs/kernel/frame.rs: what travels",
    ],
};

const THREAD: &str = "thread";
const PROCESS: &str = "process";
const SMALL: usize = 8;
const MEDIUM: usize = 64 << 10;
const LARGE: usize = 4 << 20;

fn label(worker: &str, bytes: usize) -> String {
    match bytes {
        SMALL => format!("{worker}, 8 bytes"),
        MEDIUM => format!("{worker}, 64 KiB"),
        _ => format!("{worker}, 4 MiB"),
    }
}

fn cells(scale: Scale) -> Vec<Cell> {
    let cell = |worker, bytes| {
        let cell = Cell::plain(label(worker, bytes)).with("worker", worker);
        cell.with("bytes", bytes).with("rounds", scale.pick(40, 200))
    };
    let sizes = [SMALL, MEDIUM, LARGE];
    [THREAD, PROCESS]
        .into_iter()
        .flat_map(|worker| sizes.map(|bytes| cell(worker, bytes)))
        .collect()
}

fn make_it_a_thread(cell: &mut Cell) {
    cell.set("worker", THREAD);
}

/// The argument: whoever has it can change it, and whoever shares it sees that.
#[derive(Clone)]
struct Array(Arc<[AtomicU64]>);

impl Array {
    fn new(bytes: usize) -> Self {
        Self((0..bytes / 8).map(|_| AtomicU64::new(0)).collect())
    }

    fn first(&self) -> u64 {
        self.0[0].load(Ordering::Relaxed) // ORDER: Relaxed; who joined the job sees what it did.
    }
}

impl Wire for Array {
    fn encode(&self, out: &mut Writer) {
        // ORDER: Relaxed; nobody changes it meanwhile.
        let numbers: Vec<u64> = self.0.iter().map(|word| word.load(Ordering::Relaxed)).collect();
        numbers.encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> std::result::Result<Self, WireError> {
        Ok(Self(Vec::decode(input)?.into_iter().map(AtomicU64::new).collect()))
    }
}

/// The job, in a thread and in a process.
#[expect(clippy::needless_pass_by_value, reason = "a job gets its argument")]
fn set_first(array: Array) -> u64 {
    array.0[0].store(1, Ordering::Relaxed); // ORDER: Relaxed; see `first`.
    array.first()
}

fn measure(cell: &Cell) -> Result<Figures> {
    let (array, rounds) = (Array::new(cell.count("bytes")), cell.count("rounds"));
    let round_trip_s = if cell.word("worker") == THREAD {
        let pool = thread_pool(1)?;
        half_within(rounds, &array, |given| pool.submit(move |_| set_first(given)))?
    } else {
        let pool = process_pool(1)?;
        half_within(rounds, &array, |given| pool.submit(set_first, given))?
    };
    let changed = usize::from(array.first() != 0);
    Ok(Figures::default().with("round_trip_s", round_trip_s).with_count("changed", changed))
}

/// The median of the times from the call to the answer.
fn half_within(
    rounds: usize,
    array: &Array,
    submit: impl Fn(Array) -> JobHandle<u64>,
) -> Result<f64> {
    let mut took_s = Vec::new();
    for _ in 0..rounds {
        let stopwatch = Stopwatch::start();
        submit(array.clone()).join()?;
        took_s.push(stopwatch.seconds());
    }
    Ok(stats::median(&took_s).unwrap_or(f64::NAN))
}

fn changed(results: &Results, who: &Contender, worker: &str, expected: u64) -> Option<Check> {
    let changed = results.count(who, &label(worker, SMALL), "changed")?;
    let found = if changed == 1 { "what the job has set" } else { "what was there before" };
    Some(Check::that(changed == expected, format!("It finds {found}")))
}

fn pays(
    results: &Results,
    who: &Contender,
    worker: &str,
    expected: fn(f64) -> bool,
) -> Option<Check> {
    let round_trip_s = |bytes| results.of(who, &label(worker, bytes), "round_trip_s");
    let (small_s, large_s) = (round_trip_s(SMALL)?, round_trip_s(LARGE)?);
    let figures = format!("{} and {}", seconds(small_s), seconds(large_s));
    Some(Check::that(expected(large_s / small_s), figures))
}

fn explain(results: &Results) -> Option<String> {
    let round_trip_s = |worker, bytes| {
        let round_trip_s = results.ours(&label(worker, bytes), "round_trip_s");
        round_trip_s.map(seconds)
    };
    Some(format!(
        "The job in the process has set the first number of a copy. To a thread 4 MiB go in {}, as \
         8 bytes do ({}): it gets the address. To a process 8 bytes go and come back in {}, and \
         4 MiB in {}: they are written out, copied into the kernel and out of it, and read back. So \
         large data should not cross: send a name or a range, and let the job find the rest; or use \
         threads, and protect what they share.",
        round_trip_s(THREAD, LARGE)?,
        round_trip_s(THREAD, SMALL)?,
        round_trip_s(PROCESS, SMALL)?,
        round_trip_s(PROCESS, LARGE)?
    ))
}
