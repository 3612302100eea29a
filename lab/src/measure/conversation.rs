//! What the conductor and an arm say to each other: a line of JSON each way.
//!
//! Lines of JSON, because a person can read them, and an arm need not be a program of ours. A
//! recording follows its line in the form of a trace file.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use lab_core::terms::{LabError, Outcome, Result};
use lab_core::work::arm::Setup;
use trainyard::sys::limits;
use trainyard::trace::Recording;
use trainyard::trace::file::{Facts, Run, Trace};

/// A thousand times the longest line: one that goes on longer has no end.
const LINE_BYTES_MAX: usize = 1 << 24;

/// What an arm is asked.
#[derive(Debug, Serialize, Deserialize)]
pub enum Question {
    /// Bring everything up.
    Start(Box<Setup>),
    /// Do the work once, and say how long it took.
    Round,
    /// Do the work once, and say what happened.
    Record,
}

/// What an arm answers.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// Everything is up.
    Started {
        /// How long that took, in nanoseconds.
        startup_ns: u64,
    },
    /// The work is done.
    Done(Outcome),
    /// The work is done, and a trace file follows this line.
    Recorded {
        /// Its length.
        bytes: usize,
    },
    /// It could not be done.
    Failed(LabError),
}

/// More than the rings of a thousand threads hold; a longer recording is a broken one.
const BYTES_MAX: usize = 1 << 31;

/// One end of the conversation.
#[derive(Debug)]
pub struct Socket {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Socket {
    /// Takes over a connected socket.
    ///
    /// # Errors
    ///
    /// Fails if descriptors are used up.
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        let writer = stream.try_clone().map_err(limits::of_call("fcntl(F_DUPFD_CLOEXEC)"))?;
        Ok(Self { reader: BufReader::new(stream), writer })
    }

    /// Says one message.
    ///
    /// # Errors
    ///
    /// Fails if the other end is gone.
    pub fn say(&mut self, message: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(message).map_err(|error| broken(error.into()))?;
        line.push(b'\n');
        self.writer.write_all(&line).map_err(broken)
    }

    /// Waits for the next message, however long; `None` when there will be none.
    ///
    /// # Errors
    ///
    /// Fails if something else came.
    pub fn hear<M: DeserializeOwned>(&mut self) -> Result<Option<M>> {
        self.hear_within(|_| Ok(()))
    }

    /// As [`hear`](Self::hear), but `wait` sleeps before each read that may sleep, and may call
    /// it off: half a message says nothing about when the other half comes.
    ///
    /// # Errors
    ///
    /// Fails if `wait` does, or something else came.
    pub fn hear_within<M: DeserializeOwned>(
        &mut self,
        mut wait: impl FnMut(BorrowedFd<'_>) -> Result<()>,
    ) -> Result<Option<M>> {
        let Self { reader, writer } = self;
        message(reader, || wait(writer.as_fd()))
    }

    /// Says a [`Reply::Recorded`], and the recording.
    ///
    /// # Errors
    ///
    /// Fails if the conductor is gone.
    pub fn say_recording(&mut self, recording: Recording) -> Result<()> {
        let run = Run { about: Facts::default(), recording };
        let mut bytes = Vec::new();
        Trace::of(Facts::default(), vec![run]).write_to(&mut bytes).map_err(broken)?;
        self.say(&Reply::Recorded { bytes: bytes.len() })?;
        self.writer.write_all(&bytes).map_err(broken)
    }

    /// Reads the `count` bytes that follow a [`Reply::Recorded`]; `None` if the arm is gone before
    /// the last. As in [`hear_within`](Self::hear_within), `wait` sleeps and may call it off.
    ///
    /// # Errors
    ///
    /// Fails if `wait` does, or what the arm sends is no trace.
    pub fn hear_recording(
        &mut self,
        count: usize,
        mut wait: impl FnMut(BorrowedFd<'_>) -> Result<()>,
    ) -> Result<Option<Recording>> {
        let Self { reader, writer } = self;
        recording(reader, count, || wait(writer.as_fd()))
    }
}

/// Reads a line; `None` when there is nothing more, or half a line: whoever wrote it ended over it.
fn message<M: DeserializeOwned>(
    reader: &mut BufReader<impl Read>,
    mut wait: impl FnMut() -> Result<()>,
) -> Result<Option<M>> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        let Some(came) = next_bytes(reader, &mut wait)? else { return Ok(None) };
        let end = came.iter().position(|byte| *byte == b'\n');
        let len = end.map_or(came.len(), |end| end + 1);
        line.extend_from_slice(&came[..len]);
        reader.consume(len);
        if line.len() > LINE_BYTES_MAX {
            return Err(broken(io::Error::other("a line is too long")));
        }
    }
    serde_json::from_slice(&line).map(Some).map_err(|error| broken(error.into()))
}

/// What has come, after a `wait` if that is nothing; `None` when there will be nothing more.
fn next_bytes<'a>(
    reader: &'a mut BufReader<impl Read>,
    wait: &mut impl FnMut() -> Result<()>,
) -> Result<Option<&'a [u8]>> {
    if reader.buffer().is_empty() {
        wait()?;
    }
    match reader.fill_buf() {
        Ok(came) => Ok(Some(came).filter(|came| !came.is_empty())),
        // A process that ends with something unread in its socket resets it.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(None),
        Err(error) => Err(broken(error)),
    }
}

