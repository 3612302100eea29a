//! TCP for tasks: the calls of `std::net`, which let other tasks run where those would block.
//!
//! Read in this order: [`stream`], [`listener`].

pub mod listener;
pub mod stream;

pub use listener::TcpListener;
pub use stream::{ReadHalf, TcpStream, WriteHalf};
