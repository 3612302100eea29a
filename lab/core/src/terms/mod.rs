//! The terms in which the laboratory speaks: contenders, parameters, samples, and what they are
//! worth. The words that everybody uses stand at the floor's root.

/// Enums whose variants have one name: on the command line, in JSON, and in every text. What follows
/// a name in brackets is a rule for the command line.
macro_rules! named {
    ($($(#[$about:meta])* $kind:ident {
        $($(#[$what:meta])* $variant:ident = $name:literal $([$rule:ident])?,)*
    })*) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
        pub enum $kind {
            $($(#[$what])* #[serde(rename = $name)] #[value(name = $name $(, $rule)?)] $variant,)*
        }

        impl $kind {
            /// The name on the command line and in every output.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        impl ::std::fmt::Display for $kind {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.pad(self.name())
            }
        }
    )* };
}

pub mod contender;
pub mod duration;
pub mod error;
pub mod host;
pub mod lock;
pub mod nearest;
pub mod outfile;
pub mod output;
pub mod params;
pub mod python;
pub mod sample;
pub mod stats;

pub use contender::{Contender, GilChoice, GilState, Model, Workload};
pub use error::{LabError, Result};
pub use host::{Conditions, Host};
pub use lock::{Pace, Placement, Policy, Rules};
pub use params::{CpuKernel, Params, Preset};
pub use python::{Python, PythonGil, Version};
pub use sample::{GilStats, Measured, Outcome, TreeUsage};
pub use stats::{Speedup, Summary, Verdict};
