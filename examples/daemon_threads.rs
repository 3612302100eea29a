//! What becomes of a daemon thread when the program ends: a file half written, a destructor that
//! never ran.
//!
//! Python's documentation says of daemons: "Their resources (such as open files, database
//! transactions, etc.) may not be released properly." This is how that looks. Both threads do the
//! same; only one of them is waited for.
//!
//! Run it with `cargo run --release --example daemon_threads`.
#![expect(clippy::print_stdout, reason = "it tells a story")]

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use trainyard::sys::Why;
use trainyard::threads::{self, Attached, Event, Gil, Mode};

const LINES: usize = 5;

fn main() -> io::Result<()> {
    let folder = std::env::temp_dir().join(format!("daemon_threads-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let written = tell(&folder);
    fs::remove_dir_all(&folder)?;
    written
}

fn tell(folder: &Path) -> io::Result<()> {
    println!("Two threads write {LINES} lines each, one line every 50 ms.");
    let paths = ["thread", "daemon"].map(|name| folder.join(name));
    threads::run(|| {
        let gil = Gil::new(Mode::default());
        let is_half = Arc::new(Event::new());
        let half = Arc::clone(&is_half);
        let [thread, daemon] = paths.each_ref().map(|path| Report::begin(path));
        let (thread, daemon) = (thread?, daemon?);
        // Dropping the handle changes nothing: whoever is no daemon is waited for.
        drop(threads::spawn(&gil, "thread", move |at| thread.write(at, LINES))?);
        threads::spawn_daemon(&gil, "daemon", move |at| {
            // Its second half takes an hour, so that it is not luck how far it comes.
            let daemon = daemon.write_half(at);
            half.set();
            at.detach(Why::Sleep, || sleep(Duration::from_hours(1)));
            daemon.write(at, LINES);
        })?;
        is_half.wait();
        println!("main returns, and the program waits for the thread that is no daemon");
        io::Result::Ok(())
    })?;
    println!("the program is over; nobody has told the daemon");
    for path in &paths {
        let lines = fs::read_to_string(path)?;
        let name = path.file_name().unwrap_or_default().display().to_string();
        let whole = if lines.ends_with("the end\n") { "whole" } else { "no end" };
        println!("  file of the {name}: {} lines, {whole}", lines.lines().count());
    }
    println!("That is why the pools have no daemons: dropping one joins its threads.");
    Ok(())
}

/// A file that is whole when it has its last line, which its destructor writes.
struct Report {
    name: String,
    file: File,
}

impl Report {
    fn begin(path: &Path) -> io::Result<Self> {
        let name = path.file_name().unwrap_or_default().display().to_string();
        Ok(Self { name, file: File::create(path)? })
    }

    fn write(mut self, at: &mut Attached<'_>, lines: usize) {
        (0..lines).for_each(|number| self.line(at, number));
    }

    fn write_half(mut self, at: &mut Attached<'_>) -> Self {
        (0..LINES / 2).for_each(|number| self.line(at, number));
        self
    }

    fn line(&mut self, at: &mut Attached<'_>, number: usize) {
        let written = at.detach(Why::Io, || {
            sleep(Duration::from_millis(50));
            writeln!(self.file, "line {number}")
        });
        written.expect("the folder for temporary files has room");
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        println!("  the destructor of the {}'s file runs, and writes the end", self.name);
        writeln!(self.file, "the end").expect("the folder for temporary files has room");
    }
}

#[expect(clippy::disallowed_methods, reason = "stands for a slow call; its caller has the door")]
fn sleep(time: Duration) {
    thread::sleep(time);
}
