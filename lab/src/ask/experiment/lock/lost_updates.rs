//! Lost updates: is `c += 1` atomic?
//!
//! Up to 3.9 CPython looked at the lock before nearly every instruction; since 3.10 only where a
//! loop jumps back and where a function begins (gh-18334). So one statement became atomic by
//! accident, and its neighbour did not.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicI64, Ordering};

use super::gil_asked_at_places;
use crate::ask::experiment::kit::prelude::*;
use lab_core::work::race::setting::to_threads;
use trainyard::threads::Attached;
use trainyard::vm::{Machine, Program};

/// `c += 1` and `c = add(c)`, by where the lock may be given up.
pub const EXPERIMENT: Experiment = Experiment {
    name: "lost-updates",
    group: Group::Lock,
    title: "is `c += 1` atomic?",
    question: "Four threads add to one counter, over and over, under the lock of CPython 3.13: \
               once with `c += 1`, once with `c = add(c)`, where add returns its argument plus 1. \
               Which of the two loses updates?",
    choices: &[
        "neither: the lock lets one thread run at a time",
        "both: a switch may fall into the middle of either",
        "`c += 1` alone: its load and its store are apart",
        "`c = add(c)` alone: the call is where a switch may fall",
    ],
    answer: 3,
    method: "Four threads run the two loops in the small machine for bytecode, with its \
             instructions under CPython's names, and under the lock. The lock is looked at before \
             each instruction, as up to CPython 3.9, or at back edges and calls alone, as since \
             3.10; and, for the lock of before 3.2, every hundred instructions.",
    cells,
    ours: measure,
    twin: Some(include_str!("lost_updates.py")),
    plays,
    columns: &[
        Column { figure: "lost_share", title: "lost", unit: Unit::Percent },
        Column { figure: "lost", title: "updates lost", unit: Unit::Count },
        Column { figure: "switches", title: "switches", unit: Unit::Count },
    ],
    relations: &[
        timing("every-operation-loses-both")
            .says("where every instruction is a check point, both lose updates.")
            .claims(&that(
                "{lost_share in c += 1, each} and {lost_share in c = add(c), each}",
                |[plus, add]| plus > 0.0 && add > 0.0,
            ))
            .wrong("check points at back edges and calls alone", |cell| {
                cell.set("places", "back-edges");
            }),
        counting("back-edges-keep-plus-equals")
            .says("where only back edges and calls are, `c += 1` loses nothing.")
            .claims(&that("{lost in c += 1, back edges} updates lost", |[lost]| is(lost, 0)))
            .wrong("check points at every instruction", |cell| cell.set("places", "operations")),
        timing("back-edges-lose-calls")
            .says("where only back edges and calls are, `c = add(c)` loses updates.")
            .claims(&that("{lost_share in c = add(c), back edges}", |[lost]| lost > 0.0))
            .wrong("no check point anywhere, as in a long call into C", |cell| {
                cell.set("places", "never");
            }),
        timing("ticks-lose-both")
            .says("with the lock of before 3.2 both lose updates.")
            .claims(&that(
                "{lost_share in c += 1, ticks} and {lost_share in c = add(c), ticks}",
                |[plus, add]| plus > 0.0 && add > 0.0,
            ))
            .wrong("ticks counted at back edges and calls alone", |cell| {
                cell.set("places", "back-edges");
            }),
    ],
    explain: Told(
        "With a check point before each instruction `c += 1` lost {lost_share in c += 1, each} and \
         `c = add(c)` {lost_share in c = add(c), each} of the updates. With check points at back \
         edges and calls alone they lost {lost_share in c += 1, back edges} and {lost_share in c = \
         add(c), back edges}: between the load and the store of `c += 1` there is none any more, \
         and in `c = add(c)` there is still one, where add begins. That the first became exact is \
         an accident of where the lock is looked at; no version of CPython has promised it.",
    ),
    read: &[
        "src/vm: the machine; `trainyard dis 'c += 1'` marks the check points",
        "https://github.com/python/cpython/pull/18334: fewer check points",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "dis 'x = x + 1'",
        says: "the instructions of the statement, and where between them a thread looks at the lock.",
    },
    change: Activity {
        command: "race 'x = x + 1' --gil on --checks every-op",
        says: "a look before each instruction: count what is lost, and read the schedule that lost it.",
    },
    make: "Write a statement that loses updates although the lock looks at back edges and calls alone, and prove it with `trainyard race '...' --search --checks back-edge`.",
};

const PLUS: &str = "c += 1";
const ADD: &str = "c = add(c)";

fn cells(scale: Scale) -> Vec<Cell> {
    let places = [
        ("each", Lock::TIMED, "operations"),
        ("back edges", Lock::TIMED, "back-edges"),
        ("ticks", Lock::TICKS, "operations"),
    ];
    let cell = |(name, lock, places), statement| {
        let cell = Cell::new(format!("{statement}, {name}"), lock).with("places", places);
        // Of an interpreter as many as last for 40 switch intervals.
        cell.with("statement", statement)
            .with("increments", scale.pick(2_000_000, 4_000_000))
            .with("increments_in_python", scale.pick(500_000, 1_000_000))
    };
    places.map(|place| [PLUS, ADD].map(|statement| cell(place, statement))).concat()
}

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
    for end in in_threads(4, |train| gil.attach(|at| run(u32::try_from(train).unwrap_or(0), at))) {
        end.map_err(|why| LabError::failed("the program", why))?;
    }
    // ORDER: Relaxed; the trains have ended, and whoever joined them sees what they did.
    let found = memory[0].load(Ordering::Relaxed);
    let counters = gil.counters();
    Ok(Figures::lost(4 * u64::from(increments), found)
        .with_count("switches", counters.forced_switches + counters.tick_drops))
}
