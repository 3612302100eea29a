//! Figures as people read them: three digits, and the unit that fits.

/// `0.97x`, `4.7x`, `38x`: two digits behind the point below 2, where they decide; then fewer. A
/// ratio as small as `0.033x` needs three.
pub fn ratio(value: f64) -> String {
    format!("{}x", ratio_digits(value))
}

/// `[4.6, 4.8]`.
pub fn interval([low, high]: [f64; 2]) -> String {
    format!("[{}, {}]", ratio_digits(low), ratio_digits(high))
}

fn ratio_digits(value: f64) -> String {
    // The bounds are where rounding would add a digit: 1.995 is printed 2.0.
    let bounds = [9.95, 1.995, 0.0995];
    let digits = bounds.iter().filter(|bound| value < **bound).count();
    format!("{value:.digits$}")
}

/// `832 ms`, `1.25 s`.
pub fn seconds(value: f64) -> String {
    let (scaled, unit) = match value {
        value if value < 999.5e-9 => (value * 1e9, "ns"),
        value if value < 999.5e-6 => (value * 1e6, "us"),
        value if value < 999.5e-3 => (value * 1e3, "ms"),
        value => (value, "s"),
    };
    let digits = [99.95, 9.995].iter().filter(|bound| scaled < **bound).count();
    // 5 ms is better read than 5.00 ms, and as true of what was set rather than measured.
    let digits = if scaled.fract() == 0.0 { 0 } else { digits };
    format!("{scaled:.digits$} {unit}")
}

/// [`seconds`] for a time in nanoseconds.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn nanoseconds(value: u64) -> String {
    seconds(value as f64 / 1e9)
}

/// `13.2 MB`: memory, in millions of bytes.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn megabytes(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 99.95 { format!("{megabytes:.1} MB") } else { format!("{megabytes:.0} MB") }
}

/// `412 B`, `9.8 kB`, `13.2 MB`: memory in the unit that fits, in powers of a thousand.
pub fn bytes(bytes: f64) -> String {
    match bytes {
        bytes if bytes < 999.5 => format!("{bytes:.0} B"),
        bytes if bytes < 999.5e3 => format!("{:.1} kB", bytes / 1e3),
        bytes => format!("{:.1} MB", bytes / 1e6),
    }
}

/// `49 %`; what is there and rounds to nothing is `< 1 %`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.95 { "< 1 %".to_owned() } else { format!("{percent:.0} %") }
}

/// `1 line`, `9 lines`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `400 000`: groups of three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: Copy>(write: fn(T) -> String, values: &[T], expected: &str) {
        let texts: Vec<String> = values.iter().map(|value| write(*value)).collect();
        assert_eq!(texts.join(", "), expected);
    }

    #[test]
    fn a_figure_has_the_digits_that_decide_and_the_unit_that_fits() {
        check(ratio, &[0.968, 1.0, 1.994, 1.996, 4.66], "0.97x, 1.00x, 1.99x, 2.0x, 4.7x");
        check(ratio, &[0.0333, 0.0996, 9.94, 9.96], "0.033x, 0.10x, 9.9x, 10x");
        check(ratio, &[38.4, 160.2], "38x, 160x");
        check(interval, &[[0.95, 1.02]], "[0.95, 1.02]");
        check(seconds, &[1.25, 12.345, 0.8324, 0.005], "1.25 s, 12.3 s, 832 ms, 5 ms");
        check(seconds, &[0.000_123_4, 0.9997, 5e-8], "123 us, 1.00 s, 50 ns");
        check(grouped, &[0, 999, 5_000_000], "0, 999, 5 000 000");
        check(megabytes, &[13_200_000, 250_000_000], "13.2 MB, 250 MB");
        check(bytes, &[412.0, 9_800.0, 999_600.0], "412 B, 9.8 kB, 1.0 MB");
        check(percent, &[0.0, 0.004, 0.49, 1.0], "0 %, < 1 %, 49 %, 100 %");
        check(|lines| count(lines, "line"), &[1, 9], "1 line, 9 lines");
    }
}
