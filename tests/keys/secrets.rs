//! Which bytes and which texts are a secret, and in which words the others are refused.

use std::collections::HashSet;

use crate::support::{NOW, decode, sealed};
use sealed_session::{CookieSessions, Keyring, Secret};
use zeroize::Zeroizing;

/// 32 bytes in each of their spellings.
const HEX: &str = "fbefbeffca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785";
const STANDARD: &str = "++++/8qXgRLKG73K+sIxs5oj3E2nhu/4FHxOcrmAd4U";
const URL: &str = "----_8qXgRLKG73K-sIxs5oj3E2nhu_4FHxOcrmAd4U";
/// 33 bytes, which need no padding, and 34 bytes, which need two characters of it.
const HEX_OF_33: &str = "fbefbeffca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b98077857e";
const URL_OF_33: &str = "----_8qXgRLKG73K-sIxs5oj3E2nhu_4FHxOcrmAd4V-";
const HEX_OF_34: &str = "fbefbeffca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b98077857e9c";
const STANDARD_OF_34: &str = "++++/8qXgRLKG73K+sIxs5oj3E2nhu/4FHxOcrmAd4V+nA";

const EMPTY: &str = "the secret is empty; expected at least 32 random bytes as hex or base64";
const REPEATED: &str = "the secret is one byte repeated; expected random bytes";
const ENCODING: &str = "the secret is neither hex nor base64; expected at least 32 random bytes as hex, base64 or \
                        base64url (one alphabet, padded in full or not at all)";
const PASSPHRASE: &str = "the secret reads like a pass phrase, its letters are not of both cases; expected random \
                          bytes as hex or base64";

fn short(bytes: usize) -> String {
    format!("the secret has {bytes} bytes; expected at least 32")
}

fn odd(digits: usize) -> String {
    format!("the secret has {digits} hex digits; expected an even number, at least 64")
}

/// The secret as its bytes in base64url.
#[track_caller]
fn bytes_of(row: &str, text: &str) -> Zeroizing<String> {
    text.parse::<Secret>().unwrap_or_else(|error| panic!("{row}: {error}")).expose_base64url()
}

/// The text is refused in these words, and neither they nor `Debug` show four characters of it.
#[track_caller]
fn refuses(row: &str, text: &str, message: &str) {
    let Err(error) = text.parse::<Secret>() else { panic!("{row}: taken") };
    assert_eq!(error.to_string(), message, "{row}");
    let said = format!("{error} {error:?} {error:#?}");
    let characters: Vec<char> = text.chars().collect();
    for piece in characters.windows(4).map(String::from_iter) {
        assert!(!said.contains(&piece), "{row}: {said} shows {piece:?}");
    }
}

#[test]
fn takes_32_bytes_and_more() {
    for count in [32, 33, 48, 64, 1000] {
        let bytes: Vec<u8> = (0..count).map(|i: u16| i.to_le_bytes()[0]).collect();
        assert!(Secret::from_bytes(&bytes).is_ok(), "{count} bytes");
    }
}

#[test]
fn refuses_fewer_than_32_bytes() {
    for count in [1, 2, 16, 31] {
        let bytes: Vec<u8> = (0..count).collect();
        let error = Secret::from_bytes(&bytes).unwrap_err();
        assert_eq!(error.to_string(), short(count.into()));
    }
}

#[test]
fn refuses_no_bytes() {
    assert_eq!(Secret::from_bytes(b"").unwrap_err().to_string(), EMPTY);
}

#[test]
fn refuses_bytes_that_are_all_equal() {
    for (byte, count) in [(0, 32), (0, 64), (0xff, 32), (b'x', 33)] {
        assert_eq!(
            Secret::from_bytes(&vec![byte; count]).unwrap_err().to_string(),
            REPEATED,
            "{byte} × {count}"
        );
    }
}

#[test]
fn takes_bytes_of_which_one_differs() {
    for at in [0, 15, 31] {
        let mut bytes = [7; 32];
        bytes[at] = 8;
        assert!(Secret::from_bytes(&bytes).is_ok(), "byte {at}");
    }
}

#[test]
fn reads_hex_in_either_case() {
    let mixed = format!("{}{}", &HEX[..32].to_uppercase(), &HEX[32..]);
    for text in [HEX, &HEX.to_uppercase(), &mixed] {
        assert_eq!(*bytes_of(text, text), URL);
    }
    assert_eq!(*bytes_of("66 digits", HEX_OF_33), URL_OF_33);
}

