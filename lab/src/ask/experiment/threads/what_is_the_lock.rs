//! What the global lock is: of all the threads that want to run, one does.

use std::collections::BTreeSet;

use crate::ask::experiment::kit::prelude::*;
use trainyard::sys::affinity;
use trainyard::trace::{self, Event, Kind};

pub(super) const DESIGN: Design = Design::new(include_str!("what_is_the_lock.md"), measure)
    .relations(&[
        counting("one-inside", &that(|[inside, _]| is(inside, 1))).of_ours(),
        timing(
            "on-any-processor",
            &that(|[processors, _]| processors > 1.0).skipped(|[_, allowed]| {
                (allowed < 2.0).then(|| "There is one processor here".to_owned())
            }),
        )
        .of_ours(),
        timing("off-lets-all-in", &that(|[inside]| is(inside, 3))).of_ours(),
    ]);

fn measure(cell: &Cell) -> Result<Figures> {
    let failed = |why| LabError::failed("the cell", why);
    let allowed = affinity::allowed_cpus().map_err(failed)?;
    if cell.word("processors") == "one" {
        affinity::restrict_to(&allowed[..1]).map_err(failed)?;
    }
    let threads = cell.count("threads");
    let pool = hogs::pool(threads, hogs::gil(cell))?;
    let (clock, task) = (Clock::start(cell), Task::named(cell.word("task")));
    let recorder = trace::arm();
    let done = pool.map(0..threads, move |at, _| {
        clock.repeat(|| task.call(at));
    });
    let recording = recorder.finish();
    done.into_iter().collect::<std::result::Result<Vec<()>, _>>()?;
    Ok(replay(&recording.events).with_count("processors_allowed", allowed.len()))
}

/// Reads the recording: who is inside after each event.
fn replay(events: &[Event]) -> Figures {
    let (mut inside, mut processors) = (BTreeSet::new(), BTreeSet::new());
    let (mut inside_max, mut entries) = (0, 0);
    for event in events {
        match event.kind {
            Kind::GilTake | Kind::GilFree => {
                entries += 1;
                inside.insert(event.track);
                processors.insert(event.cpu);
            }
            Kind::GilDrop | Kind::GilLeave => drop(inside.remove(&event.track)),
            _ => {}
        }
        inside_max = inside.len().max(inside_max);
    }
    Figures::default()
        .with_count("inside_max", inside_max)
        .with_count("entries", entries)
        .with_count("processors", processors.len())
}
