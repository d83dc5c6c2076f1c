//! The text of a file of secrets: finds each secret, and writes the text again with some removed, moved or added.
//!
//! A person may have written it, with comments and with several secrets in a line. What a step does not change stays as
//! it is, byte for byte. Every copy of the text is wiped. A new text is collected in parts and written into a buffer of its
//! length: one that grows would leave secrets in its old place.

use std::ops::Range;

use sealed_session::inspect::{Inspector, Settings};
use sealed_session::{KeyId, KeyRole, Keyring, Secret};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::keys::record::KeyRecord;

/// A secret of the file.
#[derive(Debug)]
pub(super) struct ListedSecret {
    pub(super) role: KeyRole,
    pub(super) key_id: KeyId,
    /// From 0.
    pub(super) line: usize,
    /// The last thing that was done to it.
    pub(super) record: Option<KeyRecord>,
    /// Its place in the line, with `upcoming:`.
    place: Range<usize>,
}

/// A line of the file.
struct Line<'t> {
    text: &'t str,
    /// LF, CRLF, or nothing at the end of the file.
    end: &'t str,
    secrets: Vec<Range<usize>>,
    /// From its number sign.
    comment: &'t str,
}

/// The file: its text, and what is in it.
pub(super) struct Listing<'t> {
    bom: &'t str,
    lines: Vec<Line<'t>>,
    /// As the library orders them: the current one, then the previous ones, then the upcoming ones.
    pub(super) secrets: Vec<ListedSecret>,
}

/// A line that a step writes: a secret as it was in the file, and what is noted about it.
pub(super) struct NewLine {
    secret: Zeroizing<String>,
    comment: String,
}

impl NewLine {
    pub(super) fn upcoming(secret: &Secret, record: KeyRecord) -> Self {
        let secret = Zeroizing::new(["upcoming:", &secret.expose_base64url()].concat());
        Self { secret, comment: record.written_into("") }
    }

    pub(super) fn current(secret: &Secret, record: KeyRecord) -> Self {
        Self { secret: secret.expose_base64url(), comment: record.written_into("") }
    }

    /// What a file of this line alone contains.
    pub(super) fn into_text(self) -> Zeroizing<String> {
        Zeroizing::new(self.parts("\n").concat())
    }

    fn parts<'a>(&'a self, end: &'a str) -> [&'a str; 4] {
        [&self.secret, " ", &self.comment, end]
    }
}

impl<'t> Listing<'t> {
    /// Reads a text that the library has read as a keyring.
    ///
    /// # Errors
    /// A secret that is in the text twice.
    pub(super) fn read(text: &'t str, settings: &Settings) -> Result<Self, Failure> {
        let (bom, rest) =
            text.strip_prefix('\u{feff}').map_or(("", text), |rest| (&text[..3], rest));
        let lines: Vec<Line<'_>> = rest.split_inclusive('\n').map(Line::read).collect();
        let mut listing = Self { bom, lines, secrets: Vec::new() };
        let mut known: Vec<(Zeroizing<String>, usize)> = Vec::new();
        for (number, line) in listing.lines.iter().enumerate() {
            // Of several secrets in a line, nobody knows of which one it is.
            let comment = if line.secrets.len() == 1 { line.comment } else { "" };
            let record = KeyRecord::find(comment).map(|(record, _)| record);
            for place in &line.secrets {
                let entry = &line.text[place.clone()];
                let (upcoming, plain) =
                    entry.strip_prefix("upcoming:").map_or((false, entry), |rest| (true, rest));
                let secret: Secret = plain.parse().map_err(Failure::input)?;
                let exposed = secret.expose_base64url();
                if let Some((_, first)) = known.iter().find(|(known, _)| *known == exposed) {
                    return Err(twice(*first, number));
                }
                known.push((exposed, number));
                let has_current = listing.secrets.iter().any(|one| one.role == KeyRole::Current);
                let role = match (upcoming, has_current) {
                    (true, _) => KeyRole::Upcoming,
                    (false, false) => KeyRole::Current,
                    (false, true) => KeyRole::Previous,
                };
                let key_id = keys_of(&Keyring::new(secret), settings)?[0].1;
                let place = place.clone();
                listing.secrets.push(ListedSecret { role, key_id, line: number, record, place });
            }
        }
        listing.secrets.sort_by_key(|secret| secret.role);
        Ok(listing)
    }

    pub(super) fn of_role(&self, role: KeyRole) -> impl Iterator<Item = &ListedSecret> {
        self.secrets.iter().filter(move |secret| secret.role == role)
    }

    /// The roles and key ids, as the library returns them.
    pub(super) fn keys(&self) -> Vec<(KeyRole, KeyId)> {
        self.secrets.iter().map(|secret| (secret.role, secret.key_id)).collect()
    }

    /// The line that a secret gets, if it is taken out of its own one: with the comment, if no other secret has it.
    pub(super) fn moved(&self, secret: &ListedSecret, record: KeyRecord) -> NewLine {
        let line = &self.lines[secret.line];
        let entry = &line.text[secret.place.clone()];
        let plain = entry.strip_prefix("upcoming:").unwrap_or(entry);
        let comment = if line.secrets.len() == 1 { line.comment } else { "" };
        NewLine { secret: Zeroizing::new(plain.to_owned()), comment: record.written_into(comment) }
    }

