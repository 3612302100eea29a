//! A file that may be a recording, whole or cut short.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = trainyard::trace::file::fuzz_file(data);
});
