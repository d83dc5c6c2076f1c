//! The layer that asks for CSRF tokens (features `csrf` and `tower`).
//!
//! # How a request is judged
//!
//! 1. GET, HEAD, OPTIONS and TRACE pass as they are: they are safe (RFC 9110, section 9.2.1), and the session is not
//!    opened for them. Every other method, an unknown one too, needs a token.
//! 2. `Sec-Fetch-Site: cross-site`: refused, whatever token there is. Anything else there decides nothing.
//! 3. `x-csrf-token`, if it is there, decides, and the form is not read. Twice: refused.
//! 4. Else the field of the form decides, which the application reads ([`form`](CsrfLayer::form)). Twice: refused.
//! 5. No token: refused.
//!
//! A token is good if it is one of [`csrf_token`](crate::Session::csrf_token), or one of
//! [`csrf_token_for`](crate::Session::csrf_token_for) for the method and path of the request. To let only the second
//! kind pass, call `verify_csrf_for` in the handler as well.
//!
//! Whatever the reason, the answer is the same to the byte, and the session is as it was. The reason goes to the log.
//!
//! # What it leaves open
//!
//! A GET that changes something; a WebSocket, whose handshake is a GET: compare its `Origin`. A script that was
//! injected into the site itself reads tokens like any other.
//!
//! # Beside tower-http's layer
//!
//! `tower_http::csrf::CsrfLayer` (0.7, feature `csrf`) asks the browser alone where a request comes from, and has no
//! tokens. It does that part better, so put it around this one: it also refuses the other hosts of the same site
//! (`same-site`), compares `Origin` with `Host` for browsers without `Sec-Fetch-Site`, and knows origins to trust.
//! What it cannot do is why there are tokens: it lets a request pass that has neither field, it depends on a proxy
//! that leaves `Host` and `Origin` alone, and it cannot tell one session of a browser from the next.
//!
//! # Where others differ
//!
//! | | Rails, Django, Phoenix | here, because |
//! |---|---|---|
//! | header and form hold a token | Rails and Phoenix take either, Django the form first | the header decides: a right one must not cover for a wrong one, and the form need not be read |
//! | `Origin`, `Referer` | Rails compares the first with the site's own name, Django either | not looked at: a proxy may hide the name; tower-http's layer does it |
//! | refusal | Rails 422, Django and Phoenix 403; on request Rails and Phoenix go on with an empty session | 403, and the session stays: else any site could log people out |
//! | secret | Rails and Phoenix keep one in the session, Django in a cookie | follows from the id: no room, and `renew` ends old tokens |
//! | log-in | Django draws a new one, in Rails and Phoenix the application does | `renew`, which is due then anyway |
//! | token for one form | Rails: action and method; Phoenix: the host | method and path, byte for byte |
//! | name of the header | `X-CSRF-Token`, Django `X-CSRFToken` | `x-csrf-token` |
//! | name of the field | `authenticity_token`, `csrfmiddlewaretoken`, `_csrf_token` | the application's choice: it reads the form |
//! | scripts fetched by other sites | Rails and Phoenix refuse a GET for JavaScript | not looked at: `Cross-Origin-Resource-Policy` |

#[cfg(feature = "tower")]
mod form;
#[cfg(feature = "tower")]
mod layer;
#[cfg(feature = "tower")]
mod service;
mod token;
#[cfg(feature = "tower")]
mod verify;

#[cfg(feature = "tower")]
pub use self::{
    form::{Form, HeaderOnly, ReadForm, ReadWith},
    layer::{CsrfLayer, OnRefused, PlainRefusal},
    service::{CsrfFuture, CsrfService},
};
pub use token::CsrfError;
