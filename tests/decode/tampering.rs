//! A token, changed in every way that takes one step: none of them gives a session.

use crate::support::{NAME, NOW, at, sealed, sessions};
use base64_simd::URL_SAFE_NO_PAD;
use http::header::{COOKIE, HeaderMap, HeaderValue};
use sealed_session::{CookieSessions, KeyRole, Rejection, Session, Transport};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Characters that hold version and key id, and the characters of the shortest frame: 3 + 24 + 16 bytes.
const HEAD: usize = 4;
const SHORTEST: usize = 58;

/// A coder and one of its tokens, of 79 bytes in 106 characters: the last of them has four bits to spare.
struct Sealed {
    sessions: CookieSessions,
    token: Vec<u8>,
}

impl Sealed {
    fn new() -> Self {
        Self::with("alice", NOW)
    }

    fn with(user: &str, now: u64) -> Self {
        let sessions = sessions();
        let pair = sealed(&sessions, &[("user", user)], now);
        let token = pair.split_once('=').unwrap().1.as_bytes().to_vec();
        assert_eq!(token.len(), 106);
        Self { sessions, token }
    }

    fn decode(&self, token: &[u8]) -> Session {
        let field = [NAME.as_bytes(), b"=", token].concat();
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_bytes(&field).unwrap())]);
        self.sessions.decode_at(&headers, Transport::Https, at(NOW))
    }

    /// Expects a pre-session, and returns why.
    #[track_caller]
    fn refuses(&self, token: &[u8]) -> Rejection {
        let session = self.decode(token);
        let text = token.escape_ascii();
        assert!(session.is_new() && session.is_empty(), "a session from {text}");
        assert_eq!(session.opened_by(), None, "a secret opened {text}");
        *session.rejection().unwrap_or_else(|| panic!("no reason to refuse {text}"))
    }

    #[track_caller]
    fn refuses_for(&self, token: &[u8], expected: Rejection) {
        assert_eq!(self.refuses(token), expected, "{}", token.escape_ascii());
    }

    /// Expects the reason that version and key id give, if either differs from the real one.
    #[track_caller]
    fn refuses_head(&self, token: &[u8]) {
        let head = URL_SAFE_NO_PAD.decode_to_vec(&token[..HEAD]).unwrap();
        match (self.refuses(token), head[0]) {
            (Rejection::UnknownKey(id), 1) => {
                assert_eq!(id.to_string(), format!("{:02x}{:02x}", head[1], head[2]));
            }
            (rejection, version) => assert_eq!(rejection, Rejection::UnknownVersion(version)),
        }
    }
}

/// The token with `byte` in place of the one at `index`.
fn replaced(token: &[u8], index: usize, byte: u8) -> Vec<u8> {
    let mut changed = token.to_vec();
    changed[index] = byte;
    changed
}

/// The token with `bytes` inserted before `index`.
fn inserted(token: &[u8], index: usize, bytes: &[u8]) -> Vec<u8> {
    [&token[..index], bytes, &token[index..]].concat()
}

/// Every byte that a header field may hold.
fn header_bytes() -> impl Iterator<Item = u8> {
    (0..=u8::MAX).filter(|byte| HeaderValue::from_bytes(&[*byte]).is_ok())
}

/// Those that are no base64url and do not end the pair.
fn foreign_bytes() -> impl Iterator<Item = u8> {
    header_bytes().filter(|byte| !ALPHABET.contains(byte) && *byte != b';')
}

#[test]
fn opens_the_token_as_it_is() {
    let sealed = Sealed::new();
    let session = sealed.decode(&sealed.token);
    assert_eq!(session.get("user"), Some("alice"));
    assert_eq!(session.opened_by(), Some(KeyRole::Current));
}

#[test]
fn refuses_every_flipped_bit_for_the_reason_of_its_region() {
    let sealed = Sealed::new();
    let frame = URL_SAFE_NO_PAD.decode_to_vec(&sealed.token).unwrap();
    assert_eq!(frame.len(), 79);
    for bit in 0..frame.len() * 8 {
        let mut flipped = frame.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let token = URL_SAFE_NO_PAD.encode_to_string(&flipped).into_bytes();
        match bit / 8 {
            0..3 => sealed.refuses_head(&token),
            _ => sealed.refuses_for(&token, Rejection::Forged),
        }
    }
}

#[test]
fn refuses_every_other_letter_at_every_place() {
    let sealed = Sealed::new();
    let last = sealed.token.len() - 1;
    for (index, original) in sealed.token.iter().enumerate() {
        for letter in ALPHABET.iter().filter(|letter| *letter != original) {
            let token = replaced(&sealed.token, index, *letter);
            let canonical = ALPHABET.iter().position(|known| known == letter).unwrap() % 16 == 0;
            match index {
                0..HEAD => sealed.refuses_head(&token),
                _ if index == last && !canonical => {
                    sealed.refuses_for(&token, Rejection::Malformed);
                }
                _ => sealed.refuses_for(&token, Rejection::Forged),
            }
        }
    }
}

#[test]
fn refuses_trailing_bits_that_are_not_zero() {
    let sealed = Sealed::new();
    let (last, rest) = sealed.token.split_last().unwrap();
    let value = ALPHABET.iter().position(|letter| letter == last).unwrap();
    assert_eq!(value % 16, 0, "the token itself is canonical");
    for trailing in 1..16 {
        let same_bytes = [rest, &[ALPHABET[value + trailing]]].concat();
        sealed.refuses_for(&same_bytes, Rejection::Malformed);
    }
}

