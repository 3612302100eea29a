//! A task that never awaits, and one whose awaits never wait: nobody takes the processor from a
//! task, so the one must offer it, and the other must be made to. That is what a budget is for.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};

use crate::ask::experiment::kit::prelude::*;
use crate::ask::experiment::tasks::neighbour;
use trainyard::coop::net::TcpStream;
use trainyard::coop::{Builder, yield_now};

pub(super) const DESIGN: Design = Design::new(include_str!("starved_loop.md"), measure)
    .twin(
        concat!(include_str!("neighbour.py"), "\n\n", include_str!("starved_loop.py")),
        |python, _| python.has_tasks(),
    )
    .relations(&[
        counting("no-await-no-turn", &that(|[turns]| is(turns, 0))),
        counting("a-turn-for-each-await", &that(|[turns]| is_about(turns, 200.0))),
        // A thousand reads, and a budget of 128 for each poll.
        counting("the-budget-lets-others-in", &that(|[turns]| is_about(turns, 7.0))).of_ours(),
    ]);

fn measure(cell: &Cell) -> Result<Figures> {
    let failed = |why: io::Error| LabError::failed("a task", why);
    let budget = u32::try_from(cell.count("budget")).unwrap_or(u32::MAX);
    let mut runtime = Builder::new().budget(budget).build().map_err(failed)?;
    runtime.block_on(async {
        let mut socket = full_socket(cell.count("bytes")).await.map_err(failed)?;
        let work = async {
            match cell.word("does") {
                "reads" => read_all(&mut socket, cell.count("bytes")).await,
                does => {
                    compute(cell.count("steps"), does).await;
                    Ok(())
                }
            }
        };
        let (done, figures) = neighbour::beside(work).await?;
        done.map_err(failed).map(|()| figures)
    })
}

/// A socket with `len` bytes to read: they fit into the kernel's buffer.
async fn full_socket(len: usize) -> io::Result<TcpStream> {
    let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let socket = TcpStream::connect(listener.local_addr()?).await?;
    let (mut peer, _) = listener.accept()?;
    peer.write_all(&vec![0; len])?;
    Ok(socket)
}

async fn compute(steps: usize, does: &str) {
    for _ in 0..steps {
        Task::Pi.call_bare();
        if does == "yields" {
            yield_now().await;
        }
    }
}

async fn read_all(socket: &mut TcpStream, len: usize) -> io::Result<()> {
    for _ in 0..len {
        if socket.read(&mut [0]).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

/// The last turn may or may not fall into the time that is watched.
fn is_about(turns: f64, expected: f64) -> bool {
    (turns - expected).abs() < 1.5
}
