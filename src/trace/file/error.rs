//! Why a file could not be read: one line for each reason.

use std::fmt;
use std::io;

use super::block;

/// Why a file could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The file itself cannot be read.
    File(io::Error),
    /// It is something else.
    NotATrace,
    /// It was written by a newer version.
    Newer {
        /// The version of its format.
        version: u64,
    },
    /// It was written by an older version.
    Older {
        /// The version of its format.
        version: u64,
    },
    /// It was written on a machine that stores words the other way round.
    ByteOrder,
    /// It is a trace, and something in it is not what it should be.
    Damaged {
        /// Where, in bytes from the begin of the file.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// It is a trace, and not all of it is there.
    CutOff {
        /// How long it is, in bytes.
        bytes: u64,
        /// How many of its blocks are whole.
        whole: u64,
        /// How many there should be, if the file says so.
        blocks: Option<u64>,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(why) => write!(formatter, "{why}"),
            Self::NotATrace => write!(formatter, "it is no trace that `-o FILE` has written"),
            Self::Newer { version } => write!(
                formatter,
                "its format is version {version}, and this trainyard reads {}: a newer one is \
                 needed",
                block::VERSION
            ),
            Self::Older { version } => write!(
                formatter,
                "its format is version {version}, and this trainyard reads {}: it has to be \
                 recorded again",
                block::VERSION
            ),
            Self::ByteOrder => {
                write!(formatter, "it was written on a machine of the other byte order")
            }
            Self::Damaged { offset, what } => {
                write!(formatter, "it is damaged: at byte {offset} {what}")
            }
            Self::CutOff { bytes, whole, blocks } => {
                let of = blocks.map_or(String::new(), |blocks| format!(" of {blocks}"));
                write!(
                    formatter,
                    "its end is missing: it stops after {bytes} bytes and {whole}{of} blocks, so it \
                     has to be copied or recorded again"
                )
            }
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(why) => Some(why),
            _ => None,
        }
    }
}
