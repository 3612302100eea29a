//! Files and messages, broken by a seeded hand, never break a reader: see `tests/support/mutate.rs`.

#[path = "../../../tests/support/mutate.rs"]
mod mutate;

use lab_core::work::io::http::fuzz_response;
use lab_core::work::server::fuzz_request;
use mutate::{ROUNDS, corpus, mutate};

#[test]
fn mutated_answers_never_break_the_decoder() {
    let (read, refused) = mutate("http_response", |data| fuzz_response(data).is_ok());
    // Neither outcome may be so rare that the test says nothing about it.
    assert!(read > ROUNDS / 10 && refused > ROUNDS / 10, "{read} read, {refused} refused");
}

#[test]
fn mutated_requests_never_break_the_parser() {
    let (read, refused) = mutate("http_request", |data| fuzz_request(data) > 0);
    assert!(read > ROUNDS / 10 && refused > ROUNDS / 10, "{read} read, {refused} refused");
}

#[test]
fn the_corpus_itself_is_read() {
    for data in corpus("http_response") {
        assert!(fuzz_response(&data).is_ok(), "{}", data.escape_ascii());
    }
    for data in corpus("http_request") {
        assert!(fuzz_request(&data) > 0, "{}", data.escape_ascii());
    }
}
