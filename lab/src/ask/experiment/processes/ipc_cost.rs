//! What crossing costs: an argument for a thread, and one for a process, by its size.
//!
//! Threads share a memory, so a thread is given the thing itself. A process gets a copy, which goes
//! through the kernel, there and back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Workers;
use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::stats;
use trainyard::procs::{Reader, Wire, WireError, Writer};

/// Arguments of 8 bytes to 4 MiB, for threads and for processes.
pub const EXPERIMENT: Experiment = Experiment {
    name: "ipc-cost",
    group: Group::Processes,
    title: "an argument for a thread, and one for a process",
    question: "A job gets an array, and sets its first number. Whose array has changed, if the job \
               runs in a process of a pool?",
    choices: &[
        "the caller's too: it has given it away to be changed",
        "the job's alone: it has a copy",
        "the caller's too, when the answer is there",
    ],
    answer: 1,
    method: "An array of 8 bytes, 64 KiB or 4 MiB is given to a job in a pool of one thread, and \
             of one process. The job sets its first number to 1, and answers. Half of the round \
             trips take no longer than the time shown. Afterwards the caller looks at its own \
             array.",
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
            .claims(&that(
                "It finds {what was there before|what the job has set changed in thread, 8 bytes}",
                |[changed]| is(changed, 1),
            ))
            .wrong("in a process", |cell| cell.set("worker", "process")),
        counting("a-process-gets-a-copy")
            .says("what the job in a process sets, the caller does not find.")
            .claims(&that(
                "It finds {what was there before|what the job has set changed in process, 8 bytes}",
                |[changed]| is(changed, 0),
            ))
            .wrong("in a thread", |cell| cell.set("worker", "thread")),
        timing("a-process-pays-by-the-byte")
            .says("for a process 4 MiB take five times as long as 8 bytes, at least.")
            .claims(&that(
                "{round_trip_s in process, 8 bytes} and {round_trip_s in process, 4 MiB}",
                |[small, large]| large >= 5.0 * small,
            ))
            .wrong("8 bytes in both", |cell| cell.set("bytes", 8)),
        timing("a-thread-does-not")
            .says("for a thread 4 MiB take less than five times as long as 8 bytes.")
            .claims(&that(
                "{round_trip_s in thread, 8 bytes} and {round_trip_s in thread, 4 MiB}",
                |[small, large]| large < 5.0 * small,
            ))
            .wrong("in a process", |cell| cell.set("worker", "process")),
    ],
    explain: Told(
        "The job in the process has set the first number of a copy. To a thread 4 MiB go in \
         {round_trip_s in thread, 4 MiB}, as 8 bytes do ({round_trip_s in thread, 8 bytes}): it \
         gets the address. To a process 8 bytes go and come back in {round_trip_s in process, 8 \
         bytes}, and 4 MiB in {round_trip_s in process, 4 MiB}: they are written out, copied into \
         the kernel and out of it, and read back. So large data should not cross: send a name or a \
         range, and let the job find the rest; or use threads, and protect what they share.",
    ),
    read: &[
        "src/procs/kernel/wire.rs: how values become bytes",
        "src/procs/kernel/frame.rs: what travels",
    ],
};

fn cells(scale: Scale) -> Vec<Cell> {
    let sizes = [("8 bytes", 8), ("64 KiB", 64 << 10), ("4 MiB", 4 << 20)];
    let cells = ["thread", "process"].map(|worker| {
        sizes.map(|(size, bytes)| {
            let cell = Cell::plain(format!("{worker}, {size}")).with("worker", worker);
            cell.with("bytes", bytes).with("rounds", scale.pick(40, 200))
        })
    });
    cells.concat()
}

/// The argument: whoever has it can change it, and whoever shares it sees that.
#[derive(Clone)]
struct Array(Arc<[AtomicU64]>);

impl Array {
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
    let array = Array((0..cell.count("bytes") / 8).map(|_| AtomicU64::new(0)).collect());
    let worker = Workers::start(cell.word("worker"), 1)?;
    let mut took_s = Vec::new();
    for _ in 0..cell.count("rounds") {
        let stopwatch = Stopwatch::start();
        worker.submit(set_first, array.clone()).join()?;
        took_s.push(stopwatch.seconds());
    }
    Ok(Figures::default()
        .with("round_trip_s", stats::median(&took_s).unwrap_or(f64::NAN))
        .with_count("changed", array.first() != 0))
}
