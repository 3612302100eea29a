//! Whose memory it is: what is sent, what is forked and read, what is forked and written.

use std::fs;
use std::hint::black_box;

use super::Workers;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("copy_on_write.md"), measure)
    .twin(include_str!("copy_on_write.py"), |python, cell| {
        cell.label != "sent" && python.version >= (3, 4, 0)
    })
    .relations(&[
        counting("what-is-sent-is-its-own", &that(|[ours]| ours >= MUCH)).of_ours(),
        counting(
            "bytes-that-are-read-are-shared",
            &that(|[theirs, ours]| ours >= MUCH && theirs <= LITTLE),
        )
        .of_each_python(),
        counting(
            "objects-that-are-read-are-copied",
            &that(|[theirs, ours]| ours >= MUCH && theirs >= MUCH),
        )
        .of_each_python(),
        counting(
            "what-is-written-is-copied",
            &that(|[theirs, ours]| ours >= MUCH && theirs >= MUCH),
        )
        .of_each_python(),
    ]);

const SIZE: usize = 16 << 20;
/// Of the 16 MiB. What a process needs to look around is far less than the rest.
const MUCH: f64 = 0.7;
const LITTLE: f64 = 0.3;

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
