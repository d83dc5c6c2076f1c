//! The steps of a rotation, each from a text to a text, or refused because it would lose sessions.
//!
//! A machine may still have the file as it was `everywhere_after` ago. So a secret is promoted when every machine has it
//! as upcoming, and retired when everything has ended that the last machine has sealed with it. The guide `secrets` has
//! the reasons, and the words.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sealed_session::inspect::Settings;
use sealed_session::{KeyRole, Secret};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::keys::durations::later;
use crate::keys::listing::{ListedSecret, Listing, NewLine};
use crate::keys::record::{Happened, KeyRecord};
use crate::keys::refusals;

/// The default absolute timeout of the library.
pub(super) const DEFAULT_LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long what is sealed may be valid, if nobody has said it: the absolute timeout of the library, or that of the
/// settings if it is longer. With a shorter one a sealed value may be valid for longer.
pub(super) fn longest_session(settings: &Settings) -> SignedDuration {
    let timeout = signed(settings.absolute_timeout);
    timeout.map_or(DEFAULT_LONGEST, |timeout| timeout.max(DEFAULT_LONGEST))
}

/// The longest time that a person has said, unless the settings say that an unused session is valid for longer.
pub(super) fn said_longest(
    said: SignedDuration,
    settings: &Settings,
) -> Result<SignedDuration, Failure> {
    match signed(settings.idle_timeout).filter(|idle| said < *idle) {
        Some(idle) => Err(refusals::shorter_than_idle(said, idle)),
        None => Ok(said),
    }
}

fn signed(timeout: Option<Duration>) -> Option<SignedDuration> {
    timeout.and_then(|timeout| timeout.try_into().ok())
}

/// Adds an upcoming secret.
pub(super) fn add(
    listing: &Listing<'_>,
    now: Timestamp,
    secret: &Secret,
) -> Result<Zeroizing<String>, Failure> {
    clock_is_right(listing, now)?;
    if let Some(upcoming) = listing.of_role(KeyRole::Upcoming).next() {
        return Err(refusals::already_upcoming(upcoming, &way_back(upcoming)));
    }
    let added = KeyRecord { happened: Happened::Added, at: now };
    Ok(listing.with_appended(&NewLine::upcoming(secret, added)))
}

/// Makes the upcoming secret current, and the current one previous.
pub(super) fn promote(
    listing: &Listing<'_>,
    now: Timestamp,
    everywhere_after: SignedDuration,
    since: Option<Timestamp>,
) -> Result<Zeroizing<String>, Failure> {
    clock_is_right(listing, now)?;
    let mut upcoming = listing.of_role(KeyRole::Upcoming);
    let new = upcoming.next().ok_or_else(refusals::none_upcoming)?;
    if let Some(other) = upcoming.next() {
        return Err(refusals::two_upcoming(new, other));
    }
    let (everywhere, reason) = match (new.record.map(|record| record.at), since) {
        (Some(added), None) => {
            (later(added, everywhere_after), refusals::late(new, added, everywhere_after, now))
        }
        (None, Some(since)) => (since, refusals::not_read(new, since)),
        (Some(_), Some(_)) => return Err(refusals::needless_since()),
        (None, None) => return Err(refusals::unrecorded(new, "added")),
    };
    if now < everywhere {
        return Err(refusals::not_everywhere(new, &reason, everywhere, now, &way_back(new)));
    }
    // The library has read the file, so there is one.
    let old = listing.of_role(KeyRole::Current).next().ok_or_else(refusals::none_upcoming)?;
    let promoted = listing.moved(new, KeyRecord { happened: Happened::Promoted, at: now });
    let replaced = Happened::Replaced { everywhere_after };
    let replaced = listing.moved(old, KeyRecord { happened: replaced, at: now });
    Ok(listing.with_moved(old.line, &[new, old], &[promoted, replaced]))
}

/// Drops the previous secrets that no session needs anymore.
pub(super) fn retire(
    listing: &Listing<'_>,
    now: Timestamp,
    longest_session: SignedDuration,
    since: Option<Timestamp>,
) -> Result<Zeroizing<String>, Failure> {
    clock_is_right(listing, now)?;
    let previous: Vec<&ListedSecret> = listing.of_role(KeyRole::Previous).collect();
    if since.is_some() && previous.iter().all(|old| unused_since(old).is_some()) {
        return Err(refusals::needless_since());
    }
    let unused = |old: &ListedSecret| unused_since(old).or(since);
    let ended =
        |old: &&ListedSecret| unused(old).is_some_and(|at| now >= later(at, longest_session));
    let dropped: Vec<&ListedSecret> = previous.iter().copied().filter(ended).collect();
    if !dropped.is_empty() {
        return Ok(listing.without(&dropped));
    }
    let next = previous.into_iter().min_by_key(|old| unused(old).unwrap_or(Timestamp::MAX));
    Err(match next.map(|old| (old, unused(old))) {
        None => refusals::none_previous(),
        Some((old, None)) => refusals::unrecorded(old, "replaced"),
        Some((old, Some(at))) => refusals::still_needed(old, at, longest_session, now),
    })
}

/// When the last machine stopped sealing with a previous secret.
pub(super) fn unused_since(old: &ListedSecret) -> Option<Timestamp> {
    let record = old.record?;
    match record.happened {
        Happened::Replaced { everywhere_after } => Some(later(record.at, everywhere_after)),
        Happened::Added | Happened::Promoted => None,
    }
}

/// What undoes step 1.
pub(super) fn way_back(upcoming: &ListedSecret) -> String {
    let ListedSecret { key_id, line, .. } = upcoming;
    // It may have been current before: somebody has taken the way back to step 1.
    if upcoming.record.is_none_or(|record| record.happened != Happened::Added) {
        format!("none, if {key_id} was current; its sessions would end.")
    } else {
        format!("delete line {}. Nothing has been sealed with {key_id}.", line + 1)
    }
}

/// A clock that nobody has set is at 1970 or 2000: with such a time in the file, the next step would be allowed at once.
pub(super) fn clock_is_set(now: Timestamp) -> Result<(), Failure> {
    // 2024-01-01, before there was this program.
    const EARLIEST: i64 = 1_704_067_200;
    if now.as_second() < EARLIEST { Err(refusals::clock_not_set(now)) } else { Ok(()) }
}

/// A record of the future shows a wrong clock, now or then. What is noted with a clock that is behind would allow the
/// next step too early.
fn clock_is_right(listing: &Listing<'_>, now: Timestamp) -> Result<(), Failure> {
    clock_is_set(now)?;
    let times = listing.secrets.iter().filter_map(|secret| Some((secret, secret.record?.at)));
    match times.max_by_key(|(_, at)| *at).filter(|(_, at)| *at > now) {
        None => Ok(()),
        Some((secret, at)) => Err(refusals::from_the_future(secret, at, now)),
    }
}
