//! Whose memory it is: what is sent, what is forked and read, what is forked and written.
//!
//! A forked child shares its parent's pages until one of them writes. In CPython reading an object
//! writes to it, because its reference count is in it. What is sent to a worker is its own at once.

use std::fs;
use std::hint::black_box;

use super::Workers;
use crate::ask::experiment::kit::prelude::*;

/// What a worker has of 16 MiB that its parent has.
pub const EXPERIMENT: Experiment = Experiment {
    name: "copy-on-write",
    group: Group::Processes,
    title: "how much of its parent's memory a worker has for itself",
    question: "A program has a list of 16 MiB of small objects, and forks. The child, in CPython, \
               does nothing but read the list from one end to the other. How much memory does it \
               need for that?",
    choices: &[
        "next to none: what is only read is shared",
        "nearly 16 MiB: reading an object writes to it",
        "16 MiB, at the moment of the fork: the child is a copy",
    ],
    answer: 1,
    method: "A program has 16 MiB, and a worker touches them: not at all; reads them as bytes; \
             reads them as small objects; writes to them. Before and after it looks in \
             /proc/self/smaps_rollup how much memory no other process has. In CPython the worker \
             is a fork. Ours cannot be forked: to it the 16 MiB are sent.",
    cells,
    ours: measure,
    twin: Some(include_str!("copy_on_write.py")),
    plays: |python, cell| cell.label != "sent" && python.version >= (3, 4, 0),
    columns: &[
        Column { figure: "private", title: "becomes\nits own", unit: Unit::Percent },
        Column { figure: "rss_mb", title: "RSS,\nMB", unit: Unit::Plain },
        Column { figure: "pss_mb", title: "PSS,\nMB", unit: Unit::Plain },
    ],
    relations: &[
        counting("what-is-sent-is-its-own")
            .says("what is sent to a worker is there once more, in memory of its own.")
            .of_ours()
            .claims(&that("{percent private in sent}", |[ours]| ours >= MUCH))
            .wrong("nothing is sent", |cell| cell.set("sends", 0)),
        counting("bytes-that-are-read-are-shared")
            .says(
                "bytes that a forked child of this CPython reads stay shared; those sent to ours \
                   are its own.",
            )
            .of_each_python()
            .claims(&that(
                "{percent private in forked, bytes read} there, {our percent private in sent} \
                 in ours",
                |[theirs, ours]| ours >= MUCH && theirs <= LITTLE,
            ))
            .wrong("nothing is sent to ours", |cell| cell.set("sends", 0)),
        counting("objects-that-are-read-are-copied")
            .says(
                "objects that a forked child of this CPython reads become its own, as those sent \
                   to ours are.",
            )
            .of_each_python()
            .claims(&that(
                "{percent private in forked, objects read} there, {our percent private in sent} \
                 in ours",
                |[theirs, ours]| ours >= MUCH && theirs >= MUCH,
            ))
            .wrong("nothing is sent to ours", |cell| cell.set("sends", 0)),
        counting("what-is-written-is-copied")
            .says(
                "bytes that a forked child of this CPython writes become its own, as those sent to \
                   ours are.",
            )
            .of_each_python()
            .claims(&that(
                "{percent private in forked, written} there, {our percent private in sent} in ours",
                |[theirs, ours]| ours >= MUCH && theirs >= MUCH,
            ))
            .wrong("nothing is sent to ours", |cell| cell.set("sends", 0)),
    ],
    explain: Told(
        "Of the 16 MiB that were sent to our worker it has {percent private in sent} in memory of \
         its own: the bytes as they came, and the array that was made of them. A forked child \
         begins with all its parent's pages, and with none of its own: RSS counts them in full, \
         PSS divides them by those who share them. The first write to a page makes a copy. Reading \
         bytes is no write. Reading objects in CPython is: each has a reference count, so a list \
         that is only read becomes the child's own, page by page. Run it with --python to see \
         that.",
    ),
    read: &[
        "proc_pid_smaps(5): Private_Dirty, and the PSS, which divides a page by those who share it",
        "docs.python.org/3/library/gc.html: gc.freeze, for programs that fork",
        "stackoverflow.com/questions/14749897: \"Python multiprocessing memory usage\"",
    ],
};

const SIZE: usize = 16 << 20;
/// Of the 16 MiB. What a process needs to look around is far less than the rest.
const MUCH: f64 = 0.7;
const LITTLE: f64 = 0.3;

fn cells(_: Scale) -> Vec<Cell> {
    let rows = [
        ("sent", "send"),
        ("forked, untouched", "nothing"),
        ("forked, bytes read", "read-bytes"),
        ("forked, objects read", "read-objects"),
        ("forked, written", "write"),
    ];
    let cell = |(label, touch)| {
        Cell::plain(label).with("touch", touch).with("bytes", SIZE).with("sends", SIZE)
    };
    rows.map(cell).into()
}

fn measure(cell: &Cell) -> Result<Figures> {
    let kind = if cell.word("touch") == "send" { "process" } else { "fork" };
    let worker = Workers::start(kind, 1)?;
    let before = worker.submit(own_memory, Vec::new()).join()?;
    let after = worker.submit(own_memory, vec![1; cell.count("sends")]).join()?;
    let (Some([private_before, ..]), Some([private, rss, pss])) = (before, after) else {
        return Err(LabError::NoRoom("This kernel has no /proc/self/smaps_rollup".to_owned()));
    };
    Ok(Figures::default()
        .with("private", (private - private_before) / to_f64(SIZE))
        .with("rss_mb", rss / 1e6)
        .with("pss_mb", pss / 1e6))
}

/// The job: how much of this process's memory no other has, its RSS and its PSS, in bytes, while
/// `sent` is there.
fn own_memory(sent: Vec<u8>) -> Option<[f64; 3]> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    drop(black_box(sent));
    let kibibytes = |name: &str| -> Option<f64> {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').split_whitespace().next()?.parse().ok()
    };
    let private = kibibytes("Private_Clean")? + kibibytes("Private_Dirty")?;
    Some([private, kibibytes("Rss")?, kibibytes("Pss")?].map(|kibibytes| kibibytes * 1024.0))
}
