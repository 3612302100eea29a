//! How many threads: as many as there is to wait for, and as few as there is to compute with.
//!
//! There is no right number for all tasks, so this experiment finds it for two.

use std::time::Duration;

use crate::ask::experiment::kit::prelude::*;
use trainyard::threads::Attached;

/// Pools of growing size, for waiting and for computing.
pub const EXPERIMENT: Experiment = Experiment {
    name: "pool-size",
    group: Group::Threads,
    title: "the right number of threads, for two tasks",
    question: "A pool of threads under the global lock does tasks that wait for 2 ms, or tasks \
               that compute. The pool is made larger and larger. From which size on does it get no \
               more done?",
    choices: &[
        "as many threads as processors, for both",
        "many for waiting, one for computing",
        "one for both: there is a global lock",
        "the more the better, for both",
    ],
    answer: 1,
    method: "Pools of 1, 2, 4, 8, 16 and 32 threads under the lock, each thread doing one task \
             after another. A task waits for 2 ms, or computes 50 digits of pi. The knee is the \
             smallest pool that gets three fifths of the best done.",
    cells,
    ours: measure,
    twin: Some(include_str!("pool_size.py")),
    plays: by_lock,
    columns: &[
        Column { figure: "calls_per_s", title: "done/s", unit: Unit::Count },
        Column { figure: "cpus_busy", title: "processors\nbusy", unit: Unit::Plain },
    ],
    relations: &[
        timing("waiting-gains")
            .says("16 threads that wait get four times as much done as one, at least.")
            .claims(&that("{calls_per_s in wait, 16 threads / wait, 1 thread}", |[gained]| {
                gained >= 4.0
            }))
            .wrong("tasks that keep the lock while they wait", |cell| {
                cell.set("kind", "wait-and-keep");
            }),
        timing("computing-gains-nothing")
            .says("no pool gets more computed than one thread, by a third at most.")
            .claims(&special(|cell| cell.word("kind") == COMPUTE, computing_gains_nothing))
            .wrong("tasks that wait", |cell| cell.set("kind", WAIT)),
        timing("two-knees")
            .says(
                "the knee of waiting is at four times as many threads as that of computing, at \
                   least.",
            )
            .claims(&special(|_| true, two_knees))
            .wrong("all tasks compute", |cell| cell.set("kind", COMPUTE)),
    ],
    explain: By(explain),
    read: &[
        "`trainyard compare --models threads --gil on --workers 20`: the same with a server",
        "lab/src/ask/experiment/lock/scaling.rs: the same with the lock off",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "compare io --workers 20 --models threads --runs 1",
        says: "twenty threads that wait at the same time: compare \"in flight\" with five.",
    },
    change: Activity {
        command: "compare cpu --workers 20 --models threads --gil off --runs 1",
        says: "twenty threads that compute: more than processors is no gain.",
    },
    make: "Find both knees on this machine: `trainyard sweep io cpu -P workers 1 64`.",
};

const WAIT: &str = "wait";
const COMPUTE: &str = "compute";
const TASK: Duration = Duration::from_millis(2);
/// Of the best, which the knee gets done.
const KNEE: f64 = 0.6;

fn label(kind: &str, threads: usize) -> String {
    format!("{kind}, {}", count(threads, "thread"))
}

fn cells(scale: Scale) -> Vec<Cell> {
    let sizes: &[usize] = scale.pick(&[1, 4, 16], &[1, 2, 4, 8, 16, 32]);
    let duration_s = scale.pick(0.25, 0.5);
    let cell = |kind, threads| {
        let label = label(kind, threads);
        let cell = match kind {
            COMPUTE => Cell::computing(label, Lock::TIMED, threads, Task::Pi, duration_s),
            _ => Cell::new(label, Lock::TIMED).with("duration_s", duration_s),
        };
        cell.with("pool", threads).with("kind", kind).with("wait_s", TASK.as_secs_f64())
    };
    let both = [WAIT, COMPUTE].into_iter();
    both.flat_map(|kind| sizes.iter().map(move |&threads| cell(kind, threads))).collect()
}

fn measure(cell: &Cell) -> Result<Figures> {
    let threads = cell.count("pool");
    let pool = hogs::pool(threads, hogs::gil(cell))?;
    let (clock, kind) = (Clock::start(cell), cell.word("kind").to_owned());
    hogs::measured(|| {
        let turns = pool.map(0..threads, move |at, _| clock.repeat(|| turn(&kind, at)));
        turns.into_iter().map(|turns| turns.expect("a task does not panic")).collect()
    })
}

fn turn(kind: &str, at: &mut Attached<'_>) {
    match kind {
        WAIT => pause(TASK),
        COMPUTE => Task::Pi.call(at),
        _ => {
            pause_and_keep(TASK);
            at.checkpoint();
        }
    }
}

/// The pools of one kind by size, and what each gets done.
fn pools(results: &Results, who: &Contender, kind: &str) -> Vec<(usize, f64)> {
    let done =
        |&threads: &usize| Some((threads, results.of(who, &label(kind, threads), "calls_per_s")?));
    [1, 2, 4, 8, 16, 32].iter().filter_map(done).collect()
}

fn best(pools: &[(usize, f64)]) -> f64 {
    pools.iter().map(|(_, done)| *done).fold(0.0, f64::max)
}

fn knee(pools: &[(usize, f64)]) -> Option<usize> {
    pools.iter().find(|(_, done)| *done >= KNEE * best(pools)).map(|(threads, _)| *threads)
}

fn computing_gains_nothing(results: &Results, who: &Contender) -> Option<Check> {
    let pools = pools(results, who, COMPUTE);
    let gained = best(&pools) / pools.first()?.1;
    Some(Check::that(gained <= 4.0 / 3.0, format!("The best pool does {}", ratio(gained))))
}

fn two_knees(results: &Results, who: &Contender) -> Option<Check> {
    let waiting = knee(&pools(results, who, WAIT))?;
    let computing = knee(&pools(results, who, COMPUTE))?;
    let figures = format!("{} and {computing}", count(waiting, "thread"));
    Some(Check::that(waiting >= 4 * computing, figures))
}

fn explain(results: &Results) -> Option<String> {
    let ours = |kind| pools(results, &Contender::Ours, kind);
    let (waiting, computing) = (ours(WAIT), ours(COMPUTE));
    Some(format!(
        "For tasks that wait the knee is at {}, and the largest pool gets {} as much done as one \
         thread. For tasks that compute it is at {}: under the lock one computes at a time, and \
         more threads are more to switch between. A thread that waits costs a stack and nothing \
         else, so there should be as many as there is to wait for at once; of those that compute, \
         as many as can run at once. That is one here, and with the lock off the number of \
         processors. Which of the two a task is, has to be measured: most are something of both.",
        count(knee(&waiting)?, "thread"),
        ratio(waiting.last()?.1 / waiting.first()?.1),
        count(knee(&computing)?, "thread")
    ))
}
