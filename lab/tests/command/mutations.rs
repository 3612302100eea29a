//! Files and messages, broken by a seeded hand, never break a reader: see `tests/support/mutate.rs`.

#[path = "../../../tests/support/mutate.rs"]
mod mutate;

use lab::measure::conversation::fuzz_replies;
use lab::measure::python::find::fuzz_who;
use lab_core::look::fuzz::fuzz_trace;
use lab_core::work::io::http::fuzz_response;
use lab_core::work::server::fuzz_request;
use mutate::{Damage, OFTEN, ROUNDS, SELDOM, check_corpus, check_mutations};

/// A trace is looked at in seven ways, which takes its time.
const VIEWED: u64 = ROUNDS / 8;

#[test]
fn mutated_answers_never_break_the_decoder() {
    check_mutations("http_response", Damage::Any, (ROUNDS, OFTEN), |data| {
        fuzz_response(data).is_ok()
    });
}

#[test]
fn mutated_requests_never_break_the_parser() {
    check_mutations("http_request", Damage::Any, (ROUNDS, OFTEN), |data| fuzz_request(data) > 0);
}

#[test]
fn mutated_replies_of_an_arm_never_break_the_conversation() {
    check_mutations("reply", Damage::Any, (ROUNDS, SELDOM), |data| fuzz_replies(data) > 0);
}

#[test]
fn a_mutated_python_is_a_python_or_none() {
    check_mutations("who", Damage::Any, (ROUNDS, SELDOM), fuzz_who);
}

#[test]
fn mutated_traces_never_break_the_reader_the_checker_nor_a_view() {
    check_mutations("trace", Damage::Any, (VIEWED, SELDOM), fuzz_trace);
}

#[test]
fn traces_of_damaged_words_never_break_the_reader_the_checker_nor_a_view() {
    check_mutations("trace", Damage::Words, (VIEWED, SELDOM), fuzz_trace);
}

#[test]
fn the_corpus_itself_is_read() {
    check_corpus("http_response", |data| fuzz_response(data).is_ok());
    check_corpus("http_request", |data| fuzz_request(data) > 0);
    check_corpus("reply", |data| fuzz_replies(data) > 0);
    check_corpus("who", fuzz_who);
    check_corpus("trace", fuzz_trace);
}
