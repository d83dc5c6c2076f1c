//! What the targets read from their bytes: choices of one byte each, so that a seed can be written
//! by hand.
//!
//! Where the bytes have ended, every choice is the first one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arbitrary::{Arbitrary, Unstructured};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sealed_session::Transport;

use crate::common::{CookieIdentity, other};

/// Bytes that are left.
#[derive(Debug)]
pub struct Input<'d>(Unstructured<'d>);

impl<'d> Input<'d> {
    pub fn new(data: &'d [u8]) -> Self {
        Self(Unstructured::new(data))
    }

    pub fn has_ended(&self) -> bool {
        self.0.is_empty()
    }

    pub fn take<T: Arbitrary<'d> + Default>(&mut self) -> T {
        self.0.arbitrary().unwrap_or_default()
    }

    pub fn byte(&mut self) -> u8 {
        self.take()
    }

    /// Up to `end`, without it; at most 256.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// One time in `of`, and not if the bytes have ended.
    pub fn rarely(&mut self, of: usize) -> bool {
        self.below(of) == of - 1
    }

    /// So many bytes as there are, at most `most`, which the first one says.
    pub fn bytes(&mut self, most: usize) -> &'d [u8] {
        let len = self.below(most + 1).min(self.0.len());
        self.0.bytes(len).unwrap_or_default()
    }

    /// As much of it as is UTF-8.
    pub fn text(&mut self, most: usize) -> &'d str {
        let bytes = self.bytes(most);
        str::from_utf8(bytes)
            .unwrap_or_else(|error| str::from_utf8(&bytes[..error.valid_up_to()]).unwrap())
    }

    /// A number of which the edges are as likely as all others.
    pub fn number(&mut self) -> u64 {
        match self.below(7) {
            0 => 0,
            1 => u64::from(self.byte()),
            2 => u64::from(self.take::<u16>()),
            3 => u64::from(self.take::<u32>()),
            4 => self.take(),
            // What clocks may differ by, in seconds.
            5 => 299 + u64::from(self.byte() % 4),
            _ => u64::MAX - u64::from(self.byte()),
        }
    }

    /// One edit, of a byte or at the end.
    pub fn edit(&mut self, bytes: &mut Vec<u8>) {
        let at = usize::from(self.take::<u16>()) % (bytes.len() + 1);
        match self.below(5) {
            0 => bytes.push(self.byte()),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, self.byte()),
            3 if at < bytes.len() => drop(bytes.remove(at)),
            _ if at < bytes.len() => bytes[at] = self.byte(),
            _ => {}
        }
    }

    /// An instant within a second.
    pub fn instant(&mut self, seconds: u64) -> SystemTime {
        let nanos = self.pick(&[0, 0, 1, 999_999_999]);
        UNIX_EPOCH + Duration::new(seconds, nanos)
    }

    /// How a request to a site with this transport comes: rarely over the other one.
    pub fn transport(&mut self, own: Transport) -> Transport {
        if self.rarely(16) { other(own) } else { own }
    }

    pub fn status(&mut self) -> StatusCode {
        StatusCode::from_u16(self.pick(&[200, 200, 302, 404, 100, 304, 500, 503])).unwrap()
    }

    /// The headers of a response before our cookie is written to it.
    pub fn response_headers(&mut self, cookie: CookieIdentity<'_>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for _ in 0..self.below(5) {
            let (field, value) = self.pick(&[
                (CACHE_CONTROL, "public, max-age=60"),
                (CACHE_CONTROL, "no-store"),
                (CACHE_CONTROL, "max-age=0, S-Maxage=5 ,private=\"set-cookie, x\", Public"),
                (CACHE_CONTROL, r#"x="a, public, b", y="\", s-maxage=1, \\""#),
                (VARY, "Accept, Cookie"),
                (VARY, "Accept"),
                (VARY, "*"),
                (HeaderName::from_static("surrogate-control"), "max-age=60"),
                (HeaderName::from_static("x-cdn-cache-control"), "public"),
                (CONTENT_TYPE, "text/html"),
                (SET_COOKIE, "theme=dark; Path=/"),
            ]);
            headers.append(field, HeaderValue::from_static(value));
        }
        let which = usize::from(self.byte());
        if which % 4 == 3 {
            let texts = set_cookies_like(cookie);
            let text = &texts[which / 4 % texts.len()];
            headers.append(SET_COOKIE, HeaderValue::from_str(text).unwrap());
        }
        if self.rarely(4)
            && let Ok(value) = HeaderValue::from_bytes(self.bytes(24))
        {
            headers.append(CACHE_CONTROL, value);
        }
        headers
    }
}

/// `Set-Cookie` headers of the application, which a browser takes for our cookie or not.
fn set_cookies_like(CookieIdentity { name, path, domain }: CookieIdentity<'_>) -> [String; 14] {
    let place = match domain {
        "" => format!("Path={path}"),
        _ => format!("Path={path}; Domain={domain}"),
    };
    [
        format!("{name}2=x; {name}=y"),
        format!("{name}=y; {place}"),
        format!(" {name}=; Secure; {place}; Max-Age=0"),
        format!("{name}=y; {}", place.to_uppercase().replace(&path.to_uppercase(), path)),
        format!("{name}=y; Path=/other; {place}"),
        format!("{name}=y; {place}; Path"),
        format!("{name}=y; {place}; path=other"),
        format!("{name}=y; {place}; Domain=."),
        format!("{name}=y; {place}; Domain=.Example.COM "),
        format!("{name}=y; {place}x"),
        format!("{name}=y; Path={path}"),
        format!("{name}=y; Path={path}/; Domain={domain}"),
        format!("{name}=y"),
        format!("{name}=y; {place}; Path=/{}", "x".repeat(1024)),
    ]
}
