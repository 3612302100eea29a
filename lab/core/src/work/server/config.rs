//! How a server is asked to run: as options of `trainyard serve`, and as the arguments with which
//! [`super::child`] starts one.

use std::time::Duration;

use crate::terms::duration;

/// The options of a server.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct ServerConfig {
    /// Listen on this port of 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,

    /// Answer each page this long after its request came, for example 5ms
    #[arg(long, value_name = "DURATION", default_value = "5ms", value_parser = duration::parse,
          allow_hyphen_values = true)]
    pub latency: Duration,

    /// Add up to this much to the latency, always the same for the same request number
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = duration::parse,
          allow_hyphen_values = true)]
    pub jitter: Duration,

    /// Serve at most this many connections at once; one more is answered with status 503
    #[arg(long, value_name = "N", default_value_t = CONNECTIONS_MAX,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(u16::MAX)))]
    pub connections: u32,

    /// End when standard input does, so that the server never outlives who started it
    #[arg(long, hide = true)]
    pub until_eof: bool,
}

/// Enough for every preset's connections at once, and each costs a thread: 1024 stacks that are
/// touched for a few pages each.
const CONNECTIONS_MAX: u32 = 1024;

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            port: 0,
            latency: Duration::from_millis(5),
            jitter: Duration::ZERO,
            connections: CONNECTIONS_MAX,
            until_eof: false,
        }
    }
}

impl ServerConfig {
    /// The arguments, the subcommand `serve` first, that clap reads back as this configuration.
    pub fn to_args(&self) -> Vec<String> {
        let mut args = vec![
            "serve".to_owned(),
            format!("--port={}", self.port),
            format!("--latency={}", duration::format_exactly(self.latency)),
            format!("--jitter={}", duration::format_exactly(self.jitter)),
            format!("--connections={}", self.connections),
        ];
        args.extend(self.until_eof.then(|| "--until-eof".to_owned()));
        args
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct CommandLine {
        #[command(flatten)]
        config: ServerConfig,
    }

    #[test]
    fn a_configuration_survives_the_way_through_arguments() {
        let rare = ServerConfig {
            port: 8000,
            latency: Duration::from_nanos(89_000_001),
            jitter: Duration::from_micros(7),
            connections: 3,
            until_eof: true,
        };
        for config in [ServerConfig::default(), rare] {
            // clap skips the first argument, a program's name: here the subcommand.
            assert_eq!(CommandLine::try_parse_from(config.to_args()).unwrap().config, config);
        }
        let nothing_said = CommandLine::try_parse_from(["serve"]).unwrap();
        assert_eq!(nothing_said.config, ServerConfig::default());
    }

    #[test]
    fn arguments_that_make_no_sense_are_refused() {
        for (argument, because) in [
            ("--latency=-1ms", "it cannot be negative"),
            ("--latency=5", "it needs a unit"),
            ("--connections=0", "0 is not in 1.."),
            ("--port=65536", "65536 is not in 0.."),
        ] {
            let error = CommandLine::try_parse_from(["serve", argument]).unwrap_err().to_string();
            assert!(error.contains(because), "{error}");
        }
    }
}
