//! What the program notes about a secret, in the comment on the line of the secret.
//!
//! ```text
//! # added 2026-11-28T03:10:00Z
//! # promoted 2026-11-29T03:10:00Z
//! # replaced 2026-11-29T03:10:00Z, everywhere after 1d
//! ```
//!
//! A comment may have words of a person in front of it and behind it. They stay.

use std::fmt;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};

use crate::keys::durations;
use crate::time;

/// How long a machine takes to read the file, if nobody has said it.
// Safe for a fleet that restarts once a day. A rotation has time; only a secret that has leaked is
// urgent, and that has no step which waits.
pub(super) const EVERYWHERE_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// What was done to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    Added,
    Promoted,
    /// By the secret that was promoted.
    Replaced {
        /// How long the slowest machine may seal with it nevertheless.
        everywhere_after: SignedDuration,
    },
}

/// The last thing that was done to a secret, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyRecord {
    pub(super) happened: Happened,
    pub(super) at: Timestamp,
}

impl KeyRecord {
    /// Finds the record in a comment, and its place there. Of several, the latest one.
    // A person may have written another time behind it. With the latest one no step comes too early.
    pub(super) fn find(comment: &str) -> Option<(Self, Range<usize>)> {
        let words: Vec<Range<usize>> = words(comment).collect();
        let records = (0..words.len()).filter_map(|index| read(comment, &words[index..]));
        records.max_by_key(|(record, _)| record.at)
    }

    /// The comment with this record in the place of the latest one.
    pub(super) fn written_into(self, comment: &str) -> String {
        let comment = comment.trim_end();
        match Self::find(comment) {
            Some((_, place)) => {
                format!("{}{self}{}", &comment[..place.start], &comment[place.end..])
            }
            None if comment.is_empty() => format!("# {self}"),
            None => format!("{comment}, {self}"),
        }
    }

    /// The words of a person in a comment with a record, if there are any.
    pub(super) fn taken_out_of(comment: &str) -> Option<&str> {
        let is_alone = Self::find(comment).is_some_and(|(_, place)| {
            let around = [&comment[..place.start], &comment[place.end..]];
            around.iter().all(|part| !part.contains(char::is_alphanumeric))
        });
        let is_empty = !comment.contains(char::is_alphanumeric);
        (!is_alone && !is_empty).then(|| comment.trim_end())
    }

    /// What was done, in a word.
    pub(super) fn verb(self) -> &'static str {
        match self.happened {
            Happened::Added => "added",
            Happened::Promoted => "promoted",
            Happened::Replaced { .. } => "replaced",
        }
    }
}

impl fmt::Display for KeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb(), self.at)?;
        match self.happened {
            Happened::Replaced { everywhere_after } => {
                write!(f, ", everywhere after {}", durations::in_short(everywhere_after))
            }
            Happened::Added | Happened::Promoted => Ok(()),
        }
    }
}

/// The words of a comment, without its number signs.
fn words(comment: &str) -> impl Iterator<Item = Range<usize>> {
    let is_between = |c: char| c.is_whitespace() || c == '#';
    let words = comment.split(is_between).filter(|word| !word.is_empty());
    words.map(|word| {
        let start = word.as_ptr().addr() - comment.as_ptr().addr();
        start..start + word.len()
    })
}

/// The record that begins with the first of these words.
fn read(comment: &str, words: &[Range<usize>]) -> Option<(KeyRecord, Range<usize>)> {
    let word = |index: usize| {
        let place = words.get(index)?;
        let text = comment[place.clone()].trim_end_matches([',', ';', '.']);
        Some((text, place.start + text.len()))
    };
    let (verb, _) = word(0)?;
    let (time, mut end) = word(1)?;
    let at: Timestamp = time.parse().ok()?;
    let happened = match verb {
        "added" => Happened::Added,
        "promoted" => Happened::Promoted,
        "replaced" => {
            let said = [word(2), word(3)].map(|word| word.map_or("", |(text, _)| text));
            let duration = (said == ["everywhere", "after"]).then(|| word(4)).flatten();
            let duration =
                duration.and_then(|(text, end)| Some((time::parse_duration(text).ok()?, end)));
            if let Some((_, after)) = duration {
                end = after;
            }
            let everywhere_after = duration.map_or(EVERYWHERE_AFTER, |(duration, _)| duration);
            Happened::Replaced { everywhere_after }
        }
        _ => return None,
    };
    Some((KeyRecord { happened, at }, words[0].start..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(comment: &str) -> Option<String> {
        KeyRecord::find(comment).map(|(record, _)| record.to_string())
    }

    #[test]
    fn a_record_is_found_among_the_words_of_a_person() {
        for (comment, found) in [
            ("# added 2026-11-28T03:10:00Z", Some("added 2026-11-28T03:10:00Z")),
            ("#added 2026-11-28T03:10:00Z", Some("added 2026-11-28T03:10:00Z")),
            ("# added 2026-11-28T04:10:00+01:00", Some("added 2026-11-28T03:10:00Z")),
            ("# 12, promoted 2026-11-28T03:10:00Z; x", Some("promoted 2026-11-28T03:10:00Z")),
            (
                "# replaced 2026-11-28T03:10:00Z, everywhere after 10m.",
                Some("replaced 2026-11-28T03:10:00Z, everywhere after 10m"),
            ),
            (
                "# replaced 2026-11-28T03:10:00Z, everywhere after lunch",
                Some("replaced 2026-11-28T03:10:00Z, everywhere after 1d"),
            ),
            (
                "# added 2026-11-28T03:10:00Z promoted 2026-11-29T03:10:00Z",
                Some("promoted 2026-11-29T03:10:00Z"),
            ),
            (
                "# added 2026-11-28T03:10:00Z (the last one was added 2025-01-01T00:00:00Z)",
                Some("added 2026-11-28T03:10:00Z"),
            ),
            (
                "# replaced 2026-11-28T03:10:00Z, everywhere after 10m; added 2025-01-01T00:00:00Z",
                Some("replaced 2026-11-28T03:10:00Z, everywhere after 10m"),
            ),
            ("# added in May", None),
            ("# added 2026-11-28", None),
            ("# 2026-11-28T03:10:00Z", None),
            ("# added", None),
            ("", None),
        ] {
            assert_eq!(record(comment).as_deref(), found, "{comment}");
        }
    }

    #[test]
    fn a_new_record_takes_the_place_of_the_last_one_and_leaves_the_words() {
        let promoted = KeyRecord { happened: Happened::Promoted, at: Timestamp::UNIX_EPOCH };
        for (before, after) in [
            ("", "# promoted 1970-01-01T00:00:00Z"),
            ("# since May", "# since May, promoted 1970-01-01T00:00:00Z"),
            ("# 1; added 2026-11-28T03:10:00Z, ok", "# 1; promoted 1970-01-01T00:00:00Z, ok"),
            (
                "# replaced 2026-11-28T03:10:00Z, everywhere after 10m (AB)",
                "# promoted 1970-01-01T00:00:00Z (AB)",
            ),
        ] {
            assert_eq!(promoted.written_into(before), after);
        }
    }

    #[test]
    fn the_words_of_a_person_outlive_the_secret_and_a_record_alone_does_not() {
        for (comment, left) in [
            ("# added 2026-11-28T03:10:00Z ", None),
            ("#", None),
            ("# of May ", Some("# of May")),
            ("# 12, added 2026-11-28T03:10:00Z", Some("# 12, added 2026-11-28T03:10:00Z")),
        ] {
            assert_eq!(KeyRecord::taken_out_of(comment), left, "{comment}");
        }
    }
}
