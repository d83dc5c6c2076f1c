//! The client: it sends the cookie of a `Set-Cookie` header back, as a browser does.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// Name and value of the only cookie that a response sets, with the `=` between them.
pub fn pair(response: &HeaderMap) -> Result<&str, String> {
    let mut lines = response.get_all(SET_COOKIE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Err("does not answer a write with one Set-Cookie".into());
    };
    let line = line.to_str().map_err(|_| "sets a cookie that is not ASCII")?;
    Ok(line.split(';').next().unwrap_or_default())
}

/// The number of characters of its value.
pub fn value_len(response: &HeaderMap) -> Result<usize, String> {
    let (_, value) = pair(response)?.split_once('=').ok_or("sets a cookie without a name")?;
    Ok(value.len())
}

/// A request with this cookie between two others.
pub fn request(pair: &str) -> HeaderMap {
    let field = format!("theme=dark; {pair}; consent=2026-01-01T00:00:00Z");
    HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(field).expect("a header value"))])
}
