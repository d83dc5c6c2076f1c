//! Whether a response is what the rules of encode require.

use http::header::{HeaderMap, HeaderValue};
use sealed_session::{EncodeError, Sent};

use crate::caches;
use crate::common::{CookieIdentity, attributes, cookie_value, other_set_cookies, set_cookies};
use crate::decode::Rules;
use crate::encode::{Model, Row};
use crate::parts::Parts;

/// Compares what encode returned and the headers before and after it to a row of the table. Returns
/// what the token that was sent holds.
pub fn check(
    row: Row,
    model: &Model,
    rules: &Rules,
    result: &Result<Sent, EncodeError>,
    [before, after]: [&HeaderMap; 2],
) -> Option<Parts> {
    let row = unless_unsent(row, model, rules);
    if let Some(needed) = too_large(row, model, rules) {
        check_too_large(needed, rules, result);
        assert_eq!(after, before);
        return None;
    }
    assert_eq!(*result.as_ref().unwrap(), row.sent());
    let wrote = matches!(row, Row::Set { .. } | Row::Removed);
    caches::check(before, after, wrote, model.was_loaded());
    let cookie = rules.scope.cookie();
    assert_eq!(other_set_cookies(after, cookie), other_set_cookies(before, cookie));
    check_cookie(row, model, rules, [before, after])
}

/// The row, or that of a response without the session if it does not fit and need not be sent.
pub fn unless_unsent(row: Row, model: &Model, rules: &Rules) -> Row {
    let is_unsent = too_large(row, model, rules).is_some() && !model.must_be_sent();
    if is_unsent { Row::Unchanged } else { row }
}

/// The bytes that the `Set-Cookie` header of a row needs, if they are too many.
pub fn too_large(row: Row, model: &Model, rules: &Rules) -> Option<usize> {
    let Row::Set { created, sealed_at, confirmed_until, max_age } = row else { return None };
    let parts = model.parts(rules, [created, sealed_at, confirmed_until]);
    let needed = rules.set_cookie_len(parts.token_len(), max_age);
    (needed > rules.max_set_cookie_len).then_some(needed)
}

/// Compares the error for a `Set-Cookie` header that needs so many bytes, which are too many.
pub fn check_too_large(needed: usize, rules: &Rules, result: &Result<Sent, EncodeError>) {
    let Err(EncodeError::TooLarge { size, limit }) = result else {
        panic!("{needed} bytes are too many: {result:?}")
    };
    assert_eq!([*size, *limit], [needed, rules.max_set_cookie_len]);
}

fn check_cookie(
    row: Row,
    model: &Model,
    rules: &Rules,
    [before, after]: [&HeaderMap; 2],
) -> Option<Parts> {
    let (name, identity) = (&rules.scope.name, rules.scope.cookie());
    let [had, has] = [before, after].map(|headers| ours(headers, identity));
    assert!(has == had || set_cookies(after, identity).all(HeaderValue::is_sensitive));
    match row {
        // `invalidate` takes the cookie of an earlier encoding back. Of a session that was changed
        // back, it is left open.
        Row::Withheld | Row::Unchanged => {
            let stays = !model.invalidated && has == had;
            assert!(stays || has.is_empty());
        }
        Row::Removed => {
            let [cookie] = has.try_into().unwrap();
            assert_eq!(cookie_value(&cookie, name), Some(&b""[..]));
            assert_eq!(attributes(&cookie), rules.attributes(Some(0)));
        }
        Row::Set { created, sealed_at, confirmed_until, max_age } => {
            let [cookie] = has.try_into().unwrap();
            assert_eq!(attributes(&cookie), rules.attributes(max_age));
            let found = rules.open_sent(cookie_value(&cookie, name).unwrap());
            let id = model.id.unwrap_or(found.id);
            let times = [created, sealed_at, confirmed_until];
            assert_eq!(found, Parts { id, ..model.parts(rules, times) });
            return Some(found);
        }
    }
    None
}

/// The `Set-Cookie` headers of this cookie, as bytes.
pub fn ours(headers: &HeaderMap, cookie: CookieIdentity<'_>) -> Vec<Vec<u8>> {
    set_cookies(headers, cookie).map(|header| header.as_bytes().to_vec()).collect()
}
