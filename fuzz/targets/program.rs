//! A text that may be a program to race with.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = trainyard::vm::fuzz_program(data);
});
