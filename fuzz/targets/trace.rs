//! A file that may be a recording, and every view of what is in it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = lab_core::look::fuzz::fuzz_trace(data);
});
