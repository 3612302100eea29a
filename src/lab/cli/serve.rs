//! The options of `trainyard serve`.

use std::time::Duration;

use super::values;

/// Be the server that `compare io` asks: two pages, each after a set time.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Serve {
    /// Listen on this port of 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "0", value_parser = values::port,
          allow_negative_numbers = true)]
    pub port: u16,

    /// Answer each page this long after its request came
    #[arg(long, value_name = "DURATION", default_value = "5ms", value_parser = values::latency,
          allow_hyphen_values = true)]
    pub latency: Duration,

    /// End when standard input does, so that the server never outlives who started it
    #[arg(long, hide = true)]
    pub until_eof: bool,
}

const EXAMPLES: &str = "\
Examples:
  trainyard serve --port 8000 --latency 20ms
  trainyard compare io --url http://127.0.0.1:8000/dice";
