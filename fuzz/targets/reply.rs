//! What the process of a contender may say.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = lab::measure::conversation::fuzz_replies(data);
});