    /// The text with a line more.
    pub(super) fn with_appended(&self, new: &NewLine) -> Zeroizing<String> {
        let mut parts = vec![self.bom];
        for line in &self.lines {
            parts.extend([line.text, line.end]);
        }
        if self.lines.last().is_some_and(|last| last.end.is_empty()) {
            parts.push(self.line_end());
        }
        parts.extend(new.parts(self.line_end()));
        Zeroizing::new(parts.concat())
    }

    /// The text with these secrets in lines of their own, in the place of the first of them.
    pub(super) fn with_moved(
        &self,
        at: usize,
        taken: &[&ListedSecret],
        new: &[NewLine],
    ) -> Zeroizing<String> {
        let mut parts = vec![self.bom];
        for (number, line) in self.lines.iter().enumerate() {
            if number == at {
                parts.extend(new.iter().flat_map(|line| line.parts(self.line_end())));
            }
            line.push_without(&mut parts, number, taken, |_| None);
        }
        Zeroizing::new(parts.concat())
    }

    /// The text without these secrets. What a person has written beside one stays.
    pub(super) fn without(&self, taken: &[&ListedSecret]) -> Zeroizing<String> {
        let mut parts = vec![self.bom];
        for (number, line) in self.lines.iter().enumerate() {
            line.push_without(&mut parts, number, taken, KeyRecord::taken_out_of);
        }
        Zeroizing::new(parts.concat())
    }

    fn line_end(&self) -> &'t str {
        self.lines.first().map_or("\n", |line| if line.end.is_empty() { "\n" } else { line.end })
    }
}

impl<'t> Line<'t> {
    fn read(line: &'t str) -> Self {
        let text = line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n')).unwrap_or(line);
        let end = &line[text.len()..];
        let (mut secrets, mut comment) = (Vec::new(), "");
        let entries = text.split(|c: char| c.is_whitespace() || c == ',');
        for entry in entries.filter(|entry| !entry.is_empty()) {
            let start = entry.as_ptr().addr() - text.as_ptr().addr();
            if entry.starts_with('#') {
                comment = &text[start..];
                break;
            }
            secrets.push(start..start + entry.len());
        }
        Self { text, end, secrets, comment }
    }

    /// Pushes what is left of it. If no secret is left, that is what `rest` makes of the comment.
    fn push_without(
        &self,
        parts: &mut Vec<&'t str>,
        number: usize,
        taken: &[&ListedSecret],
        rest: impl Fn(&'t str) -> Option<&'t str>,
    ) {
        let is_taken = |place: &Range<usize>| {
            taken.iter().any(|secret| secret.line == number && secret.place == *place)
        };
        let left = self.secrets.iter().filter(|place| !is_taken(place)).count();
        if left == 0 && !self.secrets.is_empty() {
            if let Some(rest) = rest(self.comment) {
                parts.extend([rest, self.end]);
            }
            return;
        }
        // Each secret, with the separators before the next one.
        let starts = self.secrets.iter().map(|place| place.start);
        let comment = self.text.len() - self.comment.len();
        let bounds: Vec<usize> = [0].into_iter().chain(starts.skip(1)).chain([comment]).collect();
        for (place, bounds) in self.secrets.iter().zip(bounds.windows(2)) {
            if !is_taken(place) {
                parts.push(&self.text[bounds[0]..bounds[1]]);
            }
        }
        let from = if self.secrets.is_empty() { 0 } else { comment };
        parts.extend([&self.text[from..], self.end]);
    }
}

fn twice(first: usize, second: usize) -> Failure {
    Failure::Input(format!(
        "the secret of line {} is also in line {}; remove the one that you added last",
        second + 1,
        first + 1
    ))
}

/// The keys of a keyring, as an application with these settings logs them.
pub(super) fn keys_of(
    keyring: &Keyring,
    settings: &Settings,
) -> Result<Vec<(KeyRole, KeyId)>, Failure> {
    Ok(Inspector::new(keyring, settings).map_err(Failure::input)?.keys())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::keys::record::Happened;

    #[test]
    fn a_new_text_is_written_into_a_buffer_of_its_length() {
        let record = KeyRecord { happened: Happened::Added, at: Timestamp::UNIX_EPOCH };
        let [current, upcoming, next] = [(); 3].map(|()| Secret::generate());
        let mut old = NewLine::current(&current, record).into_text().to_string();
        old += &NewLine::upcoming(&upcoming, record).into_text();
        let listing = Listing::read(&old, &Settings::default()).unwrap();
        let taken: Vec<&ListedSecret> = listing.secrets.iter().collect();
        let moved = [listing.moved(taken[1], record), listing.moved(taken[0], record)];
        for (new, lines) in [
            (listing.with_appended(&NewLine::upcoming(&next, record)), 3),
            (listing.with_moved(0, &taken, &moved), 2),
            (listing.without(&taken[..1]), 1),
            (NewLine::upcoming(&next, record).into_text(), 1),
        ] {
            assert_eq!((new.lines().count(), new.capacity()), (lines, new.len()));
        }
    }
}
