//! Reading a file in a task. A regular file is always "ready": a read takes long, but there is no
//! event to wait for. So `epoll` refuses it, and a program with tasks gives its reads to threads.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::FileExt;

use mio::unix::SourceFd;
use mio::{Interest, Poll, Token};

use crate::ask::experiment::kit::prelude::*;
use crate::ask::experiment::tasks::neighbour;
use trainyard::coop;
use trainyard::sys::{Why, blocking};
use trainyard::threads::ThreadPool;

/// A file is no socket.
pub const EXPERIMENT: Experiment = Experiment {
    name: "file-io",
    group: Group::Tasks,
    title: "waiting for a file, which epoll refuses",
    question: "A loop waits for sockets with `epoll`. A task wants to read a large file. What does \
               `epoll` say when it is asked to watch the file?",
    choices: &[
        "it tells when the disk has the data",
        "it says at once, and always, that the file is ready",
        "it refuses: EPERM",
        "it reads the file itself, and tells when it is done",
    ],
    answer: 2,
    method: "`epoll` is asked to watch a regular file, and a pipe. Then a task reads a file of 16 \
             MiB that the kernel has in memory, eight times over: once by calling `read`, once in \
             a thread whose answer it awaits. A second task of the loop counts how often it runs \
             meanwhile.",
    cells,
    ours: measure,
    twin: Some(concat!(include_str!("neighbour.py"), "\n\n", include_str!("file_io.py"))),
    plays: |python, _| python.has_tasks(),
    columns: &[
        Column { figure: "errno", title: "errno", unit: Unit::Count },
        Column { figure: "read_s", title: "the reads\ntake", unit: Unit::Seconds },
        Column { figure: "turns", title: "turns of\nthe other", unit: Unit::Count },
        Column { figure: "longest_s", title: "its longest\nwait", unit: Unit::Seconds },
    ],
    relations: &[
        counting("epoll-refuses-a-file")
            .says("epoll answers EPERM, which is 1, for a regular file.")
            .claims(&that_by("{errno in epoll, a file}", |[errno]| is(errno, 1), error))
            .wrong("a pipe", |cell| cell.set("what", "pipe")),
        counting("epoll-takes-a-pipe")
            .says("epoll watches a pipe.")
            .claims(&that_by("{errno in epoll, a pipe}", |[errno]| is(errno, 0), error))
            .wrong("a regular file", |cell| cell.set("what", "file")),
        counting("a-read-keeps-the-loop")
            .says("while a task reads a file, no other task runs.")
            .claims(&that("{grouped turns in read in the task} turns", |[turns]| is(turns, 0)))
            .wrong("in a thread", |cell| cell.set("what", "offloaded")),
        // A loop that gets no processor until the thread is done has no turns either.
        timing("a-thread-sets-it-free")
            .says("while a thread reads a file, the other tasks run.")
            .claims(&that("{grouped turns in read in a thread} turns", |[turns]| turns > 0.0))
            .wrong("in the task", |cell| cell.set("what", "called")),
    ],
    explain: Told(
        "For the file epoll answers errno {errno in epoll, a file}, for the pipe {errno in epoll, \
         a pipe}. There is no moment at which a file becomes ready: a read of it does not wait, it \
         takes its time, and here even from memory {read_s in read in the task} for 128 MiB; a \
         disk takes longer. In the task they are one long poll, in which the other task ran {turns \
         in read in the task} times. In a thread they took {read_s in read in a thread}, and the \
         other ran {grouped turns in read in a thread} times. So a loop hands files to threads, \
         and asyncio has no files at all.",
    ),
    read: &[
        "src/coop/kernel/reactor.rs: what the loop can wait for",
        "epoll_ctl(2), EPERM: \"The target file fd does not support epoll\"",
    ],
};

const MEBIBYTES: usize = 16;
/// Long enough for other tasks to run thousands of times, also from memory.
const TIMES: usize = 8;
/// Python's readers take pieces of this size too, and give the lock up for each.
const PIECE_LEN: usize = 64 * 1024;

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |label, what| {
        let cell = Cell::plain(label).with("what", what);
        cell.with("mebibytes", MEBIBYTES).with("times", TIMES)
    };
    vec![
        cell("epoll, a file", "file"),
        cell("epoll, a pipe", "pipe"),
        cell("read in the task", "called"),
        cell("read in a thread", "offloaded"),
    ]
}

fn error([errno]: [f64; 1]) -> String {
    if is(errno, 0) { "no error".to_owned() } else { format!("errno {errno}") }
}

fn measure(cell: &Cell) -> Result<Figures> {
    let failed = |why: io::Error| LabError::failed("a file", why);
    let what = cell.word("what");
    let errno = match what {
        "file" => watch(&new_file().map_err(failed)?),
        "pipe" => watch(&io::pipe().map_err(failed)?.0),
        _ => return read(what, cell.count("mebibytes"), cell.count("times")),
    };
    Ok(Figures::default().with("errno", f64::from(errno.map_err(failed)?)))
}

/// Asks epoll to watch it; 0, or the number of the error.
fn watch(file: &impl AsFd) -> io::Result<i32> {
    let epoll = Poll::new()?;
    let fd = file.as_fd().as_raw_fd();
    let watched = epoll.registry().register(&mut SourceFd(&fd), Token(0), Interest::READABLE);
    Ok(watched.err().and_then(|why| why.raw_os_error()).unwrap_or(0))
}

fn read(what: &str, mebibytes: usize, times: usize) -> Result<Figures> {
    let failed = |why: io::Error| LabError::failed("a file", why);
    let pool = ThreadPool::builder().workers(1).build().map_err(failed)?;
    let mut file = new_file().map_err(failed)?;
    file.write_all(&vec![b'x'; mebibytes << 20]).map_err(failed)?;
    let read = move || read_often(&file, mebibytes << 20, times);
    coop::run(async {
        let work = async {
            let stopwatch = Stopwatch::start();
            let done = if what == "called" { read() } else { pool.submit(move |_| read()).await? };
            done.map_err(failed).map(|()| stopwatch.seconds())
        };
        let (read_s, figures) = neighbour::beside(work).await?;
        Ok(figures.with("read_s", read_s?))
    })
}

/// Reads all of it so many times, piece by piece.
fn read_often(file: &File, len: usize, times: usize) -> io::Result<()> {
    let mut piece = vec![0; PIECE_LEN];
    for offset in (0..times).flat_map(|_| (0..len).step_by(PIECE_LEN)) {
        blocking(Why::Io, || file.read_exact_at(&mut piece, offset as u64))?;
    }
    Ok(())
}

/// A file without a name: it is gone when it is closed, whatever happens.
fn new_file() -> io::Result<File> {
    let path = env::temp_dir().join(format!("trainyard-file-io-{}", std::process::id()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    fs::remove_file(path)?;
    Ok(file)
}
