//! Why a step is not taken, when it will be possible, and the way back: in the words of the guide `secrets`.

use jiff::{SignedDuration, Timestamp};

use crate::failure::Failure;
use crate::keys::durations::{in_words, later};
use crate::keys::listing::ListedSecret;

pub(super) fn already_upcoming(upcoming: &ListedSecret, way_back: &str) -> Failure {
    Failure::Refused(format!(
        "{} is upcoming already\n  \
           Each step must reach every machine before the next step begins.\n  \
           Possible after step 2: keys promote.\n  \
           Way back: {way_back}",
        upcoming.key_id
    ))
}

pub(super) fn none_upcoming() -> Failure {
    Failure::Refused(
        "no secret is upcoming\n  \
           A machine that only knows the current secret cannot open what another one seals with a new one.\n  \
           Possible after step 1: keys add."
            .into(),
    )
}

pub(super) fn two_upcoming(one: &ListedSecret, other: &ListedSecret) -> Failure {
    Failure::Input(format!(
        "{} in line {} and {} in line {} are both upcoming; delete the one that shall not become current",
        one.key_id,
        one.line + 1,
        other.key_id,
        other.line + 1
    ))
}

/// A machine may have the file from before the step.
pub(super) fn late(
    new: &ListedSecret,
    added: Timestamp,
    everywhere_after: SignedDuration,
    now: Timestamp,
) -> String {
    let (age, late) = (in_words(now.duration_since(added)), in_words(everywhere_after));
    format!(
        "{} was added {age} ago, and a machine may read the file {late} late (--after)",
        new.key_id
    )
}

/// The operator says so.
pub(super) fn not_read(new: &ListedSecret, since: Timestamp) -> String {
    format!("the last machine reads {} at {since} (--since)", new.key_id)
}

pub(super) fn not_everywhere(
    new: &ListedSecret,
    reason: &str,
    possible: Timestamp,
    now: Timestamp,
    way_back: &str,
) -> Failure {
    Failure::Refused(format!(
        "{reason}\n  \
           Until then it cannot open what another machine seals with {}.\n  \
           Possible from {possible}, in {}.\n  \
           Way back: {way_back}",
        new.key_id,
        in_words(possible.duration_since(now)),
    ))
}

pub(super) fn none_previous() -> Failure {
    Failure::Refused(
        "no secret is previous\n  \
           The current one opens every session: without it, all of them end.\n  \
           To replace it, begin with step 1: keys add."
            .into(),
    )
}

pub(super) fn still_needed(
    old: &ListedSecret,
    unused: Timestamp,
    longest_session: SignedDuration,
    now: Timestamp,
) -> Failure {
    let (key_id, possible) = (old.key_id, later(unused, longest_session));
    let stopped = if unused > now {
        format!("stops sealing with {key_id} by {unused}")
    } else {
        format!("stopped sealing with {key_id} {} ago", in_words(now.duration_since(unused)))
    };
    Failure::Refused(format!(
        "the last machine {stopped}\n  \
           A session may be valid for {} (--after, or the absolute timeout), and would end without {key_id}.\n  \
           Possible from {possible}, in {}.",
        in_words(longest_session),
        in_words(possible.duration_since(now))
    ))
}

pub(super) fn unrecorded(secret: &ListedSecret, verb: &str) -> Failure {
    Failure::Refused(format!(
        "line {} does not say when {} was {verb}, so it was written by hand\n  \
           Give the time when the last machine had read that change, such as --since 2026-11-28T03:10:00Z",
        secret.line + 1,
        secret.key_id
    ))
}

pub(super) fn shorter_than_idle(said: SignedDuration, idle: SignedDuration) -> Failure {
    Failure::Input(format!(
        "--after is {}, and the idle timeout is {} in the settings: a session is valid for that long",
        in_words(said),
        in_words(idle)
    ))
}

pub(super) fn needless_since() -> Failure {
    let none =
        "--since is for a secret without a time in the file, and there is none; leave it out";
    Failure::Input(none.into())
}

pub(super) fn from_the_future(secret: &ListedSecret, at: Timestamp, now: Timestamp) -> Failure {
    Failure::Refused(format!(
        "line {} was written at {at}, and the clock of this machine says {now}\n  \
           With a time that is too early in the file, the next step would be allowed too early.\n  \
           Set the clock; if it is right, correct the line.",
        secret.line + 1
    ))
}

pub(super) fn clock_not_set(now: Timestamp) -> Failure {
    Failure::Refused(format!(
        "the clock of this machine says {now}, before there was this program\n  \
           With a time that is too early in the file, the next step would be allowed too early.\n  \
           Set the clock."
    ))
}
