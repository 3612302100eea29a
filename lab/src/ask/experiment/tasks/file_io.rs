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

pub(super) const DESIGN: Design = Design::new(include_str!("file_io.md"), measure)
    .twin(concat!(include_str!("neighbour.py"), "\n\n", include_str!("file_io.py")), |python, _| {
        python.has_tasks()
    })
    .relations(&[
        counting("epoll-refuses-a-file", &that(|[errno]| is(errno, 1)).shown(error)),
        counting("epoll-takes-a-pipe", &that(|[errno]| is(errno, 0)).shown(error)),
        counting("a-read-keeps-the-loop", &that(|[turns]| is(turns, 0))),
        // A loop that gets no processor until the thread is done has no turns either.
        timing("a-thread-sets-it-free", &that(|[turns]| turns > 0.0)),
    ]);

/// Python's readers take pieces of this size too, and give the lock up for each.
const PIECE_LEN: usize = 64 * 1024;

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
