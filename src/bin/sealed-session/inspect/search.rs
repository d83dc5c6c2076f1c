//! Tries single changes of the scope, and other spellings of a value, on a token that no secret opens.

use sealed_session::Keyring;
use sealed_session::inspect::{Inspector, PayloadSchema, ScopeFacts, Settings};
use serde::Serialize;

use crate::scope::Alternatives;

/// A change that opens a token.
#[derive(Serialize)]
pub(super) struct Fit {
    /// What is changed.
    change: &'static str,
    /// What it is changed to.
    to: String,
    /// The same in words.
    pub(super) words: String,
}

impl Fit {
    fn of_scope(change: &'static str, to: impl Into<String>) -> Self {
        let to = to.into();
        let (joint, shown) = match change {
            "transport" => ("as transport", to.clone()),
            "schema" => ("with the schema", to.clone()),
            _ if to.is_empty() => ("without", format!("a {change}")),
            _ => ("with", format!("{change} {to}")),
        };
        Self { change, words: format!("opens {joint} {shown}"), to }
    }
}

/// What would open the token.
pub(super) struct Search<'s> {
    pub(super) keyring: &'s Keyring,
    pub(super) settings: &'s Settings,
    pub(super) alternatives: &'s Alternatives,
}

impl Search<'_> {
    /// The single changes of the scope that fit.
    pub(super) fn scopes(
        &self,
        inspector: &Inspector,
        token: &[u8],
        found_name: Option<&str>,
    ) -> Vec<Fit> {
        let scope = inspector.scope();
        let changes = self.changes(&scope, found_name);
        let opens = |settings: &Settings| {
            // Some changes make settings that no application can have.
            Inspector::new(self.keyring, settings).is_ok_and(|inspector| inspector.opens(token))
        };
        let fits = changes.into_iter().filter(|(settings, _)| opens(settings));
        let mut fits: Vec<Fit> = fits.map(|(_, fit)| fit).collect();
        if inspector.opens_as_flash(token) {
            let to = format!("{}-flash", scope.full_name);
            let words = format!(
                "opens as the flash messages of these settings, the cookie {to}: it is no session"
            );
            fits.push(Fit { change: "cookie", to, words });
        }
        fits
    }

    fn changes(&self, scope: &ScopeFacts, found_name: Option<&str>) -> Vec<(Settings, Fit)> {
        let mut changes = Vec::new();
        let mut add = |fit: Fit, change: &dyn Fn(&mut Settings)| {
            let mut settings = self.settings.clone();
            change(&mut settings);
            changes.push((settings, fit));
        };
        let http = !self.settings.insecure_http;
        let transport = if http { "http" } else { "https" };
        add(Fit::of_scope("transport", transport), &|settings| {
            settings.insecure_http = http;
            // Neither can be over plain HTTP.
            settings.partitioned &= !http;
            settings.same_site = settings.same_site.filter(|_| !http);
        });
        let others = self.alternatives;
        let found = found_name.map(|name| without_prefix(name).to_owned());
        for name in others.names.iter().cloned().chain(found).filter(|name| *name != scope.name) {
            add(Fit::of_scope("name", &name), &|settings| settings.name = Some(name.clone()));
        }
        let paths = others.paths.iter().cloned().chain(near_paths(&scope.path));
        for path in paths.filter(|path| *path != scope.path) {
            add(Fit::of_scope("path", &path), &|settings| settings.path = Some(path.clone()));
        }
        let domains = others.domains.iter().cloned().chain(near_domains(scope.domain.as_deref()));
        for domain in domains.filter(|domain| Some(domain) != scope.domain.as_ref()) {
            let set = Some(domain.clone()).filter(|domain| !domain.is_empty());
            add(Fit::of_scope("domain", domain), &|settings| settings.domain.clone_from(&set));
        }
        let partitioned = !scope.partitioned;
        add(Fit::of_scope("partitioned", partitioned.to_string()), &|settings| {
            settings.partitioned = partitioned;
        });
        let contexts = others.contexts.iter().cloned().chain([String::new()]);
        for context in contexts.filter(|context| *context != scope.context) {
            add(Fit::of_scope("context", &context), &|settings| {
                settings.context = Some(context.clone());
            });
        }
        for schema in others.schemas.iter().cloned().chain([PayloadSchema::Dict]) {
            let name = schema.in_scope();
            if name != scope.schema {
                add(Fit::of_scope("schema", name), &|settings| {
                    settings.schema = schema.clone();
                    settings.upgrade_from.clear();
                    settings.downgrade_from.clear();
                });
            }
        }
        changes
    }
}

/// A name without the prefix that the library adds.
pub(super) fn without_prefix(name: &str) -> &str {
    name.strip_prefix("__Host-").or_else(|| name.strip_prefix("__Secure-")).unwrap_or(name)
}

/// `/`, and the path with or without a slash at its end.
fn near_paths(path: &str) -> [String; 2] {
    let other = path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned);
    ["/".to_owned(), if other.is_empty() { "/".to_owned() } else { other }]
}

/// None, and the domains above this one.
fn near_domains(domain: Option<&str>) -> Vec<String> {
    let mut near = Vec::new();
    let mut rest = domain;
    while let Some(domain) = rest {
        rest = domain.split_once('.').map(|(_, above)| above).filter(|above| above.contains('.'));
        near.push(rest.unwrap_or_default().to_owned());
    }
    near
}

/// Another spelling of a value.
type Spelling = (&'static str, &'static str, fn(&[u8]) -> Vec<u8>);

const SPELLINGS: [Spelling; 6] = [
    ("quotes", "without the quotes around it", |text| trimmed(text, b"\"'")),
    ("percent-encoding", "after percent-decoding", percent_decoded),
    ("white space", "without the white space in it", |text| without(text, u8::is_ascii_whitespace)),
    ("name", "without the name in front of it", |text| {
        let start = text.iter().position(|byte| *byte == b'=').map_or(0, |at| at + 1);
        text[start..].to_vec()
    }),
    ("padding", "without the padding at its end", |text| trimmed(text, b"=")),
    ("alphabet", "with - and _ instead of + and /", |text| {
        let letter = |byte: &u8| match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        };
        text.iter().map(letter).collect()
    }),
];

/// The other spellings of a value that open, or that have the form of a token if none opens.
pub(super) fn spellings(inspector: &Inspector, text: &[u8]) -> Vec<Fit> {
    let other = |(change, words, spell): &Spelling| {
        let spelled = spell(text);
        let found = if spelled == text {
            return None;
        } else if inspector.opens(&spelled) {
            "opens"
        } else if inspector.head(&spelled).is_ok() && inspector.head(text).is_err() {
            "has the form of a token"
        } else {
            return None;
        };
        let words = format!("{found} {words}");
        Some(Fit { change: "value", to: format!("without {change}"), words })
    };
    SPELLINGS.iter().filter_map(other).collect()
}

fn without(text: &[u8], left_out: fn(&u8) -> bool) -> Vec<u8> {
    text.iter().copied().filter(|byte| !left_out(byte)).collect()
}

fn trimmed(mut text: &[u8], around: &[u8]) -> Vec<u8> {
    while let [first, rest @ ..] = text
        && around.contains(first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && around.contains(last)
    {
        text = rest;
    }
    text.to_vec()
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut decoded, mut at) = (Vec::with_capacity(text.len()), 0);
    while at < text.len() {
        let pair = digit(at + 1).zip(digit(at + 2)).filter(|_| text[at] == b'%');
        let byte = pair.and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        decoded.push(byte.unwrap_or(text[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    decoded
}
