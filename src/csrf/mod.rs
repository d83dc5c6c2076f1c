//! The layer that asks for CSRF tokens (features `csrf` and `tower`).
//!
//! # How a request is judged
//!
//! 1. GET, HEAD, OPTIONS and TRACE pass as they are: they are safe (RFC 9110, section 9.2.1), and
//!    the session is not opened for them. So does CONNECT over HTTP/2 and later, the handshake of a
//!    WebSocket (RFC 8441). The rules below are for every other method, including unknown ones.
//! 2. A request with `Sec-Fetch-Site: cross-site` or `same-site` is refused, whatever token it has,
//!    unless it has exactly one `Origin` header, whose value was given to
//!    [`trust_origin`](Csrf::trust_origin). If `Sec-Fetch-Site` is repeated or is a list, one such
//!    value is enough to refuse.
//! 3. A request with `Sec-Fetch-Site: same-origin`, once and with nothing else in it, and without a
//!    cookie with the session's name passes. There is no session to abuse, and the browser says
//!    that a page of your own sends the request. The token is not looked at: without a session,
//!    none can be right.
//! 4. The header `x-csrf-token`, or the one of [`header_name`](Csrf::header_name), decides if it is there. If it is there
//!    twice, the request is refused.
//! 5. Otherwise, with [`form_field`](Csrf::form_field), the query parameter with the field's name decides. If it is
//!    there twice, the request is refused.
//! 6. Otherwise, with `form_field`, the field of the form decides. The `Content-Type` tells which form
//!    it is:
//!    - `application/x-www-form-urlencoded`: refused if the field is twice in the bytes that are read;
//!    - `multipart/form-data`, with the feature `multipart`: the first part with the name, as `multer` and so axum's
//!      `Multipart` reads it; without the feature, nothing is read;
//!    - another type, none or several: the body is not a form, and nothing is read.
//!
//!    At most [`max_form_len`](Csrf::max_form_len) bytes are read. If the field is not complete by
//!    then, the request is refused with 413. A form that ends early, or is not what its
//!    `Content-Type` says, is refused with 400.
//! 7. Otherwise, with [`form`](Csrf::form), the value that the application's function finds decides.
//!    If it finds two, the request is refused.
//! 8. A request without a token is refused.
//!
//! Rule 2 is for hosts beside yours: without `__Host-` (with `domain`, `path` or `insecure_http`)
//! one of them can plant a session of its own in the browser and send a form with the token of that
//! session. Rule 3 is for [`SameSite::Strict`](crate::SameSite::Strict): a first visit that follows
//! a link from another site is not issued a session, so the log-in form that it is shown has a
//! token of a session that does not exist. [The guide](crate::guide::cross_site) says what such a
//! page must not load.
//!
//! A token is valid if it was made by [`csrf_token`](crate::Session::csrf_token), or by
//! [`csrf_token_for`](crate::Session::csrf_token_for) for the method and path of the request. To
//! let only the second kind pass, call `verify_csrf_for` in the handler as well.
//!
//! Whatever is wrong with a token, the response is the same to the byte, and the session is as it was. The
//! reason goes to the log, as a warning at most once a minute; where no token was found, the warning says where to put it.
//!
//! # An allowed request and a refused one
//!
//! ```text
//! POST /transfer HTTP/1.1                                  POST /transfer HTTP/1.1
//! Cookie: __Host-session=AbCd..                            Cookie: __Host-session=AbCd..
//! Sec-Fetch-Site: same-origin                              Sec-Fetch-Site: cross-site
//! Content-Type: application/x-www-form-urlencoded          Content-Type: application/x-www-form-urlencoded
//!
//! csrf=AQAB..&to=bob&amount=3                              csrf=AQAB..&to=mallory&amount=3000
//!
//! passes by rule 6                                         403 by rule 2, whatever the token is
//! ```
//!
//! # Forms, uploads and JSON
//!
//! | the request | where the token goes |
//! |---|---|
//! | a form | a hidden field: `<input type="hidden" name="csrf" value="…">` |
//! | a form with `enctype="multipart/form-data"` | with the feature `multipart`, a hidden field before every `<input type="file">`: what comes after the token is streamed to the handler, however large it is |
//! | an upload whose fields come in an order that you do not choose | the form's action, `/upload?csrf=…`, made with [`csrf_token_for`](crate::Session::csrf_token_for) |
//! | `fetch` with JSON, or with a body that is not a form | the header `x-csrf-token` |
//!
//! URLs get into logs, into the browser's history and into `Referer`. A token of `csrf_token_for` is of no use anywhere but at that
//! method and path of that session.
//!
//! A compressed body has to be decompressed outside of the layer.
//!
//! # What it leaves open
//!
//! The layer does not check a GET that changes something, nor a WebSocket, whose handshake is a
//! GET: compare its `Origin`. A script that was injected into the site itself reads tokens like any
//! other script.
//!
//! Without `Sec-Fetch-Site` (Safari before 16.4; plain HTTP other than loopback) the token alone
//! decides. Then a host that can plant a session gets its form through: `__Host-` is what keeps it
//! from planting one. From such a browser, the form of a first visit under `Strict` is refused
//! until the visitor follows a link of your own site.
//!
//! # Beside tower-http's layer
//!
//! `tower_http::csrf::CsrfLayer` (0.7, feature `csrf`) asks the browser alone where a request comes
//! from, and has no tokens. Put it around this one for one thing more: for browsers without
//! `Sec-Fetch-Site` it compares `Origin` with `Host`. An origin that is trusted has to be given to
//! both. It does not replace tokens: it lets a request pass that has neither header, it depends on
//! a proxy that leaves `Host` and `Origin` alone, and it cannot tell one session of a browser from
//! the next.
//!
//! # Where others differ
//!
//! | | Rails, Django, Phoenix | here, because |
//! |---|---|---|
//! | header and form hold a token | Rails and Phoenix take either, Django the form first | the header decides: a right one must not cover for a wrong one, and the form need not be read |
//! | `Origin`, `Referer` | Rails compares the first with the site's own name, Django either, and with a list of trusted ones | `Origin` only with the list of trusted ones, where the browser names another origin; a proxy may hide the site's own name. `Referer` never: pages and privacy settings leave it out |
//! | another host of the same site | a token lets it pass | refused unless its origin is trusted: without `__Host-` it plants a session whose token it knows |
//! | no session yet | refused | passes where the browser says `same-origin`: a first visit under `SameSite=Strict` has no session to abuse |
//! | refusal | Rails 422, Django and Phoenix 403; on request Rails and Phoenix go on with an empty session | 403, and the session stays: else any site could log people out |
//! | secret | Rails and Phoenix keep one in the session, Django in a cookie | derived from the id: it takes no room, and `renew` ends old tokens |
//! | log-in | Django draws a new one, in Rails and Phoenix the application does | `renew`, which is due then anyway |
//! | token for one form | Rails: action and method; Phoenix: the host | method and path, byte for byte |
//! | name of the header | `X-CSRF-Token`, Django `X-CSRFToken` | `x-csrf-token`, or that of `header_name` |
//! | name of the field | `authenticity_token`, `csrfmiddlewaretoken`, `_csrf_token` | the application's choice, `form_field` |
//! | token in the query | Rails takes it like a field, Django and Phoenix do not | taken, for uploads; it decides before the form, which is then not read |
//! | size of a form | Django reads 2.5 MB of fields and whole files, Phoenix 8 MB, Rails all of it, before the token is judged | 64 KiB are read, and a file after the token is not among them |
//! | scripts fetched by other sites | Rails and Phoenix refuse a GET for JavaScript | not looked at: `Cross-Origin-Resource-Policy` |

#[cfg(feature = "tower")]
mod layer;
mod session;
mod token;
#[cfg(test)]
mod vectors;

#[cfg(feature = "tower")]
pub use layer::{
    Csrf, CsrfFuture, CsrfLayer, CsrfService, FieldReading, Form, FormBody, FormField, FormOutcome,
    HeaderOnly, InnerBody, OnRefused, PlainRefusal, ReadForm, ReadWith,
};
pub use token::CsrfError;
