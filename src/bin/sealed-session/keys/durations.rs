//! Durations that are added to a time, and written in words and in short: "1 day 2 hours", `1d2h`.

use jiff::{SignedDuration, Timestamp};

use crate::time::{self, UNITS};

/// A time so much later; the last one that there is, if that is too late.
pub(super) fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// The whole seconds, rounded up: who waits for so long has waited long enough.
fn seconds(duration: SignedDuration) -> u64 {
    duration.unsigned_abs().as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

/// A duration in words; the past has none.
pub(super) fn in_words(duration: SignedDuration) -> String {
    time::in_words(duration.as_secs().max(0).unsigned_abs())
}

/// A duration as [`parse_duration`](time::parse_duration) reads it: `1d2h`.
pub(super) fn in_short(duration: SignedDuration) -> String {
    let mut rest = seconds(duration);
    let mut short = String::new();
    for (name, unit) in UNITS {
        if rest >= unit || (unit == 1 && short.is_empty()) {
            short += &(rest / unit).to_string();
            short += &name[..1];
            rest %= unit;
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_duration as parse;

    #[test]
    fn durations_are_read_with_units_and_written_in_two_forms() {
        for (text, secs, words, short) in [
            ("0s", 0, "0 seconds", "0s"),
            ("1s", 1, "1 second", "1s"),
            ("10m", 600, "10 minutes", "10m"),
            ("1h 30m", 5400, "1 hour 30 minutes", "1h30m"),
            ("3601s", 3601, "1 hour", "1h1s"),
            ("7199s", 7199, "1 hour 59 minutes", "1h59m59s"),
            ("14d", 1_209_600, "14 days", "14d"),
            ("2 weeks", 1_209_600, "14 days", "14d"),
            ("14d 3h 9m", 1_220_940, "14 days 3 hours", "14d3h9m"),
            ("0.5s", 1, "0 seconds", "1s"),
        ] {
            let duration = parse(text).unwrap();
            assert_eq!(seconds(duration), secs, "{text}");
            assert_eq!((&*in_words(duration), &*in_short(duration)), (words, short), "{text}");
        }
        assert_eq!(parse(&in_short(parse("1d 2h 3m 4s").unwrap())), parse("1d 2h 3m 4s"));
    }

    #[test]
    fn what_has_no_fixed_length_is_refused() {
        for text in ["", "10", "soon", "-10m", "10m ago", "1 month", "2 years", "99999999999d"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
