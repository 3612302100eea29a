//! Which CPython a row is about, and which lock it has.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use super::contender::{GilState, Model};

/// A CPython that answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Python {
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    pub version: (u32, u32, u32),
    pub gil: PythonGil,
}

/// Which lock a CPython has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PythonGil {
    /// Released every so many ticks: before 3.2.
    Ticks,
    /// Asked for after an interval.
    Timed,
    /// A free-threaded build, with the lock off.
    Off,
}

impl Python {
    /// What a row of a table says of it.
    pub fn id(&self) -> Version {
        Version::new(self.version, self.gil)
    }

    /// Whether it knows `asyncio.run`, as every twin about tasks does: 3.7 and later.
    pub fn has_tasks(&self) -> bool {
        self.version >= (3, 7, 0)
    }

    /// `CPython 3.13.0`, or `CPython 3.13.0, lock off`.
    pub fn name(&self) -> String {
        let (major, minor, patch) = self.version;
        let lock = if self.gil == PythonGil::Off { ", lock off" } else { "" };
        format!("CPython {major}.{minor}.{patch}{lock}")
    }
}

/// The version of a CPython, and whether it runs without the lock: `3.13.0`, `3.13.0t`.
///
/// The `t` is CPython's own: a free-threaded build installs itself as `python3.13t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Version {
    numbers: (u32, u32, u32),
    is_free_threaded: bool,
}

/// `concurrent.futures` came with this version, `threading.Barrier` too.
const THREADS_SINCE: (u32, u32, u32) = (3, 2, 0);
/// `async def` came with 3.5; this is the oldest that was tried.
const COOP_SINCE: (u32, u32, u32) = (3, 6, 0);

impl Version {
    pub fn new(numbers: (u32, u32, u32), gil: PythonGil) -> Self {
        Self { numbers, is_free_threaded: gil == PythonGil::Off }
    }

    pub fn is_free_threaded(self) -> bool {
        self.is_free_threaded
    }

    /// Which lock it has where ours has one in `model`.
    pub fn gil_state(self, ours: Model) -> GilState {
        match ours {
            Model::Threads if self.is_free_threaded => GilState::Off,
            Model::Threads => GilState::On,
            _ => GilState::None,
        }
    }

    /// Why this version cannot play `model`, if it cannot.
    pub fn lacks(self, model: Model) -> Option<&'static str> {
        match model {
            Model::PythonThreads if self.numbers < THREADS_SINCE => {
                Some("no concurrent.futures, which came with 3.2")
            }
            Model::PythonCoop if self.numbers < COOP_SINCE => {
                Some("no asyncio as the script has it, which takes 3.6")
            }
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.numbers;
        let mark = if self.is_free_threaded { "t" } else { "" };
        formatter.pad(&format!("{major}.{minor}.{patch}{mark}"))
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let numbers = text.strip_suffix('t').unwrap_or(&text);
        let parts: Option<Vec<u32>> = numbers.split('.').map(|part| part.parse().ok()).collect();
        match parts.as_deref() {
            Some([major, minor, patch]) => Ok(Self {
                numbers: (*major, *minor, *patch),
                is_free_threaded: text.ends_with('t'),
            }),
            _ => Err(format!("'{text}' is no version of CPython")),
        }
    }
}

/// A path need not be text, and a document has to be.
fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_reads_as_it_is_written_and_a_free_threaded_one_is_marked() {
        for (gil, text) in [(PythonGil::Timed, "3.13.0"), (PythonGil::Off, "3.13.0t")] {
            let version = Version::new((3, 13, 0), gil);
            assert_eq!(version.to_string(), text);
            assert_eq!(Version::try_from(text.to_owned()), Ok(version));
        }
        for text in ["", "3.13", "3.13.0tt", "3.13.0.1", "three"] {
            assert!(Version::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn an_old_version_lacks_what_came_later() {
        let all = [Model::PythonSync, Model::PythonThreads, Model::PythonCoop, Model::PythonProcs];
        for (numbers, lacks) in
            [((2, 7, 18), &all[1..3]), ((3, 2, 0), &all[2..3]), ((3, 6, 15), &[])]
        {
            let version = Version::new(numbers, PythonGil::Timed);
            let lacked: Vec<Model> =
                all.into_iter().filter(|model| version.lacks(*model).is_some()).collect();
            assert_eq!(lacked, lacks, "{version}");
        }
    }
}
