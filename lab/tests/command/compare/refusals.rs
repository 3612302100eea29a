//! Bad input: one clear first line, exit code 2, nothing on standard output, nothing started.

use std::fs;
use std::net::TcpListener;

use crate::program::{check_refused, names};
use crate::web::Web;

/// What can be seen in the arguments alone is refused as `lab/src/command/refused.txt` says.
#[test]
fn bad_input_is_refused_with_one_clear_line() {
    check_refused("compare disk", "unknown workload 'disk'; the workloads are io and cpu");
    check_refused("compare --format json --export-csv -", "standard output holds one document");
    check_refused("compare --python=/bin/true", "--python '/bin/true' is no Python: it does not");
    check_refused("compare --python /no/such", "--python '/no/such' cannot be run: No such file");
    check_refused("compare --python /", "--python '/' cannot be run: ");
    check_refused("__arm", "`__arm` is what `compare` starts, not a user");
}

#[test]
fn a_processor_that_is_not_there_is_refused_even_beside_one_that_is() {
    let missing = "--affinity: sched_setaffinity: processor 1023 is not there";
    check_refused("compare --affinity 1023", missing);
    check_refused("compare --affinity 0-1,1023", "--affinity: sched_setaffinity: processor ");
}

#[test]
fn a_url_that_nobody_answers_is_named_with_the_reason_before_anything_is_asked() {
    // Bound and not listened at, the port stays free for the length of the test.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = format!("http://{}/", taken.local_addr().unwrap());
    drop(taken);
    let reason = format!("cannot connect to {refused}: Connection refused");
    check_refused(&format!("compare io --url {refused}"), &reason);
    // Not after minutes of computing, and not after the first half of the pages.
    let web = Web::answering(usize::MAX);
    let line = format!("compare cpu io --runs 10000 --url {} --url {refused}", web.url());
    check_refused(&line, &reason);
    assert_eq!(web.asked(), 0);
    check_refused("compare io --url http://[::1", "");
}

#[test]
fn a_file_that_cannot_be_written_is_noticed_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept.json");
    fs::write(&kept, "kept").unwrap();
    let web = Web::answering(usize::MAX);
    let below_a_file = format!("{}/result.csv", kept.display());
    for bad in ["/no/such/folder/result.csv", "/", &below_a_file] {
        let kept = kept.display();
        let line =
            format!("compare io --url {} --export-json {kept} --export-csv {bad}", web.url());
        check_refused(&line, &format!("cannot write to '{bad}': "));
    }
    assert_eq!(web.asked(), 0);
    assert_eq!(fs::read_to_string(&kept).unwrap(), "kept", "not a byte of it was touched");
    assert_eq!(names(folder.path()), ["kept.json"]);
}
