//! Any serde type, for a worker process and back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::kernel::frame::{HEADER_LEN, draft};
use super::kernel::wire::{Reader, Wire, WireError, Writer, decode};

/// Carries a serde type in the `postcard` format.
///
/// # Example: a struct as a job's argument
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use trainyard::procs::Postcard;
///
/// #[derive(Serialize, Deserialize)]
/// struct Station {
///     name: String,
///     tracks: u32,
/// }
///
/// /// A job: `pool.submit(tracks_of, Postcard(stations))`.
/// fn tracks_of(Postcard(stations): Postcard<Vec<Station>>) -> u32 {
///     stations.iter().map(|station| station.tracks).sum()
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Postcard<T>(pub T);

impl<T: Serialize + DeserializeOwned> Wire for Postcard<T> {
    fn encode(&self, out: &mut Writer) {
        match postcard::to_allocvec(&self.0) {
            Ok(bytes) => {
                // INVARIANT: [WIRE-1] the length, since postcard writes a unit as nothing.
                out.put_len(bytes.len());
                out.put(&bytes);
            }
            Err(error) => out.fail(format!("serde: {error}")),
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let len = input.take_len()?;
        let bytes = input.take(len)?;
        let value = postcard::from_bytes(bytes);
        value.map(Self).map_err(|error| WireError::new(format!("serde: {error}")))
    }
}

/// What [`fuzz_answer`] reads: numbers, texts, lists and nothing, as the types of users have them.
type Anything = (Postcard<(Vec<Option<String>>, [u64; 2])>, Vec<(u32, String)>, Option<bool>);

/// Reads `data` as the answer of a worker, and says whether it is one. Fuzzers call it.
///
/// # Panics
///
/// Panics if what was read does not come back when it is written and read again.
#[doc(hidden)]
pub fn fuzz_answer(data: &[u8]) -> bool {
    let Ok(answer) = decode::<Anything>(data) else { return false };
    let mut out = draft();
    answer.encode(&mut out);
    let bytes = out.finish().expect("it is no longer than what it was read from");
    assert_eq!(decode(&bytes[HEADER_LEN..]), Ok(answer), "[WIRE-2]");
    true
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize, Serializer};

    use super::*;

    #[test]
    fn a_serde_type_crosses() {
        let value = Postcard((Some("all aboard".to_owned()), vec![1.5_f64], [(); 0]));
        let mut out = draft();
        value.encode(&mut out);
        let bytes = out.finish().unwrap();
        assert_eq!(decode(&bytes[HEADER_LEN..]), Ok(value));
    }

    #[derive(Deserialize)]
    struct Unwilling;

    impl Serialize for Unwilling {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("unwilling"))
        }
    }

    #[test]
    fn a_value_that_serde_refuses_is_refused() {
        let mut out = draft();
        Postcard(Unwilling).encode(&mut out);
        assert!(out.finish().unwrap_err().starts_with("serde: "));
    }
}
