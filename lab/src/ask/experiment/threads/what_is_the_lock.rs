//! What the global lock is: of all the threads that want to run, one does.
//!
//! Not a claim about times: the recording of a run says who had the lock when, event by event.
//! "The threads may be running on different processors, but they will only be running one at a
//! time", say the notes, and both halves can be counted.

use std::collections::BTreeSet;

use crate::ask::experiment::kit::hogs::{Clock, mode};
use crate::ask::experiment::kit::prelude::*;
use trainyard::sys::affinity;
use trainyard::threads::{Gil, ThreadPool};
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
    method: "Three threads compute digits of pi, with the lock on and then off, while every hand-off \
             is recorded. The recording is read event by event: who enters, who leaves, on which \
             processor. No Python: it keeps no such record.",
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
            .claims(&special(|cell| cell.label == ON, one_inside))
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
            .claims(&special(|cell| cell.label == OFF, off_lets_all_in))
            .wrong("the lock on", |cell| cell.lock = Lock::TIMED),
    ],
    explain: By(explain),
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
const OFF: &str = "lock off";
const THREADS: usize = 3;

fn cells(scale: Scale) -> Vec<Cell> {
    let cell = |(label, lock)| {
        let cell = Cell::computing(label, lock, THREADS, Task::Pi, scale.pick(0.3, 0.6));
        cell.with("processors", "all")
    };
    [(ON, Lock::TIMED), (OFF, Lock::Off)].map(cell).into()
}

fn measure(cell: &Cell) -> Result<Figures> {
    let failed = |why| LabError::failed("the cell", why);
    let allowed = affinity::allowed_cpus().map_err(failed)?;
    if cell.word("processors") == "one" {
        affinity::restrict_to(&allowed[..1]).map_err(failed)?;
    }
    let (threads, gil) = (cell.count("threads"), Gil::new(mode(cell.lock)));
    let pool = ThreadPool::builder().workers(threads).gil(gil).build().map_err(failed)?;
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

fn one_inside(results: &Results, who: &Contender) -> Option<Check> {
    let inside = results.count(who, ON, "inside_max")?;
    let entries = results.count(who, ON, "entries")?;
    let figures = format!("At most {inside}, though they entered {entries} times");
    Some(Check::that(inside == 1, figures))
}

fn on_any_processor(results: &Results, who: &Contender) -> Option<Check> {
    if results.count(who, ON, "processors_allowed")? < 2 {
        return Some(Check::Skipped("There is one processor here".to_owned()));
    }
    let processors = results.count(who, ON, "processors")?;
    Some(Check::that(processors > 1, format!("On {processors}")))
}

fn off_lets_all_in(results: &Results, who: &Contender) -> Option<Check> {
    let inside = results.count(who, OFF, "inside_max")?;
    Some(Check::that(inside == 3, format!("{inside} were")))
}

fn explain(results: &Results) -> Option<String> {
    Some(format!(
        "With the lock on, {} thread was inside at a time. It entered {} times in all, and was then \
         on one of {} processors: the lock is a token that a thread needs to run, and the system is \
         free to run its holder anywhere. With the lock off {} were inside at once, and each had \
         entered once: nobody asked it to leave.",
        results.ours(ON, "inside_max")?,
        results.ours(ON, "entries")?,
        results.ours(ON, "processors")?,
        results.ours(OFF, "inside_max")?
    ))
}
