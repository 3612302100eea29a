//! The tests' own web server: HTTP/1.0, a connection for each page, plain std.
//!
//! It counts, and it can hold answers back from a certain request on. While it does, whoever asked
//! is known to be in the middle of its work.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use crate::program::{PATIENCE, eventually};

/// A server, until it is dropped.
pub(crate) struct Web {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    asked: usize,
    /// The first request that is held back.
    hold_from: usize,
}

impl Web {
    /// Answers the first `answered` requests, and holds all others back.
    pub(crate) fn answering(answered: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let state = Mutex::new(State { asked: 0, hold_from: answered });
        let shared = Arc::new(Shared { state, changed: Condvar::new() });
        // Listens until the test's process ends; the threads are in nobody's way.
        let own = Arc::clone(&shared);
        std::thread::spawn(move || own.listen(&listener));
        Self { url, shared }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many requests have come.
    pub(crate) fn asked(&self) -> usize {
        self.shared.lock().asked
    }

    /// Waits until at least `count` requests have come.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) {
        eventually("the program asks", || self.asked() >= count);
    }

    /// Answers what was held back, and everything from now on.
    pub(crate) fn release(&self) {
        self.shared.lock().hold_from = usize::MAX;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn listen(self: Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming().map(Result::unwrap) {
            let shared = Arc::clone(&self);
            std::thread::spawn(move || shared.converse(&stream));
        }
    }

    fn converse(&self, mut stream: &TcpStream) {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            // Connections that are opened and not used are none of its business.
            if !matches!(stream.read(&mut byte), Ok(1)) {
                return;
            }
            request.extend(byte);
        }
        let mut state = self.lock();
        let number = state.asked;
        state.asked += 1;
        while number >= state.hold_from {
            let (woken, waited) = self.changed.wait_timeout(state, PATIENCE).unwrap();
            state = woken;
            if waited.timed_out() {
                return;
            }
        }
        drop(state);
        let answer = format!("HTTP/1.0 200 OK\r\nX-Number: {number}\r\n\r\npage {number}");
        // A client that was killed meanwhile does not read it.
        drop(stream.write_all(answer.as_bytes()));
    }
}
