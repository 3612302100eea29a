//! When the process has no descriptors left: one test, [`alone`] in a process that it
//! starves.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use trainyard::coop;
use trainyard::coop::net::TcpListener;
use trainyard::sys::rusage::{Whose, usage};

use crate::alone::alone;

fn processor_time() -> Duration {
    let usage = usage(Whose::Thread).expect("every Linux has the account");
    usage.user + usage.system
}

/// Fails (hangs) if `accept` returns to waiting for an event after `EMFILE`, and by its processor
/// time if it tries again at once.
#[test]
fn a_listener_without_descriptors_pauses_and_then_accepts() {
    alone("descriptors::a_listener_without_descriptors_pauses_and_then_accepts", || {
        coop::run(async {
            let mut listener =
                TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
            let address = listener.local_addr().unwrap();
            let peer = std::net::TcpStream::connect(address).unwrap();

            let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
            setrlimit(Resource::RLIMIT_NOFILE, 64, hard).unwrap();
            let files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
            assert!(!files.is_empty());

            let before = processor_time();
            let starved = Duration::from_millis(250);
            assert!(
                coop::timeout(starved, listener.accept()).await.is_err(),
                "nothing to accept with"
            );
            let used = processor_time().saturating_sub(before);
            assert!(used < starved / 5, "{used:?} of processor time in {starved:?} of pause");

            drop(files);
            let (_, accepted) = listener.accept().await.unwrap();
            assert_eq!(accepted, peer.local_addr().unwrap());
        });
    });
}
