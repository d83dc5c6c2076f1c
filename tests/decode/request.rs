//! What a request becomes: any `Cookie` header in, one session or one rejection out.

use crate::support::{
    DAY, NAME, NOW, UNKNOWN_EXTENSION, at, cookies, decode, encode, pair, ring, sealed, secret,
    sessions, visit,
};
use base64_simd::URL_SAFE_NO_PAD;
use http::header::{COOKIE, HeaderMap};
use http::{HeaderValue, Request};
use proptest::collection::vec;
use proptest::prelude::*;
use sealed_session::{
    CookieSessions, KeyRole, Keyring, Payload, Rejection, Secret, Session, Transport,
};

/// Sealed under the first secret: a dictionary that promises one entry and ends.
const CORRUPT: &str =
    "AcKaBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH_F_xNitwWKSxfGrTO4133_9HWQoKoD6dUMiNtZCFffCw0ZSsQg";

/// What a request became: the session of a user, or a pre-session.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome<'s> {
    Stands(&'s str),
    Fresh(Option<Rejection>),
}
use Outcome::{Fresh, Stands};

const NONE: Outcome<'_> = Fresh(None);
const ALICE: Outcome<'_> = Stands("alice");

fn refused(rejection: Rejection) -> Outcome<'static> {
    Fresh(Some(rejection))
}

/// Reads the outcome off a session, all of whose getters must agree on it.
#[track_caller]
fn outcome(session: &Session) -> Outcome<'_> {
    assert_eq!(session.is_new(), session.opened_by().is_none());
    if session.is_new() {
        assert!(session.is_empty());
        assert_eq!(session.label().to_string(), "new");
        return Fresh(session.rejection().copied());
    }
    assert_eq!(session.rejection(), None);
    assert_eq!(session.label().to_string().len(), 12);
    Stands(session.get("user").unwrap())
}

/// Each row is one `Cookie` field in which `@` stands for the token of Alice.
#[track_caller]
fn check_fields(rows: &[&[u8]], expected: Outcome<'_>) {
    let (sessions, token) = (sessions(), token_of(&sealed_for("alice")));
    for row in rows {
        let field = row.split(|byte| *byte == b'@').collect::<Vec<_>>().join(token.as_bytes());
        let session = sessions.decode_at(&cookies([field]), Transport::Https, at(NOW));
        assert_eq!(outcome(&session), expected, "{}", row.escape_ascii());
    }
}

/// Each row is a value of our cookie, `@` for version and key id, `~` for those under another secret.
#[track_caller]
fn check_values(rows: &[&str], expected: Rejection) {
    let (sessions, other) = (sessions(), CookieSessions::new(ring(2)));
    for row in rows {
        let value = row.replace('@', &head(&sessions)).replace('~', &head(&other));
        assert_eq!(outcome(&decode(&sessions, &ours(&value), NOW)), refused(expected), "{row}");
    }
}

