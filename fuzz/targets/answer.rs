//! What a worker process, or something in it, may answer to a job.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = trainyard::procs::fuzz_answer(data);
});
