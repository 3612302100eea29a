//! What the standard library leaves out about sockets.

use std::io;
use std::net::TcpListener;

use nix::sys::socket::{Backlog, listen};

use super::named;

/// Lets as many connections wait to be accepted as the system allows (`listen(2)`).
///
/// The standard library asks for 128. A client that opens more at once than are accepted in the
/// meantime finds its packets dropped, and tries again after a whole second.
///
/// # Errors
///
/// Never in practice: the socket listens already, and the limit is only raised.
pub fn deepen_backlog(listener: &TcpListener) -> io::Result<()> {
    listen(listener, Backlog::MAXALLOWABLE).map_err(named("listen"))
}
