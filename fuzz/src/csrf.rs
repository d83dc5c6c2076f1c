//! A session, texts that may be tokens for its forms, and a request with some of them.
//!
//! ```text
//! input = choices of a byte each, and texts, in the order of `run`
//! ```

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{HeaderMap, HeaderValue, Request, Response};
use sealed_session::{
    CookieSessions, Csrf, CsrfError, CsrfLayer, Keyring, Session, SessionHandle, Transport,
};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::common::{Id, NOW, base64url, cookie_headers, from_base64url, hmac_sha256, session_id};
use crate::format::length_prefixed;
use crate::input::Input;
use crate::parts::Parts;
use crate::site::{Coder, site};

type Scope<'s> = Option<(&'s str, &'s str)>;
type Verdict = Result<(), CsrfError>;

const METHODS: [&str; 8] = ["POST", "PUT", "DELETE", "QUERY", "GET", "HEAD", "OPTIONS", "TRACE"];
const PATHS: [&str; 3] = ["/", "/transfer", "/a%20b"];
/// Values of `Sec-Fetch-Site`, and what a browser that sends them means.
const SITES: [(&str, Sender); 9] = [
    ("same-origin", Sender::SameOrigin),
    ("cross-site", Sender::CrossSite),
    ("none, cross-site;a=1", Sender::CrossSite),
    ("same-site", Sender::SameSite),
    ("Cross-Site", Sender::Unknown),
    ("a=cross-site, xcross-site", Sender::Unknown),
    ("none,same-site ;a", Sender::SameSite),
    ("same-origin;a=1", Sender::Unknown),
    ("same-site, cross-site", Sender::CrossSite),
];
/// The origin that is trusted, and others.
const ORIGINS: [&str; 4] =
    [TRUSTED, "https://app.example.net/", "null", "https://app.example.net:8443"];
const TRUSTED: &str = "https://app.example.net";

/// Who sends the request.
#[derive(Clone, Copy, PartialEq)]
enum Sender {
    SameOrigin,
    SameSite,
    CrossSite,
    Unknown,
}

/// A text is a token if and only if the documented format says so, and a request passes if and only
/// if the rules say so.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let (id, session) = session(&mut input);
    let had_cookie = !session.is_new();
    let chosen = (input.pick(&METHODS), input.pick(&PATHS));
    let own = (input.text(16), input.text(16));
    let scope = if input.rarely(3) { own } else { chosen };
    let known = (session.label().as_str() != "new").then_some(id);
    let mut texts = Vec::new();
    while !input.has_ended() && texts.len() < 4 {
        let text = text(&mut input, &id, scope);
        assert_eq!(session.verify_csrf(&text), judged(known.as_ref(), &text, None));
        let judged = judged(known.as_ref(), &text, Some(scope));
        assert_eq!(session.verify_csrf_for(&text, scope.0, scope.1), judged);
        texts.push(text);
    }
    CsrfRequest::read(&mut input, &texts, chosen).check(known.as_ref(), session, had_cookie, scope);
}

/// A session, and the id that it has or had before it was renewed.
fn session(input: &mut Input<'_>) -> (Id, Session) {
    let (site, id) = (site(0), input.take());
    let Coder::Dict(coder) = &site.coder else { panic!("the first site keeps dictionaries") };
    let parts = Parts { id, created: NOW, payload: vec![0], ..Parts::default() };
    let token = site.rules.keys[0].1.seal(&[0; 24], &parts.render());
    let kind = input.below(4);
    let pair = if kind == 3 { String::new() } else { format!("{}={token}", site.rules.scope.name) };
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(NOW);
    let mut session = coder.decode_at(&cookie_headers([pair.as_bytes()]), Transport::Https, now);
    assert_eq!(session.is_new(), kind == 3);
    if kind == 2 {
        session.renew();
    }
    (id, session)
}

/// Any bytes, or a token with a few edits.
fn text(input: &mut Input<'_>, id: &Id, scope: (&str, &str)) -> Vec<u8> {
    let scope = match input.below(3) {
        0 => None,
        1 => Some(scope),
        _ => return input.bytes(64).to_vec(),
    };
    let mut text = csrf_token(id, &input.take::<Id>(), scope).into_bytes();
    for _ in 0..input.below(3) {
        input.edit(&mut text);
    }
    text
}

fn csrf_token(id: &Id, random: &[u8], scope: Scope<'_>) -> String {
    let (method, path) = scope.unwrap_or_default();
    let key = hmac_sha256(id, b"sealed-session v1 csrf");
    let mac =
        hmac_sha256(&key, &[&length_prefixed(method), &length_prefixed(path), random].concat());
    base64url(&[&[1], random, &mac[..16]].concat())
}