/// Each row is a list of lists of pairs in one field.
#[track_caller]
fn check_pairs(rows: &[(&str, &[&[String]], Outcome<'_>)]) {
    for (row, pairs, expected) in rows {
        let session = decode(&sessions(), &pairs.concat().join("; "), NOW);
        assert_eq!(outcome(&session), *expected, "{row}");
    }
}

fn sealed_for(user: &str) -> String {
    sealed(&sessions(), &[("user", user)], NOW)
}

fn token_of(pair: &str) -> String {
    pair.split_once('=').unwrap().1.to_owned()
}

fn ours(value: &str) -> String {
    format!("{NAME}={value}")
}

/// The first four characters of all tokens of these sessions: version and key id.
fn head(sessions: &CookieSessions) -> String {
    token_of(&sealed(sessions, &[], NOW))[..4].to_owned()
}

/// Forged tokens under the right key id, no two of them equal.
fn forged(count: usize) -> Vec<String> {
    let head = head(&sessions());
    (0..count).map(|n| ours(&format!("{head}{n:060}"))).collect()
}

/// 64 KiB of pairs.
fn filled(pair: impl Fn(usize) -> String) -> Vec<String> {
    let count = 64 * 1024 / pair(0).len() + 1;
    (0..count).map(pair).collect()
}

/// The same session, sealed again at `now` for another user.
fn resealed(pair_before: &str, user: &str, now: u64) -> String {
    let mut session = decode(&sessions(), pair_before, now);
    assert!(!session.is_new());
    session.set("user", user);
    session.touch();
    pair(&encode(&sessions(), &session, now).1)
}

/// Every kind of junk, from what comes least far to what comes furthest.
fn junk() -> Vec<(Rejection, String)> {
    let other = CookieSessions::new(ring(2));
    let (_, unknown) = other.keys().next().unwrap();
    let aged = |sealed_at| sealed(&sessions(), &[("user", "mallory")], sealed_at);
    vec![
        (Rejection::TooLong, ours(&"A".repeat(4096 - NAME.len()))),
        (Rejection::Malformed, ours("!")),
        (Rejection::UnknownVersion(2), ours("AgAA")),
        (Rejection::UnknownKey(unknown), sealed(&other, &[("user", "mallory")], NOW)),
        (Rejection::Forged, forged(1).remove(0)),
        (Rejection::Corrupt, ours(CORRUPT)),
        (Rejection::UnknownExtension(2), ours(UNKNOWN_EXTENSION)),
        (Rejection::FromTheFuture, aged(NOW + 301)),
        (Rejection::AbsoluteTimeout, aged(NOW - 30 * DAY)),
        (Rejection::IdleTimeout, aged(NOW - 14 * DAY)),
    ]
}

// The header.

#[test]
fn trims_space_and_tab_around_the_pair() {
    #[rustfmt::skip]
    let rows: &[&[u8]] = &[
        b"__Host-session=@", b" __Host-session=@", b"__Host-session=@ ", b"\t \t__Host-session=@\t \t",
        b"a=1;__Host-session=@;b=2", b"a=1 ; \t__Host-session=@\t ; b=2",
    ];
    check_fields(rows, ALICE);
}

#[test]
fn ignores_a_cookie_whose_name_differs_in_a_byte() {
    #[rustfmt::skip]
    let rows: &[&[u8]] = &[
        b"", b"@", b"session=@", b"__Secure-session=@", b"__Http-session=@", b"__host-session=@",
        b"__HOST-SESSION=@", b"__Host-Session=@", b"__Host-session2=@", b"x__Host-session=@",
        b"=__Host-session=@", b"a=__Host-session=@", b"__Host-session", b"__Host-session:@",
        b"__Host-session =@", b"__Host-session\t=@", b"__Host%2Dsession=@", b"\"__Host-session\"=@",
        b"a=\"__Host-session=@\"", b"a=b, __Host-session=@", b"\xa0__Host-session=@",
        b"\xc2\xa0__Host-session=@", b"\xc2\x85__Host-session=@", b"\xe3\x80\x80__Host-session=@",
        b"\xef\xbb\xbf__Host-session=@",
    ];
    check_fields(rows, NONE);
}

#[test]
fn reads_every_byte_after_the_first_equals_sign_as_the_value() {
    #[rustfmt::skip]
    let rows: &[&[u8]] = &[
        b"__Host-session=", b"__Host-session= ", b"__Host-session= @", b"__Host-session=\t@",
        b"__Host-session==@", b"__Host-session=@=", b"__Host-session=@%3D", b"__Host-session=\"@\"",
        b"__Host-session=\"@", b"__Host-session=@\"", b"__Host-session='@'", b"__Host-session=@, a=b",
        b"__Host-session=@ @", b"__Host-session=\xa0@", b"__Host-session=@\xa0", b"__Host-session=@\x85",
        b"__Host-session=@\xc2\xa0", b"__Host-session=@\xe3\x80\x80", b"__Host-session=@\xe2\x80\x8b",
    ];
    check_fields(rows, refused(Rejection::Malformed));
}

#[test]
fn decodes_no_percent_sign() {
    let token = token_of(&sealed_for("alice"));
    for at in [0, 3, 4, 40, token.len() - 1] {
        let escaped = format!("{}%{:02X}{}", &token[..at], token.as_bytes()[at], &token[at + 1..]);
        let session = decode(&sessions(), &ours(&escaped), NOW);
        assert_eq!(outcome(&session), refused(Rejection::Malformed), "character {at}");
    }
}

#[test]
fn ignores_odd_neighbours_before_and_after() {
    #[rustfmt::skip]
    let neighbours: &[&[u8]] = &[
        b"", b" ", b"\t", b";;", b"=", b"=x", b"noequals", b"__Host-session", b"a=b=c", b"a=b, c=d",
        b"a=\"b", b"a=\"b; c=\"", b"a=%", b"$Version=1", b"{\"a\": [1]}", b"a=\xc3\xa9",
        b"\x80=\xff\xfe", b"\xa0",
    ];
    let cookie: &[u8] = b"__Host-session=@";
    for neighbour in neighbours.iter().copied() {
        let [before, after] =
            [[neighbour, cookie], [cookie, neighbour]].map(|pairs| pairs.join(&b';'));
        check_fields(&[&before, &after, &[neighbour, cookie, neighbour].join(&b';')], ALICE);
        check_fields(&[neighbour], NONE);
    }
}

#[test]
fn every_split_over_several_fields_gives_one_outcome() {
    let (alice, older) = (sealed_for("alice"), sealed(&sessions(), &[], NOW - 14 * DAY));
    let [one, other] = <[String; 2]>::try_from(forged(2)).unwrap();
    let lists = [
        ([&one, "a=1", &alice, "b", &older, "c=\"3\""], ALICE),
        (["a=1", &one, "", &older, &other, "\u{e9}=2"], refused(Rejection::IdleTimeout)),
        (["a", &alice, "b=2", &one, &sealed_for("bob"), "="], refused(Rejection::Ambiguous)),
        (["a=1", "session=2", "=3", "b=4", "", "c=5"], NONE),
    ];
    for (pairs, expected) in lists {
        for splits in 0..1_u32 << (pairs.len() - 1) {
            let ends_field = |gap: usize| gap + 1 == pairs.len() || splits >> gap & 1 == 1;
            let text: Vec<String> = (0..pairs.len())
                .map(|n| pairs[n].to_owned() + if ends_field(n) { "\n" } else { "; " })
                .collect();
            let headers = cookies(text.concat().lines());
            let session = sessions().decode_at(&headers, Transport::Https, at(NOW));
            assert_eq!(outcome(&session), expected, "{text:?}");
        }
    }
}

#[test]
fn judges_a_header_of_64_kib() {
    let (alice, forged) = ([sealed_for("alice")], forged(1000));
    check_pairs(&[
        ("neighbours", &[&filled(|n| format!("n{n:05}=some value")), &alice], ALICE),
        ("malformed ones", &[&filled(|n| ours(&format!("{n:05}!"))), &alice], ALICE),
        ("forged ones", &[&filled(|n| forged[n].clone()), &alice], refused(Rejection::TooMany)),
    ]);
    for (rejection, junk) in junk() {
        check_pairs(&[(
            &format!("copies of {rejection:?}"),
            &[&filled(|_| junk.clone()), &alice],
            ALICE,
        )]);
    }
}

// Cheap refusals.

#[test]
fn a_value_is_too_long_from_the_byte_on_with_which_name_and_value_exceed_4096() {
    for name in ["s", "session", "a-name-of-fifty-characters-that-leaves-less-for-it"] {
        let sessions = CookieSessions::builder(ring(1)).name(name).build().unwrap();
        let full = format!("__Host-{name}");
        for (len, expected) in [
            (4096 - full.len() - 1, Rejection::UnknownVersion(0)),
            (4096 - full.len(), Rejection::TooLong),
            (9000, Rejection::TooLong),
        ] {
            let session = decode(&sessions, &format!("{full}={}", "A".repeat(len)), NOW);
            assert_eq!(outcome(&session), refused(expected), "{len} bytes for {full}");
        }
    }
}

#[test]
fn a_value_that_is_too_long_is_judged_by_nothing_else() {
    let filled = |front: &str, rest: &str| front.to_owned() + &rest.repeat(4096);
    check_values(
        &[&filled("", "!"), &filled("AgAA", "A"), &filled("@", "A"), &filled("~", "A")],
        Rejection::TooLong,
    );
}

#[test]
fn a_value_that_does_not_begin_with_four_characters_of_base64url_is_malformed() {
    #[rustfmt::skip]
    let values = [
        "", "A", "AgA", "Ag==", "AgA=", "Ag+A", "Ag/A", "AgA AAAA", "AgA.AAAA", "AgA\u{e9}", "%41gAA",
        "\"AgAA\"",
    ];
    check_values(&values, Rejection::Malformed);
}

#[test]
fn looks_no_further_than_at_a_version_that_it_does_not_know() {
    let long = format!("AgAA{}", "=".repeat(4000));
    let values = ["AgAA", "AsKa", "AgAAA", "AgAA!", "AgAA\u{e9} not base64", &long];
    check_values(&values, Rejection::UnknownVersion(2));
    check_values(&["AAAA"], Rejection::UnknownVersion(0));
    check_values(&["____"], Rejection::UnknownVersion(255));
}

#[test]
fn looks_no_further_than_at_a_key_id_that_it_does_not_know() {
    let (_, unknown) = CookieSessions::new(ring(2)).keys().next().unwrap();
    let long = format!("~{}", "=".repeat(4000));
    check_values(&["~", "~A", "~!", "~\u{e9} not base64", &long], Rejection::UnknownKey(unknown));
}

#[test]
fn under_a_key_id_that_it_knows_length_and_alphabet_must_be_right() {
    let zeros = |count, tail| format!("@{}{tail}", "A".repeat(count));
    let frame_of_42_bytes = zeros(52, "");
    let impossible_length = zeros(53, "");
    let trailing_bit = zeros(53, "B");
    let padded = zeros(54, "==");
    let standard = [zeros(55, "+"), zeros(55, "/")];
    #[rustfmt::skip]
    let values = [
        "@", "@!!!!", "@AAA", &frame_of_42_bytes, &impossible_length, &trailing_bit, &padded, &standard[0],
        &standard[1],
    ];
    check_values(&values, Rejection::Malformed);
    let frame_of_43_bytes = zeros(54, "");
    let longest = zeros(4096 - NAME.len() - 1 - 4 - 1, ""); // no text has one character more
    check_values(&[&frame_of_43_bytes, &longest], Rejection::Forged);
}

// Authentic is not well-formed.

/// What becomes of a `W` where an `R` is expected, under one secret and schema.
fn read_as<W: Payload, R: Payload>(value: W) -> Option<Rejection> {
    let (writer, reader) =
        (CookieSessions::typed::<W>(ring(1), "v1"), CookieSessions::typed::<R>(ring(1), "v1"));
    let (writer, reader) = (writer.build().unwrap(), reader.build().unwrap());
    let mut session = visit(&writer, NOW);
    *session.data_mut() = value;
    session.touch();
    let session = decode(&reader, &pair(&encode(&writer, &session, NOW).1), NOW);
    assert_eq!(session.is_new(), session.rejection().is_some());
    session.rejection().copied()
}

#[test]
fn an_authentic_payload_must_be_read_to_the_last_byte() {
    let corrupt = Some(Rejection::Corrupt);
    assert_eq!(read_as::<u8, u8>(1), None);
    assert_eq!(read_as::<(u8, u8), u8>((1, 0)), corrupt, "one byte left");
    assert_eq!(read_as::<u8, (u8, u8)>(1), corrupt, "one byte missing");
    assert_eq!(read_as::<(), u8>(()), corrupt, "nothing");
    assert_eq!(read_as::<u8, bool>(2), corrupt, "neither true nor false");
    assert_eq!(read_as::<Vec<u8>, String>(vec![0xff]), corrupt, "not UTF-8");
}

// Several cookies with the session's name.

#[test]
fn no_rejected_token_shadows_an_accepted_one() {
    let alice = sealed_for("alice");
    for (rejection, junk) in junk() {
        assert_eq!(outcome(&decode(&sessions(), &junk, NOW)), refused(rejection));
        let around = format!("{junk}; {alice}; {junk}");
        for header in [format!("{junk}; {alice}"), format!("{alice}; {junk}"), around] {
            assert_eq!(
                outcome(&decode(&sessions(), &header, NOW)),
                ALICE,
                "{rejection:?} in {header}"
            );
        }
    }
}

#[test]
fn the_rejection_is_that_of_the_token_that_passed_the_most_checks() {
    let junk = junk();
    for (far, (further, later)) in junk.iter().enumerate().map(|(n, row)| (&junk[..n], row)) {
        for (_, sooner) in far {
            for header in [format!("{sooner}; {later}"), format!("{later}; {sooner}")] {
                assert_eq!(
                    outcome(&decode(&sessions(), &header, NOW)),
                    refused(*further),
                    "{header}"
                );
            }
        }
    }
}

#[test]
fn of_rejections_at_the_same_stage_the_first_is_given() {
    let [one, other] = [2, 3].map(|n| CookieSessions::new(ring(n)));
    let unknown =
        |sessions: &CookieSessions| Rejection::UnknownKey(sessions.keys().next().unwrap().1);
    for (first, second, expected) in [
        (ours("AgAA"), ours("AwAA"), Rejection::UnknownVersion(2)),
        (ours("AwAA"), ours("AgAA"), Rejection::UnknownVersion(3)),
        (sealed(&one, &[], NOW), sealed(&other, &[], NOW), unknown(&one)),
        (sealed(&other, &[], NOW), sealed(&one, &[], NOW), unknown(&other)),
    ] {
        let session = decode(&sessions(), &format!("{first}; {second}"), NOW);
        assert_eq!(outcome(&session), refused(expected));
    }
}

#[test]
fn of_one_session_the_token_sealed_last_is_accepted() {
    // Several rounds, since by chance it may have the greatest nonce as well.
    for round in 0..8 {
        let old = sealed(&sessions(), &[("user", "old")], NOW - 100);
        let newer = resealed(&old, "newer", NOW - 1);
        let newest = resealed(&old, "newest", NOW);
        let ahead = resealed(&old, "ahead", NOW + 301);
        for order in
            [[0, 1, 2, 3], [1, 0, 3, 2], [2, 0, 1, 3], [3, 2, 1, 0], [3, 2, 0, 1], [1, 3, 2, 0]]
        {
            let header = order.map(|n| [&old, &newer, &newest, &ahead][n].as_str()).join("; ");
            let session = decode(&sessions(), &header, NOW);
            assert_eq!(outcome(&session), Stands("newest"), "round {round}, order {order:?}");
        }
    }
}

#[test]
fn of_tokens_sealed_at_once_the_one_with_the_greatest_nonce_is_accepted() {
    let nonce = |pair: &str| URL_SAFE_NO_PAD.decode_to_vec(token_of(pair)).unwrap()[3..27].to_vec();
    let base = sealed_for("alice");
    for round in 0..32 {
        let (one, other) = (resealed(&base, "one", NOW + 1), resealed(&base, "other", NOW + 1));
        let expected = if nonce(&one) > nonce(&other) { "one" } else { "other" };
        for header in [format!("{one}; {other}"), format!("{other}; {one}")] {
            assert_eq!(
                outcome(&decode(&sessions(), &header, NOW + 1)),
                Stands(expected),
                "round {round}"
            );
        }
    }
}

#[test]
fn two_valid_sessions_are_ambiguous_in_every_order() {
    let (alice, bob) = (sealed_for("alice"), sealed(&sessions(), &[("user", "bob")], NOW - 1));
    let (later, junk) = (resealed(&alice, "alice", NOW), junk());
    let of_two = [vec![&alice, &bob], vec![&bob, &alice], vec![&alice, &bob, &later]];
    let with_junk =
        junk.iter().flat_map(|(_, junk)| [vec![junk, &alice, &bob], vec![&alice, junk, &bob]]);
    for pairs in of_two.into_iter().chain(with_junk) {
        let pairs: Vec<String> = pairs.into_iter().cloned().collect();
        check_pairs(&[(&pairs.join("; "), &[&pairs], refused(Rejection::Ambiguous))]);
    }
}

#[test]
fn looks_at_no_token_after_eight_openings() {
    let (alice, bob) = (vec![sealed_for("alice")], vec![sealed_for("bob")]);
    let [too_many, ambiguous] = [Rejection::TooMany, Rejection::Ambiguous].map(refused);
    let forged = forged(9);
    let expired: Vec<String> =
        (0..8).map(|n| sealed(&sessions(), &[], NOW - 14 * DAY - n)).collect();
    let copies = vec![forged[0].clone(); 9];
    let cheap: Vec<String> =
        junk().into_iter().take(4).flat_map(|(_, junk)| vec![junk; 9]).collect();
    let malformed: Vec<String> =
        (0..9).map(|n| ours(&format!("{}{n}!", head(&sessions())))).collect();
    check_pairs(&[
        ("seven forged, then a good one", &[&forged[..7], &alice], ALICE),
        ("eight forged, then a good one", &[&forged[..8], &alice], too_many),
        ("nine forged", &[&forged], too_many),
        ("eight forged and no more", &[&forged[..8]], refused(Rejection::Forged)),
        ("a good one, then nine forged", &[&alice, &forged], ALICE),
        ("eight expired, then a good one", &[&expired, &alice], too_many),
        ("seven expired, then a good one", &[&expired[..7], &alice], ALICE),
        ("another session as the eighth", &[&alice, &forged[..6], &bob], ambiguous),
        ("another session as the ninth", &[&alice, &forged[..7], &bob], ALICE),
        ("nine copies of a forged one, then a good one", &[&copies, &alice], ALICE),
        ("copies, six more forged, then a good one", &[&copies, &forged[1..7], &alice], ALICE),
        ("copies, seven more forged, then a good one", &[&copies, &forged[1..8], &alice], too_many),
        ("nine copies of a good one", &[&vec![alice[0].clone(); 9]], ALICE),
        ("many that are not opened, then a good one", &[&cheap, &malformed, &alice], ALICE),
    ]);
}

#[test]
fn each_key_under_a_shared_key_id_counts_as_an_opening() {
    // Two secrets whose key ids are equal under the default configuration, found by search.
    let one = "f44925ba62546a0dfe5c8a3c3c8a164bc0948bd49912339c85e45d4219b139cb"
        .parse::<Secret>()
        .unwrap();
    let two = "82c0c01229a6034227b14efcb872a5e13bada62a30baa0083b0645471b87f8ac"
        .parse::<Secret>()
        .unwrap();
    let [first, second] =
        [&one, &two].map(|secret| CookieSessions::new(Keyring::new(secret.clone())));
    let both = CookieSessions::new(Keyring::new(one).previous(two));
    let ids: Vec<_> = both.keys().map(|(_, id)| id).collect();
    assert_eq!(ids[0], ids[1]);
    let junk =
        |count| (0..count).map(|n| ours(&format!("{}{n:060}; ", head(&both)))).collect::<String>();
    for (forged, sealer, expected) in [
        (3, &first, ALICE),
        (3, &second, ALICE),
        (4, &first, refused(Rejection::TooMany)),
        (4, &second, refused(Rejection::TooMany)),
    ] {
        let header = junk(forged) + &sealed(sealer, &[("user", "alice")], NOW);
        assert_eq!(outcome(&decode(&both, &header, NOW)), expected, "{forged} forged");
    }
}

// Transport, origin, outcome.

#[test]
fn a_request_over_the_other_transport_is_rejected_only_if_it_had_our_cookie() {
    let insecure = CookieSessions::builder(ring(1)).insecure_http().build().unwrap();
    let other = refused(Rejection::OtherTransport);
    for (sessions, name) in [(sessions(), NAME), (insecure, "session")] {
        let alice = sealed(&sessions, &[("user", "alice")], NOW);
        let (same, wrong) = match sessions.transport() {
            Transport::Http => (Transport::Http, Transport::Https),
            _ => (Transport::Https, Transport::Http),
        };
        for (transport, field, expected) in [
            (same, alice.clone(), ALICE),
            (wrong, alice.clone(), other),
            (wrong, format!("a=1; {alice}"), other),
            (wrong, format!("{name}=!"), other),
            (wrong, format!("x{alice}; {name}"), NONE),
            (wrong, "a=1".into(), NONE),
        ] {
            let session = sessions.decode_at(&cookies([&field]), transport, at(NOW));
            assert_eq!(outcome(&session), expected, "{transport:?} {field}");
        }
    }
}

#[test]
fn the_transport_is_that_of_the_extensions_or_else_the_configured_one() {
    let insecure = CookieSessions::builder(ring(1)).insecure_http().build().unwrap();
    let other = refused(Rejection::OtherTransport);
    for (sessions, extension, expected) in [
        (sessions(), None, ALICE),
        (sessions(), Some(Transport::Https), ALICE),
        (sessions(), Some(Transport::Http), other),
        (insecure.clone(), None, ALICE),
        (insecure.clone(), Some(Transport::Http), ALICE),
        (insecure, Some(Transport::Https), other),
    ] {
        let mut session = sessions.fresh();
        session.set("user", "alice");
        // Neither the scheme nor a forwarded header says how the client came.
        for (uri, proto) in
            [("/", "https"), ("http://a.example/", "http"), ("https://a.example/", "https")]
        {
            let request = Request::builder().uri(uri).header("x-forwarded-proto", proto);
            let mut request = request
                .header(COOKIE, sessions.request_cookie(&session).unwrap())
                .body(())
                .unwrap();
            if let Some(transport) = extension {
                request.extensions_mut().insert(transport);
            }
            assert_eq!(outcome(&sessions.decode(&request)), expected, "{extension:?} {uri}");
            let parts = request.into_parts().0;
            assert_eq!(outcome(&sessions.decode_parts(&parts)), expected, "{extension:?} {uri}");
        }
    }
}

#[test]
fn refuses_tokens_that_others_make() {
    let version = Rejection::UnknownVersion;
    for (token, expected) in [
        ("eyJhbGciOiJub25lIn0.eyJ1c2VyIjoiYWxpY2UifQ.", version(b'{')), // JWT without signature
        ("eyJ1c2VyIjoiYWxpY2UifQ", version(b'{')),                      // JSON in base64url
        ("eyJ1c2VyIjoiYWxpY2UifQ==", version(b'{')),                    // JSON in base64
        ("{\"user\":\"alice\"}", Rejection::Malformed),                 // JSON
        ("gAAAAABkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", version(0x80)), // Fernet
        ("v4.local.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Rejection::Malformed), // PASETO
        ("s%3AeyJ1c2VyIjoiYWxpY2UifQ.c2ln", Rejection::Malformed),      // Express
        ("BAh7BkkiCXVzZXIGOgZFVEkiCmFsaWNlBjsAVA==--0a1b", version(4)), // Rails
        ("alice", version(0x6a)),
    ] {
        assert_eq!(outcome(&decode(&sessions(), &ours(token), NOW)), refused(expected), "{token}");
    }
}

#[test]
fn tells_which_secret_opened_it() {
    let sessions = CookieSessions::new(ring(1).previous(secret(2)).upcoming(secret(3)));
    let roles = [KeyRole::Current, KeyRole::Previous, KeyRole::Upcoming];
    for (sealer, role) in [1, 2, 3].into_iter().zip(roles) {
        let alice = sealed(&CookieSessions::new(ring(sealer)), &[("user", "alice")], NOW);
        let session = decode(&sessions, &alice, NOW);
        assert_eq!((outcome(&session), session.opened_by()), (ALICE, Some(role)));
    }
    assert_eq!(outcome(&visit(&sessions, NOW)), NONE);
}

/// A neighbour: every byte that a header field can hold but `;`.
fn neighbour() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'\t'), b' '..b';', b'<'..=b'~', 0x80..=0xff_u8];
    vec(byte, 0..24)
        .prop_filter("ours", |pair| !pair.windows(NAME.len()).any(|part| part == NAME.as_bytes()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_neighbours_change_anything(before in vec(neighbour(), 0..4), after in vec(neighbour(), 0..4)) {
        let (sessions, alice) = (sessions(), sealed_for("alice"));
        let fields = [before.join(&b';'), [alice.as_bytes(), b";", &after.join(&b';')].concat()];
        let headers = [cookies(&fields), cookies([fields.join(&b';')])];
        for headers in headers {
            let session = sessions.decode_at(&headers, Transport::Https, at(NOW));
            prop_assert_eq!(outcome(&session), ALICE);
        }
    }

    #[test]
    fn no_value_but_a_sealed_one_becomes_a_session(value in neighbour(), known: bool) {
        let head = if known { head(&sessions()) } else { String::new() };
        let mut headers = HeaderMap::new();
        let field = [NAME.as_bytes(), b"=", head.as_bytes(), &value].concat();
        headers.insert(COOKIE, HeaderValue::from_bytes(&field).unwrap());
        let session = sessions().decode_at(&headers, Transport::Https, at(NOW));
        prop_assert!(matches!(outcome(&session), Fresh(Some(_))));
    }
}

#[test]
fn the_session_forwards_its_dictionary() {
    let mut session = sessions().fresh();
    session.set("a", "1");
    session.set("b", "x");
    assert!(session.contains("a") && !session.contains("c"));
    assert_eq!((session.len(), session.is_empty()), (2, false));
    assert_eq!((session.get("a"), session.get("c")), (Some("1"), None));
    assert!(session.iter().eq([("a", "1"), ("b", "x")]));
    assert_eq!((session.parse::<u8>("a"), session.parse::<u8>("c")), (Some(Ok(1)), None));
    assert!(session.parse::<u8>("b").unwrap().is_err());
    assert_eq!((session.remove("b").as_deref(), session.remove("b")), (Some("x"), None));
    session.clear();
    assert_eq!((session.len(), session.is_empty()), (0, true));
}

#[test]
fn a_rejection_says_why_in_words() {
    let id = sessions().keys().next().unwrap().1;
    let rows = [
        (Rejection::TooLong, "the cookie is too long"),
        (Rejection::Malformed, "the cookie is not a token"),
        (Rejection::UnknownVersion(2), "the token has the unknown version 2"),
        (Rejection::UnknownKey(id), &*format!("the token names the unknown key {id}")),
        (Rejection::Forged, "the token is forged"),
        (Rejection::Corrupt, "the token is authentic, but its session cannot be read"),
        (Rejection::UnknownExtension(2), "the session has the unknown extension 2"),
        (Rejection::FromTheFuture, "the token was sealed in the future"),
        (Rejection::AbsoluteTimeout, "the session is past its absolute timeout"),
        (Rejection::IdleTimeout, "the session is past its idle timeout"),
        (Rejection::Revoked, "the session was revoked"),
        (Rejection::Unchecked, "the session could not be checked for revocation"),
        (Rejection::TooMany, "too many tokens were sent"),
        (Rejection::Ambiguous, "tokens of two sessions were sent"),
        (Rejection::OtherTransport, "the request came over the other transport"),
    ];
    for (rejection, words) in rows {
        assert_eq!(rejection.to_string(), words);
    }
}
