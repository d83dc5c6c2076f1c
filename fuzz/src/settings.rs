//! Arbitrary settings, and what is wrong with them by the words of the documentation.

use std::time::Duration;

use sealed_session::{Issue, KeyRole, SameSite};

use crate::browser::url_path;
use crate::common::{DAY, END_OF_9999, secret};
use crate::decode::Rules;
use crate::input::Input;
use crate::parts::Parts;
use crate::plan::Plan;

/// A choice for each setting, mostly one that is allowed.
pub fn read(input: &mut Input<'_>) -> Plan {
    Plan {
        secrets: secrets(input),
        name: name(input),
        path: path(input),
        domain: domain(input),
        same_site: input.pick(&[SameSite::Lax, SameSite::Strict, SameSite::None]),
        partitioned: input.rarely(4),
        idle: timeout(input, &[14 * DAY, 1, 3600, 30 * DAY]),
        absolute: timeout(input, &[30 * DAY, 400 * DAY, DAY, 1]),
        browser_session: input.rarely(4),
        context: long(input, "context"),
        issue: input.pick(&[Issue::Lazy, Issue::Lazy, Issue::Eager]),
        padding: bytes(input, &[None, None, Some(2), Some(64), Some(512)]),
        max_set_cookie_len: bytes(input, &[Some(4096), Some(4096), Some(512), Some(1000)])
            .unwrap_or(0),
        insecure_http: input.rarely(4),
        schema: input.rarely(4).then(|| long(input, "profile-1")),
    }
}

/// The settings that the builder has to reject.
pub fn wrong(plan: &Plan) -> Vec<&'static str> {
    let timeouts = [plan.idle, plan.absolute].map(is_whole);
    let schema = plan
        .schema
        .as_deref()
        .is_none_or(|schema| schema != "dict" && (1..=64).contains(&schema.len()));
    let settings = [
        ("name", is_name(&plan.name)),
        ("path", is_path(&plan.path)),
        ("domain", plan.domain.as_deref().is_none_or(is_domain)),
        ("same_site", !(plan.insecure_http && plan.same_site == SameSite::None)),
        ("partitioned", !(plan.insecure_http && plan.partitioned)),
        ("idle_timeout", timeouts[0] && plan.idle <= plan.absolute),
        ("absolute_timeout", timeouts[1] && plan.absolute <= Duration::from_secs(400 * DAY)),
        ("context", plan.context.len() <= 255),
        ("schema", schema),
        ("padding", plan.padding.is_none_or(|bytes| (2..=512).contains(&bytes))),
        ("max_set_cookie_len", (512..=4096).contains(&plan.max_set_cookie_len)),
    ];
    settings.into_iter().filter(|(_, is_right)| !is_right).map(|(name, _)| name).collect()
}

/// Bytes of the longest `Set-Cookie` header of a session with the default payload, up to the year
/// 9999.
pub fn longest_empty_set_cookie(rules: &Rules) -> usize {
    let longest = 400 * DAY;
    let parts = Parts {
        created: END_OF_9999,
        age: longest,
        idle_override: longest,
        payload: rules.default_payload.clone(),
        ..Parts::default()
    };
    let parts = parts.confirmed(Some(END_OF_9999));
    rules.set_cookie_len(parts.padded(rules.padding).token_len(), Some(longest))
}

fn is_whole(timeout: Duration) -> bool {
    timeout.as_secs() > 0 && timeout.subsec_nanos() == 0
}

/// A token of RFC 6265 without a prefix of RFC 6265bis.
fn is_name(name: &str) -> bool {
    let separators = "()<>@,;:\\\"/[]?={} \t";
    let is_token = |c: char| c.is_ascii() && !c.is_ascii_control() && !separators.contains(c);
    let lower = name.to_ascii_lowercase();
    let has_prefix =
        ["__host-", "__secure-", "__http-"].iter().any(|prefix| lower.starts_with(prefix));
    !name.is_empty() && name.chars().all(is_token) && !has_prefix
}

/// A path that browsers send as it is written, and read from an attribute.
fn is_path(path: &str) -> bool {
    path.len() <= 1024 && is_attribute(path) && url_path(path) == path
}

