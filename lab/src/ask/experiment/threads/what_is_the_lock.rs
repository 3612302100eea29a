//! What the global lock is: of all the threads that want to run, one does.
//!
//! The recording of a run says who had the lock when, and on which processor, so both can be
//! counted.

use std::collections::BTreeSet;

use crate::ask::experiment::kit::prelude::*;
use trainyard::sys::affinity;
use trainyard::trace::{self, Event, Kind};

/// Three threads that compute, and a recording of who runs when.
pub const EXPERIMENT: Experiment = Experiment {
    name: "what-is-the-lock",
    group: Group::Threads,
    title: "one thread at a time, on whichever processor",
    question: "Three threads compute under the global lock, on a machine with several processors. \
               How many of them run at one instant, and on how many processors do they run in the \
               course of time?",
    choices: &[
        "one thread, always on the same processor",
        "one thread, now on this processor and now on that",
        "as many as there are processors, in turns",
        "three",
    ],
    answer: 1,
    method: "Three threads compute digits of pi, with the lock on and then off, while every \
             hand-off is recorded. The recording is read event by event: who enters, who leaves, \
             on which processor. No Python: it keeps no such record.",
    cells,
    ours: measure,
    twin: None,
    plays: |_, _| false,
    columns: &[
        Column { figure: "inside_max", title: "threads\ninside", unit: Unit::Count },
        Column { figure: "entries", title: "entered", unit: Unit::Count },
        Column { figure: "processors", title: "processors\nused", unit: Unit::Count },
        Column { figure: "processors_allowed", title: "of", unit: Unit::Count },
    ],
    relations: &[
        counting("one-inside")
            .says("with the lock on, never more than one thread is inside.")
            .of_ours()
            .claims(&that(
                "At most {inside_max in lock on}, though they entered {entries in lock on} times",
                |[inside, _]| is(inside, 1),
            ))
            .wrong("the lock off", |cell| cell.lock = Lock::Off),
        timing("on-any-processor")
            .says("with the lock on, threads run on more than one processor, one after another.")
            .of_ours()
            .claims(&special(|cell| cell.label == ON, on_any_processor))
            .wrong("the program is restricted to one processor", |cell| {
                cell.set("processors", "one");
            }),
        timing("off-lets-all-in")
            .says("with the lock off all three are inside at one instant.")
            .of_ours()
            .claims(&that("{inside_max in lock off} were", |[inside]| is(inside, 3)))
            .wrong("the lock on", |cell| cell.lock = Lock::TIMED),
    ],
    explain: Told(
        "With the lock on, {inside_max in lock on} thread was inside at a time. It entered \
         {entries in lock on} times in all, and was then on one of {processors in lock on} \
         processors: the lock is a token that a thread needs to run, and the system is free to run \
         its holder anywhere. With the lock off {inside_max in lock off} were inside at once, and \
         each had entered once: nobody asked it to leave.",
    ),
    read: &[
        "src/threads/kernel/lock.rs: how the lock changes hands",
        "src/trace/sites.md: GilTake, GilDrop, GilFree and GilLeave, and where they are emitted",
        "stackoverflow.com/questions/1294382: \"What is the global interpreter lock in CPython?\"",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "timeline cpu --model threads --gil on --workers 3",
        says: "the lock lane says who holds it, and at any instant one lane is solid: the others wait for it.",
    },
    change: Activity {
        command: "timeline cpu --model threads --gil off --workers 3",
        says: "the same work with the lock off: as many lanes are solid at once as there are processors.",
    },
    make: "Give the race a program of your own: write a loop into a file, and run `trainyard race FILE`.",
};

const ON: &str = "lock on";

fn cells(scale: Scale) -> Vec<Cell> {
    let cell = |(label, lock)| {
        let cell = Cell::computing(label, lock, 3, Task::Pi, scale.pick(0.3, 0.6));
        cell.with("processors", "all")
    };
    [(ON, Lock::TIMED), ("lock off", Lock::Off)].map(cell).into()
}

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

fn on_any_processor(results: &Results, who: &Contender) -> Option<Check> {
    if results.count(who, ON, "processors_allowed")? < 2 {
        return Some(Check::Skipped("There is one processor here".to_owned()));
    }
    let processors = results.count(who, ON, "processors")?;
    Some(Check::that(processors > 1, format!("On {processors}")))
}
