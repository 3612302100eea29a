//! A server in a process of its own, which lives exactly as long as its [`ServerProcess`].
//!
//! # The life of a server process
//!
//! 1. [`spawn`](ServerProcess::spawn) runs the current program again, as `serve --until-eof`, in a
//!    process group of its own: Ctrl-C at the terminal is for the program that started it.
//! 2. The child prints the address it listens on. That line is waited for, at most
//!    [`START_TIMEOUT`].
//! 3. Dropping the value kills the child and reaps it.
//! 4. Should the parent end without dropping anything (a kill -9), the pipe to the child's
//!    standard input closes with it, and the child leaves at its end.
//!
//! Read after [`super`].

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{LISTENING, ServerConfig, ServerUsage, pages};
use crate::lab::io::target::Target;
use crate::lab::{LabError, Result};

/// How long the child may take to listen. It needs a few milliseconds; a machine that needs ten
/// seconds for them measures nothing worth knowing.
pub const START_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the answer to `/cpu` may take.
const USAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// A server in another process; dropping it ends that process.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
}

impl ServerProcess {
    /// Starts a server and waits until it listens.
    ///
    /// The program must hand the arguments of [`ServerConfig::to_args`] to [`super::serve`].
    ///
    /// # Errors
    ///
    /// One line that says why no server listens, in the child's own words if it left any.
    pub fn spawn(config: &ServerConfig) -> Result<Self> {
        let fail = |why: String| LabError::failed("the i/o server did not start", why);
        let config = ServerConfig { until_eof: true, ..config.clone() };
        let program = std::env::current_exe().map_err(|error| fail(error.to_string()))?;
        let child = Command::new(program)
            .args(config.to_args())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| fail(error.to_string()))?;
        // From here on the child is killed and reaped whatever happens, because it has an owner.
        let mut server = Self { child, address: SocketAddr::from(([0; 4], 0)) };
        match server.first_line().as_deref().map(parse_line) {
            Some(Some(address)) => server.address = address,
            Some(None) => return Err(fail("it printed something else than its address".into())),
            None => return Err(fail(server.last_words())),
        }
        Ok(server)
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process of the server.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The server's pages, in the order in which the notes' programs fetch them in turn.
    pub fn targets(&self) -> Vec<Target> {
        pages::all().iter().map(|content| Target::ours(self.address, content)).collect()
    }

    /// What the server has used and done so far.
    ///
    /// # Errors
    ///
    /// One line, if the server does not answer.
    pub fn cpu(&self) -> Result<ServerUsage> {
        self.ask_usage().map_err(|error| LabError::failed("the i/o server's accounts", error))
    }

    fn ask_usage(&self) -> io::Result<ServerUsage> {
        let mut stream = TcpStream::connect_timeout(&self.address, USAGE_TIMEOUT)?;
        stream.set_read_timeout(Some(USAGE_TIMEOUT))?;
        // In HTTP/1.0 the answer ends where the connection does.
        stream.write_all(b"GET /cpu HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer
            .split_once("\r\n\r\n")
            .ok_or_else(|| io::Error::other("the answer has no body"))?;
        Ok(serde_json::from_str(body)?)
    }

    /// The first line that the child prints, or nothing if it ends or is silent for too long.
    fn first_line(&mut self) -> Option<String> {
        let stdout = self.child.stdout.take().expect("the child's output was piped");
        let (sender, receiver) = mpsc::channel();
        // A pipe cannot be read with a time limit, so a thread reads it. It ends with the line,
        // or with the child, which is killed below.
        let reader = thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(stdout.take(LINE_LEN_MAX)).read_line(&mut line);
            // An error means that nobody waits any more.
            drop(sender.send(read.map(|_| line)));
        });
        let line = receiver.recv_timeout(START_TIMEOUT);
        if line.is_err() {
            self.kill();
        }
        // An error would be a panic of a thread that has none in it.
        drop(reader.join());
        line.ok()?.ok().filter(|line| !line.is_empty())
    }

    /// Why the child left without a word on its output.
    fn last_words(&mut self) -> String {
        self.kill();
        let mut words = String::new();
        if let Some(stderr) = self.child.stderr.take() {
            // What cannot be read is not quoted.
            drop(stderr.take(LINE_LEN_MAX).read_to_string(&mut words));
        }
        let line = words.lines().find(|line| !line.trim().is_empty());
        line.map_or_else(|| "it ended or hung without a word".to_owned(), str::to_owned)
    }

    /// Ends the child, if it has not ended, and reaps it.
    fn kill(&mut self) {
        // Errors mean that it has been reaped already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The longest line that is read of a child: one that says an address or an error is shorter.
const LINE_LEN_MAX: u64 = 1024;

fn parse_line(line: &str) -> Option<SocketAddr> {
    line.strip_prefix(LISTENING)?.trim_end().strip_prefix("http://")?.parse().ok()
}