fn is_attribute(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b';' && byte != b',')
}

/// Two labels of the domain name system or more, and no address.
fn is_domain(domain: &str) -> bool {
    let is_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_label = |label: &str| {
        let ends_well = label.trim_matches('-') == label;
        (1..=63).contains(&label.len()) && label.chars().all(is_host) && ends_well
    };
    let labels: Vec<&str> = domain.split('.').collect();
    let last = labels[labels.len() - 1].to_ascii_lowercase();
    let hex =
        last.strip_prefix("0x").is_some_and(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()));
    let is_number = hex || last.chars().all(|c| c.is_ascii_digit());
    labels.len() >= 2 && labels.into_iter().all(is_label) && !is_number && domain.len() <= 253
}

fn secrets(input: &mut Input<'_>) -> Vec<(KeyRole, Vec<u8>)> {
    let mut other = || {
        let role = input.pick(&[KeyRole::Previous, KeyRole::Upcoming]);
        (role, secret(u8::try_from(input.below(5)).unwrap()))
    };
    match other() {
        (KeyRole::Previous, current) => vec![(KeyRole::Current, current)],
        (_, current) => vec![(KeyRole::Current, current), other(), other(), other()],
    }
}

fn name(input: &mut Input<'_>) -> String {
    match input.below(8) {
        0..=2 => "session".into(),
        3..=5 => spelled(input, b"abcXYZ019!#$%&'*+-.^_`|~"),
        6 => format!(
            "{}{}",
            input.pick(&["__Host-", "__secure-", "__hTTp-", "Http-", "__"]),
            input.text(8)
        ),
        _ => input.text(40).into(),
    }
}

fn path(input: &mut Input<'_>) -> String {
    match input.below(9) {
        0..=2 => "/".into(),
        3..=4 => format!("/{}", spelled(input, b"abcXYZ019/ =\"%\\_~<>&?#@.^`{|}[]")),
        // Few letters, so that dots often are a whole segment.
        5 => format!("/{}", spelled(input, b"a/./.eE").replace('e', "%2e").replace('E', "%2E")),
        6 => "/p".repeat(510 + input.below(5)),
        8 => format!("/{}{}", input.pick(&["a;b", "a,b", "a\t", "a ", "é", ";"]), input.text(8)),
        _ => input.text(40).into(),
    }
}

fn domain(input: &mut Input<'_>) -> Option<String> {
    match input.below(8) {
        0..=2 => None,
        3 => Some("Example.com".into()),
        4..=5 => Some(spelled(input, b"abcXYZ019-._.")),
        6 if input.rarely(2) => Some(format!("{}.com", "a".repeat(60 + input.below(6)))),
        6 => Some(format!("{}com", "a.".repeat(123 + input.below(5)))),
        _ => Some(input.text(40).into()),
    }
}

/// A text of these characters.
fn spelled(input: &mut Input<'_>, alphabet: &[u8]) -> String {
    input
        .bytes(40)
        .iter()
        .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]))
        .collect()
}

/// A text that may be too long, or empty.
fn long(input: &mut Input<'_>, usual: &str) -> String {
    match input.below(8) {
        0..=4 => usual.into(),
        5 => "x".repeat(input.below(256)),
        6 => "x".repeat(250 + input.below(10)),
        _ => input.pick(&["dict", "", "é"]).into(),
    }
}

fn timeout(input: &mut Input<'_>, usual: &[u64]) -> Duration {
    let seconds = input.pick(usual);
    match input.below(16) {
        14 => Duration::from_secs(seconds.saturating_add_signed(input.pick(&[1, -1]))),
        15 => Duration::new(input.number(), input.pick(&[0, 1, 999_999_999])),
        _ => Duration::from_secs(seconds),
    }
}

/// One of these, or one more or less.
fn bytes(input: &mut Input<'_>, usual: &[Option<usize>]) -> Option<usize> {
    let bytes = input.pick(usual)?;
    Some(match input.below(8) {
        6 => bytes - 1,
        7 => bytes + 1,
        _ => bytes,
    })
}
