//! What a program says that is asked which Python it is.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = lab::measure::python::find::fuzz_who(data);
});
