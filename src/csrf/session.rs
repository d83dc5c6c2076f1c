//! What a handler calls to make and verify tokens.

use crate::crypto::random;
use crate::csrf::token::{CsrfError, CsrfToken, FormScope, render};
use crate::session::Session;

/// Tokens for forms.
impl<T> Session<T> {
    /// A token for any form of this session: 44 characters of base64url, another text each time.
    ///
    /// Put it into every form as a hidden field, or into the page for scripts, which send it in the
    /// header `x-csrf-token`. Asking for a token issues the session, as [`id`](Self::id) does: a
    /// first visitor who is shown a form gets a cookie. The token is valid until `renew`,
    /// `invalidate` or the end of the session. It survives a rotation of secrets.
    ///
    /// Some requests of another site come without the user's cookie, because the browser holds it
    /// back; under [`SameSite::Strict`](crate::SameSite::Strict), that includes every link from
    /// elsewhere. The responses set no cookie, because it would log out a user who is logged in
    /// ([the guide](crate::guide::cross_site)). So a token in such a response is rejected later.
    /// For a first visit, the CSRF *layer* has [a rule](crate::csrf) that accepts the form without
    /// a token.
    ///
    /// # Security
    /// Do not put it into links, redirects or other URLs, which get into logs and to other sites. A
    /// page with a token in it is for one visitor: leave `Cache-Control` to the library, or say
    /// `private`.
    ///
    /// # Panics
    /// If the operating system returns no random bytes.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// let token = session.csrf_token();
    /// assert_eq!(session.verify_csrf(&token), Ok(()));
    ///
    /// session.renew(); // at log-in
    /// assert!(session.verify_csrf(&token).is_err());
    /// ```
    pub fn csrf_token(&self) -> String {
        self.draw_csrf(&FormScope::EVERY)
    }

    /// A token for one form: valid for this method and path only.
    ///
    /// An attacker who reads it, for example in a log of URLs, cannot use it for another form.
    /// Method and path are compared byte for byte with those given to
    /// [`verify_csrf_for`](Self::verify_csrf_for): the method in capitals, the path as the client
    /// sends it, percent-encoded and without the query.
    ///
    /// # Errors
    /// An empty method; a method or path of more than 65,535 bytes.
    ///
    /// # Panics
    /// If the operating system returns no random bytes.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let session = sessions.fresh();
    /// let token = session.csrf_token_for("POST", "/transfer")?;
    /// assert_eq!(session.verify_csrf_for(&token, "POST", "/transfer"), Ok(()));
    /// assert!(session.verify_csrf_for(&token, "POST", "/close-account").is_err());
    /// assert!(session.verify_csrf(&token).is_err());
    /// # Ok::<(), sealed_session::CsrfError>(())
    /// ```
    pub fn csrf_token_for(
        &self,
        method: impl AsRef<str>,
        path: impl AsRef<str>,
    ) -> Result<String, CsrfError> {
        Ok(self.draw_csrf(&FormScope::of(method.as_ref(), path.as_ref())?))
    }

    /// Whether a token is one of [`csrf_token`](Self::csrf_token), of this session.
    ///
    /// It only reads: it draws no id and changes nothing. Unlike the layer, it looks at the token
    /// only, not at the headers of the request ([the guide](crate::guide::forms)).
    ///
    /// # Errors
    /// - A token that is empty, too long, not base64url or of another version.
    /// - A token of another session, of this session before `renew`, or for a method and path.
    /// - A session without an id, for which no token was made.
    ///
    /// # Security
    /// The response must not depend on which error it is.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use sealed_session::CsrfError;
    ///
    /// let (session, other) = (sessions.fresh(), sessions.fresh());
    /// assert_eq!(session.verify_csrf(other.csrf_token()), Err(CsrfError::NoId)); // it has shown no form
    /// assert_eq!(session.verify_csrf(session.csrf_token()), Ok(()));
    /// assert_eq!(session.verify_csrf(other.csrf_token()), Err(CsrfError::Mismatch));
    /// assert_eq!(session.verify_csrf(""), Err(CsrfError::Empty));
    /// ```
    pub fn verify_csrf(&self, token: impl AsRef<[u8]>) -> Result<(), CsrfError> {
        self.check_csrf(token.as_ref(), &FormScope::EVERY)
    }

    /// Whether a token is one of [`csrf_token_for`](Self::csrf_token_for), of this session, method and path.
    ///
    /// # Errors
    /// Those of [`verify_csrf`](Self::verify_csrf); a token for another method or path; those of
    /// [`csrf_token_for`](Self::csrf_token_for).
    ///
    /// # Security
    /// The response must not depend on which error it is.
    pub fn verify_csrf_for(
        &self,
        token: impl AsRef<[u8]>,
        method: impl AsRef<str>,
        path: impl AsRef<str>,
    ) -> Result<(), CsrfError> {
        self.check_csrf(token.as_ref(), &FormScope::of(method.as_ref(), path.as_ref())?)
    }

    #[allow(clippy::panic, reason = "documented; the signature cannot carry the error")]
    fn draw_csrf(&self, scope: &FormScope<'_>) -> String {
        let random = random::bytes().unwrap_or_else(|error| panic!("{error}"));
        render(self.id(), scope, random)
    }

    fn check_csrf(&self, text: &[u8], scope: &FormScope<'_>) -> Result<(), CsrfError> {
        let token = CsrfToken::parse(text)?;
        let id = self.known_id().ok_or(CsrfError::NoId)?;
        if token.is_of(id, scope) { Ok(()) } else { Err(CsrfError::Mismatch) }
    }
}
