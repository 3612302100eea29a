//! What the conductor and an arm say to each other: a line of JSON each way.
//!
//! Lines of JSON, because a person can read them, and an arm need not be a program of ours. A
//! recording follows its line in the form of a trace file.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use lab_core::terms::{LabError, Outcome, Result};
use lab_core::work::arm::Setup;
use trainyard::trace::Recording;
use trainyard::trace::file::{Facts, Run, Trace};

/// A thousand times the longest line: one that goes on longer has no end.
const LINE_BYTES_MAX: usize = 1 << 24;

/// More than the rings of a thousand threads hold; a longer recording is a broken one.
const RECORDING_BYTES_MAX: usize = 1 << 31;

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Question {
    /// Bring everything up.
    Start(Box<Setup>),
    /// Do the work once, and say how long it took.
    Round,
    /// Do the work once, and say what happened.
    Record,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// Everything is up, which took so long.
    Started {
        startup_ns: u64,
    },
    Done(Outcome),
    /// The work is done, and a trace file of this length follows the line.
    Recorded {
        bytes: usize,
    },
    /// It could not be done.
    Failed(LabError),
}

/// One end of the conversation.
#[derive(Debug)]
pub(super) struct Socket<R = UnixStream>(BufReader<R>);

/// Waits as long as it takes.
pub(super) const FOR_EVER: fn(&UnixStream) -> Result<()> = |_| Ok(());

impl Socket {
    /// Says one message; fails if the other end is gone.
    pub(super) fn say(&self, message: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(message).map_err(|error| broken(error.into()))?;
        line.push(b'\n');
        self.0.get_ref().write_all(&line).map_err(broken)
    }

    /// Says a [`Reply::Recorded`], and the recording.
    pub(super) fn say_recording(&self, recording: Recording) -> Result<()> {
        let run = Run { about: Facts::default(), recording };
        let mut bytes = Vec::new();
        Trace::of(Facts::default(), vec![run]).write_to(&mut bytes).map_err(broken)?;
        self.say(&Reply::Recorded { bytes: bytes.len() })?;
        self.0.get_ref().write_all(&bytes).map_err(broken)
    }
}

impl<R: Read> Socket<R> {
    pub(super) fn new(stream: R) -> Self {
        Self(BufReader::new(stream))
    }

    /// Returns the next message; `None` when there will be none, or half a line: whoever wrote it
    /// ended over it. `wait` sleeps before each read that may sleep, and may call it off: half a
    /// message says nothing about when the other half comes.
    pub(super) fn hear<M: DeserializeOwned>(
        &mut self,
        wait: impl Fn(&R) -> Result<()>,
    ) -> Result<Option<M>> {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            let Some(came) = self.next_bytes(&wait)? else { return Ok(None) };
            let end = came.iter().position(|byte| *byte == b'\n');
            let len = end.map_or(came.len(), |end| end + 1);
            line.extend_from_slice(&came[..len]);
            self.0.consume(len);
            if line.len() > LINE_BYTES_MAX {
                return Err(broken(io::Error::other("a line is too long")));
            }
        }
        serde_json::from_slice(&line).map(Some).map_err(|error| broken(error.into()))
    }

    /// Reads the `count` bytes that follow a [`Reply::Recorded`], as [`hear`](Self::hear) does; `None`
    /// if the arm is gone before the last. They are kept as they come, however many are announced.
    pub(super) fn hear_recording(
        &mut self,
        count: usize,
        wait: impl Fn(&R) -> Result<()>,
    ) -> Result<Option<Recording>> {
        if count > RECORDING_BYTES_MAX {
            return Err(broken(io::Error::other("a recording is too long")));
        }
        let mut bytes = Vec::new();
        while bytes.len() < count {
            let Some(came) = self.next_bytes(&wait)? else { return Ok(None) };
            let len = came.len().min(count - bytes.len());
            bytes.extend_from_slice(&came[..len]);
            self.0.consume(len);
        }
        let trace = Trace::from_bytes(&bytes).map_err(|why| broken(io::Error::other(why)))?;
        Ok(trace.runs.into_iter().next().map(|run| run.recording))
    }

    /// What has come, after a `wait` if that is nothing; `None` when there will be nothing more.
    fn next_bytes(&mut self, wait: impl Fn(&R) -> Result<()>) -> Result<Option<&[u8]>> {
        if self.0.buffer().is_empty() {
            wait(self.0.get_ref())?;
        }
        match self.0.fill_buf() {
            Ok(came) => Ok(Some(came).filter(|came| !came.is_empty())),
            // A process that ends with something unread in its socket resets it.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(None),
            Err(error) => Err(broken(error)),
        }
    }
}

