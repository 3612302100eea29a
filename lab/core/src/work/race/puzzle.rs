//! Programs to race with: a puzzle's name, a file, or a text.
//!
//! Each puzzle is one turn of a loop: short, so that the search can try every order of it, and
//! repeated, so that real threads meet in it.

use std::fs::File;
use std::io::{self, Read};

use crate::terms::error::{LabError, Result};
use trainyard::vm::Program;

/// A program, and how often and by how many it wants to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Puzzle {
    /// What it is called; a text's name is itself.
    pub name: String,
    pub text: String,
    /// How many trains, unless somebody says otherwise.
    pub trains: usize,
    /// How often each train does it in a real run; `None`: as often as it takes to be seen.
    pub rounds: Option<u32>,
    pub start: Start,
}

/// When the trains of a run begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// When all of them are ready.
    Together,
    /// Each when its thread is there, as in a pool that starts threads while it gets jobs.
    AsTheyCome,
}

/// The puzzles, with what they are about.
pub const PUZZLES: [(&str, &str, &str); 6] = [
    ("counter", "load, add, store, and two gaps", "x = x + 1"),
    (
        "counter-with-call",
        "a call between the load and the store",
        "def add(c): return c + 1\nx = add(x)",
    ),
    (
        "check-then-act",
        "somebody takes the seat between the look and the act",
        "if seat == 0:\n    seat = train + 1\n    for i in range(5): pass\n    \
         if seat != train + 1: stolen = stolen + 1\n    seat = 0",
    ),
    (
        "two-locks",
        "each train has one and waits for the other",
        "if train % 2 == 0:\n    with a:\n        with b: x += 1\nelse:\n    with b:\n        with a: x += 1",
    ),
    (
        ARTICLE,
        "the article's own race, which never races: 5000 jobs, each over in a moment",
        "for i in range(100): counter += 1",
    ),
    (
        "await-in-the-middle",
        "a task that awaits between the load and the store",
        "global x\ncopy = x\nawait sleep(0)\nx = copy + 1",
    ),
];

/// Enough for dozens of switch intervals, in a tenth of a second.
pub const ROUNDS: u32 = 1_000_000;

/// The longest program that is read from a file: a thousand times the longest puzzle.
const TEXT_BYTES_MAX: u64 = 200_000;

const ARTICLE: &str = "article";
const ARTICLE_JOBS: usize = 5000;

impl Puzzle {
    /// Finds out what an argument means: a puzzle, a file that exists, or else a text.
    /// Fails if a file cannot be read, and for a single word that is neither a puzzle nor a file.
    pub fn read(argument: &str) -> Result<Self> {
        if let Some((name, _, text)) = PUZZLES.into_iter().find(|(name, ..)| *name == argument) {
            let puzzle = Self::of_text(name, text);
            let (trains, start) = (ARTICLE_JOBS, Start::AsTheyCome);
            return Ok(match name {
                ARTICLE => Self { trains, rounds: Some(1), start, ..puzzle },
                _ => Self { rounds: Some(ROUNDS), ..puzzle },
            });
        }
        match read_text(argument) {
            Ok(text) => Ok(Self::of_text(argument, &text)),
            // A text that is too long or too strange for a file's name is a text.
            Err(_) if argument.contains(['=', ' ', '\n', '(', ':']) => {
                Ok(Self::of_text(argument, argument))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let names = PUZZLES.map(|(name, ..)| name).join(", ");
                Err(LabError::BadInput(format!(
                    "'{argument}' is no puzzle, no file, and no program such as 'x = x + 1'; the \
                     puzzles are {names}"
                )))
            }
            Err(error) => Err(LabError::BadInput(format!("cannot read '{argument}': {error}"))),
        }
    }

    pub(super) fn of_text(name: &str, text: &str) -> Self {
        let (name, text) = (name.to_owned(), text.to_owned());
        Self { name, text, trains: 2, rounds: None, start: Start::Together }
    }
}

/// Compiles a text, to be done `rounds` times. Fails if it is not in the subset: with line, column,
/// and what to write instead.
pub fn compile(text: &str, rounds: u32) -> Result<Program> {
    let compiled = match rounds {
        1 => Program::compile(text),
        _ => Program::compile_repeated(text, rounds),
    };
    compiled.map_err(|error| LabError::BadInput(error.to_string()))
}

/// Reads a file that may be anything, a device without an end too.
fn read_text(path: &str) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > TEXT_BYTES_MAX {
        let why = format!("it is longer than {} kB, and no program", TEXT_BYTES_MAX / 1_000);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    String::from_utf8(bytes).map_err(|_| {
        io::Error::new(io::ErrorKind::InvalidData, "stream did not contain valid UTF-8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if a file is read to its end, wherever that is.
    #[test]
    fn an_argument_is_a_puzzle_a_file_or_a_text() {
        for (name, about, text) in PUZZLES {
            let puzzle = Puzzle::read(name).unwrap();
            assert_eq!(puzzle.text, text);
            assert!(compile(text, 1).is_ok() && compile(text, 3).is_ok(), "{name}: {about}");
        }
        assert_eq!(Puzzle::read("x = x * 2").unwrap().text, "x = x * 2");
        for (argument, says) in [
            ("conter", "'conter' is no puzzle, no file, and no program"),
            ("/", "cannot read '/'"),
            ("/dev/zero", "cannot read '/dev/zero': it is longer than 200 kB, and no program"),
        ] {
            let error = Puzzle::read(argument).unwrap_err();
            assert!(error.to_string().starts_with(says), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }
}
