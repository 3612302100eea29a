//! Lost updates: is `c += 1` atomic?
//!
//! The most asked question about the lock. Up to 3.9 CPython looked whether it should give way
//! before nearly every instruction; since 3.10 only where a loop jumps back and where a function
//! begins (gh-18334). So one statement became atomic by accident, and its neighbour did not.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::ask::experiment::kit::prelude::*;
use trainyard::threads::{Attached, Gil, Place, Placement, ThreadPool};
use trainyard::vm::{self, Machine, Program};

/// `c += 1` and `c = add(c)`, by where the lock may be given up.
pub const EXPERIMENT: Experiment = Experiment {
    name: "lost-updates",
    group: Group::Lock,
    title: "is `c += 1` atomic?",
    question: "Four threads add to one counter, over and over, under the lock of CPython 3.13: once \
               with `c += 1`, once with `c = add(c)`, where add returns its argument plus 1. Which \
               of the two loses updates?",
    choices: &[
        "neither: the lock lets one thread run at a time",
        "both: a switch may fall into the middle of either",
        "`c += 1` alone: its load and its store are apart",
        "`c = add(c)` alone: the call is where a switch may fall",
    ],
    answer: 3,
    method: "Four threads run the two loops in the small machine for bytecode, with its instructions \
             under CPython's names, and under the lock. The lock is looked at before each \
             instruction, as up to CPython 3.9, or at back edges and calls alone, as since 3.10; \
             and, for the lock of before 3.2, every hundred instructions.",
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
                cell.set("places", BACK_EDGES);
            }),
        counting("back-edges-keep-plus-equals")
            .says("where only back edges and calls are, `c += 1` loses nothing.")
            .claims(&that("{lost in c += 1, back edges} updates lost", |[lost]| is(lost, 0)))
            .wrong("check points at every instruction", |cell| cell.set("places", OPERATIONS)),
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
                cell.set("places", BACK_EDGES);
            }),
    ],
    explain: Told(
        "With a check point before each instruction `c += 1` lost {lost_share in c += 1, each} \
         and `c = add(c)` {lost_share in c = add(c), each} of the updates. With check points at \
         back edges and calls alone they lost {lost_share in c += 1, back edges} and {lost_share \
         in c = add(c), back edges}: between the load and the store of `c += 1` there is none any \
         more, and in `c = add(c)` there is still one, where add begins. That the first became \
         exact is an accident of where the lock is looked at; no version of CPython has promised \
         it.",
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
const OPERATIONS: &str = "operations";
const BACK_EDGES: &str = "back-edges";
const THREADS: i64 = 4;

fn cells(scale: Scale) -> Vec<Cell> {
    let places = [
        ("each", Lock::TIMED, OPERATIONS),
        ("back edges", Lock::TIMED, BACK_EDGES),
        ("ticks", Lock::TICKS, OPERATIONS),
    ];
    let mut cells = Vec::new();
    for (name, lock, places) in places {
        for statement in [PLUS, ADD] {
            let cell = Cell::new(format!("{statement}, {name}"), lock).with("places", places);
            let cell = cell.with("statement", statement);
            // Of an interpreter as many as last for 40 switch intervals.
            let cell = cell.with("increments", scale.pick(2_000_000, 4_000_000));
            cells.push(cell.with("increments_in_python", scale.pick(500_000, 1_000_000)));
        }
    }
    cells
}

/// Where a CPython looks depends on its version: nobody can set it.
fn plays(python: &Python, cell: &Cell) -> bool {
    let looks_everywhere = python.version < (3, 10, 0);
    by_lock(python, cell) && looks_everywhere == (cell.word("places") == OPERATIONS)
}

fn measure(cell: &Cell) -> Result<Figures> {
    let increments = u32::try_from(cell.count("increments")).unwrap_or(u32::MAX);
    let text = match cell.word("statement") {
        PLUS => PLUS.to_owned(),
        _ => format!(
            "def add(number):\n    return number + 1\nfor turn in range({increments}):\n    {ADD}\n"
        ),
    };
    let program = match cell.word("statement") {
        PLUS => Program::compile_repeated(&text, increments),
        _ => Program::compile(&text),
    };
    let program = program.map_err(|why| LabError::failed("the program", why))?;
    let gil = Gil::new(hogs::mode(cell.lock));
    gil.set_placement(match cell.word("places") {
        OPERATIONS => Placement::EveryOperation,
        BACK_EDGES => Placement::BackEdgesAndCalls,
        _ => Placement::Never,
    });
    let memory: Arc<[AtomicI64]> = program.words().iter().map(|_| AtomicI64::new(0)).collect();
    let pool = ThreadPool::builder().workers(4).gil(gil.clone());
    let pool = pool.build().map_err(|why| LabError::failed("the pool", why))?;
    let shared = Arc::clone(&memory);
    let ended = pool.map(0..4, move |at, train| run(&program, &shared, train, at));
    for end in ended {
        end?.map_err(|why| LabError::failed("the program", why))?;
    }
    // ORDER: Relaxed; the trains have ended, and whoever joined them sees what they did.
    let found = memory[0].load(Ordering::Relaxed);
    let expected = THREADS * i64::from(increments);
    let counters = gil.counters();
    Ok(Figures::default()
        .with("lost", to_f64(expected - found))
        .with("lost_share", to_f64(expected - found) / to_f64(expected))
        .with("switches", to_f64(counters.forced_switches + counters.tick_drops)))
}

fn run(
    program: &Program,
    memory: &[AtomicI64],
    train: u32,
    at: &mut Attached<'_>,
) -> std::result::Result<(), vm::RuntimeError> {
    let look = |place| {
        at.checkpoint_at(match place {
            vm::Place::Operation => Place::Operation,
            vm::Place::BackEdge => Place::BackEdge,
            vm::Place::Call => Place::Call,
        });
        ControlFlow::Continue(())
    };
    Machine::new(program, train).run(program, memory, look).map(|_| ())
}
