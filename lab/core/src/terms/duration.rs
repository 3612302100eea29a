//! Durations as people write them: `5ms`, `250us`, `1.5s`.

use std::time::Duration;

/// The units that can be written, longest name first so that `ms` is not read as `s`.
const UNITS: [(&str, f64); 4] = [("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0)];

/// The longest duration that the laboratory takes: a day. More is a slip of the pen.
const DURATION_MAX: Duration = Duration::from_hours(24);

/// Reads a duration with its unit, `ns`, `us`, `ms` or `s`; a lone `0` needs none.
/// Fails with one line that says what is wrong with `text`, for clap to print.
pub fn parse(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))
        .ok_or("it needs a unit: ns, us, ms or s, as in 5ms")?;
    if number.starts_with('-') {
        return Err("it cannot be negative".to_owned());
    }
    // `f64` alone would also read `inf`, `nan` and `1e3`.
    if !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(format!("{number:?} is not a number"));
    }
    let number: f64 = number.parse().map_err(|_| format!("{number:?} is not a number"))?;
    Duration::try_from_secs_f64(number * unit)
        .ok()
        .filter(|duration| *duration <= DURATION_MAX)
        .ok_or_else(|| "it is longer than a day".to_owned())
}

/// Writes `duration` so that [`parse`] reads exactly the same one back.
pub fn format_exactly(duration: Duration) -> String {
    format!("{}ns", duration.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_unit_is_read_and_what_is_no_duration_is_refused_with_the_reason() {
        for (text, expected) in [
            ("15ns", Ok(15)),
            ("250us", Ok(250_000)),
            ("5ms", Ok(5_000_000)),
            ("1.5s", Ok(1_500_000_000)),
            ("0", Ok(0)),
            ("5", Err("it needs a unit: ns, us, ms or s, as in 5ms")),
            ("-1ms", Err("it cannot be negative")),
            ("ms", Err("\"\" is not a number")),
            ("1.2.3s", Err("\"1.2.3\" is not a number")),
            ("infs", Err("\"inf\" is not a number")),
            ("90000s", Err("it is longer than a day")),
        ] {
            assert_eq!(parse(text), expected.map(Duration::from_nanos).map_err(str::to_owned));
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back_exactly(nanoseconds in 0..=86_400_000_000_000_u64) {
            let duration = Duration::from_nanos(nanoseconds);
            prop_assert_eq!(parse(&format_exactly(duration)), Ok(duration));
        }
    }
}