/// Reads `data` as what an arm says, up to its first wrong word, and says how many answers there
/// were. Fuzzers call it.
#[doc(hidden)]
pub fn fuzz_replies(data: &[u8]) -> usize {
    let mut socket = Socket(BufReader::with_capacity(16, data));
    let mut count = 0;
    while let Ok(Some(reply)) = socket.hear::<Reply>(|_| Ok(())) {
        if let Reply::Recorded { bytes } = reply
            && !matches!(socket.hear_recording(bytes, |_| Ok(())), Ok(Some(_)))
        {
            break;
        }
        count += 1;
    }
    count
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
        (Socket::new(one), Socket::new(other))
    }

    #[test]
    fn a_question_gets_its_answer_and_a_recording_arrives_whole() {
        let (mut conductor, mut arm) = pair();
        conductor.say(&Question::Round).unwrap();
        assert!(matches!(arm.hear(FOR_EVER).unwrap(), Some(Question::Round)));
        let outcome = Outcome { wall_ns: 1, units: 2, checksum: u64::MAX, gil: None };
        arm.say(&Reply::Done(outcome.clone())).unwrap();
        let received = conductor.hear(FOR_EVER).unwrap();
        assert!(matches!(received, Some(Reply::Done(received)) if received == outcome));
        let event = Event { time_ns: 5, track: 1, kind: Kind::UnitBegin, cpu: 1, a: 2, b: 3 };
        let track = Track { number: 1, name: "worker-0".to_owned(), pid: 7, overwritten: 4 };
        let (events, tracks) = (vec![event; 3], vec![track]);
        let recording = Recording { begin_ns: 1, end_ns: 9, events, tracks };
        arm.say_recording(recording.clone()).unwrap();
        let Some(Reply::Recorded { bytes }) = conductor.hear(FOR_EVER).unwrap() else { panic!() };
        assert_eq!(conductor.hear_recording(bytes, FOR_EVER), Ok(Some(recording)));
    }

    /// What an arm wrote before it ended, and whether what is heard of it is its end.
    #[test]
    fn the_end_of_the_other_side_is_no_error_and_rubbish_is_one() {
        let heard = |written: &[u8], bytes: Option<usize>| {
            let (mut conductor, arm) = pair();
            arm.0.get_ref().write_all(written).unwrap();
            drop(arm);
            match bytes {
                None => conductor.hear::<Reply>(FOR_EVER).map(|reply| reply.is_none()),
                Some(count) => conductor.hear_recording(count, FOR_EVER).map(|it| it.is_none()),
            }
        };
        assert_eq!(heard(b"", None), Ok(true));
        assert_eq!(heard(b"{\"Started\":{\"start", None), Ok(true), "it ended over a line");
        assert!(heard(b"hello\n", None).is_err());
        assert_eq!(heard(&[0; 40], Some(64)), Ok(true), "it ended over a recording");
    }

    /// Fails if half a line is waited for without a look at anything else.
    #[test]
    fn a_wait_may_be_called_off_in_the_middle_of_a_message() {
        let (mut conductor, arm) = pair();
        arm.0.get_ref().write_all(b"{\"Started\":").unwrap();
        let waits = std::cell::Cell::new(0);
        let once = |_: &UnixStream| match waits.replace(1) {
            0 => Ok(()),
            _ => Err(LabError::Interrupted),
        };
        assert_eq!(conductor.hear::<Reply>(once).err(), Some(LabError::Interrupted));
        let (mut conductor, _arm) = pair();
        assert_eq!(conductor.hear_recording(64, once), Err(LabError::Interrupted));
    }

    /// Fails if a line is read whatever its length, or room is made for whatever is announced.
    #[test]
    fn what_an_arm_announces_is_not_believed() {
        let line = Socket::new(io::repeat(b' ')).hear::<Reply>(|_| Ok(()));
        let says = "the conversation with an arm broke off: a line is too long";
        assert_eq!(line.unwrap_err().to_string(), says);
        let mut few = Socket::new(&[0; 40][..]);
        assert!(few.hear_recording(RECORDING_BYTES_MAX, |_| Ok(())).unwrap().is_none());
        assert!(few.hear_recording(RECORDING_BYTES_MAX + 1, |_| Ok(())).is_err());
    }
}
