//! Which bytes and which texts are a secret, and in which words the others are refused.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use sealed_session::{CookieSessions, Keyring, Secret, SecretError};

use crate::support::{NOW, decode, sealed};
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

/// The one secret that stands in the documentation.
const DOCUMENTED: &str = "RHq80IP/ov3yxr33cuj/gZ+kO0eSgMCo9MfLYdgVFss";

/// How each message ends.
const EXPECTED: &str =
    "expected at least 32 random bytes as hex or base64, such as `openssl rand -base64 32` prints";
const EMPTY: &str = "the secret is empty";
const ENCODING: &str =
    "the secret is neither hex nor base64 of one alphabet, padded in full or not at all";
const PASSPHRASE: &str =
    "the secret reads like a pass phrase: base64 of random bytes has letters of both cases";
const EXAMPLE: &str = "the secret is the example in the documentation, which is public";
const QUOTED: &str =
    "the secret has quotation marks around it, which some readers of .env files keep";
const PREFIXED: &str = "the secret has something in front of it, such as `base64:` or `NAME=`";

fn short(bytes: usize) -> String {
    format!("the secret has {bytes} bytes")
}

fn odd(digits: usize) -> String {
    format!("the secret has {digits} hex digits, which is an odd number")
}

fn repeated(period: usize) -> String {
    match period {
        1 => "the secret is one byte repeated".to_owned(),
        _ => format!("the secret is {period} bytes repeated"),
    }
}

fn few(distinct: usize) -> String {
    format!("the secret has only {distinct} different byte values; random bytes have more")
}

fn lines(lines: usize) -> String {
    format!(
        "the secret has {lines} lines, as `openssl rand -base64 64` prints; one secret is one line"
    )
}

/// The secret as its bytes in base64url.
#[track_caller]
fn bytes_of(row: &str, text: &str) -> Zeroizing<String> {
    text.parse::<Secret>().unwrap_or_else(|error| panic!("{row}: {error}")).expose_base64url()
}

/// The text is refused for what was found, and neither the message nor `Debug` shows four
/// characters of it.
#[track_caller]
fn refuses(row: &str, text: &str, found: &str) {
    refuses_behind(row, "", text, found);
}

/// The same of a text behind something that is no part of a secret, and that a message may name.
#[track_caller]
fn refuses_behind(row: &str, front: &str, text: &str, found: &str) {
    let Err(error) = format!("{front}{text}").parse::<Secret>() else { panic!("{row}: taken") };
    assert_eq!(error.to_string(), format!("{found}; {EXPECTED}"), "{row}");
    let said = format!("{error} {error:?} {error:#?}");
    let characters: Vec<char> = text.chars().collect();
    for piece in characters.windows(4).map(String::from_iter) {
        assert!(!said.contains(&piece), "{row}: {said} shows {piece:?}");
    }
}

/// Bytes are refused for what was found.
#[track_caller]
fn refuses_bytes(row: &str, bytes: &[u8], found: &str) {
    let Err(error) = Secret::from_bytes(bytes) else { panic!("{row}: taken") };
    assert_eq!(error.to_string(), format!("{found}; {EXPECTED}"), "{row}");
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
        refuses_bytes("counted", &bytes, &short(count.into()));
    }
}

#[test]
fn refuses_no_bytes() {
    refuses_bytes("none", b"", EMPTY);
}

/// So many bytes that are the same again after `period`, and no sooner.
fn periodic(period: usize, count: usize) -> Vec<u8> {
    let block: Vec<u8> = (0..period).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect();
    block.into_iter().cycle().take(count).collect()
}

#[test]
fn refuses_bytes_that_repeat_after_16_bytes_or_fewer() {
    for period in 1..=16 {
        for count in [32, 33, 47, 48, 64, 100] {
            let row = format!("{period} bytes, {count} in all");
            refuses_bytes(&row, &periodic(period, count), &repeated(period));
        }
    }
    for period in 17..=64 {
        assert!(Secret::from_bytes(&periodic(period, 64)).is_ok(), "{period} bytes");
    }
}

#[test]
fn takes_a_repetition_with_one_byte_that_differs() {
    for at in [0, 15, 16, 31] {
        let mut bytes = periodic(16, 32);
        bytes[at] ^= 0x80;
        assert!(Secret::from_bytes(&bytes).is_ok(), "byte {at}");
    }
}

