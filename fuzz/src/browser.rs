//! What a browser makes of a `Set-Cookie` header: draft-ietf-httpbis-rfc6265bis, sections 5.6 and
//! 5.7, and for `Partitioned` draft-cutler-httpbis-partitioned-cookies.

/// A cookie as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an attribute")]
pub struct Stored {
    pub name: String,
    pub value: String,
    /// In seconds; `None`: until the browser closes.
    pub max_age: Option<i64>,
    pub domain: String,
    pub host_only: bool,
    pub path: String,
    /// Whether the header had a path that counts.
    pub has_path: bool,
    pub secure: bool,
    pub http_only: bool,
    pub same_site: Option<String>,
    pub partitioned: bool,
}

/// The longest that a cookie is kept.
const LIMIT: i64 = 400 * 86_400;

impl Stored {
    /// Takes a header from a host; `None` if it is ignored.
    pub fn take(set_cookie: &[u8], host: &str, secure_connection: bool) -> Option<Self> {
        if set_cookie.iter().any(|byte| matches!(byte, 0..=8 | 0x0a..=0x1f | 0x7f)) {
            return None;
        }
        let text = str::from_utf8(set_cookie).ok()?;
        let mut parts = text.split(';');
        let pair = parts.next()?;
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let (name, value) = (trim(name), trim(value));
        if name.len() + value.len() > 4096 || name.len() + value.len() == 0 {
            return None;
        }
        let mut cookie = Self { name: name.into(), value: value.into(), ..Self::default() };
        for attribute in parts {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let (name, value) = (trim(name), trim(value));
            if value.len() <= 1024 {
                cookie.attribute(&name.to_ascii_lowercase(), value);
            }
        }
        cookie.stored(host, secure_connection)
    }

    fn attribute(&mut self, name: &str, value: &str) {
        match name {
            "max-age" => {
                let digits = value.strip_prefix('-').unwrap_or(value);
                if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    self.max_age = Some(value.parse().unwrap_or(i64::MAX).min(LIMIT));
                }
            }
            "domain" => self.domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase(),
            "path" => {
                self.has_path = value.starts_with('/');
                self.path = if self.has_path { value.into() } else { "the default one".into() };
            }
            "secure" => self.secure = true,
            "httponly" => self.http_only = true,
            "samesite" => self.same_site = Some(value.to_ascii_lowercase()),
            "partitioned" => self.partitioned = true,
            _ => {}
        }
    }

    fn stored(mut self, host: &str, secure_connection: bool) -> Option<Self> {
        self.host_only = self.domain.is_empty();
        if self.host_only {
            self.domain = host.into();
        }
        let lower = self.name.to_ascii_lowercase();
        let is_of_host = self.host_only && self.has_path && self.path == "/";
        let ignored = !domain_matches(host, &self.domain)
            || self.secure && !secure_connection
            || !self.secure && self.same_site.as_deref() == Some("none")
            || !self.secure && self.partitioned
            || !self.secure && (lower.starts_with("__secure-") || lower.starts_with("__host-"))
            || lower.starts_with("__host-") && !is_of_host
            || !(self.secure && self.http_only)
                && (lower.starts_with("__http-") || lower.starts_with("__host-http-"));
        (!ignored).then_some(self)
    }
}

/// The path that a browser requests for this one: WHATWG URL, "path state".
///
/// Browsers compare it with the path of a cookie. Chromium also encodes `|`.
pub fn url_path(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let text = text[..end].replace('\\', "/");
    let segments: Vec<&str> = text.strip_prefix('/').unwrap_or(&text).split('/').collect();
    let mut path: Vec<String> = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        if dots == ".." {
            path.pop();
        }
        if dots != "." && dots != ".." {
            path.push(segment.chars().map(encoded).collect());
        } else if at + 1 == segments.len() {
            path.push(String::new());
        }
    }
    format!("/{}", path.join("/"))
}

/// A character of a path that is ASCII.
fn encoded(c: char) -> String {
    match c {
        '!'..='~' if !"\"<>^`{|}".contains(c) => c.into(),
        _ => format!("%{:02X}", u32::from(c)),
    }
}

fn domain_matches(host: &str, domain: &str) -> bool {
    let below = host.strip_suffix(domain).is_some_and(|labels| labels.ends_with('.'));
    host == domain || below && !is_address(host)
}

/// A host whose last label is a number is an IPv4 address or no host at all (WHATWG URL).
fn is_address(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host).to_ascii_lowercase();
    let is_hex = last
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_hex
        || !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
        || host.contains(':')
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}
