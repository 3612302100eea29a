//! Any serde type, for a worker process and back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::kernel::wire::{Reader, Wire, WireError, Writer};

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