#[test]
fn reads_hex_digits_as_hex_even_where_they_would_be_base64() {
    // 64 characters of base64 would be 48 bytes.
    let decimal = "0123456789012345678901234567890123456789012345678901234567890123";
    assert_eq!(bytes_of("decimal", decimal).len(), 43, "32 bytes");
    refuses("44 digits, 33 bytes as base64", &mixed_hex(44), &short(22));
    refuses("62 digits", &mixed_hex(62), &short(31));
    refuses("43 digits, 32 bytes as base64", &mixed_hex(43), &odd(43));
    refuses("8 digits", "deadBEEF", &short(4));
}

#[test]
fn refuses_half_a_byte_of_hex() {
    for digits in [1, 63, 65, 127] {
        refuses("odd", &mixed_hex(digits), &odd(digits));
    }
}

#[test]
fn reads_base64_of_either_alphabet_padded_or_not() {
    let url_of_34 = STANDARD_OF_34.replace('+', "-").replace('/', "_");
    let of_34 = bytes_of("hex of 34", HEX_OF_34);
    for (row, text, bytes) in [
        ("standard", STANDARD.to_owned(), URL),
        ("standard, padded", format!("{STANDARD}="), URL),
        ("url", URL.to_owned(), URL),
        ("url, padded", format!("{URL}="), URL),
        ("33 bytes", URL_OF_33.to_owned(), URL_OF_33),
        ("34 bytes", STANDARD_OF_34.to_owned(), &of_34),
        ("34 bytes, padded", format!("{STANDARD_OF_34}=="), &of_34),
        ("34 bytes, url", url_of_34.clone(), &of_34),
        ("34 bytes, url, padded", format!("{url_of_34}=="), &of_34),
    ] {
        assert_eq!(*bytes_of(row, &text), bytes, "{row}");
    }
}

#[test]
fn drops_one_line_end_and_no_more() {
    for text in [HEX, STANDARD, URL] {
        for end in ["\n", "\r\n"] {
            assert_eq!(*bytes_of(text, &format!("{text}{end}")), URL, "{end:?}");
        }
        for end in
            ["\n\n", "\r\n\r\n", "\n\r\n", "\r\n\n", "\r\r\n", "\r", "\n\r", "\u{2028}", "\u{85}"]
        {
            refuses(&format!("{end:?}"), &format!("{text}{end}"), ENCODING);
        }
    }
}

#[test]
fn refuses_white_space_around_and_inside() {
    for text in [HEX, STANDARD, URL] {
        for space in [" ", "\t", "\n", "\r\n", "\u{a0}", "\u{feff}", "\0"] {
            refuses(&format!("before, {space:?}"), &format!("{space}{text}"), ENCODING);
            refuses(
                &format!("inside, {space:?}"),
                &format!("{}{space}{}", &text[..20], &text[20..]),
                ENCODING,
            );
        }
        for space in [" ", "\t", "\u{a0}", "\0", " \n"] {
            refuses(&format!("behind, {space:?}"), &format!("{text}{space}"), ENCODING);
        }
    }
}

#[test]
fn refuses_padding_in_part_or_in_excess() {
    for (row, text) in [
        ("two for one", format!("{STANDARD}==")),
        ("three for one", format!("{STANDARD}===")),
        ("five for one", format!("{STANDARD}=====")),
        ("one for two", format!("{STANDARD_OF_34}=")),
        ("three for two", format!("{STANDARD_OF_34}===")),
        ("six for two", format!("{STANDARD_OF_34}======")),
        ("one for none", format!("{URL_OF_33}=")),
        ("four for none", format!("{URL_OF_33}====")),
        ("in front", format!("={STANDARD}")),
        ("inside", format!("{}={}", &STANDARD[..20], &STANDARD[20..])),
        ("behind hex", format!("{}==", mixed_hex(64))),
    ] {
        refuses(row, &text, ENCODING);
    }
}

#[test]
fn refuses_two_alphabets_in_one_text() {
    for (at, with) in [("+", "-"), ("/", "_")] {
        refuses(with, &STANDARD.replacen(at, with, 1), ENCODING);
        refuses(at, &URL.replacen(with, at, 1), ENCODING);
    }
}

#[test]
fn refuses_trailing_bits_that_no_byte_has() {
    for (text, padding, last) in
        [(STANDARD, "=", 'V'), (URL, "=", 'X'), (STANDARD_OF_34, "==", 'B')]
    {
        let text = format!("{}{last}", &text[..text.len() - 1]);
        refuses("unpadded", &text, ENCODING);
        refuses("padded", &format!("{text}{padding}"), ENCODING);
    }
    refuses("one character over", &format!("{URL_OF_33}A"), ENCODING);
}

