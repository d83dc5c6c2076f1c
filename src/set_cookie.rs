//! The `Set-Cookie` header of one cookie: measured, then sealed into the buffer that is sent.
//!
//! ```text
//! Set-Cookie: name=token; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=seconds
//!             |-------------------- at most `limit` bytes ----------------------|
//! ```

use cookie::{Cookie, time};
use http::HeaderValue;

use crate::crypto::aead::NONCE_LEN;
use crate::error::EncodeError;
use crate::header::CookieIdentity;
use crate::keys::table::Keys;
use crate::token::body::Layout;
use crate::token::id::SessionId;
use crate::token::times::Times;
use crate::token::{self, OVERHEAD};

const MAX_AGE: &str = "; Max-Age=";

/// Name and attributes of a cookie, and how large it may be.
pub(super) struct SetCookie {
    /// A cookie without value that has every attribute but `Max-Age`.
    template: Cookie<'static>,
    /// Its name, path and domain: each request reads them, and `cookie` looks for them each time.
    name: String,
    path: String,
    domain: Option<String>,
    /// The attributes as text, each with its `; `.
    attributes: String,
    /// The frame's length is a multiple of it; 1 for no padding.
    padding: usize,
    /// Bytes that the whole header value may have.
    limit: usize,
}

/// What goes into a cookie, and how many bytes the whole header value will have.
#[derive(Clone, Copy)]
pub(super) struct Measured {
    layout: Layout,
    /// In seconds; `None` when the browser is to forget the cookie when it closes.
    max_age: Option<u64>,
    pub(super) size: usize,
}

impl SetCookie {
    pub(super) fn new(template: Cookie<'static>, padding: usize, limit: usize) -> Self {
        // `cookie` renders `name=; attributes`; the text after the value is always the same.
        let attributes = template.to_string().split_off(template.name().len() + 1);
        let name = template.name().to_owned();
        let path = template.path().unwrap_or("/").to_owned();
        let domain = template.domain().map(str::to_owned);
        Self { template, name, path, domain, attributes, padding, limit }
    }

    /// A cookie with another name and the same attributes.
    pub(super) fn renamed(&self, name: String) -> Self {
        let mut template = self.template.clone();
        template.set_name(name);
        Self::new(template, self.padding, self.limit)
    }

    /// This cookie, for other requests of other sites.
    pub(super) fn with_same_site(&self, same_site: cookie::SameSite) -> Self {
        let mut template = self.template.clone();
        template.set_same_site(same_site);
        Self::new(template, self.padding, self.limit)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Bytes that the whole header value may have.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// What identifies it in a browser.
    pub(super) fn identity(&self) -> CookieIdentity<'_> {
        CookieIdentity { name: &self.name, path: &self.path, domain: self.domain.as_deref() }
    }

    #[inline]
    pub(super) fn measure(&self, times: Times, payload: usize, max_age: Option<u64>) -> Measured {
        let layout = self.layout(times, payload);
        let pair = self.name().len() + 1 + token::len(OVERHEAD + layout.len);
        let size = self.len(pair, max_age);
        Measured { layout, max_age, size }
    }

    /// Bytes of the whole header value, with so many of `name=token`.
    #[inline]
    fn len(&self, pair: usize, max_age: Option<u64>) -> usize {
        let digits = |seconds: u64| seconds.checked_ilog10().map_or(1, |log| log as usize + 1);
        let max_age = max_age.map_or(0, |seconds| MAX_AGE.len() + digits(seconds));
        pair + self.attributes.len() + max_age
    }

    /// How a body with so many bytes of payload is laid out, with its padding.
    #[inline]
    pub(super) fn layout(&self, times: Times, payload: usize) -> Layout {
        Layout::new(times, payload, self.padding)
    }

    /// Refuses a cookie that would be too large.
    #[inline]
    pub(super) fn check(&self, measured: &Measured) -> Result<(), EncodeError> {
        // The size is known before sealing, because encryption adds a fixed number of bytes.
        // Browsers silently ignore a cookie that is too large (RFC 6265bis section 5.6) and keep
        // the older one. So it has to be an error while the caller can still act.
        if measured.size <= self.limit { Ok(()) } else { Err(self.too_large(measured)) }
    }

    /// Seals a payload; the only place that does.
    #[inline]
    pub(super) fn seal(
        &self,
        keys: &Keys,
        id: &SessionId,
        nonce: &[u8; NONCE_LEN],
        measured: &Measured,
        payload: &[u8],
    ) -> Result<RenderedCookie<'_>, EncodeError> {
        let Measured { layout, max_age, size } = *measured;
        let mut rendered = self.render(size, max_age);
        let frame = keys.seal(nonce, layout.len, |body| layout.write(id, payload, body));
        token::render(&frame.ok_or(self.too_large(measured))?, &mut rendered.pair);
        Ok(rendered)
    }

    /// The cookie that makes a browser drop this one.
    pub(super) fn removal(&self) -> RenderedCookie<'_> {
        // It has all attributes that the cookie was set with: browsers identify a cookie by name,
        // domain and path (RFC 6265 section 5.3), and ignore a cookie with a prefix whose
        // attributes are missing.
        self.render(self.len(self.name().len() + 1, Some(0)), Some(0))
    }

    #[inline]
    fn render(&self, size: usize, max_age: Option<u64>) -> RenderedCookie<'_> {
        let mut pair = String::with_capacity(size);
        pair.push_str(self.name());
        pair.push('=');
        RenderedCookie { of: self, pair, max_age }
    }

    fn too_large(&self, measured: &Measured) -> EncodeError {
        EncodeError::TooLarge { size: measured.size, limit: self.limit }
    }
}

/// A cookie with its token, or the removal of a cookie.
pub(super) struct RenderedCookie<'c> {
    of: &'c SetCookie,
    /// `name=token`, with capacity for the attributes.
    pair: String,
    max_age: Option<u64>,
}

impl RenderedCookie<'_> {
    pub(super) fn token(&self) -> &str {
        &self.pair[self.of.name().len() + 1..]
    }

    /// Bytes of the whole header value.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.of.len(self.pair.len(), self.max_age)
    }

    /// `name=token`, as a client sends it back.
    pub(super) fn into_pair(self) -> HeaderValue {
        sensitive(self.pair)
    }

    /// The whole `Set-Cookie` header value.
    #[inline]
    pub(super) fn into_header(self) -> HeaderValue {
        let mut value = self.pair;
        value.push_str(&self.of.attributes);
        if let Some(seconds) = self.max_age {
            value.push_str(MAX_AGE);
            value.push_str(itoa::Buffer::new().format(seconds));
        }
        sensitive(value)
    }

    /// The cookie for a jar.
    pub(super) fn into_cookie(self) -> Cookie<'static> {
        let mut cookie = self.of.template.clone();
        cookie.set_value(self.token().to_owned());
        let seconds = |seconds: u64| time::Duration::seconds(seconds.cast_signed());
        cookie.set_max_age(self.max_age.map(seconds));
        cookie
    }
}

#[allow(
    clippy::expect_used,
    reason = "name and attributes are checked when the configuration is built"
)]
fn sensitive(text: String) -> HeaderValue {
    let mut value = HeaderValue::try_from(text).expect("ASCII without control characters");
    value.set_sensitive(true);
    value
}
