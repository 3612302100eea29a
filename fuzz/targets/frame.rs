//! Bytes that something in a worker process may have written into its socket.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = trainyard::procs::fuzz_frame(data);
});