#[test]
fn refuses_fewer_than_12_distinct_byte_values() {
    // The first of them, then each; the block after it is another one, so that nothing repeats.
    let bytes = |distinct: u8, count: u8| -> Vec<u8> {
        (0..count).map(|n| if n < 20 { 200 } else { 201 + (n % (distinct - 1)) }).collect()
    };
    for count in [32, 48, 64] {
        for distinct in [2, 3, 11] {
            refuses_bytes("too few", &bytes(distinct, count), &few(distinct.into()));
        }
        for distinct in [12, 13] {
            assert!(Secret::from_bytes(&bytes(distinct, count)).is_ok(), "{distinct}, {count}");
        }
    }
    let mut one_differs = [7; 32];
    one_differs[15] = 8;
    refuses_bytes("one differs", &one_differs, &few(2));
}

#[test]
fn refuses_texts_that_were_repeated_until_they_were_long_enough() {
    for (row, text, period) in [
        ("ChangeMe", "ChangeMe".repeat(6), 6),
        ("deadbeef", "deadbeef".repeat(8), 4),
        ("1234", "1234".repeat(16), 2),
        ("digits", "0123456789".repeat(8), 5),
        ("a block of a dump", "00112233445566778899aabbccddeeff".repeat(2), 16),
        ("cut", "DontTellAnybody".repeat(5)[..64].to_owned(), 15),
        // Its bytes are not the same again before the 21st.
        ("seven letters", "Sesame7".repeat(8), 7),
        ("nine letters", "Password1".repeat(8), 9),
        ("nine letters, padded", "Passwords".repeat(7) + "=", 9),
        ("eleven letters", "hunter2Plus".repeat(4), 11),
    ] {
        refuses(row, &text, &repeated(period));
    }
}

#[test]
fn refuses_the_example_of_the_documentation_in_every_spelling() {
    let bytes: Vec<u8> = [
        0x44, 0x7a, 0xbc, 0xd0, 0x83, 0xff, 0xa2, 0xfd, 0xf2, 0xc6, 0xbd, 0xf7, 0x72, 0xe8, 0xff,
        0x81, 0x9f, 0xa4, 0x3b, 0x47, 0x92, 0x80, 0xc0, 0xa8, 0xf4, 0xc7, 0xcb, 0x61, 0xd8, 0x15,
        0x16, 0xcb,
    ]
    .into();
    refuses_bytes("bytes", &bytes, EXAMPLE);
    let hex = "447abcd083ffa2fdf2c6bdf772e8ff819fa43b479280c0a8f4c7cb61d81516cb";
    for text in [
        DOCUMENTED.to_owned(),
        format!("{DOCUMENTED}="),
        format!("{DOCUMENTED}=\n"),
        DOCUMENTED.replace('/', "_").replace('+', "-"),
        hex.to_uppercase(),
        hex.to_owned(),
    ] {
        refuses("a spelling", &text, EXAMPLE);
    }
    assert!(Secret::from_bytes(&[&bytes[..31], b"x"].concat()).is_ok(), "another one");
}

/// What may be a secret in a text: the longest runs of the characters of base64, and of hex,
/// without padding.
fn candidates(text: &str) -> Vec<&str> {
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let hex = |c: char| c.is_ascii_hexdigit();
    let runs = text.split(move |c| !base64(c)).chain(text.split(move |c| !hex(c)));
    runs.filter(|run| run.len() >= 43).collect()
}

/// The files below a folder that may be read as documentation.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ["rs", "md", "toml"].iter().any(|of| ending == *of))
    };
    let below = |path: PathBuf| match path.file_name().unwrap().to_str() {
        Some("target") => Vec::new(),
        _ if path.is_dir() => files(&path),
        _ => Vec::from_iter(Some(path).filter(read)),
    };
    entries.flat_map(below).collect()
}

/// README and change log as they are; of the sources what rustdoc shows.
fn documentation() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let whole = ["README.md", "CHANGELOG.md"].map(|name| root.join(name)).into_iter();
    let whole =
        whole.chain([".github", "examples"].iter().flat_map(|name| files(&root.join(name))));
    let whole = whole.map(|path| (path.clone(), fs::read_to_string(path).unwrap()));
    let is_shown =
        |line: &&str| ["///", "//!"].iter().any(|mark| line.trim_start().starts_with(mark));
    let shown = files(&root.join("src")).into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text.lines().filter(is_shown).collect::<Vec<_>>().join("\n"))
    });
    whole.chain(shown).collect()
}

/// Whoever adds an example puts its bytes into the list in `src/keys/secret.rs`, or leaves out its
/// middle.
#[test]
fn refuses_every_secret_in_the_documentation() {
    let documentation = documentation();
    assert!(documentation.len() > 60, "{} files", documentation.len());
    let mut examples = HashSet::new();
    for (path, text) in &documentation {
        for candidate in candidates(text) {
            match candidate.parse::<Secret>() {
                Err(SecretError::Documented) => drop(examples.insert(path.file_name().unwrap())),
                Err(_) => {}
                Ok(_) => panic!("{path:?} shows {candidate}, which is taken as a secret"),
            }
        }
    }
    for shows in ["secrets.rs", "secret.rs"] {
        assert!(examples.contains(shows.as_ref() as &std::ffi::OsStr), "{shows}: {examples:?}");
    }
}

