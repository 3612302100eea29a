//! Who is measured, under which parameters, against which server, and that all did the same.

use std::collections::BTreeMap;
use std::time::Duration;

use lab_core::terms::{Conditions, Contender, LabError, Outcome, Params, Result, Workload};
use lab_core::work::server::{START_TIMEOUT, ServerConfig, ServerProcess};
use trainyard::trace::file::Facts;

/// A contender, and the parameters that it is measured under.
#[derive(Clone, Debug)]
pub struct Place {
    pub contender: Contender,
    pub params: Params,
    /// What its recording is called.
    pub label: String,
}

impl Place {
    /// The place of `contender` under `params`, called as it is.
    pub fn new(contender: Contender, params: &Params) -> Self {
        Self { contender, params: params.clone(), label: contender.label() }
    }

    /// Every contender of `workload`, all under the same parameters.
    pub fn all(workload: Workload, params: &Params) -> Vec<Self> {
        let contenders = params.contenders(Conditions::read().cpus()).into_iter();
        let mine = contenders.filter(|contender| contender.workload == workload);
        mine.map(|contender| Self::new(contender, params)).collect()
    }

    pub(super) fn facts(&self) -> Facts {
        self.contender.facts().with("label", &self.label)
    }

    /// Whether the answers of both must be the same.
    pub(super) fn does_the_same_as(&self, other: &Self) -> bool {
        let work = |place: &Self| {
            let Params { requests, kernel, ref urls, .. } = place.params;
            (place.contender.workload, requests, kernel, urls.clone())
        };
        work(self) == work(other)
    }
}

/// Starts the servers that `places` ask, one for each latency, unless they ask somebody else's.
pub(super) fn servers(places: &[Place]) -> Result<Vec<(u64, ServerProcess)>> {
    let mut workers: BTreeMap<u64, usize> = BTreeMap::new();
    for Place { contender, params, .. } in places {
        if contender.workload == Workload::Io && params.urls.is_empty() {
            *workers.entry(params.latency_ns).or_default() += contender.workers;
        }
    }
    let server = |(latency_ns, workers)| {
        let config = ServerConfig {
            latency: Duration::from_nanos(latency_ns),
            // All contenders stay connected all the time; one place more asks for the account.
            connections: u32::try_from(workers + 8).unwrap_or(u32::MAX),
            ..ServerConfig::default()
        };
        Ok((latency_ns, ServerProcess::spawn(&config, START_TIMEOUT)?))
    };
    workers.into_iter().map(server).collect()
}

/// Both did the same work, or one of them is wrong.
pub(super) fn compare_answers(
    (first, expected): (Contender, &Outcome),
    (other, found): (Contender, &Outcome),
) -> Result<()> {
    if (found.units, found.checksum) == (expected.units, expected.checksum) {
        return Ok(());
    }
    let [found, expected] = [found, expected].map(|Outcome { units, checksum, .. }| {
        format!("{units} answers with checksum {checksum:016x}")
    });
    Err(LabError::failed(other, format!("it gave {found}, but {first} gave {expected}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab_core::terms::Preset;

    #[test]
    fn a_contender_whose_answers_differ_is_named() {
        let outcome = |units, checksum| Outcome { wall_ns: 1, units, checksum, gil: None };
        let contenders = Params::of(Preset::Quick).contenders(2);
        let check = |other| {
            let (first, other) = ((contenders[0], &outcome(160, 0xab)), (contenders[2], &other));
            compare_answers(first, other)
        };
        assert_eq!(check(outcome(160, 0xab)), Ok(()));
        let error = check(outcome(160, 0xcd)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "io/threads-off/5: it gave 160 answers with checksum 00000000000000cd, but io/sync/1 \
             gave 160 answers with checksum 00000000000000ab"
        );
        assert!(check(outcome(159, 0xab)).is_err(), "as many answers as the others, too");
    }
}
