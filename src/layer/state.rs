//! What a handle holds: the session, or the cookies of the request until the first use.

use http::{HeaderMap, HeaderValue, header::COOKIE};

use crate::config::Issue;
use crate::decode::adopt::adopt;
use crate::decode::decode;
use crate::header;
use crate::layer::in_use::{Blank, InUse, Work};
use crate::session::Session;
use crate::session::origin::RequestInfo;
use crate::session::payload::Payload;
use crate::sessions::CookieSessions;

pub(crate) struct State<T> {
    pub(super) session: Lazy<T>,
    /// The sessions of the layer; `None` for a handle of a test.
    pub(super) sessions: Option<CookieSessions<T>>,
    /// Whether the layer opened it for a check, and it has not been used so far.
    pub(super) unused: bool,
    /// Whether the response has been sent, so that what is written now is lost.
    pub(super) is_sent: bool,
}

pub(super) enum Lazy<T> {
    Unopened(Arrived<T>),
    Opened(Session<T>),
}

/// What is needed to open the session of a request.
pub(crate) struct Arrived<T> {
    pub(crate) sessions: CookieSessions<T>,
    cookies: CookieFields,
    /// All headers, if a session of another library may be in them.
    headers: Option<Box<HeaderMap>>,
    pub(crate) info: RequestInfo,
}

/// The `Cookie` headers of a request: HTTP/2 may split them, but most requests have one.
#[derive(Clone)]
pub(crate) struct CookieFields {
    first: Option<HeaderValue>,
    others: Vec<HeaderValue>,
}

impl CookieFields {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut fields = headers.get_all(COOKIE).into_iter().cloned();
        Self { first: fields.next(), others: fields.collect() }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &HeaderValue> {
        self.first.iter().chain(&self.others)
    }
}

impl<T> State<T> {
    pub(super) fn new(session: Lazy<T>, sessions: Option<CookieSessions<T>>) -> Self {
        Self { session, sessions, unused: false, is_sent: false }
    }

    /// The session, if it is open.
    pub(crate) fn opened(&mut self) -> Option<&mut Session<T>> {
        match &mut self.session {
            Lazy::Opened(session) => Some(session),
            Lazy::Unopened(_) => None,
        }
    }

    /// Stores the session that was opened, or returns it if there is one already: if two threads
    /// open it at once, the first result is kept for both.
    pub(super) fn offer(&mut self, session: Session<T>) -> Option<Session<T>> {
        if self.opened().is_some() {
            return Some(session);
        }
        self.session = Lazy::Opened(session);
        None
    }

    /// Whether it is unopened, and a hook has to be asked about it.
    pub(super) fn is_to_be_checked(&self) -> bool {
        matches!(&self.session, Lazy::Unopened(arrived)
            if arrived.sessions.0.gate.is_some() && arrived.may_have_session())
    }

    /// Whether the request has a cookie with the session's name.
    pub(super) fn had_cookie(&self) -> bool {
        match &self.session {
            Lazy::Opened(session) => session.request.had_cookie,
            Lazy::Unopened(arrived) => arrived.has_session_cookie(),
        }
    }

    /// Whether the session was used, and may have been written to.
    pub(super) fn is_used(&self) -> bool {
        !self.unused && matches!(self.session, Lazy::Opened(_))
    }

    /// Whether it is encoded to the response: it was used, or every visitor is issued one.
    pub(crate) fn is_encoded(&self, issue: Issue) -> bool {
        self.is_used() || issue == Issue::Eager
    }

    /// Whether the request may have had a session; that is not known until it is opened.
    pub(super) fn is_maybe_loaded(&self) -> bool {
        match &self.session {
            Lazy::Opened(session) => session.request.loaded,
            Lazy::Unopened(arrived) => arrived.may_have_session(),
        }
    }

    /// Whether it is unopened, and may have a session of another library.
    pub(super) fn is_to_be_adopted(&self) -> bool {
        matches!(&self.session, Lazy::Unopened(arrived) if arrived.headers.is_some())
    }

    /// Shows the session if it is open, and does not open it.
    pub(super) fn show(&self, is_pretty: bool) -> String {
        match &self.session {
            Lazy::Opened(session) if is_pretty => format!("{session:#?}"),
            Lazy::Opened(session) => format!("{session:?}"),
            Lazy::Unopened(_) => r#""unopened""#.to_owned(),
        }
    }
}

impl<T: Payload> Lazy<T> {
    /// Opens it in place; the caller has it alone.
    pub(super) fn open(&mut self, address: usize) -> &mut Session<T> {
        match self {
            Self::Opened(session) => session,
            Self::Unopened(arrived) => {
                *self = Self::Opened(arrived.open(address));
                self.open(address)
            }
        }
    }
}

impl<T> Arrived<T> {
    pub(super) fn new(sessions: CookieSessions<T>, headers: &HeaderMap, info: RequestInfo) -> Self {
        let cookies = CookieFields::of(headers);
        let mut arrived = Self { sessions, cookies, headers: None, info };
        if info.old_cookies.has_session() && !arrived.has_session_cookie() {
            arrived.headers = Some(Box::new(headers.clone()));
        }
        arrived
    }

    /// The headers, if a session of another library may be in them.
    pub(crate) fn headers_to_adopt(&self) -> Option<&HeaderMap> {
        self.headers.as_deref()
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &HeaderValue> {
        self.cookies.iter()
    }

    /// Whether the request may have a session, ours or that of another library.
    pub(crate) fn may_have_session(&self) -> bool {
        self.headers.is_some() || self.has_session_cookie()
    }

    fn has_session_cookie(&self) -> bool {
        header::cookies(self.fields(), self.sessions.0.set_cookie.name()).next().is_some()
    }
}

impl<T: Payload> Arrived<T> {
    /// Opens the session of the request for the handle with this address. No lock is held, because
    /// clock, hook, subject, payload and subscribers are code of the application.
    pub(super) fn open(&self, address: usize) -> Session<T> {
        let config = &self.sessions.0;
        let mark = |now| InUse::enter(address, Work::Library(Blank { limits: config.limits, now }));
        let now = {
            let _asking_the_clock = mark(0);
            config.clock.unix_seconds()
        };
        let _opening = mark(now);
        let mut session = decode(config, self.fields(), self.info, now);
        if let Some(headers) = self.headers_to_adopt() {
            adopt(config, headers, &mut session, now);
        }
        session
    }
}

impl<T> Clone for Arrived<T> {
    fn clone(&self) -> Self {
        let (sessions, cookies) = (self.sessions.clone(), self.cookies.clone());
        Self { sessions, cookies, headers: self.headers.clone(), info: self.info }
    }
}
