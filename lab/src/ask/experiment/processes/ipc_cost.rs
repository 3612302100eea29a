//! What crossing costs: an argument for a thread, and one for a process, by its size.

use std::sync::Arc;

use super::Workers;
use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::stats;
use trainyard::procs::{Reader, Wire, WireError, Writer};

pub(super) const DESIGN: Design = Design::new(include_str!("ipc_cost.md"), measure)
    .twin(include_str!("ipc_cost.py"), |python, _| python.version >= (3, 4, 0))
    .relations(&[
        counting("a-thread-gets-the-array", &that(|[changed]| is(changed, 1))),
        counting("a-process-gets-a-copy", &that(|[changed]| is(changed, 0))),
        timing("a-process-pays-by-the-byte", &that(|[small, large]| large >= 5.0 * small)),
        timing("a-thread-does-not", &that(|[small, large]| large < 5.0 * small)),
    ]);

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
