//! Foreign bytes, broken by a seeded hand, never break a reader: see `tests/support/mutate.rs`.

#[path = "../support/mutate.rs"]
mod mutate;

use std::fs;
use std::path::Path;

use mutate::{Damage, OFTEN, ROUNDS, SELDOM, check_corpus, check_mutations};
#[cfg(feature = "serde")]
use trainyard::procs::fuzz_answer;
use trainyard::procs::fuzz_frame;
use trainyard::trace::file::fuzz_file;
use trainyard::vm::fuzz_program;

#[test]
fn mutated_frames_never_break_the_decoder() {
    check_mutations("frame", Damage::Any, (ROUNDS, OFTEN), |data| fuzz_frame(data) > 0);
}

#[cfg(feature = "serde")]
#[test]
fn mutated_answers_of_workers_never_break_the_decoder() {
    check_mutations("answer", Damage::Any, (ROUNDS, SELDOM), fuzz_answer);
}

#[test]
fn mutated_flight_files_never_break_the_reader() {
    check_mutations("flight", Damage::Any, (ROUNDS, SELDOM), |data| fuzz_file(data).is_some());
}

#[test]
fn mutated_programs_never_break_the_compiler_nor_the_machine() {
    check_mutations("program", Damage::Any, (ROUNDS, SELDOM), fuzz_program);
}

#[test]
fn flight_files_of_damaged_words_never_break_the_reader() {
    check_mutations("flight", Damage::Words, (ROUNDS, SELDOM), |data| fuzz_file(data).is_some());
}

#[test]
fn the_corpus_itself_is_read() {
    check_corpus("frame", |data| fuzz_frame(data) > 0);
    #[cfg(feature = "serde")]
    check_corpus("answer", fuzz_answer);
    check_corpus("flight", |data| fuzz_file(data).is_some());
    check_corpus("program", fuzz_program);
}

/// Fails if a target is forgotten in one of the places that belong to it.
#[test]
fn every_fuzz_target_has_its_entry_and_its_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for entry in fs::read_dir(folder.join("targets")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let lines = format!("[[bin]]\nname = \"{name}\"\npath = \"targets/{name}.rs\"\n");
        assert!(manifest.contains(&lines), "fuzz/Cargo.toml lacks {name}");
        let seeds = fs::read_dir(folder.join("corpus").join(name)).unwrap();
        assert!(seeds.count() > 0, "{name} has no seed");
    }
}
