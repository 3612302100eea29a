//! Threads that are started on demand, in every order of the steps; and the twins, which must fail.

use crate::interleave::protocols::starts;
use crate::interleave::{check_breaks, check_holds};

#[test]
fn two_jobs_that_wait_for_each_other_have_two_threads() {
    check_holds(starts::correct().check(starts::always, starts::finally), 30);
}

#[test]
fn a_thread_that_arrives_with_a_job_is_relied_on_for_another() {
    let twin = starts::arrives_with_a_job();
    check_breaks(
        twin.check(starts::always, starts::finally),
        "deadlock",
        &[
            "   submitter              submitter 2            thread             thread 2",
            "1  queue-job",
            "2  start-if-nobody-looks",
            "3                         queue-job",
            "4                                                be-started",
            "5                                                take-job-or-sleep",
            "6                         start-if-nobody-looks",
            "7                                                arrive-in-pool",
            ".                                                (meet-the-other)   (be-started)",
        ],
    );
}

#[test]
fn a_submitter_that_looks_before_it_queues_relies_on_a_thread_that_gets_another_job() {
    let twin = starts::looks_before_it_queues();
    check_breaks(
        twin.check(starts::always, starts::finally),
        "deadlock",
        &[
            "   submitter              submitter 2            thread             thread 2",
            "1  start-if-nobody-looks",
            "2                         start-if-nobody-looks",
            "3  queue-job",
            "4                         queue-job",
            "5                                                be-started",
            "6                                                arrive-in-pool",
            "7                                                take-job-or-sleep",
            ".                                                (meet-the-other)   (be-started)",
        ],
    );
}