#[test]
fn a_secret_is_found_wherever_it_is_in_a_text() {
    for text in [
        format!("`{STANDARD}`"),
        format!("export SESSION_SECRET=\"{STANDARD}=\"\n"),
        format!("SESSION_SECRET={URL} cargo run"),
        format!("/// let hex = \"{HEX}\\n\";"),
        format!("{URL},upcoming:{HEX}"),
        format!("https://shop.example/{HEX}"),
    ] {
        let found = candidates(&text);
        assert!(found.iter().any(|run| run.parse::<Secret>().is_ok()), "{text}: {found:?}");
    }
}

#[test]
fn names_quotation_marks_that_a_file_kept() {
    for (open, close) in [
        ("\"", "\""),
        ("'", "'"),
        ("`", "`"),
        ("“", "”"),
        ("„", "“"),
        ("‘", "’"),
        ("\"", ""),
        ("", "'"),
    ] {
        for text in [HEX, STANDARD, URL] {
            refuses("around", &format!("{open}{text}{close}"), QUOTED);
            refuses("and a line end", &format!("{open}{text}{close}\n"), QUOTED);
        }
    }
    refuses("nothing else", "\"\"", QUOTED);
    refuses("around a pass phrase", "'hunter2'", QUOTED);
}

#[test]
fn names_what_is_in_front_of_a_secret() {
    for front in
        ["base64:", "BASE64:", "base64url:", "hex:", "SESSION_SECRET=", "secret: ", "key=\""]
    {
        for text in [HEX, STANDARD, URL] {
            refuses_behind(front, front, text, PREFIXED);
            refuses_behind(front, front, &format!("{text}\r\n"), PREFIXED);
        }
    }
    for front in ["0x", "0X"] {
        refuses_behind(front, front, HEX, PREFIXED);
        refuses_behind(front, front, &HEX.to_uppercase(), PREFIXED);
        // It would be base64 of 49 bytes.
        refuses_behind(front, front, &format!("{}A", &HEX.to_uppercase()[1..]), PREFIXED);
    }
}

#[test]
fn names_a_text_of_several_lines() {
    for end in ["\n", "\r\n", "\r"] {
        refuses("wrapped", &format!("{}{end}{}", &STANDARD[..20], &STANDARD[20..]), &lines(2));
        refuses("two secrets", &format!("{STANDARD}{end}{URL}\n"), &lines(2));
        refuses("three, and empty ones", &[HEX, "", URL, HEX, ""].join(end), &lines(3));
    }
}

#[test]
fn drops_one_byte_order_mark_in_front() {
    for text in [HEX, STANDARD, URL] {
        for end in ["", "\n", "\r\n"] {
            assert_eq!(*bytes_of(text, &format!("\u{feff}{text}{end}")), URL, "{end:?}");
        }
        refuses("two", &format!("\u{feff}\u{feff}{text}"), ENCODING);
        refuses("at the end", &format!("{text}\u{feff}"), ENCODING);
        refuses("inside", &format!("{}\u{feff}{}", &text[..20], &text[20..]), ENCODING);
    }
    refuses("and a quotation mark", &format!("\u{feff}\"{URL}\""), QUOTED);
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
    let decimal = "3141592653589793238462643383279502884197169399375105820974944592";
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
        for space in [" ", "\t", "\n", "\r\n", "\u{a0}", "\0"] {
            refuses(&format!("before, {space:?}"), &format!("{space}{text}"), ENCODING);
        }
        for space in [" ", "\t", "\u{a0}", "\u{feff}", "\0"] {
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
    for character in ["!", ".", ",", ":", "%2B", "é", "１", "a.b:"] {
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
    for text in ["", "\n", "\r\n", "\u{feff}", "\u{feff}\r\n"] {
        refuses(&format!("{text:?}"), text, EMPTY);
    }
}

#[test]
fn refuses_text_of_one_byte_repeated() {
    refuses("hex", &"0".repeat(64), &repeated(1));
    refuses("base64", &"mZmZ".repeat(11), &repeated(1));
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

#[test]
fn a_main_that_returns_the_error_prints_how_to_make_a_secret() {
    let error = "hunter2".parse::<Secret>().unwrap_err();
    assert_eq!(format!("{error:?}"), format!("SecretError({error})"));
    assert!(format!("{error:?}").contains("`openssl rand -base64 32`"));
}