fn judged(id: Option<&Id>, text: &[u8], scope: Scope<'_>) -> Verdict {
    if scope.is_some_and(|(method, _)| method.is_empty()) {
        return Err(CsrfError::EmptyMethod);
    }
    match text.len() {
        0 => return Err(CsrfError::Empty),
        bytes @ 45.. => return Err(CsrfError::TooLong { bytes }),
        _ => {}
    }
    let frame =
        from_base64url(text).filter(|frame| frame.len() == 33).ok_or(CsrfError::Malformed)?;
    match (frame[0], id) {
        (1, Some(id)) if csrf_token(id, &frame[1..17], scope).as_bytes() == text => Ok(()),
        (1, Some(_)) => Err(CsrfError::Mismatch),
        (1, None) => Err(CsrfError::NoId),
        (version, _) => Err(CsrfError::UnknownVersion(version)),
    }
}

/// A request to the layer.
struct CsrfRequest<'v> {
    method: &'v str,
    path: &'v str,
    sites: Vec<(&'static str, Sender)>,
    header: Vec<HeaderValue>,
    form: Vec<String>,
    origins: Vec<&'static str>,
    /// Whether the layer trusts an origin.
    trusts: bool,
}

impl<'v> CsrfRequest<'v> {
    fn read(input: &mut Input<'_>, texts: &[Vec<u8>], (method, path): (&'v str, &'v str)) -> Self {
        let sites = (0..input.below(3)).map(|_| input.pick(&SITES)).collect();
        let (header, form) = texts.split_at(input.below(3).min(texts.len()));
        let header = header.iter().filter_map(|text| HeaderValue::from_bytes(text).ok()).collect();
        let form = form.iter().filter_map(|text| String::from_utf8(text.clone()).ok()).collect();
        let origins = (0..input.below(3)).map(|_| input.pick(&ORIGINS)).collect();
        Self { method, path, sites, header, form, origins, trusts: input.rarely(2) }
    }

    fn check(self, id: Option<&Id>, session: Session, had_cookie: bool, scope: (&str, &str)) {
        let (expected, label) = (self.expected(id, had_cookie), session.label());
        assert_eq!(label.as_str() == "new", id.is_none(), "verifying draws no id");
        let handle = SessionHandle::for_test(session);
        assert_eq!(self.sent(handle.clone()), expected);
        assert_eq!(handle.label(), label, "nor does the layer");

        let token = handle.csrf_token();
        let id = handle.with(|session| session_id(session.id()));
        assert_eq!(judged(Some(&id), token.as_bytes(), None), Ok(()));
        match handle.csrf_token_for(scope.0, scope.1) {
            Ok(token) => assert_eq!(judged(Some(&id), token.as_bytes(), Some(scope)), Ok(())),
            Err(error) => assert!(error == CsrfError::EmptyMethod && scope.0.is_empty()),
        }
    }

    /// The verdict of the rules.
    fn expected(&self, id: Option<&Id>, had_cookie: bool) -> Verdict {
        if ["GET", "HEAD", "OPTIONS", "TRACE"].contains(&self.method) {
            return Ok(());
        }
        let says = |sender| self.sites.iter().any(|(_, site)| *site == sender);
        if !(self.trusts && self.origins == [TRUSTED]) {
            if says(Sender::CrossSite) {
                return Err(CsrfError::CrossSite);
            }
            if says(Sender::SameSite) {
                return Err(CsrfError::SameSite);
            }
        }
        if self.sites == [("same-origin", Sender::SameOrigin)] && !had_cookie {
            return Ok(());
        }
        let either = |text: &[u8]| {
            judged(id, text, None).or_else(|_| judged(id, text, Some((self.method, self.path))))
        };
        match (&self.header[..], &self.form[..]) {
            ([token], _) => either(token.as_bytes()),
            ([], [token]) => either(token.as_bytes()),
            ([], []) => Err(CsrfError::Missing),
            _ => Err(CsrfError::Repeated),
        }
    }

    /// The verdict of the layer.
    fn sent(self, handle: SessionHandle) -> Verdict {
        let form = self.form.clone();
        let mut csrf = Csrf::form(move |request: Request<()>| ready(Ok((request, form.clone()))));
        if self.trusts {
            csrf = csrf.trust_origin(TRUSTED).unwrap();
        }
        let csrf = csrf.on_refused(|_, reason| Response::new(Some(Err(reason))));
        let layer = CsrfLayer::new(CookieSessions::new(Keyring::ephemeral()), csrf);
        let mut request = Request::builder().method(self.method).uri(format!("{}?a=b", self.path));
        request.extensions_mut().unwrap().insert(handle);
        let mut request = request.body(()).unwrap();
        self.fill(request.headers_mut());
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(response)) = pin!(layer.layer(Passed).call(request)).poll(&mut context)
        else {
            panic!("no response")
        };
        response.into_body().expect("the session is there")
    }

    fn fill(self, headers: &mut HeaderMap) {
        for (site, _) in self.sites {
            headers.append("sec-fetch-site", HeaderValue::from_static(site));
        }
        for origin in self.origins {
            headers.append("origin", HeaderValue::from_static(origin));
        }
        for token in self.header {
            headers.append("x-csrf-token", token);
        }
    }
}

/// The innermost service: a request that reaches it has passed.
#[derive(Clone)]
struct Passed;

impl Service<Request<()>> for Passed {
    type Response = Response<Option<Verdict>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(Some(Ok(())))))
    }
}
