//! A server in a process of its own, which lives exactly as long as its [`ServerProcess`].
//!
//! [`spawn`](ServerProcess::spawn) runs the current program again, as `serve --until-eof`, in a
//! process group of its own: Ctrl-C at the terminal is for the program that started it. Dropping the
//! value kills the child and reaps it. Should the parent end without dropping anything (a kill -9),
//! the pipe to the child's standard input closes with it, and the child leaves.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::{LISTENING, ServerConfig, ServerUsage};
use crate::terms::error::{LabError, Result};
use trainyard::sys::child::{self, Heard};

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
    /// Starts a server and waits until it listens, at most for `timeout`.
    ///
    /// The program must hand the arguments of [`ServerConfig::to_args`] to [`super::serve`].
    pub fn spawn(config: &ServerConfig, timeout: Duration) -> Result<Self> {
        let failed = |why: io::Error| LabError::failed("the i/o server did not start", why);
        let config = ServerConfig { until_eof: true, ..config.clone() };
        let mut command = child::own_program();
        command.args(config.to_args()).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = child::start(&mut command).map_err(failed)?;
        // From here on the child is killed and reaped whatever happens, because it has an owner.
        let mut server = Self { child, address: SocketAddr::from(([0; 4], 0)) };
        let line = server.first_line(timeout).map_err(failed)?;
        let not_one = || failed(io::Error::other(format!("it printed {line:?}, not its address")));
        let address = line.trim_end().strip_prefix(LISTENING).and_then(|text| text.parse().ok());
        server.address = address.ok_or_else(not_one)?;
        Ok(server)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn cpu(&self) -> io::Result<ServerUsage> {
        let mut stream = TcpStream::connect_timeout(&self.address, USAGE_TIMEOUT)?;
        stream.set_read_timeout(Some(USAGE_TIMEOUT))?;
        // In HTTP/1.0 the answer ends where the connection does.
        stream.write_all(b"GET /cpu HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        Ok(serde_json::from_str(body)?)
    }

    /// The first line that the child prints. An error is the child's own, if it printed one.
    fn first_line(&mut self, timeout: Duration) -> io::Result<String> {
        let mut stdout = self.child.stdout.take().expect("the child's output is a pipe");
        let mut said = Vec::new();
        let is_line = |said: &[u8]| said.ends_with(b"\n") || said.len() as u64 > LINE_LEN_MAX;
        match child::hear(&mut stdout, timeout, &mut said, is_line)? {
            Heard::Enough => Ok(String::from_utf8_lossy(&said).into_owned()),
            Heard::Everything => Err(self.last_words("it ended at once".to_owned())),
            Heard::Silence => Err(self.last_words(format!("it did not listen within {timeout:?}"))),
        }
    }

    /// What the child complained about before it ended, or `otherwise`.
    fn last_words(&mut self, otherwise: String) -> io::Error {
        self.kill();
        let mut words = Vec::new();
        if let Some(stderr) = self.child.stderr.take() {
            // What cannot be read cannot be quoted.
            drop(stderr.take(LINE_LEN_MAX).read_to_end(&mut words));
        }
        let words = String::from_utf8_lossy(&words);
        let line = words.lines().find(|line| !line.trim().is_empty());
        io::Error::other(line.map_or(otherwise, str::to_owned))
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
