//! Values that open only in one session, or while a record is unchanged.

use http::header::{COOKIE, HeaderMap};
use sealed_session::{BoundSealer, Rejection, Sealer, Sent, Session};

use crate::support::{NOW, at, decode, encode, pair, sealed, secs, sessions, visit};

fn sealer() -> Sealer<u8> {
    sessions().sealer("a", secs(600)).unwrap()
}

#[track_caller]
fn opens_only(sealed: &str, right: &BoundSealer<u8>, wrong: &[&BoundSealer<u8>]) {
    assert_eq!(right.open(sealed, at(NOW)), Ok(7));
    for other in wrong {
        assert_eq!(other.open(sealed, at(NOW)), Err(Rejection::Forged));
    }
    assert_eq!(sealer().open(sealed, at(NOW)), Err(Rejection::Forged));
}

#[test]
fn a_value_opens_only_in_its_session() {
    let sessions = sessions();
    let (mine, other): (Session, Session) = (sessions.fresh(), sessions.fresh());
    let [mine, other] = [mine, other].map(|session| sealer().bound_to(&session));
    opens_only(&mine.seal(&7, at(NOW)).unwrap(), &mine, &[&other]);
    let unbound = sealer().seal(&7, at(NOW)).unwrap();
    assert_eq!(mine.open(&unbound, at(NOW)), Err(Rejection::Forged));
}

#[test]
fn a_value_follows_the_session_through_requests_and_dies_with_its_id() {
    let sessions = sessions();
    let session = visit(&sessions, NOW);
    let sealed = sealer().bound_to(&session).seal(&7, at(NOW)).unwrap();
    let (sent, headers) = encode(&sessions, &session, NOW);
    assert_eq!(sent, Sent::Set, "binding asks for the id, which issues the session");

    let mut session = decode(&sessions, &pair(&headers), NOW + 5);
    assert_eq!(sealer().bound_to(&session).open(&sealed, at(NOW + 5)), Ok(7));
    assert_eq!(
        sealer().bound_to(&session).open(&sealed, at(NOW + 600)),
        Err(Rejection::AbsoluteTimeout)
    );
    session.renew();
    assert_eq!(sealer().bound_to(&session).open(&sealed, at(NOW + 5)), Err(Rejection::Forged));
    let mut session = decode(&sessions, &pair(&headers), NOW + 5);
    session.invalidate();
    assert_eq!(sealer().bound_to(&session).open(&sealed, at(NOW + 5)), Err(Rejection::Forged));
}

#[test]
fn binding_issues_nothing_if_the_browser_may_have_held_the_session_back() {
    let sessions = sessions();
    let request = http::Request::post("/").header("sec-fetch-site", "cross-site").body(()).unwrap();
    let session = sessions.decode(&request);
    sealer().bound_to(&session).seal(&7, at(NOW)).unwrap();
    let sent = sessions.encode(&session, &mut http::Response::new(())).unwrap();
    assert_eq!(sent, Sent::Unchanged);
}

#[test]
fn binding_to_bytes_does_not_ask_for_an_id() {
    let sessions = sessions();
    let session = visit(&sessions, NOW);
    sealer().bound_to_bytes("hash").seal(&7, at(NOW)).unwrap();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
    // A session that was loaded is not sent again for it.
    let loaded = decode(&sessions, &sealed(&sessions, &[("user", "alice")], NOW), NOW);
    _ = sealer().bound_to(&loaded);
    assert_eq!(encode(&sessions, &loaded, NOW).0, Sent::Unchanged);
}

#[test]
fn a_value_opens_only_while_the_record_is_the_same_to_the_byte() {
    let of = |record: &[u8]| sealer().bound_to_bytes(record);
    let hash = b"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";
    let wrong =
        [of(b""), of(&hash[1..]), of(&hash[..43]), of(&[0; 32]), of(&[&hash[..], b"\0"].concat())];
    opens_only(&of(hash).seal(&7, at(NOW)).unwrap(), &of(hash), &wrong.each_ref());
    opens_only(&of(b"").seal(&7, at(NOW)).unwrap(), &of(b""), &[&of(b"\0"), &of(hash)]);
    let long = vec![7; 100_000];
    opens_only(&of(&long).seal(&7, at(NOW)).unwrap(), &of(&long), &[&of(&long[1..])]);
}

/// A record that is the id, or what the additional data of the other binding hold.
#[test]
fn a_session_is_never_taken_for_a_record_nor_the_reverse() {
    let session = sessions().fresh();
    let by_id = sealer().bound_to(&session);
    let id = base64_simd::URL_SAFE_NO_PAD
        .decode_to_vec(session.id().expose_base64url().as_bytes())
        .unwrap();
    let records = [id.clone(), [&[1], &id[..]].concat(), [&[2], &id[..]].concat(), vec![]];
    let records = records.map(|record| sealer().bound_to_bytes(record));
    opens_only(&by_id.seal(&7, at(NOW)).unwrap(), &by_id, &records.each_ref());
    for record in &records {
        let sealed = record.seal(&7, at(NOW)).unwrap();
        assert_eq!(by_id.open(&sealed, at(NOW)), Err(Rejection::Forged));
    }
}

#[test]
fn a_bound_value_is_no_longer_than_another_one() {
    let session = sessions().fresh();
    let plain = sealer().seal(&7, at(NOW)).unwrap().len();
    assert_eq!(sealer().bound_to(&session).seal(&7, at(NOW)).unwrap().len(), plain);
    assert_eq!(sealer().bound_to_bytes("a").seal(&7, at(NOW)).unwrap().len(), plain);
}

#[test]
fn a_bound_value_is_no_cookie() {
    let sessions = sessions();
    let bound = sealer().bound_to(&sessions.fresh()).seal(&7, at(NOW)).unwrap();
    let cookie = sealer().in_cookie("a", sealed_session::SameSite::Lax).unwrap();
    let field = format!("{}={bound}", cookie.name()).parse().unwrap();
    let decoded =
        cookie.decode(&HeaderMap::from_iter([(COOKIE, field)]), sessions.transport(), at(NOW));
    assert!(matches!(decoded, Err(Rejection::UnknownKey(_))));
}
