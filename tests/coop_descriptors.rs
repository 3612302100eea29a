//! When the process has no descriptors left: one test, alone in its process, which it starves.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use trainyard::coop;
use trainyard::coop::net::TcpListener;
use trainyard::sys::rusage::{Whose, usage};

/// Fails (hangs) if `accept` returns to waiting for an event after `EMFILE`, and by its processor
/// time if it tries again at once.
#[test]
fn a_listener_without_descriptors_pauses_and_then_accepts() {
    coop::run(async {
        let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let peer = std::net::TcpStream::connect(address).unwrap();

        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, 64, hard).unwrap();
        let hoard: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        assert!(!hoard.is_empty());

        let before = usage(Whose::Thread).unwrap();
        let starved = Duration::from_millis(250);
        assert!(coop::timeout(starved, listener.accept()).await.is_err(), "nothing to accept with");
        let after = usage(Whose::Thread).unwrap();
        let used = after.user + after.system - before.user - before.system;
        assert!(used < starved / 5, "{used:?} of processor time in {starved:?} of pause");

        drop(hoard);
        let (_, accepted) = listener.accept().await.unwrap();
        assert_eq!(accepted, peer.local_addr().unwrap());
    });
}
