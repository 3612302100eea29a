//! Foreign bytes, broken by a seeded hand, never break a reader: see `tests/support/mutate.rs`.

#[path = "support/mutate.rs"]
mod mutate;

use mutate::{check_corpus, check_mutations};
use trainyard::procs::{fuzz_answer, fuzz_frame};
use trainyard::trace::file::fuzz_file;
use trainyard::vm::fuzz_program;

#[test]
fn mutated_frames_never_break_the_decoder() {
    check_mutations("frame", |data| fuzz_frame(data) > 0);
}

#[test]
fn mutated_answers_of_workers_never_break_the_decoder() {
    check_mutations("answer", fuzz_answer);
}

#[test]
fn mutated_flight_files_never_break_the_reader() {
    check_mutations("flight", |data| fuzz_file(data).is_some());
}

#[test]
fn mutated_programs_never_break_the_compiler_nor_the_machine() {
    check_mutations("program", fuzz_program);
}

#[test]
fn the_corpus_itself_is_read() {
    check_corpus("frame", |data| fuzz_frame(data) > 0);
    check_corpus("answer", fuzz_answer);
    check_corpus("flight", |data| fuzz_file(data).is_some());
    check_corpus("program", fuzz_program);
}
