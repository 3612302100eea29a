//! Bytes that a server, which may be anybody's, may send to the lab's clients.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = lab_core::work::io::http::fuzz_response(data);
});
