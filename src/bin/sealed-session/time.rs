//! Times and durations: read from arguments, and written in words.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant(pub(crate) u64);

impl Instant {
    pub(crate) fn of(time: SystemTime) -> Self {
        Self(time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }

    /// How far it is from `now`, in words.
    pub(crate) fn relative_to(self, now: Self) -> String {
        match self.0.checked_sub(now.0) {
            Some(0) => "now".to_owned(),
            Some(ahead) => format!("in {}", in_words(ahead)),
            None => format!("{} ago", in_words(now.0 - self.0)),
        }
    }
}

impl Instant {
    /// `None` if it is later than RFC 3339 can write it.
    fn timestamp(self) -> Option<Timestamp> {
        i64::try_from(self.0).ok().and_then(|seconds| Timestamp::from_second(seconds).ok())
    }
}

/// As RFC 3339 writes it, in UTC.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.timestamp() {
            Some(time) => time.fmt(f),
            None => f.write_str("at the end of the year 9999 or later"),
        }
    }
}

/// As text; `null` at the end of the year 9999 and later.
impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.timestamp().map(|time| time.to_string()).serialize(serializer)
    }
}

pub(crate) const UNITS: [(&str, u64); 4] =
    [("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)];

/// Seconds in words: the two largest units, rounded down.
pub(crate) fn in_words(seconds: u64) -> String {
    let mut rest = seconds;
    let counted = UNITS.map(|(unit, size)| {
        let count = rest / size;
        rest %= size;
        (unit, count)
    });
    let first = counted.iter().position(|(_, count)| *count > 0).unwrap_or(UNITS.len() - 1);
    let parts = counted[first..].iter().take(2).enumerate();
    let parts = parts
        .filter(|(at, (_, count))| *at == 0 || *count > 0)
        .map(|(_, (unit, count))| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" }));
    parts.collect::<Vec<_>>().join(" ")
}

/// A point in time, as an argument: RFC 3339.
pub(crate) fn parse_time(text: &str) -> Result<SystemTime, String> {
    parse_timestamp(text).map(SystemTime::from)
}

/// A point in time to add durations to, as an argument: RFC 3339.
pub(crate) fn parse_timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a time such as 2026-11-28T09:30:00Z".to_owned())
}

/// A duration of units up to weeks, as an argument.
pub(crate) fn parse_duration(text: &str) -> Result<SignedDuration, String> {
    let expected = "expected a number with a unit, such as 10m, 2h or 14d";
    let span: Span = text.parse().map_err(|_| expected)?;
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| "a month or a year has no fixed length; use days, such as 30d or 14d")?;
    if duration.is_negative() { Err(expected.into()) } else { Ok(duration) }
}

/// A duration of whole seconds, as an argument or in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Length(pub(crate) Duration);

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let length = parse_duration(text)?.unsigned_abs();
        let is_whole = length.subsec_nanos() == 0 && !length.is_zero();
        if is_whole {
            Ok(Self(length))
        } else {
            Err("expected whole seconds, 1 or more".to_owned())
        }
    }
}

/// Text, or a number of seconds.
impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LengthVisitor)
    }
}

struct LengthVisitor;

impl de::Visitor<'_> for LengthVisitor {
    type Value = Length;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a duration such as "14d", or a number of seconds"#)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Length, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Length, E> {
        let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0);
        let seconds = seconds.ok_or_else(|| E::custom("expected 1 second or more"))?;
        Ok(Length(Duration::from_secs(seconds)))
    }
}