#[test]
fn refuses_characters_of_neither_alphabet() {
    for character in ["!", ".", ",", ":", "%2B", "é", "１", "\"", "0x:"] {
        refuses(character, &format!("{character}{STANDARD}"), ENCODING);
        refuses(character, &format!("{URL}{character}"), ENCODING);
        refuses(character, &format!("{character}{HEX}"), ENCODING);
    }
}

#[test]
fn refuses_base64_whose_letters_share_one_case_as_a_pass_phrase() {
    for text in [
        "seldom-plumbing-of-ivory-towers-and-oak-0001",
        "SELDOM-PLUMBING-OF-IVORY-TOWERS-AND-OAK-0001",
        "seldom/plumbing/0123456789/of+ivory+towers+x",
        "seldomplumbingofivorytowersyetoaktreesruno0",
        "seldomplumbingofivorytowersyetoaktreesruno0=",
        "123456789-123456789-123456789-123456789-z234",
    ] {
        refuses(text, text, PASSPHRASE);
    }
}

#[test]
fn refuses_base64_of_fewer_than_32_bytes() {
    refuses("31 bytes", "++++/8qXgRLKG73K+sIxs5oj3E2nhu/4FHxOcrmAdw", &short(31));
    refuses("31 bytes, padded", "++++/8qXgRLKG73K+sIxs5oj3E2nhu/4FHxOcrmAdw==", &short(31));
    refuses("6 bytes", "Hunter22", &short(6));
}

#[test]
fn refuses_no_text() {
    for text in ["", "\n", "\r\n"] {
        refuses(&format!("{text:?}"), text, EMPTY);
    }
}

#[test]
fn refuses_text_of_one_byte_repeated() {
    refuses("hex", &"0".repeat(64), REPEATED);
    refuses("base64", &"mZmZ".repeat(11), REPEATED);
}

#[test]
fn spellings_of_the_same_bytes_have_the_same_keys() {
    let sessions = |text: &str| CookieSessions::new(Keyring::new(text.parse().unwrap()));
    let ids = |sessions: &CookieSessions| {
        sessions.keys().map(|(_, id)| id.to_string()).collect::<Vec<_>>()
    };
    let from_hex = sessions(HEX);
    let cookie = sealed(&from_hex, &[("user", "alice")], NOW);
    for text in [
        HEX.to_uppercase(),
        STANDARD.into(),
        format!("{STANDARD}="),
        URL.into(),
        format!("{URL}\n"),
    ] {
        assert_eq!(ids(&sessions(&text)), ids(&from_hex), "{text:?}");
        assert_eq!(decode(&sessions(&text), &cookie, NOW).get("user"), Some("alice"), "{text:?}");
    }
}

#[test]
fn other_bytes_have_other_keys() {
    let mut bytes = *b"an array of 32 bytes, not secret";
    let sessions =
        |bytes: &[u8]| CookieSessions::new(Keyring::new(Secret::from_bytes(bytes).unwrap()));
    let cookie = sealed(&sessions(&bytes), &[], NOW);
    let longer = [&bytes[..], b"\0"].concat();
    bytes[31] ^= 1;
    for (row, other) in [("one byte more", &longer[..]), ("one bit flipped", &bytes)] {
        assert!(decode(&sessions(other), &cookie, NOW).is_new(), "{row}");
    }
}

#[test]
fn the_exposed_text_is_base64url_and_reads_back() {
    for count in 32..80 {
        let bytes: Vec<u8> = (0..count).map(|i: u8| i.wrapping_mul(83) ^ 0xfb).collect();
        let text: Zeroizing<String> = Secret::from_bytes(&bytes).unwrap().expose_base64url();
        assert_eq!(text.len(), (bytes.len() * 4).div_ceil(3), "{text:?}");
        assert!(
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        );
        assert_eq!(bytes_of("read back", &text), text);
    }
    assert_eq!(*bytes_of("known", HEX), URL);
}

#[test]
fn generates_32_bytes_that_read_back_and_never_the_same() {
    let texts: HashSet<String> =
        (0..500).map(|_| Secret::generate().expose_base64url().to_string()).collect();
    assert_eq!(texts.len(), 500);
    for text in texts {
        assert_eq!(text.len(), 43);
        assert_eq!(*bytes_of("generated", &text), text);
    }
}

/// So many hex digits of both cases.
fn mixed_hex(digits: usize) -> String {
    "9aF3".chars().cycle().take(digits).collect()
}
