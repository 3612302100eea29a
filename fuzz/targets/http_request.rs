//! Bytes that a client may send to the lab's server.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = lab_core::work::server::fuzz_request(data);
});
