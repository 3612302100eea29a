//! A task that never awaits, and one whose awaits never wait: nobody takes the processor from a
//! task, so the one must offer it, and the other must be made to. That is what a budget is for.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};

use crate::ask::experiment::kit::prelude::*;
use crate::ask::experiment::tasks::{neighbour, theirs};
use trainyard::coop::net::TcpStream;
use trainyard::coop::{Builder, yield_now};

/// How often the others come to run.
pub const EXPERIMENT: Experiment = Experiment {
    name: "starved-loop",
    group: Group::Tasks,
    title: "a task that does not await, and one whose awaits never wait",
    question: "A task computes in 200 steps; beside it another task only counts its turns. How \
               often does that one run before the first is done: without any await, and with one \
               after each step?",
    choices: &[
        "200 times in both: the loop lets tasks take turns",
        "never without an await, 200 times with one after each step",
        "never in both: the first task was there first",
        "a few times without an await: the loop interrupts a task after a while",
    ],
    answer: 1,
    method: "One task computes digits of pi, 200 times, without an await or with a `yield_now` \
             after each. Then the same task reads 1 000 bytes, one at a time, from a socket that \
             has all of them already: each read is awaited, and none has to wait. A second task of \
             the loop counts how often it runs meanwhile.",
    cells,
    ours: measure,
    twin: Some(concat!(include_str!("neighbour.py"), "\n\n", include_str!("starved_loop.py"))),
    plays: |python, _| python.has_tasks(),
    columns: &[
        Column { figure: "turns", title: "turns of\nthe other", unit: Unit::Count },
        Column { figure: "longest_s", title: "its longest\nwait", unit: Unit::Seconds },
    ],
    relations: &[
        counting("no-await-no-turn")
            .says("while a task does not await, nobody else runs.")
            .claims(&that("{turn turns in computes}", |[turns]| is(turns, 0)))
            .wrong("an await after each step", |cell| cell.set("does", "yields")),
        counting("a-turn-for-each-await")
            .says("with an await after each step the other runs once after each.")
            .claims(&that("{turn turns in computes and yields}", |[turns]| is_about(turns, STEPS)))
            .wrong("no await", |cell| cell.set("does", "computes")),
        counting("the-budget-lets-others-in")
            .says("awaits that never wait let the other run once in 128, the budget of a poll.")
            .of_ours()
            .claims(&that("{turn turns in reads what is there}", |[turns]| {
                is_about(turns, BYTES / BUDGET)
            }))
            .wrong("a budget without end", |cell| cell.set("budget", u32::MAX)),
    ],
    explain: By(explain),
    read: &[
        "src/coop/kernel/source.rs: where a read asks for its share of the budget",
        "https://tokio.rs/blog/2020-04-preemption: the same budget in tokio",
    ],
};

const READS: &str = "reads what is there";
const STEPS: u64 = 200;
const BYTES: u64 = 1_000;
/// The loop's default.
const BUDGET: u64 = 128;

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |label, does| {
        let cell = Cell::plain(label).with("does", does).with("budget", BUDGET);
        cell.with("steps", STEPS).with("bytes", BYTES)
    };
    vec![cell("computes", "computes"), cell("computes and yields", "yields"), cell(READS, "reads")]
}

fn measure(cell: &Cell) -> Result<Figures> {
    let failed = |why: io::Error| LabError::failed("a task", why);
    let budget = u32::try_from(cell.count("budget")).unwrap_or(u32::MAX);
    let mut runtime = Builder::new().budget(budget).build().map_err(failed)?;
    runtime.block_on(async {
        let mut socket = full_socket(cell.count("bytes")).await.map_err(failed)?;
        let work = async {
            match cell.word("does") {
                "reads" => read_all(&mut socket, cell.count("bytes")).await,
                does => {
                    compute(cell.count("steps"), does).await;
                    Ok(())
                }
            }
        };
        let (done, figures) = neighbour::beside(work).await?;
        done.map_err(failed).map(|()| figures)
    })
}

/// A socket with `len` bytes to read: they fit into the kernel's buffer.
async fn full_socket(len: usize) -> io::Result<TcpStream> {
    let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let socket = TcpStream::connect(listener.local_addr()?).await?;
    let (mut peer, _) = listener.accept()?;
    peer.write_all(&vec![0; len])?;
    Ok(socket)
}

async fn compute(steps: usize, does: &str) {
    for _ in 0..steps {
        Task::Pi.call_bare();
        if does == "yields" {
            yield_now().await;
        }
    }
}

async fn read_all(socket: &mut TcpStream, len: usize) -> io::Result<()> {
    for _ in 0..len {
        if socket.read(&mut [0]).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

/// The last turn may or may not fall into the time that is watched.
fn is_about(turns: f64, expected: u64) -> bool {
    (turns - to_f64(expected)).abs() < 1.5
}

fn explain(results: &Results) -> Option<String> {
    let told = Told(
        "Without an await the other task ran {turns in computes} times, and waited {longest_s in \
         computes} for its next turn: nothing interrupts a task. With an await after each step it \
         ran {turns in computes and yields} times, and its longest wait was {longest_s in computes \
         and yields}. An await is only an offer, and one that never has to wait is none: the task \
         that read what was there already would have kept the loop too. After 128 such reads the \
         loop takes it out of the poll, so the other ran {turns in reads what is there} times.",
    );
    let theirs = theirs(results, READS, "turns", |who, turns| {
        format!(" asyncio has no such budget: in {who} the other ran {turns} times.")
    });
    Some(told.say(results)? + &theirs)
}
