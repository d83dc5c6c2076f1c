//! Tries single changes of the scope, and other spellings of a value, on a token that no secret opens.

use std::cell::OnceCell;

use sealed_session::inspect::{Inspector, PayloadSchema, ScopeFacts, Settings};
use sealed_session::{Keyring, Transport};
use serde::Serialize;

use crate::scope::Alternatives;

/// A change that opens a token.
#[derive(Clone, Serialize)]
pub(super) struct Fit {
    /// What is changed: a setting, the `value`, or the kind of `cookie`.
    pub(super) change: &'static str,
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

/// What would open a token that the settings do not open.
pub(super) struct Search<'s> {
    inspector: &'s Inspector,
    keyring: &'s Keyring,
    settings: &'s Settings,
    alternatives: &'s Alternatives,
    /// The name with which the token was pasted, if it is another one.
    found_name: Option<&'s str>,
    /// What each change makes, derived once for all tokens.
    changed: OnceCell<Vec<(Inspector, Fit)>>,
}

impl<'s> Search<'s> {
    pub(super) fn new(
        inspector: &'s Inspector,
        keyring: &'s Keyring,
        (settings, alternatives): (&'s Settings, &'s Alternatives),
        found_name: Option<&'s str>,
    ) -> Self {
        let changed = OnceCell::new();
        Self { inspector, keyring, settings, alternatives, found_name, changed }
    }

    /// The single changes of the scope that fit.
    pub(super) fn scopes(&self, token: &[u8]) -> Vec<Fit> {
        let changed = self.changed.get_or_init(|| self.changed()).iter();
        let fits = changed.filter(|(inspector, _)| inspector.opens(token));
        let mut fits: Vec<Fit> = fits.map(|(_, fit)| fit.clone()).collect();
        if self.inspector.opens_as_flash(token) {
            let to = format!("{}-flash", self.inspector.scope().full_name);
            let words = format!(
                "opens as the flash messages of these settings, the cookie {to}: it is no session"
            );
            fits.push(Fit { change: "cookie", to, words });
        }
        fits
    }

    fn changed(&self) -> Vec<(Inspector, Fit)> {
        let scope = self.inspector.scope();
        let of_cookie = self.changes_of_cookie(&scope);
        let changes = of_cookie.into_iter().chain(self.changes_of_application(&scope));
        // Some changes make settings that no application can have.
        let built = |(settings, fit): (Settings, _)| {
            Some((Inspector::new(self.keyring, &settings).ok()?, fit))
        };
        changes.filter_map(built).collect()
    }

    /// The settings with one change.
    fn with(&self, fit: Fit, change: impl FnOnce(&mut Settings)) -> (Settings, Fit) {
        let mut settings = self.settings.clone();
        change(&mut settings);
        (settings, fit)
    }

    fn changes_of_cookie(&self, scope: &ScopeFacts) -> Vec<(Settings, Fit)> {
        let Alternatives { names, paths, domains, .. } = self.alternatives;
        let found = self.found_name.map(|name| without_prefix(name).to_owned());
        let names = names.iter().cloned().chain(found).filter(|name| *name != scope.name);
        let names = names.map(|name| {
            self.with(Fit::of_scope("name", &name), |settings| settings.name = Some(name))
        });
        let paths = paths.iter().cloned().chain(near_paths(&scope.path));
        let paths = paths.filter(|path| *path != scope.path).map(|path| {
            self.with(Fit::of_scope("path", &path), |settings| settings.path = Some(path))
        });
        let own = scope.domain.clone().unwrap_or_default();
        let domains = domains.iter().cloned().chain(near_domains(&own));
        let domains = domains.filter(|domain| *domain != own).map(|domain| {
            self.with(Fit::of_scope("domain", &domain), |settings| {
                settings.domain = Some(domain).filter(|domain| !domain.is_empty());
            })
        });
        let partitioned = !scope.partitioned;
        let fit = Fit::of_scope("partitioned", partitioned.to_string());
        let partitioned = self.with(fit, |settings| settings.partitioned = partitioned);
        names.chain(paths).chain(domains).chain([partitioned]).collect()
    }

    fn changes_of_application(&self, scope: &ScopeFacts) -> Vec<(Settings, Fit)> {
        let Alternatives { contexts, schemas, .. } = self.alternatives;
        let contexts = contexts.iter().cloned().chain([String::new()]);
        let contexts = contexts.filter(|context| *context != scope.context).map(|context| {
            self.with(Fit::of_scope("context", &context), |settings| {
                settings.context = Some(context);
            })
        });
        let schemas = schemas.iter().cloned().chain([PayloadSchema::Dict]);
        let schemas = schemas.filter(|schema| schema.in_scope() != scope.schema).map(|schema| {
            self.with(Fit::of_scope("schema", schema.in_scope()), |settings| {
                settings.schema = schema;
                settings.upgrade_from.clear();
                settings.downgrade_from.clear();
            })
        });
        contexts.chain(schemas).chain([self.other_transport(scope)]).collect()
    }

    fn other_transport(&self, scope: &ScopeFacts) -> (Settings, Fit) {
        let is_http = scope.transport != Transport::Http;
        let fit = Fit::of_scope("transport", if is_http { "http" } else { "https" });
        self.with(fit, |settings| {
            settings.insecure_http = is_http;
            // Neither can be over plain HTTP.
            settings.partitioned &= !is_http;
            settings.same_site = settings.same_site.filter(|_| !is_http);
        })
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

/// The domains above this one, and none.
fn near_domains(domain: &str) -> Vec<String> {
    let above = domain.match_indices('.').map(|(dot, _)| &domain[dot + 1..]);
    above.filter(|above| above.contains('.')).chain([""]).map(str::to_owned).collect()
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
        let byte = pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        decoded.push(byte.unwrap_or(text[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    decoded
}
