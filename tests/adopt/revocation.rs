//! A revoked session is not adopted a second time.

use sealed_session::{EncodeError, LocalDenyList, Rejection, Sent};

use crate::library::{ALICE, Old, adopting, lines, user};
use crate::support::{NOW, at, decode, encode, pair};
use http::{HeaderMap, StatusCode};

#[test]
fn a_session_that_was_revoked_is_not_adopted_again_in_any_spelling() {
    let sessions = adopting().revocation(LocalDenyList::new(100)).build().unwrap();
    let mut session = decode(&sessions, &ALICE.pair(), NOW);
    session.revoke();
    let (sent, headers) = encode(&sessions, &session, NOW);
    assert_eq!((sent, lines(&headers).len()), (Sent::Removed, 2));
    for copy in
        [ALICE.pair(), ALICE.pair().replace('|', "%7C"), format!("{}; %69d=x", ALICE.pair())]
    {
        let session = decode(&sessions, &copy, NOW + 1);
        assert_eq!(
            (user(&session), session.rejection()),
            (None, Some(&Rejection::Revoked)),
            "{copy}"
        );
        assert_eq!(encode(&sessions, &session, NOW + 1).0, Sent::Unchanged);
    }
    let other = Old { user: "bob", ..ALICE }.pair();
    assert_eq!(user(&decode(&sessions, &other, NOW + 1)), Some("bob"));
}

#[test]
fn a_log_out_by_our_cookie_holds_against_the_old_one() {
    let sessions = adopting().revocation(LocalDenyList::new(100)).build().unwrap();
    let ours = pair(&encode(&sessions, &decode(&sessions, &ALICE.pair(), NOW), NOW).1);
    // The old cookie was not sent along: its path is another one.
    let mut session = decode(&sessions, &ours, NOW + 1);
    session.revoke();
    assert_eq!(encode(&sessions, &session, NOW + 1).0, Sent::Removed);
    let again = decode(&sessions, &ALICE.pair(), NOW + 2);
    assert_eq!(again.rejection(), Some(&Rejection::Revoked));
}

#[test]
fn a_log_in_ends_the_id_of_the_old_cookie_after_the_grace_period() {
    let sessions = adopting()
        .revocation(LocalDenyList::new(100))
        .subject(|dict| dict.get("user").map(Into::into))
        .build()
        .unwrap();
    let mut session = decode(&sessions, &ALICE.pair(), NOW);
    session.renew();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set);
    assert!(decode(&sessions, &ALICE.pair(), NOW + 9).rejection().is_none());
    let again = decode(&sessions, &ALICE.pair(), NOW + 10);
    assert_eq!(again.rejection(), Some(&Rejection::Revoked));
}

#[test]
fn a_user_who_was_logged_out_everywhere_is_not_adopted() {
    let denied = std::sync::Arc::new(LocalDenyList::new(100));
    let sessions = adopting()
        .revocation(std::sync::Arc::clone(&denied))
        .subject(|dict| dict.get("user").map(Into::into))
        .build()
        .unwrap();
    denied.log_out_everywhere("alice", at(NOW));
    let session = decode(&sessions, &ALICE.pair(), NOW);
    assert_eq!((user(&session), session.rejection()), (None, Some(&Rejection::Revoked)));
    let bob = Old { user: "bob", ..ALICE };
    assert_eq!(user(&decode(&sessions, &bob.pair(), NOW)), Some("bob"));
}

#[test]
fn without_a_hook_for_revocation_revoke_fails_and_changes_nothing() {
    let sessions = adopting().build().unwrap();
    let mut session = decode(&sessions, &ALICE.pair(), NOW);
    session.revoke();
    let mut headers = HeaderMap::new();
    let failed = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW));
    assert!(matches!(failed, Err(EncodeError::RevocationFailed(_))), "{failed:?}");
    assert!(headers.is_empty());
}