/// Reads `count` bytes that are a trace. They are kept as they come, however many are announced.
fn recording(
    reader: &mut BufReader<impl Read>,
    count: usize,
    mut wait: impl FnMut() -> Result<()>,
) -> Result<Option<Recording>> {
    if count > BYTES_MAX {
        return Err(broken(io::Error::other("a recording is too long")));
    }
    let mut bytes = Vec::new();
    while bytes.len() < count {
        let Some(came) = next_bytes(reader, &mut wait)? else { return Ok(None) };
        let len = came.len().min(count - bytes.len());
        bytes.extend_from_slice(&came[..len]);
        reader.consume(len);
    }
    let trace = Trace::from_bytes(&bytes).map_err(|why| broken(io::Error::other(why)))?;
    Ok(trace.runs.into_iter().next().map(|run| run.recording))
}

/// Reads `data` as what an arm says, up to its first wrong word, and says how many answers there
/// were. Fuzzers call it.
#[doc(hidden)]
pub fn fuzz_replies(data: &[u8]) -> usize {
    let mut reader = BufReader::with_capacity(16, data);
    let mut count = 0;
    while let Ok(Some(reply)) = message::<Reply>(&mut reader, || Ok(())) {
        if let Reply::Recorded { bytes } = reply
            && !matches!(recording(&mut reader, bytes, || Ok(())), Ok(Some(_)))
        {
            break;
        }
        count += 1;
    }
    count
}

impl AsFd for Socket {
    /// What the conductor polls. Nothing is buffered between answers: an arm speaks when asked.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.writer.as_fd()
    }
}

fn broken(error: io::Error) -> LabError {
    LabError::failed("the conversation with an arm broke off", error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainyard::trace::{Event, Kind, Track};

    fn pair() -> (Socket, Socket) {
        let (one, other) = UnixStream::pair().unwrap();
        (Socket::new(one).unwrap(), Socket::new(other).unwrap())
    }

    #[test]
    fn a_question_gets_its_answer_and_a_recording_arrives_whole() {
        let (mut conductor, mut arm) = pair();
        conductor.say(&Question::Round).unwrap();
        assert!(matches!(arm.hear().unwrap(), Some(Question::Round)));
        let outcome = Outcome { wall_ns: 1, units: 2, checksum: u64::MAX, gil: None };
        arm.say(&Reply::Done(outcome.clone())).unwrap();
        let Some(Reply::Done(received)) = conductor.hear().unwrap() else { panic!("no answer") };
        assert_eq!(received, outcome);
        let event = Event { time_ns: 5, track: 1, kind: Kind::UnitBegin, cpu: 1, a: 2, b: 3 };
        let recording = Recording {
            begin_ns: 1,
            end_ns: 9,
            events: vec![event; 3],
            tracks: vec![Track { number: 1, name: "worker-0".to_owned(), pid: 7, overwritten: 4 }],
        };
        arm.say_recording(recording.clone()).unwrap();
        let Some(Reply::Recorded { bytes }) = conductor.hear().unwrap() else { panic!("nothing") };
        let received = conductor.hear_recording(bytes, |_| Ok(())).unwrap();
        assert_eq!(received, Some(recording));
    }

    /// What an arm wrote before it ended, and whether what is heard of it is its end.
    #[test]
    fn the_end_of_the_other_side_is_no_error_and_rubbish_is_one() {
        let heard = |written: &[u8]| {
            let (mut conductor, mut arm) = pair();
            arm.writer.write_all(written).unwrap();
            drop(arm);
            conductor.hear::<Reply>().map(|reply| reply.is_none())
        };
        assert_eq!(heard(b""), Ok(true));
        assert_eq!(heard(b"{\"Started\":{\"start"), Ok(true), "it ended over a line");
        assert!(heard(b"hello\n").is_err());
        let (mut conductor, mut arm) = pair();
        arm.writer.write_all(&[0; 40]).unwrap();
        drop(arm);
        assert_eq!(conductor.hear_recording(64, |_| Ok(())), Ok(None), "it ended over a recording");
        let (mut conductor, mut arm) = pair();
        arm.writer.write_all(b"{\"Started\":").unwrap();
        let mut waits = 0;
        let called_off = conductor.hear_within::<Reply>(|_| {
            waits += 1;
            if waits > 1 { Err(LabError::Interrupted) } else { Ok(()) }
        });
        assert_eq!(called_off.err(), Some(LabError::Interrupted), "half a line, and no more");
        let (mut conductor, _arm) = pair();
        let called_off = conductor.hear_recording(64, |_| Err(LabError::Interrupted));
        assert_eq!(called_off.err(), Some(LabError::Interrupted));
    }

    /// Fails if a line is read whatever its length, or room is made for whatever is announced.
    #[test]
    fn what_an_arm_announces_is_not_believed() {
        let line = message::<Reply>(&mut BufReader::new(io::repeat(b' ')), || Ok(()));
        let says = "the conversation with an arm broke off: a line is too long";
        assert_eq!(line.unwrap_err().to_string(), says);
        let mut few = BufReader::new(&[0; 40][..]);
        assert!(recording(&mut few, BYTES_MAX, || Ok(())).unwrap().is_none());
        assert!(recording(&mut few, BYTES_MAX + 1, || Ok(())).is_err());
    }
}
