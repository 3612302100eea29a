//! Lost updates: is `c += 1` atomic?

use std::ops::ControlFlow;
use std::sync::atomic::AtomicI64;

use super::gil_asked_at_places;
use crate::ask::experiment::kit::prelude::*;
use lab_core::work::race::setting::to_threads;
use trainyard::vm::{Machine, Program};

pub(super) const DESIGN: Design = Design::new(include_str!("lost_updates.md"), measure)
    .twin(include_str!("lost_updates.py"), plays)
    .relations(&[
        timing("every-operation-loses-both", &that(|[plus, add]| plus > 0.0 && add > 0.0)),
        counting("back-edges-keep-plus-equals", &that(|[lost]| is(lost, 0))),
        timing("back-edges-lose-calls", &that(|[lost]| lost > 0.0)),
        timing("ticks-lose-both", &that(|[plus, add]| plus > 0.0 && add > 0.0)),
    ]);

const PLUS: &str = "c += 1";
const ADD: &str = "c = add(c)";

/// Where a CPython looks depends on its version: nobody can set it.
fn plays(python: &Python, cell: &Cell) -> bool {
    let looks_everywhere = python.version < (3, 10, 0);
    by_lock(python, cell) && looks_everywhere == (cell.word("places") == "operations")
}

fn measure(cell: &Cell) -> Result<Figures> {
    let increments = u32::try_from(cell.count("increments")).unwrap_or(u32::MAX);
    let program = match cell.word("statement") {
        PLUS => Program::compile_repeated(PLUS, increments),
        _ => Program::compile(&format!(
            "def add(number):\n    return number + 1\nfor turn in range({increments}):\n    {ADD}\n"
        )),
    };
    let program = program.map_err(|why| LabError::failed("the program", why))?;
    let gil = gil_asked_at_places(cell);
    let memory: Vec<AtomicI64> = program.words().iter().map(|_| AtomicI64::new(0)).collect();
    let run = |train, at: &mut Attached<'_>| {
        let look = |place| {
            at.checkpoint_at(to_threads(place));
            ControlFlow::Continue(())
        };
        Machine::new(&program, train).run(&program, &memory[..], look).map(|_| ())
    };
    let run = |train| gil.attach(|at| run(u32::try_from(train).unwrap_or(0), at));
    for end in in_threads(4, run)? {
        end.map_err(|why| LabError::failed("the program", why))?;
    }
    // ORDER: Relaxed; the trains have ended, and whoever joined them sees what they did.
    let found = memory[0].load(Ordering::Relaxed);
    let counters = gil.counters();
    Ok(Figures::lost(4 * u64::from(increments), found)
        .with_count("switches", counters.forced_switches + counters.tick_drops))
}