#[test]
fn refuses_every_byte_outside_the_alphabet_at_every_place() {
    let sealed = Sealed::new();
    for index in 0..sealed.token.len() {
        for byte in foreign_bytes() {
            sealed.refuses_for(&replaced(&sealed.token, index, byte), Rejection::Malformed);
        }
    }
}

#[test]
fn refuses_every_prefix() {
    let sealed = Sealed::new();
    for len in 0..sealed.token.len() {
        let rejection = sealed.refuses(&sealed.token[..len]);
        match len {
            0..SHORTEST => assert_eq!(rejection, Rejection::Malformed, "{len} characters"),
            _ if len % 4 == 1 => assert_eq!(rejection, Rejection::Malformed, "{len} characters"),
            _ if len % 4 == 0 => assert_eq!(rejection, Rejection::Forged, "{len} characters"),
            _ => assert!(
                matches!(rejection, Rejection::Malformed | Rejection::Forged),
                "{rejection:?}"
            ),
        }
    }
}

#[test]
fn refuses_every_suffix() {
    let sealed = Sealed::new();
    for start in 1..sealed.token.len() {
        sealed.refuses(&sealed.token[start..]);
    }
}

#[test]
fn refuses_a_token_without_any_one_of_its_characters() {
    let sealed = Sealed::new();
    for index in 0..sealed.token.len() {
        sealed.refuses(&[&sealed.token[..index], &sealed.token[index + 1..]].concat());
    }
}

#[test]
fn refuses_one_more_letter_at_every_place() {
    let sealed = Sealed::new();
    for index in 0..=sealed.token.len() {
        for letter in ALPHABET {
            sealed.refuses(&inserted(&sealed.token, index, &[*letter]));
        }
    }
}

#[test]
fn refuses_one_more_byte_outside_the_alphabet_at_either_end() {
    let sealed = Sealed::new();
    // White space after the value is trimmed with the pair, white space before it is part of it.
    for byte in foreign_bytes().filter(|byte| !b" \t".contains(byte)) {
        sealed.refuses_for(
            &inserted(&sealed.token, sealed.token.len(), &[byte]),
            Rejection::Malformed,
        );
    }
    for byte in foreign_bytes() {
        sealed.refuses_for(&inserted(&sealed.token, 0, &[byte]), Rejection::Malformed);
    }
}

#[test]
fn excludes_the_end_of_the_pair_from_the_token() {
    let sealed = Sealed::new();
    for end in [" ", "\t", ";", " \t ;", "; =", ";;"] {
        let token = inserted(&sealed.token, sealed.token.len(), end.as_bytes());
        assert_eq!(sealed.decode(&token).get("user"), Some("alice"), "{end:?} behind the token");
    }
}

#[test]
fn refuses_padding_quotes_and_percent_signs() {
    let sealed = Sealed::new();
    let token = std::str::from_utf8(&sealed.token).unwrap();
    let rows = [
        format!("{token}="),
        format!("{token}=="),
        format!("{token}%3D%3D"),
        format!("\"{token}\""),
        format!("={token}"),
        format!("{token},{token}"),
        format!("%{:02X}{}", token.as_bytes()[0], &token[1..]),
    ];
    for changed in rows {
        sealed.refuses_for(changed.as_bytes(), Rejection::Malformed);
    }
}

#[test]
fn refuses_the_other_alphabet_of_base64() {
    // Sealed until a character shows that tells the alphabets apart.
    let sealed =
        std::iter::repeat_with(Sealed::new).find(|sealed| sealed.token[HEAD..].contains(&b'-'));
    let sealed = sealed.unwrap();
    let standard: Vec<u8> =
        sealed.token.iter().map(|c| if *c == b'-' { b'+' } else { *c }).collect();
    sealed.refuses_for(&standard, Rejection::Malformed);
}

#[test]
fn refuses_letters_in_the_other_case() {
    let sealed = Sealed::new();
    for change in [<[u8]>::to_ascii_lowercase, <[u8]>::to_ascii_uppercase] {
        let head = &sealed.token[..HEAD];
        sealed.refuses(&[head, &change(&sealed.token[HEAD..])].concat());
    }
}

#[test]
fn refuses_every_splice_of_two_tokens_of_one_key() {
    let (alice, carol) = (Sealed::new(), Sealed::with("carol", NOW - 1));
    for (head, tail) in [(&alice, &carol), (&carol, &alice)] {
        for cut in 0..=head.token.len() {
            let spliced = [&head.token[..cut], &tail.token[cut..]].concat();
            match [head, tail].into_iter().find(|whole| whole.token == spliced) {
                Some(whole) => {
                    assert!(!whole.decode(&spliced).is_new(), "one of the two, cut at {cut}");
                }
                None => head.refuses_for(&spliced, Rejection::Forged),
            }
        }
    }
}

#[test]
fn refuses_two_tokens_in_a_row() {
    let sealed = Sealed::new();
    sealed.refuses(&sealed.token.repeat(2));
    sealed.refuses(&[sealed.token.as_slice(), b".", &sealed.token].concat());
}
